//! What clients and operators were promised: ghost state that no handler reads. Bounded sets, no history.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::controller::partition_change::Choice;
use crate::fact::{Fact, Stored};
use crate::ids::{BrokerId, Brokers, LeaderEpoch, Node, Offset, Partition, RecordId};
use crate::message::Acks;

/// A record that must not be lost, and who may have lost it since.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Promise {
    /// Which record.
    pub record: RecordId,
    /// How many copies the promise rests on: so many disks must lose it before the loss counts as declared.
    pub copies: u8,
    /// Brokers whose disks lost it by a power loss or a wipe.
    pub lost_by: Brokers,
}

impl Promise {
    /// Whether fewer disks lost it than the promise rests on.
    pub fn holds(&self) -> bool {
        self.lost_by.len() < usize::from(self.copies)
    }
}

/// Promises about one partition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Promises {
    /// Records that a leader of the current epoch of its time committed, by offset.
    pub committed: BTreeMap<Offset, Stored>,
    /// How many disks may lose a committed record before nothing is promised.
    pub committed_lost_by: BTreeMap<Offset, Brokers>,
    /// Records acknowledged under acks=all, by offset.
    pub acked: BTreeMap<Offset, Promise>,
    /// Records that consumers were given, by offset.
    pub read: BTreeMap<Offset, RecordId>,
    /// The largest end that consumers were shown.
    pub shown_end: Offset,
    /// Who led in which epoch (the last one only: older ones cannot be led anew).
    pub led: Option<(LeaderEpoch, BrokerId)>,
    /// The decision in force.
    pub decided: Option<(LeaderEpoch, Option<BrokerId>)>,
    /// Who may be elected cleanly.
    pub electable: Brokers,
    /// Whether an unclean election has happened: then only what was acknowledged still counts.
    pub unclean: Choice,
}

impl Default for Choice {
    fn default() -> Self {
        Self::Clean
    }
}

/// All promises.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    partitions: Vec<Promises>,
    /// Brokers that lost data and have not registered again.
    lossy: BTreeSet<BrokerId>,
    min_isr: Vec<u8>,
}

impl Ledger {
    /// A ledger in which nothing is promised.
    pub fn new(config: &Config) -> Self {
        let partitions = config.partitions.iter().map(|_| Promises::default()).collect();
        let min_isr = config
            .all_partitions()
            .map(|p| config.topic_of(p).settings.min_isr)
            .collect();
        Self {
            partitions,
            lossy: BTreeSet::new(),
            min_isr,
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

    /// Whether every copy that a committed record rests on was lost by a disk.
    pub fn loss_is_declared(&self, partition: Partition, offset: Offset) -> bool {
        let copies = usize::from(self.min_isr[usize::from(partition.0)]);
        let losers = self.promises(partition).committed_lost_by.get(&offset);
        losers.is_some_and(|losers| losers.len() >= copies)
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
            } => {
                let promises = self.of(*partition);
                promises.decided = Some((*epoch, *leader));
                promises.electable.clone_from(electable);
                if *choice == Choice::Unclean {
                    promises.unclean = Choice::Unclean;
                }
            }
            Fact::Registered(broker, _) => {
                self.lossy.remove(broker);
            }
            Fact::Led { partition, epoch } => {
                if let Node::Broker(broker) = node {
                    self.of(*partition).led = Some((*epoch, broker));
                }
            }
            Fact::Committed { partition, records, .. } => {
                let promises = self.of(*partition);
                for stored in records {
                    promises.committed.entry(stored.offset).or_insert(*stored);
                }
            }
            Fact::Acked {
                partition,
                acks: Acks::All,
                base,
                records,
                min_isr,
            } => {
                let promises = self.of(*partition);
                for (at, record) in records.iter().enumerate() {
                    // Disks that lost it before the producer heard of it count as well.
                    let offset = base.plus(at);
                    let lost_by = promises.committed_lost_by.get(&offset).cloned().unwrap_or_default();
                    let promise = Promise {
                        record: *record,
                        copies: *min_isr,
                        lost_by,
                    };
                    promises.acked.insert(offset, promise);
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
            Fact::Lost { partition, from } => self.lose(node, *partition, *from),
            Fact::Wrote(_) | Fact::Promised { .. } | Fact::Acked { .. } | Fact::GaveUp { .. } => {}
            Fact::Truncated { .. } | Fact::IsrProposed { .. } | Fact::Ordered(_) | Fact::Ended => {}
        }
    }

    fn lose(&mut self, node: Node, partition: Partition, from: Offset) {
        let Node::Broker(broker) = node else { return };
        self.lossy.insert(broker);
        let promises = self.of(partition);
        for promise in promises.acked.range_mut(from..).map(|(_, promise)| promise) {
            add(&mut promise.lost_by, broker);
        }
        for offset in promises.committed.range(from..).map(|(offset, _)| *offset) {
            add(promises.committed_lost_by.entry(offset).or_default(), broker);
        }
    }

    fn of(&mut self, partition: Partition) -> &mut Promises {
        &mut self.partitions[usize::from(partition.0)]
    }
}

fn add(set: &mut Brokers, broker: BrokerId) {
    if let Err(at) = set.binary_search(&broker) {
        set.insert(at, broker);
    }
}
