//! With a leader that serves and enough in-sync replicas, no producer waits for an answer for ever.
//! Formula, assumptions and source: [`ABOUT`].

use models::World;
use models::client::{Client, Sending, Work};
use models::ids::ClientId;
use models::message::Acks;
use models::slots::{Slot, Value};
use sim_core::Failure;

use super::shared::Quiet;
use super::{About, Liveness};

/// What it says, and when.
pub const ABOUT: About = About {
    name: "write-answered",
    claim: "With a leader that serves and enough in-sync replicas, no producer waits for an answer for ever.",
    formula: "b produces r ∧ □(∃ Live leader ∧ (acks ≠ -1 ∨ |C.isr| ≥ minIsr)) ⇝ r is answered, or given up",
    assumptions: "judged at the end of a fair suffix without faults, in which everything arrived and every timer that \
                  costs nothing fired; no link is cut, no process stands still, no disk is stalled",
    source: "KIP-91 (delivery.timeout.ms)",
    korean: "일하는 리더가 있고 동기화 복제본(ISR)이 충분하면, 프로듀서의 쓰기는 결국 응답을 받는다.",
};

/// The check on the last world.
pub const LIVENESS: Liveness = Liveness {
    name: ABOUT.name,
    claim: ABOUT.claim,
    check,
};

fn check(world: &World<'_>) -> Result<(), Failure> {
    let Some(quiet) = Quiet::new(world) else { return Ok(()) };
    for id in world.config().client_ids() {
        if let Some(sending) = in_hand(world, id)
            && must_be_answered(&quiet, sending)
        {
            let (record, partition) = (sending.records[0], sending.partition);
            let reason =
                format!("client {id} still has {record} in hand, though {partition} has a leader and enough replicas");
            return Err(Failure::new(record.to_string(), reason));
        }
    }
    Ok(())
}

fn in_hand<'w>(world: &'w World<'_>, id: ClientId) -> Option<&'w Sending> {
    match world.get(Slot::Client(id)) {
        Value::Client(Client {
            work: Work::Producer { sending, .. },
            ..
        }) => sending.as_ref(),
        _ => None,
    }
}

fn must_be_answered(quiet: &Quiet<'_, '_>, sending: &Sending) -> bool {
    let (config, cluster) = (quiet.world().config(), quiet.cluster());
    let Some(state) = cluster.partition(sending.partition) else {
        return false;
    };
    let asked = cluster
        .topic(config.placed(sending.partition).topic)
        .map_or(1, |settings| usize::from(settings.min_isr));
    let enough = asked.min(state.replicas.len());
    let in_sync = sending.acks != Acks::All || state.isr.len() >= enough;
    in_sync && quiet.serving_leader(sending.partition, state).is_some()
}
