//! Terraform and OpenTofu provider for Microsoft Defender for Endpoint indicators.
//!
//! The modules below stand in reading order. Each may use only the ones its own header names; the table in
//! `tests/it/layers.rs` enforces it.

pub mod proto;

pub mod plugin;

pub mod tf;

pub mod indicator;

pub mod feed;

pub mod defender;

pub mod provider;

pub mod docs;

pub mod simulator;

pub mod cli;
