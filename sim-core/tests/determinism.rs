//! The same seed in two processes gives the same run: no address, hash seed or environment reaches it.

extern crate alloc;

use std::process::Command;

#[path = "../examples/ping_pong.rs"]
mod ping_pong;

/// Set in the processes that only print.
const CHILD: &str = "SIM_CORE_DETERMINISM_CHILD";

fn runs() -> String {
    let rules = ping_pong::Rules { strokes: 6, gusts: 2 };
    (0..20).map(|seed| ping_pong::rally(&rules, seed)).collect()
}

/// The test below, in a process of its own that prints what it sees.
fn in_another_process() -> String {
    let me = std::env::current_exe().expect("a test has a program");
    let test = "the_same_seed_in_two_processes_gives_the_same_digests";
    let output = Command::new(me)
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output();
    let output = output.expect("this program can be started again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a run is text")
}

#[test]
fn the_same_seed_in_two_processes_gives_the_same_digests() {
    let here = runs();
    if std::env::var_os(CHILD).is_some() {
        println!("\n{here}");
        return ping_pong::main();
    }
    for _ in 0..2 {
        let there = in_another_process();
        assert!(
            there.contains(&here),
            "another process saw another run:\n{there}\nhere:\n{here}"
        );
    }
}

#[test]
fn another_seed_gives_another_run() {
    let rules = ping_pong::Rules { strokes: 6, gusts: 0 };
    assert_ne!(ping_pong::rally(&rules, 1), ping_pong::rally(&rules, 2));
}
