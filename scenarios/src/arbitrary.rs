//! Owns proptest strategies for scenarios, their workloads and their fault budgets. Small clusters: a property that breaks
//! only in large ones is rarer than it seems, and a small one is read in a minute.
//!
//! All of them shrink towards the smaller: fewer brokers, replicas, records, faults, and the newest preset. Feature
//! `proptest`.
//!
//! ```
//! use proptest::prelude::*;
//! use scenarios::arbitrary::{Size, scenarios};
//! use scenarios::testing::check_seeds;
//!
//! proptest! {
//! #    #![proptest_config(ProptestConfig::with_cases(2))]
//!     # /*
//!     #[test]
//!     # */
//!     fn no_small_cluster_loses_a_record(scenario in scenarios(Size::default())) {
//!         check_seeds(&scenario, 0..4);
//!     }
//! }
//! # no_small_cluster_loses_a_record();
//! ```

use std::ops::RangeInclusive;

use models::features::PRESETS;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::sample::{select, subsequence};

use crate::scenario::config_value::ConfigValue;
use crate::scenario::schema::{
    Acks, Bounds, Client, Control, Expectation, FORMAT_VERSION, Faults, NEWEST_PRESET, NodeId, PartitionIndex, Reset,
    Scenario, Start, Topic, Wants,
};

/// The topic of every scenario.
const TOPIC: &str = "t";
/// The controller of every scenario.
const CONTROLLER: NodeId = NodeId(101);
/// Runs are cut off here: enough for every budget below to be spent.
const STEPS_MAX: u64 = 1_000;

/// How large scenarios may get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Brokers; a partition has as many replicas as there are brokers, or fewer.
    pub brokers: RangeInclusive<u32>,
    /// Partitions of the one topic.
    pub partitions: RangeInclusive<u32>,
    /// Records of all producers together.
    pub records: RangeInclusive<u32>,
    /// The most faults of each kind.
    pub faults: Faults,
    /// Presets, the one that failures shrink to first.
    pub presets: Vec<&'static str>,
}

impl Default for Size {
    /// 1 to 4 brokers, 1 or 2 partitions, 1 to 3 records; every process fault that no correct cluster may lose a record
    /// by, at most twice; the newest preset.
    fn default() -> Self {
        let faults = Faults {
            kill: 2,
            stop: 1,
            reset: 1,
            late: 2,
            expiry: 2,
            ..Faults::default()
        };
        Self {
            brokers: 1..=4,
            partitions: 1..=2,
            records: 1..=3,
            faults,
            presets: vec![NEWEST_PRESET],
        }
    }
}

/// The control plane that a preset needs.
fn control(preset: &str) -> Control {
    if preset.starts_with("zk-") {
        return Control::ZooKeeper {
            ensemble: 1,
            session: None,
        };
    }
    Control::Kraft {
        controllers: vec![CONTROLLER],
    }
}

/// Every preset, the newest first.
pub fn presets() -> Vec<&'static str> {
    let others = PRESETS
        .iter()
        .map(|preset| preset.name)
        .filter(|name| *name != NEWEST_PRESET);
    std::iter::once(NEWEST_PRESET).chain(others).collect()
}

/// Scenarios of this size, that the loader accepts and the simulator can build.
pub fn scenarios(size: Size) -> impl Strategy<Value = Scenario> {
    let faults = faults(size.faults);
    let cluster = (size.brokers, size.partitions)
        .prop_flat_map(|(brokers, partitions)| (Just(brokers), topic(brokers, partitions)));
    let records = size.records;
    let rest = cluster.prop_flat_map(move |(brokers, topic)| {
        let partitions = u32::try_from(topic.partition_count()).expect("a small topic has few partitions");
        (Just(brokers), Just(topic), workload(partitions, records.clone()))
    });
    (rest, faults, select_first(size.presets)).prop_map(|((brokers, topic, clients), faults, preset)| Scenario {
        name: "arbitrary".to_owned(),
        about: None,
        preset: preset.to_owned(),
        control: control(preset),
        brokers: (1..=brokers).map(NodeId).collect(),
        topics: vec![topic],
        clients,
        script: Vec::new(),
        faults,
        bounds: Bounds {
            steps: Some(STEPS_MAX),
            ..Bounds::default()
        },
        settings: Default::default(),
        start: Start::Settled,
        clock: None,
        switches: Default::default(),
        broker_presets: Default::default(),
        properties: Vec::new(),
        omit: Vec::new(),
        witnesses: Vec::new(),
        expect: Expectation::Holds,
        allow_invalid: false,
        version: FORMAT_VERSION,
    })
}

/// Producers and sometimes a consumer, on a topic `t` with so many partitions. The records are shared out among one or
/// two producers; with `acks=all`, because any other promise may be broken.
pub fn workload(partitions: u32, records: RangeInclusive<u32>) -> impl Strategy<Value = Vec<Client>> {
    let batches = vec((0..partitions, 1..=2_u32), 1..=2);
    let consumer = proptest::option::weighted(0.25, Just(()));
    (records, batches, consumer).prop_map(|(records, mut producers, consumer)| {
        producers.truncate(records as usize);
        let (count, mut left) = (producers.len() as u32, records);
        let mut clients = Vec::new();
        for (at, (partition, batch)) in (1..).zip(producers) {
            let share = if at == count { left } else { left / (count - at + 1) };
            left -= share;
            // Batches that are not full are not modelled.
            let batch = if share.is_multiple_of(batch) { batch } else { 1 };
            clients.push(producer(at, partition, share, batch));
        }
        clients.extend(consumer.map(|()| Client::Consumer {
            id: "reader".to_owned(),
            topic: TOPIC.to_owned(),
            reset: Reset::Earliest,
            wants: Wants::Records,
        }));
        clients
    })
}

fn producer(number: u32, partition: u32, records: u32, batch: u32) -> Client {
    Client::Producer {
        id: format!("p{number}"),
        topic: TOPIC.to_owned(),
        partition: Some(PartitionIndex(partition)),
        acks: Acks::All,
        records,
        idempotent: None,
        retries: None,
        timeout: None,
        batch: (batch > 1).then_some(batch),
    }
}

/// Budgets with at most so many faults of each kind, and the operator commands of `most` from the first on.
pub fn faults(most: Faults) -> impl Strategy<Value = Faults> {
    let admin = most.admin.clone();
    let count = admin.len();
    let commands = subsequence(admin, 0..=count);
    let processes = (
        0..=most.kill,
        0..=most.power,
        0..=most.power_all,
        0..=most.wipe,
        0..=most.pause,
        0..=most.stop,
    );
    let network = (
        0..=most.reset,
        0..=most.cut,
        0..=most.cut_one_way,
        0..=most.late,
        0..=most.expiry,
    );
    let disks = (0..=most.slow_disk, 0..=most.dir_fail, 0..=most.full_disk);
    (processes, network, disks, commands).prop_map(|(processes, network, disks, admin)| {
        let (kill, power, power_all, wipe, pause, stop) = processes;
        let (reset, cut, cut_one_way, late, expiry) = network;
        let (slow_disk, dir_fail, full_disk) = disks;
        Faults {
            kill,
            power,
            power_all,
            wipe,
            pause,
            stop,
            reset,
            cut,
            cut_one_way,
            late,
            slow_disk,
            dir_fail,
            full_disk,
            expiry,
            admin,
        }
    })
}

/// The topic `t`, its replicas in any order on any of so many brokers, with a `min.insync.replicas` that they can reach.
fn topic(brokers: u32, partitions: u32) -> impl Strategy<Value = Topic> {
    let ids: Vec<NodeId> = (1..=brokers).map(NodeId).collect();
    (1..=brokers).prop_flat_map(move |replicas| {
        let row = subsequence(ids.clone(), replicas as usize).prop_shuffle();
        (vec(row, partitions as usize), 1..=replicas).prop_map(|(assignment, min_isr)| Topic {
            name: TOPIC.to_owned(),
            assignment: Some(assignment),
            partitions: None,
            replication: None,
            config: [("min.insync.replicas".to_owned(), ConfigValue::Int(i64::from(min_isr)))].into(),
        })
    })
}

/// One of these; shrinks to the first.
fn select_first(names: Vec<&'static str>) -> impl Strategy<Value = &'static str> {
    assert!(!names.is_empty(), "a scenario needs a preset");
    select(names)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::{Size, presets, scenarios};
    use crate::build::{build, names};
    use crate::scenario::diagnostic::Severity;
    use crate::scenario::load::{check, load, to_ron};
    use crate::scenario::schema::{Faults, Scenario};
    use crate::testing::{Subject, Why, try_seeds};

    fn any_size() -> Size {
        Size {
            presets: presets(),
            ..Size::default()
        }
    }

    /// Follows every simplification that is offered.
    fn simplest(size: Size) -> Scenario {
        let mut tree = scenarios(size)
            .new_tree(&mut TestRunner::deterministic())
            .expect("nothing is filtered");
        while tree.simplify() {}
        tree.current()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_scenario_is_accepted_and_its_settled_cluster_builds(scenario in scenarios(any_size())) {
            let wrong = check(&scenario, &names()).into_iter().find(|problem| problem.severity == Severity::Error);
            prop_assert_eq!(wrong, None);
            let built = build(&scenario, None).map_err(|why| TestCaseError::fail(why.to_string()))?;
            prop_assert!(built.config.is_finite());
            prop_assert_eq!(built.initial().slots().len(), built.initial().values().len());
        }

        #[test]
        fn every_scenario_is_read_as_it_was_written(scenario in scenarios(any_size())) {
            let loaded = load("arbitrary.ron", to_ron(&scenario).as_bytes(), &names());
            prop_assert_eq!(loaded.map(|loaded| loaded.scenario), Ok(scenario));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn clusters_under_the_newest_rules_stay_clean(scenario in scenarios(Size::default()), first in 0..1_000_u64) {
            let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("out").join("arbitrary");
            let tried = try_seeds(&Subject::from(&scenario), first..first + 6, &out);
            prop_assert!(tried.is_ok(), "{}", tried.expect_err("it is not ok"));
        }
    }

    /// The control of the test above: the same clusters, seeds and budgets are enough to find what is known to be wrong.
    #[test]
    fn clusters_under_the_oldest_rules_do_not() {
        let size = Size {
            brokers: 2..=4,
            presets: vec!["hw-truncation"],
            ..Size::default()
        };
        let (strategy, mut runner) = (scenarios(size), TestRunner::deterministic());
        let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("out").join("oldest");
        let violated = (0..100).any(|_| {
            let scenario = strategy.new_tree(&mut runner).expect("nothing is filtered").current();
            let failed = try_seeds(&Subject::from(&scenario), 0..30, &out).err();
            failed.is_some_and(|failed| matches!(failed.why, Why::Violated(_)))
        });
        assert!(
            violated,
            "truncation to the high watermark loses no record of a hundred small clusters"
        );
    }

    #[test]
    fn failures_shrink_to_one_broker_one_record_and_no_fault() {
        let smallest = simplest(any_size());
        assert_eq!(smallest.brokers.len(), 1);
        assert_eq!(smallest.faults, Faults::default());
        assert_eq!(smallest.preset, presets()[0]);
        assert_eq!(smallest.clients.len(), 1, "{:?}", smallest.clients);
    }
}
