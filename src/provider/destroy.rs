//! Planning the end of an object.

use super::private::Notes;
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
    let mut notes = Notes::read(private).for_plan();
    let mut diagnostics = Diagnostics::default();
    if let Some(session) = session {
        // The listing is shared by everybody, so by the time it is there the other objects have spoken. Its failure is
        // told by the objects that need it.
        let _ = session.client.listing().await;
        let rows = held.iter().filter(|row| row.id.is_some());
        let (shared, doomed): (Vec<&Held>, Vec<&Held>) = rows.partition(|row| session.ledger.is_wanted(&row.indicator));
        let digests: HashSet<u64> = shared.iter().map(|row| row.indicator.identity().digest()).collect();
        notes.wanted = (!digests.is_empty()).then_some(digests);
        let keys: Vec<&str> = doomed.iter().map(|row| row.key.as_str()).collect();
        diagnostics.extend(too_many_deletions(session, &keys));
    }
    (notes.write(), diagnostics)
}
