//! MISP: the attributes of events that are for detection as drafts, and why the others are none.
//!
//! An attribute is for detection when its flag `to_ids` says so; a false flag may mark a victim or a harmless name. What
//! of an object is not the attacker's, such as the hash of a section or the host of a victim, never becomes a draft.

mod kind;
mod document;
#[cfg(test)]
mod tests;

use super::json::{self, Scalar, Top};
use super::value::{Taken, take};
use super::{Form, Item, Options, Place, Reading, Reason, Refusal, Tlp, settle};
use crate::indicator::{Field, FieldValue, IndicatorType, instant_text, parse_instant};
use document::{Event, Object};
use jiff::Timestamp;
use kind::Kind;

/// Reads an event, several of them, or the answer of a search for events or attributes.
///
/// # Errors
/// If the text is no JSON, or nothing of MISP's.
pub fn read(text: &str, options: &Options) -> Result<Reading, Refusal> {
    let Top(top): Top<'_, Event<'_>> = json::read(text)?;
    let mut reader = Reader::new(options);
    let is_misp = match &top {
        json::Several::List(list) if list.is_empty() => true,
        _ => top.each().any(|(_, event)| event.is_misp()),
    };
    if !is_misp {
        let form = match Form::of(text) {
            Form::Misp => Form::Json,
            form => form,
        };
        return Err(Refusal {
            place: None,
            text: format!("this is {}, not a MISP event; {}", form.name(), form.advice()),
        });
    }
    for (place, event) in top.each() {
        reader.outer(&place, event);
    }
    Ok(reader.finish("event"))
}

/// An attribute as a table has it, such as MISP's own export as CSV. All texts are as they are written; an empty one is
/// missing.
#[derive(Debug, Clone, Default)]
pub struct Attribute<'t> {
    /// Its type.
    pub kind: &'t str,
    /// Its value.
    pub value: &'t str,
    /// Whether it is for detection: true, false, 1 or 0.
    pub to_ids: &'t str,
    /// What is said about it.
    pub comment: &'t str,
    /// When it was changed: seconds since 1970, or an instant.
    pub timestamp: &'t str,
    /// When it was seen last: an instant.
    pub last_seen: &'t str,
    /// The kind of object that it is a part of.
    pub object: &'t str,
    /// Which part of the object it is.
    pub relation: &'t str,
    /// The object, by its UUID. All parts of an object must be there for hashes and domains to be told apart.
    pub object_uuid: &'t str,
    /// Its tags, separated by commas.
    pub tags: &'t str,
    /// What its event is about.
    pub info: &'t str,
}

/// Reads attributes of a table by the same rules as those of events.
#[must_use]
pub fn read_attributes(attributes: &[(Place, Attribute<'_>)], options: &Options) -> Reading {
    let mut reader = Reader::new(options);
    let domains: std::collections::HashSet<&str> = attributes
        .iter()
        .filter(|(_, attribute)| matches!(attribute.kind, "domain" | "hostname"))
        .map(|(_, attribute)| attribute.object_uuid)
        .filter(|uuid| !uuid.is_empty())
        .collect();
    let mut files = std::collections::HashMap::new();
    for (place, attribute) in attributes {
        let file = (!attribute.object_uuid.is_empty()).then(|| {
            let next = files.len();
            *files.entry(attribute.object_uuid).or_insert(next)
        });
        let read = document::Attribute {
            kind: scalar(attribute.kind),
            value: scalar(attribute.value),
            to_ids: scalar(attribute.to_ids),
            deleted: Scalar::Missing,
            comment: scalar(attribute.comment),
            timestamp: scalar(attribute.timestamp),
            last_seen: scalar(attribute.last_seen),
            object_relation: scalar(attribute.relation),
            tags: json::Names(attribute.tags.split(',').map(scalar).collect()),
            event: json::ByName::default(),
        };
        let around = Around {
            info: (!attribute.info.trim().is_empty()).then_some(attribute.info),
            changed: None,
            tlp: None,
            object: (!attribute.object.trim().is_empty()).then_some(attribute.object),
            is_deleted: false,
            has_domain: domains.contains(attribute.object_uuid),
            file,
        };
        reader.attribute(place, &read, &around);
    }
    reader.events = usize::from(!attributes.is_empty());
    reader.finish("attribute")
}

/// What stands around an attribute.
#[derive(Debug, Clone, Default)]
struct Around<'d> {
    info: Option<&'d str>,
    changed: Option<Timestamp>,
    tlp: Option<Tlp>,
    object: Option<&'d str>,
    is_deleted: bool,
    /// Whether its object names a domain.
    has_domain: bool,
    /// The number of its object.
    file: Option<usize>,
}

struct Reader<'o> {
    options: &'o Options,
    reading: Reading,
    events: usize,
    objects: usize,
}

impl<'o> Reader<'o> {
    fn new(options: &'o Options) -> Self {
        Self {
            options,
            reading: Reading::default(),
            events: 0,
            objects: 0,
        }
    }

    /// An event, or whatever holds events.
    fn outer(&mut self, place: &str, event: &Event<'_>) {
        for (position, inner) in event.event.each() {
            self.outer(&format!("{}{position}", member(place, "Event")), inner);
        }
        for (position, inner) in event.response.each() {
            self.outer(&format!("{}{position}", member(place, "response")), inner);
        }
        if !event.is_event() {
            return;
        }
        self.events += 1;
        let around = Around {
            info: event.info.text(),
            changed: instant(&event.timestamp),
            tlp: tlp(&event.tags),
            ..Around::default()
        };
        for (position, attribute) in event.attributes.each() {
            let at = format!("{}{position}", member(place, "Attribute"));
            self.attribute(&Place::Path(at, None), attribute, &around);
        }
        for (position, object) in event.objects.each() {
            self.object(&format!("{}{position}", member(place, "Object")), object, &around);
        }
    }

    fn object(&mut self, place: &str, object: &Object<'_>, around: &Around<'_>) {
        self.objects += 1;
        let is_domain =
            |attribute: &document::Attribute<'_>| matches!(attribute.kind.text(), Some("domain" | "hostname"));
        let around = Around {
            object: object.name.text(),
            // What cannot be read was hardly written by MISP; then the attributes speak for themselves.
            is_deleted: object.deleted.flag().unwrap_or(false),
            has_domain: object.attributes.each().any(|(_, attribute)| is_domain(attribute)),
            file: Some(self.objects),
            ..around.clone()
        };
        for (position, attribute) in object.attributes.each() {
            let at = format!("{}{position}", member(place, "Attribute"));
            self.attribute(&Place::Path(at, None), attribute, &around);
        }
    }

    fn attribute(&mut self, place: &Place, attribute: &document::Attribute<'_>, around: &Around<'_>) {
        let at = |name: &str| match place {
            Place::Path(path, _) => Place::Path(format!("{path}.{name}"), None),
            Place::Line(..) => place.clone(),
        };
        let written = attribute.value.text().unwrap_or_default();
        let Some(name) = attribute.kind.text() else {
            let note = format!("the type is {}", attribute.kind.kind());
            return self.reading.skip(at("type"), Reason::Malformed, written, Some(note));
        };
        let kind = Kind::of(name.trim());
        let is_for_detection = attribute.to_ids.flag();
        if kind.is_none() && !self.options.ignore_to_ids && is_for_detection == Some(false) {
            return;
        }
        let deleted = attribute.deleted.flag();
        if around.is_deleted || deleted == Some(true) {
            return self.reading.skip(place.clone(), Reason::Deleted, written, None);
        }
        for (flag, member, read) in [
            (&attribute.deleted, "deleted", deleted),
            (&attribute.to_ids, "to_ids", is_for_detection),
        ] {
            if read.is_none() {
                let note = format!("`{member}` is {}, not true or false", flag.kind());
                return self.reading.skip(at(member), Reason::Malformed, written, Some(note));
            }
        }
        let Some(kind) = kind else {
            let note = Some(format!("Defender has no indicators of the type {}", super::shown(name)));
            return self.reading.skip(place.clone(), Reason::Type, written, note);
        };
        let Scalar::Text(value) = &attribute.value else {
            let note = format!("the value is {}", attribute.value.kind());
            return self.reading.skip(at("value"), Reason::Malformed, written, Some(note));
        };
        if !self.options.ignore_to_ids && is_for_detection == Some(false) {
            let note = Some("it is not for detection (`to_ids` is false)".to_owned());
            return self.reading.skip(place.clone(), Reason::ToIds, value, note);
        }
        let tlp = tlp(&attribute.tags).max(around.tlp);
        if let (Some(tlp), Some(most)) = (tlp, self.options.max_tlp)
            && tlp > most
        {
            let note = format!("it is TLP:{}", tlp.name());
            return self.reading.skip(place.clone(), Reason::Tlp, value, Some(note));
        }
        self.values(place, &kind, value, attribute, &Around { tlp, ..around.clone() });
    }

    /// The one or two values of an attribute.
    fn values(
        &mut self,
        place: &Place,
        kind: &Kind,
        value: &str,
        attribute: &document::Attribute<'_>,
        around: &Around<'_>,
    ) {
        match kind {
            Kind::Value(kind) => {
                let is_resolved = *kind == IndicatorType::IpAddress
                    && around.has_domain
                    && around
                        .object
                        .is_some_and(|object| object.eq_ignore_ascii_case("domain-ip"));
                if is_resolved && !self.options.resolved_addresses {
                    return self.reading.skip(place.clone(), Reason::ResolvedAddress, value, None);
                }
                self.value(place, value, kind, None, attribute, around);
            }
            Kind::NamedFile(kind) => match value.rsplit_once('|') {
                Some((name, hash)) => self.value(place, hash, kind, Some(name), attribute, around),
                None => {
                    let note = Some("there is no `|` between the name of a file and its hash".to_owned());
                    self.reading.skip(place.clone(), Reason::Value, value, note);
                }
            },
            Kind::Resolved => {
                let (domain, address) = value.split_once('|').unwrap_or((value, ""));
                self.value(place, domain, &IndicatorType::DomainName, None, attribute, around);
                if address.trim().is_empty() {
                    return;
                }
                if self.options.resolved_addresses {
                    self.value(place, address, &IndicatorType::IpAddress, None, attribute, around);
                } else {
                    self.reading.skip(place.clone(), Reason::ResolvedAddress, address, None);
                }
            }
            Kind::WithPort(kind) => {
                let (host, port) = value.rsplit_once('|').unwrap_or((value, ""));
                if port.trim().is_empty() || self.options.drop_port {
                    self.value(place, host, kind, None, attribute, around);
                } else {
                    let note = Some("it is for one port, and an indicator is for all ports".to_owned());
                    self.reading.skip(place.clone(), Reason::Port, value, note);
                }
            }
        }
    }

    fn value(
        &mut self,
        place: &Place,
        value: &str,
        kind: &IndicatorType,
        file_name: Option<&str>,
        attribute: &document::Attribute<'_>,
        around: &Around<'_>,
    ) {
        let mut taken: Taken = take(value, Some(kind), self.options);
        let relation = attribute.object_relation.text().unwrap_or_default();
        let object = around.object.unwrap_or_default();
        if taken.outcome.is_ok() && kind::is_not_the_attackers(object, relation) {
            let note = format!(
                "{} does not belong to the attacker",
                super::shown(&format!("{object}.{relation}"))
            );
            taken.outcome = Err((Reason::Relation, Some(note)));
        }
        let item = Item {
            fields: self.fields(attribute, file_name, around),
            file: around.file.filter(|_| kind.is_file()),
            modified: instant(&attribute.timestamp).or(around.changed),
            tlp: around.tlp,
            ..Item::new(place.clone(), value, Some(kind.clone()))
        };
        self.reading.put(item, taken);
    }

    /// Title, description and expiry. MISP has no expiry, so there is one only if a lifetime was asked for; it is counted
    /// from when the attribute was seen or changed last, so that it is the same tomorrow.
    fn fields(
        &self,
        attribute: &document::Attribute<'_>,
        file_name: Option<&str>,
        around: &Around<'_>,
    ) -> Vec<(Field, FieldValue)> {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let mut fields = Vec::new();
        let event = attribute.event.get("info").and_then(Scalar::text);
        let title = event.or(around.info);
        fields.extend(title.map(|title| (Field::Title, text(title))));
        let description = attribute
            .comment
            .text()
            .or(file_name.filter(|name| !name.trim().is_empty()));
        fields.extend(description.map(|description| (Field::Description, text(description))));
        let seen = instant(&attribute.last_seen)
            .or_else(|| instant(&attribute.timestamp))
            .or(around.changed);
        let expiry = self
            .options
            .lifetime
            .zip(seen)
            .map(|(lifetime, seen)| lifetime.end(seen));
        fields.extend(expiry.map(|expiry| (Field::ExpirationTime, text(&instant_text(expiry)))));
        fields.sort_by_key(|(field, _)| *field);
        fields
    }

    fn finish(self, what: &str) -> Reading {
        let mut reading = settle(self.reading, self.options);
        if reading.drafts.is_empty() {
            let not_for_detection = reading
                .skipped
                .iter()
                .filter(|skipped| skipped.reason == Reason::ToIds)
                .count();
            reading.empty = Some(if self.events == 0 {
                format!("there is no {what} in it")
            } else if not_for_detection > 0 {
                let (attributes, them) = if not_for_detection == 1 {
                    ("attribute of a type that Defender takes has", "it")
                } else {
                    ("attributes of a type that Defender takes have", "them")
                };
                format!(
                    "{not_for_detection} {attributes} `to_ids` = false, and no other attribute can be taken; `convert \
                     --ignore-to-ids` takes {them}"
                )
            } else if reading.skipped.is_empty() {
                "no attribute is of a type that Defender takes".to_owned()
            } else {
                "none of the attributes can be taken".to_owned()
            });
        }
        reading
    }
}

impl Event<'_> {
    /// Whether it is an event or attributes.
    fn is_event(&self) -> bool {
        self.attributes.is_there() || self.objects.is_there() || self.info.text().is_some()
    }

    /// Whether there is anything of MISP's in it.
    fn is_misp(&self) -> bool {
        self.event.is_there() || self.response.is_there() || self.attributes.is_there() || self.objects.is_there()
    }
}

/// A cell of a table; an empty one is missing.
fn scalar(text: &str) -> Scalar<'_> {
    match text.trim() {
        "" => Scalar::Missing,
        _ => Scalar::Text(text.into()),
    }
}

fn member(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}

/// An instant as MISP writes it: seconds since 1970, as a number or as text, or RFC 3339.
fn instant(scalar: &Scalar<'_>) -> Option<Timestamp> {
    let of_seconds = |seconds: i64| Timestamp::from_second(seconds).ok().filter(|_| seconds > 0);
    match scalar {
        Scalar::Whole(seconds) => of_seconds(*seconds),
        other => {
            let text = other.text()?.trim();
            parse_instant(text).or_else(|| of_seconds(text.parse().ok()?))
        }
    }
}

/// The strictest mark among tags such as `tlp:amber`. One that is not known is taken for the strictest there is.
fn tlp(tags: &json::Names<'_>) -> Option<Tlp> {
    let colours = tags.0.iter().filter_map(Scalar::text).filter_map(|tag| {
        let tag = tag.trim().to_ascii_lowercase();
        tag.strip_prefix("tlp:").map(str::to_owned)
    });
    colours
        .map(|colour| Tlp::from_name(colour.trim_matches(['"', ' '])).unwrap_or(Tlp::Red))
        .max()
}
