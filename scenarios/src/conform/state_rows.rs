//! What clients got and what was read from disks, as rows.

use serde_json::Value;

use super::cells::{Kind, Row, Thing};
use super::output_rows::scalar;
use crate::recording::{
    Answer, Batch, EpochEntry, Fields, MetadataRecord, NodeId, Offset, RecordKey, TopicPartition, shorten,
};

/// What a reading of nothing is called.
pub(crate) const EMPTY: &str = "(empty)";

/// A topic and a node.
fn replica(node: NodeId, partition: &TopicPartition) -> [Thing; 2] {
    [Thing::Topic(partition.topic.clone()), Thing::Node(node)]
}

fn topic(partition: &TopicPartition) -> [Thing; 1] {
    [Thing::Topic(partition.topic.clone())]
}

/// The answer to a produce: one cell.
pub(crate) fn produce_row(line: usize, partition: &TopicPartition, answer: &Answer) -> Row {
    Row::new(line, Kind::Answer, format!("{partition} produce"), &topic(partition)).with("", answer)
}

/// What a consumer read: a cell for each record, or one that says that there was nothing.
pub(crate) fn consume_rows(line: usize, partition: &TopicPartition, got: &[(Offset, String)]) -> Vec<Row> {
    let row =
        |text: String| Row::new(line, Kind::Answer, format!("{partition} consume"), &topic(partition)).with("", text);
    if got.is_empty() {
        return vec![row("(nothing)".to_owned())];
    }
    got.iter()
        .map(|(offset, value)| row(format!("{offset}:{}", shorten(value))))
        .collect()
}

/// The answer to another act of a client: one cell.
pub(crate) fn other_row(line: usize, client: &str, answer: &str) -> Row {
    Row::new(line, Kind::Answer, client, &[Thing::Client(client.to_owned())]).with("", answer)
}

/// Batches of a segment: a cell for each.
pub(crate) fn log_rows(
    line: usize,
    node: NodeId,
    partition: &TopicPartition,
    base_offset: Offset,
    batches: &[Batch],
) -> Vec<Row> {
    let name = match base_offset {
        Offset(0) => format!("node {node} {partition} batch"),
        Offset(base) => format!("node {node} {partition} segment {base} batch"),
    };
    let row = |text: String| Row::new(line, Kind::Log, name.clone(), &replica(node, partition)).with("", text);
    if batches.is_empty() {
        return vec![row(EMPTY.to_owned())];
    }
    batches.iter().map(|batch| row(batch.to_string())).collect()
}

/// Entries of a leader-epoch-checkpoint: a cell for each.
pub(crate) fn epoch_rows(line: usize, node: NodeId, partition: &TopicPartition, entries: &[EpochEntry]) -> Vec<Row> {
    let name = format!("node {node} {partition} leader-epoch");
    let row = |text: String| Row::new(line, Kind::Log, name.clone(), &replica(node, partition)).with("", text);
    if entries.is_empty() {
        return vec![row(EMPTY.to_owned())];
    }
    entries.iter().map(|entry| row(entry.to_string())).collect()
}

/// Files of a replica with their sizes: a cell for each.
pub(crate) fn file_rows(line: usize, node: NodeId, partition: &TopicPartition, files: &[(String, u64)]) -> Vec<Row> {
    let row = |(name, size): &(String, u64)| {
        Row::new(
            line,
            Kind::Log,
            format!("node {node} {partition} {name}"),
            &replica(node, partition),
        )
        .with("", size)
    };
    files.iter().map(row).collect()
}

/// A metadata record: a cell for each field, without broker epochs, which are metadata offsets.
pub(crate) fn metadata_row(line: usize, record: &MetadataRecord) -> Row {
    let key = record.key();
    let about = match &key {
        RecordKey::Partition(partition) => vec![Thing::Topic(partition.topic.clone())],
        RecordKey::Topic(name) => vec![Thing::Topic(name.clone())],
        RecordKey::Broker(id) => vec![Thing::Node(*id)],
        RecordKey::Feature(_) | RecordKey::Other(_) => Vec::new(),
    };
    let mut row = Row::new(line, Kind::Metadata, key.to_string(), &about);
    row.variant.clone_from(&record.kind);
    let fields = record.fields.iter().filter(|(name, _)| *name != "brokerEpoch");
    fields.fold(row, |row, (name, value)| row.with(name.as_str(), scalar(value)))
}

/// A znode: its version and each field, or that it is absent. Timestamps are no cells.
pub(crate) fn znode_row(line: usize, path: &str, content: Option<&(u32, Value)>) -> Row {
    let about = path
        .strip_prefix("/brokers/topics/")
        .and_then(|rest| rest.split('/').next());
    let about: Vec<Thing> = about.map(|topic| Thing::Topic(topic.to_owned())).into_iter().collect();
    let row = Row::new(line, Kind::Znode, path, &about);
    match content {
        None => row.with("", "absent"),
        Some((version, Value::Object(fields))) => {
            let fields = fields.iter().filter(|(name, _)| *name != "timestamp");
            fields.fold(row.with("version of the znode", version), |row, (name, value)| {
                row.with(name, scalar(value))
            })
        }
        Some((version, other)) => row.with("version of the znode", version).with("", scalar(other)),
    }
}

/// A quorum-state: a cell for each field but the cluster's id and the applied offset.
pub(crate) fn quorum_row(line: usize, node: NodeId, fields: &Fields) -> Row {
    let row = Row::new(line, Kind::Quorum, format!("node {node}"), &[Thing::Node(node)]);
    let fields = fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "clusterId" | "appliedOffset"));
    fields.fold(row, |row, (name, value)| row.with(name.as_str(), scalar(value)))
}

/// What a member owns: a cell for each partition.
pub(crate) fn assignment_rows(line: usize, member: &str, partitions: &[TopicPartition]) -> Vec<Row> {
    let row = |text: String| Row::new(line, Kind::Group, member, &[Thing::Client(member.to_owned())]).with("", text);
    if partitions.is_empty() {
        return vec![row(EMPTY.to_owned())];
    }
    partitions.iter().map(|partition| row(partition.to_string())).collect()
}

/// Replicas of a new topic: a cell for each partition.
pub(crate) fn placement_rows(line: usize, topic: &str, replicas: &[Vec<NodeId>]) -> Vec<Row> {
    let row = |(i, nodes): (usize, &Vec<NodeId>)| {
        Row::new(
            line,
            Kind::Table,
            format!("{topic}-{i}"),
            &[Thing::Topic(topic.to_owned())],
        )
        .with("Replicas", crate::recording::joined(nodes))
    };
    replicas.iter().enumerate().map(row).collect()
}

/// The offset of a truncation: one cell.
pub(crate) fn truncation_row(line: usize, node: NodeId, partition: &TopicPartition, offset: Offset) -> Row {
    Row::new(
        line,
        Kind::Cut,
        format!("node {node} {partition}"),
        &replica(node, partition),
    )
    .with("offset", offset)
}

/// Reads a truncation from a log line: `Truncating partition t-0 with TruncationState(offset=2, ...` of a fetcher. Before
/// 3.0 there is only the line of the log, `[Log partition=t-0, ...] Truncating to offset 2`; later both are written, and
/// the fetcher's counts.
pub(crate) fn truncation_of(text: &str) -> Option<(TopicPartition, Offset)> {
    let (partition, rest) = match text.split_once("Truncating partition ") {
        Some((_, rest)) => rest.split_once(" with TruncationState(offset=")?,
        None => {
            let (_, rest) = text.split_once("[Log partition=")?;
            let (partition, rest) = rest.split_once(", ")?;
            (partition, rest.split_once("] Truncating to offset ")?.1)
        }
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((partition.parse().ok()?, Offset(rest[..digits].parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_truncation_is_read_from_the_line_of_the_fetcher() {
        let line = "INFO [ReplicaFetcher replicaId=1] Truncating partition fork-0 with TruncationState(offset=2, completed=true)";
        assert_eq!(truncation_of(line), Some((TopicPartition::new("fork", 0), Offset(2))));
        assert_eq!(
            truncation_of("INFO [UnifiedLog partition=fork-0] Truncating to offset 2"),
            None
        );
    }

    #[test]
    fn broker_epochs_and_times_are_no_cells() {
        let fields = json!({"brokerId": 1, "brokerEpoch": 13, "fenced": 1})
            .as_object()
            .unwrap()
            .clone();
        let kind = "BROKER_REGISTRATION_CHANGE_RECORD".to_owned();
        let row = metadata_row(
            7,
            &MetadataRecord {
                offset: Offset(9),
                epoch: 1,
                kind,
                fields,
            },
        );
        assert_eq!(row.text(), "BROKER_REGISTRATION_CHANGE_RECORD brokerId 1, fenced 1");
        let row = znode_row(8, "/controller", Some(&(0, json!({"brokerid": 1, "timestamp": "17"}))));
        assert_eq!(row.text(), "version of the znode 0, brokerid 1");
        assert_eq!(znode_row(8, "/controller", None).text(), "absent");
    }

    #[test]
    fn znodes_of_a_topic_are_about_it() {
        let row = znode_row(
            1,
            "/brokers/topics/t/partitions/0/state",
            Some(&(2, json!({"leader": 1}))),
        );
        assert_eq!(row.about, [Thing::Topic("t".to_owned())]);
    }
}
