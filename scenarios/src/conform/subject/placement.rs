//! Automatic placement: the model's placer, its chances answered by the recording.

use models::controller::placement::striped;
use models::ids::BrokerId;

use super::NotModelled;
use super::build::{broker, node};
use super::simulated::SimulatedCluster;
use crate::recording::NodeId;

impl SimulatedCluster<'_> {
    /// Where the model places a topic of the recorded size, when start and orders are those that the recording had.
    pub(super) fn placed(&mut self, topic: &str) -> Result<Vec<Vec<NodeId>>, NotModelled> {
        let hint = self.chance.hints.placement(topic);
        let recorded = hint.ok_or_else(|| NotModelled(format!("how large {topic} is is not recorded")))?;
        let recorded: Vec<Vec<BrokerId>> = recorded
            .iter()
            .map(|row| row.iter().filter_map(|id| broker(*id)).collect())
            .collect();
        let cluster = models::authority(&self.timed.world);
        let registered = cluster.brokers().iter().map(|(id, _)| *id);
        let brokers: Vec<BrokerId> = registered.filter(|id| cluster.is_active(*id)).collect();
        let copies = recorded.first().map_or(0, Vec::len);
        let mut answers = answers(&brokers, &recorded).into_iter();
        let rows = striped(&brokers, recorded.len(), copies, &mut |_, of| {
            answers.next().unwrap_or(0).min(of - 1)
        });
        Ok(rows
            .iter()
            .map(|row| row.iter().map(|id| node(*id)).collect())
            .collect())
    }
}

/// What the placer has to be answered so that each round goes along the recorded order: the start, then of each further
/// round who comes next among those that are left.
fn answers(brokers: &[BrokerId], recorded: &[Vec<BrokerId>]) -> Vec<usize> {
    let mut sorted = brokers.to_vec();
    sorted.sort_unstable();
    let mut answers = Vec::new();
    for (round, rows) in recorded.chunks(sorted.len().max(1)).enumerate() {
        let seen = order_of(rows);
        if round == 0 {
            let first = seen.first().and_then(|id| sorted.iter().position(|other| other == id));
            answers.push(first.unwrap_or(0));
            continue;
        }
        let mut left = sorted.clone();
        let rest: Vec<BrokerId> = left.iter().copied().filter(|id| !seen.contains(id)).collect();
        for id in seen.iter().chain(&rest) {
            let Some(at) = left.iter().position(|other| other == id) else {
                continue;
            };
            if left.len() > 1 {
                answers.push(at);
            }
            left.remove(at);
        }
    }
    answers
}

/// The order that the rows of one round go along, as far as they show it: each row begins one broker further on.
fn order_of(rows: &[Vec<BrokerId>]) -> Vec<BrokerId> {
    let mut order: Vec<BrokerId> = Vec::new();
    for id in rows.iter().flatten() {
        if !order.contains(id) {
            order.push(*id);
        }
    }
    order
}
