//! Probabilistic concurrency testing: chains of events have random priorities, the highest that has something to do goes
//! first, and at a few random steps the chain in front falls behind all others. After Burckhardt et al., "A Randomized
//! Scheduler with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010), and for messages Ozkan et al., "Randomized Testing
//! of Distributed Systems with Probabilistic Guarantees" (OOPSLA 2018). Faults come as a storm has planned them.
//!
//! Fairness, without which a client that asks again and again would be all that ever happens: a chain that was passed over
//! for too long goes next.

use models::Kafka;
use models::actions::Event;
use models::config::Config;
use models::ids::Node;
use models::slots::Slot;
use sim_core::{Action, Candidate, Purpose, Sampler, Stream};

use super::storm::{Storm, Turn};

/// How many steps change priorities.
const CHANGES: &[u64] = &[0, 1, 2, 3, 4, 6];
/// Within how many steps they lie.
const HORIZONS: &[u64] = &[16, 32, 64, 96];
/// A chain that was passed over so often goes next.
const PASSED_OVER_MAX: u32 = 40;

/// Events that come one after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Chain {
    /// A queue.
    Queue(Slot),
    /// Timers and commands of a node.
    Node(Node),
    /// The end of a fault, a start.
    Environment(Event),
}

fn chain(action: &Action<Kafka>) -> Chain {
    match action {
        Action::Deliver(slot) | Action::DeliverOverdue(slot) => Chain::Queue(*slot),
        Action::Fire(node, _) | Action::Command(node, _) => Chain::Node(*node),
        Action::Environment(event) => Chain::Environment(*event),
    }
}

/// A chain with its priority.
struct Ranked {
    chain: Chain,
    priority: u64,
    passed_over: u32,
}

/// Priorities of the chains of one run.
pub struct Pct {
    storm: Storm,
    ranks: Vec<Ranked>,
    /// Steps at which the chain in front falls behind, the latest first.
    changes: Vec<u64>,
    step: u64,
}

impl Pct {
    /// The sampler of one run.
    pub fn new(config: &Config, seed: u64) -> Self {
        let mut stream = Stream::new(seed, Purpose::Workload);
        let mut draw = |table: &[u64]| *stream.pick(table).expect("a table is not empty");
        let (count, horizon) = (draw(CHANGES), draw(HORIZONS));
        let mut changes: Vec<u64> = (0..count).map(|_| stream.below(horizon)).collect();
        changes.sort_unstable_by_key(|step| std::cmp::Reverse(*step));
        Self {
            storm: Storm::new(config, seed),
            ranks: Vec::new(),
            changes,
            step: 0,
        }
    }

    /// Where a chain stands; a new one gets a random priority above all that fell behind.
    fn rank(&mut self, chain: Chain, stream: &mut Stream) -> usize {
        if let Some(at) = self.ranks.iter().position(|rank| rank.chain == chain) {
            return at;
        }
        let priority = stream.word() | 1 << 63;
        self.ranks.push(Ranked {
            chain,
            priority,
            passed_over: 0,
        });
        self.ranks.len() - 1
    }

    /// The first of these chains: one that starves, else the highest.
    fn first(&self, ranks: &[usize]) -> Option<usize> {
        let starving = (0..ranks.len()).find(|at| self.ranks[ranks[*at]].passed_over >= PASSED_OVER_MAX);
        let highest = |at: &usize| (self.ranks[ranks[*at]].priority, std::cmp::Reverse(*at));
        starving.or_else(|| (0..ranks.len()).max_by_key(highest))
    }
}

impl Sampler<Kafka> for Pct {
    fn pick(&mut self, candidates: &[&Candidate<Kafka>], stream: &mut Stream) -> Option<usize> {
        let calm = match self.storm.turn(candidates, stream) {
            Turn::Fault(fault) => return Some(fault),
            Turn::Over => return None,
            Turn::Calm(calm) => calm,
        };
        let ranks: Vec<usize> = calm
            .iter()
            .map(|at| self.rank(chain(&candidates[*at].action), stream))
            .collect();
        let mut first = self.first(&ranks)?;
        self.step += 1;
        while self.changes.last().is_some_and(|change| *change < self.step) {
            self.changes.pop();
            // Later changes fall behind earlier ones.
            self.ranks[ranks[first]].priority = self.changes.len() as u64;
            first = self.first(&ranks)?;
        }
        for (at, rank) in ranks.iter().enumerate() {
            let passed_over = &mut self.ranks[*rank].passed_over;
            *passed_over = if at == first { 0 } else { *passed_over + 1 };
        }
        Some(calm[first])
    }
}
