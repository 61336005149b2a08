//! The decided leader holds every committed record, as long as every election was clean.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::ids::{BrokerId, Partition};
use sim_core::{Failure, Property};

use super::About;
use super::shared::{OneReplica, elections_were_clean, replicas};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "leader-complete",
    claim: "The decided leader holds every committed record, as long as every election was clean.",
    formula: "unclean = 0 ∧ b = C.leader ∧ b ∉ lossy ⇒ ∀ (o, r, e) ∈ Committed \\ Declared: log(b)[o] = (r, e)",
    assumptions: "no unclean election; fewer disks than min.insync.replicas lost the record; ISR entry waits for the \
                  start of the leader's epoch (2.1 and later)",
    source: "KIP-101, KAFKA-7128",
    korean: "언클린 리더 선출이 없는 한, 결정된 리더는 커밋된 레코드를 모두 가지고 있다.",
};

/// See [`ABOUT`].
pub struct LeaderComplete;

impl Property<Kafka> for LeaderComplete {
    type View = OneReplica<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(BrokerId, Partition)> {
        replicas(config)
    }

    fn check(_config: &Config, at: OneReplica<'_>) -> Result<(), Failure> {
        if at.leads() && elections_were_clean(at.promises()) {
            at.must_hold_committed("leader")
        } else {
            Ok(())
        }
    }
}
