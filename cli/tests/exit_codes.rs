//! Every exit code that `sim help` documents is produced, and what is documented is complete.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use crate::folder::{Folder, Ran, ran};

/// A small world in which nothing can go wrong.
const SOUND: &str = r#"(
    name: "sound",
    control: Kraft(controllers: [101]),
    brokers: [1],
    topics: [(name: "t", assignment: [[1]])],
    clients: [Producer(id: "c1", topic: "t", acks: All, records: 1, retries: 0)],
    properties: ["no-committed-loss"],
)"#;

#[track_caller]
fn check(folder: &Folder, line: &str, code: i32) -> Ran {
    let ran = folder.line(line);
    assert_eq!(
        ran.code, code,
        "sim {line}\nstdout:\n{}stderr:\n{}",
        ran.stdout, ran.stderr
    );
    ran
}

#[test]
fn an_outcome_as_expected_is_0() {
    let folder = Folder::new();
    folder.write("sound.ron", SOUND);
    check(&folder, "", 0);
    check(&folder, "--help", 0);
    check(&folder, "help explore", 0);
    check(&folder, "--version", 0);
    check(&folder, "check sound.ron", 0);
    check(&folder, "explore sound.ron --runs 10", 0);
    check(&folder, "explore tour --preset hw-truncation", 0);
}

#[test]
fn an_outcome_that_is_not_expected_is_1() {
    let folder = Folder::new();
    let ran = check(&folder, "explore tour --preset hw-truncation --expect holds", 1);
    assert!(ran.stdout.contains("NOT expected"), "{}", ran.stdout);
    folder.write("sound.ron", SOUND);
    check(&folder, "check sound.ron --expect violates", 1);
    folder.write("stored.txt", "Topic: t\n");
    check(&folder, "run sound.ron --show describe --expect-file stored.txt", 1);
    let few = "--seeds 1 --events 100 --check-max-states 10 --control-events 100";
    let ran = check(&folder, &format!("mutants kafka-7128 {few}"), 1);
    assert!(
        ran.stdout.contains("survivor: 5 kafka-7128 (found by neither)"),
        "{}",
        ran.stdout
    );
}

#[test]
fn wrong_usage_is_2() {
    let folder = Folder::new();
    for line in [
        "explre",
        "explore --rns 3",
        "explore --seed abc",
        "explore --runs 3 --budget 3s",
        "explore --faults kil=2",
        "explore --preset kraft-9.9",
        "explore --set min.isr=2",
        "spec kip-320 --replicas 99",
        "spec kip-320 --max-version 2",
        "replay",
        "run tour --until never",
    ] {
        let ran = check(&folder, line, 2);
        assert!(ran.stderr.starts_with("error[usage]: "), "{line}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{line}");
    }
}

#[test]
fn a_question_that_is_not_settled_is_3() {
    let folder = Folder::new();
    let ran = check(&folder, "check tour --max-states 10", 3);
    assert!(
        ran.stdout.contains("INCONCLUSIVE: stopped at 22 states (--max-states)"),
        "{}",
        ran.stdout
    );
    folder.write("sound.ron", SOUND);
    check(&folder, "explore sound.ron --runs 10 --expect violates", 3);
    let hollow = SOUND.replace("properties:", "witnesses: [\"leader-changed\"], properties:");
    folder.write("hollow.ron", hollow);
    let ran = check(&folder, "check hollow.ron", 3);
    assert!(
        ran.stdout.contains("HOLDS (hollow: 1 witness never reached)"),
        "{}",
        ran.stdout
    );
}

#[test]
fn unusable_input_is_4() {
    let folder = Folder::new();
    folder.write("empty.ron", "");
    folder.write("half.ron", &SOUND[..SOUND.len() / 2]);
    folder.write("binary.ron", [0u8, 159, 146, 150]);
    folder.write("not-a-recording.txt", "# x\nhello\n");
    for line in [
        "explore nothing.ron",
        "explore nothing",
        "explore empty.ron",
        "check half.ron",
        "run binary.ron",
        "replay nothing.trace.ron",
        "replay half.ron",
        "describe binary.ron",
        "conform not-a-recording.txt",
        "conform nothing.txt",
        "validate half.ron",
    ] {
        let ran = check(&folder, line, 4);
        assert!(ran.stderr.starts_with("error["), "{line}: {}", ran.stderr);
    }
}

#[test]
fn a_trace_with_one_choice_flipped_is_5_and_the_step_is_named() {
    let folder = Folder::new();
    check(&folder, "explore tour --preset hw-truncation", 0);
    let name = only_file(&folder, "out");
    let text = folder.read(&name);
    check(&folder, &format!("replay {name}"), 0);
    let digest = text
        .lines()
        .find(|line| line.trim_start().starts_with("(3,"))
        .expect("it has a third step");
    let flipped = digest.replacen(",\"", ",\"f", 1);
    let flipped = flipped.replacen(
        &flipped[flipped.find(",\"f").expect("just put there") + 3..][..16],
        &"0".repeat(15),
        1,
    );
    folder.write("flipped.trace.ron", text.replace(digest, &flipped));
    let ran = check(&folder, "replay flipped.trace.ron", 5);
    assert!(
        ran.stderr
            .starts_with("error[replay]: step 3 no longer fits this build"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("sim replay flipped.trace.ron --at 2"),
        "{}",
        ran.stderr
    );
    check(&folder, "replay flipped.trace.ron --verify off", 0);
}

#[test]
fn a_defect_is_101_and_says_how_to_repeat_it() {
    let folder = Folder::new();
    let ran = check(&folder, "selfcheck --break-a-rule", 101);
    assert!(
        ran.stderr
            .starts_with("error[internal]: a rule of the simulator itself was broken"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("please report   sim selfcheck --break-a-rule"),
        "{}",
        ran.stderr
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_130_after_what_was_found_is_shown() {
    let folder = Folder::new();
    let mut command = folder.command(&["explore", "tour", "--preset", "kraft-4.3", "--runs", "1000000000", "-v"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut first = String::new();
    stderr.read_line(&mut first).expect("it says what it does");
    assert!(first.starts_with("exploring tour"), "{first}");
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("there is a kill command").success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("it ends");
    let ran = ran(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, 130, "{rest}");
    assert!(ran.stdout.contains("none found"), "{}", ran.stdout);
}

#[test]
fn the_map_documents_every_code() {
    let map = Folder::new().line("").stdout;
    for code in [
        "    0  ", "    1  ", "    2  ", "    3  ", "    4  ", "    5  ", "  101  ", "  130  ",
    ] {
        assert!(map.contains(code), "{code:?} is missing:\n{map}");
    }
}

/// The path of the only file in a folder.
fn only_file(folder: &Folder, name: &str) -> String {
    let files = std::fs::read_dir(folder.path().join(name)).expect("the folder exists");
    let mut names: Vec<String> = files
        .map(|file| file.expect("it stays").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    format!("{name}/{}", names.remove(0))
}
