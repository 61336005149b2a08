//! Judges topics: names, placement, settings, and references to them.

use std::fmt::Display;

use super::limits::created_topics;
use super::{Finding, Judge, counted, error, meant, name_list, settings, warning};
use crate::scenario::event::{AdminCommand, Event};
use crate::scenario::messages as say;
use crate::scenario::path::Path;
use crate::scenario::schema::{NodeId, PartitionIndex, Topic};

/// Length of a topic's name. Kafka: `Topic.MAX_NAME_LENGTH`.
const NAME_LEN_MAX: usize = 249;

pub(super) fn check(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let topics = &judge.scenario.topics;
    for (index, topic) in topics.iter().enumerate() {
        let path = judge.element("topics", index);
        if topics[..index].iter().any(|other| other.name == topic.name) {
            findings.push(error(
                path.child("name"),
                say::TOPIC_TWICE.with(&[("topic", &topic.name)]),
            ));
        }
        check_topic(judge, topic, &path, findings);
    }
}

/// Judges one topic, wherever it is declared.
pub(super) fn check_topic(judge: &Judge<'_>, topic: &Topic, path: &Path, findings: &mut Vec<Finding>) {
    findings.extend(name(&topic.name, path));
    settings::topic_config(judge, &topic.config, &path.child("config"), findings);
    if !judge.gaps.is_complete(path.top().unwrap_or_default()) {
        return;
    }
    let faulty = match &topic.assignment {
        Some(rows) => assignment(judge, topic, rows, path, findings),
        None => counts(judge, topic, path, findings),
    };
    if faulty == Placement::Valid {
        findings.extend(min_isr(judge, topic, path));
    }
}

/// Whether the replicas of a topic can be placed as asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placement {
    Valid,
    Refused,
}

impl Placement {
    fn of(before: usize, findings: &[Finding]) -> Placement {
        if findings.len() == before {
            Placement::Valid
        } else {
            Placement::Refused
        }
    }
}

fn name(name: &str, path: &Path) -> Option<Finding> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=NAME_LEN_MAX).contains(&name.len()) && name.bytes().all(legal) && name != "." && name != ".." {
        return None;
    }
    let message = say::TOPIC_NAME.with(&[("name", &name)]);
    Some(error(path.child("name"), message).help(&say::HELP_TOPIC_NAME))
}

fn counts(judge: &Judge<'_>, topic: &Topic, path: &Path, findings: &mut Vec<Finding>) -> Placement {
    let before = findings.len();
    if topic.partitions == Some(0) {
        findings.push(error(
            path.child("partitions"),
            say::PARTITIONS_NONE.with(&[("topic", &topic.name)]),
        ));
    }
    let replication = topic.replication_factor();
    let brokers = judge.scenario.brokers.len() as u64;
    if replication == 0 {
        findings.push(error(
            path.child("replication"),
            say::REPLICATION_NONE.with(&[("topic", &topic.name)]),
        ));
    }
    let known = brokers > 0 && judge.gaps.is_complete("brokers");
    if replication > brokers && known && !judge.scenario.allow_invalid {
        let args: [(&str, &dyn Display); 3] = [
            ("topic", &topic.name),
            ("replication", &replication),
            ("brokers", &counted(brokers, "broker")),
        ];
        let note = say::NOTE_REPLICATION.with(&[("replication", &replication), ("brokers", &brokers)]);
        findings.push(error(path.child("replication"), say::REPLICATION_TOO_LARGE.with(&args)).note(note));
    }
    Placement::of(before, findings)
}

fn assignment(
    judge: &Judge<'_>,
    topic: &Topic,
    rows: &[Vec<NodeId>],
    path: &Path,
    findings: &mut Vec<Finding>,
) -> Placement {
    let before = findings.len();
    for (field, given) in [("partitions", topic.partitions), ("replication", topic.replication)] {
        if given.is_some() {
            let message = say::ASSIGNMENT_AND_COUNT.with(&[("topic", &topic.name), ("field", &field)]);
            findings.push(error(path.child(field), message).at_key());
        }
    }
    let path = path.child("assignment");
    if rows.is_empty() {
        findings.push(error(
            path.clone(),
            say::PARTITIONS_NONE.with(&[("topic", &topic.name)]),
        ));
    }
    if !judge.scenario.allow_invalid {
        for (partition, row) in rows.iter().enumerate() {
            let first = rows[0].len();
            findings.extend(row_shape(topic, partition, row, first, &path));
            replicas(judge, topic, partition, row, &path, findings);
        }
    }
    Placement::of(before, findings)
}

/// A partition needs as many replicas as the first one, and at least one.
fn row_shape(topic: &Topic, partition: usize, row: &[NodeId], first: usize, path: &Path) -> Option<Finding> {
    let (path, count) = (path.index(partition), row.len());
    if row.is_empty() {
        return Some(error(
            path,
            say::ASSIGNMENT_EMPTY.with(&[("partition", &partition), ("topic", &topic.name)]),
        ));
    }
    if count == first || first == 0 {
        return None;
    }
    let args: [(&str, &dyn Display); 4] = [
        ("partition", &partition),
        ("topic", &topic.name),
        ("count", &count),
        ("first", &first),
    ];
    Some(error(path, say::ASSIGNMENT_UNEVEN.with(&args)).note(&say::NOTE_ASSIGNMENT))
}

fn replicas(
    judge: &Judge<'_>,
    topic: &Topic,
    partition: usize,
    row: &[NodeId],
    path: &Path,
    findings: &mut Vec<Finding>,
) {
    let what = format!("topic `{}` has a replica on", topic.name);
    for (index, node) in row.iter().enumerate() {
        let path = path.index(partition).index(index);
        if row[..index].contains(node) {
            let args: [(&str, &dyn Display); 3] = [("partition", &partition), ("topic", &topic.name), ("node", node)];
            findings.push(error(path, say::ASSIGNMENT_TWICE.with(&args)).note(&say::NOTE_ASSIGNMENT));
        } else {
            findings.extend(judge.broker(&what, *node, path));
        }
    }
}

fn min_isr(judge: &Judge<'_>, topic: &Topic, path: &Path) -> Option<Finding> {
    let min = settings::min_insync_replicas(judge, &topic.config);
    let replication = topic.replication_factor();
    let path = if topic.config.contains_key("min.insync.replicas") {
        path.child("config").key("min.insync.replicas")
    } else {
        path.child("name")
    };
    let args: [(&str, &dyn Display); 2] = [("min", &min), ("replication", &replication)];
    // With one replica nothing but its own stop can refuse a write, and every learner knows that.
    match min.cmp(&replication) {
        std::cmp::Ordering::Equal if min > 1 => {
            Some(warning(path, say::MIN_ISR_EQUAL.with(&args)).note(&say::NOTE_MIN_ISR_EQUAL))
        }
        std::cmp::Ordering::Greater => {
            let note = say::NOTE_MIN_ISR_LARGER.with(&[("replication", &counted(replication, "replica"))]);
            Some(warning(path, say::MIN_ISR_LARGER.with(&args)).note(note))
        }
        std::cmp::Ordering::Equal | std::cmp::Ordering::Less => None,
    }
}

/// Complains about a topic that does not exist, or about a partition that it does not have. `what` is the beginning of
/// the sentence.
pub(super) fn reference(
    judge: &Judge<'_>,
    what: &str,
    name: &str,
    partition: Option<PartitionIndex>,
    path: &Path,
) -> Option<Finding> {
    let unknown = ["topics", "script", "faults"]
        .iter()
        .any(|field| !judge.gaps.is_complete(field));
    let topics = || judge.scenario.topics.iter().chain(created_topics(judge.scenario));
    let Some(topic) = topics().find(|topic| topic.name == name) else {
        return if unknown {
            None
        } else {
            Some(no_topic(what, name, topics(), path.child("topic")))
        };
    };
    let partitions = grown(judge, name).max(topic.partition_count());
    let partition = partition.filter(|partition| !unknown && u64::from(partition.0) >= partitions)?;
    let partitions = counted(partitions, "partition");
    let args: [(&str, &dyn Display); 4] = [
        ("what", &what),
        ("partition", &partition),
        ("topic", &name),
        ("partitions", &partitions),
    ];
    Some(error(path.child("partition"), say::PARTITION_UNKNOWN.with(&args)))
}

/// How many partitions a topic is made with, if there is one of this name.
pub(super) fn first_partitions(judge: &Judge<'_>, name: &str) -> Option<u64> {
    let mut topics = judge.scenario.topics.iter().chain(created_topics(judge.scenario));
    topics.find(|topic| topic.name == name).map(Topic::partition_count)
}

/// The largest number of partitions that an order gives this topic.
fn grown(judge: &Judge<'_>, name: &str) -> u64 {
    let by_events = judge.scenario.script.iter().filter_map(|event| match event {
        Event::AddPartitions { topic, partitions, .. } if topic == name => Some(*partitions),
        _ => None,
    });
    let by_commands = judge.scenario.faults.admin.iter().filter_map(|command| match command {
        AdminCommand::AddPartitions { topic, partitions, .. } if topic == name => Some(*partitions),
        _ => None,
    });
    by_events.chain(by_commands).max().map_or(0, u64::from)
}

fn no_topic<'t>(what: &str, name: &str, topics: impl Iterator<Item = &'t Topic>, path: Path) -> Finding {
    let names: Vec<&str> = topics.map(|topic| topic.name.as_str()).collect();
    if names.is_empty() {
        return error(path, say::TOPIC_NONE.with(&[("what", &what), ("topic", &name)]));
    }
    let known = name_list("topic", names.iter().copied());
    let message = say::TOPIC_UNKNOWN.with(&[("what", &what), ("topic", &name), ("topics", &known)]);
    error(path, message).maybe_help(meant(name, names))
}
