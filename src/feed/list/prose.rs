//! Reports in prose: what in them is meant as an indicator for certain.

use crate::feed::value::take;
use crate::feed::{Item, Options, Place, Reading, Reason, settle};
use crate::indicator::rules::check_value;
use crate::indicator::{IndicatorType, detect_type, refang};

/// What stands around values in prose, at either side.
const AROUND: [char; 15] = [
    '(', '[', '{', '<', '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '*', '_', '|', ',',
];

/// What stands behind them.
const BEHIND: [char; 10] = ['.', ',', ';', ':', '!', '?', ')', ']', '}', '>'];

/// Takes hashes and defanged values out of lines, and lists what else looks like a value.
pub(super) fn read<'t>(lines: impl Iterator<Item = (usize, &'t str)>, options: &Options) -> Reading {
    let mut reading = Reading::default();
    for (number, line) in lines {
        // Links in Markdown are `[text](target)`.
        for word in line.split_whitespace().flat_map(|word| word.split("](")) {
            let place = || Place::Line(number, None);
            if take_hash(word, place, &mut reading, options) {
                continue;
            }
            let word = bare(word);
            if word.is_empty() {
                continue;
            }
            if refang(word) != word && detect_type(word).is_some() {
                reading.take(Item::new(place(), word, None), options);
            } else if let Some(reason) = looks_like_a_value(word) {
                let note = match reason {
                    Reason::Prose => "it looks like the name of a file",
                    _ => "it is not defanged, so it may be a reference",
                };
                reading.skip(place(), reason, word, Some(note.into()));
            }
        }
    }
    let mut reading = settle(reading, options);
    if reading.drafts.is_empty() {
        reading.empty = Some("the text holds no hash and no defanged value".into());
    }
    reading
}

/// Takes the hash that a word is, or that stands in it behind a colon or the like.
fn take_hash(word: &str, place: impl Fn() -> Place, reading: &mut Reading, options: &Options) -> bool {
    let is_hash =
        |piece: &str| matches!(piece.len(), 32 | 40 | 64) && piece.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pieces = word
        .split(|letter: char| AROUND.contains(&letter) || matches!(letter, ':' | '=' | ';' | ')' | ']' | '}' | '>'));
    let mut is_taken = false;
    for hash in pieces
        .map(|piece| piece.trim_end_matches('.'))
        .filter(|piece| is_hash(piece))
    {
        reading.take(Item::new(place(), hash, None), options);
        is_taken = true;
    }
    is_taken
}

/// The word without what prose puts around it. A closing bracket stays if it was opened within the word.
fn bare(word: &str) -> &str {
    let mut bare = word.trim_start_matches(AROUND);
    // A mark such as `[.]` may stand first only where nothing stands before it.
    while let Some(last) = bare.chars().next_back() {
        let opening = match last {
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            _ => None,
        };
        let is_balanced = opening.is_some_and(|opening| {
            let count = |wanted: char| bare.chars().filter(|letter| *letter == wanted).count();
            count(opening) >= count(last)
        });
        if is_balanced || !(AROUND.contains(&last) || BEHIND.contains(&last)) {
            break;
        }
        bare = &bare[..bare.len() - last.len_utf8()];
    }
    bare
}

/// Why a word that looks like a value is not taken: it may be a reference, or is the name of a file.
fn looks_like_a_value(word: &str) -> Option<Reason> {
    match detect_type(word)? {
        IndicatorType::DomainName => {
            let is_file = check_value(&IndicatorType::DomainName, word)
                .iter()
                .any(|finding| finding.code == "file-name");
            if is_file {
                return Some(Reason::Prose);
            }
            // `e.g` and `3.5x` look like names too.
            let is_name = word.split('.').all(|label| label.chars().count() > 1)
                && !word.ends_with(|last: char| last.is_ascii_digit());
            (is_name && take(word, None, &Options::default()).outcome.is_ok()).then_some(Reason::FangedInProse)
        }
        _ => Some(Reason::FangedInProse),
    }
}
