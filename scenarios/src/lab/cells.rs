//! Owns the comparison of two tables cell by cell: what differs is named by row and column.

use std::fmt;

/// How a text is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Rows of cells: `Leader: 3` between tabs, or columns two spaces apart.
    Table,
    /// A time and a sentence in each line.
    Events,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The row: a partition, a topic, a replica, or `line 3`.
    pub row: String,
    /// The column.
    pub column: String,
    /// What stands there.
    pub value: String,
}

/// A cell that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CellDifference {
    /// The table.
    pub table: String,
    /// The row.
    pub row: String,
    /// The column.
    pub column: String,
    /// What should stand there; nothing if the cell should not be.
    pub expected: Option<String>,
    /// What stands there; nothing if there is no such cell.
    pub got: Option<String>,
}

impl fmt::Display for CellDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(no such cell)".to_owned());
        write!(
            f,
            "{}: {} {}: expected {}, got {}",
            self.table,
            self.row,
            self.column,
            shown(&self.expected),
            shown(&self.got)
        )
    }
}

/// The cells of a text, in order. Ids of topics are no cells: real ones are random.
pub fn cells(text: &str, style: Style) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut above = String::new();
    for (at, line) in text.lines().enumerate() {
        match style {
            Style::Events => event_cells(at + 1, line, &mut cells),
            Style::Table if line.contains('\t') => tool_cells(line, &mut cells),
            Style::Table => column_cells(line, &mut above, &mut cells),
        }
    }
    cells
}

fn event_cells(number: usize, line: &str, cells: &mut Vec<Cell>) {
    let line = line.trim_start();
    let (time, text) = line.split_once("  ").unwrap_or(("", line));
    for (column, value) in [("time", time), ("event", text)] {
        cells.push(Cell {
            row: format!("line {number}"),
            column: column.to_owned(),
            value: value.to_owned(),
        });
    }
}

/// `Topic: t⇥Partition: 0⇥Leader: 3`: the row is the partition, or the topic.
fn tool_cells(line: &str, cells: &mut Vec<Cell>) {
    let fields: Vec<(&str, &str)> = line
        .trim_start()
        .split('\t')
        .map(|field| field.split_once(':').unwrap_or((field, "")))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let value = |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let row = match (value("Topic"), value("Partition")) {
        (Some(topic), Some(partition)) => format!("{topic}-{partition}"),
        (Some(topic), None) => topic.to_owned(),
        (None, _) => line.trim().to_owned(),
    };
    let shown = fields.iter().filter(|(name, _)| *name != "TopicId");
    cells.extend(shown.map(|(name, value)| Cell {
        row: row.clone(),
        column: (*name).to_owned(),
        value: (*value).to_owned(),
    }));
}

/// `broker 1 L  |m1 e0|  LEO 1`: a column is named by its first word. A row that is indented belongs to the one above.
fn column_cells(line: &str, above: &mut String, cells: &mut Vec<Cell>) {
    let columns: Vec<&str> = line
        .split("  ")
        .map(str::trim)
        .filter(|column| !column.is_empty())
        .collect();
    let Some(first) = columns.first() else { return };
    let row = if line.starts_with(' ') {
        format!("{above} {first}")
    } else {
        (*first).clone_into(above);
        (*first).to_owned()
    };
    for (at, column) in columns.iter().enumerate() {
        let (name, value) = match column.split_once(' ') {
            _ if at == 0 => ("row", *column),
            _ if column.starts_with('|') => ("records", *column),
            _ if column.starts_with("<-") => ("note", *column),
            Some((name, value)) => (name, value),
            None => ("value", *column),
        };
        cells.push(Cell {
            row: row.clone(),
            column: name.to_owned(),
            value: value.to_owned(),
        });
    }
}

/// What differs between two tables, in the order of the expected one; what is too much comes last.
pub fn differences(table: &str, expected: &[Cell], got: &[Cell]) -> Vec<CellDifference> {
    let mut left: Vec<&Cell> = got.iter().collect();
    let mut found = Vec::new();
    for cell in expected {
        let same = |other: &&Cell| other.row == cell.row && other.column == cell.column;
        let other = left.iter().position(same).map(|at| left.remove(at));
        if other.is_none_or(|other| other.value != cell.value) {
            found.push(CellDifference {
                table: table.to_owned(),
                row: cell.row.clone(),
                column: cell.column.clone(),
                expected: Some(cell.value.clone()),
                got: other.map(|other| other.value.clone()),
            });
        }
    }
    found.extend(left.into_iter().map(|cell| CellDifference {
        table: table.to_owned(),
        row: cell.row.clone(),
        column: cell.column.clone(),
        expected: None,
        got: Some(cell.value.clone()),
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(style: Style, expected: &str, got: &str, said: &[&str]) {
        let found = differences("t", &cells(expected, style), &cells(got, style));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, said);
    }

    #[test]
    fn a_cell_that_differs_is_named_by_its_row_and_column() {
        let table = "Topic: t\tTopicId: A\tPartitionCount: 1\n\tTopic: t\tPartition: 0\tLeader: 3\tIsr: 3,1\n";
        check(Style::Table, table, &table.replace("TopicId: A", "TopicId: B"), &[]);
        let other = table.replace("Isr: 3,1", "Isr: 1,3");
        check(Style::Table, table, &other, &["t: t-0 Isr: expected 3,1, got 1,3"]);
    }

    #[test]
    fn rows_that_are_missing_or_too_much_are_differences() {
        let one = "t-0  leader 1\n";
        let two = "t-0  leader 1\nt-1  leader 2\n";
        check(
            Style::Table,
            one,
            two,
            &[
                "t: t-1 row: expected (no such cell), got t-1",
                "t: t-1 leader: expected (no such cell), got 2",
            ],
        );
        check(
            Style::Table,
            two,
            one,
            &[
                "t: t-1 row: expected t-1, got (no such cell)",
                "t: t-1 leader: expected 2, got (no such cell)",
            ],
        );
    }

    #[test]
    fn logs_and_events_have_cells_too() {
        let logs = "t-0  epoch 0\n  broker 1 L  |m1 e0|  LEO 1  HW 0\n";
        let said = ["t: t-0 broker 1 L HW: expected 0, got 1"];
        check(Style::Table, logs, &logs.replace("HW 0", "HW 1"), &said);
        let said = ["t: line 1 time: expected 0.1s, got 0.2s"];
        check(Style::Events, "  0.1s  broker 1 dies", "  0.2s  broker 1 dies", &said);
    }
}
