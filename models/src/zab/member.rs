//! A server: its two epoch files, its transaction log, and what it is right now.

use alloc::collections::BTreeMap;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Fate, File, Journal, Tear};

use crate::quorum::{Epoch, Mark, NodeId, NodeSet};

/// The name of a transaction: the epoch of its leader and a counter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Zxid {
    /// The epoch.
    pub epoch: Epoch,
    /// Counts in it from 1.
    pub counter: u8,
}

impl fmt::Display for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.counter)
    }
}

/// A transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Txn {
    /// Its name.
    pub zxid: Zxid,
    /// What it does, by number.
    pub number: u8,
}

impl fmt::Display for Txn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:t{}", self.zxid, self.number)
    }
}

/// Transactions as a list in brackets.
pub fn txns(list: &[Txn]) -> impl fmt::Display + '_ {
    struct Listed<'a>(&'a [Txn]);
    impl fmt::Display for Listed<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("[")?;
            for (at, txn) in self.0.iter().enumerate() {
                if at > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "{txn}")?;
            }
            f.write_str("]")
        }
    }
    Listed(list)
}

/// How much a server has: the greater, the more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Tip {
    /// The epoch in whose history it is.
    pub epoch: Epoch,
    /// Its last transaction.
    pub zxid: Zxid,
}

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}, zxid {}", self.epoch, self.zxid)
    }
}

/// How far a server is with its leader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Phase {
    /// It waits for the epoch.
    Discovery,
    /// It waits for the history.
    Synchronization,
    /// It has the history, and has to flush it before it says so (`epoch_after_history` off).
    Logging,
    /// It gets proposals.
    Broadcast,
}

/// What a leader knows of its servers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Leading {
    /// Its epoch, once a quorum follows.
    pub epoch: Option<Epoch>,
    /// Who follows, with the epoch that each had accepted.
    pub infos: BTreeMap<NodeId, Epoch>,
    /// Who has accepted the epoch, itself included.
    pub accepted: NodeSet,
    /// Who was sent the history.
    pub synced: NodeSet,
    /// How far each has acknowledged, from the history on.
    pub acks: BTreeMap<NodeId, u8>,
    /// Whether a quorum has the history: only then it serves.
    pub stage: Stage,
}

/// How far a leader is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Stage {
    /// A quorum has not accepted its epoch yet.
    #[default]
    Proposed,
    /// A quorum has, and gets its history.
    Accepted,
    /// A quorum has the history: it serves.
    Established,
}

/// What a server is. ZooKeeper: `QuorumPeer.ServerState`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Role {
    /// Its process does not run.
    #[default]
    Down,
    /// It looks for a leader.
    Looking {
        /// Who would follow it, with the epoch that each has accepted.
        infos: BTreeMap<NodeId, Epoch>,
    },
    /// It follows.
    Following {
        /// Whom.
        leader: NodeId,
        /// How far it is.
        phase: Phase,
    },
    /// It leads, or tries to.
    Leading(Leading),
}

impl Role {
    /// It looks for a leader, and nobody follows it yet.
    pub fn looking() -> Self {
        Self::Looking { infos: BTreeMap::new() }
    }
}

/// A server and its two small files.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Member {
    accepted: File<Epoch>,
    current: File<Epoch>,
    /// What it is.
    pub role: Role,
}

impl Member {
    /// The newest epoch that it has accepted (`acceptedEpoch`).
    pub fn accepted(&self) -> Epoch {
        (*self.accepted.read()).max(self.current())
    }

    /// The epoch in whose history it is (`currentEpoch`).
    pub fn current(&self) -> Epoch {
        *self.current.read()
    }

    /// Whether its process runs.
    pub fn is_up(&self) -> bool {
        self.role != Role::Down
    }

    /// Accepts an epoch, on disk if that is asked for.
    pub fn accept(&mut self, epoch: Epoch, flush: bool) {
        self.accepted.write(epoch);
        if flush {
            self.accepted.flush();
        }
    }

    /// Enters an epoch, on disk.
    pub fn enter(&mut self, epoch: Epoch) {
        self.current.write(epoch);
        self.current.flush();
    }

    /// Whether a power loss could change the accepted epoch.
    pub fn is_at_risk(&self) -> bool {
        self.accepted.is_at_risk()
    }

    /// Power is lost.
    pub fn lose_power(&mut self, fate: Fate) {
        self.accepted.lose_power(fate);
    }

    /// Another disk, empty.
    pub fn wipe(&mut self) {
        self.accepted = File::default();
        self.current = File::default();
    }

    /// A connection is gone: a leader forgets who does not follow any more, a server without its leader looks for one.
    pub fn mark(&mut self, mark: Mark) {
        match (&mut self.role, mark) {
            (Role::Leading(leading), Mark::Gone(id) | Mark::Dead(id)) => leading.forget(id),
            (Role::Looking { infos }, Mark::Gone(id) | Mark::Dead(id)) => {
                infos.remove(&id);
            }
            (Role::Following { leader, .. }, Mark::Dead(id)) if *leader == id => self.role = Role::looking(),
            (_, Mark::Gone(_) | Mark::Dead(_)) => {}
            (_, Mark::Close(..) | Mark::Open(..) | Mark::Outdated(..)) => panic!("a server is not told: {mark}"),
        }
    }
}

impl Leading {
    /// Somebody follows no longer. That it had accepted the epoch stays true.
    pub fn forget(&mut self, id: NodeId) {
        self.infos.remove(&id);
        self.synced = self.synced.without(id);
        self.acks.remove(&id);
    }
}

/// The transaction log of a server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Log {
    txns: Journal<Txn>,
    committed: u8,
}

impl Log {
    /// All transactions.
    pub fn txns(&self) -> &[Txn] {
        self.txns.entries()
    }

    /// How many there are.
    pub fn end(&self) -> u8 {
        self.txns().len() as u8
    }

    /// How many of them are flushed.
    pub fn flushed(&self) -> u8 {
        self.txns.durable() as u8
    }

    /// How many of them this server takes for committed.
    pub fn committed(&self) -> u8 {
        self.committed
    }

    /// The last transaction.
    pub fn zxid(&self) -> Zxid {
        self.txns().last().map_or(Zxid::default(), |txn| txn.zxid)
    }

    /// Takes more for committed; what is new.
    pub fn commit(&mut self, end: u8) -> &[Txn] {
        let before = self.committed;
        self.committed = end.min(self.end()).max(before);
        &self.txns.entries()[usize::from(before)..usize::from(self.committed)]
    }

    /// Appends to the page cache.
    pub fn append(&mut self, txn: Txn) {
        self.txns.append(txn);
    }

    /// Where this history and another one part.
    pub fn parting(&self, history: &[Txn]) -> u8 {
        self.txns().iter().zip(history).take_while(|(a, b)| a == b).count() as u8
    }

    /// Keeps so many.
    pub fn truncate(&mut self, end: u8) {
        self.txns.truncate(usize::from(end));
        self.committed = self.committed.min(end);
    }

    /// Makes all durable.
    pub fn flush(&mut self) {
        self.txns.flush();
    }

    /// How many a power loss could take.
    pub fn at_risk(&self) -> usize {
        self.txns.at_risk()
    }

    /// Power is lost: the last transactions go.
    pub fn lose(&mut self, txns: usize) {
        self.txns.lose_power(txns, Tear::Clean);
    }

    /// The process has ended: what it only remembered is forgotten.
    pub fn close(&mut self) {
        self.committed = 0;
    }
}
