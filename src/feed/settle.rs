//! What becomes of the drafts of a text together: of one indicator the latest draft counts, and what has expired, what is
//! a weaker hash and what another one covers goes where that was asked for.

use super::{Draft, Options, Reading, Reason, Skipped, shown};
use crate::indicator::{Field, FieldValue, IndicatorType, canonical, covered, parse_instant};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Settles a reading. It changes nothing when it is done twice.
///
/// Two drafts are one indicator when they have the same value in canonical spelling, the same type and action, and are
/// for the same device groups. The one that was modified last stays. Of several, the one that expires last and says most
/// does, so that a list in another order is the same list.
#[must_use]
pub fn settle(mut reading: Reading, options: &Options) -> Reading {
    let strongest = if options.one_hash_per_file {
        strongest(&reading.drafts, options.now)
    } else {
        HashMap::new()
    };
    let mut fates = duplicates(&reading.drafts);
    let stays = |fates: &[Option<Fate>], position: usize| fates.get(position).is_some_and(Option::is_none);
    for (position, draft) in reading.drafts.iter().enumerate() {
        if !stays(&fates, position) {
            continue;
        }
        let fate = expired(draft, options.now).or_else(|| weaker(draft, &strongest));
        if let Some(place) = fates.get_mut(position) {
            *place = fate;
        }
    }
    if options.drop_covered {
        let scope: Vec<Vec<String>> = reading.drafts.iter().map(scope).collect();
        let rows = reading
            .drafts
            .iter()
            .zip(&scope)
            .enumerate()
            .filter(|(position, _)| stays(&fates, *position))
            .map(|(position, (draft, scope))| (position, &draft.indicator_type, draft.value.as_str(), scope));
        for (inner, outer) in covered(rows) {
            if let (Some(fate), Some(outer)) = (fates.get_mut(inner), reading.drafts.get(outer))
                && reading
                    .drafts
                    .get(inner)
                    .is_some_and(|inner| does_as_much(outer, inner))
            {
                *fate = Some(Fate {
                    reason: Reason::Covered,
                    note: format!("{} at {} covers it", shown(&outer.value), outer.place),
                    lossless: false,
                });
            }
        }
    }
    let mut kept = Vec::with_capacity(reading.drafts.len());
    for (draft, fate) in reading.drafts.into_iter().zip(fates) {
        match fate {
            None => kept.push(draft),
            Some(fate) => reading.skipped.push(Skipped {
                place: draft.place,
                reason: fate.reason,
                value: draft.value,
                note: Some(fate.note),
                lossless: fate.lossless,
            }),
        }
    }
    reading.drafts = kept;
    reading
}

/// Whether a draft that covers another one does what the other does: as long, and with an alert if the other has one.
fn does_as_much(outer: &Draft, inner: &Draft) -> bool {
    let alerts = |draft: &Draft| of(draft, Field::GenerateAlert) == Some(&FieldValue::Flag(true));
    let is_lasting = match (expiry(outer), expiry(inner)) {
        (None, _) => of(outer, Field::Lifetime) == of(inner, Field::Lifetime),
        (Some(outer), Some(inner)) => inner <= outer,
        (Some(_), None) => false,
    };
    is_lasting && (alerts(outer) || !alerts(inner))
}

/// Why a draft goes.
struct Fate {
    reason: Reason,
    note: String,
    lossless: bool,
}

/// For each draft whether it is there once more, and stands back.
fn duplicates(drafts: &[Draft]) -> Vec<Option<Fate>> {
    let mut best: HashMap<(&IndicatorType, String, Vec<String>), usize> = HashMap::with_capacity(drafts.len());
    let mut fates: Vec<Option<Fate>> = Vec::with_capacity(drafts.len());
    for (position, draft) in drafts.iter().enumerate() {
        fates.push(None);
        let key = (
            &draft.indicator_type,
            canonical(&draft.indicator_type, &draft.value),
            scope(draft),
        );
        let Some(known) = best.get_mut(&key) else {
            best.insert(key, position);
            continue;
        };
        let Some(other) = drafts.get(*known) else { continue };
        let (loser, winner) = if worth(draft) > worth(other) {
            (std::mem::replace(known, position), draft)
        } else {
            (position, other)
        };
        if let (Some(fate), Some(lost)) = (fates.get_mut(loser), drafts.get(loser)) {
            *fate = Some(duplicate(lost, winner));
        }
    }
    fates
}

/// What decides which of two drafts of one indicator stays, whatever their order is.
fn worth(draft: &Draft) -> impl Ord {
    let said: Vec<String> = draft
        .fields
        .iter()
        .map(|(field, value)| format!("{field} {value}"))
        .collect();
    (
        draft.modified,
        expiry(draft).unwrap_or(Timestamp::MAX),
        said.len(),
        Reverse(said),
        Reverse(draft.value.clone()),
    )
}

fn duplicate(lost: &Draft, winner: &Draft) -> Fate {
    let differing: Vec<&str> = Field::ALL
        .iter()
        .filter(|field| of(lost, **field) != of(winner, **field))
        .map(|field| field.name())
        .collect();
    let later = if winner.modified > lost.modified {
        ", modified later"
    } else {
        ""
    };
    let note = if differing.is_empty() {
        format!("the same stands at {}", winner.place)
    } else {
        format!(
            "it stands at {}{later}, with a different `{}`",
            winner.place,
            differing.join("`, `")
        )
    };
    Fate {
        reason: Reason::Duplicate,
        note,
        lossless: differing.is_empty(),
    }
}

fn of(draft: &Draft, wanted: Field) -> Option<&FieldValue> {
    let found = draft.fields.iter().find(|(field, _)| *field == wanted);
    found.map(|(_, value)| value)
}

/// What else makes an indicator another one: its action, and its device groups, in any order.
fn scope(draft: &Draft) -> Vec<String> {
    let mut scope: Vec<String> = Vec::new();
    for field in [Field::Action, Field::RbacGroupNames, Field::RbacGroupIds] {
        let mut parts: Vec<String> = match of(draft, field) {
            Some(FieldValue::Text(text)) => vec![text.clone()],
            Some(FieldValue::Texts(texts)) => texts.clone(),
            Some(FieldValue::Wholes(numbers)) => numbers.iter().map(ToString::to_string).collect(),
            _ => continue,
        };
        parts.sort_unstable();
        parts.dedup();
        scope.extend(parts.into_iter().map(|part| format!("{field} {part}")));
    }
    scope
}

fn expired(draft: &Draft, now: Option<Timestamp>) -> Option<Fate> {
    let expiry = expiry(draft)?;
    (expiry <= now?).then(|| Fate {
        reason: Reason::Expired,
        note: format!("it expired at {expiry}"),
        lossless: false,
    })
}

fn expiry(draft: &Draft) -> Option<Timestamp> {
    match of(draft, Field::ExpirationTime) {
        Some(FieldValue::Text(text)) => parse_instant(text),
        _ => None,
    }
}

/// By file the strongest hash that is there, if its hashes can be of one file: no two of one kind.
fn strongest(drafts: &[Draft], now: Option<Timestamp>) -> HashMap<usize, u8> {
    let mut files: HashMap<usize, (u8, HashMap<u8, String>)> = HashMap::new();
    let mut several: HashSet<usize> = HashSet::new();
    for draft in drafts.iter().filter(|draft| expired(draft, now).is_none()) {
        let (Some(file), Some(strength)) = (draft.file, hash_strength(&draft.indicator_type)) else {
            continue;
        };
        let (best, known) = files.entry(file).or_default();
        *best = strength.max(*best);
        let hash = canonical(&draft.indicator_type, &draft.value);
        if known.get(&strength).is_some_and(|other| *other != hash) {
            several.insert(file);
        }
        known.insert(strength, hash);
    }
    files
        .into_iter()
        .filter(|(file, _)| !several.contains(file))
        .map(|(file, (best, _))| (file, best))
        .collect()
}

fn weaker(draft: &Draft, strongest: &HashMap<usize, u8>) -> Option<Fate> {
    let best = strongest.get(&draft.file?)?;
    (hash_strength(&draft.indicator_type)? < *best).then(|| Fate {
        reason: Reason::WeakerHash,
        note: "a stronger hash of the same file is taken".into(),
        lossless: false,
    })
}

/// How strong a hash is, compared with others; nothing for what is no hash of a file.
#[must_use]
pub fn hash_strength(kind: &IndicatorType) -> Option<u8> {
    match kind {
        IndicatorType::FileMd5 => Some(1),
        IndicatorType::FileSha1 => Some(2),
        IndicatorType::FileSha256 => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
