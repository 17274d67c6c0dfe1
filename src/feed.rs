//! Lists that people keep in files: text to rows, with the place of everything that is wrong.
//!
//! **Invariant:** pure. It says where something stands and which field it is meant for, and knows nothing of what a
//! resource makes of it; no text whatever makes it panic. It imports `indicator` and `outgoing`.

mod lines;
mod allow_list;
pub mod cells;
pub mod csv;
mod reason;
mod draft;
pub mod text;
pub mod value;
mod json;
mod form;
mod settle;
pub mod stix;
pub mod misp;
pub mod list;
pub mod table;
pub mod write;
pub mod conversion;

pub use allow_list::{AllowList, Hit};
pub use draft::{Draft, Options, Place, Reading, Refusal, Rewritten, Skipped, Tlp};
pub use form::Form;
pub use reason::Reason;
pub use settle::{hash_strength, settle};
pub use value::Item;

pub(crate) use crate::outgoing::shown;

/// One thing that is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the text, counted from 1.
    pub line: usize,
    /// The column by its own header, if one column is to blame.
    pub column: Option<String>,
    /// What is wrong and what to do: the rule first, without a full stop at the end.
    pub text: String,
}
