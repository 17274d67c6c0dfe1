//! Terraform's side of the protocol, in process and over the real gRPC messages: it walks as the host walks, keeps state
//! as the host keeps it, and checks what the host checks.

use super::calls::{Calls, Listed, Schemas, Stored, Told};
use super::values::assert_consistent;
use super::{Tenant, TenantClock};
use futures::StreamExt;
use mde::provider::MdeProvider;
use mde::tf::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A host with a state file in memory.
pub struct Host {
    pub clock: Arc<TenantClock>,
    environment: Vec<(String, String)>,
    provider: Json,
    schemas: Arc<Schemas>,
    /// The state: by address.
    pub state: BTreeMap<String, Stored>,
    config: Vec<(String, Json)>,
    /// Whether plans refresh, and whether objects are shown one after the other.
    refreshes: bool,
    one_by_one: bool,
    /// Whether objects are planned before they are read, and read only if that changes something.
    reads_late: bool,
    with_identities: bool,
    /// Whether a plan that is made again gets the private data of the first one.
    stores_planned_private: bool,
    /// Whether all resources have `lifecycle { destroy = false }`.
    forgets: bool,
    /// Objects that are replaced although nothing asks for it.
    replaced: Vec<String>,
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
    /// Planned identities by address.
    pub identities: BTreeMap<String, Value>,
    /// What is in the state after the refresh, by address.
    pub refreshed: BTreeMap<String, Value>,
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

    /// Notes what was told; whether there was an error.
    fn hear(&mut self, told: Told) -> bool {
        let failed = told.failed();
        self.errors.extend(told.errors);
        self.warnings.extend(told.warnings);
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
        let schemas = Schemas::of(&MdeProvider::new(clock.clone(), |_| None));
        Self {
            clock,
            environment: tenant.environment(),
            provider: json!({}),
            schemas: Arc::new(schemas),
            state: BTreeMap::new(),
            config: Vec::new(),
            refreshes: true,
            one_by_one: false,
            reads_late: false,
            with_identities: true,
            stores_planned_private: true,
            forgets: false,
            replaced: Vec::new(),
        }
    }

    /// Starts its provider with these variables from now on.
    pub fn with_environment(mut self, environment: Vec<(String, String)>) -> Self {
        self.environment = environment;
        self
    }

    /// Plans with `-refresh=false` from now on.
    pub fn without_refresh(&mut self) -> &mut Self {
        self.refreshes = false;
        self
    }

    /// Plans with `-parallelism=1` from now on: objects in the order of the configuration, then those that left it.
    pub fn one_by_one(&mut self) -> &mut Self {
        self.one_by_one = true;
        self
    }

    /// Plans with `-minimal-refresh` from now on, which is on its way in Terraform: what a plan without a refresh does not
    /// change is not read at all.
    pub fn with_minimal_refresh(&mut self) -> &mut Self {
        self.reads_late = true;
        self
    }

    /// Plans with a refresh of everything from now on, as by default.
    pub fn with_ordinary_refresh(&mut self) -> &mut Self {
        self.reads_late = false;
        self
    }

    /// Plans with `-replace` of these objects from now on.
    pub fn replacing(&mut self, addresses: &[&str]) -> &mut Self {
        self.replaced = addresses.iter().map(|address| (*address).to_owned()).collect();
        self
    }

    /// A host before Terraform 1.12 and OpenTofu 1.12 from now on.
    pub fn without_identities(&mut self) -> &mut Self {
        self.with_identities = false;
        self
    }

    /// A host that knows identities again, such as after an upgrade.
    pub fn with_identities(&mut self) -> &mut Self {
        self.with_identities = true;
        self
    }

    /// A host before Terraform 1.16 from now on.
    pub fn without_planned_private(&mut self) -> &mut Self {
        self.stores_planned_private = false;
        self
    }

    /// With `lifecycle { destroy = false }` in all resources from now on: objects that end, also in a replacement, only leave the
    /// state, and the provider hears nothing of it.
    pub fn forgetting(&mut self) -> &mut Self {
        self.forgets = true;
        self
    }

    /// `terraform import`: finds one object, and refreshes it.
    pub async fn import(&mut self, address: &str, id: &str) -> Run {
        self.import_by(address, &id.into()).await
    }

    /// The same by the identity of the object, as an `import` block can have it.
    pub async fn import_by(&mut self, address: &str, by: &Json) -> Run {
        let mut run = Run::default();
        let Some(mut calls) = self.walk(&mut run).await else {
            return run;
        };
        let (found, told) = calls.import(address, by).await;
        if run.hear(told) {
            return run;
        }
        let [found] = found.as_slice() else {
            panic!("{} objects were found", found.len());
        };
        let fresh = calls.read(address, found).await;
        if run.hear(fresh.told) {
            return run;
        }
        assert!(!fresh.value.is_null(), "what was found is gone");
        let stored = Stored {
            value: fresh.value,
            private: fresh.private,
            tainted: false,
            identity: fresh.identity,
        };
        self.state.insert(address.to_owned(), stored);
        run
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

    /// Lists objects, as `terraform query` does.
    pub async fn list(&self, name: &str, config: Json, include: bool, limit: usize) -> (Vec<Listed>, Run) {
        let mut run = Run::default();
        let Some(mut calls) = self.walk(&mut run).await else {
            return (Vec::new(), run);
        };
        let (found, told) = calls.list(name, &config, include, limit).await;
        run.hear(told);
        (found, run)
    }

    /// The calls of a process that is never configured.
    pub fn unconfigured(&self) -> Calls {
        let provider = MdeProvider::new(self.clock.clone(), |_| None);
        Calls::new(provider, self.schemas.clone())
    }

    /// A provider process for one walk, configured.
    pub async fn walk(&self, run: &mut Run) -> Option<Calls> {
        let environment: BTreeMap<String, String> = self.environment.iter().cloned().collect();
        let provider = MdeProvider::new(self.clock.clone(), move |name| environment.get(name).cloned());
        let mut calls = Calls::new(provider, self.schemas.clone());
        if !self.with_identities {
            calls = calls.without_identities();
        }
        let told = calls.configure(&self.provider).await;
        (!run.hear(told)).then_some(calls)
    }

    /// `terraform validate`: no credentials, no configured provider.
    pub async fn validate(&mut self) -> Run {
        let mut run = Run::default();
        let provider = MdeProvider::new(self.clock.clone(), |_| None);
        let mut calls = Calls::new(provider, self.schemas.clone());
        for (address, block) in &self.config {
            let config = self.schemas.config(address, block);
            run.hear(calls.validate(address, &config).await);
        }
        run
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
        let Some(calls) = self.walk(&mut run).await else {
            return run;
        };
        let work = changes
            .into_iter()
            .map(|change| self.apply_one(calls.clone(), &run.planned, change));
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
        let Some(calls) = self.walk(&mut run).await else {
            return run;
        };
        for address in addresses {
            let position = changes.iter().position(|change| change.address == *address);
            let change = changes.remove(position.unwrap_or_else(|| panic!("{address} does not change")));
            let applied = self.apply_one(calls.clone(), &run.planned, change).await;
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

    /// Goes through all objects, configured and stored, at the same time.
    async fn plan_walk(&mut self) -> (Run, Vec<Change>) {
        let mut run = Run::default();
        let mut changes = Vec::new();
        let Some(calls) = self.walk(&mut run).await else {
            return (run, changes);
        };
        let configured = self.config.iter().map(|(address, block)| (address, Some(block)));
        let orphans = self
            .state
            .keys()
            .filter(|address| !self.config.iter().any(|(other, _)| other == *address));
        let visits = configured
            .chain(orphans.map(|address| (address, None)))
            .map(|(address, block)| self.visit(calls.clone(), address, block));
        let visits = if self.one_by_one {
            futures::stream::iter(visits).then(|visit| visit).collect().await
        } else {
            futures::future::join_all(visits).await
        };
        for visited in visits {
            run.errors.extend(visited.run.errors);
            run.warnings.extend(visited.run.warnings);
            run.changed.extend(visited.run.changed);
            run.planned.extend(visited.run.planned);
            run.identities.extend(visited.run.identities);
            let fresh = visited.stored.as_ref().map(|stored| stored.value.clone());
            run.refreshed
                .extend(fresh.map(|value| (visited.address.clone(), value)));
            changes.extend(visited.change);
            match visited.stored {
                Some(stored) => drop(self.state.insert(visited.address, stored)),
                None => drop(self.state.remove(&visited.address)),
            }
        }
        (run, changes)
    }

    /// Refreshes one object and plans what becomes of it.
    async fn visit(&self, mut calls: Calls, address: &str, block: Option<&Json>) -> Visited {
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
            calls.upgrade(address, &old.value).await;
            if let Some(block) = block.filter(|_| self.reads_late) {
                let config = self.schemas.config(address, block);
                // Its warnings are not shown.
                let mut first = Run::default();
                let early = self
                    .plan_one(&mut calls, &mut first, address, &config, stored.as_ref())
                    .await;
                run.errors.extend(first.errors);
                if early.is_none() {
                    return visited;
                }
            }
            if self.refreshes {
                let fresh = calls.read(address, &old).await;
                if run.hear(fresh.told) {
                    return visited;
                }
                *stored = (!fresh.value.is_null()).then_some(Stored {
                    value: fresh.value,
                    private: fresh.private,
                    tainted: old.tainted,
                    identity: fresh.identity,
                });
            }
        }
        *change = match (block, stored.as_ref()) {
            (Some(block), stored) => {
                let config = self.schemas.config(address, block);
                if run.hear(calls.validate(address, &config).await) {
                    return visited;
                }
                self.plan_one(&mut calls, run, address, &config, stored).await
            }
            (None, Some(_)) if self.forgets => {
                run.changed.push(address.to_owned());
                Some(Change {
                    address: address.to_owned(),
                    kind: Kind::Delete,
                    planned_private: Vec::new(),
                })
            }
            (None, Some(stored)) => plan_end(&mut calls, run, address, stored).await,
            (None, None) => None,
        };
        visited
    }

    /// Plans what becomes of a configured object.
    async fn plan_one(
        &self,
        calls: &mut Calls,
        run: &mut Run,
        address: &str,
        config: &Value,
        stored: Option<&Stored>,
    ) -> Option<Change> {
        let is_tainted = stored.is_some_and(|stored| stored.tainted);
        let (mut prior, private) = match stored {
            Some(stored) if !is_tainted => (stored.value.clone(), stored.private.clone()),
            _ => (Value::Null, Vec::new()),
        };
        let mut plan = calls.plan(address, &prior, config, private).await;
        if run.hear(plan.told) {
            return None;
        }
        assert!(!plan.replaces, "{address} would be replaced");
        let is_replaced = is_tainted || stored.is_some_and(|_| self.replaced.iter().any(|other| other == address));
        if is_replaced && !is_tainted {
            prior = Value::Null;
            plan = calls.plan(address, &prior, config, plan.private).await;
            // The host shows errors of the second plan, and none of its warnings.
            if plan.told.failed() {
                run.hear(plan.told);
                return None;
            }
        }
        if plan.value == prior {
            return None;
        }
        let kind = match stored {
            None => Kind::Create,
            Some(_) if is_replaced => Kind::Replace,
            Some(_) => Kind::Update,
        };
        run.changed.push(address.to_owned());
        run.planned.insert(address.to_owned(), plan.value);
        run.identities.insert(address.to_owned(), plan.identity);
        Some(Change {
            address: address.to_owned(),
            kind,
            planned_private: plan.private,
        })
    }

    async fn apply_one(&self, mut calls: Calls, plans: &BTreeMap<String, Value>, change: Change) -> Applied {
        let mut run = Run::default();
        let stored = self.carry_out(&mut calls, &mut run, plans, &change).await;
        Applied {
            address: change.address,
            stored,
            run,
        }
    }

    /// Carries out one change; answers what is stored in the end.
    async fn carry_out(
        &self,
        calls: &mut Calls,
        run: &mut Run,
        plans: &BTreeMap<String, Value>,
        change: &Change,
    ) -> Option<Stored> {
        let address = change.address.as_str();
        let mut stored = self.state.get(address).cloned();
        if let Some(stored) = &stored {
            calls.upgrade(address, &stored.value).await;
        }
        if matches!(change.kind, Kind::Delete | Kind::Replace) && self.forgets {
            stored = None;
            if change.kind == Kind::Delete {
                return None;
            }
        } else if matches!(change.kind, Kind::Delete | Kind::Replace) {
            let prior = stored.as_ref().unwrap();
            let private = change.planned_private.clone();
            let answer = calls
                .apply(address, &prior.value, &Value::Null, &Value::Null, private)
                .await;
            if run.hear(answer.told) {
                let left = answer.value;
                return Some(Stored {
                    value: if left.is_null() { prior.value.clone() } else { left },
                    private: answer.private,
                    tainted: prior.tainted,
                    identity: answer.identity,
                });
            }
            stored = None;
            if change.kind == Kind::Delete {
                return None;
            }
        }
        let block = &self.config.iter().find(|(other, _)| other == address).unwrap().1;
        let config = self.schemas.config(address, block);
        if run.hear(calls.validate(address, &config).await) {
            return stored;
        }
        let (prior, private) = match &stored {
            Some(stored) => (stored.value.clone(), stored.private.clone()),
            None => (Value::Null, Vec::new()),
        };
        let mut noted = Vec::new();
        if self.stores_planned_private {
            noted.clone_from(&change.planned_private);
        }
        let plan = calls.plan_again(address, &prior, &config, private, noted).await;
        if run.hear(plan.told) {
            return stored;
        }
        // The second plan may know more than the first, and must not contradict it.
        assert_consistent(address, &plans[address], &plan.value);
        if plan.value == prior {
            return stored;
        }
        let answer = calls.apply(address, &prior, &plan.value, &config, plan.private).await;
        let failed = run.hear(answer.told);
        let creating = prior.is_null();
        if answer.value.is_null() {
            return stored.filter(|_| failed && !creating);
        }
        Some(Stored {
            value: answer.value,
            private: answer.private,
            tainted: failed && creating,
            identity: answer.identity,
        })
    }
}

/// Plans the end of an object that is not configured any more.
async fn plan_end(calls: &mut Calls, run: &mut Run, address: &str, stored: &Stored) -> Option<Change> {
    let private = stored.private.clone();
    let plan = calls.plan(address, &stored.value, &Value::Null, private).await;
    if run.hear(plan.told) {
        return None;
    }
    run.changed.push(address.to_owned());
    Some(Change {
        address: address.to_owned(),
        kind: Kind::Delete,
        planned_private: plan.private,
    })
}
