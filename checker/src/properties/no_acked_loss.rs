//! A record that a producer was told is stored, under acks=1 or all, stands in the log of the decided leader.
//! Kafka does not promise it: it is looked at only where a scenario names it, to see what accepted risks cost.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::ids::{BrokerId, Partition};
use sim_core::{Failure, Property};

use super::About;
use super::shared::{OneReplica, replicas};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "no-acked-loss",
    claim: "A record that a producer was told is stored, under acks=1 or all, stands in the log of the decided leader.",
    formula: "∀ (o, r) ∈ Acked ∪ Acked₁: b = C.leader ∧ b ∉ lossy ⇒ log(b)[o] = r",
    assumptions: "nobody promises it: acks=1, min.insync.replicas=1, disks that lose what was not forced to them, and \
                  unclean elections are risks that Kafka leaves to its operators; it is checked only where it is named",
    source: "KAFKA-1555, KIP-966; the settings acks, min.insync.replicas and flush.messages",
    korean: "acks=1이나 all로 저장되었다고 프로듀서가 들은 레코드는 결정된 리더의 로그에 남아 있다.",
};

/// See [`ABOUT`].
pub struct NoAckedLoss;

impl Property<Kafka> for NoAckedLoss {
    type View = OneReplica<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(BrokerId, Partition)> {
        replicas(config)
    }

    fn check(_config: &Config, at: OneReplica<'_>) -> Result<(), Failure> {
        if !at.leads() {
            return Ok(());
        }
        let promises = at.promises();
        let by_all = promises.acked.iter().map(|(offset, promise)| (*offset, promise.record));
        let by_one = promises.acked_alone.iter().map(|(offset, record)| (*offset, *record));
        by_all
            .chain(by_one)
            .try_for_each(|(offset, record)| at.must_hold(offset, record, "acknowledged", "leader"))
    }
}
