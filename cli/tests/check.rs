//! `sim check`: flags that change how a search is done do not change what it finds; a search that was cut short goes on.

use crate::folder::{Folder, Ran};

#[track_caller]
fn check(folder: &Folder, line: &str, code: i32) -> Ran {
    let ran = folder.line(&format!("check {line}"));
    assert_eq!(ran.code, code, "sim check {line}\n{}{}", ran.stdout, ran.stderr);
    ran
}

/// The answer without the lines that say how it was found.
fn what_was_found(ran: &Ran) -> String {
    let lines = ran.stdout.lines();
    let how = |line: &&str| line.contains("reductions ") || line.contains("fingerprints");
    lines.filter(|line| !how(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn threads_whole_states_and_other_orders_find_the_same() {
    let folder = Folder::new();
    let usual = check(&folder, "--jobs 1", 0);
    assert_eq!(check(&folder, "--jobs 2", 0).stdout, usual.stdout);
    for how in ["--exact", "--reduce none", "--search dfs --jobs 2"] {
        let other = what_was_found(&check(&folder, how, 0));
        let depth = |text: &str| {
            text.lines()
                .filter(|line| !line.starts_with("explored"))
                .collect::<String>()
        };
        assert_eq!(depth(&other), depth(&what_was_found(&usual)), "{how}");
    }
    let coarse = check(&folder, "--reduce coarse", 0);
    assert!(coarse.stdout.contains("reductions coarse"), "{}", coarse.stdout);
}

#[test]
fn a_search_that_was_cut_short_goes_on_and_ends_with_the_same_counts() {
    let folder = Folder::new();
    let whole = check(&folder, "", 0);
    check(&folder, "--checkpoint kept --max-states 9000", 3);
    assert_eq!(folder.files(), ["kept/smallest-check.checkpoint"]);
    let refused = check(&folder, "--checkpoint kept", 2);
    assert!(refused.stderr.contains("--resume"), "{}", refused.stderr);
    let resumed = check(&folder, "--checkpoint kept --resume", 0);
    assert_eq!(resumed.stdout, whole.stdout);
    assert!(folder.files().is_empty(), "an answered question needs no checkpoint");
}

#[test]
fn a_checkpoint_of_another_search_or_a_damaged_one_is_refused() {
    let folder = Folder::new();
    check(&folder, "--checkpoint kept --max-states 900", 3);
    let other = check(&folder, "--checkpoint kept --resume --exact", 4);
    assert!(
        other.stderr.contains("checkpoint of another search"),
        "{}",
        other.stderr
    );
    folder.write("kept/smallest-check.checkpoint", b"sim.checkpoint/1\nshort");
    let damaged = check(&folder, "--checkpoint kept --resume", 4);
    assert!(damaged.stderr.contains("no whole checkpoint"), "{}", damaged.stderr);
    assert!(damaged.stderr.contains("without --resume"), "{}", damaged.stderr);
    let missing = check(&folder, "--checkpoint elsewhere --resume", 4);
    assert!(missing.stderr.contains("error[io]: "), "{}", missing.stderr);
}

#[test]
fn a_search_ends_within_its_memory_and_can_be_stopped() {
    let folder = Folder::new();
    let tight = check(&folder, "tour --max-mem 6MiB", 3);
    assert!(tight.stdout.contains("(--max-mem)"), "{}", tight.stdout);
    for (line, text) in [
        ("--max-mem 12", "512MiB"),
        ("--resume", "--checkpoint"),
        ("--search dfs --exact", "--search bfs"),
        ("--reduce sleep", "coarse"),
    ] {
        let refused = check(&folder, line, 2);
        assert!(refused.stderr.contains(text), "{line}: {}", refused.stderr);
    }
}

#[test]
#[cfg(unix)]
fn a_search_that_is_killed_goes_on_from_its_last_checkpoint() {
    let folder = Folder::new();
    // Stopped by its bound, the search leaves a checkpoint; killed at any time while it goes on, it leaves that one whole.
    check(&folder, "tour --faults kill=1 --checkpoint kept --max-states 20000", 3);
    let mut going = folder.command(&[
        "check",
        "tour",
        "--faults",
        "kill=1",
        "--checkpoint",
        "kept",
        "--resume",
    ]);
    let mut going = going.spawn().expect("the program starts");
    going.kill().expect("it can be killed");
    going.wait().expect("it ends");
    let resumed = check(
        &folder,
        "tour --faults kill=1 --checkpoint kept --resume --max-states 60000",
        3,
    );
    let whole = check(&folder, "tour --faults kill=1 --max-states 60000", 3);
    assert_eq!(resumed.stdout, whole.stdout);
}

#[test]
fn a_state_space_is_drawn_with_what_was_left_out_counted() {
    let folder = Folder::new();
    let drawn = folder.line("graph --max-nodes 12");
    assert_eq!(drawn.code, 0, "{}", drawn.stderr);
    assert!(drawn.stdout.starts_with("digraph states {\n"), "{}", drawn.stdout);
    assert_eq!(
        drawn
            .stdout
            .lines()
            .filter(|line| line.contains("[label=") && !line.contains("->"))
            .count(),
        12
    );
    assert!(drawn.stderr.contains("left out"), "{}", drawn.stderr);
    assert_eq!(
        folder.line("graph --max-nodes 12").stdout,
        drawn.stdout,
        "the same bytes each time"
    );
    let object = folder.line("graph --max-nodes 12 --to json").stdout;
    assert!(
        object.starts_with(r#"{"schema":"sim.graph/1","what":"states","initial":1,"nodes":[{"id":0,"#),
        "{object}"
    );
}

#[test]
fn what_must_come_in_the_end_is_judged_where_runs_come_to_rest() {
    let folder = Folder::new();
    let line = "--property leader-returns --property write-answered --property isr-recovers";
    let judged = check(&folder, line, 0);
    assert!(
        judged.stdout.contains("isr-recovers            holds"),
        "{}",
        judged.stdout
    );
    let other = check(&folder, &format!("{line} --search dfs --max-depth 4"), 3);
    assert!(
        other.stdout.contains("not searched: leader-returns"),
        "{}",
        other.stdout
    );
}
