//! How large the smallest cluster worlds are: brokers, records and kills from the command line.
use models::config::*;
use models::faults::{Fault, Faults};
use models::features::preset;
use models::ids::*;
use models::message::Acks;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let features = preset(&args[1]).expect("a preset").features;
    let brokers: u8 = args[2].parse().expect("brokers");
    let kills: u8 = args[3].parse().expect("kills");
    let ids = (1..=brokers).map(BrokerId);
    let config = Config {
        pace: Pace::Free,
        brokers: ids.clone().map(|id| BrokerConfig { id, features }).collect(),
        controller: features,
        topics: vec![TopicConfig {
            name: "t".into(),
            settings: TopicSettings { min_isr: 2.min(brokers), unclean: UncleanElection::Refused },
            exists: true,
        }],
        partitions: vec![PartitionConfig { topic: TopicIndex(0), number: 0, assignment: ids.collect() }],
        clients: vec![ClientConfig {
            name: "c1".into(),
            kind: ClientKind::Producer(ProducerConfig { partition: Partition(0), acks: Acks::All, batches: 1, batch_records: 1, retries: 0 }),
        }],
        faults: Faults::default().with(Fault::Kill, kills),
        admin: vec![],
        times: Times::default(),
        balance: Balance::Manual,
        flush: Flush::Never,
        fetch_batches: 4,
        reads: Default::default(),
    };
    println!("size of a value: {}", std::mem::size_of::<models::slots::Value>());
    let cluster = checker::cluster::Cluster::new(&config, &[], &[]);
    let report = checker::Search::breadth_first().max_states(3_000_000).run(&cluster);
    println!("{report}");
    for (slot, count) in cluster.values_per_slot().into_iter().take(14) {
        println!("{count:8}  {slot}");
    }
}
