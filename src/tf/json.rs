//! Values in JSON, the form in which states are stored. What the text means is said by the type.
//!
//! **Invariant:** no text whatever makes [`decode`] panic or recurse without bound.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;
