//! One run from one seed: a sampler picks actions until nothing is left to do, a property breaks, or the run is too long.

use std::cell::Cell;
use std::collections::BTreeSet;

use models::config::Config;
use models::faults::Fault;
use models::settle::settled;
use models::slots::Value;
use models::{Kafka, World};
use sim_core::trace::Decision;
use sim_core::{Candidate, Enabled, Purpose, Sampler, Scratch, Seeded, Stream};

use super::class_uniform::ClassUniform;
use super::pct::Pct;
use super::pos::Pos;
use super::swarm::Swarm;
use super::timed::TimedRun;
use super::uniform::Uniform;
use super::{Plan, SamplerKind};
use crate::watch::{Violation, Watch};
use crate::witness::Reached;

thread_local! {
    static SEED_UNDER_WAY: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The seed of the run that this thread is in, so that a crash in it can be repeated. No run reads it.
pub fn seed_under_way() -> Option<u64> {
    SEED_UNDER_WAY.get()
}

/// Every so many runs the states passed are counted.
const STATES_EVERY: u64 = 16;

/// A violation and the decisions that led to it.
#[derive(Clone, Debug)]
pub struct Found {
    /// What does not hold.
    pub violation: Violation,
    /// All decisions up to it, the last one included.
    pub decisions: Vec<Decision<Kafka>>,
}

/// What one run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Actions performed.
    pub events: u64,
    /// The violation, if there was one.
    pub found: Option<Found>,
    /// Witnesses reached.
    pub reached: Reached,
    /// Fault kinds that happened, a bit each.
    pub fired: u32,
    /// Fingerprints of the states passed, in some runs only.
    pub states: Option<BTreeSet<u64>>,
    /// Switches read, while settling or in the run, a bit each.
    pub reads: u64,
}

/// Runs one seed after the other on the same settled cluster.
pub struct Runner<'c> {
    config: &'c Config,
    initial: Vec<Value>,
    /// Switches read while settling.
    reads: u64,
    watch: Watch,
    sampler: SamplerKind,
    steps_max: usize,
}

impl<'c> Runner<'c> {
    /// Prepares runs of this plan from the settled cluster, on a configuration of its own.
    pub fn new(config: &'c Config, plan: &Plan<'_>) -> Self {
        Self::starting(config, plan, settled(config).values())
    }

    /// Prepares runs of this plan from this state. The configuration counts which switches are read: those that settling
    /// reads count for every run.
    pub fn starting(config: &'c Config, plan: &Plan<'_>, initial: &[Value]) -> Self {
        config.reads.take();
        settled(config);
        let mut world = World::new(config);
        world.set_values(initial.to_vec());
        let watch = Watch::new(&world, plan.properties, plan.step_properties);
        Self {
            config,
            watch,
            reads: config.reads.take(),
            initial: world.into_values(),
            sampler: plan.sampler,
            steps_max: plan.steps_max,
        }
    }

    /// All decisions of the run of this seed, whether it violates something or not.
    pub fn decisions(&mut self, seed: u64) -> Vec<Decision<Kafka>> {
        self.journal(seed, 1).1
    }

    /// The run of this seed, the `at`-th of its plan.
    pub fn run(&mut self, seed: u64, at: u64) -> Outcome {
        self.journal(seed, at).0
    }

    fn journal(&mut self, seed: u64, at: u64) -> (Outcome, Vec<Decision<Kafka>>) {
        SEED_UNDER_WAY.set(Some(seed));
        let mut world = World::new(self.config);
        world.set_values(self.initial.clone());
        let mut journal = Journal {
            watch: &self.watch,
            outcome: Outcome {
                seed,
                ..Outcome::default()
            },
            decisions: Vec::new(),
            steps_max: self.steps_max,
        };
        if at.is_multiple_of(STATES_EVERY) {
            journal.outcome.states = Some(BTreeSet::new());
        }
        match self.sampler {
            SamplerKind::Swarm => self.sample(&mut world, Swarm::new(self.config, seed), seed, &mut journal),
            SamplerKind::Uniform => self.sample(&mut world, Uniform, seed, &mut journal),
            SamplerKind::ClassUniform => self.sample(&mut world, ClassUniform::default(), seed, &mut journal),
            SamplerKind::Pos => self.sample(&mut world, Pos::new(self.config, seed), seed, &mut journal),
            SamplerKind::Pct => self.sample(&mut world, Pct::new(self.config, seed), seed, &mut journal),
            SamplerKind::Timed => TimedRun::new(world, seed, &self.watch).run(&mut journal),
        }
        SEED_UNDER_WAY.set(None);
        journal.outcome.reads = self.reads | self.config.reads.take();
        let found = journal.outcome.found.as_ref().map(|found| found.decisions.clone());
        let decisions = found.unwrap_or(journal.decisions);
        (journal.outcome, decisions)
    }

    fn sample(&self, world: &mut World<'c>, mut sampler: impl Sampler<Kafka>, seed: u64, journal: &mut Journal<'_>) {
        let mut schedule = Stream::new(seed, Purpose::Schedule);
        let mut choices = Stream::new(seed, Purpose::Choices);
        let mut scratch = Scratch::watching(self.watch.step_properties.clone());
        let mut enabled = Enabled::new(world);
        loop {
            let mut candidates: Vec<&Candidate<Kafka>> = Vec::new();
            enabled.affordable(world, &mut candidates);
            if candidates.is_empty() {
                return;
            }
            let Some(picked) = sampler.pick(&candidates, &mut schedule) else {
                return;
            };
            let candidate = candidates[picked];
            let offer = world.find(&candidate.action).expect("a listed action is possible");
            world.apply(&offer, &mut Seeded(&mut choices), &mut scratch);
            if journal.note(world, &scratch, &candidate.action, candidate.spends) == Going::Ends {
                return;
            }
            enabled.update(world, &scratch.touched);
        }
    }
}

/// Whether a run goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Going {
    /// It does.
    On,
    /// It has come to its end.
    Ends,
}

/// What is written down about a run.
pub(super) struct Journal<'w> {
    watch: &'w Watch,
    outcome: Outcome,
    decisions: Vec<Decision<Kafka>>,
    steps_max: usize,
}

impl Journal<'_> {
    pub(super) fn note(
        &mut self,
        world: &World<'_>,
        scratch: &Scratch<Kafka>,
        action: &sim_core::Action<Kafka>,
        spends: Option<Fault>,
    ) -> Going {
        let mut answers: Vec<u32> = scratch.choices.iter().map(|choice| choice.taken).collect();
        while answers.last() == Some(&0) {
            answers.pop();
        }
        self.decisions.push(Decision {
            action: action.clone(),
            choices: answers,
        });
        self.outcome.events += 1;
        self.outcome.reached.note(world.config(), scratch);
        if let Some(fault) = spends {
            self.outcome.fired |= 1 << fault as u32;
        }
        if let Some(states) = &mut self.outcome.states {
            states.insert(world.fingerprint());
        }
        if let Some(violation) = self.watch.after(world, scratch) {
            let decisions = std::mem::take(&mut self.decisions);
            self.outcome.found = Some(Found { violation, decisions });
            return Going::Ends;
        }
        if self.decisions.len() >= self.steps_max {
            Going::Ends
        } else {
            Going::On
        }
    }
}
