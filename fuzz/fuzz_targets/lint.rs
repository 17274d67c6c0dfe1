#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::lint::output::{self, Style};
use mde::lint::{Baseline, Input, Settings, Standards, lint};

fuzz_target!(|text: &str| {
    let settings = Settings {
        standards: Standards {
            protected: Default::default(),
            allow_lists: Vec::new(),
            now: Default::default(),
            expires_within: None,
            capacity: 10,
        },
        allowed: Vec::new(),
        baseline: Baseline::default(),
    };
    // The ending decides between YAML and everything else, and a header of the portal makes sure that the strict reader of
    // tables is tried: the text goes on with more columns, and then with rows.
    let own = format!("IndicatorType,IndicatorValue,Action,{text}");
    for (path, text) in [("list.csv", text), ("list.csv", own.as_str()), ("list.yaml", text)] {
        let input = Input {
            name: path.to_owned(),
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        let report = lint(vec![input], &settings);
        for finding in &report.findings {
            assert!(report.sources[finding.file].text.get(finding.at.clone()).is_some());
        }
        let mut out = Vec::new();
        output::people(&report, Style::Plain, &mut out).unwrap();
        output::json(&report, &mut out).unwrap();
        output::sarif(&report, &mut out).unwrap();
    }
});
