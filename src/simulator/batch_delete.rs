//! `POST /indicators/BatchDelete`.
//!
//! **Invariant:** all ids or none.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::context::Context;
use super::import::check_size;
use super::single::visible;
use super::store::{Store, number};
use super::switches::UnknownIds;

/// Deletes rows by id.
pub fn batch_delete(store: &mut Store, context: &Context) -> Result<Answer, Refusal> {
    let body = context
        .request
        .json()
        .and_then(Value::as_object)
        .ok_or_else(Refusal::incorrect_body)?;
    let ids = body.get("IndicatorIds").filter(|ids| !ids.is_null());
    let ids = ids
        .ok_or_else(|| Refusal::missing("IndicatorIds"))?
        .as_array()
        .ok_or_else(Refusal::incorrect_body)?;
    if ids.is_empty() {
        return Err(Refusal::new(400, "InvalidRequestBody", "Invalid request body."));
    }
    check_size(ids.len())?;
    let ids: Option<Vec<&str>> = ids.iter().map(Value::as_str).collect();
    let ids = ids.ok_or_else(Refusal::incorrect_body)?;
    if let Some(malformed) = ids.iter().find(|id| number(id).is_none()) {
        return Err(Refusal::new(400, "InvalidInput", format!("Invalid input {malformed}.")));
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) = ids.iter().partition(|id| visible(store, context, id).is_some());
    let refused = unknown.first().map(|id| Refusal::not_found(id));
    let refused = refused.filter(|_| context.options.unknown_ids != UnknownIds::Skipped);
    if refused.is_none() || context.options.unknown_ids == UnknownIds::RefusedInPart {
        for id in known {
            store.delete(id, context.now, context.options);
        }
    }
    if let Some(refusal) = refused {
        return Err(refusal);
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
