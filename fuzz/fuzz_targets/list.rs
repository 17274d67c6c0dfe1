#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::feed::{Form, Options, Place, list};
use mde::indicator::rules::check_value;

// A plain list or prose: read without a panic, with a line of the text for everything, and only what the service takes.
fuzz_target!(|text: &str| {
    let _ = Form::of(text);
    let lines = text.split('\n').flat_map(|line| line.split('\r')).count();
    for extract in [false, true] {
        let options = Options {
            extract,
            ..Options::default()
        };
        let Ok(reading) = list::read(text, &options) else { continue };
        for draft in &reading.drafts {
            let findings = check_value(&draft.indicator_type, &draft.value);
            assert!(!findings.iter().any(|finding| finding.is_error()), "{draft:?}");
        }
        let drafts = reading.drafts.iter().map(|draft| &draft.place);
        for place in drafts.chain(reading.skipped.iter().map(|skipped| &skipped.place)) {
            assert!(matches!(place, Place::Line(line, None) if (1..=lines).contains(line)));
        }
    }
});
