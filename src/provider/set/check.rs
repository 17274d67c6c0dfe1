//! What `terraform validate` says of a set, without a tenant.

use super::{EXCLUSIVE, EXCLUSIVE_APPLICATION, EXCLUSIVE_OWN, INDICATORS};
use crate::indicator::rules;
use crate::indicator::{Field, Key};
use crate::provider::diagnostics;
use crate::provider::findings::Findings;
use crate::provider::model::{Model, ModelRow, ON_EXISTING};
use crate::provider::words::{bullets, counted, named};
use crate::tenant::{OnExisting, contradictions_within};
use crate::tf::{Diagnostic, Diagnostics, Path, Value};
use foldhash::{HashMap, HashMapExt};

/// Checks a configuration, which may hold unknown values.
pub fn check(config: &Value, model: &Model) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    for fault in &model.faults {
        diagnostics.push(
            Diagnostic::error(
                format!("{}: `indicators` cannot be read", model.title),
                format!("`indicators` cannot be read: {fault}."),
            )
            .at(Path::attribute(INDICATORS)),
        );
    }
    if config.get(INDICATORS).is_null() {
        diagnostics.push(
            Diagnostic::error(
                format!("{}: `indicators` is null", model.title),
                "A set needs a list. Write `{}` for an empty list, or remove the resource.",
            )
            .at(Path::attribute(INDICATORS)),
        );
    }
    let mut findings = Findings::default();
    for finding in &model.defaults.findings {
        findings.push("", Path::attribute(finding.field.name()), true, finding.clone());
    }
    let places = Places::of(config, model);
    for row in model.rows.iter() {
        let name = &*row.planned.name;
        for (field, text) in &row.faults {
            findings.fault(name, places.row(name), *field, text.clone());
        }
        let unread = row
            .findings
            .iter()
            .map(|finding| finding.field)
            .chain(row.faults.iter().filter_map(|(field, _)| *field));
        let unread = unread.fold(row.planned.unknown, |unknown, field| unknown.with(field));
        let found = rules::check(&row.planned.indicator, unread);
        for finding in row.findings.iter().cloned().chain(found) {
            let field = finding.field;
            let own = row.written.contains(field);
            let inherits = !own && has_default(config, field);
            if inherits && model.defaults.findings.iter().any(|said| said.field == field) {
                continue;
            }
            // What the row does not write itself, one line for the whole set may mend.
            let path = if inherits {
                Path::attribute(field.name())
            } else {
                places.row(name)
            };
            findings.push(name, path, own, finding);
        }
    }
    diagnostics.extend(findings.into_diagnostics(&model.title));
    diagnostics.extend(slow(config, model));
    diagnostics.extend(twice(&model.title, &model.rows));
    let contradictions = contradictions_within(&model.planned(OnExisting::Own));
    diagnostics.extend(diagnostics::all(&model.title, contradictions.into_iter().collect()));
    diagnostics.extend(exclusive_scope(config));
    diagnostics.extend(on_existing(config));
    diagnostics
}

fn has_default(config: &Value, field: Field) -> bool {
    field != Field::Value && !config.get(field.name()).is_null()
}

/// Where the configuration writes a row. Only a path of two steps is safe: hosts take a third for an attribute of the
/// resource itself, and crash over a literal key that is a number.
struct Places {
    by_row: bool,
}

impl Places {
    fn of(config: &Value, model: &Model) -> Self {
        let is_text = config.get(INDICATORS).as_str().is_some();
        let is_number = |row: &ModelRow| row.planned.name.trim().parse::<f64>().is_ok();
        Self {
            by_row: !is_text && !model.rows.iter().any(is_number),
        }
    }

    fn row(&self, key: &str) -> Path {
        let list = Path::attribute(INDICATORS);
        if self.by_row { list.with_key(key) } else { list }
    }
}

/// A long list that is written as an object makes Terraform slow: it handles each row and field by itself, and a text as one.
fn slow(config: &Value, model: &Model) -> Option<Diagnostic> {
    let is_object = !config.get(INDICATORS).is_unknown() && config.get(INDICATORS).as_str().is_none();
    (is_object && model.rows.len() > MANY_ROWS).then(|| {
        Diagnostic::warning(
            format!("{}: `jsonencode` makes this list much faster", model.title),
            format!(
                "`indicators` is an object of {} rows. Terraform processes each row and field of an object \
                 separately, but JSON text as one value. Write `indicators = jsonencode(...)`. The plan shows the \
                 same rows and fields in a fraction of the time.",
                model.rows.len()
            ),
        )
        .at(Path::attribute(INDICATORS))
    })
}

/// Rows from which on the form of a list makes a difference that people feel: some seconds of a plan.
const MANY_ROWS: usize = 2000;

/// Rows that the service would keep as one.
fn twice(title: &str, rows: &[ModelRow]) -> Option<Diagnostic> {
    let mut first: HashMap<Key, &ModelRow> = HashMap::with_capacity(rows.len());
    let mut pairs = Vec::new();
    for row in rows.iter().filter(|row| row.planned.has_identity()) {
        let indicator = &row.planned.indicator;
        if let Some(other) = first.insert(indicator.key(), row) {
            pairs.push(format!(
                "`{}` and `{}` ({}, {})",
                other.planned.name, row.planned.name, indicator.indicator_type, indicator.action
            ));
        }
    }
    (!pairs.is_empty()).then(|| {
        Diagnostic::error(
            format!("{title}: the same indicator is in the set twice"),
            format!(
                "The service keeps one indicator for each value, type, action and set of device groups, whatever the spelling of \
                 the value. {} in the list twice:\n{}\n\nRemove one of each pair, or give them different device groups.",
                counted(pairs.len(), "indicator is", "indicators are"),
                named(&bullets(&pairs))
            ),
        )
        .at(Path::attribute(INDICATORS))
    })
}

fn exclusive_scope(config: &Value) -> Option<Diagnostic> {
    let group = config.get(EXCLUSIVE);
    if group.is_null() || !group.is_wholly_known() || super::scope(config).is_some() {
        return None;
    }
    Some(
        Diagnostic::error(
            format!("{}: the exclusive set has no scope", super::title(config)),
            format!(
                "`{EXCLUSIVE}` sets neither `{EXCLUSIVE_APPLICATION}` nor `{EXCLUSIVE_OWN} = true`. Without a scope \
                 the set would own every indicator of the tenant. Set at least one of them."
            ),
        )
        .at(Path::attribute(EXCLUSIVE)),
    )
}

/// What is wrong with `on_existing` of a resource.
pub fn on_existing(config: &Value) -> Option<Diagnostic> {
    let written = config.get(ON_EXISTING).as_str()?;
    (!matches!(written, "own" | "adopt")).then(|| {
        Diagnostic::error(
            format!("{}: invalid on_existing", super::title(config)),
            format!(
                "`on_existing` is {}, which is neither `own` nor `adopt`. Set one of these, or remove it.",
                crate::feed::shown(written)
            ),
        )
        .at(Path::attribute(ON_EXISTING))
    })
}
