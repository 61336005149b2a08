//! Once every broker of its target is up, under a leader that serves, a reassignment ends.
//! Formula, assumptions and source: [`ABOUT`].

use models::World;
use models::controller::reassignment::Assignment;
use models::ids::Listed;
use sim_core::Failure;

use super::shared::Quiet;
use super::{About, Liveness};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "reassignment-completes",
    claim: "Once every broker of its target is up, under a leader that serves, a reassignment ends.",
    formula: "□(C.adding ∪ C.removing ≠ ∅ ∧ ∃ Live leader ∧ ∀ b ∈ C.replicas ∖ C.removing: □ up(b)) ⇝ C.adding = \
              C.removing = ∅",
    assumptions: "judged at the end of a fair suffix without faults, in which everything arrived and every timer that \
                  costs nothing fired; no link is cut, no process stands still, no disk is stalled",
    source: "KIP-455; PartitionReassignmentReplicas, KAFKA-15665, KAFKA-19975",
    korean: "목표 브로커가 모두 살아 있고 일하는 리더가 있으면, 파티션 재할당은 결국 끝난다.",
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
        let assignment = Assignment::of(state);
        let target = assignment.target();
        let can_end = quiet.serving_leader(partition, state).is_some() && target.iter().all(|id| quiet.is_up(*id));
        if assignment.is_moving() && can_end {
            let reason = format!(
                "{partition} still moves to brokers {}, all of which are up; in sync are {}",
                Listed(&target),
                Listed(&state.isr)
            );
            return Err(Failure::new(partition.to_string(), reason));
        }
    }
    Ok(())
}
