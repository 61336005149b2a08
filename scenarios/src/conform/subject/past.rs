//! What happened in the simulated cluster, as a recording shows it: changes, metadata records, truncations, ends.

use std::collections::BTreeMap;

use models::cluster::{LogRecord, PartitionState};
use models::fact::Fact;
use models::ids::{BrokerId, Node, Partition};
use models::raft::log::Content;
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::Timed;

use super::Change;
use super::build::{Blueprint, node};
use super::chance::Chance;
use super::records;
use super::zookeeper::Told;
use crate::recording::{self, LeaderEpoch, MetadataRecord, NodeId, Offset, TopicPartition};

/// Everything that is compared at the end, or that a reading of a log file shows.
#[derive(Debug)]
pub(super) struct Past {
    /// Each new value of leader, epoch and ISR.
    pub(super) changes: Vec<Change>,
    /// The metadata log.
    pub(super) metadata: Vec<MetadataRecord>,
    /// Truncations, with the broker and the new end.
    pub(super) truncations: Vec<(BrokerId, TopicPartition, Offset)>,
    /// How often a process ended.
    pub(super) ends: BTreeMap<BrokerId, usize>,
    /// How often one ended that is a controller alone.
    pub(super) controller_ends: BTreeMap<NodeId, usize>,
    /// With a quorum: how many entries of the metadata log were looked at.
    read: usize,
    states: BTreeMap<Partition, PartitionState>,
    told: Told,
}

impl Past {
    /// The metadata log of a new cluster.
    pub(super) fn new(blueprint: &Blueprint) -> Self {
        Self {
            changes: Vec::new(),
            metadata: records::features(blueprint.head.version),
            truncations: Vec::new(),
            ends: BTreeMap::new(),
            controller_ends: BTreeMap::new(),
            read: 0,
            states: BTreeMap::new(),
            told: Told::default(),
        }
    }

    /// Takes note of a fact that concerns brokers or the controller.
    pub(super) fn note(&mut self, blueprint: &Blueprint, chance: &mut Chance, at: Node, fact: &Fact) {
        match (at, fact) {
            (_, Fact::Wrote(_)) if blueprint.config.has_quorum() => {}
            // One controller that never fails: its epoch is 1.
            (_, Fact::Wrote(record)) => self.written(blueprint, chance, record, 1),
            (Node::Broker(id), Fact::Truncated { partition, to, .. }) => {
                self.truncations
                    .push((id, blueprint.name(*partition), Offset(i64::from(to.0))));
            }
            (Node::Broker(id), Fact::Ended) => *self.ends.entry(id).or_default() += 1,
            _ => {}
        }
    }

    /// With a quorum: what it has committed since.
    pub(super) fn committed(&mut self, blueprint: &Blueprint, chance: &mut Chance, world: &World<'_>) {
        let Value::Committed(committed) = world.get(Slot::Committed) else {
            return;
        };
        for committed in &committed.ledger.committed[self.read..] {
            self.read += 1;
            let epoch = i32::from(committed.entry.epoch.0);
            match &committed.entry.content {
                Content::LeaderChange(leader) => {
                    if let Node::Voter(id) = blueprint.config.roster().node(*leader) {
                        chance.leads(NodeId(i32::from(id.0)));
                    }
                }
                Content::Decision(decision) => {
                    for fact in &decision.facts {
                        if let Fact::Wrote(record) = fact {
                            self.written(blueprint, chance, record, epoch);
                        }
                    }
                }
                Content::Metadata(_) | Content::Voters(_) => {}
            }
        }
    }

    /// With ZooKeeper: what brokers were told by the last action.
    pub(super) fn told(&mut self, blueprint: &Blueprint, chance: &mut Chance, timed: &Timed<'_, Kafka>) {
        for change in self.told.note(blueprint, timed) {
            chance.hints.reached(&change.partition, &change.state);
            self.changes.push(change);
        }
    }

    fn written(&mut self, blueprint: &Blueprint, chance: &mut Chance, record: &LogRecord, epoch: i32) {
        chance.written(record);
        let written = records::written(blueprint, record);
        self.metadata
            .extend(written.map(|record| MetadataRecord { epoch, ..record }));
        let (partition, state) = match record {
            LogRecord::Partition(partition, state) => (*partition, state.clone()),
            LogRecord::PartitionChange(partition, change) => match self.states.get(partition) {
                Some(state) => (*partition, change.merged(state)),
                None => return,
            },
            LogRecord::RegisterBroker(..) | LogRecord::BrokerChange(..) => return,
            LogRecord::Topic(_) | LogRecord::RemoveTopic(_) | LogRecord::Config(..) => return,
            LogRecord::ClearElr(_) | LogRecord::Directories(..) => return,
        };
        let (name, shown) = (blueprint.name(partition), shown(&state));
        let before = self.states.insert(partition, state);
        if before.as_ref().map(self::shown).as_ref() != Some(&shown) {
            chance.hints.reached(&name, &shown);
            self.changes.push(Change {
                partition: name,
                state: shown,
            });
        }
    }
}

/// A partition's state as brokers answer a Metadata request.
pub(super) fn shown(state: &PartitionState) -> recording::PartitionState {
    recording::PartitionState {
        leader: state.leader.map_or(NodeId::NONE, node),
        epoch: LeaderEpoch(i32::from(state.leader_epoch.0)),
        isr: state.isr.iter().map(|id| node(*id)).collect(),
    }
}
