//! Owns the way from the texts of a catalogue to cards, budgets, scenarios and traces, or to what is wrong with one.

use std::fs;
use std::path::Path;

use ron::error::SpannedError;
use serde::de::DeserializeOwned;

use super::card::{Budgets, Card};
use crate::build::{build, names};
use crate::scenario::diagnostic::{Diagnostic, Kind};
use crate::scenario::explain::{Fault, explain};
use crate::scenario::load::{load, placed};
use crate::scenario::outline::Outline;
use crate::scenario::ron_options;
use crate::scenario::schema::Scenario;
use crate::scenario::source::Source;
use crate::scenario::syntax::explain_flaw;
use crate::trace::TraceFile;

/// A file by the name under which it is spoken of, with its text or the reason why there is none.
pub struct FileText {
    /// The file.
    pub file: String,
    /// Its text.
    pub text: Result<String, String>,
}

impl FileText {
    /// A text that is there.
    pub fn given(file: String, text: &str) -> FileText {
        FileText {
            file,
            text: Ok(text.to_owned()),
        }
    }

    /// A text that the build found, or did not find.
    pub fn embedded(file: String, text: Option<&str>) -> FileText {
        let text = text
            .map(str::to_owned)
            .ok_or_else(|| "there is no such file".to_owned());
        FileText { file, text }
    }

    /// A file on the disk.
    pub fn on_disk(path: &Path) -> FileText {
        FileText {
            file: path.display().to_string(),
            text: fs::read_to_string(path).map_err(|why| reason(&why).to_owned()),
        }
    }

    fn text(&self) -> Result<&str, Box<Diagnostic>> {
        self.text.as_deref().map_err(|why| {
            let problem = Diagnostic::error(Kind::Io, format!("cannot read {}: {why}", self.file));
            Box::new(problem.help("a bug has the files bug.ron, scenario.ron, story.md, regression.trace.ron"))
        })
    }

    /// A problem of this file, with the place of the value that it is about.
    pub fn placed(&self, problem: Diagnostic) -> Diagnostic {
        placed(problem, &self.file, self.text.as_deref().unwrap_or_default())
    }
}

/// The reason in words that are the same on every system.
pub fn reason(why: &std::io::Error) -> &'static str {
    match why.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::IsADirectory => "it is a folder",
        std::io::ErrorKind::NotADirectory => "it is no folder",
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text",
        _ => "the system reports an error",
    }
}

/// The card in a file.
pub fn card(file: &FileText) -> Result<Card, Box<Diagnostic>> {
    parse(file, "card")
}

/// The budgets in a file.
pub fn budgets(file: &FileText) -> Result<Budgets, Box<Diagnostic>> {
    parse(file, "list of budgets")
}

/// The scenario in a file, which this build can simulate.
pub fn scenario(file: &FileText) -> Result<Scenario, Vec<Diagnostic>> {
    let text = file.text().map_err(|problem| vec![*problem])?;
    let loaded = load(&file.file, text.as_bytes(), &names())?;
    match build(&loaded.scenario, None) {
        Ok(_) => Ok(loaded.scenario),
        Err(problem) => Err(vec![file.placed(*problem)]),
    }
}

/// The trace in a file.
pub fn regression(file: &FileText) -> Result<TraceFile, Box<Diagnostic>> {
    TraceFile::parse(&file.file, file.text()?)
}

/// The value in a file; `what` is what it should be.
fn parse<T: DeserializeOwned>(file: &FileText, what: &str) -> Result<T, Box<Diagnostic>> {
    let text = file.text()?;
    let source = Source { file: &file.file, text };
    let outline = Outline::of(text);
    let parsed = ron_options().from_str(text);
    match (outline.flaws.first(), parsed) {
        (None, Ok(value)) => Ok(value),
        (Some(flaw), _) => Err(Box::new(explain_flaw(&source, flaw))),
        (None, Err(why)) => Err(Box::new(wrong(&source, &outline, &why, what))),
    }
}

/// What the parser did not accept, in words.
fn wrong(source: &Source<'_>, outline: &Outline, why: &SpannedError, what: &str) -> Diagnostic {
    let fault = Fault::of(why, source, source.text, outline);
    match (&fault.code, fault.path.segments().len()) {
        (ron::Error::MissingStructField { field, .. }, 0) => {
            let problem = Diagnostic::error(
                Kind::Scenario,
                format!("the field `{field}` is missing from this {what}"),
            );
            let help = "docs/adding-a-bug.md shows a whole card";
            problem
                .in_file(source.file)
                .at(source.place(fault.span.start))
                .help(help)
        }
        _ => explain(&fault, source, outline),
    }
}
