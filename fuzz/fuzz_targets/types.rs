//! The types that values are decoded as.

use mde::provider::MdeProvider;
use mde::tf::ValueType;
use mde::tf::server::Server;
use std::sync::LazyLock;

/// What the provider's own set is, and any value at all.
pub static TYPES: LazyLock<Vec<ValueType>> = LazyLock::new(|| {
    let server = Server::new(MdeProvider::default());
    let set = server.resource("mde_indicator_set").map(|set| set.value_type().clone());
    set.into_iter().chain([ValueType::Dynamic]).collect()
});
