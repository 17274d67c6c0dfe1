//! The service as a host sees it: over a real gRPC connection within the process.

mod elsewhere;
mod functions;
mod identities;
mod inputs;
mod objects;
mod provider;
mod schema;

use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint, Server};

use super::{MESSAGE_LIMIT, service};
use crate::proto::tfplugin6 as proto;
use crate::tf::{Object, Resource, Schema, Value, ValueType, msgpack};
use proto::provider_client::ProviderClient;
use provider::{Log, Note, Notes};

/// What a panic is turned into.
const CRASH: &str = "error: The provider has a fault";

/// A host that is connected to the provider of notes.
#[derive(Clone)]
struct Host {
    calls: ProviderClient<Channel>,
    log: Log,
}

impl Host {
    async fn new() -> Self {
        let log = Log::default();
        let (host, plugin) = tokio::io::duplex(1 << 20);
        let connections = tokio_stream::once(Ok::<_, std::io::Error>(plugin));
        let server = Server::builder().add_service(service(Notes { log: log.clone() }));
        tokio::spawn(server.serve_with_incoming(connections));
        let mut host = Some(TokioIo::new(host));
        let connector = tower::service_fn(move |_| {
            let host = host
                .take()
                .ok_or_else(|| std::io::Error::other("there is one connection only"));
            async move { host }
        });
        let channel = Endpoint::from_static("http://provider")
            .connect_with_connector(connector)
            .await
            .unwrap();
        let calls = ProviderClient::new(channel)
            .max_decoding_message_size(MESSAGE_LIMIT)
            .max_encoding_message_size(MESSAGE_LIMIT);
        Host { calls, log }
    }

    async fn configured() -> Self {
        let mut host = Host::new().await;
        assert_eq!(host.configure("a".into()).await, Vec::<String>::new());
        host.log.take();
        host
    }

    /// Configures the provider; the messages.
    async fn configure(&mut self, server: Value) -> Vec<String> {
        let ValueType::Object(block) = ValueType::object([("server", ValueType::String)]) else {
            unreachable!()
        };
        let config = crate::tf::Object::null(block.clone()).with("server", server).into();
        let request = proto::configure_provider::Request {
            terraform_version: "1.11.4".into(),
            config: Some(dynamic(&ValueType::Object(block), &config)),
            ..Default::default()
        };
        told(
            &self
                .calls
                .configure_provider(request)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
        )
    }
}

fn dynamic(value_type: &ValueType, value: &Value) -> proto::DynamicValue {
    proto::DynamicValue {
        msgpack: msgpack::encode(value_type, value).unwrap().into(),
        ..Default::default()
    }
}

fn note_type() -> ValueType {
    ValueType::Object(Note.schema().object_type())
}

fn note(values: &[(&str, Value)]) -> Option<proto::DynamicValue> {
    Some(dynamic(&note_type(), &Note.object(values)))
}

/// The identity of a note on this server.
fn identity(title: impl Into<Value>, server: Option<&str>) -> Option<proto::ResourceIdentityData> {
    let object_type = Note.identity_schema().unwrap().object_type();
    let identity = Object::null(object_type.clone())
        .with("title", title)
        .with("server", server);
    Some(proto::ResourceIdentityData {
        identity_data: Some(dynamic(&ValueType::Object(object_type), &identity.into())),
    })
}

fn null() -> Option<proto::DynamicValue> {
    Some(proto::DynamicValue {
        msgpack: vec![0xc0].into(),
        ..Default::default()
    })
}

fn value(schema: &Schema, message: Option<&proto::DynamicValue>) -> Value {
    msgpack::decode(&ValueType::Object(schema.object_type()), &message.unwrap().msgpack).unwrap()
}

/// Diagnostics in short: severity, path and summary.
fn told(diagnostics: &[proto::Diagnostic]) -> Vec<String> {
    use proto::attribute_path::step::Selector;
    let short = |diagnostic: &proto::Diagnostic| {
        let severity = if diagnostic.severity == 1 { "error" } else { "warning" };
        let steps = diagnostic.attribute.iter().flat_map(|path| &path.steps);
        let path = steps.fold(String::new(), |path, step| match step.selector.as_ref().unwrap() {
            Selector::AttributeName(name) => format!("{path}.{name}"),
            Selector::ElementKeyString(key) => format!("{path}[{key}]"),
            Selector::ElementKeyInt(index) => format!("{path}[{index}]"),
        });
        format!("{severity}{path}: {}", diagnostic.summary)
    };
    diagnostics.iter().map(short).collect()
}
