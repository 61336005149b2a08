//! Owns the tables of `kafka-topics --describe`, in the four recorded dialects.

use std::collections::BTreeSet;

use crate::tools::edition::Dialect;
use crate::tools::ids::{BrokerId, TopicId};
use crate::tools::java_hash::{InitialTable, bucket, hash_map_order, string_hash};
use crate::tools::output::{ToolOutput, comma_list};
use crate::tools::view::{ConfigEntry, PartitionView, TopicView};

/// Which partitions are printed. The filters print no topic lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filter {
    /// No filter: topics and all their partitions.
    #[default]
    None,
    /// `--under-replicated-partitions`: fewer in-sync replicas than the replication factor.
    UnderReplicated,
    /// `--unavailable-partitions`: no leader, or one that is not among the live brokers.
    Unavailable,
    /// `--under-min-isr-partitions`: no leader, or fewer in-sync replicas than `min.insync.replicas`.
    UnderMinIsr,
    /// `--at-min-isr-partitions`: exactly `min.insync.replicas` in-sync replicas, with or without a leader.
    AtMinIsr,
}

/// Prints the topics that the command names, in the order of the tool.
///
/// `live_brokers` are the brokers that the answering one lists as members of the cluster.
pub fn describe(
    topics: &[TopicView],
    filter: Filter,
    live_brokers: &BTreeSet<BrokerId>,
    dialect: Dialect,
) -> ToolOutput {
    let mut lines = Vec::new();
    for topic in topic_order(topics) {
        let mut partitions: Vec<&PartitionView> = topic.partitions.iter().collect();
        partitions.sort_by_key(|partition| partition.partition);
        if filter == Filter::None {
            lines.push(topic_line(topic, &partitions, dialect));
        }
        let wanted = partitions
            .into_iter()
            .filter(|partition| shows(filter, topic, partition, live_brokers, dialect));
        lines.extend(wanted.map(|partition| partition_line(&topic.name, partition, dialect)));
    }
    ToolOutput::success(lines)
}

/// Kafka: the answers are collected in a hash map made for as many names as there are; they are put into it
/// by name. (`DescribeTopicsResult.all`; four topics, the recorded number, come equal from a table of 16.)
fn topic_order(topics: &[TopicView]) -> Vec<&TopicView> {
    let mut by_name: Vec<&TopicView> = topics.iter().collect();
    by_name.sort_by_key(|topic| &topic.name);
    let table = InitialTable::SizedFor(by_name.len());
    hash_map_order(by_name, table, |topic| string_hash(&topic.name))
}

fn shows(
    filter: Filter,
    topic: &TopicView,
    partition: &PartitionView,
    live_brokers: &BTreeSet<BrokerId>,
    dialect: Dialect,
) -> bool {
    let in_sync = partition.isr.len();
    match filter {
        Filter::None => true,
        Filter::UnderReplicated => in_sync < partition.replication_factor(dialect),
        Filter::Unavailable => partition.leader.is_none_or(|leader| !live_brokers.contains(&leader)),
        Filter::UnderMinIsr => partition.leader.is_none() || in_sync < topic.min_insync_replicas(),
        Filter::AtMinIsr => in_sync == topic.min_insync_replicas(),
    }
}

/// Kafka counts the replicas of the first partition for the whole topic.
fn topic_line(topic: &TopicView, partitions: &[&PartitionView], dialect: Dialect) -> String {
    let id = match (dialect, topic.id) {
        (Dialect::Zk2_5, _) | (_, None | Some(TopicId::ZERO)) => String::new(),
        (Dialect::Zk3_9 | Dialect::Kraft3_9 | Dialect::Kraft4_3, Some(id)) => format!("\tTopicId: {id}"),
    };
    let replication_factor = partitions.first().map_or(0, |first| first.replication_factor(dialect));
    format!(
        "Topic: {}{id}\tPartitionCount: {}\tReplicationFactor: {replication_factor}\tConfigs: {}",
        topic.name,
        partitions.len(),
        configs_column(&topic.configs),
    )
}

fn partition_line(topic: &str, partition: &PartitionView, dialect: Dialect) -> String {
    let leader = partition
        .leader
        .map_or_else(|| "none".to_owned(), |leader| leader.to_string());
    let mut line = format!(
        "\tTopic: {topic}\tPartition: {}\tLeader: {leader}\tReplicas: {}\tIsr: {}",
        partition.partition,
        comma_list(&partition.replicas),
        comma_list(&partition.isr),
    );
    line.push_str(&reassignment_columns(partition, dialect));
    line.push_str(&elr_columns(partition, dialect));
    line
}

fn reassignment_columns(partition: &PartitionView, dialect: Dialect) -> String {
    match (dialect, &partition.reassignment) {
        (Dialect::Zk2_5, _) | (_, None) => String::new(),
        (Dialect::Zk3_9 | Dialect::Kraft3_9 | Dialect::Kraft4_3, Some(change)) => format!(
            "\tAdding Replicas: {}\tRemoving Replicas: {}",
            comma_list(&change.adding),
            comma_list(&change.removing),
        ),
    }
}

fn elr_columns(partition: &PartitionView, dialect: Dialect) -> String {
    match dialect {
        Dialect::Zk2_5 => String::new(),
        Dialect::Zk3_9 => "\tElr: N/A\tLastKnownElr: N/A".to_owned(),
        Dialect::Kraft3_9 | Dialect::Kraft4_3 => {
            format!(
                "\tElr: {}\tLastKnownElr: {}",
                comma_list(&partition.elr),
                comma_list(&partition.last_known_elr)
            )
        }
    }
}

fn configs_column(configs: &[ConfigEntry]) -> String {
    let ordered = config_order(configs.to_vec());
    ordered
        .iter()
        .map(|config| format!("{}={}", config.name, config.value))
        .collect::<Vec<_>>()
        .join(",")
}

/// Buckets of the hash map that holds the 25 to 48 settings of a topic.
const CONFIG_BUCKETS: usize = 64;

/// Settings whose buckets they share, in the order in which brokers send them.
///
/// Recorded for `segment.bytes` and `retention.ms`.
const SHARED_BUCKETS: [&str; 10] = [
    "min.insync.replicas",
    "message.downconversion.enable",
    "segment.bytes",
    "retention.ms",
    "file.delete.delay.ms",
    "max.compaction.lag.ms",
    "index.interval.bytes",
    "min.cleanable.dirty.ratio",
    "retention.bytes",
    "delete.retention.ms",
];

/// The settings of a topic in the order of the column `Configs:`.
pub fn config_order(configs: Vec<ConfigEntry>) -> Vec<ConfigEntry> {
    let mut ordered = configs;
    ordered.sort_by(|a, b| {
        let place = |config: &ConfigEntry| {
            let sent = SHARED_BUCKETS.iter().position(|name| *name == config.name);
            (
                bucket(string_hash(&config.name), CONFIG_BUCKETS),
                sent.unwrap_or(SHARED_BUCKETS.len()),
            )
        };
        place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name))
    });
    ordered
}
