//! Texts that a plan marks as sensitive, so that the words of a log do not tell them: the provider cannot know which ones
//! they are, and names rows in its warnings.

use super::list::{List, Row};
use super::plan::Plan;
use super::{SENSITIVE, changes, difference};
use crate::indicator::{Field, FieldKind};
use std::collections::BTreeSet;

/// Shorter ones are not looked for: they would be found in ordinary words.
const SHORTEST: usize = 3;

/// The texts that must not be shown.
#[derive(Debug, Default)]
pub struct Hidden {
    /// The longest first, so that no part of one is left over.
    texts: Vec<String>,
}

impl Hidden {
    /// The sensitive texts of a plan.
    pub fn of(plan: &Plan<'_>) -> Self {
        let mut texts = BTreeSet::new();
        for resource in plan.resource_changes.iter().chain(&plan.resource_drift) {
            if changes::holds_indicators(resource) {
                let (before, after) = changes::lists(&resource.kind, &resource.change);
                before.iter().chain(&after).for_each(|list| collect(list, &mut texts));
            }
        }
        let mut texts: Vec<String> = texts.into_iter().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { texts }
    }

    /// The text without them.
    pub fn redacted(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for hidden in &self.texts {
            if memchr::memmem::find(out.as_bytes(), hidden.as_bytes()).is_some() {
                out = out.replace(hidden, SENSITIVE);
            }
        }
        out
    }
}

fn collect(list: &List, texts: &mut BTreeSet<String>) {
    for row in std::iter::once(&list.defaults).chain(&list.rows) {
        if row.is_hidden {
            put(texts, &row.key);
        }
        row.sensitive.iter().for_each(|field| of_field(field, row, texts));
    }
}

/// What the field says, if it is text of the user's own: names of types and the like are in every message.
fn of_field(field: Field, row: &Row, texts: &mut BTreeSet<String>) {
    let is_own = field == Field::Value
        || matches!(
            field,
            Field::RbacGroupNames | Field::MitreTechniques | Field::ExpirationTime
        )
        || field.is_free_text();
    let Some(value) = field.get(&row.indicator).filter(|_| is_own) else {
        return;
    };
    if field.kind() == FieldKind::Text {
        put(texts, &difference::text(&value));
    } else if let crate::indicator::FieldValue::Texts(items) = &value {
        items.iter().for_each(|item| put(texts, item));
    }
}

fn put(texts: &mut BTreeSet<String>, text: &str) {
    // As the provider prints it, too.
    for spelling in [text.to_owned(), crate::outgoing::line(text)] {
        if spelling.chars().count() >= SHORTEST {
            texts.insert(spelling);
        }
    }
}
