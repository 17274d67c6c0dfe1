//! Planning the end of an object.

use super::ledger::scoped_digest;
use super::private::{Notes, digests};
use super::report;
use super::row::Held;
use super::session::Session;
use super::verdict::{Doomed, too_many_deletions};
use crate::tf::Diagnostics;
use std::collections::HashSet;

/// Plans the deletion of the held rows: private data that names the rows that other objects of the configuration want
/// as well, and the verdict on the number of deletions.
///
/// An object that was renamed, or replaced with `create_before_destroy`, shares its rows with its successor; deleting
/// them would take the successor's away.
pub async fn plan(session: Option<&Session>, held: &[Held], private: &[u8]) -> (Vec<u8>, Diagnostics) {
    let Notes { born, beside, .. } = Notes::read(private);
    let mut notes = Notes {
        born,
        beside,
        ..Notes::default()
    };
    let mut diagnostics = Diagnostics::default();
    if let Some(session) = session {
        session.walk.counting(true);
        session.decided();
        session.hear_others().await;
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
        let (shared, doomed): (Vec<&Held>, Vec<&Held>) =
            rows.partition(|row| session.ledger.is_wanted(scoped_digest(&row.indicator)));
        let digests: HashSet<u64> = digests(shared.iter().map(|row| &row.indicator));
        notes.wanted = (!digests.is_empty()).then_some(digests);
        session.ledger.plan_deletions(doomed.len());
        session.walk.counting(false);
        let doomed: Vec<Doomed<'_>> = doomed.into_iter().map(Doomed::held).collect();
        diagnostics.extend(too_many_deletions(session, &doomed).await);
    }
    (notes.write(), diagnostics)
}
