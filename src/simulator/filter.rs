//! `$filter`: the expressions of OData that clients of the service use.
//!
//! **Invariant:** whatever parses can be evaluated on every row; types are settled while parsing.

mod token;
mod parse;

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::columns::{COLUMNS, Kind};
use super::options::Options;
use super::row::Row;
use super::time;

/// A parsed filter.
#[derive(Debug)]
pub struct Filter(Expression);

impl Filter {
    /// Reads a filter; the error is the message of an `ODataError`.
    pub fn parse(text: &str, options: &Options) -> Result<Self, String> {
        parse::parse(text, options).map(Self)
    }

    /// Whether a row passes.
    pub fn admits(&self, row: &Row) -> bool {
        self.0.holds(row, &Value::Null)
    }
}

#[derive(Debug)]
enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Compare(Operand, Operator, Operand),
    In(Operand, Vec<Operand>),
    Match(Function, Operand, Operand),
    Any(usize, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone)]
enum Operand {
    Column(usize),
    /// The variable of the `any` around it, over the elements of this column.
    Element(usize),
    Null,
    Flag(bool),
    Number(i64),
    Time(Timestamp),
    Text(String),
}

/// What an operand comes to on one row.
#[derive(Debug, PartialEq, PartialOrd)]
enum Content<'a> {
    Null,
    Flag(bool),
    Number(i64),
    Time(Timestamp),
    Text(&'a str),
}

impl Expression {
    fn holds(&self, row: &Row, element: &Value) -> bool {
        match self {
            Self::And(left, right) => left.holds(row, element) && right.holds(row, element),
            Self::Or(left, right) => left.holds(row, element) || right.holds(row, element),
            Self::Not(inner) => !inner.holds(row, element),
            Self::Compare(left, operator, right) => {
                operator.holds(&left.content(row, element), &right.content(row, element))
            }
            Self::In(operand, list) => {
                let content = operand.content(row, element);
                list.iter().any(|item| item.content(row, element) == content)
            }
            Self::Match(function, text, part) => match (text.content(row, element), part.content(row, element)) {
                (Content::Text(text), Content::Text(part)) => function.holds(text, part),
                _ => false,
            },
            Self::Any(column, inner) => row.values()[*column]
                .as_array()
                .into_iter()
                .flatten()
                .any(|element| inner.holds(row, element)),
        }
    }
}

impl Operator {
    fn holds(self, left: &Content, right: &Content) -> bool {
        let either_is_null = *left == Content::Null || *right == Content::Null;
        let ordering = left.partial_cmp(right).filter(|_| !either_is_null);
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::GreaterThan => ordering == Some(Ordering::Greater),
            Self::GreaterThanOrEqual => ordering.is_some_and(Ordering::is_ge),
            Self::LessThan => ordering == Some(Ordering::Less),
            Self::LessThanOrEqual => ordering.is_some_and(Ordering::is_le),
        }
    }
}

impl Function {
    fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::Contains => text.contains(part),
            Self::StartsWith => text.starts_with(part),
            Self::EndsWith => text.ends_with(part),
        }
    }
}

impl Operand {
    fn content<'a>(&'a self, row: &'a Row, element: &'a Value) -> Content<'a> {
        let of = |value: &'a Value, kind: Kind| match (value, kind) {
            (Value::String(text), Kind::Time) => time::parse(text).map_or(Content::Null, Content::Time),
            (Value::String(text), _) => Content::Text(text),
            (Value::Bool(flag), _) => Content::Flag(*flag),
            (value, _) => value.as_i64().map_or(Content::Null, Content::Number),
        };
        match self {
            Self::Column(position) => of(&row.values()[*position], COLUMNS[*position].kind),
            Self::Element(position) => of(element, COLUMNS[*position].kind),
            Self::Null => Content::Null,
            Self::Flag(flag) => Content::Flag(*flag),
            Self::Number(number) => Content::Number(*number),
            Self::Time(instant) => Content::Time(*instant),
            Self::Text(text) => Content::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::simulator::switches::FilterProperties;

    fn row() -> Row {
        let given = json!({"id": "7", "indicatorValue": "https://a.example/?q='x'&y", "indicatorType": "Url",
            "action": "Block", "severity": "High", "title": "C2 server", "application": null, "generateAlert": true,
            "expirationTime": "2024-12-12T00:00:00Z", "creationTimeDateTimeUtc": "2024-01-01T00:00:00.5Z",
            "rbacGroupNames": ["A", "B"], "rbacGroupIds": [1, 2], "category": 4});
        let values = COLUMNS
            .iter()
            .map(|c| given.get(c.name).cloned().unwrap_or(c.default_value()))
            .collect();
        Row::new(values, Map::new())
    }

    #[test]
    fn filters_are_evaluated() {
        let cases = [
            ("indicatorValue eq 'https://a.example/?q=''x''&y'", true),
            ("indicatorValue eq 'https://a.example'", false),
            ("'Block' eq action", true),
            ("action ne 'Block'", false),
            ("severity eq 'High' and indicatorType eq 'Url'", true),
            ("severity eq 'Low' or indicatorType eq 'Url'", true),
            ("severity eq 'Low' or severity eq 'High' and action eq 'Allowed'", false),
            ("(severity eq 'Low' or severity eq 'High') and action eq 'Block'", true),
            ("not (severity eq 'High')", false),
            ("not contains(title,'x')", true),
            ("contains(title,'2 s')", true),
            ("contains(title, 'c2')", false),
            ("startswith(title,'C2')", true),
            ("endswith(title,'C2')", false),
            ("contains(application,'x')", false),
            ("application eq null", true),
            ("application ne 'x'", true),
            ("generateAlert eq true", true),
            ("generateAlert eq false", false),
            ("generateAlert", true),
            ("expirationTime ge 2024-12-12T00:00:00Z", true),
            ("expirationTime gt 2024-12-12T00:00:00Z", false),
            ("expirationTime le 2024-12-12T01:00:00+01:00", true),
            ("expirationTime lt 2024-12-12T00:00:00.0000001Z", true),
            ("creationTimeDateTimeUtc eq 2024-01-01T00:00:00.500Z", true),
            ("application gt null", false),
            ("indicatorValue in ['x','https://a.example/?q=''x''&y']", true),
            ("indicatorType in ('Url', 'IpAddress')", true),
            ("indicatorType in ('FileSha1')", false),
            ("rbacGroupNames/any(g: g eq 'B')", true),
            ("rbacGroupNames/any(g:startswith(g,'C') or g eq 'D')", false),
            ("rbacGroupIds/any(i:i eq 2)", true),
        ];
        for (text, expected) in cases {
            let filter = Filter::parse(text, &Options::default()).unwrap();
            assert_eq!(filter.admits(&row()), expected, "{text}");
        }
    }

    #[test]
    fn other_properties_follow_the_switch() {
        let any = Options {
            filter_properties: FilterProperties::Any,
            ..Options::default()
        };
        let message = "The property 'category' cannot be used in the $filter query option.";
        assert_eq!(
            Filter::parse("category eq 4", &Options::default()).unwrap_err(),
            message
        );
        for (text, expected) in [("category eq 4", true), ("category gt 4", false), ("id eq '7'", true)] {
            assert_eq!(Filter::parse(text, &any).unwrap().admits(&row()), expected, "{text}");
        }
    }
}
