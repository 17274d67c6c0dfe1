//! The resource `mde_indicator`: one indicator. For `for_each` over tens or hundreds.

pub(super) mod identity;
pub(super) mod import;
pub(super) mod peer;
pub(super) mod query;

use super::attributes::{attribute, write};
use super::findings::Findings;
use super::model::{Model, ModelRow, on_existing, renews};
use super::object::{Change, Kind, RECORD, RowState};
use super::record::{Other, Record};
use super::set::{check_on_existing, on_existing_attribute, record_attribute, renew_attribute, title};
use crate::indicator::{Field, Indicator, differences, rules};
use crate::tenant::{Holding, StateRow, Tenant};
use crate::tf::{
    Attribute, Diagnostic, Diagnostics, IdentitySchema, MoveSource, Moved, Object, ObjectType, Path, Schema, Value,
};
use async_trait::async_trait;
use std::sync::{Arc, LazyLock};

/// The attribute with the service's own identifier.
const ID: &str = "id";

/// The resource `mde_indicator`.
pub struct SingleIndicator;

fn schema() -> Schema {
    let mut attributes = vec![
        Attribute::string(ID)
            .computed()
            .describe("Id of the indicator, assigned by the service."),
        attribute(Field::Value).required(),
    ];
    attributes.extend(Field::defaults().map(|field| match field {
        Field::Action | Field::Title => attribute(field).required(),
        _ => attribute(field).optional(),
    }));
    attributes.extend([renew_attribute(), on_existing_attribute(), record_attribute()]);
    Schema::new(
        "Manages one [indicator](https://learn.microsoft.com/en-us/defender-endpoint/api/ti-indicator). For more \
         than about 200 indicators use `mde_indicator_set`: Terraform shows the provider only 10 resources at a time \
         by default, so each call carries few indicators.\n\nRequires the application permission `Ti.ReadWrite.All`. \
         With `Ti.ReadWrite` the provider sees only the indicators of its own application, and cannot check whether \
         an indicator of another author already exists.",
        attributes,
    )
    .version(1)
}

#[async_trait]
impl Kind for SingleIndicator {
    const TYPE_NAME: &'static str = "mde_indicator";
    const IS_SINGLE: bool = true;
    const COMPUTED: &'static [&'static str] = &[ID, RECORD];

    fn schema() -> Schema {
        schema()
    }

    fn object_type() -> &'static Arc<ObjectType> {
        static TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| schema().object_type());
        &TYPE
    }

    fn read(value: &Value, record: Option<&Record>) -> Model {
        let mut row = ModelRow::blank();
        row.take_attributes(value, Field::ALL.iter().copied());
        row.planned.name = row.planned.indicator.value.as_str().into();
        Model {
            title: title(value),
            defaults: ModelRow::blank(),
            rows: Arc::new(if value.is_null() {
                Vec::new()
            } else {
                let mut row = row.finish();
                row.begin(record.and_then(|record| record.begun(0)));
                vec![row]
            }),
            incomplete: false,
            faults: Vec::new(),
            exclusive: None,
            on_existing: on_existing(value),
            renew: renews(value),
        }
    }

    fn check(config: &Value, model: &Model) -> Diagnostics {
        let mut findings = Findings::default();
        for row in model.rows.iter() {
            let unread = row
                .findings
                .iter()
                .fold(row.planned.unknown, |unknown, finding| unknown.with(finding.field));
            for finding in row
                .findings
                .iter()
                .cloned()
                .chain(rules::check(&row.planned.indicator, unread))
            {
                // The host shows the attribute itself.
                findings.push("", Path::attribute(finding.field.name()), true, finding);
            }
        }
        let mut diagnostics = findings.into_diagnostics(&model.title);
        diagnostics.extend(check_on_existing(config));
        diagnostics
    }

    fn complete(planned: Object, _model: &Model, _prior: &Value) -> Object {
        planned
    }

    fn write(template: &Value, model: &Model, change: &Change<'_>) -> Value {
        let mut begun = change.begun.first().copied().flatten();
        let mut row = model.rows.first().cloned().unwrap_or_else(ModelRow::blank);
        row.begin(begun);
        let said = row.planned.indicator;
        let beside: Vec<&StateRow> = change.beside.iter().collect();
        let (state, holding, beside) = match (change.rows.first(), change.before) {
            (Some(RowState::As(holding)), _) => (template.clone(), holding.clone(), beside),
            (Some(RowState::Found(holding, found)), before) => {
                // What could not be written says what it said before, in the words of before.
                let before = before.map(|before| (before, stored(before)));
                let was = before
                    .as_ref()
                    .and_then(|(before, model)| Some((*before, &model.rows.first()?.planned)));
                let state = match was.filter(|(_, was)| was.indicator.key() == said.key()) {
                    Some((before, was)) => {
                        begun = was.begun;
                        as_found(before, &was.indicator, found)
                    }
                    None => as_found(template, &said, found),
                };
                (state, holding.clone(), beside)
            }
            // Nothing stands of what was planned: the object is what it was, as far as that is still there.
            (_, Some(before)) => {
                let was = stored(before);
                let was = was.rows.first().map(|row| &row.planned);
                begun = was.and_then(|was| was.begun);
                let was = was.map(|was| was.indicator.key());
                let (own, others): (Vec<&StateRow>, Vec<&StateRow>) =
                    beside.into_iter().partition(|row| Some(row.indicator.key()) == was);
                let holding = own.first().map_or(Holding::Absent, |row| row.holding.clone());
                (before.clone(), holding, others)
            }
            (_, None) => (template.clone(), Holding::Absent, beside),
        };
        let record = Record {
            note: change.note.clone(),
            others: beside.into_iter().filter_map(Other::of).collect(),
            holdings: vec![holding.clone()],
            begun: vec![begun],
            ..Record::default()
        };
        let mut object = state
            .as_object()
            .cloned()
            .unwrap_or_else(|| Object::null(Self::object_type().clone()));
        object.set(ID, holding.held().map(|id| id.as_str()).into());
        object.set(RECORD, record.text().into());
        object.into()
    }

    async fn import(tenant: &Tenant, id: &str) -> Result<Value, Diagnostics> {
        import::import(tenant, id).await
    }

    fn identity_schema() -> Option<IdentitySchema> {
        Some(identity::schema())
    }

    fn identity(tenant: Option<&Tenant>, value: &Value) -> Value {
        identity::of(tenant, value)
    }

    async fn import_by_identity(tenant: &Tenant, identity: &Value) -> Result<Value, Diagnostics> {
        let row = identity::find(tenant, identity).await?;
        Ok(import::state(&row))
    }

    fn take_over(source: &MoveSource) -> Result<Moved, Diagnostic> {
        peer::take_over(source)
    }

    fn upgrade(version: i64, mut stored: serde_json::Value) -> serde_json::Value {
        // Version 0 had the id alone.
        if version == 0
            && let Some(object) = stored.as_object_mut()
        {
            let id = object.get(ID).and_then(serde_json::Value::as_str).unwrap_or("-");
            let record = serde_json::json!({ "ids": id }).to_string();
            object.insert(RECORD.to_owned(), record.into());
            object.insert("on_existing".to_owned(), serde_json::Value::Null);
        }
        stored
    }
}

/// What a state says.
fn stored(state: &Value) -> Model {
    let record = state.get(RECORD).as_str().map(Record::parse);
    SingleIndicator::read(state, record.as_ref())
}

/// The value with what was found, in the spelling that it has where that means the same.
fn as_found(state: &Value, said: &Indicator, found: &Indicator) -> Value {
    let mut object = state
        .as_object()
        .cloned()
        .unwrap_or_else(|| Object::null(SingleIndicator::object_type().clone()));
    for difference in differences(said, found) {
        object.set(difference.field.name(), write(difference.field, found));
        if difference.field == Field::ExpirationTime && found.fields.expiration_time.is_none() {
            // It never expires, whatever lifetime it was given.
            object.set(Field::Lifetime.name(), Value::Null);
        }
    }
    object.into()
}
