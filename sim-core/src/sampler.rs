//! A sampler picks one of the enabled offers. Here: the interface and the incremental list of what is enabled.

use alloc::vec::Vec;

use crate::model::Model;
use crate::offers::{Candidate, Offers};
use crate::rng::Stream;
use crate::world::World;

/// Picks one action at a time.
pub trait Sampler<M: Model> {
    /// One of the candidates (there is at least one), by position; `None` ends the run.
    fn pick(&mut self, candidates: &[&Candidate<M>], stream: &mut Stream) -> Option<usize>;
}

/// The enabled actions of a world, kept slot by slot and renewed only where a slot was touched.
pub struct Enabled<M: Model> {
    by_slot: Vec<Vec<Candidate<M>>>,
}

impl<M: Model> Enabled<M> {
    /// Everything that is possible in this world.
    pub fn new(world: &World<'_, M>) -> Self {
        let mut enabled = Self { by_slot: Vec::new() };
        enabled.by_slot.resize_with(world.slots().len(), Vec::new);
        for place in 0..world.slots().len() {
            enabled.renew(world, place);
        }
        enabled
    }

    /// Looks again at the slots that the last action touched.
    pub fn update(&mut self, world: &World<'_, M>, touched: &[usize]) {
        for (at, place) in touched.iter().enumerate() {
            if !touched[..at].contains(place) {
                self.renew(world, *place);
            }
        }
    }

    fn renew(&mut self, world: &World<'_, M>, place: usize) {
        let kept = &mut self.by_slot[place];
        kept.clear();
        let (slot, value) = (world.slots()[place], &world.values()[place]);
        M::offers(world.config(), slot, value, &mut Offers::names(kept));
    }

    /// Those that the budget affords, in canonical order.
    pub fn affordable<'e>(&'e self, world: &World<'_, M>, out: &mut Vec<&'e Candidate<M>>) {
        out.clear();
        out.extend(
            self.by_slot
                .iter()
                .flatten()
                .filter(|candidate| world.affords(candidate.spends)),
        );
    }
}
