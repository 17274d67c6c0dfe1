//! What the columns of a table mean.

use super::super::{Problem, shown};
use crate::indicator::{CertificateFact, Field};
use similar::get_close_matches;
use std::collections::HashMap;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its own header, without white space around it.
    pub header: String,
    /// What its cells are.
    pub meaning: Meaning,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A field of the indicator.
    Field(Field),
    /// A fact of the certificate, by the name that configurations use.
    Certificate(&'static str),
    /// What the service says of a row and nobody can set.
    ReadOnly,
    /// There is no header. A spreadsheet leaves such columns behind, empty.
    Nameless,
    /// Nothing that an indicator has.
    Unknown,
}

impl Column {
    /// Whether the column has any part in what a row says.
    #[must_use]
    pub(crate) fn is_used(&self) -> bool {
        matches!(self.meaning, Meaning::Field(_) | Meaning::Certificate(_))
    }
}

impl Meaning {
    /// Whether it is a column of an indicator, be it one that nobody can set.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Field(_) | Self::Certificate(_) | Self::ReadOnly)
    }
}

/// What the service sends and does not take; exports have columns of it.
const READ_ONLY: [&str; 8] = [
    "id",
    "createdBy",
    "createdByDisplayName",
    "createdBySource",
    "creationTimeDateTimeUtc",
    "creationTime",
    "lastUpdateTime",
    "lastUpdatedBy",
];

/// What the portal's own sample calls a column that its documentation calls otherwise.
const DEVICE_GROUPS: &str = "Scope/DeviceGroups";

/// The least likeness of a misspelt header to the right one, from 0 to 1.
const LIKENESS: f32 = 0.7;

/// More letters than any name of a column has; comparing is slow with long texts.
const LONGEST: usize = 40;

/// The columns of a header, and what is wrong with them.
pub fn read<'t>(line: usize, headers: impl IntoIterator<Item = &'t str>) -> (Vec<Column>, Vec<Problem>) {
    let columns: Vec<Column> = headers
        .into_iter()
        .map(|header| Column {
            header: header.trim().to_owned(),
            meaning: meaning(header),
        })
        .collect();
    let problem = |column: Option<&Column>, text: String| Problem {
        line,
        column: column.map(|column| column.header.clone()),
        text,
    };
    if !columns.iter().any(Column::is_used) {
        let problems = vec![problem(None, nothing_known(&columns))];
        return (columns, problems);
    }
    let mut problems = Vec::new();
    let mut first: HashMap<Meaning, &Column> = HashMap::new();
    for column in &columns {
        match column.meaning {
            Meaning::Unknown => problems.push(problem(Some(column), unknown(&column.header))),
            Meaning::Field(_) | Meaning::Certificate(_) => {
                if let Some(other) = first.get(&column.meaning) {
                    let text = format!("{} is the same field; keep one of the two", shown(&other.header));
                    problems.push(problem(Some(column), text));
                } else {
                    first.insert(column.meaning, column);
                }
            }
            Meaning::ReadOnly | Meaning::Nameless => {}
        }
    }
    if !first.contains_key(&Meaning::Field(Field::Value)) {
        let text = "no column holds the values; call it `IndicatorValue` or `value`";
        problems.push(problem(None, text.into()));
    }
    (columns, problems)
}

/// What the cells of a column of this name are.
#[must_use]
pub fn meaning(header: &str) -> Meaning {
    let plain = plain(header);
    let is = |name: &str| self::plain(name) == plain;
    if plain.is_empty() {
        return Meaning::Nameless;
    }
    let is_field =
        |field: &Field| field.portal_name().is_some_and(is) || is(field.name()) || field.wire_name().is_some_and(is);
    let field = Field::ALL.iter().copied().find(is_field);
    let field = field.or_else(|| is(DEVICE_GROUPS).then_some(Field::RbacGroupNames));
    let fact = || {
        CertificateFact::ALL
            .into_iter()
            .find(|fact| is(&certificate_header(*fact)))
    };
    if let Some(field) = field {
        Meaning::Field(field)
    } else if let Some(fact) = fact() {
        Meaning::Certificate(fact.name())
    } else if READ_ONLY.into_iter().any(is) {
        Meaning::ReadOnly
    } else {
        Meaning::Unknown
    }
}

/// The header of the column of a fact of the certificate.
#[must_use]
pub fn certificate_header(fact: CertificateFact) -> String {
    format!("{}_{}", Field::CertificateInfo, fact.name())
}

/// A header without what does not count in it.
fn plain(header: &str) -> String {
    header
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn nothing_known(columns: &[Column]) -> String {
    let [only] = columns else {
        return "the first line names no field of an indicator; it must name the columns, such as \
                `IndicatorType,IndicatorValue,Action`"
            .into();
    };
    let separators = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
    match separators
        .iter()
        .find(|(separator, _)| only.header.contains(*separator))
    {
        Some((_, name)) => format!("the cells are separated by {name}; separate them by commas"),
        None => format!(
            "{} is not a field of an indicator; the first line must name the columns, such as \
             `IndicatorType,IndicatorValue,Action`",
            shown(&only.header)
        ),
    }
}

/// The message for a column that is no field, with the one that was probably meant.
fn unknown(header: &str) -> String {
    let written = plain(header);
    // In the manner in which the file names its columns.
    let is_portal = header.chars().any(char::is_uppercase);
    let portal = Field::ALL
        .iter()
        .filter_map(|field| field.portal_name().map(str::to_owned));
    let own = Field::ALL.iter().map(|field| field.name().to_owned());
    let certificate = CertificateFact::ALL.into_iter().map(certificate_header);
    let mut names: Vec<String> = if is_portal {
        portal.chain(own).chain(certificate).collect()
    } else {
        own.chain(certificate).chain(portal).collect()
    };
    names.extend(READ_ONLY.iter().map(|name| (*name).to_owned()));
    let plain_names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let candidates: Vec<&str> = plain_names.iter().map(String::as_str).collect();
    let meant = (written.chars().count() <= LONGEST)
        .then(|| get_close_matches(written.as_str(), &candidates, 1, LIKENESS))
        .and_then(|close| close.first().copied())
        .and_then(|close| candidates.iter().position(|name| *name == close))
        .and_then(|position| names.get(position));
    match meant {
        Some(name) => format!("an indicator has no such field; `{name}` may be meant"),
        None => "an indicator has no such field; rename the column, or remove it".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> (Vec<Meaning>, Vec<(Option<String>, String)>) {
        let (columns, problems) = read(1, text.split(','));
        (
            columns.into_iter().map(|column| column.meaning).collect(),
            problems
                .into_iter()
                .map(|problem| (problem.column, problem.text))
                .collect(),
        )
    }

    #[test]
    fn every_way_to_name_a_column_is_understood() {
        let table = [
            ("IndicatorValue", Field::Value),
            ("indicatorvalue", Field::Value),
            ("indicator_value", Field::Value),
            ("Indicator Value", Field::Value),
            ("VALUE", Field::Value),
            ("indicatorType", Field::Type),
            ("type", Field::Type),
            ("RbacGroups", Field::RbacGroupNames),
            ("rbac-groups", Field::RbacGroupNames),
            ("Scope/DeviceGroups", Field::RbacGroupNames),
            ("rbacGroupNames", Field::RbacGroupNames),
            ("rbac_group_ids", Field::RbacGroupIds),
            (" Mitre Techniques ", Field::MitreTechniques),
            ("bypassDurationHours", Field::BypassDurationHours),
            ("look_back_period", Field::LookBackPeriod),
        ];
        for (header, field) in table {
            assert_eq!(meaning(header), Meaning::Field(field), "{header}");
        }
        for field in Field::ALL {
            let names = [Some(field.name()), field.wire_name(), field.portal_name()];
            for name in names.into_iter().flatten() {
                assert_eq!(meaning(name), Meaning::Field(*field), "{name}");
            }
        }
        for name in READ_ONLY {
            assert_eq!(meaning(name), Meaning::ReadOnly, "{name}");
        }
        assert_eq!(meaning("created_by"), Meaning::ReadOnly);
        assert_eq!(meaning("certificate_info_issuer"), Meaning::Certificate("issuer"));
        assert_eq!(meaning(" "), Meaning::Nameless);
        assert_eq!(meaning("Note"), Meaning::Unknown);
    }

    #[test]
    fn a_misspelt_column_gets_the_right_name_in_the_manner_of_the_file() {
        let table = [
            ("Acton", "Action"),
            ("acton", "action"),
            ("IndicatorValues", "IndicatorValue"),
            ("mitre_technique", "mitre_techniques"),
            ("RbacGroup", "RbacGroups"),
            ("generate_alerts", "generate_alert"),
            ("expiration", "expiration_time"),
            ("Serverity", "Severity"),
        ];
        for (written, right) in table {
            let text = unknown(written);
            assert!(text.ends_with(&format!("`{right}` may be meant")), "{written}: {text}");
        }
        assert!(unknown("Note").ends_with("or remove it"));
        assert!(unknown(&"x".repeat(1_000_000)).ends_with("or remove it"));
    }

    #[test]
    fn what_is_wrong_with_a_header_is_told_at_once() {
        let (_, problems) = headers("Type,IndicatorType,Note,id,,Severty");
        let column = |name: &str| Some(name.to_owned());
        assert_eq!(
            problems,
            [
                (
                    column("IndicatorType"),
                    "`Type` is the same field; keep one of the two".into()
                ),
                (
                    column("Note"),
                    "an indicator has no such field; rename the column, or remove it".into()
                ),
                (
                    column("Severty"),
                    "an indicator has no such field; `Severity` may be meant".into()
                ),
                (
                    None,
                    "no column holds the values; call it `IndicatorValue` or `value`".into()
                ),
            ]
        );
    }

    #[test]
    fn a_header_that_says_nothing_is_one_problem() {
        let (_, problems) = headers("IndicatorType;IndicatorValue;Action");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].1.contains("separated by semicolons"), "{problems:?}");
        let (_, problems) = headers("198.51.100.7");
        assert!(
            problems[0].1.starts_with("`198.51.100.7` is not a field"),
            "{problems:?}"
        );
        let (_, problems) = headers("a,b");
        assert!(
            problems[0].1.starts_with("the first line names no field"),
            "{problems:?}"
        );
    }
}
