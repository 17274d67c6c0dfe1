//! A report as a sequence of sections, whatever it is written as.

use super::words::Line;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What a reader of a pull request needs.
    Brief,
    /// Every row.
    Full,
}

/// A report.
#[derive(Debug, Default)]
pub struct Document {
    /// The verdict, as a title.
    pub title: Line,
    /// What follows, in order.
    pub sections: Vec<Section>,
    /// What stands below.
    pub footer: Line,
}

/// A part of a report.
#[derive(Debug, Default)]
pub struct Section {
    /// Its title.
    pub heading: Option<Line>,
    /// Sentences before the rows.
    pub intro: Vec<Line>,
    /// The rows.
    pub body: Body,
    /// How many rows there were before any were left out.
    pub total: usize,
    /// What the rows are called, as a reader may fold them away: `12 changes`. Nothing for what must always be seen.
    pub fold: Option<String>,
    /// Whether a folded part is shown at first.
    pub is_open: bool,
    /// Whether a page shows the same beside a chart.
    pub is_charted: bool,
    /// Which sections go first when there is no room: those with the highest number.
    pub rank: u8,
}

/// The rows of a section.
#[derive(Debug, Default)]
pub enum Body {
    /// None.
    #[default]
    Nothing,
    /// A list.
    Items(Vec<Line>),
    /// A table.
    Table(Table),
    /// Warnings or errors.
    Messages(Vec<Told>),
}

/// A table.
#[derive(Debug, Default)]
pub struct Table {
    /// The names of its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with as many cells.
    pub rows: Vec<Vec<Line>>,
    /// Whether each row begins with its own title.
    pub has_row_titles: bool,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds numbers.
    pub is_number: bool,
}

/// A warning or an error.
#[derive(Debug)]
pub struct Told {
    /// What happened.
    pub title: Line,
    /// Everything else, in lines of their own; text of others.
    pub detail: String,
}

impl Body {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Items(items) => items.len(),
            Self::Table(table) => table.rows.len(),
            Self::Messages(messages) => messages.len(),
        }
    }

    /// Leaves out all rows but the first ones.
    pub fn truncate(&mut self, most: usize) {
        match self {
            Self::Nothing => {}
            Self::Items(items) => items.truncate(most),
            Self::Table(table) => table.rows.truncate(most),
            Self::Messages(messages) => messages.truncate(most),
        }
    }
}

impl Section {
    /// A section with these rows.
    pub fn new(rank: u8, body: Body) -> Self {
        Self {
            total: body.len(),
            body,
            rank,
            ..Self::default()
        }
    }

    /// The section under this title.
    pub fn titled(self, heading: Line) -> Self {
        Self {
            heading: Some(heading),
            ..self
        }
    }

    /// The section with its rows folded away under this name.
    pub fn folded(self, name: String, is_open: bool) -> Self {
        Self {
            fold: Some(name),
            is_open,
            ..self
        }
    }

    /// The section with no more than so many rows.
    pub fn at_most(mut self, most: usize) -> Self {
        self.body.truncate(most);
        self
    }
}

/// A column of texts.
pub const fn column(name: &'static str) -> Column {
    Column { name, is_number: false }
}

/// A column of numbers.
pub const fn number_column(name: &'static str) -> Column {
    Column { name, is_number: true }
}
