//! Every recorded output of the tools that print more than tables is produced again from its data.

use crate::recording::{Command, commands};
use scenarios::tools::configs::{self, DescribedConfig, Entity, Listing};
use scenarios::tools::election::{Answer, ElectionType, Scope, leader_election};
use scenarios::tools::features;
use scenarios::tools::storage::{self, AlreadyFormatted, LogDirectory};
use scenarios::tools::topics::{self, AdminCall, Failure, Refusal, Timeout, Waited};
use scenarios::tools::{BrokerId, PartitionId, ToolOutput, TopicPartition};

fn check(command: &Command, output: &ToolOutput) {
    assert_eq!(output.stdout, command.stdout, "{}", command.place);
    assert_eq!(output.stderr, command.stderr_without_warnings(), "{}", command.place);
    assert_eq!(Some(output.exit_code), command.exit_code, "{}", command.place);
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    if after.is_empty() {
        Some(rest)
    } else {
        rest.split_once(after).map(|(found, _)| found)
    }
}

fn number<T: std::str::FromStr>(text: &str, before: &str, after: &str) -> Option<T> {
    between(text, before, after)?.parse().ok()
}

#[test]
fn recorded_elections_are_answered_with_the_same_lines() {
    let recorded = commands("kafka-leader-election");
    assert_eq!(recorded.len(), 29);
    for command in recorded {
        let election_type = match command.option("--election-type") {
            Some("preferred") => ElectionType::Preferred,
            Some("unclean") => ElectionType::Unclean,
            other => panic!("{other:?}"),
        };
        let scope = if command.has("--all-topic-partitions") {
            Scope::AllTopicPartitions
        } else {
            Scope::Named
        };
        let mut answers: Vec<(TopicPartition, Answer)> = command.stdout.iter().flat_map(|line| answers(line)).collect();
        answers.sort();
        check(
            &command,
            &leader_election(command.edition, election_type, scope, &answers),
        );
    }
}

fn answers(line: &str) -> Vec<(TopicPartition, Answer)> {
    let (answer, list) = if line.starts_with("Successfully") {
        (Answer::Elected, between(line, "partitions ", ""))
    } else if line.starts_with("Valid replica") {
        (Answer::NotNeeded, between(line, "partitions ", ""))
    } else {
        (Answer::NotAvailable, between(line, "for partition: ", ": "))
    };
    let partition = |name: &str| {
        let (topic, partition) = name.rsplit_once('-').expect("a partition");
        TopicPartition::new(topic, PartitionId(partition.parse().expect("a number")))
    };
    list.expect("partitions")
        .split(", ")
        .map(|name| (partition(name), answer))
        .collect()
}

#[test]
fn recorded_directories_are_formatted_with_the_same_lines() {
    let recorded = commands("kafka-storage");
    assert_eq!(recorded.len(), 52);
    for command in recorded {
        let node = number::<u32>(&command.arguments, "-c node-", "/").expect("a node");
        let directories = [LogDirectory::empty(format!("n{node}/data"))];
        check(
            &command,
            &storage::format(command.edition, &directories, AlreadyFormatted::Refuse),
        );
    }
}

#[test]
fn recorded_features_are_described_with_the_same_lines() {
    let recorded = commands("kafka-features");
    assert_eq!(recorded.len(), 1);
    for command in recorded {
        let epoch = number(&command.stdout[0], "Epoch: ", "").expect("an epoch");
        check(&command, &features::describe(command.edition, epoch));
    }
}

#[test]
fn recorded_settings_are_changed_and_described_with_the_same_lines() {
    let recorded = commands("kafka-configs");
    assert_eq!(recorded.len(), 14);
    for command in recorded {
        let entity = Entity::Topic(command.option("--entity-name").expect("a topic").to_owned());
        let output = if command.has("--alter") {
            let result = match command.option("--add-config").and_then(|config| config.split_once('=')) {
                Some((name @ "no.such", _)) => Err(configs::Refusal::UnknownTopicConfig {
                    name: name.to_owned(),
                    arguments: command.arguments.clone(),
                }),
                Some(_) | None => Ok(()),
            };
            configs::alter(&entity, result)
        } else {
            let mut listed: Vec<DescribedConfig> = command.stdout[1..].iter().map(|line| described(line)).collect();
            listed.reverse();
            configs::describe(&entity, Listing::Dynamic, &listed)
        };
        check(&command, &output);
    }
}

fn described(line: &str) -> DescribedConfig {
    let setting = line.trim_start().split(' ').next().expect("a setting");
    let (name, value) = setting.split_once('=').expect("name=value");
    DescribedConfig::of_topic(name, value)
}

#[test]
fn recorded_commands_about_topics_print_the_same_lines() {
    let (mut done, mut failed) = (0, 0);
    for command in commands("kafka-topics") {
        let failure = failure(&command);
        let topic = command.option("--topic").unwrap_or_default();
        let result = failure.clone().map_or(Ok(()), Err);
        let output = if command.has("--create") {
            topics::create(command.edition, topic, result)
        } else if command.has("--list") {
            let mut names = command.stdout.clone();
            names.reverse();
            topics::list(&names)
        } else if command.has("--describe") {
            match failure {
                None => continue,
                Some(Failure::Refused(_)) => topics::describe_unknown(command.edition, topic),
                Some(failure) => topics::failed(command.edition, &failure),
            }
        } else {
            topics::change(command.edition, result)
        };
        check(&command, &output);
        done += 1;
        failed += usize::from(output.exit_code != 0);
    }
    assert_eq!((done, failed), (126, 21));
}

/// What a failed command says, as data; none when it did what it should, or was ended from outside.
fn failure(command: &Command) -> Option<Failure> {
    let message = command
        .stdout
        .last()?
        .strip_prefix("Error while executing topic command : ")?;
    let topic = command.option("--topic").expect("a topic").to_owned();
    let refused = |refusal| Some(Failure::Refused(refusal));
    if message.contains("already exists") {
        refused(Refusal::AlreadyExists { topic })
    } else if message.contains("does not exist") {
        refused(Refusal::DoesNotExist { topic })
    } else if message.contains("would not be an increase") {
        let current = number(message, "currently has ", " ").expect("partitions");
        refused(Refusal::NotAnIncrease {
            topic,
            current,
            requested: 4,
        })
    } else if message.contains("eplication factor") {
        refused(Refusal::TooFewBrokers {
            replication_factor: 4,
            brokers: 3,
        })
    } else {
        Some(Failure::TimedOut(timeout(message, &command.stderr.join("\n"))))
    }
}

fn timeout(message: &str, stderr: &str) -> Timeout {
    let name = between(message, "callName=", ",")
        .or_else(|| between(message, "Call: ", ""))
        .expect("a call");
    let waited = if let Some(correlation_id) = number(stderr, "correlation id ", " ") {
        Waited::ForAnswer {
            correlation_id,
            node: BrokerId(number(stderr, "due to node ", " ").expect("a node")),
            next_allowed_try_ms: number(message, "nextAllowedTryMs=", ")").unwrap_or(0),
        }
    } else if stderr.contains("waiting to send") {
        Waited::ToSend
    } else {
        Waited::ForNode
    };
    let deadline = number(message, "deadlineMs=", ",").or_else(|| number(message, "deadlineMs=", ")"));
    Timeout {
        call: AdminCall::ALL
            .into_iter()
            .find(|call| call.name() == name)
            .expect("a known call"),
        waited,
        deadline_ms: deadline.unwrap_or(0),
        timed_out_at_ms: number(message, "timed out at ", " ").unwrap_or(0),
    }
}

#[test]
fn recorded_warnings_about_refused_connections_have_the_same_form() {
    let mut warnings = 0;
    for command in commands("kafka-topics") {
        for line in command.stderr.iter().filter(|line| line.starts_with("WARN ")) {
            let node = BrokerId(number(line, "to node ", " ").expect("a node"));
            let address = between(line, "(", ")").expect("an address");
            assert_eq!(&topics::connection_warning(node, address), line, "{}", command.place);
            warnings += 1;
        }
    }
    assert!(warnings > 10);
}
