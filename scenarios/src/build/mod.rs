//! Owns the way from a scenario to the cluster that the simulator runs: switches, topics, clients, times, budgets.

mod budget;
mod clients;
mod names;
mod prelude;
mod quorum;
mod script;
mod stillness;
mod switches;
mod times;
mod topics;

use std::collections::BTreeMap;

use checker::properties::Liveness;
use models::config::{Balance, BrokerConfig, Config, Flush, Pace};
use models::faults::{Fault, Faults};
use models::features::Reads;
use models::ids::{BrokerId, Brokers, ControllerId, Partition, RecordId, TopicIndex};
use models::settle::settled;
use models::{Kafka, World};
use sim_core::{Budget, Registered, StepProperty};

use crate::scenario::diagnostic::{Diagnostic, Kind};
use crate::scenario::event::{AdminCommand, Moves};
use crate::scenario::schema::{Clock, Control, NodeId, Scenario, Start};

pub(crate) use clients::model_acks;
pub use clients::{FRESH, Roster};
pub use names::{liveness, names, properties, step_properties};
pub use stillness::Stillness;
pub(crate) use times::PINGS;
pub use topics::altered;
pub(crate) use topics::{MIN_ISR, UNCLEAN, election, partitions};

/// Why a scenario that was read cannot be simulated: it is larger than the model, or asks for what is not modelled.
pub type Refusal = Box<Diagnostic>;

/// A scenario as a cluster.
pub struct Built {
    /// What never changes during a run.
    pub config: Config,
    /// The preset that the cluster runs.
    pub preset: String,
    /// Properties of states that are checked.
    pub properties: Vec<Registered<Kafka>>,
    /// Properties of steps that are checked.
    pub step_properties: Vec<StepProperty<Kafka>>,
    /// Properties of the last world that are checked.
    pub liveness: Vec<Liveness>,
    /// Witnesses that must be reached, or a green result is hollow.
    pub witnesses: Vec<String>,
    /// Which model client stands for which client of the scenario.
    pub roster: Roster,
    /// Texts of the records that the script writes; the others are called `m1`, `m2`, ...
    pub values: BTreeMap<RecordId, String>,
    /// Where a run begins.
    pub start: Start,
    /// Settings that each topic got by name, for tables.
    pub topic_settings: Vec<BTreeMap<String, String>>,
}

/// The cluster of a scenario. Without a pace it has a clock if the scenario says so, or has a script.
///
/// # Errors
/// When the scenario asks for more than the model can hold: broker ids above 254, for example. A scenario that was
/// judged by `load` names only what exists.
pub fn build(scenario: &Scenario, pace: Option<Pace>) -> Result<Built, Refusal> {
    let pace = pace.unwrap_or_else(|| own_pace(scenario));
    script::check(scenario)?;
    let placed = topics::place(scenario)?;
    let roster = clients::enlist(scenario, &placed, pace)?;
    let (controller, brokers) = switches::of_nodes(scenario)?;
    let quorum = quorum::of(scenario, &brokers)?;
    let config = Config {
        pace,
        control: match quorum {
            Some(_) => models::config::Control::Quorum,
            None => control(scenario)?,
        },
        brokers: brokers
            .into_iter()
            .map(|(id, features)| BrokerConfig { id, features })
            .collect(),
        controller,
        quorum,
        topics: placed.topics,
        partitions: placed.partitions,
        clients: roster.configs(),
        faults: budget(scenario, pace),
        admin: Vec::new(),
        times: times::of(scenario, pace),
        balance: times::balance(scenario),
        flush: placed.flush,
        fetch_batches: FETCH_BATCHES,
        reads: Reads::default(),
    };
    let admin = scenario
        .faults
        .admin
        .iter()
        .flat_map(|command| commands(&config, command))
        .collect();
    Ok(Built {
        config: Config { admin, ..config },
        preset: scenario.preset.clone(),
        properties: properties(scenario),
        step_properties: step_properties(scenario),
        liveness: liveness(scenario),
        witnesses: scenario.witnesses.clone(),
        values: roster.values(scenario),
        roster,
        start: scenario.start,
        topic_settings: placed.settings,
    })
}

/// Batches in one answer to a fetch: enough that a small log arrives at once (Kafka: `replica.fetch.max.bytes`).
const FETCH_BATCHES: u8 = 8;

impl Built {
    /// The world at step 1: settled, or with nobody up.
    pub fn initial(&self) -> World<'_> {
        match (self.start, self.config.pace) {
            (Start::Settled, Pace::Free) => settled(&self.config),
            (Start::Settled, Pace::Clock) => self.timed(0).world,
            (Start::Cold, Pace::Free | Pace::Clock) => World::new(&self.config),
        }
    }

    /// The broker of the model that stands for a node of the scenario, if the node is a broker.
    pub fn broker(&self, node: NodeId) -> Option<BrokerId> {
        let id = BrokerId(u8::try_from(node.0).ok()?);
        self.config.broker_ids().find(|other| *other == id)
    }

    /// The controller of the model that stands for a node of the scenario, if the node is one and no broker. One controller
    /// alone is the cluster's control plane, and no node that could fail.
    pub fn controller(&self, node: NodeId) -> Option<ControllerId> {
        let id = ControllerId(u8::try_from(node.0).ok()?);
        let mut separate = self
            .config
            .quorum
            .iter()
            .flat_map(models::kraft::quorum::Roster::separate);
        separate.find(|(_, other)| *other == id).map(|(_, id)| id)
    }

    /// The topic of this name.
    pub fn topic(&self, name: &str) -> Option<TopicIndex> {
        topics::index(&self.config, name)
    }

    /// What a record is called in tables: its value in the script, or `m1`.
    pub fn record(&self, id: RecordId) -> String {
        self.values.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

fn own_pace(scenario: &Scenario) -> Pace {
    match scenario.clock {
        Some(Clock::On) => Pace::Clock,
        Some(Clock::Off) => Pace::Free,
        None if scenario.script.is_empty() => Pace::Free,
        None => Pace::Clock,
    }
}

/// With a clock the script decides what goes wrong; without one the budget of the scenario.
fn budget(scenario: &Scenario, pace: Pace) -> Faults {
    match pace {
        Pace::Clock => Faults::unlimited(),
        Pace::Free => {
            let mut faults = Faults::default();
            for fault in Fault::ALL {
                faults.set(*fault, Budget::Left(scenario.faults.number(*fault)));
            }
            faults
        }
    }
}

/// The orders of the model that carry out one command of the budget.
fn commands(config: &Config, command: &AdminCommand) -> Vec<models::message::Command> {
    use models::message::Command;
    match command {
        AdminCommand::Elect { topic, partition, kind } => {
            let partitions = topics::partitions(config, topic, *partition);
            partitions
                .into_iter()
                .map(|partition| Command::Elect(partition, topics::election(*kind)))
                .collect()
        }
        AdminCommand::AlterConfig { topic, key, value } => topics::index(config, topic)
            .map(|index| {
                let before = config.topics[usize::from(index.0)].settings;
                Command::AlterTopic(index, altered(before, key, value))
            })
            .into_iter()
            .collect(),
        AdminCommand::CreateTopic { topic } => topics::index(config, &topic.name)
            .map(Command::CreateTopic)
            .into_iter()
            .collect(),
        AdminCommand::Reassign { topic, to } => moves(config, topic, to)
            .into_iter()
            .map(|(partition, target)| Command::Reassign(partition, target))
            .collect(),
        AdminCommand::CancelReassignment { topic, partition } => topics::partitions(config, topic, *partition)
            .into_iter()
            .map(Command::CancelReassignment)
            .collect(),
        AdminCommand::AddPartitions { topic, partitions, .. } => topics::index(config, topic)
            .map(|index| Command::AddPartitions(index, *partitions))
            .into_iter()
            .collect(),
        AdminCommand::DeleteTopic { topic } => topics::index(config, topic)
            .map(Command::DeleteTopic)
            .into_iter()
            .collect(),
    }
}

/// Partitions of the model with the replicas that they shall have.
pub(crate) fn moves(config: &Config, topic: &str, to: &Moves) -> Vec<(Partition, Brokers)> {
    let target = |nodes: &[NodeId]| -> Brokers {
        nodes
            .iter()
            .filter_map(|node| u8::try_from(node.0).ok().map(BrokerId))
            .collect()
    };
    to.iter()
        .flat_map(|(number, nodes)| {
            let partitions = topics::partitions(config, topic, Some(*number));
            partitions.into_iter().map(|partition| (partition, target(nodes)))
        })
        .collect()
}

fn control(scenario: &Scenario) -> Result<models::config::Control, Refusal> {
    match &scenario.control {
        Control::Kraft { .. } | Control::KraftCombined { .. } => Ok(models::config::Control::Kraft),
        Control::ZooKeeper { ensemble, .. } => {
            let ensemble = byte("control", "an ensemble of", u64::from(*ensemble))?;
            Ok(models::config::Control::ZooKeeper { ensemble })
        }
    }
}

/// A refusal about a value of the scenario.
fn refuse(path: impl Into<String>, sentence: impl Into<String>) -> Refusal {
    Box::new(Diagnostic::error(Kind::Scenario, sentence.into()).about(path.into()))
}

/// A number that the model holds in one byte.
fn byte(path: &str, what: &str, number: u64) -> Result<u8, Refusal> {
    match u8::try_from(number) {
        Ok(byte) if byte < u8::MAX => Ok(byte),
        _ => Err(refuse(
            path,
            format!("{what} {number} is more than can be simulated: at most 254"),
        )),
    }
}

/// Whether logs are flushed after every append, and whether leaders return by themselves, as settings say it.
fn flag(value: &str) -> bool {
    value == "true"
}

/// What `flush.messages` means for the model.
fn flush(value: Option<&str>) -> Flush {
    if value == Some("1") {
        Flush::EveryAppend
    } else {
        Flush::Never
    }
}

/// `auto.leader.rebalance.enable`.
fn balance_of(value: &str) -> Balance {
    if flag(value) {
        Balance::Automatic
    } else {
        Balance::Manual
    }
}

#[cfg(test)]
mod tests;
