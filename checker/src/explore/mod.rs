//! Sampling: many seeds, each a run of its own; the lowest seed that violates a property, whatever the thread count.

mod aggregate;
mod run;
mod series;
mod swarm;
mod timed;
mod uniform;

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use models::Kafka;
use models::config::Config;
use models::settle::settled;
use models::slots::Value;
use sim_core::{Registered, StepProperty};

pub use aggregate::{Thoroughness, Tried};
pub use run::{Found, Outcome, Runner, seed_under_way};
pub use series::{Series, median, series};

/// Which sampler picks the next action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SamplerKind {
    /// Each run draws its own fault kinds and weights.
    Swarm,
    /// All enabled actions are equally likely.
    Uniform,
    /// A virtual clock with random latencies; faults at random times.
    Timed,
}

/// All samplers, with their meaning.
pub const SAMPLERS: &[(&str, SamplerKind, &str)] = &[
    (
        "swarm",
        SamplerKind::Swarm,
        "each run draws its own fault kinds and weights (default)",
    ),
    (
        "uniform",
        SamplerKind::Uniform,
        "all enabled actions are equally likely",
    ),
    (
        "timed",
        SamplerKind::Timed,
        "a virtual clock with random latencies; faults at random times",
    ),
];

/// What to explore.
#[derive(Clone)]
pub struct Plan<'p> {
    /// The cluster, with its fault budget.
    pub config: &'p Config,
    /// Properties of states.
    pub properties: &'p [Registered<Kafka>],
    /// Properties of steps.
    pub step_properties: &'p [StepProperty<Kafka>],
    /// How actions are picked.
    pub sampler: SamplerKind,
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds.
    pub runs: u64,
    /// The longest a run may get.
    pub steps_max: usize,
    /// Threads; speed only.
    pub jobs: usize,
    /// Whether the runs end with the first violation.
    pub on_violation: OnViolation,
    /// Which part of the seeds: this one of so many.
    pub shard: (u64, u64),
}

/// What a violation does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnViolation {
    /// Seeds above it are not tried.
    Stop,
    /// All seeds are tried.
    KeepGoing,
}

/// How far the runs have come: seeds tried, events.
pub type Watching<'w> = dyn FnMut(u64, u64) -> ControlFlow<()> + Send + 'w;

/// So many runs lie between two looks at the watch.
const WATCH_EVERY: u64 = 16;

/// Tries all seeds of a plan, each from the settled cluster.
pub fn explore(plan: &Plan<'_>, watching: &mut Watching<'_>) -> Tried {
    explore_from(plan, settled(plan.config).values(), watching)
}

/// Tries all seeds of a plan, each from this state.
pub fn explore_from(plan: &Plan<'_>, initial: &[Value], watching: &mut Watching<'_>) -> Tried {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let (events, lowest) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let stop = AtomicBool::new(false);
    let outcomes = Mutex::new(Vec::new());
    let watching = Mutex::new(watching);
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            scope.spawn(|| {
                let config = plan.config.clone();
                let mut runner = Runner::starting(&config, plan, initial);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let skip = at > lowest.load(Ordering::Relaxed) && plan.on_violation == OnViolation::Stop;
                    if at >= plan.runs || skip || stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if at % plan.shard.1 != plan.shard.0 {
                        continue;
                    }
                    let outcome = runner.run(plan.first_seed.wrapping_add(at), at);
                    if outcome.found.is_some() {
                        lowest.fetch_min(at, Ordering::Relaxed);
                    }
                    let events = events.fetch_add(outcome.events, Ordering::Relaxed);
                    outcomes
                        .lock()
                        .expect("no thread panics while it holds the outcomes")
                        .push((at, outcome));
                    if done.fetch_add(1, Ordering::Relaxed).is_multiple_of(WATCH_EVERY) {
                        let mut watching = watching.lock().expect("the watcher does not panic");
                        if watching(at, events).is_break() {
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let interrupted = stop.load(Ordering::Relaxed);
    Tried::of(plan, outcomes.into_inner().expect("as above"), interrupted)
}
