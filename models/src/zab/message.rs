//! What servers say to each other. ZooKeeper: `QuorumPacket`, and the notifications of `FastLeaderElection`.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::member::{Tip, Txn, txns};
use crate::quorum::{Epoch, Lane, NodeId};

/// Content of a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Msg {
    /// A server that looks for a leader proposes itself, with what it has.
    Vote(Tip),
    /// It is told who leads.
    Lead(NodeId),
    /// A server will follow (FOLLOWERINFO), with the epoch that it has accepted.
    Info(Epoch),
    /// The leader names its epoch (LEADERINFO).
    NewEpoch(Epoch),
    /// The server accepts it (ACKEPOCH), with what it has; nothing where it had accepted it before.
    AckEpoch(Epoch, Option<Tip>),
    /// The history of the leader, then NEWLEADER.
    ///
    /// Differs from ZooKeeper: there the leader picks what is missing (DIFF), what is to go (TRUNC), or all (SNAP); here it
    /// sends all, and the server finds out what of that is new.
    Sync(Epoch, Vec<Txn>),
    /// The server has it (the acknowledgement of NEWLEADER), up to this position.
    Synced(Epoch, u8),
    /// A transaction (PROPOSAL) at this position.
    Proposal(u8, Txn),
    /// The server has all transactions up to this position (ACK).
    Ack(Epoch, u8),
    /// All up to this position is committed (UPTODATE, COMMIT).
    Commit(Epoch, u8),
    /// The connection between a server and its leader is closed.
    Bye,
}

impl Msg {
    /// Which lane it takes: a server opens the connection to its leader.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Vote(_) | Self::Info(_) | Self::AckEpoch(..) | Self::Synced(..) | Self::Ack(..) | Self::Bye => {
                Lane::Ask
            }
            Self::Lead(_) | Self::NewEpoch(_) | Self::Sync(..) | Self::Proposal(..) | Self::Commit(..) => Lane::Answer,
        }
    }
}

impl fmt::Display for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vote(tip) => write!(f, "vote for me, {tip}"),
            Self::Lead(leader) => write!(f, "{leader} leads"),
            Self::Info(accepted) => write!(f, "will follow, accepted epoch {accepted}"),
            Self::NewEpoch(epoch) => write!(f, "new epoch {epoch}"),
            Self::AckEpoch(epoch, Some(tip)) => write!(f, "accepts epoch {epoch}, {tip}"),
            Self::AckEpoch(epoch, None) => write!(f, "had accepted epoch {epoch}"),
            Self::Sync(epoch, list) => write!(f, "history {}, new leader of epoch {epoch}", txns(list)),
            Self::Synced(epoch, end) => write!(f, "in epoch {epoch} up to {end}"),
            Self::Proposal(at, txn) => write!(f, "proposal {txn} at {at}"),
            Self::Ack(_, end) => write!(f, "has all up to {end}"),
            Self::Commit(_, end) => write!(f, "commit up to {end}"),
            Self::Bye => f.write_str("closes the connection"),
        }
    }
}
