//! A report as one page that needs nothing else: no script, style, font or picture from elsewhere, and a policy that lets a
//! browser load and run nothing but the two texts below. Text of others is escaped wherever it stands.

mod charts;

use super::changes::Kind;
use super::document::{Body, Detail, Document, Section, Table, Told};
use super::words::{Line, Mark, Run, number};
use super::{Counts, Report, Verdict, compose, plain};
use crate::outgoing;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// What the page looks like.
const STYLE: &str = include_str!("html/page.css");

/// What makes its tables searchable.
const SCRIPT: &str = include_str!("html/page.js");

/// Up to so many rows are shown without a click.
const OPEN: usize = 200;

/// The page.
pub fn write(report: &Report) -> String {
    let document = compose::document(report, Detail::Full);
    let mut out = String::new();
    head(&document, &mut out);
    begin(report, &document, &mut out);
    out.push_str("<main id=\"main\">\n");
    let of_rank = |rank: u8| {
        document
            .sections
            .iter()
            .enumerate()
            .filter(move |(_, section)| section.rank == rank)
    };
    sentences(of_rank(compose::SUMS).map(|(_, section)| section), &mut out);
    of_rank(compose::ERRORS).for_each(|(place, section)| self::section(section, place, &mut out));
    tiles(report.total(), &mut out);
    of_rank(compose::LOOK).for_each(|(place, section)| self::section(section, place, &mut out));
    out.push_str("<div class=\"panels\">\n");
    charts::write(report, &mut out);
    out.push_str("</div>\n");
    let rest = || {
        document
            .sections
            .iter()
            .enumerate()
            .filter(|(_, section)| section.rank > compose::LOOK)
    };
    contents(rest(), &mut out);
    rest().for_each(|(place, section)| self::section(section, place, &mut out));
    let footer = line(&document.footer);
    let _ = write!(
        out,
        "</main>\n<footer>{footer}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    );
    out
}

fn head(document: &Document, out: &mut String) {
    let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action \
         'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" \
         content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n",
        hash(STYLE),
        hash(SCRIPT),
        escaped(&plain::line(&document.title)),
    );
}

fn begin(report: &Report, document: &Document, out: &mut String) {
    let class = if report.verdict == Verdict::Failed {
        " class=\"failed\""
    } else {
        ""
    };
    let _ = write!(
        out,
        "<body{class}>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<h1 class=\"verdict\">{}</h1>\n<p \
         class=\"facts\">{}</p>\n</header>\n<div class=\"bar\" id=\"search\" role=\"search\" hidden><div><label \
         for=\"q\">Search all tables</label><input id=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" \
         placeholder=\"value, action, author …\"><output id=\"found\" for=\"q\" aria-live=\"polite\"></output></div></div>\n",
        line(&document.title),
        line(&document.footer),
    );
}

/// What is to be said of the plan as a whole. Sums and capacity stand beside their charts.
fn sentences<'d>(sections: impl Iterator<Item = &'d Section>, out: &mut String) {
    let lines: Vec<String> = sections
        .filter(|section| section.body.len() == 0 && !section.is_charted)
        .flat_map(|section| &section.intro)
        .map(|sentence| format!("<p>{}</p>\n", line(sentence)))
        .collect();
    if !lines.is_empty() {
        let _ = write!(out, "<section class=\"first\">\n{}</section>\n", lines.concat());
    }
}

/// How many indicators change, in large letters.
fn tiles(total: Counts, out: &mut String) {
    if total.sum() == 0 {
        return;
    }
    out.push_str("<ul class=\"tiles\" aria-label=\"Indicators that change\">\n");
    for kind in charts::ORDER
        .into_iter()
        .filter(|kind| *kind != Kind::Moved || total.of(Kind::Moved) > 0)
    {
        let none = if total.of(kind) == 0 { " none" } else { "" };
        let _ = writeln!(
            out,
            "<li class=\"t-{}{none}\"><b>{}</b><span>{}</span></li>",
            charts::class(kind),
            number(total.of(kind)),
            kind.name()
        );
    }
    out.push_str("</ul>\n");
}

/// Links to the sections, where there are many.
fn contents<'d>(sections: impl Iterator<Item = (usize, &'d Section)>, out: &mut String) {
    let links: Vec<String> = sections
        .filter_map(|(place, section)| Some((place, section.heading.as_ref()?)))
        .map(|(place, heading)| format!("<li><a href=\"#s{place}\">{}</a></li>\n", line(heading)))
        .collect();
    if links.len() > 3 {
        let links = links.concat();
        let _ = write!(
            out,
            "<nav aria-label=\"Sections\">\n<section><h2>Sections</h2>\n<ul>\n{links}</ul></section>\n</nav>\n"
        );
    }
}

fn section(section: &Section, place: usize, out: &mut String) {
    let class = match section.rank {
        compose::ERRORS => " class=\"errors\"",
        compose::LOOK => " class=\"first\"",
        _ => "",
    };
    let _ = write!(out, "<section id=\"s{place}\"{class}");
    if let Some(heading) = &section.heading {
        let _ = writeln!(
            out,
            " aria-labelledby=\"h{place}\">\n<h2 id=\"h{place}\">{}</h2>",
            line(heading)
        );
    } else {
        out.push_str(">\n");
    }
    for sentence in &section.intro {
        let _ = writeln!(out, "<p>{}</p>", line(sentence));
    }
    if let Some(fold) = &section.fold {
        let is_open = section.body.len() <= OPEN && !matches!(section.body, Body::Messages(_));
        let open = if is_open { " open" } else { "" };
        let _ = writeln!(out, "<details{open}><summary>{}</summary>", escaped(fold));
    }
    match &section.body {
        Body::Nothing => {}
        Body::Items(items) => {
            out.push_str("<ul class=\"look\">\n");
            for item in items {
                let _ = writeln!(out, "<li>{}</li>", line(item));
            }
            out.push_str("</ul>\n");
        }
        Body::Table(table) => {
            let name = section.heading.as_ref().map(plain::line).unwrap_or_default();
            self::table(table, &name, true, out);
        }
        Body::Messages(messages) => messages.iter().for_each(|told| message(told, out)),
    }
    if section.fold.is_some() {
        out.push_str("</details>\n");
    }
    out.push_str("</section>\n");
}

fn table(table: &Table, name: &str, is_searched: bool, out: &mut String) {
    let class = if is_searched { " class=\"search\"" } else { "" };
    let _ = write!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\"><table{class}>\n<caption{1}>{0}</caption>\n<thead><tr>",
        escaped(name),
        // The heading above says the same to those who see it.
        if is_searched { " hidden" } else { "" },
    );
    for column in &table.columns {
        let class = if column.is_number { " class=\"n\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(column.name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (place, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
            let class = match column.name {
                _ if column.is_number => " class=\"n\"",
                "Change" => " class=\"c\"",
                "Indicator" => " class=\"i\"",
                "Type" | "Action" | "When" => " class=\"a\"",
                _ => "",
            };
            let text = match column.name {
                "Change" => badge(cell),
                _ => line(cell),
            };
            let _ = match place == 0 && table.has_row_titles {
                true => write!(out, "<th scope=\"row\">{text}</th>"),
                false => write!(out, "<td{class}>{text}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

/// What happens to a row, in its colour.
fn badge(cell: &Line) -> String {
    let name = plain::line(cell);
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    match kind {
        Some(kind) => format!("<span class=\"badge t-{}\">{}</span>", charts::class(kind), kind.name()),
        None => line(cell),
    }
}

fn message(told: &Told, out: &mut String) {
    let _ = writeln!(out, "<h3>{}</h3>", line(&told.title));
    if !told.detail.is_empty() {
        let _ = writeln!(out, "<pre>{}</pre>", escaped_lines(&told.detail));
    }
}

fn line(runs: &Line) -> String {
    let mut out = String::new();
    for run in runs {
        let _ = match run {
            Run::Words(text) => write!(out, "{}", escaped(text)),
            Run::Strong(text) => write!(out, "<strong>{}</strong>", escaped(text)),
            Run::Code(text) => write!(out, "<code>{}</code>", escaped(text)),
            Run::Marked(parts) => {
                out.push_str("<code>");
                for (mark, text) in parts {
                    let text = escaped(text);
                    let _ = match mark {
                        Mark::Same => write!(out, "{text}"),
                        Mark::Old => write!(out, "<del>{text}</del>"),
                        Mark::New => write!(out, "<ins>{text}</ins>"),
                    };
                }
                write!(out, "</code>")
            }
        };
    }
    out
}

/// The text on one line, as the content of an element or a quoted attribute.
fn escaped(text: &str) -> String {
    entities(&outgoing::line(text))
}

/// The text with its lines.
fn escaped_lines(text: &str) -> String {
    entities(&outgoing::lines(text))
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}
