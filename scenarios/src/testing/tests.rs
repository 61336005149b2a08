//! What a test of seeds says, keeps and demands; what a folder of traces demands.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Subject, Why, check_seeds, replay_folder, try_seeds};
use crate::builtin::{self, tour};
use crate::scenario::schema::{Expectation, Scenario};
use crate::trace::TraceFile;

/// A folder of this test alone, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("out").join(name);
    if path.exists() {
        fs::remove_dir_all(&path).expect("a folder of an earlier run can be removed");
    }
    path
}

/// The tour under the oldest rules, which lose a record; it is claimed that they do not.
fn lossy() -> Scenario {
    Scenario {
        expect: Expectation::Holds,
        properties: vec!["no-committed-loss".to_owned()],
        ..tour().swap_remove(0).scenario
    }
}

/// Seeds below which the oldest rules lose a record.
const ENOUGH: u64 = 4_000;

#[test]
fn a_failing_seed_is_told_kept_and_repeated() {
    let out = folder("told");
    let failed = try_seeds(&Subject::from(&lossy()), 0..ENOUGH, &out).expect_err("the oldest rules lose a record");
    let Why::Violated(finding) = &failed.why else {
        panic!("{failed}")
    };
    let path = finding
        .kept
        .as_ref()
        .expect("the folder can be written")
        .display()
        .to_string();
    let told = failed.to_string();
    let first = format!(
        "seed {} of tour (rules hw-truncation) violates no-committed-loss\n",
        finding.seed
    );
    assert!(told.starts_with(&first), "{told}");
    assert!(told.contains(", none of which can be left out\n\n 1  "), "{told}");
    assert!(told.contains("\n      VIOLATED no-committed-loss\n"), "{told}");
    assert!(
        told.ends_with(&format!("  trace     {path}\n  repeat    sim replay {path} --diff\n")),
        "{told}"
    );
    let replayed = replay_folder(&out);
    assert!(replayed.is_sound(), "{replayed}");
    assert_eq!(
        fs::read_dir(&out).expect("it was made").count(),
        1,
        "nothing half written is left"
    );
}

#[test]
fn an_expected_violation_passes_and_one_that_does_not_come_fails() {
    let out = folder("expected");
    let expected = Scenario {
        expect: Expectation::Violates("no-committed-loss".to_owned()),
        ..lossy()
    };
    let passed = try_seeds(&Subject::from(&expected), 0..ENOUGH, &out).expect("it is expected");
    assert!(passed.seed.is_some());
    let failed = try_seeds(&Subject::from(&expected), 0..0, &out).expect_err("no seed, no loss");
    assert!(
        matches!(&failed.why, Why::NotFound(property) if property == "no-committed-loss"),
        "{failed}"
    );
    assert!(!out.exists(), "nothing is kept of what was expected");
}

#[test]
fn a_green_result_that_reached_nothing_is_hollow() {
    let calm = Scenario {
        witnesses: vec!["record-acked".to_owned(), "unclean-election".to_owned()],
        ..builtin::find("tour").expect("it ships").scenario()
    };
    let failed = try_seeds(&Subject::from(&calm), 0..4, &folder("hollow")).expect_err("no election is unclean here");
    assert_eq!(
        failed.to_string(),
        "tour holds hollowly: none of the seeds 0..4 reaches unclean-election\n  try more of them, or more faults\n"
    );
}

#[test]
fn a_scenario_with_a_script_is_played() {
    check_seeds("07-one-broker-down-and-back", 0..2);
}

#[test]
fn a_scenario_that_cannot_be_used_says_why() {
    let nowhere =
        try_seeds(&Subject::from("nowhere.ron"), 0..1, &folder("unusable")).expect_err("there is no such file");
    assert!(nowhere.to_string().starts_with("error[io]: "), "{nowhere}");
    let wrong = Scenario {
        preset: "kraft-9.9".to_owned(),
        ..lossy()
    };
    let wrong = try_seeds(&Subject::from(&wrong), 0..1, &folder("unusable")).expect_err("there is no such preset");
    assert!(wrong.to_string().contains("kraft-9.9"), "{wrong}");
}

/// The regression traces after this edit of each, in a folder of their own; what is then said.
fn edited(name: &str, edit: impl Fn(&mut TraceFile)) -> String {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions"), folder(name));
    fs::create_dir_all(&to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("there are regressions") {
        let path = entry.expect("the folder can be read").path();
        let text = fs::read_to_string(&path).expect("a trace is text");
        let mut trace = TraceFile::parse("regression", &text)
            .map_err(|why| why.to_string())
            .expect("it is a trace");
        edit(&mut trace);
        let place = to.join(path.file_name().expect("a file has a name"));
        trace
            .save(&place)
            .map_err(|why| why.to_string())
            .expect("the folder can be written");
    }
    let replayed = replay_folder(&to);
    assert!(!replayed.is_sound(), "{replayed}");
    replayed.to_string()
}

#[test]
fn a_trace_that_no_longer_fits_fails_with_the_step_and_the_difference() {
    let said = edited("unfit", |trace| trace.steps[1].digest = Some(sim_core::Digest(1)));
    assert!(
        said.contains("error[replay]: step 2 no longer fits this build\n  recorded  "),
        "{said}"
    );
    assert!(said.contains("\n  now       digest "), "{said}");
}

#[test]
fn a_violation_that_does_not_come_about_again_fails() {
    let said = edited("healed", |trace| {
        trace.steps.pop();
    });
    assert!(
        said.contains("every step fits, but the violation of no-committed-loss did not come about again"),
        "{said}"
    );
    assert!(said.contains("now       nothing is violated"), "{said}");
}

#[test]
fn a_violation_that_the_header_does_not_name_fails() {
    let said = edited("unnamed", |trace| trace.header.violated = None);
    assert!(
        said.contains("every step fits, but a property is violated\n  recorded  no violation\n"),
        "{said}"
    );
}

#[test]
fn a_folder_without_traces_tests_nothing_and_fails() {
    let replayed = replay_folder(Path::new("nowhere"));
    assert!(!replayed.is_sound());
    assert_eq!(
        replayed.to_string(),
        "nowhere holds no *.trace.ron: nothing is tested\n"
    );
}
