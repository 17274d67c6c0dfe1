//! What two versions of a row differ in, by what they say in effect.

use super::list::Row;
use crate::indicator::{Field, FieldSet, FieldValue, differences};
use std::collections::BTreeSet;

/// One field that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The name of the field.
    pub name: String,
    /// Whether people write what they like in it.
    pub is_free_text: bool,
    /// What it says before.
    pub old: Said,
    /// What it says after.
    pub new: Said,
}

/// What a row says in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// This text, and who says so.
    Text(String, Origin),
    /// Nothing: the service's default.
    Nothing,
    /// Something that is known only after apply.
    Unknown,
    /// Something that must not be shown.
    Sensitive,
}

/// Who says what a row says in effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The row itself.
    Row,
    /// Its set.
    Set,
    /// Nobody, so that the service's default counts.
    Default,
}

/// How two versions of a row of one value are to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// They say the same.
    Same,
    /// These fields differ, which a write changes.
    Changed(Vec<FieldChange>),
    /// These fields differ, and the service keeps them only in another row.
    Anew(Vec<FieldChange>),
    /// They are about different values.
    Other,
}

impl FieldChange {
    /// Whether the change comes from the set: the row itself wrote nothing of it, before or after.
    pub fn is_inherited(&self) -> bool {
        let own = |said: &Said| matches!(said, Said::Text(_, Origin::Row));
        !own(&self.old) && !own(&self.new)
    }
}

impl Relation {
    /// What differs.
    pub fn fields(&self) -> &[FieldChange] {
        match self {
            Self::Changed(fields) | Self::Anew(fields) => fields,
            Self::Same | Self::Other => &[],
        }
    }
}

/// Compares a row with the one that it becomes.
pub fn relation(before: &Row, after: &Row) -> Relation {
    let is_known = |field: Field| !before.unknown.contains(field) && !after.unknown.contains(field);
    let may_be_other = is_known(Field::Value) && is_known(Field::Type);
    if may_be_other && before.indicator.value_key() != after.indicator.value_key() {
        return Relation::Other;
    }
    let fields = differing(before, after);
    let names: BTreeSet<&String> = before.others.keys().chain(after.others.keys()).collect();
    let others = names
        .into_iter()
        .filter(|name| before.others.get(*name) != after.others.get(*name));
    let others = others.map(|name| {
        let said = |row: &Row| {
            row.others
                .get(name)
                .map_or(Said::Nothing, |text| Said::Text(text.clone(), Origin::Row))
        };
        FieldChange {
            name: name.clone(),
            is_free_text: false,
            old: said(before),
            new: said(after),
        }
    });
    let changes: Vec<FieldChange> = fields
        .iter()
        .map(|field| change(field, before, after))
        .chain(others)
        .collect();
    let needs_new_row = |field: Field| is_known(field) && (field == Field::Action || field.is_create_only());
    if changes.is_empty() {
        Relation::Same
    } else if fields.iter().any(needs_new_row) {
        Relation::Anew(changes)
    } else {
        Relation::Changed(changes)
    }
}

/// The fields in which one row is not what the other one says, in either direction, and those that may turn out so.
fn differing(before: &Row, after: &Row) -> FieldSet {
    let mut fields: FieldSet = [(before, after), (after, before)]
        .into_iter()
        .flat_map(|(wanted, found)| differences(&wanted.indicator, &found.indicator))
        .map(|difference| difference.field)
        .collect();
    // It is not in the service, and yet it decides when the expiry is.
    if before.indicator.fields.lifetime != after.indicator.fields.lifetime {
        fields.insert(Field::Lifetime);
    }
    fields.extend(after.unknown.iter());
    fields
}

fn change(field: Field, before: &Row, after: &Row) -> FieldChange {
    // What was hidden once is hidden on both sides: the difference would tell it.
    let is_hidden = before.sensitive.contains(field) || after.sensitive.contains(field);
    let of = |row: &Row| if is_hidden { Said::Sensitive } else { said(field, row) };
    FieldChange {
        name: field.name().to_owned(),
        is_free_text: field.is_free_text(),
        old: of(before),
        new: of(after),
    }
}

/// What the row says in the field.
pub fn said(field: Field, row: &Row) -> Said {
    if row.sensitive.contains(field) {
        return Said::Sensitive;
    }
    if row.unknown.contains(field) {
        return Said::Unknown;
    }
    // The key of a row is its value.
    let is_own = field == Field::Value || row.own.contains(field);
    let origin = if is_own { Origin::Row } else { Origin::Set };
    match field.get(&row.indicator) {
        Some(value) => Said::Text(text(&value), origin),
        None => match field.explicit_default().map(|value| text(&value)) {
            Some(text) if !text.is_empty() => Said::Text(text, Origin::Default),
            _ => Said::Nothing,
        },
    }
}

/// A value as people read it: texts without quotes, lists with commas.
pub fn text(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Texts(texts) => texts.join(", "),
        FieldValue::Wholes(numbers) => numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        FieldValue::Flag(_) | FieldValue::Whole(_) | FieldValue::Certificate(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::list::{List, Marked};
    use serde_json::{Value as Json, json};

    fn row(set: Json, unknown: Json, sensitive: Json) -> Row {
        let raw = |json: Json| serde_json::value::to_raw_value(&json).unwrap();
        let (value, unknown, sensitive) = (raw(set), raw(unknown), raw(sensitive));
        let marked = Marked {
            value: Some(&value),
            unknown: Some(&unknown),
            sensitive: Some(&sensitive),
        };
        List::of_set(marked).unwrap().rows.remove(0)
    }

    fn plain(defaults: Json, fields: Json) -> Row {
        let mut set = defaults;
        set["indicators"] = json!({ "a.example": fields });
        row(set, json!({}), json!({}))
    }

    /// The relation in words.
    fn told(before: &Row, after: &Row) -> String {
        let relation = relation(before, after);
        let said = |said: &Said| match said {
            Said::Text(text, origin) => format!("{text} ({origin:?})"),
            other => format!("{other:?}"),
        };
        let fields: Vec<String> = relation
            .fields()
            .iter()
            .map(|change| format!("{}: {} -> {}", change.name, said(&change.old), said(&change.new)))
            .collect();
        let kind = match &relation {
            Relation::Same => "same",
            Relation::Changed(_) => "changed",
            Relation::Anew(_) => "anew",
            Relation::Other => "other",
        };
        format!("{kind} {}", fields.join("; "))
    }

    #[test]
    fn rows_are_compared_by_what_they_say_in_effect() {
        let block = || json!({"action": "Block", "severity": "High"});
        let medium = || json!({"action": "Block", "severity": "Medium"});
        for (before, after, expected) in [
            (plain(block(), json!({})), plain(block(), json!(null)), "same "),
            (
                plain(block(), json!({})),
                plain(block(), json!({"severity": "High"})),
                "same ",
            ),
            (
                plain(block(), json!({"severity": "Low"})),
                plain(block(), json!({})),
                "changed severity: Low (Row) -> High (Set)",
            ),
            (
                plain(block(), json!({})),
                plain(medium(), json!({})),
                "changed severity: High (Set) -> Medium (Set)",
            ),
            (
                plain(block(), json!({})),
                plain(json!({"action": "Block"}), json!({})),
                "changed severity: High (Set) -> Informational (Default)",
            ),
            (
                plain(block(), json!({"title": "x"})),
                plain(block(), json!({})),
                "changed title: x (Row) -> Nothing",
            ),
            (
                plain(block(), json!({})),
                plain(block(), json!({"action": "Allowed", "title": "x"})),
                "anew action: Block (Set) -> Allowed (Row); title: Nothing -> x (Row)",
            ),
            (
                plain(block(), json!({"application": "a"})),
                plain(block(), json!({"application": "b"})),
                "anew application: a (Row) -> b (Row)",
            ),
            (
                plain(block(), json!({"lifetime": "1d"})),
                plain(block(), json!({"lifetime": "24h"})),
                "same ",
            ),
            (
                plain(block(), json!({"lifetime": "1d"})),
                plain(block(), json!({"lifetime": "2d"})),
                "changed lifetime: 1d (Row) -> 2d (Row)",
            ),
            (
                plain(block(), json!({"expiration_time": "2030-01-01T00:00:00Z"})),
                plain(block(), json!({"expiration_time": "2030-01-01T01:00:00+01:00"})),
                "same ",
            ),
            (
                plain(block(), json!({"value": "A.example."})),
                plain(block(), json!({})),
                "same ",
            ),
            (
                plain(block(), json!({})),
                plain(block(), json!({"value": "b.example"})),
                "other ",
            ),
            (
                plain(block(), json!({"rbac_group_names": ["A", "B"]})),
                plain(block(), json!({"rbac_group_names": ["B", "C"]})),
                "changed rbac_group_names: A, B (Row) -> B, C (Row)",
            ),
            (
                plain(block(), json!({"owner": 1})),
                plain(block(), json!({"owner": [2]})),
                "changed owner: 1 (Row) -> [2] (Row)",
            ),
        ] {
            assert_eq!(told(&before, &after), expected);
        }
    }

    #[test]
    fn what_is_not_known_may_change_and_what_is_sensitive_is_hidden() {
        let before = plain(json!({"action": "Block", "title": "old"}), json!({}));
        let set = || json!({"action": "Block", "title": "new", "indicators": {"a.example": {}}});
        let unknown = row(set(), json!({"title": true}), json!({}));
        assert_eq!(told(&before, &unknown), "changed title: old (Set) -> Unknown");
        let sensitive = row(set(), json!({}), json!({"title": true}));
        assert_eq!(told(&before, &sensitive), "changed title: Sensitive -> Sensitive");
        let wholly = row(
            json!({"action": "Block"}),
            json!({"indicators": {"a.example": true}}),
            json!({}),
        );
        assert!(told(&before, &wholly).starts_with("changed value: a.example (Row) -> Unknown"));
    }

    #[test]
    fn what_the_set_changes_is_told_apart() {
        let change = |before: &Row, after: &Row| relation(before, after).fields()[0].is_inherited();
        let (high, low) = (
            json!({"action": "Block", "severity": "High"}),
            json!({"action": "Block", "severity": "Low"}),
        );
        assert!(change(&plain(high.clone(), json!({})), &plain(low.clone(), json!({}))));
        assert!(change(
            &plain(high.clone(), json!({})),
            &plain(json!({"action": "Block"}), json!({}))
        ));
        assert!(!change(
            &plain(high.clone(), json!({})),
            &plain(high, json!({"severity": "Low"}))
        ));
        assert!(!change(
            &plain(json!({"action": "Block"}), json!({"severity": "High"})),
            &plain(low, json!({}))
        ));
    }
}
