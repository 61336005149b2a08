//! A protocol of your own, found out: a primary and its backup, with a bug in when the client gets its answer.
//!
//! Copy this file to begin. A protocol is a state, the steps that are possible in it, and what must hold of it; search,
//! sampling and shrinking come with the crate. `cargo run -p checker --example primary_backup` prints what they find.

use std::fmt;

use checker::{Findings, Sampling, Search, Steps, System};

/// The client writes records 1, 2, .. to the primary, which sends each to the backup; the backup confirms each. When the
/// primary crashes the backup takes over. Connections are FIFO, and end with the process that opened them.
pub struct PrimaryBackup {
    /// How many records the client writes.
    pub records: u8,
    /// Which of them a confirmation answers.
    pub answering: Answering,
}

/// What the primary tells the client when a confirmation comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answering {
    /// The record that was confirmed is safe, and those before it.
    UpToConfirmed,
    /// Everything that was written is safe: the planted bug.
    EverythingWritten,
}

/// All that can change. Records are numbered, so a log is its length, and a message the number that it carries.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct State {
    /// Records that the primary has; `None` after its crash.
    primary: Option<u8>,
    /// Records that the backup has.
    backup: u8,
    /// Who serves the client.
    serving: Serving,
    /// Records on their way to the backup.
    records: Vec<u8>,
    /// Confirmations on their way back.
    confirmations: Vec<u8>,
    /// What the client was promised: no process reads it, the property does.
    answered: u8,
}

/// Who serves the client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Serving {
    /// The one that began.
    #[default]
    Primary,
    /// The other one: the backup has taken over.
    Backup,
}

/// One decision. Its order is the order in which a search tries; its text is what a trace shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// The client writes the next record.
    Write(u8),
    /// The backup stores a record.
    Store(u8),
    /// The primary hears of it.
    Confirm(u8),
    /// The primary dies.
    Crash,
    /// The backup serves from now on.
    TakeOver,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(record) => write!(f, "the client writes record {record}"),
            Self::Store(record) => write!(f, "the backup stores record {record}"),
            Self::Confirm(record) => write!(f, "the primary hears that the backup has record {record}"),
            Self::Crash => f.write_str("the primary crashes"),
            Self::TakeOver => f.write_str("the backup takes over"),
        }
    }
}

/// The claim that the bug breaks.
pub const NO_ANSWERED_LOSS: &str = "no-answered-loss";

impl System for PrimaryBackup {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        let primary = Some(0);
        vec![State {
            primary,
            ..State::default()
        }]
    }

    fn successors(&self, state: &State, steps: &mut Steps<Self>) {
        if let Some(written) = state.primary {
            if written < self.records {
                let mut next = state.clone();
                next.primary = Some(written + 1);
                next.records.push(written + 1);
                steps.add(Action::Write(written + 1), next);
            }
            if let Some(&record) = state.confirmations.first() {
                let mut next = state.clone();
                next.confirmations.remove(0);
                next.answered = match self.answering {
                    Answering::UpToConfirmed => record,
                    Answering::EverythingWritten => written,
                };
                steps.add(Action::Confirm(record), next);
            }
            // What is in flight ends with the process.
            let crashed = State {
                primary: None,
                records: vec![],
                confirmations: vec![],
                ..state.clone()
            };
            steps.add(Action::Crash, crashed);
        } else if state.serving == Serving::Primary {
            steps.add(
                Action::TakeOver,
                State {
                    serving: Serving::Backup,
                    ..state.clone()
                },
            );
        }
        if let Some(&record) = state.records.first() {
            let mut next = state.clone();
            next.records.remove(0);
            next.backup = record;
            next.confirmations.push(record);
            steps.add(Action::Store(record), next);
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        vec![NO_ANSWERED_LOSS]
    }

    fn witnesses(&self) -> Vec<&'static str> {
        vec!["takes-over-after-an-answer"]
    }

    fn judge(&self, state: &State, found: &mut Findings) {
        if state.serving == Serving::Backup && state.answered > state.backup {
            found.violated(NO_ANSWERED_LOSS);
        }
        if state.serving == Serving::Backup && state.answered > 0 {
            found.reached("takes-over-after-an-answer");
        }
    }
}

/// Prints what a search and a sampling of each variant find.
pub fn main() {
    for answering in [Answering::UpToConfirmed, Answering::EverythingWritten] {
        let system = PrimaryBackup { records: 3, answering };
        println!("# {answering:?}\n{}", Search::breadth_first().run(&system));
        let sampled = Sampling::seeds(0..1_000).run(&system);
        print!("{sampled}");
        if let Some(found) = &sampled.found {
            print!("shrunk: {}", found.shrink(&system));
        }
        println!();
    }
}
