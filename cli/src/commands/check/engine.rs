//! Which engine searches: breadth-first goes over ids and fingerprints, the other orders over whole values.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use checker::cluster::{Cluster, Decided, answers_a_fetch, at_rest, interned};
use checker::compact::{Checkpointing, Compact, CompactReport, CompactVerdict, Counted, Stopped, Trouble};
use checker::search::{OnViolation, Progress as Come, Search, Traces, Why};
use checker::{Report, Verdict};
use models::Kafka;
use models::slots::Slot;
use scenarios::build::Built;
use sim_core::Digest;
use sim_core::trace::Decision;

use crate::args::{Check, Order, Reduce};
use crate::commands::Call;
use crate::commands::check::whole;
use crate::exit::Refusal;
use crate::interrupt;
use crate::output::grouped;
use crate::progress::Progress;

/// The search over values keeps whole states: it ends before they fill the memory.
const STATES_ON_VALUES: usize = 2_000_000;
/// The time between two checkpoints.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(60);

/// What a search found, whichever engine it was.
pub struct Answer {
    pub report: CompactReport<Decision<Kafka>>,
    /// Whether the trace of a violation is the shortest.
    pub traces: Traces,
    /// Reductions that were in force.
    pub reductions: Vec<&'static str>,
    /// How properties of how a run ends were judged.
    pub ends: Ends,
    /// How many values each slot had, the most first.
    pub values: Vec<(Slot, usize)>,
    pub max_depth: Option<usize>,
    pub max_states: u64,
}

/// How properties of how a run ends were judged: where nothing happens any more by itself, and where a fair run may go round
/// in a circle for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// There are none, or this search cannot.
    NotJudged,
    /// In states of rest; there is a violation, or the search did not come to its end.
    AtRest,
    /// In states of rest; there are too many states to keep all steps between them.
    TooLarge,
    /// In states of rest and in circles: they hold.
    Everywhere,
    /// The last so many steps of the violation may go on for ever.
    Circle(usize),
}

/// Searches this world within the bounds of the call.
pub fn search(call: &mut Call<'_>, args: &Check, built: &Built, name: &str, subject: &str) -> Result<Answer, Refusal> {
    let order = args.search.unwrap_or(Order::Bfs);
    if order == Order::Bfs {
        return on_ids(call, args, built, name, subject);
    }
    for (given, flag) in [
        (args.exact, "--exact"),
        (args.checkpoint.is_some(), "--checkpoint"),
        (!args.reduce.is_empty(), "--reduce"),
        (args.save_graph.is_some(), "--save-graph"),
    ] {
        if given {
            return Err(Refusal::usage(format!("{flag} goes with --search bfs only")));
        }
    }
    Ok(on_values(call, args, built, order))
}

fn on_ids(call: &mut Call<'_>, args: &Check, built: &Built, name: &str, subject: &str) -> Result<Answer, Refusal> {
    let coarse = args.reduce.contains(&Reduce::Coarse);
    let names = if coarse { vec!["coarse"] } else { Vec::new() };
    let mut search = Compact {
        threads: call.settings.jobs(),
        max_states: Some(call.settings.number("max-states")),
        max_depth: args.max_depth,
        max_memory: Some(call.settings.memory()),
        on_violation: on_violation(args),
        exact: args.exact,
        checkpoint: None,
    };
    let how = (&search.max_depth, search.on_violation, search.exact, &names);
    let subject = Digest::of_bytes(format!("{} {subject} {how:?}", env!("CARGO_PKG_VERSION")).as_bytes());
    search.checkpoint = checkpoint(call, args, name, subject)?;
    let space = interned(&built.config, &built.properties, &built.step_properties);
    let space = space.resting(at_rest(&built.liveness));
    let space = if coarse {
        space.with_round_trips(answers_a_fetch)
    } else {
        space
    };
    if let Some(path) = &args.save_graph {
        whole::save(call, &space, path)?;
    }
    let mut progress = Progress::new(call.settings.talk);
    let report = search.run(&space, &mut |come| {
        progress.tick(|seconds| told(come, seconds));
        interrupt::flow()
    });
    let mut report = report.map_err(refusal)?;
    let millis = (progress.elapsed().as_millis() as u64).max(1);
    call.out.note(format_args!(
        "{} distinct states and {} transitions a second, {} bytes a state, in {}.{:03} s",
        grouped(report.states * 1000 / millis),
        grouped(report.transitions * 1000 / millis),
        report.memory / report.states.max(1),
        millis / 1000,
        millis % 1000
    ));
    if let Some(kept) = &search.checkpoint {
        match report.verdict {
            CompactVerdict::Inconclusive(_) => call.out.hint(format_args!(
                "kept in {}: the same command with --resume goes on from there",
                kept.path.display()
            )),
            // The question is answered: nobody goes on from here. That it stays behind harms nobody.
            CompactVerdict::Holds | CompactVerdict::Violated { .. } => drop(fs::remove_file(&kept.path)),
        }
    }
    let ends = whole::ends(call, built, &space, &mut report);
    let shortest = !coarse && !matches!(ends, Ends::Circle(_));
    Ok(Answer {
        report,
        traces: if shortest { Traces::Shortest } else { Traces::AsFound },
        reductions: names,
        ends,
        values: space.values_per_slot(),
        max_depth: args.max_depth,
        max_states: call.settings.number("max-states"),
    })
}

fn on_violation(args: &Check) -> OnViolation {
    if args.keep_going {
        OnViolation::CountAll
    } else {
        OnViolation::Stop
    }
}

/// Where the search is kept, if it is.
fn checkpoint(
    call: &mut Call<'_>,
    args: &Check,
    name: &str,
    subject: Digest,
) -> Result<Option<Checkpointing>, Refusal> {
    let Some(folder) = &args.checkpoint else {
        return Ok(None);
    };
    let path = PathBuf::from(folder).join(format!("{name}.checkpoint"));
    fs::create_dir_all(folder).map_err(|error| Refusal::io(format!("{folder}: {error}")))?;
    if path.exists() && !args.resume {
        let text = format!("{} holds a search that was not finished", path.display());
        let refusal = Refusal::usage(text);
        return Err(refusal.help("--resume goes on from there; remove the file to begin again"));
    }
    if args.resume {
        call.out.note(format_args!("going on from {}", path.display()));
    }
    Ok(Some(Checkpointing {
        path,
        every: BETWEEN_CHECKPOINTS,
        subject: subject.0,
        resume: args.resume,
    }))
}

fn refusal(trouble: Trouble) -> Refusal {
    let help = match &trouble {
        Trouble::Io(..) => None,
        Trouble::Damaged(..) => Some("remove it and begin again without --resume"),
        Trouble::OtherSubject(_) => {
            Some("scenario, preset, faults and flags must be those of the search that was kept")
        }
    };
    let refusal = Refusal::io(trouble.to_string());
    match help {
        Some(help) => refusal.help(help),
        None => refusal,
    }
}

fn told(come: Come, seconds: u64) -> String {
    let (states, frontier) = (grouped(come.states as u64), grouped(come.frontier as u64));
    let speed = grouped(come.states as u64 / seconds);
    format!(
        "{states} states, frontier {frontier}, depth {}, {speed} states/s, {} MiB",
        come.depth,
        grouped(come.memory >> 20)
    )
}

fn on_values(call: &Call<'_>, args: &Check, built: &Built, order: Order) -> Answer {
    let search = match order {
        Order::Bfs => Search::breadth_first(),
        Order::Dfs => Search::depth_first(),
        Order::Iterative => Search::iterative(),
    };
    let max_states = usize::try_from(call.settings.number("max-states")).unwrap_or(usize::MAX);
    let max_states = max_states.min(STATES_ON_VALUES);
    let search = Search {
        max_depth: args.max_depth,
        on_violation: on_violation(args),
        ..search.max_states(max_states)
    };
    let cluster = Cluster::new(&built.config, &built.properties, &built.step_properties);
    let mut progress = Progress::new(call.settings.talk);
    let report = search.run_watched(&cluster, &mut |come| {
        progress.tick(|seconds| told(come, seconds));
        interrupt::flow()
    });
    Answer {
        traces: report.traces,
        report: as_compact(report),
        reductions: Vec::new(),
        ends: Ends::NotJudged,
        values: cluster.values_per_slot(),
        max_depth: args.max_depth,
        max_states: max_states as u64,
    }
}

/// The same answer in the words of the other engine.
fn as_compact(report: Report<Cluster<'_>>) -> CompactReport<Decision<Kafka>> {
    let unfinished = match &report.verdict {
        Verdict::Inconclusive(unfinished) => Some(*unfinished),
        Verdict::Holds | Verdict::Violated { .. } => None,
    };
    let decision = |decided: &Decided| Decision {
        action: decided.action.clone(),
        choices: decided.choices.clone(),
    };
    let mut properties: Vec<Counted> = Vec::new();
    for judged in &report.properties {
        // A property with a half that speaks of states and one that speaks of steps is counted by name: both are the same.
        if properties.iter().all(|known| known.name != judged.name) {
            properties.push(Counted {
                name: judged.name,
                violating_states: judged.violating_states,
                violating_steps: judged.violating_steps,
            });
        }
    }
    let depth = report.depth();
    CompactReport {
        states: report.states as u64,
        transitions: report.transitions,
        complete_to: unfinished.map_or(Some(depth), |unfinished| unfinished.complete_to),
        frontier: unfinished.map_or(0, |unfinished| unfinished.frontier as u64),
        digest: report.digest,
        properties,
        witnesses: report
            .witnesses
            .iter()
            .map(|witness| (witness.name, witness.depth))
            .collect(),
        kinds: report.kinds.clone(),
        exact: true,
        memory: 0,
        levels: report.levels,
        verdict: match report.verdict {
            Verdict::Holds => CompactVerdict::Holds,
            Verdict::Violated { property, trace } => CompactVerdict::Violated {
                property,
                trace: trace.actions().map(decision).collect(),
            },
            Verdict::Inconclusive(unfinished) => CompactVerdict::Inconclusive(match unfinished.why {
                Why::MaxStates => Stopped::MaxStates,
                Why::MaxDepth => Stopped::MaxDepth,
                Why::Interrupted => Stopped::Interrupted,
            }),
        },
    }
}
