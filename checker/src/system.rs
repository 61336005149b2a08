//! The small interface that everything searchable implements. It knows nothing of Kafka and nothing of how a search works.

use std::fmt::Display;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// A system that can be searched: where it starts, what it can do, and what is claimed of it.
///
/// Only [`initial`](System::initial) and [`successors`](System::successors) are required. Whatever they return must be a
/// function of their arguments alone: no clock, no randomness, no hash-map order.
///
/// ```
/// # use checker::{Findings, Search, Steps, System, Verdict};
/// /// Two processes increment a shared counter, each by a separate read and write.
/// struct Counter;
///
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
/// struct State { shared: u8, read: [Option<u8>; 2], done: [bool; 2] }
///
/// impl System for Counter {
///     type State = State;
///     type Action = String;
///
///     fn initial(&self) -> Vec<State> {
///         vec![State { shared: 0, read: [None; 2], done: [false; 2] }]
///     }
///
///     fn successors(&self, state: &State, steps: &mut Steps<Self>) {
///         for p in (0..2).filter(|&p| !state.done[p]) {
///             let mut next = state.clone();
///             match next.read[p].take() {
///                 None => next.read[p] = Some(state.shared),
///                 Some(seen) => (next.shared, next.done[p]) = (seen + 1, true),
///             }
///             steps.add(format!("process {p}"), next);
///         }
///     }
///
///     fn properties(&self) -> Vec<&'static str> { vec!["no-lost-update"] }
///
///     fn judge(&self, state: &State, found: &mut Findings) {
///         if state.done == [true; 2] && state.shared != 2 { found.violated("no-lost-update"); }
///     }
/// }
///
/// let report = Search::breadth_first().run(&Counter);
/// let Verdict::Violated { property, trace } = &report.verdict else { panic!("{report}") };
/// assert_eq!((*property, trace.len()), ("no-lost-update", 4)); // read, read, write, write
/// ```
pub trait System {
    /// Everything that can change behaviour or that a property reads, and nothing else.
    type State: Clone + Eq + Ord + Hash;
    /// One decision, choices included: in one state, each action has one successor. Its order is the canonical order in
    /// which a search tries actions; its text is how a trace is printed.
    type Action: Clone + Ord + Display;

    /// The states in which a run may start.
    fn initial(&self) -> Vec<Self::State>;

    /// Adds every step possible in `state`, in any order: the engine sorts them by action.
    fn successors(&self, state: &Self::State, steps: &mut Steps<Self>);

    /// Names of the properties that must never be violated. A search counts each of them separately.
    fn properties(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Names of the witnesses ("sometimes" conditions). A search that never reaches one of them is called hollow.
    fn witnesses(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Says which properties `state` violates and which witnesses it reaches. Steps say the same of themselves: see
    /// [`Steps::add`].
    fn judge(&self, _state: &Self::State, _found: &mut Findings) {}

    /// Whether it is right that nothing can happen in `state` any more. Asked only where deadlocks are looked for.
    fn is_final(&self, _state: &Self::State) -> bool {
        false
    }

    /// Names of the kinds of action, so that a report can name those that were never taken.
    fn kinds(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// The kind of one action, for coverage.
    fn kind(&self, _action: &Self::Action) -> &'static str {
        "step"
    }

    /// The state that stands for all states which differ from `state` only in names that no part of the system can tell
    /// apart. The default is no symmetry: every state stands for itself.
    ///
    /// Sound only for renamings under which successors and judgements do not change: use the stabiliser.
    fn representative(&self, state: Self::State) -> Self::State {
        state
    }

    /// A 64-bit name of a state. The default hashes it as derived, which is stable within one build; a system with
    /// canonical bytes should hash those instead.
    fn fingerprint(&self, state: &Self::State) -> u64 {
        let mut hasher = FxHasher::default();
        state.hash(&mut hasher);
        hasher.finish()
    }
}

/// One step: an action, the state it leads to, and what the step itself violates or reaches.
pub struct Step<S: System + ?Sized> {
    /// What was decided.
    pub action: S::Action,
    /// The state after it.
    pub state: S::State,
    /// What no single state shows: for instance that an acknowledgement was sent too early.
    pub found: Findings,
}

/// All steps possible in one state.
pub struct Steps<S: System + ?Sized> {
    list: Vec<Step<S>>,
}

impl<S: System + ?Sized> Default for Steps<S> {
    fn default() -> Self {
        Steps { list: Vec::new() }
    }
}

impl<S: System + ?Sized> Steps<S> {
    /// Adds a step and returns its findings, so that a step can be judged where it is made:
    /// `steps.add(action, next).reached("committed")`.
    pub fn add(&mut self, action: S::Action, state: S::State) -> &mut Findings {
        let found = Findings::default();
        self.list.push(Step { action, state, found });
        &mut self.list.last_mut().expect("a step was just added").found
    }

    /// All steps of `system` in `state`, sorted by action. Reuses the memory of the last call.
    pub fn of<'a>(&'a mut self, system: &S, state: &S::State) -> &'a mut Vec<Step<S>> {
        self.list.clear();
        system.successors(state, self);
        if !self.list.is_sorted_by(|a, b| a.action <= b.action) {
            self.list.sort_by(|a, b| a.action.cmp(&b.action));
        }
        debug_assert!(
            self.list.is_sorted_by(|a, b| a.action < b.action),
            "an action occurs twice in one state: an action must name every choice made in it"
        );
        &mut self.list
    }
}

/// What was found in a state or on a step: violated properties and reached witnesses, by name.
#[derive(Debug, Default)]
pub struct Findings {
    pub(crate) violated: Vec<&'static str>,
    pub(crate) reached: Vec<&'static str>,
}

impl Findings {
    /// A property of [`System::properties`] does not hold here.
    pub fn violated(&mut self, property: &'static str) -> &mut Self {
        if !self.violated.contains(&property) {
            self.violated.push(property);
        }
        self
    }

    /// A witness of [`System::witnesses`] occurs here.
    pub fn reached(&mut self, witness: &'static str) -> &mut Self {
        if !self.reached.contains(&witness) {
            self.reached.push(witness);
        }
        self
    }

    /// Whether this property was found not to hold.
    pub fn violates(&self, property: &str) -> bool {
        self.violated.contains(&property)
    }

    pub(crate) fn clear(&mut self) {
        self.violated.clear();
        self.reached.clear();
    }
}
