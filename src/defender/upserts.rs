//! Creates and changes rows: one import call for a batch, and what it takes to know what became of every item.

use super::bisection::{Bisection, FEW_EXTRA_CALLS, Futile, Group, mentioned, most_extra_calls};
use super::cancellation::Stopped;
use super::endpoint;
use super::error::{Error, Kind, WriteError};
use super::listing::Change;
use super::listing_cache::ListingCache;
use super::queue::{Carried, Work};
use super::quota::{Class, Permit};
use super::refusal::Refusal;
use super::results::{self, Outcome};
use super::session::{Fault, Session};
use super::wire::ImportDecoder;
use crate::indicator::{Facts, Indicator, Row, RowId, canonical, differences};
use async_trait::async_trait;
use std::sync::Arc;

/// How often items of which the answers say nothing are sent again.
const MOST_REPEATS: usize = 2;

const PURPOSE: &str = "import indicators";

/// What the upsert queue does with a batch.
pub(crate) struct Upserts {
    pub session: Arc<Session>,
    pub listing_cache: Arc<ListingCache>,
    /// What `createdBy` of our own rows holds.
    pub futile: Futile,
}

#[async_trait]
impl Work for Upserts {
    type Item = Indicator;
    type Key = String;
    type Done = RowId;

    /// The value: results name nothing else, and their order is not promised, so that rows of one value with different
    /// actions could not be told apart within one call.
    fn key(&self, item: &Indicator) -> String {
        canonical(&item.indicator_type, &item.value).to_lowercase()
    }

    async fn permit(&self) -> Result<Permit, Stopped> {
        self.session.permit(Class::Import).await
    }

    async fn carry_out(&self, permit: Permit, items: Vec<Indicator>) -> Carried<RowId> {
        let mut batch = Batch {
            answers: items.iter().map(|_| None).collect(),
            items,
            extra_calls: most_extra_calls(self.session.calls_a_minute(Class::Import)),
            hopeless: None,
        };
        let all = (0..batch.items.len()).collect();
        let mut unclear = self.send(&mut batch, all, Some(permit)).await;
        for _ in 0..MOST_REPEATS {
            if unclear.is_empty() {
                break;
            }
            self.look_up(&mut batch, &mut unclear).await;
            if batch.hopeless.is_none() {
                unclear = self.send(&mut batch, unclear, None).await;
            }
        }
        if !unclear.is_empty() {
            self.look_up(&mut batch, &mut unclear).await;
        }
        for position in unclear {
            batch.answers[position].get_or_insert_with(|| Err(never_clear().into()));
        }
        batch.into_carried()
    }
}

/// The items of one batch and what is known of them.
struct Batch {
    items: Vec<Indicator>,
    answers: Vec<Option<Result<RowId, WriteError>>>,
    /// How many calls may still be made to tell bad items from good ones.
    extra_calls: usize,
    hopeless: Option<Error>,
}

impl Batch {
    fn answer(&mut self, positions: impl IntoIterator<Item = usize>, answer: impl Fn() -> WriteError) {
        for position in positions {
            self.answers[position] = Some(Err(answer()));
        }
    }

    fn into_carried(self) -> Carried<RowId> {
        let answer = |answer: Option<_>| answer.unwrap_or_else(|| Err(never_clear().into()));
        Carried {
            answers: self.answers.into_iter().map(answer).collect(),
            hopeless: self.hopeless,
        }
    }
}

impl Upserts {
    /// Sends the items at these positions, in as many calls as it takes to keep bad ones from sinking the others.
    /// Returns the positions of which it is not known what became of them.
    async fn send(&self, batch: &mut Batch, positions: Vec<usize>, permit: Option<Permit>) -> Vec<usize> {
        let mut bisection = Bisection::new(positions, batch.extra_calls);
        let unclear = self.send_groups(batch, &mut bisection, permit).await;
        batch.extra_calls -= bisection.extra_calls();
        unclear
    }

    async fn send_groups(
        &self,
        batch: &mut Batch,
        bisection: &mut Bisection,
        mut permit: Option<Permit>,
    ) -> Vec<usize> {
        let mut unclear = Vec::new();
        let mut last_refusal: Option<Refusal> = None;
        while let Some(group) = bisection.next() {
            let permit = match permit.take() {
                Some(permit) => Ok(permit),
                None => self.permit().await,
            };
            let outcome = match permit {
                Ok(permit) => self.import(batch, &group.items, permit).await,
                Err(Stopped) => Err(Fault::Stopped),
            };
            match outcome {
                Ok(outcomes) => unclear.extend(self.take_in(batch, group.items, outcomes)),
                Err(Fault::Refused(refusal)) if refusal.concerns_items() => {
                    if self.futile.is(&refusal) {
                        bisection.bound(FEW_EXTRA_CALLS);
                    }
                    self.bisect(batch, bisection, group, &refusal);
                    last_refusal = Some(refusal);
                }
                Err(Fault::Unclear(error)) => {
                    unclear.extend(group.items);
                    if error.kind() != Kind::Unexpected {
                        batch.answer(bisection.rest(), || WriteError::unsent(&error));
                        batch.hopeless = Some(error);
                        return unclear;
                    }
                }
                Err(Fault::Stopped) => {
                    batch.answer(group.items.into_iter().chain(bisection.rest()), || WriteError::Stopped);
                    return unclear;
                }
                Err(fault @ (Fault::Failed(_) | Fault::Refused(_))) => {
                    let error = fault.into_error(PURPOSE);
                    let unsent = group.items.into_iter().chain(bisection.rest());
                    batch.answer(unsent, || WriteError::unsent(&error));
                    batch.hopeless = Some(error);
                    return unclear;
                }
            }
        }
        if let Some(refusal) = last_refusal {
            let rest: Vec<usize> = bisection.rest().collect();
            if !rest.is_empty() && !batch.answers.iter().flatten().any(Result::is_ok) {
                self.futile.note(&refusal);
            }
            batch.answer(rest, || WriteError::refused_with_others(refusal.words()));
        }
        unclear
    }

    async fn import(&self, batch: &Batch, group: &[usize], permit: Permit) -> Result<Vec<Outcome>, Fault> {
        let items: Vec<&Indicator> = group.iter().map(|position| &batch.items[*position]).collect();
        let request = endpoint::import(self.session.base(), &items);
        let results = self.session.call::<ImportDecoder>(&request, permit).await?;
        Ok(results::assign(&items, results))
    }

    /// Notes what a call says about its items; returns the positions that it says nothing about.
    fn take_in(&self, batch: &mut Batch, group: Vec<usize>, outcomes: Vec<Outcome>) -> Vec<usize> {
        let mut written = Vec::new();
        let mut unclear = Vec::new();
        for (position, outcome) in group.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Saved(id) => {
                    written.push(Change::Written(Arc::new(self.row(id.clone(), &batch.items[position]))));
                    batch.answers[position] = Some(Ok(id));
                }
                Outcome::Refused(error) => batch.answers[position] = Some(Err(error)),
                Outcome::Unclear => unclear.push(position),
            }
        }
        if !written.is_empty() {
            self.futile.forget();
        }
        self.listing_cache.record(written);
        unclear
    }

    /// The row that this item has become, as far as it is known without asking.
    fn row(&self, id: RowId, indicator: &Indicator) -> Row {
        let now = self.session.cancellation().clock().now();
        let principal = self.session.tokens().principal();
        let author = principal.author().map(str::to_owned);
        let facts = Facts {
            created_by: author.clone(),
            created_by_source: Some("PublicApi".to_owned()),
            creation_time: Some(now),
            last_update_time: Some(now),
            last_updated_by: author,
            ..Facts::default()
        };
        Row {
            id,
            indicator: indicator.clone(),
            facts,
        }
    }

    /// Decides what of a refused group is sent again, and in which groups.
    fn bisect(&self, batch: &mut Batch, bisection: &mut Bisection, group: Group, refusal: &Refusal) {
        let items = &group.items;
        let values: Vec<&str> = items
            .iter()
            .map(|position| batch.items[*position].value.as_str())
            .collect();
        let named: Vec<usize> = mentioned(&refusal.problem.message, &values)
            .iter()
            .map(|at| items[*at])
            .collect();
        match named.as_slice() {
            _ if items.len() == 1 => batch.answer(group.items, || WriteError::from_reason(refusal.words())),
            [] => bisection.halve(group),
            [bad] => {
                let now = self.session.cancellation().clock().now();
                let mut refused = vec![*bad];
                if batch.items[*bad].is_expired(now) {
                    // The others that are past their expiry would be named one by one, a call for each.
                    let alike = items.iter().copied().filter(|at| batch.items[*at].is_expired(now));
                    refused = alike.collect();
                }
                bisection.without(group, |position| refused.contains(&position));
                batch.answer(refused, || WriteError::from_reason(refusal.words()));
            }
            // Several items of one value: it is not said which of them is meant.
            several => {
                several.iter().for_each(|position| bisection.add(vec![*position]));
                bisection.without(group, |position| several.contains(&position));
            }
        }
    }

    /// Looks at the rows for what became of items. Those that are there as wanted are answered; `unclear` keeps the rest.
    async fn look_up(&self, batch: &mut Batch, unclear: &mut Vec<usize>) {
        let listing = match self.listing_cache.fresh_listing().await {
            Ok(listing) => listing,
            Err(error) => {
                // The first failure says more than the failure to find out about it.
                let error = batch.hopeless.get_or_insert(error).clone();
                batch.answer(unclear.drain(..), || WriteError::Failed(error.clone()));
                return;
            }
        };
        let principal = self.session.tokens().principal();
        unclear.retain(|position| {
            let item = &batch.items[*position];
            let rows = listing.standing_for(item).filter(|row| says_what_was_sent(item, row));
            // Others may have a row that says the same, in another spelling or for other device groups.
            let row = rows.min_by_key(|row| {
                let author = row.facts.created_by.as_deref();
                let is_ours = author.is_some_and(|author| principal.is(author));
                (row.indicator.value != item.value, !is_ours)
            });
            if let Some(row) = row {
                batch.answers[*position] = Some(Ok(row.id.clone()));
            }
            row.is_none()
        });
        if let Some(error) = batch.hopeless.clone() {
            batch.answer(unclear.drain(..), || WriteError::Failed(error.clone()));
        }
    }
}

/// Whether the row holds what an import of `item` would leave, whoever made it: fields that are taken at creation only
/// do not count.
fn says_what_was_sent(item: &Indicator, row: &Row) -> bool {
    differences(item, &row.indicator)
        .iter()
        .all(|difference| difference.field.is_create_only())
}

pub(super) fn never_clear() -> Error {
    Error::new(
        Kind::Unexpected,
        "the service accepted the call several times without a result for this indicator, and does not list it as it \
         was sent",
        "Run the command again; if it happens again, report it with the service's answers (TF_LOG_PROVIDER=debug).",
    )
}

#[cfg(test)]
mod tests;
