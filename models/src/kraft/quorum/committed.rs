//! What the quorum has committed: ghost state that no handler of the protocol reads, and the moment at which a decision counts.

use serde::{Deserialize, Serialize};

use crate::Context;
use crate::cluster::Cluster;
use crate::config::Config;
use crate::quorum::NodeId;
use crate::raft;
use crate::raft::log::Content;

/// What the quorum has committed, by whichever leader.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Committed {
    /// The metadata that is in force.
    pub cluster: Cluster,
    /// Who was elected in which epoch, and the entries that were committed.
    pub ledger: raft::Ledger,
}

impl Committed {
    /// Nothing is committed, nobody was elected.
    pub fn new(config: &Config) -> Self {
        Self {
            cluster: Cluster::empty(config),
            ledger: raft::Ledger::default(),
        }
    }

    /// A member says something about itself. What it is the first to take for committed is in force from now on, and what
    /// was to be announced with it is.
    pub(super) fn record(&mut self, cx: &mut Context<'_>, member: NodeId, fact: &raft::Fact) {
        let before = self.ledger.committed.len();
        self.ledger.record(member, fact);
        for committed in &self.ledger.committed[before..] {
            let Content::Decision(decision) = &committed.entry.content else {
                continue;
            };
            decision.records.iter().for_each(|record| self.cluster.apply(record));
            decision.facts.iter().for_each(|fact| cx.announce(fact.clone()));
        }
    }
}
