//! A running provider: what it offers, by name, and its client once it is configured. Everything here is written in
//! framework types; `wire` and `grpc` stand between it and the host.
//!
//! The host keeps what it is told, so each answer is looked at before it leaves: a panic in a provider's code becomes an
//! error message, and a state that the host would refuse is repaired rather than lost.

mod guard;
mod callable;
mod lookup;
mod managed;
mod query;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub use callable::Callable;
pub use lookup::Lookup;
pub use managed::{ApplyRequest, ImportBy, Managed, MoveRequest};
pub use query::Query;

use super::{
    DataSource, Diagnostic, Diagnostics, IdentitySchema, ListResource, Provider, Resource, Schema, Value, ValueType,
};

/// A running provider.
pub struct Server<P: Provider> {
    provider: Arc<P>,
    block: Block,
    resources: ByName<Arc<ResourceOffer<P::Client>>>,
    data_sources: ByName<Arc<DataSourceOffer<P::Client>>>,
    lists: ByName<Arc<ListOffer<P::Client>>>,
    functions: ByName<Callable>,
    client: RwLock<Option<Arc<P::Client>>>,
    /// How often the user has wanted to stop.
    stops: AtomicU64,
}

/// A schema, and the type that follows from it.
pub struct Block {
    /// The description.
    pub schema: Schema,
    /// The type of the block's value.
    pub value_type: ValueType,
}

impl Block {
    fn new(schema: Schema) -> Self {
        let value_type = ValueType::Object(schema.object_type());
        Block { schema, value_type }
    }
}

/// The identity of a resource type, and the type that follows from it.
pub struct Identity {
    /// The description.
    pub schema: IdentitySchema,
    /// The type of an identity.
    pub value_type: ValueType,
}

impl Identity {
    fn new(schema: IdentitySchema) -> Self {
        let value_type = ValueType::Object(schema.object_type());
        Identity { schema, value_type }
    }
}

/// A resource with its schemas.
struct ResourceOffer<C> {
    block: Block,
    identity: Option<Identity>,
    /// The provider's own code for it.
    code: Box<dyn Resource<C>>,
}

/// A data source or a list with its schema.
struct Offer<T: ?Sized> {
    block: Block,
    /// The provider's own code for it.
    code: Box<T>,
}

type ByName<T> = BTreeMap<&'static str, T>;
type DataSourceOffer<C> = Offer<dyn DataSource<C>>;
type ListOffer<C> = Offer<dyn ListResource<C>>;

impl<P: Provider> Server<P> {
    /// Asks the provider for everything that it offers.
    pub fn new(provider: P) -> Self {
        let resources = provider.resources().into_iter().map(|code| {
            let block = Block::new(code.schema());
            let identity = code.identity_schema().map(Identity::new);
            (code.type_name(), Arc::new(ResourceOffer { block, identity, code }))
        });
        let data_sources = provider.data_sources().into_iter().map(|code| {
            let block = Block::new(code.schema());
            (code.type_name(), Arc::new(Offer { block, code }))
        });
        let lists = provider.list_resources().into_iter().map(|code| {
            let block = Block::new(code.schema());
            (code.type_name(), Arc::new(Offer { block, code }))
        });
        let functions = provider.functions().into_iter();
        let functions = functions.map(|code| (code.name(), Callable::new(code)));
        Server {
            block: Block::new(provider.schema()),
            resources: resources.collect(),
            data_sources: data_sources.collect(),
            lists: lists.collect(),
            functions: functions.collect(),
            client: RwLock::new(None),
            stops: AtomicU64::new(0),
            provider: Arc::new(provider),
        }
    }

    /// The provider's own block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The resources by name.
    pub fn resources(&self) -> impl Iterator<Item = (&'static str, &Block)> {
        self.resources.iter().map(|(name, offer)| (*name, &offer.block))
    }

    /// The identities by name of the resource, of those that have one.
    pub(crate) fn identities(&self) -> impl Iterator<Item = (&'static str, &IdentitySchema)> {
        let offers = self.resources.iter();
        offers.filter_map(|(name, offer)| Some((*name, &offer.identity.as_ref()?.schema)))
    }

    /// The lists by name of the resource.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (&'static str, &Block)> {
        self.lists.iter().map(|(name, offer)| (*name, &offer.block))
    }

    /// The data sources by name.
    pub(crate) fn data_sources(&self) -> impl Iterator<Item = (&'static str, &Block)> {
        self.data_sources.iter().map(|(name, offer)| (*name, &offer.block))
    }

    /// The functions by name.
    pub fn functions(&self) -> impl Iterator<Item = (&'static str, &Callable)> {
        self.functions.iter().map(|(name, function)| (*name, function))
    }

    /// A resource by name.
    pub fn resource(&self, type_name: &str) -> Option<Managed<'_, P>> {
        self.resources.get(type_name).map(|offer| Managed::new(self, offer))
    }

    /// A data source by name.
    pub(crate) fn data_source(&self, type_name: &str) -> Option<Lookup<'_, P>> {
        self.data_sources.get(type_name).map(|offer| Lookup::new(self, offer))
    }

    /// A list by name of the resource.
    pub(crate) fn list(&self, type_name: &str) -> Option<Query<'_, P>> {
        let list = self.lists.get(type_name)?;
        Some(Query::new(self, list, self.resource(type_name)?))
    }

    /// A function by name.
    pub fn function(&self, name: &str) -> Option<&Callable> {
        self.functions.get(name)
    }

    /// Checks the provider block.
    pub fn validate(&self, config: &Value) -> Diagnostics {
        guard::run("checking the provider block", || self.provider.validate(config)).unwrap_or_else(Into::into)
    }

    /// Makes a client, which replaces the one before. After an error there is none.
    pub async fn configure(&self, config: Value, terraform_version: String) -> Diagnostics {
        const DOING: &str = "configuring the provider";
        let stops = self.stops.load(Ordering::SeqCst);
        let provider = Arc::clone(&self.provider);
        let configured = guard::spawn(
            DOING,
            async move { provider.configure(config, &terraform_version).await },
        );
        let (client, mut diagnostics) = match configured.await {
            Ok((client, diagnostics)) => (client.filter(|_| !diagnostics.has_errors()), diagnostics),
            Err(diagnostic) => (None, diagnostic.into()),
        };
        let client = client.map(Arc::new);
        self.replace_client(client.clone());
        let Some(client) = client else { return diagnostics };
        if self.stops.load(Ordering::SeqCst) != stops {
            // The user wanted to stop when there was no client yet to be told.
            diagnostics.extend(self.stop().err());
        }
        let provider = Arc::clone(&self.provider);
        let connected = guard::spawn(DOING, async move { provider.connect(&client).await });
        diagnostics.extend(connected.await.unwrap_or_else(Into::into));
        if diagnostics.has_errors() {
            self.replace_client(None);
        }
        diagnostics.extend(self.notices());
        diagnostics
    }

    /// Tells the provider that the user wants to stop. It goes on serving: what is in flight must still be answered.
    ///
    /// # Errors
    /// If the provider's own code for it fails.
    pub fn stop(&self) -> Result<(), Diagnostic> {
        self.stops.fetch_add(1, Ordering::SeqCst);
        match self.client() {
            Some(client) => guard::run("stopping", || self.provider.stop(&client)),
            None => Ok(()),
        }
    }

    /// What there is to tell that is about no object.
    fn notices(&self) -> Diagnostics {
        match self.client() {
            Some(client) => guard::run("telling what there is to know", || self.provider.notices(&client))
                .unwrap_or_else(Into::into),
            None => Diagnostics::default(),
        }
    }

    fn replace_client(&self, client: Option<Arc<P::Client>>) {
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
    }

    fn client(&self) -> Option<Arc<P::Client>> {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
