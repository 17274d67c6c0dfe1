//! What a list is: by its content, since endings of files say little.

use super::super::{Form, Options, Place, Reading, Refusal, list, misp, stix, table};
use serde::de::IgnoredAny;

/// The formats of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table of any dialect.
    Csv,
    /// One value a line.
    List,
    /// STIX 2.0 or 2.1.
    Stix,
    /// An export of MISP.
    Misp,
}

impl Format {
    /// Its name in messages and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::List => "list",
            Self::Stix => "stix",
            Self::Misp => "misp",
        }
    }

    /// What the content shows.
    ///
    /// # Errors
    ///
    /// What it seems to be, where that cannot be converted.
    pub fn detect(text: &str, settings: &table::Settings) -> Result<Self, Refusal> {
        match Form::of(text) {
            Form::Stix => Ok(Self::Stix),
            Form::Misp => Ok(Self::Misp),
            Form::Text if table::is_table(text, settings) => Ok(Self::Csv),
            Form::Text => Ok(Self::List),
            Form::Json => Err(json_refusal(text)),
            other => Err(refusal(other)),
        }
    }

    /// Reads a text of this format.
    ///
    /// # Errors
    ///
    /// Why the text as a whole cannot be read.
    pub fn read(self, text: &str, settings: &table::Settings, options: &Options) -> Result<Reading, Refusal> {
        match self {
            Self::Csv => table::read(text, settings, options),
            Self::List => list::read(text, options),
            Self::Stix => stix::read(text, options),
            Self::Misp => misp::read(text, options),
        }
    }
}

fn refusal(form: Form) -> Refusal {
    Refusal {
        place: None,
        text: format!("this is {}; {}", form.name(), form.advice()),
    }
}

/// What is wrong with JSON that is no list: its syntax first.
fn json_refusal(text: &str) -> Refusal {
    match serde_json::from_str::<IgnoredAny>(text.trim_start_matches('\u{feff}')) {
        Ok(_) => refusal(Form::Json),
        Err(error) => Refusal {
            place: Some(Place::Line(error.line(), None)),
            text: format!("this looks like JSON, but is none: {error}"),
        },
    }
}
