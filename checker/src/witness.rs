//! Witnesses: "sometimes" conditions. A green result in which one of them never came about is hollow.

use models::Kafka;
use models::cluster::LogRecord;
use models::config::Config;
use models::controller::partition_change::Choice;
use models::fact::Fact;
use models::ids::LeaderEpoch;
use models::message::{Acks, FetchResult, Msg};
use sim_core::{Op, Scratch};

/// Name and meaning of each witness; its position is its bit.
pub const ALL: &[(&str, &str)] = &[
    ("record-acked", "a producer with acks=all got its answer"),
    ("leader-changed", "a partition got another leader"),
    ("leader-lost", "a partition had no leader"),
    ("follower-truncated", "a replica cut its log"),
    ("isr-shrank", "the ISR became smaller than the assignment"),
    ("isr-whole-again", "the ISR reached the assignment again"),
    ("high-watermark-advanced", "a leader raised its high watermark"),
    ("broker-restarted", "a broker registered a second life"),
    ("fetch-refused", "a leader refused a fetch"),
    ("write-refused", "a producer got an error"),
    ("write-given-up", "a producer gave up"),
    ("record-read", "a consumer got a record"),
    ("unclean-election", "a leader was elected from outside"),
    ("records-lost-by-disk", "a power loss or a wipe took place"),
    (
        "replica-dropped",
        "a broker deleted a replica that an operator had moved or deleted",
    ),
];

/// A set of witnesses.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Reached(pub u32);

impl Reached {
    /// Adds what the last action reached.
    pub fn note(&mut self, config: &Config, scratch: &Scratch<Kafka>) {
        for (_, op) in &scratch.ops {
            self.0 |= of_op(config, op);
        }
    }

    /// Whether this witness was reached.
    pub fn has(self, name: &str) -> bool {
        ALL.iter()
            .position(|(known, _)| *known == name)
            .is_some_and(|at| self.0 & (1 << at) != 0)
    }

    /// Names of those that were reached, in order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ALL.iter()
            .enumerate()
            .filter(move |(at, _)| self.0 & (1 << at) != 0)
            .map(|(_, (name, _))| *name)
    }
}

/// The witnesses that an operation reaches, as bits.
pub fn of_op(config: &Config, op: &Op<Kafka>) -> u32 {
    match op {
        Op::Record(_, fact) => of_fact(config, fact),
        Op::Push(Msg::Fetched(fetched)) => bit(
            8,
            matches!(fetched.result, FetchResult::Error(_) | FetchResult::Fenced(_)),
        ),
        Op::Push(Msg::Produced { result: Err(_), .. }) => bit(9, true),
        _ => 0,
    }
}

fn bit(at: u32, reached: bool) -> u32 {
    u32::from(reached) << at
}

fn of_fact(config: &Config, fact: &Fact) -> u32 {
    match fact {
        Fact::Acked { acks, .. } => bit(0, *acks == Acks::All),
        Fact::Decided {
            leader, epoch, choice, ..
        } => {
            bit(1, leader.is_some() && *epoch > LeaderEpoch(0))
                | bit(2, leader.is_none())
                | bit(12, *choice != Choice::Clean)
        }
        Fact::Truncated { .. } => bit(3, true),
        Fact::Wrote(record) => of_record(config, record),
        Fact::Committed { .. } => bit(6, true),
        Fact::Registered(_, epoch) => bit(7, epoch.0 > 1),
        Fact::GaveUp { code, .. } => bit(10, code.is_some()),
        Fact::Delivered { records, .. } => bit(11, !records.is_empty()),
        Fact::Lost { .. } => bit(13, true),
        Fact::Led { .. } | Fact::Promised { .. } | Fact::IsrProposed { .. } => 0,
        Fact::Skipped { .. } | Fact::EndTold { .. } => 0,
        Fact::Ordered(_) | Fact::Ended | Fact::Deleted(_) | Fact::WrittenBy { .. } => 0,
        Fact::Dropped(_) => bit(14, true),
    }
}

fn of_record(config: &Config, record: &LogRecord) -> u32 {
    let LogRecord::PartitionChange(partition, change) = record else {
        return 0;
    };
    change.isr.as_ref().map_or(0, |isr| {
        let whole = isr.len() == config.placed(*partition).assignment.len();
        bit(4, !whole) | bit(5, whole)
    })
}
