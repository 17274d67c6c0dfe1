//! Many rows in few messages: failures grouped by what the service said, every row named.

use super::reconcile::Changes;
use super::row::Wanted;
use super::session::{OnExisting, Session};
use crate::defender::{Error, WriteError};
use crate::indicator::{Field, FieldSet};
use crate::tf::{Diagnostic, Diagnostics};
use std::collections::BTreeMap;

/// How many rows one message names before it only counts the rest.
const NAMED: usize = 200;

/// How many rows a message names of which any will do: it is printed by every plan.
const EXAMPLES: usize = 5;

/// Rows that could not be written, gathered to be told together.
#[derive(Debug, Default)]
pub struct Failures {
    groups: BTreeMap<(Kind, String), Group>,
}

#[derive(Debug, Default)]
struct Group {
    words: String,
    keys: Vec<String>,
    hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Conflict,
    Shared,
    Write,
    Delete,
    StoppedWrite,
    StoppedDelete,
}

impl Failures {
    /// A row that could not be imported.
    pub fn write(&mut self, key: &str, error: &WriteError) {
        let kind = if error.is_stopped() {
            Kind::StoppedWrite
        } else {
            Kind::Write
        };
        self.add(kind, key, error.to_string(), error.hint());
    }

    /// A row that could not be deleted.
    pub fn delete(&mut self, key: &str, error: &WriteError) {
        let kind = if error.is_stopped() {
            Kind::StoppedDelete
        } else {
            Kind::Delete
        };
        self.add(kind, key, error.to_string(), error.hint());
    }

    /// A row that is already there and that somebody else may depend on.
    pub fn conflict(&mut self, key: &str, words: String) {
        self.add(Kind::Conflict, key, words, String::new());
    }

    /// Two rows of the list that the service keeps as one.
    pub fn shared(&mut self, key: &str, other: &str, id: &str) {
        self.add(
            Kind::Shared,
            key,
            format!("The service answered with id {id} for both {key} and {other}: it keeps one row for the two."),
            "Remove one of them; if they differ in their device groups only, give the groups of both to one row."
                .into(),
        );
    }

    fn add(&mut self, kind: Kind, key: &str, words: String, hint: String) {
        let group = self.groups.entry((kind, comparable(&words))).or_default();
        if group.keys.is_empty() {
            (group.words, group.hint) = (words, hint);
        }
        group.keys.push(key.to_owned());
    }

    /// Whether nothing failed.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The conflicts, as one message; they are not told again.
    pub fn take_conflicts(&mut self) -> Diagnostics {
        let others = self.groups.split_off(&(Kind::Shared, String::new()));
        let conflicts = std::mem::replace(&mut self.groups, others);
        let lines: Vec<String> = conflicts
            .into_values()
            .flat_map(|group| group.keys.into_iter().map(move |key| about(&key, &group.words)))
            .collect();
        existing(&lines).into_iter().collect()
    }

    /// All failures, one message for each thing that the service said.
    pub fn into_diagnostics(self) -> Diagnostics {
        self.groups
            .into_iter()
            .map(|((kind, _), group)| message(kind, &group))
            .collect()
    }
}

/// The error for a listing that failed, with what that means for the caller.
pub fn unlisted(error: &Error, meaning: &str) -> Diagnostic {
    Diagnostic::error(
        "The tenant's indicators could not be listed",
        format!("{}\n\n{meaning} {}", sentence(&error.to_string()), error.hint()),
    )
}

/// The error for rows that are already there, one line each; `None` for none.
pub fn existing(lines: &[String]) -> Option<Diagnostic> {
    (!lines.is_empty()).then(|| {
        Diagnostic::error(
            format!("{} already in the tenant", counted(lines.len(), "indicator is", "indicators are")),
            format!(
                "Importing an indicator takes over a row of the same value, type and action without a word, so what \
                 this configuration did not make was left alone:\n{}\n\nTo manage them here, import them \
                 (`terraform import ADDRESS ID`, or an `import` block; a set is imported by a filter such as \
                 `application=NAME`), or set `on_existing = \"adopt\"` in the provider block to make them as configured. The \
                 latter, for one run, is also the way on if they are this configuration's own after all: Terraform does \
                 not show the old object when it is replaced with `create_before_destroy`, nor after a replacement that \
                 was killed between its halves, and too late if it depends on the new one or if `-parallelism` is small.",
                named(lines)
            ),
        )
    })
}

/// The error for rows to create that may be there although a listing during which rows moved does not have them; `None` for
/// none, and where existing rows are adopted anyway.
pub fn unseen(session: &Session, rows: usize) -> Option<Diagnostic> {
    (rows > 0 && session.policy.on_existing == OnExisting::Fail).then(|| {
        Diagnostic::error(
            "The tenant does not hold still",
            format!(
                "Other programs wrote to the tenant while its indicators were listed, each time that was tried, so some may \
                 be missing from the listing. {} to be created could be among them, and importing takes over what is there \
                 without a word, so nothing is written. Run the command again when less is being written.",
                counted(rows, "indicator", "indicators")
            ),
        )
    })
}

/// The error for an object that would be destroyed with a row that a younger one holds.
pub fn held_twice(key: &str) -> Diagnostic {
    Diagnostic::error(
        "Two objects of the state hold the same indicator",
        format!(
            "An interrupted run has left {key}, and maybe more, to an older object, which is to be destroyed, and to a \
             younger one, which keeps it. A refresh lets the older one forget it: run the command again, with refresh, \
             so that the destruction does not delete it."
        ),
    )
}

/// The error for a replacement that was stopped when only the old object's part was done.
pub fn unreplaced() -> Diagnostic {
    Diagnostic::error(
        "Stopped before the replacement",
        "The run was asked to stop. The old object stays in the state with all indicators that the new one would have \
         taken over, and the next apply goes on.",
    )
}

/// What the host does with a half-made object, and the short way around it.
pub fn half_made(summary: &str) -> Diagnostic {
    Diagnostic::warning(
        summary,
        "Terraform marks an object whose creation ended with an error as tainted and will replace it. Nothing that is \
         already right is deleted or written again by that: the next apply only adds what is missing. To skip the \
         replacement, run `terraform untaint ADDRESS` first.",
    )
}

/// The warning for rows taken over because they are what an interrupted run would have left; `None` for none.
pub fn taken_over(rows: &[String]) -> Option<Diagnostic> {
    (!rows.is_empty()).then(|| {
        Diagnostic::warning(
            format!("{} taken over", counted(rows.len(), "indicator was", "indicators were")),
            format!(
                "{} already there, made by this application, and recorded in no state that this run has seen. Most likely \
                 an earlier run was interrupted, or the object is being replaced with `create_before_destroy`, where \
                 Terraform shows the old one only afterwards. What was not as configured was changed. They are managed \
                 from now on:\n{}",
                counted(rows.len(), "indicator was", "indicators were"),
                named(&bullets(rows))
            ),
        )
    })
}

/// The warning for rows of others that the service took for the same as imported ones; `None` for none.
pub fn overwritten(rows: &[String]) -> Option<Diagnostic> {
    (!rows.is_empty()).then(|| {
        Diagnostic::warning(
            "Indicators of others were changed",
            format!(
                "{} imported that were not in the tenant with this value, type and action, and the service changed rows \
                 that differ in one of them instead of adding new ones. These rows were there before, and are managed \
                 from now on:\n{}",
                counted(rows.len(), "indicator was", "indicators were"),
                named(&bullets(rows))
            ),
        )
    })
}

/// The error for rows that an exclusive set would delete although another object wants them; `None` for none.
pub fn condemned(keys: &[&str]) -> Option<Diagnostic> {
    (!keys.is_empty()).then(|| {
        Diagnostic::error(
            "An exclusive set would delete another resource's indicators",
            format!(
                "{} in the scope of an exclusive `mde_indicator_set` and not in its list, but managed by another resource \
                 of this configuration:\n{}\n\nNarrow the scope of the set, for example to an `application` label of \
                 its own, or move the indicators into it.",
                counted(keys.len(), "indicator is", "indicators are"),
                named(&bullets(keys))
            ),
        )
    })
}

/// The error for rows whose write was answered with another id than the plan knew.
pub fn moved(keys: &[&str]) -> Diagnostic {
    Diagnostic::error(
        "Rows came back with another id",
        format!(
            "{} written over a row whose id was known, and the service answered with another id, so the old row was \
             probably deleted since the last refresh. The indicators are in place, and the state has their new ids; \
             nothing needs to be done but to plan again:\n{}",
            counted(keys.len(), "indicator was", "indicators were"),
            named(&bullets(keys))
        ),
    )
}

/// The warning for rows that must be deleted and imported anew; `None` for none.
pub fn recreated(changes: &Changes, wanted: &[Wanted]) -> Option<Diagnostic> {
    let keys: Vec<&str> = changes
        .recreate
        .iter()
        .map(|pair| wanted[pair.wanted].key.as_str())
        .collect();
    let fields: FieldSet = changes
        .recreate
        .iter()
        .flat_map(|pair| pair.fields.iter())
        .filter(|field| field.is_create_only())
        .collect();
    let names: Vec<&str> = fields.iter().map(Field::name).collect();
    (!keys.is_empty()).then(|| {
        Diagnostic::warning(
            format!(
                "{} will be deleted and created again",
                counted(keys.len(), "indicator", "indicators")
            ),
            format!(
                "The service takes `{}` only when a row is made, so {} deleted and imported anew, batch after batch; for \
                 that moment they do not protect:\n{}",
                names.join("`, `"),
                counted(keys.len(), "indicator is", "indicators are"),
                named(&bullets(&keys))
            ),
        )
    })
}

/// The warning for rows that kept values which a write should have cleared; `None` for none.
pub fn kept(fields: FieldSet, keys: &[&str]) -> Option<Diagnostic> {
    let names: Vec<&str> = fields.iter().map(Field::name).collect();
    (!keys.is_empty()).then(|| {
        Diagnostic::warning(
            format!(
                "{} deleted and created again",
                counted(keys.len(), "indicator was", "indicators were")
            ),
            format!(
                "{} written without the former `{}`, and the service kept the old values. So {} deleted and imported \
                 anew, batch after batch; for that moment they did not protect:\n{}",
                counted(keys.len(), "indicator was", "indicators were"),
                names.join("`, `"),
                if keys.len() == 1 { "it was" } else { "they were" },
                named(&bullets(keys))
            ),
        )
    })
}

/// The warning for cleared fields of which it could not be seen whether the service cleared them.
pub fn unchecked(error: &Error, rows: usize) -> Diagnostic {
    Diagnostic::warning(
        "Cleared fields could not be checked",
        format!(
            "{} written with fields cleared. Whether the service clears a field that is left out is not documented, so the \
             rows were to be looked at, but: {error}\n\nThe next plan looks again and shows what was kept.",
            counted(rows, "indicator was", "indicators were"),
        ),
    )
}

/// The warning that counts rows whose expiry is past; `None` for none.
pub fn expired(count: usize) -> Option<Diagnostic> {
    (count > 0).then(|| {
        Diagnostic::warning(
            format!("{} expired", counted(count, "indicator has", "indicators have")),
            format!(
                "{} past the configured `expiration_time`; the service drops such rows and refuses to take them again. That is as configured: \
                 nothing is missing and nothing will be done. Remove such rows from the list, or give them a later expiry.",
                counted(count, "indicator is", "indicators are")
            ),
        )
    })
}

/// The warning that single indicators have become many, and what to do about it.
pub fn many_singles() -> Diagnostic {
    Diagnostic::warning(
        "Many single indicators",
        "This run has more than 200 resources of type `mde_indicator`. Terraform spends time on each that grows with \
         their number, and shows the provider only as many at once as its `-parallelism` (10): so an import call carries \
         10 indicators instead of 500, and the service allows 30 calls a minute.\n\n\
         Write them as one `mde_indicator_set`. If the old resources are first taken out of the state, with `removed` \
         blocks or `terraform state rm`, the set takes their rows over as they stand. Until then, `-parallelism=200` lets \
         more of them share a call.",
    )
}

/// Each as a line of a list.
pub fn bullets<S: AsRef<str>>(lines: &[S]) -> Vec<String> {
    lines.iter().map(|line| format!("- {}", line.as_ref())).collect()
}

/// The words without the correlation id, which is another one for each call: the same reason is told once.
fn comparable(words: &str) -> String {
    let Some((before, rest)) = words.split_once(" (correlation id ") else {
        return words.to_owned();
    };
    let after = rest.split_once(')').map_or("", |(_, after)| after);
    format!("{before}{after}")
}

fn message(kind: Kind, group: &Group) -> Diagnostic {
    let count = group.keys.len();
    let words = sentence(&group.words);
    let keys = named(&bullets(&group.keys));
    let hint = &group.hint;
    match kind {
        Kind::StoppedWrite | Kind::StoppedDelete => Diagnostic::error(
            "Stopped before everything was done",
            format!(
                "The run was asked to stop. {} not {}:\n{keys}\n\nWhat was done is in the state; the next apply does the \
                 rest.",
                counted(count, "indicator was", "indicators were"),
                if kind == Kind::StoppedWrite {
                    "written"
                } else {
                    "deleted"
                },
            ),
        ),
        Kind::Delete => Diagnostic::error(
            format!("{} not deleted", counted(count, "indicator was", "indicators were")),
            format!("{words}\n\n{keys}\n\n{hint}"),
        ),
        Kind::Conflict | Kind::Shared | Kind::Write => Diagnostic::error(
            format!("{} not accepted", counted(count, "indicator was", "indicators were")),
            format!("{words}\n\n{keys}\n\n{hint}"),
        ),
    }
}

/// The lines, cut at [`NAMED`] with a count of the rest.
pub fn named(lines: &[String]) -> String {
    cut(lines, NAMED)
}

/// A few of the keys as lines, with a count of the rest.
pub fn examples<S: AsRef<str>>(keys: &[S]) -> String {
    cut(&bullets(keys), EXAMPLES)
}

fn cut(lines: &[String], most: usize) -> String {
    let mut text = lines[..lines.len().min(most)].join("\n");
    if lines.len() > most {
        text.push_str(&format!("\nand {} more", lines.len() - most));
    }
    text
}

/// A line that says something about a row, and names it if the words do not.
pub fn about(key: &str, words: &str) -> String {
    if words.contains(key) {
        format!("- {words}")
    } else {
        format!("- {key}: {words}")
    }
}

/// The words as a sentence that can stand alone: with a full stop, and a capital letter unless they begin with the name
/// of an attribute.
pub fn sentence(words: &str) -> String {
    let begins_with_name = words.split_whitespace().next().is_some_and(|first| first.contains('_'));
    let stop = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !begins_with_name => {
            format!("{}{}{stop}", first.to_uppercase(), letters.as_str())
        }
        _ => format!("{words}{stop}"),
    }
}

/// The number with the noun that fits it.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}
