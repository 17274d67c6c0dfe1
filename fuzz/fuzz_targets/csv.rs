#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::feed::csv;

fuzz_target!(|text: &str| {
    let lines = text.split('\n').flat_map(|line| line.split('\r')).count();
    let table = csv::parse(text);
    for problem in &table.problems {
        assert!((1..=lines).contains(&problem.line));
    }
    for row in table.rows {
        let line = row.map_or_else(|problem| problem.line, |record| record.line);
        assert!((1..=lines).contains(&line));
    }
});
