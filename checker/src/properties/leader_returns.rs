//! Once a broker that may be elected is back, the partition has a leader that serves.
//! Formula, assumptions and source: [`ABOUT`].

use models::World;
use models::cluster::PartitionState;
use models::config::UncleanElection;
use models::ids::{BrokerId, Partition};
use sim_core::Failure;

use super::shared::Quiet;
use super::{About, Liveness};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "leader-returns",
    claim: "Once a broker that may be elected is back, the partition has a leader that serves.",
    formula: "(∃ b up: b ∈ C.isr ∨ (C.isr = ∅ ∧ b ∈ C.elr) ∨ (unclean allowed ∧ b ∈ C.replicas)) ⇝ ∃ b: Live(b)",
    assumptions: "judged at the end of a fair suffix without faults, in which everything arrived and every timer that \
                  costs nothing fired; no link is cut, no process stands still, no disk is stalled",
    source: "KIP-106 (unclean.leader.election.enable), KIP-966; PartitionChangeBuilder",
    korean: "리더가 될 수 있는 브로커가 돌아오면 파티션에는 다시 일하는 리더가 생긴다.",
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
        if quiet.serving_leader(partition, state).is_none()
            && let Some(id) = eligible(&quiet, partition, state)
        {
            let reason = format!("{partition} has no leader that serves, though broker {id} is up and may be elected");
            return Err(Failure::new(partition.to_string(), reason));
        }
    }
    Ok(())
}

fn eligible(quiet: &Quiet<'_, '_>, partition: Partition, state: &PartitionState) -> Option<BrokerId> {
    let may = match quiet.cluster().unclean(quiet.world().config(), partition) {
        UncleanElection::Allowed => &state.replicas,
        UncleanElection::Refused if state.isr.is_empty() => &state.elr,
        UncleanElection::Refused => &state.isr,
    };
    may.iter().copied().find(|id| quiet.is_up(*id))
}
