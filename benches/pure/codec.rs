//! Values to bytes and back, in the two forms that hosts use.

use super::time::PerIndicator;
use super::{at_every_size, set};
use criterion::Criterion;
use mde::tf::{json, msgpack};

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    let set_type = set::set_type();
    at_every_size(criterion, "encode MessagePack", set::state, |state| {
        msgpack::encode(&set_type, &state).unwrap()
    });
    at_every_size(
        criterion,
        "decode MessagePack",
        |rows| msgpack::encode(&set_type, &set::state(rows)).unwrap(),
        |bytes| msgpack::decode(&set_type, &bytes).unwrap(),
    );
    at_every_size(criterion, "encode JSON", set::state, |state| {
        json::encode(&set_type, &state).unwrap()
    });
    at_every_size(
        criterion,
        "decode JSON",
        |rows| json::encode(&set_type, &set::state(rows)).unwrap(),
        |text| json::decode(&set_type, text.as_bytes()).unwrap(),
    );
}
