//! Partial order sampling: every event that waits has a random priority, and the highest goes first. Events that race with it,
//! here those of the same node, draw anew. After Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling" (CAV 2018).
//! Faults come as a storm has planned them.

use models::Kafka;
use models::config::Config;
use models::ids::Node;
use models::slots::Slot;
use sim_core::{Action, Candidate, Sampler, Stream};

use super::storm::{Storm, Turn};

/// Priorities of the events that wait.
pub struct Pos {
    storm: Storm,
    waiting: Vec<(Action<Kafka>, u64)>,
}

impl Pos {
    /// The sampler of one run.
    pub fn new(config: &Config, seed: u64) -> Self {
        Self {
            storm: Storm::new(config, seed),
            waiting: Vec::new(),
        }
    }
}

/// The node at which an event happens.
fn node(action: &Action<Kafka>) -> Option<Node> {
    match action {
        Action::Deliver(Slot::Queue(_, to, _)) | Action::DeliverOverdue(Slot::Queue(_, to, _)) => Some(*to),
        Action::Deliver(_) | Action::DeliverOverdue(_) => None,
        Action::Fire(node, _) | Action::Command(node, _) => Some(*node),
        Action::Environment(_) => None,
    }
}

impl Sampler<Kafka> for Pos {
    fn pick(&mut self, candidates: &[&Candidate<Kafka>], stream: &mut Stream) -> Option<usize> {
        let calm = match self.storm.turn(candidates, stream) {
            Turn::Fault(fault) => return Some(fault),
            Turn::Over => return None,
            Turn::Calm(calm) => calm,
        };
        let mut still: Vec<(Action<Kafka>, u64)> = Vec::with_capacity(calm.len());
        for at in &calm {
            let action = &candidates[*at].action;
            let known = self.waiting.iter().find(|(waiting, _)| waiting == action);
            let priority = known.map_or_else(|| stream.word(), |(_, priority)| *priority);
            still.push((action.clone(), priority));
        }
        // Of two equal priorities the first one in canonical order goes first.
        let highest = |at: &usize| (still[*at].1, std::cmp::Reverse(*at));
        let first = (0..still.len()).max_by_key(highest)?;
        let (picked, _) = still.swap_remove(first);
        let here = node(&picked);
        still.retain(|(action, _)| here.is_none() || node(action) != here);
        self.waiting = still;
        Some(calm[first])
    }
}
