//! Owns the events of a script and the operator commands that exploring may choose the moment of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::config_value::ConfigValue;
use crate::scenario::schema::{Acks, NodeId, PartitionIndex, Topic};
use crate::scenario::time_span::TimeSpan;

/// One event of a script. Events happen in the order of the file; `at` holds one back until that virtual time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Event {
    /// A broker's process ends.
    Stop {
        /// Which broker.
        broker: NodeId,
        /// How it ends.
        how: StopKind,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A stopped broker starts.
    Start {
        /// Which broker.
        broker: NodeId,
        /// What it finds on its disk.
        #[serde(default)]
        disk: Disk,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A broker's process stands still (`SIGSTOP`); its connections stay.
    Pause {
        /// Which broker.
        broker: NodeId,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A paused broker goes on (`SIGCONT`).
    Resume {
        /// Which broker.
        broker: NodeId,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// Packets between two nodes vanish, both ways; nobody is told.
    Cut {
        /// The two nodes.
        between: (NodeId, NodeId),
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// Packets from one node to another vanish.
    CutOneWay {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// Cut links work again.
    Heal {
        /// The two nodes; all cut links without them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        between: Option<(NodeId, NodeId)>,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// The connections between two nodes break with what is in flight on them.
    Reset {
        /// The two nodes.
        between: (NodeId, NodeId),
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// Time runs until nothing changes any more.
    Settle {
        /// Name of the moment that follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// This much virtual time passes.
    Wait(TimeSpan),
    /// Names this moment: `--at label:NAME`.
    Label(String),
    /// An operator asks for an election.
    Elect {
        /// Which topic.
        topic: String,
        /// Which partition; all of the topic without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionIndex>,
        /// Which election.
        kind: ElectionKind,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator changes a topic setting.
    AlterConfig {
        /// Which topic.
        topic: String,
        /// Property name of the setting.
        key: String,
        /// Its new value.
        value: ConfigValue,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator creates a topic.
    CreateTopic {
        /// The topic, as in `topics`.
        topic: Topic,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator moves replicas (`kafka-reassign-partitions --execute`).
    Reassign {
        /// Which topic.
        topic: String,
        /// The replicas that its partitions shall have, the preferred leader first.
        to: Moves,
        /// Whether it may begin while another reassignment runs (`--additional`).
        #[serde(default, skip_serializing_if = "is_default")]
        additional: bool,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator looks how far a reassignment is (`--verify`).
    VerifyReassignment {
        /// Which topic.
        topic: String,
        /// The replicas that its partitions were to have.
        to: Moves,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator calls a reassignment off (`--cancel`).
    CancelReassignment {
        /// Which topic.
        topic: String,
        /// Which partition; all of the topic without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionIndex>,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator lists the reassignments that run (`--list`).
    ListReassignments {
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator gives a topic more partitions (`kafka-topics --alter --partitions`).
    AddPartitions {
        /// Which topic.
        topic: String,
        /// How many partitions it has then.
        partitions: u32,
        /// Replicas of each new partition, the preferred leader first; without it they are placed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignment: Option<Vec<Vec<NodeId>>>,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// An operator deletes a topic.
    DeleteTopic {
        /// Which topic.
        topic: String,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A client writes one record.
    Produce {
        /// Which producer; without one a fresh client that asks for metadata first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<String>,
        /// Which topic.
        topic: String,
        /// Which partition; the first without one.
        #[serde(default, skip_serializing_if = "is_first")]
        partition: PartitionIndex,
        /// Value of the record.
        value: String,
        /// When the write of a fresh client counts as answered; a named one has its own `acks`.
        #[serde(default)]
        acks: Acks,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// All brokers lose power at once.
    PowerAll {
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A server of the ZooKeeper ensemble ends.
    StopZooKeeper {
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A server of the ZooKeeper ensemble that has ended starts.
    StartZooKeeper {
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A broker's log directory fails.
    DirFail {
        /// Which broker.
        broker: NodeId,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A broker's disk is full.
    FullDisk {
        /// Which broker.
        broker: NodeId,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
    /// A broker's disk becomes slow.
    SlowDisk {
        /// Which broker.
        broker: NodeId,
        /// What each write and flush takes longer; without it they stand still.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<TimeSpan>,
        /// For how long; without it until the broker starts again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<TimeSpan>,
        /// Not before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<TimeSpan>,
    },
}

impl Event {
    /// The virtual time before which the event does not happen, where one is given.
    pub fn at(&self) -> Option<TimeSpan> {
        match self {
            Event::Stop { at, .. }
            | Event::Start { at, .. }
            | Event::Pause { at, .. }
            | Event::Resume { at, .. }
            | Event::Cut { at, .. }
            | Event::CutOneWay { at, .. }
            | Event::Heal { at, .. }
            | Event::Reset { at, .. }
            | Event::Settle { at, .. }
            | Event::Elect { at, .. }
            | Event::AlterConfig { at, .. }
            | Event::CreateTopic { at, .. }
            | Event::Reassign { at, .. }
            | Event::VerifyReassignment { at, .. }
            | Event::CancelReassignment { at, .. }
            | Event::ListReassignments { at }
            | Event::AddPartitions { at, .. }
            | Event::DeleteTopic { at, .. }
            | Event::Produce { at, .. }
            | Event::PowerAll { at }
            | Event::StopZooKeeper { at }
            | Event::StartZooKeeper { at }
            | Event::DirFail { at, .. }
            | Event::FullDisk { at, .. }
            | Event::SlowDisk { at, .. } => *at,
            Event::Wait(_) | Event::Label(_) => None,
        }
    }
}

/// How a broker's process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StopKind {
    /// `SIGTERM`: a controlled shutdown.
    Clean,
    /// `SIGKILL`: the process is gone, the page cache survives.
    Kill,
    /// The host is gone, and what was not flushed.
    PowerLoss,
}

/// What a starting broker finds on its disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Disk {
    /// What it left there.
    #[default]
    Kept,
    /// Nothing: the disk was emptied.
    Wiped,
}

/// Kinds of elections that an operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ElectionKind {
    /// The first replica of the assignment leads again, if it is in sync.
    Preferred,
    /// A replica outside the ISR may lead where no other can.
    Unclean,
}

/// An operator command in the fault budget: it happens at most once, at a moment that the explorer chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum AdminCommand {
    /// As [`Event::Elect`].
    Elect {
        /// Which topic.
        topic: String,
        /// Which partition; all of the topic without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionIndex>,
        /// Which election.
        kind: ElectionKind,
    },
    /// As [`Event::AlterConfig`].
    AlterConfig {
        /// Which topic.
        topic: String,
        /// Property name of the setting.
        key: String,
        /// Its new value.
        value: ConfigValue,
    },
    /// As [`Event::CreateTopic`].
    CreateTopic {
        /// The topic, as in `topics`.
        topic: Topic,
    },
    /// As [`Event::Reassign`], each partition at a moment of its own.
    Reassign {
        /// Which topic.
        topic: String,
        /// The replicas that its partitions shall have, the preferred leader first.
        to: Moves,
    },
    /// As [`Event::CancelReassignment`].
    CancelReassignment {
        /// Which topic.
        topic: String,
        /// Which partition; all of the topic without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<PartitionIndex>,
    },
    /// As [`Event::AddPartitions`].
    AddPartitions {
        /// Which topic.
        topic: String,
        /// How many partitions it has then.
        partitions: u32,
        /// Replicas of each new partition, the preferred leader first; without it they are placed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignment: Option<Vec<Vec<NodeId>>>,
    },
    /// As [`Event::DeleteTopic`].
    DeleteTopic {
        /// Which topic.
        topic: String,
    },
}

/// The replicas that partitions of a topic shall have, by partition.
pub type Moves = BTreeMap<PartitionIndex, Vec<NodeId>>;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_first(partition: &PartitionIndex) -> bool {
    *partition == PartitionIndex::default()
}
