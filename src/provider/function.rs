//! The provider's functions: pure, and usable without credentials.

mod collected;
mod element;
mod indicators;
mod parse_csv;

use crate::tf::Function;

/// All functions.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![Box::new(indicators::Indicators), Box::new(parse_csv::ParseCsv)]
}
