//! Commands of Kafka's tools: when they reach the cluster, what they order there, and what they are answered.

use models::broker::Stage;
use models::cluster::BrokerState;
use models::fact::Fact;
use models::ids::{BrokerId, Node, Partition, TopicIndex};
use models::message::{Code, Command};
use models::{Kafka, authority};
use sim_core::{Action, Op, Scratch, Span};

use super::build::{broker, node, settings};
use super::chance::{image, is_working, life, stands_still};
use super::quorum;
use super::simulated::{SimulatedCluster, Work};
use super::{
    Ask, Election, ElectionRefusal, NotModelled, Output, Placement, Refusal, Reply, Ticket, ToolReply, tables,
};
use crate::conform::ToolLuck;
use crate::recording::{Exit, NodeId, TopicPartition};
use crate::tools::{self, topics::connection_warning};

/// From the start of a tool to its request.
const TOOL_START: Span = Span::from_ms(600);
/// How long a tool waits for a broker that stands still.
const CALL_PATIENCE: Span = Span::from_s(60);
/// How long a tool waits for a majority of the quorum before its order counts as refused.
const COMMIT_PATIENCE: Span = Span::from_s(5);

/// A command under way.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Its line in the recording.
    line: usize,
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
        let luck = if frozen {
            self.chance.hints.tool_luck(line)
        } else {
            None
        };
        match luck {
            None | Some(ToolLuck::Answered) => {
                let order = Order {
                    line,
                    ticket,
                    bootstrap,
                    ask: ask.clone(),
                };
                self.agenda.push((self.timed.now() + TOOL_START, Work::Order(order)));
            }
            Some(ToolLuck::ReassignmentsFromFrozen) => {
                let reply = ToolReply::NotSent {
                    call: "listPartitionReassignments".to_owned(),
                };
                self.agenda.push((
                    self.timed.now() + CALL_PATIENCE,
                    Work::Answer(ticket, Reply::Tool(reply)),
                ));
            }
            Some(ToolLuck::FrozenAgainAndAgain) => {}
        }
        Ok(())
    }

    /// Whether the model can do what is asked.
    fn check(&self, ask: &Ask) -> Result<(), NotModelled> {
        let known = |topic: &str| self.blueprint.topic(topic).is_some();
        match ask {
            Ask::CreateTopic { placement, .. } if self.too_many(placement).is_some() => Ok(()),
            Ask::CreateTopic { topic, .. } if !known(topic) => {
                Err(NotModelled(format!("a topic like {topic} is not modelled")))
            }
            Ask::AlterTopicConfig { set, removed, .. } => {
                let any = self.blueprint.config.topics.first();
                any.map_or(Ok(()), |topic| settings(topic.settings, set, removed).map(|_| ()))
            }
            Ask::AddPartitions { topic, count } => {
                let known = self.blueprint.topic(topic);
                let planned = known.map_or(0, |topic| self.blueprint.config.partitions_of(topic).count());
                if known.is_some() && planned < *count as usize {
                    return Err(NotModelled(format!(
                        "where new partitions of {topic} go is not recorded"
                    )));
                }
                Ok(())
            }
            Ask::DeleteTopic { .. } => Ok(()),
            Ask::CreateTopic { .. } | Ask::DescribeTopics { .. } | Ask::ListTopics | Ask::ElectLeaders { .. } => Ok(()),
            Ask::Reassign { .. } | Ask::VerifyReassignment { .. } => Ok(()),
            Ask::CancelReassignment { .. } | Ask::ListReassignments => Ok(()),
            Ask::DescribeQuorum { .. } => match self.blueprint.config.has_quorum() {
                true => Ok(()),
                false => Err(NotModelled("kafka-metadata-quorum is not modelled".to_owned())),
            },
        }
    }

    /// The request of a tool reaches the cluster. A broker that does not work never answers.
    pub(super) fn order(&mut self, order: Order) {
        let Some(id) = broker(order.bootstrap).filter(|_| self.is_broker(order.bootstrap)) else {
            return;
        };
        if !is_working(&self.timed.world, id) {
            return;
        }
        let call = match &order.ask {
            Ask::DescribeTopics { .. } => Some("listPartitionReassignments"),
            Ask::CreateTopic { .. } => Some("createTopics"),
            _ => None,
        };
        if let Some(call) = call.filter(|_| self.blueprint.config.has_quorum() && !quorum::decides(&self.timed.world)) {
            let reply = ToolReply::Unanswered {
                call: call.to_owned(),
                by: order.bootstrap,
                warnings: self.warnings(order.line, id),
            };
            let answer = Work::Answer(order.ticket, Reply::Tool(reply));
            return self.agenda.push((self.timed.now() + CALL_PATIENCE, answer));
        }
        let reply = match &order.ask {
            Ask::DescribeTopics { topic, filter } => {
                let image = image(&self.timed.world, id);
                let moves = models::authority(&self.timed.world);
                tables::describe(self.blueprint, (image, moves), &self.configs, topic.as_deref(), *filter)
            }
            Ask::ListTopics => tables::list(self.blueprint, image(&self.timed.world, id)),
            Ask::CreateTopic {
                topic,
                placement,
                configs,
            } => match self.too_many(placement) {
                Some(refusal) => ToolReply::Refused(refusal),
                None => self.create(topic, configs),
            },
            Ask::AlterTopicConfig { topic, set, removed } => self.alter(topic, set, removed),
            Ask::AddPartitions { topic, count } => self.grow(topic, *count),
            Ask::DeleteTopic { topic } => self.delete(topic),
            Ask::ElectLeaders { election, partitions } => self.elect(*election, partitions.as_deref()),
            Ask::Reassign { targets, additional } => self.reassign(targets, *additional),
            Ask::VerifyReassignment { targets, throttles } => self.verify(targets, *throttles),
            Ask::CancelReassignment { partitions } => self.cancel(partitions),
            Ask::ListReassignments => self.list_reassignments(),
            Ask::DescribeQuorum { table, named } => match quorum::describe(self.blueprint, &self.timed, *table, *named)
            {
                Some(lines) => ToolReply::Lines(lines),
                None => return,
            },
        };
        let reply = self.with_warnings(order.line, id, reply);
        self.replies[order.ticket.0] = Some(Reply::Tool(reply));
    }

    /// A tool that reads may turn to any broker that the first one takes for alive.
    fn with_warnings(&mut self, line: usize, asked: BrokerId, reply: ToolReply) -> ToolReply {
        let ToolReply::Lines(stdout) = reply else { return reply };
        let stderr = self.warnings(line, asked);
        if stderr.is_empty() {
            return ToolReply::Lines(stdout);
        }
        ToolReply::Text(Output {
            stdout,
            stderr,
            exit: Exit::Status(0),
        })
    }

    /// Brokers that the one that was asked takes for alive, and that a tool tried in vain.
    fn warnings(&mut self, line: usize, asked: BrokerId) -> Vec<String> {
        let world = &self.timed.world;
        let listens = |id: BrokerId| {
            matches!(
                life(world, id).stage,
                Stage::Loaded | Stage::Serving | Stage::Stopping | Stage::Leaving(_)
            )
        };
        let shown = image(world, asked)
            .brokers()
            .iter()
            .filter(|(_, known)| known.state != BrokerState::Fenced);
        let gone: Vec<NodeId> = shown.filter(|(id, _)| !listens(*id)).map(|(id, _)| node(*id)).collect();
        let tried = self.chance.hints.tried_in_vain(line, &gone);
        let warning = |id: NodeId| connection_warning(tools::BrokerId(id.0), &self.blueprint.head.address_of(id));
        tried.into_iter().map(warning).collect()
    }

    /// Gives the controller an order and says what came of it. With a quorum that is known when it is committed.
    pub(super) fn command(&mut self, command: Command) -> Result<(), Code> {
        self.perform(&Action::Command(Node::Controller, command));
        let answer = |scratch: &Scratch<Kafka>| {
            scratch.ops.iter().find_map(|(_, op)| match op {
                Op::Record(_, Fact::Ordered(result)) => Some(*result),
                _ => None,
            })
        };
        let mut said = answer(&self.timed.scratch);
        let limit = self.timed.now() + COMMIT_PATIENCE;
        while said.is_none() && self.blueprint.config.has_quorum() && self.advance(limit) {
            said = answer(&self.timed.scratch);
        }
        // Without a controller nobody says anything.
        said.unwrap_or(Err(Code::NotController))
    }

    /// Why a topic has more replicas than there are brokers to hold them.
    fn too_many(&self, placement: &Placement) -> Option<Refusal> {
        let Placement::Automatic {
            replication_factor: Some(asked),
            ..
        } = placement
        else {
            return None;
        };
        let registered = authority(&self.timed.world).brokers().len();
        let registered = u32::try_from(registered).expect("there are at most 256 brokers");
        (*asked > registered).then_some(Refusal::TooFewBrokers {
            replication_factor: *asked,
            registered,
        })
    }

    fn exists(&self, topic: TopicIndex) -> bool {
        authority(&self.timed.world).topic(topic).is_some()
    }

    fn create(&mut self, name: &str, configs: &[(String, String)]) -> ToolReply {
        let topic = self
            .blueprint
            .topic(name)
            .expect("the topics of all commands are in the blueprint");
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
        let known = topic.and_then(|topic| authority(&self.timed.world).topic(topic).copied());
        let (Some(topic), Some(known)) = (topic, known) else {
            return ToolReply::Refused(Refusal::UnknownTopic);
        };
        let settings = settings(known, set, removed).expect("settings are checked before the tool begins");
        let _ = self.command(Command::AlterTopic(topic, settings));
        let configs = self.configs.entry(name.to_owned()).or_default();
        configs.extend(set.iter().cloned());
        configs.retain(|name, _| !removed.contains(name));
        ToolReply::Done
    }

    fn grow(&mut self, name: &str, count: u32) -> ToolReply {
        let Some(topic) = self.blueprint.topic(name).filter(|topic| self.exists(*topic)) else {
            return ToolReply::Refused(Refusal::UnknownTopic);
        };
        let cluster = models::authority(&self.timed.world);
        let of_topic = self.blueprint.config.partitions_of(topic);
        let present = of_topic
            .filter(|partition| cluster.partition(*partition).is_some())
            .count();
        match self.command(Command::AddPartitions(topic, count)) {
            Ok(()) => ToolReply::Done,
            Err(_) => ToolReply::Refused(Refusal::NoIncrease {
                present: u32::try_from(present).expect("there are at most 256 partitions"),
                asked: count,
            }),
        }
    }

    fn delete(&mut self, name: &str) -> ToolReply {
        let Some(topic) = self.blueprint.topic(name).filter(|topic| self.exists(*topic)) else {
            return ToolReply::Refused(Refusal::UnknownTopic);
        };
        let _ = self.command(Command::DeleteTopic(topic));
        self.configs.remove(name);
        ToolReply::Done
    }

    fn elect(&mut self, election: Election, named: Option<&[TopicPartition]>) -> ToolReply {
        let all = || {
            let cluster = authority(&self.timed.world);
            cluster
                .partitions()
                .map(|(partition, _)| self.blueprint.name(partition))
                .collect()
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
        ToolReply::Elected {
            elected,
            already,
            refused,
        }
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
        Code::EligibleLeadersNotAvailable => (
            "EligibleLeadersNotAvailableException",
            "Eligible topic partition leaders are not available.",
        ),
        _ => ("UnknownTopicOrPartitionException", "The partition does not exist."),
    };
    ElectionRefusal::Other {
        class: class.to_owned(),
        message: message.to_owned(),
    }
}
