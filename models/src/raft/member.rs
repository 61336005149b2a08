//! A member's process and its quorum-state file: what it remembers for ever, and what it is right now.

use alloc::collections::BTreeMap;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Fate, File};

use super::message::VoterKey;
use crate::ids::{Directory, Offset};
use crate::quorum::{Epoch, Mark, NodeId, NodeSet};

/// The file `quorum-state`. Kafka: `QuorumStateData`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct QuorumState {
    /// The newest epoch.
    pub epoch: Epoch,
    /// Its leader, if it is known.
    pub leader: Option<NodeId>,
    /// Whom this member voted for in it.
    pub voted: Option<VoterKey>,
}

/// A fetch that waits at the leader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Parked {
    /// The disk of who fetches.
    pub directory: Directory,
    /// From where.
    pub offset: Offset,
    /// What it takes for committed.
    pub high_watermark: Offset,
}

/// What a leader knows of the others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Leading {
    /// Up to where each other voter has acknowledged.
    pub ends: BTreeMap<NodeId, Offset>,
    /// Fetches that wait for something new.
    pub parked: BTreeMap<NodeId, Parked>,
    /// Where its own epoch begins.
    pub start: Offset,
}

/// What a follower knows of its leader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Following {
    /// Whom it follows.
    pub leader: NodeId,
    /// Whether it has fetched from it since it follows it.
    pub contact: Contact,
    /// Whether a fetch is under way.
    pub fetch: Fetching,
}

/// Whether a follower has heard from its leader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Contact {
    /// Not yet.
    None,
    /// It has fetched from it.
    Fetched,
    /// It has been told that the leader resigns: an election is due.
    Ended,
}

/// Whether a follower waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Fetching {
    /// It does not: it has to flush first, or its connection is gone.
    Idle,
    /// It does.
    UnderWay,
}

/// What a member is. Kafka: the implementations of `EpochState`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Role {
    /// Its process does not run.
    #[default]
    Down,
    /// It knows no leader of its epoch.
    Unattached,
    /// It asks whether it would be elected (KIP-996).
    Prospective {
        /// Who said yes, itself included.
        granted: NodeSet,
        /// Who said no.
        refused: NodeSet,
        /// Whether a fetch from the leader that it followed is still under way.
        fetch: Fetching,
    },
    /// It stands for election.
    Candidate {
        /// Who voted for it, itself included.
        granted: NodeSet,
    },
    /// It leads.
    Leader(Leading),
    /// It follows.
    Follower(Following),
    /// It led its epoch and does so no longer.
    Resigned,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => f.write_str("down"),
            Self::Unattached => f.write_str("unattached"),
            Self::Prospective { .. } => f.write_str("prospective"),
            Self::Candidate { .. } => f.write_str("candidate"),
            Self::Leader(_) => f.write_str("leader"),
            Self::Follower(following) => write!(f, "follower of {}", following.leader),
            Self::Resigned => f.write_str("resigned"),
        }
    }
}

/// A member of the quorum, or an observer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Member {
    file: File<QuorumState>,
    /// Its disk.
    pub directory: Directory,
    /// What it is.
    pub role: Role,
}

impl Member {
    /// Epoch, leader and vote as it knows them.
    pub fn state(&self) -> &QuorumState {
        self.file.read()
    }

    /// Its epoch.
    pub fn epoch(&self) -> Epoch {
        self.state().epoch
    }

    /// Whether its process runs.
    pub fn is_up(&self) -> bool {
        self.role != Role::Down
    }

    /// Whether it leads.
    pub fn leads(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    /// Who it is, its disk included.
    pub fn key(&self, me: NodeId) -> VoterKey {
        VoterKey {
            id: me,
            directory: self.directory,
        }
    }

    /// Writes the file, to disk if that is asked for.
    pub fn write(&mut self, state: QuorumState, flush: bool) {
        self.file.write(state);
        if flush {
            self.file.flush();
        }
    }

    /// Whether a power loss could change the file.
    pub fn is_at_risk(&self) -> bool {
        self.file.is_at_risk()
    }

    /// Power is lost.
    pub fn lose_power(&mut self, fate: Fate) {
        self.file.lose_power(fate);
    }

    /// Another disk, empty.
    pub fn wipe(&mut self) {
        self.file = File::default();
        self.directory = Directory(self.directory.0 + 1);
    }

    /// A connection is gone, or a process: fetches of it wait no longer, and an answer of it does not come.
    pub fn mark(&mut self, mark: Mark) {
        let leader = self.state().leader;
        match (&mut self.role, mark) {
            (Role::Leader(leading), Mark::Gone(id) | Mark::Dead(id)) => {
                leading.parked.remove(&id);
            }
            (Role::Follower(following), Mark::Dead(id)) if following.leader == id => {
                following.fetch = Fetching::Idle;
            }
            (Role::Prospective { fetch, .. }, Mark::Dead(id)) if leader == Some(id) => *fetch = Fetching::Idle,
            (_, Mark::Gone(_) | Mark::Dead(_)) => {}
            (_, Mark::Close(..) | Mark::Open(..) | Mark::Outdated(..)) => panic!("a member is not told: {mark}"),
        }
    }
}
