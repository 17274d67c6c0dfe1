//! Every assumption about the service is one switch of the simulator, and the provider is right with every answer of it.
//!
//! The table names every switch and every answer; a switch or answer that it does not have fails a test. The same life of
//! a set and a single indicator is lived with every answer. Where the life alone would not meet the difference, the table
//! adds a row that does, or names the tests that are about it.

mod apart;
mod table;

use crate::support::blocks::{merged, set, single};
use crate::support::{Host, Tenant};
use clap::{Args, Command, FromArgMatches};
use mde::simulator::Options;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;
use table::Then::{NoLife, Nothing, Refused, Right};
use table::{OTHERS, SWITCHES};

const SET: &str = "mde_indicator_set.list";
const SINGLE: &str = "mde_indicator.one";
const SHA256: &str = "AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00";

/// The simulator's command line, and the options that it reads.
fn command() -> Command {
    Options::augment_args(Command::new("simulate"))
}

async fn tenant(switch: &str, answer: &str) -> Tenant {
    let matches = command().get_matches_from(["simulate", &format!("--{switch}"), answer]);
    let read = Options::from_arg_matches(&matches).unwrap();
    Tenant::with(|options| {
        let directory = options.directory.take();
        *options = Options { directory, ..read };
        options.rbac_groups = vec!["A".into(), "B".into()];
        // Several pages for few rows. Without a link only a full page tells that more follow.
        if switch != "paging" || answer != "skip-only" {
            options.page_size = 4;
        }
    })
    .await
}

/// The configuration at one step of the life: made, changed, cleared, given other actions and groups.
fn blocks(step: usize, late: &str, more: &Json) -> [(&'static str, Json); 2] {
    let severity = ["Low", "High"][usize::from(step > 0)];
    let external = (step < 2).then_some("case 42");
    let (action, group) = [("Block", "A"), ("Warn", "B")][usize::from(step > 2)];
    let rows = json!({
        "cleared.example": { "external_id": external },
        "moves.example": { "action": action },
        "scoped.example": { "rbac_group_names": [group] },
        "late.example": { "expiration_time": late },
        "Spelt.Example": {},
        SHA256: {},
        "198.51.100.7": { "description": "an address" },
        "2001:db8::17": null,
        // One goes, one comes.
        ["goes.example", "comes.example"][usize::from(step > 0)]: null,
    });
    let list = json!({ "severity": severity, "indicators": merged(rows, more.clone()) });
    let one = json!({ "severity": severity, "action": action, "external_id": external });
    [(SET, set(list)), (SINGLE, single("one.example", one))]
}

/// Value, action, severity, external id and first device group of the rows at this step.
fn expected(step: usize) -> BTreeSet<[String; 5]> {
    let severity = ["Low", "High"][usize::from(step > 0)];
    let external = if step < 2 { "case 42" } else { "" };
    let (action, group) = [("Block", "A"), ("Warn", "B")][usize::from(step > 2)];
    let passing = ["goes.example", "comes.example"][usize::from(step > 0)];
    [
        ["cleared.example", "Block", severity, external, ""],
        ["moves.example", action, severity, "", ""],
        ["scoped.example", "Block", severity, "", group],
        ["late.example", "Block", severity, "", ""],
        ["Spelt.Example", "Block", severity, "", ""],
        [SHA256, "Block", severity, "", ""],
        ["198.51.100.7", "Block", severity, "", ""],
        ["2001:db8::17", "Block", severity, "", ""],
        [passing, "Block", severity, "", ""],
        ["one.example", action, severity, external, ""],
    ]
    .map(|row| row.map(str::to_owned))
    .into()
}

/// Panics unless the tenant holds these rows, and so many others.
#[track_caller]
fn assert_held(tenant: &Tenant, expected: &BTreeSet<[String; 5]>, others: usize, context: &str) {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let rows = tenant.simulator.rows();
    let found: Vec<[String; 5]> = rows
        .iter()
        .map(|row| {
            let value = text(&row["indicatorValue"]);
            let value = value.parse::<IpAddr>().map_or(value, |address| address.to_string());
            let group = text(&row["rbacGroupNames"][0]);
            [
                value,
                text(&row["action"]),
                text(&row["severity"]),
                text(&row["externalId"]),
                group,
            ]
        })
        .collect();
    let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
    assert!(missing.is_empty(), "{context}: {missing:?} not among {found:?}");
    assert_eq!(found.len(), expected.len() + others, "{context}: {found:?}");
}

/// The life, with these rows beside those that every life has.
async fn live(switch: &str, answer: &str, more: &Json) {
    let tenant = tenant(switch, answer).await;
    let mut host = Host::new(&tenant);
    let late = (jiff::Timestamp::now() + Duration::from_secs(3600)).to_string();
    let others = more.as_object().unwrap().len();
    for step in 0..4 {
        let context = format!("{switch} {answer}, step {step}, {more}");
        host.configure(&blocks(step, &late, more));
        let run = host.apply().await;
        assert!(run.errors.is_empty(), "{context}: {:#?}", run.errors);
        assert_held(&tenant, &expected(step), others, &context);
        let run = host.plan().await;
        assert!(run.errors.is_empty() && run.changed.is_empty(), "{context}: {run:#?}");
    }
    host.clock.advance(Duration::from_secs(7200));
    let run = host.plan().await;
    assert!(
        run.errors.is_empty() && run.changed.is_empty(),
        "{switch} {answer}: {run:#?}"
    );
    host.destroy().await.ok();
    // A row that has expired is over, whether the service goes on listing it or not.
    tenant.remove(&["late.example"]);
    assert_eq!(tenant.values(), [""; 0], "{switch} {answer}");
    assert_eq!(tenant.throttled(), 0, "{switch} {answer}");
}

/// A creation with a row that is refused: it is named, all others are kept, and without it all is right.
async fn refuse(switch: &str, answer: &str, row: &Json, words: &str) {
    let tenant = tenant(switch, answer).await;
    let mut host = Host::new(&tenant);
    let context = format!("{switch} {answer}");
    let late = (jiff::Timestamp::now() + Duration::from_secs(3600)).to_string();
    let run = host.configure(&blocks(0, &late, row)).apply().await;
    assert_eq!(run.errors.len(), 1, "{context}: {:#?}", run.errors);
    let key = row.as_object().unwrap().keys().next().unwrap();
    for words in [key.as_str(), words] {
        assert!(
            run.errors[0].contains(words),
            "{context}: no {words} in {}",
            run.errors[0]
        );
    }
    assert_held(&tenant, &expected(0), 0, &context);
    let before = tenant.rows();
    host.configure(&blocks(0, &late, &json!({}))).apply().await.ok();
    assert_eq!(tenant.rows(), before, "{context}: nothing is written twice");
    host.plan().await.clean();
}

/// Every answer in this share of the table, so that the shares run side by side.
async fn share(number: usize, of: usize) {
    for (switch, answers, _) in SWITCHES.iter().skip(number).step_by(of) {
        for (answer, then) in *answers {
            match then {
                Nothing => live(switch, answer, &json!({})).await,
                Right(rows) => live(switch, answer, &rows()).await,
                Refused(row, words) => {
                    live(switch, answer, &json!({})).await;
                    refuse(switch, answer, &row(), words).await;
                }
                NoLife => {}
            }
        }
    }
}

#[tokio::test]
async fn a_life_with_every_answer_first_share() {
    share(0, 2).await;
}

#[tokio::test]
async fn a_life_with_every_answer_second_share() {
    share(1, 2).await;
}

#[test]
fn every_answer_of_every_switch_is_in_the_table() {
    let command = command();
    let (mut switches, mut others) = (BTreeSet::new(), BTreeSet::new());
    for argument in command.get_arguments() {
        let name = argument.get_long().unwrap();
        match argument.get_possible_values().as_slice() {
            // A flag has the values of its presence, which nobody writes.
            values if !values.is_empty() && argument.get_action().takes_values() => {
                switches.extend(values.iter().map(|value| format!("{name} {}", value.get_name())));
            }
            _ => drop(others.insert(name.to_owned())),
        }
    }
    let tested = SWITCHES
        .iter()
        .flat_map(|(name, answers, _)| answers.iter().map(move |(answer, _)| format!("{name} {answer}")));
    assert_eq!(tested.collect::<BTreeSet<_>>(), switches);
    let named: BTreeSet<String> = OTHERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named, others);
}
