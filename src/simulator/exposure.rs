//! `GET /exposureScore/ByMachineGroups`, which clients read the ids of device groups from.
//!
//! **Invariant:** one row for each device group of the options, with the id that indicators are stored with.

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::context::Context;
use super::time;

/// What every group is given; nobody asserts anything about it.
const SCORE: f64 = 25.5;

/// Lists the device groups.
pub fn by_machine_groups(context: &Context) -> Result<Answer, Refusal> {
    let top = context.number("$top")?.unwrap_or(usize::MAX);
    let skip = context.number("$skip")?.unwrap_or(0);
    let time = Value::from(time::format(context.now));
    let groups = context.options.rbac_groups.iter().enumerate().skip(skip).take(top);
    let rows: Vec<String> = groups
        .map(|(position, name)| {
            let (name, id) = (Value::from(name.as_str()), position + 1);
            format!("{{\"time\":{time},\"score\":{SCORE},\"rbacGroupName\":{name},\"rbacGroupId\":{id}}}")
        })
        .collect();
    let odata_context = Value::from(context.odata_context("ExposureScore"));
    let body = format!("{{\"@odata.context\":{odata_context},\"value\":[{}]}}", rows.join(","));
    Ok(Answer::odata(200, body).counting(rows.len()))
}
