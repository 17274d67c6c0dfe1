//! What is written down of an indicator that the service holds, so that whoever reads it back wants what is there: by itself,
//! and in a list that says once what all its rows share.

use super::{Field, FieldValue, Indicator, IndicatorType, detect_type, differences};
use crate::indicator::Action;

/// The fields that all of these agree on and that leaving out would not say. They belong to the list; its rows write the rest.
#[must_use]
pub fn shared_fields(indicators: &[&Indicator]) -> Vec<Field> {
    let Some(first) = indicators.first() else {
        return Vec::new();
    };
    Field::defaults()
        .filter(|field| *field != Field::Type || indicators.iter().any(|indicator| !tells_its_type(indicator)))
        .filter(|field| !is_default(*field, first))
        .filter(|field| {
            let value = field.get(first);
            indicators.iter().all(|indicator| field.get(indicator) == value)
        })
        .collect()
}

/// The fields that a row of a list writes, without its value, where the list says what is `shared`.
#[must_use]
pub fn own_fields(indicator: &Indicator, shared: &[Field]) -> Vec<(Field, FieldValue)> {
    Field::defaults()
        .filter(|field| !shared.contains(field) && !is_default(*field, indicator))
        .filter(|field| *field != Field::Type || !tells_its_type(indicator))
        .filter_map(|field| Some((field, field.get(indicator)?)))
        .collect()
}

/// The fields that an indicator on its own writes: what is not the service's default.
#[must_use]
pub fn all_fields(indicator: &Indicator) -> Vec<(Field, FieldValue)> {
    // The facts of a certificate count as no difference unless they are wanted.
    let always = [Field::Value, Field::Action, Field::Title, Field::CertificateInfo];
    let different = differences(&Indicator::blank(), indicator);
    let differs = |field: Field| different.iter().any(|difference| difference.field == field);
    let names_groups = differs(Field::RbacGroupNames);
    Field::ALL
        .iter()
        .copied()
        .filter(|field| always.contains(field) || differs(*field))
        // The service lists the groups both ways, and a configuration names them one way.
        .filter(|field| *field != Field::RbacGroupIds || !names_groups)
        .filter(|field| *field != Field::Type || !tells_its_type(indicator))
        .filter_map(|field| Some((field, field.get(indicator)?)))
        .collect()
}

/// Whether a configuration can name the type and the action; other products make others.
#[must_use]
pub fn is_writable(indicator: &Indicator) -> bool {
    !matches!(indicator.indicator_type, IndicatorType::Other(_)) && !matches!(indicator.action, Action::Other(_))
}

fn tells_its_type(indicator: &Indicator) -> bool {
    detect_type(&indicator.value).as_ref() == Some(&indicator.indicator_type)
}

/// Whether leaving the field out says the same.
fn is_default(field: Field, indicator: &Indicator) -> bool {
    let value = field.get(indicator);
    match field {
        Field::Type | Field::Action => false,
        // The service lists the groups both ways, and a configuration names them one way.
        Field::RbacGroupIds => {
            value.is_none() || !is_default(Field::RbacGroupNames, indicator) || value == field.explicit_default()
        }
        Field::Category => value.is_none() || value == Some(FieldValue::Text("SuspiciousActivity".into())),
        _ => value.is_none() || value == field.explicit_default(),
    }
}
