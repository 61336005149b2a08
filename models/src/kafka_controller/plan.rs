//! What a controller wants to write, in order, and what it does when that is written.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::requests::Fate;
use super::{Active, Doing, Event, KafkaControllerSide, Resume};
use crate::Context;
use crate::cluster::{Cluster, PartitionState, Record};
use crate::config::Config;
use crate::controller::partition_change::Choice;
use crate::controller::zk_election::Outcome;
use crate::features::ZkWriteFencing;
use crate::ids::{BrokerEpoch, BrokerId, Brokers, ControllerEpoch, LeaderEpoch, Node, Partition, TopicIndex};
use crate::message::{Altered, Code, Msg};
use crate::zookeeper::{Changed, Stored, Write};

/// A list of writes that go to ZooKeeper together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Of topics, before all others.
    pub topics: Vec<Write>,
    /// Of partitions, in order.
    pub planned: Vec<Planned>,
    /// Of topics, after all others; none where the writes of its partition fail.
    pub last: Vec<Write>,
    /// Replicas that stop then.
    pub stops: Vec<Stop>,
    /// What comes next.
    pub then: Then,
}

/// The write of one partition's state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// What is written.
    pub stored: Stored,
    /// Brokers are told of the writes of one round together.
    pub round: u8,
    /// Whose replicas are told their role.
    pub to: Brokers,
}

/// A replica that stops.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// On which broker.
    pub at: BrokerId,
    /// Of which partition.
    pub partition: Partition,
    /// What becomes of its log.
    pub fate: Fate,
}

/// What a controller does when its writes are done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// It answers a leader's proposal.
    Answer {
        /// The leader.
        to: BrokerId,
        /// Of which partition.
        partition: Partition,
        /// The epoch of the proposal.
        leader_epoch: LeaderEpoch,
    },
    /// It welcomes brokers that are new.
    Welcome(Vec<(BrokerId, BrokerEpoch)>),
    /// It answers a broker that wants to stop.
    LetGo(BrokerId),
    /// It looks again at a partition that moves, if something was not written.
    Moved(Partition),
    /// A topic is gone: everybody hears of it.
    Deleted(TopicIndex),
}

impl Plan {
    /// An empty plan.
    pub fn new(then: Then) -> Self {
        Self {
            topics: Vec::new(),
            planned: Vec::new(),
            last: Vec::new(),
            stops: Vec::new(),
            then,
        }
    }

    /// What ZooKeeper is asked to write.
    pub fn writes(&self) -> Vec<Write> {
        let states = self.planned.iter().map(|planned| Write::State(planned.stored.clone()));
        let last = self.last.iter().cloned();
        self.topics.iter().cloned().chain(states).chain(last).collect()
    }

    /// A partition's state when all this is written.
    pub(super) fn state(&self, cluster: &Cluster, partition: Partition) -> Option<PartitionState> {
        let planned = self
            .planned
            .iter()
            .rev()
            .find(|planned| planned.stored.partition == partition);
        let known = || cluster.partition(partition).cloned();
        planned.map(|planned| planned.stored.state.clone()).or_else(known)
    }

    pub(super) fn put(&mut self, partition: Partition, (state, choice): Outcome, round: u8, to: Brokers) {
        let stored = Stored {
            partition,
            state,
            choice,
        };
        self.planned.push(Planned { stored, round, to });
    }

    /// Whether a partition's node is as this plan leaves it, and was written by the controller of this epoch.
    fn ends_with(
        &self,
        partition: Partition,
        known: &(PartitionState, ControllerEpoch),
        epoch: ControllerEpoch,
    ) -> bool {
        let of_partition = |planned: &&Planned| planned.stored.partition == partition;
        let last = self.planned.iter().rev().find(of_partition);
        last.is_some_and(|last| (&last.stored.state, epoch) == (&known.0, known.1))
    }

    /// The number of the next round.
    pub(super) fn next_round(&self) -> u8 {
        self.planned.last().map_or(0, |planned| planned.round + 1)
    }
}

impl Active {
    /// The context follows what was written about a topic.
    fn follow(&mut self, config: &Config, write: &Write) {
        match write {
            Write::Topic(topic, settings) | Write::Config(topic, settings) => {
                self.cluster.apply(&Record::Topic(*topic, *settings));
            }
            Write::Assignment(partition, assignment) => self.cluster.assign(*partition, assignment),
            Write::Delete(topic) => {
                if !self.doomed.contains(topic) {
                    self.doomed.push(*topic);
                }
            }
            Write::NoTopic(topic) => {
                self.doomed.retain(|other| other != topic);
                self.cluster.delete(config, *topic);
            }
            Write::State(_) => {}
        }
    }
}

impl KafkaControllerSide<'_> {
    /// Writes what there is to write, or goes on at once.
    pub(super) fn carry_out(&mut self, cx: &mut Context<'_>, plan: Plan) {
        if plan.topics.is_empty() && plan.planned.is_empty() && plan.last.is_empty() {
            self.finish(cx, &plan, &[]);
        } else {
            self.wait_for(cx, Doing::Writing(Box::new(plan)));
        }
    }

    /// ZooKeeper has written, or some of it not.
    pub(super) fn on_written(&mut self, cx: &mut Context<'_>, changed: &[Changed]) {
        let Some(active) = &mut self.controller.active else {
            return;
        };
        let Some(Doing::Writing(plan)) = active.doing.clone() else {
            return;
        };
        active.doing = None;
        let (topics, rest) = changed.split_at(plan.topics.len().min(changed.len()));
        for (write, _) in plan.topics.iter().zip(topics).filter(|(_, result)| result.is_ok()) {
            active.follow(cx.config(), write);
        }
        self.finish(cx, &plan, rest);
        self.go_on(cx);
    }

    /// The context follows what was written; brokers are told, round by round.
    fn finish(&mut self, cx: &mut Context<'_>, plan: &Plan, changed: &[Changed]) {
        let Some(active) = &mut self.controller.active else {
            return;
        };
        let mut failed = false;
        let mut written: Vec<&Planned> = Vec::new();
        let mut repeated: Vec<Partition> = Vec::new();
        for (planned, result) in plan.planned.iter().zip(changed) {
            let partition = planned.stored.partition;
            match result {
                Ok(_) => written.push(planned),
                Err(None) if repeated.contains(&partition) => written.push(planned),
                // The answer to an earlier request was lost: this is what it wrote, all of it.
                Err(Some(known)) if plan.ends_with(partition, known, active.epoch) => {
                    repeated.push(partition);
                    written.push(planned);
                }
                Err(known) => {
                    let fenced = cx.config().rules(self.me).zk_write_fencing() == ZkWriteFencing::ControllerEpoch;
                    let by_newer = known.as_ref().is_some_and(|known| known.1 > active.epoch);
                    failed |= fenced || !by_newer;
                    if let Some(known) = known {
                        let record = Record::Partition(planned.stored.partition, known.0.clone());
                        active.cluster.apply(&record);
                    }
                }
            }
        }
        let (_, last) = changed.split_at(plan.planned.len().min(changed.len()));
        for (write, _) in plan.last.iter().zip(last).filter(|(_, result)| result.is_ok()) {
            active.follow(cx.config(), write);
        }
        let rounds = plan.next_round();
        for round in 0..rounds {
            let of_round: Vec<&Planned> = written
                .iter()
                .copied()
                .filter(|planned| planned.round == round)
                .collect();
            self.tell(cx, &of_round);
        }
        if let Then::Deleted(topic) = plan.then {
            self.tell_deleted(cx, topic);
        }
        for stop in &plan.stops {
            self.stop_replica(cx, stop, &plan.then);
        }
        self.then(cx, &plan.then, failed);
    }

    fn then(&mut self, cx: &mut Context<'_>, then: &Then, failed: bool) {
        match then {
            Then::Nothing => self.recheck_if(failed),
            Then::Answer {
                to,
                partition,
                leader_epoch,
            } => {
                let Some(active) = &self.controller.active else { return };
                let state = active.cluster.partition(*partition);
                let result = match state {
                    Some(state) if !failed => Ok((state.isr.clone(), state.partition_epoch)),
                    Some(_) | None => Err(Code::InvalidUpdateVersion),
                };
                let altered = Altered {
                    partition: *partition,
                    leader_epoch: *leader_epoch,
                    result,
                };
                cx.send(Node::Broker(*to), Msg::Altered(alloc::boxed::Box::new(altered)));
                self.soon_if_done(*partition);
            }
            Then::Welcome(brokers) => {
                self.recheck_if(failed);
                self.welcome(cx, brokers);
            }
            Then::LetGo(id) => {
                self.let_go(cx, *id);
                self.recheck_if(failed);
            }
            Then::Moved(partition) if failed => self.soon(Event::Move(*partition, Resume::Always)),
            Then::Moved(partition) => self.delete_when_possible(cx.config().placed(*partition).topic),
            Then::Deleted(_) => {}
        }
    }

    /// Kafka: a write with an old version is read and tried again.
    fn recheck_if(&mut self, failed: bool) {
        if failed {
            self.soon(Event::Recheck);
        }
    }

    /// What is done before all that waits.
    pub(super) fn soon(&mut self, event: Event) {
        if let Some(active) = &mut self.controller.active {
            active.events.insert(0, event);
        }
    }

    /// The choice of changes that elect nobody.
    pub(super) const fn plain(state: PartitionState) -> Outcome {
        (state, Choice::Clean)
    }
}
