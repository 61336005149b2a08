//! The settled cluster: every broker serves, every replica is in sync.

use models::config::{
    Balance, BrokerConfig, ClientConfig, ClientKind, Config, Flush, Pace, PartitionConfig, ProducerConfig, Times,
    TopicConfig, TopicSettings, UncleanElection,
};
use models::faults::Faults;
use models::features::{Features, PRESETS};
use models::ids::{BrokerId, Partition, TopicIndex};
use models::message::Acks;
use models::settle::settled;
use models::slots::{Slot, Value};

fn cluster(features: Features, brokers: u8) -> Config {
    let ids = (1..=brokers).map(BrokerId);
    Config {
        pace: Pace::Free,
        brokers: ids.clone().map(|id| BrokerConfig { id, features }).collect(),
        controller: features,
        topics: vec![TopicConfig {
            name: "t".into(),
            settings: TopicSettings { min_isr: 2, unclean: UncleanElection::Refused },
            exists: true,
        }],
        partitions: vec![PartitionConfig { topic: TopicIndex(0), number: 0, assignment: ids.collect() }],
        clients: vec![ClientConfig {
            name: "c1".into(),
            kind: ClientKind::Producer(ProducerConfig {
                partition: Partition(0),
                acks: Acks::All,
                batches: 1,
                batch_records: 1,
                retries: 0,
            }),
        }],
        faults: Faults::default(),
        admin: vec![],
        times: Times::default(),
        balance: Balance::Manual,
        flush: Flush::Never,
        fetch_batches: 4,
        reads: Default::default(),
    }
}

#[test]
fn every_preset_settles_with_all_replicas_in_sync() {
    for preset in PRESETS {
        let config = cluster(preset.features, 3);
        let world = settled(&config);
        let Value::Controller(controller) = world.get(Slot::Controller) else { panic!("no controller") };
        let state = controller.cluster.partition(Partition(0)).expect("the topic exists");
        assert_eq!(state.isr.as_slice(), [BrokerId(1), BrokerId(2), BrokerId(3)], "{}", preset.name);
        assert_eq!(state.leader, Some(BrokerId(1)), "{}", preset.name);
    }
}
