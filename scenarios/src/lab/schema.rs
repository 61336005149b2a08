//! Owns the lab file as data: story, plays, steps with questions and tables, in two languages.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scenario::config_value::ConfigValue;

/// A text in both languages. Line breaks within a paragraph mean nothing; an empty line parts paragraphs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In Korean.
    pub ko: String,
}

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// Its number.
    pub number: u16,
    /// Its title.
    pub title: Words,
    /// For whom it is.
    pub level: Level,
    /// What a learner needs.
    pub minutes: u16,
    /// What it is about.
    pub story: Words,
    /// Scenarios that it plays, each once.
    pub plays: Vec<Playing>,
    /// What is done, asked, shown and explained.
    pub steps: Vec<Step>,
    /// What the learner tries alone.
    pub what_if: Words,
    /// What the checker says about it.
    pub property: Claim,
    /// Transcripts of real clusters that show the same.
    #[serde(default)]
    pub recorded: Vec<String>,
}

/// For whom a lab is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Who begins.
    FirstSteps,
    /// Who runs clusters.
    Operator,
    /// Who wants to know why.
    Protocol,
}

/// A scenario as a lab plays it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playing {
    /// Its name in this lab.
    pub id: String,
    /// A scenario that ships with the program.
    pub scenario: String,
    /// Rules in place of the scenario's own.
    #[serde(default)]
    pub preset: Option<String>,
    /// Settings of all its topics in place of their own.
    #[serde(default)]
    pub config: BTreeMap<String, ConfigValue>,
}

/// One step of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done.
    #[serde(rename = "do")]
    pub action: Words,
    /// The commands of a real cluster that do it.
    #[serde(default)]
    pub commands: Vec<String>,
    /// What is asked before the reveal.
    #[serde(default)]
    pub predict: Vec<Question>,
    /// What is shown.
    #[serde(default)]
    pub see: Vec<See>,
    /// Why it is so.
    pub why: Words,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Question {
    /// Fill in a cell of a table of this step.
    Cell {
        /// The question.
        ask: Words,
        /// The cell that has the answer.
        found: Found,
        /// The answer.
        answer: String,
    },
    /// Choose.
    Choice {
        /// The question.
        ask: Words,
        /// What there is to choose from; one is right.
        options: Vec<Choosable>,
    },
    /// Say a number.
    Number {
        /// The question.
        ask: Words,
        /// The cells that are counted, if a table has the answer.
        #[serde(default)]
        found: Option<Found>,
        /// The answer.
        answer: i64,
    },
    /// Name all of them.
    Set {
        /// The question.
        ask: Words,
        /// The cells whose rows are the answer, if a table has it.
        #[serde(default)]
        found: Option<Found>,
        /// The answer.
        answer: Vec<String>,
    },
    /// Put these in order.
    Order {
        /// The question.
        ask: Words,
        /// In the right order.
        answer: Vec<Words>,
    },
}

/// Where a table has an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The table.
    pub table: See,
    /// Its row; every row without one.
    #[serde(default)]
    pub row: Option<String>,
    /// The column.
    pub column: String,
    /// Of all rows, those with this value.
    #[serde(default)]
    pub value: Option<String>,
}

/// One answer to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choosable {
    /// The answer.
    pub text: Words,
    /// Why it is right, or which misconception it stands for.
    pub because: Words,
    /// Whether it is right.
    #[serde(default)]
    pub right: bool,
}

/// A table of a play.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum See {
    /// `kafka-topics --describe`.
    Describe {
        /// The play.
        play: String,
        /// The label of the moment, or `end`.
        at: String,
        /// The topic; all of them without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
    },
    /// The same from the metadata that one broker has.
    Broker {
        /// The play.
        play: String,
        /// The label of the moment, or `end`.
        at: String,
        /// Whose.
        broker: u32,
    },
    /// Partitions with their epochs.
    Partitions {
        /// The play.
        play: String,
        /// The label of the moment, or `end`.
        at: String,
    },
    /// Every replica's log.
    Logs {
        /// The play.
        play: String,
        /// The label of the moment, or `end`.
        at: String,
    },
    /// What happened between two moments, with the time since the first.
    Events {
        /// The play.
        play: String,
        /// The label of the first moment, or `start`.
        from: String,
        /// The label of the last one, or `end`.
        to: String,
    },
    /// Records acknowledged under acks=all, and those of them that the leader's log does not have.
    Missing {
        /// The play.
        play: String,
        /// The label of the moment, or `end`.
        at: String,
    },
}

impl See {
    /// The play that it is about.
    pub fn play(&self) -> &str {
        match self {
            Self::Describe { play, .. } | Self::Broker { play, .. } | Self::Partitions { play, .. } => play,
            Self::Logs { play, .. } | Self::Events { play, .. } | Self::Missing { play, .. } => play,
        }
    }
}

/// As the heading of a table.
impl fmt::Display for See {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Describe { play, at, topic: None } => write!(f, "describe {play} {at}"),
            Self::Describe {
                play,
                at,
                topic: Some(topic),
            } => write!(f, "describe {play} {at} {topic}"),
            Self::Broker { play, at, broker } => write!(f, "describe {play} {at} by broker {broker}"),
            Self::Partitions { play, at } => write!(f, "partitions {play} {at}"),
            Self::Logs { play, at } => write!(f, "logs {play} {at}"),
            Self::Events { play, from, to } => write!(f, "events {play} {from} to {to}"),
            Self::Missing { play, at } => write!(f, "missing {play} {at}"),
        }
    }
}

/// What the checker says about a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Properties by name.
    pub names: Vec<String>,
    /// What is proved or broken, and with which command.
    pub text: Words,
    /// Commands of this program that show it.
    #[serde(default)]
    pub commands: Vec<String>,
}
