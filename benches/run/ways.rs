//! Ways to write one and the same list: which of them costs the host how much.

use super::data::{self, Row};
use super::life::{Form, configuration};
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
    pub form: Form,
    pub name: String,
    pub size: usize,
    /// Absent if it was left out for taking too long.
    pub run: Option<Run>,
}

/// How a list is written.
struct Writing {
    form: Form,
    name: &'static str,
    /// What the attribute is set to; `LITERAL` stands for the list as HCL.
    expression: &'static str,
    /// The type of the variable `list`, if it is used.
    variable: Option<&'static str>,
}

const LITERAL: &str = "LITERAL";

const WRITINGS: [Writing; 18] = [
    values(
        "zipmap over csvdecode",
        "zipmap(local.csv[*].value, local.csv[*].description)",
        None,
    ),
    values(
        "for over csvdecode",
        "{ for row in local.csv : row.value => row.description }",
        None,
    ),
    values(
        "for over jsondecode",
        "{ for row in local.json : row.value => row.description }",
        None,
    ),
    values("literal map", LITERAL, None),
    values(
        "variable, map(string), from tfvars.json",
        "var.list",
        Some("map(string)"),
    ),
    indicators(
        "parse_csv over file",
        "provider::mde::parse_csv(file(\"list.csv\"))",
        None,
    ),
    indicators("function over csvdecode", "provider::mde::indicators(local.csv)", None),
    indicators(
        "function over jsondecode",
        "provider::mde::indicators(local.json)",
        None,
    ),
    indicators(
        "function over yamldecode",
        "provider::mde::indicators(local.yaml)",
        None,
    ),
    indicators(
        "function over a map by for",
        "provider::mde::indicators({ for row in local.csv : row.value => { severity = row.severity, description = row.description } })",
        None,
    ),
    indicators(
        "function over a list by for",
        "provider::mde::indicators([for row in local.csv : { value = row.value, severity = row.severity, description = row.description }])",
        None,
    ),
    indicators(
        "function over a literal map",
        "provider::mde::indicators(LITERAL)",
        None,
    ),
    indicators(
        "function over a variable, any, from tfvars.json",
        "provider::mde::indicators(var.list)",
        Some("any"),
    ),
    indicators(
        "function over a variable, map(object), from tfvars.json",
        "provider::mde::indicators(var.list)",
        Some("map(object({ severity = string, description = string }))"),
    ),
    indicators(
        "zipmap over csvdecode, no function",
        "zipmap(local.csv[*].value, [for row in local.csv : { severity = row.severity, description = row.description }])",
        None,
    ),
    indicators(
        "map by for, no function",
        "{ for row in local.csv : row.value => { severity = row.severity, description = row.description } }",
        None,
    ),
    indicators("literal map, no function", LITERAL, None),
    indicators(
        "variable, map(object), no function",
        "var.list",
        Some("map(object({ severity = string, description = string }))"),
    ),
];

const fn values(name: &'static str, expression: &'static str, variable: Option<&'static str>) -> Writing {
    Writing {
        form: Form::Values,
        name,
        expression,
        variable,
    }
}

const fn indicators(name: &'static str, expression: &'static str, variable: Option<&'static str>) -> Writing {
    Writing {
        form: Form::Indicators,
        name,
        expression,
        variable,
    }
}

pub fn measure(report: &mut Report, tenant: &Tenant, sizes: &[usize], repeat: usize, longest: f64) {
    // The growth is the point here, and below a thousand it does not show.
    let sizes: Vec<usize> = sizes.iter().copied().filter(|size| *size >= 1_000).collect();
    for form in [Form::Values, Form::Indicators] {
        let mut before: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        for size in &sizes {
            tenant.empty();
            let rows = data::rows(*size);
            let workspace = Workspace::with_provider(tenant.environment());
            write_lists(&workspace, &rows);
            workspace.main(&configuration(form));
            tenant.during(|| workspace.apply());
            for writing in WRITINGS.iter().filter(|writing| writing.form == form) {
                let expected = before.get(writing.name).map_or(0.0, |(smaller, seconds)| {
                    // Half a second is what every plan takes; the rest may be quadratic.
                    (seconds - 0.5).max(0.0) * (*size as f64 / *smaller as f64).powi(2)
                });
                let run = (expected <= longest).then(|| {
                    writing.write(&workspace, &rows);
                    let again = if expected > 15.0 { 1 } else { repeat };
                    Run::median((0..again).map(|_| tenant.during(|| workspace.plan(false)).0).collect())
                });
                if let Some(run) = &run {
                    before.insert(writing.name, (*size, run.wall));
                }
                report.add_way(Way {
                    form,
                    name: writing.name.to_owned(),
                    size: *size,
                    run,
                });
            }
        }
    }
}

fn write_lists(workspace: &Workspace, rows: &[Row]) {
    let object = |row: &Row| json!({ "value": row.value, "severity": row.severity, "description": row.description });
    let list: Vec<_> = rows.iter().map(object).collect();
    let mut yaml = String::new();
    for row in rows {
        let _ = writeln!(
            yaml,
            "- value: \"{}\"\n  severity: {}\n  description: \"{}\"",
            row.value, row.severity, row.description
        );
    }
    workspace.write("list.csv", &csv(rows));
    workspace.write("list.json", &serde_json::to_string_pretty(&list).unwrap());
    workspace.write("list.yaml", &yaml);
}

impl Writing {
    fn write(&self, workspace: &Workspace, rows: &[Row]) {
        let attribute = match self.form {
            Form::Values => "values",
            Form::Indicators => "indicators",
        };
        let expression = self.expression.replace(LITERAL, &self.literal(rows));
        let mut text = String::new();
        for (name, file) in [
            ("csv", "csvdecode(file(\"list.csv\"))"),
            ("json", "jsondecode(file(\"list.json\"))"),
            ("yaml", "yamldecode(file(\"list.yaml\"))"),
        ] {
            if expression.contains(&format!("local.{name}")) {
                let _ = writeln!(text, "locals {{\n  {name} = {file}\n}}\n");
            }
        }
        workspace.remove("list.auto.tfvars.json");
        if let Some(variable) = self.variable {
            let _ = writeln!(text, "variable \"list\" {{\n  type = {variable}\n}}\n");
            let entries: BTreeMap<_, _> = rows.iter().map(|row| (row.value.as_str(), self.entry(row))).collect();
            workspace.write("list.auto.tfvars.json", &json!({ "list": entries }).to_string());
        }
        let _ = writeln!(
            text,
            "resource \"mde_indicator_set\" \"list\" {{\n  action = \"Block\"\n  title  = \"C2\"\n  {attribute} = {expression}\n}}"
        );
        workspace.main(&text);
    }

    fn entry(&self, row: &Row) -> serde_json::Value {
        match self.form {
            Form::Values => json!(row.description),
            Form::Indicators => json!({ "severity": row.severity, "description": row.description }),
        }
    }

    fn literal(&self, rows: &[Row]) -> String {
        let mut text = String::from("{\n");
        for row in rows {
            let _ = match self.form {
                Form::Values => writeln!(text, "    \"{}\" = \"{}\"", row.value, row.description),
                Form::Indicators => writeln!(
                    text,
                    "    \"{}\" = {{ severity = \"{}\", description = \"{}\" }}",
                    row.value, row.severity, row.description
                ),
            };
        }
        text.push_str("  }");
        text
    }
}
