//! Random walks through any [`System`], and the shrinking of what they find. It knows nothing of Kafka: clusters are
//! sampled by [`explore`](crate::explore), which has habits of its own.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use sim_core::{Purpose, Stream};

use crate::search::{Trace, counted};
use crate::system::{Findings, Steps, System};

/// Seeds that are tried one after the other, each with a walk of its own.
///
/// In each state one of the possible actions is taken, all equally likely. The same seed is the same walk on every machine.
#[derive(Clone, Debug)]
pub struct Sampling {
    /// The seeds.
    pub seeds: Range<u64>,
    /// The longest that a walk may get, in steps.
    pub steps_max: usize,
}

/// What the walks came to.
pub struct Sampled<S: System> {
    /// Walks that were made.
    pub runs: u64,
    /// Steps that were taken in them.
    pub steps: u64,
    /// Witnesses that were reached, in the system's order.
    pub reached: Vec<&'static str>,
    /// The first violation: the walks end with it.
    pub found: Option<Violating<S>>,
}

/// A walk that ends in a violation.
pub struct Violating<S: System> {
    /// Its seed.
    pub seed: u64,
    /// The property.
    pub property: &'static str,
    /// The walk.
    pub trace: Trace<S>,
}

impl Sampling {
    /// Walks of at most a thousand steps from these seeds.
    pub fn seeds(seeds: Range<u64>) -> Self {
        Self {
            seeds,
            steps_max: 1_000,
        }
    }

    /// The same seeds with walks of at most so many steps.
    pub fn steps_max(self, steps_max: usize) -> Self {
        Self { steps_max, ..self }
    }

    /// Walks through `system` until a property is violated or the seeds are spent.
    pub fn run<S: System>(&self, system: &S) -> Sampled<S> {
        let mut sampled = Sampled {
            runs: 0,
            steps: 0,
            reached: Vec::new(),
            found: None,
        };
        for seed in self.seeds.clone() {
            let mut walk = Walk::new(system);
            let found = walk.run(seed, self.steps_max);
            sampled.runs += 1;
            sampled.steps += walk.steps_taken;
            sampled.reached.append(&mut walk.reached);
            if found.is_some() {
                sampled.found = found;
                break;
            }
        }
        let reached = std::mem::take(&mut sampled.reached);
        sampled.reached = system
            .witnesses()
            .into_iter()
            .filter(|witness| reached.contains(witness))
            .collect();
        sampled
    }
}

/// One walk.
struct Walk<'s, S: System> {
    system: &'s S,
    steps: Steps<S>,
    steps_taken: u64,
    reached: Vec<&'static str>,
}

impl<'s, S: System> Walk<'s, S> {
    fn new(system: &'s S) -> Self {
        Self {
            system,
            steps: Steps::default(),
            steps_taken: 0,
            reached: Vec::new(),
        }
    }

    fn run(&mut self, seed: u64, steps_max: usize) -> Option<Violating<S>> {
        let mut stream = Stream::new(seed, Purpose::Schedule);
        let mut state = stream.pick(&self.system.initial())?.clone();
        let mut trace = Trace::starting_in(state.clone());
        let mut property = self.judge(&state, Findings::default());
        while property.is_none() && trace.len() < steps_max {
            let steps = self.steps.of(self.system, &state);
            if steps.is_empty() {
                break;
            }
            let step = steps.swap_remove(stream.below(steps.len() as u64) as usize);
            self.steps_taken += 1;
            state = step.state.clone();
            trace.push(step.action, step.state);
            property = self.judge(&state, step.found);
        }
        property.map(|property| Violating { seed, property, trace })
    }

    /// The first property, in the system's order, that the step or the state violates.
    fn judge(&mut self, state: &S::State, mut found: Findings) -> Option<&'static str> {
        self.system.judge(state, &mut found);
        for witness in found.reached {
            if !self.reached.contains(&witness) {
                self.reached.push(witness);
            }
        }
        self.system
            .properties()
            .into_iter()
            .find(|property| found.violated.contains(property))
    }
}

impl<S: System> Violating<S> {
    /// The same violation with fewer steps: none of those that are left can be left out.
    ///
    /// A step is left out by taking the others in their order, as far as they are still possible.
    #[must_use]
    pub fn shrink(&self, system: &S) -> Self {
        let mut best = self.clone();
        let mut width = best.trace.len().div_ceil(2);
        while width > 0 {
            let mut from = 0;
            let before = best.trace.len();
            while from < best.trace.len() {
                match best.without(system, from..(from + width).min(best.trace.len())) {
                    Some(smaller) => best = smaller,
                    None => from += width,
                }
            }
            // Single steps are tried until none of them can be left out.
            width = if width == 1 && best.trace.len() < before {
                1
            } else {
                width / 2
            };
        }
        best
    }

    /// The walk without these steps, if it still violates the property, and is shorter.
    fn without(&self, system: &S, range: Range<usize>) -> Option<Self> {
        let start = self.trace.states().next()?;
        let kept = self
            .trace
            .actions()
            .enumerate()
            .filter(|(at, _)| !range.contains(at))
            .map(|(_, action)| action);
        let (mut walk, mut trace) = (Walk::new(system), Trace::starting_in(start.clone()));
        let mut violated = walk.judge(start, Findings::default());
        for action in kept {
            if violated.is_some() {
                break;
            }
            let steps = walk.steps.of(system, trace.last());
            let Some(at) = steps.iter().position(|step| step.action == *action) else {
                continue;
            };
            let step = steps.swap_remove(at);
            violated = walk.judge(&step.state, step.found);
            trace.push(step.action, step.state);
        }
        let smaller = violated == Some(self.property) && trace.len() < self.trace.len();
        smaller.then_some(Self {
            seed: self.seed,
            property: self.property,
            trace,
        })
    }
}

impl<S: System> Clone for Violating<S> {
    fn clone(&self) -> Self {
        Self {
            seed: self.seed,
            property: self.property,
            trace: self.trace.clone(),
        }
    }
}

/// The headline and one line per step.
impl<S: System> Display for Violating<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let steps = counted(self.trace.len() as u64, "step", "steps");
        write!(
            f,
            "seed {} violates {} in {steps}\n{}",
            self.seed, self.property, self.trace
        )
    }
}

/// What was tried and, if there is one, the violation.
impl<S: System> Display for Sampled<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (runs, steps) = (counted(self.runs, "run", "runs"), counted(self.steps, "step", "steps"));
        writeln!(f, "sampled    {runs}, {steps}")?;
        match &self.found {
            Some(found) => write!(f, "{found}"),
            None => writeln!(f, "no violation seen: that is no proof, other runs exist"),
        }
    }
}
