//! The identity of objects, in every answer about them.

use super::objects::{planned, stored, titled};
use super::*;

#[tokio::test]
async fn every_answer_about_an_object_tells_its_identity() {
    let mut host = Host::configured().await;
    let expected = identity("t", Some("a"));
    let plan = host.plan(null(), note(&titled("x")), note(&titled("x"))).await;
    assert_eq!(plan.planned_identity, expected);
    let created = host.apply(null(), plan.planned_state).await;
    assert_eq!(created.new_identity, expected);
    assert_eq!(host.read(&stored("x")).await.new_identity, expected);
    let updated = host
        .plan(note(&stored("x")), note(&stored("x")), note(&titled("x")))
        .await;
    assert_eq!(updated.planned_identity, expected);

    // A host that gets no identity forgets the one that it has.
    let failed = host.apply(note(&stored("x")), note(&planned("fail"))).await;
    assert_eq!(failed.new_identity, expected);
    let partial = host.apply(null(), note(&planned("fail with state"))).await;
    assert_eq!(partial.new_identity, expected);
    let kept = host.apply(note(&stored("fail")), null()).await;
    assert_eq!(kept.new_identity, expected);

    let deleted = host.apply(note(&stored("x")), null()).await;
    assert_eq!(deleted.new_identity, None);
    let nothing = host.apply(null(), note(&planned("fail"))).await;
    assert_eq!(nothing.new_identity, None);
    assert_eq!(host.read(&stored("gone")).await.new_identity, None);
    let destruction = host.plan(note(&stored("x")), null(), null()).await;
    assert_eq!(destruction.planned_identity, None);
}

#[tokio::test]
async fn an_identity_is_whole_or_absent() {
    let mut host = Host::configured().await;
    let unknown = [("title", Value::Unknown), ("text", "x".into())];
    let plan = host.plan(null(), note(&unknown), note(&unknown)).await;
    assert_eq!((plan.planned_identity, told(&plan.diagnostics)), (None, vec![]));
    let nameless = [("title", Value::from("nameless")), ("text", "x".into())];
    let plan = host.plan(null(), note(&nameless), note(&nameless)).await;
    assert_eq!((plan.planned_identity, told(&plan.diagnostics)), (None, vec![]));
}

#[tokio::test]
async fn what_a_host_has_stored_is_neither_needed_nor_believed() {
    let mut host = Host::configured().await;
    let mut read = async |current_identity| {
        let request = proto::read_resource::Request {
            type_name: "test_note".into(),
            current_state: note(&stored("x")),
            current_identity,
            ..Default::default()
        };
        host.calls.read_resource(request).await.unwrap().into_inner()
    };
    let damaged = proto::ResourceIdentityData {
        identity_data: Some(proto::DynamicValue {
            msgpack: vec![0xff].into(),
            ..Default::default()
        }),
    };
    for current in [None, identity("u", Some("b")), Some(damaged)] {
        let answer = read(current).await;
        assert_eq!(
            (answer.new_identity, told(&answer.diagnostics)),
            (identity("t", Some("a")), vec![])
        );
    }
    // Without a client nothing is known better.
    let mut host = Host::new().await;
    let request = proto::read_resource::Request {
        type_name: "test_note".into(),
        current_state: note(&stored("x")),
        current_identity: identity("t", Some("b")),
        ..Default::default()
    };
    let answer = host.calls.read_resource(request).await.unwrap().into_inner();
    assert_eq!(answer.new_identity, identity("t", Some("b")));
}

#[tokio::test]
async fn a_stored_identity_is_read_leniently() {
    let mut host = Host::new().await;
    for (stored, expected) in [
        (r#"{"title":"t","server":"a"}"#, identity("t", Some("a"))),
        (r#"{"title":"t","old":[1]}"#, identity("t", None)),
        ("", identity(Value::Null, None)),
        ("null", identity(Value::Null, None)),
        ("{", identity(Value::Null, None)),
    ] {
        let request = proto::upgrade_resource_identity::Request {
            type_name: "test_note".into(),
            version: 0,
            raw_identity: Some(proto::RawState {
                json: stored.as_bytes().to_vec().into(),
                ..Default::default()
            }),
        };
        let answer = host
            .calls
            .upgrade_resource_identity(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            (answer.upgraded_identity, told(&answer.diagnostics)),
            (expected, vec![]),
            "{stored}"
        );
    }
}

#[tokio::test]
async fn an_import_by_identity_is_one_by_id_without_one() {
    let mut host = Host::configured().await;
    let mut import = async |identity| {
        let request = proto::import_resource_state::Request {
            type_name: "test_note".into(),
            id: "7".into(),
            identity,
            ..Default::default()
        };
        host.calls.import_resource_state(request).await.unwrap().into_inner()
    };
    let found = import(identity("t", None)).await;
    let imported = &found.imported_resources[0];
    assert_eq!(imported.state, note(&[("id", "8".into()), ("title", "t".into())]));
    assert_eq!(imported.identity, identity("t", Some("a")));
    let by_id = import(Some(proto::ResourceIdentityData { identity_data: null() })).await;
    let imported = &by_id.imported_resources[0];
    assert_eq!(imported.state, note(&[("id", "7".into()), ("title", "found".into())]));
    assert_eq!(imported.identity, identity("found", Some("a")));
    let damaged = proto::ResourceIdentityData {
        identity_data: Some(proto::DynamicValue {
            msgpack: vec![0x01].into(),
            ..Default::default()
        }),
    };
    let failed = import(Some(damaged)).await;
    assert_eq!(
        (told(&failed.diagnostics), failed.imported_resources.len()),
        (
            vec!["error: The provider cannot read what Terraform sent".to_owned()],
            0
        )
    );
    assert_eq!(host.log.take(), ["import Some(\"t\")"]);
}
