//! Timed sampling: the discrete-event scheduler with random latencies; faults and orders come at random times.

use models::{Kafka, World, latency};
use sim_core::{Action, Offer, Purpose, Seeded, Span, Stream, Timed};

use super::run::{Going, Journal};
use crate::watch::Watch;

/// So long without anything to do, and a run is over.
const QUIET: Span = Span::from_s(60);

/// The mean time between two things that the environment or a client does.
const BETWEEN: Span = Span::from_ms(1_500);

/// One run with a clock.
pub struct TimedRun<'m> {
    timed: Timed<'m, Kafka>,
    choices: Stream,
    faults: Stream,
}

impl<'m> TimedRun<'m> {
    pub(super) fn new(world: World<'m>, seed: u64, watch: &Watch) -> Self {
        let mut timed = Timed::new(world, seed, latency);
        timed.scratch.step_properties.clone_from(&watch.step_properties);
        let (choices, faults) = (Stream::new(seed, Purpose::Choices), Stream::new(seed, Purpose::Faults));
        Self { timed, choices, faults }
    }

    pub(super) fn run(mut self, journal: &mut Journal<'_>) {
        let mut injection = self.timed.now();
        let mut last = self.timed.now();
        while injection.saturating_since(last) < QUIET {
            injection += Span::from_us(self.faults.range(0..=2 * BETWEEN.as_us()));
            while let Some(action) = self.timed.advance(injection, &mut Seeded(&mut self.choices)) {
                last = self.timed.now();
                if journal.note(&self.timed.world, &self.timed.scratch, &action, None) == Going::Ends {
                    return;
                }
            }
            self.timed.wait_until(injection);
            let Some(offer) = self.pick() else { continue };
            last = injection;
            self.timed.perform(&offer, &mut Seeded(&mut self.choices));
            if journal.note(&self.timed.world, &self.timed.scratch, &offer.action, offer.spends) == Going::Ends {
                return;
            }
        }
    }

    /// Something that does not happen by itself.
    fn pick(&mut self) -> Option<Offer<Kafka>> {
        let mut offers = Vec::new();
        self.timed.world.enabled(&mut offers);
        offers.retain(|offer| matches!(offer.action, Action::Environment(_) | Action::Command(..)));
        if offers.is_empty() {
            return None;
        }
        let picked = self.faults.below(offers.len() as u64) as usize;
        Some(offers.swap_remove(picked))
    }
}
