//! A record acknowledged under acks=all stands in the log of the decided leader, at its offset.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::controller::partition_change::Choice;
use models::ids::{BrokerId, Partition};
use models::ledger::Promise;
use sim_core::{Failure, Property};

use super::About;
use super::shared::{OneReplica, replicas};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "no-committed-loss",
    claim: "A record acknowledged under acks=all stands in the log of the decided leader, at its offset.",
    formula: "∀ (o, r) ∈ Acked with |lost_by(r)| < copies(r), and lost_by(r) = ∅ after an election of the last known \
              leader: b = C.leader ∧ b ∉ lossy ⇒ log(b)[o] = r",
    assumptions: "fewer disks lost the record than the copies that acks=all promised (min.insync.replicas); no disk did \
                  once ISR and ELR were empty, which takes as many unclean shutdowns (KIP-966); an unclean election is \
                  no excuse here: the report tells that declared loss apart",
    source: "KIP-101, KIP-966",
    korean: "acks=all로 확인 응답을 받은 레코드는 결정된 리더의 로그에 같은 오프셋으로 남아 있다.",
};

/// See [`ABOUT`].
pub struct NoCommittedLoss;

impl Property<Kafka> for NoCommittedLoss {
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
        let acked = at.promises().acked.iter();
        let last_known = at.promises().unclean == Choice::LastKnown;
        let excused = |promise: &Promise| last_known && !promise.copies.lost_by.is_empty();
        let mut promised = acked.filter(|(_, promise)| promise.holds() && !excused(promise));
        promised.try_for_each(|(offset, promise)| at.must_hold(*offset, promise.record, "acknowledged", "leader"))
    }
}
