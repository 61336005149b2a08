//! A leader says yes to acks=all only while its ISR has min.insync.replicas members, itself among them.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::fact::Fact;
use models::ids::{Listed, Node};
use models::slots::Value;
use sim_core::{Failure, StepProperty};

use super::About;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "acks-respect-min-isr",
    claim: "A leader says yes to acks=all only while its ISR has min.insync.replicas members, itself among them.",
    formula: "b answers acks=-1 with success ⇒ |counted(b)| ≥ minIsr ∧ b ∈ counted(b)",
    assumptions: "min.insync.replicas and the ISR as the leader knows them at that moment (members that it has \
                  proposed count: the high watermark waited for them, KIP-497)",
    source: "KIP-497; Partition.appendRecordsToLeader, DelayedProduce",
    korean: "acks=all의 성공 응답은 min.insync.replicas 이상의 ISR 구성원이 그 레코드를 가지고 있을 때만 나간다.",
};

/// The check on each fact.
pub const STEP: StepProperty<Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(_config: &Config, _before: &Value, node: Node, fact: &Fact) -> Result<(), Failure> {
    let (
        Node::Broker(leader),
        Fact::Promised {
            partition,
            isr,
            min_isr,
        },
    ) = (node, fact)
    else {
        return Ok(());
    };
    if isr.len() >= usize::from(*min_isr) && isr.contains(&leader) {
        return Ok(());
    }
    let reason = format!(
        "broker {leader} acknowledged under acks=all with the ISR {}, but min.insync.replicas is {min_isr}",
        Listed(isr)
    );
    Err(Failure::new(partition.to_string(), reason))
}
