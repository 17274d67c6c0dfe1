#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::feed::{Options, stix};

// A document, or a pattern in one: read without a panic, the same each time.
fuzz_target!(|text: &str| {
    let mut document = String::from("{\"type\":\"indicator\",\"id\":\"i\",\"pattern\":\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => document.extend(['\\', letter]),
            letter if letter.is_control() => document.push(' '),
            letter => document.push(letter),
        }
    }
    document.push_str("\"}");
    let options = Options {
        widen: true,
        observables: true,
        drop_port: true,
        expand_cidr: 4,
        ..Options::default()
    };
    for text in [text, document.as_str()] {
        if let Ok(reading) = stix::read(text, &options) {
            assert_eq!(stix::read(text, &options).as_ref(), Ok(&reading));
            assert_eq!(reading.empty.is_some(), reading.drafts.is_empty());
        }
        let _ = stix::read(text, &Options::default());
    }
});
