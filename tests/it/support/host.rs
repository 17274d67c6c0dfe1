//! Terraform's side of the protocol, in process and over the real gRPC messages: it walks as the host walks, keeps state
//! as the host keeps it, and checks what the host checks.

use super::values::{assert_kept, assert_planned, complete, proposed};
use super::{Tenant, TenantClock};
use mde::proto::tfplugin6 as proto;
use mde::proto::tfplugin6::provider_client::ProviderClient;
use mde::provider::MdeProvider;
use mde::tf::grpc::{Grpc, service};
use mde::tf::{Presence, Provider, Value, ValueType, json, msgpack};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

type Client = ProviderClient<proto::provider_server::ProviderServer<Grpc<MdeProvider>>>;

/// A host with a state file in memory.
pub struct Host {
    pub clock: Arc<TenantClock>,
    environment: Vec<(String, String)>,
    provider: Json,
    schemas: BTreeMap<String, (ValueType, Vec<String>)>,
    /// The state: by address.
    pub state: BTreeMap<String, Stored>,
    config: Vec<(String, Json)>,
}

/// One object of the state.
#[derive(Debug, Clone)]
pub struct Stored {
    pub value: Value,
    pub private: Vec<u8>,
    pub tainted: bool,
}

/// What one plan or apply came to.
#[derive(Debug, Default)]
pub struct Run {
    /// Addresses whose plan is not "no change".
    pub changed: Vec<String>,
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
    /// Planned values by address.
    pub planned: BTreeMap<String, Value>,
}

impl Run {
    /// Panics unless nothing went wrong.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.errors.is_empty(), "{:#?}", self.errors);
        self
    }

    /// Panics unless nothing went wrong and nothing changes.
    #[track_caller]
    pub fn clean(self) -> Self {
        let run = self.ok();
        assert!(run.changed.is_empty(), "planned changes: {:?}", run.planned);
        run
    }

    fn hear(&mut self, diagnostics: Vec<proto::Diagnostic>) -> bool {
        let mut failed = false;
        for diagnostic in diagnostics {
            let text = format!("{}\n{}", diagnostic.summary, diagnostic.detail);
            if diagnostic.severity() == proto::diagnostic::Severity::Error {
                failed = true;
                self.errors.push(text);
            } else {
                self.warnings.push(text);
            }
        }
        failed
    }
}

/// A change that a plan wants.
struct Change {
    address: String,
    kind: Kind,
    planned_private: Vec<u8>,
}

/// What going to one object came to.
struct Visited {
    address: String,
    stored: Option<Stored>,
    change: Option<Change>,
    run: Run,
}

/// What carrying out a change came to.
struct Applied {
    address: String,
    stored: Option<Stored>,
    run: Run,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Create,
    Update,
    Replace,
    Delete,
}

impl Host {
    /// A host whose provider leads to the tenant.
    pub fn new(tenant: &Tenant) -> Self {
        let clock = Arc::new(TenantClock::new(tenant.simulator.clone()));
        let provider = MdeProvider::new(clock.clone(), |_| None);
        let schemas = provider
            .resources()
            .iter()
            .map(|resource| {
                let schema = resource.schema();
                let computed = schema
                    .attributes
                    .iter()
                    .filter(|attribute| attribute.presence == Presence::Computed)
                    .map(|attribute| attribute.name.clone())
                    .collect();
                (
                    resource.type_name().to_owned(),
                    (ValueType::Object(schema.object_type()), computed),
                )
            })
            .collect();
        Self {
            clock,
            environment: tenant.environment(),
            provider: json!({}),
            schemas,
            state: BTreeMap::new(),
            config: Vec::new(),
        }
    }

    /// Sets attributes of the provider block.
    pub fn provider(mut self, block: Json) -> Self {
        self.provider = block;
        self
    }

    /// Writes the configuration: addresses such as `mde_indicator_set.c2` with their blocks.
    pub fn configure(&mut self, resources: &[(&str, Json)]) -> &mut Self {
        self.config = resources
            .iter()
            .map(|(address, block)| ((*address).to_owned(), block.clone()))
            .collect();
        self
    }

    /// Marks an object for replacement, as `terraform taint` does.
    pub fn taint(&mut self, address: &str) {
        self.state.get_mut(address).unwrap().tainted = true;
    }

    /// Takes the mark off, as `terraform untaint` does.
    pub fn untaint(&mut self, address: &str) {
        self.state.get_mut(address).unwrap().tainted = false;
    }

    /// A provider process for one walk, configured.
    async fn walk(&self, run: &mut Run) -> Option<Client> {
        let environment: BTreeMap<String, String> = self.environment.iter().cloned().collect();
        let provider = MdeProvider::new(self.clock.clone(), move |name| environment.get(name).cloned());
        let block = ValueType::Object(provider.schema().object_type());
        let config = dynamic(&block, &complete(&block, &self.provider));
        let mut client = ProviderClient::new(service(provider)).max_decoding_message_size(256 << 20);
        let request = proto::validate_provider_config::Request {
            config: Some(config.clone()),
        };
        let response = client.validate_provider_config(request).await.unwrap().into_inner();
        if run.hear(response.diagnostics) {
            return None;
        }
        let request = proto::configure_provider::Request {
            terraform_version: "1.11.4".into(),
            config: Some(config),
            ..Default::default()
        };
        let response = client.configure_provider(request).await.unwrap().into_inner();
        (!run.hear(response.diagnostics)).then_some(client)
    }

    /// `terraform validate`: no credentials, no configured provider.
    pub async fn validate(&mut self) -> Run {
        let mut run = Run::default();
        let mut client = ProviderClient::new(service(MdeProvider::new(self.clock.clone(), |_| None)));
        for (address, block) in self.config.clone() {
            self.validate_one(&mut client, &mut run, &address, &block).await;
        }
        run
    }

    async fn validate_one(&self, client: &mut Client, run: &mut Run, address: &str, block: &Json) -> bool {
        let (value_type, _) = self.schema(address);
        let request = proto::validate_resource_config::Request {
            type_name: type_name(address),
            config: Some(dynamic(value_type, &complete(value_type, block))),
            ..Default::default()
        };
        !run.hear(
            client
                .validate_resource_config(request)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
        )
    }

    /// `terraform plan`; what was refreshed is forgotten, as the command does.
    pub async fn plan(&mut self) -> Run {
        let kept = self.state.clone();
        let (run, _) = self.plan_walk().await;
        self.state = kept;
        run
    }

    /// `terraform apply -auto-approve`: all changes at the same time, as the host does.
    pub async fn apply(&mut self) -> Run {
        let (mut run, changes) = self.plan_walk().await;
        if !run.errors.is_empty() {
            return run;
        }
        let Some(client) = self.walk(&mut run).await else {
            return run;
        };
        let work = changes
            .into_iter()
            .map(|change| self.apply_one(client.clone(), &run.planned, change));
        let applied = futures::future::join_all(work).await;
        applied.into_iter().for_each(|applied| self.take_in(&mut run, applied));
        run
    }

    /// `terraform apply -parallelism=1`, in this order.
    pub async fn apply_in_order(&mut self, addresses: &[&str]) -> Run {
        let (mut run, mut changes) = self.plan_walk().await;
        if !run.errors.is_empty() {
            return run;
        }
        let Some(client) = self.walk(&mut run).await else {
            return run;
        };
        for address in addresses {
            let position = changes.iter().position(|change| change.address == *address);
            let change = changes.remove(position.unwrap_or_else(|| panic!("{address} does not change")));
            let applied = self.apply_one(client.clone(), &run.planned, change).await;
            self.take_in(&mut run, applied);
        }
        assert!(changes.is_empty(), "there are other changes");
        run
    }

    fn take_in(&mut self, run: &mut Run, applied: Applied) {
        run.errors.extend(applied.run.errors);
        run.warnings.extend(applied.run.warnings);
        match applied.stored {
            Some(stored) => drop(self.state.insert(applied.address, stored)),
            None => drop(self.state.remove(&applied.address)),
        }
    }

    /// `terraform destroy -auto-approve`.
    pub async fn destroy(&mut self) -> Run {
        self.config.clear();
        self.apply().await
    }

    fn schema(&self, address: &str) -> &(ValueType, Vec<String>) {
        &self.schemas[&type_name(address)]
    }

    /// Goes through all objects, configured and stored, at the same time.
    async fn plan_walk(&mut self) -> (Run, Vec<Change>) {
        let mut run = Run::default();
        let mut changes = Vec::new();
        let Some(client) = self.walk(&mut run).await else {
            return (run, changes);
        };
        let configured = self.config.iter().map(|(address, block)| (address, Some(block)));
        let orphans = self
            .state
            .keys()
            .filter(|address| !self.config.iter().any(|(other, _)| other == *address));
        let visits = configured
            .chain(orphans.map(|address| (address, None)))
            .map(|(address, block)| self.visit(client.clone(), address, block));
        for visited in futures::future::join_all(visits).await {
            run.errors.extend(visited.run.errors);
            run.warnings.extend(visited.run.warnings);
            run.changed.extend(visited.run.changed);
            run.planned.extend(visited.run.planned);
            changes.extend(visited.change);
            match visited.stored {
                Some(stored) => drop(self.state.insert(visited.address, stored)),
                None => drop(self.state.remove(&visited.address)),
            }
        }
        (run, changes)
    }

    /// Refreshes one object and plans what becomes of it.
    async fn visit(&self, mut client: Client, address: &str, block: Option<&Json>) -> Visited {
        let mut visited = Visited {
            address: address.to_owned(),
            stored: self.state.get(address).cloned(),
            change: None,
            run: Run::default(),
        };
        let Visited {
            stored, change, run, ..
        } = &mut visited;
        if let Some(old) = stored.clone() {
            self.upgrade(&mut client, address, &old).await;
            match self.refresh(&mut client, run, address, old).await {
                Ok(fresh) => *stored = fresh,
                Err(()) => return visited,
            }
        }
        *change = match (block, stored.as_ref()) {
            (Some(block), stored) => {
                if !self.validate_one(&mut client, run, address, block).await {
                    return visited;
                }
                self.plan_one(&mut client, run, address, block, stored).await
            }
            (None, Some(stored)) => self.plan_end(&mut client, run, address, stored).await,
            (None, None) => None,
        };
        visited
    }

    /// Plans the end of an object that is not configured any more.
    async fn plan_end(&self, client: &mut Client, run: &mut Run, address: &str, stored: &Stored) -> Option<Change> {
        let (value_type, _) = self.schema(address);
        let private = stored.private.clone();
        let response = self
            .plan_call(client, address, &stored.value, &Value::Null, &Value::Null, private)
            .await;
        if run.hear(response.diagnostics) {
            return None;
        }
        assert!(value(value_type, response.planned_state).is_null());
        run.changed.push(address.to_owned());
        Some(Change {
            address: address.to_owned(),
            kind: Kind::Delete,
            planned_private: response.planned_private.to_vec(),
        })
    }

    async fn upgrade(&self, client: &mut Client, address: &str, stored: &Stored) {
        let (value_type, _) = self.schema(address);
        let request = proto::upgrade_resource_state::Request {
            type_name: type_name(address),
            version: 0,
            raw_state: Some(proto::RawState {
                json: json::encode(value_type, &stored.value).unwrap().into(),
                ..Default::default()
            }),
        };
        let response = client.upgrade_resource_state(request).await.unwrap().into_inner();
        assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
        assert_eq!(value(value_type, response.upgraded_state), stored.value);
    }

    /// What is stored of an object after a look at it; an error was told.
    async fn refresh(
        &self,
        client: &mut Client,
        run: &mut Run,
        address: &str,
        stored: Stored,
    ) -> Result<Option<Stored>, ()> {
        let (value_type, _) = self.schema(address);
        let request = proto::read_resource::Request {
            type_name: type_name(address),
            current_state: Some(dynamic(value_type, &stored.value)),
            private: stored.private.clone(),
            ..Default::default()
        };
        let response = client.read_resource(request).await.unwrap().into_inner();
        if run.hear(response.diagnostics) {
            return Err(());
        }
        let fresh = value(value_type, response.new_state);
        assert!(fresh.is_wholly_known());
        Ok((!fresh.is_null()).then(|| Stored {
            value: fresh,
            private: response.private.to_vec(),
            tainted: stored.tainted,
        }))
    }

    async fn plan_one(
        &self,
        client: &mut Client,
        run: &mut Run,
        address: &str,
        block: &Json,
        stored: Option<&Stored>,
    ) -> Option<Change> {
        let (value_type, computed) = self.schema(address).clone();
        let config = complete(&value_type, block);
        let replace = stored.is_some_and(|stored| stored.tainted);
        let (prior, private) = match stored {
            Some(stored) if !replace => (stored.value.clone(), stored.private.clone()),
            _ => (Value::Null, Vec::new()),
        };
        let suggestion = proposed(&computed, &prior, &config);
        let response = self
            .plan_call(client, address, &prior, &suggestion, &config, private)
            .await;
        if run.hear(response.diagnostics) {
            return None;
        }
        assert!(response.requires_replace.is_empty(), "{:?}", response.requires_replace);
        let planned = value(&value_type, response.planned_state);
        assert_planned(&computed, &config, &planned);
        if planned == prior {
            return None;
        }
        let kind = match stored {
            None => Kind::Create,
            Some(_) if replace => Kind::Replace,
            Some(_) => Kind::Update,
        };
        run.changed.push(address.to_owned());
        run.planned.insert(address.to_owned(), planned);
        Some(Change {
            address: address.to_owned(),
            kind,
            planned_private: response.planned_private.to_vec(),
        })
    }

    async fn plan_call(
        &self,
        client: &mut Client,
        address: &str,
        prior: &Value,
        proposed: &Value,
        config: &Value,
        private: Vec<u8>,
    ) -> proto::plan_resource_change::Response {
        let (value_type, _) = self.schema(address);
        let request = proto::plan_resource_change::Request {
            type_name: type_name(address),
            prior_state: Some(dynamic(value_type, prior)),
            proposed_new_state: Some(dynamic(value_type, proposed)),
            config: Some(dynamic(value_type, config)),
            prior_private: private,
            ..Default::default()
        };
        client.plan_resource_change(request).await.unwrap().into_inner()
    }

    async fn apply_one(&self, mut client: Client, plans: &BTreeMap<String, Value>, change: Change) -> Applied {
        let mut run = Run::default();
        let stored = self.carry_out(&mut client, &mut run, plans, &change).await;
        Applied {
            address: change.address,
            stored,
            run,
        }
    }

    /// Carries out one change; answers what is stored in the end.
    async fn carry_out(
        &self,
        client: &mut Client,
        run: &mut Run,
        plans: &BTreeMap<String, Value>,
        change: &Change,
    ) -> Option<Stored> {
        let (value_type, computed) = self.schema(&change.address).clone();
        let address = change.address.as_str();
        let mut stored = self.state.get(address).cloned();
        if let Some(stored) = &stored {
            self.upgrade(client, address, stored).await;
        }
        if matches!(change.kind, Kind::Delete | Kind::Replace) {
            let prior = stored.as_ref().unwrap();
            let response = self
                .apply_call(
                    client,
                    address,
                    &prior.value,
                    &Value::Null,
                    &Value::Null,
                    change.planned_private.clone(),
                )
                .await;
            let failed = run.hear(response.diagnostics);
            let left = value(&value_type, response.new_state);
            if failed {
                let value = if left.is_null() { prior.value.clone() } else { left };
                return Some(Stored {
                    value,
                    private: response.private.to_vec(),
                    tainted: prior.tainted,
                });
            }
            assert!(left.is_null(), "a delete without an error left {left:?}");
            stored = None;
            if change.kind == Kind::Delete {
                return None;
            }
        }
        let block = self
            .config
            .iter()
            .find(|(other, _)| other == address)
            .unwrap()
            .1
            .clone();
        if !self.validate_one(client, run, address, &block).await {
            return stored;
        }
        let config = complete(&value_type, &block);
        let (prior, private) = match &stored {
            Some(stored) => (stored.value.clone(), stored.private.clone()),
            None => (Value::Null, Vec::new()),
        };
        let suggestion = proposed(&computed, &prior, &config);
        let response = self
            .plan_call(client, address, &prior, &suggestion, &config, private)
            .await;
        if run.hear(response.diagnostics) {
            return stored;
        }
        let planned = value(&value_type, response.planned_state);
        // The second plan may know more than the first, and must not contradict it.
        assert_consistent(&plans[address], &planned);
        if planned == prior {
            return stored;
        }
        let response = self
            .apply_call(
                client,
                address,
                &prior,
                &planned,
                &config,
                response.planned_private.to_vec(),
            )
            .await;
        let failed = run.hear(response.diagnostics);
        let fresh = value(&value_type, response.new_state);
        if !failed {
            assert_kept(address, &planned, &fresh);
        }
        assert!(fresh.is_wholly_known());
        let creating = prior.is_null();
        if fresh.is_null() {
            return stored.filter(|_| failed && !creating);
        }
        Some(Stored {
            value: fresh,
            private: response.private.to_vec(),
            tainted: failed && creating,
        })
    }

    async fn apply_call(
        &self,
        client: &mut Client,
        address: &str,
        prior: &Value,
        planned: &Value,
        config: &Value,
        private: Vec<u8>,
    ) -> proto::apply_resource_change::Response {
        let (value_type, _) = self.schema(address);
        let request = proto::apply_resource_change::Request {
            type_name: type_name(address),
            prior_state: Some(dynamic(value_type, prior)),
            planned_state: Some(dynamic(value_type, planned)),
            config: Some(dynamic(value_type, config)),
            planned_private: private,
            ..Default::default()
        };
        client.apply_resource_change(request).await.unwrap().into_inner()
    }
}

fn type_name(address: &str) -> String {
    address.split('.').next().unwrap().to_owned()
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

/// Panics if `later` contradicts what is known in `earlier`.
fn assert_consistent(earlier: &Value, later: &Value) {
    match (earlier, later) {
        (Value::Unknown, _) => {}
        (Value::Object(before), Value::Object(after)) => {
            before
                .iter()
                .for_each(|(name, value)| assert_consistent(value, after.get(name).unwrap()));
        }
        (Value::Map(before), Value::Map(after)) => {
            assert_eq!(before.len(), after.len());
            before
                .iter()
                .for_each(|(key, value)| assert_consistent(value, &after[key]));
        }
        (before, after) => assert_eq!(before, after, "inconsistent final plan"),
    }
}
