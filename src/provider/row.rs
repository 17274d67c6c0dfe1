//! Rows as the resources speak of them: wanted by a configuration, held according to a state.

use crate::indicator::rules::{Finding, Weight, undetected};
use crate::indicator::{Action, Field, FieldSet, Fields, Identity, Indicator, IndicatorType, detect_type, submitted};
use crate::provider::fields;
use crate::tf::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One row that a configuration, a plan or a state speaks of.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What the resource calls the row: its key in a set.
    pub key: String,
    /// What it should say, defaults filled in. Fields in `unknown` are meaningless.
    pub indicator: Indicator,
    /// Fields whose value is not known yet.
    pub unknown: FieldSet,
    /// Fields that the row itself writes, rather than leaning on a default.
    pub written: FieldSet,
    /// What could not be read.
    pub findings: Vec<Finding>,
}

impl Wanted {
    /// Whether value, type and action are known.
    pub fn has_identity(&self) -> bool {
        !self.unknown.contains(Field::Value)
            && !self.unknown.contains(Field::Type)
            && !self.unknown.contains(Field::Action)
    }
}

/// One row that a state holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// What the resource calls the row.
    pub key: String,
    /// The service's id; `None` for an expired row that is not there.
    pub id: Option<String>,
    /// What the row says according to the state.
    pub indicator: Indicator,
    /// How the service spells the value, if not as it would be submitted.
    pub spelling: Option<String>,
    /// The fields in which the row differs from the state in a way that the state cannot show; `None` if it does not.
    pub drift: Option<FieldSet>,
}

impl Held {
    /// How the service spells the value, as far as it is known.
    pub fn service_spelling(&self) -> Cow<'_, str> {
        match &self.spelling {
            Some(spelling) => spelling.into(),
            None => submitted(&self.indicator.indicator_type, &self.indicator.value),
        }
    }

    /// The row's identity; `None` if it is not the one that the state says.
    pub fn identity(&self) -> Option<Identity> {
        let is_hidden = self.drift.is_some_and(|drift| drift.iter().any(Field::is_identity));
        (!is_hidden).then(|| self.indicator.identity())
    }
}

/// The rows with the service's spellings that are noted by id.
pub fn spelled(mut held: Vec<Held>, spellings: &BTreeMap<String, String>) -> Vec<Held> {
    for row in held.iter_mut().filter(|_| !spellings.is_empty()) {
        row.spelling = row.id.as_ref().and_then(|id| spellings.get(id)).cloned();
    }
    held
}

/// The service's spelling of the value, where it is not the one that would be submitted.
pub fn odd_spelling(indicator: &Indicator, spelling: &str) -> Option<String> {
    (submitted(&indicator.indicator_type, &indicator.value) != spelling).then(|| spelling.to_owned())
}

/// An indicator that says nothing yet, for filling in.
pub fn blank() -> Indicator {
    Indicator {
        value: String::new(),
        indicator_type: IndicatorType::Other("".into()),
        action: Action::Other("".into()),
        fields: Fields::default(),
    }
}

/// Collects one row from the attribute values that speak of it, lowest precedence first.
pub struct Reader {
    row: Wanted,
}

impl Reader {
    /// Starts from the defaults that `row` already holds, as a row called `key`.
    pub fn new(key: &str, defaults: &Wanted) -> Self {
        let mut row = defaults.clone();
        row.key = key.to_owned();
        Self { row }
    }

    /// Takes in the fields that `object` writes; null leaves what is there.
    pub fn take(&mut self, object: &Value, fields: impl IntoIterator<Item = Field>) {
        for field in fields {
            self.take_one(field, object.get(field.name()));
        }
    }

    /// Takes in one field; null leaves what is there.
    pub fn take_one(&mut self, field: Field, value: &Value) {
        if value.is_null() {
            return;
        }
        self.row.written.insert(field);
        if !value.is_wholly_known() {
            self.row.unknown.insert(field);
            return;
        }
        self.row.unknown.remove(field);
        if let Err(finding) = fields::read(field, value, &mut self.row.indicator) {
            self.row.findings.push(finding);
        }
    }

    /// What was taken in, as defaults for other rows.
    pub fn into_defaults(self) -> Wanted {
        self.row
    }

    /// The row, with its type told from its value where nobody wrote it.
    pub fn finish(mut self) -> Wanted {
        let row = &mut self.row;
        let unnamed = matches!(&row.indicator.indicator_type, IndicatorType::Other(name) if name.is_empty());
        if unnamed && !row.unknown.contains(Field::Type) {
            if row.unknown.contains(Field::Value) {
                row.unknown.insert(Field::Type);
            } else if let Some(kind) = detect_type(&row.indicator.value) {
                row.indicator.indicator_type = kind;
            } else {
                // The value rules cannot be applied without a type.
                row.unknown.insert(Field::Type);
                row.findings.push(undetected(&row.indicator.value));
            }
        }
        let actionless = matches!(&row.indicator.action, Action::Other(name) if name.is_empty());
        if actionless && !row.unknown.contains(Field::Action) {
            row.unknown.insert(Field::Action);
            row.findings.push(Finding {
                weight: Weight::Error,
                code: "no-action",
                field: Field::Action,
                rule: format!("nothing says what to do when `{}` is met", row.indicator.value),
                remedy: "Write `action`, such as `action = \"Block\"`.".into(),
            });
        }
        self.row
    }
}

/// A row that says nothing yet: the defaults of a resource that has none.
pub fn no_defaults() -> Wanted {
    Wanted {
        key: String::new(),
        indicator: blank(),
        unknown: FieldSet::EMPTY,
        written: FieldSet::EMPTY,
        findings: Vec::new(),
    }
}
