//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ambiguous;
mod docs;
mod fields;
mod layers;
mod many_singles;
mod no_change;
mod ownership;
mod partial;
mod support;
mod terraform_bad_input;
mod terraform_basics;
mod terraform_configuration;
mod terraform_function;
mod terraform_import;
mod terraform_reading;
mod transport;
