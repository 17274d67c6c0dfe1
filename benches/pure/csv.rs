//! CSV: the text as rows, and the whole function that checks them and makes a set's list of them.

use super::at_every_size;
use super::data::Row;
use super::time::PerIndicator;
use criterion::Criterion;
use mde::feed::csv;
use mde::provider::MdeProvider;
use mde::tf::{Provider, Value};
use std::fmt::Write as _;

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    let functions = MdeProvider::default().functions();
    let function = functions
        .iter()
        .find(|function| function.name() == "parse_csv")
        .unwrap();
    at_every_size(criterion, "read a CSV", portal, |text| {
        let table = csv::parse(&text);
        assert!(table.problems.is_empty());
        table.rows.len()
    });
    at_every_size(
        criterion,
        "function parse_csv",
        |rows| Value::from(portal(rows)),
        |text| function.call(vec![text]).unwrap(),
    );
    at_every_size(
        criterion,
        "function parse_csv, every row wrong",
        |rows| Value::from(portal(rows).replace("Block", "block").replace('.', "[.]")),
        |text| function.call(vec![text]).unwrap_err(),
    );
}

/// The list as the portal writes it.
fn portal(rows: &[Row]) -> String {
    let mut text = String::from(
        "IndicatorType,IndicatorValue,ExpirationTime,Action,Severity,Title,Description,RecommendedActions,RbacGroups,\
         Category,MitreTechniques,GenerateAlert\r\n",
    );
    for row in rows {
        let _ = write!(
            text,
            "{},{},,Block,{},{},\"{}, once\",{},,Malware,,true\r\n",
            kind(&row.value),
            row.value,
            row.severity,
            row.title,
            row.description,
            row.recommended_actions
        );
    }
    text
}

fn kind(value: &str) -> &'static str {
    match value.find([':', '.']) {
        None => "FileSha256",
        Some(at) if value[at..].starts_with(':') => "IpAddress",
        Some(_) => "DomainName",
    }
}
