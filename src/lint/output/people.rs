//! Findings for people, with the lines that they are about.

use super::super::code::Severity;
use super::super::report::Report;
use super::super::source::Source;
use super::{Told, counted, told};
use crate::outgoing;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use std::io::{self, Write};
use std::ops::Range;

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// None.
    Plain,
    /// Those of a terminal.
    Coloured,
}

/// How many characters of a long line are shown before and behind what is to blame.
const AROUND: usize = 60;

/// How many characters of what is to blame are marked.
const MARKED: usize = 120;

/// Writes the findings and how many there are.
///
/// # Errors
///
/// When the writer fails.
pub fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    for one in told(report) {
        writeln!(out, "{}\n", rendered(report, &one, &renderer))?;
    }
    let counts: Vec<String> = Severity::WORST_FIRST
        .into_iter()
        .map(|severity| counted(report.count(severity), severity.name()))
        .collect();
    let known = match report.known {
        0 => String::new(),
        known => format!("; {} of the baseline", counted(known, "finding")),
    };
    writeln!(
        out,
        "{} in {} of {}{known}",
        counts.join(", "),
        counted(report.rows, "row"),
        counted(report.sources.len(), "list")
    )
}

fn rendered(report: &Report, one: &Told<'_>, renderer: &Renderer) -> String {
    let finding = one.finding;
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group: Group<'_> = Group::with_title(level.primary_title(one.message.as_ref()).id(finding.code.name()));
    if let Some(source) = report.sources.get(finding.file) {
        let excerpt = Excerpt::of(source, &finding.at);
        group = group.elements(excerpt.elements(source, AnnotationKind::Primary));
    }
    let mut groups = vec![group];
    for related in &finding.related {
        if let Some(source) = report.sources.get(related.file) {
            let title = Level::NOTE.secondary_title(related.text.as_str());
            let excerpt = Excerpt::of(source, &related.at);
            groups.push(Group::with_title(title).elements(excerpt.elements(source, AnnotationKind::Primary)));
        }
    }
    with_arrows(&renderer.render(&groups))
}

/// The text without lines that begin with `:::`, which a runner of GitHub takes for the beginning of a command. The
/// renderer writes them before the second file of a group; an arrow is as good, and where no file is named nothing.
fn with_arrows(text: &str) -> String {
    // Blanks, and the colours of a terminal.
    let is_aside = |letter: char| matches!(letter, ' ' | '\u{1b}' | '[' | ';' | 'm' | '0'..='9');
    let lines = text.split('\n').filter_map(|line| match line.split_once(":::") {
        Some((before, behind)) if before.chars().all(is_aside) => {
            let names_file = !behind.chars().all(is_aside);
            names_file.then(|| format!("{before}-->{behind}"))
        }
        _ => Some(line.to_owned()),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A line, or a part of a long one, as it may be printed.
struct Excerpt {
    text: String,
    /// What is marked in it.
    marked: Range<usize>,
    line: usize,
    /// The column of the text where its beginning is left out.
    column: Option<usize>,
}

impl Excerpt {
    fn of(source: &Source, at: &Range<usize>) -> Self {
        let line = source.position(at.start).line;
        let whole = source.line(line);
        let start = at.start.clamp(whole.start, whole.end);
        let end = at.end.clamp(start, whole.end);
        let before = source.slice(&(whole.start..start));
        let inside = source.slice(&(start..end));
        let behind = source.slice(&(end..whole.end));
        let mut text = String::new();
        // Each piece is escaped with what stands before it, so that no border makes a command.
        let cut = before.char_indices().rev().nth(AROUND).map_or(0, |(at, _)| at);
        if cut > 0 {
            text.push('…');
        }
        text.push_str(before.get(cut..).unwrap_or_default());
        let start = text.len();
        text.extend(inside.chars().take(MARKED));
        let end = text.len();
        let is_long = inside.chars().nth(MARKED).is_some() || behind.chars().nth(AROUND).is_some();
        if inside.chars().nth(MARKED).is_none() {
            text.extend(behind.chars().take(AROUND));
        }
        if is_long {
            text.push('…');
        }
        // A text that is escaped begins with what its beginning is escaped to.
        let escaped = |end: usize| outgoing::line(text.get(..end).unwrap_or_default()).len();
        let marked = escaped(start)..escaped(end);
        Self {
            text: outgoing::line(&text),
            marked,
            line,
            column: (cut > 0).then(|| source.position(at.start).column),
        }
    }

    fn elements<'e>(self, source: &Source, kind: AnnotationKind) -> Vec<Element<'e>> {
        let name = outgoing::line(&source.name);
        let snippet = Snippet::source(self.text)
            .line_start(self.line)
            .annotation(kind.span(self.marked));
        // The column in what is left of a line is another one.
        match self.column {
            None => vec![Element::from(snippet.path(name))],
            Some(column) => vec![
                Element::from(Origin::path(name).line(self.line).char_column(column)),
                Element::from(snippet),
            ],
        }
    }
}
