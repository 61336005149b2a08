//! The metadata log of one member: entries with epochs, what of them is flushed, what a snapshot has replaced.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Journal, Tear};

use super::message::{Tip, VoterKey};
use crate::cluster::Record;
use crate::fact::Fact;
use crate::ids::Offset;
use crate::quorum::{Epoch, NodeId};

/// What an entry says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Content {
    /// An epoch begins, led by this member. Kafka: the control record `LeaderChange`.
    LeaderChange(NodeId),
    /// Metadata that the controller wrote, by number.
    Metadata(u8),
    /// The set of voters from here on. Kafka: the control record `KRaftVoters`.
    Voters(Vec<VoterKey>),
    /// What the controller of a cluster decided in one event.
    Decision(Box<Decision>),
}

/// What the controller of a cluster decided in one event: it counts from the moment at which it is committed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Decision {
    /// The records, as brokers apply them.
    pub records: Vec<Record>,
    /// What is announced when they are committed; no handler reads that.
    pub facts: Vec<Fact>,
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The epoch of the leader that appended it.
    pub epoch: Epoch,
    /// What it says.
    pub content: Content,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::LeaderChange(leader) => write!(f, "e{}:leader {}", self.epoch, leader.0),
            Content::Metadata(number) => write!(f, "e{}:m{number}", self.epoch),
            Content::Voters(voters) => {
                write!(f, "e{}:voters", self.epoch)?;
                voters.iter().try_for_each(|voter| write!(f, " {voter}"))
            }
            Content::Decision(decision) => {
                write!(f, "e{}:", self.epoch)?;
                decision.records.iter().try_for_each(|record| write!(f, " [{record}]"))
            }
        }
    }
}

/// Entries as a list in brackets.
pub fn entries(list: &[Entry]) -> impl fmt::Display + '_ {
    struct Listed<'a>(&'a [Entry]);
    impl fmt::Display for Listed<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("[")?;
            for (at, entry) in self.0.iter().enumerate() {
                if at > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{entry}")?;
            }
            f.write_str("]")
        }
    }
    Listed(list)
}

/// The log of one member.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Log {
    /// All entries. Those below `start` are what the snapshot says; nobody can fetch them.
    entries: Journal<Entry>,
    start: Offset,
    high_watermark: Offset,
}

impl Log {
    /// All entries, those that only the snapshot has included.
    pub fn entries(&self) -> &[Entry] {
        self.entries.entries()
    }

    /// Where the log begins: the end of the snapshot.
    pub fn start(&self) -> Offset {
        self.start
    }

    /// The end behind the last entry.
    pub fn end(&self) -> Offset {
        Offset(self.entries().len() as u32)
    }

    /// The end of what is flushed.
    pub fn flushed(&self) -> Offset {
        Offset(self.entries.durable() as u32)
    }

    /// What this member takes for committed.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// Raises the high watermark; what it passes. It never falls.
    pub fn commit(&mut self, to: Offset) -> &[Entry] {
        let before = self.high_watermark;
        let to = to.min(self.end()).max(before);
        self.high_watermark = to;
        &self.entries()[before.0 as usize..to.0 as usize]
    }

    /// The epoch of the entry before this offset.
    pub fn epoch_before(&self, offset: Offset) -> Epoch {
        let before = (offset.0 as usize).min(self.entries().len()).checked_sub(1);
        before.map_or(Epoch(0), |at| self.entries()[at].epoch)
    }

    /// The last epoch and the end.
    pub fn tip(&self) -> Tip {
        self.tip_at(self.end())
    }

    /// The epoch before an offset, and the offset.
    pub fn tip_at(&self, end: Offset) -> Tip {
        Tip {
            epoch: self.epoch_before(end),
            end,
        }
    }

    /// The newest epoch up to this one that has an entry, and where it ends.
    pub fn end_of_epoch(&self, epoch: Epoch) -> Tip {
        let end = self.entries().partition_point(|entry| entry.epoch <= epoch);
        self.tip_at(Offset(end as u32))
    }

    /// At most so many entries from this offset on.
    pub fn read(&self, from: Offset, most: usize) -> &[Entry] {
        let from = (from.0 as usize).min(self.entries().len());
        &self.entries()[from..self.entries().len().min(from.saturating_add(most))]
    }

    /// The last set of voters in the log, committed or not, and where it stands.
    pub fn voters(&self) -> Option<(Offset, &[VoterKey])> {
        let found = self
            .entries()
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, entry)| match &entry.content {
                Content::Voters(voters) => Some((at, voters)),
                Content::LeaderChange(_) | Content::Metadata(_) | Content::Decision(_) => None,
            });
        found.map(|(at, voters)| (Offset(at as u32), &voters[..]))
    }

    /// Appends to the page cache.
    pub fn append(&mut self, entry: Entry) {
        self.entries.append(entry);
    }

    /// Keeps what stands before this offset. What was committed is not spared: the caller tells the ledger.
    pub fn truncate(&mut self, end: Offset) {
        self.entries.truncate(end.0 as usize);
        self.high_watermark = self.high_watermark.min(end);
        self.start = self.start.min(end);
    }

    /// Makes all entries durable.
    pub fn flush(&mut self) {
        self.entries.flush();
    }

    /// How many entries a power loss could take.
    pub fn at_risk(&self) -> usize {
        self.entries.at_risk()
    }

    /// Power is lost: the last entries go.
    pub fn lose(&mut self, entries: usize) {
        self.entries.lose_power(entries, Tear::Clean);
    }

    /// The process has ended: what it only remembered is forgotten.
    pub fn close(&mut self) {
        self.high_watermark = self.start;
    }

    /// A snapshot of what is committed replaces the beginning of the log.
    pub fn snapshot(&mut self) {
        self.start = self.high_watermark;
    }

    /// A snapshot from elsewhere replaces the log. It is flushed before it counts.
    pub fn load(&mut self, snapshot: &[Entry]) {
        self.entries.truncate(0);
        snapshot.iter().for_each(|entry| self.entries.append(entry.clone()));
        self.entries.flush();
        self.start = self.end();
        self.high_watermark = self.end();
    }
}
