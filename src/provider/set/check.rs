//! What `terraform validate` says of a set, without a tenant.

use super::model::{DETAILS_GROUP, EXTRA, INDICATORS, Model, VALUES};
use super::schema::{EXCLUSIVE, EXCLUSIVE_APPLICATION, EXCLUSIVE_OWN};
use crate::indicator::{Field, rules};
use crate::provider::fields::DETAILS;
use crate::provider::findings::Findings;
use crate::provider::ledger::scoped_digest;
use crate::provider::report::{bullets, counted, named};
use crate::tf::{Diagnostic, Diagnostics, Path, Value};
use std::collections::HashMap;

/// Checks a configuration, which may hold unknown values.
pub fn check(config: &Value) -> Diagnostics {
    let model = Model::read(config);
    let mut findings = Findings::default();
    for finding in &model.defaults.findings {
        let path = Path::attribute(finding.field.name());
        findings.push("", path, true, finding.clone());
    }
    for (index, row) in model.rows.iter().enumerate() {
        let unread = row
            .findings
            .iter()
            .fold(row.unknown, |unknown, finding| unknown.with(finding.field));
        let found = rules::check(&row.indicator, unread);
        for finding in row.findings.iter().cloned().chain(found) {
            let field = finding.field;
            let own = row.written.contains(field);
            let leans = !own && has_default(config, field);
            if leans && model.defaults.findings.iter().any(|said| said.field == field) {
                continue;
            }
            // What the row does not write itself, one line for the whole set may mend.
            findings.push(&row.key, path(&model, index, field, !leans), own, finding);
        }
    }
    let mut diagnostics = findings.into_diagnostics();
    diagnostics.extend(one_key(config));
    diagnostics.extend(twice(&model));
    diagnostics.extend(exclusive_scope(config));
    if model.rows.is_empty() && !model.incomplete && config.get(VALUES).is_null() && config.get(INDICATORS).is_null() {
        diagnostics.push(Diagnostic::error(
            "The set has no list",
            "Neither `values` nor `indicators` is written. Write one of them; an empty map is an empty list.",
        ));
    }
    diagnostics
}

fn has_default(config: &Value, field: Field) -> bool {
    field != Field::Value && !config.get(field.name()).is_null()
}

/// Where the configuration writes what a finding is about.
fn path(model: &Model, index: usize, field: Field, own: bool) -> Path {
    if !own {
        return Path::attribute(field.name());
    }
    let row = &model.rows[index];
    if model.is_plain(index) {
        return Path::attribute(VALUES).with_key(&row.key);
    }
    let element = Path::attribute(INDICATORS).with_key(&row.key);
    if !row.written.contains(field) || (field == Field::Value && row.indicator.value == row.key) {
        element
    } else if DETAILS.contains(&field) {
        element.with_attribute(DETAILS_GROUP).with_attribute(field.name())
    } else {
        element.with_attribute(field.name())
    }
}

/// Keys that both lists have: a row is known by its key, so one of the two would be lost.
fn one_key(config: &Value) -> Option<Diagnostic> {
    let (values, indicators) = (config.get(VALUES).as_map()?, config.get(INDICATORS).as_map()?);
    let both: Vec<&str> = values
        .keys()
        .filter(|key| indicators.contains_key(*key))
        .map(String::as_str)
        .collect();
    (!both.is_empty()).then(|| {
        Diagnostic::error(
            "The same key is in `values` and in `indicators`",
            format!(
                "A set knows its rows by their keys, and {} in both of its lists:\n{}\n\nRemove each from one of the two. \
                 To keep one value with two actions, write both in `indicators`, one of them under another key with \
                 `value`.",
                counted(both.len(), "key is", "keys are"),
                named(&bullets(&both))
            ),
        )
        .at(Path::attribute(VALUES))
    })
}

/// Rows that the service would keep as one.
fn twice(model: &Model) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let mut first: HashMap<u64, usize> = HashMap::with_capacity(model.rows.len());
    let mut pairs = Vec::new();
    for (index, row) in model.rows.iter().enumerate().filter(|(_, row)| row.has_identity()) {
        if let Some(other) = first.insert(scoped_digest(&row.indicator), index) {
            pairs.push(format!(
                "- {} and {} ({}, {})",
                path(model, other, Field::Value, true),
                path(model, index, Field::Value, true),
                row.indicator.indicator_type,
                row.indicator.action
            ));
        }
    }
    if !pairs.is_empty() {
        diagnostics.push(Diagnostic::error(
            "The same indicator is in the set twice",
            format!(
                "The service keeps one row for one value, type and action, whatever the spelling of the value:\n{}\n\n\
                 Remove one of each pair, or give them different device groups.",
                named(&pairs)
            ),
        ));
    }
    diagnostics
}

fn exclusive_scope(config: &Value) -> Option<Diagnostic> {
    let group = config.get(EXCLUSIVE);
    if group.is_null() || !group.is_wholly_known() {
        return None;
    }
    let application = group
        .get(EXCLUSIVE_APPLICATION)
        .as_str()
        .is_some_and(|label| !label.is_empty());
    let own = group.get(EXCLUSIVE_OWN).as_bool() == Some(true);
    (!application && !own).then(|| {
        Diagnostic::error(
            "The exclusive set has no scope",
            format!(
                "`{EXCLUSIVE}` names neither `{EXCLUSIVE_APPLICATION}` nor `{EXCLUSIVE_OWN} = true`. Without a scope it \
                 would be about every indicator of the tenant, so there is no such mode: name the rows that the set owns. \
                 They show up in `{EXTRA}` before anything is deleted."
            ),
        )
        .at(Path::attribute(EXCLUSIVE))
    })
}
