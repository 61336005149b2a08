//! What part of all reachable states each sampler has seen, where the whole is known: 2 brokers, 1 record, 1 kill.
//! `cargo run --release -p checker --example coverage [SERIES]`
//!
//! A series is as many runs from fresh seeds as make so many events; parts are medians over all series, with the least
//! and the most. Rules are those of `kraft-4.3`.

use std::collections::BTreeSet;

use checker::cluster::Cluster;
use checker::explore::{OnViolation, Plan, Runner, SAMPLERS, SamplerKind};
use checker::{Steps, System};
use models::config::Config;
use models::faults::{Fault, Faults};
use models::features::Features;

/// After so many events a series is looked at.
const EVENTS: [u64; 3] = [1_000, 10_000, 100_000];
/// The series of a sampler have seeds that lie this far apart.
const SEEDS_APART: u64 = 1 << 32;

/// Fingerprints of all states that can be reached, the settled cluster included.
fn reachable(config: &Config) -> BTreeSet<u64> {
    let cluster = Cluster::new(config, &[], &[]);
    let mut waiting = cluster.initial();
    let mut known: BTreeSet<u64> = waiting.iter().map(|state| cluster.fingerprint(state)).collect();
    let mut steps = Steps::default();
    while let Some(state) = waiting.pop() {
        let next = steps.of(&cluster, &state).drain(..).map(|step| step.state);
        waiting.extend(next.filter(|state| known.insert(cluster.fingerprint(state))));
    }
    known
}

/// What one sampler saw in one series.
struct Series {
    /// Distinct states after each of [`EVENTS`].
    seen: Vec<usize>,
    /// States that are not among the reachable ones.
    foreign: usize,
}

fn series(config: &Config, sampler: SamplerKind, number: u64, all: &BTreeSet<u64>, settled: u64) -> Series {
    let plan = |steps_max| Plan {
        config,
        properties: &[],
        step_properties: &[],
        sampler,
        first_seed: number * SEEDS_APART,
        runs: u64::MAX,
        steps_max,
        jobs: 1,
        on_violation: OnViolation::KeepGoing,
        shard: (0, 1),
    };
    let mut runner = Runner::new(config, &plan(usize::MAX));
    let mut seeds = plan(0).first_seed..;
    let (mut states, mut seen, mut done) = (BTreeSet::from([settled]), Vec::new(), 0);
    let mut next = || seeds.next().expect("there are more seeds than events");
    for events in EVENTS {
        while done < events {
            // Run 0 of a plan is one of those whose states are written down.
            let mut outcome = runner.run(next(), 0);
            if outcome.events > events - done {
                // The same run once more, cut where the series is looked at.
                let cut = plan((events - done) as usize);
                outcome = Runner::new(config, &cut).run(outcome.seed, 0);
            }
            done += outcome.events;
            states.extend(outcome.states.expect("this run writes its states down"));
        }
        seen.push(states.intersection(all).count());
    }
    let foreign = states.difference(all).count();
    Series { seen, foreign }
}

/// A part of the whole, in tenths of a percent.
fn part(of: usize, whole: usize) -> String {
    let permille = of * 1_000 / whole;
    format!("{}.{} %", permille / 10, permille % 10)
}

fn main() {
    let count: u64 = std::env::args()
        .nth(1)
        .map_or(20, |text| text.parse().expect("a number of series"));
    assert!(count > 0, "no series, no median");
    let mut config = Config::small(Features::KRAFT_4_3, 2, 1);
    config.faults = Faults::default().with(Fault::Kill, 1);
    let all = reachable(&config);
    let cluster = Cluster::new(&config, &[], &[]);
    let settled = cluster.fingerprint(&cluster.initial()[0]);
    println!("{} reachable states, {count} series of each sampler", all.len());
    for (name, sampler, _) in SAMPLERS {
        let series: Vec<Series> = (0..count)
            .map(|number| series(&config, *sampler, number, &all, settled))
            .collect();
        for (at, events) in EVENTS.iter().enumerate() {
            let mut seen: Vec<usize> = series.iter().map(|series| series.seen[at]).collect();
            seen.sort_unstable();
            let [least, median, most] = [0, seen.len() / 2, seen.len() - 1].map(|at| part(seen[at], all.len()));
            println!("{name:8} {events:>7} events: {median} ({least} to {most})");
        }
        let foreign = series.iter().map(|series| series.foreign).max();
        if let Some(foreign @ 1..) = foreign {
            println!("{name:8} also saw states that are not reachable without a clock, up to {foreign} in a series");
        }
    }
}
