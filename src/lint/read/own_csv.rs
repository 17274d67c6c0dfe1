//! Tables in the columns of the portal or of the provider, read as `parse_csv` reads them.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use super::super::source::Source;
use super::Contents;
use crate::feed::Problem;
use crate::feed::cells::{self, Dialect, Row};
use crate::feed::csv::{self, Column, Meaning};
use crate::indicator::{CertificateFact, CertificateInfo, Field, FieldKind, FieldSet, FieldValue, Indicator};
use crate::outgoing::shown;
use std::ops::Range;

/// How many columns of an indicator make a table one of ours, whatever else it has.
const ENOUGH: usize = 3;

/// Whether the first row names columns of an indicator, so that whoever wrote the table meant them so: by the portal's
/// name of the values, or all of them, or several. A table of somebody else may have a column `value` too.
#[must_use]
pub fn is_own(text: &str) -> bool {
    let Some(header) = cells::rows(text, Dialect::STRICT).find(|row| !row.is_blank()) else {
        return false;
    };
    let meanings: Vec<Meaning> = header.cells.iter().map(|cell| csv::meaning(&cell.text)).collect();
    let is_value = |meaning: &Meaning| *meaning == Meaning::Field(Field::Value);
    let portal = |name: &str| {
        Field::Value
            .portal_name()
            .is_some_and(|own| own.eq_ignore_ascii_case(name.trim()))
    };
    let known = meanings
        .iter()
        .filter(|meaning| matches!(meaning, Meaning::Field(_) | Meaning::Certificate(_)));
    header.cells.iter().any(|cell| portal(&cell.text))
        || known.count() >= ENOUGH
        || meanings.iter().any(is_value) && !meanings.contains(&Meaning::Unknown)
}

/// Reads such a table.
#[must_use]
pub fn read(file: usize, source: &Source) -> Contents {
    let table = csv::parse(&source.text);
    let mut rows = cells::rows(&source.text, Dialect::STRICT).filter(|row| !row.is_blank());
    let header = rows.next();
    let mut contents = Contents::default();
    for problem in &table.problems {
        let at = header
            .as_ref()
            .map_or(0..0, |header| place(header, &table.columns, problem));
        let column = |name: &String| table.columns.iter().find(|column| column.header == *name);
        let is_unknown = match problem.column.as_ref().and_then(column) {
            Some(column) => column.meaning == Meaning::Unknown,
            None => problem.column.is_none(),
        };
        let code = if is_unknown {
            Code::UnknownColumn
        } else {
            Code::InvalidField
        };
        contents
            .findings
            .push(fault(file, code, at, problem.column.as_deref(), &problem.text));
    }
    // The reader sees the same rows; it goes through none under a header that says nothing.
    for (row, read) in rows.zip(table.rows) {
        match read {
            Err(problem) => {
                let at = place(&row, &table.columns, &problem);
                let subject = source.slice(&row.at);
                let mut finding = fault(file, Code::InvalidField, at, problem.column.as_deref(), &problem.text);
                finding.subject = subject.to_owned();
                contents.findings.push(finding);
            }
            Ok(record) => self::row(file, &row, &table.columns, &record, &mut contents),
        }
    }
    contents
}

fn fault(file: usize, code: Code, at: Range<usize>, column: Option<&str>, text: &str) -> Finding {
    let named = column.map_or(String::new(), |column| format!("Column {}: ", shown(column)));
    Finding::new(
        code,
        Severity::Error,
        file,
        at,
        column.unwrap_or_default(),
        format!("{named}{text}."),
    )
}

/// The cell that is to blame, or the row.
fn place(row: &Row<'_>, columns: &[Column], problem: &Problem) -> Range<usize> {
    if let Some(fault) = row.fault {
        return row
            .cells
            .get(fault.cell)
            .map_or_else(|| row.at.clone(), |cell| cell.at.clone());
    }
    let named = |name: &String| columns.iter().rposition(|column| column.header == *name);
    let position = problem.column.as_ref().and_then(named);
    let cell = position.and_then(|position| row.cells.get(position));
    cell.map_or_else(|| row.at.clone(), |cell| cell.at.clone())
}

fn row(file: usize, row: &Row<'_>, columns: &[Column], record: &csv::Record, contents: &mut Contents) {
    let mut indicator = Indicator::blank();
    let mut written = FieldSet::EMPTY;
    let mut certificate = CertificateInfo::default();
    let mut refused = FieldSet::EMPTY;
    let mut places = Vec::new();
    let mut value_at = row.at.clone();
    let mut faults: Vec<(Range<usize>, &str, String)> = Vec::new();
    for csv::Cell { column, text } in &record.cells {
        let Some(Column { header, meaning }) = columns.get(*column) else {
            continue;
        };
        let header = header.as_str();
        let at = row
            .cells
            .get(*column)
            .map_or_else(|| row.at.clone(), |cell| cell.at.clone());
        match meaning {
            Meaning::Field(field) => {
                if *field == Field::Value {
                    value_at = at.clone();
                }
                places.push((*field, at.clone()));
                let Some(value) = csv::field_value(field.kind(), text) else {
                    faults.push((at, header, format!("{} is not {}", shown(text), expected(*field))));
                    continue;
                };
                written.insert(*field);
                if let Err(finding) = field.set(value, &mut indicator) {
                    // A name that is new is put in all the same, but says nothing certain.
                    refused.insert(*field);
                    faults.push((
                        at,
                        header,
                        format!("{}. {}", finding.rule, finding.remedy.trim_end_matches('.')),
                    ));
                }
            }
            Meaning::Certificate(name) => {
                if let Some(fact) = CertificateFact::from_name(name) {
                    places.push((Field::CertificateInfo, at));
                    *fact.place(&mut certificate) = Some(text.to_string());
                }
            }
            _ => {}
        }
    }
    if certificate != CertificateInfo::default() {
        written.insert(Field::CertificateInfo);
        let _ = Field::CertificateInfo.set(FieldValue::Certificate(certificate), &mut indicator);
    }
    if written.contains(Field::ExpirationTime) && written.contains(Field::Lifetime) {
        let finding = crate::indicator::rules::expiry_twice();
        faults.push((
            value_at.clone(),
            "",
            format!("{}. {}", finding.rule, finding.remedy.trim_end_matches('.')),
        ));
    }
    let value = indicator.value.clone();
    for (at, header, text) in faults {
        let mut finding = fault(
            file,
            Code::InvalidField,
            at,
            Some(header).filter(|header| !header.is_empty()),
            &text,
        );
        finding.subject = format!("{value} {header}");
        finding.value = Some(value.clone());
        contents.findings.push(finding);
    }
    if value.is_empty() {
        if columns
            .iter()
            .any(|column| column.meaning == Meaning::Field(Field::Value))
        {
            let text = "The cell is empty, but every row needs a value. Write the value, or remove the row.";
            let at = value_at;
            contents
                .findings
                .push(Finding::new(Code::InvalidValue, Severity::Error, file, at, "", text));
        }
        return;
    }
    let mut item = Item::new(file, value_at, indicator, written);
    item.places = places;
    item.refused = refused;
    item.is_in_table = true;
    contents.items.push(item);
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
