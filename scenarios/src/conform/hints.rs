//! Choices that may differ from run to run, as the recording made them. Nothing else of it reaches the model.

use std::collections::BTreeMap;

use super::cells::Thing;
use super::history::{History, history, records};
use super::output_rows::output_rows;
use super::subject::Output;
use crate::recording::{
    Act, Answer, Block, Command, Content, Disk, Exit, LogRecord, MetadataRecord, Mode, NodeId, Observed,
    PartitionState, Process, Produce, Recording, TopicPartition, Verb,
};

/// What the recording says about chance. Each question is asked when the model has to choose; those with more than one
/// possible answer are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    registrations: Vec<NodeId>,
    unfencings: Vec<NodeId>,
    fencings: Vec<NodeId>,
    controllers: Vec<NodeId>,
    states: BTreeMap<TopicPartition, Path>,
    leaders_told: BTreeMap<usize, NodeId>,
    luck: BTreeMap<usize, ToolLuck>,
    tried_in_vain: BTreeMap<usize, Vec<NodeId>>,
    placements: BTreeMap<String, Vec<Vec<NodeId>>>,
    used: usize,
}

/// The states of a partition in order, and where the model is among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Path {
    states: Vec<PartitionState>,
    /// The state that the model has, if it is one of these.
    at: Option<usize>,
}

/// Which brokers a tool happened to choose while one stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolLuck {
    /// All that it asked could answer.
    Answered,
    /// The one it asked for running reassignments stood still: it gave up after 60 s.
    ReassignmentsFromFrozen,
    /// Several stood still: it was ended after 90 s.
    FrozenAgainAndAgain,
}

impl Hints {
    /// What this recording says.
    pub fn of(recording: &Recording) -> Self {
        let mut hints = Self {
            controllers: controllers(recording),
            ..Self::default()
        };
        hints.read_brokers(recording);
        let history = history(records(recording));
        let seen = seen(recording);
        for (partition, states) in seen.iter().chain(&history) {
            let path = Path {
                states: states.clone(),
                at: None,
            };
            hints.states.insert(partition.clone(), path);
        }
        for (i, block) in recording.blocks.iter().enumerate() {
            match &block.content {
                Content::Command(command) => {
                    hints.luck.extend(luck(command).map(|luck| (block.line, luck)));
                    hints.tried_in_vain.insert(block.line, tried_in_vain(command));
                    hints.read_table(command);
                }
                Content::Act(Act::Produce(produce)) => {
                    let told = leader_told(recording, i, produce, &[&history, &seen]);
                    hints.leaders_told.extend(told.map(|leader| (block.line, leader)));
                }
                Content::Disk(Disk::Placement { topic, replicas }) => {
                    hints.placements.insert(topic.clone(), replicas.clone());
                }
                _ => {}
            }
        }
        hints
    }

    /// Which of these brokers registers first. Ask at every registration, so that the order stays in step.
    pub fn first_to_register(&mut self, among: &[NodeId]) -> Option<NodeId> {
        take(&mut self.registrations, among, &mut self.used)
    }

    /// Which of these registered brokers is unfenced first. Ask at every unfencing.
    pub fn first_to_unfence(&mut self, among: &[NodeId]) -> Option<NodeId> {
        take(&mut self.unfencings, among, &mut self.used)
    }

    /// Which of these brokers is fenced first: whose session the controller finds expired. Ask at every fencing, a
    /// controlled shutdown included; fencing one that is fenced already does not count.
    pub fn first_to_expire(&mut self, among: &[NodeId]) -> Option<NodeId> {
        take(&mut self.fencings, among, &mut self.used)
    }

    /// Which of these becomes the next controller: the first one, or the winner among equals.
    pub fn next_controller(&mut self, among: &[NodeId]) -> Option<NodeId> {
        take(&mut self.controllers, among, &mut self.used)
    }

    /// Who becomes the controller first among these, without counting it: see [`Self::next_controller`].
    pub fn next_to_control(&self, among: &[NodeId]) -> Option<NodeId> {
        self.controllers.iter().find(|node| among.contains(node)).copied()
    }

    /// Who is unfenced first among these, without counting it: see [`Self::first_to_unfence`].
    pub fn next_to_unfence(&self, among: &[NodeId]) -> Option<NodeId> {
        self.unfencings.iter().find(|node| among.contains(node)).copied()
    }

    /// Who is fenced first among these, without counting it: see [`Self::first_to_expire`].
    pub fn next_to_expire(&self, among: &[NodeId]) -> Option<NodeId> {
        self.fencings.iter().find(|node| among.contains(node)).copied()
    }

    /// The model gave a partition this state. Tell every one, so that the order stays in step.
    pub fn reached(&mut self, partition: &TopicPartition, state: &PartitionState) {
        let Some(path) = self.states.get_mut(partition) else {
            return;
        };
        let from = path.at.unwrap_or(0);
        path.at = path.states[from..]
            .iter()
            .position(|other| other == state)
            .map(|steps| from + steps);
    }

    /// The state that a partition had next: which followers enter the ISR first, or leave it together. None if the model
    /// is in a state that the recording does not have.
    pub fn next_state(&self, partition: &TopicPartition) -> Option<&PartitionState> {
        let path = self.states.get(partition)?;
        path.states.get(path.at? + 1)
    }

    /// A choice was made as the recording has it.
    pub fn count(&mut self) {
        self.used += 1;
    }

    /// Which leader the fresh client of this line was told, where that can be seen from what was stored: ask first a
    /// broker that shows it. Ask only if brokers disagree.
    pub fn leader_told(&mut self, line: usize) -> Option<NodeId> {
        let leader = self.leaders_told.get(&line).copied();
        self.used += usize::from(leader.is_some());
        leader
    }

    /// Whether the tool of this line happened to choose brokers that stand still. Ask only if one does.
    pub fn tool_luck(&mut self, line: usize) -> Option<ToolLuck> {
        let luck = self.luck.get(&line).copied();
        self.used += usize::from(luck.is_some());
        luck
    }

    /// Brokers to which the tool of this line happened to turn and found nobody there. Ask only about those that the
    /// cluster still shows as alive though they are not.
    pub fn tried_in_vain(&mut self, line: usize, among: &[NodeId]) -> Vec<NodeId> {
        let tried = self.tried_in_vain.get(&line).into_iter().flatten().copied();
        let tried: Vec<NodeId> = tried.filter(|node| among.contains(node)).collect();
        self.used += usize::from(!tried.is_empty());
        tried
    }

    /// Where the partitions of a new topic went, for automatic placement.
    pub fn placement(&mut self, topic: &str) -> Option<Vec<Vec<NodeId>>> {
        let placement = self.placements.get(topic).cloned();
        self.used += usize::from(placement.is_some());
        placement
    }

    /// How many choices were answered so far.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Partitions of a topic with one replica: where it lies, as far as changes of their states show it.
    pub fn single_copies(&self, topic: &str) -> BTreeMap<i32, NodeId> {
        let of_topic = self.states.iter().filter(|(partition, _)| partition.topic == topic);
        let lies = of_topic.filter_map(|(partition, path)| match &path.states.first()?.isr[..] {
            [only] => Some((partition.partition, *only)),
            _ => None,
        });
        lies.collect()
    }

    /// The orders of registration, unfencing and fencing, and placements, from the metadata log.
    fn read_brokers(&mut self, recording: &Recording) {
        let mut fenced: BTreeMap<NodeId, bool> = BTreeMap::new();
        for record in records(recording) {
            if record.kind == "PARTITION_RECORD" {
                self.read_placement(record);
            }
            let Some(broker) = record.number("brokerId").map(NodeId) else {
                continue;
            };
            if record.kind == "REGISTER_BROKER_RECORD" {
                self.registrations.push(broker);
                fenced.insert(broker, true);
                continue;
            }
            match record.number("fenced") {
                Some(1) if fenced.insert(broker, true) == Some(false) => self.fencings.push(broker),
                Some(-1) if fenced.insert(broker, false) == Some(true) => self.unfencings.push(broker),
                _ => {}
            }
        }
    }

    fn read_placement(&mut self, record: &MetadataRecord) {
        let topic = record.fields.get("topicId").and_then(|t| t.as_str());
        if let (Some(topic), Some(replicas)) = (topic, record.nodes("replicas")) {
            self.placements.entry(topic.to_owned()).or_default().push(replicas);
        }
    }

    /// Placements from the first table that shows a topic, where the metadata log does not.
    fn read_table(&mut self, command: &Command) {
        let output = Output {
            stdout: command.stdout.clone(),
            stderr: Vec::new(),
            exit: command.exit,
        };
        let rows = output_rows(0, command, &output, &[]);
        let known: Vec<String> = self.placements.keys().cloned().collect();
        for row in rows {
            let [Thing::Topic(topic)] = &row.about[..] else {
                continue;
            };
            let Some(replicas) = row.value("Replicas").filter(|_| !known.contains(topic)) else {
                continue;
            };
            let nodes = replicas
                .split(',')
                .map(|id| id.parse().ok())
                .collect::<Option<Vec<NodeId>>>();
            self.placements.entry(topic.clone()).or_default().extend(nodes);
        }
    }
}

/// Takes the first node of the queue that is among these. It is a choice when there are several.
fn take(queue: &mut Vec<NodeId>, among: &[NodeId], used: &mut usize) -> Option<NodeId> {
    let at = queue.iter().position(|node| among.contains(node))?;
    *used += usize::from(among.len() > 1);
    Some(queue.remove(at))
}

/// Who was controller, in order: as brokers saw it, or by epoch of the quorum.
/// Where no change of the controller is recorded: the broker that its node names, or one that nothing was done to.
fn first_controller(recording: &Recording) -> Option<NodeId> {
    let named = recording.blocks.iter().find_map(|block| match &block.content {
        Content::Disk(Disk::Znode { path, content }) if path == "/controller" => {
            let id = content.as_ref()?.1.get("brokerid")?.as_i64()?;
            i32::try_from(id).ok().map(NodeId)
        }
        _ => None,
    });
    let disturbed: Vec<NodeId> = recording.blocks.iter().flat_map(disturbed).collect();
    let brokers = recording.head.brokers.iter().copied();
    named.or_else(|| brokers.into_iter().find(|id| !disturbed.contains(id)))
}

/// Brokers that were ended or stood still.
fn disturbed(block: &Block) -> Vec<NodeId> {
    let Content::Verb(Verb::Stop(processes) | Verb::Kill(processes) | Verb::Power(processes) | Verb::Pause(processes)) =
        &block.content
    else {
        return Vec::new();
    };
    let node = |process: &Process| match process {
        Process::Node(id) => Some(*id),
        Process::ZooKeeper(_) => None,
    };
    processes.iter().filter_map(node).collect()
}

fn controllers(recording: &Recording) -> Vec<NodeId> {
    let mut seen: Vec<NodeId> = Vec::new();
    let mut quorum: BTreeMap<i64, NodeId> = BTreeMap::new();
    for block in &recording.blocks {
        match &block.content {
            Content::Observed(Observed::Controller { old, new, .. }) => {
                seen.extend(seen.is_empty().then_some(*old));
                // A broker that lags reports a change that is in the list already.
                let from = seen.iter().rposition(|node| node == old).unwrap_or(0);
                if !seen[from..].contains(new) {
                    seen.push(*new);
                }
            }
            Content::Command(command) if command.tool == "kafka-metadata-quorum" => {
                let number = |name: &str| {
                    let line = command.stdout.iter().find_map(|line| line.strip_prefix(name));
                    line.and_then(|value| value.trim().parse::<i64>().ok())
                };
                if let (Some(leader), Some(epoch)) = (number("LeaderId:"), number("LeaderEpoch:")) {
                    quorum.extend(i32::try_from(leader).ok().map(|leader| (epoch, NodeId(leader))));
                }
            }
            Content::Disk(Disk::QuorumState { fields, .. }) => {
                let number = |name: &str| fields.get(name).and_then(serde_json::Value::as_i64);
                if let (Some(epoch), Some(leader)) = (number("leaderEpoch"), number("leaderId")) {
                    let leader = i32::try_from(leader).ok().map(NodeId).filter(|l| *l != NodeId::NONE);
                    quorum.extend(leader.map(|leader| (epoch, leader)));
                }
            }
            _ => {}
        }
    }
    if seen.is_empty() && recording.head.mode == Mode::Zk {
        return first_controller(recording).into_iter().collect();
    }
    if seen.is_empty() {
        quorum.into_values().collect()
    } else {
        seen
    }
}

/// The states of partitions as brokers showed them.
fn seen(recording: &Recording) -> History {
    let mut seen = History::new();
    for block in &recording.blocks {
        if let Content::Observed(Observed::Change { partition, old, new }) = &block.content {
            let states = seen.entry(partition.clone()).or_default();
            if states.is_empty() {
                states.push(old.clone());
            }
            states.push(new.clone());
        }
    }
    seen
}

/// How a command on topics fared.
fn luck(command: &Command) -> Option<ToolLuck> {
    if command.tool != "kafka-topics" {
        return None;
    }
    let gave_up = |line: &String| line.contains("Exception: Timed out waiting to send the call");
    Some(match command.exit {
        Exit::Timeout => ToolLuck::FrozenAgainAndAgain,
        Exit::Status(_) if command.stdout.iter().any(gave_up) => ToolLuck::ReassignmentsFromFrozen,
        Exit::Status(_) => ToolLuck::Answered,
    })
}

/// The nodes in a tool's warnings about connections.
fn tried_in_vain(command: &Command) -> Vec<NodeId> {
    let warned = |line: &String| {
        let (_, rest) = line.split_once("] Connection to node ")?;
        rest.split_once(' ')?.0.parse().ok()
    };
    command.stderr.iter().filter_map(warned).collect()
}

/// The leader of the epoch in which a log shown later has this record.
fn leader_told(recording: &Recording, block: usize, produce: &Produce, known: &[&History]) -> Option<NodeId> {
    if produce.client.is_some() {
        return None;
    }
    let is_it = |record: &LogRecord| match record {
        LogRecord::Marker(_) => false,
        LogRecord::Data { offset, key, value } => {
            let at = !matches!(&produce.answer, Answer::At(_, at) if at != offset);
            at && *key == produce.key && *value == produce.value
        }
    };
    let epoch = recording.blocks[block..]
        .iter()
        .find_map(|later| match &later.content {
            Content::Disk(Disk::Log { partition, batches, .. }) if *partition == produce.partition => batches
                .iter()
                .find(|batch| batch.records.iter().any(is_it))
                .map(|batch| batch.epoch),
            _ => None,
        })?;
    let states = known
        .iter()
        .filter_map(|history| history.get(&produce.partition))
        .flatten();
    let led = |state: &&PartitionState| state.epoch == epoch && state.leader != NodeId::NONE;
    states.into_iter().find(led).map(|state| state.leader)
}
