//! Asks for all rows, page by page, while others may be changing them.

use super::budget::spoken;
use super::cancellation::Stopped;
use super::endpoint::{self, PAGE_SIZE, Request};
use super::error::{Error, Kind};
use super::listing::Listing;
use super::quota::Class;
use super::session::Session;
use super::wire::{MOST_MEMORY, Page, PageDecoder};
use crate::indicator::{Row, RowId};
use foldhash::{HashSet, HashSetExt};
use std::sync::Arc;
use std::time::Duration;

/// A listing during which rows moved is asked for again after each of these pauses: what moves rows is somebody who writes
/// or deletes, and that takes a moment.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];

/// A tenant holds 15,000 rows. A listing that goes on and on is not one.
const MOST_ROWS: usize = 50_000;

/// Room for a service that sends a full tenant in pages of 50 rows.
const MOST_PAGES: usize = 300;

/// Time for a listing as a whole. A full tenant is listed within seconds; this has room for one pause that the service asks
/// for.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Asks for all rows, following links as far as they are more than a number of rows to skip. A row can be missed or come
/// twice when others move while the pages are read; when that shows, they are all read again. If they never hold still, the
/// listing has every row that any pass has seen, and says that it may not be complete.
pub(crate) async fn fetch(session: &Session) -> Result<Listing, Error> {
    let end = session.cancellation().clock().elapsed().saturating_add(LONGEST);
    let mut passes = vec![read_through(session, end).await?];
    for pause in PAUSES {
        if !has_moved(&passes) {
            break;
        }
        tracing::info!("rows moved while they were listed; listing them again");
        let purpose = endpoint::list(session.base(), 0).purpose();
        let stopped = |Stopped| Error::stopped(purpose);
        session.cancellation().sleep(pause).await.map_err(stopped)?;
        passes.push(read_through(session, end).await?);
    }
    let complete = !has_moved(&passes);
    let mut newest = passes.pop().unwrap_or_default();
    if !complete {
        tracing::warn!("rows moved each time they were listed; one may be missing from the listing");
        // A row that has gone meanwhile and is listed all the same does no harm; one that is missed looks deleted.
        passes.into_iter().rev().for_each(|older| newest.fill_in(older));
    }
    if newest.unreadable > 0 {
        tracing::warn!(
            rows = newest.unreadable,
            "rows of the service's listing cannot be read and are left out"
        );
    }
    let now = session.cancellation().clock().now();
    let nameless = newest.unreadable - newest.unreadable_ids.len();
    let listing = Listing::new(newest.rows, newest.unreadable_ids, now).with_nameless(nameless);
    Ok(if complete { listing } else { listing.incomplete() })
}

fn has_moved(passes: &[Rows]) -> bool {
    passes.last().is_some_and(|rows| rows.moved)
}

/// The rows of one pass.
#[derive(Default)]
struct Rows {
    rows: Vec<Arc<Row>>,
    /// Ids of rows, readable or not.
    seen: HashSet<RowId>,
    unreadable: usize,
    unreadable_ids: Vec<RowId>,
    /// About how much memory they take, in bytes.
    memory: usize,
    moved: bool,
}

impl Rows {
    /// Adds a page; `begins_with` is the id of the row that it has in common with the page before. Tells whether any row
    /// of it is new.
    fn add(&mut self, page: Page, begins_with: Option<&RowId>) -> bool {
        let before = self.rows.len() + self.unreadable;
        let first_page = before == 0;
        self.memory += page.memory;
        let mut rows = page.rows.into_iter().peekable();
        if let Some(id) = begins_with
            && rows.next_if(|row| row.id == *id).is_none()
        {
            self.moved = true;
        }
        for row in rows {
            if self.seen.insert(row.id.clone()) {
                self.rows.push(row);
            } else {
                self.moved |= !first_page;
            }
        }
        self.unreadable += page.unreadable.len();
        for id in page.unreadable.into_iter().flatten() {
            self.seen.insert(id.clone());
            self.unreadable_ids.push(id);
        }
        self.rows.len() + self.unreadable > before
    }

    /// Adds what an older pass has seen and this one has not.
    fn fill_in(&mut self, older: Self) {
        for row in older.rows {
            if self.seen.insert(row.id.clone()) {
                self.rows.push(row);
            }
        }
        for id in older.unreadable_ids {
            if self.seen.insert(id.clone()) {
                self.unreadable += 1;
                self.unreadable_ids.push(id);
            }
        }
    }
}

async fn read_through(session: &Session, end: Duration) -> Result<Rows, Error> {
    let mut rows = Rows::default();
    let mut request = endpoint::list(session.base(), 0);
    let mut received = 0;
    // How many rows the last request with a `$top` of our own has brought, the pages behind its links included.
    let mut served = 0;
    // The most rows that an earlier request of that kind has brought: the service is known to send as many at once.
    let mut largest = 0;
    // Links show that the service has pages of its own, and the end of them that there are no more.
    let mut links = HashSet::new();
    let mut begins_with: Option<RowId> = None;
    for _ in 0..MOST_PAGES {
        let page = read_page(session, &request, end).await?;
        let (length, link) = (page.len(), page.next_link.clone());
        // The next page shall begin with the last row of this one, unless nothing would be new then or nobody could tell.
        let last = page.rows.last().filter(|_| length > 1 && page.unreadable.is_empty());
        let last = last.map(|row| row.id.clone());
        let news = rows.add(page, begins_with.as_ref());
        received += length - usize::from(begins_with.is_some()).min(length);
        served += length;
        begins_with = None;
        if rows.rows.len() + rows.unreadable > MOST_ROWS {
            return Err(endless(&format!("it has more than {MOST_ROWS} rows")));
        }
        if rows.memory > MOST_MEMORY {
            return Err(endless(&format!("its rows take more than {} MiB", MOST_MEMORY >> 20)));
        }
        let link = match link {
            // Fewer rows than were asked for are no proof of the end: a server may put fewer into a page. They are the end if
            // the service has sent more at once before, or pages with links of its own, which would go on if there were any
            // others. Whoever takes a cut list for all there is reports rows as deleted that are not, and does not see those
            // of others.
            None if served < largest || (served != PAGE_SIZE && !links.is_empty()) || length == 0 => return Ok(rows),
            _ if !news && length > 0 => return Err(endless("it sends the same rows again and again")),
            None => None,
            Some(link) if !links.insert(link.clone()) => {
                return Err(endless(&format!("it refers to {link:?} twice")));
            }
            Some(link) => Some(endpoint::next_page(session.base(), &link)?),
        };
        request = match link {
            // A link that is no mere number of rows may know more of where it goes on than such a number does.
            Some(link) if last.is_none() || !link.is_offset() => link,
            // The pages share a row, so that it shows when rows before it have gone and others have moved up.
            _ => {
                begins_with = last;
                largest = largest.max(served);
                served = 0;
                endpoint::list(session.base(), received - usize::from(begins_with.is_some()))
            }
        };
    }
    Err(endless(&format!("it has more than {MOST_PAGES} pages")))
}

async fn read_page(session: &Session, request: &Request, end: Duration) -> Result<Page, Error> {
    if session.cancellation().clock().elapsed() >= end {
        return Err(endless(&format!("it takes more than {}", spoken(LONGEST))));
    }
    let permit = session
        .permit(Class::List)
        .await
        .map_err(|Stopped| Error::stopped(request.purpose()))?;
    session
        .call_until::<PageDecoder>(request, permit, end)
        .await
        .map_err(|fault| fault.into_error(request.purpose()))
}

pub(super) fn endless(why: &str) -> Error {
    Error::new(
        Kind::Unexpected,
        format!("the service's listing does not end: {why}"),
        "Run the command again; if it happens again, report it.",
    )
}

#[cfg(test)]
mod tests;
