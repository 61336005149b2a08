//! Brokers come, go and stop; a controller begins. Kafka: `KafkaController.onBrokerFailure`, `onBrokerStartup`,
//! `onControllerFailover`, `doControlledShutdown`.

use alloc::vec::Vec;

use sim_core::SmallVec;

use super::plan::Stop;
use super::{Active, Doing, Event, Fate, KafkaControllerSide, Occasion, Plan, Resume, Session, Then};
use crate::Context;
use crate::cluster::{BrokerState, Cluster, PartitionState, Record, Registration};
use crate::controller::reassignment::Assignment;
use crate::controller::zk_election::{self, Outcome};
use crate::fact::Fact;
use crate::features::BounceDetection;
use crate::ids::{BrokerEpoch, BrokerId, Brokers, ControllerEpoch, Directory, Node, Partition, TopicIndex};
use crate::message::{Code, Msg};

/// Whether a broker is alive and does not stop.
pub(super) fn live(cluster: &Cluster) -> impl Fn(BrokerId) -> bool + '_ {
    |id| cluster.is_active(id)
}

impl KafkaControllerSide<'_> {
    /// The broker has become the controller, and has read the tree.
    pub(super) fn fail_over(
        &mut self,
        cx: &mut Context<'_>,
        epoch: ControllerEpoch,
        tree: &Cluster,
        doomed: &[TopicIndex],
    ) {
        if self
            .controller
            .active
            .as_ref()
            .is_some_and(|active| active.epoch == epoch)
        {
            return;
        }
        self.controller.active = Some(Active {
            epoch,
            cluster: tree.clone(),
            doomed: doomed.iter().copied().collect(),
            doing: None,
            events: resumed(tree, doomed, |_| true),
            session: Session::Alive,
        });
        let alive = self.known_brokers();
        for (id, known) in tree.brokers() {
            cx.announce(Fact::Registered(*id, known.epoch));
        }
        self.update_metadata(cx, &alive, &[], Occasion::Beginning);
        self.bring_online(cx, &alive);
        let mut plan = Plan::new(Then::Nothing);
        for id in cx.config().broker_ids().filter(|id| !alive.contains(id)) {
            self.remove_replicas(tree, &mut plan, id);
        }
        self.elect_offline(cx, tree, &mut plan);
        self.carry_out(cx, plan);
        self.go_on(cx);
    }

    /// Replicas on these brokers are told their roles as they are stored, and everybody the states of their partitions.
    fn bring_online(&mut self, cx: &mut Context<'_>, brokers: &[BrokerId]) {
        let Some(active) = &self.controller.active else { return };
        let states: Vec<(Partition, PartitionState)> = active
            .cluster
            .partitions()
            .filter(|(_, state)| state.replicas.iter().any(|id| brokers.contains(id)))
            .map(|(partition, state)| (partition, state.clone()))
            .collect();
        for (partition, state) in &states {
            for id in state.replicas.iter().filter(|id| brokers.contains(id)) {
                self.leader_and_isr(cx, *id, *partition, state);
            }
        }
        if !states.is_empty() {
            let everybody = self.known_brokers();
            self.update_metadata(cx, &everybody, &states, Occasion::Change);
        }
    }

    /// Leaders for all partitions whose leader is not alive.
    pub(super) fn elect_offline(&self, cx: &Context<'_>, cluster: &Cluster, plan: &mut Plan) {
        let round = plan.next_round();
        for (partition, _) in cluster.partitions() {
            let Some(state) = plan.state(cluster, partition) else {
                continue;
            };
            if state.leader.is_some_and(|leader| cluster.broker(leader).is_some()) {
                continue;
            }
            let unclean = cluster.unclean(cx.config(), partition);
            if let Some(outcome) = zk_election::offline(&state, live(cluster), unclean) {
                let to = alive_replicas(cluster, &state);
                plan.put(partition, outcome, round, to);
            }
        }
    }

    /// A broker's replicas are offline: they leave the ISRs. The others are told.
    pub(super) fn remove_replicas(&self, cluster: &Cluster, plan: &mut Plan, gone: BrokerId) {
        let round = plan.next_round();
        for (partition, _) in cluster.partitions() {
            let Some(state) = plan.state(cluster, partition) else {
                continue;
            };
            if let Some(next) = zk_election::without_replica(&state, gone) {
                let mut to = alive_replicas(cluster, &next);
                to.retain(|id| *id != gone);
                plan.put(partition, Self::plain(next), round, to);
            }
        }
    }

    /// Who is registered now.
    pub(super) fn on_brokers(&mut self, cx: &mut Context<'_>, brokers: &[(BrokerId, BrokerEpoch)]) {
        let detection = cx.config().rules(self.me).bounce_detection();
        let Some(active) = &mut self.controller.active else {
            return;
        };
        if active.doing != Some(Doing::ReadingBrokers) {
            return;
        }
        active.doing = None;
        let same = |id: BrokerId, epoch: BrokerEpoch| {
            let now = brokers.iter().find(|(other, _)| *other == id);
            now.is_some_and(|(_, now)| *now == epoch || detection == BounceDetection::ById)
        };
        let known = active.cluster.brokers().iter();
        let gone: Brokers = known
            .filter(|(id, known)| !same(*id, known.epoch))
            .map(|(id, _)| *id)
            .collect();
        for id in &gone {
            active.cluster.unregister(*id);
            cx.send(Node::Broker(*id), Msg::CloseChannel);
        }
        let new: Vec<(BrokerId, BrokerEpoch)> = brokers
            .iter()
            .copied()
            .filter(|(id, _)| active.cluster.broker(*id).is_none())
            .collect();
        let cluster = active.cluster.clone();
        let mut plan = Plan::new(Then::Welcome(new));
        if !gone.is_empty() {
            self.elect_offline(cx, &cluster, &mut plan);
            gone.iter()
                .for_each(|id| self.remove_replicas(&cluster, &mut plan, *id));
            if plan.planned.is_empty() {
                let everybody = self.known_brokers();
                self.update_metadata(cx, &everybody, &[], Occasion::Change);
            }
        }
        self.carry_out(cx, plan);
        self.go_on(cx);
    }

    /// New brokers: everybody hears of them, they hear everything, and may lead where nobody does.
    pub(super) fn welcome(&mut self, cx: &mut Context<'_>, new: &[(BrokerId, BrokerEpoch)]) {
        let others = self.known_brokers();
        let Some(active) = &mut self.controller.active else {
            return;
        };
        if new.is_empty() {
            return;
        }
        for (id, epoch) in new {
            let registration = Registration {
                epoch: *epoch,
                state: BrokerState::Unfenced,
                directory: Directory::default(),
            };
            active.cluster.apply(&Record::Broker(*id, registration));
            cx.announce(Fact::Registered(*id, *epoch));
        }
        let all: Vec<_> = active
            .cluster
            .partitions()
            .map(|(partition, state)| (partition, state.clone()))
            .collect();
        let cluster = active.cluster.clone();
        let new: Brokers = new.iter().map(|(id, _)| *id).collect();
        self.update_metadata(cx, &others, &[], Occasion::Change);
        self.update_metadata(cx, &new, &all, Occasion::Beginning);
        self.bring_online(cx, &new);
        let mut plan = Plan::new(Then::Nothing);
        self.elect_offline(cx, &cluster, &mut plan);
        if let Some(active) = &mut self.controller.active {
            let concerned = |state: &PartitionState| Assignment::of(state).target().iter().any(|id| new.contains(id));
            active.events.extend(resumed(&cluster, &active.doomed, concerned));
        }
        self.carry_out(cx, plan);
    }

    /// What is offline is looked at once more.
    pub(super) fn recheck(&mut self, cx: &mut Context<'_>) {
        let Some(active) = &self.controller.active else { return };
        let cluster = active.cluster.clone();
        let mut plan = Plan::new(Then::Nothing);
        self.elect_offline(cx, &cluster, &mut plan);
        for id in cx.config().broker_ids().filter(|id| cluster.broker(*id).is_none()) {
            self.remove_replicas(&cluster, &mut plan, id);
        }
        // The last member of an ISR that leads no longer stays as it is.
        plan.planned.retain(|planned| changes(&cluster, planned));
        self.carry_out(cx, plan);
    }

    /// A broker wants to stop: others lead what it leads, and it leaves the ISRs that it follows in.
    pub(super) fn shut_down(&mut self, cx: &mut Context<'_>, id: BrokerId, epoch: BrokerEpoch) {
        let Some(active) = &mut self.controller.active else {
            return;
        };
        let Some(known) = active.cluster.broker(id).copied().filter(|known| known.epoch == epoch) else {
            let stale = Msg::ControlledShutdownAnswer(Err(Code::StaleBrokerEpoch));
            return cx.send(Node::Broker(id), stale);
        };
        let state = BrokerState::ShuttingDown;
        active
            .cluster
            .apply(&Record::Broker(id, Registration { state, ..known }));
        let cluster = active.cluster.clone();
        let mut plan = Plan::new(Then::LetGo(id));
        for (partition, state) in replicated(&cluster, id) {
            if state.leader == Some(id)
                && let Some(outcome) = hand_over(&cluster, &state)
            {
                let to = alive_replicas(&cluster, &state);
                plan.put(partition, outcome, 0, to);
            }
        }
        let round = plan.next_round();
        for (partition, state) in replicated(&cluster, id) {
            if state.leader == Some(id) {
                continue;
            }
            plan.stops.push(Stop {
                at: id,
                partition,
                fate: Fate::Kept,
            });
            if let Some(next) = zk_election::without_replica(&state, id) {
                let mut to = alive_replicas(&cluster, &next);
                to.retain(|other| *other != id);
                plan.put(partition, Self::plain(next), round, to);
            }
        }
        self.carry_out(cx, plan);
    }

    /// The answer to a broker that wants to stop: what it still leads.
    pub(super) fn let_go(&mut self, cx: &mut Context<'_>, id: BrokerId) {
        let Some(active) = &self.controller.active else { return };
        let leads = replicated(&active.cluster, id).filter(|(_, state)| state.leader == Some(id));
        let left = leads.count() as u8;
        cx.send(Node::Broker(id), Msg::ControlledShutdownAnswer(Ok(left)));
    }
}

/// What begins anew with a controller or a broker: reassignments, and topics that shall go. Kafka:
/// `KafkaController.maybeResumeReassignments`, `TopicDeletionManager.resumeDeletionForTopics`.
fn resumed(
    cluster: &Cluster,
    doomed: &[TopicIndex],
    concerned: impl Fn(&PartitionState) -> bool,
) -> SmallVec<[Event; 1]> {
    let moving = cluster
        .partitions()
        .filter(|(_, state)| Assignment::of(state).is_moving() && concerned(state))
        .map(|(partition, _)| Event::Move(partition, Resume::Always));
    moving.chain(doomed.iter().copied().map(Event::Delete)).collect()
}

/// Whether a write changes more than epochs.
fn changes(cluster: &Cluster, planned: &super::Planned) -> bool {
    let next = &planned.stored.state;
    let known = cluster.partition(planned.stored.partition);
    known.is_none_or(|known| (known.leader, &known.isr) != (next.leader, &next.isr))
}

/// Replicas to which a change goes: those on brokers that are alive or stopping.
pub(super) fn alive_replicas(cluster: &Cluster, state: &PartitionState) -> Brokers {
    let known = |id: &BrokerId| cluster.broker(*id).is_some();
    state.replicas.iter().copied().filter(known).collect()
}

/// Partitions of a broker that have other replicas.
fn replicated(cluster: &Cluster, id: BrokerId) -> impl Iterator<Item = (Partition, PartitionState)> + '_ {
    let of_broker = move |state: &PartitionState| state.replicas.contains(&id) && state.replicas.len() > 1;
    let all = cluster.partitions().filter(move |(_, state)| of_broker(state));
    all.map(|(partition, state)| (partition, state.clone()))
}

fn hand_over(cluster: &Cluster, state: &PartitionState) -> Option<Outcome> {
    let known = |id: BrokerId| cluster.broker(id).is_some();
    let stops = |id: BrokerId| {
        cluster
            .broker(id)
            .is_some_and(|known| known.state == BrokerState::ShuttingDown)
    };
    zk_election::controlled_shutdown(state, known, stops)
}
