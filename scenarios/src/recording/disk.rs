//! What was read from disks, from ZooKeeper and from group members (`@`).

use std::fmt;

use serde_json::{Map, Value};

use super::batch::{self, Batch};
use super::ids::{LeaderEpoch, NodeId, Offset, TopicPartition, list};

/// Names and values of a record, in the order in which they are written.
pub type Fields = Map<String, Value>;

/// Something read from a disk, from ZooKeeper, or from a member of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Disk {
    /// A checkpoint file of a node.
    Checkpoint {
        /// Whose file.
        node: NodeId,
        /// Which file.
        checkpoint: Checkpoint,
        /// Partitions and their offsets.
        entries: Vec<(TopicPartition, Offset)>,
    },
    /// The leader-epoch-checkpoint of a replica.
    LeaderEpochs {
        /// Whose file.
        node: NodeId,
        /// Of which partition.
        partition: TopicPartition,
        /// Its entries.
        entries: Vec<EpochEntry>,
    },
    /// A segment of a replica's log.
    Log {
        /// Whose file.
        node: NodeId,
        /// Of which partition.
        partition: TopicPartition,
        /// The offset in its name.
        base_offset: Offset,
        /// Its batches.
        batches: Vec<Batch>,
    },
    /// Names and sizes of a replica's files.
    Files {
        /// Whose files.
        node: NodeId,
        /// Of which partition.
        partition: TopicPartition,
        /// What had happened before.
        label: String,
        /// Names and sizes in bytes.
        files: Vec<(String, u64)>,
    },
    /// The quorum-state file of a controller.
    QuorumState {
        /// Whose file.
        node: NodeId,
        /// Its fields.
        fields: Fields,
    },
    /// A record of the metadata log.
    Metadata(MetadataRecord),
    /// A node of ZooKeeper's tree.
    Znode {
        /// Its path.
        path: String,
        /// Version and content; none when it is absent.
        content: Option<(u32, Value)>,
    },
    /// What a member of a group owns.
    Assignment {
        /// The member's client.
        member: String,
        /// Its partitions.
        partitions: Vec<TopicPartition>,
    },
    /// The members committed all they had read.
    Committed(String),
    /// The replicas of a new topic, partition by partition.
    Placement {
        /// Name of the topic.
        topic: String,
        /// Replicas of each partition, the preferred one first.
        replicas: Vec<Vec<NodeId>>,
    },
}

/// The checkpoint files of a data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// `replication-offset-checkpoint`: high watermarks, written every 5 s.
    ReplicationOffset,
    /// `recovery-point-offset-checkpoint`: flushed up to here, written every 60 s.
    RecoveryPoint,
    /// `log-start-offset-checkpoint`, written every 60 s.
    LogStartOffset,
    /// `cleaner-offset-checkpoint`: compacted up to here.
    CleanerOffset,
}

/// An entry of a leader-epoch-checkpoint: the epoch, and the offset of its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEntry {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Where it begins.
    pub start_offset: Offset,
}

impl fmt::Display for EpochEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.epoch, self.start_offset)
    }
}

/// A record of the metadata log.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRecord {
    /// Its offset; -1 in a model that has none.
    pub offset: Offset,
    /// Epoch of the controller that wrote it.
    pub epoch: i32,
    /// Its type, `PARTITION_CHANGE_RECORD`.
    pub kind: String,
    /// Its fields in order, topics by name.
    pub fields: Fields,
}

/// What a metadata record is about. Records of one key are compared in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKey {
    /// A partition.
    Partition(TopicPartition),
    /// A whole topic.
    Topic(String),
    /// A broker.
    Broker(NodeId),
    /// A feature of the cluster.
    Feature(String),
    /// Anything else, by the type of the record.
    Other(String),
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition(partition) => partition.fmt(f),
            Self::Broker(id) => write!(f, "broker {id}"),
            Self::Topic(name) | Self::Feature(name) | Self::Other(name) => f.write_str(name),
        }
    }
}

impl MetadataRecord {
    /// What the record is about.
    pub fn key(&self) -> RecordKey {
        let text = |name: &str| self.fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| {
            self.fields
                .get(name)
                .and_then(Value::as_i64)
                .and_then(|n| i32::try_from(n).ok())
        };
        let found = if let (Some(topic), Some(partition)) = (text("topicId"), number("partitionId")) {
            Some(RecordKey::Partition(TopicPartition { topic, partition }))
        } else if let Some(broker) = number("brokerId") {
            Some(RecordKey::Broker(NodeId(broker)))
        } else if self.kind == "FEATURE_LEVEL_RECORD" {
            text("name").map(RecordKey::Feature)
        } else {
            text("topicName").or_else(|| text("topicId")).map(RecordKey::Topic)
        };
        found.unwrap_or_else(|| RecordKey::Other(self.kind.clone()))
    }

    /// A list of node ids among its fields: `isr`, `replicas`.
    pub fn nodes(&self, name: &str) -> Option<Vec<NodeId>> {
        let items = self.fields.get(name)?.as_array()?;
        items
            .iter()
            .map(|v| v.as_i64().and_then(|n| i32::try_from(n).ok()).map(NodeId))
            .collect()
    }

    /// A number among its fields.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.fields.get(name)?.as_i64().and_then(|n| i32::try_from(n).ok())
    }
}

/// Reads what follows `@ `; an error says what was not understood.
pub(super) fn parse(text: &str) -> Result<Disk, String> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let found = match first {
        "metadata" => metadata(rest),
        "znode" => znode(rest),
        "node" => rest
            .split_once(' ')
            .and_then(|(id, what)| on_node(id.parse().ok()?, what)),
        "assignment" => assignment(rest),
        "committed" => Some(Disk::Committed(rest.to_owned())),
        _ => placement(text),
    };
    found.ok_or_else(|| format!("`{first}` of `{text}` is not a state that can be read"))
}

/// Reads `12 epoch 1 REGISTER_BROKER_RECORD {"brokerId":2}`.
fn metadata(text: &str) -> Option<Disk> {
    let mut words = text.splitn(5, ' ');
    let offset = Offset(words.next()?.parse().ok()?);
    let "epoch" = words.next()? else { return None };
    let epoch = words.next()?.parse().ok()?;
    let kind = words.next()?.to_owned();
    let fields = serde_json::from_str(words.next()?).ok()?;
    Some(Disk::Metadata(MetadataRecord {
        offset,
        epoch,
        kind,
        fields,
    }))
}

/// Reads `/controller_epoch v1: 1` or `/controller: absent`.
fn znode(text: &str) -> Option<Disk> {
    if let Some(path) = text.strip_suffix(": absent") {
        return Some(Disk::Znode {
            path: path.to_owned(),
            content: None,
        });
    }
    let (head, content) = text.split_once(": ")?;
    let (path, version) = head.rsplit_once(" v")?;
    let content = serde_json::from_str(content).unwrap_or_else(|_| Value::String(content.to_owned()));
    Some(Disk::Znode {
        path: path.to_owned(),
        content: Some((version.parse().ok()?, content)),
    })
}

fn on_node(node: NodeId, text: &str) -> Option<Disk> {
    let (what, content) = text.split_once(':')?;
    let content = content.strip_prefix(' ').unwrap_or(content);
    let checkpoint = match what {
        "replication-offset-checkpoint" => Some(Checkpoint::ReplicationOffset),
        "recovery-point-offset-checkpoint" => Some(Checkpoint::RecoveryPoint),
        "log-start-offset-checkpoint" => Some(Checkpoint::LogStartOffset),
        "cleaner-offset-checkpoint" => Some(Checkpoint::CleanerOffset),
        _ => None,
    };
    if let Some(checkpoint) = checkpoint {
        return Some(Disk::Checkpoint {
            node,
            checkpoint,
            entries: entries(content, offset_entry)?,
        });
    }
    if what == "quorum-state" {
        return Some(Disk::QuorumState {
            node,
            fields: serde_json::from_str(content).ok()?,
        });
    }
    let (partition, what) = what.split_once(' ')?;
    let partition = partition.parse().ok()?;
    if what == "leader-epoch-checkpoint" {
        return Some(Disk::LeaderEpochs {
            node,
            partition,
            entries: entries(content, epoch_entry)?,
        });
    }
    if let Some(label) = what.strip_prefix("files, ") {
        let file = |word: &str| {
            word.split_once('=')
                .and_then(|(name, size)| Some((name.to_owned(), size.parse().ok()?)))
        };
        let files = content.split_whitespace().map(file).collect::<Option<_>>()?;
        return Some(Disk::Files {
            node,
            partition,
            label: label.to_owned(),
            files,
        });
    }
    let base_offset = Offset(what.strip_suffix(".log")?.parse().ok()?);
    Some(Disk::Log {
        node,
        partition,
        base_offset,
        batches: batch::parse(content)?,
    })
}

/// Reads entries joined by `; `.
fn entries<T>(text: &str, one: fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split("; ").filter(|entry| !entry.is_empty()).map(one).collect()
}

/// Reads `fork 0 5`.
fn offset_entry(text: &str) -> Option<(TopicPartition, Offset)> {
    let mut words = text.split(' ');
    let partition = TopicPartition::new(words.next()?, words.next()?.parse().ok()?);
    let offset = Offset(words.next()?.parse().ok()?);
    words.next().is_none().then_some((partition, offset))
}

/// Reads `1 2`: epoch 1 begins at offset 2.
fn epoch_entry(text: &str) -> Option<EpochEntry> {
    let (epoch, start) = text.split_once(' ')?;
    Some(EpochEntry {
        epoch: LeaderEpoch(epoch.parse().ok()?),
        start_offset: Offset(start.parse().ok()?),
    })
}

/// Reads `c1: t6-0 t6-1`.
fn assignment(text: &str) -> Option<Disk> {
    let (member, partitions) = text.split_once(':')?;
    let partitions = partitions
        .split_whitespace()
        .map(|p| p.parse().ok())
        .collect::<Option<_>>()?;
    Some(Disk::Assignment {
        member: member.to_owned(),
        partitions,
    })
}

/// Reads `p0-6x3: 2,1,3 3,2,5`.
fn placement(text: &str) -> Option<Disk> {
    let (topic, rows) = text.split_once(": ")?;
    let replicas = rows.split(' ').map(list).collect::<Option<Vec<Vec<NodeId>>>>()?;
    let plain = !topic.contains(' ') && replicas.iter().all(|r| !r.is_empty());
    plain.then(|| Disk::Placement {
        topic: topic.to_owned(),
        replicas,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_metadata_record_keep_their_order() {
        let text =
            r#"metadata 64 epoch 1 PARTITION_CHANGE_RECORD {"partitionId":0,"topicId":"fork","isr":[2],"leader":2}"#;
        let Ok(Disk::Metadata(record)) = parse(text) else {
            panic!("a record")
        };
        assert_eq!(
            record.fields.keys().collect::<Vec<_>>(),
            ["partitionId", "topicId", "isr", "leader"]
        );
        assert_eq!(record.key(), RecordKey::Partition(TopicPartition::new("fork", 0)));
        assert_eq!(
            (record.nodes("isr"), record.number("leader")),
            (Some(vec![NodeId(2)]), Some(2))
        );
    }

    #[test]
    fn a_checkpoint_may_be_empty() {
        let Ok(Disk::Checkpoint { entries, .. }) = parse("node 1 log-start-offset-checkpoint: ") else {
            panic!("a checkpoint");
        };
        assert!(entries.is_empty());
        let Ok(Disk::LeaderEpochs { entries, .. }) = parse("node 2 fork-0 leader-epoch-checkpoint: 0 0; 1 2") else {
            panic!("a checkpoint");
        };
        assert_eq!(
            entries.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["0 0", "1 2"]
        );
    }

    #[test]
    fn znodes_have_a_version_or_are_absent() {
        let absent = Disk::Znode {
            path: "/controller".to_owned(),
            content: None,
        };
        assert_eq!(parse("znode /controller: absent"), Ok(absent));
        let Ok(Disk::Znode { content, .. }) = parse("znode /controller_epoch v3: 3") else {
            panic!("a znode")
        };
        assert_eq!(content, Some((3, Value::from(3))));
    }

    #[test]
    fn sizes_and_placements_are_read() {
        let files = parse("node 1 s-0 files, 3 s later, nothing: 0.index=0 0.log=1020");
        assert!(
            matches!(files, Ok(Disk::Files { label, files, .. }) if label == "3 s later, nothing" && files.len() == 2)
        );
        let rows = parse("p10-4x1: 1 2 3 4");
        assert!(matches!(rows, Ok(Disk::Placement { replicas, .. }) if replicas.len() == 4));
        assert!(parse("something else").is_err());
    }
}
