//! `sim selfcheck`: the same seeds again, in reverse order and with several threads; the digests must be the same.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use checker::explore::{OnViolation, Outcome, Plan, Runner, SamplerKind};
use models::config::Pace;
use scenarios::build::{Built, build};
use scenarios::builtin;
use scenarios::player::{Options, Until, play};
use scenarios::scenario::diagnostic::{Diagnostic, Kind};
use scenarios::scenario::schema::Scenario;
use scenarios::trace::RULES_REVISION;
use serde::Serialize;
use sim_core::digest::{Digest, content};

use super::Call;
use crate::args::Selfcheck;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, grouped};
use crate::progress::Progress;
use crate::{crash, interrupt};

/// Runs are cut off here: long enough that everything happens.
const STEPS_MAX: usize = 1_000;

/// What became of one scenario.
#[derive(Serialize)]
struct Checked {
    scenario: String,
    kind: &'static str,
    seeds: u64,
    events: u64,
    digest: Digest,
}

/// One run: what it did, as a digest, and how many events it had.
type Ran = (Digest, u64);

/// Runs everything several times and compares.
pub fn run(call: &mut Call<'_>, args: &Selfcheck) -> Ended {
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    if args.break_a_rule {
        crash::working_on("selfcheck".to_owned());
        panic!("broken on purpose, as --break-a-rule asks");
    }
    let mut progress = Progress::new(call.settings.talk);
    let mut rows = Vec::new();
    for set in builtin::tour() {
        progress.tick(|_| format!("{}: {} seeds", set.name, args.seeds));
        rows.push(sampled(call, set.name, &set.scenario, args.seeds)?);
    }
    for builtin in builtin::ALL {
        let scenario = builtin.scenario();
        if !scenario.script.is_empty() {
            progress.tick(|_| format!("{}: {} seeds", scenario.name, args.seeds));
            rows.push(timed(&scenario, args.seeds)?);
        }
        if interrupt::asked() {
            return Ok(Exit::Interrupted);
        }
    }
    drop(progress);
    print(call, args, &rows);
    Ok(Exit::Expected)
}

fn print(call: &mut Call<'_>, args: &Selfcheck, rows: &[Checked]) {
    let digests: Vec<String> = rows.iter().map(|row| row.digest.to_string()).collect();
    let fingerprint = content(&digests, &mut Vec::new());
    if call.out.format != Format::Human {
        let json = Json {
            schema: "sim.selfcheck/1",
            version: env!("CARGO_PKG_VERSION"),
            rules_revision: RULES_REVISION,
            seeds: args.seeds,
            rows,
            fingerprint,
            exit: 0,
        };
        return call.out.json(&json);
    }
    let version = env!("CARGO_PKG_VERSION");
    call.out
        .line(format_args!("sim {version}, rules revision {RULES_REVISION}"));
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let events = format!("{:>9} events", grouped(row.events));
            vec![
                format!("  {}", row.scenario),
                row.kind.to_owned(),
                format!("{} seeds", row.seeds),
                events,
                row.digest.to_string(),
            ]
        })
        .collect();
    call.out.columns(&rows);
    call.out
        .line("Each seed ran twice with one thread, in reverse order, and with several threads: always the same.");
    call.out.line(format_args!("fingerprint {fingerprint}"));
}

#[derive(Serialize)]
struct Json<'r> {
    schema: &'static str,
    version: &'static str,
    rules_revision: u32,
    seeds: u64,
    rows: &'r [Checked],
    fingerprint: Digest,
    exit: u8,
}

/// Sampled runs of a scenario, in four ways.
fn sampled(call: &Call<'_>, name: &str, scenario: &Scenario, seeds: u64) -> Result<Checked, Refusal> {
    let built = build(scenario, Some(Pace::Free)).map_err(|problem| Refusal::from(*problem))?;
    let plan = Plan {
        config: &built.config,
        properties: &built.properties,
        step_properties: &built.step_properties,
        sampler: SamplerKind::Swarm,
        first_seed: 0,
        runs: seeds,
        steps_max: STEPS_MAX,
        jobs: 1,
        on_violation: OnViolation::KeepGoing,
        shard: (0, 1),
    };
    crash::working_on(format!("{}, rules {name}", scenario.name));
    let forward: Vec<u64> = (0..seeds).collect();
    let backward: Vec<u64> = (0..seeds).rev().collect();
    let first = in_order(&plan, &forward);
    let mut reversed = in_order(&plan, &backward);
    reversed.reverse();
    let again = in_order(&plan, &forward);
    let threads = in_parallel(&plan, &built, seeds, call.settings.jobs().max(2));
    for (how, other) in [
        ("a second time", again),
        ("in reverse order", reversed),
        ("with several threads", threads),
    ] {
        compare(name, how, &first, &other)?;
    }
    Ok(summary(name, "sampled", &first))
}

fn in_order(plan: &Plan<'_>, seeds: &[u64]) -> Vec<Ran> {
    let config = plan.config.clone();
    let mut runner = Runner::new(&config, plan);
    seeds.iter().map(|seed| ran(&runner.run(*seed, 0))).collect()
}

fn in_parallel(plan: &Plan<'_>, built: &Built, seeds: u64, threads: usize) -> Vec<Ran> {
    let next = AtomicUsize::new(0);
    let runs = Mutex::new(vec![None; usize::try_from(seeds).unwrap_or(usize::MAX)]);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let config = built.config.clone();
                let mut runner = Runner::new(&config, plan);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at as u64 >= seeds {
                        return;
                    }
                    let run = ran(&runner.run(at as u64, 0));
                    runs.lock().expect("no thread panics while it holds the runs")[at] = Some(run);
                }
            });
        }
    });
    let runs = runs.into_inner().expect("as above");
    runs.into_iter().map(|run| run.expect("every seed was run")).collect()
}

/// A digest over everything that a run passed: its states, its events, its violation with all decisions.
fn ran(outcome: &Outcome) -> Ran {
    let states: Vec<u64> = outcome.states.iter().flatten().copied().collect();
    let found = outcome.found.as_ref().map(|found| {
        let decisions: Vec<String> = found
            .decisions
            .iter()
            .map(|d| format!("{} {:?}", d.action, d.choices))
            .collect();
        (
            found.violation.property,
            found.violation.failure.reason.clone(),
            decisions,
        )
    });
    let all = (states, outcome.events, outcome.fired, outcome.reached.0, found);
    (content(&all, &mut Vec::new()), outcome.events)
}

/// Plays of a scripted scenario, twice each.
fn timed(scenario: &Scenario, seeds: u64) -> Result<Checked, Refusal> {
    crash::working_on(format!("{}, rules {}", scenario.name, scenario.preset));
    let once = |seed| -> Result<Ran, Refusal> {
        let options = Options {
            seed,
            until: Until::Quiet,
        };
        let played = play(scenario, &options, None).map_err(|problem| Refusal::from(*problem))?;
        let decisions: Vec<String> = played
            .decisions
            .iter()
            .map(|decision| format!("{} {:?}", decision.action, decision.choices))
            .collect();
        Ok((
            content(&(decisions, played.time.as_us()), &mut Vec::new()),
            played.decisions.len() as u64,
        ))
    };
    let first: Vec<Ran> = (0..seeds).map(once).collect::<Result<_, _>>()?;
    let mut reversed: Vec<Ran> = (0..seeds).rev().map(once).collect::<Result<_, _>>()?;
    reversed.reverse();
    compare(&scenario.name, "a second time", &first, &reversed)?;
    Ok(summary(&scenario.name, "played", &first))
}

fn compare(name: &str, how: &str, first: &[Ran], other: &[Ran]) -> Result<(), Refusal> {
    match first.iter().zip(other).position(|(one, other)| one != other) {
        None => Ok(()),
        Some(seed) => {
            let sentence = format!("{name}, seed {seed}: what happens {how} is not what happened first");
            Err(Diagnostic::error(Kind::Internal, sentence).into())
        }
    }
}

fn summary(name: &str, kind: &'static str, runs: &[Ran]) -> Checked {
    let digests: Vec<String> = runs.iter().map(|(digest, _)| digest.to_string()).collect();
    Checked {
        scenario: name.to_owned(),
        kind,
        seeds: runs.len() as u64,
        events: runs.iter().map(|(_, events)| events).sum(),
        digest: content(&digests, &mut Vec::new()),
    }
}
