//! Facts, and what the ledger keeps of them: who was elected, what was committed, who follows whom.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::log::{Entry, entries};
use crate::ids::Offset;
use crate::quorum::{Epoch, NodeId, NodeSet};

/// What is announced.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Fact {
    /// It leads this epoch.
    Elected(Epoch),
    /// It leads this epoch no longer.
    Deposed(Epoch),
    /// It has fetched from the leader of this epoch, and follows it.
    Follows(Epoch),
    /// It follows nobody any more.
    Left,
    /// It takes these entries for committed, in this epoch.
    Committed {
        /// Its epoch.
        epoch: Epoch,
        /// The offset of the first of them.
        from: Offset,
        /// The entries.
        entries: Vec<Entry>,
    },
    /// It cuts its log.
    Truncated {
        /// There.
        end: Offset,
        /// What it took for committed.
        high_watermark: Offset,
    },
    /// Its disk lost something.
    LostTail,
    /// It has appended another set of voters.
    Reconfigured,
    /// Its controller is active in this epoch.
    Active(Epoch),
    /// Its controller is active no longer.
    Renounced,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elected(epoch) => write!(f, "leads epoch {epoch}"),
            Self::Deposed(epoch) => write!(f, "leads epoch {epoch} no longer"),
            Self::Follows(epoch) => write!(f, "follows the leader of epoch {epoch}"),
            Self::Left => f.write_str("follows nobody"),
            Self::Committed {
                epoch,
                from,
                entries: list,
            } => write!(f, "in epoch {epoch} takes for committed from {from}: {}", entries(list)),
            Self::Truncated { end, high_watermark } => write!(f, "cuts its log at {end}, hw {high_watermark}"),
            Self::LostTail => f.write_str("lost what was not flushed"),
            Self::Reconfigured => f.write_str("changes the voters"),
            Self::Active(epoch) => write!(f, "controller active in epoch {epoch}"),
            Self::Renounced => f.write_str("controller active no longer"),
        }
    }
}

/// An entry that somebody took for committed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Committed {
    /// It.
    pub entry: Entry,
    /// The epoch in which that was said first.
    pub epoch: Epoch,
}

/// What was promised.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Who was elected in each epoch: one, if all is well.
    pub elected: BTreeMap<Epoch, NodeSet>,
    /// What is committed, by offset.
    pub committed: Vec<Committed>,
    /// Who follows the leader of which epoch.
    pub following: BTreeMap<NodeId, Epoch>,
}

impl Ledger {
    /// A fact.
    pub fn record(&mut self, node: NodeId, fact: &Fact) {
        match fact {
            Fact::Elected(epoch) => {
                let elected = self.elected.entry(*epoch).or_default();
                *elected = elected.with(node);
            }
            Fact::Follows(epoch) => {
                self.following.insert(node, *epoch);
            }
            Fact::Left => {
                self.following.remove(&node);
            }
            Fact::Committed { epoch, from, entries } => {
                for (at, entry) in (from.0 as usize..).zip(entries) {
                    if at == self.committed.len() {
                        self.committed.push(Committed {
                            entry: entry.clone(),
                            epoch: *epoch,
                        });
                    }
                }
            }
            Fact::Deposed(_) | Fact::Truncated { .. } | Fact::LostTail | Fact::Reconfigured => {}
            Fact::Active(_) | Fact::Renounced => {}
        }
    }
}
