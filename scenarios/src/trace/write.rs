//! Owns the text of a trace file: one field of the header a line, then one decision a line; and its way to the disk.

use std::fs;
use std::path::Path;

use models::Kafka;
use serde::Serialize;
use sim_core::Action;

use super::{TraceFile, TraceStep};
use crate::scenario::diagnostic::{Diagnostic, Kind};
use crate::scenario::load::to_ron;
use crate::scenario::ron_options;

impl TraceFile {
    /// The trace as the text of a file.
    pub fn to_text(&self) -> String {
        let header = &self.header;
        let mut out = String::from("(\n");
        let mut field = |name: &str, value: String| out.push_str(&format!("    {name}: {value},\n"));
        field("format", ron(&header.format));
        field("build", ron(&header.build));
        field("rules_revision", ron(&header.rules_revision));
        field("preset", ron(&header.preset));
        field("seed", ron(&header.seed));
        field("clock", ron(&header.clock));
        if let Some(parent) = &header.parent {
            field("parent", ron(parent));
        }
        if let Some(why) = &header.why {
            field("why", ron(why));
        }
        if let Some(violated) = &header.violated {
            field("violated", ron(violated));
        }
        if !header.labels.is_empty() {
            field("labels", ron(&header.labels));
        }
        for (name, value) in &header.unknown {
            field(name, value.get_ron().trim().to_owned());
        }
        field("scenario", indented(&to_ron(&self.scenario)));
        out.push_str("    steps: [\n");
        for (at, step) in self.steps.iter().enumerate() {
            out.push_str(&format!("        {},\n", row(at + 1, step)));
        }
        out.push_str("    ],\n)\n");
        out
    }

    /// Writes the file beside its place, then renames it: a file of this name is always whole.
    ///
    /// # Errors
    /// Says why the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Box<Diagnostic>> {
        write_whole(path, &self.to_text())
    }
}

/// Writes a text beside its place, then renames it: a file of this name is always whole.
///
/// # Errors
/// Says why the file cannot be written.
pub fn write_whole(path: &Path, text: &str) -> Result<(), Box<Diagnostic>> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|why| {
        // Nothing more can be done about what could not be written.
        let _ = fs::remove_file(&beside);
        let sentence = format!("cannot write {}: {}", path.display(), reason(&why));
        Box::new(Diagnostic::error(Kind::Io, sentence).help("create the folder, or choose another place"))
    })
}

/// The reason in words that are the same on every system.
fn reason(why: &std::io::Error) -> &'static str {
    match why.kind() {
        std::io::ErrorKind::NotFound => "the folder does not exist",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::IsADirectory => "it is a folder",
        std::io::ErrorKind::NotADirectory => "a part of the path is no folder",
        std::io::ErrorKind::StorageFull => "the disk is full",
        _ => "the system reports an error",
    }
}

#[derive(Serialize)]
struct Row<'s>(usize, &'s Action<Kafka>, &'s [u32], String, &'s str);

fn row(number: usize, step: &TraceStep) -> String {
    let digest = step.digest.map_or(String::new(), |digest| digest.to_string());
    ron(&Row(
        number,
        &step.decision.action,
        &step.decision.choices,
        digest,
        &step.what,
    ))
}

fn ron<T: Serialize>(value: &T) -> String {
    ron_options()
        .to_string(value)
        .expect("traces hold texts, numbers, lists and enums only")
}

/// The text of a scenario as the value of a field.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n    ")
}
