//! What others did to the rows of the configuration in the tenant: the rows from the plan, who did it from the log.

use super::changes::{self, Name};
use super::difference::{FieldChange, Relation};
use super::hidden::Hidden;
use super::list::Row;
use super::log::{Event, Message, Noted, noted};
use super::pairing::pair;
use super::plan::{Plan, Stored};
use crate::indicator::{Action, Identity, IndicatorType};
use crate::outgoing;
use serde::Deserialize;
use std::collections::HashMap;

/// A row that is not as the state says.
#[derive(Debug)]
pub struct Drifted {
    /// The address of its resource.
    pub address: String,
    /// What it is called; `None` if only a line of the log tells of it that cannot be read.
    pub name: Option<Name>,
    /// What happened.
    pub event: Event,
    /// The fields that somebody changed.
    pub fields: Vec<FieldChange>,
    /// Who did it.
    pub who: Option<String>,
    /// When, as RFC 3339 has it.
    pub when: Option<String>,
    /// What the log says of the row, where the plan shows nothing.
    pub words: Option<String>,
}

/// Who changed or made rows last, by the data source `mde_indicators`.
#[derive(Default)]
struct Authors(HashMap<Identity, (String, Option<String>)>);

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    indicators: Vec<ListedRow>,
}

#[derive(Deserialize)]
struct ListedRow {
    value: String,
    r#type: String,
    action: String,
    #[serde(default)]
    created_by: Option<String>,
    #[serde(default)]
    creation_time: Option<String>,
    #[serde(default)]
    last_updated_by: Option<String>,
    #[serde(default)]
    last_update_time: Option<String>,
}

impl Authors {
    fn of(resources: &[&Stored<'_>]) -> Self {
        let mut authors = Self::default();
        for resource in resources.iter().filter(|resource| resource.kind == "mde_indicators") {
            let values = resource
                .values
                .and_then(|values| serde_json::from_str::<Listed>(values.get()).ok());
            for row in values.into_iter().flat_map(|listed| listed.indicators) {
                let kind = IndicatorType::from_service(&row.r#type);
                let identity = Identity::new(&row.value, &kind, &Action::from_service(&row.action));
                let author = match row.last_updated_by {
                    Some(who) => Some((who, row.last_update_time)),
                    None => row.created_by.map(|who| (who, row.creation_time)),
                };
                if let Some(author) = author {
                    authors.0.insert(identity, author);
                }
            }
        }
        authors
    }

    fn find(&self, row: &Row) -> (Option<String>, Option<String>) {
        match self.0.get(&row.indicator.identity()) {
            Some((who, when)) => (Some(who.clone()), when.clone()),
            None => (None, None),
        }
    }
}

/// Everything that others did, by resource and row.
pub fn of(plan: Option<&Plan<'_>>, messages: &[Message], hidden: &Hidden) -> Vec<Drifted> {
    let mut words: HashMap<&str, Vec<Noted>> = HashMap::new();
    for message in messages.iter().filter(|message| !message.is_error) {
        if let Some(address) = &message.address {
            words.entry(address).or_default().extend(noted(message));
        }
    }
    let stored = plan.and_then(|plan| plan.prior_state.as_ref());
    let authors = Authors::of(&stored.map(super::plan::State::resources).unwrap_or_default());
    let mut found = Vec::new();
    let resources = plan.into_iter().flat_map(|plan| &plan.resource_drift);
    for resource in resources.filter(|resource| changes::holds_indicators(resource)) {
        let noted = words.get_mut(resource.address.as_str());
        let noted: &mut Vec<Noted> = match noted {
            Some(noted) => noted,
            None => &mut Vec::new(),
        };
        let (before, after) = changes::lists(&resource.kind, &resource.change);
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let pairing = pair(&before.rows, &after.rows);
        let mut push = |row: &Row, event: Event, fields: Vec<FieldChange>| {
            found.push(joined(&resource.address, row, event, fields, noted, &authors));
        };
        for (_, other, relation) in pairing.pairs {
            if let (Relation::Changed(fields) | Relation::Anew(fields), Some(row)) = (relation, after.rows.get(other)) {
                push(row, Event::Changed, fields);
            }
        }
        for row in pairing.before.iter().filter_map(|place| before.rows.get(*place)) {
            push(row, Event::Deleted, Vec::new());
        }
        for row in pairing.after.iter().filter_map(|place| after.rows.get(*place)) {
            push(row, Event::Stranger, Vec::new());
        }
    }
    // What the plan does not show: a field that was cleared where the set has a default, and runs without a plan.
    let mut left: Vec<(&str, Noted)> = Vec::new();
    for (address, noted) in words {
        left.extend(noted.into_iter().map(|noted| (address, noted)));
    }
    found.extend(left.into_iter().map(|(address, noted)| {
        let name = noted.name.as_ref().map(|name| Name {
            kind: None,
            value: Some(hidden.redacted(name)),
            key: None,
        });
        let words = if name.is_some() { noted.words } else { Some(noted.line) };
        Drifted {
            address: address.to_owned(),
            event: noted.event,
            fields: Vec::new(),
            who: noted.who,
            when: noted.when,
            words: words.map(|words| hidden.redacted(&words)),
            name,
        }
    }));

    let order = |one: &Drifted| (one.address.clone(), one.event, one.name.clone(), one.words.clone());
    found.sort_by_cached_key(order);
    found
}

/// A row with what the log says of it, which is taken out of the log.
fn joined(
    address: &str,
    row: &Row,
    event: Event,
    fields: Vec<FieldChange>,
    noted: &mut Vec<Noted>,
    authors: &Authors,
) -> Drifted {
    // The provider's exit writes out what nobody can see; it calls strangers by their value.
    let names = [outgoing::line(&row.key), outgoing::line(&row.indicator.value)];
    let is_of = |noted: &Noted| {
        // A row that another resource holds is gone from this one.
        let is_so = noted.event == event || (noted.event == Event::Lost && event == Event::Deleted);
        is_so && noted.name.as_ref().is_some_and(|name| names.contains(name))
    };
    let place = noted.iter().position(is_of);
    let words = place.map(|place| noted.swap_remove(place));
    let (who, when) = match &words {
        Some(words) => (words.who.clone(), words.when.clone()),
        None => authors.find(row),
    };
    Drifted {
        address: address.to_owned(),
        name: Some(Name::of(row)),
        event: words.as_ref().map_or(event, |words| words.event),
        fields,
        who,
        when,
        words: None,
    }
}
