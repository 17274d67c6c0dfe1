//! Each problem of the tenant layer, and each kind of drift.

use super::TITLE;
use crate::defender::samples;
use crate::indicator::{
    Action, Conflict, Facts, Field, FieldSet, Indicator, IndicatorType, Row, RowId, Severity, differences,
};
use crate::provider::diagnostics;
use crate::provider::model::{Model, ModelRow};
use crate::tenant::{
    Contradiction, Failure, FailureKind, Holding, Opponent, PriorObject, Problem, Protection, Recreated, Refreshed,
    RowNote, RowRefresh, StateRow, Unread, Weakened,
};
use crate::tf::Diagnostic;
use jiff::Timestamp;

/// Pairs each variant with its samples: a new variant does not compile until it has some.
macro_rules! samples {
    ($($pattern:pat => $samples:expr),+ $(,)?) => {
        fn problems() -> Vec<Problem> {
            let mut all = Vec::new();
            $(
                let samples: Vec<Problem> = $samples;
                assert!(!samples.is_empty() && samples.iter().all(|sample| matches!(sample, $pattern)));
                all.extend(samples);
            )+
            // The compiler asks for every variant here.
            for problem in &all {
                match problem {
                    $($pattern => {})+
                }
            }
            all
        }
    };
}

fn domain(value: &str, action: Action) -> Indicator {
    Indicator {
        value: value.to_owned(),
        indicator_type: IndicatorType::DomainName,
        action,
        ..Indicator::blank()
    }
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A row that somebody made in the portal.
fn row(id: &str, indicator: Indicator) -> Row {
    Row {
        id: RowId::from(id),
        indicator,
        facts: Facts {
            created_by: Some("ann@contoso.example".to_owned()),
            created_by_source: Some("Portal".to_owned()),
            creation_time: time("2026-04-01T08:00:00Z"),
            last_updated_by: Some("eve@contoso.example".to_owned()),
            last_update_time: time("2026-05-01T09:30:00Z"),
            ..Facts::default()
        },
    }
}

/// Two rows of one value.
pub fn two_rows() -> [Row; 2] {
    [("901", Action::Block), ("902", Action::Warn)].map(|(id, action)| row(id, domain("evil.example", action)))
}

fn names(count: usize) -> Vec<String> {
    let names = ["evil.example", "c2.example", "drop.example"];
    names.iter().take(count).map(|name| (*name).to_owned()).collect()
}

fn notes(count: usize, fields: FieldSet) -> Vec<RowNote> {
    let note = |name: String| RowNote {
        row: row("901", domain(&name, Action::Block)),
        name,
        fields,
    };
    names(count).into_iter().map(note).collect()
}

/// The samples for one row and for several.
fn for_counts(sample: impl Fn(usize) -> Problem) -> Vec<Problem> {
    [1, 3].map(sample).into()
}

fn protection(count: usize, done: bool) -> Problem {
    let weakened = |name| Weakened {
        name,
        before: Action::Block,
        after: Action::Allowed,
    };
    Problem::Protection {
        change: Box::new(Protection {
            deleted: names(count),
            weakened: names(count).into_iter().map(weakened).collect(),
            ours: notes(count, FieldSet::EMPTY),
            adopted: notes(count, FieldSet::EMPTY.with(Field::Severity)),
            recreated: recreated(count, false),
        }),
        done,
    }
}

fn recreated(count: usize, kept: bool) -> Recreated {
    let field = if kept { Field::ExternalId } else { Field::Application };
    Recreated {
        names: names(count),
        fields: FieldSet::EMPTY.with(field),
        kept,
    }
}

fn contradictions() -> Vec<Contradiction> {
    let pair = |other, conflict| Contradiction {
        name: "evil.example".to_owned(),
        action: Action::Block,
        other,
        conflict,
    };
    vec![
        pair(
            Opponent::Tenant(Box::new(row("902", domain("evil.example", Action::Allowed)))),
            Conflict::SameValue,
        ),
        pair(
            Opponent::Own {
                name: "https://evil.example/docs".to_owned(),
                action: Action::Allowed,
            },
            Conflict::AllowedInside,
        ),
        pair(
            Opponent::Object {
                title: "Exceptions".to_owned(),
                name: "example".to_owned(),
                action: Action::Allowed,
            },
            Conflict::BlockedInside,
        ),
    ]
}

fn failures(kind: FailureKind) -> Vec<Problem> {
    let failed = |error| {
        let failure = |name| Failure {
            name,
            kind,
            error: crate::defender::WriteError::clone(&error),
        };
        Problem::Failed {
            failures: names(3).into_iter().map(failure).collect(),
        }
    };
    let [refused, unknown, full, stopped, lost, unclear, contradiction] = samples::write_errors();
    let errors = match kind {
        FailureKind::Write => vec![refused, unknown, full, stopped, lost, unclear],
        FailureKind::Delete => vec![refused, unknown, stopped, lost, contradiction],
    };
    errors.into_iter().map(failed).collect()
}

fn refused() -> crate::defender::Error {
    samples::errors().into_iter().last().unwrap()
}

samples! {
    Problem::Unlisted { .. } => [
        Unread::StateKept,
        Unread::NothingWritten,
        Unread::NothingDeleted,
        Unread::NothingPlanned,
        Unread::NothingImported,
        Unread::NothingRead,
    ]
    .map(|unread| Problem::Unlisted { error: samples::errors().remove(11), unread })
    .into(),
    Problem::Foreign { .. } => for_counts(|count| Problem::Foreign {
        rows: notes(count, FieldSet::EMPTY.with(Field::Severity).with(Field::Title)),
    }),
    Problem::Unseen { .. } => for_counts(|count| Problem::Unseen { names: names(count) }),
    Problem::WantedTwice { .. } => vec![
        Problem::WantedTwice {
            rows: vec![("evil.example".into(), "Partner list".into(), "evil.example".into())],
        },
        Problem::WantedTwice {
            rows: vec![
                ("evil.example".into(), "Partner list".into(), "the first".into()),
                ("c2.example".into(), String::new(), String::new()),
            ],
        },
    ],
    Problem::ScopeShared { .. } => [0, 3]
        .map(|count| Problem::ScopeShared { other: "Partner list".into(), names: names(count) })
        .into(),
    Problem::NeedsRefresh { .. } => for_counts(|count| Problem::NeedsRefresh { names: names(count) }),
    Problem::Protected { .. } => for_counts(|count| Problem::Protected {
        rows: names(count)
            .into_iter()
            .map(|name| (name.clone(), format!("`{name}` lies under the protected domain `example`")))
            .collect(),
    }),
    Problem::TooManyRemovals { .. } => [false, true]
        .map(|sent| Problem::TooManyRemovals { count: 120, allowed: 100, names: names(3), sent })
        .into(),
    Problem::OverCapacity { .. } => vec![Problem::OverCapacity { foreign: 14_000, wanted: 1_001, capacity: 15_000 }],
    Problem::MayExceedCapacity { .. } =>
        vec![Problem::MayExceedCapacity { rows: 14_990, creations: 20, capacity: 15_000 }],
    Problem::Protection { .. } => {
        let mut all = vec![protection(1, false), protection(3, false), protection(3, true)];
        all.extend([false, true].map(|done| Problem::Protection {
            change: Box::new(Protection { recreated: recreated(1, true), ..Protection::default() }),
            done,
        }));
        all
    },
    Problem::Contradictory { .. } => vec![
        Problem::Contradictory { pairs: contradictions().into_iter().take(1).collect() },
        Problem::Contradictory { pairs: contradictions() },
    ],
    Problem::NothingWritten { .. } => [false, true].map(|is_note| Problem::NothingWritten { is_note }).into(),
    Problem::AnotherForm { .. } => vec![Problem::AnotherForm { written: 3, rows: 1_200 }],
    Problem::Expired { .. } => for_counts(|count| Problem::Expired { names: names(count) }),
    Problem::ScopeNotShownYet { .. } => for_counts(|count| Problem::ScopeNotShownYet { count }),
    Problem::Failed { .. } => [FailureKind::Write, FailureKind::Delete].into_iter().flat_map(failures).collect(),
    Problem::SharedRow { .. } => vec![
        Problem::SharedRow {
            value: "evil.example".into(),
            id: RowId::from("901"),
            name: "evil.example".into(),
            other: None,
        },
        Problem::SharedRow {
            value: "evil.example".into(),
            id: RowId::from("901"),
            name: "for servers".into(),
            other: Some("for laptops".into()),
        },
    ],
    Problem::Overwritten { .. } => for_counts(|count| Problem::Overwritten { rows: notes(count, FieldSet::EMPTY) }),
    Problem::Unchecked { .. } => for_counts(|count| Problem::Unchecked { error: refused(), count }),
    Problem::Unreplaced => vec![Problem::Unreplaced],
    Problem::BlindDeletion { .. } => for_counts(|count| Problem::BlindDeletion { count }),
    Problem::HalfMade => vec![Problem::HalfMade],
}

/// Each problem in words. The level is that which the outcome counts.
pub fn all() -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for problem in problems() {
        let is_error = problem.is_error();
        let words = diagnostics::all(TITLE, vec![problem]);
        assert!(!words.is_empty());
        for one in words {
            assert_eq!(one.level == crate::tf::Level::Error, is_error, "{}", one.summary);
            all.push(one);
        }
    }
    all.push(crate::provider::object::many_singles());
    all
}

/// What a refresh can find.
pub fn drift() -> Vec<Diagnostic> {
    let wanted = [
        "evil.example",
        "c2.example",
        "drop.example",
        "old.example",
        "renamed.example",
        "moved.example",
    ]
    .map(|value| domain(value, Action::Block));
    let mut found = domain("evil.example", Action::Allowed);
    found.fields.severity = Some(Severity::High);
    found.fields.title = Some("Changed in the portal".to_owned());
    let changed = |facts: Facts| RowRefresh::Changed {
        differences: differences(&wanted[0], &found),
        row: Box::new(Row {
            facts,
            ..row("901", found.clone())
        }),
    };
    let mut unsigned = row("901", found.clone()).facts;
    unsigned.last_updated_by = None;
    let rows = vec![
        changed(row("901", found.clone()).facts),
        changed(unsigned),
        changed(Facts::default()),
        RowRefresh::Gone,
        RowRefresh::Lost,
        RowRefresh::Expired,
    ];
    let prior = PriorObject {
        rows: wanted
            .iter()
            .enumerate()
            .map(|(position, indicator)| StateRow {
                name: indicator.value.as_str().into(),
                holding: Holding::Held(RowId::from(format!("90{position}"))),
                indicator: indicator.clone().into(),
                begun: None,
            })
            .collect(),
        ..PriorObject::default()
    };
    let model = Model {
        title: TITLE.to_owned(),
        defaults: ModelRow::blank(),
        rows: std::sync::Arc::new(vec![ModelRow::blank(); wanted.len()]),
        incomplete: false,
        faults: Vec::new(),
        exclusive: None,
        on_existing: None,
        renew: false,
    };
    let refreshed = Refreshed {
        rows,
        strangers: vec![row("950", domain("stranger.example", Action::Warn))],
        note: std::collections::BTreeSet::new(),
        hidden: vec!["hidden.example".to_owned()],
    };
    diagnostics::drift(&model, &prior, &refreshed).into_iter().collect()
}
