//! Owns reading one line of a pasted table: its columns, and what is wrong with them.

use std::collections::BTreeSet;

use crate::tools::ids::{BrokerId, PartitionId, TopicId};
use crate::tools::view::{ConfigEntry, PartitionView, Reassignment};

/// What a line is.
pub(super) enum Line<'a> {
    /// Nothing of the table: empty, a prompt, a command, a time, a remark.
    Skipped,
    Topic(TopicLine<'a>),
    Partition(PartitionLine<'a>),
}

/// A line that begins a topic.
pub(super) struct TopicLine<'a> {
    pub(super) name: Cell<'a>,
    pub(super) id: Option<TopicId>,
    pub(super) partition_count: usize,
    pub(super) replication_factor: usize,
    pub(super) configs: Vec<ConfigEntry>,
}

/// A line about a partition.
pub(super) struct PartitionLine<'a> {
    pub(super) topic: Cell<'a>,
    pub(super) partition: Cell<'a>,
    pub(super) view: PartitionView,
    pub(super) elr_columns: ElrColumns,
}

/// What a line says about eligible leader replicas.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ElrColumns {
    Absent,
    NotAvailable,
    Listed,
}

/// What is wrong, and between which bytes of the line.
pub(super) struct Problem {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) message: String,
}

/// A piece of the line, without spaces around it.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) text: &'a str,
    start: usize,
}

impl<'a> Cell<'a> {
    fn new(line: &'a str, start: usize, end: usize) -> Cell<'a> {
        let text = &line[start..end];
        let leading = text.len() - text.trim_start().len();
        Cell {
            text: text.trim(),
            start: start + leading,
        }
    }

    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem {
            start: self.start,
            end: self.start + self.text.len(),
            message: message.into(),
        }
    }

    /// The parts between commas.
    fn parts(self) -> impl Iterator<Item = Cell<'a>> {
        let mut start = 0;
        self.text.split(',').map(move |part| {
            let leading = part.len() - part.trim_start().len();
            let cell = Cell {
                text: part.trim(),
                start: self.start + start + leading,
            };
            start += part.len() + 1;
            cell
        })
    }
}

/// The columns of all dialects; a name that begins with another one stands before it.
const COLUMNS: [&str; 14] = [
    "TopicId",
    "Topic",
    "PartitionCount",
    "Partition",
    "ReplicationFactor",
    "Configs",
    "MarkedForDeletion",
    "Leader",
    "Replicas",
    "Isr",
    "Adding Replicas",
    "Removing Replicas",
    "Elr",
    "LastKnownElr",
];

/// The columns of one line.
struct Columns<'a> {
    line: &'a str,
    cells: Vec<(&'static str, Cell<'a>)>,
}

pub(super) fn read_line(line: &str) -> Result<Line<'_>, Problem> {
    let Some(start) = find_topic(line) else {
        return if is_around(line.trim()) {
            Ok(Line::Skipped)
        } else {
            Err(not_describe_output(line))
        };
    };
    let columns = Columns::split(line, start)?;
    if columns.get("Partition").is_some() {
        partition_line(&columns).map(Line::Partition)
    } else {
        topic_line(&columns).map(Line::Topic)
    }
}

/// Where the table begins in a line: prompts, times and container names may stand before.
fn find_topic(line: &str) -> Option<usize> {
    let begins_a_word = |start: &usize| !line[..*start].ends_with(|c: char| c.is_alphanumeric());
    line.match_indices("Topic:").map(|(start, _)| start).find(begins_a_word)
}

/// Whether a line without a topic may stand around a table.
fn is_around(line: &str) -> bool {
    let command = line.contains("kafka-topics") || line.starts_with("--");
    let prompt = line.ends_with(['$', '#', '>', '%']) || line.starts_with('#');
    let time = line
        .chars()
        .all(|c| c.is_ascii_digit() || c.is_whitespace() || "[]():.,-+/TZ".contains(c));
    command || prompt || time
}

fn not_describe_output(line: &str) -> Problem {
    let start = line.len() - line.trim_start().len();
    let word = line[start..].split_whitespace().next().unwrap_or_default();
    Problem {
        start,
        end: start + word.len(),
        message: "expected `Topic:`".to_owned(),
    }
}

impl<'a> Columns<'a> {
    fn split(line: &'a str, start: usize) -> Result<Columns<'a>, Problem> {
        let mut heads: Vec<(&'static str, usize, usize)> = Vec::new();
        let mut at = start;
        while at < line.len() {
            let rest = &line[at..];
            let column = COLUMNS
                .into_iter()
                .find(|name| rest.strip_prefix(name).is_some_and(|r| r.starts_with(':')));
            at = match column {
                Some(name) => {
                    let value = at + name.len() + 1;
                    heads.push((name, at, value));
                    value
                }
                None => at + rest.find(char::is_whitespace).unwrap_or(rest.len()),
            };
            at += line[at..].len() - line[at..].trim_start().len();
        }
        let ends = heads.iter().skip(1).map(|(_, head, _)| *head).chain([line.len()]);
        let mut columns = Columns {
            line,
            cells: Vec::new(),
        };
        for ((name, head, value), end) in heads.iter().zip(ends) {
            if columns.get(name).is_some() {
                return Err(Cell::new(line, *head, *value).problem(format!("a second `{name}:` in this line")));
            }
            columns.cells.push((name, Cell::new(line, *value, end)));
        }
        Ok(columns)
    }

    fn get(&self, name: &str) -> Option<Cell<'a>> {
        self.cells
            .iter()
            .find(|(column, _)| *column == name)
            .map(|(_, cell)| *cell)
    }

    fn need(&self, name: &str) -> Result<Cell<'a>, Problem> {
        let end = self.line.trim_end().len();
        self.get(name).ok_or_else(|| Problem {
            start: end,
            end,
            message: format!("expected `{name}:`"),
        })
    }
}

fn topic_line<'a>(columns: &Columns<'a>) -> Result<TopicLine<'a>, Problem> {
    let name = topic_name(columns)?;
    let partition_count = number(columns.need("PartitionCount")?)?;
    let replication_factor = number(columns.need("ReplicationFactor")?)?;
    let configs = configs(columns.need("Configs")?)?;
    let id = columns.get("TopicId").map(topic_id).transpose()?;
    Ok(TopicLine {
        name,
        id,
        partition_count,
        replication_factor,
        configs,
    })
}

fn partition_line<'a>(columns: &Columns<'a>) -> Result<PartitionLine<'a>, Problem> {
    let topic = topic_name(columns)?;
    let partition = columns.need("Partition")?;
    let number = PartitionId(number(partition)?);
    let leader = leader(columns.need("Leader")?)?;
    let replicas = brokers(columns.need("Replicas")?)?;
    let isr = brokers(columns.need("Isr")?)?;
    let reassignment = reassignment(columns, &replicas)?;
    let (elr_columns, [elr, last_known_elr]) = elr(columns)?;
    let view = PartitionView {
        partition: number,
        leader,
        replicas,
        isr,
        reassignment,
        elr,
        last_known_elr,
    };
    Ok(PartitionLine {
        topic,
        partition,
        view,
        elr_columns,
    })
}

fn topic_name<'a>(columns: &Columns<'a>) -> Result<Cell<'a>, Problem> {
    let name = columns.need("Topic")?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.text.is_empty() || !name.text.chars().all(legal) {
        return Err(name.problem("expected a topic's name"));
    }
    Ok(name)
}

fn topic_id(cell: Cell<'_>) -> Result<TopicId, Problem> {
    cell.text
        .parse()
        .map_err(|_| cell.problem("expected a topic id of 22 characters"))
}

/// Decimal digits; Rust would take a plus sign as well.
fn number<T: std::str::FromStr>(cell: Cell<'_>) -> Result<T, Problem> {
    let digits = cell.text.bytes().all(|byte| byte.is_ascii_digit());
    let value = if digits { cell.text.parse().ok() } else { None };
    value.ok_or_else(|| cell.problem("expected a number"))
}

/// Kafka: old tools print -1 where no broker leads.
fn leader(cell: Cell<'_>) -> Result<Option<BrokerId>, Problem> {
    match cell.text {
        "none" | "-1" => Ok(None),
        _ => number(cell)
            .map(|id| Some(BrokerId(id)))
            .map_err(|_| cell.problem("expected a number or `none`")),
    }
}

fn brokers(cell: Cell<'_>) -> Result<Vec<BrokerId>, Problem> {
    if cell.text.is_empty() {
        return Ok(Vec::new());
    }
    let mut seen = BTreeSet::new();
    let mut ids = Vec::new();
    for part in cell.parts() {
        let id = BrokerId(number(part)?);
        if !seen.insert(id) {
            return Err(part.problem("this broker stands here twice"));
        }
        ids.push(id);
    }
    Ok(ids)
}

/// The table does not show the controller's list of replicas. It is the shown one, unless a broker that lags shows
/// the old assignment: then the added ones stand before it.
fn reassignment(columns: &Columns<'_>, replicas: &[BrokerId]) -> Result<Option<Reassignment>, Problem> {
    let (adding, removing) = match (columns.get("Adding Replicas"), columns.get("Removing Replicas")) {
        (None, None) => return Ok(None),
        (Some(adding), Some(removing)) => (brokers(adding)?, brokers(removing)?),
        (Some(_), None) => return columns.need("Removing Replicas").map(|_| None),
        (None, Some(_)) => return columns.need("Adding Replicas").map(|_| None),
    };
    let unseen = adding.iter().filter(|id| !replicas.contains(id));
    let replicas = unseen.chain(replicas).copied().collect();
    Ok(Some(Reassignment {
        replicas,
        adding,
        removing,
    }))
}

fn elr(columns: &Columns<'_>) -> Result<(ElrColumns, [Vec<BrokerId>; 2]), Problem> {
    match (columns.get("Elr"), columns.get("LastKnownElr")) {
        (None, None) => Ok((ElrColumns::Absent, [Vec::new(), Vec::new()])),
        (Some(elr), Some(last)) if elr.text == "N/A" && last.text == "N/A" => {
            Ok((ElrColumns::NotAvailable, [Vec::new(), Vec::new()]))
        }
        (elr, last) => {
            let elr = elr.map_or_else(|| columns.need("Elr"), Ok)?;
            let last = last.map_or_else(|| columns.need("LastKnownElr"), Ok)?;
            Ok((ElrColumns::Listed, [brokers(elr)?, brokers(last)?]))
        }
    }
}

/// `name=value,name=value`; a part without `=` continues the value before it (`cleanup.policy=compact,delete`).
fn configs(cell: Cell<'_>) -> Result<Vec<ConfigEntry>, Problem> {
    let mut configs: Vec<ConfigEntry> = Vec::new();
    if cell.text.is_empty() {
        return Ok(configs);
    }
    for part in cell.parts() {
        match (part.text.split_once('='), configs.last_mut()) {
            (Some((name, value)), _) if !name.is_empty() && !name.contains(char::is_whitespace) => {
                configs.push(ConfigEntry::new(name, value));
            }
            (None, Some(last)) => {
                last.value.push(',');
                last.value.push_str(part.text);
            }
            (Some(_), _) | (None, None) => return Err(part.problem("expected `name=value`")),
        }
    }
    Ok(configs)
}
