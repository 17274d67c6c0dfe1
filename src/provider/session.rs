//! What a configured provider gives to its resources.

use super::ledger::{Claimant, Ledger};
use super::walk::{UnderWay, Waited, Walk};
use crate::defender::Client;
use crate::indicator::Protected;
use crate::tf::Value;
use jiff::Timestamp;

/// A configured provider: the way to the service, the rules of this configuration, and the memory of this run.
pub struct Session {
    /// The way to the service.
    pub client: Client,
    /// The rules of this configuration.
    pub policy: Policy,
    /// The memory of this run.
    pub ledger: Ledger,
    /// What the host has shown of this run.
    pub walk: Walk,
}

impl Session {
    /// The instant that expiries are compared with.
    pub fn now(&self) -> Timestamp {
        self.client.clock().now()
    }

    /// Notes that an operation of the host is under way until what this returns is dropped.
    pub fn enter(&self) -> UnderWay<'_> {
        self.walk.enter(self.client.clock().as_ref())
    }

    /// Waits until the objects have been shown that hold all these ids, unless too many wait already.
    pub async fn meet<'a>(&self, ids: impl Iterator<Item = &'a str> + Clone) -> Waited {
        let clock = self.client.clock().as_ref();
        let is_here = || ids.clone().all(|id| self.ledger.is_known(id));
        self.walk.wait_until(clock, false, is_here).await
    }

    /// Waits for the other objects of the state that hold these ids.
    pub async fn meet_holders(&self, ids: &[&str]) {
        let clock = self.client.clock().as_ref();
        self.walk.begun(clock).await;
        self.ledger.ages_known(ids, clock).await;
    }

    /// Waits until the other objects of this run have most likely said what they want.
    pub async fn hear_others(&self) {
        self.walk.heard(self.client.clock().as_ref()).await;
    }

    /// The claimant of an object that is being planned: the one of an earlier plan call for it, or else a new one.
    pub fn claimant(&self, earlier: Option<Claimant>, prior: &Value) -> Claimant {
        earlier.unwrap_or_else(|| {
            self.walk.planned(self.client.clock().elapsed());
            if !prior.is_null() {
                self.decided();
            }
            self.ledger.new_claimant()
        })
    }

    /// Notes that an object is coming to its end, and so wants nothing any more.
    pub fn ending(&self) {
        self.decided();
        self.walk.planned(self.client.clock().elapsed());
        self.ledger.applies();
    }

    /// Notes that it is known what becomes of a stored object.
    pub fn decided(&self) {
        self.walk.decided(self.client.clock().elapsed());
    }
}

/// The rules of a provider configuration.
#[derive(Debug)]
pub struct Policy {
    /// How many indicators the tenant can hold.
    pub capacity: usize,
    /// What to do about a row that is already there when one is to be created.
    pub on_existing: OnExisting,
    /// Names and networks that must never be blocked.
    pub protected: Protected,
    /// How many indicators one plan may delete; `None` is no limit.
    pub max_deletions: Option<usize>,
    /// How many items go into one import call, to say how many calls a change takes.
    pub batch_size: usize,
}

/// What to do about a row that somebody else made when one is to be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExisting {
    /// Refuse, and say who made it and how to import it.
    Fail,
    /// Take it over and make it as configured.
    Adopt,
}
