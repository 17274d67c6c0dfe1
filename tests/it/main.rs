//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod docs;
#[cfg(unix)]
mod dying;
mod layers;
mod moves;
mod replacement;
#[cfg(unix)]
mod stopping;
mod support;
mod transport;
