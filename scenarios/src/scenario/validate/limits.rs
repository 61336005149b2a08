//! Owns the sizes above which a scenario is refused before anything else is looked at.

use super::{Finding, error};
use crate::scenario::event::{AdminCommand, Event};
use crate::scenario::messages as say;
use crate::scenario::path::Path;
use crate::scenario::schema::{Client, Control, Scenario, Topic};

/// Brokers of one cluster.
pub const BROKERS_MAX: u64 = 32;

/// Controllers of one cluster.
pub const CONTROLLERS_MAX: u64 = 32;

/// Partitions of one cluster, those of topics that an event creates included; a topic counts as one at least.
pub const PARTITIONS_MAX: u64 = 256;

/// Replicas that assignments name in all.
pub const REPLICAS_MAX: u64 = PARTITIONS_MAX * BROKERS_MAX;

/// Records that clients and events write in all.
pub const RECORDS_MAX: u64 = 100_000;

/// Events of a script.
pub const EVENTS_MAX: u64 = 10_000;

/// Elements of each other list, and entries of each map.
pub const ELEMENTS_MAX: u64 = 256;

pub(super) fn check(scenario: &Scenario) -> Vec<Finding> {
    let controllers = match &scenario.control {
        Control::Kraft { controllers } => controllers.len() as u64,
        Control::KraftCombined { nodes } => nodes.len() as u64,
        Control::ZooKeeper { ensemble, .. } => u64::from(*ensemble),
    };
    let count = |len: usize| len as u64;
    let topics = || scenario.topics.iter().chain(created_topics(scenario));
    let config = topics().map(|topic| count(topic.config.len())).max().unwrap_or(0);
    let limits = [
        ("brokers", "brokers", count(scenario.brokers.len()), BROKERS_MAX),
        ("controllers", "control", controllers, CONTROLLERS_MAX),
        ("partitions in all", "topics", partitions(topics()), PARTITIONS_MAX),
        ("replicas in all", "topics", topics().map(assigned).sum(), REPLICAS_MAX),
        ("settings of one topic", "topics", config, ELEMENTS_MAX),
        ("records in all", "clients", records(scenario), RECORDS_MAX),
        ("clients", "clients", count(scenario.clients.len()), ELEMENTS_MAX),
        ("events", "script", count(scenario.script.len()), EVENTS_MAX),
        (
            "operator commands",
            "faults",
            count(scenario.faults.admin.len()),
            ELEMENTS_MAX,
        ),
        ("settings", "settings", count(scenario.settings.len()), ELEMENTS_MAX),
        ("switches", "switches", count(scenario.switches.len()), ELEMENTS_MAX),
        (
            "presets of brokers",
            "broker_presets",
            count(scenario.broker_presets.len()),
            ELEMENTS_MAX,
        ),
        (
            "properties",
            "properties",
            count(scenario.properties.len()),
            ELEMENTS_MAX,
        ),
        ("omitted properties", "omit", count(scenario.omit.len()), ELEMENTS_MAX),
        ("witnesses", "witnesses", count(scenario.witnesses.len()), ELEMENTS_MAX),
    ];
    let too_many = limits.into_iter().filter(|(_, _, count, max)| count > max);
    let findings = too_many.map(|(what, field, count, max)| {
        error(
            Path::field(field),
            say::TOO_MANY.with(&[("count", &count), ("what", &what), ("max", &max)]),
        )
    });
    findings.collect()
}

/// Replicas that the assignment of a topic names.
fn assigned(topic: &Topic) -> u64 {
    topic.assignment.iter().flatten().map(|row| row.len() as u64).sum()
}

fn partitions<'t>(topics: impl Iterator<Item = &'t Topic>) -> u64 {
    topics
        .map(|topic| topic.partition_count().max(1))
        .fold(0, u64::saturating_add)
}

fn records(scenario: &Scenario) -> u64 {
    let written = scenario.clients.iter().map(|client| match client {
        Client::Producer { records, .. } => u64::from(*records),
        Client::Consumer { .. } | Client::Group { .. } => 0,
    });
    let produced = scenario
        .script
        .iter()
        .filter(|event| matches!(event, Event::Produce { .. }))
        .count() as u64;
    written.fold(produced, u64::saturating_add)
}

/// The topics that events and operator commands create.
pub(super) fn created_topics(scenario: &Scenario) -> impl Iterator<Item = &Topic> {
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
