use super::*;
use serde_json::json;

/// The list of a set with this value and these marks.
fn set(value: &Json, unknown: &Json, sensitive: &Json) -> List {
    let raw = |json: &Json| serde_json::value::to_raw_value(json).unwrap();
    let (value, unknown, sensitive) = (raw(value), raw(unknown), raw(sensitive));
    let marked = Marked {
        value: Some(&value),
        unknown: Some(&unknown),
        sensitive: Some(&sensitive),
    };
    List::of_set(marked).unwrap()
}

fn plain(value: &Json) -> List {
    set(value, &json!({}), &json!({}))
}

fn said(row: &Row, field: Field) -> Option<String> {
    field.get(&row.indicator).map(|value| value.to_string())
}

#[test]
fn text_and_object_are_read_alike() {
    let rows = json!({
        "b.example": null,
        "a.example": {"severity": "Low", "title": "", "generate_alert": "true", "notification_id": "7"},
        "k": {"value": "https://c.example/x", "rbac_group_ids": [1, "2"], "mitre_techniques": ["T1"], "type": "Url"},
        "cert": {"value": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "type": "CertificateThumbprint",
                 "certificate_info": {"issuer": "CN=A", "serial": null}},
    });
    let base = json!({"action": "Block", "severity": "High", "title": "C2", "record": "{\"ids\":\"1\"}"});
    let mut object = base.clone();
    object["indicators"] = rows.clone();
    let mut text = base;
    text["indicators"] = rows.to_string().into();
    for list in [plain(&object), plain(&text)] {
        let keys: Vec<&str> = list.rows.iter().map(|row| &*row.key).collect();
        assert_eq!(keys, ["a.example", "b.example", "cert", "k"]);
        let [a, b, cert, k] = &list.rows[..] else { panic!() };
        assert_eq!(said(a, Field::Severity).as_deref(), Some("\"Low\""));
        assert_eq!(
            said(a, Field::Title).as_deref(),
            Some("\"C2\""),
            "an empty text is left out"
        );
        assert_eq!(said(a, Field::GenerateAlert).as_deref(), Some("true"));
        assert_eq!(said(a, Field::NotificationId).as_deref(), Some("7"));
        assert!(a.own.contains(Field::Severity) && !a.own.contains(Field::Title));
        assert_eq!(said(b, Field::Severity).as_deref(), Some("\"High\""));
        assert_eq!(b.action(), Some(&Action::Block));
        assert_eq!(b.kind(), Some(&IndicatorType::DomainName));
        assert_eq!(k.indicator.value, "https://c.example/x");
        assert_eq!(said(k, Field::RbacGroupIds).as_deref(), Some("[1, 2]"));
        assert_eq!(cert.kind(), Some(&IndicatorType::CertificateThumbprint));
        assert_eq!(
            said(cert, Field::CertificateInfo).as_deref(),
            Some("{ issuer = \"CN=A\" }")
        );
        assert!(list.rows.iter().all(|row| row.others.is_empty()), "{list:?}");
    }
}

#[test]
fn expiry_and_lifetime_stand_in_place_of_each_other() {
    let list = plain(&json!({"action": "Block", "lifetime": "90d", "indicators": {
        "a.example": {"expiration_time": "2030-01-31T00:00:00Z"},
        "b.example": null,
        "c.example": {"expiration_time": "2030-01-31T00:00:00Z", "lifetime": "1d"},
    }}));
    let both = |row: &Row| (said(row, Field::ExpirationTime), said(row, Field::Lifetime));
    let expiry = Some("\"2030-01-31T00:00:00Z\"".to_owned());
    assert_eq!(both(&list.rows[0]), (expiry.clone(), None));
    assert_eq!(both(&list.rows[1]), (None, Some("\"90d\"".to_owned())));
    assert_eq!(both(&list.rows[2]), (expiry, Some("\"1d\"".to_owned())));
}

#[test]
fn what_is_not_known_yet_is_marked() {
    let whole = set(
        &json!({"action": "Block"}),
        &json!({"indicators": true, "record": true}),
        &json!({}),
    );
    assert!(whole.is_unknown && whole.rows.is_empty());
    let list = set(
        &json!({"action": "Block", "indicators": {"a.example": {"severity": "Low"}, "b.example": {}}}),
        &json!({"title": true, "indicators": {"a.example": {"description": true}, "c.example": true, "b.example": {}}}),
        &json!({}),
    );
    let keys: Vec<&str> = list.rows.iter().map(|row| &*row.key).collect();
    assert_eq!(keys, ["a.example", "b.example", "c.example"]);
    let [a, b, c] = &list.rows[..] else { panic!() };
    let unknown = |row: &Row| row.unknown.iter().collect::<Vec<_>>();
    assert_eq!(unknown(a), [Field::Title, Field::Description]);
    assert_eq!(unknown(b), [Field::Title]);
    assert_eq!(unknown(c).len(), Field::ALL.len());
    assert_eq!(c.action(), None);
}

#[test]
fn what_is_sensitive_is_marked() {
    let whole = set(
        &json!({"action": "Block", "indicators": "{\"a.example\":{}}"}),
        &json!({}),
        &json!({"indicators": true, "record": true}),
    );
    assert!(whole.is_sensitive);
    assert!(whole.rows[0].hides_value() && whole.rows[0].kind().is_none() && whole.rows[0].action().is_some());
    let list = set(
        &json!({"action": "Block", "title": "Secret", "indicators": {
            "a": {"value": "a.example", "severity": "Low", "owner": "x"},
            "b.example": {"title": "Own"},
        }}),
        &json!({}),
        &json!({"title": true, "indicators": {"a": {"value": true, "owner": true}, "b.example": {}}}),
    );
    let [a, b] = &list.rows[..] else { panic!() };
    assert_eq!(a.sensitive.iter().collect::<Vec<_>>(), [Field::Value, Field::Title]);
    assert_eq!(a.kind(), None);
    assert_eq!(a.others["owner"], "(sensitive)");
    assert!(b.sensitive.is_empty(), "its own title is not");
}

#[test]
fn what_this_version_does_not_know_is_kept() {
    let list = plain(&json!({"action": "Quarantine", "indicators": {
        "a.example": {"owner": {"b": [1]}, "severity": 7, "type": "Dash", "expiration_time": "soon", "gone": null},
    }}));
    let row = &list.rows[0];
    assert_eq!(row.action().unwrap().as_str(), "Quarantine");
    assert_eq!(row.kind().unwrap().as_str(), "Dash");
    assert_eq!(said(row, Field::Severity).as_deref(), Some("\"7\""));
    assert_eq!(
        row.others
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect::<Vec<_>>(),
        ["expiration_time \"soon\"", "owner {\"b\":[1]}"]
    );
}

#[test]
fn a_list_that_cannot_be_read_says_so() {
    let list = plain(&json!({"action": "Block", "indicators": "nonsense"}));
    assert!(list.fault.is_some() && list.rows.is_empty());
    for nothing in [
        json!({"action": "Block", "indicators": null}),
        json!({"action": "Block", "indicators": [1]}),
    ] {
        assert!(plain(&nothing).rows.is_empty());
    }
    assert!(List::of_set(Marked::default()).is_none());
}

#[test]
fn a_single_indicator_is_a_row() {
    let raw = serde_json::value::to_raw_value(&json!({
        "id": "4", "value": "198.51.100.7", "action": "Block", "severity": null, "title": "one", "record": "{}"
    }))
    .unwrap();
    let marked = Marked {
        value: Some(&raw),
        ..Marked::default()
    };
    let list = List::of_single(marked).unwrap();
    let row = &list.rows[0];
    assert_eq!(
        (&*row.key, row.kind()),
        ("198.51.100.7", Some(&IndicatorType::IpAddress))
    );
    assert_eq!(said(row, Field::Title).as_deref(), Some("\"one\""));
}
