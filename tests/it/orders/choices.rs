//! Which way a run goes at each point where it can go several ways: every way once if there are few, else some by chance,
//! none of them twice.

use super::chance::Chance;

/// All ways that were gone so far.
#[derive(Debug)]
pub struct Choices {
    nodes: Vec<Node>,
    chance: Chance,
    /// The nodes of the present way, with the choice that was made at each.
    way: Vec<(usize, usize)>,
    /// Where the present way stands; `None` before its first choice that was not made yet.
    next: Option<usize>,
}

#[derive(Debug, Default)]
struct Node {
    ways: Vec<Way>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Way {
    to: Option<usize>,
    gone: bool,
}

impl Choices {
    pub fn new(chance: Chance) -> Self {
        Self {
            nodes: vec![Node::default()],
            chance,
            way: Vec::new(),
            next: Some(0),
        }
    }

    /// Chooses one of several ways that have these weights. A way that was gone to all its ends is not gone again.
    pub fn choose(&mut self, weights: &[u32]) -> usize {
        let number = self.next.unwrap_or_else(|| {
            self.nodes.push(Node::default());
            let number = self.nodes.len() - 1;
            if let Some((from, way)) = self.way.last().copied() {
                self.nodes[from].ways[way].to = Some(number);
            }
            number
        });
        let node = &mut self.nodes[number];
        // The same choices may lead to more or fewer ways on a busy machine.
        if node.ways.len() < weights.len() {
            node.ways.resize(weights.len(), Way::default());
        }
        let fresh: Vec<usize> = (0..weights.len()).filter(|way| !node.ways[*way].gone).collect();
        let among = if fresh.is_empty() {
            (0..weights.len()).collect()
        } else {
            fresh
        };
        let sum: u32 = among.iter().map(|way| weights[*way]).sum();
        let mut left = self.chance.below(sum as usize);
        let chosen = among.into_iter().find(|way| {
            let weight = weights[*way] as usize;
            let here = left < weight;
            left = left.saturating_sub(weight);
            here
        });
        let chosen = chosen.expect("the weights have this sum");
        self.next = node.ways[chosen].to;
        self.way.push((number, chosen));
        chosen
    }

    /// Ends the present way. Whether there is another one.
    pub fn end(&mut self) -> bool {
        let mut gone = true;
        for (number, way) in self.way.drain(..).rev() {
            let node = &mut self.nodes[number];
            node.ways[way].gone = gone;
            gone = gone && node.ways.iter().all(|way| way.gone);
        }
        self.next = Some(0);
        !gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn few_ways_are_gone_once_each_and_then_there_is_no_other() {
        let mut choices = Choices::new(Chance::of("ways", 1));
        let mut seen = BTreeSet::new();
        let mut others = true;
        while others {
            // A way that ends early, and others with two more turns.
            let first = choices.choose(&[1, 1, 5]);
            let way = if first == 0 {
                vec![first]
            } else {
                vec![first, choices.choose(&[1, 9]), choices.choose(&[3, 1])]
            };
            assert!(seen.insert(way), "gone twice");
            others = choices.end();
        }
        assert_eq!(seen.len(), 9);
    }
}
