//! A consumer never reads on behind records that were replaced below its position.
//! Formula, assumptions and source: [`ABOUT`].

use models::config::Config;
use models::fact::Fact;
use models::ids::Node;
use models::slots::Value;
use sim_core::{Failure, StepProperty};

use super::About;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "no-silent-skip",
    claim: "A consumer never reads on behind records that were replaced below its position.",
    formula: "c reads from o at b ∧ c has read r at o - 1 ⇒ log(b)[o - 1] = r",
    assumptions: "also after an unclean election: the records may be gone, but a consumer notices it (KIP-320); it may \
                  then start over",
    source: "KIP-320; OffsetFetcher.validateOffsetsAsync",
    korean: "컨슈머는 자신이 읽은 위치보다 앞의 레코드가 바뀐 것을 모른 채 이어서 읽지 않는다.",
};

/// The check on each fact.
pub const STEP: StepProperty<models::Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(_config: &Config, _before: &Value, node: Node, fact: &Fact) -> Result<(), Failure> {
    match fact {
        Fact::Skipped {
            partition,
            at,
            known,
            found,
        } => {
            let reason = format!("{node} had read {known} before offset {at} and goes on behind {found}");
            Err(Failure::new(partition.to_string(), reason))
        }
        _ => Ok(()),
    }
}
