//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ambiguous;
mod docs;
mod fields;
mod layers;
mod many_singles;
mod no_change;
mod partial;
mod support;
mod transport;
