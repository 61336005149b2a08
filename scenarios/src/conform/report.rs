//! What `sim conform` says of each file, for people and as JSON.

use std::fmt::Write;

use serde::Serialize;

/// A cell that is not equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Line of the recording.
    pub line: usize,
    /// Which cell: `change careful-0 epoch`.
    pub what: String,
    /// What the recording says; `(nothing)` where the model has something more.
    pub expected: String,
    /// What the model says; none where a line was not understood.
    pub got: Option<String>,
}

/// A line that the model cannot do yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotUnderstood {
    /// Line of the recording.
    pub line: usize,
    /// Why not.
    pub why: String,
    /// How many cells the line itself has.
    #[serde(skip)]
    pub cells: usize,
    /// How many later cells are about what it touches.
    #[serde(skip)]
    pub later: usize,
}

/// The outcome of one recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file as it was given.
    pub file: String,
    /// Name of the preset that was run.
    #[serde(skip)]
    pub preset: String,
    /// What is said about the preset, if it is not that of the recorded release.
    #[serde(skip)]
    pub note: Option<String>,
    /// How many cells were compared.
    pub cells: usize,
    /// How many of them are equal.
    pub equal: usize,
    /// The others, by line.
    pub differ: Vec<Difference>,
    /// Lines that were not understood.
    pub not_understood: Vec<NotUnderstood>,
    /// How many choices were answered from the recording.
    #[serde(skip)]
    pub choices: usize,
}

impl FileReport {
    /// Whether nothing differs and every line was understood.
    pub fn conforms(&self) -> bool {
        self.differ.is_empty() && self.not_understood.is_empty()
    }

    /// The first line with a difference, or that was not understood.
    pub fn first_line(&self) -> Option<usize> {
        let differ = self.differ.iter().map(|d| d.line);
        differ.chain(self.not_understood.iter().map(|n| n.line)).min()
    }
}

/// The outcome of all files of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// File by file, in the order in which they were given.
    pub files: Vec<FileReport>,
}

/// The report as JSON has it.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    files: &'a [FileReport],
    cells: usize,
    equal: usize,
}

/// Columns of the human report are at least this wide, so that short lists look alike.
const WHAT_WIDTH: usize = 37;
/// The least width of the expected value.
const EXPECTED_WIDTH: usize = 5;

impl Report {
    /// Cells of all files.
    pub fn cells(&self) -> usize {
        self.files.iter().map(|f| f.cells).sum()
    }

    /// Equal cells of all files.
    pub fn equal(&self) -> usize {
        self.files.iter().map(|f| f.equal).sum()
    }

    /// 0 when everything is equal and understood, else 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.files.iter().all(FileReport::conforms))
    }

    /// The report for people.
    pub fn human(&self) -> String {
        let width = |text: &dyn Fn(&FileReport) -> String| {
            self.files.iter().map(|f| text(f).chars().count()).max().unwrap_or(0)
        };
        let (file, preset) = (width(&|f| f.file.clone()), width(&|f| f.preset.clone()));
        let (cells, equal) = (width(&|f| f.cells.to_string()), width(&|f| f.equal.to_string()));
        let mut out = String::new();
        for f in &self.files {
            let counts = format!(
                "cells {:>cells$}   equal {:>equal$}   choices {}",
                f.cells, f.equal, f.choices
            );
            line(
                &mut out,
                &format!("{:<file$}   {:<preset$}   {counts}", f.file, f.preset),
            );
            if let Some(note) = &f.note {
                line(&mut out, &format!("  note  {note}"));
            }
            differences(&mut out, f);
        }
        line(
            &mut out,
            &format!(
                "total   files {}   cells {}   equal {}",
                self.files.len(),
                self.cells(),
                self.equal()
            ),
        );
        if let Some(f) = self.files.iter().find(|f| !f.conforms()) {
            line(&mut out, &format!("  look closer   sim conform --explain {}", f.file));
        }
        out
    }

    /// The report as one line of JSON, schema `sim.conform/1`.
    pub fn json(&self) -> String {
        let json = Json {
            schema: "sim.conform/1",
            files: &self.files,
            cells: self.cells(),
            equal: self.equal(),
        };
        serde_json::to_string(&json).expect("numbers and texts are always JSON") + "\n"
    }
}

/// The lines under a file: what was not understood, and every difference that is not part of it.
fn differences(out: &mut String, file: &FileReport) {
    let told: Vec<&Difference> = file.differ.iter().filter(|d| d.got.is_some()).collect();
    let lines = told
        .iter()
        .map(|d| d.line)
        .chain(file.not_understood.iter().map(|n| n.line));
    let number = lines.max().unwrap_or(0).to_string().len();
    let widest = |least: usize, text: fn(&Difference) -> &str| {
        told.iter()
            .map(|d| text(d).chars().count())
            .max()
            .unwrap_or(0)
            .max(least)
    };
    let (what, expected) = (widest(WHAT_WIDTH, |d| &d.what), widest(EXPECTED_WIDTH, |d| &d.expected));
    let mut rows: Vec<(usize, String)> = Vec::new();
    for n in &file.not_understood {
        let later = if n.later > 0 {
            format!(", {} later", n.later)
        } else {
            String::new()
        };
        let cells = if n.cells == 1 { "cell" } else { "cells" };
        rows.push((
            n.line,
            format!("not understood: {} ({} {cells}{later})", n.why, n.cells),
        ));
    }
    for d in told {
        let got = d.got.as_deref().unwrap_or_default();
        rows.push((
            d.line,
            format!("{:<what$}  expected {:<expected$}  got {got}", d.what, d.expected),
        ));
    }
    rows.sort_by_key(|(line, _)| *line);
    for (at, text) in rows {
        line(out, &format!("  line {at:>number$}  {text}"));
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{}", text.trim_end()).expect("writing to a text cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Report {
        let difference = |line, what: &str, expected: &str, got: Option<&str>| Difference {
            line,
            what: what.to_owned(),
            expected: expected.to_owned(),
            got: got.map(str::to_owned),
        };
        let file = |name: &str, cells, equal, choices| FileReport {
            file: format!("recordings/{name}.txt"),
            preset: "kraft-4.3".to_owned(),
            note: None,
            cells,
            equal,
            differ: Vec::new(),
            not_understood: Vec::new(),
            choices,
        };
        let mut elr = file("elr-kraft-4.3", 702, 692, 5);
        elr.differ = vec![
            difference(14, "tool kafka-features exit", "0", None),
            difference(128, "change careful-0 epoch", "4", Some("3")),
            difference(131, "table careful-0 Elr", "1,2", Some("2")),
        ];
        let why = "kafka-features is not modelled".to_owned();
        elr.not_understood = vec![NotUnderstood {
            line: 14,
            why,
            cells: 8,
            later: 0,
        }];
        Report {
            files: vec![file("divergence-kraft-4.3", 163, 163, 2), elr],
        }
    }

    #[test]
    fn the_human_report_is_the_one_of_the_specification() {
        let expected = "\
recordings/divergence-kraft-4.3.txt   kraft-4.3   cells 163   equal 163   choices 2
recordings/elr-kraft-4.3.txt          kraft-4.3   cells 702   equal 692   choices 5
  line  14  not understood: kafka-features is not modelled (8 cells)
  line 128  change careful-0 epoch                 expected 4      got 3
  line 131  table careful-0 Elr                    expected 1,2    got 2
total   files 2   cells 865   equal 855
  look closer   sim conform --explain recordings/elr-kraft-4.3.txt
";
        assert_eq!(sample().human(), expected);
        assert_eq!(sample().exit_code(), 1);
    }

    #[test]
    fn the_json_has_the_keys_of_the_schema_in_order() {
        let mut report = sample();
        report.files.remove(0);
        let expected = concat!(
            r#"{"schema":"sim.conform/1","files":[{"file":"recordings/elr-kraft-4.3.txt","cells":702,"equal":692,"differ":["#,
            r#"{"line":14,"what":"tool kafka-features exit","expected":"0","got":null},"#,
            r#"{"line":128,"what":"change careful-0 epoch","expected":"4","got":"3"},"#,
            r#"{"line":131,"what":"table careful-0 Elr","expected":"1,2","got":"2"}],"#,
            r#""not_understood":[{"line":14,"why":"kafka-features is not modelled"}]}],"cells":702,"equal":692}"#,
            "\n"
        );
        assert_eq!(report.json(), expected);
    }

    #[test]
    fn files_without_differences_exit_with_0() {
        let mut report = sample();
        report.files.remove(1);
        assert_eq!(report.exit_code(), 0);
        assert!(!report.human().contains("look closer"));
    }
}
