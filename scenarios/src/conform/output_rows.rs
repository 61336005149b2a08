//! Output of a command as rows: tables field by field, other tools line by line, JSON field by field.

use serde_json::Value;

use super::cells::{Kind, Row, Thing};
use super::plain::plain;
use super::subject::Output;
use crate::recording::Command;

/// Columns and fields that are ids, times or metadata offsets: no cells.
const NO_CELLS: [&str; 14] = [
    "TopicId",
    "ClusterId",
    "HighWatermark",
    "MaxFollowerLag",
    "MaxFollowerLagTimeMs",
    "DirectoryId",
    "LogEndOffset",
    "Lag",
    "LastFetchTimestamp",
    "LastCaughtUpTimestamp",
    "CONSUMER-ID",
    "CLIENT-ID",
    "timestamp",
    "avg_throughput",
];

/// Which table a command prints, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Table {
    /// No table.
    None,
    /// `kafka-topics --describe`.
    Topics,
    /// `kafka-metadata-quorum describe`: `Name:   value`, or columns with tabs.
    Quorum(Vec<String>),
    /// `kafka-consumer-groups --describe`: columns at the places where their names begin.
    Groups(Vec<(usize, String)>),
}

/// What a command printed, and how it ended, as rows. `line` is the line of the command, 0 for the model.
pub(crate) fn output_rows(line: usize, command: &Command, output: &Output, about: &[Thing]) -> Vec<Row> {
    let number = |i: usize| if line == 0 { 0 } else { line + i };
    let first = 1 + command.inputs.len();
    let mut table = table_of(command);
    let mut rows = Vec::new();
    for (i, text) in output.stdout.iter().enumerate() {
        rows.extend(stdout_row(number(first + i), command, text, &mut table, about));
    }
    if command.has("--list") {
        rows.sort_by(|a, b| a.cells.cmp(&b.cells));
    }
    let first = first + output.stdout.len();
    let tool = &command.tool;
    for (i, text) in output.stderr.iter().enumerate() {
        rows.push(Row::new(number(first + i), Kind::Tool, format!("{tool} stderr"), about).with("", plain(text)));
    }
    rows.push(Row::new(number(0), Kind::Tool, format!("{tool} exit"), about).with("", output.exit));
    rows
}

fn table_of(command: &Command) -> Table {
    match (
        command.tool.as_str(),
        command.has("--describe") || command.has("describe"),
    ) {
        ("kafka-topics", true) => Table::Topics,
        ("kafka-metadata-quorum", true) => Table::Quorum(Vec::new()),
        ("kafka-consumer-groups", true) => Table::Groups(Vec::new()),
        _ => Table::None,
    }
}

/// One line of standard output: a row of its table, an object, or just a line.
fn stdout_row(line: usize, command: &Command, text: &str, table: &mut Table, about: &[Thing]) -> Option<Row> {
    let row = match table {
        Table::None => None,
        Table::Topics => topic_row(line, text),
        Table::Quorum(columns) => quorum_row(line, text, columns, about),
        Table::Groups(columns) => group_row(line, text, columns, about),
    };
    let row = row.or_else(|| object_row(line, command, text, about));
    row.or_else(|| Some(Row::new(line, Kind::Tool, format!("{} stdout", command.tool), about).with("", plain(text))))
}

/// A line of describe: fields between tabs, `Name: value`. The partition's line begins with a tab.
fn topic_row(line: usize, text: &str) -> Option<Row> {
    let field = |part: &str| -> Option<(String, String)> {
        let (name, value) = part.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    let fields: Vec<(String, String)> = text
        .trim_start_matches('\t')
        .split('\t')
        .map(field)
        .collect::<Option<_>>()?;
    let value = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let topic = value("Topic")?;
    let name = match text.starts_with('\t') {
        true => format!("{topic}-{}", value("Partition")?),
        false => topic.to_owned(),
    };
    let mut row = Row::new(line, Kind::Table, name, &[Thing::Topic(topic.to_owned())]);
    for (name, value) in fields.iter().filter(|(name, _)| !NO_CELLS.contains(&name.as_str())) {
        row = row.with(
            name.as_str(),
            if name == "Configs" {
                sorted(value)
            } else {
                value.clone()
            },
        );
    }
    Some(row)
}

/// `a=1,b=2` by name: the tool takes the order from a hash map.
fn sorted(configs: &str) -> String {
    let mut items: Vec<&str> = configs.split(',').collect();
    items.sort_unstable();
    items.join(",")
}

/// A line of the quorum's status, or of its replication table (every column ends with a tab).
fn quorum_row(line: usize, text: &str, columns: &mut Vec<String>, about: &[Thing]) -> Option<Row> {
    if text.contains('\t') {
        let values: Vec<&str> = text.trim_end_matches('\t').split('\t').map(str::trim_end).collect();
        if columns.is_empty() {
            *columns = values.iter().map(|v| (*v).to_owned()).collect();
            return None;
        }
        let node = values.first()?;
        let row = Row::new(line, Kind::Table, format!("quorum node {node}"), about);
        let cells = columns
            .iter()
            .zip(values)
            .filter(|(name, _)| !NO_CELLS.contains(&name.as_str()));
        return Some(cells.fold(row, |row, (name, value)| row.with(name.as_str(), value)));
    }
    let (name, value) = text.split_once(':')?;
    if !name.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let row = Row::new(line, Kind::Table, format!("quorum {name}"), about);
    Some(if NO_CELLS.contains(&name) {
        row
    } else {
        row.with("", plain(value.trim_start()))
    })
}

/// A line of a group's table; the head line tells where the columns are.
fn group_row(line: usize, text: &str, columns: &mut Vec<(usize, String)>, about: &[Thing]) -> Option<Row> {
    if text.starts_with("GROUP ") {
        *columns = column_starts(text);
        let names: Vec<&str> = columns.iter().map(|(_, name)| name.as_str()).collect();
        return Some(Row::new(line, Kind::Table, "group head", about).with("", names.join(" ")));
    }
    let ends = columns.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let slice = |start: usize, end: usize| text.get(start..end.min(text.len())).map(str::trim);
    let cells: Option<Vec<(&str, &str)>> = columns
        .iter()
        .zip(ends)
        .map(|((start, name), end)| Some((name.as_str(), slice(*start, end)?)))
        .collect();
    let cells = cells.filter(|cells| !cells.is_empty())?;
    let key = |name: &str| cells.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let name = match (key("GROUP")?, key("TOPIC"), key("PARTITION")) {
        (group, Some(topic), Some(partition)) => format!("{group} {topic}-{partition}"),
        (group, _, _) => group.to_owned(),
    };
    let row = Row::new(line, Kind::Table, name, about);
    let cells = cells.into_iter().filter(|(name, _)| !NO_CELLS.contains(name));
    Some(cells.fold(row, |row, (name, value)| row.with(name, value)))
}

/// Where the columns of a head line begin: at its start, and behind two spaces or a single one before a capital or `#`.
fn column_starts(head: &str) -> Vec<(usize, String)> {
    let mut columns: Vec<(usize, String)> = Vec::new();
    let mut at = 0;
    for word in head.split(' ') {
        let joins = word.starts_with('(');
        match columns.last_mut() {
            _ if word.is_empty() => {}
            Some((_, name)) if joins => *name = format!("{name} {word}"),
            _ => columns.push((at, word.to_owned())),
        }
        at += word.len() + 1;
    }
    columns
}

/// A line that is an object of JSON: every field a cell.
fn object_row(line: usize, command: &Command, text: &str, about: &[Thing]) -> Option<Row> {
    let object = text
        .starts_with('{')
        .then(|| serde_json::from_str::<Value>(text).ok())
        .flatten()?;
    let mut row = Row::new(line, Kind::Tool, format!("{} stdout", command.tool), about);
    flatten(&object, "", &mut row.cells);
    Some(row)
}

/// Fields of an object by their path, `partitions.0.replicas`; lists of plain values are one field.
fn flatten(value: &Value, path: &str, cells: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| !NO_CELLS.contains(&name.as_str())) {
                flatten(value, &below(name), cells);
            }
        }
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            for (i, item) in items.iter().enumerate() {
                flatten(item, &below(&i.to_string()), cells);
            }
        }
        other => cells.push((path.to_owned(), scalar(other))),
    }
}

/// A value as a cell shows it: texts without quotes.
pub(crate) fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Content, Exit, Recording};

    /// The cells of one command with this output.
    #[track_caller]
    fn check(command: &str, stdout: &[&str], expected: &[&str]) {
        let head = "# x\n# kafka 3.9.1 · kraft · brokers 1,2 · controllers 10\n";
        let recording = Recording::parse(&format!("{head}[   0.00] $ {command}\n[   1.00] == end\n")).unwrap();
        let Content::Command(command) = &recording.blocks[0].content else {
            panic!("a command")
        };
        let stdout = stdout.iter().map(|s| (*s).to_owned()).collect();
        let output = Output {
            stdout,
            stderr: Vec::new(),
            exit: Exit::Status(0),
        };
        let rows = output_rows(3, command, &output, &[]);
        let cells = rows
            .iter()
            .flat_map(|r| r.cells.iter().map(|(f, v)| format!("{} {} = {v}", r.line, r.what(f))));
        assert_eq!(cells.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_describe_has_a_cell_for_each_field() {
        check(
            "kafka-topics --describe --topic t",
            &[
                "Topic: t\tTopicId: abc\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: b=2,a=1",
                "\tTopic: t\tPartition: 0\tLeader: none\tReplicas: 1,2\tIsr: \tElr: 2\tLastKnownElr: ",
            ],
            &[
                "4 table t Topic = t",
                "4 table t PartitionCount = 1",
                "4 table t ReplicationFactor = 2",
                "4 table t Configs = a=1,b=2",
                "5 table t-0 Topic = t",
                "5 table t-0 Partition = 0",
                "5 table t-0 Leader = none",
                "5 table t-0 Replicas = 1,2",
                "5 table t-0 Isr = ",
                "5 table t-0 Elr = 2",
                "5 table t-0 LastKnownElr = ",
                "3 tool kafka-topics exit = 0",
            ],
        );
    }

    #[test]
    fn a_describe_that_fails_has_lines() {
        let text = "Error while executing topic command : Topic 't' does not exist as expected";
        let expected = format!("4 tool kafka-topics stdout = {text}");
        check(
            "kafka-topics --describe --topic t",
            &[text],
            &[&expected, "3 tool kafka-topics exit = 0"],
        );
    }

    #[test]
    fn group_tables_are_cut_at_their_columns() {
        check(
            "kafka-consumer-groups --describe --group g --state",
            &[
                "",
                "GROUP                     COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE           #MEMBERS",
                "g                         localhost:29092  (1)                           Empty           0",
            ],
            &[
                "4 tool kafka-consumer-groups stdout = ",
                "5 table group head = GROUP COORDINATOR (ID) ASSIGNMENT-STRATEGY STATE #MEMBERS",
                "6 table g GROUP = g",
                "6 table g COORDINATOR (ID) = localhost:29092  (1)",
                "6 table g ASSIGNMENT-STRATEGY = ",
                "6 table g STATE = Empty",
                "6 table g #MEMBERS = 0",
                "3 tool kafka-consumer-groups exit = 0",
            ],
        );
    }

    #[test]
    fn quorum_tables_leave_out_ids_times_and_metadata_offsets() {
        check(
            "kafka-metadata-quorum describe --replication",
            &[
                "NodeId\tDirectoryId\tLogEndOffset\tLag\tStatus  \t",
                "3     \tAAAA\t39\t0  \tLeader  \t",
            ],
            &[
                "4 tool kafka-metadata-quorum stdout = NodeId\tDirectoryId\tLogEndOffset\tLag\tStatus  \t",
                "5 table quorum node 3 NodeId = 3",
                "5 table quorum node 3 Status = Leader",
                "3 tool kafka-metadata-quorum exit = 0",
            ],
        );
        check(
            "kafka-metadata-quorum describe --status",
            &["LeaderId:               3", "HighWatermark:          36"],
            &["4 table quorum LeaderId = 3", "3 tool kafka-metadata-quorum exit = 0"],
        );
    }

    #[test]
    fn objects_have_a_cell_for_each_field() {
        check(
            "kafka-verifiable-producer --topic t",
            &[r#"{"timestamp":1795257229401,"name":"done","key":null,"p":[{"r":[1,2]}]}"#],
            &[
                "4 tool kafka-verifiable-producer stdout name = done",
                "4 tool kafka-verifiable-producer stdout key = null",
                "4 tool kafka-verifiable-producer stdout p.0.r = [1,2]",
                "3 tool kafka-verifiable-producer exit = 0",
            ],
        );
    }
}
