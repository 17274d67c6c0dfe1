//! Rows that hit what is protected, popular or shared.

use super::samples::{Sample, set};
use crate::feed::AllowList;
use crate::indicator::Protected;
use crate::report::{Report, Style};
use serde_json::{Value as Json, json};

fn style() -> Style {
    let list = |name: &str, text: &str| AllowList::parse(name, text).unwrap();
    Style {
        protected: Protected::parse(&["corp.example".to_owned()]).unwrap(),
        allow_lists: vec![
            list("popular.txt", "popular.example\n1,second.example\nco.uk\n"),
            list("networks.txt", "203.0.113.0/24\npopular.example\n"),
        ],
        ..Style::default()
    }
}

/// Subjects of alerts about what rows hit, with the values, each in one text.
fn told(report: &Report) -> Vec<String> {
    let json: Json = serde_json::from_str(&report.json()).unwrap();
    let alerts = json["look_here_first"].as_array().unwrap().iter();
    let about = alerts.filter(|alert| {
        ["protected", "popular", "shared_address", "dangerous"].contains(&alert["subject"].as_str().unwrap())
    });
    about
        .map(|alert| {
            format!(
                "{}: {}",
                alert["subject"].as_str().unwrap(),
                alert["text"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn rows_that_come_and_hit_others_are_told_the_worst_first() {
    let before = set(json!({"indicators": json!({
        "second.example": {"severity": "Low"},
        "turned.popular.example": {},
        "popular.example": {"action": "Allowed"},
    }).to_string()}));
    let after = set(json!({"indicators": json!({
        // Changed, not new.
        "second.example": {"severity": "High"},
        "turned.popular.example": {},
        // Turned from allowed to blocked.
        "popular.example": {},
        "www.corp.example": {},
        "mail.corp.example": {"action": "Warn"},
        "co.uk": {},
        "203.0.113.7": {"action": "Warn"},
        "http://popular.example/": {},
        "http://popular.example/path": {},
        "harmless.example": {"action": "Allowed"},
    }).to_string()}));
    let sample = Sample::default().resource("mde_indicator_set.c2", &["update"], Some(&before), Some(&after));
    assert_eq!(
        told(&sample.report(style())),
        [
            "protected: 1 indicator blocks what is protected: www[.]corp[.]example",
            "dangerous: 1 indicator covers a public suffix, with domains of many owners: co[.]uk",
            "popular: 2 indicators are popular by the allow list popular.txt: popular[.]example, \
             hxxp://popular[.]example/",
            "shared_address: 1 indicator is an address that others may have too, by the allow list networks.txt: \
             203[.]0[.]113[.]7",
        ]
    );
    // Without lists nothing is popular.
    assert_eq!(
        told(&sample.report(Style::default())),
        ["dangerous: 1 indicator covers a public suffix, with domains of many owners: co[.]uk"]
    );
}

#[test]
fn what_must_not_be_shown_is_not_looked_up() {
    let list = set(json!({"indicators": json!({"popular.example": {}}).to_string()}));
    let sample = Sample::default()
        .resource("mde_indicator_set.c2", &["create"], None, Some(&list))
        .sensitive(json!({"indicators": true}));
    assert_eq!(told(&sample.report(style())), Vec::<String>::new());
    // A field that is sensitive hides no more than itself.
    let list = set(json!({"indicators": {"popular.example": {"description": "secret"}, "co.uk": {"title": "x"}}}));
    let sample = Sample::default()
        .resource("mde_indicator_set.c2", &["create"], None, Some(&list))
        .sensitive(json!({"indicators": {"popular.example": {"description": true}, "co.uk": {"title": true}}}));
    assert_eq!(told(&sample.report(style())).len(), 2);
}

#[test]
fn the_name_of_an_allow_list_is_text_of_others() {
    let text = "{\"name\":\"<b>|##vso[x]` @all\",\"type\":\"string\",\"list\":[\"popular.example\"]}";
    let mut style = style();
    style.allow_lists = vec![AllowList::parse("file", text).unwrap()];
    let list = set(json!({"indicators": json!({"popular.example": {}}).to_string()}));
    let sample = Sample::default().resource("mde_indicator_set.c2", &["create"], None, Some(&list));
    let report = sample.report(style);
    let markdown = report.markdown(crate::report::Dialect::WithHtml, 60_000);
    assert!(markdown.contains("1 indicator is popular"), "{markdown}");
    assert!(!markdown.contains("##vso["), "{markdown}");
    super::hostile::assert_is_intact(&markdown);
}
