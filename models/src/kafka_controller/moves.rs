//! Replicas are to lie elsewhere, and topics are to go. Kafka: `KafkaController.onPartitionReassignment`,
//! `TopicDeletionManager`.

use super::brokers::{alive_replicas, live};
use super::plan::Stop;
use super::{Event, Fate, KafkaControllerSide, Plan, Resume, Then};
use crate::Context;
use crate::cluster::{Cluster, PartitionState};
use crate::controller::reassignment::{Assignment, difference};
use crate::controller::zk_election;
use crate::ids::{BrokerId, Brokers, Partition, TopicIndex};
use crate::message::Code;
use crate::zookeeper::Write;

/// A partition that moves, while its writes are planned.
struct Moving<'c> {
    cluster: &'c Cluster,
    partition: Partition,
    state: PartitionState,
    plan: Plan,
}

impl Moving<'_> {
    fn write(&mut self, state: PartitionState, to: Brokers) {
        self.state.clone_from(&state);
        let round = self.plan.next_round();
        self.plan
            .put(self.partition, KafkaControllerSide::plain(state), round, to);
    }

    /// The state in the next epoch goes to all replicas.
    fn bump(&mut self) {
        let next = zk_election::next_epoch(&self.state);
        let to = alive_replicas(self.cluster, &next);
        self.write(next, to);
    }

    /// These replicas leave the ISR, one by one, and their logs go. Kafka:
    /// `stopRemovedReplicasOfReassignedPartition`.
    fn stop(&mut self, gone: &[BrokerId]) {
        for id in gone {
            if let Some(next) = zk_election::without_replica(&self.state, *id) {
                let to = alive_replicas(self.cluster, &next);
                self.write(next, to);
            }
            for fate in [Fate::Kept, Fate::Deleted] {
                self.plan.stops.push(Stop {
                    at: *id,
                    partition: self.partition,
                    fate,
                });
            }
        }
    }

    /// All of the target is in sync: it is what is left (phase B of KIP-455).
    fn complete(&mut self) {
        let removing = self.state.removing.clone();
        let left = Assignment::settled(Assignment::of(&self.state).target());
        self.state = left.given(&self.state);
        let leads = self.state.leader.filter(|id| left.replicas.contains(id));
        if leads.is_some_and(live(self.cluster)) {
            self.bump();
        } else if let Some((next, _)) = zk_election::reassigned(&self.state, live(self.cluster)) {
            let to = alive_replicas(self.cluster, &next);
            self.write(next, to);
        }
        self.stop(&removing);
        self.plan.last.push(Write::Assignment(self.partition, left));
    }
}

impl KafkaControllerSide<'_> {
    /// Where the replicas of a partition are to lie; without a target, where they lay before.
    pub(super) fn target(&self, partition: Partition, target: Option<&Brokers>) -> Result<Assignment, Code> {
        let active = self.controller.active.as_ref().ok_or(Code::NotController)?;
        let state = active
            .cluster
            .partition(partition)
            .ok_or(Code::UnknownTopicOrPartition)?;
        let now = Assignment::of(state);
        let Some(target) = target else {
            let moves = now.is_moving().then(|| now.reassign_to(&now.origin()));
            return moves.ok_or(Code::NoReassignmentInProgress);
        };
        let duplicates = (1..target.len()).any(|at| target[..at].contains(&target[at]));
        let next = now.reassign_to(target);
        let alive = |id: &BrokerId| active.cluster.broker(*id).is_some();
        if target.is_empty() || duplicates || !next.adding.iter().all(alive) {
            return Err(Code::InvalidReplicaAssignment);
        }
        Ok(next)
    }

    /// Replicas are to lie elsewhere, or where they lay before (KIP-455).
    pub(super) fn reassign(&mut self, cx: &mut Context<'_>, partition: Partition, target: Option<&Brokers>) {
        if let Ok(next) = self.target(partition, target) {
            self.move_to(cx, partition, &next);
        }
    }

    /// A reassignment that runs goes on.
    pub(super) fn go_on_moving(&mut self, cx: &mut Context<'_>, partition: Partition, resume: Resume) {
        let Some(active) = &self.controller.active else { return };
        let Some(state) = active.cluster.partition(partition) else {
            return;
        };
        let now = Assignment::of(state);
        if now.is_moving() && (resume == Resume::Always || now.is_done(&state.isr)) {
            self.move_to(cx, partition, &now);
        }
    }

    /// An ISR is new: a reassignment may be done.
    pub(super) fn soon_if_done(&mut self, partition: Partition) {
        let Some(active) = &self.controller.active else { return };
        let Some(state) = active.cluster.partition(partition) else {
            return;
        };
        let now = Assignment::of(state);
        if now.is_moving() && now.is_done(&state.isr) {
            self.soon(Event::Move(partition, Resume::WhenDone));
        }
    }

    /// The new list is written, and who is in neither list stops. Then all replicas begin a new epoch (phase A), or the move is
    /// done (phase B).
    ///
    /// Differs from Kafka: each of these writes is a request of its own there, between which a controller may fail.
    fn move_to(&mut self, cx: &mut Context<'_>, partition: Partition, next: &Assignment) {
        let Some(active) = &self.controller.active else { return };
        let cluster = active.cluster.clone();
        let Some(known) = cluster.partition(partition) else {
            return;
        };
        let now = Assignment::of(known);
        let mut moving = Moving {
            cluster: &cluster,
            partition,
            state: next.given(known),
            plan: Plan::new(Then::Moved(partition)),
        };
        if now != *next {
            moving.plan.topics.push(Write::Assignment(partition, next.clone()));
        }
        moving.stop(&difference(&now.replicas, &next.replicas));
        if next.is_done(&moving.state.isr) {
            moving.complete();
        } else {
            moving.bump();
        }
        self.carry_out(cx, moving.plan);
    }

    /// Whether a topic is there, and not yet to go.
    pub(super) fn may_go(&self, topic: TopicIndex) -> Result<(), Code> {
        let active = self.controller.active.as_ref().ok_or(Code::NotController)?;
        let known = active.cluster.topic(topic).is_some() && !active.doomed.contains(&topic);
        known.then_some(()).ok_or(Code::UnknownTopicOrPartition)
    }

    /// A topic is to go: that is written, and done as soon as it can be.
    pub(super) fn doom(&mut self, cx: &mut Context<'_>, topic: TopicIndex) {
        if self.may_go(topic).is_ok() {
            let mut plan = Plan::new(Then::Nothing);
            plan.topics.push(Write::Delete(topic));
            self.soon(Event::Delete(topic));
            self.carry_out(cx, plan);
        }
    }

    /// A topic that is to go may be able to now.
    pub(super) fn delete_when_possible(&mut self, topic: TopicIndex) {
        let doomed = self.controller.active.as_ref().map(|active| &active.doomed);
        if doomed.is_some_and(|doomed| doomed.contains(&topic)) {
            self.soon(Event::Delete(topic));
        }
    }

    /// A topic goes when all brokers with replicas of it are alive and none of its partitions moves.
    ///
    /// Differs from Kafka: its nodes go before the replicas have said that they stopped.
    pub(super) fn delete_topic(&mut self, cx: &mut Context<'_>, topic: TopicIndex) {
        let Some(active) = &self.controller.active else { return };
        if !active.doomed.contains(&topic) {
            return;
        }
        let alive = |id: &BrokerId| active.cluster.broker(*id).is_some();
        let mut plan = Plan::new(Then::Deleted(topic));
        for partition in cx.config().partitions_of(topic) {
            let Some(state) = active.cluster.partition(partition) else {
                continue;
            };
            if Assignment::of(state).is_moving() || !state.replicas.iter().all(alive) {
                return;
            }
            plan.stops.extend(state.replicas.iter().map(|id| Stop {
                at: *id,
                partition,
                fate: Fate::Deleted,
            }));
        }
        plan.topics.push(Write::NoTopic(topic));
        self.carry_out(cx, plan);
    }
}
