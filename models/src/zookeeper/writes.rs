//! Conditional writes: a controller's multi, and a leader's own change of its ISR.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sim_core::Since;

use super::messages::{Answer, Changed, Stored, Write};
use super::tree::ZooKeeperSide;
use crate::Context;
use crate::actions::Timer;
use crate::cluster::{PartitionState, Record};
use crate::config::Pace;
use crate::controller::partition_change::Choice;
use crate::fact::Fact;
use crate::features::IsrCasFailure;
use crate::ids::{BrokerId, Brokers, ControllerEpoch, Node, Partition, PartitionEpoch, TopicIndex};
use crate::message::{AlterPartition, Altered, Code, Msg};

/// The writes of a controller. Kafka: `KafkaZkClient.retryRequestsUntilConnected` with `checkOp` of `/controller_epoch`.
pub(super) fn multi(
    at: &mut ZooKeeperSide<'_>,
    cx: &mut Context<'_>,
    author: ControllerEpoch,
    check: Option<ControllerEpoch>,
    writes: &[Write],
) -> Answer {
    if check.is_some_and(|expected| expected != at.tree.controller_epoch) {
        return Answer::ControllerMoved;
    }
    cx.announce(Fact::WrittenBy {
        author,
        current: at.tree.controller_epoch,
    });
    let mut failed: Vec<Partition> = Vec::new();
    let changed = writes.iter().map(|write| match write {
        Write::Topic(topic, settings) => {
            at.tree.cluster.apply(&Record::Topic(*topic, *settings));
            Ok(PartitionEpoch::default())
        }
        Write::Assignment(partition, _) if failed.contains(partition) => Err(None),
        Write::Assignment(partition, assignment) => {
            at.tree.cluster.assign(*partition, assignment);
            Ok(PartitionEpoch::default())
        }
        Write::Delete(topic) => {
            if !at.tree.doomed.contains(topic) {
                at.tree.doomed.push(*topic);
                at.tree.doomed.sort_unstable();
            }
            Ok(PartitionEpoch::default())
        }
        Write::NoTopic(topic) => {
            remove(at, cx, *topic);
            Ok(PartitionEpoch::default())
        }
        Write::Config(topic, settings) => {
            at.tree.cluster.apply(&Record::Topic(*topic, *settings));
            at.announce_config(cx, *topic, *settings);
            Ok(PartitionEpoch::default())
        }
        Write::State(stored) if failed.contains(&stored.partition) => Err(None),
        Write::State(stored) => {
            let result = store(at, cx, author, stored);
            if result.is_err() {
                failed.push(stored.partition);
            }
            result
        }
    });
    Answer::Done(changed.collect())
}

/// All nodes of a topic.
fn remove(at: &mut ZooKeeperSide<'_>, cx: &mut Context<'_>, topic: TopicIndex) {
    at.tree.doomed.retain(|other| *other != topic);
    for partition in cx.config().partitions_of(topic) {
        if at.tree.cluster.partition(partition).is_some() {
            cx.announce(Fact::Deleted(partition));
        }
        at.tree.isr_changes.retain(|other| *other != partition);
    }
    at.tree.cluster.delete(cx.config(), topic);
}

/// One state: created, or set on condition of the version before.
fn store(at: &mut ZooKeeperSide<'_>, cx: &mut Context<'_>, author: ControllerEpoch, stored: &Stored) -> Changed {
    let index = usize::from(stored.partition.0);
    let version = stored.state.partition_epoch;
    let fits = match at.tree.cluster.partition(stored.partition) {
        Some(known) => known.partition_epoch.next() == version,
        None => version == PartitionEpoch::default(),
    };
    if !fits {
        let known = at.tree.cluster.partition(stored.partition).cloned();
        let writer = at.tree.written_by[index];
        return Err(known.map(|known| Box::new((known, writer))));
    }
    at.tree.written_by[index] = author;
    at.decided(cx, stored.partition, stored.state.clone(), stored.choice);
    Ok(version)
}

/// A leader writes its ISR itself (before 2.7). Kafka: `ReplicationUtils.updateLeaderAndIsr`.
pub fn on_isr_write(mut at: ZooKeeperSide<'_>, cx: &mut Context<'_>, from: BrokerId, alter: &AlterPartition) {
    let result = write_isr(&mut at, cx, from, alter);
    let altered = Altered {
        partition: alter.partition,
        leader_epoch: alter.leader_epoch,
        result,
    };
    cx.reply(Node::Broker(from), Msg::Altered(Box::new(altered)));
}

fn write_isr(
    at: &mut ZooKeeperSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    alter: &AlterPartition,
) -> Result<(Brokers, PartitionEpoch), Code> {
    let partition = alter.partition;
    if !at.tree.is_session(from, alter.broker_epoch) {
        return Err(Code::StaleBrokerEpoch);
    }
    let known = at.tree.cluster.partition(partition).cloned();
    let known = known.ok_or(Code::UnknownTopicOrPartition)?;
    if known.partition_epoch != alter.partition_epoch {
        // The reading that follows a failed write is part of the answer.
        let still_leads = known.leader == Some(from) && known.leader_epoch == alter.leader_epoch;
        return match cx.config().rules(from).isr_cas_failure() {
            IsrCasFailure::Refresh if still_leads => Ok((known.isr, known.partition_epoch)),
            IsrCasFailure::Refresh | IsrCasFailure::RetrySame => Err(Code::InvalidUpdateVersion),
        };
    }
    let isr: Brokers = alter.isr.iter().map(|(id, _)| *id).collect();
    let state = PartitionState {
        isr: isr.clone(),
        partition_epoch: known.partition_epoch.next(),
        ..known
    };
    let version = state.partition_epoch;
    at.decided(cx, partition, state, Choice::Clean);
    notify(at, cx, partition);
    Ok((isr, version))
}

/// The change is queued for a notification. Kafka: `ReplicaManager.maybePropagateIsrChanges`.
///
/// Differs from Kafka: each leader collects its own changes; here ZooKeeper's node does for all.
fn notify(at: &mut ZooKeeperSide<'_>, cx: &mut Context<'_>, partition: Partition) {
    if let Err(place) = at.tree.isr_changes.binary_search(&partition) {
        at.tree.isr_changes.insert(place, partition);
    }
    let armed = at.tree.timers.is_armed(Timer::IsrNotice);
    if !armed || cx.config().pace == Pace::Clock {
        cx.arm(&mut at.tree.timers, Timer::IsrNotice, Since::Now);
    }
}
