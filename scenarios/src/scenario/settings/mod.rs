//! Owns what the simulator knows of Kafka's settings: property name, default of each release, unit, meaning.

mod table;

use std::fmt;

use crate::scenario::config_value::ConfigValue;

pub use table::SETTINGS;

/// A release whose defaults are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// Kafka 2.5 with ZooKeeper.
    Zk25,
    /// Kafka 3.9 with ZooKeeper.
    Zk39,
    /// Kafka 3.8 with KRaft.
    Kraft38,
    /// Kafka 3.9 with KRaft.
    Kraft39,
    /// Kafka 4.3.
    Kraft43,
}

impl Release {
    /// All releases, in the order of the table's columns.
    pub const ALL: [Release; 5] = [
        Release::Zk25,
        Release::Zk39,
        Release::Kraft38,
        Release::Kraft39,
        Release::Kraft43,
    ];

    /// Name of the release, which is also that of its preset.
    pub fn name(self) -> &'static str {
        match self {
            Release::Zk25 => "zk-2.5",
            Release::Zk39 => "zk-3.9",
            Release::Kraft38 => "kraft-3.8",
            Release::Kraft39 => "kraft-3.9",
            Release::Kraft43 => "kraft-4.3",
        }
    }

    /// The release that gives a preset its defaults: its own, or the newest for rules without a release.
    pub fn of_preset(preset: &str) -> Release {
        Release::ALL
            .into_iter()
            .find(|release| release.name() == preset)
            .unwrap_or(Release::Kraft43)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A topic's, with a default at the broker.
    Topic,
    /// A broker's or controller's.
    Node,
    /// A producer's.
    Producer,
    /// A consumer's.
    Consumer,
}

impl Scope {
    /// The word for a reader.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Topic => "topic",
            Scope::Node => "broker",
            Scope::Producer => "producer",
            Scope::Consumer => "consumer",
        }
    }
}

/// What a value is, with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds, at least this many.
    Millis(i64),
    /// Seconds, at least this many.
    Seconds(i64),
    /// Minutes, at least this many.
    Minutes(i64),
    /// Bytes, at least this many.
    Bytes(i64),
    /// A number of things, at least this many.
    Count(i64),
    /// From 0 to 100.
    Percent,
    /// `true` or `false`.
    Flag,
    /// A decimal fraction from 0 to 1, as a text.
    Ratio,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

impl Unit {
    /// The unit as a table shows it.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Millis(_) => "ms",
            Unit::Seconds(_) => "s",
            Unit::Minutes(_) => "min",
            Unit::Bytes(_) => "bytes",
            Unit::Count(_) => "count",
            Unit::Percent => "%",
            Unit::Flag => "true/false",
            Unit::Ratio => "0..1",
            Unit::Word(_) => "word",
            Unit::Text => "text",
        }
    }

    /// What is wrong with a value, as the end of the sentence "expected ...", or nothing. Kafka reads every value from
    /// a text, so a number in quotes is a number.
    pub fn refusal(self, value: &ConfigValue) -> Option<String> {
        let text = value.to_string();
        match self {
            Unit::Millis(min) => number(&text, min, i64::MAX, "milliseconds"),
            Unit::Seconds(min) => number(&text, min, i64::MAX, "seconds"),
            Unit::Minutes(min) => number(&text, min, i64::MAX, "minutes"),
            Unit::Bytes(min) => number(&text, min, i64::MAX, "bytes"),
            Unit::Count(min) => number(&text, min, i64::MAX, ""),
            Unit::Percent => number(&text, 0, 100, "percent"),
            Unit::Flag if text == "true" || text == "false" => None,
            Unit::Flag => Some("true or false".to_owned()),
            Unit::Ratio if is_ratio(&text) => None,
            Unit::Ratio => Some("a text such as \"0.5\", from 0 to 1".to_owned()),
            Unit::Word(words) if words.contains(&text.as_str()) => None,
            Unit::Word(words) => Some(format!("one of {}", words.join(", "))),
            Unit::Text => None,
        }
    }
}

fn number(text: &str, min: i64, max: i64, unit: &str) -> Option<String> {
    let value: Option<i64> = text.parse().ok();
    if value.is_some_and(|value| (min..=max).contains(&value)) {
        return None;
    }
    let of = if unit.is_empty() {
        String::new()
    } else {
        format!(" of {unit}")
    };
    match max {
        i64::MAX => Some(format!("a whole number{of}, at least {min}")),
        _ => Some(format!("a whole number{of} from {min} to {max}")),
    }
}

/// `0`, `1`, `0.x` or `1.0`, without any use of floating point.
fn is_ratio(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits && (whole == "0" || whole == "1" && fraction.bytes().all(|byte| byte == b'0'))
}

/// The defaults of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defaults {
    /// The same in all releases.
    Same(&'static str),
    /// One for ZooKeeper's releases; the others do not have the setting.
    ZooKeeper(&'static str),
    /// One for KRaft's releases; the others do not have the setting.
    Kraft(&'static str),
    /// One for each release, in the order of [`Release::ALL`]; nothing where it does not have the setting.
    Each([Option<&'static str>; 5]),
}

/// Whether the simulator acts on a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// It does.
    Modelled,
    /// It does not yet: a scenario that sets it is refused, rather than run as if it had no effect.
    NotModelled,
}

/// A setting of Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Property name.
    pub name: &'static str,
    /// Property name of a topic setting's default at the broker.
    pub broker_name: Option<&'static str>,
    /// Whose setting it is.
    pub scope: Scope,
    /// Unit of its value.
    pub unit: Unit,
    /// Value where nobody sets it; `max` stands for the largest number.
    pub defaults: Defaults,
    /// Whether the simulator acts on it.
    pub support: Support,
    /// What it does, in one line.
    pub meaning: &'static str,
}

impl Setting {
    /// The default in a release as Kafka prints it, `max` for the largest number; nothing where the release does not
    /// have the setting.
    pub fn default_in(&self, release: Release) -> Option<&'static str> {
        let zookeeper = matches!(release, Release::Zk25 | Release::Zk39);
        match self.defaults {
            Defaults::Same(value) => Some(value),
            Defaults::ZooKeeper(value) => zookeeper.then_some(value),
            Defaults::Kraft(value) => (!zookeeper).then_some(value),
            Defaults::Each(values) => values[release as usize],
        }
    }

    /// Whether a property name, the topic's or the broker's, is that of this setting.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.broker_name == Some(name)
    }
}

/// The topic setting with this name.
pub fn topic_setting(name: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.scope == Scope::Topic && setting.name == name)
}

/// The setting that a cluster-wide `settings` entry with this name sets: a node's, or the default of a topic's, by
/// either of its names.
pub fn node_setting(name: &str) -> Option<&'static Setting> {
    let of_nodes = |setting: &&Setting| matches!(setting.scope, Scope::Node | Scope::Topic);
    SETTINGS.iter().filter(of_nodes).find(|setting| setting.is_called(name))
}

/// The setting of a client with this name.
pub fn client_setting(name: &str) -> Option<&'static Setting> {
    let of_clients = |setting: &&Setting| matches!(setting.scope, Scope::Producer | Scope::Consumer);
    SETTINGS.iter().filter(of_clients).find(|setting| setting.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_within_their_scope() {
        for (position, setting) in SETTINGS.iter().enumerate() {
            let again = SETTINGS[..position].iter().any(|other| {
                other.scope == setting.scope && (other.is_called(setting.name) || other.name == setting.name)
            });
            assert!(!again, "{} appears twice", setting.name);
        }
    }

    #[test]
    fn every_default_is_a_valid_value_and_every_setting_exists_somewhere() {
        for setting in SETTINGS {
            let defaults: Vec<&str> = Release::ALL.iter().filter_map(|r| setting.default_in(*r)).collect();
            assert!(!defaults.is_empty(), "{} exists in no release", setting.name);
            for default in defaults
                .into_iter()
                .filter(|default| *default != "max" && *default != "none")
            {
                let refusal = setting.unit.refusal(&ConfigValue::Text(default.to_owned()));
                assert_eq!(refusal, None, "{} = {default}", setting.name);
            }
        }
    }

    #[test]
    fn defaults_follow_the_release() {
        let check = |name: &str, release: Release, expected: Option<&str>| {
            let setting = node_setting(name)
                .or_else(|| client_setting(name))
                .expect("the sample names exist");
            assert_eq!(setting.default_in(release), expected, "{name} in {release}");
        };
        check("zookeeper.session.timeout.ms", Release::Zk25, Some("18000"));
        check("zookeeper.session.timeout.ms", Release::Kraft39, None);
        check("broker.session.timeout.ms", Release::Kraft43, Some("9000"));
        check("replica.lag.time.max.ms", Release::Zk25, Some("30000"));
        check("log.flush.interval.messages", Release::Kraft38, Some("max"));
        check("unclean.leader.election.interval.ms", Release::Kraft38, None);
        check("unclean.leader.election.interval.ms", Release::Kraft39, Some("300000"));
        check("enable.idempotence", Release::Zk25, Some("false"));
        check("linger.ms", Release::Kraft43, Some("5"));
    }

    #[test]
    fn values_are_judged_by_their_unit() {
        let check = |unit: Unit, value: ConfigValue, expected: Option<&str>| {
            assert_eq!(unit.refusal(&value).as_deref(), expected, "{value}");
        };
        let text = |text: &str| ConfigValue::Text(text.to_owned());
        check(Unit::Count(1), ConfigValue::Int(2), None);
        check(Unit::Count(1), text("2"), None);
        check(Unit::Count(1), ConfigValue::Int(0), Some("a whole number, at least 1"));
        check(
            Unit::Millis(-1),
            text("9s"),
            Some("a whole number of milliseconds, at least -1"),
        );
        check(
            Unit::Percent,
            ConfigValue::Int(101),
            Some("a whole number of percent from 0 to 100"),
        );
        check(Unit::Flag, text("yes"), Some("true or false"));
        check(Unit::Flag, text("true"), None);
        check(Unit::Ratio, text("0.5"), None);
        check(Unit::Ratio, text("1.5"), Some("a text such as \"0.5\", from 0 to 1"));
        check(Unit::Word(&["a", "b"]), text("c"), Some("one of a, b"));
    }
}
