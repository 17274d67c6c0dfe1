//! `provider::mde::parse_csv`: the portal's CSV, and others like it, as the text that `indicators` takes.

use super::file_name;
use super::problems::Problems;
use crate::feed::csv::{self, Cell, Column, Meaning, Record};
use crate::feed::write::push_entry;
use crate::feed::{Problem, shown};
use crate::indicator::rules::{self, Finding, check_value, undetected};
use crate::indicator::{
    CertificateFact, CertificateInfo, Field, FieldKind, FieldSet, FieldValue, IndicatorType, detect_type,
};
use crate::provider::list::{self, Content};
use crate::provider::model::ModelRow;
use crate::tf::{Function, FunctionError, Parameter, Value, ValueType};
use foldhash::{HashMap, HashMapExt};
use std::ops::Range;

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
        let (header, rows) = csv::open(text);
        let mut reading = Reading {
            columns: &header.columns,
            written: String::with_capacity(text.len()),
            rows: Vec::new(),
            known: HashMap::new(),
            problems: Problems::default(),
        };
        for problem in header.problems {
            reading.problem(problem);
        }
        let has_values = reading.header(Field::Value).is_some();
        for row in rows {
            match csv::record(reading.columns, row) {
                Err(problem) => reading.problem(problem),
                Ok(record) if has_values => reading.record(record),
                // That there is no column of values is said already.
                Ok(_) => {}
            }
        }
        reading.into_list()
    }
}

struct Reading<'t> {
    columns: &'t [Column],
    /// The rows as JSON text, in the order of the table. A full tenant's list in any other form takes several times the room.
    written: String,
    /// What was written.
    rows: Vec<Written>,
    /// Positions in `rows` by value in canonical spelling.
    known: HashMap<String, usize>,
    problems: Problems,
}

/// A row that was written.
struct Written {
    key: String,
    /// Where it stands in the text.
    at: Range<usize>,
    /// The line of the table that it begins in.
    line: usize,
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

    /// The rows as one list in the order of their keys, or what is wrong with the table.
    fn into_list(mut self) -> Result<Value, FunctionError> {
        if let Some(text) = self.problems.into_text() {
            return Err(FunctionError::new(text).at(0));
        }
        self.rows.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let mut list = String::with_capacity(self.written.len() + self.rows.len() + 2);
        for row in self.rows {
            list.push(if list.is_empty() { '{' } else { ',' });
            list.push_str(&self.written[row.at]);
        }
        list.push_str(if list.is_empty() { "{}" } else { "}" });
        Ok(list.into())
    }

    /// The fields of a row that was written.
    fn fields(&self, row: &Written) -> Vec<(Field, FieldValue)> {
        let text = format!("{{{}}}", &self.written[row.at.clone()]);
        let rows = list::List::read(&text.into()).rows.into_iter();
        rows.flat_map(|row| row.fields)
            .filter_map(|(field, content)| match content {
                Content::Known(value) => Some((field, value)),
                Content::Unknown => None,
            })
            .collect()
    }

    fn record(&mut self, record: Record<'_>) {
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
                        *fact.place(&mut certificate) = Some(text.to_string());
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
        let mut fields: Vec<(Field, FieldValue)> = Vec::with_capacity(record.cells.len());
        let listed = written.iter().filter(|field| *field != Field::Value || key != value);
        fields.extend(listed.filter_map(|field| Some((field, field.get(&row.planned.indicator)?))));
        let found = findings(row);
        let canonical = match &found.1 {
            Some(kind) => crate::indicator::canonical(kind, &value),
            None => value.clone(),
        };
        if let Some(first) = self.known.get(&canonical).and_then(|first| self.rows.get(*first)) {
            let differing: Vec<&str> = list::differing(&self.fields(first), &fields)
                .iter()
                // Another spelling of the value is no difference.
                .filter(|field| **field != Field::Value)
                .map(|field| self.header(*field).unwrap_or(field.name()))
                .collect();
            if !differing.is_empty() {
                let text = format!(
                    "{} is already in line {} with a different `{}`; keep one of the two rows",
                    shown(&value),
                    first.line,
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
        self.known.insert(canonical, self.rows.len());
        let from = self.written.len();
        let entry = (key, fields);
        push_entry(&mut self.written, &entry);
        self.rows.push(Written {
            key: entry.0,
            at: from..self.written.len(),
            line: record.line,
        });
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
