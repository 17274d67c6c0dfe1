//! Values to bytes and back, in the two forms that hosts use.

use super::at_every_size;
use super::set::{self, FORMS};
use super::time::PerIndicator;
use criterion::Criterion;
use mde::tf::{json, msgpack};

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    let set_type = set::set_type();
    for (form, name) in FORMS {
        let state = |rows: &[_]| set::held(form, rows);
        at_every_size(criterion, &format!("encode MessagePack, {name}"), state, |state| {
            msgpack::encode(&set_type, &state).unwrap()
        });
        at_every_size(
            criterion,
            &format!("decode MessagePack, {name}"),
            |rows| msgpack::encode(&set_type, &state(rows)).unwrap(),
            |bytes| msgpack::decode(&set_type, &bytes).unwrap(),
        );
        at_every_size(criterion, &format!("encode JSON, {name}"), state, |state| {
            json::encode(&set_type, &state).unwrap()
        });
        at_every_size(
            criterion,
            &format!("decode JSON, {name}"),
            |rows| json::encode(&set_type, &state(rows)).unwrap(),
            |text| json::decode(&set_type, text.as_bytes()).unwrap(),
        );
    }
}
