//! Commands of `kafka-reassign-partitions`: what they order, and what they print.

use models::message::{Code, Command};

use super::build::broker;
use super::simulated::SimulatedCluster;
use super::tables::{edition, shown};
use super::{Output, Target, ToolReply};
use crate::recording::{Exit, TopicPartition};
use crate::tools::output::ToolOutput;
use crate::tools::reassign::{self, Progress, Row, Throttles};
use crate::tools::{self, BrokerId, PartitionId};
use crate::view::{brokers, moving};

/// The name as the tools' functions want it.
fn named(partition: &TopicPartition) -> tools::TopicPartition {
    tools::TopicPartition::new(partition.topic.clone(), PartitionId(partition.partition))
}

fn text(output: ToolOutput) -> ToolReply {
    ToolReply::Text(Output {
        stdout: output.stdout,
        stderr: output.stderr,
        exit: Exit::Status(i32::from(output.exit_code)),
    })
}

/// The log directory as recordings shorten it.
fn folder(id: BrokerId) -> String {
    format!("n{id}/data")
}

impl SimulatedCluster<'_> {
    fn running(&self) -> Vec<(tools::TopicPartition, tools::view::Reassignment)> {
        let partitions = models::authority(&self.timed.world).partitions();
        partitions
            .filter_map(|(partition, state)| Some((named(&self.blueprint.name(partition)), moving(state)?)))
            .collect()
    }

    pub(super) fn list_reassignments(&self) -> ToolReply {
        text(reassign::list(&self.running()))
    }

    /// The tool looks for unknown brokers and for what runs already before it asks the controller.
    pub(super) fn reassign(&mut self, targets: &[Target], additional: bool) -> ToolReply {
        let edition = edition(self.blueprint.head.mode, self.blueprint.head.version);
        let cluster = models::authority(&self.timed.world);
        let is_known = |id: &crate::recording::NodeId| broker(*id).is_some_and(|id| cluster.broker(id).is_some());
        if let Some(id) = targets.iter().flat_map(|(_, row)| row).find(|id| !is_known(id)) {
            return text(reassign::unknown_broker(edition, BrokerId(id.0)));
        }
        if !additional && !self.running().is_empty() {
            return text(reassign::existing());
        }
        let present = |name: &TopicPartition| {
            let state = cluster.partition(self.blueprint.partition(name)?)?;
            Some((named(name), brokers(&state.replicas)))
        };
        let current: Vec<Row> = targets.iter().filter_map(|(name, _)| present(name)).collect();
        let mut refused = Vec::new();
        for (name, row) in targets {
            let target = row.iter().filter_map(|id| broker(*id)).collect();
            let result = match self.blueprint.partition(name) {
                Some(partition) => self.command(Command::Reassign(partition, target)),
                None => Err(Code::UnknownTopicOrPartition),
            };
            if result.is_err() {
                refused.push((named(name), "The partition does not exist.".to_owned()));
            }
        }
        text(reassign::execute(edition, current, &refused, &folder))
    }

    pub(super) fn verify(&self, targets: &[Target], throttles: Throttles) -> ToolReply {
        let cluster = models::authority(&self.timed.world);
        let progress: Vec<Progress> = targets
            .iter()
            .map(|(name, row)| {
                let state = self.blueprint.partition(name).and_then(|id| cluster.partition(id));
                Progress {
                    partition: named(name),
                    wanted: row.iter().map(|id| BrokerId(id.0)).collect(),
                    found: state.map(|state| brokers(&state.replicas)),
                    moves: state.is_some_and(|state| moving(state).is_some()),
                }
            })
            .collect();
        let all: Vec<BrokerId> = cluster.brokers().iter().map(|(id, _)| shown(*id)).collect();
        let edition = edition(self.blueprint.head.mode, self.blueprint.head.version);
        let anything = !self.running().is_empty();
        text(reassign::verify(edition, &progress, anything, &all, throttles))
    }

    pub(super) fn cancel(&mut self, partitions: &[TopicPartition]) -> ToolReply {
        let mut cancelled = Vec::new();
        for name in partitions {
            let Some(partition) = self.blueprint.partition(name) else {
                continue;
            };
            if self.command(Command::CancelReassignment(partition)) == Ok(()) {
                cancelled.push(named(name));
            }
        }
        text(reassign::cancel(&cancelled))
    }
}
