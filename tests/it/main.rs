//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod transport;
