//! What the value of a resource says: its rows, read once for all that is done with them.

use super::list::{Content, ListRow};
use super::record::Record;
use crate::indicator::rules::{self, Finding, Weight, undetected};
use crate::indicator::{Action, Field, FieldSet, Indicator, IndicatorType, detect_type};
use crate::tenant::{OnExisting, PlannedObject, PlannedRow, PriorObject, Scope, StateRow};
use crate::tf::Value;
use jiff::Timestamp;
use std::sync::Arc;

/// What a configuration, a plan or a state says.
#[derive(Debug, Clone)]
pub struct Model {
    /// What messages call the object.
    pub title: String,
    /// What the resource's own attributes give to every row.
    pub defaults: ModelRow,
    /// The rows, in the order of their keys.
    pub rows: Arc<Vec<ModelRow>>,
    /// Whether there may be rows that are decided only during apply.
    pub incomplete: bool,
    /// What is wrong with the list as a whole.
    pub faults: Vec<String>,
    /// The scope that an exclusive set owns alone.
    pub exclusive: Option<Scope>,
    /// What to do about rows of others, if the resource says so.
    pub on_existing: Option<OnExisting>,
    /// Whether rows whose lifetime has ended are written anew.
    pub renew: bool,
}

/// One row.
#[derive(Debug, Clone)]
pub struct ModelRow {
    /// What it should say, defaults filled in.
    pub planned: PlannedRow,
    /// Fields that the row itself writes.
    pub written: FieldSet,
    /// What could not be read.
    pub findings: Vec<Finding>,
    /// What is wrong with its form, each with the field if one is to blame.
    pub faults: Vec<(Option<Field>, String)>,
}

impl Model {
    /// The object that the model describes, under the rule of the provider block where it has none of its own.
    pub fn planned(&self, on_existing: OnExisting) -> PlannedObject {
        PlannedObject {
            title: self.title.clone(),
            rows: self.rows.iter().map(|row| row.planned.clone()).collect(),
            incomplete: self.incomplete,
            exclusive: self.exclusive.clone(),
            on_existing: self.on_existing.unwrap_or(on_existing),
            renew: self.renew,
        }
    }

    /// The object that a state with this record holds.
    pub fn prior(&self, record: &Record) -> PriorObject {
        let rows = self.rows.iter().enumerate().map(|(position, row)| StateRow {
            name: row.planned.name.clone(),
            holding: record.holding(position),
            indicator: row.planned.indicator.clone(),
            begun: row.planned.begun,
        });
        PriorObject {
            rows: rows
                .chain(record.others.iter().map(super::record::Other::row))
                .collect(),
            note: record.note.clone(),
            exclusive: self.exclusive.clone(),
        }
    }
}

impl ModelRow {
    /// A row that says nothing yet.
    pub fn blank() -> Self {
        Self {
            planned: PlannedRow {
                name: "".into(),
                indicator: Arc::new(Indicator::blank()),
                unknown: FieldSet::EMPTY,
                begun: None,
            },
            written: FieldSet::EMPTY,
            findings: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// A row of this key that says what `defaults` say so far.
    pub fn on(defaults: &Self, key: &Arc<str>) -> Self {
        Self {
            planned: PlannedRow {
                name: Arc::clone(key),
                indicator: defaults.planned.indicator.clone(),
                unknown: defaults.planned.unknown,
                begun: None,
            },
            written: FieldSet::EMPTY,
            findings: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Takes in what attributes of these fields say; null leaves what is there.
    pub fn take_attributes(&mut self, object: &Value, fields: impl IntoIterator<Item = Field>) {
        for field in fields {
            let value = object.get(field.name());
            if value.is_null() {
                continue;
            }
            if !value.is_wholly_known() {
                self.take(field, Content::Unknown);
            } else if let Some(content) = super::list::content(field.kind(), value.untyped()) {
                self.take(field, Content::Known(content));
            }
        }
    }

    /// Takes in a row of a list.
    pub fn take_row(&mut self, row: ListRow) {
        self.faults = row.faults;
        for (field, content) in row.fields {
            self.take(field, content);
        }
    }

    /// Takes in one field.
    pub fn take(&mut self, field: Field, content: Content) {
        self.written.insert(field);
        // Each of the two stands in place of the other. A state that shows both has found another expiry.
        let other = match field {
            Field::ExpirationTime => Some(Field::Lifetime),
            Field::Lifetime => Some(Field::ExpirationTime),
            _ => None,
        };
        let is_known = |field: Field| self.written.contains(field) && !self.planned.unknown.contains(field);
        if other.is_some_and(is_known) && matches!(content, Content::Known(_)) {
            self.findings.push(rules::expiry_twice());
        }
        match field {
            Field::Lifetime if self.written.contains(Field::ExpirationTime) => return,
            Field::Lifetime => self.leave(Field::ExpirationTime),
            Field::ExpirationTime => self.leave(Field::Lifetime),
            _ => {}
        }
        match content {
            Content::Unknown if field == Field::Lifetime => {
                self.planned.unknown.insert(field);
                // Until it is known, neither is the expiry that it comes to.
                self.planned.unknown.insert(Field::ExpirationTime);
            }
            Content::Unknown => self.planned.unknown.insert(field),
            Content::Known(value) => {
                self.planned.unknown.remove(field);
                if let Err(finding) = field.set(value, self.indicator()) {
                    self.findings.push(finding);
                }
            }
        }
    }

    /// Completes the row: its type is told from its value where nobody wrote it.
    pub fn finish(mut self) -> Self {
        let unknown = &mut self.planned.unknown;
        let indicator = Arc::make_mut(&mut self.planned.indicator);
        let is_unnamed = matches!(&indicator.indicator_type, IndicatorType::Other(name) if name.is_empty());
        if is_unnamed && !unknown.contains(Field::Type) {
            if unknown.contains(Field::Value) {
                unknown.insert(Field::Type);
            } else if let Some(kind) = detect_type(&indicator.value) {
                indicator.indicator_type = kind;
            } else {
                // The value rules cannot be applied without a type.
                unknown.insert(Field::Type);
                self.findings.push(undetected(&indicator.value));
            }
        }
        let is_actionless = matches!(&indicator.action, Action::Other(name) if name.is_empty());
        if is_actionless && !unknown.contains(Field::Action) {
            unknown.insert(Field::Action);
            self.findings.push(Finding {
                weight: Weight::Error,
                code: "no-action",
                field: Field::Action,
                rule: format!(
                    "`action` is not set for `{}`, neither in the row nor on the resource",
                    indicator.value
                ),
                remedy: "Write `action`, such as `action = \"Block\"`.".into(),
            });
        }
        self
    }

    /// What it should say, to be changed.
    pub fn indicator(&mut self) -> &mut Indicator {
        Arc::make_mut(&mut self.planned.indicator)
    }

    /// Says nothing of the field, whatever the defaults say.
    fn leave(&mut self, field: Field) {
        self.planned.unknown.remove(field);
        field.copy(&Indicator::blank(), self.indicator());
    }

    /// Sets when the lifetime of the row began, and with it the expiry, if it has a lifetime.
    pub fn begin(&mut self, begun: Option<Timestamp>) {
        self.planned.begun = begun;
        if let (Some(lifetime), Some(begun)) = (self.planned.indicator.fields.lifetime, begun) {
            self.indicator().fields.expiration_time = Some(lifetime.end(begun));
        }
    }

    /// Puts these fields back to the service's default, as the record of a state says that they are.
    pub fn clear(&mut self, mut fields: FieldSet) {
        if fields.contains(Field::ExpirationTime) {
            // It never expires, whatever lifetime it was given.
            fields.insert(Field::Lifetime);
        }
        let blank = Indicator::blank();
        fields.iter().for_each(|field| field.copy(&blank, self.indicator()));
    }
}

/// Whether `renew` says so.
pub fn renews(value: &Value) -> bool {
    value.get(RENEW).as_bool() == Some(true)
}

/// The attribute that has rows written anew whose lifetime has ended.
pub const RENEW: &str = "renew";

/// What `on_existing` says.
pub fn on_existing(value: &Value) -> Option<OnExisting> {
    match value.get(ON_EXISTING).as_str()? {
        "own" => Some(OnExisting::Own),
        "adopt" => Some(OnExisting::Adopt),
        _ => None,
    }
}

/// The attribute that says what to do about rows of others.
pub const ON_EXISTING: &str = "on_existing";
