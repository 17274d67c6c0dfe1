//! Terraform and OpenTofu provider for Microsoft Defender for Endpoint indicators.
//!
//! The modules stand in reading order, here and in each folder: below those that they use. Which folder may use which
//! is the table in `tests/it/layers.rs`, which enforces both.

pub mod outgoing;
pub mod proto;
pub mod plugin;
pub mod tf;
pub mod indicator;
pub mod feed;
pub mod lint;
mod defender;
mod tenant;
mod report;
pub mod provider;
mod export;
mod docs;
pub mod simulator;
pub mod cli;

#[doc(hidden)]
pub use defender::bench;
