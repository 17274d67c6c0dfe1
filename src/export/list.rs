//! The list file of a set: the portal's CSV, or JSON where CSV cannot say what the rows say.

use crate::feed::csv::{self, Meaning};
use crate::feed::write::{Format, Row as ListRow, render};
use crate::indicator::{CertificateFact, CertificateInfo, Field, FieldValue, Indicator, canonical, own_fields};
use std::collections::HashSet;

/// The text of a list, and how configuration reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// The text.
    pub text: String,
    /// The extension of the file.
    pub extension: &'static str,
}

/// The list of these indicators, whose set says what is `shared`.
pub fn list(indicators: &[&Indicator], shared: &[Field]) -> List {
    let rows: Vec<ListRow> = indicators
        .iter()
        .map(|indicator| {
            let named = [
                (Field::Value, FieldValue::Text(indicator.value.clone())),
                (
                    Field::Type,
                    FieldValue::Text(indicator.indicator_type.as_str().to_owned()),
                ),
            ];
            let own = own_fields(indicator, shared).into_iter();
            ListRow::exact(own.filter(|(field, _)| *field != Field::Type).chain(named))
        })
        .collect();
    let extension = "csv";
    match render(&rows, Format::Portal) {
        Ok(text) if has_one_row_a_value(&rows) && is_read_back(&text, &rows) => List { text, extension },
        _ => List {
            // JSON says everything.
            text: render(&rows, Format::Json).unwrap_or_default(),
            extension: "json",
        },
    }
}

/// Whether no two rows have one value: a CSV has no other key.
fn has_one_row_a_value(rows: &[ListRow]) -> bool {
    let (mut canonicals, mut values) = (HashSet::new(), HashSet::new());
    rows.iter().all(|row| {
        let canonical = canonical(&row.indicator_type(), row.value());
        canonicals.insert(canonical) && values.insert(row.value())
    })
}

/// Whether a reader finds exactly the rows in the text: blanks alone in a cell, for example, are nothing to it.
fn is_read_back(text: &str, rows: &[ListRow]) -> bool {
    let table = csv::parse(text);
    if !table.problems.is_empty() || table.rows.len() != rows.len() {
        return false;
    }
    let read = table.rows.iter().map(|record| {
        let record = record.as_ref().ok()?;
        let mut fields = Vec::new();
        let mut info = CertificateInfo::default();
        for cell in &record.cells {
            match table.columns.get(cell.column)?.meaning {
                Meaning::Field(field) => fields.push((field, csv::field_value(field.kind(), &cell.text)?)),
                Meaning::Certificate(name) => {
                    *CertificateFact::from_name(name)?.place(&mut info) = Some(cell.text.to_string());
                }
                _ => {}
            }
        }
        if info != CertificateInfo::default() {
            fields.push((Field::CertificateInfo, FieldValue::Certificate(info)));
        }
        Some(ListRow::exact(fields))
    });
    let mut written: Vec<&ListRow> = rows.iter().collect();
    written.sort();
    read.zip(written).all(|(read, written)| read.as_ref() == Some(written))
}
