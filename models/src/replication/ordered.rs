//! A controller that is a broker orders a replica's role, or stops it; no metadata image stands between. Kafka:
//! `ReplicaManager.becomeLeaderOrFollower`, `ReplicaManager.stopReplicas`.

use super::leader::{dismiss_parked, dismiss_waiting};
use super::{Following, PartitionSide, Replica, Role};
use crate::Context;
use crate::broker::{Life, Stage};
use crate::cluster::{PartitionState, Record};
use crate::ids::{BrokerId, Partition};
use crate::kafka_controller::{Allegiance, Fate, LeaderAndIsr, StopReplica};
use crate::log::Log;
use crate::slots::{Image, Slot, Value};

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// A partition on one broker, and whose orders the broker takes.
    pub struct OrderedSide(me: BrokerId, partition: Partition) {
        life: read Life(me),
        image: write Image(me),
        allegiance: write Allegiance(me),
        replica: write Replica(me, partition),
        log: write Log(me, partition),
    }
}

/// A replica's role.
pub fn on_leader_and_isr(at: OrderedSide<'_>, cx: &mut Context<'_>, request: &LeaderAndIsr) {
    let (me, partition, state) = (at.me, at.partition, &request.state);
    if !at.allegiance.accepts(cx.config().rules(me), &request.sender) || !state.replicas.contains(&me) {
        return;
    }
    let topic = cx.config().placed(partition).topic;
    if at.image.0.topic(topic).is_none() {
        at.image.0.apply(&Record::Topic(topic, request.settings));
    }
    let unloaded = at.replica.role == Role::Offline;
    if !unloaded && state.leader_epoch <= at.replica.leader_epoch {
        return;
    }
    let leads = state.leader == Some(me);
    // Kafka: ReplicaManager.makeFollowers leaves a partition alone whose new leader is not among the live brokers.
    if !leads && !state.leader.is_some_and(|leader| at.image.0.is_active(leader)) {
        return;
    }
    if unloaded {
        at.log.load();
    }
    let stops = matches!(at.life.stage, Stage::Leaving(_) | Stage::Stopping);
    let mut at = PartitionSide {
        me,
        partition,
        image: at.image,
        replica: at.replica,
        log: at.log,
    };
    match (leads, stops) {
        (true, _) => at.become_leader(cx, state),
        (false, false) => at.become_follower(cx, state),
        // Kafka: ReplicaManager.makeFollowers adds no fetcher while the broker shuts down.
        (false, true) => {
            let nobody = PartitionState {
                leader: None,
                ..state.clone()
            };
            at.become_follower(cx, &nobody);
        }
    }
}

/// A replica stops: it neither leads nor fetches until it hears of a later epoch.
pub fn on_stop_replica(at: OrderedSide<'_>, cx: &mut Context<'_>, request: &StopReplica) {
    let rules = cx.config().rules(at.me);
    if !at.allegiance.accepts(rules, &request.sender) {
        return;
    }
    if request
        .leader_epoch
        .is_some_and(|epoch| epoch < at.replica.leader_epoch)
    {
        return;
    }
    if request.fate == Fate::Deleted {
        let (me, partition) = (at.me, at.partition);
        let mut at = PartitionSide {
            me,
            partition,
            image: at.image,
            replica: at.replica,
            log: at.log,
        };
        return at.drop_replica(cx);
    }
    if let Role::Leader(leading) = &at.replica.role {
        dismiss_waiting(cx, at.partition, leading);
        dismiss_parked(cx, rules, at.partition, leading);
    }
    at.replica.timers.cancel_where(|_| true);
    match at.replica.role {
        Role::Offline => {}
        Role::Leader(_) | Role::Follower(_) => at.replica.role = Role::Follower(Following::default()),
    }
}

/// Metadata is new: who was kept out of the ISR may enter now.
pub fn on_told(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    at.retry_expansions(cx);
}

/// Another controller, or another session: a proposal without an answer goes out again, and who was refused may enter.
pub fn on_ask_again(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    if let Role::Leader(leading) = &mut at.replica.role
        && leading.pending.is_some()
    {
        leading.asked = true;
        return at.propose_again(cx);
    }
    at.retry_expansions(cx);
}
