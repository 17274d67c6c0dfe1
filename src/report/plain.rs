//! A report as plain text, for a terminal or the log of a build.

use super::document::{Body, Document, Section, Table, Told};
use super::pieces::{Cuts, Piece, fit};
use super::words::{Line, Mark, Run, counted, number};
use crate::outgoing;

/// A column is padded to at most so many characters; one long cell does not push all others out of sight.
const WIDEST: usize = 60;

/// The document, in at most so many bytes if there is a limit.
pub fn write(document: &Document, limit: Option<usize>) -> String {
    let begin = format!("{}\n", line(&document.title));
    let end = format!("\n{}\n", line(&document.footer));
    let pieces: Vec<Piece> = document.sections.iter().map(piece).collect();
    let limit = limit.unwrap_or(usize::MAX / 2);
    fit(&begin, &pieces, &end, limit, &PlainCuts)
        .or_else(|| fit(&begin, &[], "", limit, &PlainCuts))
        .unwrap_or_default()
}

struct PlainCuts;

impl Cuts for PlainCuts {
    fn rows(&self, left_out: usize, _: &Piece) -> String {
        format!("  ... and {} more\n", number(left_out))
    }

    fn sections(&self, left_out: usize) -> String {
        format!(
            "\n{} left out for lack of room.\n",
            counted(left_out, "section is", "sections are")
        )
    }
}

fn piece(section: &Section) -> Piece {
    let mut piece = Piece {
        head: "\n".to_owned(),
        total: section.total,
        rank: section.rank,
        ..Piece::default()
    };
    if let Some(heading) = &section.heading {
        piece.head.push_str(&format!("{}\n", line(heading)));
    }
    for sentence in &section.intro {
        piece.head.push_str(&format!("{}\n", line(sentence)));
    }
    match &section.body {
        Body::Nothing => {}
        Body::Items(items) => piece.rows = items.iter().map(|item| format!("  - {}\n", line(item))).collect(),
        Body::Table(table) => (piece.open, piece.rows) = rows(table),
        Body::Messages(messages) => piece.rows = messages.iter().map(message).collect(),
    }
    piece
}

/// The line with the names of the columns, and the rows.
fn rows(table: &Table) -> (String, Vec<String>) {
    let names: Vec<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
    let cells: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(line).collect()).collect();
    let width = |place: usize| {
        let of = |row: &Vec<String>| row.get(place).map_or(0, |cell| cell.chars().count());
        cells
            .iter()
            .map(of)
            .max()
            .unwrap_or_default()
            .max(of(&names))
            .min(WIDEST)
    };
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let row = |cells: &Vec<String>| {
        let padded = cells
            .iter()
            .zip(&table.columns)
            .zip(&widths)
            .map(|((cell, column), width)| {
                let space = " ".repeat(width.saturating_sub(cell.chars().count()));
                if column.is_number {
                    format!("{space}{cell}")
                } else {
                    format!("{cell}{space}")
                }
            });
        format!("  {}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    (row(&names), cells.iter().map(row).collect())
}

fn message(told: &Told) -> String {
    let mut out = format!("  {}\n", line(&told.title));
    for detail in outgoing::lines(&told.detail).lines() {
        out.push_str(format!("      {detail}").trim_end());
        out.push('\n');
    }
    out
}

/// The line as text.
pub fn line(runs: &Line) -> String {
    let mut out = String::new();
    for run in runs {
        match run {
            Run::Words(text) | Run::Strong(text) => out.push_str(text),
            Run::Code(text) => out.push_str(&outgoing::line(text)),
            Run::Marked(parts) => {
                let part = |(mark, text): &(Mark, String)| match mark {
                    Mark::Same => text.clone(),
                    Mark::Old => format!("[-{text}-]"),
                    Mark::New => format!("{{+{text}+}}"),
                };
                out.push_str(&outgoing::line(&parts.iter().map(part).collect::<String>()));
            }
        }
    }
    out
}
