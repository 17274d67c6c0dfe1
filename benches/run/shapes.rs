//! Other shapes that a list could have in the schema, to know what the chosen one costs the host.

use super::data::{self, Row};
use super::report::Report;
use super::workspace::{Run, Workspace, csv};
use mde::tf::{Attribute, Function, FunctionError, Object, ObjectType, Parameter, Schema, Value, ValueType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A plan without changes of one shape.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shape {
    pub name: String,
    pub size: usize,
    pub first_apply: Run,
    pub plan: Run,
    pub state: u64,
}

/// A shape: an attribute `rows`, with a computed map `ids` beside it or without.
struct Sketch {
    type_name: &'static str,
    function: &'static str,
    name: &'static str,
    rows: Rows,
    ids: bool,
}

#[derive(Clone, Copy)]
enum Rows {
    /// A map of text: a field, or JSON.
    Text { json: bool },
    /// A map of nested attributes with this many fields, three of them set.
    Nested(usize),
    /// The same as a map of objects, which is one attribute to the host.
    Objects(usize),
    /// A map of maps of text.
    Maps,
    /// Any type: a map of objects without the fields that nobody wrote.
    Any,
}

const SKETCHES: [Sketch; 11] = [
    sketch(
        "mde_shape_text",
        "shape_text",
        "map of text",
        Rows::Text { json: false },
        true,
    ),
    sketch(
        "mde_shape_bare",
        "shape_bare",
        "map of text, no `ids`",
        Rows::Text { json: false },
        false,
    ),
    sketch(
        "mde_shape_json",
        "shape_json",
        "map of text, each a row as JSON",
        Rows::Text { json: true },
        true,
    ),
    sketch("mde_shape_maps", "shape_maps", "map of maps of text", Rows::Maps, true),
    sketch(
        "mde_shape_any",
        "shape_any",
        "any type, map of objects with 2 fields",
        Rows::Any,
        true,
    ),
    sketch("mde_shape_2", "shape_2", "nested map, 2 fields", Rows::Nested(2), true),
    sketch("mde_shape_4", "shape_4", "nested map, 4 fields", Rows::Nested(4), true),
    sketch("mde_shape_8", "shape_8", "nested map, 8 fields", Rows::Nested(8), true),
    sketch(
        "mde_shape_8_bare",
        "shape_8_bare",
        "nested map, 8 fields, no `ids`",
        Rows::Nested(8),
        false,
    ),
    sketch(
        "mde_shape_16",
        "shape_16",
        "nested map, 16 fields",
        Rows::Nested(16),
        true,
    ),
    sketch(
        "mde_shape_8_objects",
        "shape_8_objects",
        "map of objects, 8 fields",
        Rows::Objects(8),
        true,
    ),
];

const fn sketch(type_name: &'static str, function: &'static str, name: &'static str, rows: Rows, ids: bool) -> Sketch {
    Sketch {
        type_name,
        function,
        name,
        rows,
        ids,
    }
}

pub fn measure(report: &mut Report, sizes: &[usize], repeat: usize) {
    let size = sizes.iter().copied().max().unwrap_or_default();
    let rows = data::rows(size);
    for sketch in &SKETCHES {
        let workspace = Workspace::with_floor();
        workspace.write("list.csv", &csv(&rows));
        let (type_name, function) = (sketch.type_name, sketch.function);
        workspace.main(&format!(
            "resource \"{type_name}\" \"list\" {{\n  rows = provider::mde::{function}(csvdecode(file(\"list.csv\")))\n}}\n"
        ));
        let first_apply = workspace.apply();
        let plan = Run::median((0..repeat).map(|_| workspace.plan(false)).collect());
        report.add_shape(Shape {
            name: sketch.name.to_owned(),
            size,
            first_apply,
            plan,
            state: workspace.state_size(),
        });
    }
}

/// The resources of these shapes, for the floor.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    SKETCHES
        .iter()
        .map(|sketch| (sketch.type_name, sketch.schema()))
        .collect()
}

/// For each shape the function that makes it of a list, for the floor.
pub fn functions() -> Vec<Box<dyn Function>> {
    let boxed = |sketch: &'static Sketch| -> Box<dyn Function> { Box::new(Maker(sketch)) };
    const ALL: &[Sketch] = &SKETCHES;
    ALL.iter().map(boxed).collect()
}

impl Sketch {
    fn schema(&self) -> Schema {
        let rows = match self.rows {
            Rows::Nested(fields) => Attribute::nested_map(
                "rows",
                names(fields)
                    .into_iter()
                    .map(|name| Attribute::string(name).optional())
                    .collect(),
            ),
            Rows::Any => Attribute::plain("rows", ValueType::Dynamic),
            _ => Attribute::map_of("rows", self.element()),
        };
        let mut attributes = vec![rows.optional()];
        if self.ids {
            attributes.push(Attribute::map_of("ids", ValueType::String).computed());
        }
        Schema::new("", attributes)
    }

    fn element(&self) -> ValueType {
        match self.rows {
            Rows::Text { .. } => ValueType::String,
            Rows::Maps => ValueType::map(ValueType::String),
            Rows::Any => ValueType::Object(object_type(2)),
            Rows::Nested(fields) | Rows::Objects(fields) => ValueType::Object(object_type(fields)),
        }
    }

    fn make(&self, row: &Row) -> Value {
        match self.rows {
            Rows::Text { json: false } => row.description.as_str().into(),
            Rows::Text { json: true } => format!(
                "{{\"description\":\"{}\",\"severity\":\"{}\"}}",
                row.description, row.severity
            )
            .into(),
            Rows::Maps => Value::Map(BTreeMap::from([
                ("description".to_owned(), row.description.as_str().into()),
                ("severity".to_owned(), row.severity.into()),
            ])),
            Rows::Any => filled(2, row),
            Rows::Nested(fields) | Rows::Objects(fields) => filled(fields, row),
        }
    }
}

fn names(fields: usize) -> Vec<String> {
    let spare = (2..fields).map(|number| format!("field_{number}"));
    ["description".to_owned(), "severity".to_owned()]
        .into_iter()
        .chain(spare)
        .collect()
}

fn object_type(fields: usize) -> Arc<ObjectType> {
    Arc::new(ObjectType::new(
        names(fields).into_iter().map(|name| (name, ValueType::String)),
    ))
}

fn filled(fields: usize, row: &Row) -> Value {
    Object::null(object_type(fields))
        .with("description", row.description.as_str())
        .with("severity", row.severity)
        .into()
}

struct Maker(&'static Sketch);

impl Function for Maker {
    #[expect(
        clippy::misnamed_getters,
        reason = "the sketch's own name is that of the measurement"
    )]
    fn name(&self) -> &'static str {
        self.0.function
    }

    fn summary(&self) -> String {
        String::new()
    }

    fn description(&self) -> String {
        String::new()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let columns = ["value", "severity", "description"].map(|name| (name, ValueType::String));
        vec![Parameter::new("rows", ValueType::list(ValueType::object(columns)), "")]
    }

    fn returns(&self) -> ValueType {
        ValueType::map(self.0.element())
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let rows = arguments.first().and_then(Value::as_list).unwrap_or_default();
        let made = rows.iter().map(|row| {
            let text = |name: &str| row.get(name).as_str().unwrap_or_default().to_owned();
            let severity = ["High", "Medium", "Low"]
                .into_iter()
                .find(|name| *name == text("severity"));
            let row = Row {
                value: text("value"),
                severity: severity.unwrap_or_default(),
                description: text("description"),
            };
            (row.value.clone(), self.0.make(&row))
        });
        Ok(Value::Map(made.collect()))
    }
}
