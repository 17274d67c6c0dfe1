//! What the framework itself has to say, in words.

use super::diagnostic::Diagnostic;
use super::value_error::ValueError;

/// What to do about a fault in the provider's own code.
const REPORT: &str = "This is a fault in the provider; please report it to its developers.";

/// How many places a message names, so that a fault in thousands of elements stays readable.
const PLACES_AT_MOST: usize = 10;

/// A data source without a provider configuration.
pub(crate) fn data_source_unconfigured(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider is not configured yet",
        format!(
            "The data source {type_name} can be read only with the whole provider configuration, but parts of it are known \
             only after apply. Give the provider values that are known before, or apply their origin first with `-target`."
        ),
    )
}

/// An import without a provider configuration.
pub(crate) fn import_unconfigured(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider is not configured yet",
        format!(
            "Resources of type {type_name} can be imported only with the whole provider configuration, but parts of it are \
             known only after apply."
        ),
    )
}

/// A list of resources without a provider configuration.
pub(crate) fn list_unconfigured(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider is not configured yet",
        format!(
            "Resources of type {type_name} can be listed only with the whole provider configuration. Give the provider values \
             that are known."
        ),
    )
}

/// A refresh without a provider configuration.
pub(crate) fn not_refreshed(type_name: &str) -> Diagnostic {
    Diagnostic::warning(
        "Resources were not refreshed",
        format!(
            "Parts of the provider configuration are known only after apply. So resources of type {type_name} are taken as \
             they were stored."
        ),
    )
}

/// A change without a provider configuration.
pub(crate) fn change_unconfigured(doing: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider is not configured",
        format!("While {doing}, the provider had no configuration. Nothing was changed."),
    )
}

/// An answer without a value and without an error.
pub(crate) fn nothing(doing: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider returned nothing",
        format!("While {doing}, the provider returned neither a value nor an error. {REPORT}"),
    )
}

/// Parts of an answer that had to be left out, if there are any.
pub(crate) fn unfit(doing: &str, faults: &[ValueError]) -> Option<Diagnostic> {
    if faults.is_empty() {
        return None;
    }
    let mut places: Vec<String> = faults
        .iter()
        .take(PLACES_AT_MOST)
        .map(|fault| format!("  - {fault}"))
        .collect();
    if faults.len() > PLACES_AT_MOST {
        places.push(format!("  - and {} more", faults.len() - PLACES_AT_MOST));
    }
    Some(Diagnostic::error(
        "The provider returned an invalid result",
        format!(
            "While {doing}, the provider returned values that cannot be stored. They are stored as null, and \
             everything else is kept:\n{}\n\n{REPORT}",
            places.join("\n")
        ),
    ))
}

/// A stored object that is not of the type.
pub(crate) fn stored_unreadable(type_name: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "The stored state cannot be read",
        format!("The stored object does not fit the schema of {type_name}: {reason}."),
    )
}

/// A stored object in a form of long ago.
pub(crate) fn stored_too_old() -> Diagnostic {
    Diagnostic::error(
        "The stored state cannot be read",
        "The state was stored by a Terraform older than 0.12, or is empty. Apply it once with a Terraform that can still \
         upgrade it.",
    )
}

/// A panic in the provider's own code.
pub(crate) fn panicked(doing: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider has a fault",
        format!(
            "While {doing}, the provider ran into a fault of its own: {reason}.\n\n\
             What was done before that may have taken effect. Please report this to the developers of the provider; \
             a log that was taken with TF_LOG=DEBUG helps them."
        ),
    )
}

/// A value that Terraform sent.
pub(crate) fn sent_unfit(error: ValueError) -> Diagnostic {
    misfit("The provider cannot read what Terraform sent", error)
}

/// A value that cannot be put into an answer.
pub(crate) fn answer_unfit(error: ValueError) -> Diagnostic {
    misfit("The provider returned an invalid result", error)
}

fn misfit(summary: &str, error: ValueError) -> Diagnostic {
    let detail =
        format!("A value does not fit the schema: {error}. Please report this to the developers of the provider.");
    Diagnostic::error(summary, detail).at(error.path)
}

/// A type without an import.
pub(crate) fn no_import(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Import is not supported",
        format!("Resources of type {type_name} cannot be imported."),
    )
}

/// A type that does not take over objects of another one.
pub(crate) fn no_move(source: &str, target: &str) -> Diagnostic {
    Diagnostic::error(
        "The resource cannot be moved to this type",
        format!(
            "A `moved` block cannot turn a resource of type {source} into one of type {target}. Remove the old resource from the \
             state with a `removed` block that has `destroy = false`, and import the new one."
        ),
    )
}

/// A stored object of a later version of this provider.
pub(crate) fn moved_from_newer(type_name: &str, version: i64) -> Diagnostic {
    stored_unreadable(
        type_name,
        &format!("a newer version of the provider stored it, with version {version} of the schema"),
    )
}
