//! Owns the events of a script: which actions carry them out, and what is said about them.

use models::actions::Event as Happening;
use models::broker::{Life, Stage};
use models::fact::Fact;
use models::ids::{BrokerId, Node, Partition};
use models::message::{Code, Command, Election, Knowledge};
use models::slots::{Slot, Value};
use sim_core::{Action, Op, Span};

use super::{Entry, Goal, Player, SETTLE_MAX};
use crate::build::{altered, election, model_acks, partitions};
use crate::scenario::event::{Disk, ElectionKind, Event, StopKind};
use crate::scenario::schema::{NodeId, PartitionIndex};
use crate::scenario::time_span::TimeSpan;
use crate::tools::TopicPartition;
use crate::tools::election::{Answer, ElectionType, Scope, leader_election};
use crate::view::{controlled, edition, name};

/// An order that has to wait for a broker (until it has ended, until it serves) waits no longer than this.
const PATIENCE: Span = Span::from_s(600);

impl Player<'_, '_> {
    /// Lets an event happen; `next` is the time of the one behind it.
    pub(super) fn event(&mut self, event: &Event, next: Option<TimeSpan>) {
        if let Some(at) = event.at() {
            self.run(self.begin + span(at), &Goal::Time);
        }
        if !matches!(self.going, super::Going::On) {
            return;
        }
        match event {
            Event::Stop { broker, how, .. } => self.stop(*broker, *how),
            Event::Start { broker, disk, .. } => self.start(*broker, *disk),
            Event::Pause { broker, .. } => match self.built.controller(*broker) {
                Some(id) => self.happens(Happening::PauseController(id)),
                None => self.at_broker(*broker, Happening::Pause),
            },
            Event::Resume { broker, .. } => match self.built.controller(*broker) {
                Some(id) => self.happens(Happening::ResumeController(id)),
                None => self.at_broker(*broker, Happening::Resume),
            },
            Event::Cut { between, .. } => self.happens(Happening::Cut(self.node(between.0), self.node(between.1))),
            Event::CutOneWay { from, to, .. } => {
                self.happens(Happening::CutOneWay(self.node(*from), self.node(*to)));
            }
            Event::Heal { between, .. } => self.heal(*between),
            Event::Reset { between, .. } => self.reset(self.node(between.0), self.node(between.1)),
            Event::Settle { label, .. } => {
                self.run(self.timed.now() + SETTLE_MAX, &Goal::Settled);
                if let Some(label) = label {
                    self.label(label);
                }
            }
            Event::Wait(time) => {
                self.run(self.timed.now() + span(*time), &Goal::Time);
            }
            Event::Label(label) => self.label(label),
            Event::Elect { .. } | Event::AlterConfig { .. } | Event::CreateTopic { .. } => self.order(event),
            Event::AddPartitions { .. } | Event::DeleteTopic { .. } => self.order(event),
            Event::Reassign { .. } | Event::CancelReassignment { .. } => self.move_replicas(event),
            Event::VerifyReassignment { .. } | Event::ListReassignments { .. } => self.move_replicas(event),
            Event::Produce { .. } => self.produce(event, next),
            Event::PowerAll { .. } => self.happens(Happening::PowerAll),
            Event::StopZooKeeper { .. } | Event::StartZooKeeper { .. } => self.server(event),
            Event::DirFail { broker, .. } => self.at_broker(*broker, Happening::FailDisk),
            Event::FullDisk { broker, .. } => self.at_broker(*broker, Happening::FillDisk),
            Event::SlowDisk { broker, lasts, .. } => self.slow(*broker, *lasts),
        }
    }

    fn label(&mut self, label: &str) {
        if !matches!(self.going, super::Going::On) {
            return;
        }
        let (step, time) = self.moment();
        self.notes.labels.insert(label.to_owned(), step);
        self.notes.entries.push(Entry::Label {
            step,
            time,
            name: label.to_owned(),
            values: self.timed.world.values().to_vec(),
        });
    }

    /// The environment does something, and says so first.
    fn happens(&mut self, event: Happening) {
        let action = Action::Environment(event);
        self.announce(event.to_string(), |player| player.perform(&action));
    }

    /// Puts a sentence before what follows from it; one that nothing follows from says so.
    pub(super) fn announce(&mut self, sentence: String, act: impl FnOnce(&mut Self) -> bool) {
        let place = self.notes.entries.len();
        let (before, time) = self.moment();
        let (step, text) = if act(self) {
            (before + 1, sentence)
        } else {
            (before, format!("{sentence}: not possible here"))
        };
        self.notes.entries.insert(place, Entry::Line { step, time, text });
        self.stillness.disturb(&self.timed);
    }

    fn at_broker(&mut self, node: NodeId, event: fn(BrokerId) -> Happening) {
        if let Some(id) = self.built.broker(node) {
            self.happens(event(id));
        }
    }

    fn stop(&mut self, node: NodeId, how: StopKind) {
        if let Some(id) = self.built.controller(node) {
            // What a controller has written is flushed: without power it loses nothing more.
            return self.happens(match how {
                StopKind::Clean => Happening::StopController(id),
                StopKind::Kill | StopKind::PowerLoss => Happening::KillController(id),
            });
        }
        let Some(id) = self.built.broker(node) else { return };
        let event = match how {
            StopKind::Clean => Happening::Stop(id),
            StopKind::Kill => Happening::Kill(id),
            StopKind::PowerLoss => Happening::Power(id),
        };
        if how == StopKind::Clean && matches!(self.life(id).stage, Stage::Registering(_)) {
            let stop = Goal::Possible(Action::Environment(event));
            self.run(self.timed.now() + PATIENCE, &stop);
        }
        self.happens(event);
    }

    fn start(&mut self, node: NodeId, disk: Disk) {
        if let Some(id) = self.built.controller(node) {
            return self.happens(Happening::StartController(id));
        }
        let Some(id) = self.built.broker(node) else { return };
        if matches!(self.life(id).stage, Stage::Stopping | Stage::Leaving(_)) {
            let start = Goal::Possible(Action::Environment(Happening::Start(id)));
            self.run(self.timed.now() + PATIENCE, &start);
        }
        if disk == Disk::Wiped {
            self.happens(Happening::Wipe(id));
        }
        self.happens(Happening::Start(id));
    }

    /// A server of the ensemble ends or starts.
    fn server(&mut self, event: &Event) {
        let down = match self.timed.world.get(Slot::ZooKeeper) {
            Value::ZooKeeper(tree) => tree.servers_down,
            other => panic!("the slot of ZooKeeper holds {other:?}"),
        };
        self.happens(match event {
            Event::StartZooKeeper { .. } => Happening::StartServer(down.saturating_sub(1)),
            _ => Happening::KillServer(down + 1),
        });
    }

    fn slow(&mut self, node: NodeId, lasts: Option<TimeSpan>) {
        let Some(id) = self.built.broker(node) else { return };
        self.happens(Happening::Stall(id));
        if let Some(lasts) = lasts {
            let end = self.timed.now() + span(lasts);
            self.later.push((end, Action::Environment(Happening::Unstall(id))));
        }
    }

    fn heal(&mut self, between: Option<(NodeId, NodeId)>) {
        let mut pairs: Vec<(Node, Node)> = match (between, self.timed.world.get(Slot::Links)) {
            (Some((one, other)), _) => vec![ordered(self.node(one), self.node(other))],
            (None, Value::Links(links)) => links.cut().iter().map(|(from, to)| ordered(*from, *to)).collect(),
            (None, other) => panic!("the slot of the links holds {other:?}"),
        };
        pairs.sort_unstable();
        pairs.dedup();
        for (one, other) in pairs {
            self.happens(Happening::Heal(one, other));
        }
    }

    /// Breaks every connection between two nodes that carries something.
    fn reset(&mut self, one: Node, other: Node) {
        let sentence = format!("reset the connections {one} -- {other}");
        let lanes = models::slots::lanes(&self.built.config);
        self.announce(sentence, |player| {
            let between = |(from, to): (Node, Node)| ordered(from, to) == ordered(one, other);
            for (from, to, lane) in lanes.into_iter().filter(|(from, to, _)| between((*from, *to))) {
                player.perform(&Action::Environment(Happening::Reset(from, to, lane)));
            }
            true
        });
    }

    fn order(&mut self, event: &Event) {
        match event {
            Event::Elect {
                topic, partition, kind, ..
            } => self.elect(topic, *partition, *kind),
            Event::AlterConfig { topic, key, value, .. } => {
                let Some(index) = self.built.topic(topic) else { return };
                let Some(now) = controlled(&self.timed.world).topic(index).copied() else {
                    return;
                };
                let command = Command::AlterTopic(index, altered(now, key, value));
                self.command(format!("alter {topic}: {key}={value}"), command);
            }
            Event::CreateTopic { topic, .. } => {
                if let Some(index) = self.built.topic(&topic.name) {
                    self.command(format!("create topic {}", topic.name), Command::CreateTopic(index));
                }
            }
            Event::AddPartitions { topic, partitions, .. } => {
                if let Some(index) = self.built.topic(topic) {
                    let sentence = format!("alter {topic}: {partitions} partitions");
                    self.command(sentence, Command::AddPartitions(index, *partitions));
                }
            }
            Event::DeleteTopic { topic, .. } => {
                if let Some(index) = self.built.topic(topic) {
                    self.command(format!("delete topic {topic}"), Command::DeleteTopic(index));
                }
            }
            _ => {}
        }
    }

    fn command(&mut self, sentence: String, command: Command) {
        let action = Action::Command(Node::Controller, command);
        self.announce(sentence, |player| player.perform(&action));
        if let Some(Err(code)) = self.answer() {
            self.tell(format!("refused: {code}"));
        }
    }

    /// What the controller answered to the last order.
    pub(super) fn answer(&self) -> Option<Result<(), Code>> {
        self.timed.scratch.ops.iter().find_map(|(_, op)| match op {
            Op::Record(_, Fact::Ordered(result)) => Some(*result),
            _ => None,
        })
    }

    fn elect(&mut self, topic: &str, partition: Option<PartitionIndex>, kind: ElectionKind) {
        let (word, tool) = match kind {
            ElectionKind::Preferred => ("preferred", ElectionType::Preferred),
            ElectionKind::Unclean => ("unclean", ElectionType::Unclean),
        };
        let partitions = partitions(&self.built.config, topic, partition);
        let named = match partition {
            Some(number) => format!("{topic}-{number}"),
            None => topic.to_owned(),
        };
        let mut answers: Vec<(TopicPartition, Answer)> = Vec::new();
        self.announce(format!("elect {word} leaders: {named}"), |player| {
            for partition in partitions {
                let answer = player.elect_one(partition, election(kind));
                answers.push((name(player.built, partition), answer));
            }
            true
        });
        let printed = leader_election(edition(self.built), tool, Scope::Named, &answers);
        for line in printed.stdout {
            self.tell(line);
        }
    }

    fn elect_one(&mut self, partition: Partition, kind: Election) -> Answer {
        let action = Action::Command(Node::Controller, Command::Elect(partition, kind));
        self.perform(&action);
        match self.answer() {
            Some(Ok(())) => Answer::Elected,
            Some(Err(Code::ElectionNotNeeded)) => Answer::NotNeeded,
            Some(Err(Code::UnknownTopicOrPartition)) => Answer::UnknownTopic,
            Some(Err(_)) | None => Answer::NotAvailable,
        }
    }

    /// A client writes one record. The next event waits for the answer, unless its own time comes first.
    fn produce(&mut self, event: &Event, next: Option<TimeSpan>) {
        let Event::Produce {
            client,
            topic,
            partition,
            acks,
            ..
        } = event
        else {
            return;
        };
        let record = self.built.roster.scripted(self.writes);
        self.writes += 1;
        let Some(&partition) = partitions(&self.built.config, topic, Some(*partition)).first() else {
            return;
        };
        let Some(writer) = self.built.roster.writer(client.as_deref(), partition) else {
            return;
        };
        let Some(producer) = self.built.roster.producer(writer) else {
            return;
        };
        let retries = producer.retries;
        let acks = match client {
            Some(_) => producer.acks,
            None => model_acks(*acks),
        };
        self.run(self.timed.now() + PATIENCE, &Goal::Idle(writer));
        let known = self
            .wrote_to
            .insert(writer, partition)
            .unwrap_or(self.built.config.target(writer));
        let knowledge = match client {
            Some(_) if known == partition => Knowledge::Kept,
            Some(_) | None => Knowledge::Fresh,
        };
        let records = [record].into_iter().collect();
        let action = Action::Command(
            Node::Client(writer),
            Command::Send {
                partition,
                records,
                acks,
                retries,
                knowledge,
            },
        );
        let who = &self.built.config.clients[usize::from(writer.0)].name;
        let what = format!(
            "{who} writes {} to {}",
            self.built.record(record),
            name(self.built, partition)
        );
        self.announce(format!("{what} (acks={})", acks.text()), |player| {
            player.perform(&action)
        });
        let limit = next.map_or(self.timed.now() + PATIENCE, |next| self.begin + span(next));
        self.run(limit, &Goal::Idle(writer));
    }

    /// The node of the model: one controller alone is the control plane there, and so is ZooKeeper.
    fn node(&self, node: NodeId) -> Node {
        match (self.built.broker(node), self.built.controller(node)) {
            (Some(id), _) => Node::Broker(id),
            (None, Some(id)) => Node::Voter(id),
            (None, None) => self.built.config.keeper(),
        }
    }

    fn life(&self, id: BrokerId) -> &Life {
        match self.timed.world.get(Slot::Life(id)) {
            Value::Life(life) => life,
            other => panic!("the slot of a life holds {other:?}"),
        }
    }
}

fn span(time: TimeSpan) -> Span {
    Span::from_us(time.micros())
}

/// A pair of nodes as the model lists it.
fn ordered(one: Node, other: Node) -> (Node, Node) {
    (one.min(other), one.max(other))
}
