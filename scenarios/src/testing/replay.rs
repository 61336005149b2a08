//! Owns a folder of traces as a test: each has to fit this build, and to show what its header says, and nothing else.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use checker::watch::Violation;

use crate::build::Built;
use crate::scenario::diagnostic::{Diagnostic, Kind};
use crate::trace::{Replay, TraceFile, Violated};

/// What the name of every trace ends with.
const ENDING: &str = ".trace.ron";

/// What became of the traces of a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The folder.
    pub path: PathBuf,
    /// Traces that were repeated.
    pub traces: usize,
    /// Those that failed, in the order of their names.
    pub unfit: Vec<Unfit>,
}

/// A trace that failed.
#[derive(Clone, Debug)]
pub struct Unfit {
    /// Its file.
    pub path: PathBuf,
    /// What is wrong: of kind replay (exit code 5 of the program) if the trace was read, of kind trace if it was not.
    pub problem: Diagnostic,
}

impl Folder {
    /// Whether there are traces, and all of them fit.
    pub fn is_sound(&self) -> bool {
        self.traces > 0 && self.unfit.is_empty()
    }
}

/// Repeats all `*.trace.ron` of a folder, in the order of their names. Folders in it are not entered.
pub fn replay_folder(path: &Path) -> Folder {
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| is_trace(path))
        .collect();
    files.sort();
    let unfit = files.iter().filter_map(|file| {
        let problem = repeat(file).err()?;
        Some(Unfit {
            path: file.clone(),
            problem: *problem,
        })
    });
    Folder {
        path: path.to_owned(),
        traces: files.len(),
        unfit: unfit.collect(),
    }
}

fn is_trace(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(ENDING))
}

fn repeat(path: &Path) -> Result<(), Box<Diagnostic>> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|why| {
        let sentence = format!("cannot read the trace: {why}");
        Box::new(Diagnostic::error(Kind::Io, sentence).in_file(&file))
    })?;
    let trace = TraceFile::parse(&file, &text)?;
    let built = trace.built()?;
    let violations = violations(&trace, &built)?;
    compare(trace.header.violated.as_ref(), &violations)
}

/// All steps of a trace that broke a property, and what the last world leaves undone that the header names.
fn violations(trace: &TraceFile, built: &Built) -> Result<Vec<(usize, Violation)>, Box<Diagnostic>> {
    let mut replay = Replay::new(trace, built);
    let mut violations = Vec::new();
    loop {
        match replay.step() {
            Ok(Some(stepped)) => violations.extend(stepped.violation.map(|violation| (stepped.number, violation))),
            Ok(None) => break,
            Err(divergence) => return Err(Box::new(divergence.diagnostic())),
        }
    }
    let named = |name: &str| {
        trace
            .header
            .violated
            .as_ref()
            .is_some_and(|recorded| recorded.property == name)
    };
    for property in built.liveness.iter().filter(|property| named(property.name)) {
        if let Err(failure) = (property.check)(replay.world()) {
            violations.push((
                replay.done(),
                Violation {
                    property: property.name,
                    failure,
                },
            ));
        }
    }
    Ok(violations)
}

/// Whether what was recorded came about again.
fn compare(recorded: Option<&Violated>, now: &[(usize, Violation)]) -> Result<(), Box<Diagnostic>> {
    let first = now.first().map(|(step, violation)| {
        format!(
            "now       step {step} violates {}: {}",
            violation.property, violation.failure
        )
    });
    let problem = |sentence: String, recorded: String| {
        let problem = Diagnostic::error(Kind::Replay, sentence).detail(format!("recorded  {recorded}"));
        let now = first
            .clone()
            .unwrap_or_else(|| "now       nothing is violated".to_owned());
        Err(Box::new(problem.detail(now)))
    };
    match recorded {
        None if now.is_empty() => Ok(()),
        None => problem(
            "every step fits, but a property is violated".to_owned(),
            "no violation".to_owned(),
        ),
        Some(recorded) => {
            let again = |violation: &Violation| {
                violation.property == recorded.property && violation.failure.about == recorded.about
            };
            if now.iter().any(|(_, violation)| again(violation)) {
                return Ok(());
            }
            let (property, about) = (&recorded.property, &recorded.about);
            let sentence = format!("every step fits, but the violation of {property} did not come about again");
            problem(
                sentence,
                format!(
                    "step {} violates {property}: {about}: {}",
                    recorded.step, recorded.reason
                ),
            )
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.traces == 0 {
            return writeln!(f, "{} holds no *{ENDING}: nothing is tested", self.path.display());
        }
        writeln!(
            f,
            "{} of {} traces in {} fail",
            self.unfit.len(),
            self.traces,
            self.path.display()
        )?;
        for unfit in &self.unfit {
            write!(f, "\n{}\n{}", unfit.path.display(), unfit.problem)?;
            writeln!(f, "  repeat    sim replay {} --diff", unfit.path.display())?;
        }
        Ok(())
    }
}
