//! Owns the trial of one entry: is it found by sampling, and by an exhaustive search; and is the same scenario clean once
//! its safeguard is on?

use std::ops::ControlFlow;

use checker::cluster::{at_rest, interned};
use checker::compact::{Compact, CompactReport, CompactVerdict, Trouble};
use checker::explore::{Found, OnViolation, Plan, SAMPLERS, SamplerKind, Series, median, series};
use models::Kafka;
use models::config::Pace;
use models::faults::Fault;
use sim_core::trace::Decision;

use super::Bug;
use super::card::Kind;
use super::judge::{control, fault};
use crate::build::{Built, Refusal, build};
use crate::scenario::schema::{Faults, Scenario};
use crate::trace::what_is_spent;

/// How much a trial may take.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Series of runs, each from seeds of its own.
    pub seeds: u64,
    /// After so many events a series is given up.
    pub events: u64,
    /// The longest a run may get, in steps.
    pub steps: usize,
    /// Who picks the next action.
    pub sampler: SamplerKind,
    /// States of each exhaustive search; the round that passes them is finished.
    pub check_states: u64,
    /// Memory of each exhaustive search, in bytes.
    pub check_memory: u64,
    /// Events of the control runs together.
    pub control_events: u64,
    /// Threads; speed only.
    pub jobs: usize,
}

/// The control runs are this many series, so that several threads share them.
const CONTROL_SERIES: u64 = 16;

/// What sampling came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explored {
    /// Series that found it.
    pub found: u64,
    /// Series that were made.
    pub seeds: u64,
    /// Median events until it is found, series that were given up included; `None` when it lies above the bound.
    pub median_events: Option<u64>,
    /// After so many events a series was given up.
    pub events: u64,
    /// Who picked the actions.
    pub sampler: &'static str,
    /// The lowest seed that violates the property.
    pub first_seed: Option<u64>,
}

/// What an exhaustive search came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Whether the property is violated.
    pub found: bool,
    /// Steps of the shortest violation.
    pub shortest_steps: Option<usize>,
    /// Distinct states.
    pub distinct_states: u64,
    /// All states up to this many steps from the start were seen.
    pub complete_to: Option<usize>,
    /// Whether all states were seen.
    pub exhausted: bool,
    /// The faults that it had, a part of the scenario's.
    pub faults: Vec<(Fault, u8)>,
}

/// What the control runs came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Controlled {
    /// Events that were sampled, with the whole budget.
    pub events: u64,
    /// What they violate, and the seed.
    pub violated: Option<(&'static str, u64)>,
    /// The search, with the same part of the budget as that of the entry.
    pub search: Checked,
}

impl Controlled {
    /// Whether nothing is violated.
    pub fn is_clean(&self) -> bool {
        self.violated.is_none() && !self.search.found
    }
}

/// What a trial came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    /// Sampling.
    pub explore: Explored,
    /// Exhaustive search.
    pub check: Checked,
    /// The same scenario with its safeguard on; a risk that Kafka takes may have none.
    pub control: Option<Controlled>,
}

impl Tried {
    /// Whether either engine found it.
    pub fn is_caught(&self) -> bool {
        self.explore.found > 0 || self.check.found
    }

    /// Whether the control runs are clean, where there are any.
    pub fn is_clean(&self) -> bool {
        self.control.as_ref().is_none_or(Controlled::is_clean)
    }
}

/// Why a trial did not come to its end.
#[derive(Debug)]
pub enum Unfinished {
    /// Somebody asked it to stop.
    Interrupted,
    /// The scenario cannot be simulated.
    Refused(Refusal),
    /// The search could not write to the disk.
    Trouble(Trouble),
}

/// How far a trial is: what it does, and so many events or states.
pub type Watching<'w> = dyn FnMut(&'static str, u64) -> ControlFlow<()> + Send + 'w;

/// Tries one entry.
///
/// # Errors
/// When the watcher breaks it off, or a search cannot go on.
pub fn trial(bug: &Bug, effort: &Effort, watching: &mut Watching<'_>) -> Result<Tried, Unfinished> {
    let mutant = only(&bug.card.property, bug.scenario.clone());
    let explore = explored(bug, &mutant, effort, watching)?;
    let part = part(bug)?;
    let check = checked(with(&mutant, &part), effort, watching)?;
    let control = match (&bug.card.kind, bug.card.safeguard.is_empty()) {
        (Kind::Accepted(_), true) => None,
        (Kind::Entry | Kind::Mutation | Kind::Accepted(_), _) => Some(controlled(bug, &part, effort, watching)?),
    };
    Ok(Tried {
        explore,
        check,
        control,
    })
}

/// The scenario that looks at this property alone.
fn only(property: &str, mut scenario: Scenario) -> Scenario {
    scenario.properties = vec![property.to_owned()];
    scenario
}

fn with(scenario: &Scenario, faults: &Faults) -> Scenario {
    Scenario {
        faults: faults.clone(),
        ..scenario.clone()
    }
}

/// The part of the budget that an exhaustive search gets: as the card says, or what the regression trace spends.
fn part(bug: &Bug) -> Result<Faults, Unfinished> {
    let mut part = bug.scenario.faults.clone();
    let spent = match (&bug.regression, bug.card.check.is_empty()) {
        (_, false) => {
            let known = |(word, number): (&String, &u8)| Some((fault(word)?, *number));
            bug.card.check.iter().filter_map(known).collect()
        }
        (Some(trace), true) => what_is_spent(trace).map_err(Unfinished::Refused)?,
        (None, true) => return Ok(part),
    };
    let left = |wanted: Fault| {
        spent
            .iter()
            .find(|(fault, _)| *fault == wanted)
            .map_or(0, |(_, number)| *number)
    };
    for kind in Fault::ALL {
        match part.number_mut(*kind) {
            Some(number) => *number = left(*kind).min(*number),
            // Which of the commands a trace gives is its own matter: a search gets all of them or none.
            None if left(*kind) == 0 => part.admin.clear(),
            None => {}
        }
    }
    Ok(part)
}

fn built(scenario: &Scenario) -> Result<Built, Unfinished> {
    build(scenario, Some(Pace::Free)).map_err(Unfinished::Refused)
}

fn plan<'b>(built: &'b Built, sampler: SamplerKind, steps: usize, jobs: usize) -> Plan<'b> {
    Plan {
        config: &built.config,
        properties: &built.properties,
        step_properties: &built.step_properties,
        sampler,
        first_seed: 0,
        runs: 0,
        steps_max: steps,
        jobs,
        on_violation: OnViolation::KeepGoing,
        shard: (0, 1),
    }
}

/// Who samples an entry: its card decides before the call does.
fn sampler(bug: &Bug, effort: &Effort) -> (&'static str, SamplerKind) {
    let named = bug.card.explore.sampler.as_deref();
    let known = SAMPLERS
        .iter()
        .find(|(name, kind, _)| named.map_or(*kind == effort.sampler, |named| named == *name));
    let (name, kind, _) = known.expect("a card names only samplers that exist, and all kinds are listed");
    (name, *kind)
}

fn steps(bug: &Bug, effort: &Effort) -> usize {
    bug.card.explore.steps.map_or(effort.steps, |steps| steps as usize)
}

fn sampled(
    built: &Built,
    (bug, effort): (&Bug, &Effort),
    (count, events): (u64, u64),
    watched: (&'static str, &mut Watching<'_>),
) -> Result<Vec<Series>, Unfinished> {
    let (_, sampler) = sampler(bug, effort);
    let plan = plan(built, sampler, steps(bug, effort), effort.jobs);
    let (what, watching) = watched;
    let made = series(&plan, count, events, &mut |_, events| watching(what, events));
    if (made.len() as u64) < count {
        return Err(Unfinished::Interrupted);
    }
    Ok(made)
}

fn explored(
    bug: &Bug,
    mutant: &Scenario,
    effort: &Effort,
    watching: &mut Watching<'_>,
) -> Result<Explored, Unfinished> {
    let built = built(mutant)?;
    let events = bug.card.explore.events.unwrap_or(effort.events);
    let made = sampled(&built, (bug, effort), (effort.seeds, events), ("explore", watching))?;
    let found = |series: &Series| series.found.as_ref().map(|(seed, _)| *seed);
    Ok(Explored {
        found: made.iter().filter(|series| series.found.is_some()).count() as u64,
        seeds: effort.seeds,
        median_events: median(&made),
        events,
        sampler: sampler(bug, effort).0,
        first_seed: made.iter().find_map(found),
    })
}

fn search(
    built: &Built,
    effort: &Effort,
    what: &'static str,
    watching: &mut Watching<'_>,
) -> Result<CompactReport<Decision<Kafka>>, Unfinished> {
    let space = interned(&built.config, &built.properties, &built.step_properties);
    let space = space.resting(at_rest(&built.liveness));
    let search = Compact {
        threads: effort.jobs,
        max_states: Some(effort.check_states),
        max_memory: Some(effort.check_memory),
        ..Compact::default()
    };
    let mut flow = ControlFlow::Continue(());
    let report = search.run(&space, &mut |come| {
        flow = watching(what, come.states as u64);
        flow
    });
    let report = report.map_err(Unfinished::Trouble)?;
    if flow.is_break() {
        return Err(Unfinished::Interrupted);
    }
    Ok(report)
}

fn checked(mutant: Scenario, effort: &Effort, watching: &mut Watching<'_>) -> Result<Checked, Unfinished> {
    let report = search(&built(&mutant)?, effort, "check", watching)?;
    Ok(outcome(&report, &mutant.faults))
}

fn outcome(report: &CompactReport<Decision<Kafka>>, faults: &Faults) -> Checked {
    let steps = match &report.verdict {
        CompactVerdict::Violated { trace, .. } => Some(trace.len()),
        CompactVerdict::Holds | CompactVerdict::Inconclusive(_) => None,
    };
    Checked {
        found: steps.is_some(),
        shortest_steps: steps,
        distinct_states: report.states,
        complete_to: report.complete_to,
        exhausted: matches!(report.verdict, CompactVerdict::Holds),
        faults: faults.listed().collect(),
    }
}

/// The same scenario with its safeguard on, and with all properties that it looks at.
fn controlled(
    bug: &Bug,
    part: &Faults,
    effort: &Effort,
    watching: &mut Watching<'_>,
) -> Result<Controlled, Unfinished> {
    let scenario = control(bug);
    let whole = built(&scenario)?;
    let events = effort.control_events.div_ceil(CONTROL_SERIES);
    let made = sampled(&whole, (bug, effort), (CONTROL_SERIES, events), ("control", watching))?;
    let violated = |series: &Series| {
        let (seed, Found { violation, .. }) = series.found.as_ref()?;
        Some((violation.property, *seed))
    };
    let scenario = with(&scenario, part);
    let report = search(&built(&scenario)?, effort, "control", watching)?;
    Ok(Controlled {
        events: made.iter().map(|series| series.events).sum(),
        violated: made.iter().find_map(violated),
        search: outcome(&report, &scenario.faults),
    })
}
