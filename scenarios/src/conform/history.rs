//! The states of each partition that the metadata log of a recording shows.

use std::collections::BTreeMap;

use crate::recording::{
    Content, Disk, LeaderEpoch, MetadataRecord, NodeId, PartitionState, RecordKey, Recording, TopicPartition,
};

/// Partition by partition, every state in order.
pub(crate) type History = BTreeMap<TopicPartition, Vec<PartitionState>>;

/// The metadata records of a recording, in order.
pub(crate) fn records(recording: &Recording) -> impl Iterator<Item = &MetadataRecord> {
    recording.blocks.iter().filter_map(|block| match &block.content {
        Content::Disk(Disk::Metadata(record)) => Some(record),
        _ => None,
    })
}

/// Every state of every partition that these records make.
pub(crate) fn history<'a>(records: impl Iterator<Item = &'a MetadataRecord>) -> History {
    let mut history = History::new();
    for record in records {
        let RecordKey::Partition(partition) = record.key() else {
            continue;
        };
        let states = history.entry(partition).or_default();
        let next = match states.last() {
            Some(last) if record.kind == "PARTITION_CHANGE_RECORD" => changed(last, record),
            _ => created(record),
        };
        states.extend(next);
    }
    history
}

fn created(record: &MetadataRecord) -> Option<PartitionState> {
    let (leader, epoch) = (record.number("leader")?, record.number("leaderEpoch")?);
    Some(PartitionState {
        leader: NodeId(leader),
        epoch: LeaderEpoch(epoch),
        isr: record.nodes("isr")?,
    })
}

/// A change names what is new. The epoch rises whenever it names a leader, be it the same one (Kafka:
/// `PartitionRegistration.merge`).
fn changed(last: &PartitionState, record: &MetadataRecord) -> Option<PartitionState> {
    let mut state = last.clone();
    if let Some(isr) = record.nodes("isr") {
        state.isr = isr;
    }
    if let Some(leader) = record.number("leader") {
        state.leader = NodeId(leader);
        state.epoch.0 += 1;
    }
    (state != *last).then_some(state)
}
