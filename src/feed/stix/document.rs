//! The objects of a STIX document, in whatever they come: a bundle, several of them, an answer of a TAXII server, a list,
//! or one by itself.

use crate::feed::json::{ByName, Scalar, Scalars, Several, Top, named_or_list};
use serde::Deserialize;

/// An object, with the members that are read. Members of other types than the standard says are no reason to refuse it.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Object<'t> {
    #[serde(rename = "type", borrow)]
    pub kind: Scalar<'t>,
    pub id: Scalar<'t>,
    pub name: Scalar<'t>,
    pub description: Scalar<'t>,
    pub pattern: Scalar<'t>,
    pub pattern_type: Scalar<'t>,
    pub valid_from: Scalar<'t>,
    pub valid_until: Scalar<'t>,
    pub revoked: Scalar<'t>,
    pub created: Scalar<'t>,
    pub modified: Scalar<'t>,
    pub indicator_types: Scalars<'t>,
    pub labels: Scalars<'t>,
    /// Of a bundle a list; of observed data in STIX 2.0 things by number.
    #[serde(deserialize_with = "named_or_list")]
    pub objects: Several<'t, Object<'t>>,
    /// The value of an observable that is nothing else.
    pub value: Scalar<'t>,
    /// The hashes of an observable file or certificate.
    pub hashes: ByName<'t>,
}

/// A document as its objects, each with its place.
pub(super) struct Document<'t> {
    pub objects: Vec<(String, Object<'t>)>,
    /// Whether it looks like STIX at all.
    pub is_stix: bool,
}

impl<'t> Document<'t> {
    /// Takes all containers apart.
    pub(super) fn of(top: Top<'t, Object<'t>>) -> Self {
        let mut document = Self {
            objects: Vec::new(),
            is_stix: false,
        };
        match top.0 {
            Several::One(object) => document.add("", *object),
            Several::List(objects) => document.add_all("", objects),
            Several::Named(_) | Several::Nothing => {}
        }
        document
    }

    fn add_all(&mut self, place: &str, objects: Vec<Option<Object<'t>>>) {
        for (position, object) in objects.into_iter().enumerate() {
            if let Some(object) = object {
                self.add(&format!("{place}[{position}]"), object);
            }
        }
    }

    fn add(&mut self, place: &str, mut object: Object<'t>) {
        let kind = object.kind.text();
        let is_container = matches!(kind, None | Some("bundle"));
        let is_list = matches!(object.objects, Several::List(_));
        self.is_stix |= is_list || kind.is_some() && object.id.text().is_some() || kind == Some("indicator");
        if is_container {
            if let Several::List(inner) = std::mem::take(&mut object.objects) {
                self.add_all(&member(place, "objects"), inner);
            }
        } else {
            self.objects.push((place.to_owned(), object));
        }
    }
}

/// The place of a member of what stands at a place.
pub(super) fn member(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}
