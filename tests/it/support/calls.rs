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
    /// Null where a host has stored none.
    pub identity: Value,
}

/// What a host knows of a resource type.
#[derive(Debug)]
pub struct ResourceSchema {
    pub value_type: ValueType,
    pub version: i64,
    /// Names of the attributes that only the provider gives.
    pub computed: Vec<String>,
    /// The type of an identity, of a type that has one.
    pub identity: Option<ValueType>,
}

/// What a host knows of a provider before it is configured.
#[derive(Debug)]
pub struct Schemas {
    block: ValueType,
    resources: BTreeMap<String, ResourceSchema>,
    /// The types of the blocks `config` of lists.
    lists: BTreeMap<String, ValueType>,
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
    /// Null where none was answered.
    pub identity: Value,
}

/// One object of a list.
#[derive(Debug)]
pub struct Listed {
    pub display_name: String,
    pub identity: Value,
    /// The object, if it was asked for.
    pub object: Option<Value>,
}

/// A provider process to call.
#[derive(Clone)]
pub struct Calls {
    client: Client,
    schemas: Arc<Schemas>,
    /// What a host before Terraform 1.12 and OpenTofu 1.12 does not know.
    with_identities: bool,
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
                identity: resource
                    .identity_schema()
                    .map(|schema| ValueType::Object(schema.object_type())),
            };
            (resource.type_name().to_owned(), schema)
        });
        Self {
            block: ValueType::Object(provider.schema().object_type()),
            resources: resources.collect(),
            lists: provider
                .list_resources()
                .iter()
                .map(|list| {
                    (
                        list.type_name().to_owned(),
                        ValueType::Object(list.schema().object_type()),
                    )
                })
                .collect(),
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
            with_identities: true,
        }
    }

    /// The calls of a host that knows no identities.
    pub fn without_identities(mut self) -> Self {
        self.with_identities = false;
        self
    }

    /// A stored identity for a request.
    fn sent(&self, schema: &ResourceSchema, identity: &Value) -> Option<proto::ResourceIdentityData> {
        let value_type = schema.identity.as_ref().filter(|_| self.with_identities)?;
        (!identity.is_null()).then(|| proto::ResourceIdentityData {
            identity_data: Some(dynamic(value_type, identity)),
        })
    }

    /// The identity beside an object, as a host checks it: whole, and there as soon as the object says enough.
    fn answered(&self, schema: &ResourceSchema, object: &Value, message: Option<proto::ResourceIdentityData>) -> Value {
        let Some(value_type) = &schema.identity else {
            assert!(message.is_none(), "an identity of a type that has none");
            return Value::Null;
        };
        let identity = value(value_type, message.and_then(|message| message.identity_data));
        assert!(identity.is_wholly_known(), "half an identity: {identity:?}");
        if !object.is_null() {
            let text = |name: &str| object.get(name).as_str().is_some();
            let is_known = text("value") && text("action") && (text("type") || object.get("type").is_null());
            assert_eq!(!identity.is_null(), is_known, "{identity:?} of {object:?}");
            if is_known {
                assert_eq!(identity.get("action"), object.get("action"));
            }
        }
        if self.with_identities { identity } else { Value::Null }
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
            client_capabilities: capabilities(),
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
            client_capabilities: capabilities(),
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
        let schemas = self.schemas.clone();
        let schema = schemas.at(address);
        let value_type = &schema.value_type;
        let request = proto::read_resource::Request {
            type_name: type_name(address).into(),
            current_state: Some(dynamic(value_type, &stored.value)),
            private: stored.private.clone(),
            current_identity: self.sent(schema, &stored.identity),
            client_capabilities: capabilities(),
            ..Default::default()
        };
        let response = self.client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(response.deferred, None);
        let fresh = value(value_type, response.new_state);
        let identity = self.answered(schema, &fresh, response.new_identity);
        assert!(fresh.is_wholly_known(), "{address} has unknown parts after its refresh");
        Answer {
            value: fresh,
            private: response.private.to_vec(),
            told: Told::new(response.diagnostics),
            replaces: false,
            identity,
        }
    }

    /// Finds objects by what is written in an `import` block, the text `id` or an object that is the identity. None of them
    /// are read yet.
    pub async fn import(&mut self, address: &str, by: &Json) -> (Vec<Stored>, Told) {
        let schemas = self.schemas.clone();
        let schema = schemas.at(address);
        let identity = by.is_object().then(|| {
            let value_type = schema.identity.as_ref().expect("the type has no identity");
            self.sent(schema, &complete(value_type, by))
        });
        let request = proto::import_resource_state::Request {
            type_name: type_name(address).into(),
            id: by.as_str().unwrap_or_default().into(),
            identity: identity.flatten(),
            client_capabilities: capabilities(),
        };
        let response = self.client.import_resource_state(request).await.unwrap().into_inner();
        assert_eq!(response.deferred, None);
        let found = response.imported_resources.into_iter().map(|found| {
            let value = value(&schema.value_type, found.state);
            Stored {
                identity: self.answered(schema, &value, found.identity),
                value,
                private: found.private,
                tainted: false,
            }
        });
        (found.collect(), Told::new(response.diagnostics))
    }

    /// Takes over a stored object of another type or provider, as a `moved` block asks for.
    pub async fn take_over(&mut self, address: &str, provider: &str, source: (&str, i64), stored: &Json) -> Answer {
        let schemas = self.schemas.clone();
        let schema = schemas.at(address);
        let request = proto::move_resource_state::Request {
            source_provider_address: provider.into(),
            source_type_name: source.0.into(),
            source_schema_version: source.1,
            source_state: Some(proto::RawState {
                json: stored.to_string().into_bytes().into(),
                ..Default::default()
            }),
            target_type_name: type_name(address).into(),
            ..Default::default()
        };
        let response = self.client.move_resource_state(request).await.unwrap().into_inner();
        let moved = value(&schema.value_type, response.target_state);
        assert!(moved.is_wholly_known(), "{address} has unknown parts after its move");
        Answer {
            identity: self.answered(schema, &moved, response.target_identity),
            value: moved,
            private: response.target_private.to_vec(),
            told: Told::new(response.diagnostics),
            replaces: false,
        }
    }

    /// Writes configuration for an object.
    pub async fn generate(&mut self, address: &str, state: &Value) -> Value {
        let value_type = &self.schemas.at(address).value_type;
        let request = proto::generate_resource_config::Request {
            type_name: type_name(address).into(),
            state: (!state.is_null()).then(|| dynamic(value_type, state)),
        };
        let response = self
            .client
            .generate_resource_config(request)
            .await
            .unwrap()
            .into_inner();
        assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
        value(value_type, response.config)
    }

    /// Checks a list block and lists, as a host reads events: to the limit and no further.
    pub async fn list(&mut self, name: &str, config: &Json, include: bool, limit: usize) -> (Vec<Listed>, Told) {
        let schemas = self.schemas.clone();
        let (schema, config_type) = (schemas.at(name), &schemas.lists[name]);
        let config = Some(dynamic(config_type, &complete(config_type, config)));
        let request = proto::validate_list_resource_config::Request {
            type_name: name.into(),
            config: config.clone(),
            ..Default::default()
        };
        let response = self.client.validate_list_resource_config(request).await.unwrap();
        let mut told = Told::new(response.into_inner().diagnostics);
        let mut found = Vec::new();
        if told.failed() {
            return (found, told);
        }
        let request = proto::list_resource::Request {
            type_name: name.into(),
            config,
            include_resource_object: include,
            limit: limit.try_into().unwrap(),
        };
        let mut events = self.client.list_resource(request).await.unwrap().into_inner();
        while found.len() < limit {
            let Some(event) = events.message().await.unwrap() else {
                break;
            };
            told.extend(Told::new(event.diagnostic));
            if told.failed() {
                break;
            }
            let Some(identity) = event.identity else {
                assert!(!told.warnings.is_empty(), "an event without an identity");
                continue;
            };
            assert_eq!(event.resource_object.is_some(), include);
            let object = event
                .resource_object
                .map(|object| value(&schema.value_type, Some(object)));
            let identity = self.answered(schema, object.as_ref().unwrap_or(&Value::Null), Some(identity));
            found.push(Listed {
                display_name: event.display_name,
                identity,
                object,
            });
        }
        (found, told)
    }

    /// Plans a creation (no prior object), an update, or an end (no configuration).
    pub async fn plan(&mut self, address: &str, prior: &Value, config: &Value, private: Vec<u8>) -> Answer {
        self.plan_again(address, prior, config, private, Vec::new()).await
    }

    /// The same, with the private data of the plan before, which Terraform 1.16 sends when it plans again during apply.
    pub async fn plan_again(
        &mut self,
        address: &str,
        prior: &Value,
        config: &Value,
        private: Vec<u8>,
        planned_private: Vec<u8>,
    ) -> Answer {
        let schemas = self.schemas.clone();
        let schema = schemas.at(address);
        let ResourceSchema {
            value_type, computed, ..
        } = schema;
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
            planned_private,
            client_capabilities: capabilities(),
            ..Default::default()
        };
        let response = self.client.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(response.deferred, None);
        let planned = value(value_type, response.planned_state);
        let answer = Answer {
            identity: self.answered(schema, &planned, response.planned_identity),
            value: planned,
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
        let schemas = self.schemas.clone();
        let schema = schemas.at(address);
        let value_type = &schema.value_type;
        let request = proto::apply_resource_change::Request {
            type_name: type_name(address).into(),
            prior_state: Some(dynamic(value_type, prior)),
            planned_state: Some(dynamic(value_type, planned)),
            config: Some(dynamic(value_type, config)),
            planned_private: private,
            ..Default::default()
        };
        let response = self.client.apply_resource_change(request).await.unwrap().into_inner();
        let new = value(value_type, response.new_state);
        let answer = Answer {
            identity: self.answered(schema, &new, response.new_identity),
            value: new,
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

/// A host that allows everything.
fn capabilities() -> Option<proto::ClientCapabilities> {
    Some(proto::ClientCapabilities {
        deferral_allowed: true,
        write_only_attributes_allowed: true,
        store_planned_private: true,
        computed_blocks_allowed: true,
    })
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
