//! Liveness under weak fairness, over the whole graph of a system: does something good always come, if everybody who
//! can go on for ever does go on some day? The counterexample is a lasso: a run, and a fair cycle that it may stay in.
//!
//! Symmetry is left out on purpose: which replica is obliged to act is lost when replicas are renamed.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;

use super::fairness::{Arc, Arcs, Edge};
use super::report::Trace;
use crate::system::{Step, Steps, System};

/// All states of a system with all steps between them.
pub struct Graph<S: System> {
    states: IndexSet<S::State, FxBuildHasher>,
    /// How many of the states, from the first, are initial.
    initial: usize,
    /// For each state its steps, in canonical order, without those that change nothing.
    edges: Vec<Vec<(S::Action, usize)>>,
}

/// A graph has more states than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// How many it may have.
    pub max_states: usize,
}

/// What has to come, in terms of one state at a time.
pub enum Goal<'g, T> {
    /// Every run reaches a state like this.
    Eventually(&'g dyn Fn(&T) -> bool),
    /// Every run reaches a state like this again and again.
    AlwaysEventually(&'g dyn Fn(&T) -> bool),
    /// Every state like the first is followed, at once or later, by one like the second.
    LeadsTo(&'g dyn Fn(&T) -> bool, &'g dyn Fn(&T) -> bool),
}

/// A fair run on which the goal never comes: first `stem`, then `cycle` for ever.
pub struct Lasso<S: System> {
    /// From an initial state to the first state of the cycle.
    pub stem: Trace<S>,
    /// From that state back to it. Empty: the run stays where it is, because nobody is obliged to do anything there.
    pub cycle: Trace<S>,
}

impl<S: System> Graph<S> {
    /// All of the graph, if it has at most `max_states` states.
    pub fn explore(system: &S, max_states: usize) -> Result<Self, TooLarge> {
        let states: IndexSet<_, FxBuildHasher> = system.initial().into_iter().collect();
        let mut graph = Graph {
            initial: states.len(),
            states,
            edges: Vec::new(),
        };
        let mut steps = Steps::default();
        while let Some(state) = graph.states.get_index(graph.edges.len()).cloned() {
            let mut edges = Vec::new();
            for Step {
                action, state: next, ..
            } in steps.of(system, &state).drain(..)
            {
                if next != state {
                    edges.push((action, graph.states.insert_full(next).0));
                }
            }
            if graph.states.len() > max_states {
                return Err(TooLarge { max_states });
            }
            graph.edges.push(edges);
        }
        Ok(graph)
    }

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// A fair run on which the goal fails, with as short a stem as possible, if there is one. `class` says who is obliged
    /// to act: if from some moment on an action of a class is possible all the time, one of that class is taken. `None`:
    /// nobody has to take this action. An action that changes nothing does not count as possible.
    pub fn violation<C: Ord>(
        &self,
        goal: &Goal<'_, S::State>,
        class: &dyn Fn(&S::Action) -> Option<C>,
    ) -> Option<Lasso<S>> {
        let owed = Owed::new(self, goal);
        let arcs = self.arcs(class);
        let fair = arcs.fair_parts(|state| owed.owes(state)).into_iter();
        let nearest = fair
            .filter_map(|part| Some((part.iter().map(|&state| owed.rank(state)).min()?, part)))
            .min();
        let (rank, part) = nearest?;
        let (start, stem, entry) = owed.stem(rank);
        let cycle = arcs.cycle(entry, &part);
        Some(Lasso {
            stem: self.run(start, &stem),
            cycle: self.run(entry, &cycle),
        })
    }

    /// The steps as numbers, with the class of each as a duty.
    fn arcs<C: Ord>(&self, class: &dyn Fn(&S::Action) -> Option<C>) -> Arcs {
        let mut known: BTreeMap<C, u16> = BTreeMap::new();
        let mut arcs = Arcs::default();
        for edges in &self.edges {
            arcs.add(edges.iter().map(|(action, to)| Arc {
                to: u32::try_from(*to).expect("a graph held whole has fewer states than 32 bits can count"),
                duty: class(action).map(|class| {
                    let next = u16::try_from(known.len()).expect("fewer than 65,536 classes");
                    *known.entry(class).or_insert(next)
                }),
            }));
        }
        arcs
    }

    fn run(&self, start: usize, edges: &[Edge]) -> Trace<S> {
        let mut trace = Trace::starting_in(self.states[start].clone());
        for &edge in edges {
            trace.push(
                self.edges[edge.from][edge.number].0.clone(),
                self.states[self.target(edge)].clone(),
            );
        }
        trace
    }

    /// Where an edge leads to.
    fn target(&self, edge: Edge) -> usize {
        self.edges[edge.from][edge.number].1
    }

    fn edges_of(&self, from: usize) -> impl Iterator<Item = Edge> {
        (0..self.edges[from].len()).map(move |number| Edge { from, number })
    }
}

impl<T> Goal<'_, T> {
    /// Whether the goal is owed in a state that a run has come to, given whether it was owed before.
    fn after(&self, before: Debt, state: &T) -> Debt {
        let owed = match self {
            Goal::Eventually(good) => before == Debt::Owed && !good(state),
            Goal::AlwaysEventually(good) => !good(state),
            Goal::LeadsTo(trigger, good) => (before == Debt::Owed || trigger(state)) && !good(state),
        };
        if owed { Debt::Owed } else { Debt::None }
    }

    fn before_all(&self) -> Debt {
        match self {
            Goal::Eventually(_) => Debt::Owed,
            Goal::AlwaysEventually(_) | Goal::LeadsTo(..) => Debt::None,
        }
    }
}

/// Whether a run still owes the goal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Debt {
    None,
    Owed,
}

/// The states with the one bit of memory that a goal needs, in breadth-first order, each with the edge it was reached by
/// and the rank of the state before it.
struct Owed {
    reached: IndexMap<(usize, Debt), Option<(usize, Edge)>, FxBuildHasher>,
}

impl Owed {
    fn new<S: System>(graph: &Graph<S>, goal: &Goal<'_, S::State>) -> Owed {
        let start = |state: usize| ((state, goal.after(goal.before_all(), &graph.states[state])), None);
        let mut reached: IndexMap<_, _, FxBuildHasher> = (0..graph.initial).map(start).collect();
        let mut rank = 0;
        while let Some((&(state, debt), _)) = reached.get_index(rank) {
            for edge in graph.edges_of(state) {
                let target = graph.target(edge);
                reached
                    .entry((target, goal.after(debt, &graph.states[target])))
                    .or_insert(Some((rank, edge)));
            }
            rank += 1;
        }
        Owed { reached }
    }

    fn owes(&self, state: usize) -> bool {
        self.reached.contains_key(&(state, Debt::Owed))
    }

    /// The place of a state, with the goal owed, in breadth-first order.
    fn rank(&self, state: usize) -> usize {
        self.reached
            .get_index_of(&(state, Debt::Owed))
            .expect("components are made of states that owe the goal")
    }

    /// The shortest run to the state of this rank: where it starts, its steps, where it ends.
    fn stem(&self, mut rank: usize) -> (usize, Vec<Edge>, usize) {
        let end = self.state(rank);
        let mut edges = Vec::new();
        while let Some((before, edge)) = self.reached[rank] {
            edges.push(edge);
            rank = before;
        }
        edges.reverse();
        (self.state(rank), edges, end)
    }

    fn state(&self, rank: usize) -> usize {
        self.reached
            .get_index(rank)
            .expect("ranks count the states reached")
            .0
            .0
    }
}
