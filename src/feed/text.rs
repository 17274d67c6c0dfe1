//! Bytes as text, and what keeps a text from being a list at all.
//!
//! A byte order mark says the encoding for certain, and so does text that is valid UTF-8. Nothing else does. Where a text
//! is neither, but every byte has a meaning in Windows-1252, it is read so: of the encodings in question all agree on
//! ASCII, so that only titles and descriptions can come out wrong. Whoever reads values must look at
//! [`Decoded::is_assumed`].

use super::{Place, Refusal, lines, shown};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// A text and how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'b> {
    /// The text, without a byte order mark.
    pub text: Cow<'b, str>,
    /// The name of the encoding.
    pub encoding: &'static str,
    /// Whether nothing says that it is this encoding.
    pub is_assumed: bool,
}

/// What files begin with that people take for lists, and what to do about each.
const KNOWN: [(&[u8], &str); 4] = [
    (
        b"PK\x03\x04",
        "this is a ZIP file, such as a workbook of Excel; save the sheet as CSV, or unpack it",
    ),
    (b"\x1f\x8b", "this is a gzip file; unpack it"),
    (b"%PDF-", "this is a PDF file; give the list that was published with it"),
    (
        b"\xd0\xcf\x11\xe0",
        "this is a file of an older Microsoft Office; save the sheet as CSV",
    ),
];

/// Reads bytes as text, in the encoding of this name (as the WHATWG has them, such as `windows-1252`) or in the one that
/// the bytes show.
///
/// # Errors
///
/// The bytes are no text, or not in this encoding. What a merge left in the text is for [`check`].
pub fn decode<'b>(bytes: &'b [u8], encoding: Option<&str>) -> Result<Decoded<'b>, Refusal> {
    if let Some((_, text)) = KNOWN.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(refusal(None, (*text).to_owned()));
    }
    let mark = Encoding::for_bom(bytes);
    let asked = encoding.map(of_name).transpose()?;
    let decoded = match (asked, mark) {
        (Some(asked), Some((found, _))) if asked != found => {
            let text = format!(
                "the text begins with the byte order mark of {}, so it is not {}; leave `--encoding` out",
                found.name(),
                asked.name()
            );
            return Err(refusal(None, text));
        }
        (_, Some((found, length))) => exact(bytes.get(length..).unwrap_or_default(), found)?,
        (Some(asked), None) => exact(bytes, asked)?,
        (None, None) => unmarked(bytes)?,
    };
    check_for_text(&decoded.text)?;
    Ok(decoded)
}

fn of_name(name: &str) -> Result<&'static Encoding, Refusal> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        let text = format!(
            "{} is not the name of an encoding; use one such as `utf-8`, `utf-16le`, `windows-1252` or `shift_jis`",
            shown(name)
        );
        refusal(None, text)
    })
}

fn exact<'b>(bytes: &'b [u8], encoding: &'static Encoding) -> Result<Decoded<'b>, Refusal> {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(Decoded {
            text,
            encoding: encoding.name(),
            is_assumed: false,
        }),
        None => {
            let place = first_fault(bytes, encoding);
            let text = format!(
                "the text is not valid {}; `--encoding` names another one",
                encoding.name()
            );
            Err(refusal(place, text))
        }
    }
}

/// The line of the first byte that has no meaning in an encoding.
fn first_fault(bytes: &[u8], encoding: &'static Encoding) -> Option<Place> {
    if encoding == UTF_8 {
        let error = std::str::from_utf8(bytes).err()?;
        return std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok().map(line_of);
    }
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Some(line_of(text.split('\u{fffd}').next().unwrap_or_default()))
}

fn unmarked(bytes: &[u8]) -> Result<Decoded<'_>, Refusal> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => {
            return Ok(Decoded {
                text: Cow::Borrowed(text),
                encoding: UTF_8.name(),
                is_assumed: false,
            });
        }
        Err(error) => error,
    };
    let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let valid = std::str::from_utf8(valid).unwrap_or_default();
    let place = Some(line_of(valid));
    // Text of another encoding is hardly ever UTF-8 by chance.
    if !valid.is_ascii() {
        let text = "the text is UTF-8 up to here, and then it is not. Look for a character that was cut in two, or \
                    name the encoding with `--encoding`";
        return Err(refusal(place, text.into()));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let is_text = |letter: char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\u{c}');
    if !text.chars().all(is_text) {
        let text = "the file is not text, or in an encoding that nothing in it names; name it with `--encoding`";
        return Err(refusal(place, text.into()));
    }
    Ok(Decoded {
        text,
        encoding: WINDOWS_1252.name(),
        is_assumed: true,
    })
}

/// The place behind a text.
fn line_of(before: &str) -> Place {
    Place::Line(1 + lines::ends(before), None)
}

fn refusal(place: Option<Place>, text: String) -> Refusal {
    Refusal { place, text }
}

/// The lines that a merge of Git has left in a text. A line of seven `=` counts only between two others, since people
/// underline with it.
#[must_use]
pub fn conflict_markers(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut is_open = false;
    for (number, line) in lines::numbered(text) {
        let is = |mark: &str| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        if is("<<<<<<<") {
            is_open = true;
        } else if is(">>>>>>>") {
            is_open = false;
        } else if !(is_open && (is("=======") || is("|||||||"))) {
            continue;
        }
        found.push(number);
    }
    found
}

fn check_for_text(text: &str) -> Result<(), Refusal> {
    match text.find('\0') {
        Some(at) => {
            let advice = "the file is not text: it has NUL bytes. If it is UTF-16, save it as UTF-8, or name it with `convert \
                          --encoding utf-16le` or `utf-16be`";
            Err(refusal(Some(line_of(&text[..at])), advice.into()))
        }
        None => Ok(()),
    }
}

/// What keeps a text from being a list, whatever is in it: it is no text, or half of a merge.
///
/// # Errors
///
/// With the line of the first such thing.
pub fn check(text: &str) -> Result<(), Refusal> {
    check_for_text(text)?;
    match conflict_markers(text).first() {
        Some(line) => {
            let advice = "the line is a conflict marker of Git; resolve the merge first".to_owned();
            Err(refusal(Some(Place::Line(*line, None)), advice))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<(String, &'static str, bool), String> {
        decode(bytes, None)
            .map(|decoded| (decoded.text.into_owned(), decoded.encoding, decoded.is_assumed))
            .map_err(|error| error.to_string())
    }

    fn wide(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn marks_and_valid_text_say_the_encoding() {
        let text = "Wert,Tür\r\n例";
        let told = |encoding| Ok((text.to_owned(), encoding, false));
        assert_eq!(read(text.as_bytes()), told("UTF-8"));
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), told("UTF-8"));
        let marked = format!("\u{feff}{text}");
        assert_eq!(read(&wide(&marked, u16::to_le_bytes)), told("UTF-16LE"));
        assert_eq!(read(&wide(&marked, u16::to_be_bytes)), told("UTF-16BE"));
        assert_eq!(read(b""), Ok((String::new(), "UTF-8", false)));
    }

    #[test]
    fn what_nothing_names_is_assumed_where_only_words_can_come_out_wrong() {
        assert_eq!(
            read(b"a,St\xf6rung\n\x80"),
            Ok(("a,Störung\n€".to_owned(), "windows-1252", true))
        );
        for (bytes, told) in [
            (&b"\xc3\xa9\n\xe9"[..], "line 2: the text is UTF-8 up to here"),
            (b"a\n\n\x81", "line 3: the file is not text, or in an encoding"),
            (b"a\n\xe9\x01", "line 2: the file is not text, or in an encoding"),
            (b"a\nb\0", "line 2: the file is not text: it has NUL bytes"),
            (b"\xff\xfea\0\n\0\0\xd8b\0", "line 2: the text is not valid UTF-16LE"),
            (b"\xef\xbb\xbfa\n\xe9", "line 2: the text is not valid UTF-8"),
            (b"PK\x03\x04\0\0", "this is a ZIP file"),
            (b"\x1f\x8b\x08", "this is a gzip file"),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
    }

    #[test]
    fn an_encoding_can_be_named() {
        let text = decode(b"\x83\x65", Some("Shift_JIS")).unwrap();
        assert_eq!(
            (&*text.text, text.encoding, text.is_assumed),
            ("テ", "Shift_JIS", false)
        );
        let text = decode(b"a\0b\0", Some("utf-16le")).unwrap();
        assert_eq!(&*text.text, "ab");
        for (bytes, name, told) in [
            (&b"a"[..], "klingon", "`klingon` is not the name of an encoding"),
            (b"a\n\xe9", "utf-8", "line 2: the text is not valid UTF-8"),
            (
                b"\xff\xfea\0",
                "utf-8",
                "the text begins with the byte order mark of UTF-16LE",
            ),
        ] {
            let error = decode(bytes, Some(name)).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }

    #[test]
    fn what_a_merge_left_is_found() {
        let text = "a\n<<<<<<< HEAD\nb\n||||||| base\n=======\r\nc\n>>>>>>> intel/new\n=======\n<<<<<<<<\n";
        assert_eq!(conflict_markers(text), [2, 4, 5, 7]);
        assert!(check(text).unwrap_err().to_string().starts_with("line 2: "));
        assert_eq!(conflict_markers("Title\n=======\n"), [0_usize; 0]);
        assert_eq!(conflict_markers(">>>>>>> left\n"), [1]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in any::<Vec<u8>>(), name in prop::option::of(prop::sample::select(vec!["utf-8", "utf-16be", "gbk", "x"]))) {
            if let Ok(decoded) = decode(&bytes, name) {
                prop_assert!(!decoded.text.contains('\0'));
                prop_assert_eq!(check(&decoded.text).is_ok(), conflict_markers(&decoded.text).is_empty());
            }
        }
    }
}
