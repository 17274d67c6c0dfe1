#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::feed::conversion::{Request, convert};
use mde::feed::table::{self, Settings};
use mde::feed::text::decode;
use mde::feed::{Options, Place};

// The first byte chooses how the table is read.
fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let Ok(decoded) = decode(bytes, None) else {
        return;
    };
    let text = &*decoded.text;
    let lines = text.split('\n').flat_map(|line| line.split('\r')).count();
    let settings = Settings {
        no_header: choice & 1 != 0,
        keep_going: choice & 2 != 0,
        comment: (choice & 4 != 0).then(String::new),
        delimiter: [None, Some(b','), Some(b';'), Some(b'\t')][usize::from(choice >> 3 & 3)],
        ..Settings::default()
    };
    let check = |place: &Place| assert!(matches!(place, Place::Line(line, _) if (1..=lines).contains(line)));
    let _ = table::is_table(text, &settings);
    if let Ok(reading) = table::read(text, &settings, &Options::default()) {
        reading.drafts.iter().for_each(|draft| check(&draft.place));
        reading.skipped.iter().for_each(|one| check(&one.place));
    }
    if let Ok(conversion) = convert(bytes, &Request::default()) {
        assert_eq!(conversion.rows.len(), conversion.report.rows);
        assert_eq!(
            conversion.report.items(),
            conversion.report.rows + conversion.report.by_reason().values().sum::<usize>()
        );
    }
});
