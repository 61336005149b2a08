//! What is said about files that cannot be read as a scenario: bytes, brackets, commas, names of fields and variants.
//! The texts marked "section 9" are those of the user interface's specification.

use crate::sample::{NAMES, SAMPLE, problems, said, sample_with};
use expect_test::{Expect, expect};
use scenarios::scenario::load::{FILE_BYTES_MAX, load, load_file};
use scenarios::scenario::render::{Color, render_all};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&said(text));
}

fn check_bytes(bytes: &[u8], expected: Expect) {
    let problems = load("lab.ron", bytes, &NAMES).expect_err("the samples are broken");
    expected.assert_eq(&render_all(&problems, Color::Plain));
}

fn check_sample(old: &str, new: &str, expected: Expect) {
    check(&sample_with(old, new), expected);
}

#[test]
fn the_sample_has_no_problem() {
    check(SAMPLE, expect![""]);
}

#[test]
fn section_9_unknown_field() {
    check(
        "(name: \"x\",\n control: Kraft(controllers: [101]),\n brokers: [1],\n scrpt: [],\n)\n",
        expect![[r#"
            error[scenario]: there is no field `scrpt` here
             --> lab.ron:4:2
              |
            4 |  scrpt: [],
              |  ^^^^^
              = help: did you mean `script`? fields: name, about, preset, control, brokers,
                      topics, ...
        "#]],
    );
}

#[test]
fn section_9_unknown_event() {
    check(
        "(name: \"x\",\n control: Kraft(controllers: [101]),\n brokers: [1, 2],\n topics: [],\n \
         script: [\n  Stp(broker: 2, how: Kill),\n ],\n)\n",
        expect![[r#"
            error[scenario]: `Stp` is not an event
             --> lab.ron:6:3
              |
            6 |   Stp(broker: 2, how: Kill),
              |   ^^^
              = help: did you mean `Stop`? write `sim list faults` for all events
        "#]],
    );
}

#[test]
fn section_9_missing_comma() {
    check(
        "(name: \"x\",\n control: Kraft(controllers: [101]),\n brokers: [1, 2],\n script: [\n  \
         Stop(broker: 2, how: Kill)\n  Settle(),\n ],\n)\n",
        expect![[r#"
            error[scenario]: a comma is missing before this
             --> lab.ron:6:3
              |
            5 |   Stop(broker: 2, how: Kill)
              |                             - after this value
            6 |   Settle(),
              |   ^^^^^^
        "#]],
    );
}

#[test]
fn every_problem_of_a_file_is_told_at_once() {
    let text = "(
    nme: \"x\",
    preset: \"kraft-9.9\",
    control: Kraft(controllers: [101]),
    brokers: [1, 2, 3],
    topics: [(name: \"t\", partitions: many, replication: 2)],
    script: [
        Stp(broker: 2, how: Kill),
        Stop(broker: 2, how: Kil)
        Stop(broker: 4, how: Kill),
        Settle,
        Stop(how: Kill, broker: \"1\"),
    ],
    faults: (kill: 256, power: -1),
    bounds: (time: \"5 minutes\"),
    expect: Violates(\"no-commited-loss\"),
)
";
    check(
        text,
        expect![[r#"
            error[scenario]: there is no field `nme` here
             --> lab.ron:2:5
              |
            2 |     nme: "x",
              |     ^^^
              = help: did you mean `name`? fields: name, about, preset, control, brokers,
                      topics, ...

            error[scenario]: there is no preset `kraft-9.9`
             --> lab.ron:3:13
              |
            3 |     preset: "kraft-9.9",
              |             ^^^^^^^^^^^
              = help: did you mean `kraft-3.9`? write `sim list presets` for all presets

            error[scenario]: expected a whole number, got `many`
             --> lab.ron:6:38
              |
            6 |     topics: [(name: "t", partitions: many, replication: 2)],
              |                                      ^^^^

            error[scenario]: `Stp` is not an event
             --> lab.ron:8:9
              |
            8 |         Stp(broker: 2, how: Kill),
              |         ^^^
              = help: did you mean `Stop`? write `sim list faults` for all events

            error[scenario]: `Kil` is not a way to stop
             --> lab.ron:9:30
              |
            9 |         Stop(broker: 2, how: Kil)
              |                              ^^^
              = help: did you mean `Kill`? one of Clean, Kill, PowerLoss

            error[scenario]: a comma is missing before this
             --> lab.ron:10:9
               |
             9 |         Stop(broker: 2, how: Kil)
               |                                  - after this value
            10 |         Stop(broker: 4, how: Kill),
               |         ^^^^

            error[scenario]: script[2] stops broker 4, but the cluster has brokers 1, 2, 3
             --> lab.ron:10:22
               |
            10 |         Stop(broker: 4, how: Kill),
               |                      ^
              = note: brokers are declared at lab.ron:5:14

            error[scenario]: `Settle` needs ( ) behind it
             --> lab.ron:11:9
               |
            11 |         Settle,
               |         ^^^^^^
              = help: write `Settle(...)`, or `Settle()` where no field is needed

            error[scenario]: expected a whole number, got `"1"`
             --> lab.ron:12:33
               |
            12 |         Stop(how: Kill, broker: "1"),
               |                                 ^^^

            error[scenario]: `256` is out of bounds: expected a whole number from 0 to 255
             --> lab.ron:14:20
               |
            14 |     faults: (kill: 256, power: -1),
               |                    ^^^

            error[scenario]: `-1` is out of bounds: expected a whole number from 0 to 255
             --> lab.ron:14:32
               |
            14 |     faults: (kill: 256, power: -1),
               |                                ^^

            error[scenario]: "5 minutes" is not a time: this unit is not known
             --> lab.ron:15:20
               |
            15 |     bounds: (time: "5 minutes"),
               |                    ^^^^^^^^^^^
              = help: write a number with its unit, one of us, ms, s, min, h, d: "1.5s"

            error[scenario]: there is no property `no-commited-loss`
             --> lab.ron:16:22
               |
            16 |     expect: Violates("no-commited-loss"),
               |                      ^^^^^^^^^^^^^^^^^^
              = help: did you mean `no-committed-loss`? write `sim list properties` for all
                      properties
        "#]],
    );
}

#[test]
fn a_field_that_was_cut_out_is_not_told_to_be_missing() {
    let told = said(&sample_with("how: Clean", "how: Claen"));
    assert_eq!(told.matches("error[").count(), 1, "{told}");
}

#[test]
fn brackets_quotes_and_comments() {
    check_sample(
        "brokers: [1, 2, 3]",
        "brokers: [1, 2, 3)",
        expect![[r#"
        error[scenario]: `)` does not close `[`
         --> lab.ron:6:22
          |
        6 |     brokers: [1, 2, 3),
          |                      ^
    "#]],
    );
    check_sample(
        "    version: 1,\n)",
        "    version: 1,\n",
        expect![[r#"
        error[scenario]: the file ends too early: this `(` is never closed
         --> lab.ron:1:1
          |
        1 | (
          | ^
    "#]],
    );
    check_sample(
        "expect: Violates(\"no-committed-loss\"),",
        "expect: Violates(\"no-committed-loss),",
        expect![[r#"
            error[scenario]: the file ends too early: this text has no closing quote
             --> lab.ron:55:22
               |
            55 |     expect: Violates("no-committed-loss),
               |                      ^
        "#]],
    );
    check_sample(
        "// Kept | Wiped",
        "/* Kept | Wiped",
        expect![[r#"
        error[scenario]: the file ends too early: this comment is never closed by `*/`
         --> lab.ron:20:49
           |
        20 |         Start(broker: 2, disk: Kept),           /* Kept | Wiped
           |                                                 ^^
    "#]],
    );
    check_sample(
        "    version: 1,\n)",
        "    version: 1,\n))",
        expect![[r#"
        error[scenario]: something follows after the end of the scenario
         --> lab.ron:57:2
           |
        57 | ))
           |  ^
    "#]],
    );
    check_sample(
        "brokers: [1, 2, 3],",
        "brokers: ,",
        expect![[r#"
        error[scenario]: a value was expected here
         --> lab.ron:6:14
          |
        6 |     brokers: ,
          |              ^
    "#]],
    );
    check_sample(
        "brokers: [1, 2, 3],",
        &format!("brokers: {},", "[".repeat(100)),
        expect![[r#"
            error[scenario]: brackets are nested more than 64 deep
             --> lab.ron:6:77
              |
            6 | ...[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[,
              |                             ^
        "#]],
    );
    check_sample(
        "records: 30",
        "records: 30 retries: 5",
        expect![[r#"
        error[scenario]: a comma is missing before this
         --> lab.ron:13:92
           |
        13 | ...otent: true, records: 30 retries: 5),
           |                             ^^^^^^^
    "#]],
    );
}

#[test]
fn brackets_on_several_lines() {
    let end = SAMPLE.find("Settle(").expect("the sample settles");
    check(
        &SAMPLE[..end],
        expect![[r#"
        error[scenario]: the file ends too early: this `[` is never closed
         --> lab.ron:17:13
           |
        17 |     script: [
           |             ^
          = note: 2 brackets are open at the end
    "#]],
    );
    check_sample(
        "expect: Violates(\"no-committed-loss\"),",
        "expect: Violates(",
        expect![[r#"
        error[scenario]: the file ends too early: this `(` is never closed
         --> lab.ron:1:1
          |
        1 | (
          | ^
    "#]],
    );
    check_sample(
        "    ],\n    faults:",
        "    )\n    faults:",
        expect![[r#"
        error[scenario]: `)` does not close `[`
         --> lab.ron:44:5
           |
        17 |     script: [
           |             - opened here
        44 |     )
           |     ^
    "#]],
    );
}

#[test]
fn values_of_a_wrong_kind() {
    check_sample(
        "acks: All",
        "acks: -1",
        expect![[r#"
        error[scenario]: expected one of All, One, None, got `-1`
         --> lab.ron:13:57
           |
        13 | ...c: "skcc-college", acks: -1, idempotent: true, records: 30),
           |                             ^^
          = help: did you mean `All`?
    "#]],
    );
    check_sample(
        "acks: All",
        "acks: \"all\"",
        expect![[r#"
        error[scenario]: expected one of All, One, None, got `"all"`
         --> lab.ron:13:57
           |
        13 | ...c: "skcc-college", acks: "all", idempotent: true, records: 30),
           |                             ^^^^^
          = help: did you mean `All`?
    "#]],
    );
    check_sample(
        "how: Clean",
        "haw: Clean",
        expect![[r#"
        error[scenario]: there is no field `haw` here
         --> lab.ron:18:25
           |
        18 |         Stop(broker: 2, haw: Clean),            // Clean | Kill | PowerLoss
           |                         ^^^
          = help: did you mean `how`? fields: broker, how, at
    "#]],
    );
    check_sample(
        "how: Clean",
        "how: Hard",
        expect![[r#"
        error[scenario]: `Hard` is not a way to stop
         --> lab.ron:18:30
           |
        18 |         Stop(broker: 2, how: Hard),            // Clean | Kill | PowerLoss
           |                              ^^^^
          = help: one of Clean, Kill, PowerLoss
    "#]],
    );
    check_sample(
        "broker: 2, how: Clean",
        "broker: 2",
        expect![[r#"
        error[scenario]: `Stop` needs the field `how`
         --> lab.ron:18:9
           |
        18 |         Stop(broker: 2),            // Clean | Kill | PowerLoss
           |         ^^^^
    "#]],
    );
    check_sample(
        "brokers: [1, 2, 3],",
        "",
        expect![[r#"
        error[scenario]: the scenario needs the field `brokers`
         --> lab.ron:1:1
          |
        1 | (
          | ^
    "#]],
    );
    check_sample(
        "brokers: [1, 2, 3],",
        "brokers: 3,",
        expect![[r#"
        error[scenario]: expected a list in [ ], got `3`
         --> lab.ron:6:14
          |
        6 |     brokers: 3,
          |              ^
    "#]],
    );
    check_sample(
        "Cut(between: (1, 2))",
        "Cut(between: (1, 2, 3))",
        expect![[r#"
        error[scenario]: expected two node ids such as (1, 2), got `3`
         --> lab.ron:24:29
           |
        24 |         Cut(between: (1, 2, 3)),
           |                             ^
    "#]],
    );
    check_sample(
        "Cut(between: (1, 2))",
        "Cut(between: 1)",
        expect![[r#"
        error[scenario]: expected two node ids such as (1, 2), got `1`
         --> lab.ron:24:22
           |
        24 |         Cut(between: 1),
           |                      ^
    "#]],
    );
    check_sample(
        "Heal()",
        "Heal",
        expect![[r#"
            error[scenario]: `Heal` needs ( ) behind it
             --> lab.ron:28:9
               |
            28 |         Heal,
               |         ^^^^
              = help: write `Heal(...)`, or `Heal()` where no field is needed
        "#]],
    );
    check_sample(
        "Wait(\"5s\")",
        "Wait(5)",
        expect![[r#"
            error[scenario]: expected a time in quotes, got `5`
             --> lab.ron:26:14
               |
            26 |         Wait(5),
               |              ^
              = help: write a number with its unit, one of us, ms, s, min, h, d: "1.5s"
        "#]],
    );
    check_sample(
        "Wait(\"5s\")",
        "Wait(\"5 sec\")",
        expect![[r#"
            error[scenario]: "5 sec" is not a time: this unit is not known
             --> lab.ron:26:14
               |
            26 |         Wait("5 sec"),
               |              ^^^^^^^
              = help: write a number with its unit, one of us, ms, s, min, h, d: "1.5s"
        "#]],
    );
    check_sample(
        "kill: 1",
        "kill: 1, kill: 2",
        expect![[r#"
        error[scenario]: the field `kill` is given twice
         --> lab.ron:45:23
           |
        45 |     faults: (kill: 1, kill: 2, power: 1, cut_one_way: 2, admin: [Elect(t...
           |                       ^^^^
    "#]],
    );
    check_sample(
        "\"min.insync.replicas\": 2",
        "\"min.insync.replicas\": 2.5",
        expect![[r#"
            error[scenario]: expected an integer, true or false, or a text in quotes, got `2.5`
             --> lab.ron:9:42
              |
            9 |          config: {"min.insync.replicas": 2.5}),
              |                                          ^^^
        "#]],
    );
    check_sample(
        "\"min.insync.replicas\": 2",
        "min.insync.replicas: 2",
        expect![[r#"
            error[scenario]: expected a text in quotes, got `min.insync.replicas`
             --> lab.ron:9:19
              |
            9 |          config: {min.insync.replicas: 2}),
              |                   ^^^^^^^^^^^^^^^^^^^
        "#]],
    );
    check_sample(
        "{\"elr\": true,",
        "{\"elr\": true, \"elr\": false,",
        expect![[r#"
        error[scenario]: the field `elr` is given twice
         --> lab.ron:50:29
           |
        50 |     switches: {"elr": true, "elr": false, "hw-needs-min-isr": "off"},
           |                             ^^^^^
    "#]],
    );
    check_sample(
        "faults: (kill: 1,",
        "faults: (topic.replication: 1,",
        expect![[r#"
            error[scenario]: there is no field `topic.replication` here
             --> lab.ron:45:14
               |
            45 |     faults: (topic.replication: 1, power: 1, cut_one_way: 2, admin: [Ele...
               |              ^^^^^^^^^^^^^^^^^
              = help: fields: kill, power, power_all, wipe, pause, stop, ...
        "#]],
    );
    check_sample(
        "(name: \"events\", partitions: 2",
        "(name: \"events\", topic.replication: 2",
        expect![[r#"
            error[scenario]: there is no field `topic.replication` here
             --> lab.ron:10:26
               |
            10 |         (name: "events", topic.replication: 2, replication: 2),
               |                          ^^^^^^^^^^^^^^^^^
              = help: did you mean `replication`? fields: name, assignment, partitions,
                      replication, config
        "#]],
    );
    check_sample(
        "idempotent: true",
        "idempotent: yes",
        expect![[r#"
        error[scenario]: expected true or false, got `yes`
         --> lab.ron:13:74
           |
        13 | ..., acks: All, idempotent: yes, records: 30),
           |                             ^^^
    "#]],
    );
    check_sample(
        "Producer(id: \"p1\"",
        "Producr(id: \"p1\"",
        expect![[r#"
        error[scenario]: `Producr` is not a kind of client
         --> lab.ron:13:9
           |
        13 |         Producr(id: "p1", topic: "skcc-college", acks: All, idempotent: ...
           |         ^^^^^^^
          = help: did you mean `Producer`? one of Producer, Consumer, Group
    "#]],
    );
    check_sample(
        "control: Kraft(",
        "control: KRaft(",
        expect![[r#"
            error[scenario]: `KRaft` is not a kind of control
             --> lab.ron:5:14
              |
            5 |     control: KRaft(controllers: [101, 102, 103]),
              |              ^^^^^
              = help: did you mean `Kraft`? one of Kraft, KraftCombined, ZooKeeper
        "#]],
    );
    check_sample(
        "\"broker-2-down\"",
        "\"broker\\q\"",
        expect![[r#"
        error[scenario]: this cannot be understood: unknown escape character
         --> lab.ron:2:11
          |
        2 |     name: "broker\q",
          |           ^^^^^^^^^^
    "#]],
    );
}

#[test]
fn files_that_are_no_text() {
    check_bytes(
        b"",
        expect![[r#"
            error[scenario]: there is no scenario in this file
             --> lab.ron:1:1
        "#]],
    );
    check_bytes(
        b"  \n// nothing\n",
        expect![[r#"
            error[scenario]: there is no scenario in this file
             --> lab.ron:3:1
        "#]],
    );
    check_bytes(
        b"\x7fELF\x02\x01\x01\0\0\0",
        expect![[r#"
        error[scenario]: this is a binary file, not a text
         --> lab.ron
          = note: nothing was read
    "#]],
    );
    check_bytes(
        b"(name: \"caf\xe9\")",
        expect![[r#"
        error[scenario]: the byte 0xe9 is not UTF-8 text
         --> lab.ron:1:12
          = help: save the file as UTF-8
    "#]],
    );
    check_bytes(
        b"\xff\xfe(\0",
        expect![[r#"
        error[scenario]: the text is encoded as UTF-16
         --> lab.ron
          = help: save the file as UTF-8
    "#]],
    );
    check_bytes(
        &vec![b' '; FILE_BYTES_MAX + 1],
        expect![[r#"
        error[scenario]: the file is larger than 1 MiB
         --> lab.ron
          = note: nothing was read
    "#]],
    );
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let text = format!("\u{feff}{SAMPLE}");
    assert!(load("lab.ron", text.as_bytes(), &NAMES).is_ok());
}

#[test]
fn files_that_cannot_be_read() {
    let check = |path: &str, expected: Expect| {
        let problems = load_file(path.as_ref(), &NAMES).expect_err("these are no files");
        expected.assert_eq(&render_all(&problems, Color::Plain));
        assert_eq!(problems[0].kind.exit_code(), 4);
    };
    check(
        "no/such.ron",
        expect![[r#"
        error[io]: cannot read no/such.ron: there is no such file
          = help: write `sim list scenarios` for those that come with it
    "#]],
    );
    check(
        "tests",
        expect![[r#"
        error[io]: cannot read tests: it is a folder
          = help: write `sim list scenarios` for those that come with it
    "#]],
    );
    assert!(load_file("tests/scenario/sample.ron".as_ref(), &NAMES).is_ok());
}

#[test]
fn a_problem_as_an_object() {
    let problems = problems(&sample_with("how: Clean", "how: Claen"));
    let json = serde_json::to_string_pretty(&problems[0].to_json()).expect("it has only texts and numbers");
    expect![[r#"
        {
          "kind": "scenario",
          "severity": "error",
          "file": "lab.ron",
          "line": 18,
          "column": 30,
          "path": "script[0].how",
          "message": "`Claen` is not a way to stop",
          "help": "did you mean `Clean`? one of Clean, Kill, PowerLoss",
          "notes": []
        }"#]]
    .assert_eq(&json);
}
