//! When two indicators say the same thing.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::canonical::same_value;
use super::{Action, Category, CertificateFact, CertificateInfo, Field, Fields, Indicator, IndicatorType, Severity};

/// One field in which a row is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field.
    pub field: Field,
    /// The wanted value as a configuration would write it, or that it is not set, for the service's default.
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
    let shown = |field: Field, indicator| {
        let value = field.get(indicator);
        value.map_or_else(|| NOT_SET.to_owned(), |value| value.to_string())
    };
    Field::ALL
        .iter()
        .copied()
        .filter(|field| !is_met(*field, wanted, found))
        .map(|field| Difference {
            field,
            wanted: shown(field, wanted),
            found: shown(field, found),
        })
        .collect()
}

/// What stands for a value where there is none.
const NOT_SET: &str = "not set";

/// Whether `found` has in this field what `wanted` asks for.
fn is_met(field: Field, wanted: &Indicator, found: &Indicator) -> bool {
    let (ours, theirs) = (&wanted.fields, &found.fields);
    match field {
        Field::Value => {
            same_value(&wanted.indicator_type, &wanted.value, &found.value) || same_text(&wanted.value, &found.value)
        }
        Field::Type => wanted.indicator_type == found.indicator_type,
        Field::Action => wanted.action.is_met_by(&wanted.indicator_type, &found.action),
        Field::Severity => severity(ours) == severity(theirs),
        Field::Title => same_or_no_text(&ours.title, &theirs.title),
        Field::Description => same_or_no_text(&ours.description, &theirs.description),
        Field::RecommendedActions => same_or_no_text(&ours.recommended_actions, &theirs.recommended_actions),
        Field::Application => same_or_no_text(&ours.application, &theirs.application),
        Field::ExpirationTime => match (ours.expiration_time, theirs.expiration_time) {
            (Some(wanted), Some(found)) => is_stored_as(wanted, found),
            (wanted, found) => wanted == found,
        },
        // The service does not know it: it decides when the expiry is.
        Field::Lifetime => true,
        Field::GenerateAlert => same_alert(wanted, found),
        // The service fills in the list that was not given.
        Field::RbacGroupNames => {
            (names_some(&ours.rbac_group_ids) && !names_some(&ours.rbac_group_names))
                || same_list(&ours.rbac_group_names, &theirs.rbac_group_names, |one, other| {
                    same_text(one, other)
                })
        }
        Field::RbacGroupIds => {
            (names_some(&ours.rbac_group_names) && !names_some(&ours.rbac_group_ids))
                || same_list(&ours.rbac_group_ids, &theirs.rbac_group_ids, |one, other| one == other)
        }
        Field::MitreTechniques => same_list(&ours.mitre_techniques, &theirs.mitre_techniques, |one, other| {
            one.eq_ignore_ascii_case(other)
        }),
        Field::Category => same_category(ours.category, theirs.category),
        Field::EducateUrl => {
            let (one, other) = (text(&ours.educate_url), text(&theirs.educate_url));
            same_text(one, other) || same_value(&IndicatorType::Url, one, other)
        }
        // No hours and no days are the same as no number; a notification may well have the number 0.
        Field::BypassDurationHours => {
            ours.bypass_duration_hours.unwrap_or(0) == theirs.bypass_duration_hours.unwrap_or(0)
        }
        Field::ExternalId => same_or_no_text(&ours.external_id, &theirs.external_id),
        Field::AdditionalInfo => same_or_no_text(&ours.additional_info, &theirs.additional_info),
        Field::NotificationId => ours.notification_id == theirs.notification_id,
        Field::NotificationBody => same_or_no_text(&ours.notification_body, &theirs.notification_body),
        Field::CertificateInfo => same_certificate(ours.certificate_info.as_ref(), theirs.certificate_info.as_ref()),
        Field::Version => same_or_no_text(&ours.version, &theirs.version),
        Field::LookBackPeriod => ours.look_back_period.unwrap_or(0) == theirs.look_back_period.unwrap_or(0),
        Field::HistoricalDetection => {
            ours.historical_detection.unwrap_or(false) == theirs.historical_detection.unwrap_or(false)
        }
    }
}

fn same_alert(wanted: &Indicator, found: &Indicator) -> bool {
    // The alert of a retired action is the service's business, and Audit has none without one.
    let is_left_open = wanted.action.is_retired()
        && (wanted.fields.generate_alert.is_none()
            || (wanted.action == Action::Alert && found.action == Action::Audit));
    is_left_open || wanted.raises_alert() == found.raises_alert()
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

/// Whether everything that is wanted of the certificate is there.
fn same_certificate(wanted: Option<&CertificateInfo>, found: Option<&CertificateInfo>) -> bool {
    let Some(wanted) = wanted else { return true };
    CertificateFact::ALL.into_iter().all(|fact| {
        let found = found.and_then(|found| fact.of(found)).unwrap_or_default();
        fact.of(wanted).is_none_or(|wanted| {
            same_text(wanted, found) || (fact.is_hexadecimal() && wanted.eq_ignore_ascii_case(found))
        })
    })
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// Whether two texts are the same to a reader; no text is the same as empty text.
fn same_or_no_text(wanted: &Option<String>, found: &Option<String>) -> bool {
    same_text(text(wanted), text(found))
}

fn names_some<T>(groups: &Option<Vec<T>>) -> bool {
    groups.as_ref().is_some_and(|groups| !groups.is_empty())
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

#[cfg(test)]
mod tests;
