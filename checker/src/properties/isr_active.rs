//! While a partition has a leader, the leader and all members of its ISR are neither fenced nor stopping.
//! Formula, assumptions and source: [`ABOUT`].

use models::Kafka;
use models::cluster::PartitionState;
use models::config::{Config, Control};
use models::ids::{BrokerId, Partition};
use models::kraft::Controller;
use models::slots::{Slot, Value};
use sim_core::{Failure, Property};

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

sim_core::view! { Kafka, Slot, Value;
    /// A partition as the controller has it.
    pub struct Decided(partition: Partition) {
        controller: Controller(),
    }
}

/// See [`ABOUT`].
pub struct IsrActive;

impl Property<Kafka> for IsrActive {
    type View = Decided<'static>;
    const NAME: &'static str = ABOUT.name;
    const CLAIM: &'static str = ABOUT.claim;

    fn keys(config: &Config) -> Vec<(Partition,)> {
        match config.control {
            Control::Kraft => config.all_partitions().map(|partition| (partition,)).collect(),
            // A registration goes with its session, before the controller hears of that.
            Control::ZooKeeper { .. } => Vec::new(),
        }
    }

    fn check(_config: &Config, at: Decided<'_>) -> Result<(), Failure> {
        let cluster = &at.controller.cluster;
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
