//! The pattern language of STIX 2: what a pattern says, with the place of every value and of the first fault.
//!
//! By the grammar of the standard (STIX 2.1, chapter 9): AND binds closer than OR, in and between observations, and both
//! closer than FOLLOWEDBY; NOT stands before an operator. Two spellings beyond it occur and have one meaning: a key with a
//! hyphen and no quotes, and NOT before a whole comparison.

mod lexer;
#[cfg(test)]
mod tests;

use lexer::{Lexer, Token};
use std::borrow::Cow;

/// How deep brackets may stand in each other. Nobody writes three.
const DEEPEST: usize = 50;

/// What is to be observed.
#[derive(Debug, PartialEq)]
pub(super) enum Observation<'t> {
    /// Facts of one observation.
    Facts(Facts<'t>),
    /// Any of these.
    Or(Vec<Observation<'t>>),
    /// Several observations that belong together in a way that a list of values cannot say.
    Group {
        bond: Bond,
        parts: Vec<Observation<'t>>,
        span: Span<'t>,
    },
}

/// What several observations have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    /// All of them are made.
    And,
    /// They are made in this order.
    FollowedBy,
    /// They are made within a time, or several times.
    Qualified,
}

/// Facts of one observation.
#[derive(Debug, PartialEq)]
pub(super) enum Facts<'t> {
    /// One comparison.
    Comparison(Comparison<'t>),
    /// Any of these.
    Or(Vec<Facts<'t>>),
    /// All of these.
    And(Vec<Facts<'t>>, Span<'t>),
}

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<'t> {
    /// What is written there.
    pub text: &'t str,
    /// The column of its first character, counted from 1.
    pub column: usize,
}

/// A property of an object compared with something.
#[derive(Debug, PartialEq)]
pub(super) struct Comparison<'t> {
    pub path: Path<'t>,
    pub negated: bool,
    pub operator: Operator,
    /// What it is compared with: one, but for [`Operator::In`] and [`Operator::Exists`].
    pub literals: Vec<Literal<'t>>,
    pub span: Span<'t>,
}

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    In,
    Like,
    Matches,
    IsSubset,
    IsSuperset,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Exists,
}

/// A property: the type of an object, and the way to the property.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path<'t> {
    pub object: &'t str,
    /// The names on the way; an index is one in its brackets.
    pub keys: Vec<Cow<'t, str>>,
    /// As it is written.
    pub text: &'t str,
}

/// What a property is compared with.
#[derive(Debug, PartialEq)]
pub(super) struct Literal<'t> {
    /// The text; nothing for a number, an instant and the like.
    pub text: Option<Cow<'t, str>>,
    pub span: Span<'t>,
}

/// The first thing that is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub text: String,
}

/// Reads a pattern.
pub(super) fn parse(text: &str) -> Result<Observation<'_>, Fault> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        depth: 0,
    };
    parser.pattern().map_err(|error| Fault {
        column: text.get(..error.at).unwrap_or(text).chars().count() + 1,
        text: error.text,
    })
}

/// A fault by the byte at which it stands, so that columns are counted once.
#[derive(Debug)]
struct At {
    at: usize,
    text: String,
}

fn fault<T>(at: usize, text: impl Into<String>) -> Result<T, At> {
    Err(At { at, text: text.into() })
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn pattern(&mut self) -> Result<Observation<'t>, At> {
        if self.lexer.is_at_end() {
            return fault(0, "the pattern is empty");
        }
        let whole = self.followed_by()?;
        match self.lexer.peek()? {
            None => Ok(whole),
            Some(token) => fault(
                self.lexer.at(),
                format!("{} stands after the end of the pattern", token.name()),
            ),
        }
    }

    fn followed_by(&mut self) -> Result<Observation<'t>, At> {
        let start = self.lexer.start();
        let mut parts = vec![self.any_observation()?];
        while self.lexer.take_word("FOLLOWEDBY")? {
            parts.push(self.any_observation()?);
        }
        Ok(self.group(Bond::FollowedBy, parts, start))
    }

    fn any_observation(&mut self) -> Result<Observation<'t>, At> {
        let mut parts = vec![self.all_observations()?];
        while self.lexer.take_word("OR")? {
            parts.push(self.all_observations()?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Observation::Or(parts),
        })
    }

    fn all_observations(&mut self) -> Result<Observation<'t>, At> {
        let start = self.lexer.start();
        let mut parts = vec![self.observation()?];
        while self.lexer.take_word("AND")? {
            parts.push(self.observation()?);
        }
        Ok(self.group(Bond::And, parts, start))
    }

    /// One part is itself.
    fn group(&self, bond: Bond, mut parts: Vec<Observation<'t>>, start: Span<'t>) -> Observation<'t> {
        match parts.len() {
            1 => parts.remove(0),
            _ => Observation::Group {
                bond,
                parts,
                span: self.lexer.since(start),
            },
        }
    }

    fn observation(&mut self) -> Result<Observation<'t>, At> {
        let start = self.lexer.start();
        let mut observation = match self.lexer.next()? {
            Some(Token::OpenBracket) => {
                let facts = self.any_fact()?;
                self.expect(&Token::CloseBracket, "]")?;
                Observation::Facts(facts)
            }
            Some(Token::OpenParenthesis) => {
                self.deeper()?;
                let inner = self.followed_by()?;
                self.expect(&Token::CloseParenthesis, ")")?;
                self.depth -= 1;
                inner
            }
            Some(token) => {
                return fault(
                    self.lexer.last(),
                    format!("an observation begins with `[`, not with {}", token.name()),
                );
            }
            None => return fault(self.lexer.last(), "an observation is missing; it begins with `[`"),
        };
        let mut is_qualified = false;
        while self.qualifier()? {
            is_qualified = true;
        }
        if is_qualified {
            observation = Observation::Group {
                bond: Bond::Qualified,
                parts: vec![observation],
                span: self.lexer.since(start),
            };
        }
        Ok(observation)
    }

    fn qualifier(&mut self) -> Result<bool, At> {
        if self.lexer.take_word("WITHIN")? {
            self.number()?;
            self.keyword("SECONDS")?;
        } else if self.lexer.take_word("REPEATS")? {
            self.number()?;
            self.keyword("TIMES")?;
        } else if self.lexer.take_word("START")? {
            self.literal()?;
            self.keyword("STOP")?;
            self.literal()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn number(&mut self) -> Result<(), At> {
        match self.lexer.next()? {
            Some(Token::Number) => Ok(()),
            _ => fault(self.lexer.last(), "a number is missing"),
        }
    }

    fn keyword(&mut self, word: &str) -> Result<(), At> {
        if self.lexer.take_word(word)? {
            return Ok(());
        }
        fault(self.lexer.at(), format!("`{word}` is missing"))
    }

    fn any_fact(&mut self) -> Result<Facts<'t>, At> {
        let mut parts = vec![self.all_facts()?];
        while self.lexer.take_word("OR")? {
            parts.push(self.all_facts()?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Facts::Or(parts),
        })
    }

    fn all_facts(&mut self) -> Result<Facts<'t>, At> {
        let start = self.lexer.start();
        let mut parts = vec![self.fact(false)?];
        while self.lexer.take_word("AND")? {
            parts.push(self.fact(false)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Facts::And(parts, self.lexer.since(start)),
        })
    }

    fn fact(&mut self, negated: bool) -> Result<Facts<'t>, At> {
        if self.lexer.take(&Token::OpenParenthesis)? {
            self.deeper()?;
            let mut inner = self.any_fact()?;
            self.expect(&Token::CloseParenthesis, ")")?;
            self.depth -= 1;
            if negated {
                negate(&mut inner);
            }
            return Ok(inner);
        }
        if self.lexer.take_word("NOT")? {
            self.deeper()?;
            // Two of them are no reason to take the value for a good one.
            let inner = self.fact(true)?;
            self.depth -= 1;
            return Ok(inner);
        }
        self.comparison(negated).map(Facts::Comparison)
    }

    fn comparison(&mut self, mut negated: bool) -> Result<Comparison<'t>, At> {
        let start = self.lexer.start();
        if self.lexer.take_word("EXISTS")? {
            let path = self.lexer.path()?;
            return Ok(Comparison {
                path,
                negated,
                operator: Operator::Exists,
                literals: Vec::new(),
                span: self.lexer.since(start),
            });
        }
        let path = self.lexer.path()?;
        negated |= self.lexer.take_word("NOT")?;
        let operator = match self.lexer.next()? {
            Some(Token::Compare("=" | "==")) => Operator::Equal,
            Some(Token::Compare("!=" | "<>")) => {
                negated = true;
                Operator::Equal
            }
            Some(Token::Compare("<")) => Operator::Less,
            Some(Token::Compare(">")) => Operator::Greater,
            Some(Token::Compare("<=")) => Operator::LessOrEqual,
            Some(Token::Compare(">=")) => Operator::GreaterOrEqual,
            Some(Token::Word("IN")) => Operator::In,
            Some(Token::Word("LIKE")) => Operator::Like,
            Some(Token::Word("MATCHES")) => Operator::Matches,
            Some(Token::Word("ISSUBSET")) => Operator::IsSubset,
            Some(Token::Word("ISSUPERSET")) => Operator::IsSuperset,
            _ => return fault(self.lexer.last(), "an operator is missing, such as `=`"),
        };
        let literals = match operator {
            Operator::In => self.set()?,
            _ => vec![self.literal()?],
        };
        Ok(Comparison {
            path,
            negated,
            operator,
            literals,
            span: self.lexer.since(start),
        })
    }

    fn set(&mut self) -> Result<Vec<Literal<'t>>, At> {
        self.expect(&Token::OpenParenthesis, "(")?;
        let mut literals = Vec::new();
        if self.lexer.take(&Token::CloseParenthesis)? {
            return fault(self.lexer.last(), "the set is empty");
        }
        loop {
            literals.push(self.literal()?);
            if self.lexer.take(&Token::CloseParenthesis)? {
                return Ok(literals);
            }
            self.expect(&Token::Comma, ",")?;
        }
    }

    fn literal(&mut self) -> Result<Literal<'t>, At> {
        let start = self.lexer.start();
        let text = match self.lexer.next()? {
            Some(Token::Text(text)) => Some(text),
            Some(Token::Number | Token::Special | Token::Word("true" | "false")) => None,
            Some(Token::Word(_) | Token::DoubleQuote) => {
                return fault(
                    self.lexer.last(),
                    "a value stands between single quotes, such as `'evil.example'`",
                );
            }
            _ => return fault(self.lexer.last(), "a value is missing"),
        };
        Ok(Literal {
            text,
            span: self.lexer.since(start),
        })
    }

    fn expect(&mut self, token: &Token<'t>, written: &str) -> Result<(), At> {
        if self.lexer.take(token)? {
            return Ok(());
        }
        fault(self.lexer.at(), format!("`{written}` is missing"))
    }

    fn deeper(&mut self) -> Result<(), At> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return fault(self.lexer.last(), "there are too many brackets in each other");
        }
        Ok(())
    }
}

fn negate(facts: &mut Facts<'_>) {
    match facts {
        Facts::Comparison(comparison) => comparison.negated = true,
        Facts::Or(parts) | Facts::And(parts, _) => parts.iter_mut().for_each(negate),
    }
}
