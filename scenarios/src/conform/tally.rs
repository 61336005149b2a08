//! Counts cells, keeps the differences, and what was not understood together with everything it spoils.

use std::collections::BTreeMap;

use super::align::{Pair, align};
use super::cells::{Kind, Kinds, Row, Thing};
use super::report::{Difference, NotUnderstood};

/// What stands in a report where one side has nothing.
pub(crate) const NOTHING: &str = "(nothing)";

/// What a line that was not understood may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// Nothing: it only reads.
    Nothing,
    /// These things.
    Things(Vec<Thing>),
    /// It names nothing, so it may be everything.
    Everything,
}

/// The line that spoils what comes after it.
#[derive(Clone, Copy, Debug)]
struct Blame {
    line: usize,
    /// Its place in `not_understood`.
    entry: usize,
}

/// The counts of one file while it is compared.
pub(crate) struct Tally {
    only: Kinds,
    /// Things whose later cells cannot be compared, and what is to blame.
    spoilt: BTreeMap<Thing, Blame>,
    all_spoilt: Option<Blame>,
    pub(crate) cells: usize,
    pub(crate) equal: usize,
    pub(crate) differ: Vec<Difference>,
    pub(crate) not_understood: Vec<NotUnderstood>,
}

impl Tally {
    /// Counts cells of these kinds only.
    pub(crate) fn new(only: Kinds) -> Self {
        Self {
            only,
            spoilt: BTreeMap::new(),
            all_spoilt: None,
            cells: 0,
            equal: 0,
            differ: Vec::new(),
            not_understood: Vec::new(),
        }
    }

    /// Compares rows of the recording with those of the model: name by name, each in its order.
    pub(crate) fn compare(&mut self, expected: Vec<Row>, got: Vec<Row>) {
        let (expected, got) = (self.counted(expected), self.counted(got));
        let mut names: Vec<(Kind, &str)> = Vec::new();
        for row in expected.iter().chain(&got) {
            if !names.contains(&(row.kind, &row.name)) {
                names.push((row.kind, &row.name));
            }
        }
        let first_line = expected.iter().map(|r| r.line).min().unwrap_or(0);
        for (kind, name) in names {
            let named = |rows: &[Row]| -> Vec<Row> {
                rows.iter()
                    .filter(|r| r.kind == kind && r.name == name)
                    .cloned()
                    .collect()
            };
            self.compare_list(&named(&expected), &named(&got), first_line);
        }
    }

    /// Compares rows of one name. What the model has and the recording has not is a cell more, at the line before it.
    fn compare_list(&mut self, expected: &[Row], got: &[Row], first_line: usize) {
        let mut line = expected.first().map_or(first_line, |r| r.line);
        for pair in align(expected, got) {
            match pair {
                Pair::Both(i, j) => {
                    line = expected[i].line;
                    self.compare_row(&expected[i], Some(&got[j]));
                }
                Pair::Missing(i) => {
                    line = expected[i].line;
                    self.compare_row(&expected[i], None);
                }
                Pair::Extra(j) => self.extra(line, &got[j], "", &got[j].text()),
            }
        }
    }

    fn compare_row(&mut self, expected: &Row, got: Option<&Row>) {
        for (field, value) in &expected.cells {
            let found = got.map_or(Some(NOTHING), |row| row.value(field)).unwrap_or(NOTHING);
            self.cell(expected, field, value, found);
        }
        for (field, value) in got.iter().flat_map(|row| &row.cells) {
            if expected.value(field).is_none() {
                self.extra(expected.line, expected, field, value);
            }
        }
    }

    /// Compares one cell of the recording.
    pub(crate) fn cell(&mut self, row: &Row, field: &str, expected: &str, got: &str) {
        if !self.only.contains(row.kind) {
            return;
        }
        self.cells += 1;
        let spoilt = self.spoilt_by(&row.about, row.line);
        if spoilt.is_none() && expected == got {
            self.equal += 1;
            return;
        }
        if let Some(entry) = spoilt {
            self.not_understood[entry].later += 1;
        }
        let got = spoilt.is_none().then(|| got.to_owned());
        self.differ.push(Difference {
            line: row.line,
            what: row.what(field),
            expected: expected.to_owned(),
            got,
        });
    }

    /// Something that the recording has not.
    pub(crate) fn extra(&mut self, line: usize, row: &Row, field: &str, got: &str) {
        if self.only.contains(row.kind) && self.spoilt_by(&row.about, line).is_none() {
            self.cells += 1;
            let (what, expected) = (row.what(field), NOTHING.to_owned());
            self.differ.push(Difference {
                line,
                what,
                expected,
                got: Some(got.to_owned()),
            });
        }
    }

    /// A line that cannot be done: its cells differ, and what it touches is spoilt from now on.
    pub(crate) fn refuse(&mut self, line: usize, why: impl Into<String>, rows: Vec<Row>, touched: &Touched) {
        let rows = self.counted(rows);
        let entry = self.not_understood.len();
        let cells = rows.iter().map(|r| r.cells.len()).sum();
        self.not_understood.push(NotUnderstood {
            line,
            why: why.into(),
            cells,
            later: 0,
        });
        self.cells += cells;
        for row in &rows {
            for (field, value) in &row.cells {
                let (what, expected) = (row.what(field), value.clone());
                self.differ.push(Difference {
                    line: row.line,
                    what,
                    expected,
                    got: None,
                });
            }
        }
        match touched {
            Touched::Nothing => {}
            Touched::Everything => self.all_spoilt = self.all_spoilt.or(Some(Blame { line, entry })),
            Touched::Things(things) => {
                for thing in things {
                    self.spoilt.entry(thing.clone()).or_insert(Blame { line, entry });
                }
            }
        }
    }

    /// The entry of `not_understood` that spoils cells of this line about these things.
    fn spoilt_by(&self, about: &[Thing], line: usize) -> Option<usize> {
        let blames = about
            .iter()
            .filter_map(|thing| self.spoilt.get(thing))
            .chain(&self.all_spoilt);
        blames.filter(|blame| line >= blame.line).map(|blame| blame.entry).min()
    }

    fn counted(&self, rows: Vec<Row>) -> Vec<Row> {
        rows.into_iter().filter(|row| self.only.contains(row.kind)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize, topic: &str, value: &str) -> Row {
        Row::new(line, Kind::Log, format!("{topic}-0"), &[Thing::Topic(topic.to_owned())]).with("", value)
    }

    fn told(tally: &Tally) -> Vec<String> {
        let one = |d: &Difference| format!("{} {} {} {:?}", d.line, d.what, d.expected, d.got);
        tally.differ.iter().map(one).collect()
    }

    #[test]
    fn what_only_one_side_has_is_a_difference() {
        let mut tally = Tally::new(Kinds::all());
        tally.compare(vec![row(7, "t", "a"), row(8, "t", "b")], vec![row(0, "t", "a")]);
        tally.compare(vec![row(9, "t", "a")], vec![row(0, "t", "a"), row(0, "t", "b")]);
        assert_eq!((tally.cells, tally.equal), (4, 2));
        assert_eq!(
            told(&tally),
            ["8 log t-0 b Some(\"(nothing)\")", "9 log t-0 (nothing) Some(\"b\")"]
        );
    }

    #[test]
    fn a_line_not_understood_spoils_later_cells_of_what_it_touches() {
        let mut tally = Tally::new(Kinds::all());
        let touched = Touched::Things(vec![Thing::Topic("t".to_owned())]);
        tally.refuse(3, "not modelled", vec![row(3, "t", "x")], &touched);
        tally.compare(
            vec![row(4, "t", "a"), row(5, "u", "a")],
            vec![row(0, "t", "a"), row(0, "u", "a")],
        );
        assert_eq!((tally.cells, tally.equal), (3, 1));
        assert_eq!(told(&tally), ["3 log t-0 x None", "4 log t-0 a None"]);
        assert_eq!((tally.not_understood[0].cells, tally.not_understood[0].later), (1, 1));
    }

    #[test]
    fn kinds_that_are_not_asked_for_are_not_counted() {
        let mut tally = Tally::new("table".parse().unwrap());
        tally.compare(vec![row(1, "t", "a")], vec![row(0, "t", "b")]);
        tally.refuse(2, "not modelled", vec![row(2, "t", "x")], &Touched::Everything);
        assert_eq!((tally.cells, tally.differ.len(), tally.not_understood.len()), (0, 0, 1));
    }
}
