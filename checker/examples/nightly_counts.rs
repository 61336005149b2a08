//! Counts what is too large to be counted on every commit, on both engines, and fails if a count is wrong:
//! `cargo run --release --example nightly_counts`

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use checker::Search;
use checker::compact::Compact;
use checker::spec::Symmetry;
use checker::spec::packed::PackedSpace;
use checker::spec::two_phase_commit::TwoPhaseCommit;

fn plain(system: &TwoPhaseCommit) -> u64 {
    Search::breadth_first().run(system).states as u64
}

fn compact(system: &TwoPhaseCommit) -> u64 {
    let search = Compact {
        threads: 2,
        ..Compact::default()
    };
    let report = search.run(&PackedSpace::new(system), &mut |_| ControlFlow::Continue(()));
    report.expect("nothing is written to disk").states
}

fn main() -> ExitCode {
    let table = include_str!("../tests/tables/two_phase_commit_nightly.txt");
    let mut code = ExitCode::SUCCESS;
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<u64> = row
            .split_whitespace()
            .map(|cell| cell.parse().expect("a number"))
            .collect();
        let [managers, expected] = cells[..] else {
            panic!("a row has two numbers: {row}")
        };
        let system = TwoPhaseCommit::new(managers as usize, Symmetry::Off);
        let system = system.expect("the table stays within the bounds");
        for (engine, count) in [("plain", plain as fn(&_) -> u64), ("compact", compact)] {
            let started = Instant::now();
            let states = count(&system);
            let outcome = if states == expected { "ok" } else { "WRONG" };
            println!("{outcome}: {managers} resource managers, {engine}: {states} states, expected {expected}");
            eprintln!("{:.1} s", started.elapsed().as_secs_f32());
            if states != expected {
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
