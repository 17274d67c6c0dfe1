//! Where arguments are read: the provider block first, then the environment.

use super::arguments::{Argument, Kind};
use crate::defender::read_regular_file;
use crate::outgoing;
use crate::tf::{Diagnostic, Diagnostics, Path, Value};
use secrecy::SecretString;

/// Reads environment variables; a function, so that tests bring their own.
pub type Environment<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The provider block first, then the environment.
pub struct Source<'a> {
    pub config: &'a Value,
    pub environment: Environment<'a>,
}

/// What was found, and where.
#[derive(Debug, Clone)]
pub struct Found<T> {
    pub value: T,
    /// Where it is written, in words.
    pub origin: String,
}

impl Source<'_> {
    /// The text of an argument, if it is not empty.
    pub fn text(&self, argument: &Argument) -> Option<Found<String>> {
        let written = self.config.get(argument.name).as_str();
        if let Some(written) = written.filter(|written| !written.is_empty()) {
            return Some(Found {
                value: written.to_owned(),
                origin: in_block(argument.name),
            });
        }
        argument.variables.iter().find_map(|name| self.variable(name))
    }

    /// A secret, which no text tells from now on.
    pub fn secret(&self, argument: &Argument) -> Option<Found<SecretString>> {
        let Found { value, origin } = self.text(argument)?;
        let value = SecretString::from(value);
        outgoing::conceal(&value);
        Some(Found { value, origin })
    }

    /// An environment variable that is not empty.
    pub fn variable(&self, name: &str) -> Option<Found<String>> {
        let value = (self.environment)(name).filter(|value| !value.is_empty())?;
        let origin = name.to_owned();
        Some(Found { value, origin })
    }

    /// A switch; what is neither true nor false is told.
    pub fn switch(&self, argument: &Argument, diagnostics: &mut Diagnostics) -> Option<Found<bool>> {
        if let Some(value) = self.config.get(argument.name).as_bool() {
            let origin = in_block(argument.name);
            return Some(Found { value, origin });
        }
        let Found { value: written, origin } = argument.variables.iter().find_map(|name| self.variable(name))?;
        // As Terraform's own SDK reads them.
        let value = match written.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => true,
            "false" | "f" | "0" => false,
            _ => {
                diagnostics.push(
                    Diagnostic::error(
                        format!("Invalid {}", argument.name),
                        format!(
                            "{origin} is {}, which is neither `true` nor `false`.",
                            outgoing::shown(&written)
                        ),
                    )
                    .at(Path::attribute(argument.name)),
                );
                return None;
            }
        };
        Some(Found { value, origin })
    }

    /// The texts of a list, or of an environment variable in which commas separate them.
    pub fn texts(&self, argument: &Argument) -> Vec<String> {
        if let Some(items) = self.config.get(argument.name).as_list() {
            return items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        let found = argument.variables.iter().find_map(|name| self.variable(name));
        let written = found.map(|found| found.value).unwrap_or_default();
        let items = written.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
    }

    /// A whole number within bounds, or nothing; what is outside is told. A variable counts where the block has no number, or
    /// before the block if it `comes_first`.
    pub fn number(
        &self,
        argument: &Argument,
        (least, most): (i64, i64),
        comes_first: bool,
        diagnostics: &mut Diagnostics,
    ) -> Option<i64> {
        let value = self.config.get(argument.name);
        let written = argument.variables.iter().find_map(|name| self.variable(name));
        let (number, origin) = match written {
            Some(Found { value: text, origin }) if comes_first || value.is_null() => (text.trim().parse().ok(), origin),
            _ if value.is_null() || value.is_unknown() => return None,
            _ => (value.as_i64(), format!("`{}`", argument.name)),
        };
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            diagnostics.push(
                Diagnostic::error(
                    format!("Invalid {}", argument.name),
                    format!("{origin} must be a whole number from {least} to {most}."),
                )
                .at(Path::attribute(argument.name)),
            );
        }
        number
    }

    /// The content of the file that an argument names, without white space around it. A file that cannot be used is told.
    pub fn file_text(
        &self,
        argument: &Argument,
        longest: u64,
        diagnostics: &mut Diagnostics,
    ) -> Option<Found<SecretString>> {
        let Found { value: path, origin } = self.text(argument)?;
        let read = read_regular_file(&path, longest).map_err(|error| error.to_string());
        let text = read.and_then(|content| String::from_utf8(content).map_err(|_| "it is no text".to_owned()));
        let problem = match text.as_deref().map(str::trim) {
            Ok("") => "it is empty".to_owned(),
            Ok(text) => {
                let value = SecretString::from(text);
                if argument.name != super::arguments::CLIENT_ID_FILE_PATH.name {
                    outgoing::conceal(&value);
                }
                let origin = format!("the file {} ({origin})", outgoing::shown(&path));
                return Some(Found { value, origin });
            }
            Err(problem) => problem.clone(),
        };
        diagnostics.push(unusable_file(argument, &origin, &path, &problem));
        None
    }
}

/// Where an argument is written, in words.
pub fn in_block(name: &str) -> String {
    format!("`{name}` of the provider block")
}

/// A file that an argument names and that cannot be used.
pub fn unusable_file(argument: &Argument, origin: &str, path: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The file in {} cannot be used", argument.name),
        format!(
            "{origin} names the file {}: {problem}.\n\nCheck the path, and whether the user who runs Terraform may read the \
             file.",
            outgoing::shown(path)
        ),
    )
    .at(Path::attribute(argument.name))
}

/// A blank, a line feed or an invisible character at either end of a secret or an id, or a control character in it, as copying
/// and files bring them along. It is told and not cut off: what is sent is what is written. The value itself is not repeated.
pub fn stray_character(argument: &Argument, value: &str, origin: &str) -> Option<Diagnostic> {
    let is_stray =
        |letter: &char| letter.is_whitespace() || letter.is_control() || matches!(letter, '\u{200b}' | '\u{feff}');
    let (place, stray) = if let Some(first) = value.chars().next().filter(is_stray) {
        ("begins with", first)
    } else if let Some(last) = value.chars().next_back().filter(is_stray) {
        ("ends with", last)
    } else {
        ("holds", value.chars().find(|letter| letter.is_control())?)
    };
    let name = match stray {
        ' ' => "a space".to_owned(),
        '\n' => "a line feed".to_owned(),
        '\r' => "a carriage return".to_owned(),
        '\t' => "a tab".to_owned(),
        other => format!("the character U+{:04X}", u32::from(other)),
    };
    let error = Diagnostic::error(
        format!("Invalid {}", argument.name),
        format!(
            "{origin} {place} {name}, so signing in would fail. Remove it. If the value is read from a file, the file may end \
             with a line feed: `trimspace(file(...))` or `printf %s` leave it out."
        ),
    );
    Some(error.at(Path::attribute(argument.name)))
}

/// Whether stray characters in an argument are told: in what is sent as it is written. A certificate has lines, and its
/// password may end with anything.
pub fn is_sent_as_written(argument: &Argument) -> bool {
    use super::arguments as known;
    let ids = [
        &known::TENANT_ID,
        &known::CLIENT_ID,
        &known::ADO_PIPELINE_SERVICE_CONNECTION_ID,
        &known::OIDC_AZURE_SERVICE_CONNECTION_ID,
    ];
    let is = |others: &[&Argument]| others.iter().any(|other| other.name == argument.name);
    let others = [&known::CLIENT_CERTIFICATE, &known::CLIENT_CERTIFICATE_PASSWORD];
    is(&ids) || (argument.kind == Kind::Secret && !is(&others))
}
