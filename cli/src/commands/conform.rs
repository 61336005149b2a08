//! `sim conform`: what recordings of real clusters did, done on the model, compared cell by cell.

use scenarios::recording::RecordingError;
use scenarios::scenario::diagnostic::{Diagnostic, Kind, Mark, MarkStyle, Place, SourceLine};

/// Recordings are at most this large, in bytes.
pub const BYTES_MAX: u64 = 16 << 20;

/// What is wrong with a text that is not a recording, in the form of all errors.
pub fn diagnostic(file: &str, error: &RecordingError) -> Diagnostic {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (line, column) = (number(error.line), number(error.column));
    let label = (!error.label.is_empty()).then(|| error.label.clone().into());
    let mark = Mark { column, len: number(error.width), style: MarkStyle::Caret, label };
    let shown = SourceLine { number: Some(line), text: error.text.clone(), mark: Some(mark) };
    let problem = Diagnostic::error(Kind::Recording, error.message.clone());
    let problem = problem.in_file(file).at(Place { line, column }).show(shown).note("nothing was run");
    match &error.help {
        Some(help) => problem.help(help.clone()),
        None => problem,
    }
}
