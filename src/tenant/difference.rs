//! What differs between the rows that a state has and those that a configuration wants. Pure.

use super::object::{Holding, PlannedObject, PlannedRow, PriorObject, StateRow};
use super::rows::{PlannedAt, Rows, StateAt};
use crate::indicator::{FieldSet, Key, ValueKey, differences};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use jiff::Timestamp;
use std::sync::Arc;

/// A wanted row that the object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Position among the planned rows.
    pub planned: PlannedAt,
    /// Position among the rows of the state.
    pub state: StateAt,
    /// The fields that must change.
    pub fields: FieldSet,
}

/// A held row that the object does not want any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwanted {
    /// Position among the rows of the state.
    pub state: StateAt,
    /// A planned row of the same value, which takes its place.
    pub successor: Option<PlannedAt>,
}

/// What differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Wanted rows that are held.
    pub pairs: Vec<Pair>,
    /// Wanted rows that the record does not name, by position.
    pub unrecorded: Vec<PlannedAt>,
    /// Wanted rows whose expiry is past: neither sent nor missed.
    pub expired: Vec<PlannedAt>,
    /// Held rows that are not wanted.
    pub unwanted: Vec<Unwanted>,
    /// Rows of others that are shown and not wanted, by position in the state. They go only if the set owns their scope
    /// alone before and after.
    pub strangers: Vec<StateAt>,
}

impl Difference {
    /// How many wanted rows are written, or at least looked for.
    #[must_use]
    pub fn written(&self) -> usize {
        let changed = self.pairs.iter().filter(|pair| !pair.fields.is_empty());
        self.unrecorded.len() + changed.count()
    }

    /// Whether the tenant or the record has to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unrecorded.is_empty()
            && self.unwanted.is_empty()
            && self.strangers.is_empty()
            && self.pairs.iter().all(|pair| pair.fields.is_empty())
    }
}

/// Compares a state with a configuration at the instant `now`.
///
/// Rows belong together if value, type and action are the same: those for the same device groups first, then those of the
/// same name, then any. Where rows are decided only during apply, nothing is unwanted yet.
#[must_use]
pub fn compare(prior: &PriorObject, planned: &PlannedObject, now: Timestamp) -> Difference {
    let rows = &planned.rows;
    let matched = matches(prior, rows);
    let mut difference = Difference::default();
    let mut wanted = prior.rows.each(false);
    for (index, row) in rows.at() {
        let is_expired =
            row.indicator.is_expired(now) && !row.unknown.contains(crate::indicator::Field::ExpirationTime);
        let Some(state) = matched[index] else {
            let list = if is_expired {
                &mut difference.expired
            } else {
                &mut difference.unrecorded
            };
            list.push(index);
            continue;
        };
        wanted.set(state, true);
        if !row.has_identity() {
            difference.unrecorded.push(index);
            continue;
        }
        let before = &prior.rows[state].indicator;
        let mut fields = FieldSet::EMPTY;
        if !Arc::ptr_eq(before, &row.indicator) {
            fields.extend(
                differences(&row.indicator, before)
                    .into_iter()
                    .map(|difference| difference.field),
            );
        }
        row.unknown.iter().for_each(|field| fields.insert(field));
        if is_expired && !fields.is_empty() {
            // The service refuses a past expiry, so the row cannot be put right; it should not be there at all.
            difference.expired.push(index);
            wanted.set(state, false);
            continue;
        }
        difference.pairs.push(Pair {
            planned: index,
            state,
            fields,
        });
    }
    let unwanted: Vec<StateAt> = prior
        .rows
        .positions()
        .filter(|state| !wanted[*state] && prior.rows[*state].holding.held().is_some())
        .collect();
    if !planned.incomplete {
        let successors = if unwanted.is_empty() {
            HashMap::new()
        } else {
            by_value(rows, now)
        };
        difference.unwanted = unwanted
            .into_iter()
            .map(|state| Unwanted {
                successor: successors.get(&prior.rows[state].indicator.value_key()).copied(),
                state,
            })
            .collect();
        let shown = prior.rows.at();
        difference.strangers = shown
            .filter(|(_, row)| matches!(row.holding, Holding::Shown(_)))
            .map(|(state, _)| state)
            .collect();
    }
    difference
}

/// For each planned row the held row that it is, by position in the state.
fn matches(prior: &PriorObject, rows: &Rows<PlannedAt, PlannedRow>) -> Rows<PlannedAt, Option<StateAt>> {
    let mut matched = rows.each(None);
    if prior.rows.is_empty() {
        return matched;
    }
    // Rows that nobody has changed are shared, and then nothing has to be compared.
    let held = |row: &StateRow| row.holding.held().is_some();
    let is_shared =
        |(one, other): (&PlannedRow, &StateRow)| held(other) && Arc::ptr_eq(&one.indicator, &other.indicator);
    if rows.len() == prior.rows.len() && rows.iter().zip(prior.rows.iter()).all(is_shared) {
        let same = rows.positions().zip(prior.rows.positions());
        same.for_each(|(index, state)| matched.set(index, Some(state)));
        return matched;
    }
    let mut by_key: HashMap<Key, StateAt> = HashMap::with_capacity(prior.rows.len());
    let mut by_name: HashMap<&str, StateAt> = HashMap::with_capacity(prior.rows.len());
    for (state, row) in prior.rows.at().filter(|(_, row)| row.holding.held().is_some()) {
        by_key.entry(row.indicator.key()).or_insert(state);
        by_name.insert(&row.name, state);
    }
    let mut taken: HashSet<StateAt> = HashSet::new();
    let mut take = |matched: &mut Rows<PlannedAt, Option<StateAt>>, index: PlannedAt, state: StateAt| {
        if taken.insert(state) {
            matched.set(index, Some(state));
        }
    };
    for (index, row) in rows.at().filter(|(_, row)| row.has_identity()) {
        if let Some(state) = by_key.get(&row.indicator.key()) {
            take(&mut matched, index, *state);
        }
    }
    if matched.iter().all(Option::is_some) {
        return matched;
    }
    let mut by_identity = HashMap::new();
    for (state, row) in prior.rows.at().filter(|(_, row)| row.holding.held().is_some()) {
        by_identity
            .entry(row.indicator.identity())
            .or_insert_with(Vec::new)
            .push(state);
    }
    for (index, row) in rows.at() {
        if matched[index].is_some() {
            continue;
        }
        let same_name = by_name.get(&*row.name).copied();
        if !row.has_identity() {
            // It may be any row; the one of its name is not to be taken for unwanted.
            if let Some(state) = same_name {
                take(&mut matched, index, state);
            }
            continue;
        }
        let identity = row.indicator.identity();
        let same = same_name.filter(|state| prior.rows[*state].indicator.identity() == identity);
        for state in same
            .into_iter()
            .chain(by_identity.get(&identity).into_iter().flatten().copied())
        {
            if matched[index].is_none() {
                take(&mut matched, index, state);
            }
        }
    }
    matched
}

/// The strongest planned row of each value.
fn by_value(rows: &Rows<PlannedAt, PlannedRow>, now: Timestamp) -> HashMap<ValueKey, PlannedAt> {
    let mut successors: HashMap<ValueKey, PlannedAt> = HashMap::with_capacity(rows.len());
    let live = |row: &PlannedRow| row.has_identity() && !row.indicator.is_expired(now);
    for (index, row) in rows.at().filter(|(_, row)| live(row)) {
        let best = successors.entry(row.indicator.value_key()).or_insert(index);
        if row.indicator.action.strength() > rows[*best].indicator.action.strength() {
            *best = index;
        }
    }
    successors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Action, Field, FieldValue, Indicator, RowId};
    use crate::tenant::OnExisting;
    use crate::tenant::rows::Position;
    use crate::tenant::samples::domain;

    fn planned(rows: Vec<(&str, Indicator)>) -> PlannedObject {
        let row = |(name, indicator): (&str, Indicator)| PlannedRow {
            name: name.into(),
            indicator: indicator.into(),
            unknown: FieldSet::EMPTY,
            begun: None,
        };
        PlannedObject {
            title: "t".into(),
            rows: rows.into_iter().map(row).collect(),
            incomplete: false,
            exclusive: None,
            on_existing: OnExisting::Own,
            renew: false,
        }
    }

    fn prior(rows: Vec<(&str, &str, Indicator)>) -> PriorObject {
        let row = |(name, id, indicator): (&str, &str, Indicator)| StateRow {
            name: name.into(),
            holding: match id.strip_prefix('?') {
                Some(id) => Holding::Shown(RowId::from(id)),
                None if id == "-" => Holding::Absent,
                None => Holding::Held(RowId::from(id)),
            },
            indicator: indicator.into(),
            begun: None,
        };
        PriorObject {
            rows: rows.into_iter().map(row).collect(),
            ..PriorObject::default()
        }
    }

    fn with(mut indicator: Indicator, field: Field, text: &str) -> Indicator {
        field.set(FieldValue::Text(text.into()), &mut indicator).unwrap();
        indicator
    }

    fn grouped(group: &str) -> Indicator {
        let mut indicator = domain("a.example", Action::Block);
        indicator.fields.rbac_group_names = Some(vec![group.into()]);
        indicator
    }

    fn compared(prior: &PriorObject, planned: &PlannedObject) -> Difference {
        compare(prior, planned, "2026-01-01T00:00:00Z".parse().unwrap())
    }

    fn p(position: usize) -> PlannedAt {
        PlannedAt::after(position)
    }

    fn s(position: usize) -> StateAt {
        StateAt::after(position)
    }

    #[test]
    fn rows_belong_together_whatever_they_are_called() {
        let block = |value: &str| domain(value, Action::Block);
        let before = prior(vec![("a", "1", block("a.example")), ("b", "2", block("b.example"))]);
        let after = planned(vec![
            ("B", with(block("b.example"), Field::Title, "new")),
            ("A.example", block("A.example")),
        ]);
        let difference = compared(&before, &after);
        let pairs: Vec<_> = difference
            .pairs
            .iter()
            .map(|pair| (pair.planned, pair.state, pair.fields))
            .collect();
        assert_eq!(
            pairs,
            [
                (p(0), s(1), FieldSet::EMPTY.with(Field::Title)),
                (p(1), s(0), FieldSet::EMPTY)
            ]
        );
        assert!(!difference.is_empty() && difference.unrecorded.is_empty() && difference.unwanted.is_empty());
    }

    #[test]
    fn what_is_not_recorded_is_no_pair() {
        let block = || domain("a.example", Action::Block);
        for holding in ["-", "?7"] {
            let difference = compared(&prior(vec![("a", holding, block())]), &planned(vec![("a", block())]));
            assert_eq!(
                (difference.unrecorded.as_slice(), difference.pairs.len()),
                (&[p(0)][..], 0),
                "{holding}"
            );
        }
        let difference = compared(&prior(vec![("a", "?7", block())]), &planned(vec![]));
        assert_eq!(
            (difference.strangers.as_slice(), difference.unwanted.len()),
            (&[s(0)][..], 0)
        );
    }

    #[test]
    fn a_changed_action_is_another_row_and_the_strongest_of_its_value_succeeds() {
        let before = prior(vec![("a", "1", domain("a.example", Action::Block))]);
        let after = planned(vec![
            ("x", domain("a.example", Action::Allowed)),
            ("y", domain("a.example", Action::Warn)),
            ("z", domain("b.example", Action::Block)),
        ]);
        let difference = compared(&before, &after);
        assert_eq!(difference.unrecorded, [p(0), p(1), p(2)]);
        assert_eq!(
            difference.unwanted,
            [Unwanted {
                state: s(0),
                successor: Some(p(1))
            }]
        );
    }

    #[test]
    fn device_groups_tell_rows_of_one_value_apart_and_may_change() {
        let before = prior(vec![("a", "1", grouped("A")), ("b", "2", grouped("B"))]);
        let same = compared(&before, &planned(vec![("b", grouped("B")), ("a", grouped("A"))]));
        assert!(same.is_empty(), "{same:?}");
        let changed = compared(&before, &planned(vec![("b", grouped("B")), ("a", grouped("C"))]));
        let pair = &changed.pairs[1];
        assert_eq!((pair.planned, pair.state), (p(1), s(0)));
        assert!(pair.fields.contains(Field::RbacGroupNames));
    }

    #[test]
    fn an_expired_row_is_neither_sent_nor_missed() {
        let past = || {
            with(
                domain("a.example", Action::Block),
                Field::ExpirationTime,
                "2025-01-01T00:00:00Z",
            )
        };
        let absent = compared(&prior(vec![("a", "-", past())]), &planned(vec![("a", past())]));
        assert!(absent.is_empty() && absent.expired == [p(0)]);
        let held = compared(&prior(vec![("a", "1", past())]), &planned(vec![("a", past())]));
        assert!(held.is_empty() && held.pairs.len() == 1, "it goes by itself");
        let ended = compared(
            &prior(vec![("a", "1", domain("a.example", Action::Block))]),
            &planned(vec![("a", past())]),
        );
        assert_eq!(
            (ended.expired.as_slice(), ended.unwanted.len()),
            (&[p(0)][..], 1),
            "the row that lives on has to go"
        );
    }

    #[test]
    fn nothing_is_unwanted_while_rows_are_not_known() {
        let before = prior(vec![
            ("a", "1", domain("a.example", Action::Block)),
            ("s", "?2", domain("s.example", Action::Block)),
        ]);
        let mut after = planned(vec![]);
        after.incomplete = true;
        let difference = compared(&before, &after);
        assert!(difference.unwanted.is_empty() && difference.strangers.is_empty());

        let mut open = planned(vec![("a", domain("", Action::Block))]);
        let mut row = open.rows.iter().next().unwrap().clone();
        row.unknown.insert(Field::Value);
        open.rows = vec![row].into();
        let difference = compared(&before, &open);
        assert_eq!(
            (difference.unrecorded.as_slice(), difference.unwanted.len()),
            (&[p(0)][..], 0)
        );
    }
}
