//! The settled quorum: all run, the first voter leads, all have what it has. It is no part of a trace.

use alloc::vec::Vec;

use sim_core::{Action, Offer, Scratch};

use super::{Config, Raft, Timer, World};
use crate::quorum::{Event, NodeId};

/// More actions than a quorum of eight needs to settle.
const STEPS_MAX: usize = 100_000;

/// A quorum in which the first voter was elected, and everybody follows it. What that took is not spent.
pub fn settled(config: &Config) -> World<'_> {
    let mut world = World::new(config);
    let mut scratch = Scratch::default();
    for id in config.nodes().iter() {
        perform(&mut world, &Action::Environment(Event::Start(id)), &mut scratch);
    }
    // With a question before the election the first time-out asks, and the answers elect.
    perform(&mut world, &Action::Fire(NodeId(1), Timer::Election), &mut scratch);
    let mut offers: Vec<Offer<Raft>> = Vec::new();
    for _ in 0..STEPS_MAX {
        world.enabled(&mut offers);
        let Some(next) = offers.iter().find(|offer| goes_on(offer)) else {
            return world;
        };
        world.apply_default(next, &mut scratch);
    }
    panic!("the quorum does not settle: something happens again and again");
}

/// Performs an action at no cost.
fn perform(world: &mut World<'_>, action: &Action<Raft>, scratch: &mut Scratch<Raft>) {
    let slot = <Raft as sim_core::Model>::offered_by(world.config(), action);
    let found = sim_core::Offers::<Raft>::find(world.config(), slot, world.get(slot), action);
    let mut offer = found.expect("a quorum can be started, and a voter without a leader stands for election");
    offer.spends = None;
    world.apply_default(&offer, scratch);
}

/// Whether an offer is something that happens by itself, or ends a fault that lasts.
pub fn goes_on(offer: &Offer<Raft>) -> bool {
    let by_itself = matches!(
        offer.action,
        Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Fire(..)
    );
    let ends_a_fault = matches!(offer.action, Action::Environment(Event::Heal(..)));
    offer.spends.is_none() && (by_itself || ends_a_fault)
}
