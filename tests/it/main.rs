//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod docs;
mod layers;
mod support;
mod terraform_basics;
mod terraform_import;
mod transport;
