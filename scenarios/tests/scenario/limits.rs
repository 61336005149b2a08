//! Sizes above which a scenario is refused, and the sizes just below, which are not.

use crate::sample::{NAMES, said};
use expect_test::{Expect, expect};
use scenarios::scenario::load::{FILE_BYTES_MAX, load};
use scenarios::scenario::validate::{BROKERS_MAX, CONTROLLERS_MAX, PARTITIONS_MAX, RECORDS_MAX};

fn scenario(brokers: u64, controllers: u64, partitions: u64, records: u64) -> String {
    let ids = |from: u64, count: u64| {
        let ids: Vec<String> = (from..from + count).map(|id| id.to_string()).collect();
        ids.join(", ")
    };
    format!(
        "(
    name: \"large\",
    control: Kraft(controllers: [{}]),
    brokers: [{}],
    topics: [(name: \"t\", partitions: {partitions}, replication: 1)],
    clients: [Producer(id: \"p\", topic: \"t\", records: {records})],
    script: [Produce(topic: \"t\", value: \"x\")],
)
",
        ids(1000, controllers),
        ids(0, brokers),
    )
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&said(text));
}

#[test]
fn the_largest_scenario_is_accepted() {
    check(
        &scenario(BROKERS_MAX, CONTROLLERS_MAX, PARTITIONS_MAX, RECORDS_MAX - 1),
        expect![""],
    );
}

#[test]
fn one_more_of_anything_is_refused() {
    check(
        &scenario(BROKERS_MAX + 1, 1, 1, 1),
        expect![[r#"
        error[scenario]: 33 brokers are more than the 32 that can be simulated
         --> lab.ron:4:14
          |
        4 |     brokers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1...
          |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
    check(
        &scenario(1, CONTROLLERS_MAX + 1, 1, 1),
        expect![[r#"
        error[scenario]: 33 controllers are more than the 32 that can be simulated
         --> lab.ron:3:14
          |
        3 |     control: Kraft(controllers: [1000, 1001, 1002, 1003, 1004, 1005, 1006...
          |              ^^^^^
    "#]],
    );
    check(
        &scenario(1, 1, PARTITIONS_MAX + 1, 1),
        expect![[r#"
        error[scenario]: 257 partitions in all are more than the 256 that can be simulated
         --> lab.ron:5:13
          |
        5 |     topics: [(name: "t", partitions: 257, replication: 1)],
          |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
    check(
        &scenario(1, 1, 1, RECORDS_MAX),
        expect![[r#"
        error[scenario]: 100001 records in all are more than the 100000 that can be simulated
         --> lab.ron:6:14
          |
        6 |     clients: [Producer(id: "p", topic: "t", records: 100000)],
          |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
    check(
        &scenario(1, 1, u64::from(u32::MAX), u64::from(u32::MAX)),
        expect![[r#"
        error[scenario]: 4294967295 partitions in all are more than the 256 that can be simulated
         --> lab.ron:5:13
          |
        5 |     topics: [(name: "t", partitions: 4294967295, replication: 1)],
          |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error[scenario]: 4294967296 records in all are more than the 100000 that can be simulated
         --> lab.ron:6:14
          |
        6 |     clients: [Producer(id: "p", topic: "t", records: 4294967295)],
          |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
}

#[test]
fn a_file_may_have_one_mebibyte() {
    let mut text = scenario(1, 1, 1, 1);
    text.push_str(&" ".repeat(FILE_BYTES_MAX - text.len()));
    assert!(load("lab.ron", text.as_bytes(), &NAMES).is_ok());
    text.push(' ');
    assert!(load("lab.ron", text.as_bytes(), &NAMES).is_err());
}

#[test]
fn only_the_first_problems_of_many_are_told() {
    let events = "Stop(broker: 9, how: Kill),".repeat(1000);
    let text = scenario(1, 1, 1, 1).replace("script: [", &format!("script: [{events}"));
    let problems = load("lab.ron", text.as_bytes(), &NAMES).expect_err("there is no broker 9");
    assert_eq!(problems.len(), 50);
    let last = problems
        .last()
        .map(|problem| problem.notes.last().map(ToString::to_string));
    let note = "there may be more; only the first 50 problems are listed";
    assert_eq!(last.flatten().as_deref(), Some(note));
}

#[test]
fn the_largest_hostile_files_are_refused_like_small_ones() {
    let cluster = "name: \"x\", control: Kraft(controllers: [101]), brokers: [1],";
    let files = |piece: &str, before: &str, after: &str| {
        let room = FILE_BYTES_MAX - cluster.len() - before.len() - after.len() - 2;
        format!("({cluster}{before}{}{after})", piece.repeat(room / piece.len()))
    };
    for text in [
        files("\"log\",", "properties: [", "]"),
        files("\"log\" ", "properties: [", "]"),
        files("(name: \"t\"),", "topics: [", "]"),
        files("9,", "topics: [(name: \"t\", assignment: [[", "]])]"),
        files("Stop(broker: 7, how: Kill),", "script: [", "]"),
        files("Stap,", "script: [", "]"),
        files("a: 1,", "", ""),
        files("\"a\": 1,", "settings: {", "}"),
        files("[", "", ""),
        files("/*", "", ""),
        files("x", "preset: \"", "\""),
    ] {
        let problems = load("lab.ron", text.as_bytes(), &NAMES).expect_err("the samples are broken");
        assert!((1..=50).contains(&problems.len()), "{}", problems.len());
    }
}
