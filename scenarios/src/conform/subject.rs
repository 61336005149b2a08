//! What is compared with a recording: a cluster under virtual time, as far as the comparison needs to know it.

mod build;
mod chance;
mod clients;
mod moves;
mod orders;
mod past;
mod placement;
mod quorum;
mod records;
mod simulated;
mod tables;
mod zookeeper;

pub use build::Blueprint;
pub use simulated::SimulatedCluster;

use super::Hints;
use crate::recording::{
    Acks, Answer, Batch, EpochEntry, Exit, Fields, Isolation, MetadataRecord, Micros, NodeId, Offset, PartitionState,
    Process, Retries, TopicPartition, Verb,
};
use crate::tools::reassign::Throttles;

/// Something that the cluster cannot do or show: the sentence that the report prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotModelled(pub String);

/// A request that was submitted and may not be answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub usize);

/// What the script waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// These processes report to be up, or have ended.
    Up(Vec<Process>),
    /// These processes have ended.
    Ended(Vec<Process>),
    /// The request is answered.
    Answered(Ticket),
}

/// A cluster that does what a recording did. Virtual time runs only inside `advance_to` and `run_until`.
///
/// Readings (`segments` and the like) show what a real disk would show at this virtual time. A reading or a step that is
/// not modelled is reported with its sentence, and everything it touches counts as different.
pub trait Subject {
    /// The virtual time, 0 at the beginning of the experiment.
    fn now(&self) -> Micros;

    /// Runs until `at`. Does nothing if it is not later than now.
    fn advance_to(&mut self, at: Micros);

    /// Runs until the condition holds, but never beyond `limit`.
    fn run_until(&mut self, until: &Until, limit: Micros);

    /// Does something to processes or links, at this moment.
    ///
    /// # Errors
    /// When the verb is not modelled.
    fn act(&mut self, verb: &Verb) -> Result<(), NotModelled>;

    /// Formats the data folder of a node. A recording shows this for the first node only; at the beginning all nodes are
    /// formatted with one cluster id.
    ///
    /// # Errors
    /// When that is not modelled, another cluster id for example.
    fn format(&mut self, node: NodeId, cluster_id: &str) -> Result<(), NotModelled>;

    /// Begins a command or a client's act. `line` is its line in the recording, for the hints.
    ///
    /// # Errors
    /// When the request is not modelled.
    fn submit(&mut self, line: usize, request: &Request) -> Result<Ticket, NotModelled>;

    /// The answer, once there is one.
    fn answer(&self, ticket: Ticket) -> Option<Reply>;

    /// Every value of (leader, epoch, ISR) that brokers were told, in order, the first one of each partition included.
    ///
    /// # Errors
    /// When that is not modelled.
    fn changes(&self) -> Result<Vec<Change>, NotModelled>;

    /// How often this process has ended so far.
    fn ended(&self, process: Process) -> usize;

    /// The segments of a replica's log, by base offset; none when the replica does not exist.
    ///
    /// # Errors
    /// When that is not modelled.
    fn segments(&self, node: NodeId, partition: &TopicPartition) -> Result<Vec<Segment>, NotModelled>;

    /// The leader-epoch-checkpoint of a replica.
    ///
    /// # Errors
    /// When that is not modelled.
    fn leader_epochs(&self, node: NodeId, partition: &TopicPartition) -> Result<Vec<EpochEntry>, NotModelled>;

    /// Every truncation of a node's logs so far, in order.
    ///
    /// # Errors
    /// When that is not modelled.
    fn truncations(&self, node: NodeId) -> Result<Vec<(TopicPartition, Offset)>, NotModelled>;

    /// The records of the metadata log that a recording shows, in order; offsets, controller epochs and broker epochs are
    /// not compared.
    ///
    /// # Errors
    /// When that is not modelled.
    fn metadata(&self) -> Result<Vec<MetadataRecord>, NotModelled>;

    /// The fields of a controller's quorum-state.
    ///
    /// # Errors
    /// When that is not modelled.
    fn quorum_state(&self, node: NodeId) -> Result<Fields, NotModelled> {
        Err(NotModelled(format!("the quorum-state of node {node} is not modelled")))
    }

    /// Version and content of a znode; none when it is absent.
    ///
    /// # Errors
    /// When that is not modelled.
    fn znode(&self, path: &str) -> Result<Option<(u32, serde_json::Value)>, NotModelled> {
        Err(NotModelled(format!("the znode {path} is not modelled")))
    }

    /// Names and sizes of a replica's files.
    ///
    /// # Errors
    /// When that is not modelled.
    fn files(&self, _node: NodeId, _partition: &TopicPartition) -> Result<Vec<(String, u64)>, NotModelled> {
        Err(NotModelled("file sizes are not modelled".to_owned()))
    }

    /// What a member of a group owns.
    ///
    /// # Errors
    /// When that is not modelled.
    fn assignment(&self, _member: &str) -> Result<Vec<TopicPartition>, NotModelled> {
        Err(NotModelled("group members are not modelled".to_owned()))
    }

    /// Replicas of each partition of a topic that was created with automatic placement.
    ///
    /// # Errors
    /// When that is not modelled.
    fn placement(&mut self, _topic: &str) -> Result<Vec<Vec<NodeId>>, NotModelled> {
        Err(NotModelled("automatic placement is not modelled".to_owned()))
    }

    /// How many choices were answered from the recording so far: [`super::Hints::used`].
    fn choices(&self) -> usize;
}

/// A value of a partition that brokers were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which partition.
    pub partition: TopicPartition,
    /// Leader, epoch and ISR.
    pub state: PartitionState,
}

/// A segment of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The offset in its name.
    pub base_offset: Offset,
    /// Its batches.
    pub batches: Vec<Batch>,
}

/// A command or a client's act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A command of Kafka's tools, sent to the broker behind `--bootstrap-server`.
    Tool {
        /// That broker.
        bootstrap: NodeId,
        /// What is asked.
        ask: Ask,
    },
    /// A producer sends one record.
    Produce(ProduceRequest),
    /// A consumer reads a partition from offset 0 to the end that it may see.
    Consume {
        /// Which partition.
        partition: TopicPartition,
        /// Up to where.
        isolation: Isolation,
    },
}

/// One record to send, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProduceRequest {
    /// Where to.
    pub partition: TopicPartition,
    /// Its key.
    pub key: Option<String>,
    /// Its value in full; none is a tombstone.
    pub value: Option<String>,
    /// Which answer the client waits for.
    pub acks: Acks,
    /// A named client keeps its view of the cluster; without a name it is fresh and asks for metadata first.
    pub client: Option<String>,
    /// When the record is given up.
    pub timeout: Micros,
    /// When a single request is given up.
    pub request_timeout: Micros,
    /// Whether failed requests are sent again.
    pub retries: Retries,
}

/// What a command asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `kafka-topics --create`
    CreateTopic {
        /// Name of the topic.
        topic: String,
        /// Its partitions.
        placement: Placement,
        /// Its settings.
        configs: Vec<(String, String)>,
    },
    /// `kafka-topics --alter --partitions`
    AddPartitions {
        /// Name of the topic.
        topic: String,
        /// How many partitions it has then.
        count: u32,
    },
    /// `kafka-topics --delete`
    DeleteTopic {
        /// Name of the topic.
        topic: String,
    },
    /// `kafka-topics --describe`
    DescribeTopics {
        /// Only this topic.
        topic: Option<String>,
        /// Only these partitions.
        filter: Filter,
    },
    /// `kafka-topics --list`
    ListTopics,
    /// `kafka-configs --entity-type topics --alter`
    AlterTopicConfig {
        /// Name of the topic.
        topic: String,
        /// Settings that are set.
        set: Vec<(String, String)>,
        /// Settings that are taken away.
        removed: Vec<String>,
    },
    /// `kafka-leader-election`
    ElectLeaders {
        /// Which election.
        election: Election,
        /// These partitions, or all that need one.
        partitions: Option<Vec<TopicPartition>>,
    },
    /// `kafka-reassign-partitions --execute`
    Reassign {
        /// Where which partitions go.
        targets: Vec<Target>,
        /// Whether another reassignment may run.
        additional: bool,
    },
    /// `kafka-reassign-partitions --verify`
    VerifyReassignment {
        /// Where which partitions were to go.
        targets: Vec<Target>,
        /// Whether limits are taken away.
        throttles: Throttles,
    },
    /// `kafka-reassign-partitions --cancel`
    CancelReassignment {
        /// Which partitions.
        partitions: Vec<TopicPartition>,
    },
    /// `kafka-reassign-partitions --list`
    ListReassignments,
    /// `kafka-metadata-quorum describe`
    DescribeQuorum {
        /// Which table.
        table: QuorumTable,
        /// Whether nodes have names of their own, as the broker that is asked has.
        named: NodeNames,
    },
}

/// What is shown of the quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumTable {
    /// `--status`
    Status,
    /// `--replication`
    Replication,
}

/// How nodes are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeNames {
    /// All on one machine.
    Localhost,
    /// `node-10`.
    Own,
}

/// A partition with the replicas that it shall have, the preferred leader first.
pub type Target = (TopicPartition, Vec<NodeId>);

/// Where the partitions of a new topic go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// `--replica-assignment`: the replicas of each partition, the preferred one first.
    Manual(Vec<Vec<NodeId>>),
    /// `--partitions`, `--replication-factor`; none is the cluster's default.
    Automatic {
        /// How many partitions.
        partitions: Option<u32>,
        /// How many replicas each.
        replication_factor: Option<u32>,
    },
}

/// Which partitions a describe shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All, with a head line for each topic.
    All,
    /// `--under-replicated-partitions`
    UnderReplicated,
    /// `--unavailable-partitions`
    Unavailable,
    /// `--under-min-isr-partitions`
    UnderMinIsr,
    /// `--at-min-isr-partitions`
    AtMinIsr,
}

/// Which replica an election may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Election {
    /// The first replica, if it is in sync.
    Preferred,
    /// Any live replica, if there is no leader.
    Unclean,
}

impl Election {
    /// Its name in the output of the tool.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preferred => "PREFERRED",
            Self::Unclean => "UNCLEAN",
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To a command.
    Tool(ToolReply),
    /// To a produce.
    Produced(Answer),
    /// To a consume: offsets and values in full.
    Consumed(Vec<(Offset, String)>),
}

/// The answer to a command. The words around it are this crate's business ([`super::says`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolReply {
    /// It was done: a topic created, a setting changed.
    Done,
    /// The lines of a describe or a list, in Kafka's format.
    Lines(Vec<String>),
    /// What became of an election, each list in the order in which the tool prints it.
    Elected {
        /// Partitions with a new leader.
        elected: Vec<TopicPartition>,
        /// Partitions that need none.
        already: Vec<TopicPartition>,
        /// Partitions without success, and why.
        refused: Vec<(TopicPartition, ElectionRefusal)>,
    },
    /// The cluster refused.
    Refused(Refusal),
    /// The tool gave up after 60 s because the broker it chose did not take the call.
    NotSent {
        /// Name of the call, `listPartitionReassignments`.
        call: String,
    },
    /// The tool gave up after 60 s because the broker that took the call did not answer it: it found no controller.
    Unanswered {
        /// Name of the call, `createTopics`.
        call: String,
        /// The broker.
        by: NodeId,
        /// What it said before: brokers that it tried in vain.
        warnings: Vec<String>,
    },
    /// Anything else, word by word.
    Text(Output),
}

/// Why a command on topics was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The topic is there already.
    TopicExists,
    /// The topic is not there.
    UnknownTopic,
    /// The topic has as many partitions already.
    NoIncrease {
        /// How many it has.
        present: u32,
        /// How many were asked for.
        asked: u32,
    },
    /// More replicas than brokers.
    TooFewBrokers {
        /// How many replicas were asked for.
        replication_factor: u32,
        /// How many brokers are registered.
        registered: u32,
    },
}

/// Why a partition got no new leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElectionRefusal {
    /// The preferred replica is not alive or not in sync.
    PreferredLeaderNotAvailable,
    /// Another error.
    Other {
        /// Class of the exception, without its package.
        class: String,
        /// Its message.
        message: String,
    },
}

/// What a command prints, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Lines of standard output.
    pub stdout: Vec<String>,
    /// Lines of standard error, without times and stack frames.
    pub stderr: Vec<String>,
    /// Its exit status.
    pub exit: Exit,
}

impl Output {
    /// Lines on standard output and success.
    pub fn success(stdout: Vec<String>) -> Self {
        Self {
            stdout,
            stderr: Vec::new(),
            exit: Exit::Status(0),
        }
    }

    /// The command had to be ended after 90 s.
    pub fn timeout() -> Self {
        Self {
            stdout: Vec::new(),
            stderr: Vec::new(),
            exit: Exit::Timeout,
        }
    }
}
