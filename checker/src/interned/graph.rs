//! The whole graph of a world on ids, kept: for runs that never come to rest, and to be written down.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use sim_core::trace::Decision;
use sim_core::{Action, World};

use super::{Interned, Shareable, Worker};
use crate::compact::{Marks, Space, Successors};
use crate::search::fairness::{Arc, Arcs, Edge};

/// All states of a world with all steps between them. States are numbered in breadth-first order.
pub struct Graph<'s, 'c, M: Shareable> {
    space: &'s Interned<'c, M>,
    /// The words of all states, one after the other.
    words: Vec<u32>,
    /// Steps that change something; whoever must go on some day has a duty: its action.
    arcs: Arcs,
    /// As the steps in `arcs`: the number of each among the successors of its state, and what it violates.
    steps: Vec<(u16, u32)>,
    /// Where the steps of each state begin in `steps`.
    firsts: Vec<usize>,
    /// The step by which each state was reached first.
    reached_by: Vec<Option<Edge>>,
    /// What each state violates.
    violated: Vec<u32>,
}

/// A graph has more states than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// A fair run that never ends: first `stem`, then `cycle` for ever.
pub struct Lasso<M: Shareable> {
    /// From the start to the first state of the cycle.
    pub stem: Vec<Decision<M>>,
    /// From that state back to it. Empty: nothing has to happen there any more.
    pub cycle: Vec<Decision<M>>,
    /// The state in which the cycle begins.
    pub entry: usize,
}

impl<'s, 'c, M: Shareable> Graph<'s, 'c, M> {
    /// All of the graph, if it has at most so many states. `watch` is told now and then how many there are, and ends it with
    /// `false`.
    ///
    /// # Errors
    /// When there are more states, or `watch` ended it.
    pub fn explore(
        space: &'s Interned<'c, M>,
        max_states: usize,
        watch: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Self, TooLarge> {
        let mut graph = Graph {
            space,
            words: Vec::new(),
            arcs: Arcs::default(),
            steps: Vec::new(),
            firsts: Vec::new(),
            reached_by: Vec::new(),
            violated: Vec::new(),
        };
        let mut worker = space.worker();
        worker.note_offers();
        let mut known: FxHashMap<u64, u32> = FxHashMap::default();
        let mut prints: Vec<u64> = Vec::new();
        for (words, fingerprint) in space.initial(&mut worker) {
            known.insert(fingerprint, prints.len() as u32);
            prints.push(fingerprint);
            graph.add(&mut worker, &words, None);
        }
        let mut duties = Duties::default();
        let mut out = Successors::default();
        while graph.firsts.len() < prints.len() {
            let from = graph.firsts.len();
            if prints.len() > max_states || (from.is_multiple_of(1 << 12) && !watch(prints.len())) {
                return Err(TooLarge);
            }
            let state = graph.state(from).to_vec();
            out.clear();
            space.successors(&mut worker, &state, prints[from], &mut out);
            let offers = worker.noted_offers();
            graph.firsts.push(graph.steps.len());
            graph.violated[from] |= out.violated();
            let mut arcs = Vec::new();
            for (number, offer) in offers.into_iter().enumerate() {
                let (fingerprint, changes) = out.get(number);
                if fingerprint == prints[from] {
                    continue;
                }
                let edge = Edge {
                    from,
                    number: arcs.len(),
                };
                let to = *known.entry(fingerprint).or_insert_with(|| {
                    let mut next = state.clone();
                    changes
                        .iter()
                        .for_each(|change| next[usize::from(change.at)] = change.word);
                    graph.add(&mut worker, &next, Some(edge));
                    prints.push(fingerprint);
                    prints.len() as u32 - 1
                });
                arcs.push(Arc {
                    to,
                    duty: duties.of(&worker, offer),
                });
                graph.steps.push((number as u16, out.marks(number).violated));
            }
            graph.arcs.add(arcs);
        }
        Ok(graph)
    }

    fn add(&mut self, worker: &mut Worker<M>, words: &[u32], reached_by: Option<Edge>) {
        let Marks { violated, .. } = self.space.judge(worker, words, None);
        self.words.extend_from_slice(words);
        self.reached_by.push(reached_by);
        self.violated.push(violated);
    }

    fn state(&self, at: usize) -> &[u32] {
        let width = self.space.width();
        &self.words[at * width..(at + 1) * width]
    }

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.violated.len()
    }

    /// How many steps change something.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// A run without end, and fair to everything that happens by itself, in whose cycle every world is one of these: the
    /// one whose cycle begins nearest to the start. `bad` is asked about worlds to which a run may come again.
    pub fn lasso(&self, bad: &dyn Fn(&World<'_, M>) -> bool) -> Option<Lasso<M>> {
        let parts = self.arcs.fair_parts(|state| bad(&self.space.world(self.state(state))));
        let first = |part: &Vec<usize>| part.iter().copied().min();
        let (entry, part) = parts.into_iter().filter_map(|part| Some((first(&part)?, part))).min()?;
        let mut stem = Vec::new();
        let mut at = entry;
        while let Some(edge) = self.reached_by[at] {
            stem.push(edge);
            at = edge.from;
        }
        stem.reverse();
        Some(Lasso {
            stem: self.decisions(at, &stem),
            cycle: self.decisions(entry, &self.arcs.cycle(entry, &part)),
            entry,
        })
    }

    /// The decisions along these steps.
    fn decisions(&self, from: usize, edges: &[Edge]) -> Vec<Decision<M>> {
        let numbers: Vec<u16> = edges.iter().map(|edge| self.step(*edge).0).collect();
        self.space.worker().follow(self.space, self.state(from), &numbers)
    }

    fn step(&self, edge: Edge) -> (u16, u32) {
        self.steps[self.firsts[edge.from] + edge.number]
    }

    /// How many steps a state is away from the start.
    pub fn depth(&self, state: usize) -> usize {
        std::iter::successors(self.reached_by[state], |edge| self.reached_by[edge.from]).count()
    }

    /// Names of the properties that a state violates.
    pub fn violates(&self, state: usize) -> Vec<&'static str> {
        self.space.named(self.violated[state])
    }

    /// The steps from a state.
    pub fn steps_of(&self, state: usize) -> impl ExactSizeIterator<Item = Told<M>> {
        let edges = (0..self.arcs.of(state).len()).map(move |number| Edge { from: state, number });
        edges.map(move |edge| Told {
            to: self.arcs.target(edge),
            decisions: self.decisions(state, &[edge]),
            violates: self.space.named(self.step(edge).1),
        })
    }
}

/// A step of a graph, in words.
pub struct Told<M: Shareable> {
    /// Where it leads.
    pub to: usize,
    /// What was decided: several decisions where a round trip is one step.
    pub decisions: Vec<Decision<M>>,
    /// The properties that the step itself violates.
    pub violates: Vec<&'static str>,
}

/// Numbers of actions that somebody has to take some day.
struct Duties<M: Shareable> {
    actions: IndexSet<Action<M>, FxBuildHasher>,
    /// By offer, once it is known.
    known: Vec<Option<Option<u16>>>,
}

impl<M: Shareable> Default for Duties<M> {
    fn default() -> Self {
        Self {
            actions: IndexSet::default(),
            known: Vec::new(),
        }
    }
}

impl<M: Shareable> Duties<M> {
    fn of(&mut self, worker: &Worker<M>, offer: u32) -> Option<u16> {
        let at = offer as usize;
        if at >= self.known.len() {
            self.known.resize(at + 1, None);
        }
        *self.known[at].get_or_insert_with(|| {
            let action = worker.duty(offer)?;
            let number = self.actions.insert_full(action.clone()).0;
            Some(u16::try_from(number).expect("a world has fewer than 65,536 timers and queues"))
        })
    }
}
