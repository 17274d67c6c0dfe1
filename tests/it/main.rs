//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod docs;
mod layers;
mod many_singles;
mod support;
mod transport;
