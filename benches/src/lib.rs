//! Clusters that the benchmarks share.

use models::config::{Balance, ClientConfig, ClientKind, Config, Pace, PartitionConfig, ProducerConfig, Times};
use models::faults::{Fault, Faults};
use models::features::Features;
use models::ids::{BrokerId, Brokers, Partition, TopicIndex};
use models::message::Acks;
use sim_core::{Latency, Span};

/// Three brokers, twelve partitions, a producer each, a clock: steady produce and replicate.
pub fn steady(batches: u16) -> Config {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 1);
    config.pace = Pace::Clock;
    config.balance = Balance::Manual;
    config.faults = Faults::unlimited();
    let rotated = |number: u32| -> Brokers { (0..3).map(|at| BrokerId(((number + at) % 3 + 1) as u8)).collect() };
    config.partitions = (0..12)
        .map(|number| PartitionConfig::new(TopicIndex(0), number, rotated(number)))
        .collect();
    let producer = |index: u8| ClientConfig {
        name: format!("c{index}"),
        kind: ClientKind::Producer(ProducerConfig {
            partition: Partition(index),
            acks: Acks::All,
            batches,
            batch_records: 1,
            retries: 3,
        }),
    };
    config.clients = (0..12).map(producer).collect();
    config.times = Times {
        latency: Latency {
            base_us: 200,
            jitter_us: 100,
            tail: sim_core::Ratio::NEVER,
            tail_us: 0,
        },
        boot: Span::from_ms(10),
        ..Times::default()
    };
    config
}

/// The smallest world: two brokers, one record, one kill with restart.
pub fn smallest(features: Features) -> Config {
    let mut config = Config::small(features, 2, 1);
    config.faults = Faults::default().with(Fault::Kill, 1);
    config
}

/// The tour: three brokers, two records, two kills, two late messages.
pub fn tour(features: Features) -> Config {
    let mut config = Config::small(features, 3, 2);
    config.faults = Faults::default().with(Fault::Kill, 2).with(Fault::Late, 2);
    config
}
