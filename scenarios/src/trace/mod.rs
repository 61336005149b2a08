//! Owns the trace file: the decisions of a run by identity, with the scenario in which they were taken.
//!
//! A trace is the record of a run, a seed only a way to make one. Replay stops at the first decision that no longer fits
//! and says what differs.

mod divergence;
mod read;
mod replay;
mod write;

use std::collections::BTreeMap;

use checker::watch::Violation;
use models::config::Pace;
use models::faults::Fault;
use models::slots::{Slot, Value};
use models::{Kafka, World};
use ron::value::RawValue;
use serde::{Deserialize, Serialize};
use sim_core::trace::{Decision, deed, perform};
use sim_core::{Action, Broken, Digest, Scratch};

use crate::build::{Built, Refusal, build};
use crate::scenario::schema::{Clock, Scenario};

pub use divergence::{Difference, Divergence};
pub use replay::{Replay, Replayed, Stepped};
pub use write::write_whole;

/// The format of trace files that this build reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Counts the changes of rules after which older traces may no longer fit.
pub const RULES_REVISION: u32 = 1;

/// The version of this build.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

/// Every step up to this one has a digest.
const DIGESTS_ALL: usize = 200;
/// Behind it every so many.
const DIGESTS_EVERY: usize = 50;

/// What a trace says about itself.
#[derive(Clone, Debug)]
pub struct Header {
    /// Format of the file.
    pub format: u32,
    /// Version of the build that recorded it.
    pub build: String,
    /// Its [`RULES_REVISION`].
    pub rules_revision: u32,
    /// The preset under which it was recorded.
    pub preset: String,
    /// The seed of the run.
    pub seed: u64,
    /// Whether a clock ran: it changes where the run begins, and that heartbeats exist.
    pub clock: Clock,
    /// The trace that this one branched from or was shrunk from.
    pub parent: Option<String>,
    /// Why the trace is kept, in one line.
    pub why: Option<String>,
    /// What the last step violates.
    pub violated: Option<Violated>,
    /// Places with a name: the step after which the label stands.
    pub labels: BTreeMap<String, usize>,
    /// Fields that this build does not know, as they stood there.
    pub unknown: BTreeMap<String, Box<RawValue>>,
}

/// The violation that a trace shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violated {
    /// The property.
    pub property: String,
    /// The object concerned: `m1`, `t-0`.
    pub about: String,
    /// The step that broke it.
    pub step: usize,
    /// Why it does not hold, in one sentence.
    pub reason: String,
}

/// One decision of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// What happened, and the answers to its choices.
    pub decision: Decision<Kafka>,
    /// The digest of its effects; in long traces not every step has one.
    pub digest: Option<Digest>,
    /// For readers: the action, and the message that arrived.
    pub what: String,
}

/// A run that can be repeated.
#[derive(Clone, Debug)]
pub struct TraceFile {
    /// What it says about itself.
    pub header: Header,
    /// The scenario of the run.
    pub scenario: Scenario,
    /// Its decisions, numbered from 1 by their place.
    pub steps: Vec<TraceStep>,
}

/// A run as its driver saw it.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// The scenario, with everything that flags changed in it.
    pub scenario: &'r Scenario,
    /// Whether there was a clock.
    pub pace: Pace,
    /// The seed.
    pub seed: u64,
    /// All decisions.
    pub decisions: &'r [Decision<Kafka>],
    /// What the last one violated.
    pub violation: Option<&'r Violation>,
}

impl TraceFile {
    /// Performs a run again and writes it down.
    ///
    /// # Errors
    /// When the scenario cannot be simulated.
    ///
    /// # Panics
    /// When the decisions are not those of a run of this scenario.
    pub fn record(run: &Run<'_>) -> Result<Self, Refusal> {
        let built = build(run.scenario, Some(run.pace))?;
        let violated = run.violation.map(|violation| Violated {
            property: violation.property.to_owned(),
            about: violation.failure.about.clone(),
            step: run.decisions.len(),
            reason: violation.failure.reason.clone(),
        });
        let header = Header {
            format: FORMAT_VERSION,
            build: BUILD.to_owned(),
            rules_revision: RULES_REVISION,
            preset: run.scenario.preset.clone(),
            seed: run.seed,
            clock: clock(run.pace),
            parent: None,
            why: None,
            violated,
            labels: BTreeMap::new(),
            unknown: BTreeMap::new(),
        };
        Ok(Self {
            header,
            scenario: run.scenario.clone(),
            steps: steps(&built, run.decisions),
        })
    }

    /// The cluster of this trace.
    ///
    /// # Errors
    /// When its scenario cannot be simulated by this build.
    pub fn built(&self) -> Result<Built, Refusal> {
        build(&self.scenario, Some(self.pace()))
    }

    /// Whether a clock ran.
    pub fn pace(&self) -> Pace {
        match self.header.clock {
            Clock::On => Pace::Clock,
            Clock::Off => Pace::Free,
        }
    }

    /// The decisions, for engines that need nothing else.
    pub fn decisions(&self) -> Vec<Decision<Kafka>> {
        self.steps.iter().map(|step| step.decision.clone()).collect()
    }
}

fn clock(pace: Pace) -> Clock {
    match pace {
        Pace::Clock => Clock::On,
        Pace::Free => Clock::Off,
    }
}

/// Performs the decisions, and notes what each was and did.
fn steps(built: &Built, decisions: &[Decision<Kafka>]) -> Vec<TraceStep> {
    let mut world = built.initial();
    let mut scratch = Scratch::default();
    let count = decisions.len();
    let mut steps = Vec::with_capacity(count);
    for (at, decision) in decisions.iter().enumerate() {
        let what = what(&world, &decision.action);
        let performed = perform(&mut world, decision, &mut scratch);
        assert!(
            performed.is_ok(),
            "step {} of a run does not fit the run's own scenario",
            at + 1
        );
        let digest = has_digest(at + 1, count).then(|| deed(&scratch).digest);
        steps.push(TraceStep {
            decision: decision.clone(),
            digest,
            what,
        });
    }
    steps
}

fn has_digest(step: usize, last: usize) -> bool {
    step <= DIGESTS_ALL || step == last || step.is_multiple_of(DIGESTS_EVERY)
}

/// The text of an action, and of the message that it delivers.
pub fn what(world: &World<'_>, action: &Action<Kafka>) -> String {
    match arriving(world, action) {
        Some(message) => format!("{action}: {message}"),
        None => action.to_string(),
    }
}

fn arriving(world: &World<'_>, action: &Action<Kafka>) -> Option<String> {
    let queue = |slot: &Slot| match world.has(*slot).then(|| world.get(*slot)) {
        Some(Value::Queue(queue)) => Some(queue),
        _ => None,
    };
    match action {
        Action::Deliver(slot) if queue(slot)?.is_bounced() => Some("the connection is refused".to_owned()),
        Action::Deliver(slot) => Some(match queue(slot)?.head()? {
            Ok(msg) => msg.to_string(),
            Err(Broken) => "the connection is gone".to_owned(),
        }),
        Action::DeliverOverdue(slot) => queue(slot)?.overdue().map(ToString::to_string),
        Action::Fire(..) | Action::Command(..) | Action::Environment(_) => None,
    }
}

/// How many faults of each kind a trace spends.
///
/// # Errors
/// When its scenario cannot be simulated by this build.
pub fn what_is_spent(trace: &TraceFile) -> Result<Vec<(Fault, u8)>, Refusal> {
    let built = trace.built()?;
    let mut world = built.initial();
    let mut scratch = Scratch::default();
    let mut spent: BTreeMap<Fault, u8> = BTreeMap::new();
    for step in &trace.steps {
        let fault = world.find(&step.decision.action).and_then(|offer| offer.spends);
        if perform(&mut world, &step.decision, &mut scratch).is_err() {
            break;
        }
        if let Some(fault) = fault {
            *spent.entry(fault).or_default() += 1;
        }
    }
    Ok(spent.into_iter().collect())
}

#[cfg(test)]
mod tests;
