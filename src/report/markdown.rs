//! A report as Markdown, for a comment on a pull request. Text of others stands in code spans and code blocks only, where
//! no host looks for tags, links, names or markup.

use super::Style;
use super::document::{Body, Document, Section, Told};
use super::pieces::{Cuts, Piece, fit};
use super::words::{Line, Mark, Run, counted};
use crate::outgoing;

/// What the host of a comment understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// HTML as well: GitHub, GitLab, Azure DevOps.
    WithHtml,
    /// No HTML: Bitbucket.
    Plain,
}

/// The document in at most so many bytes.
pub fn write(document: &Document, style: &Style, dialect: Dialect, limit: usize) -> String {
    let name = style.name.as_deref().unwrap_or("default");
    let marker = match dialect {
        Dialect::WithHtml => format!("<!-- mde-report {name} -->\n"),
        Dialect::Plain => format!("[//]: # (mde-report {name})\n\n"),
    };
    let begin = format!("{marker}## {}\n", line(&document.title, false));
    let end = format!("\n---\n{}\n", line(&document.footer, false));
    let pieces: Vec<Piece> = document
        .sections
        .iter()
        .map(|section| piece(section, dialect))
        .collect();
    let cuts = MarkdownCuts;
    fit(&begin, &pieces, &end, limit, &cuts)
        .or_else(|| fit(&begin, &[], "", limit, &cuts))
        // There is no room for anything, and half a title may mislead.
        .unwrap_or_default()
}

struct MarkdownCuts;

impl Cuts for MarkdownCuts {
    fn rows(&self, left_out: usize, piece: &Piece) -> String {
        let count = super::words::number(left_out);
        if piece.open.is_empty() && piece.rows.first().is_some_and(|row| row.starts_with("- ")) {
            return format!("- and {count} more\n");
        }
        // The first empty line ends a table.
        format!("\n… and {count} more.\n")
    }

    fn sections(&self, left_out: usize) -> String {
        format!(
            "\n{} left out for lack of room. `--html` and `--format json` have everything.\n",
            counted(left_out, "section is", "sections are")
        )
    }
}

fn piece(section: &Section, dialect: Dialect) -> Piece {
    let mut piece = Piece {
        total: section.total,
        rank: section.rank,
        ..Piece::default()
    };
    if let Some(heading) = &section.heading {
        piece.head.push_str(&format!("\n### {}\n", line(heading, false)));
    }
    for sentence in &section.intro {
        piece.head.push_str(&format!("\n{}\n", line(sentence, false)));
    }
    match &section.body {
        Body::Nothing => {}
        Body::Items(items) => {
            piece.head.push('\n');
            piece.rows = items.iter().map(|item| format!("- {}\n", line(item, false))).collect();
        }
        Body::Table(table) => {
            let cells = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
            let names = table.columns.iter().map(|column| column.name.to_owned());
            let rules = table
                .columns
                .iter()
                .map(|column| if column.is_number { "--:" } else { ":--" }.to_owned());
            piece.open = format!("\n{}{}", cells(names.collect()), cells(rules.collect()));
            let row = |row: &Vec<Line>| cells(row.iter().map(|cell| line(cell, true)).collect());
            piece.rows = table.rows.iter().map(row).collect();
        }
        Body::Messages(messages) => piece.rows = messages.iter().map(message).collect(),
    }
    if let (Some(fold), Dialect::WithHtml) = (&section.fold, dialect) {
        let open = if section.is_open { " open" } else { "" };
        piece.open = format!("\n<details{open}><summary>{fold}</summary>\n{}", piece.open);
        piece.close.push_str("\n</details>\n");
    }
    piece
}

fn message(told: &Told) -> String {
    let title = format!("\n{}\n", line(&told.title, false));
    if told.detail.is_empty() {
        return title;
    }
    let detail = outgoing::lines(&told.detail);
    let fence = "`".repeat(longest_run(&detail).max(2) + 1);
    format!("{title}\n{fence}text\n{detail}\n{fence}\n")
}

fn line(runs: &Line, in_table: bool) -> String {
    let mut out = String::new();
    for run in runs {
        match run {
            Run::Words(text) => out.push_str(text),
            Run::Strong(text) => {
                // Stars beside a space are none.
                let space = if text.starts_with(' ') { " " } else { "" };
                out.push_str(&format!("{space}**{}**", text.trim_start()));
            }
            Run::Code(text) => out.push_str(&code(text, in_table)),
            Run::Marked(parts) => {
                let part = |(mark, text): &(Mark, String)| match mark {
                    Mark::Same => text.clone(),
                    Mark::Old => format!("[-{text}-]"),
                    Mark::New => format!("{{+{text}+}}"),
                };
                out.push_str(&code(&parts.iter().map(part).collect::<String>(), in_table));
            }
        }
    }
    out
}

/// A text as a code span.
fn code(text: &str, in_table: bool) -> String {
    let text = outgoing::line(text);
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    let text = if in_table { with_bars_escaped(&text) } else { text };
    let fence = "`".repeat(if text.contains('`') { longest_run(&text) + 1 } else { 1 });
    // One space on each side is not shown. Text that consists of spaces keeps them.
    let ends = |letter: char| text.starts_with(letter) || text.ends_with(letter);
    let space = if ends('`') || ends(' ') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// The text as a part of a row: a bar ends a cell unless a backslash stands before it. Readers do not agree on what a bar
/// behind two backslashes does, so that one is written out.
fn with_bars_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = ' ';
    for letter in text.chars() {
        match letter {
            '|' if last == '\\' => out.push_str("u{7c}"),
            '|' => out.push_str("\\|"),
            _ => out.push(letter),
        }
        last = letter;
    }
    out
}

/// The length of the longest row of back-ticks.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or_default()
}
