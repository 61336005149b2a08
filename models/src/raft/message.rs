//! What members of the quorum say to each other. Kafka: `Vote`, `BeginQuorumEpoch`, `EndQuorumEpoch`, `Fetch`, `FetchSnapshot`.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::log::{Entry, entries};
use crate::ids::{Directory, Offset};
use crate::quorum::{Epoch, Lane, NodeId, Waiting};

/// A voter, by its id and its disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct VoterKey {
    /// Its id.
    pub id: NodeId,
    /// Its disk.
    pub directory: Directory,
}

impl fmt::Display for VoterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.directory {
            Directory(0) => write!(f, "{}", self.id.0),
            Directory(disk) => write!(f, "{}/dir {disk}", self.id.0),
        }
    }
}

/// Whether a vote binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Ballot {
    /// One vote an epoch, on disk.
    Binding,
    /// What the answer would be (KIP-996).
    Pre,
}

/// The epoch of the last entry of a log, and its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Tip {
    /// The epoch of the last entry.
    pub epoch: Epoch,
    /// The end behind it.
    pub end: Offset,
}

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (epoch {})", self.end, self.epoch)
    }
}

/// A request for a vote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Vote {
    /// Whether it binds.
    pub ballot: Ballot,
    /// Of the election, or before it the epoch of who asks.
    pub epoch: Epoch,
    /// Who stands.
    pub candidate: VoterKey,
    /// Who is asked, as the candidate knows it.
    pub voter: VoterKey,
    /// How long the candidate's log is.
    pub tip: Tip,
}

/// A fetch: its offset is the acknowledgement of all before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Fetch {
    /// The epoch that the follower knows.
    pub epoch: Epoch,
    /// Who fetches.
    pub replica: VoterKey,
    /// From where, and the epoch of the entry before it.
    pub from: Tip,
    /// What the follower takes for committed.
    ///
    /// Differs from Kafka: before 4.1 (KIP-1166) it does not say so, and learns of a new high watermark within 500 ms.
    pub high_watermark: Offset,
}

/// What a fetch brings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Fetched {
    /// Entries from the offset that was asked for.
    Entries {
        /// That offset.
        from: Offset,
        /// What stands there.
        entries: Vec<Entry>,
        /// What the leader has committed.
        high_watermark: Offset,
    },
    /// The logs part: the leader's end of the newest epoch that both may have.
    Diverging(Tip),
    /// What was asked for is no longer in the log: a snapshot has it.
    Snapshot(Tip),
}

/// Content of a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Msg {
    /// Asks for a vote.
    Vote(Vote),
    /// Answers it.
    Voted {
        /// To which question.
        ballot: Ballot,
        /// The epoch of the answer.
        epoch: Epoch,
        /// Its leader, if it is known.
        leader: Option<NodeId>,
        /// Whether the vote was given.
        granted: bool,
    },
    /// The leader of an epoch makes itself known.
    Begin(Epoch),
    /// It leads no longer. Who has fetched most may stand for election at once.
    End(Epoch, NodeId),
    /// The epoch that somebody named is over, or its leader is another: this one is current.
    Current(Epoch, Option<NodeId>),
    /// Fetches.
    Fetch(Fetch),
    /// Answers a fetch.
    Fetched(Epoch, Fetched),
    /// Asks for the snapshot of this tip.
    FetchSnapshot(Epoch, Tip),
    /// Brings it, whole.
    ///
    /// Differs from Kafka: there it comes in chunks.
    Snapshot(Epoch, Vec<Entry>),
    /// What the log tells the controller on the same node.
    Notice(Notice),
}

/// What the log tells the controller on the same node. Kafka: `RaftClient.Listener`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Notice {
    /// Entries are committed (`handleCommit`), the first at this offset.
    Committed(Offset, Vec<Entry>),
    /// This node leads (`handleLeaderChange`), and all before its own epoch has been read.
    Leads(Epoch),
    /// This node leads no longer.
    Lost,
}

impl Msg {
    /// Whether a receiver in this epoch, which waits for these votes, could take notice of this answer.
    pub fn matters(&self, to: Epoch, waiting: Waiting) -> bool {
        let waits_for = |ballot| match ballot {
            Ballot::Binding => waiting == Waiting::Votes,
            Ballot::Pre => waiting == Waiting::PreVotes,
        };
        match self {
            Self::Voted {
                ballot, epoch, leader, ..
            } => *epoch > to || (*epoch == to && (leader.is_some() || waits_for(*ballot))),
            Self::Current(epoch, _) | Self::Fetched(epoch, _) | Self::Snapshot(epoch, _) => *epoch >= to,
            Self::Vote(_) | Self::Begin(_) | Self::End(..) | Self::Fetch(_) | Self::FetchSnapshot(..) => true,
            Self::Notice(_) => true,
        }
    }

    /// Which lane it takes.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Vote(_) | Self::Begin(_) | Self::End(..) | Self::Fetch(_) | Self::FetchSnapshot(..) => Lane::Ask,
            Self::Notice(_) => Lane::Ask,
            Self::Voted { .. } | Self::Current(..) | Self::Fetched(..) | Self::Snapshot(..) => Lane::Answer,
        }
    }
}

fn led_by(leader: Option<NodeId>) -> impl fmt::Display {
    struct By(Option<NodeId>);
    impl fmt::Display for By {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                Some(leader) => write!(f, ", led by {leader}"),
                None => f.write_str(", without a leader"),
            }
        }
    }
    By(leader)
}

impl fmt::Display for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vote(vote) => {
                let question = match vote.ballot {
                    Ballot::Binding => "vote",
                    Ballot::Pre => "pre-vote",
                };
                let (candidate, epoch, tip) = (vote.candidate, vote.epoch, vote.tip);
                write!(f, "{question} for {candidate} in epoch {epoch}? end {tip}")
            }
            Self::Voted {
                ballot,
                epoch,
                leader,
                granted,
            } => {
                let what = match (ballot, granted) {
                    (Ballot::Binding, true) => "vote given",
                    (Ballot::Binding, false) => "vote refused",
                    (Ballot::Pre, true) => "pre-vote given",
                    (Ballot::Pre, false) => "pre-vote refused",
                };
                match leader {
                    None => write!(f, "{what}, epoch {epoch}"),
                    Some(_) => write!(f, "{what}, epoch {epoch}{}", led_by(*leader)),
                }
            }
            Self::Begin(epoch) => write!(f, "begin epoch {epoch}"),
            Self::End(epoch, successor) => write!(f, "end epoch {epoch}, {successor} may go first"),
            Self::Current(epoch, leader) => write!(f, "the epoch is {epoch}{}", led_by(*leader)),
            Self::Fetch(fetch) => {
                let (epoch, from, high_watermark) = (fetch.epoch, fetch.from, fetch.high_watermark);
                write!(f, "fetch from {from} in epoch {epoch}, hw {high_watermark}")
            }
            Self::Fetched(epoch, fetched) => match fetched {
                Fetched::Entries {
                    from,
                    entries: list,
                    high_watermark,
                } => write!(f, "epoch {epoch}: from {from} {}, hw {high_watermark}", entries(list)),
                Fetched::Diverging(tip) => write!(f, "epoch {epoch}: logs part at {tip}"),
                Fetched::Snapshot(tip) => write!(f, "epoch {epoch}: snapshot up to {tip}"),
            },
            Self::FetchSnapshot(epoch, tip) => write!(f, "fetch snapshot up to {tip} in epoch {epoch}"),
            Self::Snapshot(epoch, list) => write!(f, "epoch {epoch}: snapshot {}", entries(list)),
            Self::Notice(Notice::Committed(from, list)) => write!(f, "committed from {from} {}", entries(list)),
            Self::Notice(Notice::Leads(epoch)) => write!(f, "leads epoch {epoch}"),
            Self::Notice(Notice::Lost) => f.write_str("leads no longer"),
        }
    }
}
