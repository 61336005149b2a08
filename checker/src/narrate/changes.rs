//! What a step changed, a line per thing that a reader cares about: logs, watermarks, roles, decisions, processes.

use models::broker::{Disk, Life, Stage};
use models::client::{Client, Work};
use models::cluster::{BrokerState, Cluster, PartitionState};
use models::ids::{BrokerId, ClientId, LeaderEpoch, Listed, Offset, Partition, RecordId};
use models::log::Log;
use models::replication::{Leading, Replica, Role};
use models::slots::{Slot, Value};
use models::zookeeper::ZooKeeper;
use models::{Kafka, authority_of, authority_slot};
use sim_core::{Model, Op};

use super::names::{Names, broker, joined, listed, or_none};
use super::tale::{Change, Step, Tale};

/// Whom a line is about, so that a note can stand beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A broker's process.
    Broker(BrokerId),
    /// A broker's replica of a partition.
    Replica(BrokerId, Partition),
    /// The controller.
    Controller,
    /// ZooKeeper's tree.
    ZooKeeper,
    /// A client.
    Client(ClientId),
}

/// One changed thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Whom it is about.
    pub subject: Subject,
    /// What changed, from what to what: `log  [] -> [m1@0 e0]`.
    pub what: String,
    /// What follows from it: `LEO 0 -> 1`.
    pub detail: String,
}

impl Subject {
    pub(super) fn name(self, names: Names<'_>) -> String {
        match self {
            Self::Broker(id) => broker(id),
            Self::Replica(id, partition) => names.replica(id, partition),
            Self::Controller => "controller".into(),
            Self::ZooKeeper => "zookeeper".into(),
            Self::Client(id) => names.client(id).into(),
        }
    }
}

/// All changed things of a step, in the order of the slots. Queues and the budget are not among them.
pub fn changes(tale: &Tale<'_>, step: &Step) -> Vec<Line> {
    let mut lines = Vec::new();
    for Change { slot, before, after } in &step.changed {
        match (slot, before, after) {
            (Slot::Controller, Value::Controller(before), Value::Controller(after)) => {
                of_controller(tale, &before.cluster, &after.cluster, &mut lines);
            }
            (Slot::ZooKeeper, Value::ZooKeeper(before), Value::ZooKeeper(after)) => {
                of_zookeeper(tale, before, after, &mut lines);
            }
            (Slot::Life(id), Value::Life(before), Value::Life(after)) => of_life(*id, before, after, &mut lines),
            (Slot::Replica(id, partition), Value::Replica(before), Value::Replica(after)) => {
                let subject = Subject::Replica(*id, *partition);
                // The line of the process says that it is down.
                if after.role != Role::Offline {
                    of_replica(subject, before, after, &mut lines);
                }
            }
            (Slot::Log(id, partition), Value::Log(before), Value::Log(after)) => {
                of_log(Subject::Replica(*id, *partition), before, after, &mut lines);
            }
            (Slot::Client(id), Value::Client(before), Value::Client(after)) => {
                of_client(*id, before, after, &mut lines)
            }
            // The sentence tells of these, or those who act on them.
            (Slot::Faults | Slot::Links | Slot::Image(_) | Slot::Queue(..) | Slot::Ledger, _, _) => {}
            (Slot::Allegiance(_) | Slot::KafkaController(_), _, _) => {}
            (Slot::Committed, Value::Committed(before), Value::Committed(after)) => {
                of_controller(tale, &before.cluster, &after.cluster, &mut lines);
            }
            (Slot::RaftManager(_) | Slot::QuorumController(_), _, _) => {}
            (slot, before, _) => panic!("{slot} holds a content of another kind: {before:?}"),
        }
    }
    lines
}

/// What the controller decided about a partition: `leader 1 -> 3, epoch 0 -> 1, ISR 2,3`. `None` when nothing visible.
pub fn decision(before: &PartitionState, after: &PartitionState) -> Option<String> {
    let mut parts = Vec::new();
    if before.leader != after.leader {
        parts.push(format!(
            "leader {} -> {}",
            or_none(before.leader),
            or_none(after.leader)
        ));
    }
    if before.leader_epoch != after.leader_epoch {
        parts.push(format!("epoch {} -> {}", before.leader_epoch.0, after.leader_epoch.0));
    }
    if before.isr != after.isr && parts.is_empty() {
        parts.push(format!("ISR {} -> {}", listed(&before.isr), listed(&after.isr)));
    } else if before.isr != after.isr {
        parts.push(format!("ISR {}", listed(&after.isr)));
    }
    if before.elr != after.elr {
        parts.push(format!("ELR {}", listed(&after.elr)));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Partitions about which the controller decided in this step.
pub fn decisions(tale: &Tale<'_>, step: &Step) -> Vec<(Partition, String)> {
    let change = step.change(authority_slot(tale.config()));
    let both = |change: &'_ Change| {
        authority_of(&change.before)
            .cloned()
            .zip(authority_of(&change.after).cloned())
    };
    let Some((before, after)) = change.and_then(both) else {
        return Vec::new();
    };
    let decided = tale.config().all_partitions().filter_map(|partition| {
        let text = decision(before.partition(partition)?, after.partition(partition)?)?;
        Some((partition, text))
    });
    decided.collect()
}

/// The tree: sessions that begin and end, the controller, and what is written about partitions.
fn of_zookeeper(tale: &Tale<'_>, before: &ZooKeeper, after: &ZooKeeper, lines: &mut Vec<Line>) {
    let mut line = |what: String| {
        lines.push(Line {
            subject: Subject::ZooKeeper,
            what,
            detail: String::new(),
        });
    };
    for id in tale.config().broker_ids() {
        match (before.cluster.broker(id), after.cluster.broker(id)) {
            (None, Some(known)) => line(format!("has broker {id} ({})", known.epoch)),
            (Some(_), None) => line(format!("broker {id} is gone")),
            (Some(old), Some(new)) if old != new => line(format!("has broker {id} ({})", new.epoch)),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    match after.controller {
        _ if before.controller == after.controller => {}
        Some(id) => line(format!("controller is broker {id} ({})", after.controller_epoch)),
        None => line("there is no controller".into()),
    }
    of_partitions(tale, Subject::ZooKeeper, &before.cluster, &after.cluster, lines);
}

fn of_controller(tale: &Tale<'_>, before: &Cluster, after: &Cluster, lines: &mut Vec<Line>) {
    for (id, registration) in after.brokers() {
        let old = before.broker(*id).map(|old| old.state);
        if old != Some(registration.state) {
            let what = match registration.state {
                BrokerState::Fenced if old.is_none() => format!("registers broker {id}"),
                BrokerState::Fenced => format!("fences broker {id}"),
                BrokerState::Unfenced => format!("unfences broker {id}"),
                BrokerState::ShuttingDown => format!("lets broker {id} shut down"),
                BrokerState::Controlling => format!("makes broker {id} the controller"),
            };
            lines.push(Line {
                subject: Subject::Controller,
                what,
                detail: String::new(),
            });
        }
    }
    of_partitions(tale, Subject::Controller, before, after, lines);
}

fn of_partitions(tale: &Tale<'_>, subject: Subject, before: &Cluster, after: &Cluster, lines: &mut Vec<Line>) {
    // A single partition's decision stands beside the sentence.
    if Names::new(tale.config()).several() {
        for partition in tale.config().all_partitions() {
            let states = before.partition(partition).zip(after.partition(partition));
            if let Some(text) = states.and_then(|(before, after)| decision(before, after)) {
                let what = format!("{}  {text}", tale.config().partition_name(partition));
                lines.push(Line {
                    subject,
                    what,
                    detail: String::new(),
                });
            }
        }
    }
}

fn of_life(id: BrokerId, before: &Life, after: &Life, lines: &mut Vec<Line>) {
    let (old, new) = (stage(before), stage(after));
    let mut parts = Vec::new();
    if old != new {
        parts.push(format!("{old} -> {new}"));
    }
    if before.disk != after.disk {
        parts.push(format!("disk {} -> {}", disk(before.disk), disk(after.disk)));
    }
    if before.directory != after.directory {
        parts.push("a new, empty disk".into());
    }
    if !parts.is_empty() {
        lines.push(Line {
            subject: Subject::Broker(id),
            what: parts.join(", "),
            detail: String::new(),
        });
    }
}

fn stage(life: &Life) -> &'static str {
    if life.timers.is_frozen() {
        return "standing still";
    }
    match life.stage {
        Stage::Down => "down",
        Stage::Registering(_) => "registering",
        Stage::Loaded => "fenced",
        Stage::Serving => "serving",
        Stage::Stopping | Stage::Leaving(_) => "stopping",
    }
}

fn disk(disk: Disk) -> &'static str {
    match disk {
        Disk::Healthy => "healthy",
        Disk::Stalled => "stalled",
        Disk::Failed => "failed",
    }
}

fn of_replica(subject: Subject, before: &Replica, after: &Replica, lines: &mut Vec<Line>) {
    let mut push = |what: String, detail: String| lines.push(Line { subject, what, detail });
    let (old, new) = (role(&before.role), role(&after.role));
    let epoch = |epoch: LeaderEpoch| epoch.0;
    let detail = match before.leader_epoch == after.leader_epoch {
        true => String::new(),
        false => format!("epoch {} -> {}", epoch(before.leader_epoch), epoch(after.leader_epoch)),
    };
    if old != new {
        push(format!("{old} -> {new}"), detail);
    } else if !detail.is_empty() {
        push(detail, String::new());
    }
    if let (Role::Leader(old), Role::Leader(new)) = (&before.role, &after.role) {
        of_leading(old, new, push);
    }
}

fn of_leading(before: &Leading, after: &Leading, mut push: impl FnMut(String, String)) {
    if before.isr != after.isr {
        push(
            format!("ISR {} -> {}", Listed(&before.isr), Listed(&after.isr)),
            String::new(),
        );
    }
    if before.pending != after.pending {
        match &after.pending {
            Some(proposal) => {
                let isr: Vec<BrokerId> = proposal.brokers().collect();
                push(format!("asks for ISR {}", Listed(&isr)), String::new());
            }
            None => push("no longer asks for another ISR".into(), String::new()),
        }
    }
    for (id, peer) in &after.peers {
        let old = before.peer(*id).and_then(|peer| peer.end);
        if old != peer.end {
            push(
                format!(
                    "sees broker {id} at LEO {} -> {}",
                    or_unknown(old),
                    or_unknown(peer.end)
                ),
                String::new(),
            );
        }
    }
}

fn or_unknown(end: Option<Offset>) -> String {
    end.map_or_else(|| "?".into(), |end| end.to_string())
}

fn role(role: &Role) -> String {
    match role {
        Role::Offline => "offline".into(),
        Role::Leader(_) => "leader".into(),
        Role::Follower(following) => match following.leader {
            Some(leader) => format!("follower of {leader}"),
            None => "follower of nobody".into(),
        },
    }
}

fn of_log(subject: Subject, before: &Log, after: &Log, lines: &mut Vec<Line>) {
    let numbers = [
        ("LEO", before.end(), after.end()),
        ("HW", before.high_watermark(), after.high_watermark()),
        ("HW on disk", before.checkpoint(), after.checkpoint()),
    ];
    let changed = numbers.iter().filter(|(_, old, new)| old != new);
    let mut changed: Vec<String> = changed
        .map(|(what, old, new)| format!("{what} {old} -> {new}"))
        .collect();
    if before.batches() != after.batches() {
        let what = in_both(before, after);
        lines.push(Line {
            subject,
            what,
            detail: changed.join(", "),
        });
    } else if !changed.is_empty() {
        let what = changed.remove(0);
        lines.push(Line {
            subject,
            what,
            detail: changed.join(", "),
        });
    }
}

/// Both logs, without the records at the beginning that they share (but for the last of these).
fn in_both(before: &Log, after: &Log) -> String {
    let (old, new) = (all_records(before), all_records(after));
    let shared = old
        .iter()
        .zip(&new)
        .take_while(|(a, b)| a == b)
        .count()
        .saturating_sub(1);
    format!("log  {} -> {}", log_text(&old, shared), log_text(&new, shared))
}

fn all_records(log: &Log) -> Vec<(Offset, RecordId, LeaderEpoch)> {
    log.records(Offset::ZERO, log.end()).collect()
}

fn log_text(records: &[(Offset, RecordId, LeaderEpoch)], skip: usize) -> String {
    let text = |(offset, record, epoch): &(Offset, RecordId, LeaderEpoch)| format!("{record}@{offset} {epoch}");
    let dots = (skip > 0).then(|| "..".to_string());
    let shown = records[skip.min(records.len())..].iter().map(text);
    format!("[{}]", joined(&dots.into_iter().chain(shown).collect::<Vec<_>>(), ", "))
}

fn of_client(id: ClientId, before: &Client, after: &Client, lines: &mut Vec<Line>) {
    let subject = Subject::Client(id);
    let (old, new) = (work(&before.work), work(&after.work));
    if old != new {
        lines.push(Line {
            subject,
            what: format!("{old} -> {new}"),
            detail: String::new(),
        });
    }
    let leader = |client: &Client| client.leader.map(|(leader, _)| leader);
    if leader(before) != leader(after) {
        let what = format!(
            "takes for the leader  {} -> {}",
            or_none(leader(before)),
            or_none(leader(after))
        );
        lines.push(Line {
            subject,
            what,
            detail: String::new(),
        });
    }
}

fn work(work: &Work) -> String {
    match work {
        Work::Producer {
            sending: Some(sending), ..
        } => format!("sending {}", super::names::records(&sending.records)),
        Work::Producer { sending: None, .. } => "idle".into(),
        Work::Consumer(consuming) => format!("position {}", consuming.position),
    }
}

/// What a step sent, one line each: `broker 1 sends Fetch 1 to broker 2`. What went into a dead connection says so.
pub fn messages(tale: &Tale<'_>, step: &Step) -> Vec<String> {
    let names = Names::new(tale.config());
    let mut lines = Vec::new();
    let mut queues: Vec<(Slot, Value)> = Vec::new();
    for (slot, op) in &step.ops {
        let Slot::Queue(from, to, _) = *slot else { continue };
        let at = queues.iter().position(|(known, _)| known == slot).unwrap_or_else(|| {
            queues.extend(tale.value(*slot, step.number - 1).map(|value| (*slot, value.clone())));
            queues.len() - 1
        });
        let before = in_flight(&queues[at].1);
        Kafka::operate(&mut queues[at].1, op);
        if let Op::Push(msg) = op {
            let void = if in_flight(&queues[at].1) > before {
                ""
            } else {
                ", into a dead connection"
            };
            lines.push(format!("{} sends {msg} to {}{void}", names.node(from), names.node(to)));
        }
    }
    lines
}

/// How many messages are in flight in the queue of this slot.
pub(crate) fn in_flight(value: &Value) -> usize {
    if let Value::Queue(queue) = value {
        queue.len()
    } else {
        0
    }
}
