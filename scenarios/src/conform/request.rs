//! Commands and acts of a recording as requests; what cannot be one yet, and what it touches.

use serde_json::Value;

use super::cells::Thing;
use super::says;
use super::subject::{
    Ask, Election, Filter, NodeNames, Output, Placement, ProduceRequest, QuorumTable, Request, Target,
};
use super::tally::Touched;
use crate::recording::{Act, Command, Head, Input, NodeId, Produce, TopicPartition, expand};
use crate::tools::reassign::Throttles;

/// A command that is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Understood {
    /// The cluster is asked.
    Ask(Request),
    /// `kafka-storage format`: the node is formatted, the words depend on the release only.
    Format {
        node: NodeId,
        cluster_id: String,
        output: Output,
    },
    /// The words depend on the release only, the cluster is not asked.
    Fixed(Output),
}

/// What a command asks; an error says what is not modelled.
pub(crate) fn understand(command: &Command, head: &Head) -> Result<Understood, String> {
    let asked = |ask: Result<Ask, String>| -> Result<Understood, String> {
        let address = command.flag("--bootstrap-server").unwrap_or_default();
        let bootstrap = head
            .broker_at(address)
            .ok_or_else(|| format!("there is no broker at `{address}`"))?;
        Ok(Understood::Ask(Request::Tool { bootstrap, ask: ask? }))
    };
    match command.tool.as_str() {
        "kafka-storage" => format(command, head),
        "kafka-features" if command.args.last().is_some_and(|a| a == "describe") => says::features(head.version)
            .map(|lines| Understood::Fixed(Output::success(lines)))
            .ok_or_else(|| format!("kafka-features of {} is not modelled", head.version)),
        "kafka-topics" => asked(topics(command)),
        "kafka-configs" => match says::unknown_setting(command) {
            Some(output) => Ok(Understood::Fixed(output)),
            None => asked(configs(command)),
        },
        "kafka-leader-election" => asked(election(command)),
        "kafka-reassign-partitions" => asked(reassignment(command)),
        "kafka-metadata-quorum" => asked(quorum(command)),
        tool => Err(format!("{tool} is not modelled")),
    }
}

/// The produce of a recording without its answer.
pub(crate) fn produce(produce: &Produce) -> Request {
    Request::Produce(ProduceRequest {
        partition: produce.partition.clone(),
        key: produce.key.clone(),
        value: produce.value.as_deref().map(expand),
        acks: produce.acks,
        client: produce.client.clone(),
        timeout: produce.timeout,
        request_timeout: produce.request_timeout(),
        retries: produce.retries,
    })
}

/// Refuses every flag that is not among those with a value or those without.
fn only(command: &Command, with_value: &[&str], without: &[&str]) -> Result<(), String> {
    let mut words = command.args.iter();
    while let Some(word) = words.next() {
        if with_value.contains(&word.as_str()) {
            words
                .next()
                .ok_or_else(|| format!("{}: {word} needs a value", command.tool))?;
        } else if !without.contains(&word.as_str()) {
            return Err(format!("{} {word} is not modelled", command.tool));
        }
    }
    Ok(())
}

fn format(command: &Command, head: &Head) -> Result<Understood, String> {
    only(command, &["-t", "-c"], &["format"])?;
    let folder = command
        .flag("-c")
        .and_then(|c| c.strip_prefix("node-")?.strip_suffix("/server.properties"));
    let node: Option<NodeId> = folder.and_then(|id| id.parse().ok());
    let (Some(node), Some(cluster_id)) = (node, command.flag("-t")) else {
        return Err("kafka-storage format names its cluster id and a node's file".to_owned());
    };
    let lines = says::formatted(head.version, node);
    let lines = lines.ok_or_else(|| format!("kafka-storage of {} is not modelled", head.version))?;
    Ok(Understood::Format {
        node,
        cluster_id: cluster_id.to_owned(),
        output: Output::success(lines),
    })
}

fn topics(command: &Command) -> Result<Ask, String> {
    const FILTERS: [(&str, Filter); 4] = [
        ("--under-replicated-partitions", Filter::UnderReplicated),
        ("--unavailable-partitions", Filter::Unavailable),
        ("--under-min-isr-partitions", Filter::UnderMinIsr),
        ("--at-min-isr-partitions", Filter::AtMinIsr),
    ];
    let topic = || command.flag("--topic").map(str::to_owned);
    if command.has("--create") {
        let values = [
            "--bootstrap-server",
            "--topic",
            "--replica-assignment",
            "--partitions",
            "--replication-factor",
            "--config",
        ];
        only(command, &values, &["--create"])?;
        let topic = topic().ok_or("kafka-topics --create needs --topic")?;
        let configs: Option<_> = command.flags("--config").into_iter().map(setting).collect();
        let configs = configs.ok_or("kafka-topics: a --config is `name=value`")?;
        return Ok(Ask::CreateTopic {
            topic,
            placement: placement(command)?,
            configs,
        });
    }
    if command.has("--alter") {
        only(
            command,
            &["--bootstrap-server", "--topic", "--partitions"],
            &["--alter"],
        )?;
        let count = command.flag("--partitions").and_then(|count| count.parse().ok());
        return Ok(Ask::AddPartitions {
            topic: topic().ok_or("kafka-topics --alter needs --topic")?,
            count: count.ok_or("kafka-topics --alter needs --partitions and a number")?,
        });
    }
    if command.has("--delete") {
        only(command, &["--bootstrap-server", "--topic"], &["--delete"])?;
        let topic = topic().ok_or("kafka-topics --delete needs --topic")?;
        return Ok(Ask::DeleteTopic { topic });
    }
    if command.has("--describe") {
        let filters: Vec<&str> = FILTERS.iter().map(|(flag, _)| *flag).chain(["--describe"]).collect();
        only(command, &["--bootstrap-server", "--topic"], &filters)?;
        let filter = FILTERS
            .iter()
            .find(|(flag, _)| command.has(flag))
            .map_or(Filter::All, |(_, filter)| *filter);
        return Ok(Ask::DescribeTopics { topic: topic(), filter });
    }
    only(command, &["--bootstrap-server"], &["--list"])?;
    if command.has("--list") {
        Ok(Ask::ListTopics)
    } else {
        Err("kafka-topics without a verb".to_owned())
    }
}

fn placement(command: &Command) -> Result<Placement, String> {
    let number = |flag: &str| {
        let read = |n: &str| {
            n.parse()
                .map_err(|_| format!("kafka-topics: {flag} needs a number, got `{n}`"))
        };
        command.flag(flag).map(read).transpose()
    };
    let Some(assignment) = command.flag("--replica-assignment") else {
        let (partitions, replication_factor) = (number("--partitions")?, number("--replication-factor")?);
        return Ok(Placement::Automatic {
            partitions,
            replication_factor,
        });
    };
    let row = |row: &str| {
        row.split(':')
            .map(|id| id.parse().ok())
            .collect::<Option<Vec<NodeId>>>()
    };
    let rows: Option<Vec<Vec<NodeId>>> = assignment.split(',').map(row).collect();
    rows.map(Placement::Manual)
        .ok_or_else(|| format!("kafka-topics: `{assignment}` is not an assignment"))
}

fn setting(text: &str) -> Option<(String, String)> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn quorum(command: &Command) -> Result<Ask, String> {
    only(
        command,
        &["--bootstrap-server"],
        &["describe", "--status", "--replication"],
    )?;
    let address = command.flag("--bootstrap-server").unwrap_or_default();
    Ok(Ask::DescribeQuorum {
        table: match command.has("--replication") {
            true => QuorumTable::Replication,
            false => QuorumTable::Status,
        },
        named: match address.starts_with("node-") {
            true => NodeNames::Own,
            false => NodeNames::Localhost,
        },
    })
}

fn configs(command: &Command) -> Result<Ask, String> {
    if !command.has("--alter") {
        return Err("kafka-configs --describe is not modelled".to_owned());
    }
    let values = [
        "--bootstrap-server",
        "--entity-type",
        "--entity-name",
        "--add-config",
        "--delete-config",
    ];
    only(command, &values, &["--alter"])?;
    let (Some("topics"), Some(topic)) = (command.flag("--entity-type"), command.flag("--entity-name")) else {
        return Err("kafka-configs is modelled for topics only".to_owned());
    };
    let listed = |flag: &str| {
        command
            .flag(flag)
            .unwrap_or_default()
            .split(',')
            .filter(|s| !s.is_empty())
    };
    let set: Option<_> = listed("--add-config").map(setting).collect();
    let set = set.ok_or("kafka-configs: an --add-config is `name=value`")?;
    let removed = listed("--delete-config").map(str::to_owned).collect();
    Ok(Ask::AlterTopicConfig {
        topic: topic.to_owned(),
        set,
        removed,
    })
}

fn election(command: &Command) -> Result<Ask, String> {
    let values = [
        "--bootstrap-server",
        "--election-type",
        "--topic",
        "--partition",
        "--path-to-json-file",
    ];
    only(command, &values, &["--all-topic-partitions"])?;
    let election = match command.flag("--election-type").map(str::to_lowercase).as_deref() {
        Some("preferred") => Election::Preferred,
        Some("unclean") => Election::Unclean,
        _ => return Err("kafka-leader-election: --election-type is preferred or unclean".to_owned()),
    };
    if command.has("--all-topic-partitions") {
        return Ok(Ask::ElectLeaders {
            election,
            partitions: None,
        });
    }
    let named = match command.flag("--path-to-json-file") {
        Some(name) => command.file(name).and_then(partitions_of),
        None => command
            .flag("--topic")
            .zip(command.flag("--partition"))
            .and_then(|(topic, number)| Some(vec![TopicPartition::new(topic, number.parse().ok()?)])),
    };
    let partitions = Some(named.ok_or("kafka-leader-election does not say which partitions")?);
    Ok(Ask::ElectLeaders { election, partitions })
}

fn reassignment(command: &Command) -> Result<Ask, String> {
    const VERBS: [&str; 4] = ["--execute", "--verify", "--cancel", "--list"];
    let flags: Vec<&str> = VERBS
        .iter()
        .copied()
        .chain(["--additional", "--preserve-throttles"])
        .collect();
    only(command, &["--bootstrap-server", "--reassignment-json-file"], &flags)?;
    if command.has("--list") {
        return Ok(Ask::ListReassignments);
    }
    let name = command.flag("--reassignment-json-file").unwrap_or_default();
    let targets = command
        .file(name)
        .and_then(targets_of)
        .ok_or("kafka-reassign-partitions does not say where to")?;
    let throttles = if command.has("--preserve-throttles") {
        Throttles::Preserve
    } else {
        Throttles::Clear
    };
    match VERBS.iter().find(|verb| command.has(verb)) {
        Some(&"--execute") => Ok(Ask::Reassign {
            targets,
            additional: command.has("--additional"),
        }),
        Some(&"--verify") => Ok(Ask::VerifyReassignment { targets, throttles }),
        Some(&"--cancel") => Ok(Ask::CancelReassignment {
            partitions: targets.into_iter().map(|(partition, _)| partition).collect(),
        }),
        _ => Err("kafka-reassign-partitions without a verb".to_owned()),
    }
}

/// Reads `{"partitions":[{"topic":"t","partition":0,"replicas":[1,2]}]}`.
fn targets_of(json: &str) -> Option<Vec<Target>> {
    let json: Value = serde_json::from_str(json).ok()?;
    let id = |id: &Value| i32::try_from(id.as_i64()?).ok().map(NodeId);
    let one = |item: &Value| {
        let number = i32::try_from(item.get("partition")?.as_i64()?).ok()?;
        let replicas: Option<Vec<NodeId>> = item.get("replicas")?.as_array()?.iter().map(id).collect();
        Some((TopicPartition::new(item.get("topic")?.as_str()?, number), replicas?))
    };
    json.get("partitions")?.as_array()?.iter().map(one).collect()
}

/// Reads `{"partitions":[{"topic":"t","partition":0}]}`.
fn partitions_of(json: &str) -> Option<Vec<TopicPartition>> {
    let json: Value = serde_json::from_str(json).ok()?;
    let one = |item: &Value| {
        let number = i32::try_from(item.get("partition")?.as_i64()?).ok()?;
        Some(TopicPartition::new(item.get("topic")?.as_str()?, number))
    };
    json.get("partitions")?.as_array()?.iter().map(one).collect()
}

/// What a command names: topics, a group, the node of a file.
pub(crate) fn named(command: &Command) -> Vec<Thing> {
    let mut things = Vec::new();
    let topic = |name: &str| Thing::Topic(name.split(':').next().unwrap_or(name).to_owned());
    things.extend(command.flags("--topic").into_iter().map(topic));
    things.extend(command.flags("--group").into_iter().map(|g| Thing::Group(g.to_owned())));
    if command.flag("--entity-type") == Some("topics") {
        things.extend(command.flag("--entity-name").map(topic));
    }
    for input in &command.inputs {
        let Input::File { content, .. } = input else { continue };
        let json: Option<Value> = serde_json::from_str(content).ok();
        let lists = json
            .iter()
            .flat_map(|json| ["partitions", "topics"].map(|name| json.get(name)));
        let items = lists.flatten().filter_map(Value::as_array).flatten();
        things.extend(items.filter_map(|item| item.get("topic")?.as_str()).map(topic));
    }
    let node = command
        .flag("-c")
        .and_then(|c| c.strip_prefix("node-")?.split('/').next()?.parse().ok());
    things.extend(node.map(Thing::Node));
    things.sort();
    things.dedup();
    things
}

/// What a command may change.
pub(crate) fn touched(command: &Command) -> Touched {
    const READS: [&str; 6] = [
        "--describe",
        "describe",
        "--list",
        "list",
        "--generate",
        "describe-producers",
    ];
    const READERS: [&str; 2] = ["kafka-get-offsets", "kafka-dump-log"];
    if READERS.contains(&command.tool.as_str()) || READS.iter().any(|word| command.has(word)) {
        return Touched::Nothing;
    }
    things_or_everything(named(command))
}

/// What an act of a client may change.
pub(crate) fn touched_by_act(act: &Act) -> Touched {
    match act {
        Act::Produce(produce) => Touched::Things(vec![Thing::Topic(produce.partition.topic.clone())]),
        Act::Consume(_) => Touched::Nothing,
        Act::Other { client, words, .. } => {
            let mut things = vec![Thing::Client(client.clone())];
            things.extend(
                words
                    .iter()
                    .filter_map(|w| w.strip_prefix("group="))
                    .map(|g| Thing::Group(g.to_owned())),
            );
            let partition = words
                .iter()
                .position(|w| w == "produce")
                .and_then(|i| words.get(i + 1)?.parse().ok());
            things.extend(partition.map(|p: TopicPartition| Thing::Topic(p.topic)));
            Touched::Things(things)
        }
    }
}

fn things_or_everything(things: Vec<Thing>) -> Touched {
    if things.is_empty() {
        Touched::Everything
    } else {
        Touched::Things(things)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Content, Recording};

    /// The command of a transcript with one block.
    fn command(text: &str) -> (Command, Head) {
        let head = "# x\n# kafka 3.9.1 · kraft · brokers 1,2,3 · controllers 10\n";
        let mut recording = Recording::parse(&format!("{head}[   0.00] $ {text}\n[   1.00] == end\n")).unwrap();
        let Content::Command(command) = recording.blocks.remove(0).content else {
            panic!("a command")
        };
        (command, recording.head)
    }

    #[track_caller]
    fn check(text: &str, expected: Ask) {
        let (command, head) = command(text);
        let bootstrap = NodeId(1);
        assert_eq!(
            understand(&command, &head),
            Ok(Understood::Ask(Request::Tool {
                bootstrap,
                ask: expected
            }))
        );
    }

    #[test]
    fn topics_grow_and_are_deleted() {
        check(
            "kafka-topics --bootstrap-server localhost:29092 --alter --partitions 6 --topic t",
            Ask::AddPartitions {
                topic: "t".to_owned(),
                count: 6,
            },
        );
        check(
            "kafka-topics --bootstrap-server localhost:29092 --delete --topic t",
            Ask::DeleteTopic { topic: "t".to_owned() },
        );
    }

    #[track_caller]
    fn refused(text: &str, why: &str) {
        let (command, head) = command(text);
        assert_eq!(understand(&command, &head), Err(why.to_owned()));
    }

    #[test]
    fn topics_are_created_with_an_assignment_or_a_count() {
        let manual = vec![vec![NodeId(1), NodeId(2)], vec![NodeId(2), NodeId(3)]];
        check(
            "kafka-topics --bootstrap-server localhost:29092 --create --topic t --replica-assignment 1:2,2:3 --config a=1 --config b=2",
            Ask::CreateTopic {
                topic: "t".to_owned(),
                placement: Placement::Manual(manual),
                configs: vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())],
            },
        );
        let (partitions, replication_factor) = (Some(6), Some(1));
        check(
            "kafka-topics --bootstrap-server node-1:29092 --create --topic t --partitions 6 --replication-factor 1",
            Ask::CreateTopic {
                topic: "t".to_owned(),
                placement: Placement::Automatic {
                    partitions,
                    replication_factor,
                },
                configs: Vec::new(),
            },
        );
    }

    #[test]
    fn elections_name_their_partitions_or_all() {
        let at = "kafka-leader-election --bootstrap-server localhost:29092 --election-type";
        let partitions = Some(vec![TopicPartition::new("t", 2)]);
        let ask = Ask::ElectLeaders {
            election: Election::Unclean,
            partitions,
        };
        check(&format!("{at} unclean --topic t --partition 2"), ask);
        let ask = Ask::ElectLeaders {
            election: Election::Preferred,
            partitions: None,
        };
        check(&format!("{at} preferred --all-topic-partitions"), ask);
        let ask = Ask::ElectLeaders {
            election: Election::Preferred,
            partitions: Some(vec![TopicPartition::new("t", 0)]),
        };
        let file = r#"< plan.json: {"partitions":[{"topic":"t","partition":0}]}"#;
        check(&format!("{at} preferred --path-to-json-file plan.json\n{file}"), ask);
    }

    #[test]
    fn what_is_not_modelled_is_named() {
        let at = "--bootstrap-server localhost:29092";
        refused(
            &format!("kafka-topics {at} --delete --if-exists --topic t"),
            "kafka-topics --if-exists is not modelled",
        );
        refused(
            &format!("kafka-topics {at} --alter --topic t --replica-assignment 1:2"),
            "kafka-topics --replica-assignment is not modelled",
        );
        refused(
            &format!("kafka-delete-records {at}"),
            "kafka-delete-records is not modelled",
        );
        refused(
            "kafka-topics --bootstrap-server localhost:1 --list",
            "there is no broker at `localhost:1`",
        );
    }

    #[test]
    fn a_command_touches_what_it_names_and_nothing_if_it_reads() {
        let of = |text: &str| touched(&command(text).0);
        let topic = |name: &str| Thing::Topic(name.to_owned());
        assert_eq!(
            of("kafka-x --topic t6:3 --group g"),
            Touched::Things(vec![topic("t6"), Thing::Group("g".to_owned())])
        );
        let plan = r#"< r.json: {"version":1,"partitions":[{"topic":"m","partition":0},{"topic":"m","partition":1}]}"#;
        assert_eq!(
            of(&format!("kafka-x --file r.json\n{plan}")),
            Touched::Things(vec![topic("m")])
        );
        assert_eq!(
            of("kafka-features --bootstrap-server localhost:29092 describe"),
            Touched::Nothing
        );
        assert_eq!(of("kafka-frobnicate"), Touched::Everything);
    }
}
