//! The volatile state of one replica: its role and what it knows of the others.

use serde::{Deserialize, Serialize};
use sim_core::{SmallVec, Timers};

use crate::actions::Timer;
use crate::cluster::Recovery;
use crate::ids::{BrokerEpoch, BrokerId, Brokers, ClientId, LeaderEpoch, Offset, PartitionEpoch, RecordId};

/// The role of a broker in a partition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Replica {
    /// Leader, follower, or not there.
    pub role: Role,
    /// The leader epoch that was applied last.
    pub leader_epoch: LeaderEpoch,
    /// The partition epoch that was applied last.
    pub partition_epoch: PartitionEpoch,
    /// Timers of this replica.
    pub timers: Timers<Timer>,
}

/// Leader, follower, or not there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Role {
    /// The process is down, or has not loaded this log.
    #[default]
    Offline,
    /// It takes appends.
    Leader(Leading),
    /// It copies, if there is a leader.
    Follower(Following),
}

/// What a leader keeps.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Leading {
    /// The ISR that the controller has confirmed, in stored order.
    pub isr: Brokers,
    /// The ISR that was proposed, until an answer or new metadata settles it.
    pub pending: Option<Proposal>,
    /// Whether an answer is on its way; there is one proposal at a time.
    pub asked: bool,
    /// The log end offset when this leadership began (`leaderEpochStartOffset`).
    pub epoch_start: Offset,
    /// Whether it still has to report that it leads after an unclean election.
    pub recovery: Recovery,
    /// The other replicas, in order of ids.
    pub peers: SmallVec<[(BrokerId, Peer); 2]>,
    /// Producers that wait for the high watermark.
    pub waiting: SmallVec<[Waiting; 1]>,
}

/// An ISR that a leader proposes: each member with the life in which it fetched, where lives are compared (KIP-903).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Proposal(pub SmallVec<[(BrokerId, Option<BrokerEpoch>); 4]>);

impl Proposal {
    /// Its members, in order.
    pub fn brokers(&self) -> impl Iterator<Item = BrokerId> + '_ {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Whether this broker is one of them.
    pub fn names(&self, broker: BrokerId) -> bool {
        self.brokers().any(|id| id == broker)
    }
}

/// What a leader knows of another replica (Kafka: `ReplicaState`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Peer {
    /// Its log end offset: that of its last fetch.
    pub end: Option<Offset>,
    /// The life in which it fetched.
    pub epoch: Option<BrokerEpoch>,
    /// Where the fetch of it begins that waits here, if one does. A late fetch does not change that, but moves `end`.
    pub parked: Option<Offset>,
    /// The high watermark that it was told last.
    pub told: Option<Offset>,
    /// The largest log end offset of the leader seen at its fetches; kept only where there is a clock.
    pub leader_end: Offset,
    /// Whether it has not been caught up for the lag limit; kept only where there is a clock.
    pub lagging: bool,
}

/// A producer that waits for the high watermark.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// Who.
    pub client: ClientId,
    /// The first record of its batch.
    pub first: RecordId,
    /// Where the batch begins.
    pub base: Offset,
    /// The high watermark that it waits for.
    pub until: Offset,
}

/// What a follower keeps.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Following {
    /// Whom it copies.
    pub leader: Option<BrokerId>,
    /// Where its fetch stands.
    pub fetch: FetchState,
    /// Whether its fetches name the epoch of its last batch (KAFKA-15510).
    pub last_epoch: LastEpoch,
}

/// Whether a follower's fetches name the epoch of its last batch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum LastEpoch {
    /// They do, if the leader looks for divergence.
    #[default]
    Named,
    /// It was lost with an answer that had no records.
    Forgotten,
}

/// Where a follower's fetch stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum FetchState {
    /// There is none.
    #[default]
    Idle,
    /// An answer is expected, to a fetch from this offset.
    InFlight(Offset),
    /// An answer is expected to the question where this epoch ended at the leader (before KIP-595).
    Asking(LeaderEpoch),
    /// It waits after an error, and fetches then.
    BackingOff,
    /// It waits after an error, and asks then where its last epoch ended.
    BackingOffToAsk,
    /// It was refused for its old epoch, and waits for new metadata.
    Failed,
}

impl Leading {
    /// What the leader knows of a replica.
    pub fn peer(&self, id: BrokerId) -> Option<&Peer> {
        let at = self.peers.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.peers[at].1)
    }

    /// What the leader knows of a replica, to change it.
    pub fn peer_mut(&mut self, id: BrokerId) -> Option<&mut Peer> {
        let at = self.peers.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&mut self.peers[at].1)
    }

    /// The ISR that counts for the high watermark: also who was proposed, still who is to leave (KIP-497).
    pub fn maximal_isr(&self) -> Brokers {
        let mut maximal = self.isr.clone();
        for id in self.pending.iter().flat_map(Proposal::brokers) {
            if !maximal.contains(&id) {
                maximal.push(id);
            }
        }
        maximal
    }
}
