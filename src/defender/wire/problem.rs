//! The answer to a call that was refused.

use super::loose::Loose;
use crate::outgoing;
use serde::Deserialize;

/// A body that is no error document is quoted up to this many characters.
const LONGEST_QUOTE: usize = 300;

/// Of an error document each text is repeated up to this many characters.
pub(super) const LONGEST_WORDS: usize = 2000;

/// What the service says about a refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Such as `BadRequest`; not dependable, a 429 has been seen with the code `429`.
    pub code: Option<String>,
    /// The service's words.
    pub message: String,
    /// Correlation id, which the service calls target.
    pub correlation: Option<String>,
}

impl Problem {
    /// Reads `{"error":{"code","message","target"}}`, or quotes whatever else there is.
    pub fn read(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 't"))]
        struct Document<'t> {
            error: Members<'t>,
        }
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "'de: 't"))]
        struct Members<'t> {
            #[serde(default)]
            code: Loose<'t>,
            #[serde(default)]
            message: Loose<'t>,
            #[serde(default)]
            target: Loose<'t>,
        }
        let said = |loose: Loose<'_>| {
            let words = loose.text().map(|text| outgoing::words(&text, LONGEST_WORDS));
            words.filter(|words| !words.is_empty())
        };
        match serde_json::from_slice::<Document<'_>>(body) {
            Ok(Document { error }) => Self {
                code: said(error.code),
                message: said(error.message).unwrap_or_default(),
                correlation: said(error.target),
            },
            Err(_) => Self {
                message: outgoing::words(&String::from_utf8_lossy(body), LONGEST_QUOTE),
                ..Self::default()
            },
        }
    }

    /// The service's words in one line, with code and correlation id.
    pub fn words(&self) -> String {
        let mut words = match (&self.code, self.message.as_str()) {
            (None, "") => "it gave no reason".to_owned(),
            (None, message) => message.to_owned(),
            (Some(code), "") => code.clone(),
            (Some(code), message) => format!("{code}: {message}"),
        };
        if let Some(correlation) = &self.correlation {
            words.push_str(" (correlation id ");
            words.push_str(correlation);
            words.push(')');
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_words_are_kept() {
        for (body, words) in [
            (
                r#"{"error":{"code":"BadRequest","message":"Indicator 203.0.113.1 is inactive.","target":"|eb291c4-1."}}"#,
                "BadRequest: Indicator 203.0.113.1 is inactive. (correlation id |eb291c4-1.)",
            ),
            (
                r#"{"error":{"code":429,"message":"quota\r\n exceeded"}}"#,
                "429: quota exceeded",
            ),
            (
                r#"{"error":{"message":null,"target":"t"}}"#,
                "it gave no reason (correlation id t)",
            ),
            (r#"{"error":{"code":"NotFound"}}"#, "NotFound"),
            ("", "it gave no reason"),
            ("<html>\n <p>Bad gateway</p>", "<html> <p>Bad gateway</p>"),
            (r#"{"error":"invalid"}"#, r#"{"error":"invalid"}"#),
        ] {
            assert_eq!(Problem::read(body.as_bytes()).words(), words);
        }
    }

    #[test]
    fn a_long_page_is_cut_between_characters() {
        let words = Problem::read("é".repeat(1000).as_bytes()).words();
        assert_eq!(words.chars().count(), LONGEST_QUOTE + 4);
    }
}
