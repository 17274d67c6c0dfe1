//! From words to an expression.
//!
//! **Invariant:** a comparison whose sides have different types is refused here, in the words of the OData library.

use super::token::{Token, Word, syntax_error, tokens};
use super::{Expression, Function, Operand, Operator};
use crate::simulator::columns::{COLUMNS, Kind, position};
use crate::simulator::options::Options;
use crate::simulator::switches::FilterProperties;

const ENTITY: &str = "microsoft.windowsDefenderATP.api.Indicator";
const DEEPEST: usize = 100;

/// Reads a whole filter.
pub fn parse(text: &str, options: &Options) -> Result<Expression, String> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        variable: None,
        properties: options.filter_properties,
    };
    let expression = parser.either()?;
    match parser.tokens.get(parser.next) {
        None => Ok(expression),
        Some(token) => Err(syntax_error(token.position, text)),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// Inside of `any`: the variable's name and the column whose elements it stands for.
    variable: Option<(String, usize)>,
    properties: FilterProperties,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Expression, String> {
        let mut left = self.both()?;
        while self.takes_name("or") {
            left = Expression::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut left = self.single()?;
        while self.takes_name("and") {
            left = Expression::And(Box::new(left), Box::new(self.single()?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Recursion depth exceeded allowed limit.".to_owned());
        }
        let expression = if self.takes_name("not") {
            Expression::Not(Box::new(self.single()?))
        } else if self.takes('(') {
            let inner = self.either()?;
            self.expect(')')?;
            inner
        } else if let Some(function) = self.takes_function() {
            let text = self.operand()?;
            self.expect(',')?;
            let part = self.operand()?;
            self.expect(')')?;
            if [&text, &part]
                .into_iter()
                .any(|operand| kind_name(operand) != "Edm.String")
            {
                return Err(self.error_at(self.next.saturating_sub(1)));
            }
            Expression::Match(function, text, part)
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        let left = self.operand()?;
        if let Operand::Column(column) = left
            && is_list(column)
        {
            return self.any(column);
        }
        if self.takes_name("in") {
            return self.list(left);
        }
        let Some(operator) = self.takes_operator() else {
            // A property that is true or false is an expression by itself.
            if kind_name(&left) == "Edm.Boolean" {
                return Ok(Expression::Compare(left, Operator::Equal, Operand::Flag(true)));
            }
            return Err(self.error_at(self.next));
        };
        let right = self.operand()?;
        check_types(&left, operator, &right)?;
        Ok(Expression::Compare(left, operator, right))
    }

    fn list(&mut self, left: Operand) -> Result<Expression, String> {
        // OData's lists stand in parentheses; clients send brackets too, and the service takes them.
        let closing = if self.takes('[') { ']' } else { ')' };
        if closing == ')' {
            self.expect('(')?;
        }
        let mut items = Vec::new();
        loop {
            let item = self.operand()?;
            check_types(&left, Operator::Equal, &item)?;
            items.push(item);
            if !self.takes(',') {
                break;
            }
        }
        self.expect(closing)?;
        Ok(Expression::In(left, items))
    }

    fn any(&mut self, column: usize) -> Result<Expression, String> {
        self.expect('/')?;
        if !self.takes_name("any") {
            return Err(self.error_at(self.next));
        }
        self.expect('(')?;
        let Some(Word::Name(variable)) = self.word().cloned() else {
            return Err(self.error_at(self.next));
        };
        self.next += 1;
        self.expect(':')?;
        let outer = self.variable.replace((variable, column));
        let inner = self.either()?;
        self.variable = outer;
        self.expect(')')?;
        Ok(Expression::Any(column, Box::new(inner)))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let operand = match self.word() {
            Some(Word::Text(text)) => Operand::Text(text.clone()),
            Some(Word::Number(number)) => Operand::Number(*number),
            Some(Word::Time(instant)) => Operand::Time(*instant),
            Some(Word::Name(name)) => self.named(name)?,
            _ => return Err(self.error_at(self.next)),
        };
        self.next += 1;
        Ok(operand)
    }

    fn named(&self, name: &str) -> Result<Operand, String> {
        match (name, &self.variable) {
            ("null", _) => return Ok(Operand::Null),
            ("true", _) => return Ok(Operand::Flag(true)),
            ("false", _) => return Ok(Operand::Flag(false)),
            (name, Some((variable, column))) if name == variable => return Ok(Operand::Element(*column)),
            _ => {}
        }
        let Some(column) = position(name) else {
            return Err(format!("Could not find a property named '{name}' on type '{ENTITY}'."));
        };
        if self.properties == FilterProperties::Documented && !COLUMNS[column].filterable {
            return Err(format!(
                "The property '{name}' cannot be used in the $filter query option."
            ));
        }
        Ok(Operand::Column(column))
    }

    fn word(&self) -> Option<&Word> {
        self.tokens.get(self.next).map(|token| &token.word)
    }

    fn takes_name(&mut self, name: &str) -> bool {
        let found = matches!(self.word(), Some(Word::Name(word)) if word == name);
        self.next += usize::from(found);
        found
    }

    fn takes(&mut self, sign: char) -> bool {
        let found = self.word() == Some(&Word::Sign(sign));
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.error_at(self.next))
        }
    }

    fn takes_function(&mut self) -> Option<Function> {
        let opens = self
            .tokens
            .get(self.next + 1)
            .is_some_and(|token| token.word == Word::Sign('('));
        let Some(Word::Name(name)) = self.word().filter(|_| opens) else {
            return None;
        };
        let function = match name.as_str() {
            "contains" => Function::Contains,
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            _ => return None,
        };
        self.next += 2;
        Some(function)
    }

    fn takes_operator(&mut self) -> Option<Operator> {
        let Some(Word::Name(name)) = self.word() else {
            return None;
        };
        let operator = match name.as_str() {
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "gt" => Operator::GreaterThan,
            "ge" => Operator::GreaterThanOrEqual,
            "lt" => Operator::LessThan,
            "le" => Operator::LessThanOrEqual,
            _ => return None,
        };
        self.next += 1;
        Some(operator)
    }

    fn error_at(&self, token: usize) -> String {
        let position = self
            .tokens
            .get(token)
            .map_or(self.text.chars().count(), |token| token.position);
        syntax_error(position, self.text)
    }
}

fn is_list(column: usize) -> bool {
    matches!(COLUMNS[column].kind, Kind::Texts | Kind::Numbers)
}

fn check_types(left: &Operand, operator: Operator, right: &Operand) -> Result<(), String> {
    for (column, other) in [(left, right), (right, left)] {
        if let (Operand::Column(column), Operand::Text(text)) = (column, other)
            && let Kind::Choice(enumeration) = COLUMNS[*column].kind
            && !enumeration.has(text)
        {
            return Err(format!("The string '{text}' is not a valid enumeration type constant."));
        }
    }
    let (left, right) = (kind_name(left), kind_name(right));
    if left == right || left == "null" || right == "null" {
        return Ok(());
    }
    Err(format!(
        "A binary operator with incompatible types was detected. Found operand types '{left}' and '{right}' for \
         operator kind '{operator:?}'."
    ))
}

fn kind_name(operand: &Operand) -> &'static str {
    match operand {
        Operand::Column(column) | Operand::Element(column) => match COLUMNS[*column].kind {
            Kind::Text | Kind::Choice(_) | Kind::Texts => "Edm.String",
            Kind::Number(..) | Kind::Numbers => "Edm.Int32",
            Kind::Flag => "Edm.Boolean",
            Kind::Time => "Edm.DateTimeOffset",
            Kind::Certificate => "Edm.ComplexType",
        },
        Operand::Null => "null",
        Operand::Flag(_) => "Edm.Boolean",
        Operand::Number(_) => "Edm.Int32",
        Operand::Time(_) => "Edm.DateTimeOffset",
        Operand::Text(_) => "Edm.String",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_and_where() {
        let deep = format!("{}title eq 'x'{}", "(".repeat(200), ")".repeat(200));
        let cases = [
            ("", "Syntax error at position 0 in ''."),
            ("title", "Syntax error at position 5 in 'title'."),
            ("title eq", "Syntax error at position 8 in 'title eq'."),
            ("title == 'x'", "Syntax error at position 6 in 'title == 'x''."),
            (
                "title eq 'x' action",
                "Syntax error at position 13 in 'title eq 'x' action'.",
            ),
            (
                "title eq 'x",
                "There is an unterminated string literal at position 11 in 'title eq 'x'.",
            ),
            (
                "Title eq 'x'",
                "Could not find a property named 'Title' on type 'microsoft.windowsDefenderATP.api.Indicator'.",
            ),
            (
                "action eq 'block'",
                "The string 'block' is not a valid enumeration type constant.",
            ),
            (
                "expirationTime ge '2024-01-01T00:00:00Z'",
                "A binary operator with incompatible types was detected. Found operand types 'Edm.DateTimeOffset' and \
                 'Edm.String' for operator kind 'GreaterThanOrEqual'.",
            ),
            (
                "generateAlert eq 'true'",
                "A binary operator with incompatible types was detected. Found operand types 'Edm.Boolean' and \
                 'Edm.String' for operator kind 'Equal'.",
            ),
            ("title in []", "Syntax error at position 10 in 'title in []'."),
            ("title in ['a')", "Syntax error at position 13 in 'title in ['a')'."),
            (
                "rbacGroupNames eq 'A'",
                "Syntax error at position 15 in 'rbacGroupNames eq 'A''.",
            ),
            (
                "expirationTime ge 2024-01-01",
                "Syntax error at position 18 in 'expirationTime ge 2024-01-01'.",
            ),
            ("title EQ 'x'", "Syntax error at position 6 in 'title EQ 'x''."),
            (
                "contains(title,1)",
                "Syntax error at position 16 in 'contains(title,1)'.",
            ),
            (&deep, "Recursion depth exceeded allowed limit."),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, &Options::default()).unwrap_err(), expected);
        }
    }
}
