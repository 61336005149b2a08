//! Every recorded table of `kafka-topics --describe` is read and printed again, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use crate::recording::{Command, commands, recordings};
use scenarios::tools::describe::{Filter, describe};
use scenarios::tools::java_hash::{IsrChange, propose_isr_order};
use scenarios::tools::pasted::{Pasted, parse};
use scenarios::tools::view::TopicView;
use scenarios::tools::{Dialect, Edition};

fn is_table(command: &Command) -> bool {
    command.tool == "kafka-topics" && command.has("--describe") && command.exit_code == Some(0)
}

fn views(pasted: &Pasted) -> Vec<TopicView> {
    pasted.topics.iter().map(|topic| topic.view.clone()).collect()
}

fn filter(command: &Command) -> Filter {
    let filters = [
        ("--under-replicated-partitions", Filter::UnderReplicated),
        ("--unavailable-partitions", Filter::Unavailable),
        ("--under-min-isr-partitions", Filter::UnderMinIsr),
        ("--at-min-isr-partitions", Filter::AtMinIsr),
    ];
    filters
        .into_iter()
        .find(|(option, _)| command.has(option))
        .map_or(Filter::None, |(_, filter)| filter)
}

#[test]
fn recorded_tables_are_printed_again_from_what_was_read() {
    let mut tables: BTreeMap<Edition, usize> = BTreeMap::new();
    for table in commands("kafka-topics")
        .into_iter()
        .filter(is_table)
        .filter(|table| filter(table) == Filter::None)
    {
        let pasted = parse(&table.stdout.join("\n"));
        assert_eq!(pasted.errors("the recording"), None, "{}", table.place);
        let output = describe(
            &views(&pasted),
            Filter::None,
            &table.live_brokers,
            table.edition.dialect(),
        );
        assert_eq!(output.stdout, table.stdout, "{}", table.place);
        *tables.entry(table.edition).or_default() += 1;
    }
    assert_eq!(tables.keys().copied().collect::<Vec<_>>(), Edition::ALL);
    assert_eq!(tables.values().sum::<usize>(), 433);
}

#[test]
fn the_head_line_counts_what_the_partition_lines_show() {
    for table in commands("kafka-topics").into_iter().filter(is_table) {
        for topic in parse(&table.stdout.join("\n")).topics {
            let Some(head) = topic.head else { continue };
            let factor = topic.view.partitions[0].replication_factor(table.edition.dialect());
            let counted = (topic.view.partitions.len(), factor);
            assert_eq!(
                (head.partition_count, head.replication_factor),
                counted,
                "{}",
                table.place
            );
        }
    }
}

#[test]
fn the_dialect_of_a_recorded_table_is_never_taken_for_another() {
    let mut recognised = BTreeSet::new();
    for table in commands("kafka-topics").into_iter().filter(is_table) {
        if let Some(dialect) = parse(&table.stdout.join("\n")).dialect {
            assert_eq!(dialect, table.edition.dialect(), "{}", table.place);
            recognised.insert(dialect);
        }
    }
    assert_eq!(recognised.into_iter().collect::<Vec<_>>(), Dialect::ALL);
}

#[test]
fn recorded_filters_show_what_the_tables_before_them_let_expect() {
    let mut filtered = 0;
    for recording in recordings() {
        let mut topics: BTreeMap<String, TopicView> = BTreeMap::new();
        for table in recording.commands.into_iter().filter(is_table) {
            match filter(&table) {
                Filter::None => {
                    let read = views(&parse(&table.stdout.join("\n")));
                    topics.extend(read.into_iter().map(|view| (view.name.clone(), view)));
                }
                filter => {
                    let topics: Vec<TopicView> = topics.values().cloned().collect();
                    let output = describe(&topics, filter, &table.live_brokers, table.edition.dialect());
                    assert_eq!(output.stdout, table.stdout, "{}", table.place);
                    filtered += 1;
                }
            }
        }
    }
    assert_eq!(filtered, 12);
}

#[test]
fn a_pasted_recording_is_read_with_all_that_stands_around_its_tables() {
    let text = "[  17.63] $ kafka-topics --bootstrap-server localhost:29092 --describe --topic topic-p3-r3\n  \
                Topic: topic-p3-r3\tPartitionCount: 1\tReplicationFactor: 3\tConfigs: min.insync.replicas=2\n  \
                \tTopic: topic-p3-r3\tPartition: 0\tLeader: 0\tReplicas: 0,1,2\tIsr: 0,1,2\n\n# a remark\n";
    let pasted = parse(text);
    assert_eq!((pasted.topics.len(), pasted.understood, pasted.unread.len()), (1, 2, 0));
}

#[test]
fn an_isr_that_a_leader_extends_is_written_in_the_recorded_order() {
    let mut extended = 0;
    for change in recordings().into_iter().flat_map(|recording| recording.changes) {
        let (before, after) = &change.isr;
        let joined: Vec<i32> = after.iter().filter(|id| !before.contains(id)).copied().collect();
        let by_the_leader = change.leader.0 == change.leader.1 && change.epoch.0 == change.epoch.1;
        if let (true, [joined], false) = (by_the_leader, joined.as_slice(), before.is_empty())
            && after.len() == before.len() + 1
        {
            let order = propose_isr_order(change.edition.isr_set(), before, IsrChange::Expand(*joined));
            assert_eq!(&order, after, "{}", change.place);
            extended += 1;
        }
    }
    assert!(extended > 100, "only {extended} changes were compared");
}
