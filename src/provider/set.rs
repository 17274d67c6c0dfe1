//! The resource `mde_indicator_set`: a list of indicators, the resource that scales.

mod check;
pub(super) mod import;
pub(super) mod moves;
mod rows;
mod upgrade;

pub use check::on_existing as check_on_existing;

use super::attributes::attribute;
use super::list::{self, Addition, List, RowEdit};
use super::model::{Model, ModelRow, ON_EXISTING, RENEW, on_existing, renews};
use super::object::{Change, Kind, RECORD, RowState};
use super::record::Record;
use crate::indicator::{Field, FieldSet, FieldValue, Indicator, differences};
use crate::tenant::{Holding, Scope, StateRow, Tenant};
use crate::tf::{Attribute, Diagnostic, Diagnostics, MoveSource, Moved, Object, ObjectType, Schema, Value, ValueType};
use async_trait::async_trait;
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

/// The attribute with the rows.
const INDICATORS: &str = "indicators";
/// The attribute with the number of rows by action.
const COUNTS: &str = "counts";
/// Group of attributes that makes a set exclusive.
const EXCLUSIVE: &str = "exclusive";
/// Scope of an exclusive set: rows with this label.
const EXCLUSIVE_APPLICATION: &str = "application";
/// Scope of an exclusive set: rows that the provider's own application made.
const EXCLUSIVE_OWN: &str = "created_by_this_application";

/// The resource `mde_indicator_set`.
pub struct IndicatorSet;

fn schema() -> Schema {
    let mut attributes: Vec<Attribute> = Field::defaults().map(|field| attribute(field).optional()).collect();
    attributes.extend([
        Attribute::plain(INDICATORS, ValueType::Dynamic).required().describe(
            "The indicators: an object of rows by key, or JSON text of the same shape, as `parse_csv` and \
             `jsonencode` return it. Write lists of more than 2,000 rows as JSON text, which Terraform processes \
             much faster. The key of a row is its value, unless the row sets `value`. A row is an object of the \
             fields of an indicator, or `null`. A row inherits the fields that it does not set from the attributes \
             of the set. Editors can complete and check JSON and YAML lists with the JSON Schema in \
             `docs/indicators.schema.json`.",
        ),
        Attribute::nested_single(EXCLUSIVE, exclusive_attributes()).optional().describe(
            "Makes this set the only owner of a scope. The plan shows indicators of the scope that are in the tenant \
             but not in the list as removed rows, and the apply deletes them, whoever created them. No other \
             resource of the configuration may manage an indicator of the scope. Set at least one of the two \
             attributes. If both are set, an indicator must match both. Removing the set or `exclusive` deletes no \
             other author's indicators.",
        ),
        renew_attribute(),
        on_existing_attribute(),
        Attribute::map_of(COUNTS, ValueType::Number)
            .computed()
            .describe("Number of configured rows by action, including expired ones."),
        record_attribute(),
    ]);
    Schema::new(
        "Manages a list of [indicators](https://learn.microsoft.com/en-us/defender-endpoint/api/ti-indicator) as one \
         resource. Use it for lists of any length, up to the capacity of the tenant (15,000 indicators). The \
         attributes of the set are the defaults of its rows.\n\nThe provider writes up to 500 indicators in one \
         [import](https://learn.microsoft.com/en-us/defender-endpoint/api/import-ti-indicators) call and deletes up \
         to 500 in one [batch \
         delete](https://learn.microsoft.com/en-us/defender-endpoint/api/batch-delete-ti-indicators) call. The \
         service allows 30 of each in a minute.\n\nRequires the application permission `Ti.ReadWrite.All`. With \
         `Ti.ReadWrite` the provider sees only the indicators of its own application, and cannot check whether an \
         indicator of another author already exists.",
        attributes,
    )
    .version(1)
}

/// The attribute that overrides `on_existing` of the provider block.
pub(super) fn on_existing_attribute() -> Attribute {
    Attribute::string(ON_EXISTING).optional().describe(
        "What to do if an indicator already exists and another author created it. `own` fails the plan. `adopt` \
         takes the indicator over. Default: `on_existing` of the provider block.",
    )
}

/// The attribute that has rows written anew whose lifetime has ended.
pub(super) fn renew_attribute() -> Attribute {
    Attribute::bool(RENEW).optional().describe(
        "Whether an indicator whose `lifetime` has ended is written again for another lifetime. If not, a warning \
         names it. Default: `false`.",
    )
}

/// The attribute that holds the record.
pub(super) fn record_attribute() -> Attribute {
    Attribute::string(RECORD)
        .computed()
        .sensitive()
        .describe("Ids of the indicators that this resource holds. Used only by the provider.")
}

fn exclusive_attributes() -> Vec<Attribute> {
    vec![
        Attribute::string(EXCLUSIVE_APPLICATION)
            .optional()
            .describe("The scope is indicators with this `application` label. The match is exact."),
        Attribute::bool(EXCLUSIVE_OWN)
            .optional()
            .describe("Whether the scope is indicators that the provider's own application created. Default: `false`."),
    ]
}

/// The scope that a configuration or state names; `None` if the set is not exclusive.
fn scope(value: &Value) -> Option<Scope> {
    let group = value.get(EXCLUSIVE);
    let application = group
        .get(EXCLUSIVE_APPLICATION)
        .as_str()
        .filter(|label| !label.is_empty());
    let own = group.get(EXCLUSIVE_OWN).as_bool() == Some(true);
    (application.is_some() || own).then(|| Scope {
        application: application.map(str::to_owned),
        own,
    })
}

/// What messages call the object: the value of a single indicator, else its title, else its label.
pub(super) fn title(value: &Value) -> String {
    let named = [Field::Value, Field::Title, Field::Application].map(|field| value.get(field.name()).as_str());
    let mut named = named.into_iter().flatten().filter(|name| !name.is_empty());
    named.next().unwrap_or("The resource").to_owned()
}

/// The model of a list of rows with these defaults.
fn model(value: &Value, list: &Arc<List>, record: Option<&Record>) -> Model {
    let mut defaults = ModelRow::blank();
    defaults.take_attributes(value, Field::defaults());
    let mut rows = rows::of(list, &defaults);
    if let Some(record) = record.filter(|record| !record.begun.is_empty() || !record.cleared.is_empty()) {
        for (position, row) in Arc::make_mut(&mut rows).iter_mut().enumerate() {
            row.begin(record.begun(position));
            row.clear(record.cleared.get(&row.planned.name).copied().unwrap_or_default());
        }
    }
    Model {
        title: title(value),
        defaults,
        rows,
        incomplete: list.incomplete,
        faults: list.faults.clone(),
        exclusive: scope(value),
        on_existing: on_existing(value),
        renew: renews(value),
    }
}

/// How many rows have which action; unknown if that is not known of every row.
fn counts(model: &Model) -> Value {
    let is_known = |row: &ModelRow| {
        !row.planned.unknown.contains(Field::Action)
            || row.findings.iter().any(|finding| finding.field == Field::Action)
    };
    if model.incomplete || !model.rows.iter().all(is_known) {
        return Value::Unknown;
    }
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for row in model.rows.iter() {
        *counts.entry(row.planned.indicator.action.to_string()).or_default() += 1;
    }
    Value::Map(
        counts
            .into_iter()
            .map(|(action, count)| (action, count.into()))
            .collect(),
    )
}

#[async_trait]
impl Kind for IndicatorSet {
    const TYPE_NAME: &'static str = "mde_indicator_set";
    const IS_SINGLE: bool = false;
    const COMPUTED: &'static [&'static str] = &[COUNTS, RECORD];

    fn schema() -> Schema {
        schema()
    }

    fn object_type() -> &'static Arc<ObjectType> {
        static TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| schema().object_type());
        &TYPE
    }

    fn read(value: &Value, record: Option<&Record>) -> Model {
        model(value, &List::read(value.get(INDICATORS)), record)
    }

    fn check(config: &Value, model: &Model) -> Diagnostics {
        check::check(config, model)
    }

    /// Where the list means what the prior one means, the prior one stays as it is: a difference in form only is no change.
    fn complete(mut planned: Object, model: &Model, prior: &Value) -> Object {
        planned.set(COUNTS, counts(model));
        let before = prior.get(INDICATORS);
        let known = !model.incomplete && model.rows.iter().all(|row| row.planned.unknown.is_empty());
        let configured = planned.get(INDICATORS).cloned().unwrap_or_default();
        if configured == *before || before.is_null() || configured.is_null() || !known {
            return planned;
        }
        // What the prior list would say under the planned defaults. A field that a refresh found empty inherits nothing.
        let value = Value::from(planned.clone());
        let mut record = prior.get(RECORD).as_str().map(Record::parse).unwrap_or_default();
        // When a lifetime began says nothing of what is wanted.
        record.begun.clear();
        if means_the_same(model, &self::model(&value, &List::read(before), Some(&record))) {
            planned.set(INDICATORS, before.clone());
        }
        planned
    }

    fn changes_form(planned: &Object, prior: &Value) -> bool {
        let is_text = |value: &Value| value.as_str().is_some();
        let (after, before) = (
            planned.get(INDICATORS).cloned().unwrap_or_default(),
            prior.get(INDICATORS),
        );
        !after.is_null() && !before.is_null() && is_text(&after) != is_text(before)
    }

    fn write(template: &Value, model: &Model, change: &Change<'_>) -> Value {
        write(template, model, change)
    }

    async fn import(tenant: &Tenant, id: &str) -> Result<Value, Diagnostics> {
        import::import(tenant, id).await
    }

    fn take_over(source: &MoveSource) -> Result<Moved, Diagnostic> {
        Err(moves::refused(&source.type_name))
    }

    fn upgrade(version: i64, stored: serde_json::Value) -> serde_json::Value {
        if version == 0 { upgrade::from_0(stored) } else { stored }
    }
}

/// Whether two lists ask for the same rows, whatever they call them.
fn means_the_same(one: &Model, other: &Model) -> bool {
    if one.rows.len() != other.rows.len() || !other.faults.is_empty() {
        return false;
    }
    let same = |one: &ModelRow, other: &ModelRow| {
        one.planned.indicator.key() == other.planned.indicator.key()
            && other.faults.is_empty()
            && one.planned.indicator.fields.lifetime == other.planned.indicator.fields.lifetime
            && other.findings.is_empty()
            && differences(&one.planned.indicator, &other.planned.indicator).is_empty()
            && differences(&other.planned.indicator, &one.planned.indicator).is_empty()
    };
    if one
        .rows
        .iter()
        .zip(other.rows.iter())
        .all(|(one, other)| same(one, other))
    {
        return true;
    }
    let by_key: HashMap<_, &ModelRow> = other
        .rows
        .iter()
        .map(|row| (row.planned.indicator.key(), row))
        .collect();
    let is_there = |row: &ModelRow| {
        by_key
            .get(&row.planned.indicator.key())
            .is_some_and(|other| same(row, other))
    };
    by_key.len() == one.rows.len() && one.rows.iter().all(is_there)
}

/// Writes the list with its rows as they stand: rows that stand as they are written keep every byte.
fn write(template: &Value, model: &Model, change: &Change<'_>) -> Value {
    let mut edits: HashMap<&str, RowEdit> = HashMap::new();
    let mut holdings: BTreeMap<String, Holding> = BTreeMap::new();
    let mut record = Record {
        note: change.note.clone(),
        ..Record::default()
    };
    let mut begun: BTreeMap<String, Timestamp> = BTreeMap::new();
    for ((row, state), beginning) in model.rows.iter().zip(&change.rows).zip(&change.begun) {
        let key = &row.planned.name;
        let mut row = Cow::Borrowed(row);
        if let Some(beginning) = beginning {
            row.to_mut().begin(Some(*beginning));
            begun.insert(key.clone(), *beginning);
        }
        let mut cleared = change.cleared.get(key).copied().unwrap_or_default();
        match state {
            RowState::Gone => {
                edits.insert(key, RowEdit::Drop);
                continue;
            }
            RowState::As(holding) => drop(holdings.insert(key.clone(), holding.clone())),
            RowState::Found(holding, found) => {
                let mut fields = Vec::new();
                for difference in differences(&row.planned.indicator, found) {
                    let (value, is_cleared) = shown(difference.field, found, &row, &model.defaults);
                    cleared.remove(difference.field);
                    if is_cleared {
                        cleared.insert(difference.field);
                    }
                    fields.push((difference.field, value));
                }
                edits.insert(key, RowEdit::Set(fields));
                holdings.insert(key.clone(), holding.clone());
            }
        }
        if !cleared.is_empty() {
            record.cleared.insert(key.clone(), cleared);
        }
    }
    let mut additions = Vec::new();
    let used: HashSet<String> = holdings.keys().cloned().collect();
    for row in &change.beside {
        let (addition, cleared) = addition(row, &model.defaults, |key| {
            used.contains(key) || holdings.contains_key(key)
        });
        if !cleared.is_empty() {
            record.cleared.insert(addition.0.clone(), cleared);
        }
        holdings.insert(addition.0.clone(), row.holding.clone());
        additions.push(addition);
    }
    record.begun = holdings.keys().map(|key| begun.get(key).copied()).collect();
    record.holdings = holdings.into_values().collect();
    let mut object = template
        .as_object()
        .cloned()
        .unwrap_or_else(|| Object::null(IndicatorSet::object_type().clone()));
    let edited = list::edit(template.get(INDICATORS), &edits, &additions);
    object.set(INDICATORS, edited);
    object.set(RECORD, record.text().into());
    if object.get(COUNTS).is_some_and(Value::is_unknown) {
        object.set(COUNTS, counts(model));
    }
    object.into()
}

/// The row of a list that says what an indicator says, on top of the defaults, under a key that is free; and the fields of it
/// that have to be marked as cleared.
fn addition(row: &StateRow, defaults: &ModelRow, is_taken: impl Fn(&str) -> bool) -> (Addition, FieldSet) {
    let indicator = &row.indicator;
    let mut key = list::key_of(&row.name);
    if is_taken(&key) {
        let id = match &row.holding {
            Holding::Held(id) | Holding::Shown(id) => id.as_str(),
            Holding::Absent => "-",
        };
        key = format!("{key} {} {id}", indicator.action);
    }
    let mut base = ModelRow::on(defaults, &key);
    base.indicator().value.clone_from(&key);
    let base = base.finish();
    let mut fields = Vec::new();
    let mut cleared = FieldSet::EMPTY;
    for difference in differences(&base.planned.indicator, indicator) {
        let (value, is_cleared) = shown(difference.field, indicator, &base, defaults);
        if is_cleared {
            cleared.insert(difference.field);
        }
        fields.extend(value.map(|value| (difference.field, value)));
    }
    ((key, fields), cleared)
}

/// What a row writes to show what was found in a field, and whether that has to be marked as cleared, because the field is
/// empty where the set has a default for it, or the row a lifetime.
fn shown(field: Field, found: &Indicator, row: &ModelRow, defaults: &ModelRow) -> (Option<FieldValue>, bool) {
    let defaults = &defaults.planned.indicator;
    let is_empty = |value: &FieldValue| matches!(value, FieldValue::Text(text) if text.is_empty());
    if let Some(value) = field.get(found).filter(|value| !is_empty(value)) {
        return (Some(value), false);
    }
    let lives = field == Field::ExpirationTime && row.planned.indicator.fields.lifetime.is_some();
    if !lives && field.get(defaults).is_none_or(|value| is_empty(&value)) {
        return (None, false);
    }
    match field.explicit_default().filter(|value| !is_empty(value)) {
        Some(value) => (Some(value), false),
        None => (Some(FieldValue::Text(String::new())), true),
    }
}
