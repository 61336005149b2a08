//! Liveness under weak fairness, over the whole graph of a system: does something good always come, if everybody who
//! can go on for ever does go on some day? The counterexample is a lasso: a run, and a fair cycle that it may stay in.
//!
//! Symmetry is left out on purpose: which replica is obliged to act is lost when replicas are renamed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use indexmap::{IndexMap, IndexSet};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxBuildHasher;

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
        let fairness = Fairness::new(self, class);
        let fair = owed
            .components(self)
            .into_iter()
            .filter(|part| fairness.allows(self, part));
        let nearest = fair
            .filter_map(|part| Some((part.iter().map(|&state| owed.rank(state)).min()?, part)))
            .min();
        let (rank, part) = nearest?;
        let (start, stem, entry) = owed.stem(rank);
        let cycle = fairness.cycle(self, entry, &part);
        Some(Lasso {
            stem: self.run(start, &stem),
            cycle: self.run(entry, &cycle),
        })
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

    /// The shortest way along `allowed` edges from `from` to and over an edge that is `wanted`.
    fn way(&self, from: usize, allowed: impl Fn(Edge) -> bool, wanted: impl Fn(Edge) -> bool) -> Option<Vec<Edge>> {
        let mut reached_by: BTreeMap<usize, Edge> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for edge in self.edges_of(at).filter(|&edge| allowed(edge)) {
                if wanted(edge) {
                    let earlier = |edge: &Edge| reached_by.get(&edge.from).copied().filter(|_| edge.from != from);
                    let mut way: Vec<Edge> = std::iter::successors(Some(edge), earlier).collect();
                    way.reverse();
                    return Some(way);
                }
                let target = self.target(edge);
                if target != from && !reached_by.contains_key(&target) {
                    reached_by.insert(target, edge);
                    queue.push_back(target);
                }
            }
        }
        None
    }
}

/// One step of the graph, by position.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    number: usize,
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

    /// The strongly connected parts of the states in which the goal is owed: a run that never meets the goal ends in one.
    fn components<S: System>(&self, graph: &Graph<S>) -> Vec<BTreeSet<usize>> {
        let mut owing: DiGraph<usize, ()> = DiGraph::new();
        let nodes: BTreeMap<usize, NodeIndex> = (0..graph.states())
            .filter(|&state| self.owes(state))
            .map(|state| (state, owing.add_node(state)))
            .collect();
        for (&state, &node) in &nodes {
            for target in graph.edges_of(state).filter_map(|edge| nodes.get(&graph.target(edge))) {
                owing.add_edge(node, *target, ());
            }
        }
        // Not Tarjan's algorithm: the library's version recurses as deep as the graph.
        kosaraju_scc(&owing)
            .into_iter()
            .map(|part| part.into_iter().map(|node| owing[node]).collect())
            .collect()
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

/// Weak fairness: which class of action each edge belongs to.
struct Fairness {
    /// As `Graph::edges`: the class of each step, if somebody is obliged to take it.
    classes: Vec<Vec<Option<usize>>>,
    count: usize,
}

impl Fairness {
    fn new<S: System, C: Ord>(graph: &Graph<S>, class: &dyn Fn(&S::Action) -> Option<C>) -> Fairness {
        let mut known: BTreeMap<C, usize> = BTreeMap::new();
        let mut number = |action: &S::Action| {
            let next = known.len();
            class(action).map(|class| *known.entry(class).or_insert(next))
        };
        let classes = graph
            .edges
            .iter()
            .map(|edges| edges.iter().map(|(action, _)| number(action)).collect())
            .collect();
        Fairness {
            classes,
            count: known.len(),
        }
    }

    fn enabled(&self, class: usize, state: usize) -> bool {
        self.classes[state].contains(&Some(class))
    }

    fn class(&self, edge: Edge) -> Option<usize> {
        self.classes[edge.from][edge.number]
    }

    /// Whether a run may stay in `part` for ever: each class is disabled somewhere in it, or acts within it. That is
    /// exact for weak fairness, because a smaller cycle only satisfies fewer classes.
    fn allows<S: System>(&self, graph: &Graph<S>, part: &BTreeSet<usize>) -> bool {
        let inside = |edge: &Edge| part.contains(&graph.target(*edge));
        (0..self.count).all(|class| {
            let acts = |state: usize| {
                graph
                    .edges_of(state)
                    .filter(inside)
                    .any(|edge| self.class(edge) == Some(class))
            };
            part.iter().any(|&state| !self.enabled(class, state) || acts(state))
        })
    }

    /// A walk through `part`, from `entry` back to it, that satisfies every class.
    fn cycle<S: System>(&self, graph: &Graph<S>, entry: usize, part: &BTreeSet<usize>) -> Vec<Edge> {
        let inside = |edge: Edge| part.contains(&graph.target(edge));
        let (mut at, mut cycle) = (entry, Vec::new());
        for class in 0..self.count {
            let satisfies = |edge: Edge| self.class(edge) == Some(class) || !self.enabled(class, graph.target(edge));
            if self.enabled(class, entry) && !cycle.iter().any(|&edge| satisfies(edge)) {
                cycle.extend(graph.way(at, inside, satisfies).expect("the part was found to be fair"));
                at = cycle.last().map_or(entry, |&edge| graph.target(edge));
            }
        }
        if at != entry {
            let home = graph.way(at, inside, |edge| graph.target(edge) == entry);
            cycle.extend(home.expect("the part is strongly connected"));
        }
        cycle
    }
}
