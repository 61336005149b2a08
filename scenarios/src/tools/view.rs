//! Owns what `kafka-topics --describe` is told about topics: the cluster as one broker's metadata shows it.

use crate::tools::describe::config_order;
use crate::tools::edition::Dialect;
use crate::tools::ids::{BrokerId, PartitionId, TopicId};

/// The setting that two of the filters compare the ISR with.
pub const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

/// One topic as a broker's metadata shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicView {
    /// Its name.
    pub name: String,
    /// Its id; none before 2.8.
    pub id: Option<TopicId>,
    /// Its partitions, in any order.
    pub partitions: Vec<PartitionView>,
    /// Every setting that is not a default, from whatever source, in any order.
    pub configs: Vec<ConfigEntry>,
}

/// One setting of a topic that is not a default.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigEntry {
    /// Name of the topic setting.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// One partition as a broker's metadata shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionView {
    /// Its number.
    pub partition: PartitionId,
    /// Its leader, if there is one that the answering broker believes to be alive.
    pub leader: Option<BrokerId>,
    /// Its replicas, the preferred leader first; while it is reassigned those of both assignments.
    pub replicas: Vec<BrokerId>,
    /// Its in-sync replicas, in the stored order.
    pub isr: Vec<BrokerId>,
    /// The reassignment that the controller reports, if one is active.
    pub reassignment: Option<Reassignment>,
    /// KIP-966: replicas outside the ISR that hold every committed record.
    pub elr: Vec<BrokerId>,
    /// KIP-966: the last leader, once no replica is eligible.
    pub last_known_elr: Vec<BrokerId>,
}

/// A reassignment that is not done yet, as the controller lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reassignment {
    /// Replicas of both assignments. A broker that lags may still show others in its metadata.
    pub replicas: Vec<BrokerId>,
    /// Replicas that join.
    pub adding: Vec<BrokerId>,
    /// Replicas that leave.
    pub removing: Vec<BrokerId>,
}

impl ConfigEntry {
    /// The setting with this name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> ConfigEntry {
        ConfigEntry {
            name: name.into(),
            value: value.into(),
        }
    }
}

impl TopicView {
    /// The topic's effective `min.insync.replicas`: 1 where it is not set.
    pub fn min_insync_replicas(&self) -> usize {
        let set = self.configs.iter().find(|config| config.name == MIN_INSYNC_REPLICAS);
        set.and_then(|config| config.value.parse().ok()).unwrap_or(1)
    }

    /// The same topic with partitions by number and settings as tables list them.
    pub fn in_table_order(mut self) -> TopicView {
        self.partitions.sort_by_key(|partition| partition.partition);
        self.configs = config_order(self.configs);
        self
    }
}

impl PartitionView {
    /// How many replicas the partition shall have: those that a reassignment adds are not counted.
    pub fn replication_factor(&self, dialect: Dialect) -> usize {
        match &self.reassignment {
            Some(change) if self.shows(change, dialect) => change.replicas.len().saturating_sub(change.adding.len()),
            Some(_) | None => self.replicas.len(),
        }
    }

    /// Whether the metadata still shows replicas that come or go. 2.5 looks at those that go only.
    fn shows(&self, change: &Reassignment, dialect: Dialect) -> bool {
        let moves = |id: &BrokerId| match dialect {
            Dialect::Zk2_5 => change.removing.contains(id),
            Dialect::Zk3_9 | Dialect::Kraft3_9 | Dialect::Kraft4_3 => {
                change.removing.contains(id) || change.adding.contains(id)
            }
        };
        self.replicas.iter().any(moves)
    }
}
