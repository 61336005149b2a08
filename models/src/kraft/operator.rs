//! What operators order: topics, their settings and partitions, elections, reassignments.
//! Kafka: `ReplicationControlManager`, `ConfigurationControlManager`.

use alloc::vec::Vec;

use super::controller::{Aim, Batch, ControllerSide, announce_decision};
use crate::Context;
use crate::cluster::{LogRecord, PartitionState, Record, Recovery};
use crate::config::{Birth, TopicSettings, UncleanElection};
use crate::controller::partition_change::{Choice, default_election};
use crate::controller::reassignment::Assignment;
use crate::fact::Fact;
use crate::ids::{BrokerId, Brokers, LeaderEpoch, Partition, PartitionEpoch, TopicIndex};
use crate::message::{Code, Command, Election};

/// An operator's order.
pub fn on_command(mut at: ControllerSide<'_>, cx: &mut Context<'_>, command: &Command) {
    let result = match command {
        Command::CreateTopic(topic) => at.create_topic(cx, *topic),
        Command::AlterTopic(topic, settings) => {
            let mut batch = Batch::new();
            at.alter_topic(cx, &mut batch, *topic, *settings);
            at.commit(cx, batch, None);
            Ok(())
        }
        Command::Elect(partition, election) => at.elect(cx, *partition, *election),
        Command::Reassign(partition, target) => at.reassign(cx, *partition, target),
        Command::CancelReassignment(partition) => at.cancel_reassignment(cx, *partition),
        Command::AddPartitions(topic, count) => at.add_partitions(cx, *topic, *count),
        Command::DeleteTopic(topic) => at.delete_topic(cx, *topic),
        Command::SendNext | Command::Send { .. } | Command::Poll | Command::Refresh => Err(Code::InvalidRequest),
    };
    cx.announce(Fact::Ordered(result));
}

impl ControllerSide<'_> {
    fn create_topic(&mut self, cx: &mut Context<'_>, topic: TopicIndex) -> Result<(), Code> {
        let settings = cx.config().topics[usize::from(topic.0)].settings;
        // Differs from Kafka: a topic that was deleted cannot be made again. Kafka gives the new one another id, by which
        // brokers tell leftovers of the old one.
        if self.controller.cluster.topic(topic).is_some() || self.controller.cluster.is_gone(topic) {
            return Err(Code::InvalidRequest);
        }
        let first: Vec<Partition> = cx
            .config()
            .partitions_of(topic)
            .filter(|partition| cx.config().placed(*partition).birth == Birth::WithTopic)
            .collect();
        self.each_has_an_active_replica(cx, &first)?;
        let mut batch = Batch::new();
        batch.log.push(LogRecord::Topic(topic));
        if settings != TopicSettings::STOCK {
            batch.log.push(LogRecord::Config(topic, settings));
        }
        if settings.min_isr != TopicSettings::STOCK.min_isr && cx.config().controller_rules().elr().is_on() {
            batch.log.push(LogRecord::ClearElr(topic));
        }
        self.put(&mut batch, Record::Topic(topic, settings));
        self.create_partitions(cx, &mut batch, &first);
        self.commit(cx, batch, None);
        Ok(())
    }

    /// New partitions: who is active is in sync, the first of them leads.
    fn create_partitions(&mut self, cx: &mut Context<'_>, batch: &mut Batch, partitions: &[Partition]) {
        for partition in partitions.iter().copied() {
            let replicas = cx.config().placed(partition).assignment.clone();
            let isr: Brokers = replicas
                .iter()
                .copied()
                .filter(|id| self.controller.cluster.is_active(*id))
                .collect();
            let leader = isr.first().copied();
            let state = PartitionState {
                replicas,
                adding: Brokers::new(),
                removing: Brokers::new(),
                isr,
                elr: Brokers::new(),
                last_known_elr: Brokers::new(),
                leader,
                recovery: Recovery::Recovered,
                leader_epoch: LeaderEpoch(0),
                partition_epoch: PartitionEpoch(0),
            };
            announce_decision(cx, partition, &state, Brokers::new(), Choice::Clean);
            batch.log.push(LogRecord::Partition(partition, state.clone()));
            self.put(batch, Record::Partition(partition, state));
        }
    }

    /// Without one a partition cannot be made.
    fn each_has_an_active_replica(&self, cx: &Context<'_>, partitions: &[Partition]) -> Result<(), Code> {
        let active = |partition: &Partition| {
            let mut replicas = cx.config().placed(*partition).assignment.iter();
            replicas.any(|id| self.controller.cluster.is_active(*id))
        };
        if partitions.iter().all(active) {
            Ok(())
        } else {
            Err(Code::InvalidRequest)
        }
    }

    /// The topic gets so many partitions. Kafka: `ReplicationControlManager.createPartitions`.
    fn add_partitions(&mut self, cx: &mut Context<'_>, topic: TopicIndex, count: u32) -> Result<(), Code> {
        if self.controller.cluster.topic(topic).is_none() {
            return Err(Code::UnknownTopicOrPartition);
        }
        let known = |partition: &Partition| self.controller.cluster.partition(*partition).is_some();
        let all = || cx.config().partitions_of(topic);
        let new: Vec<Partition> = all()
            .filter(|partition| cx.config().placed(*partition).number < count && !known(partition))
            .collect();
        let present = all().filter(known).count();
        if new.is_empty() || present + new.len() != count as usize {
            return Err(Code::InvalidPartitions);
        }
        self.each_has_an_active_replica(cx, &new)?;
        let mut batch = Batch::new();
        self.create_partitions(cx, &mut batch, &new);
        self.commit(cx, batch, None);
        Ok(())
    }

    /// The topic goes with all its partitions, one that is moved included. Kafka: `ReplicationControlManager.deleteTopic`.
    fn delete_topic(&mut self, cx: &mut Context<'_>, topic: TopicIndex) -> Result<(), Code> {
        if self.controller.cluster.topic(topic).is_none() {
            return Err(Code::UnknownTopicOrPartition);
        }
        let mut batch = Batch::new();
        batch.log.push(LogRecord::RemoveTopic(topic));
        for partition in cx.config().partitions_of(topic) {
            if self.controller.cluster.partition(partition).is_some() {
                cx.announce(Fact::Deleted(partition));
                self.put(&mut batch, Record::NoPartition(partition));
            }
        }
        self.put(&mut batch, Record::NoTopic(topic));
        self.commit(cx, batch, None);
        Ok(())
    }

    /// Replicas are to lie elsewhere (KIP-455). Kafka: `ReplicationControlManager.changePartitionReassignment`.
    fn reassign(&mut self, cx: &mut Context<'_>, partition: Partition, target: &[BrokerId]) -> Result<(), Code> {
        let cluster = &self.controller.cluster;
        let state = cluster.partition(partition).ok_or(Code::UnknownTopicOrPartition)?;
        let duplicates = (1..target.len()).any(|at| target[..at].contains(&target[at]));
        let unknown = target.iter().any(|id| cluster.broker(*id).is_none());
        if target.is_empty() || duplicates || unknown {
            return Err(Code::InvalidReplicaAssignment);
        }
        let aim = Aim {
            assignment: Some(Assignment::of(state).towards(target)),
            election: Some(Election::Online),
            ..Aim::default()
        };
        let mut batch = Batch::new();
        self.change(cx, &mut batch, partition, aim);
        self.commit(cx, batch, None);
        Ok(())
    }

    /// A reassignment is called off. Kafka: `ReplicationControlManager.cancelPartitionReassignment`.
    fn cancel_reassignment(&mut self, cx: &mut Context<'_>, partition: Partition) -> Result<(), Code> {
        let cluster = &self.controller.cluster;
        let state = cluster.partition(partition).ok_or(Code::UnknownTopicOrPartition)?;
        let assignment = Assignment::of(state);
        if !assignment.is_moving() {
            return Err(Code::NoReassignmentInProgress);
        }
        let revert = assignment.reverted(&state.isr).ok_or(Code::InvalidReplicaAssignment)?;
        let unclean = cluster.unclean(cx.config(), partition);
        if revert.choice == Choice::Unclean && unclean == UncleanElection::Refused {
            return Err(Code::InvalidReplicaAssignment);
        }
        let aim = Aim {
            isr: Some(revert.isr),
            assignment: Some(Assignment {
                replicas: revert.replicas,
                adding: Brokers::new(),
                removing: Brokers::new(),
            }),
            election: Some(default_election(unclean)),
            choice: revert.choice,
            ..Aim::default()
        };
        let mut batch = Batch::new();
        self.change(cx, &mut batch, partition, aim);
        self.commit(cx, batch, None);
        Ok(())
    }

    /// A new min.insync.replicas clears the ELR of the topic's partitions (KIP-966).
    fn alter_topic(&mut self, cx: &mut Context<'_>, batch: &mut Batch, topic: TopicIndex, settings: TopicSettings) {
        let known = self.controller.cluster.topic(topic).copied();
        batch.log.push(LogRecord::Config(topic, settings));
        self.put(batch, Record::Topic(topic, settings));
        if known.is_some_and(|known| known.min_isr != settings.min_isr) && cx.config().controller_rules().elr().is_on()
        {
            batch.log.push(LogRecord::ClearElr(topic));
            for partition in cx.config().partitions_of(topic) {
                self.clear_elr(cx, batch, partition);
            }
        }
        if settings.unclean != known.map_or(settings.unclean, |known| known.unclean) {
            // Differs from Kafka: there a periodic scan (3.9 and later) finds these partitions within five minutes.
            for partition in self.partitions_where(|state| state.leader.is_none()) {
                self.change(cx, batch, partition, Aim::default());
            }
        }
    }

    fn clear_elr(&mut self, cx: &mut Context<'_>, batch: &mut Batch, partition: Partition) {
        let Some(state) = self.controller.cluster.partition(partition) else {
            return;
        };
        if state.elr.is_empty() && state.last_known_elr.is_empty() {
            return;
        }
        let mut next = state.clone();
        next.elr.clear();
        next.last_known_elr.clear();
        next.partition_epoch = next.partition_epoch.next();
        announce_decision(cx, partition, &next, Brokers::new(), Choice::Clean);
        self.put(batch, Record::Partition(partition, next));
    }

    fn elect(&mut self, cx: &mut Context<'_>, partition: Partition, election: Election) -> Result<(), Code> {
        let state = self
            .controller
            .cluster
            .partition(partition)
            .ok_or(Code::UnknownTopicOrPartition)?;
        let needed = match election {
            Election::Preferred => state.leader != state.replicas.first().copied(),
            Election::Unclean | Election::Online => state.leader.is_none(),
        };
        if !needed {
            return Err(Code::ElectionNotNeeded);
        }
        let mut batch = Batch::new();
        let change = self.change(
            cx,
            &mut batch,
            partition,
            Aim {
                election: Some(election),
                ..Aim::default()
            },
        );
        self.commit(cx, batch, None);
        match (change.leader, election) {
            (Some(_), _) => Ok(()),
            (None, Election::Preferred) => Err(Code::PreferredLeaderNotAvailable),
            (None, Election::Unclean | Election::Online) => Err(Code::EligibleLeadersNotAvailable),
        }
    }
}
