//! Swarm sampling: each run draws its own fault kinds and weights, so that different runs have different habits.
//! After Groce et al., "Swarm testing" (ISSTA 2012).

use models::Kafka;
use models::actions::{Event, Timer};
use models::config::Config;
use models::faults::Fault;
use models::ids::Node;
use models::message::Lane;
use models::slots::Slot;
use sim_core::{Action, Candidate, Purpose, Sampler, Stream};

/// Kinds of action that get a weight of their own.
const CLASSES: usize = 12;
/// The longest calm before the first fault, in steps.
const CALM_MAX: u64 = 48;

/// A run's habits.
pub struct Swarm {
    classes: [u32; CLASSES],
    faults: Vec<u32>,
    nodes: Vec<(Node, u32)>,
    lanes: Vec<((Node, Node), u32)>,
    weights: Vec<u32>,
    /// Faults come from this step on: real ones come in bursts.
    calm_until: u64,
    step: u64,
}

impl Swarm {
    /// Draws the habits of one run.
    pub fn new(config: &Config, seed: u64) -> Self {
        let mut stream = Stream::new(seed, Purpose::Faults);
        let mut draw = |table: &[u32]| *stream.pick(table).expect("a table of weights is not empty");
        let mut classes = [0; CLASSES];
        classes.iter_mut().for_each(|weight| *weight = draw(&[1, 4, 16, 64]));
        let faults = Fault::ALL.iter().map(|_| draw(&[0, 256, 1024, 4096])).collect();
        let nodes: Vec<(Node, u32)> = config.nodes().map(|node| (node, draw(&[1, 4, 16]))).collect();
        let pairs = nodes.iter().flat_map(|(a, _)| nodes.iter().map(move |(b, _)| (*a, *b)));
        let lanes = pairs.map(|pair| (pair, draw(&[1, 8, 8, 8]))).collect();
        let calm_until = if stream.below(4) == 0 {
            0
        } else {
            stream.below(CALM_MAX)
        };
        Self {
            classes,
            faults,
            nodes,
            lanes,
            weights: Vec::new(),
            calm_until,
            step: 0,
        }
    }

    fn weight(&self, candidate: &Candidate<Kafka>) -> u32 {
        if let Some(fault) = candidate.spends {
            return if self.step < self.calm_until {
                0
            } else {
                self.faults[fault as usize]
            };
        }
        let (class, node) = class(&candidate.action);
        let node = node.and_then(|node| self.nodes.iter().find(|(known, _)| *known == node));
        let lane = match &candidate.action {
            Action::Deliver(Slot::Queue(from, to, _)) => self
                .lanes
                .iter()
                .find(|(pair, _)| *pair == (*from, *to))
                .map_or(8, |(_, weight)| *weight),
            Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Fire(..) | Action::Command(..) => 8,
            Action::Environment(_) => 8,
        };
        self.classes[class] * node.map_or(4, |(_, weight)| *weight) * lane
    }
}

/// The class of an action and the node at which it happens.
fn class(action: &Action<Kafka>) -> (usize, Option<Node>) {
    match action {
        Action::Deliver(Slot::Queue(_, to, lane)) => match lane {
            Lane::Control | Lane::Session | Lane::Ask | Lane::Answer => (0, Some(*to)),
            Lane::Metadata | Lane::Channel => (1, Some(*to)),
            Lane::Alter(_) => (2, Some(*to)),
            Lane::Fetch(_) => (3, Some(*to)),
            Lane::Client => (4, Some(*to)),
        },
        Action::Deliver(_) => (3, None),
        Action::DeliverOverdue(_) => (5, None),
        Action::Fire(node, Timer::Session(_)) => (6, Some(*node)),
        Action::Fire(node, Timer::Retry | Timer::FetchBackoff(_) | Timer::ClientRetry) => (7, Some(*node)),
        Action::Fire(node, _) => (8, Some(*node)),
        Action::Command(node, _) => (9, Some(*node)),
        Action::Environment(Event::Start(id)) => (10, Some(Node::Broker(*id))),
        Action::Environment(_) => (11, None),
    }
}

impl Sampler<Kafka> for Swarm {
    fn pick(&mut self, candidates: &[&Candidate<Kafka>], stream: &mut Stream) -> Option<usize> {
        let mut weights = std::mem::take(&mut self.weights);
        weights.clear();
        weights.extend(candidates.iter().map(|candidate| self.weight(candidate)));
        let picked = stream.weighted(&weights).or_else(|| {
            // Nothing but faults is possible, and they are not due yet: the calm ends.
            self.calm_until = 0;
            Some(stream.below(candidates.len() as u64) as usize)
        });
        self.step += 1;
        self.weights = weights;
        picked
    }
}
