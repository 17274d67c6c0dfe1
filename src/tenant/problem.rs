//! What there is to tell, as data: the provider puts it into words.

use crate::defender::{Error, WriteError};
use crate::indicator::{Action, Conflict, FieldSet, Row, RowId};

/// What it means for the caller that the tenant could not be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The state stays as it was.
    StateKept,
    /// Nothing was written.
    NothingWritten,
    /// Nothing was deleted.
    NothingDeleted,
    /// Nothing can be made without looking first.
    NothingPlanned,
    /// Nothing was imported.
    NothingImported,
    /// Nothing was read.
    NothingRead,
}

/// A row of the tenant as a problem names it.
#[derive(Debug, Clone)]
pub struct RowNote {
    /// What the object calls it.
    pub name: String,
    /// The row.
    pub row: Row,
    /// The fields in which it is not as it is wanted.
    pub fields: FieldSet,
}

/// Why one row could not be written or deleted.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What the object calls it.
    pub name: String,
    /// What was to be done.
    pub kind: FailureKind,
    /// Why not.
    pub error: WriteError,
}

/// What was to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// An import.
    Write,
    /// A deletion.
    Delete,
}

/// A row that a weaker one takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakened {
    /// What the object calls it.
    pub name: String,
    /// Its action before.
    pub before: Action,
    /// Its action after.
    pub after: Action,
}

/// Rows that are deleted and imported anew.
#[derive(Debug, Clone, Default)]
pub struct Recreated {
    /// What the object calls them.
    pub names: Vec<String>,
    /// Because of which fields.
    pub fields: FieldSet,
    /// Whether the service had kept values that a write should have cleared.
    pub kept: bool,
}

/// What a change does to protection.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    /// Rows that go and that nothing takes the place of, as the object calls them.
    pub deleted: Vec<String>,
    /// Rows that weaker ones take the place of.
    pub weakened: Vec<Weakened>,
    /// Rows of this application that are taken over.
    pub ours: Vec<RowNote>,
    /// Rows of other authors that are taken over because the configuration says so.
    pub adopted: Vec<RowNote>,
    /// Rows that are deleted and imported anew.
    pub recreated: Recreated,
}

impl Protection {
    /// The problem, if anything happens at all.
    #[must_use]
    pub fn problem(self, done: bool) -> Option<Problem> {
        let is_empty = self.deleted.is_empty()
            && self.weakened.is_empty()
            && self.ours.is_empty()
            && self.adopted.is_empty()
            && self.recreated.names.is_empty();
        (!is_empty).then(|| Problem::Protection {
            change: Box::new(self),
            done,
        })
    }
}

/// A row that contradicts another one.
#[derive(Debug, Clone)]
pub struct Contradiction {
    /// What the object calls it.
    pub name: String,
    /// Its action.
    pub action: Action,
    /// What it contradicts.
    pub other: Opponent,
    /// How.
    pub conflict: Conflict,
}

/// What a row contradicts.
#[derive(Debug, Clone)]
pub enum Opponent {
    /// Another row of the same object.
    Own {
        /// What the object calls it.
        name: String,
        /// Its action.
        action: Action,
    },
    /// A row of the tenant.
    Tenant(Box<Row>),
    /// A row that another object wants.
    Object {
        /// The title of the object.
        title: String,
        /// What the object calls the row.
        name: String,
        /// The action of the row.
        action: Action,
    },
}

/// Something to tell.
#[derive(Debug, Clone)]
pub enum Problem {
    /// The tenant could not be listed.
    Unlisted {
        /// Why not.
        error: Error,
        /// What that means for the caller.
        unread: Unread,
    },
    /// Wanted rows stand in the tenant and somebody else may depend on them.
    Foreign {
        /// The rows.
        rows: Vec<RowNote>,
    },
    /// Rows moved while the tenant was listed, so some of these may be there.
    Unseen {
        /// What the object calls the rows.
        names: Vec<String>,
    },
    /// Another object wants the same rows: what this one calls them, and the other's title and name for them.
    WantedTwice {
        /// For each row what this object calls it, and the other's title and name for it.
        rows: Vec<(String, String, String)>,
    },
    /// An exclusive set owns the scope of these rows alone; or another object is in the scope of this exclusive set.
    ScopeShared {
        /// The title of the other object.
        other: String,
        /// What the object calls the rows.
        names: Vec<String>,
    },
    /// Two states record these rows, and neither was refreshed.
    NeedsRefresh {
        /// What the object calls the rows.
        names: Vec<String>,
    },
    /// Blocks of what must never be blocked, each with the words why.
    Protected {
        /// For each row what the object calls it, and the words why.
        rows: Vec<(String, String)>,
    },
    /// More is taken away than one run may.
    TooManyRemovals {
        /// How many there are.
        count: usize,
        /// How many there may be.
        allowed: usize,
        /// What the object calls the rows.
        names: Vec<String>,
        /// Whether deletions of this run were sent already.
        sent: bool,
    },
    /// The tenant cannot hold what is wanted.
    OverCapacity {
        /// Rows of other authors.
        foreign: usize,
        /// Rows that are wanted and that no other author has.
        wanted: usize,
        /// How many indicators the tenant can hold.
        capacity: usize,
    },
    /// The tenant may not be able to hold what is wanted.
    MayExceedCapacity {
        /// Rows that the tenant holds.
        rows: usize,
        /// Rows to be made so far.
        creations: usize,
        /// How many indicators the tenant can hold.
        capacity: usize,
    },
    /// What happens, or has happened, to protection.
    Protection {
        /// What it is.
        change: Box<Protection>,
        /// Whether it is done, or only planned.
        done: bool,
    },
    /// Rows that are allowed and blocked at once.
    Contradictory {
        /// The pairs.
        pairs: Vec<Contradiction>,
    },
    /// An update that changes how the configuration is written, or settings of the object, and no row.
    NothingWritten {
        /// Rows that another object holds now and that this one notes no more.
        is_note: bool,
    },
    /// A list that changes its form, so that the plan prints every row.
    AnotherForm {
        /// Rows that are written.
        written: usize,
        /// All rows.
        rows: usize,
    },
    /// Rows whose expiry is past.
    Expired {
        /// What the object calls the rows.
        names: Vec<String>,
    },
    /// A set that has become exclusive finds rows of its scope that only the next plan can show.
    ScopeNotShownYet {
        /// How many there are.
        count: usize,
    },
    /// Rows that could not be written or deleted.
    Failed {
        /// The failures.
        failures: Vec<Failure>,
    },
    /// The service keeps one row for two that are wanted.
    SharedRow {
        /// The value of both rows.
        value: String,
        /// The id of the row.
        id: RowId,
        /// What the object calls one of the two rows.
        name: String,
        /// What the object calls the other row, if it is its own.
        other: Option<String>,
    },
    /// Imports that changed rows of others which were not expected to be the same ones.
    Overwritten {
        /// The rows.
        rows: Vec<RowNote>,
    },
    /// Cleared fields of so many rows could not be looked at after the write.
    Unchecked {
        /// Why not.
        error: Error,
        /// How many there are.
        count: usize,
    },
    /// The run was stopped between the halves of a replacement.
    Unreplaced,
    /// The deletion of a tainted object whose plan saw no refresh.
    BlindDeletion {
        /// How many there are.
        count: usize,
    },
    /// A creation that ended with an error, beside a state.
    HalfMade,
}

impl Problem {
    /// Whether the operation did not do what was asked.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        !matches!(
            self,
            Self::MayExceedCapacity { .. }
                | Self::Protection { .. }
                | Self::Contradictory { .. }
                | Self::NothingWritten { .. }
                | Self::AnotherForm { .. }
                | Self::Expired { .. }
                | Self::ScopeNotShownYet { .. }
                | Self::Overwritten { .. }
                | Self::Unchecked { .. }
                | Self::HalfMade
        )
    }
}
