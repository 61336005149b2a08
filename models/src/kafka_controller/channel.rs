//! What the controller tells brokers: to replicas their roles, to everybody what clients ask for. Kafka:
//! `ControllerBrokerRequestBatch`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::plan::Stop;
use super::{KafkaControllerSide, LeaderAndIsr, Occasion, Planned, Sender, StopReplica, Then, UpdateMetadata};
use crate::Context;
use crate::cluster::{Cluster, PartitionState, Record};
use crate::config::TopicSettings;
use crate::ids::{BrokerId, Brokers, Node, Partition, TopicIndex};
use crate::message::Msg;

impl KafkaControllerSide<'_> {
    /// Brokers that the controller knows, in order.
    pub(super) fn known_brokers(&self) -> Brokers {
        let known = self
            .controller
            .active
            .iter()
            .flat_map(|active| active.cluster.brokers());
        known.map(|(id, _)| *id).collect()
    }

    /// Brokers to which requests go: that are alive, or stopping.
    fn knows(&self, id: BrokerId) -> bool {
        let active = self.controller.active.as_ref();
        active.is_some_and(|active| active.cluster.broker(id).is_some())
    }

    /// Writes that are done: roles to the replicas concerned, then metadata to everybody.
    pub(super) fn tell(&mut self, cx: &mut Context<'_>, written: &[&Planned]) {
        if written.is_empty() {
            return;
        }
        for planned in written {
            if let Some(active) = &mut self.controller.active {
                let record = Record::Partition(planned.stored.partition, planned.stored.state.clone());
                active.cluster.apply(&record);
            }
        }
        for planned in written {
            for id in &planned.to {
                self.leader_and_isr(cx, *id, planned.stored.partition, &planned.stored.state);
            }
        }
        let states: Vec<_> = written
            .iter()
            .map(|planned| (planned.stored.partition, planned.stored.state.clone()))
            .collect();
        let everybody = self.known_brokers();
        self.update_metadata(cx, &everybody, &states, Occasion::Change);
    }

    /// A replica's role.
    pub(super) fn leader_and_isr(
        &self,
        cx: &mut Context<'_>,
        to: BrokerId,
        partition: Partition,
        state: &PartitionState,
    ) {
        if self.knows(to)
            && let Some(sender) = self.sender(cx, to)
        {
            let request = LeaderAndIsr {
                sender,
                partition,
                state: state.clone(),
                settings: self.settings(cx, partition),
            };
            cx.send(Node::Broker(to), Msg::LeaderAndIsr(Box::new(request)));
        }
    }

    /// Who is alive, and the states of partitions.
    pub(super) fn update_metadata(
        &self,
        cx: &mut Context<'_>,
        to: &[BrokerId],
        states: &[(Partition, PartitionState)],
        occasion: Occasion,
    ) {
        let brokers = self.known_brokers();
        let partitions: Vec<_> = states
            .iter()
            .map(|(partition, state)| (*partition, state.clone(), self.settings(cx, *partition)))
            .collect();
        for id in to {
            if let Some(sender) = self.sender(cx, *id) {
                let request = UpdateMetadata {
                    sender,
                    brokers: brokers.clone(),
                    partitions: partitions.clone(),
                    deleted: Vec::new(),
                    occasion,
                };
                cx.send(Node::Broker(*id), Msg::UpdateMetadata(Box::new(request)));
            }
        }
    }

    /// Everybody hears that a topic is gone.
    pub(super) fn tell_deleted(&self, cx: &mut Context<'_>, topic: TopicIndex) {
        let brokers = self.known_brokers();
        for id in &brokers {
            if let Some(sender) = self.sender(cx, *id) {
                let request = UpdateMetadata {
                    sender,
                    brokers: brokers.clone(),
                    partitions: Vec::new(),
                    deleted: [topic].into(),
                    occasion: Occasion::Change,
                };
                cx.send(Node::Broker(*id), Msg::UpdateMetadata(Box::new(request)));
            }
        }
    }

    /// A replica stops. One of a topic that is gone stops in whatever epoch it is.
    pub(super) fn stop_replica(&self, cx: &mut Context<'_>, stop: &Stop, then: &Then) {
        let Some(active) = &self.controller.active else { return };
        let Some(sender) = self.sender(cx, stop.at).filter(|_| self.knows(stop.at)) else {
            return;
        };
        let known = active.cluster.partition(stop.partition);
        let epoch = known.map(|state| state.leader_epoch);
        let deletes = matches!(then, Then::Deleted(_));
        let with_epoch = cx.config().rules(self.me).stop_replica_epoch().is_on() && !deletes;
        let request = StopReplica {
            sender,
            partition: stop.partition,
            leader_epoch: epoch.filter(|_| with_epoch),
            fate: stop.fate,
        };
        cx.send(Node::Broker(stop.at), Msg::StopReplica(request));
    }

    fn sender(&self, cx: &Context<'_>, to: BrokerId) -> Option<Sender> {
        let active = self.controller.active.as_ref()?;
        let known = active.cluster.broker(to).map(|known| known.epoch);
        let with_epoch = cx.config().rules(self.me).control_broker_epoch().is_on();
        Some(Sender {
            controller: self.me,
            epoch: active.epoch,
            broker_epoch: known.filter(|_| with_epoch),
        })
    }

    fn settings(&self, cx: &Context<'_>, partition: Partition) -> TopicSettings {
        let topic = cx.config().placed(partition).topic;
        let cluster: Option<&Cluster> = self.controller.active.as_ref().map(|active| &active.cluster);
        let known = cluster.and_then(|cluster| cluster.topic(topic)).copied();
        known.unwrap_or(TopicSettings::STOCK)
    }
}
