//! Whether a run could sign in, see and write, and how full the tenant is.

use super::progress::Progress;
use super::{DONE, FOUND};
use crate::defender::Principal;
use crate::feed::text;
use crate::indicator::{Row, RowId};
use crate::outgoing;
use crate::provider::{self, MdeProvider, Tenant};
use crate::tenant::{Finding, Problem, Survey, survey};
use crate::tf::{Diagnostic, Diagnostics, Object, Provider};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

/// How the outcome is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: one JSON object.
    Json,
}

/// What to look at beside the tenant, and how the outcome is printed.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How to print the outcome
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Output of `terraform show -json` for a state; may be repeated. With the states of all configurations of this
    /// application, the indicators that none of them holds are named
    #[arg(long, value_name = "FILE")]
    state: Vec<PathBuf>,
}

/// Most indicators that are named one by one for people.
const NAMED: usize = 200;

/// Longest name of others that is shown, in characters.
const LONGEST: usize = 200;

/// Signs in as the environment says, lists the tenant and prints what there is to know. Answers the exit code.
pub async fn run(
    arguments: &Arguments,
    output: &mut (dyn Write + Send),
    errors: &mut (dyn Write + Send),
) -> Result<u8, String> {
    let format = arguments.format;
    let mut progress = Progress::new(errors);
    progress.step("Listing the tenant", None);
    let outcome = match held(&arguments.state) {
        Ok(held) => progress.during(look(held.as_ref())).await,
        Err(error) => Err(error),
    };
    progress.finish();
    let (text, code) = match (outcome, format) {
        (Ok(seen), Format::Text) => (outgoing::lines(&seen.text()), Ok(seen.code())),
        (Ok(seen), Format::Json) => (cleaned(seen.json()).to_string(), Ok(seen.code())),
        (Err(error), Format::Text) => return Err(error),
        (Err(error), Format::Json) => (cleaned(json!({ "error": error })).to_string(), Err(error)),
    };
    writeln!(output, "{text}")
        .and_then(|()| output.flush())
        .map_err(|error| error.to_string())?;
    code
}

/// The same without secrets and without what nobody can see.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => outgoing::lines(&text).into(),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (outgoing::line(&name), cleaned(value)))
            .collect(),
        other => other,
    }
}

/// The ids of all rows that these states hold; nothing without states.
fn held(states: &[PathBuf]) -> Result<Option<HashSet<RowId>>, String> {
    let mut all = None;
    for path in states {
        let told = |error: String| format!("{}: {error}", path.display());
        let bytes = std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let decoded = text::decode(&bytes, None).map_err(|refusal| told(refusal.to_string()))?;
        let held = provider::held(&decoded.text).map_err(told)?;
        all.get_or_insert_with(HashSet::new).extend(held);
    }
    Ok(all)
}

async fn look(held: Option<&HashSet<RowId>>) -> Result<Seen, String> {
    let provider = MdeProvider::default();
    let block = Object::null(provider.schema().object_type());
    let (tenant, warnings) = provider.configure(block.into(), "check").await;
    let Some(tenant) = tenant else {
        return Err(in_words(&warnings));
    };
    let told = provider.connect(&tenant).await;
    if told.has_errors() {
        return Err(in_words(&told));
    }
    let survey = survey(&tenant, held).await.map_err(|problem| match problem {
        Problem::Unlisted { error, .. } => format!("{error}. {}", error.hint()),
        other => format!("{other:?}"),
    })?;
    let waits = provider.notices(&tenant);
    Ok(Seen {
        now: tenant.now(),
        warnings: warnings.into_iter().chain(waits).collect(),
        tenant,
        survey,
    })
}

fn in_words(diagnostics: &Diagnostics) -> String {
    let text = |one: &Diagnostic| format!("{}: {}", one.summary, one.detail);
    diagnostics.iter().map(text).collect::<Vec<_>>().join("\n\n")
}

/// What was seen, and of which tenant.
struct Seen {
    tenant: Tenant,
    survey: Survey,
    now: jiff::Timestamp,
    warnings: Vec<Diagnostic>,
}

impl Seen {
    fn code(&self) -> u8 {
        if self.survey.findings.is_empty() && self.warnings.is_empty() {
            DONE
        } else {
            FOUND
        }
    }

    /// Permissions that the token names.
    fn permissions(&self) -> Vec<&str> {
        let Principal { roles, scopes, .. } = &*self.survey.principal;
        roles.iter().chain(scopes).map(String::as_str).collect()
    }

    fn tenant_id(&self) -> Option<&str> {
        self.survey
            .principal
            .tenant_id
            .as_deref()
            .or(self.tenant.client.tenant_id())
    }

    fn text(&self) -> String {
        let principal = &self.survey.principal;
        let mut lines = vec![format!(
            "Signed in by {} at {}.",
            self.tenant.client.method(),
            self.tenant.client.base_url()
        )];
        let known =
            |value: Option<&str>| value.map_or_else(|| "not known".to_owned(), |value| outgoing::words(value, LONGEST));
        let mut fact = |name: &str, value: String| lines.push(format!("  {name:<13} {value}"));
        if let Some(user) = &principal.user {
            fact("User", known(Some(user)));
        }
        let id = known(principal.application_id.as_deref());
        let name = principal.display_name.as_deref();
        fact(
            "Application",
            name.map_or_else(|| id.clone(), |name| format!("{} ({id})", known(Some(name)))),
        );
        fact("Object id", known(principal.object_id.as_deref()));
        fact("Tenant", known(self.tenant_id()));
        let permissions = self.permissions().join(", ");
        fact(
            "Permissions",
            if permissions.is_empty() {
                "none".to_owned()
            } else {
                known(Some(&permissions))
            },
        );
        fact(
            "Token ends",
            principal.expires.map_or_else(
                || known(None),
                |end| format!("{end} (in {} min)", end.duration_since(self.now).as_mins().max(0)),
            ),
        );
        lines.push(String::new());
        lines.extend(self.rows());
        lines.push(String::new());
        let problems: Vec<String> = self.problems().map(|(_, text)| format!("- {text}")).collect();
        if problems.is_empty() {
            lines.push("Nothing is wrong.".to_owned());
        } else {
            lines.push("What is wrong:".to_owned());
            lines.extend(problems);
        }
        lines.join("\n")
    }

    fn rows(&self) -> Vec<String> {
        let Some(usage) = &self.survey.usage else {
            return vec!["The indicators cannot be listed.".to_owned()];
        };
        let mut lines = vec![match self.survey.free() {
            Some(free) => format!(
                "Indicators: {} of {} used, {free} free.",
                usage.used, self.survey.capacity
            ),
            None => format!(
                "Indicators: {} of this application. Those of others cannot be seen.",
                usage.used
            ),
        }];
        let mut count =
            |name: &str, number: usize| lines.push(format!("  {number:>7} {}", outgoing::words(name, LONGEST)));
        for (source, number) in &usage.by_source {
            count(source, *number);
        }
        if usage.unreadable > 0 {
            count("cannot be read", usage.unreadable);
        }
        lines.push(format!(
            "Created or last changed by this application: {}.",
            self.survey.own_count()
        ));
        for (label, number) in &self.survey.own {
            let label = label.as_deref().map(outgoing::shown);
            let label = label.map_or_else(
                || "without an application label".to_owned(),
                |label| format!("with the label {label}"),
            );
            lines.push(format!("  {number:>7} {label}"));
        }
        if let Some(unheld) = &self.survey.unheld {
            lines.push(format!("In none of the states: {}.", unheld.len()));
            lines.extend(unheld.iter().take(NAMED).map(|row| {
                let Row { id, indicator, .. } = row;
                format!(
                    "  {} ({}, {}, id {id})",
                    outgoing::shown(&indicator.value),
                    indicator.indicator_type,
                    indicator.action
                )
            }));
            if unheld.len() > NAMED {
                lines.push(format!("  and {} more", unheld.len() - NAMED));
            }
        } else if self.survey.own_count() > 0 {
            lines.push(
                "Which of them a Terraform state holds cannot be told without that state; `--state` reads one. Where no \
                 configuration uses a label, nothing holds its indicators."
                    .to_owned(),
            );
        }
        lines
    }

    /// What is wrong, each with a name for programs.
    fn problems(&self) -> impl Iterator<Item = (&'static str, String)> {
        let warnings = self
            .warnings
            .iter()
            .map(|one| ("warning", format!("{}. {}", one.summary, one.detail)));
        let findings = self
            .survey
            .findings
            .iter()
            .map(|finding| (name(finding), in_plain_words(finding)));
        warnings.chain(findings)
    }

    fn json(&self) -> Value {
        let survey = &self.survey;
        let principal = &survey.principal;
        let own: Vec<Value> = survey
            .own
            .iter()
            .map(|(label, count)| json!({ "label": label, "count": count }))
            .collect();
        let problems: Vec<Value> = self
            .problems()
            .map(|(name, text)| json!({ "problem": name, "text": text }))
            .collect();
        let unheld: Option<Vec<Value>> = survey.unheld.as_ref().map(|rows| {
            let row = |row: &Row| {
                let indicator = &row.indicator;
                json!({
                    "id": row.id.as_str(), "value": indicator.value, "type": indicator.indicator_type.to_string(),
                    "action": indicator.action.as_str(), "label": indicator.label(),
                })
            };
            rows.iter().map(row).collect()
        });
        json!({
            "method": self.tenant.client.method(),
            "base_url": self.tenant.client.base_url().as_str(),
            "tenant_id": self.tenant_id(),
            "application_id": principal.application_id,
            "application_name": principal.display_name,
            "object_id": principal.object_id,
            "user": principal.user,
            "permissions": self.permissions(),
            "token_expires": principal.expires.map(|end| end.to_string()),
            "capacity": survey.capacity,
            "used": survey.usage.as_ref().filter(|_| survey.free().is_some()).map(|usage| usage.used),
            "free": survey.free(),
            "by_source": survey.usage.as_ref().map(|usage| &usage.by_source),
            "unreadable": survey.usage.as_ref().map(|usage| usage.unreadable),
            "own": own,
            "unheld": unheld,
            "problems": problems,
        })
    }
}

const fn name(finding: &Finding) -> &'static str {
    match finding {
        Finding::NoPermission => "no_permission",
        Finding::Forbidden { .. } => "forbidden",
        Finding::ReadOnly => "read_only",
        Finding::OwnRowsOnly => "own_indicators_only",
        Finding::Full { .. } => "nearly_full",
        Finding::Unreadable(_) => "unreadable",
        Finding::Unheld(_) => "unheld",
        Finding::Incomplete => "incomplete",
    }
}

fn in_plain_words(finding: &Finding) -> String {
    match finding {
        Finding::NoPermission => "The application has no permission at all. Give it the application permission \
             Ti.ReadWrite.All of WindowsDefenderATP, with admin consent."
            .to_owned(),
        Finding::Forbidden { text, hint } => format!("{text}. {hint}"),
        Finding::ReadOnly => "The application may read indicators, but not write them. An apply needs the application \
             permission Ti.ReadWrite.All of WindowsDefenderATP, with admin consent."
            .to_owned(),
        Finding::OwnRowsOnly => "The application sees its own indicators only. So a plan cannot tell whether the tenant is \
             full, drift is reported for its own indicators only, and indicators of others cannot be protected from being \
             overwritten. Give it Ti.ReadWrite.All instead of Ti.ReadWrite, with admin consent."
            .to_owned(),
        Finding::Full { used, capacity } if used >= capacity => {
            format!("The tenant is full: {used} of {capacity}. Delete indicators that are no longer needed.")
        }
        Finding::Full { used, capacity } => format!(
            "The tenant is nearly full: {used} of {capacity}. Delete indicators that are no longer needed before a plan needs \
             more."
        ),
        Finding::Unreadable(count) => {
            format!("{count} indicators cannot be read by this version. They count, but no resource can hold them.")
        }
        Finding::Unheld(count) => format!(
            "{count} of its indicators are in none of the states, so no run deletes them. A list that wants them takes them \
             over; an import with a filter does so, too."
        ),
        Finding::Incomplete => "Other programs changed the tenant all the while it was listed, so the counts may be wrong. Run \
             the command again."
            .to_owned(),
    }
}
