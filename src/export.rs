//! A tenant as files: lists, the configuration that reads them, and the import blocks that bring what is there into the
//! state. The first plan only imports, and the plan after the apply is empty.
//!
//! **Invariant:** it asks the tenant nothing and changes nothing there; it is handed the rows. What it writes depends on the
//! rows alone. All text of a tenant is data: in configuration it stands in quoted strings with every escape, and no name of a
//! file has a character of it that a file system could mind. It imports `tenant`, `defender`, `feed` and `indicator`.

mod names;
mod hcl;
mod filter;
mod selection;
mod grouping;
mod list;
mod configuration;
mod files;
#[cfg(test)]
mod tests;

pub use files::write;
pub use selection::{Left, Selection};

use crate::indicator::Row;
use configuration::Configuration;
use std::collections::BTreeMap;

/// Whether rows become sets or single resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Sets with a list file each.
    Sets,
    /// One resource for each row.
    Singles,
}

/// What to export, and for whom.
pub struct Order<'a> {
    /// Which rows.
    pub selection: Selection,
    /// As what.
    pub shape: Shape,
    /// The source address of the provider.
    pub address: &'a str,
    /// Tells whether a row was made or last written by the application that signs in.
    pub is_own: &'a dyn Fn(&Row) -> bool,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the directory, with `/` between folders.
    pub path: String,
    /// All of its text.
    pub text: String,
    /// How many rows it holds, if it is a list.
    pub rows: Option<usize>,
}

/// What became of the rows of a tenant.
#[derive(Debug, Default)]
pub struct Export<'a> {
    /// The files, sorted by path.
    pub files: Vec<File>,
    /// How many rows the files hold.
    pub rows: usize,
    /// How many of them others have made.
    pub foreign: usize,
    /// How many resources there are.
    pub resources: usize,
    /// Resources without an import block, each with the number of its rows: no filter selects exactly these.
    pub without_import: Vec<(String, usize)>,
    /// Chosen rows that no configuration can hold, with the reason.
    pub left: Vec<(&'a Row, Left)>,
    /// How many chosen rows other products have made and were left out, by product.
    pub products: BTreeMap<String, usize>,
}

/// Makes the files of these rows, which are all that the tenant shows.
#[must_use]
pub fn export<'a>(rows: &[&'a Row], order: &Order<'_>) -> Export<'a> {
    let selected = order.selection.select(rows);
    let foreign = selected.taken.iter().filter(|row| !(order.is_own)(row)).count();
    let mut configuration = Configuration::default();
    match order.shape {
        Shape::Sets => {
            for group in grouping::groups(&selected.taken, rows) {
                configuration.set(&group);
            }
        }
        Shape::Singles => selected.taken.iter().for_each(|row| configuration.single(row)),
    }
    let (resources, without_import) = (configuration.resources(), configuration.without_import.clone());
    Export {
        files: if selected.taken.is_empty() {
            Vec::new()
        } else {
            configuration.files(order.address, foreign)
        },
        rows: selected.taken.len(),
        foreign,
        resources,
        without_import,
        left: selected.left,
        products: selected.products,
    }
}
