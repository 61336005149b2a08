//! Owns the states a search has reached: each once, by index, with its distance and where it was reached from.

use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

/// The position of a state in the store. Four bytes, because there is one per state and per frontier entry.
pub(super) type Index = u32;

/// Marks an initial state in the list of parents.
const NONE: Index = Index::MAX;

/// All states reached so far, in the order in which they were reached. The hash seed is fixed, and nothing ever walks
/// the table in hash order.
pub(super) struct Store<T> {
    states: IndexSet<T, FxBuildHasher>,
    parents: Vec<Index>,
    depths: Vec<u32>,
    capacity: usize,
}

/// What reaching a state amounted to.
pub(super) enum Arrival {
    /// Never seen before.
    New(Index),
    /// Seen before, but farther from the start.
    Nearer(Index),
    /// Seen before, at most as far from the start.
    Known,
    /// Never seen before, and there is no room for it.
    Full,
}

impl<T: Eq + Hash> Store<T> {
    pub(super) fn new(capacity: Option<usize>) -> Store<T> {
        let capacity = capacity.unwrap_or(usize::MAX).min(NONE as usize);
        Store {
            states: IndexSet::default(),
            parents: Vec::new(),
            depths: Vec::new(),
            capacity,
        }
    }

    /// Records that `state` was reached by one step from `from`, or is initial.
    pub(super) fn reach(&mut self, state: T, from: Option<Index>) -> Arrival {
        let depth = from.map_or(0, |from| self.depths[from as usize] + 1);
        let parent = from.unwrap_or(NONE);
        let (at, new) = self.states.insert_full(state);
        if !new {
            if self.depths[at] <= depth {
                return Arrival::Known;
            }
            (self.depths[at], self.parents[at]) = (depth, parent);
            return Arrival::Nearer(at as Index);
        }
        if at >= self.capacity {
            self.states.pop();
            return Arrival::Full;
        }
        self.depths.push(depth);
        self.parents.push(parent);
        Arrival::New(at as Index)
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    pub(super) fn contains(&self, state: &T) -> bool {
        self.states.contains(state)
    }

    pub(super) fn state(&self, at: Index) -> &T {
        &self.states[at as usize]
    }

    pub(super) fn states(&self) -> impl Iterator<Item = &T> {
        self.states.iter()
    }

    /// Steps from the start, along the path by which the state was reached.
    pub(super) fn depth(&self, at: Index) -> usize {
        self.depths[at as usize] as usize
    }

    /// The states on the path to `at`, the initial one first. Parents are nearer to the start than their children, so it ends.
    pub(super) fn path(&self, at: Index) -> Vec<Index> {
        let parent = |at: &Index| Some(self.parents[*at as usize]).filter(|&parent| parent != NONE);
        let mut path: Vec<Index> = std::iter::successors(Some(at), parent).collect();
        path.reverse();
        path
    }

    /// How many states there are at each distance.
    pub(super) fn levels(&self) -> Vec<u64> {
        let deepest = self.depths.iter().max().map_or(0, |&depth| depth as usize + 1);
        let mut levels = vec![0; deepest];
        for &depth in &self.depths {
            levels[depth as usize] += 1;
        }
        levels
    }
}
