//! Random runs of a quorum: in how many of them something breaks, and after how many steps.

use std::ops::Range;

use models::quorum::{Fault, Quorum};
use sim_core::{Action, Candidate, Enabled, Purpose, Sampler, Scratch, Seeded, Stream, World};

use super::subject::Judged;
use crate::interned::Shareable;

/// How the next action is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Draw {
    /// All that is possible is equally likely.
    Uniform,
    /// Each run prefers some kinds of actions to others.
    Swarm,
}

/// What came of many runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sampled {
    /// Runs.
    pub runs: u64,
    /// Those in which the property broke.
    pub found: u64,
    /// The median number of steps to that, the lower one of two.
    pub steps_median: Option<usize>,
}

/// A run ends after so many steps.
const STEPS_MAX: usize = 400;

/// Kinds of actions that a run prefers or avoids together.
const KINDS: usize = 6;

/// Draws by the weight of the kind of an action.
struct Weighted {
    weights: [u64; KINDS],
}

impl Weighted {
    fn new(draw: Draw, stream: &mut Stream) -> Self {
        let weights = match draw {
            Draw::Uniform => [1; KINDS],
            Draw::Swarm => [(); KINDS].map(|()| 1 << (2 * stream.below(4))),
        };
        Self { weights }
    }

    fn kind<M: Quorum>(candidate: &Candidate<M>) -> usize {
        match (&candidate.action, candidate.spends) {
            (Action::Deliver(_) | Action::DeliverOverdue(_), _) => 0,
            (Action::Fire(..), None) => 1,
            (Action::Fire(..), Some(_)) => 2,
            (_, Some(Fault::Write(_))) => 3,
            (_, Some(Fault::Of(_))) => 4,
            (Action::Command(..) | Action::Environment(_), None) => 5,
        }
    }
}

impl<M: Quorum> Sampler<M> for Weighted {
    fn pick(&mut self, candidates: &[&Candidate<M>], stream: &mut Stream) -> Option<usize> {
        let weight = |candidate: &&Candidate<M>| self.weights[Self::kind(candidate)];
        let mut left = stream.below(candidates.iter().map(weight).sum());
        candidates.iter().position(|candidate| {
            let weight = weight(candidate);
            let picked = left < weight;
            left = left.saturating_sub(weight);
            picked
        })
    }
}

/// Runs these seeds. What must hold at rest is not looked at.
pub(super) fn sample<M: Shareable + Quorum>(
    start: &World<'_, M>,
    judged: &Judged<M>,
    draw: Draw,
    seeds: Range<u64>,
) -> Sampled {
    let runs = seeds.end.saturating_sub(seeds.start);
    let mut steps: Vec<usize> = seeds.filter_map(|seed| run(start, judged, draw, seed)).collect();
    steps.sort_unstable();
    Sampled {
        runs,
        found: steps.len() as u64,
        steps_median: steps.get(steps.len().saturating_sub(1) / 2).copied(),
    }
}

/// One run: after how many steps something broke, if it did.
fn run<M: Shareable + Quorum>(start: &World<'_, M>, judged: &Judged<M>, draw: Draw, seed: u64) -> Option<usize> {
    let mut world = start.clone();
    let mut schedule = Stream::new(seed, Purpose::Schedule);
    let mut choices = Stream::new(seed, Purpose::Choices);
    let mut sampler = Weighted::new(draw, &mut Stream::new(seed, Purpose::Faults));
    let mut scratch = Scratch::watching(judged.steps.clone());
    let mut enabled = Enabled::new(&world);
    let instances: Vec<_> = judged
        .properties
        .iter()
        .flat_map(|property| (property.instances)(world.config()))
        .collect();
    for step in 1..=STEPS_MAX {
        let mut candidates = Vec::new();
        enabled.affordable(&world, &mut candidates);
        if candidates.is_empty() {
            return None;
        }
        let picked = sampler.pick(&candidates, &mut schedule)?;
        let offer = world
            .find(&candidates[picked].action)
            .expect("a listed action is possible");
        world.apply(&offer, &mut Seeded(&mut choices), &mut scratch);
        let breaks = |instance: &sim_core::Instance<M>| {
            let values: Vec<&M::Value> = instance.slots.iter().map(|slot| world.get(*slot)).collect();
            (instance.check)(world.config(), &values).is_err()
        };
        if !scratch.failures.is_empty() || instances.iter().any(breaks) {
            return Some(step);
        }
        enabled.update(&world, &scratch.touched);
    }
    None
}
