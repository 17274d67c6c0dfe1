//! Importing one indicator by its id, or by its value if that is unambiguous.

use super::{ID, SingleIndicator, write};
use crate::defender::Listing;
use crate::indicator::{Indicator, Row, RowId, all_fields, canonical, detect_type};
use crate::provider::diagnostics::{self, describe};
use crate::provider::object::{Kind, RECORD};
use crate::provider::record::Record;
use crate::provider::words::{bullets, named};
use crate::tenant::{Holding, Problem, Tenant, Unread};
use crate::tf::{Diagnostic, Diagnostics, Object, Value};

/// Finds a row by its id or its value.
pub async fn import(tenant: &Tenant, id: &str) -> Result<Value, Diagnostics> {
    let id = id.trim();
    if id.is_empty() {
        return Err(no_id().into());
    }
    let listing = tenant.client.listing().await.map_err(|error| {
        let unread = Unread::NothingImported;
        diagnostics::all("", vec![Problem::Unlisted { error, unread }])
    })?;
    let rows: Vec<&Row> = match listing.get(&RowId::from(id)) {
        Some(row) => vec![row],
        None => by_value(&listing, id),
    };
    match rows.as_slice() {
        [row] => Ok(state(row)),
        [] => Err(no_such(listing.len(), id).into()),
        several => Err(ambiguous(id, several).into()),
    }
}

/// The id is empty.
pub(in crate::provider) fn no_id() -> Diagnostic {
    Diagnostic::error(
        "The import id is empty",
        "Import an indicator by its id, such as `901`, or by its value, such as `evil.example`.",
    )
}

/// None of `count` rows has the id or the value `id`.
pub(in crate::provider) fn no_such(count: usize, id: &str) -> Diagnostic {
    Diagnostic::error(
        "No such indicator",
        format!(
            "None of the {count} indicators that this application can see has the id or the value {}. An application with the \
             permission Ti.ReadWrite sees only its own indicators; Ti.ReadWrite.All sees all.",
            crate::feed::shown(id)
        ),
    )
}

/// Several rows have the value `id`.
pub(in crate::provider) fn ambiguous(id: &str, rows: &[&Row]) -> Diagnostic {
    Diagnostic::error(
        "Several indicators have this value",
        format!(
            "{} is the value of {} indicators:\n{}\n\nImport the intended indicator by its id.",
            crate::feed::shown(id),
            rows.len(),
            named(&bullets(&rows.iter().map(|row| describe(row)).collect::<Vec<_>>()))
        ),
    )
}

fn by_value<'a>(listing: &'a Listing, value: &str) -> Vec<&'a Row> {
    let wanted = detect_type(value).map(|kind| canonical(&kind, value));
    let is_meant = |row: &&Row| {
        let Indicator {
            value: found,
            indicator_type,
            ..
        } = &row.indicator;
        found == value
            || wanted
                .as_deref()
                .is_some_and(|wanted| canonical(indicator_type, found) == wanted)
    };
    listing.iter().filter(is_meant).collect()
}

/// The state of an imported row: what is not the service's default is written, so that the configuration people write
/// for it plans clean.
pub fn state(row: &Row) -> Value {
    let indicator = &row.indicator;
    let mut object = Object::null(SingleIndicator::object_type().clone());
    for (field, _) in all_fields(indicator) {
        object.set(field.name(), write(field, indicator));
    }
    let record = Record {
        holdings: vec![Holding::Held(row.id.clone())],
        ..Record::default()
    };
    object.set(ID, row.id.as_str().into());
    object.set(RECORD, record.text().into());
    object.into()
}
