//! Submitting, reading and deleting one indicator.
//!
//! **Invariant:** a submission never says that a row was already there.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::columns::{ACTION, CREATED_BY, VALUE};
use super::context::Context;
use super::draft::Draft;
use super::row::Row;
use super::rules;
use super::store::Store;
use super::switches::DeleteAnswer;

/// `POST /indicators`.
pub fn submit(store: &mut Store, context: &Context) -> Result<Answer, Refusal> {
    let body = context.request.json().ok_or_else(Refusal::incorrect_body)?;
    let mut draft = Draft::read(body, context.options)?;
    rules::check_expiry(&draft, context.now)?;
    rules::check_item(&mut draft, context.options)?;
    if let Some(reason) = context.plan.failure(draft.text(VALUE), draft.text(ACTION)) {
        return Err(Refusal::new(400, "BadRequest", reason));
    }
    let mut capacity = store.capacity(context.now, context.options);
    let row = store.submit(&draft, context.application, &mut capacity, context.now, context.options)?;
    Ok(entity(row, context))
}

/// `GET /indicators/{id}`.
pub fn get(store: &Store, context: &Context, id: &str) -> Result<Answer, Refusal> {
    let row = visible(store, context, id).ok_or_else(|| Refusal::not_found(id))?;
    Ok(entity(row, context).counting(1))
}

/// `DELETE /indicators/{id}`.
pub fn delete(store: &mut Store, context: &Context, id: &str) -> Result<Answer, Refusal> {
    visible(store, context, id).ok_or_else(|| Refusal::not_found(id))?;
    store.delete(id, context.now, context.options);
    Ok(Answer::empty(match context.options.delete_answer {
        DeleteAnswer::Ok => StatusCode::OK,
        DeleteAnswer::NoContent => StatusCode::NO_CONTENT,
    }))
}

/// The row with this id, if there is one and the application may see it.
pub fn visible<'a>(store: &'a Store, context: &Context, id: &str) -> Option<&'a Row> {
    store
        .get(id)
        .filter(|row| context.application.sees(row.text(CREATED_BY)))
}

fn entity(row: &Row, context: &Context) -> Answer {
    let odata_context = Value::from(context.odata_context("Indicators/$entity"));
    let properties = row.json().strip_prefix('{').unwrap_or_default();
    Answer::odata(200, format!("{{\"@odata.context\":{odata_context},{properties}"))
}
