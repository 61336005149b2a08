//! What is said about scenarios that can be read, but do not make sense or cannot be simulated.
//! The texts marked "section 9" are those of the user interface's specification.

use crate::sample::{said, sample_with};
use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&said(text));
}

fn check_sample(old: &str, new: &str, expected: Expect) {
    check(&sample_with(old, new), expected);
}

/// A cluster of brokers 1 and 2 with these further fields.
fn pair_with(fields: &str) -> String {
    format!("(\n    name: \"pair\",\n    control: Kraft(controllers: [101]),\n    brokers: [1, 2],\n    {fields}\n)\n")
}

fn check_pair(fields: &str, expected: Expect) {
    check(&pair_with(fields), expected);
}

#[test]
fn section_9_broker_that_does_not_exist() {
    let text = r#"(
    name: "broker-2-down",
    preset: "kraft-3.8",
    control: Kraft(controllers: [101, 102, 103]),
    brokers: [1, 2, 3],
    topics: [
        (
            name: "skcc-college",
            assignment: [
                [2, 3, 1],
                [3, 1, 2],
                [1, 2, 3],
            ],
            config: {
                "min.insync.replicas": 2,
            },
        ),
    ],
    script: [
        Settle(),
        Stop(broker: 2, how: Clean),
        Stop(broker: 4, how: Clean),
    ],
)
"#;
    check(
        text,
        expect![[r#"
        error[scenario]: script[2] stops broker 4, but the cluster has brokers 1, 2, 3
         --> lab.ron:22:22
           |
        22 |         Stop(broker: 4, how: Clean),
           |                      ^
          = note: brokers are declared at lab.ron:5:14
    "#]],
    );
}

#[test]
fn section_9_replication_larger_than_the_cluster() {
    check_pair(
        "topics: [(name: \"orders\", partitions: 1, replication: 3)],",
        expect![[r#"
            error[scenario]: topic `orders` asks for replication 3 with 2 brokers
             --> lab.ron:5:59
              |
            5 |     topics: [(name: "orders", partitions: 1, replication: 3)],
              |                                                           ^
              = note: a real cluster answers InvalidReplicationFactorException ("Replication
                      factor: 3 larger than available brokers: 2." with ZooKeeper); set
                      `allow_invalid: true` to simulate that answer
        "#]],
    );
    check_pair(
        "topics: [(name: \"orders\", partitions: 1, replication: 3)], allow_invalid: true,",
        expect![""],
    );
}

#[test]
fn section_9_unknown_topic_setting() {
    check_pair(
        "topics: [(name: \"orders\", replication: 2, config: {\"min.isr\": 2})],",
        expect![[r#"
            error[scenario]: `min.isr` is not a topic setting
             --> lab.ron:5:56
              |
            5 |     topics: [(name: "orders", replication: 2, config: {"min.isr": 2})],
              |                                                        ^^^^^^^^^
              = help: did you mean `min.insync.replicas`?
        "#]],
    );
}

#[test]
fn section_9_min_insync_replicas_equals_the_replication_factor() {
    check_sample(
        "{\"min.insync.replicas\": 2}",
        "{\"min.insync.replicas\": 3}",
        expect![[r#"
            warning[scenario]: min.insync.replicas (3) equals the replication factor (3)
             --> lab.ron:9:42
              |
            9 |          config: {"min.insync.replicas": 3}),
              |                                          ^
              = note: one stopped broker will refuse every acks=all write
        "#]],
    );
}

#[test]
fn min_insync_replicas_may_come_from_the_cluster() {
    check_pair(
        "topics: [(name: \"orders\", replication: 2)], settings: {\"min.insync.replicas\": 3},",
        expect![[r#"
            warning[scenario]: min.insync.replicas (3) is larger than the replication factor (2)
             --> lab.ron:5:21
              |
            5 |     topics: [(name: "orders", replication: 2)], settings: {"min.insync.re...
              |                     ^^^^^^^^
              = note: before Kafka 3.7 every acks=all write is refused; since then 2
                      replicas are enough
        "#]],
    );
}

#[test]
fn names_of_other_owners() {
    check_sample(
        "\"kraft-3.9\"",
        "\"kraft-39\"",
        expect![[r#"
        error[scenario]: there is no preset `kraft-39`
         --> lab.ron:4:13
          |
        4 |     preset: "kraft-39",
          |             ^^^^^^^^^^
          = help: did you mean `kraft-3.9`? write `sim list presets` for all presets
    "#]],
    );
    check_sample(
        "\"kraft-3.9\"",
        "\"zk-3.9\"",
        expect![[r#"
        error[scenario]: the preset `zk-3.9` needs `control: ZooKeeper(...)`
         --> lab.ron:4:13
          |
        4 |     preset: "zk-3.9",
          |             ^^^^^^^^

        warning[scenario]: `broker.session.timeout.ms` does not exist in zk-3.9 and has no effect
         --> lab.ron:47:16
           |
        47 |     settings: {"broker.session.timeout.ms": 4000, "auto.leader.rebalance...
           |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#]],
    );
    check_sample(
        "{3: \"kraft-3.8\"}",
        "{4: \"kraft-3.8\", 3: \"mysql\"}",
        expect![[r#"
        error[scenario]: broker_presets names broker 4, but the cluster has brokers 1, 2, 3
         --> lab.ron:51:22
           |
        51 |     broker_presets: {4: "kraft-3.8", 3: "mysql"},
           |                      ^
          = note: brokers are declared at lab.ron:6:14

        error[scenario]: there is no preset `mysql`
         --> lab.ron:51:41
           |
        51 |     broker_presets: {4: "kraft-3.8", 3: "mysql"},
           |                                         ^^^^^^^
          = help: write `sim list presets` for all presets
    "#]],
    );
    check_sample(
        "\"elr\": true",
        "\"erl\": true",
        expect![[r#"
        error[scenario]: there is no switch `erl`
         --> lab.ron:50:16
           |
        50 |     switches: {"erl": true, "hw-needs-min-isr": "off"},
           |                ^^^^^
          = help: did you mean `elr`?
    "#]],
    );
    check_sample(
        "\"elr\": true",
        "\"elr\": \"maybe\"",
        expect![[r#"
        error[scenario]: the switch `elr` cannot be `maybe`
         --> lab.ron:50:23
           |
        50 |     switches: {"elr": "maybe", "hw-needs-min-isr": "off"},
           |                       ^^^^^^^
          = help: one of off, on
    "#]],
    );
    check_sample(
        "[\"no-committed-loss\", \"leader-in-isr\"]",
        "[\"no-comitted-loss\", \"no-committed-loss\"]",
        expect![[r#"
            error[scenario]: there is no property `no-comitted-loss`
             --> lab.ron:52:18
               |
            52 |     properties: ["no-comitted-loss", "no-committed-loss"],
               |                  ^^^^^^^^^^^^^^^^^^
              = help: did you mean `no-committed-loss`? write `sim list properties` for all
                      properties
        "#]],
    );
    check_sample(
        "[\"leader-changed\"]",
        "[\"leader-changed\", \"leader-changed\"]",
        expect![[r#"
            error[scenario]: `leader-changed` is listed twice
             --> lab.ron:54:35
               |
            54 |     witnesses: ["leader-changed", "leader-changed"],
               |                                   ^^^^^^^^^^^^^^^^
        "#]],
    );
}

#[test]
fn settings_of_topics_and_brokers() {
    check_sample(
        "\"min.insync.replicas\": 2",
        "\"unclean.leader.election\": true",
        expect![[r#"
            error[scenario]: `unclean.leader.election` is not a topic setting
             --> lab.ron:9:19
              |
            9 |          config: {"unclean.leader.election": true}),
              |                   ^^^^^^^^^^^^^^^^^^^^^^^^^
              = help: did you mean `unclean.leader.election.enable`?
        "#]],
    );
    check_sample(
        "\"min.insync.replicas\": 2",
        "\"log.flush.interval.messages\": 1",
        expect![[r#"
            error[scenario]: `log.flush.interval.messages` is not a topic setting
             --> lab.ron:9:19
              |
            9 |          config: {"log.flush.interval.messages": 1}),
              |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = help: the topic setting is called `flush.messages`
        "#]],
    );
    check_sample(
        "\"min.insync.replicas\": 2",
        "\"broker.session.timeout.ms\": 1",
        expect![[r#"
            error[scenario]: `broker.session.timeout.ms` is not a topic setting
             --> lab.ron:9:19
              |
            9 |          config: {"broker.session.timeout.ms": 1}),
              |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
              = help: it is a broker's: write it into `settings` of the scenario
        "#]],
    );
    check_sample(
        "\"min.insync.replicas\": 2",
        "\"acks\": 1",
        expect![[r#"
        error[scenario]: `acks` is not a topic setting
         --> lab.ron:9:19
          |
        9 |          config: {"acks": 1}),
          |                   ^^^^^^
          = help: it is a client's: say it in `clients`
    "#]],
    );
    check_sample(
        "\"min.insync.replicas\": 2",
        "\"compression.type\": \"zstd\"",
        expect![[r#"
            error[scenario]: `compression.type` is a Kafka setting that is not modelled yet
             --> lab.ron:9:19
              |
            9 |          config: {"compression.type": "zstd"}),
              |                   ^^^^^^^^^^^^^^^^^^
        "#]],
    );
    check_sample(
        "\"min.insync.replicas\": 2",
        "\"min.insync.replicas\": \"two\"",
        expect![[r#"
            error[scenario]: `min.insync.replicas` expects a whole number, at least 1, got `two`
             --> lab.ron:9:42
              |
            9 |          config: {"min.insync.replicas": "two"}),
              |                                          ^^^^^
              = note: min.insync.replicas: in-sync replicas that an acks=all write needs
        "#]],
    );
    check_sample(
        "\"flush.messages\": 1",
        "\"flush.mesages\": 1",
        expect![[r#"
        error[scenario]: `flush.mesages` is not a broker setting
         --> lab.ron:47:90
           |
        47 | ...ebalance.enable": false, "flush.mesages": 1},
           |                             ^^^^^^^^^^^^^^^
          = help: did you mean `flush.messages`?
    "#]],
    );
    check_sample(
        "\"flush.messages\": 1",
        "\"flush.messages\": 1, \"log.flush.interval.messages\": 2",
        expect![[r#"
            error[scenario]: `log.flush.interval.messages` and `flush.messages` are the same setting
             --> lab.ron:47:111
               |
            47 | ...se, "flush.messages": 1, "log.flush.interval.messages": 2},
               |                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        "#]],
    );
    check_sample(
        "\"flush.messages\": 1",
        "\"delivery.timeout.ms\": 1000",
        expect![[r#"
        error[scenario]: `delivery.timeout.ms` is not a broker setting
         --> lab.ron:47:90
           |
        47 | ...ebalance.enable": false, "delivery.timeout.ms": 1000},
           |                             ^^^^^^^^^^^^^^^^^^^^^
          = help: it is a client's: say it in `clients`
    "#]],
    );
    check_sample(
        "\"flush.messages\": 1",
        "\"zookeeper.session.timeout.ms\": 6000",
        expect![[r#"
            warning[scenario]: `zookeeper.session.timeout.ms` does not exist in kraft-3.9 and has no effect
             --> lab.ron:47:90
               |
            47 | ...ebalance.enable": false, "zookeeper.session.timeout.ms": 6000},
               |                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        "#]],
    );
    check_sample(
        "key: \"unclean.leader.election.enable\"",
        "key: \"unclean.leader.election\"",
        expect![[r#"
            error[scenario]: `unclean.leader.election` is not a topic setting
             --> lab.ron:39:41
               |
            39 | ...nfig(topic: "late", key: "unclean.leader.election", value: true),
               |                             ^^^^^^^^^^^^^^^^^^^^^^^^^
              = help: did you mean `unclean.leader.election.enable`?
        "#]],
    );
    check_sample(
        "election.enable\", value: true",
        "election.enable\", value: 1",
        expect![[r#"
            error[scenario]: `unclean.leader.election.enable` expects true or false, got `1`
             --> lab.ron:39:82
               |
            39 | ...election.enable", value: 1),
               |                             ^
              = note: unclean.leader.election.enable: a replica outside the ISR may lead
                      where no other can
        "#]],
    );
}

#[test]
fn combined_nodes_are_brokers() {
    check_sample(
        "Kraft(controllers: [101, 102, 103])",
        "KraftCombined(nodes: [1, 2, 9])",
        expect![[r#"
            error[scenario]: control names broker 9, but the cluster has brokers 1, 2, 3
             --> lab.ron:5:42
              |
            5 |     control: KraftCombined(nodes: [1, 2, 9]),
              |                                          ^
              = note: brokers are declared at lab.ron:6:14

            error[scenario]: script[7] cuts off broker 101, but the cluster has brokers 1, 2, 3
             --> lab.ron:25:32
               |
            25 |         CutOneWay(from: 1, to: 101),
               |                                ^^^
              = note: brokers are declared at lab.ron:6:14
        "#]],
    );
    check(
        "(name: \"x\", preset: \"zk-2.5\", control: ZooKeeper(ensemble: 3, session: \"18s\"), brokers: [1])",
        expect![""],
    );
}

#[test]
fn nodes_and_their_ids() {
    check_sample(
        "brokers: [1, 2, 3]",
        "brokers: [1, 2, 3, 2]",
        expect![[r#"
        error[scenario]: node 2 is listed twice
         --> lab.ron:6:24
          |
        6 |     brokers: [1, 2, 3, 2],
          |                        ^
    "#]],
    );
    check_sample(
        "controllers: [101, 102, 103]",
        "controllers: [101, 3]",
        expect![[r#"
            error[scenario]: node 3 is a broker and a controller
             --> lab.ron:5:39
              |
            5 |     control: Kraft(controllers: [101, 3]),
              |                                       ^
              = help: give the controllers ids of their own, such as 101, or use
                      `KraftCombined(nodes: [...])`
        "#]],
    );
    check(
        "(name: \"x\", control: Kraft(controllers: []), brokers: [])",
        expect![[r#"
            error[scenario]: a cluster needs at least one controller
             --> lab.ron:1:41
              |
            1 | (name: "x", control: Kraft(controllers: []), brokers: [])
              |                                         ^^

            error[scenario]: a cluster needs at least one broker
             --> lab.ron:1:55
              |
            1 | (name: "x", control: Kraft(controllers: []), brokers: [])
              |                                                       ^^
        "#]],
    );
    check_sample(
        "\"broker-2-down\"",
        "\"../Secret\"",
        expect![[r#"
        error[scenario]: `../Secret` cannot be the name of a scenario
         --> lab.ron:2:11
          |
        2 |     name: "../Secret",
          |           ^^^^^^^^^^^
          = help: it becomes part of file names: up to 80 of a-z, 0-9, `-`, `_` and `.`,
                  the first a letter or digit
    "#]],
    );
    check_sample(
        "version: 1",
        "version: 2",
        expect![[r#"
        error[scenario]: written by format 2, this build reads 1
         --> lab.ron:56:14
           |
        56 |     version: 2,
           |              ^
          = help: use the newer sim
    "#]],
    );
}

#[test]
fn names_that_are_empty() {
    let text = sample_with("\"broker-2-down\"", "\"\"").replace("id: \"p1\"", "id: \"\"");
    check(
        &text.replace("\"storm\"", "\"\"").replace("client: \"p1\", ", ""),
        expect![[r#"
        error[scenario]: the scenario needs a name
         --> lab.ron:2:11
          |
        2 |     name: "",
          |           ^^

        error[scenario]: a client needs an id
         --> lab.ron:13:22
           |
        13 |         Producer(id: "", topic: "skcc-college", acks: All, idempotent: t...
           |                      ^^

        error[scenario]: a label needs a name
         --> lab.ron:30:15
           |
        30 |         Label(""),
           |               ^^
    "#]],
    );
}

#[test]
fn topics_and_their_partitions() {
    check_sample(
        "[3, 1, 2], [1, 2, 3]]",
        "[3, 1, 3], [1, 2], []]",
        expect![[r#"
        error[scenario]: partition 1 of topic `skcc-college` has two replicas on broker 3
         --> lab.ron:8:63
          |
        8 | ...ment: [[2, 3, 1], [3, 1, 3], [1, 2], []],
          |                             ^
          = note: a real cluster answers InvalidReplicaAssignmentException; set
                  `allow_invalid: true` to simulate that answer

        error[scenario]: partition 2 of topic `skcc-college` has 2 replicas, the first partition has 3
         --> lab.ron:8:67
          |
        8 | ...: [[2, 3, 1], [3, 1, 3], [1, 2], []],
          |                             ^^^^^^
          = note: a real cluster answers InvalidReplicaAssignmentException; set
                  `allow_invalid: true` to simulate that answer

        error[scenario]: partition 3 of topic `skcc-college` has no replicas
         --> lab.ron:8:75
          |
        8 | ..., 1], [3, 1, 3], [1, 2], []],
          |                             ^^
    "#]],
    );
    check_sample(
        "[3, 1, 2], [1, 2, 3]]",
        "[3, 1, 4]], partitions: 2",
        expect![[r#"
        error[scenario]: topic `skcc-college` has a replica on broker 4, but the cluster has brokers 1, 2, 3
         --> lab.ron:8:63
          |
        8 | ...ment: [[2, 3, 1], [3, 1, 4]], partitions: 2,
          |                             ^
          = note: brokers are declared at lab.ron:6:14

        error[scenario]: topic `skcc-college` has an assignment, which already says its `partitions`
         --> lab.ron:8:68
          |
        8 | ... [[2, 3, 1], [3, 1, 4]], partitions: 2,
          |                             ^^^^^^^^^^

        error[scenario]: script[24] writes to partition 2 of topic `skcc-college`, which has 2 partitions
         --> lab.ron:42:65
           |
        42 | ...kcc-college", partition: 2, value: "x"),
           |                             ^
    "#]],
    );
    check_pair(
        "topics: [(name: \"a b\", partitions: 0, replication: 0), (name: \"t\"), (name: \"t\")],",
        expect![[r#"
            error[scenario]: `a b` cannot be the name of a topic
             --> lab.ron:5:21
              |
            5 |     topics: [(name: "a b", partitions: 0, replication: 0), (name: "t"), (...
              |                     ^^^^^
              = help: up to 249 of a-z, A-Z, 0-9, `.`, `_` and `-`, but neither `.` nor `..`

            error[scenario]: topic `a b` has no partitions
             --> lab.ron:5:40
              |
            5 | ...name: "a b", partitions: 0, replication: 0), (name: "t"), (name: "t")],
              |                             ^

            error[scenario]: topic `a b` asks for replication 0
             --> lab.ron:5:56
              |
            5 | ...titions: 0, replication: 0), (name: "t"), (name: "t")],
              |                             ^

            error[scenario]: there are two topics `t`
             --> lab.ron:5:80
              |
            5 | ... 0), (name: "t"), (name: "t")],
              |                             ^^^
        "#]],
    );
    check_sample(
        "topic: \"events\", partition: 1",
        "topic: \"event\", partition: 1",
        expect![[r#"
            error[scenario]: clients[1] writes to topic `event`, but the cluster has topics `skcc-college`, `events`, `late`
             --> lab.ron:14:35
               |
            14 |         Producer(id: "p2", topic: "event", partition: 1, acks: One, reco...
               |                                   ^^^^^^^
              = help: did you mean `events`?
        "#]],
    );
    check_sample(
        "topic: \"events\", partition: 1",
        "topic: \"events\", partition: 2",
        expect![[r#"
            error[scenario]: clients[1] writes to partition 2 of topic `events`, which has 2 partitions
             --> lab.ron:14:56
               |
            14 | ...ic: "events", partition: 2, acks: One, records: 5, retries: 3, timeou...
               |                             ^
        "#]],
    );
    check_pair(
        "clients: [Consumer(id: \"c\", topic: \"t\")],",
        expect![[r#"
        error[scenario]: clients[0] reads topic `t`, but the cluster has no topics
         --> lab.ron:5:40
          |
        5 |     clients: [Consumer(id: "c", topic: "t")],
          |                                        ^^^
    "#]],
    );
}

#[test]
fn clients_that_contradict_themselves() {
    check_sample(
        "acks: All, idempotent",
        "acks: One, idempotent",
        expect![[r#"
            error[scenario]: an idempotent producer needs `acks: All`, not `One`
             --> lab.ron:13:57
               |
            13 | ...c: "skcc-college", acks: One, idempotent: true, records: 30),
               |                             ^^^
              = note: Kafka's producer answers ConfigException and does not start
        "#]],
    );
    check_sample(
        "records: 30",
        "records: 30, retries: 0, batch: 0",
        expect![[r#"
        error[scenario]: an idempotent producer needs at least one retry
         --> lab.ron:13:102
           |
        13 | ...e, records: 30, retries: 0, batch: 0),
           |                             ^
          = note: Kafka's producer answers ConfigException and does not start

        error[scenario]: a batch holds at least one record
         --> lab.ron:13:112
           |
        13 | ...: 30, retries: 0, batch: 0),
           |                             ^
    "#]],
    );
    check_sample(
        "id: \"p2\"",
        "id: \"p1\"",
        expect![[r#"
        error[scenario]: there are two clients `p1`
         --> lab.ron:14:22
           |
        14 |         Producer(id: "p1", topic: "events", partition: 1, acks: One, rec...
           |                      ^^^^
    "#]],
    );
    check_sample(
        "Consumer(id: \"c1\", topic: \"events\", ",
        "Group(id: \"g\", topic: \"events\", members: 2, ",
        expect![[r#"
            error[scenario]: `Group` is not modelled yet
             --> lab.ron:15:9
               |
            15 |         Group(id: "g", topic: "events", members: 2, reset: Earliest),
               |         ^^^^^
              = help: use `Consumer`, which reads all partitions without a group
        "#]],
    );
    check_sample(
        "Produce(client: \"p1\"",
        "Produce(client: \"p3\"",
        expect![[r#"
        error[scenario]: script[24] writes with client `p3`, but the scenario has producers `p1`, `p2`
         --> lab.ron:42:25
           |
        42 |         Produce(client: "p3", topic: "skcc-college", partition: 2, value...
           |                         ^^^^
    "#]],
    );
    check_sample(
        "Produce(client: \"p1\"",
        "Produce(client: \"c1\"",
        expect![[r#"
        error[scenario]: script[24] writes with client `c1`, which is no producer
         --> lab.ron:42:25
           |
        42 |         Produce(client: "c1", topic: "skcc-college", partition: 2, value...
           |                         ^^^^
    "#]],
    );
    check_sample(
        "Produce(client: \"p1\"",
        "Produce(acks: One, client: \"p1\"",
        expect![[r#"
            error[scenario]: client `p1` writes with `acks: All`, this event with `acks: One`
             --> lab.ron:42:23
               |
            42 |         Produce(acks: One, client: "p1", topic: "skcc-college", partitio...
               |                       ^^^
        "#]],
    );
}

#[test]
fn events_that_make_no_sense() {
    check_sample(
        "Cut(between: (1, 2))",
        "Cut(between: (1, 1))",
        expect![[r#"
        error[scenario]: script[6] needs two different nodes, got 1 twice
         --> lab.ron:24:26
           |
        24 |         Cut(between: (1, 1)),
           |                          ^
    "#]],
    );
    check_sample(
        "Cut(between: (1, 2))",
        "Cut(between: (1, 9))",
        expect![[r#"
        error[scenario]: script[6] cuts off node 9, but the cluster has brokers 1, 2, 3 and controllers 101, 102, 103
         --> lab.ron:24:26
           |
        24 |         Cut(between: (1, 9)),
           |                          ^
          = note: brokers are declared at lab.ron:6:14
    "#]],
    );
    check_sample(
        "Resume(broker: 1, at: \"45s\")",
        "Resume(broker: 1, at: \"29s\")",
        expect![[r#"
            error[scenario]: script[5] is at 29s, before the event above it at 30s
             --> lab.ron:23:31
               |
            23 |         Resume(broker: 1, at: "29s"),
               |                               ^^^^^
        "#]],
    );
    check_sample(
        "Label(\"storm\")",
        "Label(\"after-stop\")",
        expect![[r#"
        error[scenario]: there are two labels `after-stop`
         --> lab.ron:30:15
           |
        30 |         Label("after-stop"),
           |               ^^^^^^^^^^^^
    "#]],
    );
    check_sample(
        "clock: On",
        "clock: Off",
        expect![[r#"
        error[scenario]: script[4] names a time, but `clock: Off` has none
         --> lab.ron:22:30
           |
        22 |         Pause(broker: 1, at: "30s"),
           |                              ^^^^^

        error[scenario]: script[5] names a time, but `clock: Off` has none
         --> lab.ron:23:31
           |
        23 |         Resume(broker: 1, at: "45s"),
           |                               ^^^^^

        error[scenario]: script[8] names a time, but `clock: Off` has none
         --> lab.ron:26:9
           |
        26 |         Wait("5s"),
           |         ^^^^

        error[scenario]: script[14] names a time, but `clock: Off` has none
         --> lab.ron:32:22
           |
        32 |         PowerAll(at: "2min"),
           |                      ^^^^^^
    "#]],
    );
    check_sample(
        "Start(broker: 1)",
        "Start(broker: 1), Start(broker: 1)",
        expect![[r#"
        warning[scenario]: script[16] starts broker 1, which is running at that point
         --> lab.ron:33:41
           |
        33 |         Start(broker: 1), Start(broker: 1),
           |                                         ^
          = note: it changes nothing
    "#]],
    );
    check_sample(
        "Resume(broker: 1, at: \"45s\")",
        "Stop(broker: 3, how: Kill), Pause(broker: 3)",
        expect![[r#"
            warning[scenario]: script[6] pauses broker 3, which is stopped at that point
             --> lab.ron:23:51
               |
            23 |         Stop(broker: 3, how: Kill), Pause(broker: 3),
               |                                                   ^
              = note: it changes nothing
        "#]],
    );
    check_sample(
        "admin: [Elect(topic: \"events\"",
        "admin: [Elect(topic: \"events\", partition: 7",
        expect![[r#"
            error[scenario]: faults.admin[0] elects in partition 7 of topic `events`, which has 2 partitions
             --> lab.ron:45:91
               |
            45 | ...ic: "events", partition: 7, kind: Preferred)]),
               |                             ^
        "#]],
    );
}

#[test]
fn claims_that_contradict_each_other() {
    check_sample(
        "property: \"log-agreement\"",
        "property: \"no-committed-loss\"",
        expect![[r#"
            error[scenario]: the property `no-committed-loss` is omitted and also listed in `properties`
             --> lab.ron:53:23
               |
            53 |     omit: [(property: "no-committed-loss", reason: "broker 2 loses its d...
               |                       ^^^^^^^^^^^^^^^^^^^
        "#]],
    );
    check_sample(
        "reason: \"broker 2 loses its disk on purpose\"",
        "reason: \" \"",
        expect![[r#"
            error[scenario]: leaving out `log-agreement` needs a reason
             --> lab.ron:53:48
               |
            53 |     omit: [(property: "log-agreement", reason: " ")],
               |                                                ^^^
        "#]],
    );
    check_sample(
        "expect: Violates(\"no-committed-loss\")",
        "expect: Violates(\"log-agreement\")",
        expect![[r#"
            error[scenario]: the property `log-agreement` is omitted and expected to be violated
             --> lab.ron:53:23
               |
            53 |     omit: [(property: "log-agreement", reason: "broker 2 loses its disk ...
               |                       ^^^^^^^^^^^^^^^

            error[scenario]: the property `log-agreement` is expected to be violated, but is not among `properties`
             --> lab.ron:55:22
               |
            55 |     expect: Violates("log-agreement"),
               |                      ^^^^^^^^^^^^^^^
        "#]],
    );
    check_sample(
        "steps: 400",
        "steps: 0",
        expect![[r#"
        error[scenario]: `steps` is 0: nothing would be run
         --> lab.ron:46:21
           |
        46 |     bounds: (steps: 0, time: "5min", leader_epochs: 6),
           |                     ^
    "#]],
    );
}
