//! Owns the judgement of a scenario that could be read: does it name what exists, and can it be simulated?

mod claims;
mod clients;
mod cluster;
mod limits;
mod script;
mod settings;
mod topics;

use crate::scenario::diagnostic::Severity;
use crate::scenario::gaps::Gaps;
use crate::scenario::messages as say;
use crate::scenario::names::{Listing, Names, did_you_mean, listed, unknown_name};
use crate::scenario::path::Path;
use crate::scenario::schema::{Control, NodeId, Scenario};
use crate::scenario::text::{Message, Text};

pub use limits::{BROKERS_MAX, CONTROLLERS_MAX, ELEMENTS_MAX, EVENTS_MAX, PARTITIONS_MAX, RECORDS_MAX, REPLICAS_MAX};

/// How many names a sentence lists.
const NAMES_SHOWN: usize = 8;

/// One thing that is wrong or doubtful about a scenario, by path; `load` finds the place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the scenario is refused.
    pub severity: Severity,
    /// Which value.
    pub path: Path,
    /// What is pointed at.
    pub point: Point,
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub help: Option<Text>,
    /// What else to know.
    pub notes: Vec<Text>,
    /// Where something that the message names is declared: a sentence with a `{place}`, and the path of that place.
    pub declared: Option<(&'static Message, Path)>,
}

/// What is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The value itself.
    Value,
    /// Its key.
    Key,
}

impl Finding {
    fn help(mut self, help: impl Into<Text>) -> Finding {
        self.help = Some(help.into());
        self
    }

    fn maybe_help(mut self, help: Option<Text>) -> Finding {
        self.help = self.help.or(help);
        self
    }

    fn note(mut self, note: impl Into<Text>) -> Finding {
        self.notes.push(note.into());
        self
    }

    fn at_key(mut self) -> Finding {
        self.point = Point::Key;
        self
    }

    fn declared(mut self, sentence: &'static Message, path: Path) -> Finding {
        self.declared = Some((sentence, path));
        self
    }
}

/// Judges a scenario: all findings, errors and warnings. When it is larger than what can be simulated, only that is
/// said. `gaps` is what could not be read.
pub fn validate(scenario: &Scenario, names: &Names<'_>, gaps: &Gaps) -> Vec<Finding> {
    let limits = limits::check(scenario);
    if !limits.is_empty() {
        return limits;
    }
    let judge = Judge { scenario, names, gaps };
    let mut findings = Vec::new();
    cluster::check(&judge, &mut findings);
    settings::check(&judge, &mut findings);
    topics::check(&judge, &mut findings);
    clients::check(&judge, &mut findings);
    script::check(&judge, &mut findings);
    claims::check(&judge, &mut findings);
    findings
}

fn finding(severity: Severity, path: Path, message: Text) -> Finding {
    Finding {
        severity,
        path,
        point: Point::Value,
        message,
        help: None,
        notes: Vec::new(),
        declared: None,
    }
}

fn error(path: Path, message: impl Into<Text>) -> Finding {
    finding(Severity::Error, path, message.into())
}

fn warning(path: Path, message: impl Into<Text>) -> Finding {
    finding(Severity::Warning, path, message.into())
}

/// What all checks look at.
struct Judge<'a> {
    scenario: &'a Scenario,
    names: &'a Names<'a>,
    gaps: &'a Gaps,
}

impl<'a> Judge<'a> {
    /// Path of an element of one of the scenario's lists, by its position in the file.
    fn element(&self, list: &'static str, index: usize) -> Path {
        Path::field(list).index(self.gaps.position(list, index))
    }

    /// Complains about a broker that does not exist. `what` is the beginning of the sentence: "script[2] stops".
    fn broker(&self, what: &str, broker: NodeId, path: Path) -> Option<Finding> {
        let brokers = &self.scenario.brokers;
        if brokers.contains(&broker) || brokers.is_empty() || !self.gaps.is_complete("brokers") {
            return None;
        }
        let brokers = node_list("broker", brokers);
        let message = say::BROKER_UNKNOWN.with(&[("what", &what), ("node", &broker), ("brokers", &brokers)]);
        Some(error(path, message).declared(&say::NOTE_BROKERS_AT, Path::field("brokers")))
    }

    /// All nodes that are processes of their own.
    fn processes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let controllers = match &self.scenario.control {
            Control::Kraft { controllers } if controllers.len() > 1 => &controllers[..],
            Control::Kraft { .. } | Control::KraftCombined { .. } | Control::ZooKeeper { .. } => &[],
        };
        self.scenario.brokers.iter().chain(controllers).copied()
    }

    /// Complains about a node that is neither a broker nor a controller.
    fn node(&self, what: &str, node: NodeId, path: Path) -> Option<Finding> {
        let controllers = match &self.scenario.control {
            Control::Kraft { controllers } => controllers,
            Control::KraftCombined { .. } => return self.broker(what, node, path),
            Control::ZooKeeper { .. } => return None,
        };
        if controllers.contains(&node) || !self.gaps.is_complete("control") {
            return None;
        }
        if controllers.is_empty() {
            return self.broker(what, node, path);
        }
        let controllers = node_list("controller", controllers);
        let mut finding = self.broker(what, node, path)?;
        let brokers = node_list("broker", &self.scenario.brokers);
        let args: [(&str, &dyn std::fmt::Display); 4] = [
            ("what", &what),
            ("node", &node),
            ("brokers", &brokers),
            ("controllers", &controllers),
        ];
        finding.message = say::NODE_UNKNOWN.with(&args);
        Some(finding)
    }

    /// Complains about a word that is not among the names of its owner.
    fn name(&self, what: &str, listing: Listing<'_>, word: &str, valid: &[&str], path: Path) -> Option<Finding> {
        let unknown = unknown_name(what, listing, word, valid)?;
        Some(error(path, unknown.message).help(unknown.help))
    }
}

/// `brokers 1, 2, 3`, `broker 1`.
fn node_list(word: &str, nodes: &[NodeId]) -> String {
    let plural = if nodes.len() == 1 { "" } else { "s" };
    format!("{word}{plural} {}", listed(nodes, NAMES_SHOWN))
}

/// `topics `a`, `b``, `topic `a``.
fn name_list<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("{word}{plural} {}", listed(names, NAMES_SHOWN))
}

/// `1 partition`, `3 partitions`.
fn counted(count: u64, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// "did you mean", if there is a name near enough.
fn meant<'n>(word: &str, valid: impl IntoIterator<Item = &'n str>) -> Option<Text> {
    did_you_mean(word, valid).map(|name| say::HELP_MEANT.with(&[("name", &name)]))
}
