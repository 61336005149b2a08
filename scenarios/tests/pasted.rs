//! What is printed can be pasted: any table is read back as the same topics, and bad lines are named.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{select, subsequence};
use scenarios::tools::describe::{Filter, describe};
use scenarios::tools::pasted::parse;
use scenarios::tools::view::{ConfigEntry, PartitionView, Reassignment, TopicView};
use scenarios::tools::{BrokerId, Dialect, PartitionId, TopicId};

const CONFIGS: [(&str, &[&str]); 7] = [
    ("min.insync.replicas", &["1", "2"]),
    ("message.downconversion.enable", &["false"]),
    ("cleanup.policy", &["compact", "compact,delete"]),
    ("segment.bytes", &["1073741824"]),
    ("retention.ms", &["-1", "86400000"]),
    ("unclean.leader.election.enable", &["true"]),
    ("leader.replication.throttled.replicas", &["0:1,1:2", "*"]),
];

fn brokers() -> impl Strategy<Value = Vec<BrokerId>> {
    vec_of_distinct((0..9).map(BrokerId).collect(), 1, 5)
}

fn vec_of_distinct(ids: Vec<BrokerId>, least: usize, most: usize) -> impl Strategy<Value = Vec<BrokerId>> {
    let most = most.min(ids.len());
    subsequence(ids, least.min(most)..=most).prop_shuffle()
}

fn configs() -> impl Strategy<Value = Vec<ConfigEntry>> {
    let config = |(name, values): (&'static str, &'static [&'static str])| {
        select(values).prop_map(move |value| ConfigEntry::new(name, value))
    };
    subsequence(CONFIGS.to_vec(), 0..=CONFIGS.len())
        .prop_flat_map(move |chosen| chosen.into_iter().map(config).collect::<Vec<_>>())
}

/// The metadata shows the replicas of both assignments, or still those that stay and go.
fn reassignment(replicas: Vec<BrokerId>) -> impl Strategy<Value = (Vec<BrokerId>, Option<Reassignment>)> {
    let last = replicas.len() - 1;
    let change = (0..=last, any::<bool>()).prop_map({
        let replicas = replicas.clone();
        move |(added, lags)| {
            let (adding, old) = replicas.split_at(added);
            let shown = if lags { old.to_vec() } else { replicas.clone() };
            let removing = old[..old.len() / 2].to_vec();
            (
                shown,
                Some(Reassignment {
                    replicas: replicas.clone(),
                    adding: adding.to_vec(),
                    removing,
                }),
            )
        }
    });
    prop_oneof![3 => Just((replicas, None)), 1 => change]
}

fn partition(number: i32, dialect: Dialect) -> impl Strategy<Value = PartitionView> {
    let elr_is_listed = matches!(dialect, Dialect::Kraft3_9 | Dialect::Kraft4_3);
    let reassignment_is_listed = dialect != Dialect::Zk2_5;
    brokers()
        .prop_flat_map(|all| {
            let isr = vec_of_distinct(all.clone(), 0, all.len());
            let elr = vec_of_distinct(all.clone(), 0, 2);
            let last = vec_of_distinct(all.clone(), 0, 1);
            (reassignment(all), isr, elr, last, any::<bool>())
        })
        .prop_map(
            move |((replicas, reassignment), isr, elr, last_known_elr, leads)| PartitionView {
                partition: PartitionId(number),
                leader: isr.first().copied().filter(|_| leads),
                replicas,
                isr,
                reassignment: reassignment.filter(|_| reassignment_is_listed),
                elr: if elr_is_listed { elr } else { Vec::new() },
                last_known_elr: if elr_is_listed { last_known_elr } else { Vec::new() },
            },
        )
}

fn topic(name: String, dialect: Dialect) -> impl Strategy<Value = TopicView> {
    let partitions = (1..5).prop_flat_map(move |count| (0..count).map(|p| partition(p, dialect)).collect::<Vec<_>>());
    (partitions, configs(), 1..u128::MAX).prop_map(move |(partitions, configs, id)| TopicView {
        name: name.clone(),
        id: Some(TopicId(id)).filter(|_| dialect != Dialect::Zk2_5),
        partitions,
        configs,
    })
}

fn cluster() -> impl Strategy<Value = (Dialect, Vec<TopicView>)> {
    let names = btree_set("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,9}", 1..6);
    (select(Dialect::ALL.to_vec()), names).prop_flat_map(|(dialect, names)| {
        (
            Just(dialect),
            names.into_iter().map(|name| topic(name, dialect)).collect::<Vec<_>>(),
        )
    })
}

/// How a table may look once it was pasted.
fn pasted_as() -> impl Strategy<Value = (&'static str, &'static str)> {
    let columns = select(vec!["\t", "  ", "   "]);
    let before = select(vec![
        "",
        "  ",
        "[  17.63] ",
        "kafka1  | ",
        "2024-05-01 12:00:00,123 ",
        "user@host:~$ ",
    ]);
    (columns, before)
}

fn by_name(mut topics: Vec<TopicView>) -> Vec<TopicView> {
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    topics
}

proptest! {
    #[test]
    fn every_printed_table_is_read_back_as_the_same_topics((dialect, topics) in cluster(), (tab, before) in pasted_as()) {
        let printed = describe(&topics, Filter::None, &BTreeSet::new(), dialect).stdout;
        let lines: Vec<String> = printed.iter().map(|line| format!("{before}{}", line.replace('\t', tab))).collect();
        let pasted = parse(&lines.join("\r\n"));
        prop_assert_eq!(pasted.errors("it"), None);
        let (read, heads): (Vec<_>, Vec<_>) = pasted.topics.into_iter().map(|topic| (topic.view, topic.head)).unzip();
        for (view, head) in read.iter().zip(heads) {
            let counted = head.map(|head| (head.partition_count, head.replication_factor));
            let factor = view.partitions[0].replication_factor(dialect);
            prop_assert_eq!(counted, Some((view.partitions.len(), factor)));
        }
        let expected = topics.into_iter().map(TopicView::in_table_order).collect();
        prop_assert_eq!(by_name(read), by_name(expected));
    }

    #[test]
    fn the_output_of_a_filter_is_read_back_as_the_same_partitions((dialect, topics) in cluster()) {
        let printed = describe(&topics, Filter::Unavailable, &BTreeSet::new(), dialect);
        let pasted = parse(&printed.stdout_text());
        let read: Vec<TopicView> = pasted.topics.into_iter().map(|topic| topic.view).collect();
        let without_head = |topic: TopicView| TopicView { id: None, configs: Vec::new(), ..topic.in_table_order() };
        prop_assert_eq!(by_name(read), by_name(topics.into_iter().map(without_head).collect()));
    }

    #[test]
    fn no_text_makes_the_reader_stumble(lines in vec("(Topic: |Partition: |Leader: |\t|[ -~]|주문){0,12}", 0..6)) {
        let pasted = parse(&lines.join("\n"));
        prop_assert_eq!(pasted.errors("it").is_none(), pasted.unread.is_empty() && pasted.understood > 0);
    }
}

fn check_errors(text: &str, expected: &str) {
    assert_eq!(parse(text).errors("standard input").as_deref(), Some(expected));
}

#[test]
fn a_word_for_a_number_is_shown_where_it_stands() {
    let text = "Topic: orders\tPartitionCount: 3\tReplicationFactor: 3\tConfigs: \n\
                \tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2,3\n\
                \tTopic: orders\tPartition: one\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2,3\n\
                $ exit please\n";
    check_errors(
        text,
        "\
error[layout]: line 3 of standard input does not look like describe output
  | Topic: orders  Partition: one  Leader: 1  Replicas: 1,2,3  Isr: 1,2,3
  |                           ^^^ expected a number
error[layout]: line 4 of standard input does not look like describe output
  | $ exit please
  | ^ expected `Topic:`
  = note: 2 of 4 lines were understood; nothing was audited
",
    );
}

#[test]
fn a_column_that_is_missing_is_named() {
    check_errors(
        "Topic: t  Partition: 0  Leader: 1  Replicas: 1,2",
        "\
error[layout]: line 1 of standard input does not look like describe output
  | Topic: t  Partition: 0  Leader: 1  Replicas: 1,2
  |                                                 ^ expected `Isr:`
  = note: 0 of 1 lines were understood; nothing was audited
",
    );
}

#[test]
fn two_tables_one_after_the_other_are_not_mixed() {
    let line = "\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\n";
    check_errors(
        &line.repeat(2),
        "\
error[layout]: line 2 of standard input does not look like describe output
  | Topic: t  Partition: 0  Leader: 1  Replicas: 1,2  Isr: 1,2
  |                      ^ this partition stands in line 1 already
  = note: 1 of 2 lines were understood; nothing was audited
",
    );
}

#[test]
fn an_empty_paste_is_told_how_to_fill_it() {
    let help = "  = help: kafka-topics.sh --bootstrap-server HOST:PORT --describe | sim audit -\n";
    check_errors(" \n", &format!("error[layout]: standard input is empty\n{help}"));
    check_errors(
        "$\n",
        &format!("error[layout]: standard input has no line of describe output\n{help}"),
    );
}

#[test]
fn tables_of_old_tools_and_with_minus_one_for_no_leader_are_read() {
    let text = "Topic:t\tPartitionCount:1\tReplicationFactor:2\tConfigs:\n\
                \tTopic: t\tPartition: 0\tLeader: -1\tReplicas: 1,2\tIsr: \tMarkedForDeletion: true\n";
    let pasted = parse(text);
    assert_eq!(pasted.errors("it"), None);
    assert_eq!(pasted.topics[0].view.partitions[0].leader, None);
    assert_eq!(pasted.dialect, Some(Dialect::Zk2_5));
}

#[test]
fn prompts_and_commands_between_tables_are_skipped() {
    let text = "user@host:~$ docker exec -it kafka1 kafka-topics.sh \\\n\
                --bootstrap-server kafka1:9092 --describe\n\
                Topic: t  TopicId: AAAAAAAAAAAAAAAAAAAAAQ  PartitionCount: 1  ReplicationFactor: 1  Configs: \n\
                Topic: t  Partition: 0  Leader: none  Replicas: 1  Isr:   Elr: 1  LastKnownElr: 1\n\
                user@host:~$\n";
    let pasted = parse(text);
    assert_eq!((pasted.understood, pasted.unread.len(), pasted.lines), (2, 0, 5));
    assert_eq!(pasted.topics[0].view.partitions[0].elr, [BrokerId(1)]);
    assert_eq!(pasted.dialect, Some(Dialect::Kraft4_3));
}
