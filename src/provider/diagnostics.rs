//! Problems of the tenant layer in words. This is the only place that puts them into words, so that they can be read in one
//! place.

use super::model::Model;
use super::words::{about, bullets, counted, cut, examples, named, sentence};
use crate::defender::{Error, WriteError};
use crate::indicator::{Conflict, Difference, Field, Row};
use crate::tenant::{
    Contradiction, Failure, FailureKind, Holding, Opponent, PriorObject, Problem, Protection, Recreated, Refreshed,
    RowNote, RowRefresh, Unread, Weakened,
};
use crate::tf::{Diagnostic, Diagnostics};
use std::collections::BTreeMap;

/// How to destroy what cannot be planned. `terraform destroy` makes an ordinary plan first.
const DESTROY: &str = "`terraform destroy` plans first and stops at the same error. `terraform destroy \
                       -refresh=false` skips that plan.";

/// The problems of the object with this title.
pub fn all(title: &str, problems: Vec<Problem>) -> Diagnostics {
    problems.into_iter().flat_map(|problem| one(title, problem)).collect()
}

fn one(title: &str, problem: Problem) -> Diagnostics {
    match problem {
        Problem::Unlisted { error, unread } => unlisted(&error, unread),
        Problem::Foreign { rows: notes } => Diagnostic::error(
            format!(
                "{title}: {}",
                counted(notes.len(), "indicator already exists", "indicators already exist")
            ),
            format!(
                "These indicators were not created by this configuration. Another author created them, or this \
                 application created them under another `application` label. Nothing was changed:\n{}\n\nTo take \
                 them over, set `on_existing = \"adopt\"` on this resource or in the provider block, or import them. \
                 To let indicators of this application move between labels, list the labels in `applications` of the \
                 provider block. {DESTROY}",
                rows(&notes)
            ),
        ),
        Problem::Unseen { names } => Diagnostic::error(
            format!("{title}: the tenant's indicators could not be listed completely"),
            format!(
                "Other programs changed the tenant during every attempt to list its indicators. {} to be created may \
                 already exist, and an import would overwrite existing indicators. So {} not written:\n{}\n\nRun the \
                 command again when fewer programs write to the tenant.",
                counted(names.len(), "indicator", "indicators"),
                if names.len() == 1 { "it was" } else { "they were" },
                named(&bullets(&names))
            ),
        ),
        Problem::WantedTwice { rows } => wanted_twice(title, &rows),
        Problem::ScopeShared { other, names } => scope_shared(title, &other, &names),
        Problem::NeedsRefresh { names } => Diagnostic::error(
            format!("{title}: two resources hold the same indicator"),
            format!(
                "After an interrupted run, two resources of the state record {}. Without a refresh the provider \
                 cannot tell which resource holds which indicator. Nothing was changed:\n{}\n\nRun the command again \
                 without `-refresh=false`.",
                counted(names.len(), "indicator", "indicators"),
                named(&bullets(&names))
            ),
        ),
        Problem::Protected { rows } => Diagnostic::error(
            format!(
                "{title}: {} a protected name",
                counted(rows.len(), "indicator would block", "indicators would block")
            ),
            format!(
                "`protected` in the provider block lists what must never be blocked:\n{}\n\nRemove the indicator, or \
                 remove the entry from `protected` if the block is intended. {DESTROY}",
                named(&rows.iter().map(|(name, words)| about(name, words)).collect::<Vec<_>>())
            ),
        ),
        Problem::TooManyRemovals {
            count,
            allowed,
            names,
            sent,
        } => Diagnostic::error(
            format!("{title}: the run removes more indicators than `max_removals` allows"),
            format!(
                "So far, this run deletes or weakens {}; `max_removals` allows {allowed}. {}{}\n\nIf this is \
                 intended, set the environment variable MDE_MAX_REMOVALS for one run, or raise `max_removals` in the \
                 provider block. If not, check whether a list is shorter than expected.",
                counted(count, "indicator", "indicators"),
                if sent {
                    "No more indicators of this resource were deleted."
                } else {
                    "Nothing was changed."
                },
                if names.is_empty() {
                    String::new()
                } else {
                    format!(" Among them:\n{}", examples(&names))
                }
            ),
        ),
        Problem::OverCapacity {
            foreign,
            wanted,
            capacity,
        } => Diagnostic::error(
            "The tenant cannot hold all indicators",
            format!(
                "This configuration wants {} that no other author has. Other authors have {}. Together they exceed \
                 the capacity of {capacity} by {}. The service would refuse the surplus indicators one by \
                 one.\n\nRemove indicators here or elsewhere (the data source `mde_capacity` counts them by source), \
                 or set `capacity` in the provider block if the tenant has a different limit. {DESTROY}",
                counted(wanted, "indicator", "indicators"),
                counted(foreign, "indicator", "indicators"),
                (foreign + wanted).saturating_sub(capacity)
            ),
        ),
        Problem::MayExceedCapacity {
            rows,
            creations,
            capacity,
        } => Diagnostic::warning(
            "The tenant may not hold all indicators",
            format!(
                "The tenant holds {}, and {} to be created. Together they exceed its capacity of {capacity}, unless \
                 enough indicators are deleted. If there is no room for both, the provider deletes before it creates.",
                counted(rows, "indicator", "indicators"),
                counted(creations, "more is", "more are")
            ),
        ),
        Problem::Protection { change, done } => protection(title, &change, done),
        Problem::Contradictory { pairs } => contradictory(title, &pairs),
        Problem::NothingWritten { is_note } => Diagnostic::warning(
            format!("{title}: no indicator changes"),
            if is_note {
                "Another resource now holds indicators that this one held before. This apply updates only the state. \
                 It writes nothing to the tenant."
            } else {
                "Only resource settings or the form of the list change. This apply updates only the state. It writes \
                 nothing to the tenant."
            },
        ),
        Problem::AnotherForm { written, rows } => Diagnostic::warning(
            format!(
                "{title}: {written} of {} change",
                counted(rows, "indicator", "indicators")
            ),
            "The list changes from an object to JSON text, or from JSON text to an object. So the plan shows every \
             row as removed and added. Only indicators that actually differ are written.",
        ),
        Problem::Expired { names } => expired(title, &names),
        Problem::ScopeNotShownYet { count } => Diagnostic::warning(
            format!(
                "{title}: {} of the scope will be deleted later",
                counted(count, "indicator", "indicators")
            ),
            format!(
                "{} in the scope of this exclusive set but not in its list. This run does not change them. The next \
                 plan shows each of them as a removed row, and applying that plan deletes them.",
                counted(count, "indicator is", "indicators are")
            ),
        ),
        Problem::Failed { failures } => return failed(title, failures),
        Problem::SharedRow { value, id, name, other } => Diagnostic::error(
            format!("{title}: two indicators share one id"),
            format!(
                "The service returned id {id} for {}, but {} already has that id.\n\nRemove one of the two. If they \
                 differ only in their device groups, list the groups of both on one of them.",
                if name == value {
                    format!("`{name}`")
                } else {
                    format!("`{name}` ({value})")
                },
                other.map_or_else(
                    || "another resource of this run".to_owned(),
                    |other| format!("`{other}`")
                )
            ),
        ),
        Problem::Overwritten { rows: notes } => Diagnostic::warning(
            format!(
                "{title}: {} overwritten",
                counted(
                    notes.len(),
                    "indicator of another author was",
                    "indicators of other authors were"
                )
            ),
            format!(
                "The provider found no indicators with these values, types and actions, but the service changed \
                 existing indicators instead of creating new ones. This resource now manages them:\n{}",
                rows(&notes)
            ),
        ),
        Problem::Unchecked { error, count } => Diagnostic::warning(
            format!("{title}: cleared fields could not be checked"),
            format!(
                "Fields of {} were cleared, and the service may have kept the old values. The provider could not \
                 read the indicators again. {}\n\nThe next plan shows whether old values remain.",
                counted(count, "indicator", "indicators"),
                sentence(&error.to_string())
            ),
        ),
        Problem::Unreplaced => Diagnostic::error(
            format!("{title}: stopped before the replacement"),
            "The run was stopped. The old resource stays in the state with all indicators that the new one would \
             have taken over. Apply again to continue.",
        ),
        Problem::BlindDeletion { count } => Diagnostic::error(
            format!("{title}: a tainted resource cannot be replaced without a refresh"),
            format!(
                "Replacing this tainted resource would delete {}. Without a refresh the provider cannot tell whether \
                 another resource holds them. Nothing was deleted, and the state is unchanged.\n\nRun the command \
                 again without `-refresh=false`.",
                counted(count, "indicator", "indicators")
            ),
        ),
        Problem::HalfMade => Diagnostic::warning(
            format!("{title}: partly created"),
            "The creation ended with an error, so Terraform marks the resource as tainted and will replace it. The \
             replacement keeps indicators that are already correct; the next apply adds only what is missing. To \
             skip the replacement, run `terraform untaint ADDRESS` first.",
        ),
    }
    .into()
}

fn unlisted(error: &Error, unread: Unread) -> Diagnostic {
    let meaning = match unread {
        Unread::StateKept => "The state stays as it was.",
        Unread::NothingWritten => "Nothing was written.",
        Unread::NothingDeleted => "Nothing was deleted.",
        Unread::NothingPlanned => {
            "Without the list the provider cannot tell what already exists, so nothing was \
                                   planned."
        }
        Unread::NothingImported => "Nothing was imported.",
        Unread::NothingRead => "Nothing was read.",
    };
    Diagnostic::error(
        "The tenant's indicators could not be listed",
        format!("{}\n\n{meaning} {}", sentence(&error.to_string()), error.hint()),
    )
}

fn wanted_twice(title: &str, rows: &[(String, String, String)]) -> Diagnostic {
    let lines: Vec<String> = rows
        .iter()
        .map(
            |(name, other, other_name)| match (other.is_empty(), name == other_name) {
                (true, _) => format!("- {name}"),
                (false, true) => format!("- {name}, also in \"{other}\""),
                (false, false) => format!("- {name}, also in \"{other}\" as {other_name}"),
            },
        )
        .collect();
    Diagnostic::error(
        format!("{title}: another resource manages the same indicator"),
        format!(
            "{} also in another resource of this configuration. The service keeps one indicator for each value, type and action, so \
             the two resources would overwrite each other:\n{}\n\nKeep each indicator in one resource only. {DESTROY}",
            counted(
                rows.len(),
                "indicator of this resource is",
                "indicators of this resource are"
            ),
            named(&lines)
        ),
    )
}

fn scope_shared(title: &str, other: &str, names: &[String]) -> Diagnostic {
    let detail = if names.is_empty() {
        format!("\"{other}\" manages indicators in the scope of this exclusive set. The set would delete them.")
    } else {
        format!(
            "These indicators are in the scope of the exclusive set \"{other}\". The set would delete them:\n{}",
            named(&bullets(names))
        )
    };
    Diagnostic::error(
        format!("{title}: an exclusive set owns the scope"),
        format!(
            "{detail}\n\nGive the other resource its own `application` label, or move its indicators into the set. \
             {DESTROY}"
        ),
    )
}

/// How many rows a warning about protection names for each thing that happens.
const NAMED_FOR_PROTECTION: usize = 20;

/// What happens, or has happened, to protection: the number and the direction stand in the summary, which is all that
/// `-compact-warnings` shows.
fn protection(title: &str, change: &Protection, done: bool) -> Diagnostic {
    let Protection {
        deleted,
        weakened,
        ours,
        adopted,
        recreated,
    } = change;
    let (mut summary, mut parts) = (Vec::new(), Vec::new());
    let mut part = |lines: Vec<String>, planned: &str, past: &str, heading: &str| {
        if !lines.is_empty() {
            summary.push(format!("{} {}", lines.len(), if done { past } else { planned }));
            parts.push(format!("{heading}\n{}", cut(&lines, NAMED_FOR_PROTECTION)));
        }
    };
    let heading = if done {
        "Deleted:"
    } else {
        "To delete, unless another resource of this configuration takes them over:"
    };
    part(bullets(deleted), "to delete", "deleted", heading);
    let mut directions: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for Weakened { name, before, after } in weakened {
        let direction = (before.to_string(), after.to_string());
        directions.entry(direction).or_default().push(format!("- {name}"));
    }
    for ((before, after), lines) in directions {
        let direction = format!("from {before} to {after}");
        part(
            lines,
            &format!("to weaken {direction}"),
            &format!("weakened {direction}"),
            &format!("{} {direction}:", if done { "Weakened" } else { "To weaken" }),
        );
    }
    part(
        lines(adopted),
        "to adopt",
        "adopted",
        "Adopted, because `on_existing` is `adopt`. Other authors made these:",
    );
    part(
        lines(ours),
        "to take over",
        "taken over",
        "Taken over, because this application made or changed these before, and no resource is known to hold them. They move from \
         another resource, an earlier run was interrupted, or another workspace uses the same application and label:",
    );
    let Recreated { names, fields, kept } = recreated;
    let fields: Vec<&str> = fields.iter().map(Field::name).collect();
    let fields = fields.join("`, `");
    let heading = if *kept {
        format!(
            "Deleted and created again, because the service kept the old values of `{fields}` when they were cleared:"
        )
    } else {
        format!(
            "Deleted and created again, because `{fields}` can be set only at creation. They do not protect between \
             the two calls:"
        )
    };
    part(bullets(names), "to re-create", "re-created", &heading);
    Diagnostic::warning(format!("{title}: {}", summary.join(", ")), parts.join("\n\n"))
}

/// Rows that are allowed and blocked at once.
fn contradictory(title: &str, pairs: &[Contradiction]) -> Diagnostic {
    let mut groups: BTreeMap<Conflict, Vec<String>> = BTreeMap::new();
    for Contradiction {
        name,
        action,
        other,
        conflict,
    } in pairs
    {
        let other = match other {
            Opponent::Own { name, action } => format!("{name} with action {action} in the same list"),
            Opponent::Tenant(row) => describe(row),
            Opponent::Object { title, name, action } => format!("{name} with action {action} in \"{title}\""),
        };
        groups
            .entry(*conflict)
            .or_default()
            .push(format!("- {name} ({action}): {other}"));
    }
    let parts: Vec<String> = groups
        .iter()
        .map(|(conflict, lines)| {
            let heading = match conflict {
                Conflict::SameValue => {
                    "The same value has two actions. Allowed wins over Warn, and Warn over Block, so the stronger \
                     action has no effect:"
                }
                Conflict::AllowedInside => {
                    "Allowed within a blocked domain or URL. The longer path wins, so this \
                                            part is not blocked:"
                }
                Conflict::BlockedInside => {
                    "Blocked within an allowed domain or URL. For HTTPS, only Edge sees the path, so other browsers \
                     may not block this part:"
                }
            };
            format!("{heading}\n{}", cut(lines, NAMED_FOR_PROTECTION))
        })
        .collect();
    Diagnostic::warning(
        format!(
            "{title}: {} by another indicator",
            counted(pairs.len(), "indicator is contradicted", "indicators are contradicted")
        ),
        format!(
            "{}\n\nRemove one of each pair, unless the exception is intended. Remove indicators that no resource \
             manages in the portal, or with an `exclusive` set.",
            parts.join("\n\n")
        ),
    )
}

fn expired<S: AsRef<str>>(title: &str, names: &[S]) -> Diagnostic {
    Diagnostic::warning(
        format!(
            "{title}: {} expired",
            counted(names.len(), "indicator has", "indicators have")
        ),
        format!(
            "The service deletes indicators when they expire. These expired as `expiration_time` or `lifetime` \
             configures, and will not be sent again:\n{}\n\nRemove them from the configuration, or set a later \
             `expiration_time` or a longer `lifetime`. With `renew = true` on the resource, indicators with a \
             `lifetime` are written again.",
            examples(names)
        ),
    )
}

/// Failures, one message for each thing that the service said, every row named.
fn failed(title: &str, failures: Vec<Failure>) -> Diagnostics {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Group(FailureKind, bool, String);
    let mut groups: BTreeMap<Group, (WriteError, Vec<String>)> = BTreeMap::new();
    for Failure { name, kind, error } in failures {
        let group = Group(kind, error.is_stopped(), comparable(&error.to_string()));
        groups.entry(group).or_insert_with(|| (error, Vec::new())).1.push(name);
    }
    groups
        .into_iter()
        .map(|(Group(kind, is_stopped, _), (error, names))| {
            let verb = match kind {
                FailureKind::Write => "written",
                FailureKind::Delete => "deleted",
            };
            let count = counted(names.len(), "indicator was", "indicators were");
            let lines = named(&bullets(&names));
            if is_stopped {
                return Diagnostic::error(
                    format!("{title}: stopped before everything was done"),
                    format!(
                        "The run was stopped. {count} not {verb}:\n{lines}\n\nThe state holds what was done. \
                             Apply again to finish."
                    ),
                );
            }
            Diagnostic::error(
                format!(
                    "{title}: {count} not {}",
                    if kind == FailureKind::Write {
                        "accepted"
                    } else {
                        "deleted"
                    }
                ),
                format!("{}\n\n{lines}\n\n{}", sentence(&error.to_string()), error.hint()),
            )
        })
        .collect()
}

/// The words without the correlation id, which is another one for each call: the same reason is told once.
fn comparable(words: &str) -> String {
    let Some((before, rest)) = words.split_once(" (correlation id ") else {
        return words.to_owned();
    };
    let after = rest.split_once(')').map_or("", |(_, after)| after);
    format!("{before}{after}")
}

/// What changed outside of Terraform: what, who and when, in one message for each object.
pub fn drift(model: &Model, prior: &PriorObject, refreshed: &Refreshed) -> Diagnostics {
    let (mut gone, mut changed, mut lost, mut expired_rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let own = model.rows.len();
    for (position, (state, found)) in prior.rows.iter().zip(&refreshed.rows).enumerate() {
        match found {
            // Of a row beside those of the state only its identity is known.
            RowRefresh::Changed { .. } if position >= own => {}
            RowRefresh::Gone => {
                let id = state.holding.held().map_or("none", |id| id.as_str());
                gone.push(format!("- {} (id {id})", state.name));
            }
            RowRefresh::Changed { row, differences } if matches!(state.holding, Holding::Held(_)) => {
                changed.push(format!(
                    "- {}: {} ({})",
                    state.name,
                    in_words(differences),
                    changed_by(row)
                ));
            }
            // A row that will be renewed is for the plan to tell.
            RowRefresh::Expired if model.renew && state.begun.is_some() => {}
            RowRefresh::Expired => expired_rows.push(state.name.clone()),
            RowRefresh::Lost => lost.push(format!("- {}", state.name)),
            _ => {}
        }
    }
    let strangers: Vec<String> = refreshed
        .strangers
        .iter()
        .map(|row| format!("- {}", describe(row)))
        .collect();
    let mut counts = Vec::new();
    let mut parts = Vec::new();
    let mut part = |lines: &[String], short: &str, long: &str| {
        if !lines.is_empty() {
            counts.push(format!("{} {short}", lines.len()));
            parts.push(format!("{long}\n{}", named(lines)));
        }
    };
    part(&changed, "changed", "Changed in the tenant:");
    part(
        &gone,
        "missing in the tenant",
        "Deleted in the tenant (the service does not record who deletes):",
    );
    part(
        &lost,
        "held by another resource",
        "Now held by another resource of this configuration:",
    );
    part(
        &strangers,
        "not in the list",
        "In the scope of this exclusive set, but not in its list:",
    );
    let mut diagnostics = Diagnostics::default();
    if !parts.is_empty() {
        diagnostics.push(Diagnostic::warning(
            format!("{}: {}", model.title, counts.join(", ")),
            parts.join("\n\n"),
        ));
    }
    if !expired_rows.is_empty() {
        diagnostics.push(expired(&model.title, &expired_rows));
    }
    if !refreshed.hidden.is_empty() {
        diagnostics.push(Diagnostic::warning(
            format!(
                "{}: {} could not be checked",
                model.title,
                counted(refreshed.hidden.len(), "indicator", "indicators")
            ),
            format!(
                "These indicators may have changed or been deleted. Either the provider could not read the service's \
                 answer for them, or other programs changed the tenant during every attempt to list its indicators. \
                 The state keeps them unchanged:\n{}\n\nPlan again when fewer programs write to the tenant.",
                named(&bullets(&refreshed.hidden))
            ),
        ));
    }
    diagnostics
}

fn in_words(differences: &[Difference]) -> String {
    let one = |Difference { field, wanted, found }: &Difference| {
        if field.is_free_text() {
            // People may have marked it as sensitive, which the host does not tell the provider.
            format!("{field} changed")
        } else {
            format!("{field} changed from {wanted} to {found}")
        }
    };
    differences.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn changed_by(row: &Row) -> String {
    let facts = &row.facts;
    match (&facts.last_updated_by, facts.last_update_time) {
        (Some(who), Some(when)) => format!("by {who} on {when}"),
        (Some(who), None) => format!("by {who}"),
        (None, Some(when)) => format!("on {when}; the service does not say by whom"),
        (None, None) => "the service does not say by whom".into(),
    }
}

/// The rows, a line for each.
fn lines(notes: &[RowNote]) -> Vec<String> {
    notes.iter().map(|note| about(&note.name, &described(note))).collect()
}

fn rows(notes: &[RowNote]) -> String {
    named(&lines(notes))
}

fn described(note: &RowNote) -> String {
    let fields: Vec<&str> = note.fields.iter().map(Field::name).collect();
    let differs = if fields.is_empty() {
        String::new()
    } else {
        format!("; it differs in {}", fields.join(", "))
    };
    format!("{}{differs}", describe(&note.row))
}

/// Which row it is and who made it, in words.
pub fn describe(row: &Row) -> String {
    let facts = &row.facts;
    let author = facts
        .created_by_display_name
        .as_deref()
        .or(facts.created_by.as_deref())
        .unwrap_or("an unknown author");
    let source = facts
        .created_by_source
        .as_deref()
        .map(|source| format!(" ({source})"))
        .unwrap_or_default();
    let when = facts
        .creation_time
        .map(|time| format!(" on {time}"))
        .unwrap_or_default();
    let label = row.indicator.label();
    let label = label
        .map(|label| format!(", application \"{label}\""))
        .unwrap_or_default();
    format!(
        "{} {} with action {}, id {}{label}, created by {author}{source}{when}",
        row.indicator.indicator_type, row.indicator.value, row.indicator.action, row.id
    )
}
