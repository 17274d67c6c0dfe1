//! What a reader of a plan must not miss: *Look here first*.

use super::Style;
use super::changes::{Changes, Event, Kind, Name, RowChange};
use super::difference::{FieldChange, Said};
use super::drift::Drifted;
use super::expiry::{Near, near};
use super::log::Event as DriftEvent;
use super::pairing::ByValue;
use super::plan::Plan;
use crate::feed::Hit;
use crate::indicator::{Action, Field, canonical, rules};
use jiff::Timestamp;

/// The rules whose breach means that an indicator hits what it should not. Whatever else is wrong is told by validation.
const DANGEROUS: [&str; 5] = [
    "public-suffix",
    "harmless-hash",
    "single-label",
    "file-name",
    "not-external",
];

/// One thing to look at.
#[derive(Debug)]
pub struct Alert {
    /// What it is.
    pub subject: Subject,
    /// The rows in question.
    pub names: Vec<Name>,
}

/// What there is to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Rows protect less than before.
    Weakened {
        /// What Defender did on a match.
        from: Action,
        /// What it does from now on.
        to: Action,
    },
    /// Somebody made rows protect less in the tenant.
    WeakenedOutside {
        /// Those who did it, as far as they are known.
        authors: Vec<String>,
    },
    /// Blocking rows go.
    BlocksRemoved,
    /// Rows let something pass.
    Allowed,
    /// Rows block what must not be blocked.
    Protected,
    /// Rows are in the way of what this allow list calls popular.
    Popular(String),
    /// Rows are in the way of addresses in networks of this allow list.
    Shared(String),
    /// Rows hit more than they should, or something harmless, by this rule.
    Dangerous(&'static str),
    /// Rows of others go, since they are in the scope of an exclusive set.
    StrangersRemoved {
        /// The set.
        address: String,
        /// Those who made them, as far as they are known.
        authors: Vec<String>,
    },
    /// An attribute of a set changes so many rows that inherit it.
    Default {
        /// The set.
        address: String,
        /// What changes.
        change: FieldChange,
        /// For how many rows.
        rows: usize,
    },
    /// A resource is deleted, replaced or forgotten, or cannot be judged.
    Resource {
        /// Which one.
        address: String,
        /// What happens to it.
        event: Event,
    },
    /// Rows have expired, so that they protect no longer.
    Expired,
    /// Rows expire within two weeks.
    Expiring,
    /// A change is left to a later plan.
    Deferred {
        /// Of which resource.
        address: String,
        /// Why, as Terraform calls it.
        reason: String,
    },
    /// A check does not pass.
    Check {
        /// Which one.
        address: String,
        /// What it says.
        problems: Vec<String>,
    },
}

/// Everything to look at, the worst first.
pub fn of(plan: &Plan<'_>, changes: &Changes, drift: &[Drifted], style: &Style, now: Option<Timestamp>) -> Vec<Alert> {
    let mut alerts = weakened(changes);
    alerts.extend(weakened_outside(drift));
    let rows = || changes.groups.iter().flat_map(|group| &group.rows);
    let weaker = weaker_elsewhere(changes);
    let removed = rows().filter(|change| {
        change.kind == Kind::Removed
            && !change.is_strangers
            && change.row.action().is_some_and(Action::is_block)
            && !weaker.contains_key(&change.row.indicator.value_key())
    });
    alerts.extend(alert(Subject::BlocksRemoved, removed));
    let allowed =
        rows().filter(|change| matches!(change.kind, Kind::Added) && change.row.action() == Some(&Action::Allowed));
    alerts.extend(alert(Subject::Allowed, allowed));
    alerts.extend(dangerous(changes, style));
    alerts.extend(strangers(changes, drift));
    for group in &changes.groups {
        for (change, rows) in &group.defaults {
            let subject = Subject::Default {
                address: group.address.clone(),
                change: change.clone(),
                rows: *rows,
            };
            alerts.push(bare(subject));
        }
        for event in &group.events {
            let is_told = match event {
                Event::Deleted(_)
                | Event::Replaced(_)
                | Event::Forgotten(_)
                | Event::UnknownList
                | Event::SensitiveList
                | Event::Unreadable(_)
                | Event::Deposed => true,
                Event::Renamed(_) | Event::Imported(_) | Event::MovedAway(_) | Event::NoRows => false,
            };
            if is_told {
                let (address, event) = (group.address.clone(), event.clone());
                alerts.push(bare(Subject::Resource { address, event }));
            }
        }
    }
    if let Some(now) = now {
        let near_rows = |wanted: Near| {
            let rows = changes.after.iter().flat_map(|(_, list)| &list.rows);
            rows.filter(move |row| near(row, now) == Some(wanted))
                .map(Name::of)
                .collect::<Vec<Name>>()
        };
        for (wanted, subject) in [(Near::Past, Subject::Expired), (Near::Soon, Subject::Expiring)] {
            alerts.extend(named(subject, near_rows(wanted)));
        }
    }
    for deferred in &plan.deferred_changes {
        alerts.push(bare(Subject::Deferred {
            address: deferred.resource_change.address.clone(),
            reason: deferred.reason.clone(),
        }));
    }
    for check in plan
        .checks
        .iter()
        .filter(|check| matches!(check.status.as_str(), "fail" | "error"))
    {
        let problems = check.instances.iter().flat_map(|instance| &instance.problems);
        alerts.push(bare(Subject::Check {
            address: check.address.to_display.clone(),
            problems: problems.map(|problem| problem.message.clone()).collect(),
        }));
    }
    alerts
}

fn bare(subject: Subject) -> Alert {
    Alert {
        subject,
        names: Vec::new(),
    }
}

/// An alert about these rows; none if there are none.
fn named(subject: Subject, mut names: Vec<Name>) -> Option<Alert> {
    names.sort();
    (!names.is_empty()).then_some(Alert { subject, names })
}

fn alert<'c>(subject: Subject, changes: impl Iterator<Item = &'c RowChange>) -> Option<Alert> {
    named(subject, changes.map(|change| change.name.clone()).collect())
}

/// Rows that are added with an action, by value, where another resource gives up a stronger one.
fn weaker_elsewhere(changes: &Changes) -> ByValue<&RowChange> {
    let rows = || changes.groups.iter().flat_map(|group| &group.rows);
    let mut removed: ByValue<&Action> = ByValue::new();
    for change in rows().filter(|change| change.kind == Kind::Removed) {
        if let Some(action) = change.row.action() {
            removed.insert(change.row.indicator.value_key(), action);
        }
    }
    if removed.is_empty() {
        return ByValue::new();
    }
    let added = rows().filter(|change| change.kind == Kind::Added);
    let weaker = added.filter_map(|change| {
        let key = change.row.indicator.value_key();
        let stronger = removed.get(&key)?;
        let action = change.row.action()?;
        (action.strength() < stronger.strength()).then_some((key, change))
    });
    weaker.collect()
}

/// Rows of which the action becomes weaker, be it in one list or from one to another.
fn weakened(changes: &Changes) -> Vec<Alert> {
    let mut found: Vec<(Action, Action, Name)> = Vec::new();
    let elsewhere = weaker_elsewhere(changes);
    for change in changes.groups.iter().flat_map(|group| &group.rows) {
        let (from, to) = match change.kind {
            Kind::Removed => {
                let successor = elsewhere.get(&change.row.indicator.value_key());
                (change.row.action(), successor.and_then(|change| change.row.action()))
            }
            _ => (change.old_action.as_ref(), change.row.action()),
        };
        if let (Some(from), Some(to)) = (from, to)
            && to.strength() < from.strength()
        {
            found.push((from.clone(), to.clone(), change.name.clone()));
        }
    }
    found.sort_by(|one, other| {
        let order = |from: &Action, to: &Action| (std::cmp::Reverse(from.strength()), to.strength());
        (order(&one.0, &one.1), one).cmp(&(order(&other.0, &other.1), other))
    });
    let mut alerts: Vec<Alert> = Vec::new();
    for (from, to, name) in found {
        let subject = Subject::Weakened { from, to };
        match alerts.last_mut().filter(|alert| alert.subject == subject) {
            Some(alert) => alert.names.push(name),
            None => alerts.push(Alert {
                subject,
                names: vec![name],
            }),
        }
    }
    alerts
}

/// Rows of which somebody made the action weaker in the tenant.
fn weakened_outside(drift: &[Drifted]) -> Option<Alert> {
    let is_weaker = |drifted: &&Drifted| {
        drifted.fields.iter().any(|change| match (&change.old, &change.new) {
            (Said::Text(old, _), Said::Text(new, _)) if change.name == Field::Action.name() => {
                Action::from_service(new).strength() < Action::from_service(old).strength()
            }
            _ => false,
        })
    };
    let rows: Vec<&Drifted> = drift.iter().filter(is_weaker).collect();
    let mut authors: Vec<String> = rows.iter().filter_map(|drifted| drifted.who.clone()).collect();
    authors.sort();
    authors.dedup();
    let names = rows.iter().filter_map(|drifted| drifted.name.clone()).collect();
    named(Subject::WeakenedOutside { authors }, names)
}

/// Rows that come and hit what they should not: what is protected, by rule, by allow list.
fn dangerous(changes: &Changes, style: &Style) -> Vec<Alert> {
    let mut found: Vec<(Subject, Vec<Name>)> = Vec::new();
    for change in changes.groups.iter().flat_map(|group| &group.rows) {
        let comes = matches!(change.kind, Kind::Added | Kind::Anew | Kind::Restored);
        if !comes || change.name.value.is_none() || change.row.kind().is_none() {
            continue;
        }
        for subject in hits(change, style) {
            match found.iter_mut().find(|(known, _)| *known == subject) {
                Some((_, names)) => names.push(change.name.clone()),
                None => found.push((subject, vec![change.name.clone()])),
            }
        }
    }
    found.sort_by(|(one, _), (other, _)| order(one).cmp(&order(other)));
    let alerts = found.into_iter().map(|(subject, names)| named(subject, names));
    alerts.flatten().collect()
}

/// What the row hits. One that hits what is protected, or breaks a rule, is told for that alone.
fn hits(change: &RowChange, style: &Style) -> Vec<Subject> {
    let indicator = &change.row.indicator;
    let action = change.row.action();
    if action.is_some() && style.protected.matches(indicator).is_some() {
        return vec![Subject::Protected];
    }
    let mut hits: Vec<Subject> = rules::check(indicator, change.row.unknown)
        .iter()
        .filter(|finding| DANGEROUS.contains(&finding.code))
        .map(|finding| Subject::Dangerous(finding.code))
        .collect();
    let is_in_the_way = action.is_some_and(|action| action.is_block() || *action == Action::Warn);
    if hits.is_empty() && is_in_the_way && !style.allow_lists.is_empty() {
        let canonical = canonical(&indicator.indicator_type, &indicator.value);
        let mut lists = style.allow_lists.iter();
        hits.extend(lists.find_map(|list| {
            let name = list.name.clone();
            list.hit(indicator, &canonical).map(|hit| match hit {
                Hit::Popular => Subject::Popular(name),
                Hit::Shared => Subject::Shared(name),
            })
        }));
    }
    hits
}

/// Where the subject of a row stands among the others, and by what.
fn order(subject: &Subject) -> (u8, &str) {
    match subject {
        Subject::Protected => (0, ""),
        Subject::Dangerous(code) => (1, code),
        Subject::Popular(list) => (2, list),
        Subject::Shared(list) => (3, list),
        _ => (4, ""),
    }
}

/// Rows of others that an exclusive set removes.
fn strangers(changes: &Changes, drift: &[Drifted]) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for group in &changes.groups {
        let rows: Vec<&RowChange> = group.rows.iter().filter(|change| change.is_strangers).collect();
        let author = |change: &&RowChange| {
            let is_of = |drifted: &&Drifted| {
                drifted.event == DriftEvent::Stranger
                    && drifted.address == group.address
                    && drifted.name.as_ref() == Some(&change.name)
            };
            drift.iter().find(is_of)?.who.clone()
        };
        let mut authors: Vec<String> = rows.iter().filter_map(author).collect();
        authors.sort();
        authors.dedup();
        let subject = Subject::StrangersRemoved {
            address: group.address.clone(),
            authors,
        };
        alerts.extend(alert(subject, rows.into_iter()));
    }
    alerts
}
