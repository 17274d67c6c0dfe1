//! The words of a filter.
//!
//! **Invariant:** every token knows where it begins, so that errors can say it.

use jiff::Timestamp;

use crate::simulator::time;

/// One word, with the position of its first character.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub word: Word,
    /// How many characters come before it.
    pub position: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// A property, an operator, a function, a variable or a named constant.
    Name(String),
    /// Text in quotes; a doubled quote stands for one.
    Text(String),
    /// A whole number.
    Number(i64),
    /// An instant.
    Time(Timestamp),
    /// A parenthesis, bracket, comma, slash or colon.
    Sign(char),
}

/// Splits a filter into words.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = characters.get(at).copied() {
        let position = at;
        let word = match first {
            ' ' | '\t' => {
                at += 1;
                continue;
            }
            '\'' => quoted(&characters, &mut at).ok_or_else(|| {
                format!(
                    "There is an unterminated string literal at position {} in '{text}'.",
                    characters.len()
                )
            })?,
            '(' | ')' | '[' | ']' | ',' | '/' | ':' => {
                at += 1;
                Word::Sign(first)
            }
            _ => {
                let literal = first.is_ascii_digit() || first == '-';
                let belongs = |c: &char| c.is_alphanumeric() || *c == '_' || (literal && "-:.+".contains(*c));
                let word: String = characters[at..].iter().take_while(|c| belongs(c)).collect();
                at += word.chars().count();
                let read = if literal {
                    number_or_time(&word)
                } else {
                    Some(Word::Name(word.clone()))
                };
                match read {
                    Some(read) if !word.is_empty() => read,
                    _ => return Err(syntax_error(position, text)),
                }
            }
        };
        tokens.push(Token { word, position });
    }
    Ok(tokens)
}

/// The message for a word that does not belong where it stands.
pub fn syntax_error(position: usize, text: &str) -> String {
    format!("Syntax error at position {position} in '{text}'.")
}

fn quoted(characters: &[char], at: &mut usize) -> Option<Word> {
    let mut content = String::new();
    *at += 1;
    loop {
        match (characters.get(*at)?, characters.get(*at + 1)) {
            ('\'', Some('\'')) => {
                content.push('\'');
                *at += 2;
            }
            ('\'', _) => {
                *at += 1;
                return Some(Word::Text(content));
            }
            (character, _) => {
                content.push(*character);
                *at += 1;
            }
        }
    }
}

fn number_or_time(word: &str) -> Option<Word> {
    word.parse()
        .ok()
        .map(Word::Number)
        .or_else(|| time::parse(word).map(Word::Time))
}
