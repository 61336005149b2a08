//! Two replicas hold the same record, of the same epoch, at each offset below both high watermarks.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::ids::{BrokerId, Offset, Partition};
use sim_core::{Failure, Property};

use super::About;
use super::shared::{TwoReplicas, elections_were_clean, found, pairs};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "log-agreement",
    claim: "Two replicas hold the same record, of the same epoch, at each offset below both high watermarks.",
    formula: "unclean = 0 ∧ a, b ∉ lossy ⇒ ∀ o < min(hw(a), hw(b)), o ∉ Declared: log(a)[o] = log(b)[o]",
    assumptions: "no unclean election; lossy replicas and offsets whose loss is declared are left out; followers \
                  truncate by leader epoch (2.0 and later)",
    source: "KIP-101, KIP-279, KIP-320",
    korean: "두 복제본은 양쪽 하이워터마크보다 낮은 모든 오프셋에서 같은 리더 에포크의 같은 레코드를 가진다.",
};

/// See [`ABOUT`].
pub struct LogAgreement;

impl Property<Kafka> for LogAgreement {
    type View = TwoReplicas<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(BrokerId, BrokerId, Partition)> {
        pairs(config)
    }

    fn check(_config: &Config, at: TwoReplicas<'_>) -> Result<(), Failure> {
        let lossy = at.ledger.is_lossy(at.one) || at.ledger.is_lossy(at.other);
        if lossy || !elections_were_clean(at.ledger.promises(at.partition)) {
            return Ok(());
        }
        let below = at.log.high_watermark().min(at.other_log.high_watermark());
        for (offset, record, epoch) in at.log.records(Offset::ZERO, below) {
            if at.other_log.at(offset) != Some((record, epoch)) && !at.ledger.loss_is_declared(at.partition, offset) {
                let reason = format!(
                    "at offset {offset}, below both high watermarks, broker {} has {record} of {epoch}, \
                     but broker {} {}",
                    at.one,
                    at.other,
                    found(at.other_log, offset)
                );
                return Err(Failure::new(at.partition.to_string(), reason));
            }
        }
        Ok(())
    }
}
