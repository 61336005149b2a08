//! Counts what is too large to be counted on every commit, on both engines, and fails if a count is wrong:
//! `cargo run --release -p checker --example nightly_counts`

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use checker::compact::Compact;
use checker::search::OnViolation;
use checker::spec::Symmetry;
use checker::spec::packed::{Packed, PackedSpace};
use checker::spec::replication::{Bounds, Replication, Variant};
use checker::spec::two_phase_commit::TwoPhaseCommit;
use checker::{Search, System};

fn plain<S: System>(system: &S) -> u64 {
    Search::breadth_first().count_all().run(system).states as u64
}

fn compact<S: Packed>(system: &S, threads: usize) -> u64 {
    let search = Compact {
        threads,
        on_violation: OnViolation::CountAll,
        ..Compact::default()
    };
    let report = search.run(&PackedSpace::new(system), &mut |_| ControlFlow::Continue(()));
    report.expect("nothing is written to disk").states
}

/// Whether every engine counts as many states as expected.
fn counts<S: Packed>(name: &str, system: &S, expected: u64) -> bool {
    let engines: [(&str, &dyn Fn() -> u64); 3] = [
        ("plain", &|| plain(system)),
        ("compact, 1 thread", &|| compact(system, 1)),
        ("compact, 2 threads", &|| compact(system, 2)),
    ];
    let mut right = true;
    for (engine, count) in engines {
        let started = Instant::now();
        let states = count();
        let outcome = if states == expected { "ok" } else { "WRONG" };
        println!("{outcome}: {name}, {engine}: {states} states, expected {expected}");
        eprintln!("{} ms", started.elapsed().as_millis());
        right &= states == expected;
    }
    right
}

fn main() -> ExitCode {
    let table = include_str!("../tests/tables/two_phase_commit_nightly.txt");
    let mut right = true;
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let numbers = row.split_whitespace().map(|cell| cell.parse().expect("a number"));
        let [managers, expected] = numbers.collect::<Vec<u64>>()[..] else {
            panic!("a row has two numbers: {row}")
        };
        let system = TwoPhaseCommit::new(managers as usize, Symmetry::Off);
        let system = system.expect("the table stays within the bounds");
        right &= counts(&format!("{managers} resource managers"), &system, expected);
    }
    for (variant, expected) in [(Variant::Kip320, 737_794), (Variant::Kip320First, 1_437_076)] {
        let bounds = Bounds::new(3, 2, 2, 2).expect("within the bounds");
        let system = Replication::new(variant, bounds, Symmetry::Off);
        right &= counts(&format!("{} 3 2 2 2", variant.name()), &system, expected);
    }
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
