use super::super::{Item, Place};
use super::*;

const SHA256: &str = "5b3c0f5b6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4f5e6d7c8b9a0f1e2d3c";
const SHA1: &str = "0fe1d2c3b4a5968778695a4b3c2d1e0f11223344";
const MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";

/// Value, title, time and file of an item.
type Given<'t> = (&'t str, Option<&'t str>, Option<i64>, Option<usize>);

fn reading(items: &[Given<'_>]) -> Reading {
    let mut reading = Reading::default();
    for (number, (value, title, modified, file)) in items.iter().enumerate() {
        let mut item = Item::new(Place::Line(number + 1, None), value, None);
        item.fields
            .extend(title.map(|title| (Field::Title, FieldValue::Text(title.to_owned()))));
        item.modified = modified.map(|second| Timestamp::from_second(second).unwrap());
        item.file = *file;
        reading.take(item, &Options::default());
    }
    reading
}

/// The values that stay, then what goes and why.
fn told(reading: Reading, options: &Options) -> (Vec<String>, Vec<(String, Reason, bool)>) {
    let items = reading.drafts.len() + reading.skipped.len();
    let settled = settle(reading, options);
    assert_eq!(settled.drafts.len() + settled.skipped.len(), items);
    assert_eq!(settle(settled.clone(), options), settled);
    (
        settled.drafts.into_iter().map(|draft| draft.value).collect(),
        settled
            .skipped
            .into_iter()
            .map(|skipped| (skipped.value, skipped.reason, skipped.lossless))
            .collect(),
    )
}

fn lost(value: &str, reason: Reason, lossless: bool) -> (String, Reason, bool) {
    (value.to_owned(), reason, lossless)
}

#[test]
fn the_latest_of_several_counts() {
    let (kept, gone) = told(
        reading(&[
            ("dup.example", Some("A"), Some(1), None),
            ("DUP.example", Some("B"), Some(2), None),
            ("dup.example", Some("B"), Some(2), None),
            ("other.example", None, None, None),
            ("dup.example.", Some("C"), None, None),
        ]),
        &Options::default(),
    );
    assert_eq!(kept, ["DUP.example", "other.example"]);
    assert_eq!(
        gone,
        [
            lost("dup.example", Reason::Duplicate, false),
            lost("dup.example", Reason::Duplicate, true),
            lost("dup.example", Reason::Duplicate, false),
        ]
    );
}

#[test]
fn actions_and_groups_make_other_indicators() {
    let mut reading = reading(&[("a.example", None, None, None); 4]);
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let groups = |names: &[&str]| FieldValue::Texts(names.iter().map(|&name| name.to_owned()).collect());
    reading.drafts[0].fields.push((Field::Action, text("Block")));
    reading.drafts[1].fields.push((Field::Action, text("Allowed")));
    reading.drafts[2]
        .fields
        .push((Field::RbacGroupNames, groups(&["a", "b"])));
    reading.drafts[3]
        .fields
        .push((Field::RbacGroupNames, groups(&["b", "a"])));
    let (kept, gone) = told(reading, &Options::default());
    assert_eq!((kept.len(), gone.len()), (3, 1));
}

#[test]
fn weaker_hashes_go_where_they_can_be_of_one_file() {
    let items = [
        (MD5, None, None, Some(1)),
        (SHA256, None, None, Some(1)),
        (SHA1, None, None, Some(1)),
        (MD5, None, None, Some(1)),
        ("00107d9d372bb6826bd81d3542a419d6", None, None, Some(2)),
        ("11107d9d372bb6826bd81d3542a419d6", None, None, Some(2)),
        ("000000c3b4a5968778695a4b3c2d1e0f11223344", None, None, Some(2)),
        ("22107d9d372bb6826bd81d3542a419d6", None, None, None),
    ];
    let one = Options {
        one_hash_per_file: true,
        ..Options::default()
    };
    let (kept, gone) = told(reading(&items), &one);
    assert_eq!(kept.len(), 5, "{kept:?}");
    assert_eq!(
        gone,
        [
            lost(MD5, Reason::WeakerHash, false),
            lost(SHA1, Reason::WeakerHash, false),
            lost(MD5, Reason::Duplicate, true),
        ]
    );
    assert_eq!(told(reading(&items), &Options::default()).0.len(), 7);
}

#[test]
fn what_has_expired_or_is_covered_goes_on_request() {
    let mut reading = reading(&[
        ("past.example", None, None, None),
        ("a.past.example", None, None, None),
        ("evil.example", None, None, None),
        ("http://www.evil.example/a", None, None, None),
    ]);
    let expiry = FieldValue::Text("2020-01-01T00:00:00Z".into());
    reading.drafts[0].fields.push((Field::ExpirationTime, expiry));
    assert_eq!(told(reading.clone(), &Options::default()).0.len(), 4);
    let options = Options {
        now: "2020-01-01T00:00:00Z".parse().ok(),
        drop_covered: true,
        ..Options::default()
    };
    let (kept, gone) = told(reading, &options);
    assert_eq!(kept, ["a.past.example", "evil.example"]);
    assert_eq!(
        gone,
        [
            lost("past.example", Reason::Expired, false),
            lost("http://www.evil.example/a", Reason::Covered, false),
        ]
    );
}

#[test]
fn what_is_covered_goes_only_where_nothing_is_lost() {
    let options = Options {
        drop_covered: true,
        ..Options::default()
    };
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let kept = |outer: Option<(Field, FieldValue)>, inner: Option<(Field, FieldValue)>| {
        let mut reading = reading(&[("evil.example", None, None, None), ("a.evil.example", None, None, None)]);
        reading.drafts[0].fields.extend(outer);
        reading.drafts[1].fields.extend(inner);
        told(reading, &options).0.len()
    };
    let expiry = |year: u16| Some((Field::ExpirationTime, text(&format!("{year}-01-01T00:00:00Z"))));
    let alert = || Some((Field::GenerateAlert, FieldValue::Flag(true)));
    assert_eq!(kept(None, None), 1);
    assert_eq!(kept(None, expiry(2030)), 1);
    assert_eq!(kept(expiry(2031), expiry(2030)), 1);
    assert_eq!(kept(expiry(2030), None), 2);
    assert_eq!(kept(expiry(2030), expiry(2031)), 2);
    assert_eq!(kept(alert(), alert()), 1);
    assert_eq!(kept(None, alert()), 2);
    let mut exception = reading(&[
        ("evil.example", None, None, None),
        ("b.evil.example", None, None, None),
        ("a.b.evil.example", None, None, None),
    ]);
    assert_eq!(told(exception.clone(), &options).0, ["evil.example"]);
    exception.drafts[1].fields.push((Field::Action, text("Allowed")));
    assert_eq!(told(exception, &options).0.len(), 3);
}

#[test]
fn the_order_of_a_text_does_not_decide_which_of_several_stays() {
    let items = [
        ("a.example", Some("A"), None, None),
        ("A.example", Some("A"), None, None),
        ("a.example", None, None, None),
        ("a.example", Some("B"), None, None),
    ];
    let expected = told(reading(&items), &Options::default()).0;
    for turns in 1..items.len() {
        let mut turned = items;
        turned.rotate_left(turns);
        assert_eq!(told(reading(&turned), &Options::default()).0, expected);
    }
}
