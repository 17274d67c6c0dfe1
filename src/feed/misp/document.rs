//! Events, objects and attributes of MISP, in whatever they come.

use crate::feed::json::{ByName, Names, Scalar, Several, one_or_list};
use serde::Deserialize;

/// An event, what holds one, or the answer of a search.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Event<'t> {
    #[serde(rename = "Event", borrow, deserialize_with = "one_or_list")]
    pub event: Several<'t, Event<'t>>,
    #[serde(deserialize_with = "one_or_list")]
    pub response: Several<'t, Event<'t>>,
    pub info: Scalar<'t>,
    pub timestamp: Scalar<'t>,
    #[serde(rename = "Attribute", deserialize_with = "one_or_list")]
    pub attributes: Several<'t, Attribute<'t>>,
    #[serde(rename = "Object", deserialize_with = "one_or_list")]
    pub objects: Several<'t, Object<'t>>,
    #[serde(rename = "Tag")]
    pub tags: Names<'t>,
}

/// Attributes that are about one thing.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Object<'t> {
    #[serde(borrow)]
    pub name: Scalar<'t>,
    pub deleted: Scalar<'t>,
    #[serde(rename = "Attribute", deserialize_with = "one_or_list")]
    pub attributes: Several<'t, Attribute<'t>>,
}

/// A value with its type.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Attribute<'t> {
    #[serde(rename = "type", borrow)]
    pub kind: Scalar<'t>,
    pub value: Scalar<'t>,
    pub to_ids: Scalar<'t>,
    pub deleted: Scalar<'t>,
    pub comment: Scalar<'t>,
    pub timestamp: Scalar<'t>,
    pub last_seen: Scalar<'t>,
    pub object_relation: Scalar<'t>,
    #[serde(rename = "Tag")]
    pub tags: Names<'t>,
    /// The event, where attributes were searched for.
    #[serde(rename = "Event")]
    pub event: ByName<'t>,
}
