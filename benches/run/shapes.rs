//! Other shapes that a list could have in the schema, to know what the chosen one costs the host.

use super::data::{self, Row};
use super::report::Report;
use super::workspace::{Run, Workspace, csv};
use mde::tf::{Attribute, Function, FunctionError, Object, ObjectType, Parameter, Schema, Value, ValueType};
use serde::{Deserialize, Serialize};
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

/// A shape: an attribute `rows`, and the computed text `record` beside it.
struct Sketch {
    type_name: &'static str,
    function: &'static str,
    name: &'static str,
    rows: Rows,
}

#[derive(Clone, Copy)]
enum Rows {
    /// Any type: one JSON text.
    Text,
    /// Any type: a map of objects with the fields that somebody wrote.
    Any,
    /// A map of text, each a row as JSON.
    Texts,
    /// A map of nested attributes with this many fields, two of them set.
    Nested(usize),
    /// The same as a map of objects, which is one attribute to the host.
    Objects(usize),
}

const SKETCHES: [Sketch; 6] = [
    sketch("mde_shape_text", "shape_text", "any type, one JSON text", Rows::Text),
    sketch(
        "mde_shape_any",
        "shape_any",
        "any type, map of objects with 2 fields",
        Rows::Any,
    ),
    sketch(
        "mde_shape_texts",
        "shape_texts",
        "map of text, each a row as JSON",
        Rows::Texts,
    ),
    sketch("mde_shape_2", "shape_2", "nested map, 2 fields", Rows::Nested(2)),
    sketch("mde_shape_8", "shape_8", "nested map, 8 fields", Rows::Nested(8)),
    sketch(
        "mde_shape_8_objects",
        "shape_8_objects",
        "map of objects, 8 fields",
        Rows::Objects(8),
    ),
];

const fn sketch(type_name: &'static str, function: &'static str, name: &'static str, rows: Rows) -> Sketch {
    Sketch {
        type_name,
        function,
        name,
        rows,
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
            Rows::Text | Rows::Any => Attribute::plain("rows", ValueType::Dynamic),
            Rows::Texts | Rows::Objects(_) => Attribute::plain("rows", self.list()),
        };
        let record = Attribute::string("record").computed().sensitive();
        Schema::new("", vec![rows.optional(), record])
    }

    /// What the function returns.
    fn list(&self) -> ValueType {
        let element = match self.rows {
            Rows::Text => return ValueType::String,
            Rows::Texts => ValueType::String,
            Rows::Any => ValueType::Object(object_type(2)),
            Rows::Nested(fields) | Rows::Objects(fields) => ValueType::Object(object_type(fields)),
        };
        ValueType::map(element)
    }

    fn make(&self, rows: &[Row]) -> Value {
        let fields = match self.rows {
            Rows::Text => {
                let rows: Vec<String> = rows
                    .iter()
                    .map(|row| format!("\"{}\":{}", row.value, json(row)))
                    .collect();
                return format!("{{{}}}", rows.join(",")).into();
            }
            Rows::Texts => 0,
            Rows::Any => 2,
            Rows::Nested(fields) | Rows::Objects(fields) => fields,
        };
        let row = |row: &Row| {
            let made = if fields == 0 {
                json(row).into()
            } else {
                filled(fields, row)
            };
            (row.value.clone(), made)
        };
        Value::Map(rows.iter().map(row).collect())
    }
}

fn json(row: &Row) -> String {
    format!(
        "{{\"description\":\"{}\",\"severity\":\"{}\"}}",
        row.description, row.severity
    )
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
        self.0.list()
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let rows = arguments.first().and_then(Value::as_list).unwrap_or_default();
        let row = |row: &Value| {
            let text = |name: &str| row.get(name).as_str().unwrap_or_default().to_owned();
            let severity = ["High", "Medium", "Low"]
                .into_iter()
                .find(|name| *name == text("severity"));
            Row {
                value: text("value"),
                severity: severity.unwrap_or_default(),
                description: text("description"),
            }
        };
        Ok(self.0.make(&rows.iter().map(row).collect::<Vec<_>>()))
    }
}
