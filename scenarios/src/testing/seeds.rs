//! Owns the seeds of one scenario as a test: what they come to, and what is said and kept of the one that fails.

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use checker::explore::{Found, OnViolation, Plan, SamplerKind, explore};
use checker::narrate::{Layout, Tale, page, violated};
use checker::shrink::{Minimal, Shrinker};
use checker::watch::Watch;
use checker::witness::Reached;
use models::Kafka;
use models::config::Pace;
use sim_core::{Registered, StepProperty};

use super::{Subject, Unusable};
use crate::build::{Built, Refusal, build};
use crate::expect::{Meeting, Verdict, meets};
use crate::player::{Options, Until, play};
use crate::scenario::schema::{Expectation, Scenario, Start};
use crate::trace::{Run, TraceFile};

/// Runs are cut off here where the scenario does not say.
const STEPS_MAX: u64 = 1_000;
/// Replays that shrinking may cost.
const TRIES_MAX: u64 = 20_000;
/// Steps of a trace that a test's output shows.
const STEPS_SHOWN: usize = 16;

/// Seeds that came to what the scenario expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Seeds that were run; with an expected violation those up to the first one that has it.
    pub runs: u64,
    /// The seed of the violation that was expected, if it came.
    pub seed: Option<u64>,
}

/// Seeds that did not.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The scenario as it was given.
    pub subject: String,
    /// The seeds.
    pub seeds: Range<u64>,
    /// What came instead.
    pub why: Why,
}

/// What came instead of what was expected.
#[derive(Clone, Debug)]
pub enum Why {
    /// The scenario cannot be simulated.
    Unusable(Unusable),
    /// A seed violates a property.
    Violated(Box<Finding>),
    /// The violation that was expected of this scenario did not come.
    NotFound(String),
    /// Witnesses that the scenario names were not reached: the green result is hollow.
    Hollow(Vec<String>),
}

/// A violation, and what was kept of it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The lowest seed that has one.
    pub seed: u64,
    /// The trace, shrunk if it can be.
    pub trace: TraceFile,
    /// What the scenario expects.
    pub expected: Expectation,
    /// What shrinking achieved.
    pub shrinking: Shrinking,
    /// The trace in words.
    pub told: String,
    /// Where it was kept, or why it was not.
    pub kept: Result<PathBuf, String>,
}

/// What shrinking achieved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shrinking {
    /// From so many steps; whether no single one of the rest can be left out is known or not.
    From(usize, Minimal),
    /// A play is its script: it is kept whole.
    Whole,
}

/// What the seeds came to, before it is judged.
struct Outcome {
    runs: u64,
    reached: Reached,
    first: Option<(u64, TraceFile, Option<Found>)>,
}

/// Runs these seeds and leaves the trace of a failing one in the folder `out`, which is made if it is missing.
///
/// # Errors
/// When they do not come to what the scenario expects.
pub fn try_seeds(subject: &Subject, seeds: Range<u64>, out: &Path) -> Result<Passed, Failed> {
    let failed = |why| Failed {
        subject: subject.given.clone(),
        seeds: seeds.clone(),
        why,
    };
    let scenario = match &subject.scenario {
        Ok(scenario) => scenario,
        Err(unusable) => return Err(failed(Why::Unusable(unusable.clone()))),
    };
    judged(scenario, &seeds, out).map_err(failed)
}

fn judged(scenario: &Scenario, seeds: &Range<u64>, out: &Path) -> Result<Passed, Why> {
    let refused = |refusal: Refusal| Why::Unusable(Unusable(vec![*refusal]));
    let pace = if scenario.script.is_empty() && scenario.start == Start::Settled {
        Pace::Free
    } else {
        Pace::Clock
    };
    let built = build(scenario, Some(pace)).map_err(refused)?;
    let outcome = match pace {
        Pace::Free => sampled(scenario, &built, seeds),
        Pace::Clock => played(scenario, seeds),
    };
    let outcome = outcome.map_err(refused)?;
    let property = outcome
        .first
        .as_ref()
        .and_then(|(_, trace, _)| trace.header.violated.as_ref());
    let verdict = property.map_or(Verdict::NoneFound, |violated| Verdict::Violated(&violated.property));
    let seed = outcome.first.as_ref().map(|(seed, ..)| *seed);
    match (meets(&scenario.expect, verdict), outcome.first, &scenario.expect) {
        (Meeting::AsExpected, ..) => {}
        (_, Some((seed, trace, found)), _) => {
            let finding = keep(scenario, &built, seed, trace, found, out).map_err(refused)?;
            return Err(Why::Violated(Box::new(finding)));
        }
        (_, None, Expectation::Violates(property)) => return Err(Why::NotFound(property.clone())),
        (_, None, Expectation::Holds | Expectation::Any) => {}
    }
    let missing: Vec<String> = built
        .witnesses
        .iter()
        .filter(|name| !outcome.reached.has(name))
        .cloned()
        .collect();
    if seed.is_none() && !missing.is_empty() {
        return Err(Why::Hollow(missing));
    }
    Ok(Passed {
        runs: outcome.runs,
        seed,
    })
}

fn sampled(scenario: &Scenario, built: &Built, seeds: &Range<u64>) -> Result<Outcome, Refusal> {
    let (properties, step_properties) = watched(scenario, built);
    let plan = Plan {
        config: &built.config,
        properties: &properties,
        step_properties: &step_properties,
        sampler: SamplerKind::Swarm,
        first_seed: seeds.start,
        runs: seeds.end.saturating_sub(seeds.start),
        steps_max: usize::try_from(scenario.bounds.steps.unwrap_or(STEPS_MAX)).unwrap_or(usize::MAX),
        jobs: 1,
        on_violation: OnViolation::Stop,
        shard: (0, 1),
    };
    let tried = explore(&plan, &mut |_, _| ControlFlow::Continue(()));
    let first = match tried.first {
        Some((seed, found)) => Some((seed, recorded(scenario, seed, &found)?, Some(found))),
        None => None,
    };
    Ok(Outcome {
        runs: tried.runs,
        reached: tried.thoroughness.reached,
        first,
    })
}

/// What is looked at: where a violation is expected its property alone, because others may break on the way to it.
fn watched(scenario: &Scenario, built: &Built) -> (Vec<Registered<Kafka>>, Vec<StepProperty<Kafka>>) {
    let wanted = |name: &str| match &scenario.expect {
        Expectation::Violates(property) => property == name,
        Expectation::Holds | Expectation::Any => true,
    };
    let states = built.properties.iter().filter(|property| wanted(property.name));
    let steps = built.step_properties.iter().filter(|property| wanted(property.name));
    (states.copied().collect(), steps.copied().collect())
}

fn recorded(scenario: &Scenario, seed: u64, found: &Found) -> Result<TraceFile, Refusal> {
    let (decisions, violation) = (&found.decisions, Some(&found.violation));
    TraceFile::record(&Run {
        scenario,
        pace: Pace::Free,
        seed,
        decisions,
        violation,
    })
}

fn played(scenario: &Scenario, seeds: &Range<u64>) -> Result<Outcome, Refusal> {
    let mut outcome = Outcome {
        runs: 0,
        reached: Reached::default(),
        first: None,
    };
    for seed in seeds.clone() {
        let played = play(
            scenario,
            &Options {
                seed,
                until: Until::Quiet,
            },
            None,
        )?;
        outcome.runs += 1;
        outcome.reached.0 |= played.reached.0;
        if played.violation.is_some() {
            outcome.first = Some((seed, played.trace()?, None));
            break;
        }
    }
    Ok(outcome)
}

/// Keeps the trace at once, then makes it smaller and keeps that: what was found outlives whatever happens meanwhile.
fn keep(
    scenario: &Scenario,
    built: &Built,
    seed: u64,
    mut trace: TraceFile,
    found: Option<Found>,
    out: &Path,
) -> Result<Finding, Refusal> {
    let path = out.join(format!("{}-{}-{seed}.trace.ron", scenario.name, scenario.preset));
    let mut kept = save(&trace, out, &path);
    let mut shrinking = Shrinking::Whole;
    if let Some(found) = found {
        let world = built.initial();
        let (properties, step_properties) = watched(scenario, built);
        let watch = Watch::new(&world, &properties, &step_properties);
        let shrunk = Shrinker::new(&built.config, world.into_values(), &watch, TRIES_MAX).shrink(&found);
        shrinking = Shrinking::From(found.decisions.len(), shrunk.minimal);
        trace = recorded(scenario, seed, &shrunk.found)?;
        kept = kept.and_then(|()| save(&trace, out, &path));
    }
    Ok(Finding {
        seed,
        expected: scenario.expect.clone(),
        told: told(built, &trace),
        trace,
        shrinking,
        kept: kept.map(|()| path),
    })
}

fn save(trace: &TraceFile, out: &Path, path: &Path) -> Result<(), String> {
    std::fs::create_dir_all(out).map_err(|why| format!("cannot make the folder {}: {why}", out.display()))?;
    trace
        .save(path)
        .map_err(|problem| problem.to_string().trim_end().to_owned())
}

/// The beginning of a trace, one sentence a step, and its end.
fn told(built: &Built, trace: &TraceFile) -> String {
    let initial = built.initial().into_values();
    let (decisions, layout) = (trace.decisions(), Layout::default());
    let tale = Tale::of(&built.config, &initial, &decisions).expect("a trace fits right after it was recorded");
    let (last, shown) = (tale.last(), STEPS_SHOWN.min(tale.last()));
    let mut told = page(&tale, 1, shown, layout);
    if last > shown + 1 {
        told += &format!("  .. {} steps ..\n", last - shown - 1);
    }
    if last > shown {
        told += &page(&tale, last, last, layout);
    }
    if let Some(wrong) = &trace.header.violated {
        told += &violated(&wrong.property, &wrong.reason);
    }
    told
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, seeds) = (&self.subject, format!("{}..{}", self.seeds.start, self.seeds.end));
        match &self.why {
            Why::Unusable(unusable) => write!(f, "{unusable}"),
            Why::NotFound(property) => {
                writeln!(
                    f,
                    "{subject} is expected to violate {property}, and none of the seeds {seeds} does"
                )?;
                writeln!(f, "  try more of them, or a search: sim check {subject}")
            }
            Why::Hollow(missing) => {
                let never = missing.join(", ");
                writeln!(f, "{subject} holds hollowly: none of the seeds {seeds} reaches {never}")?;
                writeln!(f, "  try more of them, or more faults")
            }
            Why::Violated(finding) => {
                let steps = finding.trace.steps.len();
                let seed = finding.seed;
                let wrong = finding.trace.header.violated.as_ref();
                let property = wrong.map_or("nothing", |wrong| wrong.property.as_str());
                writeln!(
                    f,
                    "seed {seed} of {subject} (rules {}) violates {property}",
                    finding.trace.header.preset
                )?;
                match &finding.expected {
                    Expectation::Violates(other) => writeln!(f, "  expected  a violation of {other}")?,
                    Expectation::Holds | Expectation::Any => writeln!(f, "  expected  holds; seeds {seeds}")?,
                }
                match finding.shrinking {
                    Shrinking::Whole => writeln!(f, "  events    {steps}")?,
                    Shrinking::From(before, Minimal::Proved) => {
                        writeln!(f, "  events    {before} -> {steps}, none of which can be left out")?;
                    }
                    Shrinking::From(before, Minimal::Unknown) => {
                        writeln!(
                            f,
                            "  events    {before} -> {steps}, perhaps not the fewest: sim shrink makes it smaller"
                        )?;
                    }
                }
                write!(f, "\n{}\n", finding.told)?;
                match &finding.kept {
                    Ok(path) => {
                        writeln!(f, "  trace     {}", path.display())?;
                        writeln!(f, "  repeat    sim replay {} --diff", path.display())
                    }
                    Err(why) => writeln!(f, "  the trace was not kept: {why}"),
                }
            }
        }
    }
}
