//! Asks for all rows, page by page, while others may be changing them.

use super::endpoint::{self, PAGE_SIZE, Request};
use super::error::{Error, Kind};
use super::halt::Stopped;
use super::listing::Listing;
use super::quota::Class;
use super::session::Session;
use super::wire::{Page, PageDecoder};
use crate::indicator::Row;
use std::collections::HashSet;

/// A listing during which rows moved is asked for again, this many times in all.
const PASSES: usize = 3;

/// A tenant holds 15,000 rows. A listing that goes on and on is not one.
const MOST_PAGES: usize = 1000;

/// Asks for all rows, following links as far as they are more than a number of rows to skip. A row can be missed or come twice when others move while the pages are read; when that shows,
/// they are all read again.
pub(crate) async fn fetch(session: &Session) -> Result<Listing, Error> {
    let mut pass = 1;
    loop {
        let rows = read_through(session).await?;
        if rows.moved && pass < PASSES {
            tracing::info!("rows moved while they were listed; listing them again");
            pass += 1;
            continue;
        }
        if rows.moved {
            tracing::warn!("rows moved each time they were listed; one may be missing from the listing");
        }
        if rows.unreadable > 0 {
            tracing::warn!(
                rows = rows.unreadable,
                "rows of the service's listing cannot be read and are left out"
            );
        }
        return Ok(Listing::new(
            rows.rows,
            rows.unreadable_ids,
            session.halt().clock().now(),
        ));
    }
}

/// The rows of one pass.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    seen: HashSet<String>,
    unreadable: usize,
    unreadable_ids: Vec<String>,
    moved: bool,
}

impl Rows {
    /// Adds a page; `begins_with` is the id of the row that it has in common with the page before. Tells whether any row
    /// of it is new.
    fn add(&mut self, page: Page, begins_with: Option<&str>) -> bool {
        let first_page = self.seen.is_empty();
        let mut rows = page.rows.into_iter().peekable();
        if let Some(id) = begins_with
            && rows.next_if(|row| row.id == id).is_none()
        {
            self.moved = true;
        }
        let before = self.rows.len() + self.unreadable;
        for row in rows {
            if self.seen.insert(row.id.clone()) {
                self.rows.push(row);
            } else {
                self.moved |= !first_page;
            }
        }
        self.unreadable += page.unreadable.len();
        self.unreadable_ids.extend(page.unreadable.into_iter().flatten());
        self.rows.len() + self.unreadable > before
    }
}

async fn read_through(session: &Session) -> Result<Rows, Error> {
    let mut rows = Rows::default();
    let mut request = endpoint::list(session.base(), 0);
    let mut received = 0;
    // How many rows the last request with a `$top` of our own has brought, the pages behind its links included.
    let mut served = 0;
    let mut links = HashSet::new();
    let mut begins_with: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = read_page(session, &request).await?;
        let (length, link) = (page.len(), page.next_link.clone());
        // The next page shall begin with the last row of this one, unless nothing would be new then or nobody could tell.
        let last = page.rows.last().filter(|_| length > 1 && page.unreadable.is_empty());
        let last = last.map(|row| row.id.clone());
        let news = rows.add(page, begins_with.as_deref());
        received += length - usize::from(begins_with.is_some()).min(length);
        served += length;
        begins_with = None;
        let link = match link {
            None if served < PAGE_SIZE => return Ok(rows),
            None if !news => return Err(endless("it sends the same rows again and again")),
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
                served = 0;
                endpoint::list(session.base(), received - usize::from(begins_with.is_some()))
            }
        };
    }
    Err(endless(&format!("it has more than {MOST_PAGES} pages")))
}

async fn read_page(session: &Session, request: &Request) -> Result<Page, Error> {
    let permit = session
        .permit(Class::List)
        .await
        .map_err(|Stopped| Error::stopped(request.purpose()))?;
    session
        .call::<PageDecoder>(request, permit)
        .await
        .map_err(|fault| fault.into_error(request.purpose()))
}

fn endless(why: &str) -> Error {
    Error::new(
        Kind::Unexpected,
        format!("the service's listing does not come to an end: {why}"),
        "Run the command again; if it happens again, report it.",
    )
}

#[cfg(test)]
mod tests;
