//! Counts what is too large to be counted on every commit, and fails if a count is wrong:
//! `cargo run --release --example nightly_counts`

use std::process::ExitCode;
use std::time::Instant;

use checker::Search;
use checker::spec::Symmetry;
use checker::spec::two_phase_commit::TwoPhaseCommit;

fn main() -> ExitCode {
    let table = include_str!("../tests/tables/two_phase_commit_nightly.txt");
    let mut code = ExitCode::SUCCESS;
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<usize> = row
            .split_whitespace()
            .map(|cell| cell.parse().expect("a number"))
            .collect();
        let started = Instant::now();
        let system = TwoPhaseCommit::new(cells[0], Symmetry::Off).expect("the table stays within the bounds");
        let report = Search::breadth_first().run(&system);
        let outcome = if report.states == cells[1] { "ok" } else { "WRONG" };
        println!(
            "{outcome}: {} resource managers, {} states, expected {}",
            cells[0], report.states, cells[1]
        );
        eprintln!("{:.1} s", started.elapsed().as_secs_f32());
        if report.states != cells[1] {
            code = ExitCode::FAILURE;
        }
    }
    code
}
