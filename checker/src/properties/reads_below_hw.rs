//! Consumers are given records only below the end that they are shown, and no end beyond what was committed.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::config::Config;
use models::fact::Fact;
use models::ids::{Node, Offset};
use models::slots::Value;
use sim_core::{Failure, StepProperty};

use super::About;
use super::shared::ledger;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "reads-below-hw",
    claim: "Consumers are given records only below the end that they are shown, and no end beyond what was committed.",
    formula: "Delivered(records, end) ⇒ (∀ (o, r) ∈ records: o < end) ∧ end ≤ trueHW",
    assumptions: "none: it holds always, after losses and unclean elections, too",
    source: "Kafka documentation, section Replication; Partition.fetchRecords",
    korean: "컨슈머는 하이워터마크보다 낮은 오프셋의 레코드만 받으며, 보이는 끝은 커밋된 범위를 넘지 않는다.",
};

/// The check on each fact.
pub const STEP: StepProperty<Kafka> = StepProperty {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(_config: &Config, before: &Value, _node: Node, fact: &Fact) -> Result<(), Failure> {
    let Fact::Delivered {
        partition,
        from,
        records,
        end,
    } = fact
    else {
        return Ok(());
    };
    if let Some((offset, record)) = records.iter().find(|(offset, _)| offset >= end) {
        let reason = format!("broker {from} gave a consumer {record} at offset {offset}, but showed the end {end}");
        return Err(Failure::new(record.to_string(), reason));
    }
    let committed = &ledger(before).promises(*partition).committed;
    let high_watermark = committed
        .last_key_value()
        .map_or(Offset::ZERO, |(last, _)| last.plus(1));
    if *end > high_watermark {
        let reason =
            format!("broker {from} showed a consumer the end {end}, but only {high_watermark} was ever reached");
        return Err(Failure::new(partition.to_string(), reason));
    }
    Ok(())
}
