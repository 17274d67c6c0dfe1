//! Rows grouped into sets, so that an import filter selects exactly the rows of each.

use super::filter::Dimension;
use super::names::{kebab, slug};
use crate::indicator::{Row, is_writable};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// The rows of one set.
#[derive(Debug)]
pub struct Group<'a> {
    /// The rows; never none.
    pub rows: Vec<&'a Row>,
    /// The import filter that selects exactly these, if there is one.
    pub filter: Option<String>,
    /// A name for the set, of letters, digits and hyphens.
    pub name: String,
}

/// What a group is divided by where no filter selects exactly its rows, such as beside the rows of other products.
const FINER: [Dimension; 3] = [Dimension::Source, Dimension::CreatedBy, Dimension::Type];

/// Groups by label and action, and finer where a filter needs it. `rows` is everything that an import sees.
pub fn groups<'a>(taken: &[&'a Row], rows: &[&Row]) -> Vec<Group<'a>> {
    let importable: Vec<&Row> = rows.iter().copied().filter(|row| is_writable(&row.indicator)).collect();
    let mut groups = Vec::new();
    for part in divide(taken, &[Dimension::Application, Dimension::Action]) {
        settle(&part, &importable, &FINER, &mut Vec::new(), &mut groups);
    }
    groups
}

/// The rows by what they say of these.
fn divide<'a>(rows: &[&'a Row], dimensions: &[Dimension]) -> Vec<Vec<&'a Row>> {
    let mut parts: BTreeMap<Vec<String>, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let key = dimensions.iter().map(|dimension| key(*dimension, row)).collect();
        parts.entry(key).or_default().push(row);
    }
    parts.into_values().collect()
}

/// What is equal wherever a filter finds it equal.
fn key(dimension: Dimension, row: &Row) -> String {
    let text = dimension.of(row);
    match dimension {
        Dimension::Application => text.nfc().collect(),
        Dimension::CreatedBy => text.to_ascii_lowercase(),
        Dimension::Action | Dimension::Type | Dimension::Source => text.to_owned(),
    }
}

/// Adds the group, divided as long as no filter selects exactly its rows. `told` is what it was divided by.
fn settle<'a>(
    rows: &[&'a Row],
    importable: &[&Row],
    finer: &[Dimension],
    told: &mut Vec<Dimension>,
    groups: &mut Vec<Group<'a>>,
) {
    let filter = exact_filter(rows, importable);
    if filter.is_none()
        && let Some((dimension, rest)) = finer.split_first()
    {
        let parts = divide(rows, &[*dimension]);
        let is_divided = parts.len() > 1;
        if is_divided {
            told.push(*dimension);
        }
        let mut divided = Vec::new();
        for part in parts {
            settle(&part, importable, rest, told, &mut divided);
        }
        if is_divided {
            told.pop();
        }
        if divided.iter().any(|group| group.filter.is_some()) {
            groups.append(&mut divided);
            return;
        }
        // Smaller sets would be of no more use.
    }
    groups.push(Group {
        filter,
        name: name(rows, told),
        rows: rows.to_vec(),
    });
}

/// The shortest filter that selects these rows and no others. It names label and action even where it need not: rows of others
/// that come in between belong to another list.
fn exact_filter(rows: &[&Row], importable: &[&Row]) -> Option<String> {
    let first = rows.first()?;
    let usable: Vec<(Dimension, &str, String)> = Dimension::ALL
        .into_iter()
        .filter_map(|dimension| {
            let wanted = dimension.of(first);
            let is_shared = rows.iter().all(|row| dimension.matches(row, wanted));
            is_shared.then_some((dimension, wanted, dimension.filter(wanted)?))
        })
        .collect();
    let is_always_named = |dimension| matches!(dimension, Dimension::Application | Dimension::Action);
    let mut choices: Vec<Vec<&(Dimension, &str, String)>> = (1_u32..1 << usable.len())
        .map(|bits| {
            let chosen = usable
                .iter()
                .enumerate()
                .filter(|(bit, (dimension, ..))| is_always_named(*dimension) || bits & (1 << bit) != 0);
            chosen.map(|(_, one)| one).collect()
        })
        .collect();
    // Stable: of equally long ones those that name the first dimensions.
    choices.sort_by_key(Vec::len);
    // All rows fit, so no other does if the numbers are the same.
    let is_exact = |choice: &Vec<&(Dimension, &str, String)>| {
        let fits = |row: &&&Row| {
            choice
                .iter()
                .all(|(dimension, wanted, _)| dimension.matches(row, wanted))
        };
        importable.iter().filter(fits).take(rows.len() + 1).count() == rows.len()
    };
    let choice = choices.iter().find(|choice| is_exact(choice))?;
    let parts: Vec<&str> = choice.iter().map(|(_, _, filter)| filter.as_str()).collect();
    Some(parts.join(","))
}

/// A name after the label, or else the common title, and the action.
fn name(rows: &[&Row], told: &[Dimension]) -> String {
    let Some(first) = rows.first() else {
        return slug(&[], "list");
    };
    let title = |row: &Row| row.indicator.fields.title.clone().unwrap_or_default();
    let common = title(first);
    let label = match Dimension::Application.of(first) {
        "" if rows.iter().all(|row| title(row) == common) => common,
        label => label.to_owned(),
    };
    let action = kebab(first.indicator.action.as_str());
    let label = slug(&[&label], "indicators");
    let mut parts = vec![label.as_str(), &action];
    parts.extend(told.iter().map(|dimension| dimension.of(first)));
    slug(&parts, "list")
}
