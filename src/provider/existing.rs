//! Looking before creating: the service's import would silently take over a row that somebody else made.

use super::session::{OnExisting, Session};
use crate::defender::Listing;
use crate::indicator::{Field, FieldSet, Indicator, Row, differences};
use std::collections::HashSet;

/// What creating a row would meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Existing {
    /// Nothing: it may be imported.
    Free,
    /// A row that may be taken over.
    Takeover(Takeover),
    /// A row that somebody else may depend on.
    Conflict(Conflict),
}

/// A row that somebody else may depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its id.
    pub id: String,
    /// Which row it is, who made it, and in what it differs.
    pub words: String,
    /// Whether this application made it, so that another object may hold it that this run has not seen.
    pub ours: bool,
}

/// A row that may be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// Its id.
    pub id: String,
    /// The service's spelling of the value; importing another spelling might make a second row.
    pub spelling: String,
    /// The fields that must change for it to be as wanted.
    pub fields: FieldSet,
    /// What it says, if this application made it or an object of this run holds it: then it is this object's from now on,
    /// even if it cannot be changed.
    pub ours: Option<Box<Indicator>>,
    /// Whether this is news to the user: neither held by a state of this run nor asked for by `on_existing`.
    pub surprising: bool,
}

/// Looks for a row of the same identity as `wanted`, leaving out rows of the object that asks (`own` ids). With `trust`, a
/// row that this application made is one of this configuration whatever it says, but for what is said once and for all,
/// such as the label of another configuration.
pub fn look(session: &Session, listing: &Listing, wanted: &Indicator, own: &HashSet<&str>, trust: bool) -> Existing {
    let mut candidates: Vec<&Row> = listing
        .standing_for(wanted)
        .filter(|row| !own.contains(row.id.as_str()))
        .collect();
    // The service may hold one hash in two spellings, and one value for several scopes; the row with the right scope that
    // is known, ours or first is the one to look at.
    candidates.sort_by_key(|row| {
        (
            has_other_scope(wanted, row),
            !is_known(session, row),
            !is_ours(session, row),
            row.id.len(),
            row.id.clone(),
        )
    });
    let Some(row) = candidates.first() else {
        return Existing::Free;
    };

    let fields: FieldSet = differences(wanted, &row.indicator)
        .into_iter()
        .map(|difference| difference.field)
        .collect();
    let known = is_known(session, row);
    let trusted = trust && !fields.iter().any(Field::is_create_only);
    let interrupted = is_ours(session, row) && (trusted || fields.is_empty());
    let adopted = session.policy.on_existing == OnExisting::Adopt;
    if known || interrupted || adopted {
        return Existing::Takeover(Takeover {
            id: row.id.clone(),
            spelling: row.indicator.value.clone(),
            ours: (known || is_ours(session, row)).then(|| Box::new(row.indicator.clone())),
            fields,
            surprising: !known && !adopted,
        });
    }
    Existing::Conflict(Conflict {
        id: row.id.clone(),
        words: format!("{}{}", describe(row), differing(fields)),
        ours: is_ours(session, row),
    })
}

fn has_other_scope(wanted: &Indicator, row: &Row) -> bool {
    differences(wanted, &row.indicator)
        .iter()
        .any(|difference| difference.field.is_scope())
}

/// The row of `said` under another id than the one that is gone; not one that a state holds or that is in `taken`, and not
/// one for other device groups, which may be another object's that has not been shown yet.
pub fn made_anew<'a>(
    session: &Session,
    listing: &'a Listing,
    said: &Indicator,
    taken: impl Fn(&str) -> bool,
) -> Option<&'a Row> {
    listing
        .standing_for(said)
        .find(|row| !taken(&row.id) && !session.ledger.is_observed(&row.id) && !has_other_scope(said, row))
}

fn is_known(session: &Session, row: &Row) -> bool {
    session.ledger.is_known(&row.id)
}

fn is_ours(session: &Session, row: &Row) -> bool {
    row.facts
        .created_by
        .as_deref()
        .is_some_and(|author| author.eq_ignore_ascii_case(session.client.application_id()))
}

fn differing(fields: FieldSet) -> String {
    let names: Vec<&str> = fields.iter().map(Field::name).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("; it differs in {}", names.join(", "))
    }
}

/// Which row it is and who made it, in words.
pub fn describe(row: &Row) -> String {
    let facts = &row.facts;
    let author = facts
        .created_by_display_name
        .as_deref()
        .or(facts.created_by.as_deref())
        .unwrap_or("somebody unknown");
    let source = facts
        .created_by_source
        .as_deref()
        .map(|source| format!(" ({source})"))
        .unwrap_or_default();
    let when = facts
        .creation_time
        .map(|time| format!(" on {time}"))
        .unwrap_or_default();
    format!(
        "{} {} with action {}, id {}, made by {author}{source}{when}",
        row.indicator.indicator_type, row.indicator.value, row.indicator.action, row.id
    )
}
