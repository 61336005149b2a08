//! Weak fairness on a graph of states: where a run may stay for ever although everybody who can go on all the time does go
//! on some day. States and duties are numbers; what they stand for is the caller's.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

/// A step to another state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arc {
    /// Where it leads.
    pub to: u32,
    /// Who has to take it, or one of the same duty, if such a step is possible from some moment on all the time.
    pub duty: Option<u16>,
}

/// The steps of a graph, by state. A step that changes nothing is none.
#[derive(Default, Debug)]
pub struct Arcs {
    /// Where the steps of each state end.
    ends: Vec<usize>,
    arcs: Vec<Arc>,
}

/// One step by the state in which it happens, and its number there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The state.
    pub from: usize,
    /// Which of its steps.
    pub number: usize,
}

impl Arcs {
    /// Adds the steps of the next state.
    pub fn add(&mut self, arcs: impl IntoIterator<Item = Arc>) {
        self.arcs.extend(arcs);
        self.ends.push(self.arcs.len());
    }

    /// How many states have their steps.
    pub fn states(&self) -> usize {
        self.ends.len()
    }

    /// The steps of a state.
    pub fn of(&self, state: usize) -> &[Arc] {
        let first = if state == 0 { 0 } else { self.ends[state - 1] };
        &self.arcs[first..self.ends[state]]
    }

    /// Where a step leads.
    pub fn target(&self, edge: Edge) -> usize {
        self.of(edge.from)[edge.number].to as usize
    }

    fn edges_of(&self, from: usize) -> impl Iterator<Item = Edge> {
        (0..self.of(from).len()).map(move |number| Edge { from, number })
    }

    /// The largest parts of these states in which a run may stay for ever: strongly connected, and each duty is impossible
    /// somewhere in it or done within it. That is exact for weak fairness, because a smaller cycle only satisfies fewer
    /// duties. A state in which nobody has to do anything is one, too. `within` is asked only where a run may stay.
    pub fn fair_parts(&self, mut within: impl FnMut(usize) -> bool) -> Vec<Vec<usize>> {
        let idle = |state: &usize| self.of(*state).iter().all(|arc| arc.duty.is_none());
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut alive = vec![true; self.states()];
        self.peel(&mut alive);
        for (state, alive) in alive.iter_mut().enumerate() {
            let idle = idle(&state);
            if *alive || idle {
                let within = within(state);
                *alive &= within;
                parts.extend((idle && within).then(|| vec![state]));
            }
        }
        self.peel(&mut alive);
        let connected = self.connected(&alive).into_iter();
        parts.extend(connected.filter(|part| self.is_fair(part)));
        parts
    }

    /// Leaves out, again and again, the states from which no step leads to one that is left: they are on no cycle.
    fn peel(&self, alive: &mut [bool]) {
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); self.states()];
        let mut onward = vec![0_u32; self.states()];
        for from in (0..self.states()).filter(|from| alive[*from]) {
            for arc in self.of(from).iter().filter(|arc| alive[arc.to as usize]) {
                before[arc.to as usize].push(from as u32);
                onward[from] += 1;
            }
        }
        let mut ends: Vec<usize> = (0..self.states())
            .filter(|state| alive[*state] && onward[*state] == 0)
            .collect();
        while let Some(state) = ends.pop() {
            alive[state] = false;
            for from in before[state].drain(..) {
                let from = from as usize;
                onward[from] -= 1;
                if onward[from] == 0 {
                    ends.push(from);
                }
            }
        }
    }

    /// Strongly connected parts of two states or more.
    fn connected(&self, alive: &[bool]) -> Vec<Vec<usize>> {
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        let living = (0..self.states()).filter(|state| alive[*state]);
        let nodes: FxHashMap<usize, NodeIndex> = living.map(|state| (state, graph.add_node(state))).collect();
        for from in graph.node_indices() {
            for arc in self.of(graph[from]) {
                if let Some(to) = nodes.get(&(arc.to as usize)) {
                    graph.add_edge(from, *to, ());
                }
            }
        }
        // Not Tarjan's algorithm: the library's version recurses as deep as the graph.
        let parts = kosaraju_scc(&graph).into_iter().filter(|part| part.len() > 1);
        parts
            .map(|part| {
                let mut states: Vec<usize> = part.into_iter().map(|node| graph[node]).collect();
                states.sort_unstable();
                states
            })
            .collect()
    }

    /// The duties that are possible in every one of these states, each with whether it is done within them.
    fn constant_duties(&self, part: &[usize]) -> Vec<(u16, bool)> {
        let mut duties: Vec<(u16, bool)> = Vec::new();
        for (at, state) in part.iter().enumerate() {
            let arcs = self.of(*state);
            if at == 0 {
                duties.extend(arcs.iter().filter_map(|arc| arc.duty).map(|duty| (duty, false)));
                duties.sort_unstable();
                duties.dedup();
            }
            duties.retain(|(duty, _)| arcs.iter().any(|arc| arc.duty == Some(*duty)));
        }
        for (duty, done) in &mut duties {
            let within = |arc: &Arc| arc.duty == Some(*duty) && part.binary_search(&(arc.to as usize)).is_ok();
            *done = part.iter().any(|state| self.of(*state).iter().any(within));
        }
        duties
    }

    fn is_fair(&self, part: &[usize]) -> bool {
        self.constant_duties(part).iter().all(|(_, done)| *done)
    }

    /// A walk through a fair part (ascending), from `entry` back to it, that satisfies every duty. Empty where nobody has to do
    /// anything in `entry`: a run may stay there.
    pub fn cycle(&self, entry: usize, part: &[usize]) -> Vec<Edge> {
        let inside = |edge: Edge| part.binary_search(&self.target(edge)).is_ok();
        let has = |state: usize, duty| self.of(state).iter().any(|arc| arc.duty == Some(duty));
        let mut duties: Vec<u16> = self.of(entry).iter().filter_map(|arc| arc.duty).collect();
        duties.sort_unstable();
        duties.dedup();
        let (mut at, mut cycle): (usize, Vec<Edge>) = (entry, Vec::new());
        for duty in duties {
            let satisfies =
                |edge: Edge| self.of(edge.from)[edge.number].duty == Some(duty) || !has(self.target(edge), duty);
            if !cycle.iter().any(|edge| satisfies(*edge)) {
                cycle.extend(self.way(at, inside, satisfies).expect("the part was found to be fair"));
                at = cycle.last().map_or(entry, |edge| self.target(*edge));
            }
        }
        if at != entry {
            let home = self.way(at, inside, |edge| self.target(edge) == entry);
            cycle.extend(home.expect("the part is strongly connected"));
        }
        cycle
    }

    /// The shortest way along `allowed` steps from `from` to and over a step that is `wanted`.
    fn way(&self, from: usize, allowed: impl Fn(Edge) -> bool, wanted: impl Fn(Edge) -> bool) -> Option<Vec<Edge>> {
        let mut reached_by: FxHashMap<usize, Edge> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for edge in self.edges_of(at).filter(|edge| allowed(*edge)) {
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
