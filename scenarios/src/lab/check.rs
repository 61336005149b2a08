//! Owns the check of a lab: every table as it lies beside it, every answer as the tables have it.

use super::cells::{Cell, CellDifference, cells, differences};
use super::schema::{Found, Lab, Question, See};
use super::shelf::OnShelf;
use super::views::{Plays, Unplayable};

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LabReport {
    /// The lab.
    pub number: u16,
    /// Cells of its tables, and answers that a table has.
    pub cells: usize,
    /// Those that are not as they should be.
    pub differ: Vec<CellDifference>,
}

/// Plays a lab, compares every table and every answer.
///
/// # Errors
/// When it cannot be played, or shows a table that does not lie beside it.
pub fn check(shelf: &OnShelf) -> Result<LabReport, Unplayable> {
    let lab = shelf.lab();
    let plays = Plays::of(&lab)?;
    let tables = shelf.tables();
    let mut report = LabReport {
        number: lab.number,
        cells: 0,
        differ: Vec::new(),
    };
    for see in lab.tables() {
        let title = see.to_string();
        let expected = tables
            .iter()
            .find(|(name, _)| *name == title)
            .map(|(_, text)| text.as_str())
            .ok_or_else(|| Unplayable(format!("tables.txt has no table `{title}`")))?;
        let (expected, got) = (cells(expected, see.style()), cells(&plays.show(see)?, see.style()));
        report.cells += expected.len();
        report.differ.extend(differences(&title, &expected, &got));
    }
    for question in lab.steps.iter().flat_map(|step| &step.predict) {
        answer(&plays, question, &mut report)?;
    }
    Ok(report)
}

impl Lab {
    /// All tables that it shows, each once, in the order of the steps.
    pub fn tables(&self) -> Vec<&See> {
        let mut tables: Vec<&See> = Vec::new();
        for see in self.steps.iter().flat_map(|step| &step.see) {
            if !tables.contains(&see) {
                tables.push(see);
            }
        }
        tables
    }
}

/// The answer of a question beside what the model's table says.
fn answer(plays: &Plays, question: &Question, report: &mut LabReport) -> Result<(), Unplayable> {
    let (found, expected, got) = match question {
        Question::Cell { found, answer, .. } => {
            let values: Vec<String> = matching(plays, found)?.into_iter().map(|cell| cell.value).collect();
            (found, answer.clone(), values.join(" "))
        }
        Question::Number {
            found: Some(found),
            answer,
            ..
        } => {
            let cells = matching(plays, found)?;
            let one = cells.first().filter(|_| found.row.is_some() && found.value.is_none());
            let got = one.map_or_else(|| cells.len().to_string(), |cell| cell.value.clone());
            (found, answer.to_string(), got)
        }
        Question::Set {
            found: Some(found),
            answer,
            ..
        } => {
            let rows: Vec<String> = matching(plays, found)?.into_iter().map(|cell| cell.row).collect();
            (found, answer.join(" "), rows.join(" "))
        }
        Question::Number { found: None, .. } | Question::Set { found: None, .. } => return Ok(()),
        Question::Choice { .. } | Question::Order { .. } => return Ok(()),
    };
    report.cells += 1;
    if expected != got {
        report.differ.push(CellDifference {
            table: format!("answer from {}", found.table),
            row: found.row.clone().unwrap_or_else(|| "all rows".to_owned()),
            column: found.column.clone(),
            expected: Some(expected),
            got: Some(got),
        });
    }
    Ok(())
}

/// The cells of which an answer is made.
fn matching(plays: &Plays, found: &Found) -> Result<Vec<Cell>, Unplayable> {
    let all = cells(&plays.show(&found.table)?, found.table.style());
    let row = |cell: &Cell| found.row.as_ref().is_none_or(|row| *row == cell.row);
    let value = |cell: &Cell| found.value.as_ref().is_none_or(|value| *value == cell.value);
    Ok(all
        .into_iter()
        .filter(|cell| row(cell) && cell.column == found.column && value(cell))
        .collect())
}
