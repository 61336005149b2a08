//! Where the replicas of new partitions go: the placer of KRaft controllers, and that of ZooKeeper and of the tools.
//! Kafka: `StripedReplicaPlacer`, `AdminUtils.assignReplicasToBrokers`; with one rack and all brokers unfenced.

use alloc::collections::BTreeMap;
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

/// The label of the distance between the first replica and the second.
pub const SHIFT: &str = "how far behind the first replica the second one is";

/// Replicas of the partitions from `from` on, the preferred leader first, along this order of brokers: each partition begins
/// one broker further on, and with each round the second replica is one further away. Start and distance are chosen once.
///
/// Kafka: `AdminUtils.assignReplicasToBrokersRackUnaware`; `kafka-reassign-partitions --generate` uses it also with KRaft.
pub fn shifted(order: &[BrokerId], from: usize, partitions: usize, copies: usize, choose: Choose<'_>) -> Vec<Brokers> {
    let count = order.len();
    if count == 0 || copies > count {
        return Vec::new();
    }
    let start = choose(START, count);
    let distance = choose(SHIFT, count);
    let row = |partition: usize| {
        let first = (partition + start) % count;
        let rounds = partition / count - (from.max(1) - 1) / count;
        let next = |at: usize| (first + 1 + (distance + rounds + at) % (count - 1).max(1)) % count;
        core::iter::once(order[first])
            .chain((0..copies - 1).map(|at| order[next(at)]))
            .collect()
    };
    (from..from + partitions).map(row).collect()
}

/// The order in which a broker with ZooKeeper lists the brokers that it knows when it places a new topic: 0 first, the others by
/// their slot in a hash table that they entered in the order of their arrival. Kafka: `ZkMetadataCache` (a `LongMap`).
pub fn cached(arrivals: &[BrokerId]) -> Vec<BrokerId> {
    let mask = if arrivals.len() <= 3 { 7 } else { 15 };
    let mask = mask.max((arrivals.len() * 2).next_power_of_two() as u32 - 1);
    let mut table: BTreeMap<u32, BrokerId> = BTreeMap::new();
    for id in arrivals.iter().filter(|id| id.0 != 0) {
        let mixed = u32::from(id.0).wrapping_mul(0x85EB_CA6B);
        let mut slot = (mixed ^ (mixed >> 13)) & mask;
        let mut tries = 0_u32;
        while table.contains_key(&slot) {
            tries += 1;
            slot = slot.wrapping_add(2 * (tries + 1) * tries).wrapping_sub(3) & mask;
        }
        table.insert(slot, *id);
    }
    let zero = arrivals.iter().copied().filter(|id| id.0 == 0);
    zero.chain(table.into_values()).collect()
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
    fn the_second_replica_is_one_further_away_in_each_round_as_recorded() {
        let order: Vec<BrokerId> = [5, 4, 1, 2, 3].map(BrokerId).to_vec();
        let place = |partitions: usize, copies: usize, answers: [usize; 2]| -> Vec<Vec<u8>> {
            let mut answers = answers.into_iter();
            let mut choose = |_: &'static str, _: usize| answers.next().unwrap_or(0);
            let placed = shifted(&order, 0, partitions, copies, &mut choose);
            placed.iter().map(|row| row.iter().map(|id| id.0).collect()).collect()
        };
        // p0-6x3, p5-5x2, p10-4x1 and p12-7x4 of placement-zk-3.9.
        assert_eq!(
            place(6, 3, [3, 3]),
            [[2, 1, 3], [3, 2, 5], [5, 3, 4], [4, 5, 1], [1, 4, 2], [2, 3, 5]]
        );
        assert_eq!(place(5, 2, [1, 2]), [[4, 3], [1, 5], [2, 4], [3, 1], [5, 2]]);
        assert_eq!(place(4, 1, [3, 0]), [[2], [3], [5], [4]]);
        let sevens = place(7, 4, [1, 1]);
        assert_eq!(sevens[0], [4, 2, 3, 5]);
        assert_eq!(sevens[5..], [[4, 3, 5, 1], [1, 5, 4, 2]]);
    }

    #[test]
    fn a_broker_with_zookeeper_lists_brokers_in_the_order_of_a_hash_table_as_recorded() {
        #[track_caller]
        fn check(arrivals: &[u8], order: &[u8]) {
            let arrivals: Vec<BrokerId> = arrivals.iter().map(|id| BrokerId(*id)).collect();
            let got: Vec<u8> = cached(&arrivals).iter().map(|id| id.0).collect();
            assert_eq!(got, order);
        }
        check(&[1, 2, 3], &[2, 3, 1]);
        check(&[0, 1, 2], &[0, 2, 1]);
        check(&[1, 2, 3, 4], &[1, 4, 2, 3]);
        check(&[1, 2, 3, 4, 5], &[5, 1, 4, 2, 3]);
        check(&[4, 1, 2, 3, 5], &[5, 4, 1, 2, 3]);
    }

    #[test]
    fn more_copies_than_brokers_cannot_be_placed() {
        assert!(rows(1, 6, &[]).is_empty());
    }
}
