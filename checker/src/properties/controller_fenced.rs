//! Nothing is written into ZooKeeper by a controller that has been replaced.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::fact::Fact;
use models::ids::Node;
use models::slots::Value;
use sim_core::{Failure, StepProperty};

use super::About;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "controller-fenced",
    claim: "Nothing is written into ZooKeeper by a controller that has been replaced.",
    formula: "a controller of epoch e writes ⇒ e = /controller_epoch",
    assumptions: "ZooKeeper's control plane; a leader's own change of its ISR (before 2.7) is no write of a controller; \
                  writes are conditional on the controller epoch (2.1 and later)",
    source: "KAFKA-6082; KafkaZkClient",
    korean: "교체된 컨트롤러는 주키퍼에 아무것도 쓰지 못한다.",
};

/// The check on each fact.
pub const STEP: StepProperty<Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(_config: &Config, _before: &Value, _node: Node, fact: &Fact) -> Result<(), Failure> {
    match fact {
        Fact::WrittenBy { author, current, .. } if author != current => {
            let reason = format!(
                "the controller of epoch {} wrote, though that of epoch {} has replaced it",
                author.0, current.0
            );
            Err(Failure::new("zookeeper".to_owned(), reason))
        }
        _ => Ok(()),
    }
}
