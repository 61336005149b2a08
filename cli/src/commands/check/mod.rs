//! `sim check`: every interleaving within bounds, and what that says of each property.

mod engine;
pub mod report;
mod whole;

use checker::compact::{CompactReport, CompactVerdict};
use checker::properties::Liveness;
use checker::watch::{Violation, Watch};
use models::World;
use models::config::Pace;
use models::settle::settled;
use models::slots::Value;
use scenarios::build::{Built, build};
use scenarios::expect;
use scenarios::scenario::schema::{Client, Scenario};
use scenarios::trace::{Run, TraceFile};
use sim_core::Scratch;
use sim_core::trace::{Decision, perform};

use engine::Answer;

use super::Call;
use super::explore::{TOUR, expected_on_tour, suits_a_search};
use crate::args::Check;
use crate::exit::{Ended, Exit, Refusal};
use crate::expected::Expected;
use crate::{crash, input, interrupt, overrides, traces};

/// A search with everything that its report needs.
struct Searched<'b> {
    scenario: Scenario,
    built: &'b Built,
    answer: Answer,
    /// What is claimed.
    expected: Expected,
    /// Witnesses that the scenario demands and that never came about.
    missing: Vec<String>,
    /// The kept trace of the first violation.
    found: Option<Counterexample>,
    exit: Exit,
}

/// A violation with its trace.
struct Counterexample {
    violation: Violation,
    decisions: Vec<Decision<models::Kafka>>,
    path: String,
}

/// Searches one scenario, or the smallest world of the tour.
pub fn run(call: &mut Call<'_>, args: &Check) -> Ended {
    call.settings
        .flag("max-states", args.max_states.map(|states| states.to_string()));
    call.settings.flag("out", args.out.clone());
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    call.settings
        .flag("max-mem", args.max_mem.map(|bytes| format!("{}KiB", bytes >> 10)));
    let (scenario, expected, name) = subject(call, args)?;
    let given = args.scenario.as_deref().unwrap_or(TOUR);
    let built = build(&scenario, Some(Pace::Free)).map_err(|problem| input::placed(*problem, given))?;
    crash::working_on(format!("{}, rules {}", scenario.name, scenario.preset));
    call.out
        .note(format_args!("searching {} under {}", scenario.name, scenario.preset));
    let answer = engine::search(call, args, &built, &name, &format!("{scenario:?}"))?;
    let found = match &answer.report.verdict {
        CompactVerdict::Violated { trace, .. } => Some(keep(call, &scenario, &built, trace, &name)?),
        CompactVerdict::Holds | CompactVerdict::Inconclusive(_) => None,
    };
    let missing: Vec<String> = built
        .witnesses
        .iter()
        .filter(|name| answer.report.unreached().any(|never| never == *name))
        .cloned()
        .collect();
    let exit = exit(&answer.report, &expected, &missing);
    let searched = Searched {
        scenario,
        built: &built,
        answer,
        expected,
        missing,
        found,
        exit,
    };
    report::print(call, args, &searched);
    Ok(exit)
}

fn exit<A>(report: &CompactReport<A>, expected: &Expected, missing: &[String]) -> Exit {
    let verdict = match &report.verdict {
        CompactVerdict::Violated { property, .. } => expect::Verdict::Violated(property),
        CompactVerdict::Holds => expect::Verdict::Holds,
        CompactVerdict::Inconclusive(_) if interrupt::asked() => return Exit::Interrupted,
        CompactVerdict::Inconclusive(_) => expect::Verdict::Inconclusive,
    };
    match expected.judge(verdict) {
        Exit::Expected if verdict == expect::Verdict::Holds && !missing.is_empty() => Exit::Unsettled,
        exit => exit,
    }
}

/// The scenario, what is claimed of it, and what its traces are called.
fn subject(call: &mut Call<'_>, args: &Check) -> Result<(Scenario, Expected, String), Refusal> {
    let (mut scenario, given) = world(call, args.scenario.as_deref(), &args.faults, &args.property)?;
    let expected = match given {
        TOUR if args.scenario.is_some() => expected_on_tour(&mut scenario, args.expect).0,
        _ => Expected::of(&scenario, args.expect),
    };
    let name = match call.settings.preset() {
        Some(preset) => format!("{}-{preset}-check", scenario.name),
        None => format!("{}-check", scenario.name),
    };
    Ok((scenario, expected, name))
}

/// The scenario to search, and how it was named; the smallest world if none is.
pub fn world<'a>(
    call: &mut Call<'_>,
    named: Option<&'a str>,
    faults: &[String],
    properties: &[String],
) -> Result<(Scenario, &'a str), Refusal> {
    let given = named.unwrap_or(TOUR);
    let change = |scenario: &mut Scenario| {
        if named.is_none() {
            make_smallest(scenario);
        }
        overrides::faults(scenario, faults)?;
        overrides::properties(scenario, properties)
    };
    let scenario = input::scenario(given, &call.settings, change, call.out)?;
    suits_a_search(&scenario, given)?;
    Ok((scenario, given))
}

/// Two brokers, one record, one kill with restart: too little for any of the presets to lose something.
fn make_smallest(tour: &mut Scenario) {
    "smallest".clone_into(&mut tour.name);
    tour.about = None;
    tour.brokers.truncate(2);
    for topic in &mut tour.topics {
        topic
            .assignment
            .iter_mut()
            .flatten()
            .for_each(|replicas| replicas.truncate(2));
    }
    for client in &mut tour.clients {
        if let Client::Producer { records, .. } = client {
            *records = 1;
        }
    }
    tour.faults = scenarios::scenario::schema::Faults {
        kill: 1,
        ..Default::default()
    };
}

/// Keeps the trace of a violation.
fn keep(
    call: &mut Call<'_>,
    scenario: &Scenario,
    built: &Built,
    decisions: &[Decision<models::Kafka>],
    name: &str,
) -> Result<Counterexample, Refusal> {
    let initial = settled(&built.config).into_values();
    let violation = violation(built, &initial, decisions).expect("a search replays its own trace to the violation");
    let run = Run {
        scenario,
        pace: Pace::Free,
        seed: 0,
        decisions,
        violation: Some(&violation),
    };
    let trace = TraceFile::record(&run).map_err(|problem| Refusal::from(*problem))?;
    let folder = call.settings.out().to_owned();
    let path = traces::keep(&trace, &folder, name, call.out)?;
    Ok(Counterexample {
        violation,
        decisions: decisions.to_vec(),
        path,
    })
}

/// What the last of these decisions violates.
fn violation(built: &Built, initial: &[Value], decisions: &[Decision<models::Kafka>]) -> Option<Violation> {
    let mut world = World::new(&built.config);
    world.set_values(initial.to_vec());
    let watch = Watch::new(&world, &built.properties, &built.step_properties);
    let mut scratch = Scratch::watching(built.step_properties.clone());
    let mut last = watch.of(&world);
    for decision in decisions {
        perform(&mut world, decision, &mut scratch).ok()?;
        last = watch.after(&world, &scratch);
    }
    let at_rest = || {
        let broken = |property: &Liveness| {
            let failure = (property.check)(&world).err()?;
            Some(Violation {
                property: property.name,
                failure,
            })
        };
        built.liveness.iter().find_map(broken)
    };
    last.or_else(at_rest)
}
