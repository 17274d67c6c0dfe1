#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::feed::misp::{self, Attribute};
use mde::feed::{Options, Place};

// An event, or a table of attributes: read without a panic, and the same each time.
fuzz_target!(|text: &str| {
    let options = Options {
        ignore_to_ids: true,
        resolved_addresses: true,
        one_hash_per_file: true,
        ..Options::default()
    };
    if let Ok(reading) = misp::read(text, &options) {
        assert_eq!(misp::read(text, &options).as_ref(), Ok(&reading));
        assert_eq!(reading.empty.is_some(), reading.drafts.is_empty());
    }
    let rows: Vec<(Place, Attribute<'_>)> = text
        .lines()
        .enumerate()
        .map(|(number, line)| {
            let mut cells = line.split('\t');
            let mut next = || cells.next().unwrap_or_default();
            let attribute = Attribute {
                kind: next(),
                value: next(),
                to_ids: next(),
                object: next(),
                relation: next(),
                object_uuid: next(),
                tags: next(),
                timestamp: next(),
                ..Attribute::default()
            };
            (Place::Line(number + 1, None), attribute)
        })
        .collect();
    let reading = misp::read_attributes(&rows, &options);
    assert!(reading.drafts.len() <= 2 * rows.len());
});
