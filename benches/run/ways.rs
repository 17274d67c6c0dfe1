//! Ways to write one and the same list: which of them costs the host how much.

use super::data::{self, Row};
use super::life::set;
use super::report::Report;
use super::tenant::Tenant;
use super::workspace::{Run, Workspace, csv};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A plan without changes of a list that is written in one way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Way {
    pub name: String,
    pub size: usize,
    /// Absent if it was left out for taking too long.
    pub run: Option<Run>,
    /// The same with the floor.
    pub floor: Option<Run>,
}

/// How a list is written: what it is called, what the attribute is set to, in which `LITERAL` stands for the list as HCL, and
/// the type of the variable `list`, if it is used.
type Writing = (&'static str, &'static str, Option<&'static str>);

const LITERAL: &str = "LITERAL";

/// The largest list: what is slow shows well before what a tenant holds.
const LARGEST: usize = 5_000;

const WRITINGS: [Writing; 9] = [
    (
        "parse_csv over a file",
        "provider::mde::parse_csv(file(\"list.csv\"))",
        None,
    ),
    ("a file of JSON as it is", "file(\"list.json\")", None),
    (
        "jsonencode over a for over csvdecode",
        "jsonencode({ for row in csvdecode(file(\"list.csv\")) : row.value => row })",
        None,
    ),
    (
        "for over csvdecode",
        "{ for row in csvdecode(file(\"list.csv\")) : row.value => row }",
        None,
    ),
    ("jsondecode", "jsondecode(file(\"list.json\"))", None),
    ("yamldecode", "yamldecode(file(\"list.yaml\"))", None),
    ("literal", LITERAL, None),
    ("variable, any, from tfvars.json", "var.list", Some("any")),
    (
        "variable, map(object), from tfvars.json",
        "var.list",
        Some("map(object({ severity = string, title = string, description = string, recommended_actions = string }))"),
    ),
];

pub fn measure(report: &mut Report, tenant: &Tenant, sizes: &[usize], repeat: usize, longest: f64) {
    // The growth is the point here, and below a thousand it does not show.
    for writing in &WRITINGS {
        let mut before: Option<(usize, f64)> = None;
        for size in sizes.iter().copied().filter(|size| *size <= LARGEST) {
            let expected = before.map_or(0.0, |(smaller, seconds)| {
                // Half a second is what every plan takes; the rest may be quadratic.
                (seconds - 0.5).max(0.0) * (size as f64 / smaller as f64).powi(2)
            });
            let measured = (expected <= longest).then(|| {
                // A state keeps the form that a list was written in, so each way begins anew.
                tenant.empty();
                let rows = data::rows(size);
                let [provider, floor] = [Workspace::with_provider(tenant.environment()), Workspace::with_floor()];
                let again = if expected > 15.0 { 1 } else { repeat };
                [&provider, &floor].map(|workspace| {
                    write(writing, workspace, &rows);
                    tenant.during(|| workspace.apply());
                    Run::median((0..again).map(|_| tenant.during(|| workspace.plan(false)).0).collect())
                })
            });
            let (run, floor) = measured.map_or((None, None), |[run, floor]| (Some(run), Some(floor)));
            if let Some(run) = &run {
                before = Some((size, run.wall));
            }
            report.add_way(Way {
                name: writing.0.to_owned(),
                size,
                run,
                floor,
            });
        }
    }
}

fn write((_, expression, variable): &Writing, workspace: &Workspace, rows: &[Row]) {
    let fields = |row: &Row| -> serde_json::Value { json!(BTreeMap::from(row.fields())) };
    let list: BTreeMap<&str, _> = rows.iter().map(|row| (row.value.as_str(), fields(row))).collect();
    let mut text = String::new();
    match *expression {
        expression if expression.contains("list.csv") => workspace.write("list.csv", &csv(rows)),
        expression if expression.contains("list.json") => workspace.write("list.json", &json!(list).to_string()),
        expression if expression.contains("list.yaml") => workspace.write("list.yaml", &yaml(rows)),
        _ => {}
    }
    if let Some(variable) = variable {
        let _ = writeln!(text, "variable \"list\" {{\n  type = {variable}\n}}\n");
        workspace.write("list.auto.tfvars.json", &json!({ "list": list }).to_string());
    }
    text.push_str(&set(&expression.replace(LITERAL, &literal(rows))));
    workspace.main(&text);
}

fn yaml(rows: &[Row]) -> String {
    let field = |(name, text): (&str, &str)| format!("  {name}: \"{text}\"\n");
    let row = |row: &Row| format!("\"{}\":\n{}", row.value, row.fields().map(field).concat());
    rows.iter().map(row).collect()
}

fn literal(rows: &[Row]) -> String {
    let field = |(name, text): (&str, &str)| format!("{name} = \"{text}\"");
    let row = |row: &Row| format!("    \"{}\" = {{ {} }}\n", row.value, row.fields().map(field).join(", "));
    format!("{{\n{}  }}", rows.iter().map(row).collect::<String>())
}
