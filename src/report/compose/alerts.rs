//! *Look here first*, in words.

use super::{Scope, groups, rank};
use crate::report::attention::{Alert, Subject};
use crate::report::changes::Name;
use crate::report::document::{Body, Detail, Section};
use crate::report::words::{Line, code, counted, cut, number, strong, words};

/// How many rows an item of a comment names; all of them stand in the tables.
const NAMED: usize = 5;

/// How many rows an item of a page names.
const NAMED_IN_FULL: usize = 12;

/// The section; none if there is nothing to look at.
pub fn section(scope: Scope<'_>) -> Option<Section> {
    let items: Vec<Line> = scope
        .report
        .alerts
        .iter()
        .filter_map(|alert| item(scope, alert))
        .collect();
    if items.is_empty() {
        return None;
    }
    let section = Section::new(rank::LOOK, Body::Items(items)).titled(vec![words("Look here first")]);
    Some(scope.limited(section))
}

/// One thing to look at.
pub fn item(scope: Scope<'_>, alert: &Alert) -> Option<Line> {
    let count = alert.names.len();
    let many = |one: &'static str, many: &'static str| counted(count, one, many);
    let mut line = match &alert.subject {
        Subject::Weakened { from, to } => vec![
            strong(many("indicator protects less", "indicators protect less")),
            words(", "),
            code(from.as_str()),
            words(" → "),
            code(to.as_str()),
        ],
        Subject::WeakenedOutside { authors } => {
            let text = many(
                "indicator was weakened outside of Terraform",
                "indicators were weakened outside of Terraform",
            );
            let mut line = vec![strong(text)];
            line.extend(listed(" by ", authors));
            line
        }
        Subject::BlocksRemoved => vec![strong(many(
            "blocking indicator is removed",
            "blocking indicators are removed",
        ))],
        Subject::Allowed => vec![strong(many("indicator is allowed", "indicators are allowed"))],
        Subject::Protected => vec![strong(many(
            "indicator blocks what is protected",
            "indicators block what is protected",
        ))],
        Subject::Popular(list) => vec![
            strong(many("indicator is popular", "indicators are popular")),
            words(" by the allow list "),
            code(cut(list, 100)),
        ],
        Subject::Shared(list) => vec![
            strong(many(
                "indicator is an address that others may have too",
                "indicators are addresses that others may have too",
            )),
            words(", by the allow list "),
            code(cut(list, 100)),
        ],
        Subject::Dangerous(code) => {
            let (one, all) = danger(code);
            vec![strong(many(one, all))]
        }
        Subject::StrangersRemoved { address, authors } => {
            let text = many(
                "indicator of another author is removed",
                "indicators of other authors are removed",
            );
            let mut line = vec![strong(text), words(" by the exclusive set "), code(cut(address, 200))];
            line.extend(listed(", made by ", authors));
            line
        }
        Subject::Default { address, change, rows } => {
            let mut line = vec![strong(counted(*rows, "row inherits a change", "rows inherit a change"))];
            line.extend([words(" of "), code(cut(address, 200)), words(": ")]);
            line.extend(scope.report.shower().change(change, scope.longest()));
            line
        }
        Subject::Resource { address, event } => {
            let mut line = vec![code(cut(address, 200)), words(": ")];
            line.extend(groups::event(event)?);
            line
        }
        Subject::Expired => vec![strong(many("indicator has expired", "indicators have expired"))],
        Subject::Expiring => vec![
            strong(many("indicator expires", "indicators expire")),
            words(" within two weeks"),
        ],
        Subject::Deferred { address, reason } => vec![
            code(cut(address, 200)),
            words(": its changes are left to a later plan ("),
            code(cut(reason, 100)),
            words(")."),
        ],
        Subject::Check { address, problems } => {
            let mut line = vec![strong("Check failed"), words(": "), code(cut(address, 200))];
            for problem in problems.iter().take(NAMED) {
                let problem = scope.report.shower().text(problem);
                line.extend([words(", "), code(cut(&problem, 300))]);
            }
            line
        }
    };
    line.extend(names(scope, &alert.names));
    Some(line)
}

/// Those who did something, behind these words.
fn listed(words_before: &'static str, authors: &[String]) -> Line {
    let mut line = Line::new();
    for (place, author) in authors.iter().take(NAMED).enumerate() {
        line.extend([
            words(if place == 0 { words_before } else { ", " }),
            code(cut(author, 100)),
        ]);
    }
    if authors.len() > NAMED {
        line.push(words(format!(" and {} more", number(authors.len() - NAMED))));
    }
    line
}

/// One row or several that break a rule.
fn danger(code: &str) -> (&'static str, &'static str) {
    match code {
        "public-suffix" => (
            "indicator covers a public suffix, with domains of many owners",
            "indicators cover a public suffix, with domains of many owners",
        ),
        "harmless-hash" => (
            "indicator has the hash of harmless files",
            "indicators have the hash of harmless files",
        ),
        "single-label" => (
            "indicator has a host of a single label",
            "indicators have a host of a single label",
        ),
        "file-name" => (
            "indicator looks like the name of a file",
            "indicators look like the name of a file",
        ),
        _ => (
            "indicator is no external address",
            "indicators are no external addresses",
        ),
    }
}

/// The first few rows, and how many more there are.
fn names(scope: Scope<'_>, names: &[Name]) -> Line {
    let most = match scope.detail {
        Detail::Brief => NAMED,
        Detail::Full => NAMED_IN_FULL,
    };
    let mut line = Line::new();
    // Rows that must not be shown are only counted.
    let open: Vec<&Name> = names
        .iter()
        .filter(|name| name.value.is_some() || name.key.is_some())
        .collect();
    for (place, name) in open.iter().take(most).enumerate() {
        line.push(words(if place == 0 { ": " } else { ", " }));
        line.extend(scope.report.shower().name(name, scope.longest()));
    }
    let shown = open.len().min(most);
    if shown > 0 && names.len() > shown {
        line.push(words(format!(" and {} more", number(names.len() - shown))));
    }
    line
}
