//! Owns what `kafka-configs` prints for topics and brokers.

use std::fmt;

use crate::tools::ids::BrokerId;
use crate::tools::output::ToolOutput;

/// Whose settings a command is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// `--entity-type topics --entity-name`
    Topic(String),
    /// `--entity-type brokers --entity-name`
    Broker(BrokerId),
    /// `--entity-type brokers --entity-default`
    BrokerDefault,
}

/// Where a value comes from; displayed as Kafka names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigSource {
    /// Set on the topic.
    DynamicTopicConfig,
    /// Set on one running broker.
    DynamicBrokerConfig,
    /// Set on all running brokers.
    DynamicDefaultBrokerConfig,
    /// From the broker's own file.
    StaticBrokerConfig,
    /// Kafka's own.
    DefaultConfig,
}

/// A value that would hold if the ones before it were not set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Synonym {
    /// Where it is set.
    pub source: ConfigSource,
    /// The name under which it is set there.
    pub name: String,
    /// The value.
    pub value: String,
}

/// One setting as `--describe` lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DescribedConfig {
    /// Name of the setting.
    pub name: String,
    /// Its value.
    pub value: String,
    /// All its values, the one that holds first.
    pub synonyms: Vec<Synonym>,
}

/// Which settings `--describe` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// Those that are set on the entity itself.
    Dynamic,
    /// `--all`
    All,
}

/// Why an alteration was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// `--add-config` names a setting that topics do not have.
    UnknownTopicConfig {
        /// The name.
        name: String,
        /// The arguments of the command, joined by spaces.
        arguments: String,
    },
    /// `--delete-config` names settings that are not set. From Kafka's source, not recorded.
    NotSet {
        /// The names, as given.
        names: Vec<String>,
    },
}

impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConfigSource::DynamicTopicConfig => "DYNAMIC_TOPIC_CONFIG",
            ConfigSource::DynamicBrokerConfig => "DYNAMIC_BROKER_CONFIG",
            ConfigSource::DynamicDefaultBrokerConfig => "DYNAMIC_DEFAULT_BROKER_CONFIG",
            ConfigSource::StaticBrokerConfig => "STATIC_BROKER_CONFIG",
            ConfigSource::DefaultConfig => "DEFAULT_CONFIG",
        })
    }
}

impl DescribedConfig {
    /// A setting of a topic on a cluster whose brokers set nothing: its value, then Kafka's default.
    pub fn of_topic(name: &str, value: &str) -> DescribedConfig {
        let set = Synonym {
            source: ConfigSource::DynamicTopicConfig,
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let default = broker_default(name).map(|(name, value)| Synonym {
            source: ConfigSource::DefaultConfig,
            name: name.to_owned(),
            value: value.to_owned(),
        });
        DescribedConfig {
            name: name.to_owned(),
            value: value.to_owned(),
            synonyms: [set].into_iter().chain(default).collect(),
        }
    }
}

/// The broker's name and default of a topic setting. None for those whose default stands under another unit
/// (`log.retention.hours`, `log.roll.hours`), which Kafka does not list.
///
/// Kafka: ServerTopicConfigSynonyms. Recorded: `log.index.interval.bytes`, `log.retention.bytes`, `log.segment.bytes`.
pub fn broker_default(topic_config: &str) -> Option<(&'static str, &'static str)> {
    Some(match topic_config {
        "cleanup.policy" => ("log.cleanup.policy", "delete"),
        "compression.type" => ("compression.type", "producer"),
        "delete.retention.ms" => ("log.cleaner.delete.retention.ms", "86400000"),
        "file.delete.delay.ms" => ("log.segment.delete.delay.ms", "60000"),
        "flush.messages" => ("log.flush.interval.messages", "9223372036854775807"),
        "index.interval.bytes" => ("log.index.interval.bytes", "4096"),
        "max.compaction.lag.ms" => ("log.cleaner.max.compaction.lag.ms", "9223372036854775807"),
        "max.message.bytes" => ("message.max.bytes", "1048588"),
        "message.timestamp.type" => ("log.message.timestamp.type", "CreateTime"),
        "min.cleanable.dirty.ratio" => ("log.cleaner.min.cleanable.ratio", "0.5"),
        "min.compaction.lag.ms" => ("log.cleaner.min.compaction.lag.ms", "0"),
        "min.insync.replicas" => ("min.insync.replicas", "1"),
        "preallocate" => ("log.preallocate", "false"),
        "retention.bytes" => ("log.retention.bytes", "-1"),
        "segment.bytes" => ("log.segment.bytes", "1073741824"),
        "segment.index.bytes" => ("log.index.size.max.bytes", "10485760"),
        "unclean.leader.election.enable" => ("unclean.leader.election.enable", "false"),
        _ => return None,
    })
}

/// Prints what `--alter` says.
pub fn alter(entity: &Entity, result: Result<(), Refusal>) -> ToolOutput {
    match result {
        Ok(()) => ToolOutput::success(vec![match entity {
            Entity::Topic(name) => format!("Completed updating config for topic {name}."),
            Entity::Broker(id) => format!("Completed updating config for broker {id}."),
            Entity::BrokerDefault => "Completed updating default config for brokers in the cluster.".to_owned(),
        }]),
        Err(refusal) => ToolOutput::failure(Vec::new(), refusal_lines(&refusal)),
    }
}

/// Prints what `--describe` says; the settings are listed by name.
pub fn describe(entity: &Entity, listing: Listing, configs: &[DescribedConfig]) -> ToolOutput {
    let what = match listing {
        Listing::Dynamic => "Dynamic",
        Listing::All => "All",
    };
    let head = match entity {
        Entity::Topic(name) => format!("{what} configs for topic {name} are:"),
        Entity::Broker(id) => format!("{what} configs for broker {id} are:"),
        Entity::BrokerDefault => "Default configs for brokers in the cluster are:".to_owned(),
    };
    let mut by_name: Vec<&DescribedConfig> = configs.iter().collect();
    by_name.sort_by_key(|config| &config.name);
    ToolOutput::success([head].into_iter().chain(by_name.into_iter().map(config_line)).collect())
}

fn config_line(config: &DescribedConfig) -> String {
    let synonyms: Vec<String> = config
        .synonyms
        .iter()
        .map(|synonym| format!("{}:{}={}", synonym.source, synonym.name, synonym.value))
        .collect();
    format!(
        "  {}={} sensitive=false synonyms={{{}}}",
        config.name,
        config.value,
        synonyms.join(", ")
    )
}

fn refusal_lines(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::UnknownTopicConfig { name, arguments } => {
            let error = format!(
                "org.apache.kafka.common.errors.InvalidConfigurationException: Unknown topic config name: {name}"
            );
            vec![
                format!("Error while executing config command with args '{arguments}'"),
                format!("java.util.concurrent.ExecutionException: {error}"),
                format!("Caused by: {error}"),
            ]
        }
        Refusal::NotSet { names } => vec![format!("Invalid config(s): {}", names.join(","))],
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigSource, DescribedConfig, Entity, Listing, Refusal, Synonym, alter, describe};
    use crate::tools::ids::BrokerId;

    #[test]
    fn brokers_and_their_defaults_are_named() {
        assert_eq!(
            alter(&Entity::Broker(BrokerId(2)), Ok(())).stdout,
            ["Completed updating config for broker 2."]
        );
        let default = alter(&Entity::BrokerDefault, Ok(())).stdout;
        assert_eq!(
            default,
            ["Completed updating default config for brokers in the cluster."]
        );
    }

    #[test]
    fn synonyms_stand_in_the_order_in_which_they_hold() {
        let mut config = DescribedConfig::of_topic("min.insync.replicas", "2");
        let cluster = Synonym {
            source: ConfigSource::DynamicDefaultBrokerConfig,
            name: "min.insync.replicas".to_owned(),
            value: "1".to_owned(),
        };
        config.synonyms.insert(1, cluster);
        let output = describe(&Entity::Topic("t".to_owned()), Listing::Dynamic, &[config]);
        assert_eq!(
            output.stdout,
            [
                "Dynamic configs for topic t are:",
                "  min.insync.replicas=2 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:min.insync.replicas=2, \
                 DYNAMIC_DEFAULT_BROKER_CONFIG:min.insync.replicas=1, DEFAULT_CONFIG:min.insync.replicas=1}",
            ]
        );
    }

    #[test]
    fn deleting_what_is_not_set_fails_in_one_line() {
        let refusal = Refusal::NotSet {
            names: vec!["segment.ms".to_owned(), "flush.ms".to_owned()],
        };
        let output = alter(&Entity::Topic("t".to_owned()), Err(refusal));
        assert_eq!(
            (output.stderr[0].as_str(), output.exit_code),
            ("Invalid config(s): segment.ms,flush.ms", 1)
        );
    }
}
