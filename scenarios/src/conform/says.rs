//! What Kafka's tools say around an answer, release by release. Tables are not made here.

use super::subject::{Ask, Election, ElectionRefusal, Output, Refusal, ToolReply};
use crate::recording::{Command, Exit, Mode, NodeId, TopicPartition, Version};

/// What every failing command on topics begins with.
const TOPIC_FAILURE: &str = "Error while executing topic command : ";
/// Package of the exceptions of the protocol.
const ERRORS: &str = "org.apache.kafka.common.errors";

/// The output of a command from its answer.
pub fn output(version: Version, mode: Mode, ask: &Ask, reply: &ToolReply) -> Output {
    match reply {
        ToolReply::Done => Output::success(done(ask)),
        ToolReply::Lines(lines) => Output::success(lines.clone()),
        ToolReply::Text(output) => output.clone(),
        ToolReply::NotSent { call } => not_sent(version, ask, call),
        ToolReply::Unanswered { call, by, warnings } => {
            let mut output = unanswered(version, ask, call, *by);
            output.stderr.splice(0..0, warnings.iter().cloned());
            output
        }
        ToolReply::Refused(refusal) => refused(version, mode, ask, refusal),
        ToolReply::Elected {
            elected,
            already,
            refused,
        } => {
            let election = match ask {
                Ask::ElectLeaders { election, .. } => *election,
                Ask::CreateTopic { .. }
                | Ask::AddPartitions { .. }
                | Ask::DeleteTopic { .. }
                | Ask::DescribeTopics { .. }
                | Ask::ListTopics
                | Ask::AlterTopicConfig { .. }
                | Ask::Reassign { .. }
                | Ask::VerifyReassignment { .. }
                | Ask::CancelReassignment { .. }
                | Ask::ListReassignments
                | Ask::DescribeQuorum { .. } => Election::Preferred,
            };
            elections(version, mode, election, elected, already, refused)
        }
    }
}

/// Lines of a success.
fn done(ask: &Ask) -> Vec<String> {
    match ask {
        Ask::CreateTopic { topic, .. } => {
            let warning = "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') \
                           could collide. To avoid issues it is best to use either, but not both.";
            let warned = topic.contains(['.', '_']).then(|| warning.to_owned());
            warned.into_iter().chain([format!("Created topic {topic}.")]).collect()
        }
        Ask::AlterTopicConfig { topic, .. } => vec![format!("Completed updating config for topic {topic}.")],
        Ask::DescribeTopics { .. } | Ask::ListTopics | Ask::ElectLeaders { .. } => Vec::new(),
        Ask::AddPartitions { .. } | Ask::DeleteTopic { .. } => Vec::new(),
        Ask::Reassign { .. } | Ask::VerifyReassignment { .. } => Vec::new(),
        Ask::CancelReassignment { .. } | Ask::ListReassignments | Ask::DescribeQuorum { .. } => Vec::new(),
    }
}

/// The class that logs a failure of `kafka-topics`.
fn topic_command(version: Version) -> &'static str {
    if version.line() < (3, 0) {
        "kafka.admin.TopicCommand$"
    } else {
        "org.apache.kafka.tools.TopicCommand"
    }
}

/// A call that no broker took within 60 s.
fn not_sent(version: Version, ask: &Ask, call: &str) -> Output {
    let timeout = format!("{ERRORS}.TimeoutException: Timed out waiting to send the call. Call: {call}");
    let wrapped = format!("java.util.concurrent.ExecutionException: {timeout}");
    let logger = format!(" ({})", topic_command(version));
    let describe = matches!(ask, Ask::DescribeTopics { .. });
    let (message, stderr) = if describe {
        let first = format!("ERROR java.lang.RuntimeException: {wrapped}");
        let rest = [
            format!("Caused by: {wrapped}"),
            "\t... 4 more".to_owned(),
            format!("Caused by: {timeout}"),
            logger,
        ];
        (wrapped.clone(), [first].into_iter().chain(rest).collect())
    } else {
        let message = format!("Timed out waiting to send the call. Call: {call}");
        (message, vec![format!("ERROR {timeout}"), logger])
    };
    Output {
        stdout: vec![format!("{TOPIC_FAILURE}{message}")],
        stderr,
        exit: Exit::Status(1),
    }
}

/// Settings that a topic can have. Kafka: `TopicConfig`, of the releases that were recorded.
const TOPIC_SETTINGS: [&str; 36] = [
    "cleanup.policy",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "max.message.bytes",
    "message.downconversion.enable",
    "message.format.version",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.difference.max.ms",
    "message.timestamp.type",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "remote.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
];

/// `kafka-configs --alter` of a topic setting that Kafka does not have: whoever is asked refuses it.
pub(super) fn unknown_setting(command: &Command) -> Option<Output> {
    let added = command
        .flag("--add-config")
        .filter(|_| command.flag("--entity-type") == Some("topics"))?;
    let name = added.split('=').next().filter(|name| !TOPIC_SETTINGS.contains(name))?;
    let refusal = format!("{ERRORS}.InvalidConfigurationException: Unknown topic config name: {name}");
    let args = command.args.join(" ");
    Some(Output {
        stdout: Vec::new(),
        stderr: vec![
            format!("Error while executing config command with args '{args}'"),
            format!("java.util.concurrent.ExecutionException: {refusal}"),
            format!("Caused by: {refusal}"),
        ],
        exit: Exit::Status(1),
    })
}

/// A moment, in milliseconds since 1970: which one is no cell.
const SOME_TIME: u64 = 1_600_000_000_000;

/// A call that a broker took and did not answer within 60 s. Its numbers are times, and no cells.
fn unanswered(version: Version, ask: &Ask, call: &str, by: NodeId) -> Output {
    let message = format!(
        "Call(callName={call}, deadlineMs={SOME_TIME}, tries=1, nextAllowedTryMs={SOME_TIME}) timed out at {SOME_TIME} after 1 attempt(s)"
    );
    let timeout = format!("{ERRORS}.TimeoutException: {message}");
    let wrapped = format!("java.util.concurrent.ExecutionException: {timeout}");
    let cause = format!(
        "Caused by: {ERRORS}.DisconnectException: Cancelled {call} request with correlation id 0 due to node {by} being \
         disconnected"
    );
    let logger = format!(" ({})", topic_command(version));
    let (message, stderr) = match ask {
        Ask::DescribeTopics { .. } => {
            let lines = [
                format!("ERROR java.lang.RuntimeException: {wrapped}"),
                format!("Caused by: {wrapped}"),
                "\t... 4 more".to_owned(),
                format!("Caused by: {timeout}"),
                cause,
                logger,
            ];
            (wrapped, lines.to_vec())
        }
        _ => (message, vec![format!("ERROR {timeout}"), cause, logger]),
    };
    Output {
        stdout: vec![format!("{TOPIC_FAILURE}{message}")],
        stderr,
        exit: Exit::Status(1),
    }
}

/// A refusal of a command on topics.
fn refused(version: Version, mode: Mode, ask: &Ask, refusal: &Refusal) -> Output {
    let topic = match ask {
        Ask::CreateTopic { topic, .. } | Ask::AlterTopicConfig { topic, .. } => topic.as_str(),
        Ask::AddPartitions { topic, .. } | Ask::DeleteTopic { topic } => topic.as_str(),
        Ask::DescribeTopics { topic, .. } => topic.as_deref().unwrap_or_default(),
        Ask::ListTopics | Ask::ElectLeaders { .. } | Ask::ListReassignments | Ask::DescribeQuorum { .. } => "",
        Ask::Reassign { .. } | Ask::VerifyReassignment { .. } | Ask::CancelReassignment { .. } => "",
    };
    let (class, message) = match refusal {
        Refusal::TopicExists => (
            format!("{ERRORS}.TopicExistsException"),
            format!("Topic '{topic}' already exists."),
        ),
        Refusal::UnknownTopic => {
            let optional = ((3, 7)..=(4, 0)).contains(&version.line());
            let name = if optional {
                format!("Optional[{topic}]")
            } else {
                topic.to_owned()
            };
            (
                "java.lang.IllegalArgumentException".to_owned(),
                format!("Topic '{name}' does not exist as expected"),
            )
        }
        Refusal::NoIncrease { present, asked } => (
            format!("{ERRORS}.InvalidPartitionsException"),
            format!("The topic {topic} currently has {present} partition(s); {asked} would not be an increase."),
        ),
        Refusal::TooFewBrokers {
            replication_factor,
            registered,
        } => {
            let class = format!("{ERRORS}.InvalidReplicationFactorException");
            (class, too_few_brokers(version, mode, *replication_factor, *registered))
        }
    };
    Output {
        stdout: vec![format!("{TOPIC_FAILURE}{message}")],
        stderr: vec![
            format!("ERROR {class}: {message}"),
            format!(" ({})", topic_command(version)),
        ],
        exit: Exit::Status(1),
    }
}

fn too_few_brokers(version: Version, mode: Mode, asked: u32, registered: u32) -> String {
    if mode == Mode::Zk {
        return format!("Replication factor: {asked} larger than available brokers: {registered}.");
    }
    let cordoned = if version.line() >= (4, 3) {
        " or some brokers have all their log directories cordoned"
    } else {
        ""
    };
    format!(
        "Unable to replicate the partition {asked} time(s): The target replication factor of {asked} cannot be reached \
         because only {registered} broker(s) are registered{cordoned}."
    )
}

/// What became of an election: successes, then what needed none, then a line for each failure.
fn elections(
    version: Version,
    mode: Mode,
    election: Election,
    elected: &[TopicPartition],
    already: &[TopicPartition],
    refused: &[(TopicPartition, ElectionRefusal)],
) -> Output {
    let listed = |partitions: &[TopicPartition]| {
        partitions
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let name = election.name();
    let mut output = Output::success(Vec::new());
    if !elected.is_empty() {
        let text = format!(
            "Successfully completed leader election ({name}) for partitions {}",
            listed(elected)
        );
        output.stdout.push(text);
    }
    if !already.is_empty() {
        output.stdout.push(format!(
            "Valid replica already elected for partitions {}",
            listed(already)
        ));
    }
    if refused.is_empty() {
        return output;
    }
    let failed = format!("{} replica(s) could not be elected", refused.len());
    let package = match version.line() {
        (0..3, _) => "kafka.common",
        (3, _) => "org.apache.kafka.server.common",
        (4.., _) => "org.apache.kafka.tools",
    };
    output.stderr = vec![
        failed.clone(),
        format!("{package}.AdminCommandFailedException: {failed}"),
    ];
    for (partition, refusal) in refused {
        let error = election_error(mode, partition, refusal);
        output.stdout.push(format!(
            "Error completing leader election ({name}) for partition: {partition}: {error}"
        ));
        output.stderr.push(format!("\tSuppressed: {error}"));
    }
    output.exit = Exit::Status(1);
    output
}

fn election_error(mode: Mode, partition: &TopicPartition, refusal: &ElectionRefusal) -> String {
    match (refusal, mode) {
        (ElectionRefusal::PreferredLeaderNotAvailable, Mode::Zk) => format!(
            "{ERRORS}.PreferredLeaderNotAvailableException: Failed to elect leader for partition {partition} under \
             strategy PreferredReplicaPartitionLeaderElectionStrategy"
        ),
        (ElectionRefusal::PreferredLeaderNotAvailable, Mode::Kraft | Mode::Combined) => {
            format!("{ERRORS}.PreferredLeaderNotAvailableException: The preferred leader was not available.")
        }
        (ElectionRefusal::Other { class, message }, _) => format!("{ERRORS}.{class}: {message}"),
    }
}

/// `kafka-storage format` of a node's folder; none for a release that was not recorded.
pub fn formatted(version: Version, node: NodeId) -> Option<Vec<String>> {
    let (level, number) = match version.line() {
        (3, minor @ (4 | 8)) => {
            return Some(vec![format!(
                "Formatting n{node}/data with metadata.version 3.{minor}-IV0."
            )]);
        }
        (3, 9) => ("3.9-IV0", None),
        (4, 0) => ("4.0-IV3", None),
        (4, 1) => ("4.1-IV1", None),
        (4, 2) => ("4.2-IV1", Some(29)),
        (4, 3) => ("4.3-IV0", Some(30)),
        _ => return None,
    };
    let line = format!("Formatting metadata directory n{node}/data with metadata.version {level}.");
    Some(number.map(bootstrap).into_iter().chain([line]).collect())
}

/// Features of a new cluster of 4.2 and 4.3, next to `metadata.version`: name and level.
const FEATURES: [(&str, i32); 5] = [
    ("eligible.leader.replicas.version", 1),
    ("group.version", 1),
    ("share.version", 1),
    ("streams.version", 1),
    ("transaction.version", 2),
];

/// The line of 4.2 and 4.3 that shows the records a new metadata log begins with.
fn bootstrap(metadata_version: i32) -> String {
    let record = |name: &str, level: i32| {
        format!("ApiMessageAndVersion(FeatureLevelRecord(name='{name}', featureLevel={level}) at version 0)")
    };
    let first = record("metadata.version", metadata_version);
    let records: Vec<String> = [first]
        .into_iter()
        .chain(FEATURES.iter().map(|(n, l)| record(n, *l)))
        .collect();
    format!(
        "Bootstrap metadata: BootstrapMetadata(records=[{}], metadataVersionLevel={metadata_version}, source=format command)",
        records.join(", ")
    )
}

/// `kafka-features describe` of a new cluster; none for a release that was not recorded. The epoch at the end of each
/// line is a metadata offset, which is not compared: it is 0 here.
pub fn features(version: Version) -> Option<Vec<String>> {
    if version.line() != (4, 3) {
        return None;
    }
    let line = |name: &str, least: &str, most: &str, level: &str| {
        format!(
            "Feature: {name:<40}  SupportedMinVersion: {least:<15}  SupportedMaxVersion: {most:<15}  \
             FinalizedVersionLevel: {level:<15}  Epoch: 0"
        )
    };
    let mut lines: Vec<String> = FEATURES
        .iter()
        .map(|(name, level)| line(name, "0", &level.to_string(), &level.to_string()))
        .collect();
    lines.push(line("kraft.version", "0", "1", "0"));
    lines.push(line("metadata.version", "3.3-IV3", "4.3-IV0", "4.3-IV0"));
    lines.sort();
    Some(lines)
}
