//! Under a leader that serves, every replica that is up is in the ISR, and none that is down.
//! Formula, assumptions and source: [`ABOUT`].

use models::World;
use sim_core::Failure;

use super::shared::Quiet;
use super::{About, Liveness};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "isr-recovers",
    claim: "Under a leader that serves, every replica that is up is in the ISR, and none that is down.",
    formula: "□(∃ Live leader ∧ b ∈ C.replicas) ⇒ (□ up(b) ⇝ b ∈ C.isr) ∧ (□ ¬up(b) ⇝ b ∉ C.isr)",
    assumptions: "judged at the end of a fair suffix without faults, in which everything arrived and every timer that \
                  costs nothing fired; no link is cut, no process stands still, no disk is stalled; a broker that is \
                  asked to stop counts as down",
    source: "KIP-16 (replica.lag.time.max.ms); Partition.maybeExpandIsr, Partition.maybeShrinkIsr",
    korean: "일하는 리더가 있으면, 살아 있는 복제본은 결국 ISR로 돌아오고 죽은 복제본은 결국 ISR에서 빠진다.",
};

/// The check on the last world.
pub const LIVENESS: Liveness = Liveness {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(world: &World<'_>) -> Result<(), Failure> {
    let Some(quiet) = Quiet::new(world) else { return Ok(()) };
    for (partition, state) in quiet.partitions() {
        let Some(leader) = quiet.serving_leader(partition, state) else {
            continue;
        };
        let wrong = |but: String| {
            Err(Failure::new(
                partition.to_string(),
                format!("broker {leader} leads {partition}, but {but}"),
            ))
        };
        for id in &state.replicas {
            match (quiet.is_up(*id), state.isr.contains(id)) {
                (true, true) | (false, false) => {}
                (true, false) => return wrong(format!("broker {id} is up and has not come back into the ISR")),
                (false, true) => return wrong(format!("broker {id} is down and has not left the ISR")),
            }
        }
    }
    Ok(())
}
