//! What a plan does to indicators, by resource.

use super::difference::{FieldChange, Relation, Said, relation, said};
use super::list::{List, Marked, Row};
use super::pairing::{Everywhere, Pairing, pair};
use super::plan::{Change, Plan, Resource};
use crate::indicator::{Action, Field, IndicatorType};
use crate::outgoing;
use std::collections::HashMap;

/// The resource type of lists.
const SET: &str = "mde_indicator_set";
/// The resource type of single indicators.
const SINGLE: &str = "mde_indicator";

/// What happens to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It goes.
    Removed,
    /// It gives way to a row of the same value, since the service keeps what changes only in another row.
    Anew,
    /// It is written with other fields.
    Changed,
    /// It becomes again what it was before somebody changed or deleted it in the tenant.
    Restored,
    /// It comes.
    Added,
    /// Another resource of the configuration holds it from now on.
    Moved,
}

impl Kind {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 6] = [
        Self::Removed,
        Self::Anew,
        Self::Changed,
        Self::Restored,
        Self::Added,
        Self::Moved,
    ];

    /// Its name in a text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Anew => "made anew",
            Self::Changed => "changed",
            Self::Restored => "restored",
            Self::Added => "added",
            Self::Moved => "moved",
        }
    }
}

/// What a row is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Its type, if that is known.
    pub kind: Option<IndicatorType>,
    /// Its value; `None` if it must not be shown or is not known.
    pub value: Option<String>,
    /// Its key, if that is not its value and may be shown.
    pub key: Option<String>,
}

impl Name {
    /// The name of a row.
    pub fn of(row: &Row) -> Self {
        let is_open = !row.hides_value() && !row.unknown.contains(Field::Value);
        let is_own = row.key != row.indicator.value;
        Self {
            kind: row.kind().filter(|kind| !kind.as_str().is_empty()).cloned(),
            value: is_open.then(|| row.indicator.value.clone()),
            key: (!row.is_hidden && (is_own || !is_open)).then(|| row.key.clone()),
        }
    }
}

/// A row that changes.
#[derive(Debug)]
pub struct RowChange {
    /// What happens to it.
    pub kind: Kind,
    /// What it is called.
    pub name: Name,
    /// The row as it is after the plan; a removed one as it was.
    pub row: Row,
    /// What Defender does with a match before, if that changes.
    pub old_action: Option<Action>,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
    /// The resource that it comes from.
    pub from: Option<String>,
    /// Whether somebody else made it, in the scope of an exclusive set.
    pub is_strangers: bool,
    /// Whether somebody deleted it in the tenant, and it is written again.
    pub comes_back: bool,
    /// What the log says of it, where the plan shows nothing.
    pub note: Option<String>,
}

impl RowChange {
    /// Whether all that changes comes from the set.
    pub fn is_inherited(&self) -> bool {
        matches!(self.kind, Kind::Changed | Kind::Anew)
            && self.from.is_none()
            && self.fields.iter().all(FieldChange::is_inherited)
    }
}

/// What happens to a resource beside its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is deleted with so many rows.
    Deleted(usize),
    /// It is replaced by a new object, for this reason if there is a usual one.
    Replaced(&'static str),
    /// Terraform forgets it; so many rows stay in the tenant.
    Forgotten(usize),
    /// It is what an interrupted replacement left behind.
    Deposed,
    /// It had this address before.
    Renamed(String),
    /// It takes rows over by this id.
    Imported(Option<String>),
    /// So many of its rows are held by other resources from now on.
    MovedAway(usize),
    /// Its list is known only after apply.
    UnknownList,
    /// Its list is sensitive.
    SensitiveList,
    /// Its list cannot be read.
    Unreadable(String),
    /// It is updated, and no row of it shows a difference.
    NoRows,
}

/// A resource, or all single indicators of one block of the configuration.
#[derive(Debug, Default)]
pub struct Group {
    /// Its address.
    pub address: String,
    /// The title of a set, if it may be shown.
    pub title: Option<String>,
    /// What happens to it.
    pub events: Vec<Event>,
    /// What a set gives to rows that come or go, beside its title and what identifies them.
    pub inherited: Vec<(Field, Said)>,
    /// What its own attributes change for so many rows.
    pub defaults: Vec<(FieldChange, usize)>,
    /// The rows that change.
    pub rows: Vec<RowChange>,
    /// How many of its rows stay as they are.
    pub unchanged: usize,
    /// Whether the resource is updated in place.
    is_updated: bool,
}

/// What a plan does.
#[derive(Debug, Default)]
pub struct Changes {
    /// The resources to which anything happens.
    pub groups: Vec<Group>,
    /// All lists as they are after the plan, with the names of their resources.
    pub after: Vec<(String, List)>,
}

/// A resource with its lists.
struct Lists<'p, 'a> {
    resource: &'p Resource<'a>,
    before: List,
    after: List,
    /// The list as the state had it before the refresh.
    known: Option<List>,
    is_kept: bool,
    pairing: Pairing,
}

/// Whether it is a resource whose rows are indicators.
pub fn holds_indicators(resource: &Resource<'_>) -> bool {
    resource.mode != "data" && matches!(resource.kind.as_str(), SET | SINGLE)
}

/// The two lists of a change.
pub fn lists(kind: &str, change: &Change<'_>) -> (Option<List>, Option<List>) {
    let read = if kind == SET { List::of_set } else { List::of_single };
    let before = Marked {
        value: change.before,
        unknown: None,
        sensitive: change.before_sensitive,
    };
    let after = Marked {
        value: change.after,
        unknown: change.after_unknown,
        sensitive: change.after_sensitive,
    };
    (read(before), read(after))
}

/// What the plan does.
pub fn of(plan: &Plan<'_>) -> Changes {
    let known: HashMap<&str, &Resource> = plan
        .resource_drift
        .iter()
        .filter(|resource| holds_indicators(resource) && resource.deposed.is_none())
        .map(|resource| (resource.address.as_str(), resource))
        .collect();
    let mut all: Vec<Lists> = Vec::new();
    for resource in plan
        .resource_changes
        .iter()
        .filter(|resource| holds_indicators(resource))
    {
        let does = |action: &str| resource.change.actions.iter().any(|one| one == action);
        let (before, after) = lists(&resource.kind, &resource.change);
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let drift = known
            .get(resource.address.as_str())
            .filter(|_| resource.deposed.is_none());
        let pairing = if after.is_unknown {
            Pairing::default()
        } else {
            pair(&before.rows, &after.rows)
        };
        all.push(Lists {
            resource,
            pairing,
            known: drift.and_then(|drift| lists(&drift.kind, &drift.change).0),
            is_kept: does("forget"),
            before,
            after,
        });
    }
    let moves = Moves::among(&all);
    let mut groups: Vec<Group> = Vec::new();
    let mut singles: HashMap<String, usize> = HashMap::new();
    for (place, lists) in all.iter().enumerate() {
        let group = group(place, lists, &all, &moves);
        let block = (lists.resource.kind == SINGLE).then(|| group.address.clone());
        let known = block.as_ref().and_then(|block| groups.get_mut(*singles.get(block)?));
        match known {
            Some(known) => known.join(group),
            None => {
                if let Some(block) = block {
                    singles.insert(block, groups.len());
                }
                groups.push(group);
            }
        }
    }
    for group in &mut groups {
        group.sort();
    }
    groups.retain(|group| !group.is_empty());
    let after = all
        .into_iter()
        .map(|lists| (lists.resource.address.clone(), lists.after));
    Changes {
        after: after.collect(),
        groups,
    }
}

impl Group {
    fn sort(&mut self) {
        let order = |one: &RowChange, other: &RowChange| (one.kind, &one.name).cmp(&(other.kind, &other.name));
        self.rows.sort_by(order);
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.events.is_empty() && self.defaults.is_empty()
    }

    /// Takes in another single indicator of the same block.
    fn join(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.unchanged += other.unchanged;
        for event in other.events {
            if !self.events.iter_mut().any(|known| known.add(&event)) {
                self.events.push(event);
            }
        }
    }
}

impl Event {
    /// Adds the count of another one of the same sort. Whether it says all that the other one says.
    fn add(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::Deleted(count), Self::Deleted(more))
            | (Self::Forgotten(count), Self::Forgotten(more))
            | (Self::MovedAway(count), Self::MovedAway(more)) => {
                *count += more;
                true
            }
            (known, other) => known == other,
        }
    }
}

/// Rows that go from one resource to another one.
struct Moves {
    /// Every row after the plan.
    after: Everywhere,
    /// Every row that a resource gives up.
    given: Everywhere,
}

impl Moves {
    fn among(all: &[Lists<'_, '_>]) -> Self {
        let (mut after, mut given) = (Everywhere::default(), Everywhere::default());
        let is_worth_it = all.len() > 1 && all.iter().any(|lists| !lists.pairing.before.is_empty());
        for (list, lists) in all.iter().enumerate().filter(|_| is_worth_it) {
            for (place, row) in lists.after.rows.iter().enumerate() {
                after.add(list, place, row);
            }
            for place in &lists.pairing.before {
                if let Some(row) = lists.before.rows.get(*place) {
                    given.add(list, *place, row);
                }
            }
        }
        Self { after, given }
    }
}

fn group(place: usize, lists: &Lists<'_, '_>, all: &[Lists<'_, '_>], moves: &Moves) -> Group {
    let resource = lists.resource;
    let Pairing { pairs, before, after } = &lists.pairing;
    let mut group = Group {
        address: address(resource),
        title: title(lists),
        events: events(lists),
        ..Group::default()
    };
    for (one, other, relation) in pairs {
        let (Some(old), Some(new)) = (lists.before.rows.get(*one), lists.after.rows.get(*other)) else {
            continue;
        };
        match relation {
            Relation::Same | Relation::Other => group.unchanged += 1,
            Relation::Changed(fields) => group.rows.push(changed(lists, Kind::Changed, old, new, fields.clone())),
            Relation::Anew(fields) => group.rows.push(changed(lists, Kind::Anew, old, new, fields.clone())),
        }
    }
    for row in after.iter().filter_map(|place| lists.after.rows.get(*place)) {
        let source = moves.given.elsewhere(place, row);
        let source = source.and_then(|(list, place)| Some((all.get(list)?, all.get(list)?.before.rows.get(place)?)));
        let mut change = match source {
            None => added(lists, row),
            Some((_, old)) => match relation(old, row) {
                Relation::Same | Relation::Other => RowChange {
                    kind: Kind::Moved,
                    ..added(lists, row)
                },
                Relation::Changed(fields) => changed(lists, Kind::Changed, old, row, fields),
                Relation::Anew(fields) => changed(lists, Kind::Anew, old, row, fields),
            },
        };
        change.from = source.map(|(list, _)| self::address(list.resource));
        group.rows.push(change);
    }
    let mut moved_away = 0;
    for row in before.iter().filter_map(|place| lists.before.rows.get(*place)) {
        if lists.is_kept {
            // Told as an event of the resource.
        } else if moves.after.elsewhere(place, row).is_some() {
            moved_away += 1;
        } else {
            group.rows.push(removed(lists, row));
        }
    }
    if moved_away > 0 {
        group.events.push(Event::MovedAway(moved_away));
    }
    group.is_updated = resource.change.actions.iter().any(|action| action == "update");
    if group.is_updated && group.rows.is_empty() && group.events.is_empty() {
        group.events.push(Event::NoRows);
    }
    group.defaults = defaults(lists);
    let is_of_rows = |change: &RowChange| matches!(change.kind, Kind::Added | Kind::Removed);
    if resource.kind == SET && group.rows.iter().any(is_of_rows) {
        let list = if resource.change.after.is_some() {
            &lists.after
        } else {
            &lists.before
        };
        group.inherited = own_fields(&list.defaults);
        group.inherited.retain(|(field, _)| *field != Field::Title);
    }
    group
}

/// The address of a set, or of the block of single indicators.
fn address(resource: &Resource<'_>) -> String {
    match (&resource.module_address, resource.kind.as_str()) {
        (_, SET) => resource.address.clone(),
        (Some(module), kind) => format!("{module}.{kind}.{}", resource.name),
        (None, kind) => format!("{kind}.{}", resource.name),
    }
}

fn title(lists: &Lists<'_, '_>) -> Option<String> {
    let is_set = lists.resource.kind == SET;
    let list = if lists.resource.change.after.is_some() {
        &lists.after
    } else {
        &lists.before
    };
    let defaults = &list.defaults;
    let is_open = is_set && !defaults.sensitive.contains(Field::Title);
    defaults
        .indicator
        .fields
        .title
        .clone()
        .filter(|title| is_open && !title.is_empty())
}

fn events(lists: &Lists<'_, '_>) -> Vec<Event> {
    let Lists {
        resource,
        before,
        after,
        ..
    } = lists;
    let actions: Vec<&str> = resource.change.actions.iter().map(String::as_str).collect();
    let mut events = Vec::new();
    if resource.deposed.is_some() {
        events.push(Event::Deposed);
    }
    let kept = || match lists.after.rows.is_empty() {
        true => before.rows.len(),
        false => lists.pairing.before.len(),
    };
    match actions.as_slice() {
        // A single indicator is its row.
        ["delete"] if resource.deposed.is_none() && resource.kind == SET => {
            events.push(Event::Deleted(before.rows.len()))
        }
        ["forget"] => events.push(Event::Forgotten(kept())),
        ["create", "forget"] | ["forget", "create"] => {
            events.push(Event::Replaced(why(resource)));
            events.push(Event::Forgotten(kept()));
        }
        [_, _] => events.push(Event::Replaced(why(resource))),
        _ => {}
    }
    if let Some(previous) = &resource.previous_address {
        events.push(Event::Renamed(previous.clone()));
    }
    if let Some(importing) = &resource.change.importing {
        events.push(Event::Imported(importing.id.clone()));
    }
    if after.is_unknown {
        events.push(Event::UnknownList);
    }
    if after.is_sensitive || before.is_sensitive {
        let is_still = actions == ["no-op"];
        events.extend((!is_still).then_some(Event::SensitiveList));
    }
    let fault = after.fault.as_ref().or(before.fault.as_ref());
    events.extend(fault.cloned().map(Event::Unreadable));
    events
}

/// Why a resource is replaced, to stand behind that it is.
fn why(resource: &Resource<'_>) -> &'static str {
    match resource.action_reason.as_deref() {
        Some("replace_because_tainted") => ", since its creation ended with an error (it is tainted)",
        Some("replace_by_request") => " by request",
        Some("replace_by_triggers") => ", since something changes that it lists in replace_triggered_by",
        _ => "",
    }
}

/// What the attributes of a set change for the rows that inherit them.
fn defaults(lists: &Lists<'_, '_>) -> Vec<(FieldChange, usize)> {
    let Lists { before, after, .. } = lists;
    if lists.resource.kind != SET || before.rows.is_empty() || after.rows.is_empty() {
        return Vec::new();
    }
    let changes = match relation(&before.defaults, &after.defaults) {
        Relation::Changed(fields) | Relation::Anew(fields) => fields,
        Relation::Same | Relation::Other => Vec::new(),
    };
    let inherits = |name: &str| {
        let rows = lists.pairing.pairs.iter().filter(|(_, _, relation)| {
            relation
                .fields()
                .iter()
                .any(|change| change.name == name && change.is_inherited())
        });
        rows.count()
    };
    let counted = changes.into_iter().map(|change| {
        let count = inherits(&change.name);
        (change, count)
    });
    counted.filter(|(_, count)| *count > 0).collect()
}

fn change(kind: Kind, row: &Row) -> RowChange {
    RowChange {
        kind,
        name: Name::of(row),
        row: row.clone(),
        old_action: None,
        fields: Vec::new(),
        from: None,
        is_strangers: false,
        comes_back: false,
        note: None,
    }
}

fn changed(lists: &Lists<'_, '_>, kind: Kind, old: &Row, new: &Row, fields: Vec<FieldChange>) -> RowChange {
    let action = old
        .action()
        .filter(|_| fields.iter().any(|change| change.name == Field::Action.name()));
    RowChange {
        old_action: action.cloned(),
        fields,
        ..change(if restores(lists, new) { Kind::Restored } else { kind }, new)
    }
}

fn added(lists: &Lists<'_, '_>, row: &Row) -> RowChange {
    let comes_back = restores(lists, row);
    RowChange {
        comes_back,
        ..change(if comes_back { Kind::Restored } else { Kind::Added }, row)
    }
}

impl Changes {
    /// Adds that a row is written as it was, although the plan shows no difference: it shows what a row writes itself, and
    /// somebody cleared a field that the row has from its set. Only the log tells of that. `name` is the row's key as a log
    /// prints it.
    pub fn restore(&mut self, address: &str, name: &str, note: &str) {
        let list = self.after.iter().find(|(known, _)| known == address);
        let row = list.and_then(|(_, list)| list.rows.iter().find(|row| outgoing::line(&row.key) == name));
        let group = self.groups.iter_mut().find(|group| group.address == address);
        // Only a resource that is written can put the row right.
        let Some((group, row)) = group.filter(|group| group.is_updated).zip(row) else {
            return;
        };
        if group.rows.iter().any(|change| change.row.key == row.key) {
            return;
        }
        group.rows.push(RowChange {
            note: Some(note.to_owned()),
            ..change(Kind::Restored, row)
        });
        group.unchanged = group.unchanged.saturating_sub(1);
        group.events.retain(|event| *event != Event::NoRows);
        group.sort();
    }
}

fn removed(lists: &Lists<'_, '_>, row: &Row) -> RowChange {
    let was_known = lists.known.as_ref().is_none_or(|known| find(known, row).is_some());
    RowChange {
        is_strangers: lists.before.is_exclusive && !was_known,
        ..change(Kind::Removed, row)
    }
}

/// Whether the row is what the state said before the refresh, so that only the tenant has changed.
fn restores(lists: &Lists<'_, '_>, row: &Row) -> bool {
    let known = lists.known.as_ref().and_then(|known| find(known, row));
    known.is_some_and(|known| relation(known, row) == Relation::Same)
}

/// The row of this key.
fn find<'l>(list: &'l List, row: &Row) -> Option<&'l Row> {
    let place = list.rows.binary_search_by(|one| one.key.cmp(&row.key)).ok()?;
    list.rows.get(place)
}

/// The fields that a row writes itself, for tables of new rows; the identity stands beside them.
pub fn own_fields(row: &Row) -> Vec<(Field, Said)> {
    let fields = row.own.iter().filter(|field| !field.is_identity());
    fields.map(|field| (field, said(field, row))).collect()
}
