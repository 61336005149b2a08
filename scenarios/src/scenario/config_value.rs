//! Owns the value of a Kafka setting as a scenario writes it: an integer, a truth value or a text.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Value of a Kafka setting or of a switch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigValue {
    /// `2`
    Int(i64),
    /// `true`
    Bool(bool),
    /// `"compact"`
    Text(String),
}

impl fmt::Display for ConfigValue {
    /// The value as Kafka's own tools print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigValue::Int(value) => value.fmt(f),
            ConfigValue::Bool(value) => value.fmt(f),
            ConfigValue::Text(value) => value.fmt(f),
        }
    }
}

impl Serialize for ConfigValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ConfigValue::Int(value) => serializer.serialize_i64(*value),
            ConfigValue::Bool(value) => serializer.serialize_bool(*value),
            ConfigValue::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for ConfigValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ConfigValue, D::Error> {
        deserializer.deserialize_any(ConfigValueVisitor)
    }
}

/// Written by hand, because an untagged enum would lose the place of a wrong value.
struct ConfigValueVisitor;

impl Visitor<'_> for ConfigValueVisitor {
    type Value = ConfigValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, true or false, or a text in quotes")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<ConfigValue, E> {
        let value = i64::try_from(value).map_err(|_| E::custom(format_args!("{value} does not fit into 64 bits")))?;
        Ok(ConfigValue::Int(value))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Bool(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<ConfigValue, E> {
        Ok(ConfigValue::Text(value.to_owned()))
    }
}
