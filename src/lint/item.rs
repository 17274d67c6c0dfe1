//! One row of a list, with the places of what it says.

use crate::feed::Tlp;
use crate::indicator::{Action, Field, FieldSet, Indicator, IndicatorType, canonical, detect_type};
use std::ops::Range;

/// One row of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// The file, by its position among all.
    pub file: usize,
    /// The bytes of its value.
    pub at: Range<usize>,
    /// The bytes of other fields.
    pub places: Vec<(Field, Range<usize>)>,
    /// What it says. An action that it lacks is Block here.
    pub indicator: Indicator,
    /// What it says itself.
    pub written: FieldSet,
    /// Of that, what no field of an indicator can hold, which is told where it is read.
    pub refused: FieldSet,
    /// Its value in canonical spelling.
    pub canonical: String,
    /// Which file of the list it is a hash of.
    pub bundle: Option<usize>,
    /// How widely its author lets it be shared.
    pub tlp: Option<Tlp>,
    /// Whether it stands in a table, which people open in spreadsheets.
    pub is_in_table: bool,
    /// Whether something is wrong with it that keeps it from meaning anything.
    pub is_broken: bool,
}

impl Item {
    /// A row, with its type told from its value where it says none. The second answer is whether a type was found.
    #[must_use]
    pub fn new(file: usize, at: Range<usize>, mut indicator: Indicator, written: FieldSet) -> Self {
        if !written.contains(Field::Action) {
            indicator.action = Action::Block;
        }
        if !written.contains(Field::Type)
            && let Some(kind) = detect_type(&indicator.value)
        {
            indicator.indicator_type = kind;
        }
        let canonical = canonical(&indicator.indicator_type, &indicator.value);
        Self {
            file,
            at,
            places: Vec::new(),
            indicator,
            written,
            refused: FieldSet::EMPTY,
            canonical,
            bundle: None,
            tlp: None,
            is_in_table: false,
            is_broken: false,
        }
    }

    /// The bytes of a field; those of the value for one that has no place of its own.
    #[must_use]
    pub fn place(&self, field: Field) -> Range<usize> {
        let found = self.places.iter().find(|(other, _)| *other == field);
        found.map_or_else(|| self.at.clone(), |(_, at)| at.clone())
    }

    /// Its type, if it is one that Defender takes.
    #[must_use]
    pub fn kind(&self) -> Option<&IndicatorType> {
        match &self.indicator.indicator_type {
            IndicatorType::Other(_) => None,
            kind => Some(kind),
        }
    }

    /// Its action, if it says one.
    #[must_use]
    pub fn action(&self) -> Option<&Action> {
        self.written.contains(Field::Action).then_some(&self.indicator.action)
    }

    /// The names and ids of its device groups, each once and sorted; nothing for all devices.
    #[must_use]
    pub fn scope(&self) -> Vec<String> {
        let fields = &self.indicator.fields;
        let names = fields
            .rbac_group_names
            .iter()
            .flatten()
            .map(|name| format!("name {name}"));
        let ids = fields.rbac_group_ids.iter().flatten().map(|id| format!("id {id}"));
        let mut scope: Vec<String> = names.chain(ids).collect();
        scope.sort_unstable();
        scope.dedup();
        scope
    }

    /// Whether it keeps people from something, or warns them.
    #[must_use]
    pub fn is_in_the_way(&self) -> bool {
        self.indicator.action.is_block() || self.indicator.action == Action::Warn
    }
}
