//! What must be done so that the service holds the wanted rows instead of the held ones. Pure.

use crate::indicator::{Field, FieldSet, Identity, differences};
use crate::provider::fields::is_left_open;
use crate::provider::row::{Held, Wanted};
use jiff::Timestamp;
use std::collections::HashMap;

/// A row that stays, with its position among the wanted and the held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Position among the wanted rows.
    pub wanted: usize,
    /// Position among the held rows.
    pub held: usize,
    /// The fields that must change.
    pub fields: FieldSet,
    /// Whether the service may take the write without changing everything: it clears a field, which the service may keep.
    pub doubtful: bool,
}

impl Pair {
    /// Whether the row certainly has the same id after its update.
    pub fn keeps_id(&self) -> bool {
        !self.doubtful && !self.fields.iter().any(Field::is_scope)
    }
}

/// A held row that nobody wants any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Position among the held rows.
    pub held: usize,
    /// The wanted row that takes its place under the same key: until that one is there, this one protects.
    pub replaced_by: Option<usize>,
}

/// What must be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows that are as they should be.
    pub keep: Vec<Pair>,
    /// Rows to import over themselves.
    pub update: Vec<Pair>,
    /// Rows to delete and import anew, because the service takes a changed field only at creation.
    pub recreate: Vec<Pair>,
    /// Rows to import that are not held: positions among the wanted.
    pub create: Vec<usize>,
    /// Rows to delete.
    pub delete: Vec<Removal>,
    /// Wanted rows whose expiry is past and that are not held: neither sent nor missed.
    pub expired: Vec<usize>,
}

impl Changes {
    /// Positions of held rows whose removal takes protection or permission away, rather than making way for a row under
    /// the same key.
    pub fn plain_deletions(&self) -> impl Iterator<Item = usize> {
        self.delete
            .iter()
            .filter(|removal| removal.replaced_by.is_none())
            .map(|removal| removal.held)
    }
}

/// Compares the held rows with the wanted ones at the instant `now`.
///
/// Rows belong together if value, type and action are the same, with the same key first: the key tells two scopes of
/// one value apart. Wanted rows without a known identity count as created; their held row is not deleted.
pub fn reconcile(held: &[Held], wanted: &[Wanted], now: Timestamp) -> Changes {
    let mut changes = Changes::default();
    let mut taken = vec![false; held.len()];
    let by_key: HashMap<&str, usize> = held
        .iter()
        .enumerate()
        .filter(|(_, row)| row.id.is_some())
        .map(|(index, row)| (row.key.as_str(), index))
        .collect();
    let identities: Vec<Option<Identity>> = held.iter().map(Held::identity).collect();

    let mut unmatched = Vec::new();
    let mut matched: Vec<(usize, usize)> = Vec::with_capacity(wanted.len());
    for (index, row) in wanted.iter().enumerate() {
        let same_key = by_key.get(row.key.as_str()).copied();
        if !row.has_identity() {
            if let Some(position) = same_key {
                taken[position] = true;
            }
            changes.create.push(index);
            continue;
        }
        match same_key {
            Some(position) if identities[position].as_ref() == Some(&row.indicator.identity()) => {
                taken[position] = true;
                matched.push((index, position));
            }
            _ => unmatched.push(index),
        }
    }
    if !unmatched.is_empty() {
        let mut by_identity: HashMap<&Identity, usize> = HashMap::new();
        for (position, identity) in identities.iter().enumerate() {
            if let Some(identity) = identity
                .as_ref()
                .filter(|_| !taken[position] && held[position].id.is_some())
            {
                by_identity.entry(identity).or_insert(position);
            }
        }
        for index in unmatched {
            match by_identity.remove(&wanted[index].indicator.identity()) {
                Some(position) => {
                    taken[position] = true;
                    matched.push((index, position));
                }
                None if wanted[index].indicator.is_expired(now) => changes.expired.push(index),
                None => changes.create.push(index),
            }
        }
    }

    matched.sort_unstable();
    for (index, position) in matched {
        let (row, old) = (&wanted[index], &held[position]);
        let mut fields: FieldSet = differences(&row.indicator, &old.indicator)
            .into_iter()
            .map(|difference| difference.field)
            .collect();
        let hidden = old.drift.unwrap_or_default();
        row.unknown
            .iter()
            .chain(hidden.iter())
            .for_each(|field| fields.insert(field));
        let pair = Pair {
            wanted: index,
            held: position,
            fields,
            // Drift of which the fields are not told may be of any kind.
            doubtful: fields.iter().any(|field| is_left_open(field, &row.indicator))
                || old.drift.is_some_and(FieldSet::is_empty),
        };
        if fields.is_empty() && old.drift.is_none() {
            changes.keep.push(pair);
        } else if row.indicator.is_expired(now) {
            // The service refuses a past expiry, so the row cannot be put right; it should not be there at all.
            changes.expired.push(index);
            changes.delete.push(Removal {
                held: position,
                replaced_by: None,
            });
        } else if fields.iter().any(|field| field.is_create_only()) {
            changes.recreate.push(pair);
        } else {
            changes.update.push(pair);
        }
    }

    if taken.iter().any(|taken| !taken) {
        let wanted_keys: HashMap<&str, usize> = changes
            .create
            .iter()
            .map(|index| (wanted[*index].key.as_str(), *index))
            .collect();
        for (position, row) in held.iter().enumerate() {
            if !taken[position] && row.id.is_some() {
                let replaced_by = wanted_keys.get(row.key.as_str()).copied();
                changes.delete.push(Removal {
                    held: position,
                    replaced_by,
                });
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests;
