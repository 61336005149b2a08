//! Shapes of tables that no recording shows: orders of settings and topics, lists that a lagging broker mixes.

use std::collections::BTreeSet;

use scenarios::tools::describe::{Filter, config_order, describe};
use scenarios::tools::view::{ConfigEntry, PartitionView, Reassignment, TopicView};
use scenarios::tools::{BrokerId, Dialect, PartitionId, TopicId};

/// All settings of a topic, in the order in which the tool's hash map hands them out.
const LISTED: &str = "compression.type leader.replication.throttled.replicas remote.storage.enable \
    min.insync.replicas message.downconversion.enable segment.jitter.ms local.retention.ms cleanup.policy flush.ms \
    follower.replication.throttled.replicas segment.bytes retention.ms flush.messages message.format.version \
    file.delete.delay.ms max.compaction.lag.ms max.message.bytes min.compaction.lag.ms message.timestamp.type \
    local.retention.bytes preallocate index.interval.bytes min.cleanable.dirty.ratio unclean.leader.election.enable \
    retention.bytes delete.retention.ms message.timestamp.after.max.ms message.timestamp.before.max.ms segment.ms \
    message.timestamp.difference.max.ms segment.index.bytes";

fn ids(list: &[i32]) -> Vec<BrokerId> {
    list.iter().copied().map(BrokerId).collect()
}

fn partition(number: i32, replicas: &[i32], isr: &[i32]) -> PartitionView {
    PartitionView {
        partition: PartitionId(number),
        leader: isr.first().copied().map(BrokerId),
        replicas: ids(replicas),
        isr: ids(isr),
        reassignment: None,
        elr: Vec::new(),
        last_known_elr: Vec::new(),
    }
}

fn topic(name: &str, partitions: Vec<PartitionView>) -> TopicView {
    TopicView {
        name: name.to_owned(),
        id: Some(TopicId::from_index(0)),
        partitions,
        configs: Vec::new(),
    }
}

fn table(topics: &[TopicView], dialect: Dialect) -> String {
    describe(topics, Filter::None, &BTreeSet::new(), dialect).stdout_text()
}

#[test]
fn settings_come_in_the_order_of_their_buckets() {
    let mut configs: Vec<ConfigEntry> = LISTED.split(' ').map(|name| ConfigEntry::new(name, "x")).collect();
    configs.sort();
    let ordered: Vec<String> = config_order(configs).into_iter().map(|config| config.name).collect();
    assert_eq!(ordered.join(" "), LISTED);
}

#[test]
fn partitions_come_by_number_and_topics_by_bucket() {
    let topics = [
        topic("events", vec![partition(1, &[2], &[2]), partition(0, &[1], &[1])]),
        topic("critical-data", Vec::new()),
        topic("logs", Vec::new()),
        topic("orders", Vec::new()),
    ];
    let printed = table(&topics, Dialect::Zk2_5);
    let firsts: Vec<&str> = printed.lines().filter(|line| line.starts_with("Topic")).collect();
    let names = ["critical-data", "orders", "logs", "events"];
    assert!(
        firsts
            .iter()
            .zip(names)
            .all(|(line, name)| line.starts_with(&format!("Topic: {name}\t"))),
        "{printed}"
    );
    assert!(printed.ends_with(
        "\tTopic: events\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n\
         \tTopic: events\tPartition: 1\tLeader: 2\tReplicas: 2\tIsr: 2\n"
    ));
}

#[test]
fn one_state_is_printed_in_four_dialects() {
    let mut moving = partition(0, &[3, 4, 1, 2], &[1, 2]);
    moving.reassignment = Some(Reassignment {
        replicas: ids(&[3, 4, 1, 2]),
        adding: ids(&[3, 4]),
        removing: ids(&[1, 2]),
    });
    let topics = [topic("t", vec![moving])];
    let lines: Vec<String> = Dialect::ALL
        .map(|dialect| table(&topics, dialect).lines().last().expect("a line").to_owned())
        .into();
    let common = "\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 3,4,1,2\tIsr: 1,2";
    let change = "\tAdding Replicas: 3,4\tRemoving Replicas: 1,2";
    assert_eq!(
        lines,
        [
            common.to_owned(),
            format!("{common}{change}\tElr: N/A\tLastKnownElr: N/A"),
            format!("{common}{change}\tElr: \tLastKnownElr: "),
            format!("{common}{change}\tElr: \tLastKnownElr: "),
        ]
    );
    assert!(
        table(&topics, Dialect::Zk2_5).starts_with("Topic: t\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: \n")
    );
}

#[test]
fn added_replicas_do_not_make_a_partition_under_replicated() {
    let mut moving = partition(0, &[3, 1, 2], &[1, 2]);
    moving.reassignment = Some(Reassignment {
        replicas: ids(&[3, 1, 2]),
        adding: ids(&[3]),
        removing: Vec::new(),
    });
    let count = |dialect| {
        describe(
            &[topic("t", vec![moving.clone()])],
            Filter::UnderReplicated,
            &BTreeSet::new(),
            dialect,
        )
    };
    assert_eq!(count(Dialect::Kraft4_3).stdout.len(), 0);
    // 2.5 takes a reassignment that removes nothing for done.
    assert_eq!(count(Dialect::Zk2_5).stdout.len(), 1);
}

#[test]
fn a_leader_that_is_not_a_live_broker_makes_a_partition_unavailable() {
    let topics = [topic(
        "t",
        vec![partition(0, &[1, 2], &[1, 2]), partition(1, &[2, 1], &[2, 1])],
    )];
    let output = describe(
        &topics,
        Filter::Unavailable,
        &ids(&[2]).into_iter().collect(),
        Dialect::Kraft3_9,
    );
    assert_eq!(
        output.stdout,
        ["\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: "]
    );
}
