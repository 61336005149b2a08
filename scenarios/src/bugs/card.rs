//! Owns the card of a catalogued bug as data: its fields, their names, their defaults. It judges nothing; `judge` does.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scenario::config_value::ConfigValue;
use crate::scenario::schema::Faults;

/// What stands in a `bug.ron`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Its number in the catalogue of bugs. A fix of several conditions has several folders of one number.
    pub entry: u32,
    /// What is wrong, in a few words.
    pub title: String,
    /// Tickets and proposals that tell of it: `KAFKA-7128`, `KIP-101`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<String>,
    /// The layer whose budget of faults it gets.
    pub layer: Layer,
    /// How much it matters.
    pub tier: Tier,
    /// What it is: a bug of history, a weakened fix, or a risk that Kafka takes.
    pub kind: Kind,
    /// The property that must be violated.
    pub property: String,
    /// What the control run has otherwise: switches and topic settings with the values that make the scenario safe.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub safeguard: BTreeMap<String, ConfigValue>,
    /// Releases that have it, and those that repaired it, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub affected: String,
    /// Faults that it needs beyond the budget of its layer, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beyond: BTreeMap<String, u8>,
    /// How it is sampled, where that differs from what the call says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub explore: Sampling,
    /// The part of the budget that the exhaustive search gets. Without it: the faults that the regression trace spends,
    /// or the whole budget where there is no such trace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub check: BTreeMap<String, u8>,
}

/// A part of Kafka, with a budget of faults of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Layer {
    /// Leaders, followers, the ISR, the high watermark.
    Replication,
    /// What of a log survives.
    Disk,
    /// Elections, registrations, fencing.
    Controller,
    /// Clients that read.
    Consumer,
    /// What clients are told over time.
    History,
    /// The quorum of controllers.
    Quorum,
    /// Controller and brokers over ZooKeeper.
    ZooKeeper,
    /// Moving replicas.
    Reassign,
}

impl Layer {
    /// All layers.
    pub const ALL: [Layer; 8] = [
        Layer::Replication,
        Layer::Disk,
        Layer::Controller,
        Layer::Consumer,
        Layer::History,
        Layer::Quorum,
        Layer::ZooKeeper,
        Layer::Reassign,
    ];

    /// The name, as it stands on cards.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Replication => "Replication",
            Layer::Disk => "Disk",
            Layer::Controller => "Controller",
            Layer::Consumer => "Consumer",
            Layer::History => "History",
            Layer::Quorum => "Quorum",
            Layer::ZooKeeper => "ZooKeeper",
            Layer::Reassign => "Reassign",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How much a bug matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// It must be found first.
    A,
    /// Replication and control plane, second wave.
    B,
    /// Producers, transactions, groups, compaction, tiering.
    C,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The rules before a fix.
    Entry,
    /// A fix without one of its conditions.
    Mutation,
    /// A risk that Kafka takes, and why: finding it is no reproach.
    Accepted(String),
}

impl Kind {
    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Entry => "entry",
            Kind::Mutation => "mutation",
            Kind::Accepted(_) => "accepted",
        }
    }
}

/// How an entry is sampled; what is left out is as the call says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sampling {
    /// Who picks the next action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampler: Option<String>,
    /// The longest a run may get, in steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// After so many events a series is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
}

/// The budgets of all layers: what a `budgets.ron` holds.
pub type Budgets = BTreeMap<Layer, Faults>;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ron_options;

    #[test]
    fn a_layer_is_written_as_it_is_named() {
        for layer in Layer::ALL {
            assert_eq!(ron_options().from_str(layer.name()), Ok(layer));
        }
    }
}
