//! What is done to a tenant so that it holds what the objects of a configuration want: whose row is whose, what differs,
//! what is written and deleted in which order, and what that comes to.
//!
//! **Invariant:** it knows no Terraform value. It takes rows, asks the tenant and the record of the object, and returns
//! typed outcomes and problems. Nothing here waits for time: objects meet in [`Facts`] only.
//!
//! `model/rows.py` of the design is the rules of [`Facts`], `ownership`, `writing` and `removal` as a program that explores
//! every order of calls; a new rule is tried there first.

mod rows;
#[cfg(test)]
mod samples;
mod object;
mod problem;
mod outcome;
mod token;
mod wishes;
mod facts;
mod refresh;
mod ownership;
mod expiry;
mod difference;
mod limits;
mod protection;
mod preflight;
mod removal;
mod apply;
mod writing;
mod verification;
mod survey;

pub use apply::{Kept, apply, destroy};
pub use difference::Difference;
pub use facts::Facts;
pub use object::{Holding, OnExisting, PlannedObject, PlannedRow, PriorObject, Scope, StateRow};
pub use outcome::{Outcome, Written};
pub use preflight::{Preflight, difference, plan, plan_destroy};
pub use problem::{
    Contradiction, Failure, FailureKind, Opponent, Problem, Protection, Recreated, RowNote, Unread, Weakened,
};
pub use protection::contradictions_within;
pub use refresh::{Refreshed, RowRefresh, refresh};
pub use rows::StateAt;
pub use survey::{Finding, Survey, Usage, survey};
pub use token::Token;

use crate::defender::Client;
use crate::indicator::Protected;
use jiff::Timestamp;

/// A tenant under one provider configuration: the way to it, the rules of the configuration, and the facts of this process.
pub struct Tenant {
    /// The way to the service.
    pub client: Client,
    /// The rules of the configuration.
    pub policy: Policy,
    /// What the host has shown of the objects of this configuration.
    pub facts: std::sync::Arc<Facts>,
}

impl Tenant {
    /// The instant that expiries are compared with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.client.clock().now()
    }
}

/// The rules of a provider configuration.
#[derive(Debug)]
pub struct Policy {
    /// How many indicators the tenant can hold, all authors together.
    pub capacity: usize,
    /// What to do about rows of others that the configuration wants.
    pub on_existing: OnExisting,
    /// Labels whose rows may move between the objects of this configuration.
    pub applications: Vec<String>,
    /// Names, addresses and hashes that must never be blocked.
    pub protected: Protected,
    /// How many rows one run may delete or weaken; `None` is no limit.
    pub max_removals: Option<usize>,
    /// How many items go into one import or delete call.
    pub batch_size: usize,
}
