//! Every scenario that ships is played, and must print what lies beside it; twice, with the same bytes.
//!
//! `UPDATE_EXPECT=1` rewrites the files.

use std::fs;
use std::path::{Path, PathBuf};

use scenarios::builtin::{ALL, Builtin};
use scenarios::expect::{Meeting, Verdict, meets};
use scenarios::player::{Options, Played, Show, Table, Until, play};

fn played(builtin: &Builtin) -> Played {
    let options = Options {
        seed: 0,
        until: Until::Quiet,
    };
    play(&builtin.scenario(), &options, None)
        .map_err(|why| why.to_string())
        .expect("scenarios that ship can be simulated")
}

/// What `sim run` prints about a scenario; for those that are about logs with these, too.
fn printed(builtin: &Builtin) -> String {
    let played = played(builtin);
    let tables = if builtin.folder.starts_with("labs/") {
        vec![Table::Describe]
    } else {
        vec![Table::Describe, Table::Logs]
    };
    played.text(&Show(tables))
}

#[test]
fn every_scenario_comes_to_what_it_claims() {
    for builtin in ALL {
        let played = played(builtin);
        let verdict = match &played.violation {
            Some(violation) => Verdict::Violated(violation.property),
            None => Verdict::NoneFound,
        };
        let met = meets(&played.scenario.expect, verdict);
        assert_eq!(met, Meeting::AsExpected, "{}: {verdict:?}", builtin.folder);
        assert!(
            played.scenario.witnesses.iter().all(|name| played.reached.has(name)),
            "{}",
            builtin.folder
        );
    }
}

fn beside(builtin: &Builtin) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(builtin.folder)
        .join("expected.txt")
}

/// The first line that differs, for people.
fn first_difference(expected: &str, found: &str) -> String {
    let mut numbered = expected.lines().zip(found.lines()).enumerate();
    match numbered.find(|(_, (expected, found))| expected != found) {
        Some((at, (expected, found))) => {
            format!("line {}:\n    expected  {expected}\n    found     {found}", at + 1)
        }
        None => format!(
            "{} lines expected, {} found",
            expected.lines().count(),
            found.lines().count()
        ),
    }
}

#[test]
fn every_scenario_prints_what_lies_beside_it_and_the_same_the_second_time() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut problems = Vec::new();
    for builtin in ALL {
        let (path, found) = (beside(builtin), printed(builtin));
        if printed(builtin) != found {
            problems.push(format!("{}: a second play prints something else", builtin.folder));
        }
        if update {
            fs::write(&path, &found).expect("the folder of a scenario can be written");
            continue;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != found {
            problems.push(format!("{}: {}", builtin.folder, first_difference(&expected, &found)));
        }
    }
    assert!(
        problems.is_empty(),
        "{}\n\nUPDATE_EXPECT=1 rewrites the files",
        problems.join("\n")
    );
}

/// The tables of `kafka-topics --describe` in a text, without what is random in them.
fn describe_tables(text: &str) -> Vec<String> {
    let mut tables: Vec<String> = Vec::new();
    for line in text.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)) {
        if line.starts_with("Topic: ") {
            let cells = line.split('\t').filter(|cell| !cell.starts_with("TopicId: "));
            tables.push(cells.collect::<Vec<_>>().join("\t"));
        } else if line.starts_with("\tTopic: ") {
            let table = tables.last_mut().expect("a table begins with its topic");
            table.push('\n');
            table.push_str(line);
        }
    }
    tables
}

#[test]
fn the_tables_of_labs_7_and_8_are_those_of_the_real_cluster() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recording = root.join("recordings/broker-failure-combined-3.8.txt");
    let recorded = describe_tables(&fs::read_to_string(recording).expect("the recording is part of the repository"));
    let of_lab = |name: &str| {
        let builtin = scenarios::builtin::find(name).expect("the lab ships");
        describe_tables(&printed(builtin))
    };
    let (seven, eight) = (of_lab("07-one-broker-down-and-back"), of_lab("08-preferred-leaders"));
    assert_eq!(seven, recorded[..3]);
    assert_eq!(eight[..2], recorded[2..4]);
    assert_eq!(eight[2], recorded[3], "an election that is not needed changes nothing");
}

#[test]
fn every_folder_with_a_scenario_ships() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for kind in ["labs", "properties"] {
        let Ok(folders) = fs::read_dir(root.join(kind)) else {
            continue;
        };
        for folder in folders {
            let folder = folder.expect("the folder can be listed");
            let name = format!("{kind}/{}", folder.file_name().to_string_lossy());
            // A lab may have its scenarios in folders of their own; tests/labs.rs looks at those.
            if kind == "labs" && !folder.path().join("scenario.ron").exists() {
                continue;
            }
            assert!(
                ALL.iter().any(|builtin| builtin.folder == name),
                "{name} is not listed in builtin.rs"
            );
        }
    }
}

#[test]
fn the_trace_of_every_play_is_read_again_and_fits() {
    for builtin in ALL {
        let played = played(builtin);
        let trace = played
            .trace()
            .map_err(|why| why.to_string())
            .expect("it was just played");
        let read = scenarios::trace::TraceFile::parse("t", &trace.to_text())
            .map_err(|why| why.to_string())
            .expect("it was just written");
        let replayed = read
            .replay()
            .map_err(|why| why.to_string())
            .expect("it was just recorded");
        assert!(
            replayed.values == played.values,
            "{}: another state at the end",
            builtin.folder
        );
    }
}
