//! Owns topics and partitions: settings, and the placement of replicas where the file does not say it.

use std::collections::BTreeMap;

use models::config::{Birth, Config, Flush, PartitionConfig, TopicConfig, TopicSettings, UncleanElection};
use models::ids::{BrokerId, Brokers, Partition, TopicIndex};
use models::message::Election;

use super::{Refusal, byte, flag, flush, refuse};
use crate::scenario::config_value::ConfigValue;
use crate::scenario::event::{AdminCommand, ElectionKind, Event, Moves};
use crate::scenario::schema::{NodeId, PartitionIndex, Scenario, Topic};
use crate::scenario::settings::{Scope, node_setting, topic_setting};

pub(crate) const MIN_ISR: &str = "min.insync.replicas";
pub(crate) const UNCLEAN: &str = "unclean.leader.election.enable";
const FLUSH: &str = "flush.messages";

/// Topics and partitions as the model numbers them.
pub(super) struct Placed {
    pub(super) topics: Vec<TopicConfig>,
    pub(super) partitions: Vec<PartitionConfig>,
    pub(super) flush: Flush,
    pub(super) settings: Vec<BTreeMap<String, String>>,
}

/// All topics of the scenario, those that exist first, then those that events create.
pub(super) fn place(scenario: &Scenario) -> Result<Placed, Refusal> {
    let mut placed = Placed {
        topics: Vec::new(),
        partitions: Vec::new(),
        flush: flushes(scenario)?,
        settings: Vec::new(),
    };
    for (at, topic) in scenario.topics.iter().enumerate() {
        add(
            scenario,
            topic,
            &format!("topics[{at}]"),
            Existence::FromTheBeginning,
            &mut placed,
        )?;
    }
    for topic in created(scenario) {
        if placed.topics.iter().all(|known| known.name != topic.name) {
            add(scenario, topic, "script", Existence::Later, &mut placed)?;
        }
    }
    for growth in orders(scenario).filter_map(Order::growth) {
        grow(scenario, growth, &mut placed)?;
    }
    for (topic, to) in orders(scenario).filter_map(Order::moves) {
        for (number, target) in to {
            let brokers = ids(target)?;
            for partition in placed.partitions.iter_mut() {
                let name = &placed.topics[usize::from(partition.topic.0)].name;
                if name == topic && partition.number == number.0 {
                    partition.may_move_to(&brokers);
                }
            }
        }
    }
    byte("topics", "number of partitions", placed.partitions.len() as u64)?;
    Ok(placed)
}

/// Something that an operator orders, by the script or out of the budget.
enum Order<'s> {
    Script(&'s Event),
    Budget(&'s AdminCommand),
}

/// A topic that gets more partitions: its name, how many it has then, and where the new ones lie.
type Growth<'s> = (&'s str, u32, Option<&'s [Vec<NodeId>]>);

fn orders(scenario: &Scenario) -> impl Iterator<Item = Order<'_>> {
    let script = scenario.script.iter().map(Order::Script);
    script.chain(scenario.faults.admin.iter().map(Order::Budget))
}

impl<'s> Order<'s> {
    fn growth(self) -> Option<Growth<'s>> {
        match self {
            Order::Script(Event::AddPartitions {
                topic,
                partitions,
                assignment,
                ..
            })
            | Order::Budget(AdminCommand::AddPartitions {
                topic,
                partitions,
                assignment,
            }) => Some((topic, *partitions, assignment.as_deref())),
            Order::Script(_) | Order::Budget(_) => None,
        }
    }

    fn moves(self) -> Option<(&'s str, &'s Moves)> {
        match self {
            Order::Script(Event::Reassign { topic, to, .. }) | Order::Budget(AdminCommand::Reassign { topic, to }) => {
                Some((topic, to))
            }
            Order::Script(_) | Order::Budget(_) => None,
        }
    }
}

fn ids(nodes: &[NodeId]) -> Result<Brokers, Refusal> {
    nodes
        .iter()
        .map(|node| byte("brokers", "broker", u64::from(node.0)).map(BrokerId))
        .collect()
}

/// Partitions that a topic gets later: placed as given, or as the first ones would be.
fn grow(scenario: &Scenario, (topic, count, rows): Growth<'_>, placed: &mut Placed) -> Result<(), Refusal> {
    let at = placed.topics.iter().position(|known| known.name == topic);
    let Some(index) = at.map(|at| TopicIndex(at as u8)) else {
        return Ok(());
    };
    let own = placed.partitions.iter().filter(|partition| partition.topic == index);
    let (have, copies) = own.fold((0, 1), |(have, copies), partition| {
        let first = if partition.number == 0 {
            partition.assignment.len()
        } else {
            copies
        };
        (have + 1, first)
    });
    let mut brokers = ids(&scenario.brokers)?;
    brokers.sort_unstable();
    let free = striped(&brokers, count.saturating_sub(have), copies);
    for number in have..count {
        let at = (number - have) as usize;
        let assignment = match rows {
            Some(rows) => rows.get(at).map(|row| ids(row)).transpose()?.unwrap_or_default(),
            None => free[at].clone(),
        };
        if assignment.is_empty() {
            let sentence = format!("partition {number} that topic `{topic}` gets has no replicas");
            return Err(refuse("script", sentence));
        }
        let mut partition = PartitionConfig::new(index, number, assignment);
        partition.birth = Birth::Added;
        placed.partitions.push(partition);
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Existence {
    FromTheBeginning,
    Later,
}

fn created(scenario: &Scenario) -> impl Iterator<Item = &Topic> {
    let by_events = scenario.script.iter().filter_map(|event| match event {
        Event::CreateTopic { topic, .. } => Some(topic),
        _ => None,
    });
    let by_commands = scenario.faults.admin.iter().filter_map(|command| match command {
        AdminCommand::CreateTopic { topic } => Some(topic),
        AdminCommand::Elect { .. } | AdminCommand::AlterConfig { .. } | AdminCommand::Reassign { .. } => None,
        AdminCommand::CancelReassignment { .. }
        | AdminCommand::AddPartitions { .. }
        | AdminCommand::DeleteTopic { .. } => None,
    });
    by_events.chain(by_commands)
}

fn add(scenario: &Scenario, topic: &Topic, path: &str, when: Existence, placed: &mut Placed) -> Result<(), Refusal> {
    let index = TopicIndex(byte("topics", "number of topics", placed.topics.len() as u64)?);
    for (number, assignment) in assignment(scenario, topic)?.into_iter().enumerate() {
        if assignment.is_empty() {
            return Err(refuse(
                path,
                format!("partition {number} of topic `{}` has no replicas", topic.name),
            ));
        }
        placed
            .partitions
            .push(PartitionConfig::new(index, number as u32, assignment));
    }
    placed.topics.push(TopicConfig {
        name: topic.name.clone(),
        settings: settings(scenario, topic),
        exists: when == Existence::FromTheBeginning,
    });
    placed.settings.push(named(scenario, topic));
    Ok(())
}

/// Replicas of each partition. Kafka's placer begins anywhere; here it begins with the first broker.
fn assignment(scenario: &Scenario, topic: &Topic) -> Result<Vec<Brokers>, Refusal> {
    let id = |node: u32| byte("brokers", "broker", u64::from(node)).map(BrokerId);
    if let Some(rows) = &topic.assignment {
        return rows
            .iter()
            .map(|row| row.iter().map(|node| id(node.0)).collect())
            .collect();
    }
    let mut brokers = scenario
        .brokers
        .iter()
        .map(|node| id(node.0))
        .collect::<Result<Vec<_>, _>>()?;
    brokers.sort_unstable();
    let setting = |name: &str| {
        scenario
            .settings
            .get(name)
            .and_then(|value| value.to_string().parse().ok())
    };
    let partitions = topic.partitions.or_else(|| setting("num.partitions")).unwrap_or(1);
    let replication = topic
        .replication
        .or_else(|| setting("default.replication.factor"))
        .unwrap_or(1);
    if replication as usize > brokers.len() {
        let sentence = format!("topic `{}` asks for replication {replication}", topic.name);
        return Err(refuse("topics", format!("{sentence} with {} brokers", brokers.len())));
    }
    Ok(striped(&brokers, partitions, replication as usize))
}

/// Kafka: `StripedReplicaPlacer` with one rack.
///
/// Differs from Kafka: it begins with the first broker, and further rounds go along ascending ids, too.
fn striped(brokers: &[BrokerId], partitions: u32, replication: usize) -> Vec<Brokers> {
    models::controller::placement::striped(brokers, partitions as usize, replication, &mut |_, _| 0)
}

fn value<'s>(scenario: &'s Scenario, topic: &'s Topic, name: &str) -> Option<&'s ConfigValue> {
    let setting = topic_setting(name).expect("the names of this file are Kafka's");
    let of_nodes = || {
        scenario
            .settings
            .iter()
            .find(|(key, _)| setting.is_called(key))
            .map(|(_, value)| value)
    };
    topic.config.get(name).or_else(of_nodes)
}

/// Every setting of a topic that the scenario names, for the topic or for all of them.
fn named(scenario: &Scenario, topic: &Topic) -> BTreeMap<String, String> {
    let own = topic.config.iter();
    let of_topics = scenario.settings.iter().filter_map(|(key, value)| {
        let setting = node_setting(key).filter(|setting| setting.scope == Scope::Topic)?;
        Some((setting.name.to_owned(), value.to_string()))
    });
    of_topics
        .chain(own.map(|(name, value)| (name.clone(), value.to_string())))
        .collect()
}

fn settings(scenario: &Scenario, topic: &Topic) -> TopicSettings {
    let mut settings = TopicSettings {
        min_isr: 1,
        unclean: UncleanElection::Refused,
    };
    for name in [MIN_ISR, UNCLEAN] {
        if let Some(value) = value(scenario, topic, name) {
            settings = altered(settings, name, value);
        }
    }
    settings
}

/// Settings of a topic after one of them was changed; those that replication does not read change nothing.
pub fn altered(mut settings: TopicSettings, key: &str, value: &ConfigValue) -> TopicSettings {
    let value = value.to_string();
    match key {
        // More than any replication factor is as good as the largest number.
        MIN_ISR => settings.min_isr = value.parse::<u64>().map_or(u8::MAX, |min| min.min(255) as u8),
        UNCLEAN if flag(&value) => settings.unclean = UncleanElection::Allowed,
        UNCLEAN => settings.unclean = UncleanElection::Refused,
        _ => {}
    }
    settings
}

/// `flush.messages`, which all topics share here: each append, or never.
fn flushes(scenario: &Scenario) -> Result<Flush, Refusal> {
    let topics = scenario.topics.iter().chain(created(scenario));
    let mut asked = topics.map(|topic| {
        let value = value(scenario, topic, FLUSH).map(ConfigValue::to_string);
        flush(value.as_deref())
    });
    let first = asked.next().unwrap_or(Flush::Never);
    if asked.any(|other| other != first) {
        return Err(refuse(
            "topics",
            "topics with and without `flush.messages: 1` cannot be simulated together",
        ));
    }
    Ok(first)
}

/// The topic of this name.
pub(super) fn index(config: &Config, name: &str) -> Option<TopicIndex> {
    let at = config.topics.iter().position(|topic| topic.name == name)?;
    Some(TopicIndex(at as u8))
}

/// A partition of a topic, or all of them, in order.
pub(crate) fn partitions(config: &Config, topic: &str, number: Option<PartitionIndex>) -> Vec<Partition> {
    let Some(topic) = index(config, topic) else {
        return Vec::new();
    };
    let wanted = |partition: &Partition| number.is_none_or(|number| config.placed(*partition).number == number.0);
    config.partitions_of(topic).filter(wanted).collect()
}

/// The model's word for an election.
pub(crate) fn election(kind: ElectionKind) -> Election {
    match kind {
        ElectionKind::Preferred => Election::Preferred,
        ElectionKind::Unclean => Election::Unclean,
    }
}
