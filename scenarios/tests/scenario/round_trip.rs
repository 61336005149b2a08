//! A scenario written as text and read again is the same scenario.

use std::collections::BTreeMap;

use crate::sample::{NAMES, SAMPLE};
use expect_test::expect;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use scenarios::scenario::config_value::ConfigValue;
use scenarios::scenario::event::{AdminCommand, Disk, ElectionKind, Event, StopKind};
use scenarios::scenario::load::{load, to_ron};
use scenarios::scenario::ron_options;
use scenarios::scenario::schema::*;
use scenarios::scenario::time_span::TimeSpan;
use serde::{Deserialize, Serialize};

#[test]
fn the_sample_as_written_by_the_program() {
    let scenario = load("sample.ron", SAMPLE.as_bytes(), &NAMES)
        .expect("the sample is valid")
        .scenario;
    let text = to_ron(&scenario);
    expect![[r#"
        (
            name: "broker-2-down",
            about: (en: "One broker of three stops cleanly", ko: "브로커 3대 중 1대를 정상 종료한다"),
            preset: "kraft-3.9",
            control: Kraft(controllers: [101, 102, 103]),
            brokers: [1, 2, 3],
            topics: [
                (
                    name: "skcc-college",
                    assignment: [[2, 3, 1], [3, 1, 2], [1, 2, 3]],
                    config: {"min.insync.replicas": 2},
                ),
                (name: "events", partitions: 2, replication: 2),
            ],
            clients: [
                Producer(id: "p1", topic: "skcc-college", acks: All, records: 30, idempotent: true),
                Producer(
                    id: "p2",
                    topic: "events",
                    partition: 1,
                    acks: One,
                    records: 5,
                    retries: 3,
                    timeout: "30s",
                    batch: 5,
                ),
                Consumer(id: "c1", topic: "events", reset: Earliest),
            ],
            script: [
                Stop(broker: 2, how: Clean),
                Settle(label: "after-stop"),
                Start(broker: 2, disk: Kept),
                Settle(label: "after-start"),
                Pause(broker: 1, at: "30s"),
                Resume(broker: 1, at: "45s"),
                Cut(between: (1, 2)),
                CutOneWay(from: 1, to: 101),
                Wait("5s"),
                Heal(between: (1, 2)),
                Heal(),
                Reset(between: (1, 3)),
                Label("storm"),
                SlowDisk(broker: 3, delay: "50ms", lasts: "2s"),
                PowerAll(at: "2min"),
                Start(broker: 1, disk: Kept),
                Start(broker: 2, disk: Wiped),
                Start(broker: 3, disk: Kept),
                DirFail(broker: 3),
                FullDisk(broker: 1),
                CreateTopic(topic: (name: "late", partitions: 1, replication: 3)),
                AlterConfig(topic: "late", key: "unclean.leader.election.enable", value: true),
                Elect(topic: "skcc-college", kind: Preferred),
                Elect(topic: "late", partition: 0, kind: Unclean),
                Produce(client: "p1", topic: "skcc-college", partition: 2, value: "x", acks: All),
                Produce(topic: "late", value: "y", acks: None),
            ],
            faults: (kill: 1, power: 1, cut_one_way: 2, admin: [Elect(topic: "events", kind: Preferred)]),
            bounds: (steps: 400, time: "5min", leader_epochs: 6),
            settings: {"auto.leader.rebalance.enable": false, "broker.session.timeout.ms": 4000, "flush.messages": 1},
            clock: On,
            switches: {"elr": true, "hw-needs-min-isr": "off"},
            broker_presets: {3: "kraft-3.8"},
            properties: ["no-committed-loss", "leader-in-isr"],
            omit: [
                (property: "log-agreement", reason: "broker 2 loses its disk on purpose"),
            ],
            witnesses: ["leader-changed"],
            expect: Violates("no-committed-loss"),
        )
    "#]]
    .assert_eq(&text);
    let again = load("again.ron", text.as_bytes(), &NAMES)
        .expect("what was written is valid")
        .scenario;
    assert_eq!(again, scenario);
}

#[test]
fn the_shortest_scenario_keeps_its_defaults() {
    let text = "(name: \"x\", control: Kraft(controllers: [101]), brokers: [1])";
    let scenario = load("x.ron", text.as_bytes(), &NAMES)
        .expect("nothing else is needed")
        .scenario;
    expect![[r#"
        (
            name: "x",
            preset: "kraft-4.3",
            control: Kraft(controllers: [101]),
            brokers: [1],
            expect: Holds,
        )
    "#]]
    .assert_eq(&to_ron(&scenario));
}

/// A file that holds a scenario among other things, as a trace does.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Envelope {
    seed: u64,
    scenario: Scenario,
    step: Option<u32>,
}

fn id() -> impl Strategy<Value = NodeId> {
    (0..200_u32).prop_map(NodeId)
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z.-]{0,12}", "[\"\\\\(){}\n\t가-힣]{0,6}"]
}

fn span() -> impl Strategy<Value = TimeSpan> {
    any::<u64>().prop_map(TimeSpan::from_micros)
}

fn value() -> impl Strategy<Value = ConfigValue> {
    prop_oneof![
        any::<i64>().prop_map(ConfigValue::Int),
        any::<bool>().prop_map(ConfigValue::Bool),
        word().prop_map(ConfigValue::Text),
    ]
}

fn config() -> impl Strategy<Value = BTreeMap<String, ConfigValue>> {
    btree_map(word(), value(), 0..3)
}

fn acks() -> impl Strategy<Value = Acks> {
    prop_oneof![Just(Acks::All), Just(Acks::One), Just(Acks::None)]
}

fn reset() -> impl Strategy<Value = Reset> {
    prop_oneof![Just(Reset::Earliest), Just(Reset::Latest), Just(Reset::None)]
}

fn election() -> impl Strategy<Value = ElectionKind> {
    prop_oneof![Just(ElectionKind::Preferred), Just(ElectionKind::Unclean)]
}

fn partition() -> impl Strategy<Value = PartitionIndex> {
    (0..4_u32).prop_map(PartitionIndex)
}

fn topic() -> impl Strategy<Value = Topic> {
    let counts = (option::of(any::<u32>()), option::of(any::<u32>()));
    (word(), option::of(vec(vec(id(), 0..3), 0..3)), counts, config()).prop_map(
        |(name, assignment, (partitions, replication), config)| Topic {
            name,
            assignment,
            partitions,
            replication,
            config,
        },
    )
}

fn client() -> impl Strategy<Value = Client> {
    let limits = (
        any::<u32>(),
        option::of(any::<u32>()),
        option::of(span()),
        option::of(any::<u32>()),
    );
    let producer = (
        word(),
        word(),
        option::of(partition()),
        acks(),
        option::of(any::<bool>()),
        limits,
    )
        .prop_map(
            |(id, topic, partition, acks, idempotent, (records, retries, timeout, batch))| Client::Producer {
                id,
                topic,
                partition,
                acks,
                records,
                idempotent,
                retries,
                timeout,
                batch,
            },
        );
    let consumer = (word(), word(), reset()).prop_map(|(id, topic, reset)| Client::Consumer {
        id,
        topic,
        reset,
        wants: Wants::Records,
    });
    let group = (word(), word(), any::<u32>(), reset()).prop_map(|(id, topic, members, reset)| Client::Group {
        id,
        topic,
        members,
        reset,
    });
    prop_oneof![producer, consumer, group]
}

fn process_event() -> impl Strategy<Value = Event> {
    let at = || option::of(span());
    let how = prop_oneof![Just(StopKind::Clean), Just(StopKind::Kill), Just(StopKind::PowerLoss)];
    let disk = prop_oneof![Just(Disk::Kept), Just(Disk::Wiped)];
    prop_oneof![
        (id(), how, at()).prop_map(|(broker, how, at)| Event::Stop { broker, how, at }),
        (id(), disk, at()).prop_map(|(broker, disk, at)| Event::Start { broker, disk, at }),
        (id(), at()).prop_map(|(broker, at)| Event::Pause { broker, at }),
        (id(), at()).prop_map(|(broker, at)| Event::Resume { broker, at }),
        at().prop_map(|at| Event::PowerAll { at }),
        (id(), at()).prop_map(|(broker, at)| Event::DirFail { broker, at }),
        (id(), at()).prop_map(|(broker, at)| Event::FullDisk { broker, at }),
        (id(), at(), at(), at()).prop_map(|(broker, delay, lasts, at)| Event::SlowDisk {
            broker,
            delay,
            lasts,
            at
        }),
    ]
}

fn network_event() -> impl Strategy<Value = Event> {
    let at = || option::of(span());
    let between = || (id(), id());
    prop_oneof![
        (between(), at()).prop_map(|(between, at)| Event::Cut { between, at }),
        (id(), id(), at()).prop_map(|(from, to, at)| Event::CutOneWay { from, to, at }),
        (option::of(between()), at()).prop_map(|(between, at)| Event::Heal { between, at }),
        (between(), at()).prop_map(|(between, at)| Event::Reset { between, at }),
    ]
}

fn other_event() -> impl Strategy<Value = Event> {
    let at = || option::of(span());
    prop_oneof![
        (option::of(word()), at()).prop_map(|(label, at)| Event::Settle { label, at }),
        span().prop_map(Event::Wait),
        word().prop_map(Event::Label),
        (word(), option::of(partition()), election(), at()).prop_map(|(topic, partition, kind, at)| Event::Elect {
            topic,
            partition,
            kind,
            at
        }),
        (word(), word(), value(), at()).prop_map(|(topic, key, value, at)| Event::AlterConfig {
            topic,
            key,
            value,
            at
        }),
        (topic(), at()).prop_map(|(topic, at)| Event::CreateTopic { topic, at }),
        (option::of(word()), word(), partition(), word(), acks(), at()).prop_map(
            |(client, topic, partition, value, acks, at)| Event::Produce {
                client,
                topic,
                partition,
                value,
                acks,
                at
            }
        ),
    ]
}

fn command() -> impl Strategy<Value = AdminCommand> {
    prop_oneof![
        (word(), option::of(partition()), election()).prop_map(|(topic, partition, kind)| AdminCommand::Elect {
            topic,
            partition,
            kind
        }),
        (word(), word(), value()).prop_map(|(topic, key, value)| AdminCommand::AlterConfig { topic, key, value }),
        topic().prop_map(|topic| AdminCommand::CreateTopic { topic }),
    ]
}

fn control() -> impl Strategy<Value = Control> {
    prop_oneof![
        vec(id(), 0..4).prop_map(|controllers| Control::Kraft { controllers }),
        vec(id(), 0..4).prop_map(|nodes| Control::KraftCombined { nodes }),
        (any::<u32>(), option::of(span())).prop_map(|(ensemble, session)| Control::ZooKeeper { ensemble, session }),
    ]
}

fn faults() -> impl Strategy<Value = Faults> {
    (any::<[u8; 14]>(), vec(command(), 0..3)).prop_map(|(count, admin)| Faults {
        kill: count[0],
        power: count[1],
        power_all: count[2],
        wipe: count[3],
        pause: count[4],
        stop: count[5],
        reset: count[6],
        cut: count[7],
        cut_one_way: count[8],
        late: count[9],
        slow_disk: count[10],
        dir_fail: count[11],
        full_disk: count[12],
        expiry: count[13],
        admin,
    })
}

fn bounds() -> impl Strategy<Value = Bounds> {
    (option::of(any::<u64>()), option::of(span()), option::of(any::<u32>())).prop_map(|(steps, time, leader_epochs)| {
        Bounds {
            steps,
            time,
            leader_epochs,
        }
    })
}

fn expectation() -> impl Strategy<Value = Expectation> {
    prop_oneof![
        Just(Expectation::Holds),
        word().prop_map(Expectation::Violates),
        Just(Expectation::Any)
    ]
}

prop_compose! {
    fn cluster()(
        (name, preset) in (word(), word()),
        about in option::of((word(), option::of(word())).prop_map(|(en, ko)| About { en, ko })),
        control in control(),
        brokers in vec(id(), 0..4),
        topics in vec(topic(), 0..3),
        clients in vec(client(), 0..3),
        script in vec(prop_oneof![process_event(), network_event(), other_event()], 0..6),
        (faults, bounds) in (faults(), bounds()),
        settings in config(),
    ) -> Scenario {
        Scenario {
            name, about, preset, control, brokers, topics, clients, script, faults, bounds, settings,
            start: Start::default(),
            clock: None,
            switches: BTreeMap::new(),
            broker_presets: BTreeMap::new(),
            properties: Vec::new(),
            omit: Vec::new(),
            witnesses: Vec::new(),
            expect: Expectation::default(),
            allow_invalid: false,
            version: FORMAT_VERSION,
        }
    }
}

prop_compose! {
    fn scenario()(
        cluster in cluster(),
        start in prop_oneof![Just(Start::Settled), Just(Start::Cold)],
        clock in option::of(prop_oneof![Just(Clock::On), Just(Clock::Off)]),
        switches in config(),
        broker_presets in btree_map(id(), word(), 0..3),
        (properties, witnesses) in (vec(word(), 0..3), vec(word(), 0..3)),
        omit in vec((word(), word()).prop_map(|(property, reason)| Omission { property, reason }), 0..3),
        expect in expectation(),
        allow_invalid in any::<bool>(),
        version in any::<u32>(),
    ) -> Scenario {
        Scenario {
            start, clock, switches, broker_presets, properties, omit, witnesses, expect, allow_invalid, version,
            ..cluster
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_scenario_written_and_read_is_the_same(scenario in scenario()) {
        let text = to_ron(&scenario);
        let again: Scenario = ron_options().from_str(&text).expect("what was written can be read");
        prop_assert_eq!(again, scenario);
    }

    #[test]
    fn any_scenario_inside_another_file_stays_the_same(scenario in scenario(), seed in any::<u64>()) {
        let envelope = Envelope { seed, scenario, step: None };
        let text = ron_options().to_string(&envelope).expect("a scenario can be written");
        let again: Envelope = ron_options().from_str(&text).expect("what was written can be read");
        prop_assert_eq!(again, envelope);
    }
}
