//! The calls of the protocol as the real messages, and what a host checks of each answer. What the calls mean for a state
//! is the business of the hosts that make them.

use super::values::{assert_kept, assert_planned, complete, proposed};
use mde::proto::tfplugin6 as proto;
use mde::proto::tfplugin6::diagnostic::Severity;
use mde::proto::tfplugin6::provider_client::ProviderClient;
use mde::provider::MdeProvider;
use mde::tf::grpc::{Grpc, service};
use mde::tf::{Presence, Provider, Value, ValueType, json, msgpack};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

type Client = ProviderClient<proto::provider_server::ProviderServer<Grpc<MdeProvider>>>;

/// What the tests pretend to be.
const TERRAFORM_VERSION: &str = "1.11.4";

/// One object of the state.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub value: Value,
    pub private: Vec<u8>,
    pub tainted: bool,
}

/// What a host knows of a resource type.
#[derive(Debug)]
pub struct ResourceSchema {
    pub value_type: ValueType,
    pub version: i64,
    /// Names of the attributes that only the provider gives.
    pub computed: Vec<String>,
}

/// What a host knows of a provider before it is configured.
#[derive(Debug)]
pub struct Schemas {
    block: ValueType,
    resources: BTreeMap<String, ResourceSchema>,
}

/// What was told beside an answer.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
}

/// The answer to a call about an object.
#[derive(Debug)]
pub struct Answer {
    pub value: Value,
    pub private: Vec<u8>,
    pub told: Told,
    /// Whether a plan says that the object has to be replaced.
    pub replaces: bool,
}

/// A provider process to call.
#[derive(Clone)]
pub struct Calls {
    client: Client,
    schemas: Arc<Schemas>,
}

impl Schemas {
    /// The schemas of a provider.
    pub fn of(provider: &MdeProvider) -> Self {
        let resources = provider.resources().into_iter().map(|resource| {
            let schema = resource.schema();
            let computed = schema
                .attributes
                .iter()
                .filter(|attribute| attribute.presence == Presence::Computed)
                .map(|attribute| attribute.name.clone())
                .collect();
            let schema = ResourceSchema {
                value_type: ValueType::Object(schema.object_type()),
                version: schema.version,
                computed,
            };
            (resource.type_name().to_owned(), schema)
        });
        Self {
            block: ValueType::Object(provider.schema().object_type()),
            resources: resources.collect(),
        }
    }

    /// The schema of the resource at an address such as `mde_indicator_set.c2`.
    pub fn at(&self, address: &str) -> &ResourceSchema {
        &self.resources[type_name(address)]
    }

    /// The block of a resource as the host has it once it is evaluated.
    pub fn config(&self, address: &str, block: &Json) -> Value {
        complete(&self.at(address).value_type, block)
    }
}

impl Told {
    fn new(diagnostics: Vec<proto::Diagnostic>) -> Self {
        let mut told = Self::default();
        for diagnostic in diagnostics {
            let text = format!("{}\n{}", diagnostic.summary, diagnostic.detail);
            match diagnostic.severity() {
                Severity::Error => told.errors.push(text),
                _ => told.warnings.push(text),
            }
        }
        told
    }

    /// Whether an error was told.
    pub fn failed(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Adds what was told later.
    pub fn extend(&mut self, later: Told) {
        self.errors.extend(later.errors);
        self.warnings.extend(later.warnings);
    }
}

impl Calls {
    /// Calls to this provider.
    pub fn new(provider: MdeProvider, schemas: Arc<Schemas>) -> Self {
        Self {
            client: ProviderClient::new(service(provider)).max_decoding_message_size(256 << 20),
            schemas,
        }
    }

    /// Checks the provider block and configures the provider.
    pub async fn configure(&mut self, block: &Json) -> Told {
        let value_type = &self.schemas.block;
        let config = dynamic(value_type, &complete(value_type, block));
        let request = proto::validate_provider_config::Request {
            config: Some(config.clone()),
        };
        let response = self.client.validate_provider_config(request).await.unwrap();
        let mut told = Told::new(response.into_inner().diagnostics);
        if told.failed() {
            return told;
        }
        let request = proto::configure_provider::Request {
            terraform_version: TERRAFORM_VERSION.into(),
            config: Some(config),
            ..Default::default()
        };
        let response = self.client.configure_provider(request).await.unwrap();
        told.extend(Told::new(response.into_inner().diagnostics));
        told
    }

    /// Checks a block of configuration.
    pub async fn validate(&mut self, address: &str, config: &Value) -> Told {
        let request = proto::validate_resource_config::Request {
            type_name: type_name(address).into(),
            config: Some(dynamic(&self.schemas.at(address).value_type, config)),
            ..Default::default()
        };
        let response = self.client.validate_resource_config(request).await.unwrap();
        Told::new(response.into_inner().diagnostics)
    }

    /// Reads a stored object, which must come back as it is.
    pub async fn upgrade(&mut self, address: &str, stored: &Value) {
        let schema = self.schemas.at(address);
        let request = proto::upgrade_resource_state::Request {
            type_name: type_name(address).into(),
            version: schema.version,
            raw_state: Some(proto::RawState {
                json: json::encode(&schema.value_type, stored).unwrap().into(),
                ..Default::default()
            }),
        };
        let response = self.client.upgrade_resource_state(request).await.unwrap().into_inner();
        assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
        assert_eq!(value(&schema.value_type, response.upgraded_state), *stored);
    }

    /// Refreshes an object.
    pub async fn read(&mut self, address: &str, stored: &Stored) -> Answer {
        let value_type = &self.schemas.at(address).value_type;
        let request = proto::read_resource::Request {
            type_name: type_name(address).into(),
            current_state: Some(dynamic(value_type, &stored.value)),
            private: stored.private.clone(),
            ..Default::default()
        };
        let response = self.client.read_resource(request).await.unwrap().into_inner();
        let fresh = value(value_type, response.new_state);
        assert!(fresh.is_wholly_known(), "{address} has unknown parts after its refresh");
        Answer {
            value: fresh,
            private: response.private.to_vec(),
            told: Told::new(response.diagnostics),
            replaces: false,
        }
    }

    /// Finds objects by what is written in an `import` block. None of them are read yet.
    pub async fn import(&mut self, address: &str, id: &str) -> (Vec<Stored>, Told) {
        let value_type = &self.schemas.at(address).value_type;
        let request = proto::import_resource_state::Request {
            type_name: type_name(address).into(),
            id: id.into(),
            ..Default::default()
        };
        let response = self.client.import_resource_state(request).await.unwrap().into_inner();
        let found = response.imported_resources.into_iter().map(|found| Stored {
            value: value(value_type, found.state),
            private: found.private,
            tainted: false,
        });
        (found.collect(), Told::new(response.diagnostics))
    }

    /// Plans a creation (no prior object), an update, or an end (no configuration).
    pub async fn plan(&mut self, address: &str, prior: &Value, config: &Value, private: Vec<u8>) -> Answer {
        let ResourceSchema {
            value_type, computed, ..
        } = self.schemas.at(address);
        let suggestion = if config.is_null() {
            Value::Null
        } else {
            proposed(computed, prior, config)
        };
        let request = proto::plan_resource_change::Request {
            type_name: type_name(address).into(),
            prior_state: Some(dynamic(value_type, prior)),
            proposed_new_state: Some(dynamic(value_type, &suggestion)),
            config: Some(dynamic(value_type, config)),
            prior_private: private,
            ..Default::default()
        };
        let response = self.client.plan_resource_change(request).await.unwrap().into_inner();
        let answer = Answer {
            value: value(value_type, response.planned_state),
            private: response.planned_private.to_vec(),
            told: Told::new(response.diagnostics),
            replaces: !response.requires_replace.is_empty(),
        };
        if !answer.told.failed() {
            if config.is_null() {
                assert!(answer.value.is_null(), "{address} is planned to end, and yet to be");
            } else {
                assert_planned(address, computed, prior, config, &answer.value);
            }
        }
        answer
    }

    /// Carries out a creation (no prior object), an update, or an end (nothing planned).
    pub async fn apply(
        &mut self,
        address: &str,
        prior: &Value,
        planned: &Value,
        config: &Value,
        private: Vec<u8>,
    ) -> Answer {
        let value_type = &self.schemas.at(address).value_type;
        let request = proto::apply_resource_change::Request {
            type_name: type_name(address).into(),
            prior_state: Some(dynamic(value_type, prior)),
            planned_state: Some(dynamic(value_type, planned)),
            config: Some(dynamic(value_type, config)),
            planned_private: private,
            ..Default::default()
        };
        let response = self.client.apply_resource_change(request).await.unwrap().into_inner();
        let answer = Answer {
            value: value(value_type, response.new_state),
            private: response.private.to_vec(),
            told: Told::new(response.diagnostics),
            replaces: false,
        };
        assert!(
            answer.value.is_wholly_known(),
            "{address} has unknown parts after apply"
        );
        if !answer.told.failed() {
            assert_kept(address, planned, &answer.value);
        }
        answer
    }

    /// Tells the provider that the user wants to stop.
    pub async fn stop(&mut self) {
        let response = self
            .client
            .stop_provider(proto::stop_provider::Request {})
            .await
            .unwrap();
        assert_eq!(response.into_inner().error, "");
    }
}

/// The type in an address.
fn type_name(address: &str) -> &str {
    address.split('.').next().unwrap()
}

fn dynamic(value_type: &ValueType, value: &Value) -> proto::DynamicValue {
    proto::DynamicValue {
        msgpack: msgpack::encode(value_type, value).unwrap().into(),
        ..Default::default()
    }
}

fn value(value_type: &ValueType, message: Option<proto::DynamicValue>) -> Value {
    match message {
        Some(message) if !message.msgpack.is_empty() => msgpack::decode(value_type, &message.msgpack).unwrap(),
        _ => Value::Null,
    }
}
