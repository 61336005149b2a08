//! Where the replicas of new partitions go. Kafka: `StripedReplicaPlacer`, with one rack and all brokers unfenced.

use alloc::vec::Vec;

use crate::ids::{BrokerId, Brokers};

/// What a placement leaves to chance: `choose(label, n)` answers with a number below `n`.
pub type Choose<'c> = &'c mut dyn FnMut(&'static str, usize) -> usize;

/// The label of the first broker.
pub const START: &str = "where the placement begins";
/// The label of the order that each further round has.
pub const ORDER: &str = "the next broker of the round";

/// Replicas of so many partitions, the preferred leader first. Each round of as many partitions as there are brokers goes
/// along one order of them: the first round along ascending ids from a random start, each further one along a random
/// order. Every partition begins one broker further on.
///
/// Differs from Kafka: racks are not modelled, and fenced brokers, which Kafka uses last, are left out.
pub fn striped(brokers: &[BrokerId], partitions: usize, copies: usize, choose: Choose<'_>) -> Vec<Brokers> {
    let mut order: Vec<BrokerId> = brokers.to_vec();
    order.sort_unstable();
    let count = order.len();
    let mut rows = Vec::new();
    if count == 0 || copies > count {
        return rows;
    }
    let start = choose(START, count);
    order.rotate_left(start);
    for partition in 0..partitions {
        let first = partition % count;
        // Kafka shuffles only if there is more than one broker.
        if partition > 0 && first == 0 && count > 1 {
            order = shuffled(brokers, choose);
        }
        rows.push((0..copies).map(|at| order[(first + at) % count]).collect());
    }
    rows
}

fn shuffled(brokers: &[BrokerId], choose: Choose<'_>) -> Vec<BrokerId> {
    let mut left: Vec<BrokerId> = brokers.to_vec();
    left.sort_unstable();
    let mut order = Vec::new();
    while !left.is_empty() {
        let at = if left.len() > 1 { choose(ORDER, left.len()) } else { 0 };
        order.push(left.remove(at));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(partitions: usize, copies: usize, answers: &[usize]) -> Vec<Vec<u8>> {
        let mut answers = answers.iter().copied();
        let brokers: Vec<BrokerId> = (1..=5).map(BrokerId).collect();
        let mut choose = |_: &'static str, of: usize| answers.next().unwrap_or(0).min(of - 1);
        let placed = striped(&brokers, partitions, copies, &mut choose);
        placed.iter().map(|row| row.iter().map(|id| id.0).collect()).collect()
    }

    #[test]
    fn a_round_begins_anywhere_and_goes_one_broker_further_for_each_partition_as_recorded() {
        let expected = [[4, 5, 1], [5, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [5, 1, 3]];
        // The second round begins 5, 1, 3: the fifth, then the first of 1 2 3 4, then the second of 2 3 4.
        assert_eq!(rows(6, 3, &[3, 4, 0, 1]), expected);
    }

    #[test]
    fn more_copies_than_brokers_cannot_be_placed() {
        assert!(rows(1, 6, &[]).is_empty());
    }
}
