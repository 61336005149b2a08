//! Owns orders that come from the hash tables of Java and Scala; only `core` and `alloc`, no other module.
//!
//! Kafka prints lists and stores ISRs in the order in which a hash table hands its elements out. That order is
//! a function of the elements (and of the table's size), so it can be computed and compared.

use alloc::vec::Vec;
use core::iter;

/// Java: `String.hashCode`, over UTF-16 units.
pub fn string_hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// Kafka: `TopicPartition.hashCode`.
pub fn topic_partition_hash(topic: &str, partition: i32) -> i32 {
    let of_partition = 31_i32.wrapping_add(partition).wrapping_mul(31);
    of_partition.wrapping_add(string_hash(topic))
}

/// How large a Java hash table is before anything is put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitialTable {
    /// `new HashMap<>()`: 16 buckets.
    Default,
    /// `new HashMap<>(n)`: the next power of two.
    SizedFor(usize),
}

impl InitialTable {
    /// Buckets after `len` elements were put in: the table doubles when more than three quarters are full.
    pub fn buckets_with(self, len: usize) -> usize {
        let initial = match self {
            InitialTable::Default => 16,
            InitialTable::SizedFor(expected) => expected.next_power_of_two(),
        };
        iter::successors(Some(initial), |buckets| Some(buckets * 2))
            .find(|buckets| len <= threshold(*buckets))
            .expect("doubling reaches every length that fits into memory")
    }
}

/// Java: `HashMap.resize`: three quarters of the buckets, rounded down, as a float cast to int does.
fn threshold(buckets: usize) -> usize {
    buckets / 2 + buckets / 4
}

/// Java: `HashMap.hash` and the choice of a bucket. `buckets` is a power of two.
pub fn bucket(hash: i32, buckets: usize) -> usize {
    let hash = hash.cast_unsigned();
    (hash ^ (hash >> 16)) as usize & (buckets - 1)
}

/// The elements in the order in which a Java `HashMap` or `HashSet` hands them out, inserted as given.
///
/// Differs from Kafka: a bucket with more than eight elements, which Java turns into a tree or answers
/// with a larger table, keeps its order of insertion.
pub fn hash_map_order<T>(items: Vec<T>, initial: InitialTable, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let buckets = initial.buckets_with(items.len());
    let mut ordered = items;
    ordered.sort_by_key(|item| bucket(hash(item), buckets));
    ordered
}

/// What a leader keeps its ISR in, which decides the order of a changed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsrSet {
    /// Up to 4.1: an immutable Scala set, in order of insertion up to four elements, in hash order from five on.
    Immutable,
    /// From 4.2 on (KAFKA-19301): each proposal goes through a mutable Scala hash set.
    Mutable,
}

/// What a leader proposes to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsrChange<'a, Id> {
    /// A follower has caught up.
    Expand(Id),
    /// Followers have fallen behind.
    Shrink(&'a [Id]),
}

/// Largest immutable Scala set that keeps the order of insertion.
const SMALL_SET_LEN: usize = 4;

/// The list that a leader writes or sends when it changes the ISR `current`.
///
/// Only for changes by the leader: a list made by a controller keeps its own order. Recorded in
/// `isr-order-*` for ids 1 to 5; the rest follows from Scala's library, version 2.13.
pub fn propose_isr_order<Id>(set: IsrSet, current: &[Id], change: IsrChange<'_, Id>) -> Vec<Id>
where
    Id: Copy + PartialEq + Into<i32>,
{
    let proposed: Vec<Id> = match change {
        IsrChange::Expand(joining) => current
            .iter()
            .copied()
            .filter(|id| *id != joining)
            .chain(iter::once(joining))
            .collect(),
        IsrChange::Shrink(leaving) => current.iter().copied().filter(|id| !leaving.contains(id)).collect(),
    };
    match (set, change) {
        // A set of five stays a hash set while it shrinks.
        (IsrSet::Immutable, _) if current.len().max(proposed.len()) > SMALL_SET_LEN => trie_order(proposed, 0),
        (IsrSet::Immutable, _) => proposed,
        (IsrSet::Mutable, IsrChange::Expand(_)) => scala_table_order(proposed, 8),
        (IsrSet::Mutable, IsrChange::Shrink(_)) => scala_table_order(proposed, 16),
    }
}

/// Scala: `Hashing.improve`, which scatters the hash of an immutable set's element. No two ints collide.
fn improve(id: i32) -> u32 {
    let id = id.cast_unsigned();
    let mut hash = id.wrapping_add(!(id << 9));
    hash ^= hash >> 14;
    hash = hash.wrapping_add(hash << 4);
    hash ^ (hash >> 10)
}

/// Bits that one level of the trie looks at.
const TRIE_BITS: u32 = 5;

/// Scala 2.13: `immutable.HashSet`: first the elements alone in their slot, then the crowded slots, one level
/// deeper.
fn trie_order<Id: Copy + Into<i32>>(ids: Vec<Id>, shift: u32) -> Vec<Id> {
    let mut slots: Vec<Vec<Id>> = iter::repeat_with(Vec::new).take(1 << TRIE_BITS).collect();
    for id in ids {
        let slot = (improve(id.into()) >> shift) as usize % slots.len();
        slots[slot].push(id);
    }
    let (crowded, alone): (Vec<_>, Vec<_>) = slots.into_iter().partition(|slot| slot.len() > 1);
    let deeper = crowded.into_iter().flat_map(|slot| trie_order(slot, shift + TRIE_BITS));
    alone.into_iter().flatten().chain(deeper).collect()
}

/// Scala 2.13: `mutable.HashSet`: by bucket, equal buckets ascending by hash. It grows when the next element
/// would fill three quarters.
fn scala_table_order<Id: Copy + Into<i32>>(ids: Vec<Id>, initial: u32) -> Vec<Id> {
    let mut buckets = initial;
    while ids.len() >= threshold(buckets as usize) {
        buckets *= 2;
    }
    let place = |id: &Id| {
        let id = (*id).into().cast_unsigned();
        let hash = id ^ (id >> 16);
        (hash & (buckets - 1), hash.cast_signed())
    };
    let mut ordered = ids;
    ordered.sort_by_key(place);
    ordered
}

#[cfg(test)]
mod tests {
    use super::{InitialTable, IsrChange, IsrSet, hash_map_order, propose_isr_order, string_hash};
    use super::{topic_partition_hash, trie_order};

    fn expand(set: IsrSet, current: &[i32], joining: i32) -> Vec<i32> {
        propose_isr_order(set, current, IsrChange::Expand(joining))
    }

    fn shrink(set: IsrSet, current: &[i32], leaving: i32) -> Vec<i32> {
        propose_isr_order(set, current, IsrChange::Shrink(&[leaving]))
    }

    #[test]
    fn strings_hash_as_in_java() {
        assert_eq!(string_hash(""), 0);
        assert_eq!(string_hash("orders"), -1_008_770_331);
        assert_eq!(string_hash("주문"), 1_642_940);
    }

    #[test]
    fn a_table_doubles_when_more_than_three_quarters_are_full() {
        let default = |len| InitialTable::Default.buckets_with(len);
        assert_eq!(
            [default(0), default(12), default(13), default(24), default(25)],
            [16, 16, 32, 32, 64]
        );
        let sized = |len| InitialTable::SizedFor(len).buckets_with(len);
        assert_eq!(
            [sized(1), sized(2), sized(3), sized(4), sized(12), sized(13)],
            [2, 4, 4, 8, 16, 32]
        );
    }

    #[test]
    fn partitions_of_a_lab_come_as_2_0_1() {
        let order = hash_map_order(vec![0, 1, 2], InitialTable::Default, |p| {
            topic_partition_hash("skcc-college", *p)
        });
        assert_eq!(order, [2, 0, 1]);
    }

    #[test]
    fn six_partitions_of_a_group_come_as_recorded() {
        let order = hash_map_order((0..6).collect(), InitialTable::Default, |p| {
            topic_partition_hash("t6", *p)
        });
        assert_eq!(order, [3, 2, 1, 0, 5, 4]);
    }

    #[test]
    fn up_to_four_members_of_an_immutable_set_keep_their_order() {
        assert_eq!(expand(IsrSet::Immutable, &[1, 3], 2), [1, 3, 2]);
        assert_eq!(expand(IsrSet::Immutable, &[9, 3, 1], 2), [9, 3, 1, 2]);
        assert_eq!(shrink(IsrSet::Immutable, &[3, 1, 2], 1), [3, 2]);
    }

    #[test]
    fn five_members_of_an_immutable_set_come_in_hash_order_and_stay_so() {
        assert_eq!(expand(IsrSet::Immutable, &[3, 5, 2, 4], 1), [5, 1, 2, 3, 4]);
        assert_eq!(shrink(IsrSet::Immutable, &[3, 1, 5, 2, 4], 4), [5, 1, 2, 3]);
    }

    #[test]
    fn the_trie_hands_out_seventeen_brokers_in_the_known_order() {
        let order = trie_order((0..17).collect::<Vec<i32>>(), 0);
        assert_eq!(order, [0, 5, 10, 14, 1, 6, 9, 13, 2, 12, 7, 3, 16, 11, 8, 4, 15]);
    }

    #[test]
    fn a_mutable_set_lists_by_bucket() {
        assert_eq!(expand(IsrSet::Mutable, &[3, 2], 1), [1, 2, 3]);
        assert_eq!(expand(IsrSet::Mutable, &[3, 5, 2, 4], 1), [1, 2, 3, 4, 5]);
        assert_eq!(expand(IsrSet::Mutable, &[7, 8], 9), [8, 9, 7]);
        assert_eq!(expand(IsrSet::Mutable, &[1, 2], 9), [1, 9, 2]);
        assert_eq!(shrink(IsrSet::Mutable, &[9, 2, 1], 2), [1, 9]);
        assert_eq!(shrink(IsrSet::Mutable, &[16, 2, 1], 2), [16, 1]);
    }

    #[test]
    fn the_table_of_a_mutable_set_doubles_at_six_and_at_twelve_members() {
        let ids = |last: i32| (1..=last).collect::<Vec<_>>();
        assert_eq!(expand(IsrSet::Mutable, &[8, 1, 2, 3], 9), [8, 1, 9, 2, 3]);
        assert_eq!(expand(IsrSet::Mutable, &[8, 1, 2, 3, 4], 9), [1, 2, 3, 4, 8, 9]);
        assert_eq!(expand(IsrSet::Mutable, &ids(10), 16)[0], 16);
        assert_eq!(expand(IsrSet::Mutable, &ids(11), 16)[0], 1);
    }
}
