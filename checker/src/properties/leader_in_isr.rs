//! A leader chosen cleanly was in the ISR or the ELR before; every leader is in one of them afterwards.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::controller::partition_change::Choice;
use models::fact::Fact;
use models::ids::{Listed, Node};
use models::slots::Value;
use sim_core::{Failure, StepProperty};

use super::About;
use super::shared::ledger;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "leader-in-isr",
    claim: "A leader chosen cleanly was in the ISR or the ELR before; every leader is in one of them afterwards.",
    formula: "C.leader' ≠ none ⇒ C.leader' ∈ C.isr' ∪ C.elr' ∧ \
              (C.leader' = C.leader ∨ unclean' ∨ C.leader' ∈ C.isr ∪ C.elr)",
    assumptions: "the first decision about a partition has no before; proposals come from leaders that may lead \
                  (KIP-841)",
    source: "KIP-841, KIP-966; PartitionChangeBuilder",
    korean: "정상적으로 선출된 리더는 선출 전에 ISR(또는 ELR)의 구성원이었다. 언클린 선출로 표시된 경우만 예외다.",
};

/// The check on each fact.
pub const STEP: StepProperty<Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(_config: &Config, before: &Value, _node: Node, fact: &Fact) -> Result<(), Failure> {
    let Fact::Decided {
        partition,
        leader: Some(leader),
        epoch,
        electable,
        choice,
    } = fact
    else {
        return Ok(());
    };
    let outside = |when: &str, set: &[_]| {
        let reason = format!(
            "broker {leader} leads in {epoch}, but {when} only {} could be elected",
            Listed(set)
        );
        Err(Failure::new(partition.to_string(), reason))
    };
    if !electable.contains(leader) {
        return outside("then", electable);
    }
    let promises = ledger(before).promises(*partition);
    match (promises.decided, choice) {
        (None, _) | (_, Choice::Unclean | Choice::LastKnown) => Ok(()),
        (Some((_, stays)), Choice::Clean) if stays == Some(*leader) => Ok(()),
        (Some(_), Choice::Clean) if promises.electable.contains(leader) => Ok(()),
        (Some(_), Choice::Clean) => outside("before", &promises.electable),
    }
}
