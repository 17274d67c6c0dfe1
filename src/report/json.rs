//! A report for machines. `version` is that of this form; later ones only add.

use super::attention::{Alert, Subject};
use super::changes::{Event, Group, Kind, Name, RowChange, own_fields};
use super::difference::{FieldChange, Origin, Said};
use super::drift::Drifted;
use super::log::{Event as DriftEvent, Message};
use super::words::Shower;
use super::{Counts, Report, Verdict, compose, plain};
use crate::outgoing;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The version of the form.
const VERSION: u8 = 1;

#[derive(Serialize)]
struct Document<'r> {
    version: u8,
    verdict: &'static str,
    complete: bool,
    refresh_only: bool,
    name: Option<&'r str>,
    commit: Option<&'r str>,
    program: Option<&'r str>,
    planned: Option<String>,
    /// Whether addresses are written so that nobody follows them.
    defanged: bool,
    totals: BTreeMap<&'static str, usize>,
    by_action: BTreeMap<String, BTreeMap<&'static str, usize>>,
    by_type: BTreeMap<String, BTreeMap<&'static str, usize>>,
    capacity: Vec<CapacityJson<'r>>,
    expiries: Option<ExpiriesJson<'r>>,
    look_here_first: Vec<AlertJson>,
    resources: Vec<GroupJson<'r>>,
    drift: Vec<DriftJson<'r>>,
    errors: Vec<MessageJson<'r>>,
    warnings: Vec<MessageJson<'r>>,
    other_resources: &'r BTreeMap<String, usize>,
    outputs: usize,
}

#[derive(Serialize)]
struct CapacityJson<'r> {
    address: &'r str,
    used: i64,
    after: Option<i64>,
    limit: i64,
    by_source: &'r BTreeMap<String, i64>,
}

#[derive(Serialize)]
struct ExpiriesJson<'r> {
    past: usize,
    weeks: &'r [usize],
    later: usize,
    lifetimes: usize,
    never: usize,
}

#[derive(Serialize)]
struct AlertJson {
    subject: &'static str,
    text: String,
    count: usize,
    indicators: Vec<NameJson>,
}

#[derive(Serialize)]
struct NameJson {
    value: Option<String>,
    key: Option<String>,
    r#type: Option<String>,
}

#[derive(Serialize)]
struct GroupJson<'r> {
    address: &'r str,
    title: Option<String>,
    events: Vec<EventJson>,
    set: Vec<DefaultJson>,
    unchanged: usize,
    rows: Vec<RowJson<'r>>,
}

#[derive(Serialize)]
struct EventJson {
    event: &'static str,
    text: String,
}

#[derive(Serialize)]
struct DefaultJson {
    #[serde(flatten)]
    change: FieldJson,
    rows: usize,
}

#[derive(Serialize)]
struct RowJson<'r> {
    change: &'static str,
    #[serde(flatten)]
    name: NameJson,
    action: Option<&'r str>,
    old_action: Option<&'r str>,
    from: Option<&'r str>,
    made_by_others: bool,
    deleted_in_the_tenant: bool,
    note: Option<String>,
    fields: Vec<FieldJson>,
}

/// What a field says. The service's default, and what nobody says, is null.
#[derive(Serialize)]
struct FieldJson {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<SaidJson>,
    new: SaidJson,
}

#[derive(Serialize)]
struct SaidJson {
    value: Option<String>,
    /// `row`, `set`, `default`, `unknown` or `sensitive`.
    from: &'static str,
}

#[derive(Serialize)]
struct DriftJson<'r> {
    address: &'r str,
    event: &'static str,
    indicator: Option<NameJson>,
    fields: Vec<FieldJson>,
    who: Option<&'r str>,
    when: Option<&'r str>,
    /// What the log says, where the plan does not show the row.
    text: Option<String>,
}

#[derive(Serialize)]
struct MessageJson<'r> {
    summary: String,
    detail: String,
    address: Option<&'r str>,
    place: Option<&'r str>,
}

/// The report as JSON.
pub fn write(report: &Report) -> String {
    let shower = report.shower();
    let style = &report.style;
    let text = |key: Option<&str>| key.filter(|key| !key.is_empty()).unwrap_or("not shown").to_owned();
    let document = Document {
        version: VERSION,
        verdict: match report.verdict {
            Verdict::Failed => "failed",
            Verdict::NoChanges => "no changes",
            Verdict::Changes => "changes",
            Verdict::Drift => "drift",
        },
        complete: !report.is_partial && report.verdict != Verdict::Failed,
        refresh_only: report.is_refresh_only,
        name: style.name.as_deref(),
        commit: style.commit.as_deref(),
        program: report.program.as_deref(),
        planned: report.time.map(|time| time.to_string()),
        defanged: !style.keeps_addresses,
        totals: counts(report.total()),
        by_action: named_counts(
            report.counts(|change| text(change.row.action().map(crate::indicator::Action::as_str))),
        ),
        by_type: named_counts(
            report.counts(|change| text(change.row.kind().map(crate::indicator::IndicatorType::as_str))),
        ),
        capacity: report
            .capacity
            .iter()
            .map(|capacity| CapacityJson {
                address: &capacity.address,
                used: capacity.used,
                after: capacity.after,
                limit: capacity.limit,
                by_source: &capacity.by_source,
            })
            .collect(),
        expiries: report.expiries.as_ref().map(|expiries| ExpiriesJson {
            past: expiries.past,
            weeks: &expiries.weeks,
            later: expiries.later,
            lifetimes: expiries.lifetimes,
            never: expiries.never,
        }),
        look_here_first: report
            .alerts
            .iter()
            .filter_map(|alert| self::alert(report, alert))
            .collect(),
        resources: report
            .changes
            .groups
            .iter()
            .map(|group| self::group(shower, group))
            .collect(),
        drift: report
            .drift
            .iter()
            .map(|drifted| self::drifted(shower, drifted))
            .collect(),
        errors: report.errors.iter().map(|error| message(shower, error)).collect(),
        warnings: report.warnings.iter().map(|warning| message(shower, warning)).collect(),
        other_resources: &report.others,
        outputs: report.outputs,
    };
    let json = serde_json::to_string_pretty(&document).unwrap_or_default();
    escaped(&json) + "\n"
}

/// JSON in which nothing moves a cursor or gives an order to a build agent: a log may hold it. Only texts can have such
/// characters, and in texts every character may be written as its number.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut hashes = "";
    for letter in json.chars() {
        let is_order = letter == '[' && matches!(hashes, "##" | "##v" | "##vs" | "##vso");
        if is_order
            || (letter != '\n' && letter.is_control())
            || outgoing::is_format(letter)
            || matches!(letter, '\u{2028}' | '\u{2029}')
        {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(letter);
        }
        hashes = match (hashes, letter) {
            ("#" | "##", '#') => "##",
            (_, '#') => "#",
            ("##", 'v' | 'V') => "##v",
            ("##v", 's' | 'S') => "##vs",
            ("##vs", 'o' | 'O') => "##vso",
            _ => "",
        };
    }
    out
}

fn counts(counts: Counts) -> BTreeMap<&'static str, usize> {
    Kind::ALL
        .into_iter()
        .map(|kind| (kind_name(kind), counts.of(kind)))
        .collect()
}

fn named_counts(by: BTreeMap<String, Counts>) -> BTreeMap<String, BTreeMap<&'static str, usize>> {
    by.into_iter()
        .map(|(name, counts)| (name, self::counts(counts)))
        .collect()
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Removed => "removed",
        Kind::Anew => "made_anew",
        Kind::Changed => "changed",
        Kind::Restored => "restored",
        Kind::Added => "added",
        Kind::Moved => "moved",
    }
}

fn name(shower: Shower, name: &Name) -> NameJson {
    let kind = name.kind.as_ref();
    NameJson {
        value: name.value.as_ref().map(|value| shower.value(kind, value)),
        key: name.key.as_ref().map(|key| shower.value(None, key)),
        r#type: kind.map(ToString::to_string),
    }
}

fn alert(report: &Report, alert: &Alert) -> Option<AlertJson> {
    let shower = report.shower();
    let open = alert
        .names
        .iter()
        .filter(|name| name.value.is_some() || name.key.is_some());
    Some(AlertJson {
        subject: match &alert.subject {
            Subject::Weakened { .. } => "weakened",
            Subject::WeakenedOutside { .. } => "weakened_outside",
            Subject::BlocksRemoved => "blocks_removed",
            Subject::Allowed => "allowed",
            Subject::Protected => "protected",
            Subject::Popular(_) => "popular",
            Subject::Shared(_) => "shared_address",
            Subject::Dangerous(_) => "dangerous",
            Subject::StrangersRemoved { .. } => "strangers_removed",
            Subject::Default { .. } => "set_changed",
            Subject::Resource { .. } => "resource",
            Subject::Expired => "expired",
            Subject::Expiring => "expiring",
            Subject::Deferred { .. } => "deferred",
            Subject::Check { .. } => "check",
        },
        text: plain::line(&compose::alert(report, alert)?),
        count: alert.names.len(),
        indicators: open.map(|row| name(shower, row)).collect(),
    })
}

fn group(shower: Shower, group: &Group) -> GroupJson<'_> {
    let is_hidden = group.events.contains(&Event::SensitiveList);
    GroupJson {
        address: &group.address,
        title: group.title.as_ref().map(|title| shower.text(title)),
        events: group
            .events
            .iter()
            .filter_map(|event| {
                Some(EventJson {
                    event: event_name(event),
                    text: plain::line(&compose::event(event)?),
                })
            })
            .collect(),
        set: group
            .defaults
            .iter()
            .map(|(change, rows)| DefaultJson {
                change: field(shower, change),
                rows: *rows,
            })
            .collect(),
        unchanged: group.unchanged,
        rows: group
            .rows
            .iter()
            .filter(|_| !is_hidden)
            .map(|change| row(shower, change))
            .collect(),
    }
}

const fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Deleted(_) => "deleted",
        Event::Replaced(_) => "replaced",
        Event::Forgotten(_) => "forgotten",
        Event::Deposed => "deposed",
        Event::Renamed(_) => "renamed",
        Event::Imported(_) => "imported",
        Event::MovedAway(_) => "moved_away",
        Event::UnknownList => "unknown_list",
        Event::SensitiveList => "sensitive_list",
        Event::Unreadable(_) => "unreadable_list",
        Event::NoRows => "no_rows",
    }
}

fn row(shower: Shower, change: &RowChange) -> RowJson<'_> {
    let mut fields: Vec<FieldJson> = change.fields.iter().map(|change| field(shower, change)).collect();
    if fields.is_empty() && matches!(change.kind, Kind::Added | Kind::Removed | Kind::Restored) {
        let own = own_fields(&change.row).into_iter();
        fields.extend(own.map(|(field, said)| FieldJson {
            field: field.name().to_owned(),
            old: None,
            new: self::said(shower, &said),
        }));
    }
    RowJson {
        change: kind_name(change.kind),
        name: name(shower, &change.name),
        action: change.row.action().map(crate::indicator::Action::as_str),
        old_action: change.old_action.as_ref().map(crate::indicator::Action::as_str),
        from: change.from.as_deref(),
        made_by_others: change.is_strangers,
        deleted_in_the_tenant: change.comes_back,
        note: change.note.as_ref().map(|note| shower.text(note)),
        fields,
    }
}

fn field(shower: Shower, change: &FieldChange) -> FieldJson {
    FieldJson {
        field: change.name.clone(),
        old: Some(said(shower, &change.old)),
        new: said(shower, &change.new),
    }
}

fn said(shower: Shower, said: &Said) -> SaidJson {
    let (value, from) = match said {
        Said::Text(text, Origin::Row) => (Some(shower.text(text)), "row"),
        Said::Text(text, Origin::Set) => (Some(shower.text(text)), "set"),
        Said::Text(text, Origin::Default) => (Some(shower.text(text)), "default"),
        Said::Nothing => (None, "default"),
        Said::Unknown => (None, "unknown"),
        Said::Sensitive => (None, "sensitive"),
    };
    SaidJson { value, from }
}

fn drifted(shower: Shower, drifted: &Drifted) -> DriftJson<'_> {
    DriftJson {
        address: &drifted.address,
        event: match drifted.event {
            DriftEvent::Changed => "changed",
            DriftEvent::Deleted => "deleted",
            DriftEvent::Lost => "held_by_another_resource",
            DriftEvent::Stranger => "not_in_the_list",
        },
        indicator: drifted.name.as_ref().map(|row| name(shower, row)),
        fields: drifted.fields.iter().map(|change| field(shower, change)).collect(),
        who: drifted.who.as_deref(),
        when: drifted.when.as_deref(),
        text: drifted.words.as_ref().map(|words| shower.text(words)),
    }
}

fn message(shower: Shower, message: &Message) -> MessageJson<'_> {
    MessageJson {
        summary: shower.text(&message.summary),
        detail: shower.text(&message.detail),
        address: message.address.as_deref(),
        place: message.place.as_deref(),
    }
}
