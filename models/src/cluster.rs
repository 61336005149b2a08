//! Metadata: what the controller has committed about brokers, topics and partitions; and the records that change it.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::SmallVec;

use crate::config::{Config, TopicSettings, UncleanElection};
use crate::controller::reassignment::Assignment;
use crate::features::Rules;
use crate::ids::{
    BrokerEpoch, BrokerId, Brokers, Directory, LeaderEpoch, Listed, Partition, PartitionEpoch, TopicIndex,
};

/// Whether a leader was elected cleanly (KIP-704).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Recovery {
    /// Yes, or it has reported back since.
    #[default]
    Recovered,
    /// It was elected uncleanly and has not reported back.
    Recovering,
}

/// Whether a broker may lead and be in an ISR.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum BrokerState {
    /// It may not.
    Fenced,
    /// It may.
    Unfenced,
    /// It is leaving politely.
    ShuttingDown,
    /// It may, and is the controller as well; only where brokers are told by a controller that is one of them.
    Controlling,
}

impl fmt::Display for BrokerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fenced => "fenced",
            Self::Unfenced => "unfenced",
            Self::ShuttingDown => "shutting down",
            Self::Controlling => "controller",
        })
    }
}

/// A registered broker (`RegisterBrokerRecord`, `BrokerRegistrationChangeRecord`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Registration {
    /// Which life.
    pub epoch: BrokerEpoch,
    /// What it may do.
    pub state: BrokerState,
    /// Its disk.
    pub directory: Directory,
}

impl Registration {
    /// Whether it may lead and enter an ISR.
    pub fn is_active(&self) -> bool {
        matches!(self.state, BrokerState::Unfenced | BrokerState::Controlling)
    }
}

/// The controller's state of a partition (`PartitionRegistration`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PartitionState {
    /// The assignment; the first is the preferred leader. While a reassignment runs its target, then who goes.
    pub replicas: Brokers,
    /// Replicas that a reassignment adds (KIP-455).
    pub adding: Brokers,
    /// Replicas that a reassignment takes away.
    pub removing: Brokers,
    /// In-sync replicas, in stored order.
    pub isr: Brokers,
    /// Eligible leader replicas (KIP-966), ascending.
    pub elr: Brokers,
    /// The last leader, while there is none and nobody else is eligible.
    pub last_known_elr: Brokers,
    /// The leader.
    pub leader: Option<BrokerId>,
    /// Whether it was elected cleanly.
    pub recovery: Recovery,
    /// Counts decisions about the leader.
    pub leader_epoch: LeaderEpoch,
    /// Counts changes.
    pub partition_epoch: PartitionEpoch,
}

/// What a broker believes, or what the controller knows: the metadata image.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Cluster {
    brokers: SmallVec<[(BrokerId, Registration); 4]>,
    topics: SmallVec<[Option<TopicSettings>; 2]>,
    partitions: Vec<Option<PartitionState>>,
    /// Replicas that the metadata has on another disk than that of their broker, ascending.
    misplaced: SmallVec<[(Partition, BrokerId); 1]>,
    /// Topics that were deleted.
    gone: SmallVec<[TopicIndex; 1]>,
}

impl Cluster {
    /// A cluster in which nothing is registered and no topic exists.
    pub fn empty(config: &Config) -> Self {
        Self {
            brokers: SmallVec::new(),
            topics: config.topics.iter().map(|_| None).collect(),
            partitions: config.partitions.iter().map(|_| None).collect(),
            misplaced: SmallVec::new(),
            gone: SmallVec::new(),
        }
    }

    /// The registration of a broker.
    pub fn broker(&self, id: BrokerId) -> Option<&Registration> {
        let at = self.brokers.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.brokers[at].1)
    }

    /// All registered brokers, in order.
    pub fn brokers(&self) -> &[(BrokerId, Registration)] {
        &self.brokers
    }

    /// Whether this broker is registered and active.
    pub fn is_active(&self, id: BrokerId) -> bool {
        self.broker(id).is_some_and(Registration::is_active)
    }

    /// The broker that is the controller, where one of them is.
    pub fn controller(&self) -> Option<BrokerId> {
        let known = self
            .brokers
            .iter()
            .find(|(_, known)| known.state == BrokerState::Controlling);
        known.map(|(id, _)| *id)
    }

    /// Replicas of a partition that exists lie, or shall lie, elsewhere: what the node of its topic says.
    pub fn assign(&mut self, partition: Partition, assignment: &Assignment) {
        if let Some(state) = &mut self.partitions[usize::from(partition.0)] {
            *state = assignment.given(state);
        }
    }

    /// A topic goes with its partitions, if it is there.
    pub fn delete(&mut self, config: &Config, topic: TopicIndex) {
        if self.topic(topic).is_some() {
            for partition in config.partitions_of(topic) {
                self.apply(&Record::NoPartition(partition));
            }
            self.apply(&Record::NoTopic(topic));
        }
    }

    /// A broker is registered no longer.
    pub fn unregister(&mut self, id: BrokerId) {
        self.brokers.retain(|(other, _)| *other != id);
    }

    /// Whether a replica is known to be on the disk with which its broker registered (KIP-858).
    pub fn is_placed(&self, partition: Partition, id: BrokerId) -> bool {
        self.misplaced.binary_search(&(partition, id)).is_err()
    }

    /// The state of a partition that exists.
    pub fn partition(&self, partition: Partition) -> Option<&PartitionState> {
        self.partitions.get(usize::from(partition.0))?.as_ref()
    }

    /// All partitions that exist, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (Partition, &PartitionState)> + '_ {
        let numbered = self.partitions.iter().enumerate();
        numbered.filter_map(|(index, state)| Some((Partition(index as u8), state.as_ref()?)))
    }

    /// Settings of a topic that exists.
    pub fn topic(&self, topic: TopicIndex) -> Option<&TopicSettings> {
        self.topics.get(usize::from(topic.0))?.as_ref()
    }

    /// Whether a topic was deleted. A broker that has just started does not know yet what exists.
    pub fn is_gone(&self, topic: TopicIndex) -> bool {
        self.gone.contains(&topic)
    }

    /// min.insync.replicas as the leader and the controller count it.
    pub fn min_isr(&self, config: &Config, features: Rules<'_>, partition: Partition) -> usize {
        let topic = config.placed(partition).topic;
        let asked = self.topic(topic).map_or(1, |settings| usize::from(settings.min_isr));
        let first = config.partitions_of(topic).next().unwrap_or(partition);
        let copies = self.partition(first).map_or(asked, |state| state.replicas.len());
        if features.effective_min_isr().is_on() {
            asked.min(copies)
        } else {
            asked
        }
    }

    /// Whether an unclean election is allowed for this partition.
    pub fn unclean(&self, config: &Config, partition: Partition) -> UncleanElection {
        let topic = config.placed(partition).topic;
        self.topic(topic)
            .map_or(UncleanElection::Refused, |settings| settings.unclean)
    }

    /// Applies one record.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Broker(id, registration) => match self.brokers.binary_search_by_key(id, |(id, _)| *id) {
                Ok(at) => {
                    let before = core::mem::replace(&mut self.brokers[at].1, *registration);
                    if before.directory != registration.directory {
                        self.misplace(*id);
                    }
                }
                Err(at) => self.brokers.insert(at, (*id, *registration)),
            },
            Record::Topic(topic, settings) => self.topics[usize::from(topic.0)] = Some(*settings),
            Record::Partition(partition, state) => {
                // A replica that went is not on any disk any more; one that comes is on that of its broker.
                self.misplaced
                    .retain(|(other, id)| *other != *partition || state.replicas.contains(id));
                self.partitions[usize::from(partition.0)] = Some(state.clone());
            }
            Record::NoTopic(topic) => {
                self.topics[usize::from(topic.0)] = None;
                self.gone.push(*topic);
            }
            Record::NoPartition(partition) => {
                self.misplaced.retain(|(other, _)| *other != *partition);
                self.partitions[usize::from(partition.0)] = None;
            }
            Record::Placed(partition, id) => self.misplaced.retain(|replica| *replica != (*partition, *id)),
        }
    }

    /// All replicas of a broker are still listed on its former disk.
    fn misplace(&mut self, id: BrokerId) {
        let own = self.partitions().filter(|(_, state)| state.replicas.contains(&id));
        self.misplaced = own
            .map(|(partition, _)| (partition, id))
            .chain(self.misplaced.iter().copied())
            .collect();
        self.misplaced.sort_unstable();
        self.misplaced.dedup();
    }
}

/// A metadata record, as brokers apply it: the whole new state of one object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Record {
    /// A broker's registration.
    Broker(BrokerId, Registration),
    /// A topic's settings.
    Topic(TopicIndex, TopicSettings),
    /// A partition's state.
    Partition(Partition, PartitionState),
    /// A replica is on the disk with which its broker registered.
    Placed(Partition, BrokerId),
    /// A topic is gone.
    NoTopic(TopicIndex),
    /// A partition is gone with its topic.
    NoPartition(Partition),
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker(id, registration) => {
                write!(f, "broker {id} {:?} {}", registration.state, registration.epoch)
            }
            Self::Topic(topic, settings) => write!(f, "{topic} min.insync.replicas={}", settings.min_isr),
            Self::Partition(partition, state) => write!(f, "{partition} {state}"),
            Self::Placed(partition, id) => write!(f, "{partition} of broker {id} is on its disk"),
            Self::NoTopic(topic) => write!(f, "{topic} is gone"),
            Self::NoPartition(partition) => write!(f, "{partition} is gone"),
        }
    }
}

impl fmt::Display for PartitionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.leader {
            Some(leader) => write!(f, "leader {leader}")?,
            None => f.write_str("leader none")?,
        }
        write!(f, " {} isr {}", self.leader_epoch, Listed(&self.isr))?;
        if !self.elr.is_empty() {
            write!(f, " elr {}", Listed(&self.elr))?;
        }
        if !self.adding.is_empty() || !self.removing.is_empty() {
            write!(f, " replicas {}", Listed(&self.replicas))?;
        }
        for (what, ids) in [("adding", &self.adding), ("removing", &self.removing)] {
            if !ids.is_empty() {
                write!(f, " {what} {}", Listed(ids))?;
            }
        }
        Ok(())
    }
}

/// A record of the metadata log as Kafka writes it: only the fields that changed (`PartitionChangeRecord`), or all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum LogRecord {
    /// `RegisterBrokerRecord`.
    RegisterBroker(BrokerId, BrokerEpoch),
    /// `BrokerRegistrationChangeRecord`: fenced (+1), unfenced (-1), in controlled shutdown.
    BrokerChange(BrokerId, BrokerEpoch, BrokerState),
    /// `TopicRecord`.
    Topic(TopicIndex),
    /// `RemoveTopicRecord`.
    RemoveTopic(TopicIndex),
    /// `ConfigRecord`.
    Config(TopicIndex, TopicSettings),
    /// `ClearElrRecord`.
    ClearElr(TopicIndex),
    /// `PartitionRecord`.
    Partition(Partition, PartitionState),
    /// `PartitionChangeRecord`.
    PartitionChange(Partition, PartitionChange),
    /// `PartitionChangeRecord` of which nothing but the disk of a replica is new.
    Directories(Partition, BrokerId),
}

/// The fields of a `PartitionChangeRecord`; those that are absent keep their value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct PartitionChange {
    /// New ISR.
    pub isr: Option<Brokers>,
    /// New leader (or none); present also when the leader epoch must rise though the leader stays.
    pub leader: Option<Option<BrokerId>>,
    /// New recovery state.
    pub recovery: Option<Recovery>,
    /// New ELR.
    pub elr: Option<Brokers>,
    /// New last known ELR.
    pub last_known_elr: Option<Brokers>,
    /// New replicas.
    pub replicas: Option<Brokers>,
    /// New list of replicas that come.
    pub adding: Option<Brokers>,
    /// New list of replicas that go.
    pub removing: Option<Brokers>,
}

impl PartitionChange {
    /// Whether no field is set: then no record is written.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The state after this record: the partition epoch rises, the leader epoch with the leader field.
    pub fn merged(&self, state: &PartitionState) -> PartitionState {
        let mut merged = state.clone();
        if let Some(isr) = &self.isr {
            merged.isr = isr.clone();
        }
        if let Some(leader) = self.leader {
            merged.leader = leader;
            merged.leader_epoch = merged.leader_epoch.next();
        }
        if let Some(recovery) = self.recovery {
            merged.recovery = recovery;
        }
        if let Some(elr) = &self.elr {
            merged.elr = elr.clone();
        }
        if let Some(last) = &self.last_known_elr {
            merged.last_known_elr = last.clone();
        }
        for (list, new) in [
            (&mut merged.replicas, &self.replicas),
            (&mut merged.adding, &self.adding),
            (&mut merged.removing, &self.removing),
        ] {
            if let Some(new) = new {
                list.clone_from(new);
            }
        }
        merged.partition_epoch = merged.partition_epoch.next();
        merged
    }
}
