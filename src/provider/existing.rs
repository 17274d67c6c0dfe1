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
    Conflict(String),
}

/// A row that may be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// Its id.
    pub id: String,
    /// What it says now, in the service's spelling of the value; importing another spelling might make a second row.
    pub found: Indicator,
    /// The fields that must change for it to be as wanted.
    pub fields: FieldSet,
    /// Whether a state of this run holds it, or an object of this run has just let it go.
    pub known: bool,
    /// Whether this is news to the user: neither held by a state of this run nor asked for by `on_existing`.
    pub surprising: bool,
}

/// Looks for a row of the same identity as `wanted`, leaving out rows of the object that asks (`own` ids).
pub fn look(session: &Session, listing: &Listing, wanted: &Indicator, own: &HashSet<&str>) -> Existing {
    let identity = wanted.identity();
    let mut candidates: Vec<&Row> = listing
        .find(&identity)
        .filter(|row| !own.contains(row.id.as_str()))
        .collect();
    // The service may hold one hash in two spellings; the row that is known, ours or first is the one to look at.
    candidates.sort_by_key(|row| {
        (
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
    let interrupted = is_ours(session, row) && fields.is_empty();
    let adopted = session.policy.on_existing == OnExisting::Adopt;
    if known || interrupted || adopted {
        return Existing::Takeover(Takeover {
            id: row.id.clone(),
            found: row.indicator.clone(),
            fields,
            known,
            surprising: !known && !adopted,
        });
    }
    Existing::Conflict(format!("{}{}", describe(row), differing(fields)))
}

/// Waits for the other states of this run if one of the wanted rows is there already, was made by this application, and
/// seems to be nobody's: it may be held by an object that has not been shown yet.
pub async fn meet_owners(session: &Session, listing: &Listing, wanted: &[&Indicator], own: &HashSet<&str>) {
    let strange = |row: &&Row| !own.contains(row.id.as_str()) && !is_known(session, row) && is_ours(session, row);
    let is_strange = |indicator: &&Indicator| listing.find(&indicator.identity()).any(|row| strange(&row));
    // The first look is cheap, and mostly enough.
    if listing.iter().any(|row| strange(&row)) && wanted.iter().any(is_strange) {
        session.ledger.all_observed(session.client.clock().as_ref()).await;
    }
}

fn is_known(session: &Session, row: &Row) -> bool {
    session.ledger.is_observed(&row.id) || session.ledger.is_claimed(&row.id)
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
