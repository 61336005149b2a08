//! Owns what `kafka-leader-election` prints for the answers that the controller gave.

use std::fmt;

use crate::tools::edition::{ControlPlane, Edition, Release};
use crate::tools::ids::TopicPartition;
use crate::tools::java_hash::{InitialTable, hash_map_order, topic_partition_hash};
use crate::tools::output::ToolOutput;

/// `--election-type`; displayed as the tool prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ElectionType {
    /// The first replica of the assignment shall lead, if it is in sync.
    Preferred,
    /// Any live replica shall lead where none does, even if that loses records.
    Unclean,
}

/// Which partitions the command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `--all-topic-partitions`: brokers leave out those that need no election.
    AllTopicPartitions,
    /// `--topic` with `--partition`, or `--path-to-json-file`.
    Named,
}

/// What the controller says about one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It has a new leader.
    Elected,
    /// Its leader is the wanted one already (`ELECTION_NOT_NEEDED`).
    NotNeeded,
    /// The wanted leader is not alive or not in sync (`PREFERRED_LEADER_NOT_AVAILABLE`), or no replica is alive
    /// (`ELIGIBLE_LEADERS_NOT_AVAILABLE`).
    NotAvailable,
    /// There is no topic with this name.
    UnknownTopic,
    /// The topic has no partition with this number.
    UnknownPartition,
}

impl fmt::Display for ElectionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ElectionType::Preferred => "PREFERRED",
            ElectionType::Unclean => "UNCLEAN",
        })
    }
}

/// Prints the controller's answers.
pub fn leader_election(
    edition: Edition,
    election_type: ElectionType,
    scope: Scope,
    answers: &[(TopicPartition, Answer)],
) -> ToolOutput {
    let reported = answers.iter().filter(|(_, answer)| is_reported(scope, *answer));
    let reported = hash_order(reported.map(|(partition, answer)| (partition, *answer)).collect());
    let (mut succeeded, mut noop, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (partition, answer) in reported {
        match answer {
            Answer::Elected => succeeded.push((partition, answer)),
            Answer::NotNeeded => noop.push((partition, answer)),
            Answer::NotAvailable | Answer::UnknownTopic | Answer::UnknownPartition => failed.push((partition, answer)),
        }
    }
    let (succeeded, noop, failed) = (hash_order(succeeded), hash_order(noop), hash_order(failed));

    let mut stdout = Vec::new();
    if !succeeded.is_empty() {
        let partitions = names(&succeeded);
        stdout.push(format!(
            "Successfully completed leader election ({election_type}) for partitions {partitions}"
        ));
    }
    if !noop.is_empty() {
        let partitions = names(match edition.release() {
            // Kafka: LeaderElectionCommand of 2.5 lists the wrong set here. From its source, not recorded.
            Release::V2_5 => &succeeded,
            Release::V3_8 | Release::V3_9 | Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => &noop,
        });
        stdout.push(format!("Valid replica already elected for partitions {partitions}"));
    }
    if failed.is_empty() {
        return ToolOutput::success(stdout);
    }
    let errors: Vec<String> = failed
        .iter()
        .map(|(partition, answer)| exception(edition, election_type, partition, *answer))
        .collect();
    for ((partition, _), error) in failed.iter().zip(&errors) {
        stdout.push(format!(
            "Error completing leader election ({election_type}) for partition: {partition}: {error}"
        ));
    }
    let causes = errors.iter().map(|error| format!("\tSuppressed: {error}"));
    let summary = format!("{} replica(s) could not be elected", failed.len());
    ToolOutput::failure(stdout, thrown(edition, &summary, causes))
}

/// Prints what the tool says when the controller does not answer within 30 s.
///
/// From Kafka's source, not recorded. `cause` is the message of the client's exception.
pub fn timed_out(edition: Edition, cause: &str) -> ToolOutput {
    let message = "Timeout waiting for election results";
    let cause = format!("Caused by: org.apache.kafka.common.errors.TimeoutException: {cause}");
    ToolOutput::failure(vec![message.to_owned()], thrown(edition, message, [cause].into_iter()))
}

fn is_reported(scope: Scope, answer: Answer) -> bool {
    scope == Scope::Named || answer != Answer::NotNeeded
}

fn names(partitions: &[(&TopicPartition, Answer)]) -> String {
    partitions
        .iter()
        .map(|(partition, _)| partition.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Kafka: the answers come in a hash map, and are sorted into hash sets.
fn hash_order(answers: Vec<(&TopicPartition, Answer)>) -> Vec<(&TopicPartition, Answer)> {
    hash_map_order(answers, InitialTable::Default, |(partition, _)| {
        topic_partition_hash(&partition.topic, partition.partition.0)
    })
}

/// The class and message of the exception that an error becomes.
///
/// Recorded for the preferred replica; the rest is from Kafka's source.
fn exception(edition: Edition, election_type: ElectionType, partition: &TopicPartition, answer: Answer) -> String {
    let (class, kraft, zookeeper) = match (answer, election_type) {
        (Answer::UnknownTopic, _) => (
            "UnknownTopicOrPartitionException",
            format!("No such topic as {}", partition.topic),
            "The partition does not exist.".to_owned(),
        ),
        (Answer::UnknownPartition, _) => (
            "UnknownTopicOrPartitionException",
            format!("No such partition as {partition}"),
            "The partition does not exist.".to_owned(),
        ),
        (Answer::Elected | Answer::NotNeeded | Answer::NotAvailable, ElectionType::Preferred) => (
            "PreferredLeaderNotAvailableException",
            "The preferred leader was not available.".to_owned(),
            no_leader_under(partition, "PreferredReplicaPartitionLeaderElectionStrategy"),
        ),
        (Answer::Elected | Answer::NotNeeded | Answer::NotAvailable, ElectionType::Unclean) => (
            "EligibleLeadersNotAvailableException",
            "Eligible topic partition leaders are not available.".to_owned(),
            no_leader_under(partition, "OfflinePartitionLeaderElectionStrategy(true)"),
        ),
    };
    let message = match edition.control_plane() {
        ControlPlane::Kraft => kraft,
        ControlPlane::ZooKeeper => zookeeper,
    };
    format!("org.apache.kafka.common.errors.{class}: {message}")
}

fn no_leader_under(partition: &TopicPartition, strategy: &str) -> String {
    format!("Failed to elect leader for partition {partition} under strategy {strategy}")
}

/// How the tool ends with an exception: 2.5 lets it reach the virtual machine (from its source), later ones print it.
fn thrown(edition: Edition, message: &str, details: impl Iterator<Item = String>) -> Vec<String> {
    let head = match edition.release() {
        Release::V2_5 => {
            vec![format!(
                "Exception in thread \"main\" kafka.common.AdminCommandFailedException: {message}"
            )]
        }
        Release::V3_8 | Release::V3_9 => vec![
            message.to_owned(),
            format!("org.apache.kafka.server.common.AdminCommandFailedException: {message}"),
        ],
        Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => {
            vec![
                message.to_owned(),
                format!("org.apache.kafka.tools.AdminCommandFailedException: {message}"),
            ]
        }
    };
    head.into_iter().chain(details).collect()
}

#[cfg(test)]
mod tests {
    use super::{Answer, ElectionType, Scope, leader_election};
    use crate::tools::edition::Edition;
    use crate::tools::ids::{PartitionId, TopicPartition};

    fn answers(list: &[(i32, Answer)]) -> Vec<(TopicPartition, Answer)> {
        list.iter()
            .map(|(p, answer)| (TopicPartition::new("t", PartitionId(*p)), *answer))
            .collect()
    }

    #[test]
    fn all_topic_partitions_is_silent_about_what_needs_no_election() {
        let all_well = answers(&[(0, Answer::NotNeeded), (1, Answer::NotNeeded)]);
        for edition in Edition::ALL {
            let output = leader_election(edition, ElectionType::Preferred, Scope::AllTopicPartitions, &all_well);
            assert_eq!((output.stdout.len(), output.exit_code), (0, 0));
        }
    }

    #[test]
    fn successes_come_first_then_no_ops_then_errors_and_exit_1() {
        let mixed = answers(&[(0, Answer::NotAvailable), (1, Answer::NotNeeded), (2, Answer::Elected)]);
        let output = leader_election(Edition::Kraft4_3, ElectionType::Unclean, Scope::Named, &mixed);
        assert_eq!(
            output.stdout,
            [
                "Successfully completed leader election (UNCLEAN) for partitions t-2",
                "Valid replica already elected for partitions t-1",
                "Error completing leader election (UNCLEAN) for partition: t-0: org.apache.kafka.common.errors.\
                 EligibleLeadersNotAvailableException: Eligible topic partition leaders are not available.",
            ]
        );
        assert_eq!(output.stderr[0], "1 replica(s) could not be elected");
        assert_eq!(output.exit_code, 1);
    }

    #[test]
    fn release_2_5_names_the_successes_twice() {
        let mixed = answers(&[(1, Answer::NotNeeded), (2, Answer::Elected)]);
        let output = leader_election(Edition::Zk2_5, ElectionType::Preferred, Scope::Named, &mixed);
        assert_eq!(output.stdout[1], "Valid replica already elected for partitions t-2");
    }
}
