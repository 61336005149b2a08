//! A leader in power commits only what everyone who may be elected cleanly was counted for.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::fact::Fact;
use models::ids::{Listed, Node};
use models::slots::Value;
use sim_core::{Failure, StepProperty};

use super::About;
use super::shared::ledger;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "quorum-superset",
    claim: "A leader in power commits only what everyone who may be elected cleanly was counted for.",
    formula: "b commits ∧ Live(b) ∧ |v(b).isr| ≥ minIsr ⇒ C.isr ∪ C.elr ⊆ counted(b)",
    assumptions: "the leader is the one of the decision in force (a deposed one is harmless: S13); its ISR has \
                  min.insync.replicas members; the leader counts the maximal ISR (2.7 and later)",
    source: "KIP-497, KIP-966",
    korean: "현재 리더가 커밋할 때 센 복제본에는 정상적으로 선출될 수 있는 브로커(ISR과 ELR)가 모두 들어 있다.",
};

/// The check on each fact.
pub const STEP: StepProperty<Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(_config: &Config, before: &Value, node: Node, fact: &Fact) -> Result<(), Failure> {
    let (
        Node::Broker(leader),
        Fact::Committed {
            partition,
            epoch,
            isr,
            min_isr,
            quorum,
            high_watermark,
            ..
        },
    ) = (node, fact)
    else {
        return Ok(());
    };
    let promises = ledger(before).promises(*partition);
    if promises.decided != Some((*epoch, Some(leader))) || isr < min_isr {
        return Ok(());
    }
    match promises.electable.iter().find(|id| !quorum.contains(id)) {
        None => Ok(()),
        Some(left_out) => {
            let reason = format!(
                "broker {leader} raised the high watermark to {high_watermark} in {epoch} counting {}, though broker \
                 {left_out} may be elected, too",
                Listed(quorum)
            );
            Err(Failure::new(partition.to_string(), reason))
        }
    }
}
