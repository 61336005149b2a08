//! Two-phase commit as Gray and Lamport specify it ("Consensus on Transaction Commit", 2004): a transaction manager, some
//! resource managers, and a set of messages that never shrinks. Not Kafka's: a yardstick, because the number of its
//! states is known for other checkers.

use std::fmt::{self, Display, Formatter};

use super::packed::{Bits, Packed};
use super::{BoundsError, Symmetry, in_range};
use crate::system::{Findings, Steps, System};

/// The most resource managers that a state has room for.
const MAX_MANAGERS: usize = 12;

/// The specification, to be searched.
#[derive(Clone)]
pub struct TwoPhaseCommit {
    managers: usize,
    symmetry: Symmetry,
}

/// What one resource manager has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Manager {
    #[default]
    Working,
    Prepared,
    Committed,
    Aborted,
}

/// What the transaction manager has decided, and told everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Decision {
    None,
    Commit,
    Abort,
}

/// One state of the protocol. The message of a decision exists as soon as the decision does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    decision: Decision,
    managers: [Manager; MAX_MANAGERS],
    /// Who has sent "prepared", one bit each.
    said_prepared: u16,
    /// Of whom the transaction manager has heard it, one bit each.
    heard_prepared: u16,
}

/// One step of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The transaction manager commits, having heard of everybody.
    Commits,
    /// The transaction manager aborts on its own account.
    Aborts,
    /// The transaction manager hears that this one is prepared.
    HearsPrepared(usize),
    /// A resource manager prepares.
    Prepares(usize),
    /// A resource manager aborts on its own account.
    ChoosesToAbort(usize),
    /// A resource manager hears of the commit.
    HearsCommit(usize),
    /// A resource manager hears of the abort.
    HearsAbort(usize),
}

impl TwoPhaseCommit {
    /// The protocol with this many resource managers. With symmetry, states that differ only in their names count as one.
    pub fn new(managers: usize, symmetry: Symmetry) -> Result<TwoPhaseCommit, BoundsError> {
        in_range("resource-managers", managers, 1, MAX_MANAGERS)?;
        Ok(TwoPhaseCommit { managers, symmetry })
    }

    /// What the transaction manager can do while it has not decided.
    fn decide(&self, state: &State, steps: &mut Steps<Self>) {
        let decided = |decision| State { decision, ..*state };
        if state.heard_prepared == (1 << self.managers) - 1 {
            steps.add(Action::Commits, decided(Decision::Commit));
        }
        steps.add(Action::Aborts, decided(Decision::Abort));
        for manager in (0..self.managers).filter(|manager| state.said_prepared >> manager & 1 == 1) {
            let heard_prepared = state.heard_prepared | 1 << manager;
            steps.add(
                Action::HearsPrepared(manager),
                State {
                    heard_prepared,
                    ..*state
                },
            );
        }
    }
}

impl System for TwoPhaseCommit {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        let managers = [Manager::Working; MAX_MANAGERS];
        vec![State {
            decision: Decision::None,
            managers,
            said_prepared: 0,
            heard_prepared: 0,
        }]
    }

    /// In canonical order: nothing is left to sort.
    fn successors(&self, state: &State, steps: &mut Steps<Self>) {
        let with = |manager: usize, now: Manager| {
            let mut next = *state;
            next.managers[manager] = now;
            next
        };
        if state.decision == Decision::None {
            self.decide(state, steps);
        }
        let working = || (0..self.managers).filter(|manager| state.managers[*manager] == Manager::Working);
        for manager in working() {
            let said_prepared = state.said_prepared | 1 << manager;
            let prepared = with(manager, Manager::Prepared);
            steps.add(
                Action::Prepares(manager),
                State {
                    said_prepared,
                    ..prepared
                },
            );
        }
        for manager in working() {
            steps.add(Action::ChoosesToAbort(manager), with(manager, Manager::Aborted));
        }
        for manager in 0..self.managers {
            match state.decision {
                Decision::None => break,
                Decision::Commit => steps.add(Action::HearsCommit(manager), with(manager, Manager::Committed)),
                Decision::Abort => steps.add(Action::HearsAbort(manager), with(manager, Manager::Aborted)),
            };
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        vec!["consistent"]
    }

    fn witnesses(&self) -> Vec<&'static str> {
        vec!["all aborted", "all committed"]
    }

    fn judge(&self, state: &State, found: &mut Findings) {
        let managers = &state.managers[..self.managers];
        if managers.contains(&Manager::Committed) && managers.contains(&Manager::Aborted) {
            found.violated("consistent");
        }
        if managers.iter().all(|&manager| manager == Manager::Aborted) {
            found.reached("all aborted");
        }
        if managers.iter().all(|&manager| manager == Manager::Committed) {
            found.reached("all committed");
        }
    }

    /// Resource managers are interchangeable: they stand in the order of what is known of each.
    fn representative(&self, state: State) -> State {
        match self.symmetry {
            Symmetry::Off => state,
            Symmetry::On => {
                let bit = |set: u16, at: usize| set >> at & 1;
                let about = |at| {
                    (
                        state.managers[at],
                        bit(state.said_prepared, at),
                        bit(state.heard_prepared, at),
                    )
                };
                let mut all: Vec<_> = (0..self.managers).map(about).collect();
                all.sort();
                let mut sorted = State {
                    said_prepared: 0,
                    heard_prepared: 0,
                    ..state
                };
                for (at, (manager, said, heard)) in all.into_iter().enumerate() {
                    sorted.managers[at] = manager;
                    sorted.said_prepared |= said << at;
                    sorted.heard_prepared |= heard << at;
                }
                sorted
            }
        }
    }

    fn kind(&self, action: &Action) -> &'static str {
        match action {
            Action::Commits => "commits",
            Action::Aborts => "aborts",
            Action::HearsPrepared(_) => "hears prepared",
            Action::Prepares(_) => "prepares",
            Action::ChoosesToAbort(_) => "chooses to abort",
            Action::HearsCommit(_) => "hears commit",
            Action::HearsAbort(_) => "hears abort",
        }
    }
}

/// Four bits for each resource manager, and two for the decision.
impl Packed for TwoPhaseCommit {
    fn fields(&self, state: &mut State, bits: &mut impl Bits) {
        const MANAGERS: [Manager; 4] = [
            Manager::Working,
            Manager::Prepared,
            Manager::Committed,
            Manager::Aborted,
        ];
        const DECISIONS: [Decision; 3] = [Decision::None, Decision::Commit, Decision::Abort];
        let managers = self.managers as u32;
        state.decision = DECISIONS[bits.field(2, state.decision as u32) as usize];
        state.said_prepared = bits.field(managers, state.said_prepared.into()) as u16;
        state.heard_prepared = bits.field(managers, state.heard_prepared.into()) as u16;
        for manager in &mut state.managers[..self.managers] {
            *manager = MANAGERS[bits.field(2, *manager as u32) as usize];
        }
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Action::Commits => write!(f, "transaction manager commits"),
            Action::Aborts => write!(f, "transaction manager aborts"),
            Action::HearsPrepared(manager) => write!(f, "transaction manager hears that {manager} is prepared"),
            Action::Prepares(manager) => write!(f, "resource manager {manager} prepares"),
            Action::ChoosesToAbort(manager) => write!(f, "resource manager {manager} chooses to abort"),
            Action::HearsCommit(manager) => write!(f, "resource manager {manager} hears of the commit"),
            Action::HearsAbort(manager) => write!(f, "resource manager {manager} hears of the abort"),
        }
    }
}
