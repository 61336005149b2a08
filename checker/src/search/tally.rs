//! Owns what a search counts: violations per property, witnesses reached, steps per kind of action.

use super::store::Index;
use super::{Deadlocks, Search};
use crate::system::{Findings, System};

/// The property that a state without successors violates, where deadlocks are looked for.
pub const NO_DEADLOCK: &str = "no-deadlock";

/// Where something was found first.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In this state.
    State(Index),
    /// On a step from this state.
    StepFrom(Index),
}

/// A property or a witness: in how many states and on how many steps it was found.
pub(super) struct Counted {
    pub(super) name: &'static str,
    pub(super) states: u64,
    pub(super) steps: u64,
    pub(super) first: Option<Place>,
}

/// All that is counted.
pub(super) struct Tally {
    pub(super) properties: Vec<Counted>,
    pub(super) witnesses: Vec<Counted>,
    pub(super) kinds: Vec<(&'static str, u64)>,
    /// The property that was violated first, by its place in `properties`.
    pub(super) violated: Option<usize>,
}

impl Tally {
    pub(super) fn new<S: System>(system: &S, search: &Search) -> Tally {
        let mut properties = system.properties();
        if search.deadlocks == Deadlocks::Reported {
            properties.push(NO_DEADLOCK);
        }
        let count = |name| Counted {
            name,
            states: 0,
            steps: 0,
            first: None,
        };
        Tally {
            properties: properties.into_iter().map(count).collect(),
            witnesses: system.witnesses().into_iter().map(count).collect(),
            kinds: system.kinds().into_iter().map(|kind| (kind, 0)).collect(),
            violated: None,
        }
    }

    /// Counts what was found at `place`.
    pub(super) fn note(&mut self, place: Place, found: &Findings) {
        let violated = found
            .violated
            .iter()
            .map(|name| count(&mut self.properties, name, place))
            .min();
        self.violated = self.violated.or(violated);
        for name in &found.reached {
            count(&mut self.witnesses, name, place);
        }
    }

    /// Counts a step.
    pub(super) fn step(&mut self, kind: &'static str) {
        match self
            .kinds
            .iter_mut()
            .find(|(name, _)| std::ptr::eq(*name, kind) || *name == kind)
        {
            Some((_, taken)) => *taken += 1,
            None => self.kinds.push((kind, 1)),
        }
    }
}

fn count(list: &mut [Counted], name: &str, place: Place) -> usize {
    let known = list.iter().position(|counted| counted.name == name);
    let at = known.unwrap_or_else(|| panic!("`{name}` is not listed by System::properties() or System::witnesses()"));
    match place {
        Place::State(_) => list[at].states += 1,
        Place::StepFrom(_) => list[at].steps += 1,
    }
    list[at].first.get_or_insert(place);
    at
}
