//! Deletes rows by id: one batch-delete call for a batch, and what it takes to know what became of every id.
//!
//! The call is all or nothing: one id that is not there any more and nothing is deleted.

use super::bisection::{Bisection, FEW_EXTRA_CALLS, Futile, Group, mentioned, most_extra_calls};
use super::cancellation::Stopped;
use super::endpoint;
use super::error::{Error, Kind, WriteError};
use super::listing::{Change, Listing};
use super::listing_cache::ListingCache;
use super::queue::{Carried, Work};
use super::quota::{Class, Permit};
use super::refusal::Refusal;
use super::session::{Fault, Session};
use super::wire::Acknowledged;
use crate::indicator::RowId;
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::Arc;

const PURPOSE: &str = "delete indicators";

/// What the deletion queue does with a batch.
pub(crate) struct Deletions {
    pub session: Arc<Session>,
    pub listing_cache: Arc<ListingCache>,
    pub futile: Futile,
}

/// Whether a row may be deleted, asked at the moment when its id goes into a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Granted,
    /// It may not.
    Withdrawn,
    /// It may not yet: whoever asked for the deletion asks again later.
    Postponed,
}

/// What became of a deletion that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The row is gone.
    Done,
    /// It was not sent, since the gate withdrew it.
    Withdrawn,
    /// It was not sent, since the gate postponed it.
    Postponed,
}

/// Who is asked before a row is deleted, and told when the deletion has ended.
pub trait DeletionGate: Send + Sync {
    /// Asked when the id is taken off the queue into a call.
    fn admit(&self, id: &RowId) -> Admission;

    /// Told after the last retry, exactly once for each granted admission: whether the row is known to be gone.
    fn ended(&self, id: &RowId, is_gone: bool);
}

/// A row to delete.
#[derive(Clone)]
pub(crate) struct Doomed {
    pub id: RowId,
    pub gate: Arc<dyn DeletionGate>,
}

/// Tells the gates of granted deletions of their end, whatever happens.
struct Granted(Vec<(Doomed, bool)>);

impl Drop for Granted {
    fn drop(&mut self) {
        for (doomed, is_gone) in &self.0 {
            doomed.gate.ended(&doomed.id, *is_gone);
        }
    }
}

#[async_trait]
impl Work for Deletions {
    type Item = Doomed;
    type Key = RowId;
    type Done = Deletion;

    fn key(&self, doomed: &Doomed) -> RowId {
        doomed.id.clone()
    }

    async fn permit(&self) -> Result<Permit, Stopped> {
        self.session.permit(Class::BatchDelete).await
    }

    async fn carry_out(&self, permit: Permit, items: Vec<Doomed>) -> Carried<Deletion> {
        let mut granted = Granted(Vec::with_capacity(items.len()));
        let mut admissions = Vec::with_capacity(items.len());
        for doomed in items {
            let admission = doomed.gate.admit(&doomed.id);
            admissions.push(admission);
            if admission == Admission::Granted {
                granted.0.push((doomed, false));
            }
        }
        let ids = granted.0.iter().map(|(doomed, _)| doomed.id.clone()).collect();
        let Carried { answers, hopeless } = self.delete_all(permit, ids).await;
        for ((_, is_gone), answer) in granted.0.iter_mut().zip(&answers) {
            *is_gone = answer.is_ok();
        }
        drop(granted);
        let mut answers = answers.into_iter();
        let answer = |admission| match admission {
            Admission::Granted => answers
                .next()
                .unwrap_or_else(|| Err(contradiction().into()))
                .map(|()| Deletion::Done),
            Admission::Withdrawn => Ok(Deletion::Withdrawn),
            Admission::Postponed => Ok(Deletion::Postponed),
        };
        Carried {
            answers: admissions.into_iter().map(answer).collect(),
            hopeless,
        }
    }
}

impl Deletions {
    async fn delete_all(&self, permit: Permit, ids: Vec<RowId>) -> Carried<()> {
        if ids.is_empty() {
            permit.give_back();
            return Carried {
                answers: Vec::new(),
                hopeless: None,
            };
        }
        let mut batch = Batch {
            answers: ids.iter().map(|_| None).collect(),
            ids,
            expired: HashSet::new(),
            hopeless: None,
        };
        let vanished = self.send(&mut batch, permit).await;
        self.confirm(&mut batch, vanished).await;
        let gone = batch
            .ids
            .iter()
            .zip(&batch.answers)
            .filter(|(_, answer)| matches!(answer, Some(Ok(()))));
        self.listing_cache
            .record(gone.map(|(id, _)| Change::Deleted(id.clone())));
        let answer = |answer: Option<_>| answer.unwrap_or_else(|| Err(contradiction().into()));
        Carried {
            answers: batch.answers.into_iter().map(answer).collect(),
            hopeless: batch.hopeless,
        }
    }
}

/// The ids of one batch and what is known of them.
struct Batch {
    ids: Vec<RowId>,
    answers: Vec<Option<Result<(), WriteError>>>,
    /// Positions of rows that the service lists although they have expired.
    expired: HashSet<usize>,
    hopeless: Option<Error>,
}

impl Batch {
    fn gone(&mut self, positions: impl IntoIterator<Item = usize>) {
        for position in positions {
            self.answers[position] = Some(Ok(()));
        }
    }

    fn answer(&mut self, positions: impl IntoIterator<Item = usize>, answer: impl Fn() -> WriteError) {
        for position in positions {
            self.answers[position] = Some(Err(answer()));
        }
    }

    /// Notes which of these are gone; returns the others. What has expired is gone, even if the service still lists it. An
    /// incomplete listing says nothing of a row that is not in it, unless the service has said that there is none
    /// (`denied`).
    fn compare(&mut self, positions: Vec<usize>, listing: &Listing, denied: bool) -> Vec<usize> {
        let (gone, left): (Vec<_>, Vec<_>) = positions.into_iter().partition(|position| {
            let id = &self.ids[*position];
            if listing.mentions(id) {
                listing.is_expired(id)
            } else {
                denied || listing.is_complete()
            }
        });
        self.gone(gone);
        left
    }

    /// After a call with this group and an id that does not exist: notes what of all that is still to be sent is not
    /// listed any more, and sends the others of the group, those apart of which the same may be said again.
    fn sort_out(&mut self, bisection: &mut Bisection, group: Group, listing: &Listing) {
        let pending: Vec<usize> = bisection.rest().chain(group.items.iter().copied()).collect();
        for position in pending {
            let id = &self.ids[position];
            if listing.is_expired(id) {
                self.expired.insert(position);
            } else if listing.is_complete() && !listing.mentions(id) {
                self.gone([position]);
            }
        }
        bisection.retain(|position| self.answers[position].is_none());
        let left = group
            .items
            .into_iter()
            .filter(|position| self.answers[*position].is_none());
        let (expired, left): (Vec<_>, Vec<_>) = left.partition(|position| self.expired.contains(position));
        let (listed, missed): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|position| listing.mentions(&self.ids[*position]));
        [expired, missed, listed]
            .into_iter()
            .for_each(|group| bisection.add(group));
    }

    /// Whether all of these have expired.
    fn have_expired(&self, positions: &[usize]) -> bool {
        positions.iter().all(|position| self.expired.contains(position))
    }
}

impl Deletions {
    /// Deletes what is there, in as many calls as it takes to keep bad ids from sinking the others. Returns the positions
    /// of which the service says that they do not exist although it has just listed them.
    async fn send(&self, batch: &mut Batch, permit: Permit) -> Vec<usize> {
        let mut permit = Some(permit);
        let most_extra = most_extra_calls(self.session.calls_a_minute(Class::BatchDelete));
        let mut bisection = Bisection::new(0..batch.ids.len(), most_extra);
        let mut looked_up = false;
        let mut vanished = Vec::new();
        let mut last_refusal: Option<Refusal> = None;
        while let Some(group) = bisection.next() {
            let permit = match permit.take() {
                Some(permit) => Ok(permit),
                None => self.permit().await,
            };
            let outcome = match permit {
                Ok(permit) => self.delete(batch, &group.items, permit).await,
                Err(Stopped) => Err(Fault::Stopped),
            };
            let error = match outcome {
                Ok(()) => {
                    self.futile.forget();
                    batch.gone(group.items);
                    continue;
                }
                // An id is not there any more. That it is the API which says so, and which of them, the listing shows.
                Err(Fault::Refused(refusal)) if refusal.status == 404 && !looked_up => {
                    looked_up = true;
                    match self.listing_cache.fresh_listing().await {
                        Ok(listing) => {
                            batch.sort_out(&mut bisection, group, &listing);
                            last_refusal = Some(refusal);
                            continue;
                        }
                        Err(error) => error,
                    }
                }
                // Expired rows may be listed and not exist, and nobody misses them.
                Err(Fault::Refused(refusal)) if refusal.status == 404 && batch.have_expired(&group.items) => {
                    batch.gone(group.items);
                    continue;
                }
                Err(Fault::Refused(refusal)) if refusal.status == 404 && group.items.len() == 1 => {
                    vanished.extend(group.items);
                    continue;
                }
                Err(Fault::Refused(refusal)) if refusal.status == 404 || refusal.concerns_items() => {
                    if refusal.status != 404 && self.futile.is(&refusal) {
                        bisection.bound(FEW_EXTRA_CALLS);
                    }
                    bisect(batch, &mut bisection, group, &refusal);
                    last_refusal = Some(refusal);
                    continue;
                }
                Err(Fault::Unclear(error)) => {
                    if self.look_up(batch, group.items, &error).await {
                        continue;
                    }
                    error
                }
                Err(fault) => fault.into_error(PURPOSE),
            };
            let unsent = (0..batch.ids.len()).filter(|position| batch.answers[*position].is_none());
            batch.answer(unsent.collect::<Vec<_>>(), || WriteError::unsent(&error));
            batch.hopeless = Some(error);
            return Vec::new();
        }
        if let Some(refusal) = last_refusal {
            let rest: Vec<usize> = bisection.rest().collect();
            if !rest.is_empty() && !batch.answers.iter().flatten().any(Result::is_ok) {
                self.futile.note(&refusal);
            }
            batch.answer(rest, || WriteError::refused_with_others(refusal.words()));
        }
        vanished
    }

    async fn delete(&self, batch: &Batch, group: &[usize], permit: Permit) -> Result<(), Fault> {
        let ids: Vec<&RowId> = group.iter().map(|position| &batch.ids[*position]).collect();
        let request = endpoint::batch_delete(self.session.base(), &ids);
        self.session.call::<Acknowledged>(&request, permit).await
    }

    /// After a call of which the outcome is not known: what is not listed any more is deleted, the rest failed. Tells
    /// whether nothing failed, so that it is of use to go on.
    async fn look_up(&self, batch: &mut Batch, group: Vec<usize>, error: &Error) -> bool {
        let left = match self.listing_cache.fresh_listing().await {
            Ok(listing) => batch.compare(group, &listing, false),
            Err(_) => group,
        };
        let done = left.is_empty();
        batch.answer(left, || error.clone().into());
        done
    }

    /// Rows that were listed and then said not to exist have gone in between, or else nothing can be said of them.
    async fn confirm(&self, batch: &mut Batch, vanished: Vec<usize>) {
        if vanished.is_empty() {
            return;
        }
        match self.listing_cache.fresh_listing().await {
            Ok(listing) => {
                let left = batch.compare(vanished, &listing, true);
                batch.answer(left, || contradiction().into());
            }
            Err(error) => batch.answer(vanished, || error.clone().into()),
        }
    }
}

/// Decides what of a refused group is sent again, and in which groups.
fn bisect(batch: &mut Batch, bisection: &mut Bisection, group: Group, refusal: &Refusal) {
    let items = &group.items;
    let ids: Vec<&str> = items.iter().map(|position| batch.ids[*position].as_str()).collect();
    let named = mentioned(&refusal.problem.message, &ids);
    match named.as_slice() {
        _ if items.len() == 1 => {
            let error = (refusal.status == 403).then(|| refusal.explain(PURPOSE));
            batch.answer(group.items, || match &error {
                Some(error) => error.clone().into(),
                None => WriteError::from_reason(refusal.words()),
            });
        }
        // An id is a small number, which a message may hold for another reason: the item is tried by itself.
        [at] => {
            let named = items[*at];
            bisection.add(vec![named]);
            bisection.without(group, |position| position == named);
        }
        _ => bisection.halve(group),
    }
}

pub(super) fn contradiction() -> Error {
    Error::new(
        Kind::Unexpected,
        "could not delete this indicator: the service reports that it does not exist, but still lists it",
        "Run the command again in a few minutes; if it happens again, delete the indicator in the Defender portal.",
    )
}

#[cfg(test)]
mod tests;
