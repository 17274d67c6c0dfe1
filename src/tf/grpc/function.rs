//! Functions: their signatures, and calls of them.

use std::collections::BTreeMap;

use crate::proto::tfplugin6 as proto;
use crate::tf::server::Server;
use crate::tf::{FunctionError, Provider, wire};

/// The signatures of all functions, by name.
pub(super) fn signatures<P: Provider>(server: &Server<P>) -> BTreeMap<String, proto::Function> {
    server
        .functions()
        .map(|(name, function)| (name.into(), wire::function(function)))
        .collect()
}

/// Calls a function. Every error is one of the call, never of the connection.
pub(super) fn call<P: Provider>(
    server: &Server<P>,
    request: &proto::call_function::Request,
) -> Result<proto::DynamicValue, FunctionError> {
    let name = &request.name;
    let function = server
        .function(name)
        .ok_or_else(|| FunctionError::new(format!("the provider has no function {name:?}")))?;
    let mut arguments = Vec::with_capacity(request.arguments.len());
    for (position, argument) in request.arguments.iter().enumerate() {
        let parameter = function
            .parameter(position)
            .ok_or_else(|| function.wrong_count(request.arguments.len()))?;
        let argument = wire::value(&parameter.value_type, Some(argument));
        arguments.push(argument.map_err(|diagnostic| FunctionError::new(diagnostic.detail).at(position))?);
    }
    let result = function.call(arguments)?;
    wire::dynamic_value(function.returns(), &result).map_err(|diagnostic| FunctionError::new(diagnostic.detail))
}
