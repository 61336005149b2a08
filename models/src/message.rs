//! What travels: one closed enum, and the lanes on which it does. `docs/notation.md` explains the one-line texts.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::SmallVec;

use crate::cluster::{Cluster, Record, Recovery};
use crate::config::TopicSettings;
use crate::ids::{
    BrokerEpoch, BrokerId, Brokers, Directory, LeaderEpoch, Listed, Offset, Partition, PartitionEpoch, RecordId,
    TopicIndex,
};
use crate::kafka_controller::{LeaderAndIsr, StopReplica, UpdateMetadata};
use crate::log::Batch;
use crate::raft;
use crate::zookeeper;

/// The connections between two nodes: each is FIFO, and they are not ordered among each other.
///
/// Differs from Kafka: fetches and ISR changes have a lane per partition, where Kafka puts all partitions of a pair of
/// brokers into one request. The behaviours here include Kafka's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Lane {
    /// Registration and heartbeats, and their answers.
    Control,
    /// What the controller has committed, to a broker.
    Metadata,
    /// Changes of the ISR that a leader asks for, and the answers.
    Alter(Partition),
    /// Fetches of a follower, and the answers.
    Fetch(Partition),
    /// Requests of a client, and the answers.
    Client,
    /// A broker's session with ZooKeeper.
    Session,
    /// Requests of a controller that is a broker: the sender keeps them until they are taken. Kafka:
    /// `ControllerChannelManager`.
    Channel,
    /// Requests between members of the quorum, on the connection that the sender opened.
    Ask,
    /// Answers between members of the quorum, on the connection that the receiver opened.
    Answer,
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control => f.write_str("control"),
            Self::Metadata => f.write_str("metadata"),
            Self::Alter(partition) => write!(f, "alter {partition}"),
            Self::Fetch(partition) => write!(f, "fetch {partition}"),
            Self::Client => f.write_str("client"),
            Self::Session => f.write_str("session"),
            Self::Channel => f.write_str("channel"),
            Self::Ask => f.write_str("ask"),
            Self::Answer => f.write_str("answer"),
        }
    }
}

/// Which answer a producer waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Acks {
    /// None: `acks=0`.
    None,
    /// The leader's: `acks=1`.
    Leader,
    /// All in-sync replicas': `acks=all`.
    All,
}

/// Error codes of the protocol (`org.apache.kafka.common.protocol.Errors`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Code {
    OffsetOutOfRange,
    OffsetNotAvailable,
    NotLeaderOrFollower,
    LeaderNotAvailable,
    UnknownTopicOrPartition,
    RequestTimedOut,
    NotEnoughReplicas,
    NotEnoughReplicasAfterAppend,
    FencedLeaderEpoch,
    UnknownLeaderEpoch,
    StaleBrokerEpoch,
    InvalidRequest,
    InvalidUpdateVersion,
    IneligibleReplica,
    NewLeaderElected,
    NotController,
    StorageError,
    NetworkException,
    ElectionNotNeeded,
    PreferredLeaderNotAvailable,
    EligibleLeadersNotAvailable,
    InvalidReplicaAssignment,
    NoReassignmentInProgress,
    InvalidPartitions,
}

impl Code {
    /// Kafka's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OffsetOutOfRange => "OFFSET_OUT_OF_RANGE",
            Self::OffsetNotAvailable => "OFFSET_NOT_AVAILABLE",
            Self::NotLeaderOrFollower => "NOT_LEADER_OR_FOLLOWER",
            Self::LeaderNotAvailable => "LEADER_NOT_AVAILABLE",
            Self::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Self::RequestTimedOut => "REQUEST_TIMED_OUT",
            Self::NotEnoughReplicas => "NOT_ENOUGH_REPLICAS",
            Self::NotEnoughReplicasAfterAppend => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
            Self::FencedLeaderEpoch => "FENCED_LEADER_EPOCH",
            Self::UnknownLeaderEpoch => "UNKNOWN_LEADER_EPOCH",
            Self::StaleBrokerEpoch => "STALE_BROKER_EPOCH",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::InvalidUpdateVersion => "INVALID_UPDATE_VERSION",
            Self::IneligibleReplica => "INELIGIBLE_REPLICA",
            Self::NewLeaderElected => "NEW_LEADER_ELECTED",
            Self::NotController => "NOT_CONTROLLER",
            Self::StorageError => "KAFKA_STORAGE_ERROR",
            Self::NetworkException => "NETWORK_EXCEPTION",
            Self::ElectionNotNeeded => "ELECTION_NOT_NEEDED",
            Self::PreferredLeaderNotAvailable => "PREFERRED_LEADER_NOT_AVAILABLE",
            Self::EligibleLeadersNotAvailable => "ELIGIBLE_LEADERS_NOT_AVAILABLE",
            Self::InvalidReplicaAssignment => "INVALID_REPLICA_ASSIGNMENT",
            Self::NoReassignmentInProgress => "NO_REASSIGNMENT_IN_PROGRESS",
            Self::InvalidPartitions => "INVALID_PARTITIONS",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Records in the order of one batch.
pub type Records = SmallVec<[RecordId; 2]>;

/// What a broker wants in a heartbeat (`BrokerHeartbeatRequest`: wantFence, wantShutDown).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Wish {
    /// Its logs are not loaded yet.
    StayFenced,
    /// To serve.
    Serve,
    /// To stop politely.
    ShutDown,
}

/// What the controller makes of a heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Standing {
    /// Not allowed to lead or to be in an ISR.
    Fenced,
    /// Serving.
    Unfenced,
    /// Its partitions are being moved away.
    ShuttingDown,
    /// It may end now.
    ShutDownNow,
    /// This life of the broker is not the registered one.
    Stale,
}

/// A proposal of a leader (`AlterPartitionRequest`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AlterPartition {
    /// Of which partition.
    pub partition: Partition,
    /// The life of the leader.
    pub broker_epoch: BrokerEpoch,
    /// Its leader epoch.
    pub leader_epoch: LeaderEpoch,
    /// The partition epoch on which the proposal rests.
    pub partition_epoch: PartitionEpoch,
    /// The ISR as it should be, in this order, each member with the life in which it was seen (if it was).
    pub isr: SmallVec<[(BrokerId, Option<BrokerEpoch>); 4]>,
    /// The recovery state as it should be.
    pub recovery: Recovery,
}

/// The controller's answer to a proposal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Altered {
    /// Of which partition.
    pub partition: Partition,
    /// The proposal's leader epoch.
    pub leader_epoch: LeaderEpoch,
    /// The state as it is now, or why not.
    pub result: Result<(Brokers, PartitionEpoch), Code>,
}

/// A follower's fetch of one partition (`FetchRequest`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Fetch {
    /// Which partition.
    pub partition: Partition,
    /// The leader epoch that the follower knows (`currentLeaderEpoch`), where fetches carry one.
    pub epoch: Option<LeaderEpoch>,
    /// The follower's life (`replicaEpoch`), where fetches carry one.
    pub broker_epoch: Option<BrokerEpoch>,
    /// Its log end offset.
    pub from: Offset,
    /// The epoch of its last batch (`lastFetchedEpoch`), where the leader looks for divergence.
    pub last_epoch: Option<LeaderEpoch>,
}

/// The leader's answer to a fetch of one partition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Fetched {
    /// Which partition.
    pub partition: Partition,
    /// The offset that was asked for.
    pub from: Offset,
    /// What came of it.
    pub result: FetchResult,
}

/// What came of a fetch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum FetchResult {
    /// Batches from there on, and the leader's high watermark as it was read before this fetch counted.
    Records {
        /// In the order of the log.
        batches: SmallVec<[Batch; 1]>,
        /// The leader's high watermark.
        high_watermark: Offset,
    },
    /// The follower's last epoch ended elsewhere at the leader (`divergingEpoch`).
    Diverging {
        /// The largest epoch of the leader that is not larger than the follower's last.
        epoch: LeaderEpoch,
        /// Where it ended at the leader.
        end: Offset,
    },
    /// The offset is outside the leader's log, which has this range.
    ///
    /// Differs from Kafka: there the follower asks for the range in two more requests (`ListOffsets`).
    OutOfRange {
        /// The leader's log start offset.
        start: Offset,
        /// The leader's log end offset.
        end: Offset,
    },
    /// Refused: the fetch carried this leader epoch, which is over (`FENCED_LEADER_EPOCH`).
    Fenced(LeaderEpoch),
    /// Refused.
    Error(Code),
}

/// Where an epoch ended at a leader (`OffsetsForLeaderEpochResponse`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum EpochEnd {
    /// It does not know.
    Unknown,
    /// There; it does not say to which epoch that belongs (before KIP-279).
    Unnamed(Offset),
    /// Its largest epoch that is not larger ended there.
    Named(LeaderEpoch, Offset),
}

impl fmt::Display for EpochEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Unnamed(end) => write!(f, "{end}"),
            Self::Named(epoch, end) => write!(f, "{epoch} at {end}"),
        }
    }
}

/// What is sent on the lanes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Msg {
    /// A broker registers its new life.
    Register {
        /// The life that begins.
        epoch: BrokerEpoch,
        /// The life that ended politely, as the clean-shutdown file says (`previousBrokerEpoch`).
        previous: Option<BrokerEpoch>,
        /// Its disk.
        directory: Directory,
    },
    /// Another life of this broker still has a session (`DUPLICATE_BROKER_REGISTRATION`).
    DuplicateRegistration,
    /// A broker is alive and wants something.
    Heartbeat(BrokerEpoch, Wish),
    /// What it gets.
    HeartbeatAnswer(BrokerEpoch, Standing),
    /// All metadata, for a broker whose new life stands in the metadata log: the answer to its registration.
    Snapshot(Box<Cluster>),
    /// One committed batch of metadata records.
    Metadata(Vec<Record>),
    /// A broker reports on which disk its replica is (`AssignReplicasToDirs`); new metadata is the answer.
    AssignDirectory {
        /// The life of the broker.
        epoch: BrokerEpoch,
        /// Of which partition.
        partition: Partition,
        /// Its disk.
        directory: Directory,
    },
    /// A leader proposes an ISR.
    AlterPartition(Box<AlterPartition>),
    /// The answer to it.
    Altered(Box<Altered>),
    /// A follower fetches.
    Fetch(Box<Fetch>),
    /// The answer to it.
    Fetched(Box<Fetched>),
    /// A client sends a batch.
    Produce {
        /// To which partition.
        partition: Partition,
        /// The records.
        records: Records,
        /// Which answer it waits for.
        acks: Acks,
    },
    /// The answer: where the batch begins, or why not.
    Produced {
        /// Of which partition.
        partition: Partition,
        /// The first record of the batch.
        first: RecordId,
        /// Its offset, or the error.
        result: Result<Offset, Code>,
    },
    /// A consumer reads.
    Read {
        /// From which partition.
        partition: Partition,
        /// The leader epoch that it knows.
        epoch: Option<LeaderEpoch>,
        /// From which offset.
        from: Offset,
    },
    /// The answer: what is visible from there, with the visible end; or the error.
    ReadAnswer {
        /// From which partition.
        partition: Partition,
        /// From which offset.
        from: Offset,
        /// Offset and record, and the visible range of the log.
        result: Result<Visible, Code>,
    },
    /// A client asks who leads.
    Who(Partition),
    /// Who leads, as this broker believes.
    Leader {
        /// Of which partition.
        partition: Partition,
        /// The leader and its epoch.
        leader: Option<(BrokerId, LeaderEpoch)>,
    },
    /// A follower asks where its last epoch ended at the leader (`OffsetsForLeaderEpoch`; before KIP-595).
    AskEpochEnd {
        /// Of which partition.
        partition: Partition,
        /// The leader epoch that it knows, where such questions carry one.
        current: Option<LeaderEpoch>,
        /// The epoch that it asks about.
        epoch: LeaderEpoch,
    },
    /// The answer.
    EpochEnded {
        /// Of which partition.
        partition: Partition,
        /// The leader epoch that the question carried.
        current: Option<LeaderEpoch>,
        /// The epoch that was asked about.
        asked: LeaderEpoch,
        /// Where it ended.
        result: Result<EpochEnd, Code>,
    },
    /// A consumer asks where the epoch of the last record that it read ended (`OffsetsForLeaderEpoch`; KIP-320).
    Validate {
        /// Of which partition.
        partition: Partition,
        /// The leader epoch that it knows.
        current: LeaderEpoch,
        /// The epoch of the record before its position.
        epoch: LeaderEpoch,
    },
    /// The answer.
    Validated {
        /// Of which partition.
        partition: Partition,
        /// The epoch that was asked about.
        asked: LeaderEpoch,
        /// Where it ended.
        result: Result<EpochEnd, Code>,
    },
    /// A client asks for the end offset (`ListOffsets`, latest).
    AskEnd {
        /// Of which partition.
        partition: Partition,
        /// The leader epoch that it knows.
        current: LeaderEpoch,
    },
    /// The answer.
    End {
        /// Of which partition.
        partition: Partition,
        /// The high watermark.
        result: Result<Offset, Code>,
    },
    /// A session asks ZooKeeper for something.
    Zk(BrokerEpoch, Box<zookeeper::Request>),
    /// ZooKeeper answers, or a watch fires.
    ZkAnswer(Box<zookeeper::Answer>),
    /// A controller tells a replica its role.
    LeaderAndIsr(Box<LeaderAndIsr>),
    /// A controller tells a broker what to tell clients.
    UpdateMetadata(Box<UpdateMetadata>),
    /// A controller stops a replica.
    StopReplica(StopReplica),
    /// The controller gives up what it still had for this broker; nothing of this is sent.
    CloseChannel,
    /// A broker asks the controller to be let go (`ControlledShutdownRequest`).
    ControlledShutdown(BrokerEpoch),
    /// How many partitions it still leads, or why it was not heard.
    ControlledShutdownAnswer(Result<u8, Code>),
    /// What members of the quorum say to each other, and what the metadata log tells the controller on the same node.
    Raft(Box<raft::message::Msg>),
    /// A request of a broker to the controller that it takes for the active one. Kafka: `NodeToControllerChannelManager`.
    Forwarded(Box<Msg>),
    /// The controller that was asked is not the active one (`NOT_CONTROLLER`), or is so no longer; what was about a partition
    /// names it.
    NotController(Option<Partition>),
    /// A broker's process learns that another controller leads the quorum.
    NewController,
}

/// What a consumer gets to see.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Visible {
    /// Records below the high watermark.
    pub records: SmallVec<[(Offset, RecordId); 2]>,
    /// The leader epoch of the last of them.
    pub last_epoch: Option<LeaderEpoch>,
    /// The record before the first of them. No consumer of Kafka gets that; it is there for those who judge.
    pub before: Option<RecordId>,
    /// The log start offset.
    pub start: Offset,
    /// The high watermark.
    pub end: Offset,
}

impl fmt::Display for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register {
                epoch,
                previous: None,
                directory,
            } => write!(f, "Register {epoch} on {directory}"),
            Self::Register {
                epoch,
                previous: Some(previous),
                directory,
            } => write!(f, "Register {epoch} on {directory} after {previous} ended politely"),
            Self::DuplicateRegistration => f.write_str("DUPLICATE_BROKER_REGISTRATION"),
            Self::Heartbeat(epoch, wish) => write!(f, "Heartbeat {epoch} {wish:?}"),
            Self::HeartbeatAnswer(epoch, standing) => write!(f, "HeartbeatAnswer {epoch} {standing:?}"),
            Self::Snapshot(_) => f.write_str("Snapshot"),
            Self::Metadata(records) => {
                f.write_str("Metadata")?;
                records.iter().try_for_each(|record| write!(f, " [{record}]"))
            }
            Self::AssignDirectory { directory, .. } => write!(f, "AssignReplicasToDirs {directory}"),
            Self::AlterPartition(alter) => write!(f, "{alter}"),
            Self::Altered(altered) => match &altered.result {
                Ok((isr, epoch)) => write!(f, "Altered isr {} {epoch}", Listed(isr)),
                Err(code) => write!(f, "Altered {code}"),
            },
            Self::Fetch(fetch) => write!(f, "{fetch}"),
            Self::Fetched(fetched) => write!(f, "{fetched}"),
            other => other.with_client(f),
        }
    }
}

impl Msg {
    /// Whether somebody asks for something; else it is an answer, or news.
    pub fn is_request(&self) -> bool {
        match self {
            Self::Register { .. } | Self::Heartbeat(..) | Self::AssignDirectory { .. } => true,
            Self::AlterPartition(_) | Self::Fetch(_) | Self::AskEpochEnd { .. } => true,
            Self::Produce { .. } | Self::Read { .. } | Self::Who(_) => true,
            Self::Validate { .. } | Self::AskEnd { .. } => true,
            Self::DuplicateRegistration | Self::HeartbeatAnswer(..) | Self::Snapshot(_) | Self::Metadata(_) => false,
            Self::Altered(_) | Self::Fetched(_) | Self::EpochEnded { .. } => false,
            Self::Produced { .. } | Self::ReadAnswer { .. } | Self::Leader { .. } => false,
            Self::Validated { .. } | Self::End { .. } => false,
            Self::Zk(..) | Self::LeaderAndIsr(_) | Self::UpdateMetadata(_) | Self::StopReplica(_) => true,
            Self::ControlledShutdown(_) | Self::Forwarded(_) => true,
            Self::Raft(msg) => msg.lane() == crate::quorum::Lane::Ask,
            Self::NotController(_) | Self::NewController => false,
            Self::ZkAnswer(_) | Self::CloseChannel | Self::ControlledShutdownAnswer(_) => false,
        }
    }

    /// The text of what goes to a client or comes from one.
    fn with_client(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Produce { records, acks, .. } => {
                f.write_str("Produce")?;
                records.iter().try_for_each(|record| write!(f, " {record}"))?;
                write!(f, " acks={}", acks.text())
            }
            Self::Produced {
                first,
                result: Ok(offset),
                ..
            } => write!(f, "Produced {first}@{offset}"),
            Self::Produced {
                first,
                result: Err(code),
                ..
            } => write!(f, "Produced {first} {code}"),
            Self::Read { from, .. } => write!(f, "Read {from}"),
            Self::ReadAnswer {
                from,
                result: Ok(visible),
                ..
            } => {
                write!(f, "ReadAnswer {from}")?;
                visible
                    .records
                    .iter()
                    .try_for_each(|(offset, record)| write!(f, " {record}@{offset}"))?;
                write!(f, " end {}", visible.end)
            }
            Self::ReadAnswer {
                from,
                result: Err(code),
                ..
            } => write!(f, "ReadAnswer {from} {code}"),
            Self::Who(_) => f.write_str("Metadata request"),
            Self::Leader {
                leader: Some((leader, epoch)),
                ..
            } => write!(f, "Metadata answer leader {leader} {epoch}"),
            Self::Leader { leader: None, .. } => f.write_str("Metadata answer no leader"),
            Self::Zk(epoch, request) => write!(f, "{request} ({epoch})"),
            Self::ZkAnswer(answer) => write!(f, "{answer}"),
            Self::LeaderAndIsr(request) => write!(f, "{request}"),
            Self::UpdateMetadata(request) => write!(f, "{request}"),
            Self::StopReplica(request) => write!(f, "{request}"),
            Self::CloseChannel => f.write_str("close channel"),
            Self::ControlledShutdown(epoch) => write!(f, "ControlledShutdown {epoch}"),
            Self::ControlledShutdownAnswer(Ok(left)) => write!(f, "ControlledShutdown answer: leads {left}"),
            Self::ControlledShutdownAnswer(Err(code)) => write!(f, "ControlledShutdown answer {code}"),
            other => other.about_ends(f),
        }
    }

    /// The text of questions about where an epoch, or the log, ended, and of their answers.
    fn about_ends(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskEpochEnd { epoch, .. } => write!(f, "AskEpochEnd {epoch}"),
            Self::EpochEnded {
                current, asked, result, ..
            } => match (result, current) {
                (Ok(ended), _) => write!(f, "EpochEnded {asked} {ended}"),
                (Err(code), Some(current)) => write!(f, "EpochEnded {asked} {code} for {current}"),
                (Err(code), None) => write!(f, "EpochEnded {asked} {code}"),
            },
            Self::Validate { epoch, .. } => write!(f, "Validate {epoch}"),
            Self::Validated { asked, result, .. } => match result {
                Ok(ended) => write!(f, "Validated {asked} {ended}"),
                Err(code) => write!(f, "Validated {asked} {code}"),
            },
            Self::AskEnd { .. } => f.write_str("AskEnd"),
            Self::End { result: Ok(end), .. } => write!(f, "End {end}"),
            Self::End { result: Err(code), .. } => write!(f, "End {code}"),
            Self::Raft(msg) => write!(f, "{msg}"),
            Self::Forwarded(msg) => write!(f, "{msg}"),
            Self::NotController(_) => write!(f, "{}", Code::NotController),
            Self::NewController => f.write_str("another controller leads"),
            other => panic!("no text for {other:?}"),
        }
    }
}

impl Acks {
    /// As the setting is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "0",
            Self::Leader => "1",
            Self::All => "all",
        }
    }
}

impl fmt::Display for AlterPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let isr: Brokers = self.isr.iter().map(|(id, _)| *id).collect();
        write!(
            f,
            "AlterPartition isr {} {} {}",
            Listed(&isr),
            self.leader_epoch,
            self.partition_epoch
        )
    }
}

impl fmt::Display for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetch {}", self.from)?;
        if let Some(epoch) = self.epoch {
            write!(f, " {epoch}")?;
        }
        match self.last_epoch {
            Some(epoch) => write!(f, " last {epoch}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetched {}", self.from)?;
        match &self.result {
            FetchResult::Records {
                batches,
                high_watermark,
            } => {
                batches.iter().try_for_each(|batch| write!(f, " {batch}"))?;
                write!(f, " hw {high_watermark}")
            }
            FetchResult::Diverging { epoch, end } => write!(f, " diverging {epoch} ended at {end}"),
            FetchResult::OutOfRange { start, end } => write!(f, " out of range {start}..{end}"),
            FetchResult::Fenced(epoch) => write!(f, " {} for {epoch}", Code::FencedLeaderEpoch),
            FetchResult::Error(code) => write!(f, " {code}"),
        }
    }
}

/// What clients and operators order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Command {
    /// A producer sends its next batch.
    SendNext,
    /// A client sends these records and waits for the answer. A fresh one knows nothing about the cluster.
    Send {
        /// To which partition.
        partition: Partition,
        /// The records.
        records: Records,
        /// Which answer it waits for.
        acks: Acks,
        /// How often it tries again.
        retries: u8,
        /// What it knows.
        knowledge: Knowledge,
    },
    /// A consumer asks for what comes next.
    Poll,
    /// A client asks who leads, without sending anything.
    Refresh,
    /// An operator creates a topic of the configuration.
    CreateTopic(TopicIndex),
    /// An operator changes the settings of a topic.
    AlterTopic(TopicIndex, TopicSettings),
    /// An operator asks for an election (`kafka-leader-election`).
    Elect(Partition, Election),
    /// An operator moves the replicas of a partition (`kafka-reassign-partitions --execute`).
    Reassign(Partition, Brokers),
    /// An operator calls a reassignment off (`--cancel`).
    CancelReassignment(Partition),
    /// An operator gives a topic so many partitions (`kafka-topics --alter --partitions`).
    AddPartitions(TopicIndex, u32),
    /// An operator deletes a topic.
    DeleteTopic(TopicIndex),
}

/// What a client knows about the cluster when it begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Knowledge {
    /// Nothing: it asks some broker.
    Fresh,
    /// What it learnt before.
    Kept,
}

/// Which leader an election looks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Election {
    /// One that is in sync, when there is none.
    Online,
    /// The first replica.
    Preferred,
    /// Any that is alive, when there is none in sync.
    Unclean,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SendNext => f.write_str("send the next batch"),
            Self::Send {
                partition,
                records,
                acks,
                ..
            } => {
                write!(f, "send to {partition}")?;
                records.iter().try_for_each(|record| write!(f, " {record}"))?;
                write!(f, " acks={}", acks.text())
            }
            Self::Poll => f.write_str("poll"),
            Self::Refresh => f.write_str("refresh metadata"),
            Self::CreateTopic(topic) => write!(f, "create {topic}"),
            Self::AlterTopic(topic, settings) => {
                write!(
                    f,
                    "alter {topic}: min.insync.replicas={}, unclean {:?}",
                    settings.min_isr, settings.unclean
                )
            }
            Self::Elect(partition, election) => write!(f, "elect {election:?} {partition}"),
            Self::Reassign(partition, target) => write!(f, "reassign {partition} to {}", Listed(target)),
            Self::CancelReassignment(partition) => write!(f, "cancel the reassignment of {partition}"),
            Self::AddPartitions(topic, count) => write!(f, "give {topic} {count} partitions"),
            Self::DeleteTopic(topic) => write!(f, "delete {topic}"),
        }
    }
}
