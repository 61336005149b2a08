//! Trace files as commands get and leave them: read, named, and never written over another one.

use std::path::Path;

use scenarios::scenario::diagnostic::Kind;
use scenarios::trace::TraceFile;

use crate::exit::Refusal;
use crate::input;
use crate::output::Output;

/// Traces are at most this large, in bytes.
pub const BYTES_MAX: u64 = 64 << 20;
/// What every trace's name ends with.
const ENDING: &str = ".trace.ron";
/// So many traces of one name are enough.
const SAME_NAME_MAX: usize = 999;

/// Reads a trace; `-` is standard input.
pub fn read(given: &str) -> Result<TraceFile, Refusal> {
    let text = input::text(given, Kind::Trace, BYTES_MAX)?;
    TraceFile::parse(given, &text).map_err(|problem| (*problem).into())
}

/// Leaves a trace in a folder, which is made if it is missing; returns the path. A file of the same content is left
/// as it is, and one of another content is not written over: the trace gets another name.
pub fn keep(trace: &TraceFile, folder: &str, name: &str, out: &mut Output) -> Result<String, Refusal> {
    if let Err(why) = std::fs::create_dir_all(folder) {
        let refusal = Refusal::io(format!("cannot make the folder {folder}: {}", input::reason(&why)));
        return Err(refusal.help("choose another place with --out"));
    }
    let text = trace.to_text();
    for at in 1..=SAME_NAME_MAX {
        let path = match at {
            1 => format!("{folder}/{name}{ENDING}"),
            at => format!("{folder}/{name}-{at}{ENDING}"),
        };
        match std::fs::read_to_string(&path) {
            Ok(there) if there == text => return Ok(path),
            Ok(_) => out.hint(format_args!("{path} is another trace and stays")),
            Err(_) if Path::new(&path).exists() => {}
            Err(_) => return save(trace, &path).map(|()| path),
        }
    }
    Err(Refusal::io(format!(
        "{folder} has {SAME_NAME_MAX} traces called {name} already"
    )))
}

/// Writes a trace to a file that the user named. A file of another content is not written over.
pub fn save_as(trace: &TraceFile, path: &str) -> Result<(), Refusal> {
    match std::fs::read_to_string(path) {
        Ok(there) if there == trace.to_text() => Ok(()),
        Ok(_) => Err(Refusal::io(format!("{path} is there already, with another content")).help("choose another name")),
        Err(_) => save(trace, path),
    }
}

fn save(trace: &TraceFile, path: &str) -> Result<(), Refusal> {
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        let refusal = Refusal::io(format!("cannot write {path}: the folder does not exist"));
        return Err(refusal.help("create it, or choose another place"));
    }
    trace.save(Path::new(path)).map_err(|problem| (*problem).into())
}

/// The name of a trace without folder and ending: `hw-truncation-19`.
pub fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(ENDING)
        .or_else(|| name.strip_suffix(".ron"))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_called_by_its_file() {
        assert_eq!(stem("out/hw-truncation-19.trace.ron"), "hw-truncation-19");
        assert_eq!(stem("x.ron"), "x");
        assert_eq!(stem("-"), "-");
    }
}
