//! Which columns hold what: by what stands in them, with their names as a hint, unless somebody says it.

use super::super::cells::Row;
use super::super::csv::{self, Meaning};
use super::super::{Options, Reason, Refusal, shown, value};
use super::words::{self, Role, Word, Words};
use super::{Settings, fields};
use crate::indicator::rules::check_value;
use crate::indicator::{CertificateFact, Field, IndicatorType};
use std::collections::{BTreeMap, HashMap};

/// What the columns of a table hold, by their positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The values; several where a row has a column for each kind of hash.
    pub values: Vec<usize>,
    /// The words for types.
    pub kind: Option<usize>,
    /// Fields of the indicator.
    pub fields: Vec<(Field, usize)>,
    /// Facts of the certificate.
    pub facts: Vec<(CertificateFact, usize)>,
    /// Whether the author has withdrawn the row.
    pub revoked: Option<usize>,
    /// For how many readers the row is.
    pub tlp: Option<usize>,
    /// When it was seen last.
    pub seen: Option<usize>,
    /// Whether all columns are those of an indicator, so that whoever wrote the table meant them so.
    pub is_ours: bool,
    /// What was chosen, and what was not used.
    pub notes: Vec<String>,
}

/// Least share of values in a column that holds them, in percent of the cells that say something.
const LEAST_VALUES: usize = 40;

/// Least share of words for types in their column; less is enough where the name says it.
const LEAST_WORDS: usize = 50;
const LEAST_NAMED_WORDS: usize = 30;

/// How much less than the best another column may hold to be as good, in percent.
const AS_GOOD: usize = 25;

/// How many kinds of hashes of files there are.
const KINDS_OF_HASHES: usize = 3;

/// What stands in one column.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Cells that say something.
    said: usize,
    /// Values, and what is more or less than one at half the weight.
    weight: usize,
    /// The types of the values.
    kinds: BTreeMap<IndicatorType, usize>,
    /// Words for types, and those among them that Defender has.
    words: usize,
    types: usize,
}

impl Seen {
    fn share(&self, count: usize) -> usize {
        count * 100 / self.said.max(1)
    }

    /// The one type of hash of a file that stands here.
    fn only_hash(&self) -> Option<&IndicatorType> {
        let mut kinds = self.kinds.keys();
        kinds.next().filter(|kind| kind.is_file() && kinds.next().is_none())
    }
}

/// Finds out what the columns of these names hold, from some rows.
///
/// # Errors
///
/// A column that is asked for does not exist, or no column can be told to hold the values.
pub fn columns(rows: &[Row<'_>], names: &[String], settings: &Settings) -> Result<Columns, Refusal> {
    let words = Words { own: &settings.words };
    let seen: Vec<Seen> = (0..names.len()).map(|at| look(rows, at, words)).collect();
    let ask = |wanted: &Option<String>| wanted.as_deref().map(|wanted| position(names, wanted)).transpose();
    let mut asked_values: Vec<usize> = Vec::new();
    for wanted in &settings.values {
        let at = position(names, wanted)?;
        if !asked_values.contains(&at) {
            asked_values.push(at);
        }
    }
    let is_known = |name: &String| !matches!(csv::meaning(name), Meaning::Unknown);
    let mut columns = Columns {
        is_ours: names.iter().all(is_known)
            && names
                .iter()
                .any(|name| csv::meaning(name) == Meaning::Field(Field::Value)),
        ..Columns::default()
    };
    columns.kind = match ask(&settings.kind)? {
        Some(at) => Some(at),
        None if settings.type_is.is_some() => None,
        None => kind_column(names, &seen).filter(|at| !asked_values.contains(at)),
    };
    columns.values = match asked_values.is_empty() {
        false => asked_values,
        true => value_columns(rows, names, &seen, columns.kind, words)?,
    };
    let asked = [
        (Field::Title, ask(&settings.title)?),
        (Field::Description, ask(&settings.description)?),
        (Field::ExpirationTime, ask(&settings.expires)?),
    ];
    columns.fields = asked.into_iter().filter_map(|(field, at)| Some((field, at?))).collect();
    columns.add_named(names);
    columns.leave_out_others(rows, names);
    columns.fields.sort_unstable();
    columns.notes.insert(0, columns.told(names));
    Ok(columns)
}

impl Columns {
    /// The positions that have a part in what a row says.
    fn used(&self) -> Vec<usize> {
        let fields = self.fields.iter().map(|(_, at)| *at);
        let facts = self.facts.iter().map(|(_, at)| *at);
        let others = [self.kind, self.revoked, self.tlp, self.seen].into_iter().flatten();
        self.values
            .iter()
            .copied()
            .chain(fields)
            .chain(facts)
            .chain(others)
            .collect()
    }

    /// Adds what the names say, where nothing better is there.
    fn add_named(&mut self, names: &[String]) {
        let used = self.used();
        let mut ranked: HashMap<Role, (u8, usize)> = HashMap::new();
        let mut seen: Option<(u8, usize)> = None;
        for (at, name) in names.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
            match words::role(name) {
                Some((Role::Seen(rank), _)) if seen.is_none_or(|(best, _)| rank < best) => seen = Some((rank, at)),
                Some((Role::Seen(_), _)) | None => {}
                Some((role, rank)) => {
                    let best = ranked.entry(role).or_insert((rank, at));
                    if rank < best.0 {
                        *best = (rank, at);
                    }
                }
            }
        }
        self.seen = seen.map(|(_, at)| at);
        for (role, (_, at)) in ranked {
            match role {
                Role::Field(field) if self.fields.iter().any(|(other, _)| *other == field) => {}
                Role::Field(field) if !self.is_ours && is_only_ours(field) => {}
                Role::Field(field) => self.fields.push((field, at)),
                Role::Fact(name) => self
                    .facts
                    .extend(CertificateFact::from_name(name).map(|fact| (fact, at))),
                Role::Revoked => self.revoked = Some(at),
                Role::Tlp => self.tlp = Some(at),
                Role::Seen(_) => {}
            }
        }
        self.facts.sort_unstable_by_key(|(_, at)| *at);
    }

    /// In a table of somebody else, a column may have the name of a field and hold something else. It is left out if not
    /// one cell can be read as the field.
    fn leave_out_others(&mut self, rows: &[Row<'_>], names: &[String]) {
        if self.is_ours {
            return;
        }
        let mut left_out = Vec::new();
        self.fields.retain(|(field, at)| {
            let cells = rows
                .iter()
                .filter_map(|row| row.cells.get(*at))
                .filter(|cell| !cell.is_blank());
            let mut readable = cells.map(|cell| fields::read(*field, &cell.text).is_ok()).peekable();
            let is_other = fields::has_few_values(*field) && readable.peek().is_some() && !readable.any(|is| is);
            if is_other {
                left_out.push((*field, *at));
            }
            !is_other
        });
        for (field, at) in left_out {
            let name = names.get(at).map(|name| shown(name)).unwrap_or_default();
            self.notes.push(format!(
                "column {name} does not hold what `{field}` takes, and is not used"
            ));
        }
    }

    /// What was chosen, in one sentence.
    fn told(&self, names: &[String]) -> String {
        let name = |at: &usize| names.get(*at).map(|name| shown(name)).unwrap_or_default();
        let list = |found: Vec<usize>| found.iter().map(&name).collect::<Vec<_>>().join(", ");
        let mut told = format!("values from {}", list(self.values.clone()));
        told += &match &self.kind {
            Some(at) => format!(", types from {}", name(at)),
            None => ", types by the form of the values".to_owned(),
        };
        for (field, at) in &self.fields {
            told += &format!(", `{field}` from {}", name(at));
        }
        for (at, what) in [(self.revoked, "withdrawn rows"), (self.tlp, "TLP")] {
            told += &at.map_or(String::new(), |at| format!(", {what} from {}", name(&at)));
        }
        let used = self.used();
        let unused: Vec<usize> = (0..names.len())
            .filter(|at| !used.contains(at) && names.get(*at).is_some_and(|name| !name.is_empty()))
            .collect();
        if !unused.is_empty() {
            told += &format!("; not used: {}", list(unused));
        }
        told
    }
}

/// Fields whose names are words that other lists use for something else, and that would change whose row it is.
const fn is_only_ours(field: Field) -> bool {
    matches!(field, Field::Application | Field::Version | Field::Lifetime)
}

/// The position of a column: by its name, or by its number, counted from 1.
fn position(names: &[String], wanted: &str) -> Result<usize, Refusal> {
    let plain = words::plain(wanted);
    let by_name = names.iter().position(|name| name == wanted.trim());
    let by_name = by_name.or_else(|| {
        names
            .iter()
            .position(|name| !plain.is_empty() && words::plain(name) == plain)
    });
    let by_number = || {
        wanted
            .trim()
            .parse::<usize>()
            .ok()?
            .checked_sub(1)
            .filter(|at| *at < names.len())
    };
    by_name.or_else(by_number).ok_or_else(|| {
        let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
        let text = format!("the table has no column {}; it has {}", shown(wanted), names.join(", "));
        Refusal { place: None, text }
    })
}

/// What a cell is taken for, if it can be a value at all. The name of a file looks like a domain.
fn by_form(text: &str) -> Result<IndicatorType, Option<Reason>> {
    match value::take(text, None, &Options::default()).outcome {
        Ok(values) => match values.into_iter().next() {
            Some((kind, value)) => {
                let is_file = check_value(&kind, &value)
                    .iter()
                    .any(|finding| finding.code == "file-name");
                if is_file { Err(None) } else { Ok(kind) }
            }
            None => Err(None),
        },
        Err((Reason::Value, _)) => Err(None),
        Err((reason, _)) => Err(Some(reason)),
    }
}

fn look(rows: &[Row<'_>], at: usize, words: Words<'_>) -> Seen {
    let mut seen = Seen::default();
    for cell in rows
        .iter()
        .filter_map(|row| row.cells.get(at))
        .filter(|cell| !cell.is_blank())
    {
        seen.said += 1;
        match words.meaning(&cell.text) {
            Some(Word::Type(_) | Word::Any) => {
                seen.words += 1;
                seen.types += 1;
            }
            Some(Word::Other) => seen.words += 1,
            None => {}
        }
        match by_form(&cell.text) {
            Ok(kind) => {
                seen.weight += 2;
                *seen.kinds.entry(kind).or_default() += 1;
            }
            Err(Some(_)) => seen.weight += 1,
            Err(None) => {}
        }
    }
    seen
}

/// The column of words for types.
fn kind_column(names: &[String], seen: &[Seen]) -> Option<usize> {
    let columns = names.iter().zip(seen).enumerate();
    let fits = columns.filter_map(|(at, (name, seen))| {
        let (rank, share) = (words::type_rank(name), seen.share(seen.words));
        let least = if rank > 0 { LEAST_NAMED_WORDS } else { LEAST_WORDS };
        let is_one = rank == 2 || seen.types > 0 && share >= least;
        is_one.then_some((rank, share, at))
    });
    // Of equals the first.
    fits.max_by_key(|(rank, share, at)| (*rank, *share, usize::MAX - at))
        .map(|(_, _, at)| at)
}

/// The columns of values.
fn value_columns(
    rows: &[Row<'_>],
    names: &[String],
    seen: &[Seen],
    kind: Option<usize>,
    words: Words<'_>,
) -> Result<Vec<usize>, Refusal> {
    let ranks: Vec<u8> = names.iter().map(|name| words::value_rank(name)).collect();
    if let Some(at) = ranks.iter().position(|rank| *rank == 4) {
        return Ok(vec![at]);
    }
    let shares: Vec<usize> = (0..names.len())
        .map(|at| match (kind, seen.get(at)) {
            (Some(kind), _) if kind == at => 0,
            (Some(kind), Some(_)) => agreement(rows, at, kind, words),
            (None, Some(seen)) => seen.share(seen.weight) / 2,
            (_, None) => 0,
        })
        .collect();
    let can = |at: &usize| ranks.get(*at) != Some(&0) && shares.get(*at).is_some_and(|share| *share >= LEAST_VALUES);
    let candidates: Vec<usize> = (0..names.len()).filter(can).collect();
    let share_of = |at: &usize| shares.get(*at).copied().unwrap_or(0);
    let best = candidates.iter().map(share_of).max().unwrap_or(0);
    let mut good: Vec<usize> = candidates
        .into_iter()
        .filter(|at| share_of(at) + AS_GOOD >= best)
        .collect();
    let rank_of = |at: &usize| ranks.get(*at).copied().unwrap_or(0);
    let highest = good.iter().map(rank_of).max().unwrap_or(0);
    good.retain(|at| rank_of(at) == highest);
    let named = |found: &[usize]| {
        let names = found.iter().filter_map(|at| names.get(*at)).map(|name| shown(name));
        names.collect::<Vec<_>>().join(", ")
    };
    let refusal = |text: String| Refusal { place: None, text };
    match good.as_slice() {
        [] => {
            let all: Vec<usize> = (0..names.len()).collect();
            Err(refusal(format!(
                "no column of the table holds values; name it with `--value`. The columns are {}",
                named(&all)
            )))
        }
        [_] => Ok(good),
        // One row is one file, with a column for each kind of hash.
        several if are_hashes_of_one_file(several, seen) => Ok(good),
        several => Err(refusal(format!(
            "the columns {} hold values alike; name the right one with `--value`, or several separated by commas",
            named(several)
        ))),
    }
}

fn are_hashes_of_one_file(columns: &[usize], seen: &[Seen]) -> bool {
    let kinds: Vec<Option<&IndicatorType>> = columns
        .iter()
        .map(|at| seen.get(*at).and_then(Seen::only_hash))
        .collect();
    let differ = |at: usize| !kinds.iter().take(at).any(|other| *other == kinds[at]);
    kinds.len() <= KINDS_OF_HASHES && kinds.iter().all(Option::is_some) && (0..kinds.len()).all(differ)
}

/// The share of cells that are a value of the type that their row says, in percent.
fn agreement(rows: &[Row<'_>], at: usize, kind: usize, words: Words<'_>) -> usize {
    let (mut said, mut agreed) = (0, 0);
    for row in rows {
        let expected = match row.cells.get(kind).filter(|cell| !cell.is_blank()) {
            Some(cell) => match words.meaning(&cell.text) {
                Some(Word::Type(expected)) => Some(expected),
                Some(Word::Any) => None,
                Some(Word::Other) | None => continue,
            },
            None => None,
        };
        let Some(cell) = row.cells.get(at).filter(|cell| !cell.is_blank()) else {
            continue;
        };
        said += 2;
        let found = by_form(&cell.text);
        agreed += match (&found, &expected) {
            (Ok(found), Some(expected)) if found == expected || is_alike(found, expected) => 2,
            (Ok(_), None) => 2,
            (Err(Some(_)), _) => 1,
            _ => 0,
        };
    }
    agreed * 100 / said.max(1)
}

/// A thumbprint looks like a SHA-1, and a host may be an address.
fn is_alike(found: &IndicatorType, expected: &IndicatorType) -> bool {
    matches!(
        (found, expected),
        (IndicatorType::FileSha1, IndicatorType::CertificateThumbprint)
            | (IndicatorType::IpAddress, IndicatorType::DomainName)
    )
}
