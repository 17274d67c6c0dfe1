//! Which of two network indicators wins where both match. Microsoft's page on indicators for IP addresses, URLs and domains
//! says: of one value Allowed wins over Warn and Warn over Block; of URLs the longer path wins; a domain covers what is below
//! it, and a URL what is under its path.

use super::host::{UrlParts, suffixes};
use super::{Action, Identity, IndicatorType};
use std::collections::{HashMap, HashSet};

/// How two indicators contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// They have one value, and the weaker action wins.
    SameValue,
    /// One is allowed inside what the other blocks.
    AllowedInside,
    /// One is blocked inside what the other allows. Only where the path is seen does the block win.
    BlockedInside,
}

/// Whether an indicator of this type and action can weaken others.
#[must_use]
pub fn weakens(indicator_type: &IndicatorType, action: &Action) -> bool {
    indicator_type.is_network() && matches!(action, Action::Allowed | Action::Warn)
}

/// The conflicts between the identities of `mine` and those of `others`, in the order of `mine`. Conflicts among `others` are
/// not told.
#[must_use]
pub fn conflicts<'a, M: Copy, O: Copy>(
    mine: impl Iterator<Item = (M, &'a Identity)>,
    others: impl Iterator<Item = (O, &'a Identity)>,
) -> Vec<(M, O, Conflict)> {
    let mine: Vec<(M, &Identity, Place)> = mine
        .filter(|(_, identity)| is_told(identity))
        .map(|(name, identity)| {
            let place = Place::of(identity.indicator_type(), identity.value());
            (name, identity, place)
        })
        .collect();
    let wanted: HashSet<&str> = mine.iter().map(|(.., place)| place.key()).collect();
    let theirs = Places::of(others, &wanted);
    let mut found = Vec::new();
    for &(name, identity, ref place) in &mine {
        let at_the_same = theirs.exact.get(&place.key).into_iter().flatten();
        for (other, action, indicator_type) in at_the_same {
            if *indicator_type == identity.indicator_type() && is_contradiction(identity.action(), action) {
                found.push((name, *other, Conflict::SameValue));
            }
        }
        for outer in place.outer() {
            for (other, action, _) in theirs.exact.get(outer).into_iter().flatten() {
                found.extend(inside(identity.action(), action).map(|conflict| (name, *other, conflict)));
            }
        }
        for (other, action) in theirs.inside.get(place.key()).into_iter().flatten() {
            found.extend(inside(action, identity.action()).map(|conflict| (name, *other, conflict)));
        }
    }
    found
}

/// Whether the action lets a user through or stops one; Audit does neither.
fn is_told(identity: &Identity) -> bool {
    let action = identity.action();
    identity.indicator_type().is_network() && (action.is_block() || matches!(action, Action::Allowed | Action::Warn))
}

fn is_contradiction(one: &Action, other: &Action) -> bool {
    one.strength() != other.strength()
}

/// The conflict of an action inside what has another one.
fn inside(inner: &Action, outer: &Action) -> Option<Conflict> {
    match (inner, outer) {
        (Action::Allowed, outer) if outer.is_block() => Some(Conflict::AllowedInside),
        (inner, Action::Allowed) if inner.is_block() => Some(Conflict::BlockedInside),
        _ => None,
    }
}

/// Most folders of a URL, and most names above a host, that are looked at: DNS allows 127 labels. Each costs as much as it
/// is long, so without a bound a long value of nothing but slashes would take for ever.
const DEEPEST: usize = 128;

/// Where an indicator matches: an address, a domain such as `evil.example`, or a URL such as `evil.example/path`; the URL
/// of a whole host is `evil.example/`.
pub(super) struct Place {
    key: String,
}

impl Place {
    /// The place of a value in canonical spelling.
    pub(super) fn of(indicator_type: &IndicatorType, value: &str) -> Self {
        let key = match indicator_type {
            IndicatorType::Url => match UrlParts::split(value) {
                Some(parts) => {
                    let path = parts
                        .rest
                        .split(['?', '#'])
                        .next()
                        .unwrap_or_default()
                        .trim_end_matches('/');
                    let slash = if path.starts_with('/') { "" } else { "/" };
                    format!("{}{slash}{path}", parts.host)
                }
                None => value.to_owned(),
            },
            _ => value.to_owned(),
        };
        Self { key }
    }

    /// The place as a text: two indicators with the same one match the same things, but for schemes and ports.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The places that contain this one, the nearest first; the outermost [`DEEPEST`] folders and names.
    pub(super) fn outer(&self) -> impl Iterator<Item = &str> {
        let host_end = self.key.find('/');
        let (host, path) = self.key.split_at(host_end.unwrap_or(self.key.len()));
        let slashes = path
            .char_indices()
            .filter(|(_, letter)| *letter == '/')
            .map(|(at, _)| at);
        let mut folders: Vec<&str> = slashes
            .filter(|at| *at > 0)
            .take(DEEPEST)
            .map(|at| &self.key[..host.len() + at])
            .collect();
        folders.reverse();
        let root = (path.len() > 1).then(|| &self.key[..=host.len()]);
        // A domain does not contain itself; of a URL it is the nearest that does.
        let labels = host.bytes().filter(|byte| *byte == b'.').count() + 1;
        let own = usize::from(path.is_empty());
        let domains = suffixes(host).skip(own.max(labels.saturating_sub(DEEPEST)));
        folders.into_iter().chain(root).chain(domains)
    }
}

/// The places of many indicators.
struct Places<'a, O> {
    /// By their own place.
    exact: HashMap<String, Vec<(O, &'a Action, &'a IndicatorType)>>,
    /// By each place around them that is asked for.
    inside: HashMap<&'a str, Vec<(O, &'a Action)>>,
}

impl<'a, O: Copy> Places<'a, O> {
    fn of<'i: 'a>(rows: impl Iterator<Item = (O, &'i Identity)>, wanted: &HashSet<&'a str>) -> Self {
        let mut places = Self {
            exact: HashMap::new(),
            inside: HashMap::new(),
        };
        for (name, identity) in rows.filter(|(_, identity)| is_told(identity)) {
            let place = Place::of(identity.indicator_type(), identity.value());
            for outer in place.outer().filter_map(|outer| wanted.get(outer)) {
                let inside = places.inside.entry(*outer).or_default();
                inside.push((name, identity.action()));
            }
            let exact = places.exact.entry(place.key).or_default();
            exact.push((name, identity.action(), identity.indicator_type()));
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::detect_type;

    fn identity(value: &str, action: &str) -> Identity {
        Identity::new(value, &detect_type(value).unwrap(), &Action::from_service(action))
    }

    fn told(mine: (&str, &str), other: (&str, &str)) -> Option<Conflict> {
        let (mine, other) = (identity(mine.0, mine.1), identity(other.0, other.1));
        let found = conflicts([((), &mine)].into_iter(), [((), &other)].into_iter());
        assert!(found.len() <= 1, "{found:?}");
        found.first().map(|(_, _, conflict)| *conflict)
    }

    #[test]
    fn the_weaker_action_of_one_value_wins() {
        for value in ["evil.example", "198.51.100.7", "https://evil.example/a"] {
            for (one, other) in [
                ("Allowed", "Block"),
                ("Warn", "Block"),
                ("Allowed", "Warn"),
                ("Block", "Allowed"),
            ] {
                assert_eq!(
                    told((value, one), (value, other)),
                    Some(Conflict::SameValue),
                    "{value} {one} {other}"
                );
            }
            assert_eq!(told((value, "Block"), (value, "BlockAndRemediate")), None);
            assert_eq!(told((value, "Block"), (value, "Audit")), None);
        }
        assert_eq!(
            told(("EVIL.example", "Block"), ("evil.example", "Allowed")),
            Some(Conflict::SameValue)
        );
        // Of files the block wins.
        let hash = "a".repeat(64);
        assert_eq!(told((&hash, "Block"), (&hash, "Allowed")), None);
    }

    #[test]
    fn an_exception_is_told_from_both_sides() {
        for (inner, outer) in [
            ("https://www.evil.example/a/b?c=d", "evil.example"),
            ("https://evil.example/a/b", "https://evil.example/a/"),
            ("https://evil.example/a", "http://evil.example"),
            ("https://evil.example", "evil.example"),
            ("a.b.evil.example", "evil.example"),
            ("https://198.51.100.7/x", "198.51.100.7"),
        ] {
            assert_eq!(
                told((inner, "Allowed"), (outer, "Block")),
                Some(Conflict::AllowedInside),
                "{inner} {outer}"
            );
            assert_eq!(
                told((outer, "Block"), (inner, "Allowed")),
                Some(Conflict::AllowedInside),
                "{inner} {outer}"
            );
            assert_eq!(
                told((inner, "Block"), (outer, "Allowed")),
                Some(Conflict::BlockedInside),
                "{inner} {outer}"
            );
            assert_eq!(
                told((outer, "Allowed"), (inner, "Block")),
                Some(Conflict::BlockedInside),
                "{inner} {outer}"
            );
            assert_eq!(told((inner, "Block"), (outer, "Block")), None);
            assert_eq!(told((inner, "Allowed"), (outer, "Allowed")), None);
        }
    }

    #[test]
    fn what_lies_beside_it_is_no_conflict() {
        for (one, other) in [
            ("notevil.example", "evil.example"),
            ("https://evil.example/ab", "https://evil.example/a"),
            ("https://evil.example/a", "https://evil.example/b"),
            ("https://evil.example.net/", "evil.example"),
            ("198.51.100.7", "198.51.100.70"),
        ] {
            for (mine, theirs) in [("Allowed", "Block"), ("Block", "Allowed")] {
                assert_eq!(told((one, mine), (other, theirs)), None, "{one} {other}");
            }
        }
    }

    #[test]
    fn long_values_are_looked_at_in_parts_of_them_only() {
        let url = format!("https://evil.example{}", "/a".repeat(50_000));
        let name = format!("{}evil.example", "a.".repeat(50_000));
        for (value, indicator_type) in [(&url, IndicatorType::Url), (&name, IndicatorType::DomainName)] {
            let place = Place::of(&indicator_type, value);
            let outer: Vec<&str> = place.outer().collect();
            assert!(outer.len() <= DEEPEST + 3, "{}", outer.len());
            assert!(outer.contains(&"evil.example"));
        }
        for outer in ["evil.example", "https://evil.example/a/a"] {
            assert_eq!(told((&url, "Allowed"), (outer, "Block")), Some(Conflict::AllowedInside));
            assert_eq!(told((outer, "Allowed"), (&url, "Block")), Some(Conflict::BlockedInside));
        }
    }
}
