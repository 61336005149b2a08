//! `sim conform`: what recordings of real clusters did, done on the model, compared cell by cell.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use scenarios::conform::{FileReport, Kinds, Report, not_modelled};
use scenarios::recording::{Recording, RecordingError};
use scenarios::scenario::diagnostic::{Diagnostic, Kind, Mark, MarkStyle, Place, SourceLine};

use super::Call;
use crate::args::Conform;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::Format;
use crate::progress::Progress;
use crate::{crash, input, interrupt};

/// Recordings are at most this large, in bytes.
pub const BYTES_MAX: u64 = 16 << 20;
/// Lines of a recording that are shown before and behind its first difference.
const LINES_AROUND: usize = 6;

/// A recording that was read.
struct Read<'f> {
    file: &'f str,
    text: String,
    recording: Recording,
}

/// Does what each recording did.
pub fn run(call: &mut Call<'_>, args: &Conform) -> Ended {
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    let only = match &args.only {
        None => Kinds::all(),
        Some(words) => words
            .parse()
            .map_err(|why: String| Refusal::usage(format!("--only: {why}")))?,
    };
    let read = read_all(&args.files)?;
    let reports = reports(call, &read, &only);
    if interrupt::asked() {
        return Ok(Exit::Interrupted);
    }
    let report = Report { files: reports };
    match call.out.format {
        Format::Json | Format::Jsonl => call.out.text(report.json()),
        Format::Human if args.explain => explain(call, &read, &report),
        Format::Human => call.out.text(report.human()),
    }
    Ok(if report.exit_code() == 0 {
        Exit::Expected
    } else {
        Exit::Unexpected
    })
}

/// Reads all files first: nothing is run when one of them is no recording.
fn read_all(files: &[String]) -> Result<Vec<Read<'_>>, Refusal> {
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for file in files {
        match input::text(file, Kind::Recording, BYTES_MAX) {
            Err(refusal) => problems.extend(refusal.0),
            Ok(text) => match Recording::parse(&text) {
                Ok(recording) => read.push(Read { file, text, recording }),
                Err(error) => problems.push(diagnostic(file, &error)),
            },
        }
    }
    if problems.is_empty() {
        Ok(read)
    } else {
        Err(Refusal(problems))
    }
}

/// The reports, in the order of the files, whichever thread made them.
fn reports(call: &Call<'_>, read: &[Read<'_>], only: &Kinds) -> Vec<FileReport> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(vec![None; read.len()]);
    let progress = Mutex::new(Progress::new(call.settings.talk));
    std::thread::scope(|scope| {
        for _ in 0..call.settings.jobs().min(read.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = read.get(at).filter(|_| !interrupt::asked()) else {
                        return;
                    };
                    crash::working_on(one.file.to_owned());
                    let report = report(one, only);
                    done.lock().expect("no thread panics while it holds the reports")[at] = Some(report);
                    let mut progress = progress.lock().expect("progress does not panic");
                    progress.tick(|_| format!("{} of {} recordings", at + 1, read.len()));
                }
            });
        }
    });
    done.into_inner().expect("as above").into_iter().flatten().collect()
}

fn report(read: &Read<'_>, only: &Kinds) -> FileReport {
    not_modelled(read.file, &read.recording, only, "the model has no such cluster yet")
}

/// Each file's first difference, with the recording around it.
fn explain(call: &mut Call<'_>, read: &[Read<'_>], report: &Report) {
    for (one, file) in read.iter().zip(&report.files) {
        let Some(first) = file.first_line() else {
            call.out
                .line(format_args!("{}   all {} cells are equal\n", file.file, file.cells));
            continue;
        };
        call.out
            .line(format_args!("{}   first difference in line {first}", file.file));
        call.out.line("");
        let from = first.saturating_sub(LINES_AROUND).max(1);
        for (line, number) in one.text.lines().zip(1..).skip(from - 1).take(2 * LINES_AROUND + 1) {
            let mark = if number == first { '>' } else { ' ' };
            call.out.line(format_args!(" {mark}{number:>5}  {line}"));
            for difference in file.differ.iter().filter(|difference| difference.line == number) {
                let got = difference.got.as_deref().unwrap_or("(not understood)");
                call.out.line(format_args!(
                    "        {}: expected {}, got {got}",
                    difference.what, difference.expected
                ));
            }
            for unknown in file.not_understood.iter().filter(|unknown| unknown.line == number) {
                call.out.line(format_args!("        not understood: {}", unknown.why));
            }
        }
        call.out.line("");
    }
}

/// What is wrong with a text that is not a recording, in the form of all errors.
pub fn diagnostic(file: &str, error: &RecordingError) -> Diagnostic {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (line, column) = (number(error.line), number(error.column));
    let label = (!error.label.is_empty()).then(|| error.label.clone().into());
    let mark = Mark {
        column,
        len: number(error.width),
        style: MarkStyle::Caret,
        label,
    };
    let shown = SourceLine {
        number: Some(line),
        text: error.text.clone(),
        mark: Some(mark),
    };
    let problem = Diagnostic::error(Kind::Recording, error.message.clone());
    let problem = problem
        .in_file(file)
        .at(Place { line, column })
        .show(shown)
        .note("nothing was run");
    match &error.help {
        Some(help) => problem.help(help.clone()),
        None => problem,
    }
}
