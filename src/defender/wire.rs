//! The service's JSON, both ways. Field names and types are those of its metadata document.
//!
//! Reading is generous: fields and enum names that are new, fields that are missing and fields of another type never
//! break a listing. Writing says everything, so that what is no longer configured is cleared.

mod import;
mod loose;
mod page;
mod problem;
mod row;
mod splitter;
mod submit;

pub(crate) use import::{ImportDecoder, ImportResult};
pub(crate) use page::{Page, PageDecoder};
pub(crate) use problem::Problem;
pub(crate) use submit::{batch_delete_body, import_body};

/// Reads the body of a successful answer as it arrives.
pub(crate) trait Decode: Default + Send {
    /// What the body says.
    type Output: Send;

    /// Takes the next part of the body.
    fn feed(&mut self, chunk: &[u8]) -> Result<(), Unreadable>;

    /// Ends the body.
    fn finish(self) -> Result<Self::Output, Unreadable>;
}

/// The body is not what it should be; says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(pub String);

/// Reads past a body that says nothing of interest.
#[derive(Debug, Default)]
pub(crate) struct Ignored;

impl Decode for Ignored {
    type Output = ();

    fn feed(&mut self, _chunk: &[u8]) -> Result<(), Unreadable> {
        Ok(())
    }

    fn finish(self) -> Result<(), Unreadable> {
        Ok(())
    }
}
