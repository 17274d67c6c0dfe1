//! Deletes rows by id: one batch-delete call for a batch, and what it takes to know what became of every id.
//!
//! The call is all or nothing: one id that is not there any more and nothing is deleted.

use super::catalogue::Catalogue;
use super::endpoint;
use super::error::{Error, Kind, WriteError};
use super::halt::Stopped;
use super::listing::{Change, Listing};
use super::narrowing::{Futile, Narrowing, mentioned};
use super::queue::{Carried, Work};
use super::quota::{Class, Permit};
use super::refusal::Refusal;
use super::session::{Fault, Session};
use super::wire::Ignored;
use async_trait::async_trait;
use std::sync::Arc;

const PURPOSE: &str = "delete indicators";

/// What the deletion queue does with a batch.
pub(crate) struct Deletions {
    pub session: Arc<Session>,
    pub catalogue: Arc<Catalogue>,
    pub futile: Futile,
}

#[async_trait]
impl Work for Deletions {
    type Item = String;
    type Key = String;
    type Done = ();

    fn key(&self, id: &String) -> String {
        id.clone()
    }

    async fn permit(&self) -> Result<Permit, Stopped> {
        self.session.permit(Class::BatchDelete).await
    }

    async fn carry_out(&self, permit: Permit, ids: Vec<String>) -> Carried<()> {
        let mut batch = Batch {
            answers: ids.iter().map(|_| None).collect(),
            ids,
            hopeless: None,
        };
        let vanished = self.send(&mut batch, permit).await;
        self.confirm(&mut batch, vanished).await;
        let gone = batch
            .ids
            .iter()
            .zip(&batch.answers)
            .filter(|(_, answer)| matches!(answer, Some(Ok(()))));
        self.catalogue.record(gone.map(|(id, _)| Change::Deleted(id.clone())));
        let answer = |answer: Option<_>| answer.unwrap_or_else(|| Err(contradiction().into()));
        Carried {
            answers: batch.answers.into_iter().map(answer).collect(),
            hopeless: batch.hopeless,
        }
    }
}

/// The ids of one batch and what is known of them.
struct Batch {
    ids: Vec<String>,
    answers: Vec<Option<Result<(), WriteError>>>,
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

    /// Notes which of these the service does not list any more; returns the others.
    fn compare(&mut self, positions: Vec<usize>, listing: &Listing) -> Vec<usize> {
        let (present, gone): (Vec<_>, Vec<_>) = positions
            .into_iter()
            .partition(|position| listing.mentions(&self.ids[*position]));
        self.gone(gone);
        present
    }
}

impl Deletions {
    /// Deletes what is there, in as many calls as it takes to keep bad ids from sinking the others. Returns the positions
    /// of which the service says that they do not exist although it has just listed them.
    async fn send(&self, batch: &mut Batch, permit: Permit) -> Vec<usize> {
        let mut permit = Some(permit);
        let mut narrowing = Narrowing::new(0..batch.ids.len());
        let mut looked_up = false;
        let mut vanished = Vec::new();
        let mut last_refusal: Option<Refusal> = None;
        while let Some(group) = narrowing.next() {
            let permit = match permit.take() {
                Some(permit) => Ok(permit),
                None => self.permit().await,
            };
            let outcome = match permit {
                Ok(permit) => self.delete(batch, &group, permit).await,
                Err(Stopped) => Err(Fault::Stopped),
            };
            let error = match outcome {
                Ok(()) => {
                    self.futile.forget();
                    batch.gone(group);
                    continue;
                }
                // An id is not there any more. That it is the API which says so, and which of them, the listing shows.
                Err(Fault::Refused(refusal)) if refusal.status == 404 && !looked_up => {
                    looked_up = true;
                    match self.catalogue.fresh_listing().await {
                        Ok(listing) => {
                            narrowing.add(batch.compare(group, &listing));
                            last_refusal = Some(refusal);
                            continue;
                        }
                        Err(error) => error,
                    }
                }
                Err(Fault::Refused(refusal)) if refusal.status == 404 && group.len() == 1 => {
                    vanished.extend(group);
                    continue;
                }
                Err(Fault::Refused(refusal)) if refusal.concerns_items() && self.futile.is(&refusal) => {
                    batch.answer(group, || WriteError::refused_with_others(&refusal.words()));
                    continue;
                }
                Err(Fault::Refused(refusal)) if refusal.status == 404 || refusal.concerns_items() => {
                    narrow(batch, &mut narrowing, group, &refusal);
                    last_refusal = Some(refusal);
                    continue;
                }
                Err(Fault::Unclear(error)) => {
                    self.look_up(batch, group, &error).await;
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
            let rest: Vec<usize> = narrowing.rest().collect();
            if !rest.is_empty() && !batch.answers.iter().flatten().any(Result::is_ok) {
                self.futile.note(&refusal);
            }
            batch.answer(rest, || WriteError::refused_with_others(&refusal.words()));
        }
        vanished
    }

    async fn delete(&self, batch: &Batch, group: &[usize], permit: Permit) -> Result<(), Fault> {
        let ids: Vec<&str> = group.iter().map(|position| batch.ids[*position].as_str()).collect();
        let request = endpoint::batch_delete(self.session.base(), &ids);
        self.session.call::<Ignored>(&request, permit).await
    }

    /// After a call of which the outcome is not known: what is not listed any more is deleted, the rest failed.
    async fn look_up(&self, batch: &mut Batch, group: Vec<usize>, error: &Error) {
        let left = match self.catalogue.fresh_listing().await {
            Ok(listing) => batch.compare(group, &listing),
            Err(_) => group,
        };
        batch.answer(left, || error.clone().into());
    }

    /// Rows that were listed and then said not to exist have gone in between, or else nothing can be said of them.
    async fn confirm(&self, batch: &mut Batch, vanished: Vec<usize>) {
        if vanished.is_empty() {
            return;
        }
        match self.catalogue.fresh_listing().await {
            Ok(listing) => {
                let left = batch.compare(vanished, &listing);
                batch.answer(left, || contradiction().into());
            }
            Err(error) => batch.answer(vanished, || error.clone().into()),
        }
    }
}

/// Decides what of a refused group is sent again, and in which groups.
fn narrow(batch: &mut Batch, narrowing: &mut Narrowing, group: Vec<usize>, refusal: &Refusal) {
    let ids: Vec<&str> = group.iter().map(|position| batch.ids[*position].as_str()).collect();
    let named = mentioned(&refusal.problem.message, &ids);
    match named.as_slice() {
        _ if group.len() == 1 => {
            let error = (refusal.status == 403).then(|| refusal.explain(PURPOSE));
            batch.answer(group, || match &error {
                Some(error) => error.clone().into(),
                None => WriteError::from_reason(refusal.words()),
            });
        }
        // An id is a small number, which a message may hold for another reason: the item is tried by itself.
        [at] => {
            let named = group[*at];
            narrowing.add(group.into_iter().filter(|position| *position != named).collect());
            narrowing.add(vec![named]);
        }
        _ => narrowing.halve(group),
    }
}

fn contradiction() -> Error {
    Error::new(
        Kind::Unexpected,
        "could not delete this indicator: the service says that it does not exist, and goes on listing it",
        "Run the command again in a few minutes; if it happens again, delete the indicator in the Defender portal.",
    )
}

#[cfg(test)]
mod tests;
