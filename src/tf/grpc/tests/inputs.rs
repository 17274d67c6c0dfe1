//! Everything beside plan and apply: validation, stored objects, import, data sources.

use super::*;
use crate::tf::{DataSource, Object};

#[tokio::test]
async fn validation_needs_no_client_and_names_places() {
    let (mut host, mut configured) = (Host::new().await, Host::configured().await);
    configured.log.take();
    for (text, expected, hints) in [
        ("x", vec![], &["Arriving"][..]),
        (
            "bad",
            vec!["error.lines[a].bold: Bad text", "warning: Bad style"],
            &["Arriving", "Refused"],
        ),
        ("panic", vec![CRASH], &["Arriving", "Refused"]),
    ] {
        let request = proto::validate_resource_config::Request {
            type_name: "test_note".into(),
            config: note(&[("title", Value::Unknown), ("text", text.into())]),
            ..Default::default()
        };
        let answer = host.calls.validate_resource_config(request.clone()).await;
        assert_eq!(told(&answer.unwrap().into_inner().diagnostics), expected);
        configured.calls.validate_resource_config(request).await.unwrap();
        assert_eq!(configured.log.take(), hints);
    }
}

#[tokio::test]
async fn a_stop_reaches_a_client_that_is_not_ready_yet() {
    let mut host = Host::new().await;
    let configuring = tokio::spawn({
        let mut host = host.clone();
        async move { host.configure("far".into()).await }
    });
    let mut log = Vec::new();
    while log.last().is_none_or(|entry| entry != "connect") {
        tokio::task::yield_now().await;
        log.extend(host.log.take());
    }
    host.calls
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(configuring.await.unwrap(), ["error: Stopped"]);
    assert_eq!(host.log.take(), ["stop far"]);
    host.calls
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(host.log.take(), [""; 0], "there is no client any more");
}

#[tokio::test]
async fn a_fault_while_connecting_leaves_no_client() {
    let mut host = Host::new().await;
    assert_eq!(host.configure("faulty".into()).await, [CRASH]);
    host.log.take();
    host.calls
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(host.log.take(), [""; 0]);
}

#[tokio::test]
async fn what_is_about_no_object_is_told_with_the_next_answer() {
    let mut host = Host::new().await;
    assert_eq!(host.configure("slow".into()).await, ["warning: Slow"]);
    assert_eq!(host.configure("slow".into()).await, ["warning: Slow"]);
}

#[tokio::test]
async fn a_stored_object_is_read_by_the_schema_of_today() {
    let mut host = Host::configured().await;
    let from = |version, json: &str| proto::upgrade_resource_state::Request {
        type_name: "test_note".into(),
        version,
        raw_state: Some(proto::RawState {
            json: json.as_bytes().to_vec().into(),
            ..Default::default()
        }),
    };
    let upgrade = |json: &str| from(Note.schema().version, json);
    let request = upgrade(r#"{"id":"1","title":"t","colour":"red","lines":{"a":{"number":7,"style":null}}}"#);
    let answer = host.calls.upgrade_resource_state(request).await.unwrap().into_inner();
    let state = value(&Note.schema(), answer.upgraded_state.as_ref());
    assert_eq!(
        state.get("lines").as_map().unwrap()["a"].get("number").as_i64(),
        Some(7)
    );
    assert!(state.get("text").is_null());
    let request = from(0, r#"{"id":"1","name":"t"}"#);
    let answer = host.calls.upgrade_resource_state(request).await.unwrap().into_inner();
    let state = value(&Note.schema(), answer.upgraded_state.as_ref());
    assert_eq!(
        state.get("title").as_str(),
        Some("t"),
        "the provider knows what it called the attribute before"
    );

    let failed = host
        .calls
        .upgrade_resource_state(upgrade(r#"{"lines":{"a":{"number":"7"}}}"#))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (told(&failed.diagnostics), failed.upgraded_state),
        (vec!["error: The stored state cannot be read".to_owned()], None)
    );
    assert!(
        failed.diagnostics[0]
            .detail
            .contains("lines[\"a\"].number: expected a number")
    );
    for stored in ["", "null", "[]", "{"] {
        let failed = host
            .calls
            .upgrade_resource_state(upgrade(stored))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(told(&failed.diagnostics), ["error: The stored state cannot be read"]);
    }
}

#[tokio::test]
async fn an_import_is_one_object_or_an_error() {
    let mut host = Host::configured().await;
    let mut import = async |id: &str| {
        let request = proto::import_resource_state::Request {
            type_name: "test_note".into(),
            id: id.into(),
            ..Default::default()
        };
        host.calls.import_resource_state(request).await.unwrap().into_inner()
    };
    let found = import("7").await;
    let imported = &found.imported_resources[0];
    assert_eq!(
        (imported.type_name.as_str(), imported.private.as_slice()),
        ("test_note", &b"imported"[..])
    );
    assert_eq!(imported.state, note(&[("id", "7".into()), ("title", "found".into())]));
    assert_eq!(told(&found.diagnostics), ["warning: Old note"]);
    for (id, message) in [
        ("missing", "error: No such note"),
        ("null", "error: The provider returned nothing"),
        ("panic", CRASH),
    ] {
        let answer = import(id).await;
        assert_eq!(
            (told(&answer.diagnostics), answer.imported_resources.len()),
            (vec![message.to_owned()], 0)
        );
    }
}

#[tokio::test]
async fn a_data_source_is_checked_and_read() {
    let schema = provider::Count.schema();
    let count_type = ValueType::Object(schema.object_type());
    let count = |title: &str| {
        let config = Object::null(schema.object_type()).with("title", title).into();
        proto::read_data_source::Request {
            type_name: "test_count".into(),
            config: Some(dynamic(&count_type, &config)),
            ..Default::default()
        }
    };
    let mut host = Host::new().await;
    let unconfigured = host.calls.read_data_source(count("x")).await.unwrap().into_inner();
    assert_eq!(
        told(&unconfigured.diagnostics),
        ["error: The provider is not configured yet"]
    );
    host.configure("a".into()).await;
    let read = host.calls.read_data_source(count("x")).await.unwrap().into_inner();
    assert_eq!(
        value(&schema, read.state.as_ref()).get("count_of_notes").as_i64(),
        Some(3)
    );
    for (title, message) in [
        ("panic", CRASH),
        ("nothing", "error: The provider returned nothing"),
        ("unknown", "error: The provider returned an invalid result"),
    ] {
        let read = host.calls.read_data_source(count(title)).await.unwrap().into_inner();
        assert_eq!(told(&read.diagnostics), [message]);
    }
    let request = proto::validate_data_resource_config::Request {
        type_name: "test_count".into(),
        config: count("").config,
    };
    let answer = host
        .calls
        .validate_data_resource_config(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(told(&answer.diagnostics), ["error.title: Empty title"]);
}
