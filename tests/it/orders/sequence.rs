//! Orders of steps.

use std::collections::BTreeMap;

/// In how many orders these can stand, of which equal ones are not told apart.
pub fn all_orders(places: &[usize]) -> usize {
    let mut counts = BTreeMap::<usize, usize>::new();
    let mut orders = 1;
    for (index, place) in places.iter().enumerate() {
        let count = counts.entry(*place).or_default();
        *count += 1;
        orders = orders * (index + 1) / *count;
    }
    orders
}

/// The next order in the order of dictionaries; whether there is one.
pub fn next_order(places: &mut [usize]) -> bool {
    let Some(pivot) = (1..places.len()).rev().find(|index| places[index - 1] < places[*index]) else {
        return false;
    };
    let larger = (pivot..places.len())
        .rev()
        .find(|index| places[*index] > places[pivot - 1]);
    places.swap(pivot - 1, larger.expect("the pivot's successor is larger"));
    places[pivot..].reverse();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_order_comes_once() {
        for (mut places, count) in [
            (vec![], 1),
            (vec![0, 0], 1),
            (vec![0, 0, 4, 4], 6),
            (vec![0, 0, 0, 4, 4], 10),
            (vec![0, 0, 4, 4, 8, 8], 90),
        ] {
            assert_eq!(all_orders(&places), count);
            let mut seen = BTreeSet::from([places.clone()]);
            while next_order(&mut places) {
                assert!(seen.insert(places.clone()), "{places:?} came twice");
            }
            assert_eq!(seen.len(), count);
        }
    }
}
