//! In one leader epoch at most one broker leads: the one to whom the controller gave it.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::fact::Fact;
use models::ids::Node;
use models::slots::Value;
use sim_core::{Failure, StepProperty};

use super::About;
use super::shared::ledger;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "one-leader-per-epoch",
    claim: "In one leader epoch at most one broker leads: the one to whom the controller gave it.",
    formula: "b begins to lead in e ⇒ (∀ b': b' led in e ⇒ b' = b) ∧ (C.le = e ⇒ C.leader = b)",
    assumptions: "none: it holds always; brokers that still lead in older epochs are harmless (S13)",
    source: "KIP-101 (leader epochs); PartitionChangeBuilder",
    korean: "한 리더 에포크에서 같은 파티션을 이끄는 브로커는 컨트롤러가 정한 하나뿐이다.",
};

/// The check on each fact.
pub const STEP: StepProperty<Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(_config: &Config, before: &Value, node: Node, fact: &Fact) -> Result<(), Failure> {
    let (Node::Broker(broker), Fact::Led { partition, epoch }) = (node, fact) else {
        return Ok(());
    };
    let promises = ledger(before).promises(*partition);
    let fails = |but: String| {
        Err(Failure::new(
            partition.to_string(),
            format!("broker {broker} leads in {epoch}, but {but}"),
        ))
    };
    if let Some((led, other)) = promises.led
        && led == *epoch
        && other != broker
    {
        return fails(format!("broker {other} has led in it"));
    }
    match promises.decided {
        Some((current, Some(other))) if current == *epoch && other != broker => {
            fails(format!("the controller gave it to broker {other}"))
        }
        Some((current, None)) if current == *epoch => fails("the controller gave it to nobody".into()),
        Some(_) | None => Ok(()),
    }
}
