//! A broker's part in one partition: leader or follower. Kafka: `Partition`, `ReplicaManager`, `ReplicaFetcherThread`.

mod follower;
mod isr;
mod leader;
mod ordered;
mod publish;
mod replica;
mod truncation;

pub use follower::{on_fetch_answer_lost, on_fetch_backoff, on_fetched};
pub use leader::{
    on_alter_lane_lost, on_altered, on_ask_end, on_checkpoint, on_fetch, on_fetch_lane_lost, on_fetch_wait,
    on_isr_check, on_lag, on_look_again, on_produce, on_produce_wait, on_propose, on_read,
};
pub use ordered::{OrderedSide, on_ask_again, on_leader_and_isr, on_stop_replica, on_told};
pub use publish::{on_end, on_publish, on_wipe};
pub use replica::{FetchState, Following, Leading, Peer, Proposal, Replica, Role, Waiting};
pub use truncation::{on_ask_epoch_end, on_epoch_ended, on_validate};

use crate::cluster::Cluster;
use crate::ids::{BrokerId, Partition};
use crate::log::Log;
use crate::slots::{Image, Slot, Value};

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// A partition on one broker, with the metadata that the broker has applied.
    pub struct PartitionSide(me: BrokerId, partition: Partition) {
        image: read Image(me),
        replica: write Replica(me, partition),
        log: write Log(me, partition),
    }

    /// A partition on one broker, where the metadata does not matter.
    pub struct ReplicaSide(me: BrokerId, partition: Partition) {
        replica: write Replica(me, partition),
        log: write Log(me, partition),
    }
}

impl PartitionSide<'_> {
    fn cluster(&self) -> &Cluster {
        &self.image.0
    }
}
