//! What the provider says of rows that somebody changed in the tenant. Only its words hold who did it and when, so they are
//! read as far as they can be; a line that cannot is kept as it is. `tests/it/terraform_report.rs` pins both ends.

use super::Message;
use crate::indicator::{Field, parse_instant};

/// A row that somebody changed in the tenant, by the words of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// What happened.
    pub event: Event,
    /// What the provider calls the row; `None` if the line could not be read.
    pub name: Option<String>,
    /// What changed, in words.
    pub words: Option<String>,
    /// Who did it.
    pub who: Option<String>,
    /// When, as RFC 3339 has it.
    pub when: Option<String>,
    /// The line.
    pub line: String,
}

/// What can happen to a row in the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// It says something else.
    Changed,
    /// It is gone.
    Deleted,
    /// Another resource of the configuration holds it.
    Lost,
    /// It is a stranger's, in the scope of an exclusive set.
    Stranger,
}

/// What the lists of such rows begin with.
const HEADINGS: [(&str, Event); 4] = [
    ("Changed in the tenant", Event::Changed),
    ("Deleted in the tenant", Event::Deleted),
    ("Now held by another resource", Event::Lost),
    ("In the scope of this exclusive set", Event::Stranger),
];

/// The rows that a warning says were changed in the tenant; none if it says nothing of the kind.
pub fn noted(message: &Message) -> Vec<Noted> {
    let mut event = None;
    let mut found = Vec::new();
    for line in message.detail.lines() {
        if line.ends_with(':') {
            let heading = HEADINGS.iter().find(|(start, _)| line.starts_with(start));
            event = heading.map(|(_, event)| *event);
        } else if line.is_empty() {
            event = None;
        } else if let (Some(event), Some(item)) = (event, line.strip_prefix("- ")) {
            found.push(of_line(event, item));
        }
    }
    found
}

fn of_line(event: Event, item: &str) -> Noted {
    let mut noted = Noted {
        event,
        name: None,
        words: None,
        who: None,
        when: None,
        line: item.to_owned(),
    };
    match event {
        Event::Changed => {
            let (rest, who, when) = author(item);
            let (name, words) = match split(rest) {
                Some((name, words)) => (Some(name), Some(words)),
                None => (None, None),
            };
            noted.name = name.map(str::to_owned);
            noted.words = words.map(str::to_owned);
            noted.who = who.map(str::to_owned);
            noted.when = when.map(str::to_owned);
        }
        Event::Deleted => {
            let name = item.rsplit_once(" (id ").filter(|(_, id)| id.ends_with(')'));
            noted.name = name.map(|(name, _)| name.to_owned());
        }
        Event::Lost => noted.name = Some(item.to_owned()),
        Event::Stranger => {
            let (row, rest) = item.split_once(", id ").unwrap_or((item, ""));
            // The value stands between its type and its action.
            let value = row
                .split_once(' ')
                .and_then(|(_, row)| row.rsplit_once(" with action "));
            noted.name = value.map(|(value, _)| value.to_owned());
            if let Some((_, created)) = rest.split_once(", created by ") {
                let (who, when) = created
                    .rsplit_once(" on ")
                    .map_or((created, None), |(who, when)| (who, Some(when)));
                noted.who = Some(who.to_owned());
                noted.when = when.map(|when| when.split(';').next().unwrap_or(when).to_owned());
            }
        }
    }
    noted
}

/// Who and when, as far as they are told.
type Author<'a> = (Option<&'a str>, Option<&'a str>);

/// The line without what stands in brackets at its end, and who and when that says. Names of rows and of people may hold
/// brackets as well, so the last ones that say something are taken.
fn author(item: &str) -> (&str, Option<&str>, Option<&str>) {
    let starts = item.rmatch_indices(" (");
    let found = starts.into_iter().find_map(|(at, start)| {
        let inside = item.get(at + start.len()..)?.strip_suffix(')')?;
        Some((item.get(..at)?, of_brackets(inside)?))
    });
    found.map_or((item, None, None), |(rest, (who, when))| (rest, who, when))
}

/// What stands in brackets, if it is about an author.
fn of_brackets(inside: &str) -> Option<Author<'_>> {
    let is_instant = |text: &&str| parse_instant(text).is_some();
    if let Some(by) = inside.strip_prefix("by ") {
        let both = by.rsplit_once(" on ").filter(|(_, when)| is_instant(when));
        return Some(both.map_or((Some(by), None), |(who, when)| (Some(who), Some(when))));
    }
    if let Some(on) = inside.strip_prefix("on ") {
        let when = on.split(';').next().filter(is_instant)?;
        return Some((None, Some(when)));
    }
    inside.starts_with("the service does not say").then_some((None, None))
}

/// A name, and words that begin with a field and that it changed. Names may hold colons as well.
fn split(text: &str) -> Option<(&str, &str)> {
    text.match_indices(": ").find_map(|(at, colon)| {
        let (name, words) = (text.get(..at)?, text.get(at + colon.len()..)?);
        let (field, rest) = words.split_once(' ')?;
        (Field::from_name(field).is_some() && rest.starts_with("changed")).then_some((name, words))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(detail: &str) -> Vec<Noted> {
        noted(&Message {
            is_error: false,
            summary: String::new(),
            detail: detail.to_owned(),
            address: None,
            place: None,
        })
    }

    /// Name, words, who and when, with `-` for what is not there.
    fn told(noted: &Noted) -> [&str; 4] {
        [&noted.name, &noted.words, &noted.who, &noted.when].map(|part| part.as_deref().unwrap_or("-"))
    }

    #[test]
    fn authors_are_read() {
        let action = "action changed from \"Block\" to \"Allowed\"";
        for (line, expected) in [
            (
                format!("evil.example: {action}; title changed (by eve@contoso.example on 2026-05-01T09:30:00Z)"),
                [
                    "evil.example",
                    "action changed from \"Block\" to \"Allowed\"; title changed",
                    "eve@contoso.example",
                    "2026-05-01T09:30:00Z",
                ],
            ),
            (
                format!("https://c.example/a: b (by hand): {action} (by Ann (on leave) on 2026-05-01T09:30:00Z)"),
                [
                    "https://c.example/a: b (by hand)",
                    action,
                    "Ann (on leave)",
                    "2026-05-01T09:30:00Z",
                ],
            ),
            (
                format!("c2.example: {action} (on 2026-05-01T09:30:00Z; the service does not say by whom)"),
                ["c2.example", action, "-", "2026-05-01T09:30:00Z"],
            ),
            (
                format!("c2.example: {action} (the service does not say by whom)"),
                ["c2.example", action, "-", "-"],
            ),
            (
                format!("c2.example: {action} (by eve)"),
                ["c2.example", action, "eve", "-"],
            ),
            ("c2.example: something new".to_owned(), ["-", "-", "-", "-"]),
        ] {
            let found = of(&format!("Changed in the tenant:\n- {line}"));
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].line, line);
            assert_eq!(told(&found[0]), expected, "{line}");
        }
    }

    #[test]
    fn every_list_of_a_warning_is_read() {
        let found = of(
            "Changed in the tenant:\n- a.example: title changed (by eve)\nand 3 more\n\n\
             Deleted in the tenant (the service does not record who deletes):\n- old (1).example (id 903)\n\n\
             Now held by another resource of this configuration:\n- renamed.example\n\n\
             In the scope of this exclusive set, but not in its list:\n\
             - DomainName stranger.example with action Warn, id 950, created by ann@contoso.example (Portal) on 2026-04-01T08:00:00Z\n\
             - DomainName x.example with action Warn, id 951\n\n\
             To delete:\n- not.example",
        );
        let told: Vec<(Event, [&str; 4])> = found.iter().map(|noted| (noted.event, told(noted))).collect();
        assert_eq!(
            told,
            [
                (Event::Changed, ["a.example", "title changed", "eve", "-"]),
                (Event::Deleted, ["old (1).example", "-", "-", "-"]),
                (Event::Lost, ["renamed.example", "-", "-", "-"]),
                (
                    Event::Stranger,
                    [
                        "stranger.example",
                        "-",
                        "ann@contoso.example (Portal)",
                        "2026-04-01T08:00:00Z"
                    ]
                ),
                (Event::Stranger, ["x.example", "-", "-", "-"]),
            ]
        );
    }

    #[test]
    fn other_messages_say_nothing_of_the_tenant() {
        assert_eq!(
            of("To delete, unless another resource takes them over:\n- a.example\n\nAdopted:\n- b"),
            []
        );
        assert_eq!(of(""), []);
    }
}
