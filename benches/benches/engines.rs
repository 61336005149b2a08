//! The same models on all engines side by side, in one run: compact, plain, and Stateright, which is somebody else's.
//!
//! All of them call the same successors and the same judgement of a state; every run must count the same distinct states.
//! Stateright asks for actions first and for the state behind each of them later; here a step's action is the state to
//! which it leads, so that it makes each successor once, like the others. After the times come bytes of memory per state.

use std::fs;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::process::Command;

use checker::cluster::{Cluster, interned};
use checker::compact::{Compact, Space};
use checker::properties::{REGISTERED, STEP};
use checker::search::OnViolation;
use checker::spec::Symmetry;
use checker::spec::packed::{Packed, PackedSpace};
use checker::spec::replication::{Bounds, Replication, Variant};
use checker::spec::two_phase_commit::TwoPhaseCommit;
use checker::{Findings, Search, Steps, System};
use criterion::{Criterion, SamplingMode, Throughput};
use models::features::Features;
use sim_benches::smallest;
use stateright::{Checker, Model, Property};

/// In the environment of a process that runs one engine once, to measure its memory: the name of the run.
const ONE_RUN: &str = "ENGINES_ONE_RUN";

/// One model on one engine: its distinct states.
struct Run {
    model: &'static str,
    engine: &'static str,
    /// What it must count.
    states: u64,
    count: Box<dyn Fn() -> u64>,
}

/// Any system as a model of Stateright, with one of its properties, which must hold: a violation would end the search.
#[derive(Clone)]
struct Peer<S> {
    system: S,
    claim: &'static str,
}

impl<S: System<State: Hash>> Model for Peer<S> {
    type State = S::State;
    type Action = S::State;

    fn init_states(&self) -> Vec<S::State> {
        self.system.initial()
    }

    fn actions(&self, state: &S::State, actions: &mut Vec<S::State>) {
        let mut steps = Steps::default();
        actions.extend(steps.of(&self.system, state).drain(..).map(|step| step.state));
    }

    fn next_state(&self, _state: &S::State, action: S::State) -> Option<S::State> {
        Some(action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("claim", |peer, state| {
            let mut found = Findings::default();
            peer.system.judge(state, &mut found);
            !found.violates(peer.claim)
        })]
    }
}

fn compact<S: Space>(space: &S, threads: usize) -> (u64, u64) {
    let search = Compact {
        threads,
        on_violation: OnViolation::CountAll,
        ..Compact::default()
    };
    let report = search.run(space, &mut |_| ControlFlow::Continue(()));
    let report = report.expect("nothing is written to disk");
    (report.states, report.memory)
}

/// All engines on a specification.
fn specification<S>(model: &'static str, states: u64, claim: &'static str, system: S) -> Vec<Run>
where
    S: Packed<State: Send + Sync + 'static> + Clone + Send + 'static,
{
    let run = |engine, count: Box<dyn Fn() -> u64>| Run {
        model,
        engine,
        states,
        count,
    };
    let [one, two, plain, peer] = [system.clone(), system.clone(), system.clone(), system];
    let peer = Peer { system: peer, claim };
    let other = peer.clone();
    let stateright = |peer: Peer<S>, threads| peer.checker().threads(threads).spawn_bfs().join().unique_state_count();
    vec![
        run(
            "compact, 1 thread",
            Box::new(move || compact(&PackedSpace::new(&one), 1).0),
        ),
        run(
            "compact, 2 threads",
            Box::new(move || compact(&PackedSpace::new(&two), 2).0),
        ),
        run(
            "plain",
            Box::new(move || Search::breadth_first().count_all().run(&plain).states as u64),
        ),
        run(
            "stateright, 1 thread",
            Box::new(move || stateright(peer.clone(), 1) as u64),
        ),
        run(
            "stateright, 2 threads",
            Box::new(move || stateright(other.clone(), 2) as u64),
        ),
    ]
}

/// How many states the smallest world has: as many as the plain engine counts.
fn cluster_states() -> u64 {
    let config = smallest(Features::KRAFT_4_3);
    let cluster = Cluster::new(&config, REGISTERED, STEP);
    Search::breadth_first().count_all().run(&cluster).states as u64
}

/// Our engines on the smallest world. Stateright has no run of it: a cluster keeps statistics that threads cannot share.
fn cluster(states: u64) -> Vec<Run> {
    let run = |engine, count: Box<dyn Fn() -> u64>| Run {
        model: "2 brokers, 1 record, 1 kill",
        engine,
        states,
        count,
    };
    let on_ids = |threads| compact(&interned(&smallest(Features::KRAFT_4_3), REGISTERED, STEP), threads).0;
    vec![
        run("compact on ids, 1 thread", Box::new(move || on_ids(1))),
        run("compact on ids, 2 threads", Box::new(move || on_ids(2))),
        run("plain", Box::new(cluster_states)),
    ]
}

fn commit() -> TwoPhaseCommit {
    TwoPhaseCommit::new(7, Symmetry::Off).expect("seven is within the bounds")
}

fn kip_320() -> Replication {
    let bounds = Bounds::new(3, 1, 1, 2).expect("within the bounds");
    Replication::new(Variant::Kip320, bounds, Symmetry::Off)
}

/// All runs, given the states of the smallest world.
fn runs(cluster_states: u64) -> Vec<Run> {
    let mut runs = specification("two-phase commit, 7 resource managers", 296_448, "consistent", commit());
    runs.extend(specification("KIP-320, 3 1 1 2", 97_531, "StrongIsr", kip_320()));
    runs.extend(cluster(cluster_states));
    runs
}

/// The most memory that this process had, and what it has now, in KiB. Nothing where there is no `/proc`.
fn resident() -> Option<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = |name| status.lines().find_map(|line: &str| line.strip_prefix(name));
    let number = |text: &str| text.split_whitespace().next()?.parse().ok();
    Some((number(line("VmHWM:")?)?, number(line("VmRSS:")?)?))
}

/// Runs one engine in this process and prints by how much memory grew, in KiB.
fn one_run(name: &str) {
    let runs = runs(0);
    let run = runs.iter().find(|run| format!("{}/{}", run.model, run.engine) == name);
    let run = run.expect("the parent names a run");
    let before = resident();
    (run.count)();
    match (before, resident()) {
        (Some((_, before)), Some((most, _))) => println!("{}", most.saturating_sub(before)),
        _ => println!(),
    }
}

/// Peak resident memory per state, each engine in a process of its own.
fn memory(runs: &[Run]) {
    let this = std::env::current_exe().expect("a running program has a file");
    for run in runs {
        let name = format!("{}/{}", run.model, run.engine);
        let output = Command::new(&this).env(ONE_RUN, &name).output();
        let output = output.expect("the program that runs can be run again");
        let grown = String::from_utf8_lossy(&output.stdout).trim().parse::<u64>();
        match grown {
            Ok(kib) => println!("{name}: {} bytes/state, peak resident", kib * 1024 / run.states),
            Err(_) => println!("{name}: memory not measured, there is no /proc"),
        }
    }
    let config = smallest(Features::KRAFT_4_3);
    let counted = [
        (
            "two-phase commit, 7 resource managers",
            compact(&PackedSpace::new(&commit()), 1),
        ),
        ("KIP-320, 3 1 1 2", compact(&PackedSpace::new(&kip_320()), 1)),
        (
            "2 brokers, 1 record, 1 kill",
            compact(&interned(&config, REGISTERED, STEP), 1),
        ),
    ];
    for (model, (states, bytes)) in counted {
        println!("{model}/compact: {} bytes/state, as it counts itself", bytes / states);
    }
}

fn main() {
    if let Ok(name) = std::env::var(ONE_RUN) {
        return one_run(&name);
    }
    let runs = runs(cluster_states());
    let mut criterion = Criterion::default().configure_from_args();
    for run in &runs {
        let mut group = criterion.benchmark_group(run.model);
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::Elements(run.states));
        group.bench_function(run.engine, |bencher| {
            bencher.iter(|| assert_eq!((run.count)(), run.states));
        });
        group.finish();
    }
    criterion.final_summary();
    memory(&runs);
}
