//! What all runs together came to, in the order of their seeds: the same for every number of threads.

use std::collections::BTreeSet;

use models::faults::Fault;
use models::features::readable;

use super::run::{Found, Outcome};
use super::{OnViolation, Plan};
use crate::witness::{self, Reached};

/// The result of a plan.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The lowest seed with a violation, and the violation.
    pub first: Option<(u64, Found)>,
    /// How many of the seeds tried had one (with `KeepGoing`, of all seeds).
    pub failing: u64,
    /// Events of each run with a violation, that run alone, in the order of seeds.
    pub events_to: Vec<u64>,
    /// Seeds tried.
    pub runs: u64,
    /// Actions performed.
    pub events: u64,
    /// How thorough it was.
    pub thoroughness: Thoroughness,
    /// Whether it was stopped from outside.
    pub interrupted: bool,
}

/// How thorough the runs were.
#[derive(Clone, Debug, Default)]
pub struct Thoroughness {
    /// Fault kinds that the budget has, and those that happened.
    pub faults: Vec<(Fault, bool)>,
    /// Switches there are, and those that were read.
    pub switches: (usize, usize),
    /// Those that were read, a bit each, in the order of `Features::TABLE`.
    pub reads: u64,
    /// Witnesses that were reached.
    pub reached: Reached,
    /// Distinct states passed by the runs that were looked at (every sixteenth).
    pub states: u64,
    /// How many of them were new per thousand runs looked at, over the last thousand runs.
    pub new_states: u64,
}

impl Tried {
    pub(super) fn of(plan: &Plan<'_>, mut outcomes: Vec<(u64, Outcome)>, interrupted: bool) -> Self {
        outcomes.sort_by_key(|(at, _)| *at);
        if plan.on_violation == OnViolation::Stop
            && let Some(first) = outcomes.iter().position(|(_, outcome)| outcome.found.is_some())
        {
            outcomes.truncate(first + 1);
        }
        let mut tried = Self {
            first: None,
            failing: 0,
            events_to: Vec::new(),
            runs: outcomes.len() as u64,
            events: 0,
            thoroughness: thoroughness(plan, &outcomes),
            interrupted,
        };
        for (_, outcome) in outcomes {
            tried.events += outcome.events;
            if let Some(found) = outcome.found {
                tried.failing += 1;
                tried.events_to.push(outcome.events);
                tried.first.get_or_insert((outcome.seed, found));
            }
        }
        tried
    }
}

fn thoroughness(plan: &Plan<'_>, outcomes: &[(u64, Outcome)]) -> Thoroughness {
    let (mut reached, mut fired, mut reads) = (Reached::default(), 0, 0);
    let mut states: BTreeSet<u64> = BTreeSet::new();
    let mut grown = Vec::new();
    for (at, outcome) in outcomes {
        reached.0 |= outcome.reached.0;
        fired |= outcome.fired;
        reads |= outcome.reads;
        if let Some(passed) = &outcome.states {
            let before = states.len();
            states.extend(passed);
            grown.push((*at, (states.len() - before) as u64));
        }
    }
    let last = outcomes.last().map_or(0, |(at, _)| *at);
    let window: Vec<u64> = grown
        .iter()
        .filter(|(at, _)| *at + 1000 > last)
        .map(|(_, new)| *new)
        .collect();
    // New states per run looked at, times a thousand.
    let new_states = if window.is_empty() {
        0
    } else {
        window.iter().sum::<u64>() * 1000 / window.len() as u64
    };
    let budget = plan.config.faults.iter().filter(|(_, budget)| budget.allows());
    Thoroughness {
        faults: budget
            .map(|(fault, _)| (fault, fired & (1 << fault as u32) != 0))
            .collect(),
        switches: (readable(plan.config.control), reads.count_ones() as usize),
        reads,
        reached,
        states: states.len() as u64,
        new_states,
    }
}

impl Thoroughness {
    /// Witnesses that were never reached.
    pub fn unreached(&self) -> impl Iterator<Item = &'static str> + '_ {
        witness::ALL
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !self.reached.has(name))
    }
}
