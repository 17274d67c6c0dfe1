//! What a pattern means as a list of values, each of which is blocked by itself.
//!
//! A row blocks its value wherever it is met. So a pattern may become rows only where each of its values alone says
//! enough: the branches of an OR, and of an AND the one fact that names its object wholly. Everything else is said to be
//! left out, and a negated value never becomes a row, whatever was asked for.

use super::pattern::{Bond, Comparison, Facts, Literal, Observation, Operator, Span};
use super::property::Property;
use crate::feed::settle::hash_strength;
use crate::feed::{Options, Reason};
use crate::indicator::{IndicatorType, canonical, detect_type};
use std::borrow::Cow;

/// How many comparisons the branches of an AND with ORs in it may have together.
const MOST: usize = 2_000;

/// What a pattern means.
#[derive(Debug, Default)]
pub(super) struct Meaning<'t> {
    /// Its values and what is none, in the order of the pattern.
    pub found: Vec<Found<'t>>,
    /// Properties that were left out beside a value that says enough.
    pub left_out: Vec<&'t str>,
}

/// A part of a pattern.
#[derive(Debug, PartialEq)]
pub(super) enum Found<'t> {
    /// A value that is to be taken.
    Value {
        text: Cow<'t, str>,
        kind: IndicatorType,
        column: usize,
        /// The number of the observation that it is a hash in.
        file: Option<usize>,
    },
    /// A part that is no list of values.
    Skipped {
        reason: Reason,
        span: Span<'t>,
        note: Option<&'static str>,
    },
}

/// What a pattern means, with these options.
pub(super) fn of<'t>(pattern: &Observation<'t>, options: &Options) -> Meaning<'t> {
    let mut reader = Reader {
        meaning: Meaning::default(),
        observations: 0,
        options,
    };
    reader.observation(pattern);
    reader.meaning
}

struct Reader<'o, 't> {
    meaning: Meaning<'t>,
    observations: usize,
    options: &'o Options,
}

impl<'t> Reader<'_, 't> {
    fn observation(&mut self, observation: &Observation<'t>) {
        match observation {
            Observation::Facts(facts) => {
                self.observations += 1;
                self.facts(facts);
            }
            Observation::Or(parts) => parts.iter().for_each(|part| self.observation(part)),
            Observation::Group { parts, .. } if self.options.widen => {
                parts.iter().for_each(|part| self.observation(part));
            }
            Observation::Group { bond, span, .. } => {
                let reason = match bond {
                    Bond::And => Reason::ObservationAnd,
                    Bond::FollowedBy => Reason::Sequence,
                    Bond::Qualified => Reason::Qualifier,
                };
                self.skip(reason, *span, None);
            }
        }
    }

    fn facts(&mut self, facts: &Facts<'t>) {
        match facts {
            Facts::Comparison(comparison) => self.alone(comparison),
            Facts::Or(parts) => parts.iter().for_each(|part| self.facts(part)),
            Facts::And(_, span) if has_negation(facts) => self.skip(Reason::Negation, *span, None),
            Facts::And(_, span) => match branches(facts) {
                Some(branches) => branches.iter().for_each(|branch| self.together(branch, *span)),
                None => self.skip(Reason::Conjunction, *span, Some("it has too many combinations")),
            },
        }
    }

    /// A comparison that holds by itself.
    fn alone(&mut self, comparison: &Comparison<'t>) {
        let span = comparison.span;
        if comparison.negated {
            return self.skip(Reason::Negation, span, None);
        }
        let property = Property::of(&comparison.path);
        match comparison.operator {
            Operator::Equal | Operator::In => self.values(comparison, &property),
            Operator::Like => match self.without_wildcard(comparison, &property) {
                Some(text) => self.value(comparison, &property, text),
                None => self.skip(Reason::Operator, span, None),
            },
            Operator::IsSubset
                if property == Property::Value(IndicatorType::IpAddress) || property == Property::Peer =>
            {
                self.values(comparison, &property);
            }
            _ => self.skip(Reason::Operator, span, None),
        }
    }

    fn values(&mut self, comparison: &Comparison<'t>, property: &Property) {
        if matches!(
            property,
            Property::PeerType | Property::Port | Property::Protocols | Property::Other
        ) {
            return self.skip(Reason::Path, comparison.span, None);
        }
        for literal in &comparison.literals {
            match &literal.text {
                Some(text) => self.put(property, text.clone(), literal.span),
                None => self.skip(Reason::Value, literal.span, Some("it is no text")),
            }
        }
    }

    fn value(&mut self, comparison: &Comparison<'t>, property: &Property, text: Cow<'t, str>) {
        match comparison.literals.first() {
            Some(literal) if !matches!(property, Property::Other | Property::PeerType) => {
                self.put(property, text, literal.span);
            }
            _ => self.skip(Reason::Path, comparison.span, None),
        }
    }

    fn put(&mut self, property: &Property, text: Cow<'t, str>, span: Span<'t>) {
        let kind = match property {
            Property::Value(kind) => kind.clone(),
            Property::ResolvedAddress if self.options.resolved_addresses => IndicatorType::IpAddress,
            Property::ResolvedAddress => return self.skip(Reason::ResolvedAddress, span, None),
            // The value decides, not the type that stands beside it.
            Property::Peer if detect_type(&text) == Some(IndicatorType::IpAddress) => IndicatorType::IpAddress,
            Property::Peer => IndicatorType::DomainName,
            _ => return self.skip(Reason::Path, span, None),
        };
        let file = kind.is_file().then_some(self.observations);
        self.meaning.found.push(Found::Value {
            text,
            kind,
            column: span.column,
            file,
        });
    }

    /// What a LIKE stands for if it is one value, or may be widened to one.
    fn without_wildcard(&self, comparison: &Comparison<'t>, property: &Property) -> Option<Cow<'t, str>> {
        let text = comparison.literals.first()?.text.clone()?;
        let is_plain = |text: &str| !text.contains(['%', '_']);
        if is_plain(&text) {
            return Some(text);
        }
        let widened = match property {
            _ if !self.options.widen => return None,
            Property::Value(IndicatorType::DomainName) => text.strip_prefix("%.")?,
            // A host that goes on behind the wildcard is another host.
            Property::Value(IndicatorType::Url) => text.strip_suffix('%').filter(|rest| rest.ends_with('/'))?,
            _ => return None,
        };
        (is_plain(widened) && !widened.ends_with("://")).then(|| Cow::Owned(widened.to_owned()))
    }

    /// Comparisons that hold together; none is negated.
    fn together(&mut self, branch: &[&Comparison<'t>], span: Span<'t>) {
        if let [one] = branch {
            return self.alone(one);
        }
        let facts: Vec<Fact<'_, 't>> = branch.iter().map(|comparison| Fact::of(comparison)).collect();
        let of_one_object = |object: &str| branch.iter().all(|comparison| comparison.path.object == object);
        let is_taken = if of_one_object("file") || of_one_object("x509-certificate") {
            self.by_its_hash(&facts)
        } else if of_one_object("network-traffic") {
            self.by_its_peer(&facts, span)
        } else {
            self.same_value(&facts)
        };
        if is_taken {
            return;
        }
        let can_be_taken = |fact: &Fact<'_, '_>| fact.is_equality && fact.property.is_value();
        if !self.options.widen || !facts.iter().any(can_be_taken) {
            return self.skip(Reason::Conjunction, span, None);
        }
        for fact in &facts {
            if can_be_taken(fact) {
                self.alone(fact.comparison);
            } else {
                self.meaning.left_out.push(fact.comparison.path.text);
            }
        }
    }

    /// The strongest hash of a file or a certificate names it wholly, unless there are two of one kind.
    fn by_its_hash(&mut self, facts: &[Fact<'_, 't>]) -> bool {
        let hashes = facts
            .iter()
            .filter(|fact| fact.is_equality)
            .filter_map(|fact| Some((fact.property.kind()?, fact)));
        let strongest = hashes
            .clone()
            .map(|(kind, _)| kind)
            .max_by_key(|kind| hash_strength(kind));
        let Some(strongest) = strongest.cloned() else {
            return false;
        };
        let mut kinds: Vec<(&IndicatorType, Vec<String>)> = Vec::new();
        for (kind, fact) in hashes.clone() {
            let values = fact.values(kind);
            match kinds.iter().find(|(known, _)| *known == kind) {
                Some((_, known)) if *known != values => return false,
                Some(_) => {}
                None => kinds.push((kind, values)),
            }
        }
        let mut is_first = true;
        for fact in facts {
            if fact.is_equality && fact.property.kind() == Some(&strongest) {
                if is_first {
                    self.alone(fact.comparison);
                }
                is_first = false;
            } else {
                self.meaning.left_out.push(fact.comparison.path.text);
            }
        }
        true
    }

    /// One end of a connection, if nothing but its type and the protocols stands beside it, or ports that are to be
    /// dropped.
    fn by_its_peer(&mut self, facts: &[Fact<'_, 't>], span: Span<'t>) -> bool {
        let mut peers = facts.iter().filter(|fact| fact.property == Property::Peer);
        let (Some(peer), None) = (peers.next(), peers.next()) else {
            return false;
        };
        let is_known = |fact: &Fact<'_, '_>| {
            matches!(
                fact.property,
                Property::Peer | Property::PeerType | Property::Port | Property::Protocols
            )
        };
        if !facts.iter().all(is_known) || !peer.is_single {
            return false;
        }
        if facts.iter().any(|fact| fact.property == Property::Port) && !self.options.drop_port {
            self.skip(
                Reason::Port,
                span,
                Some("it is for one port, and an indicator is for all ports"),
            );
            return true;
        }
        self.alone(peer.comparison);
        let beside = facts
            .iter()
            .filter(|fact| matches!(fact.property, Property::Port | Property::Protocols));
        self.meaning
            .left_out
            .extend(beside.map(|fact| fact.comparison.path.text));
        true
    }

    /// One value that is said several times.
    fn same_value(&mut self, facts: &[Fact<'_, 't>]) -> bool {
        let Some((first, others)) = facts.split_first() else {
            return false;
        };
        let Some(kind) = first.property.kind().filter(|_| first.is_equality) else {
            return false;
        };
        let values = first.values(kind);
        let is_same =
            |fact: &Fact<'_, '_>| fact.is_equality && fact.property == first.property && fact.values(kind) == values;
        if !others.iter().all(is_same) {
            return false;
        }
        self.alone(first.comparison);
        true
    }

    /// Notes a part once: the branches of one AND are the same part.
    fn skip(&mut self, reason: Reason, span: Span<'t>, note: Option<&'static str>) {
        let skipped = Found::Skipped { reason, span, note };
        if self.meaning.found.last() != Some(&skipped) {
            self.meaning.found.push(skipped);
        }
    }
}

/// A comparison within an AND.
struct Fact<'c, 't> {
    comparison: &'c Comparison<'t>,
    property: Property,
    /// Whether the property is one of the values that stand there.
    is_equality: bool,
    /// The same, or a network that is one.
    is_single: bool,
}

impl<'c, 't> Fact<'c, 't> {
    fn of(comparison: &'c Comparison<'t>) -> Self {
        let is_equality = match comparison.operator {
            Operator::Equal | Operator::In => true,
            Operator::Like => comparison
                .literals
                .first()
                .and_then(|literal| literal.text.as_ref())
                .is_some_and(|text| !text.contains(['%', '_'])),
            _ => false,
        };
        Self {
            comparison,
            property: Property::of(&comparison.path),
            is_equality,
            is_single: is_equality || comparison.operator == Operator::IsSubset,
        }
    }

    /// The values in canonical spelling, sorted.
    fn values(&self, kind: &IndicatorType) -> Vec<String> {
        let text = |literal: &Literal<'_>| canonical(kind, literal.text.as_deref().unwrap_or(literal.span.text));
        let mut values: Vec<String> = self.comparison.literals.iter().map(text).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}

impl Property {
    fn is_value(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Peer | Self::ResolvedAddress)
    }

    fn kind(&self) -> Option<&IndicatorType> {
        match self {
            Self::Value(kind) => Some(kind),
            _ => None,
        }
    }
}

fn has_negation(facts: &Facts<'_>) -> bool {
    match facts {
        Facts::Comparison(comparison) => comparison.negated,
        Facts::Or(parts) | Facts::And(parts, _) => parts.iter().any(has_negation),
    }
}

/// The comparisons that hold together, for each way in which facts can hold; nothing if there are too many.
fn branches<'c, 't>(facts: &'c Facts<'t>) -> Option<Vec<Vec<&'c Comparison<'t>>>> {
    match facts {
        Facts::Comparison(comparison) => Some(vec![vec![comparison]]),
        Facts::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(branches(part)?);
                if size(&all) > MOST {
                    return None;
                }
            }
            Some(all)
        }
        Facts::And(parts, _) => {
            let mut all: Vec<Vec<&Comparison<'t>>> = vec![Vec::new()];
            for part in parts {
                let right = branches(part)?;
                if let ([left], [right]) = (all.as_mut_slice(), right.as_slice()) {
                    left.extend(right);
                    continue;
                }
                let count = size(&all) * right.len() + size(&right) * all.len();
                if count > MOST {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|left| right.iter().map(|right| left.iter().chain(right).copied().collect()))
                    .collect();
            }
            // What holds whatever the others do may be long; then it is not repeated.
            (all.len() == 1 || size(&all) <= MOST).then_some(all)
        }
    }
}

fn size(branches: &[Vec<&Comparison<'_>>]) -> usize {
    branches.iter().map(Vec::len).sum()
}

#[cfg(test)]
mod tests;
