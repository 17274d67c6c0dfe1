//! Doors for the measurements in `benches/`, which see the public surface only. Nothing else uses them.

use super::listing::Listing;
use super::wire::{Decode, PageDecoder};
use jiff::Timestamp;

/// How much of a body arrives at once.
const CHUNK: usize = 16 << 10;

/// Reads one page of a listing as it would arrive, and answers how many rows it has.
#[must_use]
pub fn read_page(body: &[u8]) -> Option<usize> {
    decode(body).map(|page| page.len())
}

/// Reads one page of a listing as it would arrive, and makes a listing of it whose rows can be found by identity.
#[must_use]
pub fn listing(body: &[u8]) -> Option<Listing> {
    let listing = Listing::new(decode(body)?.rows, Vec::new(), Timestamp::MIN);
    if let Some(row) = listing.iter().next() {
        listing.find(&row.indicator.identity()).next()?;
    }
    Some(listing)
}

fn decode(body: &[u8]) -> Option<super::wire::Page> {
    let mut decoder = PageDecoder::default();
    for chunk in body.chunks(CHUNK) {
        decoder.feed(chunk).ok()?;
    }
    decoder.finish().ok()
}
