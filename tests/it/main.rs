//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod docs;
mod layers;
mod moves;
mod replacement;
mod support;
mod transport;
