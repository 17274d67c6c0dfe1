//! Planning the end of an object.

use super::private::Notes;
use super::report;
use super::row::Held;
use super::session::Session;
use super::verdict::too_many_deletions;
use crate::tf::Diagnostics;
use std::collections::HashSet;

/// Plans the deletion of the held rows: private data that names the rows that other objects of the configuration want
/// as well, and the verdict on the number of deletions.
///
/// An object that was renamed, or replaced with `create_before_destroy`, shares its rows with its successor; deleting
/// them would take the successor's away.
pub async fn plan(session: Option<&Session>, held: &[Held], private: &[u8]) -> (Vec<u8>, Diagnostics) {
    let mut notes = Notes {
        born: Notes::read(private).born,
        ..Notes::default()
    };
    let mut diagnostics = Diagnostics::default();
    if let Some(session) = session {
        session.decided();
        session.hear_others().await;
        let born = notes.born;
        let inherited = |row: &&Held| {
            row.id
                .as_deref()
                .is_some_and(|id| session.ledger.is_inherited(born, id))
        };
        if let Some(row) = held.iter().find(inherited) {
            // A refresh would have taken the row out of the older object, had it come to know of the younger one in
            // time. For an object that a replacement has left behind, the private data of this plan go nowhere.
            diagnostics.push(report::held_twice(&row.key));
        }
        let rows = held.iter().filter(|row| row.id.is_some());
        let (shared, doomed): (Vec<&Held>, Vec<&Held>) = rows.partition(|row| session.ledger.is_wanted(&row.indicator));
        let digests: HashSet<u64> = shared.iter().map(|row| row.indicator.identity().digest()).collect();
        notes.wanted = (!digests.is_empty()).then_some(digests);
        let keys: Vec<&str> = doomed.iter().map(|row| row.key.as_str()).collect();
        diagnostics.extend(too_many_deletions(session, &keys));
    }
    (notes.write(), diagnostics)
}
