//! Judges the script and the operator commands of the fault budget: references, times, and brokers' lives.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Judge, clients, error, settings, topics, warning};
use crate::scenario::config_value::ConfigValue;
use crate::scenario::event::{AdminCommand, Event, Moves, StopKind};
use crate::scenario::messages as say;
use crate::scenario::path::Path;
use crate::scenario::schema::{Acks, Client, Clock, Control, NodeId, PartitionIndex, Start};
use crate::scenario::time_span::TimeSpan;

pub(super) fn check(judge: &Judge<'_>, findings: &mut Vec<Finding>) {
    let mut lives = Lives::of(judge);
    let mut times = Times::default();
    let mut labels = BTreeSet::new();
    for (index, event) in judge.scenario.script.iter().enumerate() {
        let path = judge.element("script", index);
        references(judge, event, &path, findings);
        findings.extend(times.follow(judge, event, &path));
        findings.extend(label(event, &path, &mut labels));
        let finding = lives.follow(event, &path);
        findings.extend(finding.filter(|_| judge.gaps.is_complete("script")));
    }
    let list = Path::field("faults").child("admin");
    for (index, command) in judge.scenario.faults.admin.iter().enumerate() {
        let path = list.index(judge.gaps.position(&list.to_string(), index));
        admin(judge, command, &path, findings);
    }
}

/// Judges the nodes, topics and clients that an event names.
fn references(judge: &Judge<'_>, event: &Event, path: &Path, findings: &mut Vec<Finding>) {
    let broker = |verb: &str, broker: NodeId| judge.broker(&format!("{path} {verb}"), broker, path.child("broker"));
    let process = |verb: &str, node: NodeId| match judge.processes().any(|known| known == node) {
        true => None,
        false => broker(verb, node),
    };
    match event {
        Event::Stop { broker: id, .. } => findings.extend(process("stops", *id)),
        Event::Start { broker: id, .. } => findings.extend(process("starts", *id)),
        Event::Pause { broker: id, .. } => findings.extend(process("pauses", *id)),
        Event::Resume { broker: id, .. } => findings.extend(process("resumes", *id)),
        Event::DirFail { broker: id, .. } => findings.extend(broker("fails the log directory of", *id)),
        Event::FullDisk { broker: id, .. } => findings.extend(broker("fills the disk of", *id)),
        Event::SlowDisk { broker: id, .. } => findings.extend(broker("slows the disk of", *id)),
        Event::Cut { between, .. } => pair(judge, "cuts off", *between, path, findings),
        Event::Heal {
            between: Some(between), ..
        } => pair(judge, "heals", *between, path, findings),
        Event::Reset { between, .. } => pair(judge, "resets a connection of", *between, path, findings),
        Event::CutOneWay { from, to, .. } => {
            let ends = [(*from, path.child("from")), (*to, path.child("to"))];
            two_nodes(judge, "cuts off", ends, path, findings);
        }
        Event::Elect { topic, partition, .. } => {
            findings.extend(topics::reference(
                judge,
                &format!("{path} elects in"),
                topic,
                *partition,
                path,
            ));
        }
        Event::AlterConfig { topic, key, value, .. } => alter_config(judge, topic, (key, value), path, findings),
        Event::CreateTopic { topic, .. } => topics::check_topic(judge, topic, &path.child("topic"), findings),
        Event::Reassign { topic, to, .. } => moves(judge, "moves", (topic, to), path, findings),
        Event::VerifyReassignment { topic, to, .. } => moves(judge, "looks at", (topic, to), path, findings),
        Event::CancelReassignment { topic, partition, .. } => {
            cancelled(judge, topic, *partition, path, findings);
        }
        Event::AddPartitions {
            topic,
            partitions,
            assignment,
            ..
        } => growth(judge, topic, (*partitions, assignment.as_deref()), path, findings),
        Event::DeleteTopic { topic, .. } => {
            findings.extend(topics::reference(judge, &format!("{path} deletes"), topic, None, path));
        }
        Event::Produce { .. } => produce(judge, event, path, findings),
        Event::StopZooKeeper { .. } | Event::StartZooKeeper { .. } => {
            let has_one = matches!(judge.scenario.control, Control::ZooKeeper { .. });
            let none = error(path.clone(), say::NO_ENSEMBLE.with(&[("event", path)]));
            findings.extend((!has_one).then_some(none));
        }
        Event::Heal { between: None, .. }
        | Event::Settle { .. }
        | Event::Wait(_)
        | Event::Label(_)
        | Event::ListReassignments { .. }
        | Event::PowerAll { .. } => {}
    }
}

/// The partitions that are moved, and the brokers that they are moved to.
fn moves(judge: &Judge<'_>, verb: &str, (topic, to): (&str, &Moves), path: &Path, findings: &mut Vec<Finding>) {
    let what = format!("{path} {verb} partitions of");
    if to.is_empty() {
        findings.push(error(path.child("to"), say::MOVES_NOTHING.with(&[("event", path)])));
        findings.extend(topics::reference(judge, &what, topic, None, path));
    }
    for (number, row) in to {
        findings.extend(topics::reference(judge, &what, topic, Some(*number), path));
        targets(judge, (topic, number.0), row, &path.child("to"), findings);
    }
}

/// Replicas that a partition is to get.
fn targets(judge: &Judge<'_>, (topic, number): (&str, u32), row: &[NodeId], path: &Path, findings: &mut Vec<Finding>) {
    if row.is_empty() {
        let args: [(&str, &dyn std::fmt::Display); 2] = [("partition", &number), ("topic", &topic)];
        findings.push(error(path.clone(), say::ASSIGNMENT_EMPTY.with(&args)));
    }
    for (at, node) in row.iter().enumerate() {
        if row[..at].contains(node) {
            let args: [(&str, &dyn std::fmt::Display); 3] = [("partition", &number), ("topic", &topic), ("node", node)];
            findings.push(error(path.clone(), say::ASSIGNMENT_TWICE.with(&args)));
        } else {
            let what = format!("{path} places a replica on");
            findings.extend(judge.broker(&what, *node, path.clone()));
        }
    }
}

fn cancelled(
    judge: &Judge<'_>,
    topic: &str,
    partition: Option<PartitionIndex>,
    path: &Path,
    findings: &mut Vec<Finding>,
) {
    let what = format!("{path} calls off a reassignment of");
    findings.extend(topics::reference(judge, &what, topic, partition, path));
}

/// More partitions than before, each with a row if rows are given.
fn growth(
    judge: &Judge<'_>,
    topic: &str,
    (count, rows): (u32, Option<&[Vec<NodeId>]>),
    path: &Path,
    findings: &mut Vec<Finding>,
) {
    findings.extend(topics::reference(
        judge,
        &format!("{path} adds partitions to"),
        topic,
        None,
        path,
    ));
    let Some(have) = topics::first_partitions(judge, topic) else {
        return;
    };
    let new = u64::from(count).saturating_sub(have);
    if new == 0 {
        let args: [(&str, &dyn std::fmt::Display); 3] = [("topic", &topic), ("have", &have), ("count", &count)];
        findings.push(error(path.child("partitions"), say::PARTITIONS_NO_INCREASE.with(&args)));
    }
    let Some(rows) = rows else { return };
    if new > 0 && rows.len() as u64 != new {
        let args: [(&str, &dyn std::fmt::Display); 3] = [("topic", &topic), ("new", &new), ("rows", &rows.len())];
        findings.push(error(path.child("assignment"), say::ROWS_WRONG.with(&args)));
    }
    for (at, row) in rows.iter().enumerate() {
        let number = u32::try_from(have + at as u64).unwrap_or(u32::MAX);
        targets(
            judge,
            (topic, number),
            row,
            &path.child("assignment").index(at),
            findings,
        );
    }
}

fn pair(judge: &Judge<'_>, verb: &str, between: (NodeId, NodeId), path: &Path, findings: &mut Vec<Finding>) {
    let ends = [between.0, between.1];
    let list = path.child("between");
    two_nodes(
        judge,
        verb,
        [(ends[0], list.index(0)), (ends[1], list.index(1))],
        path,
        findings,
    );
}

fn two_nodes(judge: &Judge<'_>, verb: &str, ends: [(NodeId, Path); 2], path: &Path, findings: &mut Vec<Finding>) {
    let same = ends[0].0 == ends[1].0;
    for (position, (node, end)) in ends.into_iter().enumerate() {
        if same && position == 1 {
            findings.push(error(end, say::SAME_NODE.with(&[("event", path), ("node", &node)])));
        } else {
            findings.extend(judge.node(&format!("{path} {verb}"), node, end));
        }
    }
}

fn alter_config(
    judge: &Judge<'_>,
    topic: &str,
    (key, value): (&str, &ConfigValue),
    path: &Path,
    findings: &mut Vec<Finding>,
) {
    findings.extend(topics::reference(judge, &format!("{path} alters"), topic, None, path));
    let entry = settings::topic_entry(judge, key, value, path.child("key"), path.child("value"));
    // Here the setting's name is a value itself, not the key of one.
    findings.extend(entry.map(|finding| Finding {
        point: super::Point::Value,
        ..finding
    }));
}

fn produce(judge: &Judge<'_>, event: &Event, path: &Path, findings: &mut Vec<Finding>) {
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
    let what = format!("{path} writes");
    findings.extend(topics::reference(
        judge,
        &format!("{what} to"),
        topic,
        Some(*partition),
        path,
    ));
    let Some(id) = client else { return };
    findings.extend(clients::producer(
        judge,
        &format!("{what} with"),
        id,
        path.child("client"),
    ));
    let owner = judge.scenario.clients.iter().find_map(|other| match other {
        Client::Producer { id: other, acks, .. } if other == id => Some(*acks),
        _ => None,
    });
    if let Some(owner) = owner.filter(|owner| owner != acks && *acks != Acks::default()) {
        let args: [(&str, &dyn std::fmt::Display); 3] =
            [("id", id), ("client", &acks_name(owner)), ("event", &acks_name(*acks))];
        findings.push(error(path.child("acks"), say::ACKS_DIFFER.with(&args)));
    }
}

fn acks_name(acks: Acks) -> &'static str {
    match acks {
        Acks::All => "All",
        Acks::One => "One",
        Acks::None => "None",
    }
}

fn admin(judge: &Judge<'_>, command: &AdminCommand, path: &Path, findings: &mut Vec<Finding>) {
    match command {
        AdminCommand::Elect { topic, partition, .. } => {
            findings.extend(topics::reference(
                judge,
                &format!("{path} elects in"),
                topic,
                *partition,
                path,
            ));
        }
        AdminCommand::AlterConfig { topic, key, value } => alter_config(judge, topic, (key, value), path, findings),
        AdminCommand::CreateTopic { topic } => topics::check_topic(judge, topic, &path.child("topic"), findings),
        AdminCommand::Reassign { topic, to } => moves(judge, "moves", (topic, to), path, findings),
        AdminCommand::CancelReassignment { topic, partition } => cancelled(judge, topic, *partition, path, findings),
        AdminCommand::AddPartitions {
            topic,
            partitions,
            assignment,
        } => growth(judge, topic, (*partitions, assignment.as_deref()), path, findings),
        AdminCommand::DeleteTopic { topic } => {
            findings.extend(topics::reference(judge, &format!("{path} deletes"), topic, None, path));
        }
    }
}

/// The times that events name must not go backwards, and need a clock.
#[derive(Default)]
struct Times {
    last: Option<TimeSpan>,
}

impl Times {
    fn follow(&mut self, judge: &Judge<'_>, event: &Event, path: &Path) -> Option<Finding> {
        let at = event.at();
        let time_path = if matches!(event, Event::Wait(_)) {
            path.clone()
        } else {
            path.child("at")
        };
        if judge.scenario.clock == Some(Clock::Off) && (at.is_some() || matches!(event, Event::Wait(_))) {
            return Some(error(time_path, say::CLOCK_OFF.with(&[("event", path)])));
        }
        let at = at?;
        let before = self.last.replace(at).filter(|before| *before > at)?;
        let message = say::AT_BACKWARDS.with(&[("event", path), ("at", &at), ("before", &before)]);
        Some(error(time_path, message))
    }
}

/// Labels name one moment each.
fn label<'e>(event: &'e Event, path: &Path, labels: &mut BTreeSet<&'e str>) -> Option<Finding> {
    let (label, path) = match event {
        Event::Label(label) => (label, path.index(0)),
        Event::Settle { label: Some(label), .. } => (label, path.child("label")),
        _ => return None,
    };
    if label.is_empty() {
        return Some(error(path, &say::LABEL_EMPTY));
    }
    let known = !labels.insert(label);
    known.then(|| error(path, say::LABEL_TWICE.with(&[("label", label)])))
}

/// What a broker's process does, as far as the script alone decides it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    Paused,
    Stopped,
    Unknown,
}

impl Life {
    fn name(self) -> &'static str {
        match self {
            Life::Running => "running",
            Life::Paused => "paused",
            Life::Stopped => "stopped",
            Life::Unknown => "unknown",
        }
    }
}

/// The brokers' processes, event by event.
struct Lives {
    lives: BTreeMap<NodeId, Life>,
}

impl Lives {
    fn of(judge: &Judge<'_>) -> Lives {
        let life = match judge.scenario.start {
            Start::Settled => Life::Running,
            Start::Cold => Life::Unknown,
        };
        Lives {
            lives: judge.processes().map(|node| (node, life)).collect(),
        }
    }

    /// Follows the event, and warns when it changes nothing.
    fn follow(&mut self, event: &Event, path: &Path) -> Option<Finding> {
        let (broker, verb, idle, after): (_, _, &[Life], _) = match event {
            Event::Stop {
                broker,
                how: StopKind::Clean,
                ..
            } if self.is(*broker, Life::Paused) => {
                // SIGTERM waits until the process goes on.
                (*broker, "stops", &[], Life::Unknown)
            }
            Event::Stop { broker, .. } => (*broker, "stops", &[Life::Stopped], Life::Stopped),
            Event::Start { broker, .. } => (*broker, "starts", &[Life::Running, Life::Paused], Life::Running),
            Event::Pause { broker, .. } => (*broker, "pauses", &[Life::Paused, Life::Stopped], Life::Paused),
            Event::Resume { broker, .. } => (*broker, "resumes", &[Life::Running, Life::Stopped], Life::Running),
            // A broker without a usable disk ends itself, sooner or later.
            Event::DirFail { broker, .. } | Event::FullDisk { broker, .. } => (*broker, "", &[], Life::Unknown),
            Event::PowerAll { .. } => {
                self.lives.values_mut().for_each(|life| *life = Life::Stopped);
                return None;
            }
            _ => return None,
        };
        let life = self.lives.get_mut(&broker)?;
        let state = *life;
        if idle.contains(&state) {
            let what = format!("{path} {verb}");
            let message = say::BROKER_IS.with(&[("what", &what), ("node", &broker), ("state", &state.name())]);
            return Some(warning(path.child("broker"), message).note(&say::NOTE_BROKER_IS));
        }
        *life = after;
        None
    }

    fn is(&self, broker: NodeId, life: Life) -> bool {
        self.lives.get(&broker) == Some(&life)
    }
}
