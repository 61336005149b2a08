//! Owns the way from the bytes of a file to a scenario that can be simulated, or to everything that is wrong with it.

use std::fs::File;
use std::io::Read;
use std::path::Path as FilePath;

use crate::scenario::diagnostic::{Diagnostic, Kind, MarkStyle, Place, Severity};
use crate::scenario::gaps::Gaps;
use crate::scenario::layout::layout;
use crate::scenario::messages as say;
use crate::scenario::names::Names;
use crate::scenario::outline::Outline;
use crate::scenario::path::Path;
use crate::scenario::schema::Scenario;
use crate::scenario::source::Source;
use crate::scenario::syntax::{PROBLEMS_MAX, parse, ron_options};
use crate::scenario::text::Text;
use crate::scenario::validate::{Finding, Point, validate};

/// Size of a scenario file, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// How many findings are looked up in the file; more than are told, because they are not yet in its order.
const FINDINGS_MAX: usize = 4 * PROBLEMS_MAX;

/// A scenario that can be simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// What is doubtful about it.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a scenario file. Errors are those of [`load`], and of kind io where the file cannot be read.
pub fn load_file(path: &FilePath, names: &Names<'_>) -> Result<Loaded, Vec<Diagnostic>> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to know that the file is too large.
    let limit = FILE_BYTES_MAX as u64 + 1;
    match File::open(path).and_then(|opened| opened.take(limit).read_to_end(&mut bytes)) {
        Ok(_) => load(&file, &bytes, names),
        Err(why) => {
            let message = say::FILE_UNREADABLE.with(&[("file", &file), ("why", &reason(&why))]);
            Err(vec![
                Diagnostic::error(Kind::Io, message).help(&say::HELP_WHERE_SCENARIOS),
            ])
        }
    }
}

/// The reason in words that are the same on every system.
fn reason(why: &std::io::Error) -> &'static str {
    match why.kind() {
        std::io::ErrorKind::NotFound => "there is no such file",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::IsADirectory => "it is a folder",
        std::io::ErrorKind::NotADirectory => "a part of the path is no folder",
        _ => "the system reports an error",
    }
}

/// Reads a scenario from the bytes of a file that was given as `file`. On failure all problems, errors and warnings, in
/// the order of the file.
pub fn load(file: &str, bytes: &[u8], names: &Names<'_>) -> Result<Loaded, Vec<Diagnostic>> {
    let text = text_of(file, bytes).map_err(|problem| vec![*problem])?;
    let source = Source { file, text };
    let outline = Outline::of(text);
    if outline.has_fields(text, &["format", "scenario", "steps"]) {
        let help = say::HELP_REPLAY.with(&[("file", &file)]);
        return Err(vec![
            Diagnostic::error(Kind::Scenario, &say::FILE_IS_TRACE)
                .in_file(file)
                .help(help),
        ]);
    }
    let parsed = parse(&source, &outline);
    let mut problems = parsed.problems;
    if let Some(scenario) = &parsed.scenario {
        let mut findings = validate(scenario, names, &parsed.gaps);
        findings.truncate(FINDINGS_MAX);
        problems.extend(findings.into_iter().map(|finding| locate(finding, &source, &outline)));
    }
    problems.sort_by_key(|problem| problem.place);
    match parsed.scenario {
        Some(scenario) if problems.iter().all(|problem| problem.severity == Severity::Warning) => Ok(Loaded {
            scenario,
            warnings: problems,
        }),
        _ => Err(limited(problems)),
    }
}

/// Judges a scenario that did not come from a file, or that was changed since. Its problems have paths, but no places.
pub fn check(scenario: &Scenario, names: &Names<'_>) -> Vec<Diagnostic> {
    validate(scenario, names, &Gaps::none())
        .into_iter()
        .map(diagnostic)
        .collect()
}

/// The problem of a scenario that came from this text, with the place of the value that it is about.
pub fn placed(problem: Diagnostic, file: &str, text: &str) -> Diagnostic {
    let source = Source { file, text };
    let outline = Outline::of(text);
    let path = problem.path.as_deref().and_then(Path::parse);
    let span = path.and_then(|path| Some(outline.find(text, &path)?.head()));
    let problem = problem.in_file(file);
    match span {
        Some(span) if problem.place.is_none() => {
            problem
                .at(source.place(span.start))
                .show(source.line(span.start, span.end, MarkStyle::Caret, None))
        }
        _ => problem,
    }
}

/// The scenario as the text of a file: fields in the order of the schema, defaults left out.
pub fn to_ron(scenario: &Scenario) -> String {
    let text = ron_options().to_string(scenario);
    layout(&text.expect("a scenario has only texts, numbers, lists and maps with simple keys"))
}

fn limited(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if problems.len() >= PROBLEMS_MAX {
        problems.truncate(PROBLEMS_MAX);
        if let Some(last) = problems.last_mut() {
            last.notes.push(say::NOTE_MORE.with(&[("count", &PROBLEMS_MAX)]));
        }
    }
    problems
}

/// The text of a file without a byte order mark, or why it has none.
fn text_of<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, Box<Diagnostic>> {
    let refuse = |message: Text| Diagnostic::error(Kind::Scenario, message).in_file(file);
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Box::new(
            refuse((&say::FILE_TOO_LARGE).into()).note(&say::NOTE_NOTHING_READ),
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Box::new(refuse((&say::FILE_UTF16).into()).help(&say::HELP_SAVE_UTF8)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err(Box::new(
            refuse((&say::FILE_BINARY).into()).note(&say::NOTE_NOTHING_READ),
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("these bytes were found valid");
        let byte = format!("0x{:02x}", bytes[error.valid_up_to()]);
        let place = Source { file, text: valid }.place(valid.len());
        Box::new(
            refuse(say::FILE_NOT_UTF8.with(&[("byte", &byte)]))
                .at(place)
                .help(&say::HELP_SAVE_UTF8),
        )
    })
}

/// The finding with its place in the file.
fn locate(finding: Finding, source: &Source<'_>, outline: &Outline) -> Diagnostic {
    let key = match finding.point {
        Point::Key => outline.find_key(source.text, &finding.path),
        Point::Value => None,
    };
    let span = key.or_else(|| outline.find(source.text, &finding.path).map(|node| node.head()));
    let declared = finding.declared.clone().and_then(|(sentence, path)| {
        let Place { line, column } = source.place(outline.find(source.text, &path)?.span.start);
        Some(sentence.with(&[("place", &format!("{}:{line}:{column}", source.file))]))
    });
    let mut problem = diagnostic(finding).in_file(source.file);
    problem.notes.extend(declared);
    match span {
        Some(span) => {
            problem
                .at(source.place(span.start))
                .show(source.line(span.start, span.end, MarkStyle::Caret, None))
        }
        None => problem,
    }
}

/// The finding without a place.
fn diagnostic(finding: Finding) -> Diagnostic {
    let mut problem =
        Diagnostic::new(Kind::Scenario, finding.severity, finding.message).about(finding.path.to_string());
    problem.help = finding.help;
    problem.notes = finding.notes;
    problem
}
