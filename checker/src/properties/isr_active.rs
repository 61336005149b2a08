//! While a partition has a leader, the leader and all members of its ISR are neither fenced nor stopping.
//! Formula, assumptions and source: [`ABOUT`].

use models::cluster::{Cluster, PartitionState};
use models::config::Config;
use models::ids::{BrokerId, Partition};
use models::slots::{Slot, Value};
use models::{Kafka, authority_of, authority_slot};
use sim_core::{Failure, Property, View};

use super::About;

/// What it says, and when.
pub const ABOUT: About = About {
    name: "isr-active",
    claim: "While a partition has a leader, the leader and all members of its ISR are neither fenced nor stopping.",
    formula: "C.leader ≠ none ⇒ C.leader ∈ Active ∧ C.isr ⊆ Active",
    assumptions: "the metadata as a KRaft controller has it after each of its events; a partition without a leader may keep \
                  its last member",
    source: "KIP-841, KAFKA-13173, KAFKA-19522; ReplicationControlManager",
    korean: "리더가 있는 파티션의 리더와 ISR 구성원은 모두 펜싱되지 않았고 종료 중도 아니다.",
};

/// A partition as the metadata in force has it.
pub struct Decided<'a> {
    partition: Partition,
    cluster: &'a Cluster,
}

impl View<Kafka> for Decided<'_> {
    type Key = (Partition, Slot);
    type At<'a> = Decided<'a>;

    fn slots((_, slot): Self::Key, out: &mut Vec<Slot>) {
        out.push(slot);
    }

    fn bind<'a>((partition, slot): Self::Key, values: &[&'a Value]) -> Decided<'a> {
        let cluster = authority_of(values[0]).unwrap_or_else(|| panic!("{slot} has no metadata"));
        Decided { partition, cluster }
    }
}

/// See [`ABOUT`].
pub struct IsrActive;

impl Property<Kafka> for IsrActive {
    type View = Decided<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(Partition, Slot)> {
        // With ZooKeeper a registration goes with its session, before the controller hears of that.
        let all = config.all_partitions().filter(|_| !config.has_zookeeper());
        all.map(|partition| (partition, authority_slot(config))).collect()
    }

    fn check(_config: &Config, at: Decided<'_>) -> Result<(), Failure> {
        let cluster = at.cluster;
        let Some(PartitionState {
            leader: Some(leader),
            isr,
            ..
        }) = cluster.partition(at.partition)
        else {
            return Ok(());
        };
        let fails = |id: BrokerId, role: &str| {
            let known = cluster.broker(id).map(|known| known.state.to_string());
            let standing = known.unwrap_or_else(|| "not registered".to_owned());
            let reason = format!("{} has {role} broker {id}, which is {standing}", at.partition);
            Err(Failure::new(at.partition.to_string(), reason))
        };
        if !cluster.is_active(*leader) {
            return fails(*leader, "the leader");
        }
        match isr.iter().find(|id| !cluster.is_active(**id)) {
            Some(id) => fails(*id, "the ISR member"),
            None => Ok(()),
        }
    }
}
