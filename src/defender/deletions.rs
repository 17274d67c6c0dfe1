//! Deletes rows by id: one batch-delete call for a batch, and what it takes to know what became of every id.
//!
//! The call is all or nothing: one id that is not there any more and nothing is deleted.

use super::catalogue::Catalogue;
use super::endpoint;
use super::error::{Error, WriteError};
use super::halt::Stopped;
use super::listing::{Change, Listing};
use super::narrowing::{Narrowing, mentioned};
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
            answers: ids.iter().map(|_| Ok(())).collect(),
            ids,
            hopeless: None,
        };
        self.send(&mut batch, permit).await;
        let gone = batch
            .ids
            .iter()
            .zip(&batch.answers)
            .filter(|(_, answer)| answer.is_ok());
        self.catalogue.record(gone.map(|(id, _)| Change::Deleted(id.clone())));
        Carried {
            answers: batch.answers,
            hopeless: batch.hopeless,
        }
    }
}

/// The ids of one batch and what is known of them.
struct Batch {
    ids: Vec<String>,
    answers: Vec<Result<(), WriteError>>,
    hopeless: Option<Error>,
}

impl Batch {
    fn answer(&mut self, positions: impl IntoIterator<Item = usize>, answer: impl Fn() -> WriteError) {
        for position in positions {
            self.answers[position] = Err(answer());
        }
    }

    /// The positions of these that the service still lists.
    fn present(&self, group: Vec<usize>, listing: &Listing) -> Vec<usize> {
        group
            .into_iter()
            .filter(|position| listing.mentions(&self.ids[*position]))
            .collect()
    }
}

impl Deletions {
    /// Deletes what is there, in as many calls as it takes to keep bad ids from sinking the others.
    async fn send(&self, batch: &mut Batch, permit: Permit) {
        let mut permit = Some(permit);
        let mut narrowing = Narrowing::new(0..batch.ids.len());
        let mut looked_up = false;
        let mut last_refusal = None;
        while let Some(group) = narrowing.next() {
            let permit = match permit.take() {
                Some(permit) => Ok(permit),
                None => self.permit().await,
            };
            let outcome = match permit {
                Ok(permit) => self.delete(batch, &group, permit).await,
                Err(Stopped) => Err(Fault::Stopped),
            };
            match outcome {
                Ok(()) => {}
                // An id is not there any more. That it is the API which says so, and which of them, the listing shows.
                Err(Fault::Refused(refusal)) if refusal.status == 404 && !looked_up => {
                    looked_up = true;
                    match self.catalogue.fresh_listing().await {
                        Ok(listing) => narrowing.add(batch.present(group, &listing)),
                        Err(error) => {
                            batch.answer(group.into_iter().chain(narrowing.rest()), || WriteError::unsent(&error));
                            batch.hopeless = Some(error);
                            return;
                        }
                    }
                    last_refusal = Some(refusal);
                }
                Err(Fault::Refused(refusal)) if refusal.status == 404 && group.len() == 1 => {}
                Err(Fault::Refused(refusal)) if refusal.status == 404 || refusal.concerns_items() => {
                    narrow(batch, &mut narrowing, group, &refusal);
                    last_refusal = Some(refusal);
                }
                Err(Fault::Stopped) => {
                    batch.answer(group.into_iter().chain(narrowing.rest()), || WriteError::Stopped);
                    return;
                }
                Err(Fault::Unclear(error)) => {
                    batch.answer(narrowing.rest(), || WriteError::unsent(&error));
                    self.look_up(batch, group, &error).await;
                    batch.hopeless = Some(error);
                    return;
                }
                Err(fault @ (Fault::Failed(_) | Fault::Refused(_))) => {
                    let error = fault.into_error(PURPOSE);
                    batch.answer(group.into_iter().chain(narrowing.rest()), || WriteError::unsent(&error));
                    batch.hopeless = Some(error);
                    return;
                }
            }
        }
        let words = last_refusal.map(|refusal| refusal.words()).unwrap_or_default();
        batch.answer(narrowing.rest(), || WriteError::refused_with_others(&words));
    }

    async fn delete(&self, batch: &Batch, group: &[usize], permit: Permit) -> Result<(), Fault> {
        let ids: Vec<&str> = group.iter().map(|position| batch.ids[*position].as_str()).collect();
        let request = endpoint::batch_delete(self.session.base(), &ids);
        self.session.call::<Ignored>(&request, permit).await
    }

    /// After a call of which the outcome is not known: what is not listed any more is deleted, the rest failed.
    async fn look_up(&self, batch: &mut Batch, group: Vec<usize>, error: &Error) {
        let left = match self.catalogue.fresh_listing().await {
            Ok(listing) => batch.present(group, &listing),
            Err(_) => group,
        };
        batch.answer(left, || error.clone().into());
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

#[cfg(test)]
mod tests;
