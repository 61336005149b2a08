//! What a recording says, as rows: block by block, and the changes of each partition.

use std::collections::BTreeMap;

use super::cells::{Kind, Row, Thing};
use super::changes::Seen;
use super::history::{history, records};
use super::output_rows::output_rows;
use super::request;
use super::state_rows::{
    assignment_rows, consume_rows, epoch_rows, file_rows, log_rows, metadata_row, other_row, placement_rows,
    produce_row, quorum_row, truncation_of, truncation_row, znode_row,
};
use super::subject::Output;
use crate::recording::{
    Act, Block, Command, Content, Disk, Observed, PartitionState, Process, Recording, TopicPartition,
};

/// The cells of a command as recorded.
pub(crate) fn command_rows(line: usize, command: &Command) -> Vec<Row> {
    let output = Output {
        stdout: command.stdout.clone(),
        stderr: command.stderr.clone(),
        exit: command.exit,
    };
    output_rows(line, command, &output, &request::named(command))
}

/// The cells of an act as recorded.
pub(crate) fn act_rows(line: usize, act: &Act) -> Vec<Row> {
    match act {
        Act::Produce(produce) => vec![produce_row(line, &produce.partition, &produce.answer)],
        Act::Consume(consume) => consume_rows(line, &consume.partition, &consume.got),
        Act::Other { client, answer, .. } => answer.iter().map(|a| other_row(line, client, a)).collect(),
    }
}

/// The cells of a block as recorded.
pub(crate) fn block_rows(block: &Block) -> Vec<Row> {
    let line = block.line;
    match &block.content {
        Content::Verb(_) | Content::Remark(_) => Vec::new(),
        Content::Command(command) => command_rows(line, command),
        Content::Act(act) => act_rows(line, act),
        Content::Observed(_) => change_row(block)
            .into_iter()
            .chain(ended_row(block).map(|(_, row)| row))
            .collect(),
        Content::LogLine { node, text } => truncation_of(text)
            .map(|(partition, offset)| truncation_row(line, *node, &partition, offset))
            .into_iter()
            .collect(),
        Content::Unparsed { text, .. } => vec![Row::new(line, Kind::Tool, "unknown line", &[]).with("", text)],
        Content::Disk(disk) => match disk {
            Disk::Checkpoint { .. } | Disk::Committed(_) => Vec::new(),
            Disk::LeaderEpochs {
                node,
                partition,
                entries,
            } => epoch_rows(line, *node, partition, entries),
            Disk::Log {
                node,
                partition,
                base_offset,
                batches,
            } => log_rows(line, *node, partition, *base_offset, batches),
            Disk::Files {
                node, partition, files, ..
            } => file_rows(line, *node, partition, files),
            Disk::QuorumState { node, fields } => vec![quorum_row(line, *node, fields)],
            Disk::Metadata(record) => vec![metadata_row(line, record)],
            Disk::Znode { path, content } => vec![znode_row(line, path, content.as_ref())],
            Disk::Assignment { member, partitions } => assignment_rows(line, member, partitions),
            Disk::Placement { topic, replicas } => placement_rows(line, topic, replicas),
        },
    }
}

/// The cells of a recording, block by block.
pub(crate) fn all_rows(recording: &Recording) -> Vec<Row> {
    recording.blocks.iter().flat_map(block_rows).collect()
}

/// The cells of a change.
pub(crate) fn change_row(block: &Block) -> Option<Row> {
    let Content::Observed(Observed::Change { partition, new, .. }) = &block.content else {
        return None;
    };
    let row = Row::new(
        block.line,
        Kind::Change,
        partition.to_string(),
        &[Thing::Topic(partition.topic.clone())],
    );
    Some(
        row.with("leader", new.leader)
            .with("epoch", new.epoch)
            .with("isr", new.isr_text()),
    )
}

/// The cell of a process that ended.
pub(crate) fn ended_row(block: &Block) -> Option<(Process, Row)> {
    let Content::Observed(Observed::Ended(process)) = &block.content else {
        return None;
    };
    Some((*process, process_row(block.line, *process)))
}

/// The cell of an end of this process.
pub(crate) fn process_row(line: usize, process: Process) -> Row {
    let about: Vec<Thing> = match process {
        Process::Node(id) => vec![Thing::Node(id)],
        Process::ZooKeeper(_) => Vec::new(),
    };
    Row::new(line, Kind::Change, format!("process {process}"), &about).with("", "ended")
}

/// What the recording says about each partition that changed in it or in the model. Internal topics are not watched.
pub(crate) fn seen<'a>(
    recording: &'a Recording,
    model: &'a BTreeMap<TopicPartition, Vec<PartitionState>>,
) -> impl Iterator<Item = Seen<'a>> {
    let logged = history(records(recording));
    let last_line = recording.blocks.last().map_or(0, |b| b.line);
    let entry = |partition: &'a TopicPartition, initial: &PartitionState| Seen {
        partition,
        changes: Vec::new(),
        initial: initial.clone(),
        logged: logged.get(partition).into_iter().flatten().cloned().collect(),
        writes: writes(recording, partition),
        last_line,
    };
    let mut seen: BTreeMap<&TopicPartition, Seen<'_>> = BTreeMap::new();
    for block in &recording.blocks {
        if let Content::Observed(Observed::Change { partition, old, new }) = &block.content {
            let seen = seen.entry(partition).or_insert_with(|| entry(partition, old));
            seen.changes.push((block.line, new.clone()));
        }
    }
    for (partition, states) in model.iter().filter(|(partition, _)| !partition.topic.starts_with("__")) {
        if let Some(first) = states.first() {
            seen.entry(partition).or_insert_with(|| entry(partition, first));
        }
    }
    seen.into_values()
}

/// The highest version that the recording shows of the partition's znode.
fn writes(recording: &Recording, partition: &TopicPartition) -> usize {
    let path = format!(
        "/brokers/topics/{}/partitions/{}/state",
        partition.topic, partition.partition
    );
    let versions = recording.blocks.iter().filter_map(|block| match &block.content {
        Content::Disk(Disk::Znode {
            path: p,
            content: Some((version, _)),
        }) if *p == path => usize::try_from(*version).ok(),
        _ => None,
    });
    versions.max().unwrap_or(0)
}
