//! What a search has to say: verdict, counts, traces, and how they are printed.

use std::fmt::{self, Display, Formatter};

use crate::system::System;

/// The result of a search.
pub struct Report<S: System> {
    /// The answer.
    pub verdict: Verdict<S>,
    /// How much of the state space the counts below cover.
    pub extent: Extent,
    /// Distinct states reached (with symmetry: distinct representatives).
    pub states: usize,
    /// Steps taken from them, those that change nothing included; each state's steps are counted once.
    pub transitions: u64,
    /// How many states there are 0, 1, 2, ... steps from the start. Exact distances if breadth-first, iterative, or
    /// bounded in depth; the distances along the paths walked otherwise.
    pub levels: Vec<u64>,
    /// Sum of the fingerprints of all states: equal when two searches reached the same set.
    pub digest: u64,
    /// Each property by itself, in the system's order.
    pub properties: Vec<Judged<S>>,
    /// Each witness, in the system's order.
    pub witnesses: Vec<Reached>,
    /// How many steps of each kind were taken, in the system's order.
    pub kinds: Vec<(&'static str, u64)>,
    /// Whether the traces are the shortest of their properties.
    pub traces: Traces,
}

/// The answer of a search. It is given for the bounds of the system and of the search, and means nothing without them.
pub enum Verdict<S: System> {
    /// Every reachable state and step was seen, and none violates a property.
    Holds,
    /// A property is violated; this one was found first.
    Violated {
        /// Its name.
        property: &'static str,
        /// A run that ends in the violation.
        trace: Trace<S>,
    },
    /// The search ended before the question was answered.
    Inconclusive(Unfinished),
}

/// How much of the state space was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// As much as it took to find the first violation.
    ToViolation,
    /// A part.
    Partial(Unfinished),
}

/// Where a search was when it ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// What ended it.
    pub why: Why,
    /// States that were reached but not, or not fully, expanded.
    pub frontier: usize,
    /// All states at most this many steps from the start were reached and judged. `None`: not even all initial states.
    pub complete_to: Option<usize>,
}

/// What ends a search early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It may not keep more states.
    MaxStates,
    /// It may not go deeper.
    MaxDepth,
    /// The watch broke it off.
    Interrupted,
}

/// What became of one property.
pub struct Judged<S: System> {
    /// Its name.
    pub name: &'static str,
    /// Distinct states that violate it.
    pub violating_states: u64,
    /// Steps that violate it.
    pub violating_steps: u64,
    /// A run to the first violation found.
    pub first: Option<Trace<S>>,
}

/// What became of one witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its name.
    pub name: &'static str,
    /// After how many steps it was met first; `None`: never.
    pub depth: Option<usize>,
}

/// How long the traces of a report are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    /// No run to a violation of the same property has fewer steps.
    Shortest,
    /// As the search happened to meet them.
    AsFound,
}

/// A run: where it starts, and each step with the state after it.
pub struct Trace<S: System> {
    initial: S::State,
    steps: Vec<(S::Action, S::State)>,
}

impl<S: System> Report<S> {
    /// Witnesses that were never reached.
    pub fn unreached(&self) -> impl Iterator<Item = &'static str> {
        self.witnesses
            .iter()
            .filter(|witness| witness.depth.is_none())
            .map(|witness| witness.name)
    }

    /// Whether the search found nothing wrong, but did not reach what it was meant to reach either.
    pub fn hollow(&self) -> bool {
        matches!(self.verdict, Verdict::Holds) && self.unreached().next().is_some()
    }

    /// Steps from the start to the farthest state.
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// What ended the search early, if anything did.
    pub fn stopped_by(&self) -> Option<Why> {
        match self.extent {
            Extent::Partial(unfinished) => Some(unfinished.why),
            Extent::Whole | Extent::ToViolation => None,
        }
    }

    /// Takes over the traces of a search that did not go as deep: they are shorter.
    pub(super) fn keep_first_traces(&mut self, shallower: Report<S>) {
        for (mine, earlier) in self.properties.iter_mut().zip(shallower.properties) {
            mine.first = earlier.first.or(mine.first.take());
        }
        for (mine, earlier) in self.witnesses.iter_mut().zip(shallower.witnesses) {
            mine.depth = earlier.depth.or(mine.depth);
        }
        if let Verdict::Violated { .. } = shallower.verdict {
            self.verdict = shallower.verdict;
        }
        if let (Extent::Partial(mine), Extent::Partial(earlier)) = (&mut self.extent, shallower.extent) {
            mine.complete_to = mine.complete_to.max(earlier.complete_to);
        }
    }
}

impl<S: System> Trace<S> {
    pub(crate) fn starting_in(initial: S::State) -> Self {
        Trace {
            initial,
            steps: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, action: S::Action, state: S::State) {
        self.steps.push((action, state));
    }

    /// The number of steps; the number of states is one more.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether the violation is in an initial state.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The decisions, in order.
    pub fn actions(&self) -> impl Iterator<Item = &S::Action> {
        self.steps.iter().map(|(action, _)| action)
    }

    /// The states, in order, the initial one first.
    pub fn states(&self) -> impl Iterator<Item = &S::State> {
        std::iter::once(&self.initial).chain(self.steps.iter().map(|(_, state)| state))
    }

    /// The state in which the run ends.
    pub fn last(&self) -> &S::State {
        self.steps.last().map_or(&self.initial, |(_, state)| state)
    }
}

impl<S: System> Clone for Trace<S> {
    fn clone(&self) -> Self {
        Trace {
            initial: self.initial.clone(),
            steps: self.steps.clone(),
        }
    }
}

/// One line per step, numbered from 1.
impl<S: System> Display for Trace<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let width = self.len().to_string().len();
        let mut actions = self.actions().zip(1..);
        actions.try_for_each(|(action, number)| writeln!(f, "{number:>width$}  {action}"))
    }
}

impl<S: System> Display for Report<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let states = counted(self.states as u64, "state", "states");
        let transitions = counted(self.transitions, "transition", "transitions");
        let frontier = match self.extent {
            Extent::Whole => "frontier empty".to_owned(),
            Extent::ToViolation => "ended at the first violation".to_owned(),
            Extent::Partial(Unfinished { frontier, .. }) => format!("frontier {}", grouped(frontier as u64)),
        };
        writeln!(
            f,
            "explored   {states}, {transitions}, depth {}, {frontier}",
            self.depth()
        )?;
        writeln!(f, "verdict    {}", self.headline())?;
        for property in &self.properties {
            writeln!(f, "             {:24}{}", property.name, self.outcome(property))?;
        }
        if !self.witnesses.is_empty() {
            let never: Vec<&str> = self.unreached().collect();
            let missing = if never.is_empty() {
                String::new()
            } else {
                format!("; never: {}", never.join(", "))
            };
            let all = counted(self.witnesses.len() as u64, "witness", "witnesses");
            writeln!(f, "reached    {} of {all}{missing}", self.witnesses.len() - never.len())?;
        }
        match &self.verdict {
            Verdict::Violated { trace, .. } => write!(f, "{trace}"),
            Verdict::Holds | Verdict::Inconclusive(_) => Ok(()),
        }
    }
}

impl<S: System> Report<S> {
    fn headline(&self) -> String {
        match &self.verdict {
            Verdict::Holds if self.hollow() => {
                let never = counted(self.unreached().count() as u64, "witness", "witnesses");
                format!("HOLDS (hollow: {never} never reached)")
            }
            Verdict::Holds => "HOLDS within these bounds".to_owned(),
            Verdict::Violated { property, trace } => {
                let shortest = match self.traces {
                    Traces::Shortest => ", the fewest possible",
                    Traces::AsFound => "",
                };
                format!(
                    "VIOLATED: {property}, in {}{shortest}",
                    counted(trace.len() as u64, "step", "steps")
                )
            }
            Verdict::Inconclusive(unfinished) => format!("INCONCLUSIVE: {unfinished}"),
        }
    }

    fn outcome(&self, property: &Judged<S>) -> String {
        let states = || counted(property.violating_states, "state", "states");
        let steps = || counted(property.violating_steps, "step", "steps");
        match (property.violating_states, property.violating_steps, self.extent) {
            (0, 0, Extent::Whole) => "holds".to_owned(),
            (0, 0, Extent::ToViolation | Extent::Partial(_)) => "no violation seen".to_owned(),
            (_, 0, _) => format!("violated in {}", states()),
            (0, _, _) => format!("violated by {}", steps()),
            (_, _, _) => format!("violated in {}, by {}", states(), steps()),
        }
    }
}

impl Display for Unfinished {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::MaxStates => "no room for more states",
            Why::MaxDepth => "no deeper allowed",
            Why::Interrupted => "interrupted",
        };
        let deepest = self.complete_to.map_or("none".to_owned(), |depth| depth.to_string());
        write!(
            f,
            "{why}, frontier {}, deepest level complete {deepest}",
            grouped(self.frontier as u64)
        )
    }
}

/// `1 state`, `1,967,560 states`.
pub(crate) fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { more })
}

/// `1967560` as `1,967,560`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
