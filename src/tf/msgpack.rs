//! Values in MessagePack, the form in which hosts send them. What the bytes mean is said by the type.
//!
//! **Invariant:** no bytes whatever make [`decode`] panic, recurse without bound or reserve more than they can fill.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::{decode, decode_shared};
pub use encode::encode;

/// How deep values may be nested. Only a value that carries its own type can be deeper than the schema.
pub(super) const MAX_DEPTH: usize = 128;
