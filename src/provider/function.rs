//! The provider's functions: pure, and usable without credentials.

mod problems;
mod parse_csv;
mod merge;

use crate::tf::Function;

/// All functions.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![Box::new(merge::Merge), Box::new(parse_csv::ParseCsv)]
}
