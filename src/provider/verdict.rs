//! The plan's verdict: what must not be written, said before anything is.

use super::existing::{Conflict, Existing, look};
use super::ledger::{Claimant, Totals};
use super::reconcile::Changes;
use super::report::{self, about, counted, examples, named};
use super::row::{Held, Wanted};
use super::session::Session;
use super::walk::Waited;
use crate::tf::{Diagnostic, Diagnostics};
use std::collections::HashSet;

/// Judges what one object's plan would do. Only diagnostics come from what the tenant holds; planned values never do,
/// because the host plans again during apply.
pub async fn judge(
    session: &Session,
    claimant: Claimant,
    held: &[Held],
    wanted: &[Wanted],
    changes: &Changes,
) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(claimed_twice(session, claimant, wanted));
    let condemned: Vec<String> = wanted
        .iter()
        .filter(|row| row.has_identity() && session.ledger.is_condemned(&row.indicator))
        .map(|row| row.key.clone())
        .collect();
    diagnostics.extend(report::condemned(&condemned));
    diagnostics.extend(protected(session, wanted));
    let doomed: Vec<&str> = changes.plain_deletions().map(|row| held[row].key.as_str()).collect();
    if !changes.create.is_empty() {
        match session.client.listing().await {
            Ok(listing) => {
                let own: HashSet<&str> = held.iter().filter_map(|row| row.id.as_deref()).collect();
                let found = |row: &&Wanted| look(session, &listing, &row.indicator, &own, false);
                let created = changes.create.iter().map(|index| &wanted[*index]);
                let (free, taken): (Vec<&Wanted>, Vec<&Wanted>) = created
                    .filter(|row| row.has_identity())
                    .partition(|row| found(row) == Existing::Free);
                let conflicts = taken.into_iter().filter_map(|row| match found(&row) {
                    Existing::Conflict(conflict) => Some((row, conflict)),
                    _ => None,
                });
                diagnostics.extend(known_to_nobody(session, conflicts.collect()).await);
                let deletions = changes.delete.len();
                let totals = session.ledger.plan(listing.len(), free.len(), deletions);
                diagnostics.extend(capacity(session, totals));
                diagnostics.extend(too_many_deletions(session, &doomed));
                return diagnostics;
            }
            Err(error) => diagnostics.push(report::unlisted(
                &error,
                "Nothing can be created without looking first.",
            )),
        }
    }
    session.ledger.plan_deletions(changes.delete.len());
    diagnostics.extend(too_many_deletions(session, &doomed));
    diagnostics
}

/// The error for rows that are there already and that no state of this run holds.
///
/// The host handles a few objects at a time, so the state that holds a row may be shown late, and if all waited for it,
/// never. So one of those who doubt waits for everything to be shown, and speaks for all.
async fn known_to_nobody(session: &Session, conflicts: Vec<(&Wanted, Conflict)>) -> Option<Diagnostic> {
    let Session { ledger, walk, .. } = session;
    // The first plan has judged; the second one, in order to apply, sees fewer states, and the creation looks again.
    let open = |conflict: &Conflict| !(conflict.ours && ledger.is_applying());
    let open = conflicts.into_iter().filter(|(_, conflict)| open(conflict));
    let doubts = open.map(|(row, conflict)| (conflict.id, about(&row.key, &conflict.words)));
    ledger.doubt(doubts.collect());
    if !ledger.begin_judging() {
        return None;
    }
    let clock = session.client.clock().as_ref();
    match walk.wait_until(clock, true, || ledger.ends_judging()).await {
        Waited::Silence => report::existing(&ledger.judgement()),
        Waited::Came | Waited::Crowded => None,
    }
}

/// Two objects of one run that want the same row would overwrite and delete each other's.
fn claimed_twice(session: &Session, claimant: Claimant, wanted: &[Wanted]) -> Option<Diagnostic> {
    let now = session.now();
    let twice: Vec<String> = wanted
        .iter()
        .filter(|row| row.has_identity() && !row.indicator.is_expired(now))
        .filter_map(|row| {
            let other = session.ledger.want(claimant, &row.key, &row.indicator)?;
            let Wanted { key, indicator, .. } = row;
            let mut line = format!("- {key} ({}, {})", indicator.indicator_type, indicator.action);
            if other != *key {
                line.push_str(&format!(", called {other} there"));
            }
            Some(line)
        })
        .collect();
    (!twice.is_empty()).then(|| {
        Diagnostic::error(
            "Two resources manage the same indicator",
            format!(
                "{} also in another resource of this configuration. The service keeps one row for one value, type and \
                 action, so the two would overwrite each other, and removing one would delete the other's:\n{}\n\nKeep \
                 each in one resource only.",
                counted(
                    twice.len(),
                    "indicator of this resource is",
                    "indicators of this resource are"
                ),
                named(&twice)
            ),
        )
    })
}

fn protected(session: &Session, wanted: &[Wanted]) -> Option<Diagnostic> {
    let hits: Vec<String> = wanted
        .iter()
        .filter(|row| row.has_identity())
        .filter_map(|row| {
            session
                .policy
                .protected
                .matches(&row.indicator)
                .map(|words| about(&row.key, &words))
        })
        .collect();
    (!hits.is_empty()).then(|| {
        Diagnostic::error(
            "A protected name would be blocked",
            format!(
                "{} what `protected` in the provider block names as never to be blocked:\n{}\n\nRemove the indicator, or \
                 the entry of `protected` if the block is meant.",
                counted(hits.len(), "indicator would block", "indicators would block"),
                named(&hits)
            ),
        )
    })
}

fn capacity(session: &Session, totals: Totals) -> Option<Diagnostic> {
    let Totals {
        rows,
        creations,
        deletions,
    } = totals;
    let capacity = session.policy.capacity;
    let after = (rows + creations).saturating_sub(deletions);
    (after > capacity && creations > deletions).then(|| {
        Diagnostic::error(
            "More indicators than the tenant can hold",
            format!(
                "The tenant holds {} of all authors. With {creations} to be created and {deletions} to be \
                 deleted it would hold {after}, {} more than its capacity of {capacity}. The service would refuse the \
                 surplus one by one.\n\nRemove indicators, here or elsewhere (the data source `mde_capacity` tells who \
                 made them), or set `capacity` in the provider block if the tenant's limit is another one.",
                counted(rows, "indicator", "indicators"),
                after - capacity
            ),
        )
    })
}

/// The error for a plan that deletes more than is allowed, counted over all objects of the run; `doomed` are the keys of
/// what one of them deletes.
pub fn too_many_deletions<S: AsRef<str>>(session: &Session, doomed: &[S]) -> Option<Diagnostic> {
    if doomed.is_empty() {
        return None;
    }
    let deletions = session.ledger.plan_plain_deletions(doomed.len());
    let allowed = session.policy.max_deletions?;
    (deletions > allowed).then(|| {
        Diagnostic::error(
            "The plan deletes more than is allowed",
            format!(
                "The plan deletes {} so far, and `max_deletions` in the provider block allows {allowed}. Nothing was \
                 deleted. Among them:\n{}\n\nIf the deletions are meant, raise `max_deletions` for this run; if not, \
                 look for a list that came out short.",
                counted(deletions, "indicator", "indicators"),
                examples(doomed),
            ),
        )
    })
}
