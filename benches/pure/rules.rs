//! Normalising: types told from values, canonical spellings, and the rules for values and fields.

use super::at_every_size;
use super::data::Row;
use super::time::PerIndicator;
use criterion::Criterion;
use mde::indicator::{Action, FieldSet, Fields, Indicator, Severity, canonical, detect_type, rules};

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    at_every_size(criterion, "tell the type", <[Row]>::to_vec, |rows| {
        rows.iter().filter_map(|row| detect_type(&row.value)).count()
    });
    at_every_size(criterion, "canonical spelling", indicators, |indicators| {
        indicators
            .iter()
            .map(|indicator| canonical(&indicator.indicator_type, &indicator.value).len())
            .sum::<usize>()
    });
    at_every_size(criterion, "key and digest", indicators, |indicators| {
        indicators.iter().map(|indicator| indicator.key().digest()).max()
    });
    at_every_size(criterion, "check the rules", indicators, |indicators| {
        indicators
            .iter()
            .map(|indicator| rules::check(indicator, FieldSet::EMPTY).len())
            .sum::<usize>()
    });
    at_every_size(
        criterion,
        "compare with what is found",
        |rows| (indicators(rows), indicators(rows)),
        |(wanted, found)| {
            wanted
                .iter()
                .zip(found)
                .filter(|(wanted, found)| !mde::indicator::differences(wanted, found).is_empty())
                .count()
        },
    );
}

fn indicators(rows: &[Row]) -> Vec<Indicator> {
    rows.iter()
        .map(|row| Indicator {
            value: row.value.clone(),
            indicator_type: detect_type(&row.value).unwrap(),
            action: Action::Block,
            fields: Fields {
                severity: Some(Severity::from_service(row.severity)),
                title: Some(row.title.clone()),
                description: Some(row.description.clone()),
                recommended_actions: Some(row.recommended_actions.to_owned()),
                ..Fields::default()
            },
        })
        .collect()
}
