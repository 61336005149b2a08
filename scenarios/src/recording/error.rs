//! What is wrong with a text that should be a recording, and where.

use std::fmt;

/// The ways in which a text fails to be a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It does not begin with the head of a recording.
    NotARecording,
    /// A block without the time in brackets, or with one that cannot be read.
    NoTime,
    /// A block is earlier than the one before it.
    TimeGoesBack,
    /// Output, input or an exit status where no command is open.
    OutputWithoutCommand,
    /// It stops before `== end`.
    NoEnd,
    /// Something follows `== end`.
    AfterEnd,
}

/// A text that is not a recording: the place, the text there, what is wrong and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingError {
    /// Which mistake it is.
    pub problem: Problem,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line.
    pub text: String,
    /// How many characters from `column` on are meant, at least 1.
    pub width: usize,
    /// The sentence that says what is wrong.
    pub message: String,
    /// What stands behind the marks under the line: what was expected.
    pub label: String,
    /// What helps.
    pub help: Option<String>,
}

impl RecordingError {
    /// A mistake that covers a whole line.
    pub(crate) fn line(problem: Problem, line: usize, text: &str, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            problem,
            line,
            column: 1,
            text: text.to_owned(),
            width: text.chars().count().max(1),
            message: message.into(),
            label: String::new(),
            help: None,
        })
    }

    /// Says behind the marks what was expected.
    pub(crate) fn expected(mut self: Box<Self>, label: impl Into<String>) -> Box<Self> {
        self.label = label.into();
        self
    }

    /// Says what helps.
    pub(crate) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }

    /// Narrows the marks to `width` characters from `column` on.
    pub(crate) fn at(mut self: Box<Self>, column: usize, width: usize) -> Box<Self> {
        self.column = column;
        self.width = width.max(1);
        self
    }

    /// The error as the command line prints it, with the file as it was given.
    pub fn render(&self, file: &str) -> String {
        let gutter = " ".repeat(self.line.to_string().len());
        let mut out = format!(
            "error[recording]: {}\n --> {file}:{}:{}\n",
            self.message, self.line, self.column
        );
        let marks = format!(
            "{}{} {}",
            " ".repeat(self.column - 1),
            "^".repeat(self.width),
            self.label
        );
        out += &format!(
            "{gutter} |\n{} | {}\n{gutter} | {}\n",
            self.line,
            self.text,
            marks.trim_end()
        );
        if let Some(help) = &self.help {
            out += &format!("  = help: {help}\n");
        }
        out + "  = note: nothing was run\n"
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for RecordingError {}
