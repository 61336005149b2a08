//! Facts, and what the ledger keeps of them: who may lead an epoch, and the one sequence of committed transactions.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::member::{Txn, txns};
use crate::quorum::{Epoch, NodeId, NodeSet};

/// What is announced.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Fact {
    /// A quorum has accepted its epoch.
    Accepted(Epoch),
    /// A quorum has its history: it serves as the leader of this epoch, with these transactions.
    Established(Epoch, Vec<Txn>),
    /// In this epoch it takes these for committed, the first at this position.
    Committed(Epoch, u8, Vec<Txn>),
    /// It cuts its log to so many transactions; it had taken so many for committed.
    Truncated(u8, u8),
    /// Its disk lost something.
    LostTail,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(epoch) => write!(f, "may lead epoch {epoch}"),
            Self::Established(epoch, list) => write!(f, "leads epoch {epoch} with {}", txns(list)),
            Self::Committed(epoch, from, list) => {
                write!(f, "in epoch {epoch} takes for committed from {from}: {}", txns(list))
            }
            Self::Truncated(end, committed) => write!(f, "cuts its log at {end}, committed {committed}"),
            Self::LostTail => f.write_str("lost what was not flushed"),
        }
    }
}

/// A transaction that somebody took for committed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Committed {
    /// It.
    pub txn: Txn,
    /// The epoch in which that was said first.
    pub epoch: Epoch,
}

/// What was promised.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Whose epoch a quorum has accepted, by epoch: one server, if all is well.
    pub accepted: BTreeMap<Epoch, NodeSet>,
    /// The committed transactions, in their order.
    pub committed: Vec<Committed>,
}

impl Ledger {
    /// A fact.
    pub fn record(&mut self, node: NodeId, fact: &Fact) {
        match fact {
            Fact::Accepted(epoch) => {
                let accepted = self.accepted.entry(*epoch).or_default();
                *accepted = accepted.with(node);
            }
            Fact::Committed(epoch, from, list) => {
                for (at, txn) in (usize::from(*from)..).zip(list) {
                    if at == self.committed.len() {
                        self.committed.push(Committed {
                            txn: *txn,
                            epoch: *epoch,
                        });
                    }
                }
            }
            Fact::Established(..) | Fact::Truncated(..) | Fact::LostTail => {}
        }
    }
}
