//! What a built scenario is: switches, places, budgets.

use models::config::Pace;
use models::faults::Fault;
use models::features::{IsrOrder, Switch};
use models::ids::{BrokerId, Partition, RecordId};
use sim_core::Budget;

use super::{Built, build, names};
use crate::scenario::load::load;

fn built(text: &str, pace: Option<Pace>) -> Built {
    let loaded = load("test.ron", text.as_bytes(), &names()).expect("the sample is valid");
    build(&loaded.scenario, pace)
        .map_err(|why| why.to_string())
        .expect("the sample can be simulated")
}

const SAMPLE: &str = r#"(
    name: "sample",
    preset: "kraft-3.9",
    control: Kraft(controllers: [101]),
    brokers: [1, 2, 3],
    topics: [(name: "a", partitions: 4, replication: 2), (name: "b", assignment: [[3, 1]], config: {"min.insync.replicas": 2})],
    clients: [Producer(id: "p", topic: "a", records: 6)],
    script: [Produce(topic: "b", value: "hello")],
    switches: {"elr": true, "isr_order": "hashed"},
    broker_presets: {2: "kraft-4.3"},
    settings: {"replica.lag.time.max.ms": 5000},
    faults: (kill: 2, late: 1),
)"#;

#[test]
fn switches_override_every_preset_of_the_cluster() {
    let built = built(SAMPLE, None);
    let switched = |features: models::features::Features| (features.elr, features.isr_order, features.fenced_sessions);
    assert_eq!(
        switched(built.config.controller),
        (Switch::On, IsrOrder::Hashed, Switch::Off)
    );
    assert_eq!(
        switched(built.config.brokers[1].features),
        (Switch::On, IsrOrder::Hashed, Switch::On)
    );
}

#[test]
fn partitions_without_an_assignment_are_striped_from_the_first_broker() {
    let built = built(SAMPLE, None);
    let rows: Vec<Vec<u8>> = built
        .config
        .partitions
        .iter()
        .map(|p| p.assignment.iter().map(|id| id.0).collect())
        .collect();
    assert_eq!(rows, [vec![1, 2], vec![2, 3], vec![3, 1], vec![1, 2], vec![3, 1]]);
    assert_eq!(built.config.partition_name(Partition(4)), "b-0");
}

#[test]
fn records_go_round_and_those_of_the_script_have_their_names() {
    let built = built(SAMPLE, None);
    let names: Vec<&str> = built.config.clients.iter().map(|client| client.name.as_str()).collect();
    assert_eq!(names, ["p-0", "p-1", "p-2", "p-3", "fresh client"]);
    assert_eq!(built.record(RecordId(6)), "m6");
    assert_eq!(built.record(built.roster.scripted(0)), "hello");
}

#[test]
fn a_clock_has_no_budget_and_a_search_has_the_scenarios() {
    assert_eq!(built(SAMPLE, None).config.faults.left(Fault::Kill), Budget::Unlimited);
    let free = built(SAMPLE, Some(Pace::Free));
    assert_eq!(free.config.faults.left(Fault::Kill), Budget::Left(2));
    assert_eq!(free.config.faults.left(Fault::Power), Budget::Left(0));
    assert!(free.config.is_finite());
    assert_eq!(free.config.times.lag.as_us(), 5_000_000);
    assert_eq!(free.initial().slots().len(), free.initial().values().len());
}

#[test]
fn a_broker_id_that_the_model_cannot_hold_is_refused() {
    let text = SAMPLE.replace("brokers: [1, 2, 3]", "brokers: [1, 2, 3, 1001]");
    let loaded = load("test.ron", text.as_bytes(), &names()).expect("the sample is valid");
    let refusal = build(&loaded.scenario, None).err().expect("broker 1001 does not fit");
    assert_eq!(
        refusal.to_string(),
        "error[scenario]: broker 1001 is more than can be simulated: at most 254\n"
    );
    assert!(built(SAMPLE, None).broker(crate::scenario::schema::NodeId(3)) == Some(BrokerId(3)));
}
