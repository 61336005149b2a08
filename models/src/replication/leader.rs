//! A leader at work: appends, fetches of followers, the high watermark, answers to producers and consumers.

use alloc::boxed::Box;

use sim_core::{Arrival, Since, SmallVec};

use super::isr::counts_for_high_watermark;
use super::{Leading, PartitionSide, Role, Waiting};
use crate::Context;
use crate::actions::{Moment, Timer};
use crate::config::{Flush, Pace};
use crate::fact::{Fact, Stored};
use crate::features::{IsrAuthority, Rules, Truncation};
use crate::ids::{BrokerId, Brokers, ClientId, LeaderEpoch, Node, Offset, Partition};
use crate::log::Log;
use crate::message::{Acks, Altered, Code, Fetch, FetchResult, Fetched, Msg, Records, Visible};

/// A producer's batch. Kafka: `Partition.appendRecordsToLeader`, `ReplicaManager.appendRecords`.
pub fn on_produce(mut at: PartitionSide<'_>, cx: &mut Context<'_>, client: ClientId, records: &Records, acks: Acks) {
    let (partition, first) = (at.partition, records[0]);
    let answer = |cx: &mut Context<'_>, result| {
        if acks != Acks::None {
            cx.reply(
                Node::Client(client),
                Msg::Produced {
                    partition,
                    first,
                    result,
                },
            );
        }
    };
    let min_isr = at.min_isr(cx);
    let Role::Leader(leading) = &mut at.replica.role else {
        return answer(cx, Err(at.why_not_leader()));
    };
    if acks == Acks::All && leading.isr.len() < min_isr {
        return answer(cx, Err(Code::NotEnoughReplicas));
    }
    let base = at.log.append_as_leader(at.replica.leader_epoch, records.clone());
    if cx.config().flush == Flush::EveryAppend {
        at.log.flush();
    }
    match (acks, cx.arrival()) {
        (Acks::All, Arrival::InOrder) => {
            leading.waiting.push(Waiting {
                client,
                first,
                base,
                until: base.plus(records.len()),
            });
            if cx.config().pace == Pace::Clock {
                cx.arm(
                    &mut at.replica.timers,
                    Timer::ProduceWait(partition, client),
                    Since::Now,
                );
            }
        }
        (Acks::All, Arrival::Overdue) | (Acks::None, _) => {}
        (Acks::Leader, _) => answer(cx, Ok(base)),
    }
    at.watch_lag(cx);
    at.advance_high_watermark(cx);
    at.answer_parked(cx);
}

/// A follower's fetch. Kafka: `Partition.fetchRecords`, `Partition.updateFollowerFetchState`.
pub fn on_fetch(mut at: PartitionSide<'_>, cx: &mut Context<'_>, follower: BrokerId, fetch: &Fetch) {
    if let Err(result) = at.admit(cx, follower, fetch) {
        let diverges = matches!(result, FetchResult::Diverging { .. });
        if diverges && !cx.config().rules(at.me).diverging_fetch().is_on() {
            at.note_fetch(cx, follower, fetch);
            at.try_expand(cx, follower);
            at.advance_high_watermark(cx);
        }
        return cx.reply(Node::Broker(follower), fetched(fetch, result));
    }
    let told = at.log.high_watermark();
    let batches = at.log.read(fetch.from, cx.config().fetch_batches);
    at.note_fetch(cx, follower, fetch);
    at.try_expand(cx, follower);
    at.advance_high_watermark(cx);
    if cx.arrival() == Arrival::Overdue {
        return at.await_news(cx);
    }
    let Role::Leader(leading) = &mut at.replica.role else {
        return;
    };
    let Some(peer) = leading.peer_mut(follower) else { return };
    if batches.is_empty() {
        peer.parked = Some(fetch.from);
        at.await_news(cx);
    } else {
        peer.parked = None;
        peer.told = Some(told);
        at.replica.timers.cancel(Timer::FetchWait(at.partition, follower));
        cx.reply(
            Node::Broker(follower),
            fetched(
                fetch,
                FetchResult::Records {
                    batches,
                    high_watermark: told,
                },
            ),
        );
    }
}

/// A waiting fetch gets its answer without records: only the high watermark may be new.
pub fn on_fetch_wait(mut at: PartitionSide<'_>, cx: &mut Context<'_>, follower: BrokerId) {
    at.replica.timers.cancel(Timer::FetchWait(at.partition, follower));
    at.answer(cx, follower);
}

/// A follower has not been caught up for the lag limit. Without a clock it leaves the ISR now, alone; with one, the
/// next look at the ISR finds it.
pub fn on_lag(mut at: PartitionSide<'_>, cx: &mut Context<'_>, follower: BrokerId) {
    at.replica.timers.cancel(Timer::Lag(at.partition, follower));
    if cx.config().pace == Pace::Free {
        return at.try_shrink(cx, &[follower]);
    }
    if let Role::Leader(leading) = &mut at.replica.role
        && let Some(peer) = leading.peer_mut(follower)
    {
        peer.lagging = true;
    }
}

/// A proposal that was decided a moment ago is written and sent (before KAFKA-15221).
pub fn on_propose(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    at.replica.timers.cancel(Timer::Propose(at.partition));
    at.write_proposal(cx);
}

/// Who was refused may enter by now.
pub fn on_look_again(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    at.replica.timers.cancel(Timer::LookAgain(at.partition));
    at.retry_expansions(cx);
}

/// All that lag leave the ISR together. Kafka: `Partition.maybeShrinkIsr`.
pub fn on_isr_check(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    if let Role::Leader(leading) = &at.replica.role {
        let lagging: Brokers = leading
            .peers
            .iter()
            .filter(|(_, peer)| peer.lagging)
            .map(|(id, _)| *id)
            .collect();
        at.try_shrink(cx, &lagging);
    }
}

/// The controller answers a proposal (KIP-497). Kafka: `Partition.submitAlterPartition`.
pub fn on_altered(mut at: PartitionSide<'_>, cx: &mut Context<'_>, altered: &Altered) {
    if altered.leader_epoch != at.replica.leader_epoch {
        return;
    }
    let Role::Leader(leading) = &mut at.replica.role else {
        return;
    };
    let skips = cx.config().has_zookeeper()
        && cx.config().pace == Pace::Clock
        && cx.config().rules(at.me).isr_authority() == IsrAuthority::ZkCas;
    leading.asked = false;
    if leading.pending.is_none() {
        return at.retry_expansions(cx);
    }
    match &altered.result {
        Ok((isr, epoch)) if *epoch >= at.replica.partition_epoch => {
            leading.isr.clone_from(isr);
            leading.pending = None;
            leading.recovery = crate::cluster::Recovery::Recovered;
            at.replica.partition_epoch = *epoch;
            at.watch_lag(cx);
            if cx.config().rules(at.me).hw_recheck().is_on() {
                at.advance_high_watermark(cx);
            }
            at.retry_expansions(cx);
        }
        // Kafka before 2.7: `cached zkVersion not equal to that in zookeeper, skip updating ISR`, and so at every look.
        Err(Code::InvalidUpdateVersion) if skips => leading.pending = None,
        Err(Code::IneligibleReplica) => {
            leading.pending = None;
            at.watch_lag(cx);
            at.look_again(cx);
        }
        // Only new metadata resolves it.
        Ok(_) | Err(_) => {}
    }
}

/// The connection on which the answer to a proposal was expected is gone: it is sent again, and so is a report.
pub fn on_alter_lane_lost(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    at.report_directory(cx);
    at.propose_again(cx);
}

/// The connection of a follower is gone, and with it what waited there.
pub fn on_fetch_lane_lost(at: &mut PartitionSide<'_>, _cx: &mut Context<'_>, follower: BrokerId) {
    at.replica.timers.cancel(Timer::FetchWait(at.partition, follower));
    if let Role::Leader(leading) = &mut at.replica.role
        && let Some(peer) = leading.peer_mut(follower)
    {
        peer.parked = None;
        peer.told = None;
    }
}

/// A producer has waited for its request timeout. Kafka: `DelayedProduce`.
pub fn on_produce_wait(at: PartitionSide<'_>, cx: &mut Context<'_>, client: ClientId) {
    let partition = at.partition;
    at.replica.timers.cancel(Timer::ProduceWait(partition, client));
    let Role::Leader(leading) = &mut at.replica.role else {
        return;
    };
    leading.waiting.retain(|waiting| {
        if waiting.client == client {
            let result = Err(Code::RequestTimedOut);
            cx.send(
                Node::Client(client),
                Msg::Produced {
                    partition,
                    first: waiting.first,
                    result,
                },
            );
        }
        waiting.client != client
    });
}

/// The periodic task that writes high watermarks to their file. Kafka: `ReplicaManager.checkpointHighWatermarks`.
pub fn on_checkpoint(at: PartitionSide<'_>, _cx: &mut Context<'_>) {
    at.replica.timers.cancel(Timer::Checkpoint(at.partition));
    at.log.write_checkpoint();
}

/// A consumer reads below the high watermark. Kafka: `Partition.fetchRecords`.
///
/// Differs from Kafka: the answer never waits for new records; the consumer asks again.
pub fn on_read(
    at: PartitionSide<'_>,
    cx: &mut Context<'_>,
    client: ClientId,
    epoch: Option<LeaderEpoch>,
    from: Offset,
) {
    let result = at.visible(cx, epoch, from);
    cx.reply(
        Node::Client(client),
        Msg::ReadAnswer {
            partition: at.partition,
            from,
            result,
        },
    );
}

/// A client asks for the end offset. Kafka: `Partition.fetchOffsetForTimestamp` for the latest offset.
pub fn on_ask_end(at: PartitionSide<'_>, cx: &mut Context<'_>, client: ClientId, current: LeaderEpoch) {
    let rules = cx.config().rules(at.me);
    let named = rules.fetch_epoch().is_on().then_some(current);
    let end = at.log.high_watermark();
    let result = at.check_epoch(named).and_then(|()| match &at.replica.role {
        Role::Leader(leading) if rules.end_offset_gate().is_on() && end < leading.epoch_start => {
            Err(Code::OffsetNotAvailable)
        }
        Role::Leader(_) => Ok(end),
        Role::Follower(_) | Role::Offline => Err(at.why_not_leader()),
    });
    let partition = at.partition;
    cx.reply(Node::Client(client), Msg::End { partition, result });
}

fn fetched(fetch: &Fetch, result: FetchResult) -> Msg {
    Msg::Fetched(Box::new(Fetched {
        partition: fetch.partition,
        from: fetch.from,
        result,
    }))
}

/// Where the follower's last epoch ended here, if that is not where the follower's log ends.
fn divergence(log: &Log, last: LeaderEpoch, from: Offset) -> Result<(), FetchResult> {
    match log.end_of_epoch(last) {
        None => Err(FetchResult::OutOfRange {
            start: log.start(),
            end: log.end(),
        }),
        Some((epoch, end)) if epoch < last || end < from => Err(FetchResult::Diverging { epoch, end }),
        Some(_) => Ok(()),
    }
}

impl PartitionSide<'_> {
    /// min.insync.replicas as this broker counts it.
    pub(super) fn min_isr(&self, cx: &Context<'_>) -> usize {
        self.cluster()
            .min_isr(cx.config(), cx.config().rules(self.me), self.partition)
    }

    fn why_not_leader(&self) -> Code {
        match self.cluster().partition(self.partition) {
            Some(_) => Code::NotLeaderOrFollower,
            None => Code::UnknownTopicOrPartition,
        }
    }

    /// Epoch and leader checks, divergence, range.
    fn admit(&self, cx: &Context<'_>, follower: BrokerId, fetch: &Fetch) -> Result<(), FetchResult> {
        match (self.check_epoch(fetch.epoch), fetch.epoch) {
            (Err(Code::FencedLeaderEpoch), Some(epoch)) => return Err(FetchResult::Fenced(epoch)),
            (Err(code), _) => return Err(FetchResult::Error(code)),
            (Ok(()), _) => {}
        }
        let not_leader = FetchResult::Error(Code::NotLeaderOrFollower);
        let Role::Leader(leading) = &self.replica.role else {
            return Err(not_leader);
        };
        if leading.peer(follower).is_none() {
            return Err(FetchResult::Error(Code::UnknownLeaderEpoch));
        }
        let registered = self.cluster().broker(follower).map(|registration| registration.epoch);
        if cx.config().rules(self.me).isr_broker_epoch().is_on()
            && fetch.broker_epoch.is_some_and(|e| Some(e) < registered)
        {
            return Err(not_leader);
        }
        if let (Truncation::DivergingFetch, Some(last)) = (cx.config().rules(self.me).truncation(), fetch.last_epoch) {
            divergence(self.log, last, fetch.from)?;
        }
        if fetch.from > self.log.end() {
            return Err(FetchResult::OutOfRange {
                start: self.log.start(),
                end: self.log.end(),
            });
        }
        Ok(())
    }

    /// The follower's state at the leader. Kafka: `Replica.updateFetchStateOrThrow`.
    fn note_fetch(&mut self, cx: &mut Context<'_>, follower: BrokerId, fetch: &Fetch) {
        let (end, partition) = (self.log.end(), self.partition);
        let Role::Leader(leading) = &mut self.replica.role else {
            return;
        };
        let in_isr = leading.isr.contains(&follower);
        let Some(peer) = leading.peer_mut(follower) else { return };
        peer.end = Some(fetch.from);
        peer.epoch = fetch.broker_epoch;
        let moment = Moment::CaughtUp(partition, follower);
        if cx.config().pace == Pace::Clock {
            if fetch.from >= end {
                cx.stamp(moment);
            } else if fetch.from >= peer.leader_end {
                cx.stamp_as(moment, Moment::LastFetch(partition, follower));
            }
            cx.stamp(Moment::LastFetch(partition, follower));
            peer.leader_end = peer.leader_end.max(end);
            peer.lagging = false;
        }
        let lag = Timer::Lag(partition, follower);
        if fetch.from >= end || !in_isr {
            self.replica.timers.cancel(lag);
        } else {
            cx.arm(&mut self.replica.timers, lag, Since::Moment(moment));
        }
    }

    /// Members of the ISR that are not caught up are watched, from the moment when they were.
    pub(super) fn watch_lag(&mut self, cx: &mut Context<'_>) {
        let (end, partition) = (self.log.end(), self.partition);
        let Role::Leader(leading) = &mut self.replica.role else {
            return;
        };
        for (id, peer) in &leading.peers {
            let lag = Timer::Lag(partition, *id);
            let behind = peer.end != Some(end) && leading.isr.contains(id);
            if behind && !self.replica.timers.is_armed(lag) {
                cx.arm(
                    &mut self.replica.timers,
                    lag,
                    Since::Moment(Moment::CaughtUp(partition, *id)),
                );
            }
        }
    }

    /// Kafka: `Partition.maybeIncrementLeaderHW`.
    pub(super) fn advance_high_watermark(&mut self, cx: &mut Context<'_>) {
        let features = cx.config().rules(self.me);
        let min_isr = self.min_isr(cx);
        let Role::Leader(leading) = &self.replica.role else {
            return;
        };
        if features.hw_min_isr().is_on() && leading.isr.len() < min_isr {
            return;
        }
        let counted = counts_for_high_watermark(features, leading);
        let mut to = self.log.end();
        for (id, peer) in leading.peers.iter().filter(|(id, _)| counted.contains(id)) {
            let _ = id;
            match peer.end {
                Some(end) => to = to.min(end),
                None => return,
            }
        }
        let from = self.log.high_watermark();
        if to <= from {
            return;
        }
        self.log.set_high_watermark(to);
        self.announce_committed(cx, from, to, counted);
        self.save_high_watermark(cx);
        self.complete_waiting(cx, min_isr);
        self.await_news(cx);
    }

    fn announce_committed(&self, cx: &mut Context<'_>, from: Offset, to: Offset, mut quorum: Brokers) {
        if !quorum.contains(&self.me) {
            quorum.push(self.me);
        }
        let records = self
            .log
            .records(from, to)
            .map(|(offset, record, epoch)| Stored { offset, record, epoch });
        let Role::Leader(leading) = &self.replica.role else {
            return;
        };
        let replicas = leading.peers.len() + 1;
        cx.announce(Fact::Committed {
            partition: self.partition,
            epoch: self.replica.leader_epoch,
            isr: leading.isr.len() as u8,
            min_isr: self.min_isr(cx).min(replicas) as u8,
            quorum,
            high_watermark: to,
            records: records.collect(),
        });
    }

    /// The file follows the high watermark, where there is a clock; without one the end of the process decides how far.
    pub(super) fn save_high_watermark(&mut self, cx: &mut Context<'_>) {
        let timer = Timer::Checkpoint(self.partition);
        if cx.config().pace == Pace::Clock && self.log.checkpoint_is_due() && !self.replica.timers.is_armed(timer) {
            cx.arm(&mut self.replica.timers, timer, Since::Now);
        }
    }

    /// Producers whose batch is below the high watermark get their answer. Kafka: `DelayedProduce`.
    fn complete_waiting(&mut self, cx: &mut Context<'_>, min_isr: usize) {
        let (to, partition) = (self.log.high_watermark(), self.partition);
        let Role::Leader(leading) = &mut self.replica.role else {
            return;
        };
        let isr = leading.maximal_isr();
        let mut done: SmallVec<[Waiting; 1]> = SmallVec::new();
        leading.waiting.retain(|waiting| {
            let ready = waiting.until <= to;
            if ready {
                done.push(waiting.clone());
            }
            !ready
        });
        for waiting in done {
            self.replica
                .timers
                .cancel(Timer::ProduceWait(partition, waiting.client));
            let result = if isr.len() >= min_isr {
                Ok(waiting.base)
            } else {
                Err(Code::NotEnoughReplicasAfterAppend)
            };
            if result.is_ok() {
                cx.announce(Fact::Promised {
                    partition,
                    isr: isr.clone(),
                    min_isr: min_isr as u8,
                });
            }
            cx.send(
                Node::Client(waiting.client),
                Msg::Produced {
                    partition,
                    first: waiting.first,
                    result,
                },
            );
        }
    }

    /// Fetches that wait here are answered when there is something to say: with a clock, after a while in any case.
    fn await_news(&mut self, cx: &mut Context<'_>) {
        let (partition, high_watermark) = (self.partition, self.log.high_watermark());
        let Role::Leader(leading) = &self.replica.role else {
            return;
        };
        for (id, peer) in leading.peers.iter().filter(|(_, peer)| peer.parked.is_some()) {
            let timer = Timer::FetchWait(partition, *id);
            let due = match cx.config().pace {
                Pace::Clock => !self.replica.timers.is_armed(timer),
                // A late fetch may have moved what is known of the follower: the next one sets it right.
                Pace::Free => peer.parked != peer.end || peer.told.is_none_or(|told| told < high_watermark),
            };
            if due {
                cx.arm(&mut self.replica.timers, timer, Since::Now);
            }
        }
    }

    /// New records: fetches that wait here get them.
    fn answer_parked(&mut self, cx: &mut Context<'_>) {
        let Role::Leader(leading) = &self.replica.role else {
            return;
        };
        let end = self.log.end();
        let parked = leading
            .peers
            .iter()
            .filter(|(_, peer)| peer.parked.is_some_and(|from| from < end));
        let parked: Brokers = parked.map(|(id, _)| *id).collect();
        for id in parked {
            self.replica.timers.cancel(Timer::FetchWait(self.partition, id));
            self.answer(cx, id);
        }
    }

    fn answer(&mut self, cx: &mut Context<'_>, follower: BrokerId) {
        let high_watermark = self.log.high_watermark();
        let Role::Leader(leading) = &mut self.replica.role else {
            return;
        };
        let Some(peer) = leading.peer_mut(follower) else { return };
        let Some(from) = peer.parked.take() else { return };
        peer.told = Some(high_watermark);
        let batches = self.log.read(from, cx.config().fetch_batches);
        let result = FetchResult::Records {
            batches,
            high_watermark,
        };
        let fetched = Fetched {
            partition: self.partition,
            from,
            result,
        };
        cx.send(Node::Broker(follower), Msg::Fetched(Box::new(fetched)));
    }

    fn visible(&self, cx: &Context<'_>, epoch: Option<LeaderEpoch>, from: Offset) -> Result<Visible, Code> {
        if cx.config().rules(self.me).fetch_epoch().is_on() {
            self.check_epoch(epoch)?;
        }
        match &self.replica.role {
            Role::Leader(_) if from > self.log.end() || from < self.log.start() => Err(Code::OffsetOutOfRange),
            Role::Leader(_) => {
                let end = self.log.high_watermark();
                let visible = self.log.records(from, end);
                let before = from.0.checked_sub(1).and_then(|offset| self.log.at(Offset(offset)));
                Ok(Visible {
                    records: visible.map(|(offset, record, _)| (offset, record)).collect(),
                    last_epoch: self.log.records(from, end).last().map(|(_, _, epoch)| epoch),
                    before: before.map(|(record, _)| record),
                    start: self.log.start(),
                    end,
                })
            }
            Role::Follower(_) | Role::Offline => Err(self.why_not_leader()),
        }
    }
}

/// Producers that wait at a broker that no longer leads get an error. Kafka: `ReplicaManager.completeDelayedOperations`.
pub(super) fn dismiss_waiting(cx: &mut Context<'_>, partition: Partition, leading: &Leading) {
    for waiting in &leading.waiting {
        let result = Err(Code::NotLeaderOrFollower);
        cx.send(
            Node::Client(waiting.client),
            Msg::Produced {
                partition,
                first: waiting.first,
                result,
            },
        );
    }
}

/// Fetches that wait at a broker that no longer leads get an error. Kafka: `DelayedFetch`.
///
/// Differs from Kafka: a fetch that names its epoch gets none. Its follower fetches anew when it hears of the next epoch; a
/// fetch without one may be of the next epoch already.
pub(super) fn dismiss_parked(cx: &mut Context<'_>, features: Rules<'_>, partition: Partition, leading: &Leading) {
    if features.fetch_epoch().is_on() {
        return;
    }
    for (id, peer) in &leading.peers {
        if let Some(from) = peer.parked {
            let result = FetchResult::Error(Code::NotLeaderOrFollower);
            let fetched = Fetched {
                partition,
                from,
                result,
            };
            cx.send(Node::Broker(*id), Msg::Fetched(Box::new(fetched)));
        }
    }
}
