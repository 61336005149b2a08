//! The walk over the states of a system. One loop serves all orders: they differ in which end of the agenda is taken next.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::report::{Extent, Judged, Reached, Report, Trace, Traces, Unfinished, Verdict, Why};
use super::store::{Arrival, Index, Store};
use super::tally::{Counted, NO_DEADLOCK, Place, Tally};
use super::{Deadlocks, OnViolation, Order, Progress, Search};
use crate::system::{Findings, Step, Steps, System};

/// How many states are expanded between two looks at the watch.
const WATCH_EVERY: usize = 1024;

/// Why a walk ends before everything within its depth was seen.
enum Halt {
    Violation,
    Full,
    Interrupted,
}

/// Searches once, leaving out states more than `limit` steps from the start.
pub(super) fn once<S: System>(
    system: &S,
    search: &Search,
    limit: Option<usize>,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Report<S> {
    let mut walk = Walk::new(system, search, limit);
    let end = walk.start().and_then(|()| walk.run(watch)).and_then(|()| walk.close());
    walk.report(end)
}

/// Searches to depth 0, 1, 2, ... until nothing lies deeper.
pub(super) fn deeper_and_deeper<S: System>(
    system: &S,
    search: &Search,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Report<S> {
    let mut limit = 0;
    let mut report = once(system, search, Some(limit), watch);
    while search.max_depth.is_none_or(|max| limit < max) && report.stopped_by() == Some(Why::MaxDepth) {
        limit += 1;
        let shallower = report;
        report = once(system, search, Some(limit), watch);
        report.keep_first_traces(shallower);
    }
    report
}

struct Walk<'a, S: System> {
    system: &'a S,
    search: &'a Search,
    limit: Option<usize>,
    store: Store<S::State>,
    tally: Tally,
    transitions: u64,
    /// Indices still to be expanded. A state found again on a shorter way is listed again.
    agenda: VecDeque<Index>,
    /// For each state, how far from the start it was when it was expanded last.
    expanded: Vec<Option<u32>>,
    /// How many states were expanded at least once.
    done: usize,
    /// How far from the start the walk is now.
    depth: usize,
    /// All states at most this many steps from the start are known.
    complete_to: Option<usize>,
    steps: Steps<S>,
    found: Findings,
}

impl<'a, S: System> Walk<'a, S> {
    fn new(system: &'a S, search: &'a Search, limit: Option<usize>) -> Self {
        Walk {
            system,
            search,
            limit,
            store: Store::new(search.max_states),
            tally: Tally::new(system, search),
            transitions: 0,
            agenda: VecDeque::new(),
            expanded: Vec::new(),
            done: 0,
            depth: 0,
            complete_to: None,
            steps: Steps::default(),
            found: Findings::default(),
        }
    }

    fn start(&mut self) -> Result<(), Halt> {
        for state in self.system.initial() {
            self.reach(self.system.representative(state), None)?;
        }
        self.order_newest(0);
        self.complete_to = Some(0);
        Ok(())
    }

    fn run(&mut self, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<(), Halt> {
        while let Some(at) = self.next_on_agenda() {
            let depth = self.store.depth(at);
            let before = self.expanded[at as usize];
            if before.is_some_and(|before| before as usize <= depth) || self.limit == Some(depth) {
                continue;
            }
            self.depth = depth;
            if self.search.order == Order::BreadthFirst {
                self.complete_to = Some(depth);
            }
            if before.is_none() && self.done.is_multiple_of(WATCH_EVERY) && watch(self.progress()).is_break() {
                return Err(Halt::Interrupted);
            }
            let waiting = self.agenda.len();
            match before {
                None => self.expand(at)?,
                Some(_) => self.expand_again(at)?,
            }
            self.order_newest(waiting);
        }
        self.complete_to = self.limit;
        Ok(())
    }

    fn next_on_agenda(&mut self) -> Option<Index> {
        match self.search.order {
            Order::BreadthFirst => self.agenda.pop_front(),
            Order::DepthFirst | Order::Iterative => self.agenda.pop_back(),
        }
    }

    /// Makes the first of the newest entries (those behind the first `waiting`) the one that is taken first.
    fn order_newest(&mut self, waiting: usize) {
        if self.search.order != Order::BreadthFirst {
            self.agenda.make_contiguous()[waiting..].reverse();
        }
    }

    /// Takes every step from a state for the first time: counts it, judges it, keeps where it leads to.
    fn expand(&mut self, at: Index) -> Result<(), Halt> {
        let mut steps = std::mem::take(&mut self.steps);
        let state = self.store.state(at).clone();
        let possible = steps.of(self.system, &state);
        if possible.is_empty() && self.search.deadlocks == Deadlocks::Reported && !self.system.is_final(&state) {
            self.found.violated(NO_DEADLOCK);
            self.note_found(Place::State(at))?;
        }
        for Step { action, state, found } in possible.drain(..) {
            self.transitions += 1;
            self.tally.step(self.system.kind(&action));
            self.note(Place::StepFrom(at), &found)?;
            self.reach(self.system.representative(state), Some(at))?;
        }
        self.steps = steps;
        self.mark_expanded(at);
        Ok(())
    }

    /// Follows the steps of a state that was expanded before, because there is a shorter way to it.
    fn expand_again(&mut self, at: Index) -> Result<(), Halt> {
        let mut steps = std::mem::take(&mut self.steps);
        let state = self.store.state(at).clone();
        for step in steps.of(self.system, &state).drain(..) {
            self.reach(self.system.representative(step.state), Some(at))?;
        }
        self.steps = steps;
        self.mark_expanded(at);
        Ok(())
    }

    fn mark_expanded(&mut self, at: Index) {
        let depth = self.store.depth(at) as u32;
        self.done += usize::from(self.expanded[at as usize].replace(depth).is_none());
    }

    /// Keeps and judges a state if it is new, and puts it on the agenda if it has to be expanded.
    fn reach(&mut self, state: S::State, from: Option<Index>) -> Result<(), Halt> {
        match self.store.reach(state, from) {
            Arrival::New(at) => {
                self.expanded.push(None);
                self.agenda.push_back(at);
                self.system.judge(self.store.state(at), &mut self.found);
                self.note_found(Place::State(at))
            }
            Arrival::Nearer(at) => {
                if self.limit.is_some() {
                    self.agenda.push_back(at);
                }
                Ok(())
            }
            Arrival::Known => Ok(()),
            Arrival::Full => Err(Halt::Full),
        }
    }

    fn note_found(&mut self, place: Place) -> Result<(), Halt> {
        let found = std::mem::take(&mut self.found);
        let noted = self.note(place, &found);
        self.found = found;
        self.found.clear();
        noted
    }

    fn note(&mut self, place: Place, found: &Findings) -> Result<(), Halt> {
        self.tally.note(place, found);
        match self.search.on_violation {
            OnViolation::Stop if !found.violated.is_empty() => Err(Halt::Violation),
            OnViolation::Stop | OnViolation::CountAll => Ok(()),
        }
    }

    /// Expands the states at the depth limit after all if none of them leads anywhere new: a limit that hides nothing is
    /// no limit.
    fn close(&mut self) -> Result<(), Halt> {
        let at_limit: Vec<usize> = (0..self.store.len())
            .filter(|&at| self.expanded[at].is_none())
            .collect();
        let mut steps = Steps::default();
        let mut leads_nowhere_new = |&at: &usize| {
            let mut possible = steps.of(self.system, self.store.state(at as Index)).drain(..);
            possible.all(|step| self.store.contains(&self.system.representative(step.state)))
        };
        if at_limit.iter().all(&mut leads_nowhere_new) {
            at_limit.into_iter().try_for_each(|at| self.expand(at as Index))?;
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        let (states, transitions) = (self.store.len(), self.transitions);
        Progress {
            states,
            transitions,
            frontier: states - self.done,
            depth: self.depth,
            memory: 0,
        }
    }

    fn report(self, end: Result<(), Halt>) -> Report<S> {
        let extent = self.extent(end);
        let properties: Vec<_> = self
            .tally
            .properties
            .iter()
            .map(|counted| self.judged(counted))
            .collect();
        let first = self.tally.violated.map(|at| &properties[at]);
        let violated = first.and_then(|judged| Some((judged.name, judged.first.clone()?)));
        let verdict = match (violated, extent) {
            (Some((property, trace)), _) => Verdict::Violated { property, trace },
            (None, Extent::Partial(unfinished)) => Verdict::Inconclusive(unfinished),
            (None, Extent::Whole | Extent::ToViolation) => Verdict::Holds,
        };
        let fingerprints = self.store.states().map(|state| self.system.fingerprint(state));
        let traces = match self.search.order {
            Order::BreadthFirst | Order::Iterative => Traces::Shortest,
            Order::DepthFirst => Traces::AsFound,
        };
        Report {
            verdict,
            extent,
            states: self.store.len(),
            transitions: self.transitions,
            levels: self.store.levels(),
            digest: fingerprints.fold(0, u64::wrapping_add),
            properties,
            witnesses: self
                .tally
                .witnesses
                .iter()
                .map(|counted| self.reached(counted))
                .collect(),
            kinds: self.tally.kinds.clone(),
            traces,
        }
    }

    fn judged(&self, property: &Counted) -> Judged<S> {
        Judged {
            name: property.name,
            violating_states: property.states,
            violating_steps: property.steps,
            first: property.first.map(|place| self.trace(property.name, place)),
        }
    }

    fn reached(&self, witness: &Counted) -> Reached {
        let depth = |place| match place {
            Place::State(at) => self.store.depth(at),
            Place::StepFrom(at) => self.store.depth(at) + 1,
        };
        Reached {
            name: witness.name,
            depth: witness.first.map(depth),
        }
    }

    fn extent(&self, end: Result<(), Halt>) -> Extent {
        let frontier = self.store.len() - self.done;
        let why = match end {
            Err(Halt::Violation) => return Extent::ToViolation,
            Err(Halt::Full) => Why::MaxStates,
            Err(Halt::Interrupted) => Why::Interrupted,
            Ok(()) if frontier > 0 => Why::MaxDepth,
            Ok(()) => return Extent::Whole,
        };
        Extent::Partial(Unfinished {
            why,
            frontier,
            complete_to: self.complete_to,
        })
    }

    /// The run to `place`, done again on the system, so that under symmetry it is a run of the system, too, and not a list
    /// of renamed states.
    fn trace(&self, property: &str, place: Place) -> Trace<S> {
        let (Place::State(last) | Place::StepFrom(last)) = place;
        let path = self.store.path(last);
        let stands_for =
            |state: &S::State, at: Index| self.system.representative(state.clone()) == *self.store.state(at);
        let initial = self
            .system
            .initial()
            .into_iter()
            .find(|state| stands_for(state, path[0]));
        let mut trace = Trace::starting_in(initial.expect("a path begins in an initial state"));
        let mut steps = Steps::default();
        for &at in &path[1..] {
            let possible = steps.of(self.system, trace.last());
            let step = possible.drain(..).find(|step| stands_for(&step.state, at));
            let Step { action, state, .. } = step.expect("a path follows steps");
            trace.push(action, state);
        }
        if let Place::StepFrom(_) = place {
            let violates = |step: &Step<S>| step.found.violated.contains(&property);
            let step = steps.of(self.system, trace.last()).drain(..).find(violates);
            let Step { action, state, .. } = step.expect("the step was judged when it was taken");
            trace.push(action, state);
        }
        trace
    }
}
