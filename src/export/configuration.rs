//! Resources, the provider block and import blocks.

use super::File;
use super::grouping::Group;
use super::hcl::{block, quoted, texts, value};
use super::list::list;
use super::names::{Names, identifier, kebab, slug};
use crate::indicator::{Indicator, Row, all_fields, shared_fields};
use std::collections::BTreeSet;

/// The first line of each file of configuration.
const ORIGIN: &str = "# Written by `terraform-provider-mde export`.\n\n";

/// A configuration that grows by a resource at a time.
#[derive(Debug, Default)]
pub struct Configuration {
    names: Names,
    lists: Vec<File>,
    resources: Vec<String>,
    imports: Vec<String>,
    labels: BTreeSet<String>,
    /// Resources that no filter imports, with the number of their rows.
    pub without_import: Vec<(String, usize)>,
}

impl Configuration {
    /// Adds a set and its list.
    pub fn set(&mut self, group: &Group<'_>) {
        let indicators: Vec<&Indicator> = group.rows.iter().map(|row| &row.indicator).collect();
        let Some(first) = indicators.first() else { return };
        let shared = shared_fields(&indicators);
        let name = self.names.unique(&group.name);
        let list = list(&indicators, &shared);
        let path = format!("lists/{name}.{}", list.extension);
        let file = format!("file(\"${{path.module}}/{path}\")");
        let mut attributes: Vec<(&str, String)> = shared
            .iter()
            .filter_map(|field| Some((field.name(), value(&field.get(first)?))))
            .collect();
        attributes.push((
            "indicators",
            match list.extension {
                "csv" => format!("provider::mde::parse_csv({file})"),
                _ => file,
            },
        ));
        self.lists.push(File {
            path,
            text: list.text,
            rows: Some(group.rows.len()),
        });
        let address = self.resource("mde_indicator_set", &name, &attributes, &group.rows);
        match &group.filter {
            Some(filter) => self.import(&address, filter),
            None => self.without_import.push((address, group.rows.len())),
        }
    }

    /// Adds a resource of one row.
    pub fn single(&mut self, row: &Row) {
        let indicator = &row.indicator;
        let action = kebab(indicator.action.as_str());
        let name = self.names.unique(&slug(&[&indicator.value, &action], "indicator"));
        let fields = all_fields(indicator);
        let attributes: Vec<(&str, String)> = fields.iter().map(|(field, text)| (field.name(), value(text))).collect();
        let address = self.resource("mde_indicator", &name, &attributes, &[row]);
        self.import(&address, row.id.as_str());
    }

    /// How many resources there are.
    pub fn resources(&self) -> usize {
        self.resources.len()
    }

    fn resource(&mut self, kind: &str, name: &str, attributes: &[(&str, String)], rows: &[&Row]) -> String {
        let name = identifier(name);
        self.resources
            .push(block(&format!("resource \"{kind}\" \"{name}\""), attributes));
        let labels = rows.iter().filter_map(|row| row.indicator.label());
        self.labels.extend(labels.map(str::to_owned));
        format!("{kind}.{name}")
    }

    fn import(&mut self, address: &str, id: &str) {
        let attributes = [("to", address.to_owned()), ("id", quoted(id))];
        self.imports.push(block("import", &attributes));
    }

    /// All files. So many rows were made by other authors than the application that signs in.
    pub fn files(self, address: &str, foreign: usize) -> Vec<File> {
        let file = |path: &str, blocks: &[String]| File {
            path: path.to_owned(),
            text: format!("{ORIGIN}{}", blocks.join("\n")),
            rows: None,
        };
        let mut files = self.lists;
        files.push(file("indicators.tf", &self.resources));
        files.push(file(
            "provider.tf",
            &[terraform(address), provider(&self.labels, foreign)],
        ));
        if !self.imports.is_empty() {
            let note = "# Delete this file after the first apply.\n".to_owned();
            let mut imports = self.imports;
            if let Some(first) = imports.first_mut() {
                *first = format!("{note}{first}");
            }
            files.push(file("imports.tf", &imports));
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        files
    }
}

/// The functions of the provider need Terraform 1.8.
fn terraform(address: &str) -> String {
    format!(
        "terraform {{\n  required_version = \">= 1.8\"\n\n  required_providers {{\n    mde = {{\n      source = {}\n    \
         }}\n  }}\n}}\n",
        quoted(address)
    )
}

fn provider(labels: &BTreeSet<String>, foreign: usize) -> String {
    let mut text = String::from("# Credentials come from the environment.\nprovider \"mde\" {\n");
    if !labels.is_empty() {
        text.push_str("  # Indicators may move between the lists of these labels.\n");
        let labels = texts(labels.iter().map(String::as_str));
        text.push_str(&format!("  {} = {labels}\n", "applications"));
    }
    if foreign > 0 {
        if !labels.is_empty() {
            text.push('\n');
        }
        let (were, them) = if foreign == 1 { ("was", "it") } else { ("were", "them") };
        text.push_str(&format!(
            "  # {foreign} of the exported indicators {were} created by other authors. This lets the configuration take {them} over \
             again,\n  # for example into another resource. Remove it to have the plan fail on indicators of other authors.\n  \
             on_existing = \"adopt\"\n"
        ));
    }
    text.push_str("}\n");
    text
}
