//! What the provider offers, and its own block.

use prost::Message;

use super::*;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn the_schema_says_everything_that_the_description_says() {
    let mut host = Host::new().await;
    let request = proto::get_provider_schema::Request {};
    let schema = host.calls.get_provider_schema(request).await.unwrap().into_inner();
    let capabilities = schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.generate_resource_config);
    assert!(schema.diagnostics.is_empty());
    assert_eq!(
        schema.provider.as_ref().unwrap().block.as_ref().unwrap().attributes[0].description,
        "Where the notes are."
    );

    let note = &schema.resource_schemas["test_note"];
    let block = note.block.as_ref().unwrap();
    assert_eq!(
        (note.version, block.description.as_str(), block.description_kind),
        (2, "A note.", 1)
    );
    let line = |attribute: &proto::schema::Attribute| {
        let flags = [
            (attribute.required, "required"),
            (attribute.optional, "optional"),
            (attribute.computed, "computed"),
            (attribute.sensitive, "sensitive"),
        ];
        let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
        let nesting = attribute
            .nested_type
            .as_ref()
            .map(|nested| nested.nesting().as_str_name());
        format!(
            "{} {}{} {}",
            attribute.name,
            text(&attribute.r#type),
            nesting.unwrap_or_default(),
            flags.join(" ")
        )
    };
    let lines: Vec<String> = block.attributes.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "title \"string\" required",
            "text \"string\" optional sensitive",
            "lines MAP optional",
            "id \"string\" computed",
            "copies [\"map\",\"string\"] computed",
        ]
    );
    let nested = block.attributes[2].nested_type.as_ref().unwrap();
    let nested: Vec<String> = nested.attributes.iter().map(line).collect();
    assert_eq!(nested, ["number \"number\" required", "bold \"bool\" optional"]);

    assert_eq!(schema.data_source_schemas.keys().collect::<Vec<_>>(), ["test_count"]);
    let join = &schema.functions["join"];
    assert_eq!(text(&join.r#return.as_ref().unwrap().r#type), "\"string\"");
    assert_eq!(
        (join.summary.as_str(), join.description.as_str()),
        ("Joins texts.", "Joins *texts*.")
    );
    assert_eq!(text(&join.parameters[0].r#type), "\"string\"");
    let variadic = join.variadic_parameter.as_ref().unwrap();
    assert_eq!(
        (
            variadic.name.as_str(),
            variadic.allow_null_value,
            variadic.allow_unknown_values
        ),
        ("texts", false, false)
    );

    let again = host
        .calls
        .get_provider_schema(proto::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.encode_to_vec(), schema.encode_to_vec());
    let functions = host
        .calls
        .get_functions(proto::get_functions::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(functions.functions, schema.functions);
    let metadata = host
        .calls
        .get_metadata(proto::get_metadata::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(metadata.resources[0].type_name, "test_note");
    assert_eq!(metadata.data_sources[0].type_name, "test_count");
    assert_eq!(metadata.functions[0].name, "join");
    assert_eq!(metadata.list_resources[0].type_name, "test_note");
    assert_eq!(metadata.server_capabilities, Some(capabilities));

    let list = schema.list_resource_schemas["test_note"].block.as_ref().unwrap();
    let lines: Vec<String> = list.attributes.iter().map(line).collect();
    assert_eq!(lines, ["number \"number\" required", "text \"string\" optional"]);
}

#[tokio::test]
async fn identities_have_schemas_of_their_own() {
    let mut host = Host::new().await;
    let request = proto::get_resource_identity_schemas::Request {};
    let answer = host
        .calls
        .get_resource_identity_schemas(request)
        .await
        .unwrap()
        .into_inner();
    assert!(answer.diagnostics.is_empty());
    let note = &answer.identity_schemas["test_note"];
    assert_eq!(note.version, 0);
    let line = |attribute: &proto::resource_identity_schema::IdentityAttribute| {
        let (name, kind) = (&attribute.name, text(&attribute.r#type));
        // A host refuses an attribute that is both or neither.
        assert_ne!(attribute.required_for_import, attribute.optional_for_import);
        format!("{name} {kind} {}", attribute.required_for_import)
    };
    let lines: Vec<String> = note.identity_attributes.iter().map(line).collect();
    assert_eq!(lines, ["title \"string\" true", "server \"string\" false"]);
}

#[tokio::test]
async fn the_provider_block_is_checked_with_paths() {
    let mut host = Host::new().await;
    let config = |hex: &[u8]| proto::validate_provider_config::Request {
        config: Some(proto::DynamicValue {
            msgpack: hex.to_vec().into(),
            ..Default::default()
        }),
    };
    let empty = config(b"\x81\xa6server\xa0");
    let answer = host.calls.validate_provider_config(empty).await.unwrap().into_inner();
    assert_eq!(told(&answer.diagnostics), ["error.server: Empty server"]);
    let wrong = config(b"\x81\xa6server\x01");
    let answer = host.calls.validate_provider_config(wrong).await.unwrap().into_inner();
    assert_eq!(
        told(&answer.diagnostics),
        ["error.server: The provider cannot read what Terraform sent"]
    );
    let json = proto::validate_provider_config::Request {
        config: Some(proto::DynamicValue {
            json: br#"{"server":""}"#.to_vec().into(),
            ..Default::default()
        }),
    };
    let answer = host.calls.validate_provider_config(json).await.unwrap().into_inner();
    assert_eq!(told(&answer.diagnostics), ["error.server: Empty server"]);
}

#[tokio::test]
async fn configuring_again_replaces_the_client() {
    let mut host = Host::new().await;
    assert_eq!(host.configure("a".into()).await, [""; 0]);
    assert_eq!(host.configure("b".into()).await, [""; 0]);
    host.calls
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(host.configure("refused".into()).await, ["error: Refused"]);
    assert_eq!(
        host.configure("panic".into()).await,
        ["error: The provider has a fault"]
    );
    // Nothing to stop, and the server goes on.
    host.calls
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(host.configure("c".into()).await, [""; 0]);
    host.calls
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    let log = host.log.take();
    let stops: Vec<&String> = log.iter().filter(|entry| entry.starts_with("stop")).collect();
    assert_eq!(stops, ["stop b", "stop c"]);
    assert_eq!(log.iter().filter(|entry| *entry == "configure for 1.11.4").count(), 5);
}

#[tokio::test]
async fn calls_that_are_not_offered_are_unimplemented() {
    let mut host = Host::new().await;
    let status = host
        .calls
        .plan_action(proto::plan_action::Request::default())
        .await
        .unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unimplemented);
    let status = host
        .calls
        .get_states(proto::get_states::Request::default())
        .await
        .unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unimplemented);
}

#[tokio::test]
async fn unknown_types_are_the_only_broken_calls() {
    let mut host = Host::new().await;
    let type_name = || "test_other".to_owned();
    let request = proto::read_resource::Request {
        type_name: type_name(),
        ..Default::default()
    };
    assert_eq!(
        host.calls.read_resource(request).await.unwrap_err().code(),
        tonic::Code::NotFound
    );
    let request = proto::read_data_source::Request {
        type_name: type_name(),
        ..Default::default()
    };
    assert_eq!(
        host.calls.read_data_source(request).await.unwrap_err().code(),
        tonic::Code::NotFound
    );
    let request = proto::list_resource::Request {
        type_name: type_name(),
        ..Default::default()
    };
    assert_eq!(
        host.calls.list_resource(request).await.unwrap_err().code(),
        tonic::Code::NotFound
    );
}
