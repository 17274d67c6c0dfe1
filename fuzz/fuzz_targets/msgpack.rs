#![no_main]

mod types;

use libfuzzer_sys::fuzz_target;
use mde::tf::msgpack;

fuzz_target!(|bytes: &[u8]| {
    for value_type in types::TYPES.iter() {
        let Ok(value) = msgpack::decode(value_type, bytes) else {
            continue;
        };
        let Ok(encoded) = msgpack::encode(value_type, &value) else {
            continue;
        };
        // Text goes out in composed form, in which keys of a map may become one: only what came back stays as it is.
        let back = msgpack::decode(value_type, &encoded).expect("what was encoded can be decoded");
        let encoded = msgpack::encode(value_type, &back).expect("what was decoded can be encoded");
        assert_eq!(msgpack::decode(value_type, &encoded).as_ref(), Ok(&back));
    }
});
