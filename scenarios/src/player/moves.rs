//! Owns the orders of `kafka-reassign-partitions` in a script, and what the tool prints about them.

use models::ids::Node;
use models::message::{Code, Command};
use sim_core::Action;

use super::Player;
use crate::build::{moves, partitions};
use crate::scenario::event::{Event, Moves};
use crate::tools::output::ToolOutput;
use crate::tools::reassign::{Progress, Row, Throttles, cancel, execute, existing, list, verify};
use crate::tools::{BrokerId, TopicPartition};
use crate::view::{Seen, View, brokers, controlled, edition, moving, name};

/// The log directory of a broker as its file would name it.
pub(super) fn folder(id: BrokerId) -> String {
    format!("/var/lib/kafka-{id}")
}

impl Player<'_, '_> {
    /// Moves replicas, calls that off, or looks how far it is.
    pub(super) fn move_replicas(&mut self, event: &Event) {
        let printed = match event {
            Event::Reassign {
                topic, to, additional, ..
            } => self.reassign(topic, to, *additional),
            Event::CancelReassignment { topic, partition, .. } => {
                let named = partitions(&self.built.config, topic, *partition);
                let word = match partition {
                    Some(number) => format!("{topic}-{number}"),
                    None => topic.clone(),
                };
                self.cancel(&word, &named)
            }
            Event::VerifyReassignment { topic, to, .. } => {
                self.announce(format!("verify the reassignment of {topic}"), |_| true);
                self.verify(topic, to)
            }
            Event::ListReassignments { .. } => {
                self.announce("list reassignments".to_owned(), |_| true);
                let running = self.running().into_iter();
                list(&running.collect::<Vec<_>>())
            }
            _ => return,
        };
        for line in printed.stdout.into_iter().filter(|line| !line.is_empty()) {
            self.tell(line);
        }
    }

    fn running(&self) -> Vec<(TopicPartition, crate::tools::view::Reassignment)> {
        let view = View::new(self.built, &self.timed.world, Seen::ByController);
        let rows = view
            .partitions()
            .filter_map(|(partition, state)| Some((partition, moving(state)?)));
        rows.collect()
    }

    fn reassign(&mut self, topic: &str, to: &Moves, additional: bool) -> ToolOutput {
        let targets = moves(&self.built.config, topic, to);
        let listed: Vec<String> = targets
            .iter()
            .map(|(partition, target)| {
                let name = name(self.built, *partition);
                format!("{name} to {}", models::ids::Listed(target))
            })
            .collect();
        let sentence = format!("reassign {}", listed.join(", "));
        if !additional && !self.running().is_empty() {
            self.announce(sentence, |_| true);
            return existing();
        }
        let current: Vec<Row> = targets
            .iter()
            .filter_map(|(partition, _)| {
                let state = controlled(&self.timed.world).partition(*partition)?;
                Some((name(self.built, *partition), brokers(&state.replicas)))
            })
            .collect();
        let mut refused = Vec::new();
        self.announce(sentence, |player| {
            for (partition, target) in targets {
                let command = Command::Reassign(partition, target);
                player.perform(&Action::Command(Node::Controller, command));
                if let Some(Err(code)) = player.answer() {
                    refused.push((name(player.built, partition), why(code)));
                }
            }
            true
        });
        execute(edition(self.built), current, &refused, &folder)
    }

    fn cancel(&mut self, word: &str, named: &[models::ids::Partition]) -> ToolOutput {
        let mut cancelled = Vec::new();
        self.announce(format!("cancel the reassignment of {word}"), |player| {
            for partition in named {
                let command = Command::CancelReassignment(*partition);
                player.perform(&Action::Command(Node::Controller, command));
                if player.answer() == Some(Ok(())) {
                    cancelled.push(name(player.built, *partition));
                }
            }
            true
        });
        cancel(&cancelled)
    }

    fn verify(&self, topic: &str, to: &Moves) -> ToolOutput {
        let cluster = controlled(&self.timed.world);
        let progress: Vec<Progress> = moves(&self.built.config, topic, to)
            .iter()
            .map(|(partition, target)| {
                let state = cluster.partition(*partition);
                Progress {
                    partition: name(self.built, *partition),
                    wanted: brokers(target),
                    found: state.map(|state| brokers(&state.replicas)),
                    moves: state.is_some_and(|state| moving(state).is_some()),
                }
            })
            .collect();
        let all: Vec<BrokerId> = cluster
            .brokers()
            .iter()
            .map(|(id, _)| BrokerId(i32::from(id.0)))
            .collect();
        let edition = edition(self.built);
        verify(edition, &progress, !self.running().is_empty(), &all, Throttles::Clear)
    }
}

/// The controller's words.
fn why(code: Code) -> String {
    match code {
        Code::UnknownTopicOrPartition => "The partition does not exist.".to_owned(),
        _ => "The manual partition assignment is not valid.".to_owned(),
    }
}
