//! The secrets that this process knows, and texts without them.

use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};
use url::form_urlencoded::byte_serialize;

/// What stands for a secret.
const REDACTED: &str = "[redacted]";

/// Shorter ones are not looked for: they would be found in ordinary words. Entra's secrets have 40 characters.
const SHORTEST: usize = 8;

/// Spellings that are remembered. A process that signs in once an hour needs some ten a day; the oldest ones go.
const MOST: usize = 256;

/// Every spelling of every secret, the longest first among those of one secret.
static SPELLINGS: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

/// From now on this secret is in no text that leaves the program.
pub fn conceal(secret: &SecretString) {
    let secret = secret.expose_secret();
    if secret.len() < SHORTEST {
        return;
    }
    let mut known = SPELLINGS.write().unwrap_or_else(PoisonError::into_inner);
    for spelling in spellings(secret) {
        if !known.iter().any(|other| other.expose_secret() == spelling) {
            known.push(spelling.into());
        }
    }
    let surplus = known.len().saturating_sub(MOST);
    known.drain(..surplus);
}

/// The secret as it may be repeated by somebody who was sent it: as it is, as in a form or an address, in JSON, in HTML.
fn spellings(secret: &str) -> Vec<String> {
    let form: String = byte_serialize(secret.as_bytes()).collect();
    let address = form.replace('+', "%20");
    let small = |text: &str| {
        let mut letters = text.chars();
        let mut out = String::with_capacity(text.len());
        while let Some(letter) = letters.next() {
            out.push(letter);
            if letter == '%' {
                out.extend(letters.by_ref().take(2).map(|digit| digit.to_ascii_lowercase()));
            }
        }
        out
    };
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = html.replace('"', "&quot;").replace('\'', "&#39;");
    let mut spellings = vec![
        secret.to_owned(),
        small(&form),
        small(&address),
        form,
        address,
        json,
        html,
        quoted,
    ];
    spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    spellings.dedup();
    spellings
}

/// The text without any secret that this process knows.
#[must_use]
pub fn redacted(text: &str) -> Cow<'_, str> {
    let known = SPELLINGS.read().unwrap_or_else(PoisonError::into_inner);
    let mut text = Cow::Borrowed(text);
    for spelling in known.iter().map(ExposeSecret::expose_secret) {
        if text.contains(spelling) {
            text = Cow::Owned(text.replace(spelling, REDACTED));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_spelling_of_a_secret_is_left(
            secret in "outgoing-[!-~]{20,40}",
            before in "[a-z<&%\" ]{0,20}",
            after in "[a-z<&%\" ]{0,20}",
        ) {
            conceal(&secret.clone().into());
            for spelling in spellings(&secret) {
                let out = redacted(&format!("{before}{spelling}{after}")).into_owned();
                prop_assert_eq!(out, format!("{before}{REDACTED}{after}"));
            }
        }
    }

    #[test]
    fn a_short_secret_is_not_looked_for() {
        conceal(&"error".to_owned().into());
        assert_eq!(redacted("an error"), "an error");
    }

    #[test]
    fn the_usual_spellings_are_known() {
        let spellings = spellings("a~b+c/d&\"e f");
        for spelling in [
            "a~b+c/d&\"e f",
            "a%7Eb%2Bc%2Fd%26%22e+f",
            "a%7eb%2bc%2fd%26%22e%20f",
            "a~b+c/d&\\\"e f",
            "a~b+c/d&amp;&quot;e f",
        ] {
            assert!(spellings.iter().any(|known| known == spelling), "{spelling}");
        }
    }
}
