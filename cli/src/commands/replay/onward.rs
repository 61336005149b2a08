//! Past the end of a replay: what happens by itself, or what further violation can be found from there.

use checker::explore::{OnViolation, Plan, SamplerKind, explore_from};
use checker::narrate::Tale;
use checker::watch::{Violation, Watch};
use models::Kafka;
use models::config::Pace;
use models::settle::next_harmless;
use models::slots::Value;
use scenarios::trace::{Run, TraceFile};
use sim_core::Scratch;
use sim_core::trace::Decision;

use super::Fitting;
use super::report::{self, Shown};
use crate::commands::Call;
use crate::commands::history;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::counted;
use crate::{interrupt, traces};

/// A cluster that has more to do than this by itself does not come to rest.
const QUIET_STEPS_MAX: usize = 10_000;
/// Runs that search onward from a step.
const RUNS: u64 = 1_000;
/// The longest of them.
const STEPS_MAX: usize = 1_000;

/// Lets everything arrive after the last shown step, without further faults.
pub fn quiet(call: &mut Call<'_>, fitting: &Fitting, tale: &Tale<'_>, shown: &Shown<'_>) -> Ended {
    needs_no_clock(fitting)?;
    let (mut decisions, broken) = settle(fitting, tale, shown.to);
    let added = decisions.len();
    let mut all: Vec<Decision<Kafka>> = tale.decisions()[..shown.to].to_vec();
    all.append(&mut decisions);
    let longer = Tale::of(tale.config(), tale.initial(), &all).expect("each of these decisions was performed just now");
    let shown = Shown {
        to: all.len(),
        ..*shown
    };
    report::head(call, fitting);
    report::steps(call, &longer, &shown);
    let sentence = format!(
        "({} after step {} until nothing is left to do)",
        counted(added as u64, "step"),
        all.len() - added
    );
    call.out.line(format_args!("      {sentence}"));
    if let Some(violation) = broken {
        report::violation(call, &violation.failure.reason, violation.property);
    }
    history::print(call, &longer, shown.to, shown.history);
    Ok(Exit::Expected)
}

fn settle(fitting: &Fitting, tale: &Tale<'_>, from: usize) -> (Vec<Decision<Kafka>>, Option<Violation>) {
    let mut world = tale.world_after(from);
    let watch = Watch::new(&world, &fitting.built.properties, &fitting.built.step_properties);
    let mut scratch = Scratch::watching(fitting.built.step_properties.clone());
    let (mut decisions, mut broken, mut offers) = (Vec::new(), None, Vec::new());
    for _ in 0..QUIET_STEPS_MAX {
        world.enabled(&mut offers);
        let Some(next) = next_harmless(&offers) else { break };
        let action = next.action.clone();
        world.apply_default(next, &mut scratch);
        decisions.push(Decision {
            action,
            choices: Vec::new(),
        });
        broken = broken.or_else(|| watch.after(&world, &scratch));
    }
    (decisions, broken)
}

/// Searches for a violation from the last shown step on.
pub fn explore(call: &mut Call<'_>, fitting: &Fitting, tale: &Tale<'_>, shown: &Shown<'_>) -> Ended {
    needs_no_clock(fitting)?;
    let world = tale.world_after(shown.to);
    let initial: Vec<Value> = world.values().to_vec();
    let built = &fitting.built;
    let plan = Plan {
        config: &built.config,
        properties: &built.properties,
        step_properties: &built.step_properties,
        sampler: SamplerKind::Uniform,
        first_seed: 0,
        runs: RUNS,
        steps_max: STEPS_MAX,
        jobs: call.settings.jobs(),
        on_violation: OnViolation::Stop,
        shard: (0, 1),
    };
    let tried = explore_from(&plan, &initial, &mut |_, _| interrupt::flow());
    report::head(call, fitting);
    report::steps(call, tale, shown);
    let runs = counted(tried.runs, "run");
    let Some((seed, found)) = tried.first else {
        call.out.line(format_args!(
            "      searched onward from step {}: none found in {runs}",
            shown.to
        ));
        return Ok(if interrupt::asked() {
            Exit::Interrupted
        } else {
            Exit::Unsettled
        });
    };
    let mut decisions = tale.decisions()[..shown.to].to_vec();
    decisions.extend(found.decisions);
    let run = Run {
        scenario: &fitting.trace.scenario,
        pace: Pace::Free,
        seed,
        decisions: &decisions,
        violation: Some(&found.violation),
    };
    let mut trace = TraceFile::record(&run).map_err(|problem| Refusal::from(*problem))?;
    trace.header.parent = Some(format!("{} at step {}", fitting.name, shown.to));
    let folder = call.settings.out().to_owned();
    let path = traces::keep(
        &trace,
        &folder,
        &format!("{}-from-{}", fitting.name, shown.to),
        call.out,
    )?;
    call.out.line(format_args!(
        "      searched onward from step {}: found in {runs}",
        shown.to
    ));
    report::violation(call, &found.violation.failure.reason, found.violation.property);
    call.out.line(format_args!("\n  see it      sim replay {path} --diff"));
    call.out.line(format_args!("  smaller     sim shrink {path}"));
    Ok(Exit::Expected)
}

/// A search picks every event itself, and so does settling.
fn needs_no_clock(fitting: &Fitting) -> Result<(), Refusal> {
    match fitting.trace.pace() {
        Pace::Free => Ok(()),
        Pace::Clock => {
            let refusal = Refusal::usage("--continue needs a trace without a clock: this one comes from `sim run`");
            Err(refusal.help("play the scenario on with `sim run --until TIME`"))
        }
    }
}
