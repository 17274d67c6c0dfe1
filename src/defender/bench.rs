//! Doors for the measurements in `benches/` and the targets in `fuzz/`, which see the public surface only. Nothing else uses
//! them.

use super::endpoint;
use super::listing::Listing;
use super::quota;
use super::wire::{Decode, ImportDecoder, PageDecoder, Problem};
use jiff::Timestamp;
use std::time::Duration;
use url::Url;

/// How much of a body arrives at once.
const CHUNK: usize = 16 << 10;

/// Reads one page of a listing as it would arrive, and answers how many rows it has.
#[must_use]
pub fn read_page(body: &[u8]) -> Option<usize> {
    decode::<PageDecoder>(body, CHUNK).map(|page| page.len())
}

/// Reads one page of a listing as it would arrive, and makes a listing of it whose rows can be found by identity.
#[must_use]
pub fn listing(body: &[u8]) -> Option<Listing> {
    let listing = Listing::new(decode::<PageDecoder>(body, CHUNK)?.rows, Vec::new(), Timestamp::MIN);
    if let Some(row) = listing.iter().next() {
        listing.find(&row.indicator.identity()).next()?;
    }
    Some(listing)
}

/// Reads one page that arrives in parts of this size: everything in it as text, the link to the next page apart.
#[must_use]
pub fn page_in_parts(body: &[u8], part: usize) -> Option<(String, Option<String>)> {
    let page = decode::<PageDecoder>(body, part)?;
    Some((format!("{:?} {:?}", page.rows, page.unreadable), page.next_link))
}

/// Reads the answer to an import that arrives in parts of this size: everything in it as text.
#[must_use]
pub fn import_in_parts(body: &[u8], part: usize) -> Option<String> {
    decode::<ImportDecoder>(body, part).map(|results| format!("{results:?}"))
}

/// What a refusal with this body says, and how long it asks to wait.
#[must_use]
pub fn refusal(body: &[u8]) -> (String, Duration) {
    let problem = Problem::read(body);
    (problem.words(), quota::pause_after_refusal(None, &problem.message))
}

/// Where a link to the next page leads, if it is followed.
#[must_use]
pub fn next_page(base: &Url, link: &str) -> Option<Url> {
    endpoint::next_page(base, link).ok().map(|request| request.url)
}

fn decode<D: Decode>(body: &[u8], part: usize) -> Option<D::Output> {
    let mut decoder = D::default();
    for part in body.chunks(part.max(1)) {
        decoder.feed(part).ok()?;
    }
    decoder.finish().ok()
}
