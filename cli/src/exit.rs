//! What the program's exit code says, and what stops a command before it has an answer.

use scenarios::scenario::diagnostic::{Diagnostic, Kind, Severity};

/// The exit codes, as `sim help` documents them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The outcome matches the expectation.
    Expected,
    /// It does not.
    Unexpected,
    /// The command line is wrong.
    Usage,
    /// The budget was spent before the question was answered.
    Unsettled,
    /// A file or a text cannot be used.
    Unusable,
    /// A trace does not replay on this build.
    Misfit,
    /// The program itself is wrong.
    Defect,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// All codes with their meaning, for `sim help`.
    pub const TABLE: [(Exit, &'static str); 8] = [
        (
            Exit::Expected,
            "the outcome matches the expectation (a found, expected violation is 0)",
        ),
        (
            Exit::Unexpected,
            "it does not: an unexpected violation, a cell that differs, a changed table",
        ),
        (
            Exit::Usage,
            "wrong usage: unknown flag, missing argument, contradictory flags",
        ),
        (
            Exit::Unsettled,
            "not settled: the budget was spent before the question was answered",
        ),
        (Exit::Unusable, "unusable input: scenario, trace, recording, file"),
        (Exit::Misfit, "the trace does not replay on this build"),
        (Exit::Defect, "a defect in sim itself"),
        (Exit::Interrupted, "interrupted"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Expected => 0,
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::Unsettled => 3,
            Exit::Unusable => 4,
            Exit::Misfit => 5,
            Exit::Defect => 101,
            Exit::Interrupted => 130,
        }
    }

    /// The code of a problem.
    pub fn of(kind: Kind) -> Exit {
        let code = kind.exit_code();
        let all = Exit::TABLE.iter().map(|(exit, _)| *exit);
        all.into_iter()
            .find(|exit| exit.code() == code)
            .expect("each kind of problem has one of these codes")
    }
}

/// Why a command has no answer: everything that is wrong with what it was given.
#[derive(Debug)]
pub struct Refusal(pub Vec<Diagnostic>);

impl Refusal {
    /// The code of the first error.
    pub fn exit(&self) -> Exit {
        let error = self.0.iter().find(|problem| problem.severity == Severity::Error);
        error.map_or(Exit::Unusable, |problem| Exit::of(problem.kind))
    }

    /// The command line asks for something that it cannot ask for.
    pub fn usage(message: impl Into<String>) -> Refusal {
        Diagnostic::error(Kind::Usage, message.into()).into()
    }

    /// A file cannot be read or written.
    pub fn io(message: impl Into<String>) -> Refusal {
        Diagnostic::error(Kind::Io, message.into()).into()
    }

    /// The same with a word on what helps.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Refusal {
        if let Some(first) = self.0.first_mut() {
            first.help = Some(help.into().into());
        }
        self
    }
}

impl From<Diagnostic> for Refusal {
    fn from(problem: Diagnostic) -> Self {
        Refusal(vec![problem])
    }
}

impl From<Vec<Diagnostic>> for Refusal {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Refusal(problems)
    }
}

/// How a command ends.
pub type Ended = Result<Exit, Refusal>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_problem_has_a_documented_code() {
        for kind in [
            Kind::Usage,
            Kind::Scenario,
            Kind::Trace,
            Kind::Recording,
            Kind::Replay,
            Kind::Io,
            Kind::Internal,
        ] {
            assert_eq!(Exit::of(kind).code(), kind.exit_code());
        }
    }
}
