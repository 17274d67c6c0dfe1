//! The words of a pattern.

use super::{At, Path, Span, fault};
use std::borrow::Cow;

/// A word of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    OpenBracket,
    CloseBracket,
    OpenParenthesis,
    CloseParenthesis,
    Comma,
    /// An operator that is made of signs.
    Compare(&'t str),
    /// A keyword, or the type of an object.
    Word(&'t str),
    Number,
    /// Text between single quotes, with what its escapes stand for.
    Text(Cow<'t, str>),
    /// An instant, hexadecimal or base64 data.
    Special,
    /// The beginning of a text in the wrong quotes.
    DoubleQuote,
}

impl Token<'_> {
    /// What it is, for messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::OpenBracket => "`[`".into(),
            Self::CloseBracket => "`]`".into(),
            Self::OpenParenthesis => "`(`".into(),
            Self::CloseParenthesis => "`)`".into(),
            Self::Comma => "`,`".into(),
            Self::Compare(sign) => format!("`{sign}`"),
            Self::Word(word) => crate::feed::shown(word),
            Self::Number => "a number".into(),
            Self::Text(_) | Self::Special | Self::DoubleQuote => "a value".into(),
        }
    }
}

/// Reads a pattern word by word, each once or twice.
pub(super) struct Lexer<'t> {
    text: &'t str,
    /// Where the next word, or the blanks before it, begin.
    position: usize,
    /// Where the last word began.
    last: usize,
    /// Where the last word ended.
    end: usize,
    /// How far columns are counted, and the column there.
    counted: (usize, usize),
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            position: 0,
            last: 0,
            end: 0,
            counted: (0, 1),
        }
    }

    /// Where the next word begins.
    pub(super) fn at(&mut self) -> usize {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
        self.position
    }

    /// Where the last word began; the end if there was none any more.
    pub(super) fn last(&self) -> usize {
        self.last
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.at();
        self.rest().is_empty()
    }

    /// The empty piece before the next word. Pieces are begun in the order of the text, so that columns are counted once.
    pub(super) fn start(&mut self) -> Span<'t> {
        let at = self.at();
        let (from, column) = self.counted;
        let column = column + self.text.get(from..at).unwrap_or_default().chars().count();
        self.counted = (at, column);
        Span {
            text: self.text.get(at..).unwrap_or_default(),
            column,
        }
    }

    /// The piece from there to the end of the last word.
    pub(super) fn since(&self, start: Span<'t>) -> Span<'t> {
        let length = start.text.len() - (self.text.len() - self.end).min(start.text.len());
        Span {
            text: start.text.get(..length).unwrap_or_default(),
            column: start.column,
        }
    }

    pub(super) fn peek(&mut self) -> Result<Option<Token<'t>>, At> {
        let at = self.at();
        let kept = (self.last, self.end);
        let token = self.next();
        self.position = at;
        (self.last, self.end) = kept;
        token
    }

    /// Takes the next word if it is this one.
    pub(super) fn take(&mut self, token: &Token<'t>) -> Result<bool, At> {
        // Texts are never asked for, so that none is read twice.
        if self.rest_at_word().starts_with(['\'', '"']) {
            return Ok(false);
        }
        let found = self.peek()?.as_ref() == Some(token);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    /// Takes the next word if it is this keyword.
    pub(super) fn take_word(&mut self, word: &str) -> Result<bool, At> {
        let rest = self.rest_at_word();
        let found = rest
            .strip_prefix(word)
            .is_some_and(|after| !after.starts_with(is_of_word) && !after.starts_with(':'));
        if found {
            self.last = self.position;
            self.position += word.len();
            self.end = self.position;
        }
        Ok(found)
    }

    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, At> {
        let start = self.at();
        self.last = start;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let single = match first {
            '[' => Some(Token::OpenBracket),
            ']' => Some(Token::CloseBracket),
            '(' => Some(Token::OpenParenthesis),
            ')' => Some(Token::CloseParenthesis),
            ',' => Some(Token::Comma),
            '"' => Some(Token::DoubleQuote),
            _ => None,
        };
        if let Some(token) = single {
            return Ok(Some(self.advance(1, token)));
        }
        if first == '\'' {
            let (text, length) = self.quoted(start)?;
            return Ok(Some(self.advance(length, Token::Text(text))));
        }
        // An instant, hexadecimal or base64 data: a letter before the quote.
        if matches!(first, 't' | 'h' | 'b') && rest[1..].starts_with('\'') {
            let (_, length) = self.quoted(start + 1)?;
            return Ok(Some(self.advance(length + 1, Token::Special)));
        }
        if let Some(sign) = ["==", "!=", "<>", "<=", ">=", "=", "<", ">"]
            .into_iter()
            .find(|sign| rest.starts_with(sign))
        {
            return Ok(Some(self.advance(sign.len(), Token::Compare(sign))));
        }
        let length = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
        let word = &rest[..length];
        if is_number(word) {
            return Ok(Some(self.advance(length, Token::Number)));
        }
        if length == 0 {
            let sign = first.to_string();
            return fault(start, format!("{} has no meaning here", crate::feed::shown(&sign)));
        }
        Ok(Some(self.advance(length, Token::Word(word))))
    }

    /// The property that stands next.
    pub(super) fn path(&mut self) -> Result<Path<'t>, At> {
        let start = self.at();
        self.last = start;
        let object = self.name();
        if object.is_empty() {
            return fault(start, "a property is missing, such as `domain-name:value`");
        }
        if !self.skip(':') {
            return fault(
                start,
                format!(
                    "{} is no property; one has a colon, as in `domain-name:value`",
                    crate::feed::shown(object)
                ),
            );
        }
        let mut keys = vec![self.key()?];
        loop {
            if self.skip('.') {
                keys.push(self.key()?);
            } else if self.rest_at_word().starts_with('[') {
                let rest = self.rest();
                let Some(length) = rest.find(']').map(|at| at + 1) else {
                    return fault(self.position, "the index is never closed with `]`");
                };
                let index = &rest[..length];
                let inner = index[1..length - 1].trim();
                if inner != "*" && !inner.bytes().all(|byte| byte.is_ascii_digit()) {
                    return fault(self.position, "an index is a number or `*`");
                }
                keys.push(Cow::Borrowed(index));
                self.position += length;
                self.end = self.position;
            } else {
                break;
            }
        }
        Ok(Path {
            object,
            keys,
            text: self.text.get(start..self.end).unwrap_or_default(),
        })
    }

    fn key(&mut self) -> Result<Cow<'t, str>, At> {
        let start = self.at();
        if self.rest().starts_with('\'') {
            let (key, length) = self.quoted(start)?;
            self.position += length;
            self.end = self.position;
            return Ok(key);
        }
        match self.name() {
            "" => fault(start, "the name of a property is missing"),
            name => Ok(Cow::Borrowed(name)),
        }
    }

    /// The letters, digits, hyphens and underscores that stand next.
    fn name(&mut self) -> &'t str {
        let rest = self.rest_at_word();
        let length = rest
            .find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')))
            .unwrap_or(rest.len());
        self.position += length;
        self.end = self.position;
        &rest[..length]
    }

    fn skip(&mut self, sign: char) -> bool {
        let found = self.rest_at_word().starts_with(sign);
        if found {
            self.position += sign.len_utf8();
            self.end = self.position;
        }
        found
    }

    fn advance(&mut self, length: usize, token: Token<'t>) -> Token<'t> {
        self.position += length;
        self.end = self.position;
        token
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn rest_at_word(&mut self) -> &'t str {
        self.at();
        self.rest()
    }

    /// The text between the quote at this byte and the next one that is not escaped, and its length with both.
    fn quoted(&self, open: usize) -> Result<(Cow<'t, str>, usize), At> {
        let inner = self.text.get(open + 1..).unwrap_or_default();
        let mut plain: Option<String> = None;
        let mut copied = 0;
        let mut letters = inner.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\'' => {
                    let text = match plain {
                        Some(mut plain) => {
                            plain.push_str(&inner[copied..at]);
                            Cow::Owned(plain)
                        }
                        None => Cow::Borrowed(&inner[..at]),
                    };
                    return Ok((text, at + 2));
                }
                '\\' => {
                    // What stands behind is taken as it is: the standard knows a quote and a backslash there, and people
                    // write paths of Windows with single ones.
                    let plain = plain.get_or_insert_with(String::new);
                    plain.push_str(&inner[copied..at]);
                    copied = at + 1;
                    match letters.next() {
                        Some((_, '\'' | '\\')) | None => {}
                        Some(_) => plain.push('\\'),
                    }
                }
                _ => {}
            }
        }
        fault(open, "the text is never closed with `'`")
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '+') || !letter.is_ascii()
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !digits.is_empty() && digits != "." && all_digits(whole) && all_digits(part)
}
