//! `sim explore`: many seeds, the lowest one with a violation, its trace made small and kept.

mod report;
mod rules;

use std::time::Duration;

use checker::causality::{Causality, loss_of};
use checker::explore::{Found, OnViolation, Plan, SAMPLERS, SamplerKind, Tried, explore};
use checker::narrate::Tale;
use checker::shrink::{Minimal, Shrinker};
use checker::watch::Watch;
use models::config::Pace;
use models::settle::settled;
use scenarios::build::{Built, build, names};
use scenarios::expect::Verdict;
use scenarios::trace::{Run, TraceFile};

use super::Call;
use crate::args::Explore;
use crate::exit::{Ended, Exit, Refusal};
use crate::expected::worst;
use crate::output::grouped;
use crate::progress::Progress;
use crate::{crash, input, interrupt, traces};

use report::{Lost, Row};
use rules::RuleSet;

pub use rules::{TOUR, expected_on_tour, suits_a_search};

/// Runs are cut off here where the scenario does not say.
const STEPS_MAX: u64 = 1_000;

/// Explores one scenario, or the tour.
pub fn run(call: &mut Call<'_>, args: &Explore) -> Ended {
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    call.settings.flag("runs", args.runs.map(|runs| runs.to_string()));
    call.settings.flag("out", args.out.clone());
    if let Some(sampler) = &args.sampler {
        input::known("sampler", "samplers", sampler, names().samplers)?;
        call.settings.flag("sampler", Some(sampler.clone()));
    }
    let sets = rules::of(call, args)?;
    let mut progress = Progress::new(call.settings.talk);
    let mut rows = Vec::new();
    for set in sets {
        if interrupt::asked() {
            break;
        }
        rows.push(row(call, args, set, &mut progress)?);
    }
    let elapsed = progress.elapsed();
    drop(progress);
    let exit = match interrupt::asked() {
        true => Exit::Interrupted,
        false => worst(rows.iter().map(|row| row.exit)),
    };
    report::print(call, args, &rows, exit, elapsed);
    Ok(exit)
}

/// Tries the seeds of one set of rules.
fn row(call: &mut Call<'_>, args: &Explore, set: RuleSet, progress: &mut Progress) -> Result<Row, Refusal> {
    let given = args.scenario.as_deref().unwrap_or(TOUR);
    let built = build(&set.scenario, Some(Pace::Free)).map_err(|problem| input::placed(*problem, given))?;
    crash::working_on(format!("{}, rules {}", set.scenario.name, set.label));
    call.out
        .note(format_args!("exploring {} under {}", set.scenario.name, set.label));
    let tried = seeds(call, args, &set, &built, progress);
    let lost = match &tried.first {
        Some((seed, found)) => Some(keep(call, args, &set, &built, *seed, found)?),
        None => None,
    };
    let verdict = match &lost {
        Some(lost) => Verdict::Violated(lost.property),
        None => Verdict::NoneFound,
    };
    let exit = set.expected.judge(verdict);
    Ok(Row { set, tried, lost, exit })
}

fn seeds(call: &Call<'_>, args: &Explore, set: &RuleSet, built: &Built, progress: &mut Progress) -> Tried {
    let sampler = SAMPLERS.iter().find(|(name, ..)| *name == call.settings.sampler());
    let steps_max = set.scenario.bounds.steps.unwrap_or(STEPS_MAX);
    let plan = Plan {
        config: &built.config,
        properties: &built.properties,
        step_properties: &built.step_properties,
        sampler: sampler.map_or(SamplerKind::Swarm, |(_, kind, _)| *kind),
        first_seed: args.seed,
        runs: if args.budget.is_some() {
            u64::MAX
        } else {
            call.settings.number("runs")
        },
        steps_max: usize::try_from(steps_max).unwrap_or(usize::MAX),
        jobs: call.settings.jobs(),
        on_violation: if args.keep_going {
            OnViolation::KeepGoing
        } else {
            OnViolation::Stop
        },
        shard: args.shard.unwrap_or((0, 1)),
    };
    let end = args.budget.map(|budget| progress.elapsed() + share(budget, set));
    explore(&plan, &mut |seeds, events| {
        progress.tick(|seconds| {
            let speed = grouped(events / seconds);
            format!(
                "{}: {} seeds, {} events, {speed} events/s",
                set.label,
                grouped(seeds),
                grouped(events)
            )
        });
        if end.is_some_and(|end| progress.elapsed() >= end) {
            return std::ops::ControlFlow::Break(());
        }
        interrupt::flow()
    })
}

/// The part of the time that one of several sets of rules gets.
fn share(budget: Duration, set: &RuleSet) -> Duration {
    budget / set.of
}

/// Shrinks a violation, keeps its trace, and says what was lost.
fn keep(
    call: &mut Call<'_>,
    args: &Explore,
    set: &RuleSet,
    built: &Built,
    seed: u64,
    found: &Found,
) -> Result<Lost, Refusal> {
    let initial = settled(&built.config).into_values();
    let (small, minimal) = if args.no_shrink {
        (found.clone(), None)
    } else {
        let world = settled(&built.config);
        let watch = Watch::new(&world, &built.properties, &built.step_properties);
        let tries = call.settings.number("max-tries");
        let shrunk = Shrinker::new(&built.config, initial.clone(), &watch, tries).shrink(found);
        (shrunk.found, Some(shrunk.minimal))
    };
    if minimal == Some(Minimal::Unknown) {
        call.out
            .hint("the trace may be made smaller still: sim shrink with more --max-tries");
    }
    let run = Run {
        scenario: &set.scenario,
        pace: Pace::Free,
        seed,
        decisions: &small.decisions,
        violation: Some(&small.violation),
    };
    let trace = TraceFile::record(&run).map_err(|problem| Refusal::from(*problem))?;
    let folder = call.settings.out().to_owned();
    let path = traces::keep(&trace, &folder, &format!("{}-{seed}", set.file), call.out)?;
    let tale = Tale::of(&built.config, &initial, &small.decisions);
    let tale = tale.map_err(|stuck| Refusal::from(internal(&stuck.to_string())))?;
    Ok(Lost {
        seed,
        property: small.violation.property,
        steps_before: found.decisions.len(),
        steps: small.decisions.len(),
        shrunk: minimal.is_some(),
        what: what(&tale, &small),
        trace: path,
    })
}

fn internal(why: &str) -> scenarios::scenario::diagnostic::Diagnostic {
    use scenarios::scenario::diagnostic::{Diagnostic, Kind};
    Diagnostic::error(
        Kind::Internal,
        format!("a trace does not replay right after it was found: {why}"),
    )
}

/// `m1 at offset 0, acknowledged at step 6`, or the reason of any other violation.
fn what(tale: &Tale<'_>, found: &Found) -> String {
    let failure = &found.violation.failure;
    let story = loss_of(tale, &Causality::of(tale), &failure.about);
    match story.filter(|_| is_loss(found.violation.property)) {
        Some(story) => match story.acked {
            Some((step, ..)) => format!(
                "{} at offset {}, acknowledged at step {step}",
                story.record, story.offset
            ),
            None => format!("{} at offset {}", story.record, story.offset),
        },
        None => failure.reason.clone(),
    }
}

/// Whether a violation of this property is a lost record.
pub fn is_loss(property: &str) -> bool {
    property == "no-committed-loss"
}
