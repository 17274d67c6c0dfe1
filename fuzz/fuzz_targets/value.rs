#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::indicator::rules::{check_value, parse_action, parse_category, parse_severity, parse_type, undetected};
use mde::indicator::{
    Action, Fields, Indicator, IndicatorType, Protected, canonical, defang, detect_type, instant_text, parse_instant,
    refang,
};
use mde::outgoing;

// Whatever stands in a list is judged without a panic, and what it means does not depend on how often it is asked.
fuzz_target!(|text: &str| {
    let _ = (refang(text), undetected(text), defang(None, text));
    let _ = (
        parse_type(text),
        parse_action(text),
        parse_severity(text),
        parse_category(text),
    );
    let detected = detect_type(text);
    if let Some(indicator_type) = &detected {
        assert!(IndicatorType::WRITABLE.contains(indicator_type));
    }
    let protected = Protected::parse(&text.lines().map(str::to_owned).collect::<Vec<_>>());
    for indicator_type in &IndicatorType::WRITABLE {
        let spelling = canonical(indicator_type, text);
        assert_eq!(canonical(indicator_type, &spelling), spelling);
        let _ = defang(Some(indicator_type), text);
        let findings = check_value(indicator_type, text);
        for finding in &findings {
            assert!(!finding.rule.is_empty() && !finding.remedy.is_empty());
        }
        // A single label may be anything; somebody has to say that it is a name.
        let is_open = findings
            .iter()
            .any(|finding| finding.is_error() || finding.code == "single-label");
        assert!(
            is_open || detected.is_some(),
            "{indicator_type} {text:?} is right, and has no type"
        );
        if let Ok(protected) = &protected {
            let _ = protected.matches(&Indicator {
                value: text.to_owned(),
                indicator_type: indicator_type.clone(),
                action: Action::Block,
                fields: Fields::default(),
            });
        }
    }
    if let Some(instant) = parse_instant(text) {
        assert_eq!(parse_instant(&instant_text(instant)), Some(instant));
    }
    for out in [outgoing::line(text), outgoing::shown(text)] {
        assert!(
            !out.chars()
                .any(|letter| letter.is_control() || outgoing::is_format(letter))
        );
    }
});
