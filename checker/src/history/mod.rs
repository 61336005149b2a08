//! Histories of clients, judged by what clients can see and by nothing else: what producers sent and were told, what consumers
//! read. A second oracle beside the properties of states, after the Kafka workload of Jepsen (entry 70 of the catalogue).
//!
//! | module | owns |
//! |---|---|
//! | `gather` | from a replayed trace to its history |
//! | `judge` | from a history to its anomalies |

mod gather;
mod judge;

use std::fmt;

use models::ids::{Offset, RecordId};
use models::message::{Acks, Code};

pub use gather::history_of;
pub use judge::judge;

/// What a client did or was told, and at which step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The step of the trace, from 1.
    pub step: usize,
    /// The client, by name.
    pub client: String,
    /// The partition that it is about, by name.
    pub partition: String,
    /// What it was.
    pub what: What,
}

/// Kinds of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A batch was sent: the invocation, or a further attempt.
    Sent {
        /// Its records.
        records: Vec<RecordId>,
        /// The answer that is wanted.
        acks: Acks,
    },
    /// It is stored from this offset on.
    Ok {
        /// Its records.
        records: Vec<RecordId>,
        /// The offset of the first.
        base: Offset,
    },
    /// It is not stored, for certain.
    Failed {
        /// The first record.
        first: RecordId,
        /// The error.
        code: Code,
    },
    /// It was given up: nobody knows whether it is stored.
    Unknown {
        /// The first record.
        first: RecordId,
    },
    /// A consumer asked from this offset on, and got these records.
    Polled {
        /// The position of the consumer.
        from: Offset,
        /// Offsets and records.
        records: Vec<(Offset, RecordId)>,
    },
    /// A consumer was told that its position is out of range, and begins anew.
    Reset,
    /// An operator deleted the topic: what is created under its name afterwards begins at offset 0.
    Deleted,
}

/// What no client should see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A write was acknowledged, consumers read past its offset, and none of them got it.
    Lost,
    /// A write was acknowledged, and nobody has read as far as its offset.
    Unseen,
    /// One record stands at two offsets.
    Duplicate,
    /// Two records stand at one offset.
    InconsistentOffset,
    /// A consumer went past an offset at which a record is known to stand.
    PollSkip,
    /// A consumer went back, though nobody told it to.
    NonmonotonicPoll,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 6] = [
        Kind::Lost,
        Kind::Unseen,
        Kind::Duplicate,
        Kind::InconsistentOffset,
        Kind::PollSkip,
        Kind::NonmonotonicPoll,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Lost => "lost",
            Kind::Unseen => "unseen",
            Kind::Duplicate => "duplicate",
            Kind::InconsistentOffset => "inconsistent-offset",
            Kind::PollSkip => "poll-skip",
            Kind::NonmonotonicPoll => "nonmonotonic-poll",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that no client should see, or that only looks like it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anomaly {
    /// What kind of thing.
    pub kind: Kind,
    /// The partition, by name.
    pub partition: String,
    /// The step at which it became visible.
    pub step: usize,
    /// What was seen, in one sentence.
    pub what: String,
    /// Why it is no reproach, if it is none.
    pub allowed: Option<&'static str>,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event {
            client,
            partition,
            what,
            ..
        } = self;
        match what {
            What::Sent { records, acks } => {
                let acks = match acks {
                    Acks::None => "0",
                    Acks::Leader => "1",
                    Acks::All => "all",
                };
                write!(f, "{client} sends {} to {partition} (acks={acks})", listed(records))
            }
            What::Ok { records, base } => write!(f, "{client} is told: {} at offset {base}", listed(records)),
            What::Failed { first, code } => write!(f, "{client} is told: {first} is not stored ({code})"),
            What::Unknown { first } => write!(f, "{client} gives up {first}, which may be stored"),
            What::Polled { from, records } => {
                let records: Vec<String> = records.iter().map(|(at, record)| format!("{record}@{at}")).collect();
                let got = if records.is_empty() {
                    "nothing".to_owned()
                } else {
                    records.join(" ")
                };
                write!(f, "{client} reads {partition} from {from}: {got}")
            }
            What::Deleted => write!(f, "{client} deletes the topic of {partition}"),
            What::Reset => write!(f, "{client} is told that its position in {partition} is out of range"),
        }
    }
}

fn listed(records: &[RecordId]) -> String {
    let records: Vec<String> = records.iter().map(ToString::to_string).collect();
    records.join(" ")
}
