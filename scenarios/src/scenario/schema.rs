//! Owns the scenario file as data: its fields, their names, their defaults. It judges nothing; `validate` does.
//!
//! Enums are externally tagged and structs refuse unknown fields, because only then the RON parser names the
//! misspelt word and its place.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scenario::config_value::ConfigValue;
use crate::scenario::event::{AdminCommand, Event};
use crate::scenario::time_span::TimeSpan;

/// The newest release preset: what a scenario gets that names none.
pub const NEWEST_PRESET: &str = "kraft-4.3";

/// The format of scenario files that this build reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Kafka's `node.id` (`broker.id`) of a broker or a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a partition within its topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionIndex(pub u32);

impl fmt::Display for PartitionIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One scenario: cluster, topics, clients, script, fault budget, properties and expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name, used in file names: small letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// One sentence for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// Named vector of switches: a release such as `kraft-3.9`, or data-plane rules such as `kip-101`.
    #[serde(default = "newest_preset")]
    pub preset: String,
    /// Who controls the cluster.
    pub control: Control,
    /// Ids of the brokers.
    pub brokers: Vec<NodeId>,
    /// Topics that exist at the beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Topic>,
    /// Producers and consumers that act on their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<Client>,
    /// What is done to the cluster, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Event>,
    /// How many faults of each kind `explore` and `check` may add to the script.
    #[serde(default, skip_serializing_if = "is_default")]
    pub faults: Faults,
    /// How far a run or a search goes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bounds: Bounds,
    /// Kafka settings of all nodes, by property name, where they differ from the preset's defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, ConfigValue>,
    /// State of the cluster at step 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub start: Start,
    /// Whether virtual time passes. Without a value: on where the script is played, off where a search picks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// Switches that differ from the preset.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub switches: BTreeMap<String, ConfigValue>,
    /// Brokers that run another preset than the rest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub broker_presets: BTreeMap<NodeId, String>,
    /// Properties that are checked; none named means all that apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// Properties that are left out, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<Omission>,
    /// What must have happened somewhere, or a green result is hollow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<String>,
    /// The verdict that this scenario claims.
    #[serde(default)]
    pub expect: Expectation,
    /// Simulate the refusal of a real cluster where the loader would refuse the file.
    #[serde(default, skip_serializing_if = "is_default")]
    pub allow_invalid: bool,
    /// Format of this file.
    #[serde(default = "format_version", skip_serializing_if = "is_format_version")]
    pub version: u32,
}

/// One sentence about the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// In English.
    pub en: String,
    /// In Korean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ko: Option<String>,
}

/// Who controls the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Control {
    /// KRaft with controllers on nodes of their own.
    Kraft {
        /// Ids of the controllers.
        controllers: Vec<NodeId>,
    },
    /// KRaft with nodes that are broker and controller at once.
    KraftCombined {
        /// Ids of the combined nodes.
        nodes: Vec<NodeId>,
    },
    /// ZooKeeper, and the controller on one of the brokers.
    ZooKeeper {
        /// Number of ZooKeeper servers.
        ensemble: u32,
        /// Session timeout of the brokers; without it the preset's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<TimeSpan>,
    },
}

/// A topic that exists at the beginning, or that an event creates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Name, by Kafka's rules.
    pub name: String,
    /// Replicas of each partition, the preferred leader first. Without it `partitions` and `replication` say how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<Vec<Vec<NodeId>>>,
    /// Number of partitions that the cluster places itself (Kafka: `num.partitions`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<u32>,
    /// Number of replicas of each of them (Kafka: `default.replication.factor`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<u32>,
    /// Topic settings, by property name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, ConfigValue>,
}

impl Topic {
    /// How many partitions the topic has; one where the file says nothing.
    pub fn partition_count(&self) -> u64 {
        match &self.assignment {
            Some(rows) => rows.len() as u64,
            None => u64::from(self.partitions.unwrap_or(1)),
        }
    }

    /// How many replicas a partition has: the longest row of the assignment; one where the file says nothing.
    pub fn replication_factor(&self) -> u64 {
        match &self.assignment {
            Some(rows) => rows.iter().map(Vec::len).max().unwrap_or(0) as u64,
            None => u64::from(self.replication.unwrap_or(1)),
        }
    }
}

/// A client that acts on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Client {
    /// Writes records `m1`, `m2`, ... to a topic.
    Producer {
        /// Name of the client, unique in the scenario.
        id: String,
        /// Topic that it writes to.
        topic: String,
        /// Partition that it writes to; without one the records go round.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionIndex>,
        /// When a write counts as answered.
        #[serde(default)]
        acks: Acks,
        /// How many records it writes.
        records: u32,
        /// Kafka's `enable.idempotence`; without a value the preset's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idempotent: Option<bool>,
        /// Kafka's `retries`; without a value the preset's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retries: Option<u32>,
        /// Kafka's `delivery.timeout.ms`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<TimeSpan>,
        /// How many records travel in one batch; one without a value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<u32>,
    },
    /// Reads all partitions of a topic, without a group.
    Consumer {
        /// Name of the client, unique in the scenario.
        id: String,
        /// Topic that it reads.
        topic: String,
        /// Where it begins.
        #[serde(default)]
        reset: Reset,
        /// What it asks for.
        #[serde(default, skip_serializing_if = "is_default")]
        wants: Wants,
    },
    /// Consumers that share a topic's partitions.
    Group {
        /// Kafka's `group.id`, unique in the scenario.
        id: String,
        /// Topic that the group reads.
        topic: String,
        /// How many members join.
        members: u32,
        /// Where it begins when no offset is stored.
        #[serde(default)]
        reset: Reset,
    },
}

impl Client {
    /// Name of the client.
    pub fn id(&self) -> &str {
        match self {
            Client::Producer { id, .. } | Client::Consumer { id, .. } | Client::Group { id, .. } => id,
        }
    }

    /// Topic that the client writes or reads.
    pub fn topic(&self) -> &str {
        match self {
            Client::Producer { topic, .. } | Client::Consumer { topic, .. } | Client::Group { topic, .. } => topic,
        }
    }
}

/// What a consumer asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wants {
    /// Records.
    #[default]
    Records,
    /// Only where the log ends, as tools that watch lag do.
    EndOffset,
}

/// Kafka's `acks`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Acks {
    /// `acks=all` (-1): the in-sync replicas have the record.
    #[default]
    All,
    /// `acks=1`: the leader has the record.
    One,
    /// `acks=0`: nobody answers.
    None,
}

/// Kafka's `auto.offset.reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reset {
    /// The first offset that the log still has.
    Earliest,
    /// The end of the log.
    #[default]
    Latest,
    /// An error.
    None,
}

/// State of the cluster at step 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Start {
    /// All nodes run, all topics exist, all replicas are in sync.
    #[default]
    Settled,
    /// All nodes are about to start.
    Cold,
}

/// Whether virtual time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Clock {
    /// Timers fire at their time.
    On,
    /// An armed timer may fire at any moment.
    Off,
}

/// How many faults of each kind may be added to the script; zero where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// A process dies, its page cache survives.
    #[serde(skip_serializing_if = "is_default")]
    pub kill: u8,
    /// A host loses power and with it what was not flushed.
    #[serde(skip_serializing_if = "is_default")]
    pub power: u8,
    /// All hosts lose power at once.
    #[serde(skip_serializing_if = "is_default")]
    pub power_all: u8,
    /// A stopped broker's disk is emptied.
    #[serde(skip_serializing_if = "is_default")]
    pub wipe: u8,
    /// A process stands still past a lease.
    #[serde(skip_serializing_if = "is_default")]
    pub pause: u8,
    /// A controlled shutdown.
    #[serde(skip_serializing_if = "is_default")]
    pub stop: u8,
    /// A connection breaks with what is in flight.
    #[serde(skip_serializing_if = "is_default")]
    pub reset: u8,
    /// Two nodes cannot reach each other.
    #[serde(skip_serializing_if = "is_default")]
    pub cut: u8,
    /// One node cannot reach another, which still reaches it.
    #[serde(skip_serializing_if = "is_default")]
    pub cut_one_way: u8,
    /// One message outlives its connection.
    #[serde(skip_serializing_if = "is_default")]
    pub late: u8,
    /// A disk becomes slow.
    #[serde(skip_serializing_if = "is_default")]
    pub slow_disk: u8,
    /// A log directory fails.
    #[serde(skip_serializing_if = "is_default")]
    pub dir_fail: u8,
    /// A disk is full.
    #[serde(skip_serializing_if = "is_default")]
    pub full_disk: u8,
    /// A lease, session, lag limit or request runs out.
    #[serde(skip_serializing_if = "is_default")]
    pub expiry: u8,
    /// Operator commands, each at most once, at a moment that the explorer chooses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admin: Vec<AdminCommand>,
}

/// How far a run or a search goes; no bound where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Steps of one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Virtual time of one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeSpan>,
    /// Leader epochs of one partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_epochs: Option<u32>,
}

/// A property that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omission {
    /// Name of the property.
    pub property: String,
    /// Why it does not apply here.
    pub reason: String,
}

/// The verdict that a scenario claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expectation {
    /// No property is violated.
    #[default]
    Holds,
    /// This property is violated.
    Violates(String),
    /// Whatever comes is as expected.
    Any,
}

fn newest_preset() -> String {
    NEWEST_PRESET.to_owned()
}

fn format_version() -> u32 {
    FORMAT_VERSION
}

fn is_format_version(version: &u32) -> bool {
    *version == FORMAT_VERSION
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
