//! Which indicators say nothing that another one does not say already.

use super::precedence::Place;
use super::{IndicatorType, canonical};
use std::collections::HashMap;
use std::hash::Hash;

/// The pairs of an indicator and the nearest one that covers it, in the order of the rows: a domain covers its
/// sub-domains and the URLs there, an address the URLs there, and a URL those below it with the same scheme and port.
/// Only rows of one `group` cover each other, such as those with the same action and device groups; a row of another group
/// that is nearer stands between, as an exception does.
#[must_use]
pub fn covered<'a, N: Copy, G: Eq + Hash>(
    rows: impl Iterator<Item = (N, &'a IndicatorType, &'a str, G)>,
) -> Vec<(N, N)> {
    let rows: Vec<_> = rows
        .filter(|(_, kind, ..)| kind.is_network())
        .map(|(name, kind, value, group)| {
            let spelling = canonical(kind, value);
            // A URL with a query stands for less than what is below its path.
            let is_whole = *kind != IndicatorType::Url || !value.contains(['?', '#']);
            let site = site(kind, &spelling).to_owned();
            (name, site, Place::of(kind, &spelling), group, is_whole)
        })
        .collect();
    // A place may have several rows, such as those of two schemes or groups.
    let mut by_place: HashMap<&str, Vec<(N, &str, &G)>> = HashMap::new();
    for (name, site, place, group, _) in rows.iter().filter(|(.., is_whole)| *is_whole) {
        by_place.entry(place.key()).or_default().push((*name, site, group));
    }
    let mut pairs = Vec::new();
    for (name, site, place, group, _) in &rows {
        let nearest = place.outer().find_map(|outer| {
            let around = by_place.get(outer)?.iter();
            let around: Vec<_> = around
                .filter(|(_, other, _)| other.is_empty() || other == site)
                .collect();
            (!around.is_empty()).then_some(around)
        });
        // What stands there in another group may be an exception, such as an Allowed.
        let is_alike = |around: &Vec<&(N, &str, &G)>| around.iter().all(|(_, _, other)| *other == group);
        let outer = nearest.filter(is_alike).and_then(|around| around.first().copied());
        pairs.extend(outer.map(|(outer, ..)| (*name, *outer)));
    }
    pairs
}

/// Scheme, host and port of a URL; nothing for what acts on all of them.
fn site<'t>(kind: &IndicatorType, spelling: &'t str) -> &'t str {
    if *kind != IndicatorType::Url {
        return "";
    }
    let host = spelling.find("://").map_or(0, |at| at + 3);
    let end = spelling[host..]
        .find(['/', '\\', '?', '#'])
        .map_or(spelling.len(), |at| host + at);
    &spelling[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use IndicatorType::{DomainName, FileMd5, IpAddress, Url};

    #[test]
    fn what_is_within_another_is_covered_by_the_nearest() {
        let rows = [
            ("domain", DomainName, "Evil.example", "Block"),
            ("sub-domain", DomainName, "a.evil.example.", "Block"),
            ("other action", DomainName, "b.evil.example", "Audit"),
            ("sister", DomainName, "notevil.example", "Block"),
            ("url", Url, "http://www.evil.example:8080/a", "Block"),
            ("below", Url, "http://other.example/a/b", "Block"),
            ("other scheme", Url, "https://other.example/a/b", "Block"),
            ("folder", Url, "http://other.example/a/", "Block"),
            ("query", Url, "http://third.example/a?b=c", "Block"),
            ("below a query's path", Url, "http://third.example/a/b", "Block"),
            ("like the folder", Url, "http://other.example/ab", "Block"),
            ("on an address", Url, "http://198.51.100.7/x", "Block"),
            ("address", IpAddress, "198.51.100.7", "Block"),
            ("hash", FileMd5, "d41d8cd98f00b204e9800998ecf8427e", "Block"),
        ];
        let found = covered(
            rows.iter()
                .map(|(name, kind, value, action)| (*name, kind, *value, *action)),
        );
        assert_eq!(
            found,
            [
                ("sub-domain", "domain"),
                ("url", "domain"),
                ("below", "folder"),
                ("on an address", "address"),
            ]
        );
    }
}
