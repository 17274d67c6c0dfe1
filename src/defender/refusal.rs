//! An answer by which the service says no to a call as a whole.

use super::error::{Error, Kind};
use super::wire::Problem;

/// Nothing of the call was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub problem: Problem,
}

impl Refusal {
    /// The service's words.
    pub fn words(&self) -> String {
        self.problem.words()
    }

    /// The refusal without what differs from call to call.
    pub fn essence(&self) -> String {
        format!("{} {:?} {}", self.status, self.problem.code, self.problem.message)
    }

    /// Whether some items of the call may be to blame, so that the others would be taken without them.
    pub fn concerns_items(&self) -> bool {
        match self.status {
            400 | 409 | 413 | 422 => true,
            // Device groups of an item, or a feature that one of its fields needs.
            403 => !self.lacks_permission(),
            _ => false,
        }
    }

    /// The 403 of an application without the role reads "Missing application roles" or "required permissions"; the one
    /// about device groups speaks of groups.
    fn lacks_permission(&self) -> bool {
        let message = self.problem.message.to_ascii_lowercase();
        let about_the_application = ["role", "permission", "scope"]
            .iter()
            .any(|word| message.contains(word));
        about_the_application && !message.contains("group")
    }

    /// The error for the user; `purpose` is what the call was made for, such as "list the indicators".
    pub fn explain(&self, purpose: &str) -> Error {
        let (kind, hint) = match self.status {
            401 => (
                Kind::Unauthorized,
                "The service does not accept the access token. Check tenant_id, and that environment, base_url and \
                 authority_host belong to the same cloud.",
            ),
            403 => (
                Kind::Forbidden,
                "The application needs the application permission Ti.ReadWrite.All of WindowsDefenderATP, with admin \
                 consent (Entra admin center, App registrations, API permissions). If it has the permission, it may \
                 lack access to the device groups of the indicators.",
            ),
            404 | 405 => (
                Kind::Unexpected,
                "Check base_url. The indicators API was not found there.",
            ),
            300..=399 => (
                Kind::Unexpected,
                "The service's API never redirects. Check base_url and any proxy.",
            ),
            _ => (Kind::Refused, "The service's message says what it does not accept."),
        };
        Error::new(
            kind,
            format!(
                "could not {purpose}: the service answered HTTP {}: {}",
                self.status,
                self.words()
            ),
            hint,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, message: &str) -> Refusal {
        Refusal {
            status,
            problem: Problem {
                message: message.to_owned(),
                ..Problem::default()
            },
        }
    }

    #[test]
    fn a_missing_permission_is_not_blamed_on_items() {
        for (status, message, concerns_items) in [
            (400, "Request body is incorrect", true),
            (404, "", false),
            (413, "", true),
            (401, "", false),
            (405, "", false),
            (
                403,
                "Missing application roles. API required roles: Ti.ReadWrite.All, application roles: .",
                false,
            ),
            (
                403,
                "The application does not have any of the required application permissions",
                false,
            ),
            (
                403,
                "The caller has no permission to device groups of the indicator",
                true,
            ),
            (403, "User does not have access to indicator's device groups", true),
            (403, "", true),
        ] {
            assert_eq!(
                refusal(status, message).concerns_items(),
                concerns_items,
                "{status} {message}"
            );
        }
    }

    #[test]
    fn a_403_names_the_permission_and_keeps_the_services_words() {
        let error = refusal(403, "Missing application roles.").explain("list the indicators");
        assert_eq!(error.kind(), Kind::Forbidden);
        assert!(error.to_string().contains("Missing application roles."), "{error}");
        assert!(error.hint().contains("Ti.ReadWrite.All") && error.hint().contains("admin consent"));
    }
}
