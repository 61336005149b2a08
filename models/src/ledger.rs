//! What clients and operators were promised: ghost state that no handler reads. Bounded sets, no history.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::controller::partition_change::Choice;
use crate::fact::{Fact, Stored};
use crate::ids::{BrokerId, Brokers, LeaderEpoch, Node, Offset, Partition, RecordId};
use crate::message::Acks;

/// The copies that a promise rests on, and what became of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Copies {
    /// How many there are: so many disks must lose the record before the loss counts as declared.
    pub promised: u8,
    /// Brokers whose disks lost it by a power loss or a wipe.
    pub lost_by: Brokers,
}

impl Copies {
    /// Copies that nobody has lost yet.
    fn new(promised: u8) -> Self {
        Self {
            promised,
            lost_by: Brokers::new(),
        }
    }

    /// Whether so many disks lost the record that nothing is promised any more.
    pub fn are_lost(&self) -> bool {
        self.lost_by.len() >= usize::from(self.promised)
    }
}

/// A record that must not be lost, and who may have lost it since.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Promise {
    /// Which record.
    pub record: RecordId,
    /// What the promise rests on.
    pub copies: Copies,
}

impl Promise {
    /// Whether fewer disks lost it than the promise rests on.
    pub fn holds(&self) -> bool {
        !self.copies.are_lost()
    }
}

/// A record that was committed, and who may have lost it since.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Commitment {
    /// The record as the leader had it.
    pub stored: Stored,
    /// The copies of which min.insync.replicas at that moment makes sure, at most those that were counted.
    pub copies: Copies,
}

/// Promises about one partition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Promises {
    /// By offset, the first record over which a leader raised its high watermark, deposed or not. One whose loss is
    /// declared gives way to the next.
    pub committed: BTreeMap<Offset, Commitment>,
    /// Records that a disk lost before they were committed, by offset: whoever counts that copy later counts nothing.
    pub lost_early: BTreeSet<(Offset, RecordId, BrokerId)>,
    /// Offsets at which a record gave way: copies of it may still be about.
    pub gave_way: BTreeSet<Offset>,
    /// Records acknowledged under acks=all, by offset.
    pub acked: BTreeMap<Offset, Promise>,
    /// Records acknowledged under acks=1, by offset: nothing is promised about them.
    pub acked_alone: BTreeMap<Offset, RecordId>,
    /// Records that consumers were given, by offset.
    pub read: BTreeMap<Offset, RecordId>,
    /// The largest end that consumers were shown.
    pub shown_end: Offset,
    /// Who led in the largest epoch that was led.
    pub led: Option<(LeaderEpoch, BrokerId)>,
    /// The decision in force.
    pub decided: Option<(LeaderEpoch, Option<BrokerId>)>,
    /// Who may be elected cleanly.
    pub electable: Brokers,
    /// The least clean election that has happened: after an unclean one only what was acknowledged still counts.
    pub unclean: Choice,
}

/// All promises.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    partitions: Vec<Promises>,
    /// Brokers that lost data and have not registered again.
    lossy: BTreeSet<BrokerId>,
}

impl Ledger {
    /// A ledger in which nothing is promised.
    pub fn new(config: &Config) -> Self {
        Self {
            partitions: config.partitions.iter().map(|_| Promises::default()).collect(),
            lossy: BTreeSet::new(),
        }
    }

    /// Promises about a partition.
    pub fn promises(&self, partition: Partition) -> &Promises {
        &self.partitions[usize::from(partition.0)]
    }

    /// Whether this broker lost data and has not registered again.
    pub fn is_lossy(&self, broker: BrokerId) -> bool {
        self.lossy.contains(&broker)
    }

    /// Whether every copy that a record committed at this offset rests on was lost by a disk: the record that stands there,
    /// or one that gave way to it.
    pub fn loss_is_declared(&self, partition: Partition, offset: Offset) -> bool {
        let promises = self.promises(partition);
        let current = promises.committed.get(&offset);
        promises.gave_way.contains(&offset) || current.is_some_and(|known| known.copies.are_lost())
    }

    /// Takes note of a fact.
    pub fn record(&mut self, node: Node, fact: &Fact) {
        match fact {
            Fact::Decided {
                partition,
                leader,
                epoch,
                electable,
                choice,
                ..
            } => {
                let promises = self.of(*partition);
                promises.decided = Some((*epoch, *leader));
                promises.electable.clone_from(electable);
                promises.unclean = promises.unclean.max(*choice);
            }
            Fact::Registered(broker, _) => {
                self.lossy.remove(broker);
            }
            Fact::Led { partition, epoch } => {
                let led = &mut self.of(*partition).led;
                if let Node::Broker(broker) = node
                    && led.is_none_or(|(known, _)| known <= *epoch)
                {
                    *led = Some((*epoch, broker));
                }
            }
            Fact::Committed {
                partition,
                records,
                quorum,
                min_isr,
                ..
            } => {
                let copies = (*min_isr).min(quorum.len() as u8);
                let promises = self.of(*partition);
                records.iter().for_each(|stored| promises.commit(*stored, copies));
            }
            Fact::Acked {
                partition,
                acks,
                base,
                records,
            } => {
                let promises = self.of(*partition);
                for (at, record) in records.iter().enumerate() {
                    promises.answered(*acks, base.plus(at), *record);
                }
            }
            Fact::Delivered {
                partition,
                records,
                end,
                ..
            } => {
                let promises = self.of(*partition);
                promises.read.extend(records.iter().copied());
                promises.shown_end = promises.shown_end.max(*end);
            }
            Fact::Lost { partition, records, .. } => self.lose(node, *partition, records),
            Fact::Deleted(partition) => *self.of(*partition) = Promises::default(),
            Fact::Wrote(_) | Fact::Promised { .. } | Fact::GaveUp { .. } => {}
            Fact::Skipped { .. } | Fact::EndTold { .. } => {}
            Fact::Truncated { .. } | Fact::IsrProposed { .. } | Fact::Ordered(_) => {}
            Fact::Ended | Fact::Dropped(_) | Fact::WrittenBy { .. } => {}
        }
    }

    fn lose(&mut self, node: Node, partition: Partition, records: &[Stored]) {
        let Node::Broker(broker) = node else { return };
        self.lossy.insert(broker);
        let promises = self.of(partition);
        records.iter().for_each(|stored| promises.lose(broker, stored));
    }

    fn of(&mut self, partition: Partition) -> &mut Promises {
        &mut self.partitions[usize::from(partition.0)]
    }
}

impl Promises {
    /// What was committed at this offset.
    pub fn committed_at(&self, offset: Offset) -> Option<&Stored> {
        self.committed.get(&offset).map(|known| &known.stored)
    }

    fn commit(&mut self, stored: Stored, copies: u8) {
        let known = self.committed.get(&stored.offset);
        let gives_way = known.is_some_and(|known| known.copies.are_lost());
        if known.is_some() && !gives_way {
            return;
        }
        if gives_way {
            self.gave_way.insert(stored.offset);
            self.read.remove(&stored.offset);
        }
        let mut copies = Copies::new(copies);
        let first = (stored.offset, stored.record, BrokerId(0));
        let early = self.lost_early.range(first..).copied();
        let early = early.take_while(|(offset, record, _)| (*offset, *record) == (stored.offset, stored.record));
        early.for_each(|(_, _, broker)| add(&mut copies.lost_by, broker));
        self.committed.insert(stored.offset, Commitment { stored, copies });
    }

    /// A producer was told that a record is stored.
    fn answered(&mut self, acks: Acks, offset: Offset, record: RecordId) {
        match acks {
            Acks::All => self.acknowledge(offset, record),
            Acks::Leader => {
                self.acked_alone.insert(offset, record);
            }
            Acks::None => {}
        }
    }

    /// The answer promises what the commit did; disks that lost the record in between count as well.
    fn acknowledge(&mut self, offset: Offset, record: RecordId) {
        let known = self
            .committed
            .get(&offset)
            .filter(|known| known.stored.record == record);
        let copies = known.map_or_else(|| Copies::new(1), |known| known.copies.clone());
        self.acked.insert(offset, Promise { record, copies });
    }

    /// A disk lost a record: only who had it can have lost it.
    fn lose(&mut self, broker: BrokerId, stored: &Stored) {
        let acked = self.acked.get_mut(&stored.offset);
        if let Some(promise) = acked.filter(|promise| promise.record == stored.record) {
            add(&mut promise.copies.lost_by, broker);
        }
        let committed = self.committed.get_mut(&stored.offset);
        match committed.filter(|known| known.stored.record == stored.record) {
            Some(known) => add(&mut known.copies.lost_by, broker),
            None => {
                self.lost_early.insert((stored.offset, stored.record, broker));
            }
        }
    }
}

fn add(set: &mut Brokers, broker: BrokerId) {
    if let Err(at) = set.binary_search(&broker) {
        set.insert(at, broker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Features;

    const P: Partition = Partition(0);
    const M1: Stored = stored(0, 1);
    const M2: Stored = stored(0, 2);

    const fn stored(offset: u32, record: u32) -> Stored {
        Stored {
            offset: Offset(offset),
            record: RecordId(record),
            epoch: LeaderEpoch(0),
        }
    }

    fn ledger() -> Ledger {
        Ledger::new(&Config::small(Features::KRAFT_4_3, 3, 1))
    }

    fn broker(id: u8) -> Node {
        Node::Broker(BrokerId(id))
    }

    fn committed(stored: Stored, quorum: &[u8], min_isr: u8) -> Fact {
        Fact::Committed {
            partition: P,
            epoch: stored.epoch,
            isr: quorum.len() as u8,
            min_isr,
            quorum: quorum.iter().map(|id| BrokerId(*id)).collect(),
            high_watermark: stored.offset.plus(1),
            records: [stored].into_iter().collect(),
        }
    }

    fn acked(stored: Stored) -> Fact {
        Fact::Acked {
            partition: P,
            acks: Acks::All,
            base: stored.offset,
            records: [stored.record].into_iter().collect(),
        }
    }

    fn lost(records: &[Stored]) -> Fact {
        Fact::Lost {
            partition: P,
            from: Offset::ZERO,
            records: records.iter().copied().collect(),
        }
    }

    fn told(facts: &[(Node, Fact)]) -> Ledger {
        let mut ledger = ledger();
        facts.iter().for_each(|(node, fact)| ledger.record(*node, fact));
        ledger
    }

    #[test]
    fn a_commit_promises_no_more_copies_than_replicas_were_counted() {
        let ledger = told(&[(broker(1), committed(M1, &[1], 2)), (broker(1), lost(&[M1]))]);
        assert!(ledger.loss_is_declared(P, Offset::ZERO));
    }

    #[test]
    fn a_commit_and_its_answer_promise_the_copies_that_were_in_force() {
        let client = Node::Client(crate::ids::ClientId(0));
        // The configuration begins with 2; an operator had made it 3, or 1.
        for (min_isr, declared) in [(3, false), (1, true)] {
            let mut ledger = told(&[(broker(1), committed(M1, &[1, 2, 3], min_isr)), (client, acked(M1))]);
            ledger.record(broker(1), &lost(&[M1]));
            assert_eq!(ledger.loss_is_declared(P, Offset::ZERO), declared);
            assert_eq!(!ledger.promises(P).acked[&Offset::ZERO].holds(), declared);
        }
    }

    #[test]
    fn a_disk_that_never_had_the_record_has_not_lost_it() {
        let facts = [
            (broker(1), committed(M1, &[1, 2], 2)),
            (broker(1), lost(&[M1])),
            (broker(3), lost(&[])),
            (broker(2), lost(&[M2])),
        ];
        let ledger = told(&facts);
        assert!(!ledger.loss_is_declared(P, Offset::ZERO));
        assert!(ledger.is_lossy(BrokerId(3)), "nobody knows what it had");
    }

    #[test]
    fn a_copy_that_was_lost_before_the_commit_is_no_copy() {
        let facts = [(broker(2), lost(&[M1])), (broker(1), committed(M1, &[1, 2], 2))];
        let mut ledger = told(&facts);
        assert!(!ledger.loss_is_declared(P, Offset::ZERO));
        ledger.record(broker(1), &lost(&[M1]));
        assert!(ledger.loss_is_declared(P, Offset::ZERO));
    }

    #[test]
    fn an_older_epoch_that_is_led_late_hides_no_newer_one() {
        let led = |epoch| Fact::Led {
            partition: P,
            epoch: LeaderEpoch(epoch),
        };
        let ledger = told(&[(broker(2), led(2)), (broker(1), led(1))]);
        assert_eq!(ledger.promises(P).led, Some((LeaderEpoch(2), BrokerId(2))));
    }

    #[test]
    fn a_record_whose_loss_is_declared_gives_way_to_the_next_and_no_other_does() {
        let commits = |stored| (broker(1), committed(stored, &[1, 2], 2));
        let mut ledger = told(&[commits(M1), commits(M2)]);
        assert_eq!(ledger.promises(P).committed_at(Offset::ZERO), Some(&M1));
        ledger.record(broker(1), &lost(&[M1]));
        ledger.record(broker(2), &lost(&[M1]));
        let (node, again) = commits(M2);
        ledger.record(node, &again);
        let promises = ledger.promises(P);
        assert_eq!(promises.committed_at(Offset::ZERO), Some(&M2));
        assert!(!promises.committed[&Offset::ZERO].copies.are_lost());
        assert!(
            ledger.loss_is_declared(P, Offset::ZERO),
            "a third broker may still have m1"
        );
    }
}
