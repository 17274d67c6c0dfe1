//! `provider::mde::parse_csv`: the portal's CSV, and others like it, as exactly the type of the `indicators` attribute.

use super::collected::{Collected, Conflict};
use super::element::{blank, put};
use crate::feed::csv::{self, Cell, Column, Meaning, Record};
use crate::feed::{Problem, shown};
use crate::indicator::rules::{self, Finding, check_value, undetected};
use crate::indicator::{Field, FieldSet, IndicatorType, detect_type};
use crate::provider::fields::attribute;
use crate::provider::row::no_defaults;
use crate::provider::set::{element_type, read_element};
use crate::tf::{AttributeKind, Function, FunctionError, Object, Parameter, Value, ValueType};
use std::collections::BTreeMap;

/// The function `parse_csv`.
pub struct ParseCsv;

impl Function for ParseCsv {
    fn name(&self) -> &'static str {
        "parse_csv"
    }

    fn summary(&self) -> String {
        "Makes the `indicators` of a set from a CSV such as the Defender portal's".into()
    }

    fn description(&self) -> String {
        "Takes the text of a CSV file and returns exactly the type of the attribute `indicators` of `mde_indicator_set`, \
         which costs Terraform no conversion.\n\n\
         The first line names the columns, as the Defender portal does (`IndicatorType`, `IndicatorValue`, \
         `ExpirationTime`, `Action`, `Severity`, `Title`, `Description`, `RecommendedActions`, `RbacGroups`, `Category`, \
         `MitreTechniques`, `GenerateAlert`) or by the attributes of an indicator (`type`, `value`, `expiration_time`, \
         `external_id` and all others; `certificate_info_issuer`, `_serial`, `_subject` and `_sha256` for the facts of a \
         certificate), in any order, with or without capitals, spaces, `_` and `-`. Only the column of the values must be \
         there. What nobody can set (`id`, `createdBy`, `createdByDisplayName`, `createdBySource`, `creationTime`, \
         `creationTimeDateTimeUtc`, `lastUpdateTime`, `lastUpdatedBy`) is passed over. Any other column is an error, so \
         that no misspelt `Action` is lost.\n\n\
         An empty cell is absent: the set's own attribute holds, or the service's default. A cell holds a list joined by \
         commas, within quotes. Blank rows, a byte order mark and any ends of lines are fine. The same row twice is one \
         row; two rows of one value that differ are an error, since a set has one row for a value unless it is given keys \
         of its own.\n\n\
         Every row is checked as far as it goes by itself: its cells, and what the service is known to refuse. Errors \
         name the line, the column by its own header, the rule and what to do, all of them at once."
            .into()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new(
            "text",
            ValueType::String,
            "The text of the CSV, such as `file(\"intel/c2.csv\")`.",
        )]
    }

    fn returns(&self) -> ValueType {
        ValueType::map(ValueType::Object(element_type().clone()))
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        let table = csv::parse(text);
        let mut reading = Reading {
            columns: &table.columns,
            collected: Collected::default(),
        };
        table.problems.into_iter().for_each(|problem| reading.problem(problem));
        let has_values = reading.header(Field::Value).is_some();
        for row in table.rows {
            match row {
                Err(problem) => reading.problem(problem),
                Ok(record) if has_values => reading.record(&record),
                // That there is no column of values is said already.
                Ok(_) => {}
            }
        }
        reading.collected.finish()
    }
}

struct Reading<'t> {
    columns: &'t [Column],
    collected: Collected,
}

impl Reading<'_> {
    fn problem(&mut self, problem: Problem) {
        self.note(problem.line, problem.column.as_deref(), problem.text);
    }

    fn note(&mut self, line: usize, column: Option<&str>, text: String) {
        self.collected.problems.add(&format!("line {line}"), column, text);
    }

    /// What the file calls the column of a field.
    fn header(&self, field: Field) -> Option<&str> {
        let column = self.columns.iter().find(|column| match column.meaning {
            Meaning::Field(meant) => meant == field,
            Meaning::Certificate(_) => field == Field::CertificateInfo,
            _ => false,
        });
        column.map(|column| column.header.as_str())
    }

    fn note_field(&mut self, line: usize, field: Field, text: String) {
        let header = self.header(field).map(str::to_owned);
        self.note(line, header.as_deref(), text);
    }

    fn record(&mut self, record: &Record) {
        let mut key = None;
        let mut element = blank();
        let mut certificate = BTreeMap::new();
        for Cell { column, text } in &record.cells {
            let value = Value::from(text.as_str());
            match self.columns.get(*column).map(|column| column.meaning) {
                Some(Meaning::Field(Field::Value)) => key = Some(text.clone()),
                Some(Meaning::Field(field)) => self.cell(record.line, &mut element, field, &value),
                Some(Meaning::Certificate(fact)) => drop(certificate.insert(fact.to_owned(), value)),
                _ => {}
            }
        }
        if !certificate.is_empty() {
            self.cell(
                record.line,
                &mut element,
                Field::CertificateInfo,
                &Value::Map(certificate),
            );
        }
        let Some(key) = key else {
            let text = "the cell is empty, and every row needs a value; write it, or remove the row".to_owned();
            return self.note_field(record.line, Field::Value, text);
        };
        let element = Value::from(element);
        // A row that is there twice is checked once.
        if !self.collected.contains(&key) {
            for finding in findings(&key, &element) {
                let text = format!("{}. {}", finding.rule, finding.remedy);
                self.note_field(record.line, finding.field, text);
            }
        }
        let value = shown(&key);
        if let Err(conflict) = self.collected.insert(key, record.line, element) {
            let text = self.conflict(&value, &conflict);
            self.note_field(record.line, Field::Value, text);
        }
    }

    fn cell(&mut self, line: usize, element: &mut Object, field: Field, value: &Value) {
        if put(element, field.name(), value).is_err() {
            let text = value.as_str().map(shown).unwrap_or_default();
            self.note_field(line, field, format!("{text} is not {}", expected(field)));
        }
    }

    fn conflict(&self, value: &str, conflict: &Conflict) -> String {
        let fields: Vec<&str> = conflict
            .fields
            .iter()
            .map(|name| {
                let field = Field::ALL.iter().find(|field| field.name() == name);
                field.and_then(|field| self.header(*field)).unwrap_or(name)
            })
            .collect();
        format!(
            "{value} is in line {} already, with another `{}`; keep one of the two rows",
            conflict.first,
            fields.join("`, `")
        )
    }
}

/// What a cell of the field must be, and what to write.
fn expected(field: Field) -> &'static str {
    match attribute(field).kind {
        AttributeKind::Plain(ValueType::Bool) => "true or false; write one of these, or leave the cell empty",
        AttributeKind::Plain(ValueType::Number) => "a whole number; write one in digits, or leave the cell empty",
        AttributeKind::Plain(ValueType::List(_)) => "a list of whole numbers; write them in digits, joined by commas",
        AttributeKind::Nested { .. } => {
            "a certificate; give each of its facts a column: `certificate_info_issuer`, `certificate_info_serial`, \
             `certificate_info_subject`, `certificate_info_sha256`"
        }
        AttributeKind::Plain(_) => "text",
    }
}

/// What the service is known to refuse in what the row itself says. What it leaves out, its set may give.
fn findings(key: &str, element: &Value) -> Vec<Finding> {
    let row = read_element(key, element, &no_defaults());
    let mut left_open: FieldSet = Field::ALL
        .iter()
        .copied()
        .filter(|field| !row.written.contains(*field))
        .collect();
    let mut findings = Vec::new();
    // The reader finds fault with missing fields too; of a value it can only miss the type.
    for unread in &row.findings {
        if unread.field != Field::Value && row.written.contains(unread.field) {
            left_open.insert(unread.field);
            findings.push(unread.clone());
        }
    }
    if left_open.contains(Field::Type) {
        findings.extend(wrong_for_all_types(
            &row.indicator.value,
            row.written.contains(Field::Type),
        ));
    }
    let broken = rules::check(&row.indicator, left_open);
    findings.extend(broken.into_iter().filter(Finding::is_error));
    findings
}

/// What is wrong with a value whose type is not known, unless it is right for some type that the set may give. If a
/// type is `written` that cannot be read, the value need not look like any that can.
fn wrong_for_all_types(value: &str, written: bool) -> Vec<Finding> {
    let errors = |kind: &IndicatorType| {
        let found = check_value(kind, value).into_iter();
        found.filter(Finding::is_error).collect::<Vec<_>>()
    };
    let found = match detect_type(value) {
        Some(kind) => errors(&kind),
        None if written => Vec::new(),
        None => vec![undetected(value)],
    };
    let is_right = found.is_empty() || IndicatorType::WRITABLE.iter().any(|kind| errors(kind).is_empty());
    if is_right { Vec::new() } else { found }
}

#[cfg(test)]
mod tests;
