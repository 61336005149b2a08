//! Commands of Kafka's tools: when they reach the cluster, what they order there, and what they are answered.

use models::message::{Code, Command};
use models::ids::{Node, Partition, TopicIndex};
use models::fact::Fact;
use sim_core::{Action, Op, Span};

use super::build::{broker, settings};
use super::chance::{controller, image, is_working, stands_still};
use super::simulated::{SimulatedCluster, Work};
use super::{Ask, Election, ElectionRefusal, NotModelled, Refusal, Reply, Ticket, ToolReply, tables};
use crate::conform::ToolLuck;
use crate::recording::{NodeId, TopicPartition};

/// From the start of a tool to its request.
const TOOL_START: Span = Span::from_ms(600);
/// How long a tool waits for a broker that stands still.
const CALL_PATIENCE: Span = Span::from_s(60);

/// A command under way.
#[derive(Clone, Debug)]
pub(super) struct Order {
    ticket: Ticket,
    bootstrap: NodeId,
    ask: Ask,
}

impl SimulatedCluster<'_> {
    /// A tool begins to run.
    pub(super) fn begin(
        &mut self,
        line: usize,
        ticket: Ticket,
        bootstrap: NodeId,
        ask: &Ask,
    ) -> Result<(), NotModelled> {
        self.check(ask)?;
        let world = &self.timed.world;
        let frozen = self.blueprint.config.broker_ids().any(|id| stands_still(world, id));
        let luck = if frozen { self.chance.hints.tool_luck(line) } else { None };
        match luck {
            None | Some(ToolLuck::Answered) => {
                let order = Order { ticket, bootstrap, ask: ask.clone() };
                self.agenda.push((self.timed.now() + TOOL_START, Work::Order(order)));
            }
            Some(ToolLuck::ReassignmentsFromFrozen) => {
                let reply = ToolReply::NotSent { call: "listPartitionReassignments".to_owned() };
                self.agenda.push((self.timed.now() + CALL_PATIENCE, Work::Answer(ticket, Reply::Tool(reply))));
            }
            Some(ToolLuck::FrozenAgainAndAgain) => {}
        }
        Ok(())
    }

    /// Whether the model can do what is asked.
    fn check(&self, ask: &Ask) -> Result<(), NotModelled> {
        let known = |topic: &str| self.blueprint.topic(topic).is_some();
        match ask {
            Ask::CreateTopic { topic, .. } if !known(topic) => {
                Err(NotModelled(format!("a topic like {topic} is not modelled")))
            }
            Ask::AlterTopicConfig { set, removed, .. } => {
                let any = self.blueprint.config.topics.first();
                any.map_or(Ok(()), |topic| settings(topic.settings, set, removed).map(|_| ()))
            }
            Ask::CreateTopic { .. } | Ask::DescribeTopics { .. } | Ask::ListTopics | Ask::ElectLeaders { .. } => Ok(()),
        }
    }

    /// The request of a tool reaches the cluster. A broker that does not work never answers.
    pub(super) fn order(&mut self, order: Order) {
        let Some(id) = broker(order.bootstrap).filter(|_| self.is_broker(order.bootstrap)) else { return };
        if !is_working(&self.timed.world, id) {
            return;
        }
        let reply = match &order.ask {
            Ask::DescribeTopics { topic, filter } => {
                let image = image(&self.timed.world, id);
                tables::describe(self.blueprint, image, &self.configs, topic.as_deref(), *filter)
            }
            Ask::ListTopics => tables::list(self.blueprint, image(&self.timed.world, id)),
            Ask::CreateTopic { topic, configs, .. } => self.create(topic, configs),
            Ask::AlterTopicConfig { topic, set, removed } => self.alter(topic, set, removed),
            Ask::ElectLeaders { election, partitions } => self.elect(*election, partitions.as_deref()),
        };
        self.replies[order.ticket.0] = Some(Reply::Tool(reply));
    }

    /// Gives the controller an order and says what came of it.
    fn command(&mut self, command: Command) -> Result<(), Code> {
        self.perform(&Action::Command(Node::Controller, command));
        let said = self.timed.scratch.ops.iter().find_map(|(_, op)| match op {
            Op::Record(_, Fact::Ordered(result)) => Some(*result),
            _ => None,
        });
        said.expect("the controller says what came of an order")
    }

    fn exists(&self, topic: TopicIndex) -> bool {
        controller(&self.timed.world).cluster.topic(topic).is_some()
    }

    fn create(&mut self, name: &str, configs: &[(String, String)]) -> ToolReply {
        let topic = self.blueprint.topic(name).expect("the topics of all commands are in the blueprint");
        if self.exists(topic) {
            return ToolReply::Refused(Refusal::TopicExists);
        }
        match self.command(Command::CreateTopic(topic)) {
            Ok(()) => {
                self.configs.insert(name.to_owned(), configs.iter().cloned().collect());
                ToolReply::Done
            }
            Err(_) => ToolReply::Refused(Refusal::TopicExists),
        }
    }

    fn alter(&mut self, name: &str, set: &[(String, String)], removed: &[String]) -> ToolReply {
        let topic = self.blueprint.topic(name);
        let known = topic.and_then(|topic| controller(&self.timed.world).cluster.topic(topic).copied());
        let (Some(topic), Some(known)) = (topic, known) else { return ToolReply::Refused(Refusal::UnknownTopic) };
        let settings = settings(known, set, removed).expect("settings are checked before the tool begins");
        let _ = self.command(Command::AlterTopic(topic, settings));
        let configs = self.configs.entry(name.to_owned()).or_default();
        configs.extend(set.iter().cloned());
        configs.retain(|name, _| !removed.contains(name));
        ToolReply::Done
    }

    fn elect(&mut self, election: Election, named: Option<&[TopicPartition]>) -> ToolReply {
        let all = || {
            let cluster = &controller(&self.timed.world).cluster;
            cluster.partitions().map(|(partition, _)| self.blueprint.name(partition)).collect()
        };
        let partitions: Vec<TopicPartition> = named.map_or_else(all, <[TopicPartition]>::to_vec);
        let (mut elected, mut already, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for name in partitions {
            match self.elect_one(election, self.blueprint.partition(&name)) {
                Ok(()) => elected.push(name),
                Err(Code::ElectionNotNeeded) => {
                    if named.is_some() {
                        already.push(name);
                    }
                }
                Err(code) => refused.push((name, refusal(code))),
            }
        }
        ToolReply::Elected { elected, already, refused }
    }

    fn elect_one(&mut self, election: Election, partition: Option<Partition>) -> Result<(), Code> {
        let partition = partition.ok_or(Code::UnknownTopicOrPartition)?;
        let election = match election {
            Election::Preferred => models::message::Election::Preferred,
            Election::Unclean => models::message::Election::Unclean,
        };
        self.command(Command::Elect(partition, election))
    }
}

fn refusal(code: Code) -> ElectionRefusal {
    let (class, message) = match code {
        Code::PreferredLeaderNotAvailable => return ElectionRefusal::PreferredLeaderNotAvailable,
        Code::EligibleLeadersNotAvailable => {
            ("EligibleLeadersNotAvailableException", "Eligible topic partition leaders are not available.")
        }
        _ => ("UnknownTopicOrPartitionException", "The partition does not exist."),
    };
    ElectionRefusal::Other { class: class.to_owned(), message: message.to_owned() }
}
