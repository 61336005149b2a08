//! What consumers were given at an offset is what was committed there, and the decided leader keeps it.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::ids::{BrokerId, Partition};
use sim_core::{Failure, Property};

use super::About;
use super::shared::{OneReplica, elections_were_clean, replicas};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "reads-stable",
    claim: "What consumers were given at an offset is what was committed there, and the decided leader keeps it.",
    formula: "unclean = 0 ∧ b = C.leader ∧ b ∉ lossy ⇒ ∀ (o, r) ∈ Read, o ∉ Declared: Committed[o] = r ∧ log(b)[o] = r",
    assumptions: "no unclean election; fewer disks than min.insync.replicas lost the record; that a record was \
                  committed at all before it was read is `reads-below-hw`",
    source: "KIP-320",
    korean: "컨슈머가 한 오프셋에서 읽은 레코드는 그 자리에 커밋된 것이며, 결정된 리더의 로그에서 사라지거나 바뀌지 않는다.",
};

/// See [`ABOUT`].
pub struct ReadsStable;

impl Property<Kafka> for ReadsStable {
    type View = OneReplica<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(BrokerId, Partition)> {
        replicas(config)
    }

    fn check(_config: &Config, at: OneReplica<'_>) -> Result<(), Failure> {
        let promises = at.promises();
        if !at.leads() || !elections_were_clean(promises) {
            return Ok(());
        }
        for (offset, record) in promises
            .read
            .iter()
            .filter(|(offset, _)| !at.loss_is_declared(**offset))
        {
            if let Some(other) = promises.committed_at(*offset).filter(|stored| stored.record != *record) {
                let other = other.record;
                let reason = format!("a consumer was given {record} at offset {offset}, where {other} was committed");
                return Err(Failure::new(record.to_string(), reason));
            }
            at.must_hold(*offset, *record, "given to a consumer", "leader")?;
        }
        Ok(())
    }
}
