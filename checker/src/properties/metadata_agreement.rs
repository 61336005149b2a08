//! What a process takes for committed metadata is a beginning of what the quorum has committed.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::kraft::quorum::{Committed, RaftManager};
use models::quorum::NodeId;
use models::slots::{Slot, Value};
use sim_core::{Failure, Property};

use super::About;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "metadata-agreement",
    claim: "What a process takes for committed metadata is a beginning of what the quorum has committed.",
    formula: "∀ o < hw(n): metadata log(n)[o] = Committed[o]",
    assumptions: "a quorum of controllers; as for one-controller-per-epoch, and voters flush before they acknowledge",
    source: "KIP-595; Raft, state machine safety",
    korean: "한 프로세스가 커밋되었다고 여기는 메타데이터는 쿼럼이 커밋한 메타데이터의 앞부분이다.",
};

sim_core::view! { Kafka, Slot, Value;
    /// A process's copy of the metadata log, and what was committed.
    pub struct Copy(id: NodeId) {
        manager: RaftManager(id),
        committed: Committed(),
    }
}

/// All processes that have a copy of the metadata log.
pub(super) fn members(config: &Config) -> Vec<(NodeId,)> {
    let members = config.quorum.iter().flat_map(|roster| roster.members());
    members.map(|id| (id,)).collect()
}

/// See [`ABOUT`].
pub struct MetadataAgreement;

impl Property<Kafka> for MetadataAgreement {
    type View = Copy<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(NodeId,)> {
        members(config)
    }

    fn check(config: &Config, at: Copy<'_>) -> Result<(), Failure> {
        let (log, committed) = (&at.manager.log, &at.committed.ledger.committed);
        let taken = &log.entries()[..log.high_watermark().0 as usize];
        let node = config.roster().node(at.id);
        for (offset, entry) in taken.iter().enumerate() {
            let found = match committed.get(offset) {
                Some(known) if known.entry == *entry => continue,
                Some(known) => format!("{} is committed there", known.entry),
                None => "nothing is committed there".to_owned(),
            };
            let reason =
                format!("{node} takes {entry} at offset {offset} of the metadata log for committed, but {found}");
            return Err(Failure::new(node.to_string(), reason));
        }
        Ok(())
    }
}
