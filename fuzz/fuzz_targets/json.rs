#![no_main]

mod types;

use libfuzzer_sys::fuzz_target;
use mde::tf::json;

fuzz_target!(|bytes: &[u8]| {
    for value_type in types::TYPES.iter() {
        let Ok(value) = json::decode(value_type, bytes) else {
            continue;
        };
        let Ok(encoded) = json::encode(value_type, &value) else {
            continue;
        };
        // Text goes out in composed form, in which keys of a map may become one: only what came back stays as it is.
        let back = json::decode(value_type, encoded.as_bytes()).expect("what was encoded can be decoded");
        let encoded = json::encode(value_type, &back).expect("what was decoded can be encoded");
        assert_eq!(json::decode(value_type, encoded.as_bytes()).as_ref(), Ok(&back));
    }
});
