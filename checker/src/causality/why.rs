//! Which events made a value what it is: its last writer, the causes of that, and theirs, six levels deep.

use std::collections::BTreeSet;
use std::fmt;

use models::client::Work;
use models::ids::{BrokerId, ClientId, Partition};
use models::replication::Role;
use models::slots::{Slot, Value};

use super::{Causality, Cause, in_brackets};
use crate::narrate::{Tale, is_up, listed, log_of, or_none, partition_state, short};

/// Levels of a tree, the last writer included.
const LEVELS: usize = 6;

/// A path that names nothing in this scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathError {
    /// The path as it was given.
    pub path: String,
    /// The part of it that is not known.
    pub part: String,
    /// What could stand there.
    pub expected: Vec<String>,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` in `{}` names nothing; expected one of: {}",
            self.part,
            self.path,
            self.expected.join(", ")
        )
    }
}

impl std::error::Error for PathError {}

/// A step in the tree of causes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// The step.
    pub step: usize,
    /// How it led to the step above it.
    pub how: Vec<Cause>,
    /// What led to it.
    pub causes: Vec<Branch>,
    /// Whether its causes stand elsewhere in the tree, or lie too deep.
    pub cut: bool,
}

/// Why a value is what it is at the end of a tale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    /// The path.
    pub path: String,
    /// The value, and the one before it (if a step changed it).
    pub value: String,
    /// What it was before.
    pub before: Option<String>,
    /// The last step that changed it; nothing if it is as it was at the beginning.
    pub root: Option<Branch>,
}

#[derive(Clone, Copy)]
enum Path {
    Committed(Partition, Field),
    Believed(BrokerId, Partition, Field),
    Life(BrokerId),
    Client(ClientId, ClientField),
}

#[derive(Clone, Copy)]
enum Field {
    Isr,
    Leader,
    Epoch,
    Role,
    Log,
    End,
    HighWatermark,
}

#[derive(Clone, Copy)]
enum ClientField {
    Leader,
    Work,
}

const FIELDS: [(&str, Field); 7] = [
    ("isr", Field::Isr),
    ("leader", Field::Leader),
    ("epoch", Field::Epoch),
    ("role", Field::Role),
    ("log", Field::Log),
    ("leo", Field::End),
    ("hw", Field::HighWatermark),
];
/// The controller knows the first three.
const COMMITTED_FIELDS: usize = 3;

/// Why the value at this path is what it is at the end: `broker2.t-0.isr`, `controller.t-0.leader`, `broker1.life`,
/// `c1.leader`.
///
/// # Errors
/// When the path names nothing in this scenario; says which part, and what could stand there.
pub fn why(tale: &Tale<'_>, causality: &Causality, path: &str) -> Result<Why, PathError> {
    let parsed = parse(tale, path)?;
    let texts: Vec<String> = (0..=tale.last()).map(|after| parsed.read(tale, after)).collect();
    let writer = (1..=tale.last()).rev().find(|step| texts[*step] != texts[step - 1]);
    let mut seen = BTreeSet::new();
    Ok(Why {
        path: path.into(),
        value: texts[tale.last()].clone(),
        before: writer.map(|step| texts[step - 1].clone()),
        root: writer.map(|step| grow(causality, step, Vec::new(), 1, &mut seen)),
    })
}

fn grow(causality: &Causality, step: usize, how: Vec<Cause>, level: usize, seen: &mut BTreeSet<usize>) -> Branch {
    let known = !seen.insert(step);
    let found = causality.causes(step);
    if known || level == LEVELS {
        return Branch {
            step,
            how,
            causes: Vec::new(),
            cut: !found.is_empty(),
        };
    }
    // A cause that another cause rests on is told there.
    let direct = |earlier: &usize| {
        !found
            .iter()
            .any(|(other, _)| causality.happens_before(*earlier, *other))
    };
    let direct: Vec<_> = found.iter().filter(|(earlier, _)| direct(earlier)).collect();
    let causes = direct
        .iter()
        .map(|(earlier, how)| grow(causality, *earlier, how.to_vec(), level + 1, seen));
    Branch {
        step,
        how,
        causes: causes.collect(),
        cut: false,
    }
}

fn parse(tale: &Tale<'_>, path: &str) -> Result<Path, PathError> {
    let config = tale.config();
    let unknown = |part: &str, expected: Vec<String>| PathError {
        path: path.into(),
        part: part.into(),
        expected,
    };
    let (subject, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Some(client) = config
        .client_ids()
        .find(|id| config.clients[usize::from(id.0)].name == subject)
    {
        return match rest {
            "leader" => Ok(Path::Client(client, ClientField::Leader)),
            "work" => Ok(Path::Client(client, ClientField::Work)),
            rest => Err(unknown(rest, vec!["leader".into(), "work".into()])),
        };
    }
    let broker = config.broker_ids().find(|id| format!("broker{id}") == subject);
    if broker.is_none() && subject != "controller" {
        let brokers = config.broker_ids().map(|id| format!("broker{id}"));
        let clients = config.clients.iter().map(|client| client.name.clone());
        return Err(unknown(
            subject,
            brokers.chain(["controller".into()]).chain(clients).collect(),
        ));
    }
    if let (Some(id), "life") = (broker, rest) {
        return Ok(Path::Life(id));
    }
    // A topic's name may have dots in it: the field is what follows the last one.
    let (name, field) = rest.rsplit_once('.').unwrap_or((rest, ""));
    let partition = config
        .all_partitions()
        .find(|partition| config.partition_name(*partition) == name);
    let Some(partition) = partition else {
        return Err(unknown(
            name,
            config
                .all_partitions()
                .map(|partition| config.partition_name(partition))
                .collect(),
        ));
    };
    let fields = if broker.is_some() {
        &FIELDS[..]
    } else {
        &FIELDS[..COMMITTED_FIELDS]
    };
    match (fields.iter().find(|(name, _)| *name == field), broker) {
        (Some((_, field)), Some(id)) => Ok(Path::Believed(id, partition, *field)),
        (Some((_, field)), None) => Ok(Path::Committed(partition, *field)),
        (None, _) => Err(unknown(field, fields.iter().map(|(name, _)| (*name).into()).collect())),
    }
}

impl Path {
    /// The value after so many steps, in words.
    fn read(self, tale: &Tale<'_>, after: usize) -> String {
        match self {
            Self::Committed(partition, field) => {
                let Some(state) = partition_state(tale, partition, after) else {
                    return "nothing".into();
                };
                match field {
                    Field::Isr => listed(&state.isr),
                    Field::Leader => or_none(state.leader),
                    Field::Epoch => state.leader_epoch.0.to_string(),
                    Field::Role | Field::Log | Field::End | Field::HighWatermark => String::new(),
                }
            }
            Self::Believed(id, partition, field) => believed(tale, id, partition, field, after),
            Self::Life(id) => if is_up(tale, id, after) { "up" } else { "down" }.into(),
            Self::Client(id, field) => {
                let Some(Value::Client(client)) = tale.value(Slot::Client(id), after) else {
                    return String::new();
                };
                match (field, &client.work) {
                    (ClientField::Leader, _) => or_none(client.leader.map(|(leader, _)| leader)),
                    (
                        ClientField::Work,
                        Work::Producer {
                            sending: Some(sending), ..
                        },
                    ) => {
                        format!("sending {}", sending.records[0])
                    }
                    (ClientField::Work, Work::Producer { sending: None, .. }) => "idle".into(),
                    (ClientField::Work, Work::Consumer(consuming)) => format!("position {}", consuming.position),
                }
            }
        }
    }
}

fn believed(tale: &Tale<'_>, id: BrokerId, partition: Partition, field: Field, after: usize) -> String {
    let log = log_of(tale, id, partition, after);
    let Some(Value::Replica(replica)) = tale.value(Slot::Replica(id, partition), after) else {
        return "no replica".into();
    };
    let log_text = |text: fn(&models::log::Log) -> String| log.map_or_else(String::new, text);
    match (field, &replica.role) {
        (Field::Isr, Role::Leader(leading)) => listed(&leading.isr),
        (Field::Isr, Role::Follower(_) | Role::Offline) => match tale.value(Slot::Image(id), after) {
            Some(Value::Image(image)) => image
                .0
                .partition(partition)
                .map_or_else(|| "unknown".into(), |state| listed(&state.isr)),
            Some(_) | None => "unknown".into(),
        },
        (Field::Leader, Role::Leader(_)) => id.to_string(),
        (Field::Leader, Role::Follower(following)) => or_none(following.leader),
        (Field::Leader, Role::Offline) => "none".into(),
        (Field::Epoch, _) => replica.leader_epoch.0.to_string(),
        (Field::Role, Role::Leader(_)) => "leader".into(),
        (Field::Role, Role::Follower(_)) => "follower".into(),
        (Field::Role, Role::Offline) => "offline".into(),
        (Field::Log, _) => log_text(|log| log.batches().iter().map(ToString::to_string).collect()),
        (Field::End, _) => log_text(|log| log.end().to_string()),
        (Field::HighWatermark, _) => log_text(|log| log.high_watermark().to_string()),
    }
}

impl Why {
    /// The tree as text, causes indented under what they led to.
    pub fn text(&self, tale: &Tale<'_>) -> String {
        let value = if self.value.is_empty() { "empty" } else { &self.value };
        match (&self.root, &self.before) {
            (Some(root), before) => {
                let before = before.as_deref().filter(|before| !before.is_empty()).unwrap_or("empty");
                let mut text = format!("{} is {value}; it was {before} before step {}\n", self.path, root.step);
                root.write(tale, 0, &mut text);
                text
            }
            (None, _) => format!("{} is {value}, as at the beginning\n", self.path),
        }
    }
}

impl Branch {
    fn write(&self, tale: &Tale<'_>, level: usize, text: &mut String) {
        let words = tale.step(self.step).map_or_else(String::new, |step| short(tale, step));
        let how = in_brackets(tale, &self.how);
        let more = if self.cut { " .." } else { "" };
        *text += &format!(
            "{:indent$}step {}  {words}{more}{how}\n",
            "",
            self.step,
            indent = 2 + 2 * level
        );
        self.causes.iter().for_each(|cause| cause.write(tale, level + 1, text));
    }
}
