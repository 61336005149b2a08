//! What is said of a scenario that cannot be simulated.

use expect_test::expect;

use super::{check, check_each, scenario};
use crate::folder::Folder;

#[test]
fn scenarios_whose_text_is_wrong() {
    let folder = Folder::new();
    folder.write("field.ron", scenario(" scrpt: [],\n"));
    check(
        &folder,
        "run field.ron",
        expect![[r#"
        error[scenario]: there is no field `scrpt` here
         --> field.ron:5:2
          |
        5 |  scrpt: [],
          |  ^^^^^
          = help: did you mean `script`? fields: name, about, preset, control, brokers,
                  topics, ...
        exit 4
    "#]],
    );
    folder.write("event.ron", scenario(" script: [\n  Stp(broker: 2, how: Kill),\n ],\n"));
    check(
        &folder,
        "run event.ron",
        expect![[r#"
        error[scenario]: `Stp` is not an event
         --> event.ron:6:3
          |
        6 |   Stp(broker: 2, how: Kill),
          |   ^^^
          = help: did you mean `Stop`? write `sim list faults` for all events
        exit 4
    "#]],
    );
    let comma = " script: [\n  Stop(broker: 2, how: Kill)\n  Settle(),\n ],\n";
    folder.write("comma.ron", scenario(comma));
    check(
        &folder,
        "run comma.ron",
        expect![[r#"
        error[scenario]: a comma is missing before this
         --> comma.ron:7:3
          |
        6 |   Stop(broker: 2, how: Kill)
          |                             - after this value
        7 |   Settle(),
          |   ^^^^^^
        exit 4
    "#]],
    );
    folder.write("empty.ron", "");
    check(
        &folder,
        "run empty.ron",
        expect![[r#"
        error[scenario]: there is no scenario in this file
         --> empty.ron:1:1
        exit 4
    "#]],
    );
    let whole = scenario(comma);
    folder.write("truncated.ron", &whole[..whole.len() - 20]);
    check(
        &folder,
        "explore truncated.ron",
        expect![[r#"
        error[scenario]: the file ends too early: this `(` is never closed
         --> truncated.ron:6:7
          |
        6 |   Stop(broker: 2, how: Kill
          |       ^
          = note: 3 brackets are open at the end
        exit 4
    "#]],
    );
    folder.write("binary.ron", [b'(', 0, 1, 255]);
    check_each(
        &folder,
        &["run", "explore", "check", "describe"],
        "binary.ron",
        expect![[r#"
        error[scenario]: this is a binary file, not a text
         --> binary.ron
          = note: nothing was read
        exit 4
    "#]],
    );
    folder.write("latin.ron", b"(name: \"caf\xe9\")");
    check(
        &folder,
        "run latin.ron",
        expect![[r#"
        error[scenario]: the byte 0xe9 is not UTF-8 text
         --> latin.ron:1:12
          = help: save the file as UTF-8
        exit 4
    "#]],
    );
}

#[test]
fn scenarios_whose_meaning_is_wrong() {
    let folder = Folder::new();
    folder.write("broker.ron", scenario(" script: [Stop(broker: 4, how: Kill)],\n"));
    check(
        &folder,
        "run broker.ron",
        expect![[r#"
        error[scenario]: script[0] stops broker 4, but the cluster has brokers 1, 2, 3
         --> broker.ron:5:24
          |
        5 |  script: [Stop(broker: 4, how: Kill)],
          |                        ^
          = note: brokers are declared at broker.ron:4:11
        exit 4
    "#]],
    );
    let setting = " topics: [(name: \"t\", assignment: [[1]], config: {\"min.isr\": 2})],\n";
    folder.write("setting.ron", scenario(setting));
    check(
        &folder,
        "run setting.ron",
        expect![[r#"
        error[scenario]: `min.isr` is not a topic setting
         --> setting.ron:5:51
          |
        5 |  topics: [(name: "t", assignment: [[1]], config: {"min.isr": 2})],
          |                                                   ^^^^^^^^^
          = help: did you mean `min.insync.replicas`?
        exit 4
    "#]],
    );
    let replication = " topics: [(name: \"orders\", partitions: 1, replication: 4)],\n";
    folder.write("replication.ron", scenario(replication));
    check(
        &folder,
        "run replication.ron",
        expect![[r#"
        error[scenario]: topic `orders` asks for replication 4 with 3 brokers
         --> replication.ron:5:56
          |
        5 |  topics: [(name: "orders", partitions: 1, replication: 4)],
          |                                                        ^
          = note: a real cluster answers InvalidReplicationFactorException ("Replication
                  factor: 4 larger than available brokers: 3." with ZooKeeper); set
                  `allow_invalid: true` to simulate that answer
        exit 4
    "#]],
    );
    folder.write("property.ron", scenario(" properties: [\"log-agrement\"],\n"));
    check(
        &folder,
        "run property.ron",
        expect![[r#"
        error[scenario]: there is no property `log-agrement`
         --> property.ron:5:15
          |
        5 |  properties: ["log-agrement"],
          |               ^^^^^^^^^^^^^^
          = help: did you mean `log-agreement`? write `sim list properties` for all
                  properties
        exit 4
    "#]],
    );
    folder.write("preset.ron", scenario(" preset: \"kraft-4.9\",\n"));
    check(
        &folder,
        "run preset.ron",
        expect![[r#"
            error[scenario]: there is no preset `kraft-4.9`
             --> preset.ron:5:10
              |
            5 |  preset: "kraft-4.9",
              |          ^^^^^^^^^^^
              = help: did you mean `kraft-3.9`? write `sim list presets` for all presets
            exit 4
        "#]],
    );
    folder.write("script.ron", scenario(" script: [Stop(broker: 2, how: Kill)],\n"));
    check(
        &folder,
        "explore script.ron",
        expect![[r#"
        error[scenario]: this scenario has a script, but a search picks every event itself
         --> script.ron:5:10
          |
        5 |  script: [Stop(broker: 2, how: Kill)],
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = help: sim run plays scripts; for a search give a budget in `faults` instead
        exit 4
    "#]],
    );
    check(
        &folder,
        "check script.ron",
        expect![[r#"
        error[scenario]: this scenario has a script, but a search picks every event itself
         --> script.ron:5:10
          |
        5 |  script: [Stop(broker: 2, how: Kill)],
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = help: sim run plays scripts; for a search give a budget in `faults` instead
        exit 4
    "#]],
    );
    let delay = " script: [\n  SlowDisk(broker: 2, delay: \"1s\"),\n ],\n";
    folder.write("delay.ron", scenario(delay));
    check(
        &folder,
        "run delay.ron",
        expect![[r#"
        error[scenario]: a disk that is only slower is not modelled yet: leave `delay` out, and it stands still
         --> delay.ron:6:30
          |
        6 |   SlowDisk(broker: 2, delay: "1s"),
          |                              ^^^^
        exit 4
    "#]],
    );
}

#[test]
fn control_planes_that_are_not_modelled() {
    let folder = Folder::new();
    let with = |control: &str| scenario("").replace("Kraft(controllers: [101])", control);
    folder.write("zookeeper.ron", with("ZooKeeper(ensemble: 1, session: \"18s\")"));
    check(
        &folder,
        "run zookeeper.ron",
        expect![[r#"
            error[scenario]: the preset `kraft-4.3` needs `control: Kraft(...)`
             --> zookeeper.ron:1:1
              |
            1 | (
              | ^
            exit 4
        "#]],
    );
    folder.write("combined.ron", with("KraftCombined(nodes: [9])"));
    check(
        &folder,
        "explore combined.ron",
        expect![[r#"
        error[scenario]: control names broker 9, but the cluster has brokers 1, 2, 3
         --> combined.ron:3:33
          |
        3 |  control: KraftCombined(nodes: [9]),
          |                                 ^
          = note: brokers are declared at combined.ron:4:11
        exit 4
    "#]],
    );
    folder.write(
        "quorum.ron",
        with("Kraft(controllers: [101, 102, 103, 104, 105, 106, 107, 108])"),
    );
    check_each(
        &folder,
        &["run", "explore", "check", "describe"],
        "quorum.ron",
        expect![[r#"
            error[scenario]: controllers and brokers in 11 processes are more than can be simulated
             --> quorum.ron:3:30
              |
            3 |  control: Kraft(controllers: [101, 102, 103, 104, 105, 106, 107, 108]),
              |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = help: use at most 8 processes, or one controller: `Kraft(controllers:
                      [101])`
            exit 4
        "#]],
    );
}

#[test]
fn what_is_far_too_large_is_refused_at_once() {
    let folder = Folder::new();
    let brokers: Vec<String> = (1..=10_000).map(|id| id.to_string()).collect();
    let many = format!(
        "(\n name: \"many\",\n control: Kraft(controllers: [101]),\n brokers: [{}],\n)",
        brokers.join(", ")
    );
    folder.write("many.ron", many);
    check(
        &folder,
        "explore many.ron",
        expect![[r#"
        error[scenario]: 10000 brokers are more than the 32 that can be simulated
         --> many.ron:4:11
          |
        4 |  brokers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,...
          |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        exit 4
    "#]],
    );
    // A hole of this length costs no disk.
    let large = std::fs::File::create(folder.path().join("large.ron")).expect("the folder can be written");
    large.set_len(100 << 20).expect("the disk has room for an empty file");
    check_each(
        &folder,
        &["run", "explore", "check", "describe"],
        "large.ron",
        expect![[r#"
        error[scenario]: the file is larger than 1 MiB
         --> large.ron
          = note: nothing was read
        exit 4
    "#]],
    );
    check_each(
        &folder,
        &["replay", "explain", "shrink"],
        "large.ron",
        expect![[r#"
        error[trace]: this is larger than 64 MiB
         --> large.ron
          = note: nothing was read
        exit 4
    "#]],
    );
    check(
        &folder,
        "conform large.ron",
        expect![[r#"
        error[recording]: this is larger than 16 MiB
         --> large.ron
          = note: nothing was read
        exit 4
    "#]],
    );
}
