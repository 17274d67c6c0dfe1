//! `POST /indicators/BatchDelete`.
//!
//! **Invariant:** all ids or none.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::import::check_size;
use super::service::Context;
use super::single::visible;
use super::store::{Store, number};

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
    if let Some(unknown) = ids.iter().find(|id| visible(store, context, id).is_none()) {
        return Err(Refusal::not_found(unknown));
    }
    for id in ids {
        store.delete(id, context.now, context.options);
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
