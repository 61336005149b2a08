//! What made what happen: steps of a trace and the messages, slots and timers that tie them together, as a graph.
//!
//! | module | owns |
//! |---|---|
//! | `slice` | the steps that a step rests on |
//! | `dot` | the graph as text for Graphviz |
//! | `why` | which events made a value what it is |
//! | `loss` | how a promised record was lost |
//! | `explain` | the first screen about a violated property |
//! | `judge` | the properties that a rerun is judged by |
//! | `otherwise` | what would have happened had one thing gone otherwise |

mod dot;
mod explain;
mod judge;
mod loss;
mod otherwise;
mod queues;
mod slice;
mod text;
mod why;

use std::collections::BTreeMap;

use models::actions::Timer;
use models::ids::Node;
use models::slots::Slot;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use sim_core::Action;

use crate::narrate::{Names, Step, Tale};

use queues::Queues;

pub use explain::{Explanation, Finding, Unfolding, explain};
pub use judge::{Judge, first_failure};
pub use loss::{Committed, Gone, Loss, PassedBy, Sealed, Stranded, Unaware, Vanished, loss_of};
pub use otherwise::{Counterfactual, Otherwise, Outcome, Rival, counterfactuals, table};
pub use why::{Branch, PathError, Why, why};

/// What ties a step to a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// The earlier step sent what the later one received.
    Message(Slot),
    /// The earlier step ended the connection whose end the later one noticed.
    Break(Slot),
    /// The earlier step let a held queue pass again.
    Release(Slot),
    /// The earlier step armed the timer that fired.
    Timer(Node, Timer),
    /// The earlier step wrote the slot last that the later one read or wrote.
    Slot(Slot),
}

impl Cause {
    /// In words: what carried the influence.
    pub fn words(self, tale: &Tale<'_>) -> String {
        let names = Names::new(tale.config());
        match self {
            Self::Message(queue) => format!("message {}", connection(names, queue)),
            Self::Break(queue) => format!("broken connection {}", connection(names, queue)),
            Self::Release(queue) => format!("it passes again {}", connection(names, queue)),
            Self::Timer(node, timer) => format!("timer of {}: {timer}", names.node(node)),
            Self::Slot(slot) => match slot {
                Slot::Life(id) => format!("process of broker {id}"),
                Slot::Image(id) => format!("metadata of broker {id}"),
                Slot::Replica(id, partition) => format!("role of {}", names.replica(id, partition)),
                Slot::Log(id, partition) => format!("log of {}", names.replica(id, partition)),
                Slot::Client(id) => format!("state of {}", names.client(id)),
                Slot::Controller => "state of the controller".into(),
                Slot::ZooKeeper => "state of ZooKeeper".into(),
                Slot::Allegiance(id) => format!("whose orders broker {id} takes"),
                Slot::KafkaController(id) => format!("controller on broker {id}"),
                Slot::RaftManager(id) => format!("metadata log of {}", names.member(id)),
                Slot::QuorumController(id) => format!("state of {}", names.member(id)),
                Slot::Committed => slot.to_string(),
                Slot::Faults | Slot::Links | Slot::Queue(..) | Slot::Ledger => slot.to_string(),
            },
        }
    }
}

fn connection(names: Names<'_>, queue: Slot) -> String {
    let Slot::Queue(from, to, _) = queue else {
        return queue.to_string();
    };
    format!("{} -> {}", names.node(from), names.node(to))
}

/// The cause that says most: what travelled, or else the log rather than the role, the role rather than the metadata.
fn principal(causes: &[Cause]) -> Option<Cause> {
    let travelled = causes.first().filter(|cause| !matches!(cause, Cause::Slot(_)));
    travelled.or(causes.last()).copied()
}

/// ` [message broker 2 -> broker 1]`, or nothing.
fn in_brackets(tale: &Tale<'_>, causes: &[Cause]) -> String {
    principal(causes).map_or_else(String::new, |cause| format!(" [{}]", cause.words(tale)))
}

/// A message that was sent and never arrived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LostMessage {
    /// The step that sent it.
    pub sent: usize,
    /// The step that lost it with its connection.
    pub lost: usize,
    /// On which queue.
    pub queue: Slot,
}

/// The happens-before graph of a tale: a node per step, an edge per pair of which one made the other possible or
/// different. Budgets and the ledger tie nothing: no handler reads them.
#[derive(Clone, Debug)]
pub struct Causality {
    graph: DiGraph<usize, Vec<Cause>>,
    lost: Vec<LostMessage>,
}

impl Causality {
    /// The graph of these steps.
    pub fn of(tale: &Tale<'_>) -> Self {
        let mut weaver = Weaver::new(tale);
        for step in tale.steps() {
            weaver.weave(step);
        }
        weaver.finish()
    }

    /// The direct causes of a step, the latest first.
    pub fn causes(&self, step: usize) -> Vec<(usize, &[Cause])> {
        self.neighbours(step, Direction::Incoming).into_iter().rev().collect()
    }

    /// What a step directly caused, in order.
    pub fn effects(&self, step: usize) -> Vec<(usize, &[Cause])> {
        self.neighbours(step, Direction::Outgoing)
    }

    /// Messages that were lost with their connection, in the order in which they were lost.
    pub fn lost_messages(&self) -> &[LostMessage] {
        &self.lost
    }

    fn neighbours(&self, step: usize, direction: Direction) -> Vec<(usize, &[Cause])> {
        let Some(at) = step.checked_sub(1).filter(|at| *at < self.graph.node_count()) else {
            return Vec::new();
        };
        let edges = self.graph.edges_directed(NodeIndex::new(at), direction).map(|edge| {
            let other = if direction == Direction::Incoming {
                edge.source()
            } else {
                edge.target()
            };
            (self.graph[other], edge.weight().as_slice())
        });
        let mut found: Vec<_> = edges.collect();
        found.sort_unstable();
        found
    }
}

/// Goes through the steps and remembers who wrote, sent and armed last.
struct Weaver {
    edges: BTreeMap<(usize, usize), Vec<Cause>>,
    steps: usize,
    writers: BTreeMap<Slot, usize>,
    armed: BTreeMap<(Node, Timer), usize>,
    queues: Queues,
}

impl Weaver {
    fn new(tale: &Tale<'_>) -> Self {
        Self {
            edges: BTreeMap::new(),
            steps: 0,
            writers: BTreeMap::new(),
            armed: BTreeMap::new(),
            queues: Queues::of(tale),
        }
    }

    fn weave(&mut self, step: &Step) {
        let now = step.number;
        self.steps = now;
        if let Action::Fire(node, timer) = step.action
            && let Some(earlier) = self.armed.remove(&(node, timer))
        {
            self.tie(earlier, now, Cause::Timer(node, timer));
        }
        for (earlier, cause) in self.queues.follow(step) {
            self.tie(earlier, now, cause);
        }
        for slot in step.touched.iter().filter(|slot| is_local(**slot)) {
            if let Some(earlier) = self.writers.get(slot) {
                self.tie(*earlier, now, Cause::Slot(*slot));
            }
        }
        let written = step
            .changed
            .iter()
            .map(|change| change.slot)
            .filter(|slot| is_local(*slot));
        self.writers.extend(written.map(|slot| (slot, now)));
        self.armed.extend(step.armed.iter().map(|armed| (*armed, now)));
    }

    fn tie(&mut self, earlier: usize, later: usize, cause: Cause) {
        self.edges.entry((earlier, later)).or_default().push(cause);
    }

    fn finish(self) -> Causality {
        let mut graph = DiGraph::new();
        let nodes: Vec<NodeIndex> = (1..=self.steps).map(|step| graph.add_node(step)).collect();
        for ((earlier, later), mut causes) in self.edges {
            causes.sort_unstable();
            causes.dedup();
            graph.add_edge(nodes[earlier - 1], nodes[later - 1], causes);
        }
        Causality {
            graph,
            lost: self.queues.into_lost(),
        }
    }
}

/// Slots whose order of writing is an order of causes: a node's own state and the controller's.
fn is_local(slot: Slot) -> bool {
    match slot {
        Slot::Controller | Slot::Life(_) | Slot::Image(_) | Slot::Replica(..) | Slot::Log(..) | Slot::Client(_) => true,
        Slot::ZooKeeper | Slot::Allegiance(_) | Slot::KafkaController(_) => true,
        Slot::RaftManager(_) | Slot::QuorumController(_) => true,
        Slot::Faults | Slot::Links | Slot::Queue(..) | Slot::Ledger | Slot::Committed => false,
    }
}
