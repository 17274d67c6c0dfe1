//! A running provider: what it offers, by name, and its client once it is configured. Everything here is written in
//! framework types; `wire` and `grpc` stand between it and the host.
//!
//! The host keeps what it is told, so each answer is looked at before it leaves: a panic in a provider's code becomes an
//! error message, and a state that the host would refuse is repaired rather than lost.

mod callable;
mod guard;
mod lookup;
mod managed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

pub use callable::Callable;
pub use lookup::Lookup;
pub use managed::{ApplyRequest, Managed};

use super::{DataSource, Diagnostic, Diagnostics, Provider, Resource, Schema, Value, ValueType};

/// A running provider.
pub struct Server<P: Provider> {
    provider: Arc<P>,
    block: Block,
    resources: ByName<Arc<ResourceOffer<P::Client>>>,
    data_sources: ByName<Arc<DataSourceOffer<P::Client>>>,
    functions: ByName<Callable>,
    /// Names that two things of one kind share; only a mistake in the provider puts anything here.
    ambiguous: BTreeSet<&'static str>,
    client: RwLock<Option<Arc<P::Client>>>,
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

/// A resource or a data source with its schema.
struct Offer<T: ?Sized> {
    block: Block,
    /// The provider's own code for it.
    code: Box<T>,
}

type ByName<T> = BTreeMap<&'static str, T>;
type ResourceOffer<C> = Offer<dyn Resource<C>>;
type DataSourceOffer<C> = Offer<dyn DataSource<C>>;

impl<P: Provider> Server<P> {
    /// Asks the provider for everything that it offers.
    pub fn new(provider: P) -> Self {
        let mut ambiguous = BTreeSet::new();
        let resources = provider.resources().into_iter().map(|code| {
            (
                code.type_name(),
                Arc::new(Offer {
                    block: Block::new(code.schema()),
                    code,
                }),
            )
        });
        let resources = by_name(resources, &mut ambiguous);
        let data_sources = provider.data_sources().into_iter().map(|code| {
            (
                code.type_name(),
                Arc::new(Offer {
                    block: Block::new(code.schema()),
                    code,
                }),
            )
        });
        let data_sources = by_name(data_sources, &mut ambiguous);
        let functions = provider
            .functions()
            .into_iter()
            .map(|code| (code.name(), Callable::new(code)));
        let functions = by_name(functions, &mut ambiguous);
        Server {
            block: Block::new(provider.schema()),
            resources,
            data_sources,
            functions,
            ambiguous,
            client: RwLock::new(None),
            provider: Arc::new(provider),
        }
    }

    /// Checks by the host's rules everything that the provider offers. The host refuses every command over a violation,
    /// so this belongs into a test of the provider.
    ///
    /// # Errors
    /// One sentence for every violation.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut violations: Vec<String> = self
            .ambiguous
            .iter()
            .map(|name| format!("{name}: two things have this name"))
            .collect();
        let mut check = |name: &str, schema: &Schema| {
            violations.extend(
                schema
                    .check()
                    .err()
                    .unwrap_or_default()
                    .iter()
                    .map(|fault| format!("{name}: {fault}")),
            );
        };
        check("provider", &self.block.schema);
        self.resources
            .iter()
            .for_each(|(name, offer)| check(name, &offer.block.schema));
        self.data_sources
            .iter()
            .for_each(|(name, offer)| check(name, &offer.block.schema));
        for name in ["alias", "version"] {
            if self.block.schema.attribute(name).is_some() {
                violations.push(format!("provider: {name}: the host has an argument of this name"));
            }
        }
        violations.extend(self.functions.values().flat_map(Callable::check));
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }

    /// The provider's own block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The resources by name.
    pub fn resources(&self) -> impl Iterator<Item = (&'static str, &Block)> {
        self.resources.iter().map(|(name, offer)| (*name, &offer.block))
    }

    /// The data sources by name.
    pub fn data_sources(&self) -> impl Iterator<Item = (&'static str, &Block)> {
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
    pub fn data_source(&self, type_name: &str) -> Option<Lookup<'_, P>> {
        self.data_sources.get(type_name).map(|offer| Lookup::new(self, offer))
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
        let provider = Arc::clone(&self.provider);
        let configured = guard::spawn("configuring the provider", async move {
            provider.configure(config, &terraform_version).await
        });
        let (client, diagnostics) = match configured.await {
            Ok((client, diagnostics)) => (client.filter(|_| !diagnostics.has_errors()), diagnostics),
            Err(diagnostic) => (None, diagnostic.into()),
        };
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client.map(Arc::new);
        diagnostics
    }

    /// Tells the provider that the user wants to stop. It goes on serving: what is in flight must still be answered.
    ///
    /// # Errors
    /// If the provider's own code for it fails.
    pub fn stop(&self) -> Result<(), Diagnostic> {
        match self.client() {
            Some(client) => guard::run("stopping", || self.provider.stop(&client)),
            None => Ok(()),
        }
    }

    fn client(&self) -> Option<Arc<P::Client>> {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn by_name<T>(offers: impl Iterator<Item = (&'static str, T)>, ambiguous: &mut BTreeSet<&'static str>) -> ByName<T> {
    let mut named = BTreeMap::new();
    for (name, offer) in offers {
        if named.insert(name, offer).is_some() {
            ambiguous.insert(name);
        }
    }
    named
}
