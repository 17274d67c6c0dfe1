//! What is wrong with lists in files, before anybody plans with them: each row by itself, and all rows of all lists
//! together.
//!
//! **Invariant:** pure. Files, allow lists and the time are arguments, and what is found comes out as data or as text for
//! people and for build services. It imports `feed`, `indicator` and `outgoing`.

mod code;
mod source;
mod item;
mod finding;
mod tree;
mod read;
mod rules;
mod baseline;
mod report;
pub mod output;
#[cfg(test)]
mod tests;

pub use baseline::Baseline;
pub use code::{Code, Severity};
pub use finding::{Finding, Related};
pub use report::{Input, Report, Settings, lint};
pub use rules::Standards;
pub use source::{Position, Source};
