//! Owns what `kafka-topics` prints besides its tables: create, alter, delete, list, and every refusal.

mod timeout;

use crate::tools::edition::{ControlPlane, Edition, Release};
use crate::tools::output::ToolOutput;
use timeout::timed_out;
pub use timeout::{AdminCall, Timeout, Waited, connection_warning};

/// Why a command did nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// The tool or the cluster refuses.
    Refused(Refusal),
    /// Nobody answered.
    TimedOut(Timeout),
}

/// What is wrong with a command. Texts that were not recorded are from Kafka's source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// Create: the topic exists.
    AlreadyExists {
        /// Its name.
        topic: String,
    },
    /// Create: names that differ only in `.` and `_` share their metrics. Not recorded.
    Collides {
        /// The name asked for.
        topic: String,
        /// The name that is taken.
        existing: String,
    },
    /// Create: more copies than brokers.
    TooFewBrokers {
        /// Copies asked for.
        replication_factor: u32,
        /// Brokers that are registered.
        brokers: u32,
    },
    /// Create: the replication factor is not from 1 to 32767. Not recorded.
    ReplicationFactorOutOfRange,
    /// Create: not a single partition. Not recorded.
    NoPartitions,
    /// Alter: the topic has as many partitions as asked for (not recorded), or more.
    NotAnIncrease {
        /// Its name.
        topic: String,
        /// Partitions that it has.
        current: u32,
        /// Partitions asked for.
        requested: u32,
    },
    /// Alter: partitions are being reassigned; with ZooKeeper only. Not recorded.
    ReassignmentInProgress {
        /// Name of the topic.
        topic: String,
    },
    /// Alter, delete, describe: there is no such topic.
    DoesNotExist {
        /// The name asked for.
        topic: String,
    },
}

/// Prints what `--create` says.
pub fn create(edition: Edition, topic: &str, result: Result<(), Failure>) -> ToolOutput {
    let mut output = match result {
        Ok(()) => ToolOutput::success(vec![format!("Created topic {topic}.")]),
        Err(failure) => failed(edition, &failure),
    };
    if topic.contains(['.', '_']) {
        output.stdout.insert(0, COLLISION_WARNING.to_owned());
    }
    output
}

/// Prints what `--alter --partitions` and `--delete` say: nothing when it is done.
pub fn change(edition: Edition, result: Result<(), Failure>) -> ToolOutput {
    match result {
        Ok(()) => ToolOutput::default(),
        Err(failure) => failed(edition, &failure),
    }
}

/// Prints what `--list` says: the names, sorted; an empty line when there is none.
pub fn list(names: &[String]) -> ToolOutput {
    let mut lines = names.to_vec();
    lines.sort();
    if lines.is_empty() {
        lines.push(String::new());
    }
    ToolOutput::success(lines)
}

/// Prints what `--describe --topic` says when no topic has this name. In 2.5 nothing (from its source).
pub fn describe_unknown(edition: Edition, topic: &str) -> ToolOutput {
    match edition.release() {
        Release::V2_5 => ToolOutput::default(),
        Release::V3_8 | Release::V3_9 | Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => failed(
            edition,
            &Failure::Refused(Refusal::DoesNotExist {
                topic: topic.to_owned(),
            }),
        ),
    }
}

/// Prints what any command of `kafka-topics` says when it fails.
pub fn failed(edition: Edition, failure: &Failure) -> ToolOutput {
    match failure {
        Failure::Refused(refusal) => refused(edition, refusal),
        Failure::TimedOut(timeout) => timed_out(edition, timeout),
    }
}

const COLLISION_WARNING: &str = "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore \
                                 ('_') could collide. To avoid issues it is best to use either, but not both.";

const EXECUTION: &str = "java.util.concurrent.ExecutionException";
/// Who found the mistake: the tool before it asked, or the cluster.
#[derive(Clone, Copy)]
enum FoundBy {
    Tool,
    Cluster,
}

fn refused(edition: Edition, refusal: &Refusal) -> ToolOutput {
    let (found_by, class, message) = exception(edition, refusal);
    match (edition.release(), found_by) {
        // Kafka: the tool of 2.5 prints the wrapper that its client puts around the cluster's errors. From its
        // source, not recorded.
        (Release::V2_5, FoundBy::Cluster) => {
            let wrapped = format!("{class}: {message}");
            let causes = vec![format!("Caused by: {wrapped}")];
            logged(edition, &wrapped, &format!("{EXECUTION}: {wrapped}"), causes)
        }
        (_, FoundBy::Tool | FoundBy::Cluster) => logged(edition, &message, &format!("{class}: {message}"), Vec::new()),
    }
}

/// The failure as the tool prints it: a line on stdout, the exception with its causes in the log on stderr.
fn logged(edition: Edition, message: &str, exception: &str, causes: Vec<String>) -> ToolOutput {
    let logger = match edition.release() {
        Release::V2_5 => "kafka.admin.TopicCommand$",
        Release::V3_8 | Release::V3_9 | Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => {
            "org.apache.kafka.tools.TopicCommand"
        }
    };
    let mut stderr = vec![format!("ERROR {exception}")];
    stderr.extend(causes);
    stderr.push(format!(" ({logger})"));
    ToolOutput::failure(vec![format!("Error while executing topic command : {message}")], stderr)
}

fn exception(edition: Edition, refusal: &Refusal) -> (FoundBy, String, String) {
    let by_tool = |message: String| (FoundBy::Tool, "java.lang.IllegalArgumentException".to_owned(), message);
    let by_cluster = |class: &str, message| {
        (
            FoundBy::Cluster,
            format!("org.apache.kafka.common.errors.{class}"),
            message,
        )
    };
    match refusal {
        Refusal::AlreadyExists { topic } => match edition.release() {
            Release::V2_5 => by_tool(format!("Topic {topic} already exists")),
            Release::V3_8 | Release::V3_9 | Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => {
                by_cluster("TopicExistsException", format!("Topic '{topic}' already exists."))
            }
        },
        Refusal::Collides { topic, existing } => {
            let topics = match edition.control_plane() {
                ControlPlane::Kraft => "topic",
                ControlPlane::ZooKeeper => "topics",
            };
            let message = format!("Topic '{topic}' collides with existing {topics}: {existing}");
            by_cluster("InvalidTopicException", message)
        }
        Refusal::TooFewBrokers {
            replication_factor,
            brokers,
        } => {
            let message = too_few_brokers(edition, *replication_factor, *brokers);
            by_cluster("InvalidReplicationFactorException", message)
        }
        Refusal::ReplicationFactorOutOfRange => {
            by_tool("The replication factor must be between 1 and 32767 inclusive".to_owned())
        }
        Refusal::NoPartitions => by_tool("The partitions must be greater than 0".to_owned()),
        Refusal::NotAnIncrease {
            topic,
            current,
            requested,
        } => by_cluster(
            "InvalidPartitionsException",
            not_an_increase(edition, topic, *current, *requested),
        ),
        Refusal::ReassignmentInProgress { topic } => {
            let message = format!("A partition reassignment is in progress for the topic '{topic}'.");
            by_cluster("ReassignmentInProgressException", message)
        }
        Refusal::DoesNotExist { topic } => by_tool(does_not_exist(edition, topic)),
    }
}

fn too_few_brokers(edition: Edition, replication_factor: u32, brokers: u32) -> String {
    let cordoned = match (edition.control_plane(), edition.release()) {
        (ControlPlane::ZooKeeper, _) => {
            return format!("Replication factor: {replication_factor} larger than available brokers: {brokers}.");
        }
        (ControlPlane::Kraft, Release::V4_3) => " or some brokers have all their log directories cordoned",
        (ControlPlane::Kraft, _) => "",
    };
    format!(
        "Unable to replicate the partition {replication_factor} time(s): The target replication factor of \
         {replication_factor} cannot be reached because only {brokers} broker(s) are registered{cordoned}."
    )
}

fn not_an_increase(edition: Edition, topic: &str, current: u32, requested: u32) -> String {
    match (edition.control_plane(), current == requested) {
        (ControlPlane::Kraft, true) => format!("Topic already has {current} partition(s)."),
        (ControlPlane::Kraft, false) => {
            format!("The topic {topic} currently has {current} partition(s); {requested} would not be an increase.")
        }
        (ControlPlane::ZooKeeper, true) => format!("Topic already has {current} partitions."),
        (ControlPlane::ZooKeeper, false) => {
            format!("Topic currently has {current} partitions, which is higher than the requested {requested}.")
        }
    }
}

/// Kafka: the tools of 3.7 to 4.0 print the wrapper around the name.
fn does_not_exist(edition: Edition, topic: &str) -> String {
    match edition.release() {
        Release::V3_8 | Release::V3_9 | Release::V4_0 => {
            format!("Topic 'Optional[{topic}]' does not exist as expected")
        }
        Release::V2_5 | Release::V4_1 | Release::V4_2 | Release::V4_3 => {
            format!("Topic '{topic}' does not exist as expected")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Refusal, change, create, describe_unknown, list};
    use crate::tools::edition::Edition;

    fn refuse(refusal: Refusal) -> Result<(), Failure> {
        Err(Failure::Refused(refusal))
    }

    #[test]
    fn an_empty_cluster_lists_one_empty_line() {
        assert_eq!(list(&[]).stdout_text(), "\n");
    }

    #[test]
    fn the_wrapper_around_an_unknown_name_is_seen_in_3_8_to_4_0_only() {
        let stdout = |edition| describe_unknown(edition, "t").stdout_text();
        assert_eq!(stdout(Edition::Zk2_5), "");
        let wrapped = "Error while executing topic command : Topic 'Optional[t]' does not exist as expected\n";
        assert_eq!(stdout(Edition::Kraft4_0), wrapped);
        let plain = "Error while executing topic command : Topic 't' does not exist as expected\n";
        assert_eq!(stdout(Edition::Kraft4_1), plain);
    }

    #[test]
    fn release_2_5_prints_the_wrapper_around_errors_of_the_cluster() {
        let too_few = refuse(Refusal::TooFewBrokers {
            replication_factor: 4,
            brokers: 3,
        });
        let output = create(Edition::Zk2_5, "t", too_few);
        let error = "org.apache.kafka.common.errors.InvalidReplicationFactorException: Replication factor: 4 larger \
                     than available brokers: 3.";
        assert_eq!(
            output.stdout,
            [format!("Error while executing topic command : {error}")]
        );
        assert_eq!(
            output.stderr,
            [
                format!("ERROR java.util.concurrent.ExecutionException: {error}"),
                format!("Caused by: {error}"),
                " (kafka.admin.TopicCommand$)".to_owned()
            ]
        );
    }

    #[test]
    fn the_warning_about_a_name_comes_before_a_refusal_too() {
        let taken = Refusal::Collides {
            topic: "a.b".to_owned(),
            existing: "a_b".to_owned(),
        };
        let output = create(Edition::Kraft4_3, "a.b", refuse(taken));
        assert!(output.stdout[0].starts_with("WARNING: Due to limitations"));
        assert_eq!(
            output.stdout[1],
            "Error while executing topic command : Topic 'a.b' collides with existing topic: a_b"
        );
    }

    #[test]
    fn as_many_partitions_as_there_are_is_no_increase() {
        let same = Refusal::NotAnIncrease {
            topic: "t".to_owned(),
            current: 3,
            requested: 3,
        };
        let stdout = |edition| change(edition, refuse(same.clone())).stdout_text();
        assert!(stdout(Edition::Kraft3_9).ends_with(": Topic already has 3 partition(s).\n"));
        assert!(stdout(Edition::Zk3_9).ends_with(": Topic already has 3 partitions.\n"));
    }
}
