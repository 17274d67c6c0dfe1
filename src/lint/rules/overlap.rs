//! Rows that speak of the same thing, in one list or in several.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use super::{Standards, danger, reach};
use crate::feed::hash_strength;
use crate::indicator::{Action, Field, IndicatorType, covered};
use crate::outgoing::shown;
use std::collections::HashMap;

/// What a value is known by: its type and canonical spelling.
type Value<'i> = (&'i IndicatorType, &'i str);

/// Adds what is wrong with rows together. The answer is how many rows and entries were looked at.
pub fn check(
    items: &[Item],
    is_bad: &dyn Fn(&Item) -> bool,
    standards: &Standards,
    findings: &mut Vec<Finding>,
) -> usize {
    let scopes: Vec<Vec<String>> = items.iter().map(Item::scope).collect();
    let mut steps = items.len();
    let unique = repeats(items, &scopes, findings, &mut steps);
    around(items, &scopes, &unique, is_bad, findings, &mut steps);
    hashes(items, findings, &mut steps);
    capacity(items, &unique, standards, findings);
    steps
}

/// Adds rows of one value. The answer is which rows are the first of their kind.
fn repeats(items: &[Item], scopes: &[Vec<String>], findings: &mut Vec<Finding>, steps: &mut usize) -> Vec<usize> {
    let mut firsts: HashMap<(Value<'_>, &Action, &[String]), usize> = HashMap::with_capacity(items.len());
    let mut values: HashMap<Value<'_>, usize> = HashMap::with_capacity(items.len());
    let mut unique = Vec::new();
    for (at, (item, scope)) in items.iter().zip(scopes).enumerate() {
        *steps += 1;
        if item.canonical.is_empty() {
            continue;
        }
        let value = (&item.indicator.indicator_type, item.canonical.as_str());
        let key = (value, &item.indicator.action, scope.as_slice());
        if let Some(first) = firsts.get(&key).and_then(|first| items.get(*first)) {
            findings.push(duplicate(item, first));
            continue;
        }
        firsts.insert(key, at);
        unique.push(at);
        let first = *values.entry(value).or_insert(at);
        if let (Some(other), Some(other_scope)) = (items.get(first), scopes.get(first))
            && other.indicator.action != item.indicator.action
        {
            findings.push(two_actions(item, scope, other, other_scope));
        }
    }
    unique
}

fn duplicate(item: &Item, first: &Item) -> Finding {
    let value = shown(&item.indicator.value);
    let is_other = |field: &&Field| {
        !matches!(field, Field::Value | Field::Type | Field::Action)
            && field.get(&item.indicator) != field.get(&first.indicator)
    };
    let differing: Vec<&str> = Field::ALL.iter().filter(is_other).map(|field| field.name()).collect();
    let spelling = if item.indicator.value == first.indicator.value {
        String::new()
    } else {
        format!(", spelled {}", shown(&first.indicator.value))
    };
    let (code, severity, text) = if differing.is_empty() {
        let text = format!("{value} is listed already{spelling}. Remove one of the two rows.");
        (Code::Duplicate, Severity::Warning, text)
    } else {
        let text = format!(
            "{value} is listed already{spelling}, with a different `{}`. Keep one of the two rows.",
            differing.join("`, `")
        );
        (Code::DifferingDuplicate, Severity::Error, text)
    };
    Finding::of(code, severity, item, text).with(first, "it is listed here first")
}

fn two_actions(item: &Item, scope: &[String], first: &Item, first_scope: &[String]) -> Finding {
    let value = shown(&item.indicator.value);
    let (action, other) = (&item.indicator.action, &first.indicator.action);
    let is_apart =
        !scope.is_empty() && !first_scope.is_empty() && !scope.iter().any(|group| first_scope.contains(group));
    let effect = if is_apart {
        "They are for different device groups.".to_owned()
    } else if danger::is_network(item) && action.strength() != other.strength() {
        let winner = if action.strength() < other.strength() {
            action
        } else {
            other
        };
        format!("Defender obeys `{winner}`. Keep one of the two rows.")
    } else if item.kind().is_some_and(IndicatorType::is_file) && action.strength() != other.strength() {
        let winner = if action.strength() > other.strength() {
            action
        } else {
            other
        };
        format!("For files, Defender obeys `{winner}`. Keep one of the two rows.")
    } else {
        "Which of them Defender obeys is not documented. Keep one of the two rows.".to_owned()
    };
    let severity = if is_apart { Severity::Note } else { Severity::Error };
    let text = format!("{value} has the actions `{other}` and `{action}`. {effect}");
    Finding::of(Code::TwoActions, severity, item, text).with(first, "the other action")
}

/// Adds rows that lie within others. The nearest row around decides: in the same words the row adds nothing, in others it
/// is an exception.
fn around(
    items: &[Item],
    scopes: &[Vec<String>],
    unique: &[usize],
    is_bad: &dyn Fn(&Item) -> bool,
    findings: &mut Vec<Finding>,
    steps: &mut usize,
) {
    let rows = unique.iter().filter_map(|at| {
        let item = items.get(*at)?;
        let is_looked_at = danger::is_network(item) && !item.is_broken && !is_bad(item);
        let scope = scopes.get(*at)?;
        is_looked_at.then_some((*at, &item.indicator.indicator_type, item.canonical.as_str(), scope))
    });
    for (inner, outer) in covered(rows) {
        *steps += 1;
        let (Some(inner), Some(outer)) = (items.get(inner), items.get(outer)) else {
            continue;
        };
        findings.push(if inner.indicator.action == outer.indicator.action {
            within(inner, outer)
        } else {
            exception(inner, outer)
        });
    }
}

fn within(inner: &Item, outer: &Item) -> Finding {
    let text = format!(
        "{} is within {}, which has the same action. The row adds nothing.",
        shown(&inner.indicator.value),
        shown(&outer.indicator.value)
    );
    Finding::of(Code::Covered, Severity::Note, inner, text).with(outer, "it is covered by this row")
}

fn exception(inner: &Item, outer: &Item) -> Finding {
    let is_edge_only = reach::is_edge_only(inner);
    let weakest = if is_edge_only {
        " Only in Microsoft Edge, because the URL is https and other browsers are matched by the host alone."
    } else {
        ""
    };
    // Where the path is not seen, a block inside of what is allowed does nothing.
    let is_lost = is_edge_only && inner.indicator.action.strength() > outer.indicator.action.strength();
    let severity = if is_lost { Severity::Warning } else { Severity::Note };
    let text = format!(
        "{} has the action `{}` within {}, which has `{}`. The longer name or path wins.{weakest}",
        shown(&inner.indicator.value),
        inner.indicator.action,
        shown(&outer.indicator.value),
        outer.indicator.action
    );
    Finding::of(Code::Exception, severity, inner, text).with(outer, "the row around it")
}

/// Adds weaker hashes of files whose stronger one is listed.
fn hashes(items: &[Item], findings: &mut Vec<Finding>, steps: &mut usize) {
    let of_file = |item: &Item| Some(((item.file, item.bundle?), hash_strength(item.kind()?)?));
    let mut strongest: HashMap<(usize, usize), (u8, &Item)> = HashMap::new();
    for item in items {
        *steps += 1;
        if let Some((file, strength)) = of_file(item) {
            let best = strongest.entry(file).or_insert((strength, item));
            if strength > best.0 {
                *best = (strength, item);
            }
        }
    }
    for item in items {
        if let Some((file, strength)) = of_file(item)
            && let Some((_, other)) = strongest.get(&file).filter(|(best, _)| *best > strength)
        {
            let text = format!(
                "{} is a weaker hash of a file whose {} is listed too. The strongest is enough, unless a device knows another one only.",
                shown(&item.indicator.value),
                other.indicator.indicator_type
            );
            findings
                .push(Finding::of(Code::SeveralHashes, Severity::Note, item, text).with(other, "the strongest hash"));
        }
    }
}

/// Adds that a tenant has no room for all rows.
fn capacity(items: &[Item], unique: &[usize], standards: &Standards, findings: &mut Vec<Finding>) {
    let Some(first) = unique.get(standards.capacity).and_then(|at| items.get(*at)) else {
        return;
    };
    let text = format!(
        "The lists hold {} different indicators, but a tenant has room for {}. This row is the first that has none.",
        unique.len(),
        standards.capacity
    );
    let mut finding = Finding::of(Code::Capacity, Severity::Warning, first, text);
    finding.subject = "capacity".to_owned();
    findings.push(finding);
}
