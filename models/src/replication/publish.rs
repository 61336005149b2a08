//! New metadata reaches a partition, and a process ends: become leader, become follower, go offline.

use sim_core::{Since, Tear};

use super::leader::{dismiss_parked, dismiss_waiting};
use super::{Following, Leading, PartitionSide, Peer, Replica, ReplicaSide, Role};
use crate::Context;
use crate::actions::{End, Moment, Timer};
use crate::cluster::PartitionState;
use crate::config::Pace;
use crate::fact::{Fact, Stored};
use crate::features::{FollowerEnds, TruncateOn};
use crate::ids::{Brokers, Node, Partition};
use crate::log::Log;
use crate::message::Msg;

/// Kafka: `ReplicaManager.applyDelta`, `Partition.makeLeader`, `Partition.makeFollower`.
pub fn on_publish(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    let Some(state) = at.cluster().partition(at.partition).cloned() else {
        if at.cluster().is_gone(cx.config().placed(at.partition).topic) {
            at.drop_replica(cx);
        }
        return;
    };
    if !state.replicas.contains(&at.me) {
        return at.drop_replica(cx);
    }
    let unloaded = at.replica.role == Role::Offline;
    if unloaded {
        at.log.load();
    }
    at.report_directory(cx);
    if !unloaded && state.partition_epoch <= at.replica.partition_epoch {
        return at.retry_expansions(cx);
    }
    if state.leader == Some(at.me) {
        at.become_leader(cx, &state);
    } else {
        at.become_follower(cx, &state);
    }
}

/// The process ends, and what that does to this replica.
pub fn on_end(at: ReplicaSide<'_>, cx: &mut Context<'_>, end: End) {
    let down = *at.replica == Replica::default();
    *at.replica = Replica::default();
    match end {
        End::Clean => {
            at.log.flush();
            at.log.write_checkpoint();
        }
        End::Kill => save_or_not(at.log, cx, down),
        End::Power => {
            save_or_not(at.log, cx, down);
            let at_risk = at.log.journal().at_risk() as u32;
            let lost = cx.choose("unflushed batches lost", at_risk + 1) as usize;
            let torn = lost > 0 && cx.choose("the first of them torn", 2) == 1;
            let before = at.log.clone();
            at.log
                .journal_mut()
                .lose_power(lost, if torn { Tear::Torn } else { Tear::Clean });
            cx.announce(lost_since(at.partition, &before, at.log));
        }
    }
    at.log.forget_memory();
}

/// The data folder is emptied.
pub fn on_wipe(at: ReplicaSide<'_>, cx: &mut Context<'_>) {
    let before = core::mem::take(at.log);
    cx.announce(lost_since(at.partition, &before, at.log));
}

/// What a disk has lost: the records that the log had before.
fn lost_since(partition: Partition, before: &Log, log: &Log) -> Fact {
    let from = log.end();
    let records = before.records(from, before.end());
    let records = records.map(|(offset, record, epoch)| Stored { offset, record, epoch });
    Fact::Lost {
        partition,
        from,
        records: records.collect(),
    }
}

/// Without a clock, the file has the high watermark of this moment or the one that was last written.
fn save_or_not(log: &mut Log, cx: &mut Context<'_>, down: bool) {
    let due = !down && cx.config().pace == Pace::Free && log.checkpoint_is_due();
    if due && cx.choose("high watermark on disk is old", 2) == 0 {
        log.write_checkpoint();
    }
}

impl PartitionSide<'_> {
    /// A disk that was wiped is another one: the controller learns of it. Kafka: `AssignmentsManager`.
    pub(super) fn report_directory(&self, cx: &mut Context<'_>) {
        let partition = self.partition;
        let Some(own) = self.cluster().broker(self.me) else {
            return;
        };
        if !self.cluster().is_placed(partition, self.me) && cx.config().rules(self.me).directories().is_on() {
            let (epoch, directory) = (own.epoch, own.directory);
            cx.send(
                Node::Controller,
                Msg::AssignDirectory {
                    epoch,
                    partition,
                    directory,
                },
            );
        }
    }

    pub(super) fn become_leader(&mut self, cx: &mut Context<'_>, state: &PartitionState) {
        let (me, partition, end) = (self.me, self.partition, self.log.end());
        let newer = state.leader_epoch > self.replica.leader_epoch;
        let missed = state.leader_epoch.0 > self.replica.leader_epoch.0 + 1;
        self.replica.leader_epoch = state.leader_epoch;
        self.replica.partition_epoch = state.partition_epoch;
        let mut others: Brokers = state.replicas.iter().copied().filter(|id| *id != me).collect();
        others.sort_unstable();
        let gone = |timer: &Timer| match timer {
            Timer::Lag(_, id) | Timer::FetchWait(_, id) => !others.contains(id),
            _ => false,
        };
        self.replica.timers.cancel_where(|timer| gone(&timer));
        match &mut self.replica.role {
            Role::Leader(leading) if !newer => {
                leading.isr.clone_from(&state.isr);
                leading.pending = None;
                leading.know(&others);
            }
            Role::Leader(leading) => {
                leading.know(&others);
                leading.isr.clone_from(&state.isr);
                leading.pending = None;
                leading.asked = false;
                leading.epoch_start = end;
                leading.recovery = state.recovery;
                // Kafka: DelayedFetch. A fetch of an older epoch that waits here is refused, and counts for nothing any more.
                let outdated = cx.config().rules(me).fetch_epoch().is_on();
                let forgets = missed && cx.config().rules(me).follower_ends() == FollowerEnds::ForgottenAfterGap;
                for (_, peer) in &mut leading.peers {
                    // Kafka keeps it: `Replica.resetReplicaState` with `isNewLeader` false.
                    if forgets {
                        (peer.end, peer.epoch) = (None, None);
                    }
                    if cx.config().pace == Pace::Clock {
                        (peer.leader_end, peer.lagging) = (end, false);
                    }
                    if outdated {
                        (peer.parked, peer.told) = (None, None);
                    }
                }
                if outdated {
                    let timers = &mut self.replica.timers;
                    timers.cancel_where(|timer| matches!(timer, Timer::FetchWait(..)));
                }
                self.begin_epoch(cx);
            }
            Role::Offline | Role::Follower(_) => {
                self.replica.timers.cancel(Timer::FetchBackoff(partition));
                self.replica.role = Role::Leader(Leading {
                    isr: state.isr.clone(),
                    pending: None,
                    asked: false,
                    epoch_start: end,
                    recovery: state.recovery,
                    peers: others.into_iter().map(|id| (id, Peer::default())).collect(),
                    waiting: sim_core::SmallVec::new(),
                });
                self.begin_epoch(cx);
            }
        }
        self.watch_lag(cx);
        self.advance_high_watermark(cx);
        self.retry_expansions(cx);
    }

    fn begin_epoch(&mut self, cx: &mut Context<'_>) {
        let epoch = self.replica.leader_epoch;
        if cx.config().rules(self.me).epoch_on_election().is_on() {
            self.log.assign_epoch(epoch, self.log.end());
        }
        cx.announce(Fact::Led {
            partition: self.partition,
            epoch,
        });
        if let Role::Leader(leading) = &self.replica.role {
            for id in leading.isr.iter().filter(|id| **id != self.me) {
                cx.stamp(Moment::CaughtUp(self.partition, *id));
                cx.stamp(Moment::LastFetch(self.partition, *id));
                let lag = Timer::Lag(self.partition, *id);
                if self.replica.timers.is_armed(lag) {
                    cx.arm(&mut self.replica.timers, lag, Since::Now);
                }
            }
        }
    }

    pub(super) fn become_follower(&mut self, cx: &mut Context<'_>, state: &PartitionState) {
        let newer = state.leader_epoch > self.replica.leader_epoch;
        self.replica.leader_epoch = state.leader_epoch;
        self.replica.partition_epoch = state.partition_epoch;
        let notices = cx.config().rules(self.me).truncate_on() == TruncateOn::EveryEpoch;
        match &mut self.replica.role {
            Role::Follower(_) if !newer => return,
            // Kafka before KAFKA-7164: Partition.makeFollower said that nothing had changed.
            Role::Follower(following) if !notices && following.leader == state.leader => return,
            Role::Leader(leading) => {
                dismiss_waiting(cx, self.partition, leading);
                dismiss_parked(cx, cx.config().rules(self.me), self.partition, leading);
                self.stop_leading();
            }
            Role::Follower(_) | Role::Offline => {}
        }
        self.replica.timers.cancel(Timer::FetchBackoff(self.partition));
        self.replica.role = Role::Follower(Following {
            leader: state.leader,
            ..Following::default()
        });
        if state.leader.is_some() {
            self.start_fetching(cx);
        }
    }

    /// The metadata has no replica here (any more): what there is goes. Kafka: `ReplicaManager.stopPartitions` with deletion;
    /// a broker that was down meanwhile finds a stray log.
    pub(super) fn drop_replica(&mut self, cx: &mut Context<'_>) {
        if let Role::Leader(leading) = &mut self.replica.role {
            dismiss_waiting(cx, self.partition, leading);
            dismiss_parked(cx, cx.config().rules(self.me), self.partition, leading);
        }
        *self.replica = Replica::default();
        if *self.log != Log::default() {
            *self.log = Log::default();
            cx.announce(Fact::Dropped(self.partition));
        }
    }

    /// Timers of a leader end with its leadership; the high watermark still goes to its file.
    fn stop_leading(&mut self) {
        let checkpoint = Timer::Checkpoint(self.partition);
        self.replica.timers.cancel_where(|timer| timer != checkpoint);
    }
}
