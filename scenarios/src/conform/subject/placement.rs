//! Automatic placement: the model's placer, its chances answered by the recording.

use models::controller::placement::{cached, shifted, striped};
use models::ids::{BrokerId, Brokers};

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
        if self.blueprint.config.has_zookeeper() {
            return Ok(nodes(&as_zookeeper_does(&brokers, &recorded, copies)));
        }
        let mut answers = answers(&brokers, &recorded).into_iter();
        let rows = striped(&brokers, recorded.len(), copies, &mut |_, of| {
            answers.next().unwrap_or(0).min(of - 1)
        });
        Ok(nodes(&rows))
    }
}

/// As the recording names them.
pub(super) fn nodes(rows: &[Brokers]) -> Vec<Vec<NodeId>> {
    let row = |row: &Brokers| row.iter().map(|id| node(*id)).collect();
    rows.iter().map(row).collect()
}

/// The rows of a topic with ZooKeeper. To chance belong who came first of two brokers that share a slot of the table, where the
/// placement begins, and how far away the second replica is: the rows of the first round say which, and the
/// others follow.
fn as_zookeeper_does(brokers: &[BrokerId], recorded: &[Vec<BrokerId>], copies: usize) -> Vec<Brokers> {
    let descending: Vec<BrokerId> = brokers.iter().rev().copied().collect();
    let orders = [cached(brokers), cached(&descending)];
    let place = |order: &[BrokerId], start: usize, distance: usize| {
        let mut answers = [start, distance].into_iter();
        let mut choose = |_: &'static str, of: usize| answers.next().unwrap_or(0).min(of.max(1) - 1);
        shifted(order, 0, recorded.len(), copies, &mut choose)
    };
    let shown = recorded.len().min(brokers.len());
    let begins = |rows: &[Brokers]| {
        let pairs = rows.iter().zip(recorded).take(shown);
        pairs.filter(|(row, seen)| row[..] == seen[..]).count() == shown
    };
    let all = orders.iter().flat_map(|order| {
        let starts = (0..order.len()).flat_map(|start| (0..order.len()).map(move |distance| (start, distance)));
        starts.map(|(start, distance)| place(order, start, distance))
    });
    let mut all: Vec<Vec<Brokers>> = all.collect();
    let at = all.iter().position(|rows| begins(rows)).unwrap_or(0);
    if all.is_empty() {
        Vec::new()
    } else {
        all.swap_remove(at)
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
