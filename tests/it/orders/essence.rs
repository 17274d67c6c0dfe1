//! Worlds as texts: without what differs from run to run, to tell whether two are the same; and for people.

use super::scenario::{Scenario, World};
use super::translate::Real;
use super::walk::Planned;
use crate::support::Stored;
use mde::tf::Value;

/// A world without what differs from run to run.
pub fn essence(world: &Real) -> String {
    let rows = world.rows.iter().map(|row| {
        let text = |name: &str| row[name].to_string();
        [
            "id",
            "indicatorValue",
            "action",
            "description",
            "application",
            "createdBy",
            "lastUpdatedBy",
        ]
        .map(text)
        .join(" ")
    });
    let states = world
        .states
        .iter()
        .map(|stored| stored.as_ref().map_or_else(String::new, stored_essence));
    rows.chain(states).collect::<Vec<_>>().join("\n")
}

fn stored_essence(stored: &Stored) -> String {
    format!("{:?} {} {}", stored.value, stored.tainted, scrubbed(&stored.private))
}

/// A plan without what differs from run to run.
pub fn outcome(planned: &Planned) -> String {
    let states = planned
        .states
        .iter()
        .map(|stored| stored.as_ref().map_or_else(String::new, stored_essence));
    let changes = planned.changes.iter().map(|change| {
        change.as_ref().map_or_else(String::new, |change| {
            let values: [&Value; 2] = [&change.before, &change.planned];
            format!("{:?} {values:?} {}", change.kind, scrubbed(&change.private))
        })
    });
    states.chain(changes).collect::<Vec<_>>().join("\n")
}

/// Private data without random tokens: words of at least sixteen letters and digits.
fn scrubbed(private: &[u8]) -> String {
    let text = String::from_utf8_lossy(private);
    let words = text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && !"-_+/=".contains(letter));
    words.map(|word| if word.len() > 16 { "*" } else { word }).collect()
}

/// Reads a world for a report.
pub fn told(world: &World) -> Vec<String> {
    let rows = world.tenant.iter().map(|(key, row)| {
        format!(
            "row {key}: id {}, content {}, {:?}, label {:?}",
            row.id, row.content, row.author, row.label
        )
    });
    let states = world.states.iter().enumerate().filter_map(|(slot, state)| {
        let state = state.as_ref()?;
        let rows: Vec<String> = state
            .rows
            .iter()
            .map(|row| format!("{}={:?} {} {:?}", row.key, row.id, row.content, row.label))
            .collect();
        Some(format!(
            "object {}: [{}] note {:?} label {:?}{}{}",
            Scenario::name(slot),
            rows.join(", "),
            state.note,
            state.label,
            if state.exclusive { " exclusive" } else { "" },
            if state.tainted { " tainted" } else { "" }
        ))
    });
    rows.chain(states).collect()
}
