//! A transcript of an experiment on a real cluster, as typed data. Knows nothing of the model it is compared with.

mod act;
mod batch;
mod blocks;
mod command;
mod disk;
mod error;
mod head;
mod ids;
mod observed;
mod value;
mod verb;

pub use act::{Acks, Act, Answer, Consume, Isolation, Produce, Retries};
pub use batch::{Batch, BatchKind, LogRecord};
pub use command::{Command, Exit, Input};
pub use disk::{Checkpoint, Disk, EpochEntry, Fields, MetadataRecord, RecordKey};
pub use error::{Problem, RecordingError};
pub use head::{Head, Mode, Version};
pub(crate) use ids::joined;
pub use ids::{LeaderEpoch, Micros, NodeId, Offset, Process, TopicPartition};
pub use observed::{Observed, PartitionState};
pub use value::{expand, shorten};
pub use verb::{Reach, Verb};

/// One experiment: what the cluster was, and what was done and seen, in order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Name, version, mode, nodes, settings.
    pub head: Head,
    /// Everything after the head, remarks included. The last block that is no remark is `== end`.
    pub blocks: Vec<Block>,
}

impl Recording {
    /// Reads a transcript.
    ///
    /// # Errors
    /// When the text is no recording, a block has no time, or it stops before `== end`. A block that begins well and
    /// then says something unknown is no error: it is kept as [`Content::Unparsed`].
    pub fn parse(text: &str) -> Result<Self, Box<RecordingError>> {
        blocks::parse(text)
    }

    /// The recorded time of a line: when the block began that it belongs to.
    pub fn time_of(&self, line: usize) -> Option<Micros> {
        self.blocks
            .iter()
            .rev()
            .find(|block| block.line <= line)
            .map(|block| block.at)
    }
}

/// A block of a transcript: where it stands, when it began, what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Line of its first line, from 1.
    pub line: usize,
    /// When it began; a remark has the time of the block before it.
    pub at: Micros,
    /// What it says.
    pub content: Content,
}

/// What a block says, by its sign.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `==`: something done to the cluster.
    Verb(Verb),
    /// `$`: a command of Kafka's tools.
    Command(Command),
    /// `>`: what a client did, and got.
    Act(Act),
    /// `~`: something seen from outside.
    Observed(Observed),
    /// `@`: something read from a disk or from ZooKeeper.
    Disk(Disk),
    /// `|`: a line of a node's log.
    LogLine {
        /// Whose log it is.
        node: NodeId,
        /// The line, from its level on.
        text: String,
    },
    /// `#`: a remark between blocks.
    Remark(String),
    /// A block that cannot be read.
    Unparsed {
        /// The block without its time.
        text: String,
        /// What was not understood.
        why: String,
    },
}
