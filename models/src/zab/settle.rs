//! The settled ensemble: all run, the server with the greatest id leads, all follow. It is no part of a trace.

use alloc::vec::Vec;

use sim_core::{Action, Model, Offer, Scratch};

use super::{Config, Timer, World, Zab};
use crate::quorum::{Event, NodeId};

/// More actions than an ensemble of eight needs to settle.
const STEPS_MAX: usize = 100_000;

/// An ensemble with an established leader. What that took is not spent.
pub fn settled(config: &Config) -> World<'_> {
    let mut world = World::new(config);
    let mut scratch = Scratch::default();
    let starts = config.nodes().iter().map(|id| Action::Environment(Event::Start(id)));
    let proposes = Action::Fire(NodeId(config.servers), Timer::Election);
    for action in starts.chain([proposes]) {
        let slot = Zab::offered_by(config, &action);
        let offer = sim_core::Offers::<Zab>::find(config, slot, world.get(slot), &action);
        let mut offer = offer.expect("a process can be started, and then looks for a leader");
        offer.spends = None;
        world.apply_default(&offer, &mut scratch);
    }
    let mut offers: Vec<Offer<Zab>> = Vec::new();
    for _ in 0..STEPS_MAX {
        world.enabled(&mut offers);
        let Some(next) = offers.iter().find(|offer| goes_on(offer)) else {
            return world;
        };
        world.apply_default(next, &mut scratch);
    }
    panic!("the ensemble does not settle: something happens again and again");
}

/// Whether an offer is something that happens by itself, or ends a fault that lasts.
pub fn goes_on(offer: &Offer<Zab>) -> bool {
    let by_itself = matches!(
        offer.action,
        Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Fire(..)
    );
    let ends_a_fault = matches!(offer.action, Action::Environment(Event::Heal(..)));
    offer.spends.is_none() && (by_itself || ends_a_fault)
}
