//! How large the smallest cluster worlds are: preset, brokers and kills from the command line.

use checker::Search;
use checker::cluster::Cluster;
use models::config::Config;
use models::faults::{Fault, Faults};
use models::features::preset;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, brokers, kills] = &args[..] else {
        panic!("usage: smallest_world PRESET BROKERS KILLS")
    };
    let features = preset(name).expect("a known preset").features;
    let mut config = Config::small(features, brokers.parse().expect("a number of brokers"), 1);
    config.faults = Faults::default().with(Fault::Kill, kills.parse().expect("a number of kills"));
    let cluster = Cluster::new(&config, checker::properties::REGISTERED, checker::properties::STEP);
    println!("{}", Search::breadth_first().max_states(3_000_000).run(&cluster));
    for (slot, count) in cluster.values_per_slot().into_iter().take(14) {
        println!("{count:8}  {slot}");
    }
}
