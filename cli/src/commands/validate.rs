//! `sim validate`: files of any kind, and all that is wrong with each of them.

use scenarios::build::{build, names};
use scenarios::recording::Recording;
use scenarios::scenario::diagnostic::{Diagnostic, JsonDiagnostic, Kind, Severity};
use scenarios::scenario::load::{self, FILE_BYTES_MAX};
use scenarios::trace::TraceFile;
use serde::Serialize;

use super::{Call, conform};
use crate::args::Validate;
use crate::exit::{Ended, Exit};
use crate::input;
use crate::output::{Format, counted};

/// What is said of one file.
#[derive(Serialize)]
struct Judged<'f> {
    file: &'f str,
    kind: &'static str,
    valid: bool,
    problems: Vec<JsonDiagnostic>,
}

/// All files.
#[derive(Serialize)]
struct Report<'f> {
    schema: &'static str,
    files: Vec<Judged<'f>>,
    exit: u8,
}

/// Looks at each file and says what it is and what is wrong with it.
pub fn run(call: &mut Call<'_>, args: &Validate) -> Ended {
    let judged: Vec<(&str, &'static str, Vec<Diagnostic>)> = args
        .files
        .iter()
        .map(|file| {
            let (kind, problems) = judge(file);
            (file.as_str(), kind, problems)
        })
        .collect();
    let valid = |problems: &[Diagnostic]| problems.iter().all(|problem| problem.severity == Severity::Warning);
    let exit = if judged.iter().all(|(_, _, problems)| valid(problems)) {
        Exit::Expected
    } else {
        Exit::Unusable
    };
    if call.out.format != Format::Human {
        let files = judged.iter().map(|(file, kind, problems)| Judged {
            file,
            kind,
            valid: valid(problems),
            problems: problems.iter().map(Diagnostic::to_json).collect(),
        });
        call.out.json(&Report {
            schema: "sim.validate/1",
            files: files.collect(),
            exit: exit.code(),
        });
        return Ok(exit);
    }
    for (file, kind, problems) in &judged {
        let errors = problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .count() as u64;
        let warnings = problems.len() as u64 - errors;
        let verdict = match (errors, warnings) {
            (0, 0) => "valid".to_owned(),
            (0, warnings) => format!("valid, {}", counted(warnings, "warning")),
            (errors, 0) => counted(errors, "error"),
            (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
        };
        call.out.line(format_args!("{file}   {kind}   {verdict}"));
        call.out.problems(problems);
    }
    Ok(exit)
}

/// What a file is, and what is wrong with it.
fn judge(file: &str) -> (&'static str, Vec<Diagnostic>) {
    // Recordings are the largest files there are.
    let bytes = match input::bytes(file, Kind::Io, conform::BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(refusal) => return ("file", refusal.0),
    };
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    if start.trim_start().starts_with('#') || start.trim_start().starts_with('[') {
        return ("recording", recording(file, &bytes));
    }
    if file.ends_with(".trace.ron") || start_of_trace(&start) {
        return ("trace", trace(file, &bytes));
    }
    let bytes = &bytes[..bytes.len().min(FILE_BYTES_MAX + 1)];
    match load::load(file, bytes, &names()) {
        Ok(loaded) => match build(&loaded.scenario, None) {
            Ok(_) => ("scenario", loaded.warnings),
            Err(problem) => ("scenario", [loaded.warnings, input::placed(*problem, file).0].concat()),
        },
        Err(problems) => ("scenario", problems),
    }
}

/// Whether a text begins as traces do.
fn start_of_trace(start: &str) -> bool {
    start
        .trim_start()
        .strip_prefix('(')
        .is_some_and(|rest| rest.trim_start().starts_with("format:"))
}

/// A trace is valid if it replays, too.
fn trace(file: &str, bytes: &[u8]) -> Vec<Diagnostic> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return vec![Diagnostic::error(Kind::Trace, "this is not UTF-8 text").in_file(file)];
    };
    match TraceFile::parse(file, text) {
        Err(problem) => vec![*problem],
        Ok(trace) => match trace.replay() {
            Ok(_) => Vec::new(),
            Err(divergence) => vec![divergence.diagnostic().in_file(file)],
        },
    }
}

fn recording(file: &str, bytes: &[u8]) -> Vec<Diagnostic> {
    let parsed = std::str::from_utf8(bytes).map(Recording::parse);
    match parsed {
        Ok(Ok(_)) => Vec::new(),
        Ok(Err(error)) => vec![conform::diagnostic(file, &error)],
        Err(_) => vec![Diagnostic::error(Kind::Recording, "this is not UTF-8 text").in_file(file)],
    }
}
