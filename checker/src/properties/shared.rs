//! What several properties share: views of replicas, lookups in the ledger, the world after a fair suffix.

use models::broker::{Life, Stage};
use models::cluster::{Cluster, PartitionState};
use models::config::Config;
use models::controller::partition_change::Choice;
use models::ids::{BrokerId, Offset, Partition, RecordId};
use models::ledger::{Ledger, Promises};
use models::log::Log;
use models::replication::{Replica, Role};
use models::slots::{Slot, Value};
use models::{Kafka, World, authority};
use sim_core::{Failure, Model};

sim_core::view! { Kafka, Slot, Value;
    /// A replica's log, and what was promised.
    pub struct OneReplica(broker: BrokerId, partition: Partition) {
        ledger: Ledger(),
        log: Log(broker, partition),
    }

    /// The logs of two replicas of one partition, and what was promised.
    pub struct TwoReplicas(one: BrokerId, other: BrokerId, partition: Partition) {
        ledger: Ledger(),
        log: Log(one, partition),
        other_log: Log(other, partition),
    }
}

/// All replicas of a configuration.
pub fn replicas(config: &Config) -> Vec<(BrokerId, Partition)> {
    let of_broker = |id| config.hosted(id).map(move |partition| (id, partition));
    config.broker_ids().flat_map(of_broker).collect()
}

/// All pairs of replicas of the same partition.
pub fn pairs(config: &Config) -> Vec<(BrokerId, BrokerId, Partition)> {
    let all = replicas(config);
    let mut pairs = Vec::new();
    for (at, (one, partition)) in all.iter().enumerate() {
        let others = all[at + 1..].iter().filter(|(_, same)| same == partition);
        pairs.extend(others.map(|(other, _)| (*one, *other, *partition)));
    }
    pairs
}

/// The content of the ledger's slot.
pub fn ledger(value: &Value) -> &Ledger {
    match value {
        Value::Ledger(ledger) => ledger,
        other => panic!("the slot of the ledger holds {other:?}"),
    }
}

/// Whether no leader of this partition was ever chosen from outside: else committed records may be gone.
pub fn elections_were_clean(promises: &Promises) -> bool {
    promises.unclean == Choice::Clean
}

/// What a log has at an offset, in words that follow its owner's name.
pub fn found(log: &Log, offset: Offset) -> String {
    match log.at(offset) {
        Some((record, epoch)) => format!("has {record} of {epoch} there"),
        None => format!("ends at offset {}", log.end()),
    }
}

impl OneReplica<'_> {
    /// Promises about its partition.
    pub fn promises(&self) -> &Promises {
        self.ledger.promises(self.partition)
    }

    /// Whether the controller has made it leader, and it can be one: a lossy broker is down and is replaced before it
    /// comes back.
    pub fn leads(&self) -> bool {
        let decided = self.promises().decided.and_then(|(_, leader)| leader);
        decided == Some(self.broker) && !self.ledger.is_lossy(self.broker)
    }

    /// Whether so many disks lost what was once committed at this offset that nothing was promised any more.
    pub fn loss_is_declared(&self, offset: Offset) -> bool {
        self.ledger.loss_is_declared(self.partition, offset)
    }

    /// Fails unless this record stands at this offset. `was` says what makes it precious, `role` what the broker is.
    pub fn must_hold(&self, offset: Offset, record: RecordId, was: &str, role: &str) -> Result<(), Failure> {
        match self.log.at(offset) {
            Some((stands, _)) if stands == record => Ok(()),
            Some(_) | None => Err(self.lacks(offset, record, was, role)),
        }
    }

    /// Fails unless every committed record whose loss is not declared stands here, in the epoch of its leader.
    pub fn must_hold_committed(&self, role: &str) -> Result<(), Failure> {
        let committed = self.promises().committed.values();
        for stored in committed
            .filter(|known| !known.copies.are_lost())
            .map(|known| &known.stored)
        {
            if self.log.at(stored.offset) != Some((stored.record, stored.epoch)) {
                return Err(self.lacks(
                    stored.offset,
                    stored.record,
                    &format!("committed in {}", stored.epoch),
                    role,
                ));
            }
        }
        Ok(())
    }

    fn lacks(&self, offset: Offset, record: RecordId, was: &str, role: &str) -> Failure {
        let found = found(self.log, offset);
        let broker = self.broker;
        Failure::new(
            record.to_string(),
            format!("{record} was {was} at offset {offset}, but {role} {broker} {found}"),
        )
    }
}

/// A world in which nothing is left to do, and nothing stands in anybody's way: links, processes and disks work.
pub struct Quiet<'w, 'm>(&'w World<'m>);

impl<'w, 'm> Quiet<'w, 'm> {
    /// `None` while a link is cut, a process stands still or a disk is stalled: then nothing has to come.
    pub fn new(world: &'w World<'m>) -> Option<Self> {
        let disturbed = world.values().iter().any(Kafka::suspended);
        (!disturbed).then_some(Self(world))
    }

    /// The world.
    pub fn world(&self) -> &'w World<'m> {
        self.0
    }

    /// The metadata in force.
    pub fn cluster(&self) -> &'w Cluster {
        authority(self.0)
    }

    /// All partitions that exist.
    pub fn partitions(&self) -> impl Iterator<Item = (Partition, &'w PartitionState)> {
        self.cluster().partitions()
    }

    /// Whether this broker runs and was not asked to stop.
    pub fn is_up(&self, id: BrokerId) -> bool {
        match self.0.get(Slot::Life(id)) {
            Value::Life(Life { stage, .. }) => !matches!(stage, Stage::Down | Stage::Stopping | Stage::Leaving(_)),
            other => panic!("the slot of a life holds {other:?}"),
        }
    }

    /// The leader that the controller decided on, if it is up and leads in that epoch.
    pub fn serving_leader(&self, partition: Partition, state: &PartitionState) -> Option<BrokerId> {
        let leader = state.leader.filter(|id| self.is_up(*id))?;
        let Value::Replica(Replica {
            role: Role::Leader(_),
            leader_epoch,
            ..
        }) = self.0.get(Slot::Replica(leader, partition))
        else {
            return None;
        };
        (*leader_epoch == state.leader_epoch).then_some(leader)
    }
}
