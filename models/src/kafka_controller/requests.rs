//! What a controller that is a broker sends to brokers, and who it says it is.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::cluster::PartitionState;
use crate::config::TopicSettings;
use crate::ids::{BrokerEpoch, BrokerId, Brokers, ControllerEpoch, LeaderEpoch, Listed, Partition, TopicIndex};

/// Who orders, and whom it means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Sender {
    /// The controller.
    pub controller: BrokerId,
    /// Its epoch.
    pub epoch: ControllerEpoch,
    /// The life of the broker that is meant, where requests name it (KIP-380).
    pub broker_epoch: Option<BrokerEpoch>,
}

/// A replica's role (`LeaderAndIsrRequest`).
///
/// Differs from Kafka: one request has one partition. A broker handles the partitions of a request one by one anyway.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct LeaderAndIsr {
    /// Who orders.
    pub sender: Sender,
    /// Which partition.
    pub partition: Partition,
    /// Its state.
    pub state: PartitionState,
    /// The topic's settings.
    ///
    /// Differs from Kafka: a broker that creates a log reads them from ZooKeeper.
    pub settings: TopicSettings,
}

/// What clients are to be told (`UpdateMetadataRequest`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct UpdateMetadata {
    /// Who orders.
    pub sender: Sender,
    /// All brokers that are alive.
    pub brokers: Brokers,
    /// Partitions whose state is new.
    pub partitions: Vec<(Partition, PartitionState, TopicSettings)>,
    /// Topics that are gone: Kafka names a leader for their partitions that means this.
    pub deleted: Vec<TopicIndex>,
    /// Whether the receiver may not have known the controller before.
    pub occasion: Occasion,
}

/// Why metadata is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Occasion {
    /// A controller begins, or a broker.
    Beginning,
    /// Something has changed.
    Change,
}

/// A replica stops (`StopReplicaRequest`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct StopReplica {
    /// Who orders.
    pub sender: Sender,
    /// Which partition.
    pub partition: Partition,
    /// The leader epoch of the decision, where requests name it (KIP-570).
    pub leader_epoch: Option<LeaderEpoch>,
    /// What becomes of its log.
    pub fate: Fate,
}

/// What becomes of the log of a replica that stops.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Fate {
    /// It stays.
    Kept,
    /// It goes.
    Deleted,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.epoch)?;
        match self.broker_epoch {
            Some(epoch) => write!(f, " for {epoch}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for LeaderAndIsr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.state.partition_epoch;
        write!(
            f,
            "LeaderAndIsr {} {} {version} {}",
            self.partition, self.state, self.sender
        )
    }
}

impl fmt::Display for UpdateMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UpdateMetadata {} brokers {}", self.sender, Listed(&self.brokers))?;
        let mut partitions = self.partitions.iter();
        partitions.try_for_each(|(partition, state, _)| write!(f, " [{partition} {state}]"))?;
        self.deleted
            .iter()
            .try_for_each(|topic| write!(f, " [{topic} deleted]"))
    }
}

impl fmt::Display for StopReplica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StopReplica {}", self.partition)?;
        if self.fate == Fate::Deleted {
            f.write_str(" deleted")?;
        }
        if let Some(epoch) = self.leader_epoch {
            write!(f, " {epoch}")?;
        }
        write!(f, " {}", self.sender)
    }
}
