//! Objects that come from elsewhere: moves, generated configuration, and lists.

use super::objects::stored;
use super::provider::NoteList;
use super::*;
use crate::tf::ListResource;
use tokio_stream::StreamExt;

impl Host {
    async fn take_over(
        &mut self,
        provider: &str,
        type_name: &str,
        version: i64,
        json: &str,
    ) -> proto::move_resource_state::Response {
        let request = proto::move_resource_state::Request {
            source_provider_address: provider.into(),
            source_type_name: type_name.into(),
            source_schema_version: version,
            source_state: Some(proto::RawState {
                json: json.as_bytes().to_vec().into(),
                ..Default::default()
            }),
            source_private: b"private".to_vec(),
            target_type_name: "test_note".into(),
            ..Default::default()
        };
        self.calls.move_resource_state(request).await.unwrap().into_inner()
    }

    async fn list(&mut self, number: i64, text: &str, include: bool, limit: i64) -> Vec<proto::list_resource::Event> {
        let schema = NoteList.schema();
        let config = Object::null(schema.object_type())
            .with("number", number)
            .with("text", text);
        let request = proto::list_resource::Request {
            type_name: "test_note".into(),
            config: Some(dynamic(&ValueType::Object(schema.object_type()), &config.into())),
            include_resource_object: include,
            limit,
        };
        let events = self.calls.list_resource(request).await.unwrap().into_inner();
        events.map(Result::unwrap).collect().await
    }
}

#[tokio::test]
async fn an_object_of_another_type_is_taken_over_without_a_client() {
    let mut host = Host::new().await;
    let moved = host
        .take_over("host.example/space/other", "other_note", 0, r#"{"name":"t"}"#)
        .await;
    assert_eq!(moved.target_state, note(&[("title", "t".into()), ("id", "9".into())]));
    assert_eq!(
        (moved.target_private.as_slice(), moved.target_identity),
        (&b""[..], identity("t", None))
    );
    assert_eq!(told(&moved.diagnostics), ["warning: Copied"]);
    assert_eq!(moved.diagnostics[0].detail, "From other.");
    for (type_name, json, message) in [
        ("other_thing", "{}", "error: The resource cannot be moved to this type"),
        ("other_nothing", "{}", "error: The provider returned nothing"),
        ("other_panic", "{}", CRASH),
        ("other_note", r#"{"name":7}"#, "error: The stored state cannot be read"),
        ("other_note", "{", "error: The stored state cannot be read"),
        ("other_note", "", "error: The stored state cannot be read"),
    ] {
        let failed = host.take_over("other", type_name, 0, json).await;
        assert_eq!(
            (told(&failed.diagnostics), failed.target_state),
            (vec![message.to_owned()], None),
            "{type_name}"
        );
    }
    assert_eq!(host.log.take(), [""; 0]);
}

#[tokio::test]
async fn an_object_of_this_type_from_another_address_is_upgraded() {
    let mut host = Host::configured().await;
    for provider in ["host.example/space/test", "other.example/elsewhere/test", "test"] {
        let moved = host
            .take_over(provider, "test_note", 2, r#"{"title":"t","id":"1"}"#)
            .await;
        assert_eq!(moved.target_state, note(&[("title", "t".into()), ("id", "1".into())]));
        assert_eq!(
            (moved.target_private.as_slice(), moved.target_identity),
            (&b"private"[..], identity("t", Some("a")))
        );
        let upgraded = host
            .take_over(provider, "test_note", 0, r#"{"name":"t","id":"1"}"#)
            .await;
        assert_eq!(upgraded.target_state, moved.target_state);
    }
    let newer = host.take_over("test", "test_note", 3, r#"{"title":"t"}"#).await;
    assert_eq!(told(&newer.diagnostics), ["error: The stored state cannot be read"]);
    assert!(newer.diagnostics[0].detail.contains("version 3"), "{newer:?}");
    let foreign = host
        .take_over("host.example/space/other", "test_note", 2, r#"{"title":"t"}"#)
        .await;
    assert_eq!(
        told(&foreign.diagnostics),
        ["error: The resource cannot be moved to this type"]
    );
}

#[tokio::test]
async fn configuration_is_the_state_without_what_only_the_provider_writes() {
    let mut host = Host::new().await;
    let mut generate = async |state| {
        let request = proto::generate_resource_config::Request {
            type_name: "test_note".into(),
            state,
        };
        host.calls.generate_resource_config(request).await.unwrap().into_inner()
    };
    let written = generate(note(&stored("x"))).await;
    assert_eq!(written.config, note(&[("title", "t".into()), ("text", "x".into())]));
    // Terraform 1.14.0 sends no state.
    for state in [None, null(), Some(proto::DynamicValue::default())] {
        let nothing = generate(state).await;
        assert_eq!((nothing.config, told(&nothing.diagnostics)), (null(), vec![]));
    }
    let damaged = proto::DynamicValue {
        msgpack: vec![0xff].into(),
        ..Default::default()
    };
    let failed = generate(Some(damaged)).await;
    assert_eq!(
        told(&failed.diagnostics),
        ["error: The provider cannot read what Terraform sent"]
    );
}

#[tokio::test]
async fn a_list_names_objects_up_to_the_limit() {
    let mut host = Host::configured().await;
    host.log.take();
    let events = host.list(3, "", false, 2).await;
    let names: Vec<&str> = events.iter().map(|event| event.display_name.as_str()).collect();
    assert_eq!(names, ["note\\n1", "note\\n2"]);
    assert_eq!(events[1].identity, identity("2", Some("a")));
    assert!(
        events
            .iter()
            .all(|event| event.resource_object.is_none() && event.diagnostic.is_empty())
    );
    let events = host.list(1, "", true, 100).await;
    assert_eq!(
        events[0].resource_object,
        note(&[("title", "1".into()), ("id", "1".into())])
    );
    assert!(host.list(3, "", false, 0).await.is_empty());
    assert!(host.list(3, "", false, -1).await.is_empty());
    assert_eq!(host.log.take(), ["list 2", "list 100", "list 0", "list 0"]);
}

#[tokio::test]
async fn what_a_list_has_to_tell_comes_first() {
    let mut host = Host::configured().await;
    let events = host.list(2, "warn", false, 2).await;
    assert_eq!(told(&events[0].diagnostic), ["warning: Many"]);
    assert_eq!((events[0].identity.clone(), events.len()), (None, 3));
    let failed = host.list(2, "fail", false, 2).await;
    assert_eq!(
        (told(&failed[0].diagnostic), failed.len()),
        (vec!["error.lines[a]: Write failed".to_owned()], 1)
    );
    let failed = host.list(2, "panic", false, 2).await;
    assert_eq!((told(&failed[0].diagnostic), failed.len()), (vec![CRASH.to_owned()], 1));
    // What cannot be told apart cannot be imported, and a host takes an event without an identity for a fault.
    let events = host.list(2, "nameless", false, 100).await;
    assert_eq!(
        events
            .iter()
            .map(|event| event.display_name.as_str())
            .collect::<Vec<_>>(),
        ["note\\n1"]
    );
    let mut host = Host::new().await;
    let failed = host.list(2, "", false, 2).await;
    assert_eq!(
        told(&failed[0].diagnostic),
        ["error: The provider is not configured yet"]
    );
}

#[tokio::test]
async fn the_configuration_of_a_list_is_checked_with_paths_within_it() {
    let mut host = Host::new().await;
    let schema = NoteList.schema();
    let config = Object::null(schema.object_type()).with("number", 0);
    let request = proto::validate_list_resource_config::Request {
        type_name: "test_note".into(),
        config: Some(dynamic(&ValueType::Object(schema.object_type()), &config.into())),
        ..Default::default()
    };
    let answer = host
        .calls
        .validate_list_resource_config(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(told(&answer.diagnostics), ["error.number: No notes"]);
}
