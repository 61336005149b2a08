//! Owns what is said when an input is wrong: kind, place, sentence, help and notes, and its form as a JSON object.

use std::fmt;

use serde::Serialize;

use crate::scenario::text::Text;

/// What the input was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Command line.
    Usage,
    /// Scenario file.
    Scenario,
    /// Cluster layout, written or pasted.
    Layout,
    /// Trace file.
    Trace,
    /// Replay token.
    Token,
    /// Transcript of a real cluster.
    Recording,
    /// A trace that does not fit this build.
    Replay,
    /// Lesson, or an answer to one.
    Lab,
    /// A file that cannot be read or written.
    Io,
    /// A defect in the program itself.
    Internal,
}

impl Kind {
    /// The word in brackets.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Usage => "usage",
            Kind::Scenario => "scenario",
            Kind::Layout => "layout",
            Kind::Trace => "trace",
            Kind::Token => "token",
            Kind::Recording => "recording",
            Kind::Replay => "replay",
            Kind::Lab => "lab",
            Kind::Io => "io",
            Kind::Internal => "internal",
        }
    }

    /// Exit code of the program when an error of this kind stops it.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Usage => 2,
            Kind::Scenario | Kind::Layout | Kind::Trace | Kind::Token | Kind::Recording | Kind::Lab | Kind::Io => 4,
            Kind::Replay => 5,
            Kind::Internal => 101,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether the program goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is run.
    Error,
    /// It is said, and the program goes on.
    Warning,
}

/// A place in a text: line and column, both from 1, columns counted in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

/// A line of the input that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// Its number in the margin, where lines are numbered.
    pub number: Option<u32>,
    /// The line as it stands there, without its end.
    pub text: String,
    /// What is pointed at.
    pub mark: Option<Mark>,
}

/// A place in a shown line that is pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// First column, from 1, in characters.
    pub column: u32,
    /// How many characters; at least one is marked.
    pub len: u32,
    /// What it points with.
    pub style: MarkStyle,
    /// What is said there.
    pub label: Option<Text>,
}

/// What a mark points with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkStyle {
    /// `^^^`: the problem.
    Caret,
    /// `---`: what it has to do with.
    Dash,
}

/// One problem of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What the input was.
    pub kind: Kind,
    /// Whether the program goes on.
    pub severity: Severity,
    /// What is wrong.
    pub message: Text,
    /// The file as it was given.
    pub file: Option<String>,
    /// Where in it.
    pub place: Option<Place>,
    /// Which value: `script[2].broker`.
    pub path: Option<String>,
    /// Lines of the input, in order.
    pub source: Vec<SourceLine>,
    /// Lines below the sentence that stand as they are.
    pub details: Vec<String>,
    /// What to do.
    pub help: Option<Text>,
    /// What else to know.
    pub notes: Vec<Text>,
}

impl Diagnostic {
    /// An error: nothing is run.
    pub fn error(kind: Kind, message: impl Into<Text>) -> Diagnostic {
        Diagnostic::new(kind, Severity::Error, message.into())
    }

    /// A warning: it is said, and the program goes on.
    pub fn warning(kind: Kind, message: impl Into<Text>) -> Diagnostic {
        Diagnostic::new(kind, Severity::Warning, message.into())
    }

    pub(crate) fn new(kind: Kind, severity: Severity, message: Text) -> Diagnostic {
        Diagnostic {
            kind,
            severity,
            message,
            file: None,
            place: None,
            path: None,
            source: Vec::new(),
            details: Vec::new(),
            help: None,
            notes: Vec::new(),
        }
    }

    /// In this file, as it was given.
    pub fn in_file(mut self, file: impl Into<String>) -> Diagnostic {
        self.file = Some(file.into());
        self
    }

    /// At this line and column, both from 1.
    pub fn at(mut self, place: Place) -> Diagnostic {
        self.place = Some(place);
        self
    }

    /// About the value with this path.
    pub fn about(mut self, path: impl Into<String>) -> Diagnostic {
        self.path = Some(path.into());
        self
    }

    /// Shows a line of the input, below those that are shown already.
    pub fn show(mut self, line: SourceLine) -> Diagnostic {
        self.source.push(line);
        self
    }

    /// A line that stands as it is, below the sentence.
    pub fn detail(mut self, line: impl Into<String>) -> Diagnostic {
        self.details.push(line.into());
        self
    }

    /// What to do.
    pub fn help(mut self, help: impl Into<Text>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// What else to know.
    pub fn note(mut self, note: impl Into<Text>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// The problem as an object for `--format json`.
    pub fn to_json(&self) -> JsonDiagnostic {
        JsonDiagnostic {
            kind: self.kind,
            severity: self.severity,
            file: self.file.clone(),
            line: self.place.map(|place| place.line),
            column: self.place.map(|place| place.column),
            path: self.path.clone(),
            message: self.message.to_string(),
            help: self.help.as_ref().map(Text::to_string),
            notes: self.notes.iter().map(Text::to_string).collect(),
        }
    }
}

/// A problem as `--format json` shows it; keys in this order, never translated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JsonDiagnostic {
    /// What the input was.
    pub kind: Kind,
    /// Whether the program goes on.
    pub severity: Severity,
    /// The file as it was given.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column, from 1, in characters.
    pub column: Option<u32>,
    /// Which value.
    pub path: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// What else to know.
    pub notes: Vec<String>,
}
