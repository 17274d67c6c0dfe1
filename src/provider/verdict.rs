//! The plan's verdict: what must not be written, said before anything is.

use super::existing::{Conflict, Existing, look};
use super::ledger::{Claimant, Totals, scoped_digest};
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
    diagnostics.extend(condemned(session, claimant, held, wanted));
    diagnostics.extend(protected(session, wanted));
    session.ledger.plan_deletions(changes.delete.len());
    // Once the run applies, the plan has been judged, and the old half of a replacement may be done: an error now would
    // cost the rows that it left to this half. Creating looks again anyway.
    if !changes.create.is_empty() && !session.ledger.is_applying() {
        match session.client.listing().await {
            Ok(listing) => {
                let own: HashSet<&str> = held.iter().filter_map(|row| row.id.as_deref()).collect();
                let (mut free, mut conflicts) = (0, Vec::new());
                let created = changes.create.iter().map(|index| &wanted[*index]);
                for row in created.filter(|row| row.has_identity()) {
                    match look(session, &listing, &row.indicator, &own, false) {
                        Existing::Free => free += 1,
                        Existing::Conflict(conflict) => conflicts.push((row, conflict)),
                        Existing::Takeover(_) => {}
                    }
                }
                diagnostics.extend(known_to_nobody(session, conflicts).await);
                if !listing.is_complete() {
                    diagnostics.extend(report::unseen(session, free));
                }
                session.ledger.plan(listing.len(), free);
                diagnostics.extend(capacity(session).await);
            }
            Err(error) => diagnostics.push(report::unlisted(
                &error,
                "Nothing can be created without looking first.",
            )),
        }
    }
    let doomed: Vec<Doomed<'_>> = changes.plain_deletions().map(|row| Doomed::held(&held[row])).collect();
    diagnostics.extend(too_many_deletions(session, &doomed).await);
    diagnostics
}

/// The error for rows that are there already and that no state of this run holds.
///
/// The host handles a few objects at a time, so the state that holds a row may be shown late, and if all waited for it,
/// never. So one of those who doubt waits for everything to be shown, and speaks for all.
async fn known_to_nobody(session: &Session, conflicts: Vec<(&Wanted, Conflict)>) -> Option<Diagnostic> {
    let Session { ledger, walk, .. } = session;
    let doubts = conflicts
        .into_iter()
        .map(|(row, conflict)| (conflict.id, about(&row.key, &conflict.words)));
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

/// The error for rows of this object that an exclusive set would delete.
fn condemned(session: &Session, claimant: Claimant, held: &[Held], wanted: &[Wanted]) -> Option<Diagnostic> {
    let wanted = wanted
        .iter()
        .filter(|row| row.has_identity())
        .map(|row| (&row.key, Some(&row.indicator), None));
    let held = held.iter().map(|row| (&row.key, None, row.id.as_deref()));
    let mut keys: Vec<&str> = wanted
        .chain(held)
        .filter(|(_, indicator, id)| session.ledger.is_condemned(claimant, *indicator, *id))
        .map(|(key, ..)| key.as_str())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    report::condemned(&keys)
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

/// The error for a plan after which the tenant would hold more than it can.
async fn capacity(session: &Session) -> Option<Diagnostic> {
    let capacity = session.policy.capacity;
    let overflows = |totals: &Totals| totals.after() > capacity && totals.creations > totals.deletions;
    if !overflows(&session.ledger.totals()) {
        return None;
    }
    // Another object may make the room.
    session.walk.counted(session.client.clock().as_ref()).await;
    let totals = session.ledger.totals();
    overflows(&totals).then(|| {
        let Totals {
            rows,
            creations,
            deletions,
        } = totals;
        Diagnostic::error(
            "More indicators than the tenant can hold",
            format!(
                "The tenant holds {} of all authors. With {creations} to be created and {deletions} to be \
                 deleted it would hold {}, {} more than its capacity of {capacity}. The service would refuse the \
                 surplus one by one.\n\nRemove indicators, here or elsewhere (the data source `mde_capacity` tells who \
                 made them), or set `capacity` in the provider block if the tenant's limit is another one.",
                counted(rows, "indicator", "indicators"),
                totals.after(),
                totals.after() - capacity
            ),
        )
    })
}

/// A row that an object lets go without another one in its place.
#[derive(Debug, Clone, Copy)]
pub struct Doomed<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Identity and device groups, by [`scoped_digest`].
    pub digest: u64,
}

impl<'a> Doomed<'a> {
    /// A row that a state holds.
    pub fn held(row: &'a Held) -> Self {
        Self {
            name: &row.key,
            digest: scoped_digest(&row.indicator),
        }
    }
}

/// The error for a plan that deletes more than is allowed, counted over all objects of the run; `doomed` is what one of
/// them deletes. A row that another object wants moves there and does not count.
pub async fn too_many_deletions(session: &Session, doomed: &[Doomed<'_>]) -> Option<Diagnostic> {
    let allowed = session.policy.max_deletions?;
    let ledger = &session.ledger;
    ledger.doom(doomed.iter().map(|row| row.digest));
    if doomed.is_empty() || ledger.doomed() <= allowed {
        return None;
    }
    session.hear_others().await;
    let deletions = ledger.doomed();
    let names: Vec<&str> = doomed
        .iter()
        .filter(|row| !ledger.is_wanted(row.digest))
        .map(|row| row.name)
        .collect();
    (deletions > allowed && !names.is_empty()).then(|| {
        Diagnostic::error(
            "The plan deletes more than is allowed",
            format!(
                "The plan deletes {} so far, and `max_deletions` in the provider block allows {allowed}. Nothing of \
                 this resource was deleted. Among them:\n{}\n\nIf the deletions are meant, raise `max_deletions` for this run; if not, \
                 look for a list that came out short.",
                counted(deletions, "indicator", "indicators"),
                examples(&names),
            ),
        )
    })
}
