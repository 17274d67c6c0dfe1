use super::*;
use crate::indicator::{Action, Field, Fields, Indicator, IndicatorType, Severity};

fn indicator(value: &str, action: Action) -> Indicator {
    Indicator {
        value: value.into(),
        indicator_type: IndicatorType::DomainName,
        action,
        fields: Fields {
            title: Some("T".into()),
            ..Fields::default()
        },
    }
}

fn wanted(key: &str, indicator: Indicator) -> Wanted {
    Wanted {
        key: key.into(),
        indicator,
        unknown: FieldSet::EMPTY,
        written: FieldSet::EMPTY,
        findings: Vec::new(),
    }
}

fn held(key: &str, id: &str, indicator: Indicator) -> Held {
    let id = (!id.is_empty()).then(|| id.to_owned());
    Held {
        key: key.into(),
        id,
        indicator,
        drift: None,
        spelling: None,
    }
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn block(value: &str) -> Indicator {
    indicator(value, Action::Block)
}

#[test]
fn a_row_that_is_right_is_kept() {
    let changes = reconcile(
        &[held("a.example", "1", block("a.example"))],
        &[wanted("a.example", block("A.Example"))],
        now(),
    );
    assert_eq!(
        changes.keep,
        [Pair {
            wanted: 0,
            held: 0,
            fields: FieldSet::EMPTY,
            doubtful: false,
        }]
    );
    assert_eq!(
        changes,
        Changes {
            keep: changes.keep.clone(),
            ..Changes::default()
        }
    );
}

#[test]
fn a_renamed_key_is_the_same_row() {
    let changes = reconcile(
        &[held("old", "1", block("a.example"))],
        &[wanted("new", block("a.example"))],
        now(),
    );
    assert_eq!(changes.keep.len(), 1);
    assert_eq!(changes.delete, []);
}

#[test]
fn a_changed_field_is_an_update_of_that_field() {
    let mut changed = block("a.example");
    changed.fields.severity = Some(Severity::High);
    let changes = reconcile(
        &[held("a.example", "1", block("a.example"))],
        &[wanted("a.example", changed)],
        now(),
    );
    assert_eq!(
        changes.update,
        [Pair {
            wanted: 0,
            held: 0,
            fields: FieldSet::EMPTY.with(Field::Severity),
            doubtful: false,
        }]
    );
}

#[test]
fn a_changed_create_only_field_needs_a_new_row() {
    let mut changed = block("a.example");
    changed.fields.application = Some("gitops".into());
    let changes = reconcile(
        &[held("a.example", "1", block("a.example"))],
        &[wanted("a.example", changed)],
        now(),
    );
    assert_eq!(changes.recreate.len(), 1);
    assert_eq!(changes.update, []);
}

#[test]
fn a_changed_action_makes_the_new_row_before_the_old_one_may_go() {
    let old = [held("a.example", "1", indicator("a.example", Action::Allowed))];
    let changes = reconcile(&old, &[wanted("a.example", block("a.example"))], now());
    assert_eq!(changes.create, [0]);
    assert_eq!(
        changes.delete,
        [Removal {
            held: 0,
            replaced_by: Some(0)
        }]
    );
    assert_eq!(changes.plain_deletions().count(), 0);
}

#[test]
fn a_row_that_nobody_wants_goes() {
    let changes = reconcile(&[held("a.example", "1", block("a.example"))], &[], now());
    assert_eq!(
        changes.delete,
        [Removal {
            held: 0,
            replaced_by: None
        }]
    );
    assert_eq!(changes.plain_deletions().count(), 1);
}

#[test]
fn two_scopes_of_one_value_are_told_apart_by_their_keys() {
    let scoped = |group: &str| {
        let mut row = block("a.example");
        row.fields.rbac_group_names = Some(vec![group.into()]);
        row
    };
    let old = [held("east", "1", scoped("East")), held("west", "2", scoped("West"))];
    let changes = reconcile(
        &old,
        &[wanted("east", scoped("East")), wanted("west", scoped("West"))],
        now(),
    );
    assert_eq!(changes.keep.len(), 2);
    let changes = reconcile(&old, &[wanted("west", scoped("West"))], now());
    assert_eq!(
        changes.keep,
        [Pair {
            wanted: 0,
            held: 1,
            fields: FieldSet::EMPTY,
            doubtful: false,
        }]
    );
    assert_eq!(
        changes.delete,
        [Removal {
            held: 0,
            replaced_by: None
        }]
    );
}

#[test]
fn an_expired_row_is_neither_sent_nor_missed() {
    let mut row = block("a.example");
    row.fields.expiration_time = Some("2026-05-31T23:59:59Z".parse().unwrap());
    let gone = reconcile(
        &[held("a.example", "", row.clone())],
        &[wanted("a.example", row.clone())],
        now(),
    );
    assert_eq!(
        gone,
        Changes {
            expired: vec![0],
            ..Changes::default()
        }
    );
    let still_in_state = reconcile(
        &[held("a.example", "1", row.clone())],
        &[wanted("a.example", row.clone())],
        now(),
    );
    assert_eq!(still_in_state.keep.len(), 1);
    let before: Timestamp = "2026-05-31T00:00:00Z".parse().unwrap();
    assert_eq!(reconcile(&[], &[wanted("a.example", row)], before).create, [0]);
}

#[test]
fn a_row_that_outlives_its_wanted_expiry_is_deleted() {
    let mut past = block("a.example");
    past.fields.expiration_time = Some("2026-05-01T00:00:00Z".parse().unwrap());
    let changes = reconcile(
        &[held("a.example", "1", block("a.example"))],
        &[wanted("a.example", past)],
        now(),
    );
    assert_eq!(changes.expired, [0]);
    assert_eq!(
        changes.delete,
        [Removal {
            held: 0,
            replaced_by: None
        }]
    );
}

#[test]
fn what_no_field_can_show_is_put_right_all_the_same() {
    let drifted = |fields: &[Field]| {
        let mut row = held("a.example", "1", block("a.example"));
        row.drift = Some(fields.iter().copied().collect());
        reconcile(&[row], &[wanted("a.example", block("a.example"))], now())
    };
    assert_eq!(drifted(&[Field::Severity]).update.len(), 1);
    let unreadable = drifted(&[]);
    assert!(unreadable.update[0].doubtful && !unreadable.update[0].keeps_id());
    assert_eq!(drifted(&[Field::Severity, Field::Version]).recreate.len(), 1);
    let action = drifted(&[Field::Action]);
    assert_eq!(action.create, [0], "the row that is there has another identity");
    assert_eq!(action.delete.len(), 1);
}

#[test]
fn clearing_a_field_is_doubtful_unless_its_default_can_be_sent() {
    let mut old = block("a.example");
    old.fields.severity = Some(Severity::High);
    let of = |old: Indicator| {
        let held = [held("a.example", "1", old)];
        reconcile(&held, &[wanted("a.example", block("a.example"))], now()).update[0].clone()
    };
    assert!(of(old.clone()).keeps_id());
    old.fields.external_id = Some("x".into());
    assert!(of(old).doubtful);
}

#[test]
fn a_row_whose_identity_is_not_known_yet_loses_nothing() {
    let mut unknown = wanted("a.example", block("a.example"));
    unknown.unknown.insert(Field::Action);
    let changes = reconcile(&[held("a.example", "1", block("a.example"))], &[unknown], now());
    assert_eq!(changes.create, [0]);
    assert_eq!(changes.delete, []);
}

mod properties {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn any_row() -> impl Strategy<Value = (u8, bool, bool)> {
        (0u8..12, any::<bool>(), any::<bool>())
    }

    fn build(rows: &[(u8, bool, bool)]) -> Vec<(String, Indicator)> {
        let mut seen = BTreeSet::new();
        rows.iter()
            .filter(|(value, _, _)| seen.insert(*value))
            .map(|(value, allowed, high)| {
                let mut row = indicator(
                    &format!("h{value}.example"),
                    if *allowed { Action::Allowed } else { Action::Block },
                );
                row.fields.severity = high.then_some(Severity::High);
                (row.value.clone(), row)
            })
            .collect()
    }

    proptest! {
        /// Carrying out the changes on the held rows gives the wanted rows, each once.
        #[test]
        fn changes_lead_from_held_to_wanted(old in prop::collection::vec(any_row(), 0..12), new in prop::collection::vec(any_row(), 0..12)) {
            let old: Vec<Held> = build(&old)
                .into_iter()
                .enumerate()
                .map(|(position, (key, row))| held(&key, &position.to_string(), row))
                .collect();
            let new: Vec<Wanted> = build(&new).into_iter().map(|(key, row)| wanted(&key, row)).collect();
            let changes = reconcile(&old, &new, now());
            let mut result: Vec<Indicator> = Vec::new();
            result.extend(changes.keep.iter().map(|pair| old[pair.held].indicator.clone()));
            result.extend(changes.update.iter().chain(&changes.recreate).map(|pair| new[pair.wanted].indicator.clone()));
            result.extend(changes.create.iter().map(|index| new[*index].indicator.clone()));
            let sorted = |mut rows: Vec<Indicator>| {
                rows.sort_by(|left, right| left.value.cmp(&right.value));
                rows
            };
            prop_assert_eq!(sorted(result), sorted(new.iter().map(|row| row.indicator.clone()).collect()));
            // Every held row is either the same row as a wanted one, or deleted; never both.
            let mut fates: Vec<usize> = changes.keep.iter().chain(&changes.update).chain(&changes.recreate).map(|pair| pair.held).collect();
            fates.extend(changes.delete.iter().map(|removal| removal.held));
            fates.sort_unstable();
            prop_assert_eq!(fates, (0..old.len()).collect::<Vec<_>>());
        }
    }
}
