//! When two indicators say the same thing.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::canonical::same_value;
use super::instant::instant_text;
use super::{Action, Category, CertificateInfo, Field, Fields, Indicator, IndicatorType, Severity};

/// One field in which a row is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field.
    pub field: Field,
    /// The wanted value as a configuration would write it, `null` for the service's default.
    pub wanted: String,
    /// The value found, in the same way.
    pub found: String,
}

/// The fields in which `found` is not what `wanted` asks for, compared as the service means it.
///
/// - A retired action is met by its successors too, since it is not known which of the names the service stores.
/// - A field that `wanted` leaves out stands for the service's default: severity Informational, no alert, empty text,
///   empty lists, no expiry, no number, no search of history. In `found`, null stands for the same.
/// - The default category is SuspiciousActivity. When none is wanted, the category `None` will do as well, since a row
///   without one may hold either.
/// - Values and `educate_url` are compared by canonical spelling, instants in the service's ticks of 100 ns or in
///   whole seconds if that is what was found, lists without order and repetition, techniques without case, names of
///   device groups exactly.
/// - Text is the same in every form of Unicode, since a configuration can hold the composed one only.
/// - Device groups can be given by name or by number, and the service fills in the other list. The one that was not
///   given is compared only when neither was: then any group narrows the scope.
/// - Not compared unless wanted, because the service may fill it in by itself: the facts of a certificate, and the alert
///   that the retired actions stood for.
///
/// Nothing is allocated while nothing differs, unless a value is spelled in another way.
#[must_use]
pub fn differences(wanted: &Indicator, found: &Indicator) -> Vec<Difference> {
    let mut list = Vec::new();
    identity(&mut list, wanted, found);
    alert(&mut list, wanted, found);
    scope(&mut list, &wanted.fields, &found.fields);
    texts(&mut list, &wanted.fields, &found.fields);
    numbers(&mut list, &wanted.fields, &found.fields);
    list.sort_unstable_by_key(|difference| difference.field);
    list
}

fn identity(list: &mut Vec<Difference>, wanted: &Indicator, found: &Indicator) {
    let is_same =
        same_value(&wanted.indicator_type, &wanted.value, &found.value) || same_text(&wanted.value, &found.value);
    note(list, Field::Value, is_same, &wanted.value, &found.value);
    let is_same = wanted.indicator_type == found.indicator_type;
    note(
        list,
        Field::Type,
        is_same,
        wanted.indicator_type.as_str(),
        found.indicator_type.as_str(),
    );
    note(
        list,
        Field::Action,
        wanted.action.is_met_by(&wanted.indicator_type, &found.action),
        wanted.action.as_str(),
        found.action.as_str(),
    );
}

fn alert(list: &mut Vec<Difference>, wanted: &Indicator, found: &Indicator) {
    // The alert of a retired action is the service's business, and Audit has none without one.
    let is_left_open = wanted.action.is_retired()
        && (wanted.fields.generate_alert.is_none()
            || (wanted.action == Action::Alert && found.action == Action::Audit));
    let (wanted, found) = (&wanted.fields, &found.fields);

    let is_same = is_left_open || wanted.generate_alert.unwrap_or(false) == found.generate_alert.unwrap_or(false);
    note(
        list,
        Field::GenerateAlert,
        is_same,
        &wanted.generate_alert,
        &found.generate_alert,
    );
    let is_same = severity(wanted) == severity(found);
    note(list, Field::Severity, is_same, &wanted.severity, &found.severity);
    let is_same = same_category(wanted.category, found.category);
    note(list, Field::Category, is_same, &wanted.category, &found.category);
    let is_same = same_list(&wanted.mitre_techniques, &found.mitre_techniques, |one, other| {
        one.eq_ignore_ascii_case(other)
    });
    note(
        list,
        Field::MitreTechniques,
        is_same,
        &wanted.mitre_techniques,
        &found.mitre_techniques,
    );
}

fn severity(fields: &Fields) -> &Severity {
    fields.severity.as_ref().unwrap_or(&Severity::Informational)
}

fn same_category(wanted: Option<Category>, found: Option<Category>) -> bool {
    match (wanted, found) {
        (None, None | Some(Category::NONE)) | (Some(Category::NONE), None) => true,
        _ => wanted.unwrap_or(Category::SUSPICIOUS_ACTIVITY) == found.unwrap_or(Category::SUSPICIOUS_ACTIVITY),
    }
}

fn scope(list: &mut Vec<Difference>, wanted: &Fields, found: &Fields) {
    let by_name = wanted.rbac_group_names.as_ref().is_some_and(|names| !names.is_empty());
    let by_number = wanted.rbac_group_ids.as_ref().is_some_and(|ids| !ids.is_empty());
    let is_same = (by_number && !by_name)
        || same_list(&wanted.rbac_group_names, &found.rbac_group_names, |a, b| {
            same_text(a, b)
        });
    note(
        list,
        Field::RbacGroupNames,
        is_same,
        &wanted.rbac_group_names,
        &found.rbac_group_names,
    );
    let is_same = (by_name && !by_number) || same_list(&wanted.rbac_group_ids, &found.rbac_group_ids, |a, b| a == b);
    note(
        list,
        Field::RbacGroupIds,
        is_same,
        &wanted.rbac_group_ids,
        &found.rbac_group_ids,
    );
}

fn texts(list: &mut Vec<Difference>, wanted: &Fields, found: &Fields) {
    let mut text = |field, wanted: &Option<String>, found: &Option<String>| {
        let (one, other) = (
            wanted.as_deref().unwrap_or_default(),
            found.as_deref().unwrap_or_default(),
        );
        let is_same =
            same_text(one, other) || (field == Field::EducateUrl && same_value(&IndicatorType::Url, one, other));
        note(list, field, is_same, wanted, found);
    };
    text(Field::Title, &wanted.title, &found.title);
    text(Field::Description, &wanted.description, &found.description);
    text(
        Field::RecommendedActions,
        &wanted.recommended_actions,
        &found.recommended_actions,
    );
    text(Field::Application, &wanted.application, &found.application);
    text(Field::EducateUrl, &wanted.educate_url, &found.educate_url);
    text(Field::ExternalId, &wanted.external_id, &found.external_id);
    text(Field::AdditionalInfo, &wanted.additional_info, &found.additional_info);
    text(
        Field::NotificationBody,
        &wanted.notification_body,
        &found.notification_body,
    );
    text(Field::Version, &wanted.version, &found.version);
    let is_same = same_certificate(wanted.certificate_info.as_ref(), found.certificate_info.as_ref());
    note(
        list,
        Field::CertificateInfo,
        is_same,
        &wanted.certificate_info,
        &found.certificate_info,
    );
}

/// Whether everything that is wanted of the certificate is there; hexadecimal text has no case.
fn same_certificate(wanted: Option<&CertificateInfo>, found: Option<&CertificateInfo>) -> bool {
    let Some(wanted) = wanted else { return true };
    let same = |fact: fn(&CertificateInfo) -> Option<&str>, has_case: bool| {
        let found = found.and_then(fact).unwrap_or_default();
        fact(wanted).is_none_or(|wanted| same_text(wanted, found) || (!has_case && wanted.eq_ignore_ascii_case(found)))
    };
    same(|info| info.issuer.as_deref(), true)
        && same(|info| info.subject.as_deref(), true)
        && same(|info| info.serial.as_deref(), false)
        && same(|info| info.sha256.as_deref(), false)
}

fn numbers(list: &mut Vec<Difference>, wanted: &Fields, found: &Fields) {
    let is_same = match (wanted.expiration_time, found.expiration_time) {
        (Some(wanted), Some(found)) => is_stored_as(wanted, found),
        (wanted, found) => wanted == found,
    };
    note(
        list,
        Field::ExpirationTime,
        is_same,
        &wanted.expiration_time,
        &found.expiration_time,
    );
    // No hours and no days are the same as no number; a notification may well have the number 0.
    let is_same = wanted.bypass_duration_hours.unwrap_or(0) == found.bypass_duration_hours.unwrap_or(0);
    note(
        list,
        Field::BypassDurationHours,
        is_same,
        &wanted.bypass_duration_hours,
        &found.bypass_duration_hours,
    );
    let is_same = wanted.look_back_period.unwrap_or(0) == found.look_back_period.unwrap_or(0);
    note(
        list,
        Field::LookBackPeriod,
        is_same,
        &wanted.look_back_period,
        &found.look_back_period,
    );
    let is_same = wanted.historical_detection.unwrap_or(false) == found.historical_detection.unwrap_or(false);
    note(
        list,
        Field::HistoricalDetection,
        is_same,
        &wanted.historical_detection,
        &found.historical_detection,
    );
    let is_same = wanted.notification_id == found.notification_id;
    note(
        list,
        Field::NotificationId,
        is_same,
        &wanted.notification_id,
        &found.notification_id,
    );
}

/// Whether two texts are one to a reader: equal, or equal in composed form. A host composes every text that it is given,
/// so a configuration or a state cannot say which form the service holds.
#[must_use]
pub fn same_text(one: &str, other: &str) -> bool {
    one == other || (!(one.is_ascii() && other.is_ascii()) && one.nfc().eq(other.nfc()))
}

/// Whether `found` is `wanted` in the unit of the service's type for instants, `DateTimeOffset`: 100 ns, or its whole
/// second: no recording shows whether the service keeps fractions.
fn is_stored_as(wanted: Timestamp, found: Timestamp) -> bool {
    let [wanted, found] = [wanted, found].map(|instant| instant.as_nanosecond());
    wanted.div_euclid(100) == found.div_euclid(100) || wanted.div_euclid(1_000_000_000) * 1_000_000_000 == found
}

/// Whether two lists hold the same things; they are short, so that looking through them beats sorting copies.
fn same_list<T>(wanted: &Option<Vec<T>>, found: &Option<Vec<T>>, same: impl Fn(&T, &T) -> bool) -> bool {
    let (wanted, found) = (
        wanted.as_deref().unwrap_or_default(),
        found.as_deref().unwrap_or_default(),
    );
    let covers = |outer: &[T], inner: &[T]| inner.iter().all(|one| outer.iter().any(|other| same(one, other)));
    covers(wanted, found) && covers(found, wanted)
}

fn note<T: Show + ?Sized>(list: &mut Vec<Difference>, field: Field, is_same: bool, wanted: &T, found: &T) {
    if !is_same {
        list.push(Difference {
            field,
            wanted: wanted.show(),
            found: found.show(),
        });
    }
}

/// A value as a configuration would write it.
trait Show {
    fn show(&self) -> String;
}

impl Show for str {
    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Show for String {
    fn show(&self) -> String {
        self.as_str().show()
    }
}

impl Show for Severity {
    fn show(&self) -> String {
        self.as_str().show()
    }
}

impl Show for Category {
    fn show(&self) -> String {
        self.to_string().show()
    }
}

impl Show for Timestamp {
    fn show(&self) -> String {
        instant_text(*self).show()
    }
}

macro_rules! show_plainly {
    ($($plain:ty),+) => { $(impl Show for $plain { fn show(&self) -> String { self.to_string() } })+ };
}
show_plainly!(bool, i32, u8);

impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "null".to_owned(), Show::show)
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> String {
        let items: Vec<String> = self.iter().map(Show::show).collect();
        format!("[{}]", items.join(", "))
    }
}

impl Show for CertificateInfo {
    fn show(&self) -> String {
        let facts = [
            ("issuer", &self.issuer),
            ("serial", &self.serial),
            ("subject", &self.subject),
            ("sha256", &self.sha256),
        ];
        let known = facts
            .into_iter()
            .filter_map(|(name, fact)| Some(format!("{name} = {}", fact.as_ref()?.show())));
        format!("{{ {} }}", known.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests;
