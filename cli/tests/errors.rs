//! What is said when something is wrong, word by word: place, sentence, help. `UPDATE_EXPECT=1` rewrites it.

use expect_test::{Expect, expect};

use crate::folder::Folder;

#[track_caller]
fn check(folder: &Folder, line: &str, expected: Expect) {
    let ran = folder.line(line);
    assert_eq!(ran.stdout, "", "an error leaves no answer");
    expected.assert_eq(&format!("{}exit {}\n", ran.stderr, ran.code));
}

/// A valid beginning, to which something wrong is added.
fn scenario(rest: &str) -> String {
    format!("(\n name: \"lab\",\n control: Kraft(controllers: [101]),\n brokers: [1, 2, 3],\n{rest})\n")
}

#[test]
fn usage() {
    let folder = Folder::new();
    check(&folder, "explore --runs 3 --budget 3s", expect![[]]);
    check(&folder, "explore --seed abc", expect![[]]);
    check(&folder, "explore --sed 7", expect![[]]);
    check(&folder, "explroe", expect![[]]);
    check(&folder, "replay", expect![[]]);
    check(&folder, "check --search deep", expect![[]]);
    check(&folder, "explore --property no-comitted-loss", expect![[]]);
    check(&folder, "explore --set min.isr=2", expect![[]]);
    check(&folder, "explore --faults kil=1", expect![[]]);
    check(&folder, "list presets kraft-3.7", expect![[]]);
    check(&folder, "spec kip-320 --replicas 99", expect![[]]);
}

#[test]
fn scenarios() {
    let folder = Folder::new();
    folder.write("field.ron", scenario(" scrpt: [],\n"));
    check(&folder, "run field.ron", expect![[]]);
    folder.write("event.ron", scenario(" script: [\n  Stp(broker: 2, how: Kill),\n ],\n"));
    check(&folder, "run event.ron", expect![[]]);
    folder.write(
        "comma.ron",
        scenario(" script: [\n  Stop(broker: 2, how: Kill)\n  Settle(),\n ],\n"),
    );
    check(&folder, "run comma.ron", expect![[]]);
    folder.write("broker.ron", scenario(" script: [Stop(broker: 4, how: Kill)],\n"));
    check(&folder, "run broker.ron", expect![[]]);
    folder.write(
        "setting.ron",
        scenario(" topics: [(name: \"t\", assignment: [[1]], config: {\"min.isr\": 2})],\n"),
    );
    check(&folder, "run setting.ron", expect![[]]);
    folder.write(
        "replication.ron",
        scenario(" topics: [(name: \"orders\", partitions: 1, replication: 4)],\n"),
    );
    check(&folder, "run replication.ron", expect![[]]);
    folder.write("property.ron", scenario(" properties: [\"log-agrement\"],\n"));
    check(&folder, "run property.ron", expect![[]]);
    folder.write("script.ron", scenario(" script: [Stop(broker: 2, how: Kill)],\n"));
    check(&folder, "explore script.ron", expect![[]]);
}

#[test]
fn files() {
    let folder = Folder::new();
    check(&folder, "run nothing.ron", expect![[]]);
    check(&folder, "run toru", expect![[]]);
    check(&folder, "replay nothing.trace.ron", expect![[]]);
    folder.write("future.trace.ron", "(\n format: 3,\n)\n");
    check(&folder, "replay future.trace.ron", expect![[]]);
    folder.write("half.trace.ron", "(\n format: 1,\n build: \"0.1");
    check(&folder, "replay half.trace.ron", expect![[]]);
    folder.write("binary.trace.ron", [b'(', 0, 1, 2]);
    check(&folder, "replay binary.trace.ron", expect![[]]);
    folder.write("sim.ron", "(jbs: 2)");
    check(&folder, "list", expect![[]]);
}

#[test]
fn recordings() {
    let folder = Folder::with_scenarios();
    let text = folder.read("scenarios/recordings/elr-kraft-4.3.txt");
    let lines: Vec<&str> = text.lines().collect();
    folder.write("cut.txt", lines[..lines.len() - 1].join("\n") + "\n");
    check(&folder, "conform cut.txt", expect![[]]);
    folder.write(
        "no-time.txt",
        "# x\n# kafka 3.9.1 · kraft · brokers 1 2 3 · controllers 10\n== stop 2\n",
    );
    check(&folder, "conform no-time.txt", expect![[]]);
}

#[test]
fn what_is_far_too_large_is_refused_at_once() {
    let folder = Folder::new();
    let brokers: Vec<String> = (1..=10_000).map(|id| id.to_string()).collect();
    let many = format!(
        "(name: \"many\", control: Kraft(controllers: [101]), brokers: [{}])",
        brokers.join(", ")
    );
    folder.write("many.ron", many);
    let ran = folder.line("explore many.ron");
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("10000 brokers") || ran.stderr.contains("10,000 brokers"),
        "{}",
        ran.stderr
    );

    let large = std::fs::File::create(folder.path().join("large.ron")).expect("the folder can be written");
    large.set_len(100 << 20).expect("the disk has room for an empty file");
    for line in [
        "explore large.ron",
        "check large.ron",
        "run large.ron",
        "validate large.ron",
        "describe large.ron",
    ] {
        let ran = folder.line(line);
        assert_eq!(ran.code, 4, "sim {line}: {}", ran.stderr);
        assert!(ran.stderr.contains("larger than"), "sim {line}: {}", ran.stderr);
    }
}

#[test]
fn all_problems_of_a_file_are_named_not_only_the_first() {
    let folder = Folder::new();
    folder.write(
        "a.ron",
        scenario(" scrpt: [],\n properties: [\"log-agrement\"],\n expct: Holds,\n"),
    );
    let ran = folder.line("validate a.ron");
    assert_eq!(ran.code, 4);
    assert_eq!(ran.stderr.matches("error[scenario]").count(), 3, "{}", ran.stderr);
    assert_eq!(ran.stdout, "a.ron   scenario   3 errors\n");
}
