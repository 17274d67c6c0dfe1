//! What calls say of who makes them: the partner that usage counts for, and the run that they belong to.

use super::arguments::{self as known, Argument};
use super::source::{Found, Source};
use crate::outgoing;
use crate::tf::{Diagnostic, Diagnostics, Path};

/// Longest id of a run. A GUID has 36 characters.
const LONGEST_ID: usize = 128;

/// Where the hyphens of a GUID are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// What calls say of who makes them.
#[derive(Debug, Default)]
pub struct Caller {
    /// The partner, as the user agent names it.
    partner: Option<String>,
    /// The id of the run.
    pub correlation_id: Option<String>,
}

impl Caller {
    /// Reads it; what cannot be sent is told.
    pub fn read(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Self {
        let mut checked = |argument: &Argument, check: fn(&str) -> Option<String>, form: &str| {
            let Found { value, origin } = source.text(argument)?;
            let sent = check(&value);
            if sent.is_none() {
                diagnostics.push(invalid(argument, &value, &origin, form));
            }
            sent
        };
        let partner = checked(&known::PARTNER_ID, partner, "a GUID, with or without `pid-` before it");
        let form = format!("1 to {LONGEST_ID} ASCII characters without spaces");
        let correlation_id = checked(&known::CUSTOM_CORRELATION_REQUEST_ID, correlation_id, &form);
        let disabled = source.switch(&known::DISABLE_CORRELATION_REQUEST_ID, diagnostics);
        let is_sent = !disabled.is_some_and(|disabled| disabled.value);
        Self {
            partner,
            correlation_id: correlation_id.filter(|_| is_sent),
        }
    }

    /// The user agent with the partner at its end, as the azurerm and azuread providers have it.
    pub fn user_agent(&self, own: String) -> String {
        match &self.partner {
            Some(partner) => format!("{own} {partner}"),
            None => own,
        }
    }
}

/// The partner as the user agent names it. Partner Center adds an end of its own to the GUID.
fn partner(written: &str) -> Option<String> {
    let written = written.strip_prefix("pid-").unwrap_or(written);
    let guid = written.strip_suffix("-partnercenter").unwrap_or(written);
    let fits = |(at, letter): (usize, u8)| {
        if HYPHENS.contains(&at) {
            letter == b'-'
        } else {
            letter.is_ascii_hexdigit()
        }
    };
    (guid.len() == 36 && guid.bytes().enumerate().all(fits)).then(|| format!("pid-{written}"))
}

/// The id of a run, if a header can carry it.
fn correlation_id(written: &str) -> Option<String> {
    let fits = written.len() <= LONGEST_ID && written.bytes().all(|letter| letter.is_ascii_graphic());
    fits.then(|| written.to_owned())
}

fn invalid(argument: &Argument, value: &str, origin: &str, form: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Invalid {}", argument.name),
        format!(
            "{origin} is {}, which is not {form}.\n\nCorrect it, or leave it out.",
            outgoing::shown(value)
        ),
    )
    .at(Path::attribute(argument.name))
}
