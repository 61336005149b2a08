//! What is asked about partitions: a leader's ISR, an operator's topic, settings and elections, the periodic balance.

use alloc::vec::Vec;

use sim_core::Since;

use super::brokers::{alive_replicas, live};
use super::{Doing, KafkaControllerSide, Occasion, Plan, Then, reject};
use crate::Context;
use crate::actions::Timer;
use crate::cluster::{Cluster, PartitionState, Record, Recovery};
use crate::config::{Balance, Birth, Pace, TopicSettings, UncleanElection};
use crate::controller::reassignment::Assignment;
use crate::controller::zk_election::{self, Outcome};
use crate::ids::{BrokerId, Brokers, Partition, TopicIndex};
use crate::message::{AlterPartition, Code, Command, Election};
use crate::zookeeper::Write;

impl KafkaControllerSide<'_> {
    /// Leaders have changed ISRs themselves: the context follows, and everybody is told.
    pub(super) fn on_isr_changes(&mut self, cx: &mut Context<'_>, changes: &[(Partition, PartitionState)]) {
        let Some(active) = &mut self.controller.active else {
            return;
        };
        if active.doing != Some(Doing::ReadingIsrChanges) {
            return;
        }
        active.doing = None;
        for (partition, state) in changes {
            active.cluster.apply(&Record::Partition(*partition, state.clone()));
        }
        for (partition, _) in changes {
            self.soon_if_done(*partition);
        }
        let everybody = self.known_brokers();
        self.update_metadata(cx, &everybody, changes, Occasion::Change);
        self.go_on(cx);
    }

    /// A leader proposes an ISR (KIP-497). Kafka: `KafkaController.processAlterPartition`.
    pub(super) fn alter(&mut self, cx: &mut Context<'_>, from: BrokerId, alter: &AlterPartition) {
        let Some(active) = &self.controller.active else { return };
        let then = Then::Answer {
            to: from,
            partition: alter.partition,
            leader_epoch: alter.leader_epoch,
        };
        let mut plan = Plan::new(then);
        match judged(cx, &active.cluster, from, alter) {
            Err(code) => return reject(cx, from, alter, code),
            Ok(None) => {}
            Ok(Some(next)) => plan.put(alter.partition, Self::plain(next), 0, Brokers::new()),
        }
        self.carry_out(cx, plan);
    }

    /// Whether an operator's order can be carried out, as far as the controller knows.
    pub(super) fn judge(&self, cx: &Context<'_>, command: &Command) -> Result<(), Code> {
        match command {
            Command::CreateTopic(topic) => self.first_states(cx, *topic).map(|_| ()),
            Command::AlterTopic(..) => Ok(()),
            Command::Elect(partition, election) => self.elected(*partition, *election).map(|_| ()),
            Command::Reassign(partition, target) => self.target(*partition, Some(target)).map(|_| ()),
            Command::CancelReassignment(partition) => self.target(*partition, None).map(|_| ()),
            Command::AddPartitions(topic, count) => self.added(cx, *topic, *count).map(|_| ()),
            Command::DeleteTopic(topic) => self.may_go(*topic),
            Command::SendNext | Command::Send { .. } | Command::Poll | Command::Refresh => Err(Code::InvalidRequest),
        }
    }

    /// Carries out an operator's order, if it still can be.
    pub(super) fn order(&mut self, cx: &mut Context<'_>, command: &Command) {
        match command {
            Command::CreateTopic(topic) => self.create_topic(cx, *topic),
            Command::AlterTopic(topic, settings) => self.alter_topic(cx, *topic, *settings),
            Command::Elect(partition, election) => {
                if let Ok((outcome, to)) = self.elected(*partition, *election) {
                    let mut plan = Plan::new(Then::Nothing);
                    plan.put(*partition, outcome, 0, to);
                    self.carry_out(cx, plan);
                }
            }
            Command::Reassign(partition, target) => self.reassign(cx, *partition, Some(target)),
            Command::CancelReassignment(partition) => self.reassign(cx, *partition, None),
            Command::AddPartitions(topic, count) => self.add_partitions(cx, *topic, *count),
            Command::DeleteTopic(topic) => self.doom(cx, *topic),
            Command::SendNext | Command::Send { .. } | Command::Poll | Command::Refresh => {}
        }
    }

    /// The first state of each partition of a new topic.
    fn first_states(&self, cx: &Context<'_>, topic: TopicIndex) -> Result<Vec<(Partition, PartitionState)>, Code> {
        let active = self.controller.active.as_ref().ok_or(Code::NotController)?;
        if active.cluster.topic(topic).is_some() || active.cluster.is_gone(topic) {
            return Err(Code::InvalidRequest);
        }
        let of_topic = cx.config().partitions_of(topic);
        let new = of_topic.filter(|partition| cx.config().placed(*partition).birth == Birth::WithTopic);
        self.begun(cx, &active.cluster, new)
    }

    /// The first states of these partitions.
    fn begun(
        &self,
        cx: &Context<'_>,
        cluster: &Cluster,
        partitions: impl Iterator<Item = Partition>,
    ) -> Result<Vec<(Partition, PartitionState)>, Code> {
        let first = |partition| {
            let replicas = &cx.config().placed(partition).assignment;
            let state = zk_election::first(replicas, live(cluster)).ok_or(Code::InvalidRequest)?;
            Ok((partition, state))
        };
        partitions.map(first).collect()
    }

    /// The first states of the partitions that a topic gets.
    fn added(&self, cx: &Context<'_>, topic: TopicIndex, count: u32) -> Result<Vec<(Partition, PartitionState)>, Code> {
        let active = self.controller.active.as_ref().ok_or(Code::NotController)?;
        let cluster = &active.cluster;
        cluster.topic(topic).ok_or(Code::UnknownTopicOrPartition)?;
        let known = |partition: &Partition| cluster.partition(*partition).is_some();
        let of_topic = || cx.config().partitions_of(topic);
        let moves = of_topic()
            .filter_map(|partition| cluster.partition(partition))
            .any(|state| Assignment::of(state).is_moving());
        let new = of_topic().filter(|partition| cx.config().placed(*partition).number < count && !known(partition));
        let new: Vec<Partition> = new.collect();
        let present = of_topic().filter(known).count();
        if moves || new.is_empty() || present + new.len() != count as usize {
            return Err(Code::InvalidPartitions);
        }
        self.begun(cx, cluster, new.into_iter())
    }

    /// More partitions for a topic. Kafka: `KafkaController.processPartitionModifications`.
    fn add_partitions(&mut self, cx: &mut Context<'_>, topic: TopicIndex, count: u32) {
        let Ok(states) = self.added(cx, topic, count) else {
            return;
        };
        let mut plan = Plan::new(Then::Nothing);
        for (partition, state) in states {
            let to = state.isr.clone();
            plan.put(partition, Self::plain(state), 0, to);
        }
        self.carry_out(cx, plan);
    }

    /// Differs from Kafka: the broker that is asked writes the topic's nodes, and the controller finds them by a watch.
    fn create_topic(&mut self, cx: &mut Context<'_>, topic: TopicIndex) {
        let Ok(states) = self.first_states(cx, topic) else {
            return;
        };
        let settings = cx.config().topics[usize::from(topic.0)].settings;
        let mut plan = Plan::new(Then::Nothing);
        plan.topics.push(Write::Topic(topic, settings));
        for (partition, state) in states {
            let to = state.isr.clone();
            plan.put(partition, Self::plain(state), 0, to);
        }
        self.carry_out(cx, plan);
    }

    /// New settings; where an unclean election is allowed now, it comes at once.
    fn alter_topic(&mut self, cx: &mut Context<'_>, topic: TopicIndex, settings: TopicSettings) {
        let Some(active) = &mut self.controller.active else {
            return;
        };
        active.cluster.apply(&Record::Topic(topic, settings));
        let cluster = active.cluster.clone();
        let mut plan = Plan::new(Then::Nothing);
        plan.topics.push(Write::Config(topic, settings));
        if settings.unclean == UncleanElection::Allowed {
            self.elect_offline(cx, &cluster, &mut plan);
        }
        self.carry_out(cx, plan);
    }

    /// What an election that an operator asks for leads to, and who is told. Kafka:
    /// `KafkaController.processReplicaLeaderElection`.
    fn elected(&self, partition: Partition, election: Election) -> Result<(Outcome, Brokers), Code> {
        let active = self.controller.active.as_ref().ok_or(Code::NotController)?;
        let cluster = &active.cluster;
        let state = cluster.partition(partition).ok_or(Code::UnknownTopicOrPartition)?;
        let led = state.leader.is_some_and(|leader| cluster.broker(leader).is_some());
        let needed = match election {
            Election::Preferred => state.leader != state.replicas.first().copied(),
            Election::Unclean | Election::Online => !led,
        };
        if !needed {
            return Err(Code::ElectionNotNeeded);
        }
        let outcome = match election {
            Election::Preferred => zk_election::preferred(state, live(cluster)),
            Election::Unclean => zk_election::offline(state, live(cluster), UncleanElection::Allowed),
            Election::Online => zk_election::offline(state, live(cluster), UncleanElection::Refused),
        };
        let outcome = outcome.ok_or(match election {
            Election::Preferred => Code::PreferredLeaderNotAvailable,
            Election::Unclean | Election::Online => Code::EligibleLeadersNotAvailable,
        })?;
        Ok((outcome, alive_replicas(cluster, state)))
    }

    /// Preferred leaders for brokers that lack more than a tenth of what they should lead. Kafka:
    /// `KafkaController.checkAndTriggerAutoLeaderRebalance`.
    pub(super) fn balance(&mut self, cx: &mut Context<'_>) {
        let Some(active) = &self.controller.active else { return };
        let cluster = &active.cluster;
        let mut plan = Plan::new(Then::Nothing);
        for id in self.known_brokers() {
            let own: Vec<(Partition, &PartitionState)> = cluster
                .partitions()
                .filter(|(_, state)| state.replicas.first() == Some(&id))
                .collect();
            let elsewhere = |state: &PartitionState| state.leader != Some(id);
            let lacking = own.iter().filter(|(_, state)| elsewhere(state)).count();
            if 10 * lacking <= own.len() {
                continue;
            }
            for (partition, state) in own.into_iter().filter(|(_, state)| elsewhere(state)) {
                if let Some(outcome) = zk_election::preferred(state, live(cluster)) {
                    plan.put(partition, outcome, 0, alive_replicas(cluster, state));
                }
            }
        }
        self.carry_out(cx, plan);
    }

    /// The periodic task runs while somebody else leads than should.
    pub(super) fn watch_balance(&mut self, cx: &mut Context<'_>) {
        let Some(active) = &self.controller.active else { return };
        let states = active.cluster.partitions();
        let imbalanced = states
            .into_iter()
            .any(|(_, state)| state.leader != state.replicas.first().copied());
        let runs = cx.config().balance == Balance::Automatic && cx.config().pace == Pace::Clock;
        if runs && imbalanced && !self.controller.timers.is_armed(Timer::Balance) {
            cx.arm(&mut self.controller.timers, Timer::Balance, Since::Now);
        }
    }
}

/// The state that a proposal leads to; none if it is there already.
fn judged(
    cx: &Context<'_>,
    cluster: &Cluster,
    from: BrokerId,
    alter: &AlterPartition,
) -> Result<Option<PartitionState>, Code> {
    let known = cluster.broker(from);
    if known.is_none_or(|known| known.epoch != alter.broker_epoch) {
        return Err(Code::StaleBrokerEpoch);
    }
    let state = cluster
        .partition(alter.partition)
        .ok_or(Code::UnknownTopicOrPartition)?;
    if alter.leader_epoch > state.leader_epoch || alter.partition_epoch > state.partition_epoch {
        return Err(Code::NotController);
    }
    if alter.leader_epoch < state.leader_epoch {
        return Err(Code::FencedLeaderEpoch);
    }
    let isr: Brokers = alter.isr.iter().map(|(id, _)| *id).collect();
    if isr == state.isr && state.leader == Some(from) && alter.recovery == state.recovery {
        return Ok(None);
    }
    if alter.partition_epoch < state.partition_epoch {
        return Err(Code::InvalidUpdateVersion);
    }
    let recovering = (state.recovery, alter.recovery) == (Recovery::Recovered, Recovery::Recovering);
    if recovering || (alter.recovery == Recovery::Recovering && isr.len() > 1) {
        return Err(Code::InvalidRequest);
    }
    let rule = cx.config().controller_rules().isr_eligible();
    let state_of = |id: &BrokerId| cluster.broker(*id).map(|known| known.state);
    if !isr.iter().all(|id| rule.admits(state_of(id))) {
        return Err(Code::IneligibleReplica);
    }
    Ok(Some(PartitionState {
        isr,
        recovery: alter.recovery,
        partition_epoch: state.partition_epoch.next(),
        ..state.clone()
    }))
}
