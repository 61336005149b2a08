//! One search of one quorum, whatever protocol it runs: what came out, and a counterexample in words.

use std::ops::{ControlFlow, Range};

use models::quorum::Quorum;
use sim_core::trace::{Decision, perform};
use sim_core::{Action, Arrival, Input, Op, Registered, Scratch, StepProperty, World};

use super::sampling::sample;
use super::{Draw, Grain, Sampled, raft, zab};
use crate::compact::{Compact, CompactReport, CompactVerdict, Trouble};
use crate::interned::{Answers, AtRest, Interned, Shareable, Witnessing};
use crate::search::Progress;

/// A quorum that can be searched.
pub enum Subject {
    /// The metadata quorum.
    Raft(models::raft::Config),
    /// The ZooKeeper ensemble.
    Zab(models::zab::Config),
}

/// What a search found.
pub struct Searched {
    /// Verdict and counts; the trace of the verdict is in words.
    pub report: CompactReport<Step>,
    /// Why the property does not hold at the end of that trace.
    pub reason: Option<String>,
    /// The slot that had most values, and how many.
    pub widest: (String, usize),
}

/// One step of a counterexample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What happens.
    pub action: String,
    /// What is announced then.
    pub facts: Vec<String>,
}

/// What is judged in a model, and what its searches need.
pub(super) struct Judged<M: Shareable> {
    pub(super) properties: Vec<Registered<M>>,
    pub(super) steps: Vec<StepProperty<M>>,
    pub(super) at_rest: AtRest<M>,
    pub(super) witnesses: Vec<&'static str>,
    pub(super) witnessing: Witnessing<M>,
    pub(super) answers: Answers<M>,
}

impl<M: Shareable> Judged<M> {
    /// All properties, or one.
    fn restricted(mut self, only: Option<&str>) -> Self {
        if let Some(name) = only {
            self.properties.retain(|property| property.name == name);
            self.steps.retain(|property| property.name == name);
            self.at_rest.properties.retain(|(known, _)| *known == name);
        }
        self
    }

    /// Why the last action left a world in which this property does not hold.
    fn reason(&self, property: &str, world: &World<'_, M>, scratch: &Scratch<M>) -> Option<String> {
        let step = scratch.failures.iter().find(|(name, _)| *name == property);
        let of_state = || {
            let instances = self.properties.iter().filter(|known| known.name == property);
            let mut instances = instances.flat_map(|known| (known.instances)(world.config()));
            instances.find_map(|instance| {
                let values: Vec<&M::Value> = instance.slots.iter().map(|slot| world.get(*slot)).collect();
                (instance.check)(world.config(), &values).err()
            })
        };
        let at_rest = || {
            let mut known = self.at_rest.properties.iter().filter(|(name, _)| *name == property);
            known.find_map(|(_, check)| check(world).err())
        };
        let failure = step
            .map(|(_, failure)| failure.clone())
            .or_else(of_state)
            .or_else(at_rest);
        failure.map(|failure| failure.reason)
    }
}

impl Subject {
    /// Runs these seeds from the settled state, and says in how many of them a property broke: any, or one.
    pub fn sample(&self, only: Option<&str>, draw: Draw, seeds: Range<u64>) -> Sampled {
        match self {
            Self::Raft(config) => {
                let start = models::raft::settle::settled(config);
                sample(&start, &raft::judged(config).restricted(only), draw, seeds)
            }
            Self::Zab(config) => {
                let start = models::zab::settle::settled(config);
                sample(&start, &zab::judged().restricted(only), draw, seeds)
            }
        }
    }

    /// Searches the quorum from its settled state, all properties or one, and tells `watch` how far it has come.
    ///
    /// # Errors
    /// When a frontier that does not fit into memory cannot be written to a temporary file.
    pub fn search(
        &self,
        only: Option<&str>,
        grain: Grain,
        bounds: &Compact,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Searched, Trouble> {
        match self {
            Self::Raft(config) => {
                let start = models::raft::settle::settled(config);
                search(start, raft::judged(config).restricted(only), grain, bounds, watch)
            }
            Self::Zab(config) => {
                let start = models::zab::settle::settled(config);
                search(start, zab::judged().restricted(only), grain, bounds, watch)
            }
        }
    }
}

fn search<M: Shareable + Quorum>(
    start: World<'_, M>,
    judged: Judged<M>,
    grain: Grain,
    bounds: &Compact,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Searched, Trouble> {
    let witnesses = judged.witnesses.clone();
    let space = Interned::new(
        start.clone(),
        &judged.properties,
        &judged.steps,
        witnesses,
        judged.witnessing,
    );
    let space = space.resting(AtRest {
        goes_on: judged.at_rest.goes_on,
        properties: judged.at_rest.properties.clone(),
    });
    let space = match grain {
        Grain::Fine => space,
        Grain::RoundTrips => space.with_round_trips(judged.answers),
    };
    let report = bounds.run(&space, watch)?;
    let (verdict, reason) = match &report.verdict {
        CompactVerdict::Violated { property, trace } => {
            let (trace, reason) = told(start, &judged, property, trace);
            (CompactVerdict::Violated { property, trace }, reason)
        }
        CompactVerdict::Holds => (CompactVerdict::Holds, None),
        CompactVerdict::Inconclusive(stopped) => (CompactVerdict::Inconclusive(*stopped), None),
    };
    let widest = space.values_per_slot().into_iter().next();
    Ok(Searched {
        widest: widest.map_or((String::new(), 0), |(slot, count)| (slot.to_string(), count)),
        reason,
        report: CompactReport {
            verdict,
            states: report.states,
            transitions: report.transitions,
            levels: report.levels,
            complete_to: report.complete_to,
            frontier: report.frontier,
            digest: report.digest,
            properties: report.properties,
            witnesses: report.witnesses,
            kinds: report.kinds,
            exact: report.exact,
            memory: report.memory,
        },
    })
}

/// A trace in words, and why it ends badly.
fn told<M: Shareable + Quorum>(
    mut world: World<'_, M>,
    judged: &Judged<M>,
    property: &str,
    trace: &[Decision<M>],
) -> (Vec<Step>, Option<String>) {
    let mut scratch = Scratch::watching(judged.steps.clone());
    let mut steps = Vec::new();
    for decision in trace {
        let action = in_words(&world, decision);
        perform(&mut world, decision, &mut scratch).expect("a search replays its own trace");
        let facts = scratch.ops.iter().filter_map(|(_, op)| match op {
            Op::Record(node, fact) => Some(format!("{node} {fact}")),
            _ => None,
        });
        let choices = scratch.choices.iter().filter(|choice| choice.taken > 0);
        let choices: Vec<String> = choices
            .map(|choice| format!("{}: {}", choice.what, choice.taken))
            .collect();
        let action = match &choices[..] {
            [] => action,
            some => format!("{action} ({})", some.join(", ")),
        };
        let facts = facts.collect();
        steps.push(Step { action, facts });
    }
    let reason = judged.reason(property, &world, &scratch);
    (steps, reason)
}

/// What a decision is about to do.
fn in_words<M: Quorum>(world: &World<'_, M>, decision: &Decision<M>) -> String {
    let offer = world.find(&decision.action);
    let arrived = offer.as_ref().and_then(|offer| offer.steps.first());
    match (&decision.action, arrived) {
        (_, Some((to, Input::Received { from, msg, arrival }))) => {
            let late = match arrival {
                Arrival::InOrder => "",
                Arrival::Overdue => "late, ",
            };
            format!("{from} -> {to}: {late}{msg}")
        }
        (Action::Deliver(slot), _) => format!("{slot}: the connection is gone"),
        (action, _) => action.to_string(),
    }
}
