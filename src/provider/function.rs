//! The provider's functions: pure, and usable without credentials.

mod problems;
mod parse_csv;
mod parse_feed;
mod merge;
mod spelling;

use crate::feed::shown;
use crate::tf::{Function, FunctionError};

/// All functions.
pub fn all() -> Vec<Box<dyn Function>> {
    let mut all: Vec<Box<dyn Function>> = vec![Box::new(merge::Merge), Box::new(parse_csv::ParseCsv)];
    let of_formats = parse_feed::ParseFeed::ALL.into_iter();
    all.extend(of_formats.map(|function| Box::new(function) as Box<dyn Function>));
    let of_values = spelling::Spelling::ALL.into_iter();
    all.extend(of_values.map(|function| Box::new(function) as Box<dyn Function>));
    all
}

/// What is wrong with a text that is the name of a file in place of its content.
fn file_name(text: &str, endings: &[&str]) -> Option<FunctionError> {
    let text = text.trim();
    let is_name = !text.contains(['\n', '\r']) && endings.iter().any(|ending| text.ends_with(ending));
    is_name.then(|| {
        let path = shown(text);
        let error = format!(
            "{path} is the name of a file, not its content; write `file({})`",
            path.replace('`', "\"")
        );
        FunctionError::new(error).at(0)
    })
}
