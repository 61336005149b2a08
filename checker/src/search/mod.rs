//! Exhaustive search over any [`System`]: what may be asked of it. The walk itself is in `walk`, its results in `report`.

pub mod drawing;
pub mod fairness;
pub mod liveness;
mod report;
mod store;
mod tally;
mod walk;

use std::ops::ControlFlow;

pub(crate) use report::counted;
pub use report::{Extent, Judged, Reached, Report, Trace, Traces, Unfinished, Verdict, Why};
pub use tally::NO_DEADLOCK;

use crate::system::System;

/// A search: in which order, within which bounds, and what to do with what it finds.
///
/// Whole states are kept, so the result is exact; one thread, so it is the same on every machine.
///
/// ```
/// # use checker::{Search, Steps, System, Verdict};
/// # struct Dial;
/// # impl System for Dial {
/// #     type State = u8;
/// #     type Action = &'static str;
/// #     fn initial(&self) -> Vec<u8> { vec![0] }
/// #     fn successors(&self, at: &u8, steps: &mut Steps<Self>) { steps.add("turn", (at + 1) % 10); }
/// # }
/// let report = Search::breadth_first().max_states(4).run(&Dial);
/// assert!(matches!(report.verdict, Verdict::Inconclusive(_)));
/// assert_eq!(Search::breadth_first().run(&Dial).states, 10);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Which reached state is expanded next.
    pub order: Order,
    /// Stop rather than keep more than this many distinct states.
    pub max_states: Option<usize>,
    /// Leave out states that are more than this many steps from every initial state.
    pub max_depth: Option<usize>,
    /// Whether to go on after a violation.
    pub on_violation: OnViolation,
    /// Whether a state in which nothing can happen is a violation.
    pub deadlocks: Deadlocks,
}

/// The order of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Level by level: counterexamples are the shortest of their property, by construction.
    BreadthFirst,
    /// Newest state first: finds deep states early; counterexamples are as long as they come.
    DepthFirst,
    /// Depth-first up to 0, 1, 2, ... steps, each time from the start: shortest counterexamples, at a price in time.
    Iterative,
}

/// What a violation does to a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnViolation {
    /// The first one ends it.
    Stop,
    /// All violating states are counted, each property apart, and states behind a violation are searched, too.
    CountAll,
}

/// What is thought of a state without successors that the system does not call final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadlocks {
    /// Nothing.
    Allowed,
    /// It violates [`NO_DEADLOCK`].
    Reported,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Distinct states reached.
    pub states: usize,
    /// Steps taken from them.
    pub transitions: u64,
    /// States reached and not expanded yet.
    pub frontier: usize,
    /// Steps from the start to the state that is expanded next.
    pub depth: usize,
    /// Memory that what was reached takes, in bytes, where it is counted.
    pub memory: u64,
}

impl Search {
    fn in_order(order: Order) -> Search {
        let (on_violation, deadlocks) = (OnViolation::Stop, Deadlocks::Allowed);
        Search {
            order,
            max_states: None,
            max_depth: None,
            on_violation,
            deadlocks,
        }
    }

    /// A breadth-first search without bounds that stops at the first violation.
    pub fn breadth_first() -> Search {
        Search::in_order(Order::BreadthFirst)
    }

    /// A depth-first search without bounds that stops at the first violation.
    pub fn depth_first() -> Search {
        Search::in_order(Order::DepthFirst)
    }

    /// An iterative deepening without bounds that stops at the first violation.
    pub fn iterative() -> Search {
        Search::in_order(Order::Iterative)
    }

    /// The same search, keeping at most this many distinct states.
    pub fn max_states(self, states: usize) -> Search {
        Search {
            max_states: Some(states),
            ..self
        }
    }

    /// The same search, going at most this many steps from the start.
    pub fn max_depth(self, steps: usize) -> Search {
        Search {
            max_depth: Some(steps),
            ..self
        }
    }

    /// The same search, counting all violations instead of stopping at the first.
    pub fn count_all(self) -> Search {
        Search {
            on_violation: OnViolation::CountAll,
            ..self
        }
    }

    /// The same search, with deadlocks reported as violations of [`NO_DEADLOCK`].
    pub fn report_deadlocks(self) -> Search {
        Search {
            deadlocks: Deadlocks::Reported,
            ..self
        }
    }

    /// Searches `system`.
    pub fn run<S: System>(&self, system: &S) -> Report<S> {
        self.run_watched(system, &mut |_| ControlFlow::Continue(()))
    }

    /// Searches `system` and tells `watch` every thousand states or so how far it has come. When `watch` breaks (because
    /// somebody pressed Ctrl-C, say), the search ends and reports what it has.
    pub fn run_watched<S: System>(&self, system: &S, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Report<S> {
        match self.order {
            Order::BreadthFirst | Order::DepthFirst => walk::once(system, self, self.max_depth, watch),
            Order::Iterative => walk::deeper_and_deeper(system, self, watch),
        }
    }
}
