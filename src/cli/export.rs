//! A live tenant as list files, configuration and import blocks.

use super::progress::Progress;
use super::terraform::ADDRESS;
use super::{DONE, FOUND, with_causes};
use crate::export::{self, Export, Left, Order, Selection, Shape};
use crate::indicator::rules::{parse_action, parse_type};
use crate::indicator::{IndicatorType, Row};
use crate::outgoing::{shown, words};
use crate::provider::{MdeProvider, Tenant};
use crate::tf::{Diagnostics, Object, Provider};
use std::io::Write;
use std::path::PathBuf;

/// Most rows that are named one by one.
const NAMED: usize = 200;

/// Longest reason in a line, in characters.
const LONGEST: usize = 300;

/// What to export, and where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Directory to write to
    #[arg(long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,

    /// Write one `mde_indicator` for each indicator instead of sets with list files
    #[arg(long)]
    singles: bool,

    /// Only indicators of this type, such as Url; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = known_type)]
    types: Vec<String>,

    /// Only indicators with this action, such as Block; may be repeated
    #[arg(long = "action", value_name = "ACTION", value_parser = known_action)]
    actions: Vec<String>,

    /// Only indicators with this application label; `` is no label; may be repeated
    #[arg(long = "application", value_name = "LABEL")]
    applications: Vec<String>,

    /// Only indicators of this author: an application id or a user name; may be repeated
    #[arg(long = "created-by", value_name = "AUTHOR")]
    creators: Vec<String>,

    /// Only indicators that this product created, such as Portal, PublicApi or MCAS; `*` is all; may be repeated. Default:
    /// what people and applications create
    #[arg(long = "source", value_name = "PRODUCT")]
    sources: Vec<String>,

    /// Overwrite files
    #[arg(long)]
    force: bool,
}

fn known_type(text: &str) -> Result<String, String> {
    // What export only lists may be asked for, too.
    let is_listed =
        |text: &str| matches!(IndicatorType::from_service(text), IndicatorType::Other(name) if &*name == "WebCategory");
    match parse_type(text) {
        Err(finding) if !is_listed(text) => Err(format!("{}. {}", finding.rule, finding.remedy)),
        _ => Ok(text.to_owned()),
    }
}

fn known_action(text: &str) -> Result<String, String> {
    match parse_action(text) {
        Err(finding) => Err(format!("{}. {}", finding.rule, finding.remedy)),
        Ok(_) => Ok(text.to_owned()),
    }
}

impl Arguments {
    /// Reads the tenant and writes the files. Answers the exit code.
    pub async fn run(self, output: &mut (dyn Write + Send), errors: &mut (dyn Write + Send)) -> Result<u8, String> {
        let tenant = tenant(errors).await?;
        let mut progress = Progress::new(errors);
        progress.step("Listing the tenant", None);
        let listed = progress.during(tenant.client.listing()).await;
        let listing = listed.map_err(|error| format!("{}. {}", with_causes(&error), error.hint()))?;
        if !listing.is_complete() {
            return Err(
                "the indicators of the tenant changed all the while they were listed, so some may be missing and \
                        nothing was written; run the command again"
                    .into(),
            );
        }
        let rows: Vec<&Row> = listing.iter().collect();
        let is_own = |row: &Row| is_own(&tenant, row);
        let order = Order {
            selection: Selection {
                types: self.types,
                actions: self.actions,
                applications: self.applications,
                creators: self.creators,
                sources: self.sources,
            },
            shape: if self.singles { Shape::Singles } else { Shape::Sets },
            address: ADDRESS,
            is_own: &is_own,
        };
        let export = export::export(&rows, &order);
        if !export.files.is_empty() {
            progress.step("Writing files", u64::try_from(export.files.len()).ok());
            export::write(&self.directory, &export.files, self.force).map_err(|error| with_causes(&error))?;
        }
        progress.finish();
        let (unreadable, _) = listing.unreadable();
        let text = told(&export, rows.len(), unreadable, &self.directory.display().to_string());
        output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush())
            .map_err(|error| error.to_string())?;
        Ok(if export.files.is_empty() { FOUND } else { DONE })
    }
}

/// The tenant that the environment names. Warnings are printed.
async fn tenant(errors: &mut (dyn Write + Send)) -> Result<Tenant, String> {
    let provider = MdeProvider::default();
    let block = Object::null(provider.schema().object_type());
    let (tenant, mut diagnostics) = provider.configure(block.into(), "export").await;
    if let Some(tenant) = &tenant {
        diagnostics.extend(provider.connect(tenant).await);
    }
    match tenant {
        Some(tenant) if !diagnostics.has_errors() => {
            if !diagnostics.is_empty() {
                let _ = writeln!(errors, "warning: {}", text_of(&diagnostics));
            }
            Ok(tenant)
        }
        _ => Err(text_of(&diagnostics)),
    }
}

fn text_of(diagnostics: &Diagnostics) -> String {
    let texts = diagnostics.iter().map(|one| format!("{}: {}", one.summary, one.detail));
    texts.collect::<Vec<_>>().join("\n")
}

/// Whether the application that signs in made the row or wrote it last.
fn is_own(tenant: &Tenant, row: &Row) -> bool {
    let own = tenant.client.principal();
    let is = |author: &Option<String>| author.as_deref().is_some_and(|author| own.is(author));
    is(&row.facts.created_by) || is(&row.facts.last_updated_by)
}

fn told(export: &Export<'_>, seen: usize, unreadable: usize, directory: &str) -> String {
    let mut lines = Vec::new();
    if export.files.is_empty() {
        lines.push(format!(
            "Nothing was written: none of the {seen} indicators that this application can see is chosen and can be written."
        ));
    } else {
        lines.push(format!(
            "Wrote {} to {directory}: {} in {}, {} created by other authors.",
            counted(export.files.len(), "file"),
            counted(export.rows, "indicator"),
            counted(export.resources, "resource"),
            export.foreign
        ));
        for file in &export.files {
            let rows = file.rows.map(|rows| format!(" ({})", counted(rows, "indicator")));
            lines.push(format!("  {}{}", file.path, rows.unwrap_or_default()));
        }
    }
    for (address, rows) in &export.without_import {
        lines.push(format!(
            "{address} has no import block, because no filter selects exactly its {}. The first plan takes them over by \
             `on_existing = \"adopt\"` instead.",
            counted(*rows, "indicator")
        ));
    }
    if !export.left.is_empty() {
        lines.push(format!("Not written: {}.", counted(export.left.len(), "indicator")));
        lines.extend(export.left.iter().take(NAMED).map(|(row, reason)| left(row, reason)));
        if export.left.len() > NAMED {
            lines.push(format!("- and {} more", export.left.len() - NAMED));
        }
    }
    if !export.products.is_empty() {
        let products = export
            .products
            .iter()
            .map(|(name, count)| format!("{} {count}", shown(name)));
        lines.push(format!(
            "Left out because other products created them: {}. `--source` includes them.",
            products.collect::<Vec<_>>().join(", ")
        ));
    }
    if unreadable > 0 {
        lines.push(format!("{} could not be read.", counted(unreadable, "indicator")));
    }
    if !export.files.is_empty() {
        lines.push("Next: `terraform init`, then `terraform plan`, which shows imports only.".into());
    }
    lines.push(String::new());
    lines.join("\n")
}

fn left(row: &Row, reason: &Left) -> String {
    let indicator = &row.indicator;
    let reason = match reason {
        Left::Type => "only other products create indicators of this type".to_owned(),
        Left::Action => "the action is not known to this provider".to_owned(),
        Left::Retired => "the action was retired in January 2022".to_owned(),
        Left::Refused(rule) => format!("a plan would refuse it: {}", words(rule, LONGEST)),
        Left::Twice(id) => format!("it is the same as indicator {id}"),
    };
    format!(
        "- {} ({}, {}, id {}): {reason}",
        shown(&indicator.value),
        indicator.indicator_type,
        indicator.action,
        row.id
    )
}

fn counted(count: usize, name: &str) -> String {
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}
