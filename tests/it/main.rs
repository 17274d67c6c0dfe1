//! Tests of the whole provider.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ambiguous;
mod capacity;
mod check;
mod client_faults;
mod command_line;
mod convert;
mod counts;
mod credentials;
mod defects;
mod docs;
mod drift;
#[cfg(unix)]
mod dying;
mod exclusive;
mod expiry;
mod fields;
mod forms;
#[cfg(unix)]
mod gitops;
mod guides;
mod hostile;
mod identities;
mod layers;
mod lifetime;
mod lint;
mod list_schema;
mod lists;
mod many_singles;
mod moves;
mod newer_hosts;
mod no_change;
mod orders;
mod ownership;
mod partial;
mod protection;
mod query;
mod records;
mod releases;
#[cfg(unix)]
mod replacement;
mod report_page;
#[cfg(unix)]
mod stopping;
mod support;
mod switches;
mod taking_over;
mod terraform_adoption;
mod terraform_bad_input;
mod terraform_basics;
mod terraform_changes;
mod terraform_configuration;
mod terraform_credentials;
mod terraform_export;
mod terraform_feeds;
mod terraform_function;
mod terraform_generated;
mod terraform_hosts;
mod terraform_identity;
mod terraform_import;
mod terraform_late;
mod terraform_losses;
mod terraform_moved;
mod terraform_normalisation;
mod terraform_orders;
mod terraform_parse_csv;
mod terraform_plans;
mod terraform_query;
mod terraform_reading;
mod terraform_report;
mod terraform_rows;
mod terraform_scale;
mod terraform_secrets;
mod terraform_verdict;
mod terraform_warnings;
mod transport;
mod unrun;
#[cfg(unix)]
mod workflows;
