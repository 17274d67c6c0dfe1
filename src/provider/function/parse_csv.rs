//! `provider::mde::parse_csv`: the portal's CSV, and others like it, as the text that `indicators` takes.

use super::file_name;
use super::problems::Problems;
use crate::feed::csv::{self, Cell, Column, Meaning, Record};
use crate::feed::{Problem, shown};
use crate::indicator::rules::{self, Finding, check_value, undetected};
use crate::indicator::{
    CertificateFact, CertificateInfo, Field, FieldKind, FieldSet, FieldValue, IndicatorType, detect_type,
};
use crate::provider::list::{self, Addition, Content};
use crate::provider::model::ModelRow;
use crate::tf::{Function, FunctionError, Parameter, Value, ValueType};
use std::collections::{BTreeMap, HashMap};

/// The function `parse_csv`.
pub struct ParseCsv;

impl Function for ParseCsv {
    fn name(&self) -> &'static str {
        "parse_csv"
    }

    fn summary(&self) -> String {
        "Parses a CSV file, such as the Defender portal's, into the `indicators` of a set".into()
    }

    fn description(&self) -> String {
        "Takes the text of a CSV file and returns JSON text for `indicators` of `mde_indicator_set`. The order of \
         the rows does not change the result.\n\nThe first line names the columns, as the Defender portal does \
         (`IndicatorType`, `IndicatorValue`, `ExpirationTime`, `Action`, `Severity`, `Title`, `Description`, \
         `RecommendedActions`, `RbacGroups`, `Category`, `MitreTechniques`, `GenerateAlert`) or by the attributes of \
         an indicator (`type`, `value`, `expiration_time`, `external_id` and all others; `Scope/DeviceGroups` is `RbacGroups`; \
         `certificate_info_issuer`, `_serial`, `_subject` and `_sha256` for the facts of a certificate), in any order, with or without \
         capitals, spaces, `_` and `-`. Only the column of the values is required. Read-only columns (`id`, \
         `createdBy`, `createdByDisplayName`, `createdBySource`, `creationTime`, `creationTimeDateTimeUtc`, \
         `lastUpdateTime`, `lastUpdatedBy`) are ignored. Any other column is an error, so that a misspelt `Action` \
         is not lost.\n\nAn empty cell leaves the field unset: the attribute of the set applies, or the service's \
         default. Write a list in one quoted cell, separated by commas. Blank rows are ignored, as is a byte order \
         mark; any line ending is accepted. Identical rows become one row. Two different rows of one value are an \
         error.\n\nEach row is validated on its own: cell format, and the rules that the service is known to \
         enforce. The function reports all errors at once, each with its line, column, rule and remedy."
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
        ValueType::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        if let Some(error) = file_name(text, &[".csv"]) {
            return Err(error);
        }
        let table = csv::parse(text);
        let mut reading = Reading {
            columns: &table.columns,
            rows: BTreeMap::new(),
            lines: HashMap::new(),
            problems: Problems::default(),
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
        match reading.problems.into_text() {
            Some(text) => Err(FunctionError::new(text).at(0)),
            None => {
                let rows: Vec<Addition> = reading.rows.into_iter().collect();
                Ok(list::write(&rows).into())
            }
        }
    }
}

struct Reading<'t> {
    columns: &'t [Column],
    /// Fields by key.
    rows: BTreeMap<String, Vec<(Field, FieldValue)>>,
    /// The line and the key of each value, in canonical spelling.
    lines: HashMap<String, (usize, String)>,
    problems: Problems,
}

impl Reading<'_> {
    fn problem(&mut self, problem: Problem) {
        self.note(problem.line, problem.column.as_deref(), problem.text);
    }

    fn note(&mut self, line: usize, column: Option<&str>, text: String) {
        self.problems.add(&format!("line {line}"), column, text);
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
        let mut row = ModelRow::blank();
        let mut certificate = CertificateInfo::default();
        for Cell { column, text } in &record.cells {
            match self.columns.get(*column).map(|column| column.meaning) {
                Some(Meaning::Field(field)) => match csv::field_value(field.kind(), text) {
                    Some(value) => row.take(field, Content::Known(value)),
                    None => self.note_field(
                        record.line,
                        field,
                        format!("{} is not {}", shown(text), expected(field)),
                    ),
                },
                Some(Meaning::Certificate(name)) => {
                    if let Some(fact) = CertificateFact::from_name(name) {
                        *fact.place(&mut certificate) = Some(text.clone());
                    }
                }
                _ => {}
            }
        }
        if certificate != CertificateInfo::default() {
            row.take(
                Field::CertificateInfo,
                Content::Known(FieldValue::Certificate(certificate)),
            );
        }
        let value = row.planned.indicator.value.clone();
        if value.is_empty() {
            let text = "the cell is empty, but every row needs a value; write the value, or remove the row".to_owned();
            return self.note_field(record.line, Field::Value, text);
        }
        let key = list::key_of(&value);
        let written = row.written;
        let fields: Vec<(Field, FieldValue)> = Field::ALL
            .iter()
            .filter(|field| written.contains(**field) && (**field != Field::Value || key != value))
            .filter_map(|field| Some((*field, field.get(&row.planned.indicator)?)))
            .collect();
        let found = findings(row);
        let canonical = match &found.1 {
            Some(kind) => crate::indicator::canonical(kind, &value),
            None => value.clone(),
        };
        if let Some((line, first)) = self.lines.get(&canonical).cloned() {
            let differing: Vec<&str> = match self.rows.get(&first) {
                // Another spelling of the value is no difference.
                Some(other) => list::differing(other, &fields)
                    .iter()
                    .filter(|field| **field != Field::Value)
                    .map(|field| self.header(*field).unwrap_or(field.name()))
                    .collect(),
                None => Vec::new(),
            };
            if !differing.is_empty() {
                let text = format!(
                    "{} is already in line {line} with a different `{}`; keep one of the two rows",
                    shown(&value),
                    differing.join("`, `")
                );
                self.note_field(record.line, Field::Value, text);
            }
            // A row that is there twice is checked once.
            return;
        }
        for finding in found.0 {
            let text = format!("{}. {}", finding.rule, finding.remedy);
            self.note_field(record.line, finding.field, text);
        }
        self.lines.insert(canonical, (record.line, key.clone()));
        self.rows.insert(key, fields);
    }
}

/// What a cell of the field must be, and what to write.
fn expected(field: Field) -> &'static str {
    match field.kind() {
        FieldKind::Flag => "true or false; write one of these, or leave the cell empty",
        FieldKind::Whole => "a whole number; write one in digits, or leave the cell empty",
        FieldKind::Wholes => "a list of whole numbers; write them in digits, separated by commas",
        FieldKind::Certificate => {
            "a certificate; give each of its facts a column: `certificate_info_issuer`, `certificate_info_serial`, \
             `certificate_info_subject`, `certificate_info_sha256`"
        }
        FieldKind::Text | FieldKind::Texts => "text",
    }
}

/// What the service is known to refuse in what the row itself says, and the type of its value if that is known. What the
/// row leaves out, its set may give.
fn findings(row: ModelRow) -> (Vec<Finding>, Option<IndicatorType>) {
    let written = row.written;
    let mut row = row.finish();
    let mut left_open: FieldSet = Field::ALL
        .iter()
        .copied()
        .filter(|field| !written.contains(*field))
        .collect();
    let mut findings = Vec::new();
    // The reader finds fault with missing fields too; of a value it can only miss the type.
    for unread in std::mem::take(&mut row.findings) {
        if unread.field != Field::Value && written.contains(unread.field) {
            left_open.insert(unread.field);
            findings.push(unread);
        }
    }
    let indicator = &row.planned.indicator;
    if left_open.contains(Field::Type) {
        findings.extend(wrong_for_all_types(&indicator.value, written.contains(Field::Type)));
    }
    let kind = (!row.planned.unknown.contains(Field::Type)).then(|| indicator.indicator_type.clone());
    let broken = rules::check(indicator, left_open);
    findings.extend(broken.into_iter().filter(Finding::is_error));
    (findings, kind)
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
