//! Whoever leads the quorum has everything that was committed in earlier epochs.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::quorum::NodeId;
use sim_core::{Failure, Property};

use super::About;
use super::metadata_agreement::{Copy, members};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "metadata-complete",
    claim: "Whoever leads the quorum has everything that was committed in earlier epochs.",
    formula: "n leads epoch e ∧ Committed[o] in an epoch < e ⇒ metadata log(n)[o] = Committed[o]",
    assumptions: "as for metadata-agreement",
    source: "KIP-595; Raft, leader completeness",
    korean: "쿼럼의 리더는 이전 에포크에서 커밋된 모든 것을 갖고 있다.",
};

/// See [`ABOUT`].
pub struct MetadataComplete;

impl Property<Kafka> for MetadataComplete {
    type View = Copy<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(NodeId,)> {
        members(config)
    }

    fn check(config: &Config, at: Copy<'_>) -> Result<(), Failure> {
        let member = &at.manager.member;
        if !member.leads() {
            return Ok(());
        }
        let node = config.roster().node(at.id);
        let earlier = at.committed.ledger.committed.iter().enumerate();
        for (offset, known) in earlier.filter(|(_, known)| known.epoch < member.epoch()) {
            let found = match at.manager.log.entries().get(offset) {
                Some(entry) if *entry == known.entry => continue,
                Some(entry) => format!("has {entry} there"),
                None => "ends before it".to_owned(),
            };
            let reason = format!(
                "{} was committed at offset {offset} of the metadata log, but {node}, which leads epoch {}, {found}",
                known.entry,
                member.epoch()
            );
            return Err(Failure::new(node.to_string(), reason));
        }
        Ok(())
    }
}
