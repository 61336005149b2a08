//! Smaller traces with the same violation: the same property about the same kind of object. Ends 1-minimal.

use models::actions::Event;
use models::config::Config;
use models::slots::Value;
use models::{Kafka, World};
use sim_core::trace::Decision;
use sim_core::{Action, Recorded, Scratch};

use crate::explore::Found;
use crate::watch::{Violation, Watch};

/// One pass over a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pass {
    /// What it tried to leave out.
    pub what: &'static str,
    /// Decisions before it.
    pub before: usize,
    /// Decisions after it.
    pub after: usize,
}

/// A trace that cannot be made smaller by leaving out one decision.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The violation and its decisions.
    pub found: Found,
    /// What each pass achieved.
    pub passes: Vec<Pass>,
    /// Candidates that were replayed.
    pub tries: u64,
    /// Whether the last word was spoken: no single decision can be left out.
    pub minimal: Minimal,
}

/// Whether a trace is 1-minimal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Minimal {
    /// Removing any one decision loses the violation.
    Proved,
    /// The tries ran out before that was known.
    Unknown,
}

/// Shrinks traces of one scenario.
pub struct Shrinker<'c> {
    config: &'c Config,
    initial: Vec<Value>,
    watch: &'c Watch,
    tries: u64,
    tries_max: u64,
}

impl<'c> Shrinker<'c> {
    /// A shrinker of runs that start here; it gives up after so many candidates.
    pub fn new(config: &'c Config, initial: Vec<Value>, watch: &'c Watch, tries_max: u64) -> Self {
        Self {
            config,
            initial,
            watch,
            tries: 0,
            tries_max,
        }
    }

    /// Makes a trace as small as leaving out and harmless choices can make it.
    pub fn shrink(mut self, found: &Found) -> Shrunk {
        let mut best = found.clone();
        let mut passes = Vec::new();
        let steps: [(&'static str, Attempt<'c>); 5] = [
            ("what happens after it or to no effect", Shrinker::replay_only),
            ("faults", Shrinker::drop_faults),
            ("stretches of decisions", Shrinker::drop_stretches),
            ("choices", Shrinker::zero_choices),
            ("single decisions", Shrinker::drop_singles),
        ];
        for (what, attempt) in steps {
            let before = best.decisions.len();
            attempt(&mut self, &mut best);
            passes.push(Pass {
                what,
                before,
                after: best.decisions.len(),
            });
        }
        let minimal = if self.tries < self.tries_max {
            Minimal::Proved
        } else {
            Minimal::Unknown
        };
        Shrunk {
            found: best,
            passes,
            tries: self.tries,
            minimal,
        }
    }

    /// Replays these decisions, leaving out what no longer fits. If the violation comes about, what remained of them.
    fn attempt(&mut self, decisions: &[Decision<Kafka>], wanted: &Violation) -> Option<Found> {
        if self.tries >= self.tries_max {
            return None;
        }
        self.tries += 1;
        let mut world = World::new(self.config);
        world.set_values(self.initial.clone());
        let mut scratch = Scratch::watching(self.watch.step_properties.clone());
        let mut kept = Vec::new();
        for decision in decisions {
            let Some(offer) = world.find(&decision.action) else {
                continue;
            };
            world.apply(&offer, &mut Recorded::new(&decision.choices), &mut scratch);
            let mut choices: Vec<u32> = scratch.choices.iter().map(|choice| choice.taken).collect();
            while choices.last() == Some(&0) {
                choices.pop();
            }
            kept.push(Decision {
                action: decision.action.clone(),
                choices,
            });
            if let Some(violation) = self.watch.after(&world, &scratch) {
                return violation.is_like(wanted).then_some(Found {
                    violation,
                    decisions: kept,
                });
            }
        }
        None
    }

    fn keep_if_smaller(&mut self, best: &mut Found, decisions: &[Decision<Kafka>]) -> bool {
        let wanted = best.violation.clone();
        match self.attempt(decisions, &wanted) {
            Some(found) if found.decisions.len() < best.decisions.len() => {
                *best = found;
                true
            }
            Some(_) | None => false,
        }
    }

    fn replay_only(&mut self, best: &mut Found) {
        let decisions = best.decisions.clone();
        self.keep_if_smaller(best, &decisions);
    }

    /// Each fault with the start that follows it, the last first.
    fn drop_faults(&mut self, best: &mut Found) {
        let mut at = best.decisions.len();
        while at > 0 {
            at = at.min(best.decisions.len()) - 1;
            if let Action::Environment(event) = best.decisions[at].action.clone() {
                let mut decisions = best.decisions.clone();
                decisions.remove(at);
                if let Some(again) = restarts(event)
                    && let Some(start) = decisions[at..].iter().position(|decision| decision.action == again)
                {
                    decisions.remove(at + start);
                }
                self.keep_if_smaller(best, &decisions);
            }
        }
    }

    /// Halves, quarters, eighths, ... (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
    fn drop_stretches(&mut self, best: &mut Found) {
        let mut width = best.decisions.len() / 2;
        while width > 1 {
            let mut from = 0;
            while from < best.decisions.len() {
                let to = (from + width).min(best.decisions.len());
                let decisions = [&best.decisions[..from], &best.decisions[to..]].concat();
                if !self.keep_if_smaller(best, &decisions) {
                    from += width;
                }
            }
            width /= 2;
        }
    }

    fn zero_choices(&mut self, best: &mut Found) {
        for at in 0..best.decisions.len() {
            let Some(decision) = best.decisions.get(at).filter(|decision| !decision.choices.is_empty()) else {
                continue;
            };
            let mut decisions = best.decisions.clone();
            decisions[at] = Decision {
                action: decision.action.clone(),
                choices: Vec::new(),
            };
            let wanted = best.violation.clone();
            if let Some(found) = self.attempt(&decisions, &wanted)
                && found.decisions.len() <= best.decisions.len()
            {
                *best = found;
            }
        }
    }

    /// One decision after the other, until none can be left out.
    fn drop_singles(&mut self, best: &mut Found) {
        let mut at = best.decisions.len();
        while at > 0 {
            at -= 1;
            let mut decisions = best.decisions.clone();
            decisions.remove(at);
            if self.keep_if_smaller(best, &decisions) {
                at = best.decisions.len();
            }
        }
    }
}

type Attempt<'c> = fn(&mut Shrinker<'c>, &mut Found);

/// The action that undoes a fault.
fn restarts(event: Event) -> Option<Action<Kafka>> {
    match event {
        Event::Kill(id) | Event::Power(id) | Event::Stop(id) => Some(Action::Environment(Event::Start(id))),
        Event::Pause(id) => Some(Action::Environment(Event::Resume(id))),
        Event::Stall(id) => Some(Action::Environment(Event::Unstall(id))),
        Event::Cut(a, b) | Event::CutOneWay(a, b) => Some(Action::Environment(Event::Heal(a, b))),
        Event::Start(_) | Event::PowerAll | Event::Wipe(_) | Event::Resume(_) | Event::Unstall(_) => None,
        Event::FailDisk(_) | Event::FillDisk(_) | Event::Heal(..) | Event::Reset(..) | Event::Late(..) => None,
        Event::KillServer(down) => Some(Action::Environment(Event::StartServer(down - 1))),
        Event::KillController(id) | Event::StopController(id) => Some(Action::Environment(Event::StartController(id))),
        Event::PauseController(id) => Some(Action::Environment(Event::ResumeController(id))),
        Event::StartController(_) | Event::ResumeController(_) => None,
        Event::Merge(_) | Event::StartServer(_) => None,
    }
}
