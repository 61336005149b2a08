//! Every broker that may be elected cleanly (ISR and ELR) holds every committed record.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::ids::{BrokerId, Partition};
use sim_core::{Failure, Property};

use super::About;
use super::shared::{OneReplica, elections_were_clean, replicas};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "isr-complete",
    claim: "Every broker that may be elected cleanly (ISR and ELR) holds every committed record.",
    formula: "unclean = 0 ∧ b ∈ C.isr ∪ C.elr ∧ b ∉ lossy ⇒ ∀ (o, r, e) ∈ Committed \\ Declared: log(b)[o] = (r, e)",
    assumptions: "no unclean election; fewer disks than min.insync.replicas lost the record; after a power loss or a \
                  wipe of the last member it needs the ELR with detection of unclean restarts (4.0 and later)",
    source: "KIP-903, KIP-966, KAFKA-7128",
    korean: "비정상 선출 없이 리더가 될 수 있는 브로커(ISR과 ELR)는 커밋된 레코드를 모두 가지고 있다.",
};

/// See [`ABOUT`].
pub struct IsrComplete;

impl Property<Kafka> for IsrComplete {
    type View = OneReplica<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(BrokerId, Partition)> {
        replicas(config)
    }

    fn check(_config: &Config, at: OneReplica<'_>) -> Result<(), Failure> {
        let promises = at.promises();
        let electable = promises.electable.contains(&at.broker) && !at.ledger.is_lossy(at.broker);
        if electable && elections_were_clean(promises) {
            at.must_hold_committed("electable broker")
        } else {
            Ok(())
        }
    }
}
