//! One section for each resource: what happens to it and to its rows.

use super::{OPEN, Scope, columns, rank};
use crate::indicator::Field;
use crate::report::changes::{Event, Group, Kind, RowChange, own_fields};
use crate::report::difference::{FieldChange, Said};
use crate::report::document::{Body, Detail, Section, Table};
use crate::report::words::{Line, code, counted, cut, number, words};

/// The fields that the tables of new and removed rows show, in this order, if the row or its set says anything of them.
const SHOWN: [Field; 5] = [
    Field::Severity,
    Field::ExpirationTime,
    Field::Lifetime,
    Field::Title,
    Field::Description,
];

/// The sections of all resources.
pub fn sections(scope: Scope<'_>) -> Vec<Section> {
    scope
        .report
        .changes
        .groups
        .iter()
        .map(|group| section(scope, group))
        .collect()
}

fn section(scope: Scope<'_>, group: &Group) -> Section {
    let mut heading = vec![code(cut(&group.address, 200))];
    if let Some(title) = &group.title {
        heading.extend([words(" "), code(cut(&scope.report.shower().text(title), 100))]);
    }
    // What only the set changes is told once, for all of its rows.
    let is_brief = scope.detail == Detail::Brief;
    let (told_once, shown): (Vec<&RowChange>, Vec<&RowChange>) = group
        .rows
        .iter()
        .partition(|change| is_brief && !group.defaults.is_empty() && change.is_inherited());
    let is_hidden = group.events.contains(&Event::SensitiveList);
    let rows: Vec<Vec<Line>> = shown
        .iter()
        .filter(|_| !is_hidden)
        .map(|change| row(scope, change))
        .collect();
    let table = Table {
        columns: columns(["Change", "Indicator", "Type", "Action", "Details"]),
        rows,
        has_row_titles: false,
    };
    let mut section = match table.rows.is_empty() {
        true => Section::new(rank::GROUPS, Body::Nothing),
        false => {
            let count = table.rows.len();
            let section = Section::new(rank::GROUPS, Body::Table(table));
            section.folded(counted(count, "row", "rows"), count <= OPEN)
        }
    };
    section.heading = Some(heading);
    section.intro = intro(scope, group, told_once.len());
    scope.limited(section)
}

fn intro(scope: Scope<'_>, group: &Group, told_once: usize) -> Vec<Line> {
    let mut intro: Vec<Line> = group.events.iter().filter_map(self::event).collect();
    let counts: Vec<String> = [
        Kind::Added,
        Kind::Changed,
        Kind::Anew,
        Kind::Removed,
        Kind::Restored,
        Kind::Moved,
    ]
    .into_iter()
    .filter_map(|kind| {
        let count = group.rows.iter().filter(|change| change.kind == kind).count();
        (count > 0).then(|| format!("{} {}", number(count), kind.name()))
    })
    .collect();
    if !counts.is_empty() {
        let unchanged = match group.unchanged {
            0 => String::new(),
            count => format!(", {} unchanged", number(count)),
        };
        intro.push(vec![words(format!("{}{unchanged}.", counts.join(", ")))]);
    }
    if !group.inherited.is_empty() {
        let mut line = vec![words("Rows inherit: ")];
        let shower = scope.report.shower();
        let fields = group.inherited.iter();
        line.extend(joined(
            fields.map(|(field, said)| shower.field(field.name(), said, scope.longest())),
        ));
        line.push(words("."));
        intro.push(line);
    }
    for (change, rows) in &group.defaults {
        let mut line = vec![words("Of the set, ")];
        line.extend(scope.report.shower().change(change, scope.longest()));
        line.push(words(format!(
            " for {}.",
            counted(*rows, "row that inherits it", "rows that inherit it")
        )));
        intro.push(line);
    }
    if told_once > 0 {
        let text = counted(
            told_once,
            "row changes in nothing else and is not listed.",
            "rows change in nothing else and are not listed.",
        );
        intro.push(vec![words(text)]);
    }
    intro
}

/// What happens to a resource, as a sentence.
pub fn event(event: &Event) -> Option<Line> {
    let text = match event {
        Event::Deleted(0) => "The resource is deleted. It has no indicators.".to_owned(),
        Event::Deleted(count) => format!("The resource is deleted with its {}.", indicators(*count)),
        Event::Replaced(why) => {
            format!("The resource is replaced{why}. Indicators that stay the same are not written.")
        }
        Event::Forgotten(1) => {
            "Terraform forgets the resource. Its indicator stays in the tenant and is no longer managed.".to_owned()
        }
        Event::Forgotten(count) => format!(
            "Terraform forgets the resource. {} stay in the tenant and are no longer managed.",
            indicators(*count)
        ),
        Event::Deposed => "An interrupted replacement left this object behind. It is deleted.".to_owned(),
        Event::Renamed(previous) => {
            return Some(vec![
                words("The resource was called "),
                code(cut(previous, 200)),
                words(" before."),
            ]);
        }
        Event::Imported(Some(id)) => {
            return Some(vec![
                words("The resource is imported by "),
                code(cut(id, 200)),
                words("."),
            ]);
        }
        Event::Imported(None) => "The resource is imported.".to_owned(),
        Event::MovedAway(count) => format!(
            "{} to other resources of the configuration.",
            counted(*count, "indicator moves", "indicators move")
        ),
        Event::UnknownList => "The list is known only after apply, so its changes are not shown.".to_owned(),
        Event::SensitiveList => "The list is sensitive, so its indicators are not shown.".to_owned(),
        Event::Unreadable(fault) => {
            return Some(vec![
                words("The list cannot be read: "),
                code(cut(fault, 200)),
                words("."),
            ]);
        }
        Event::NoRows => {
            "The resource is updated, and no row of it shows a difference. Warnings say what else there is to do."
                .to_owned()
        }
    };
    Some(vec![words(text)])
}

fn indicators(count: usize) -> String {
    counted(count, "indicator", "indicators")
}

fn row(scope: Scope<'_>, change: &RowChange) -> Vec<Line> {
    let kind = change.row.kind().filter(|kind| !kind.as_str().is_empty());
    let action = change.row.action().filter(|action| !action.as_str().is_empty());
    vec![
        vec![words(change.kind.name())],
        scope.report.shower().name(&change.name, scope.longest()),
        kind.map(|kind| vec![code(kind.as_str())]).unwrap_or_default(),
        action.map(|action| vec![code(action.as_str())]).unwrap_or_default(),
        details(scope, change),
    ]
}

fn details(scope: Scope<'_>, change: &RowChange) -> Line {
    let mut line = Vec::new();
    if let Some(from) = &change.from {
        line.extend([words("from "), code(cut(from, 200))]);
    }
    if change.is_strangers {
        line.push(words("made by others, in the scope of this exclusive set"));
    }
    if change.comes_back {
        line.push(words("deleted in the tenant"));
    }
    if let Some(note) = &change.note {
        let note = cut(&scope.report.shower().text(note), scope.longest());
        line.extend([words("in the tenant: "), code(note)]);
    }
    let fields = match change.kind {
        Kind::Moved => Vec::new(),
        Kind::Removed | Kind::Added => new_fields(scope, change),
        Kind::Restored if change.comes_back => new_fields(scope, change),
        Kind::Changed | Kind::Anew | Kind::Restored => field_changes(scope, &change.fields),
    };
    if !line.is_empty() && !fields.is_empty() {
        line.push(words("; "));
    }
    line.extend(fields);
    line
}

/// What a row says itself, and the usual fields that its set says.
fn new_fields(scope: Scope<'_>, change: &RowChange) -> Line {
    let shower = scope.report.shower();
    let mut fields: Vec<(String, Said)> = Vec::new();
    let own = own_fields(&change.row);
    let is_own = |field: Field| own.iter().find(|(own, _)| *own == field).map(|(_, said)| said.clone());
    for field in SHOWN {
        fields.extend(is_own(field).map(|said| (field.name().to_owned(), said)));
    }
    let others = own.iter().filter(|(field, _)| !SHOWN.contains(field));
    fields.extend(others.map(|(field, said)| (field.name().to_owned(), said.clone())));
    let lines = fields
        .iter()
        .map(|(name, said)| shower.field(name, said, scope.longest()));
    let unknown = change.row.others.iter().map(|(name, text)| {
        vec![
            code(cut(name, 40)),
            words(" "),
            code(cut(&shower.text(text), scope.longest())),
        ]
    });
    joined(lines.chain(unknown))
}

/// Fields with what they say before and after.
pub fn field_changes(scope: Scope<'_>, fields: &[FieldChange]) -> Line {
    let shower = scope.report.shower();
    joined(fields.iter().map(|change| shower.change(change, scope.longest())))
}

fn joined(lines: impl Iterator<Item = Line>) -> Line {
    let mut all = Line::new();
    for line in lines {
        if !all.is_empty() {
            all.push(words("; "));
        }
        all.extend(line);
    }
    all
}
