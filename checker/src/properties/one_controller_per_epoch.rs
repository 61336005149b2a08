//! Each epoch of the quorum has at most one leader.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::kraft::quorum::Committed;
use models::slots::{Slot, Value};
use sim_core::{Failure, Property};

use super::About;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "one-controller-per-epoch",
    claim: "Each epoch of the quorum has at most one leader.",
    formula: "a and b led epoch e of the quorum ⇒ a = b",
    assumptions: "a quorum of controllers; a vote is on disk before it leaves, and no voter lost its disk (listed voters are \
                  known by their ids alone)",
    source: "KIP-595; Raft, election safety",
    korean: "쿼럼의 각 에포크에는 리더가 최대 하나다.",
};

sim_core::view! { Kafka, Slot, Value;
    /// What the quorum has committed, and who was elected.
    pub struct Quorum() {
        committed: Committed(),
    }
}

/// See [`ABOUT`].
pub struct OneControllerPerEpoch;

impl Property<Kafka> for OneControllerPerEpoch {
    type View = Quorum<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<()> {
        config.quorum.iter().map(|_| ()).collect()
    }

    fn check(_config: &Config, at: Quorum<'_>) -> Result<(), Failure> {
        let elected = &at.committed.ledger.elected;
        match elected.iter().find(|(_, leaders)| leaders.len() > 1) {
            None => Ok(()),
            Some((epoch, leaders)) => {
                let reason = format!("members {leaders} of the quorum were all elected in epoch {epoch}");
                Err(Failure::new(format!("epoch {epoch}"), reason))
            }
        }
    }
}
