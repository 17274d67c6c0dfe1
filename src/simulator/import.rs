//! `POST /indicators/import`.
//!
//! **Invariant:** what is wrong with the body, or with an expiry, refuses the whole call and writes nothing; what is wrong
//! with one item fails that item alone, inside of a 200.

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::columns::{ACTION, VALUE};
use super::context::Context;
use super::draft::Draft;
use super::rules;
use super::store::{Capacity, Store};
use super::switches::{Results, Verdict};

const LARGEST: usize = 500;

/// Refuses a batch that is too large.
pub fn check_size(received: usize) -> Result<(), Refusal> {
    if received > LARGEST {
        let message = format!("Maximum batch size exceeded. Received: {received}, allowed: {LARGEST}.");
        return Err(Refusal::new(400, "MaximumBatchSizeExceeded", message));
    }
    Ok(())
}

/// Creates and updates rows.
pub fn import(store: &mut Store, context: &Context) -> Result<Answer, Refusal> {
    let body = context
        .request
        .json()
        .and_then(Value::as_object)
        .ok_or_else(Refusal::incorrect_body)?;
    let items = body.get("Indicators").filter(|items| !items.is_null());
    let items = items
        .ok_or_else(|| Refusal::missing("Indicators"))?
        .as_array()
        .ok_or_else(Refusal::incorrect_body)?;
    if items.is_empty() && context.options.empty_import == Verdict::Refused {
        return Err(Refusal::new(400, "InvalidRequestBody", "Invalid request body."));
    }
    check_size(items.len())?;
    let drafts: Result<Vec<Draft>, Refusal> = items.iter().map(|item| Draft::read(item, context.options)).collect();
    let drafts = drafts?;
    for draft in &drafts {
        rules::check_expiry(draft, context.now)?;
    }
    let mut capacity = store.capacity(context.now, context.options);
    let mut results: Vec<String> = drafts
        .into_iter()
        .map(|draft| import_item(store, context, draft, &mut capacity))
        .collect();
    results.truncate(results.len().saturating_sub(context.plan.missing_results()));
    if context.options.results == Results::Shuffled || context.plan.shuffles() {
        results.reverse();
    }
    let about = "Collection(microsoft.windowsDefenderATP.api.ImportIndicatorResult)";
    let odata_context = Value::from(context.odata_context(about));
    let results = results.join(",");
    Ok(Answer::odata(
        200,
        format!("{{\"@odata.context\":{odata_context},\"value\":[{results}]}}"),
    ))
}

fn import_item(store: &mut Store, context: &Context, mut draft: Draft, capacity: &mut Capacity) -> String {
    let value = draft.text(VALUE).to_owned();
    let failed = |reason: &str| result(None, &value, Some(reason));
    if let Some(reason) = context.plan.failure(&value, draft.text(ACTION)) {
        return failed(reason);
    }
    let written = rules::check_item(&mut draft, context.options)
        .and_then(|()| store.submit(&draft, context.application, capacity, context.now, context.options));
    match written {
        Ok(row) => result(Some(row.id()), &value, None),
        Err(refusal) => failed(&refusal.message),
    }
}

/// The result of one item, in the order of the wire.
fn result(id: Option<&str>, value: &str, failure: Option<&str>) -> String {
    format!(
        "{{\"id\":{},\"indicator\":{},\"isFailed\":{},\"failureReason\":{}}}",
        Value::from(id),
        Value::from(value),
        failure.is_some(),
        Value::from(failure)
    )
}
