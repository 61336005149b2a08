//! The active controller: registrations, sessions, ISR changes, elections; every decision is a batch of metadata records.
//! Kafka: `ReplicationControlManager`, `ClusterControlManager`, `BrokerHeartbeatManager`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sim_core::{Arrival, Since, Timers};

use super::silences::Silences;
use crate::Context;
use crate::actions::Timer;
use crate::cluster::{
    BrokerState, Cluster, LogRecord, PartitionChange, PartitionState, Record, Recovery, Registration,
};
use crate::config::{Balance, Config, Pace};
use crate::controller::partition_change::{Change, Choice, default_election, without};
use crate::controller::reassignment::Assignment;
use crate::fact::Fact;
use crate::features::{Rules, UncleanShutdown};
use crate::ids::{BrokerEpoch, BrokerId, Brokers, Directory, Node, Partition, PartitionEpoch};
use crate::message::{AlterPartition, Altered, Code, Election, Msg, Standing, Wish};
use crate::slots::{Slot, Value};

/// What the controller knows.
///
/// Differs from Kafka: a decision is committed at once, as with a quorum of one voter that never fails.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Controller {
    /// Committed metadata.
    pub cluster: Cluster,
    /// Sessions and periodic tasks.
    pub timers: Timers<Timer>,
    /// Brokers whose heartbeats do not arrive; without a clock their sessions may end at no cost.
    pub silent: Silences,
}

impl Controller {
    /// A controller of an empty cluster.
    pub fn new(config: &Config) -> Self {
        Self {
            cluster: Cluster::empty(config),
            timers: Timers::default(),
            silent: Silences::default(),
        }
    }
}

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// The controller at work.
    pub struct ControllerSide() {
        controller: write Controller(),
    }
}

/// One batch of records in the making.
pub(super) struct Batch {
    pub(super) log: Vec<LogRecord>,
    records: Vec<Record>,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            log: Vec::new(),
            records: Vec::new(),
        }
    }
}

/// A broker registers a new life (KIP-631, KIP-966). Kafka: `ClusterControlManager.registerBroker`.
pub fn on_register(
    mut at: ControllerSide<'_>,
    cx: &mut Context<'_>,
    id: BrokerId,
    epoch: BrokerEpoch,
    previous: Option<BrokerEpoch>,
    directory: Directory,
) {
    let known = at.controller.cluster.broker(id).copied();
    if known.is_some_and(|known| known.epoch > epoch) {
        // Differs from Kafka: ClusterControlManager.registerBroker cannot tell which of two incarnations is the older
        // one. It need not: one queue of events holds what a process sent before what the next one sends.
        return;
    }
    let same_life = known.is_some_and(|known| known.epoch == epoch);
    if !same_life && at.session_is_valid(cx.config(), id, known) {
        return cx.reply(Node::Broker(id), Msg::DuplicateRegistration);
    }
    if !same_life {
        let mut batch = Batch::new();
        let unclean = cx.config().controller_rules().unclean_shutdown() == UncleanShutdown::LeavesElr
            && cx.config().controller_rules().elr().is_on()
            && known.is_some_and(|known| previous != Some(known.epoch));
        at.leave_all(
            cx,
            &mut batch,
            id,
            if unclean { Leaving::Unclean } else { Leaving::Fenced },
        );
        batch.log.push(LogRecord::RegisterBroker(id, epoch));
        at.put(
            &mut batch,
            Record::Broker(
                id,
                Registration {
                    epoch,
                    state: BrokerState::Fenced,
                    directory,
                },
            ),
        );
        at.controller.timers.cancel(Timer::Session(id));
        cx.announce(Fact::Registered(id, epoch));
        at.commit(cx, batch, Some(id));
    }
    at.heard(cx, id);
    // With a quorum the broker finds its registration in the metadata log.
    if !cx.config().has_quorum() {
        cx.send(Node::Broker(id), Msg::Snapshot(Box::new(at.controller.cluster.clone())));
    }
}

/// A broker's heartbeat, and what it makes of the broker (KIP-631).
///
/// Kafka: `BrokerHeartbeatManager.calculateNextBrokerState`.
pub fn on_heartbeat(mut at: ControllerSide<'_>, cx: &mut Context<'_>, id: BrokerId, epoch: BrokerEpoch, wish: Wish) {
    let Some(known) = at
        .controller
        .cluster
        .broker(id)
        .copied()
        .filter(|known| known.epoch == epoch)
    else {
        return cx.reply(Node::Broker(id), Msg::HeartbeatAnswer(epoch, Standing::Stale));
    };
    at.heard(cx, id);
    assert_ne!(known.state, BrokerState::Controlling, "a KRaft controller is no broker");
    let leads = at
        .controller
        .cluster
        .partitions()
        .any(|(_, state)| state.leader == Some(id));
    let standing = match (known.state, wish) {
        (BrokerState::Fenced, Wish::ShutDown) => Standing::ShutDownNow,
        (BrokerState::Fenced, Wish::Serve) => Standing::Unfenced,
        (BrokerState::Fenced | BrokerState::Unfenced, Wish::StayFenced) => Standing::Fenced,
        (BrokerState::Unfenced, Wish::ShutDown) if leads => Standing::ShuttingDown,
        (BrokerState::Unfenced, Wish::ShutDown) => Standing::ShutDownNow,
        (BrokerState::Unfenced, Wish::Serve) => Standing::Unfenced,
        (BrokerState::ShuttingDown, _) if leads => Standing::ShuttingDown,
        // Differs from Kafka: it also waits until all active brokers have seen the records of the shutdown.
        (BrokerState::ShuttingDown | BrokerState::Controlling, _) => Standing::ShutDownNow,
    };
    let mut batch = Batch::new();
    match (known.state, standing) {
        (BrokerState::Fenced, Standing::Unfenced) => at.unfence(cx, &mut batch, id),
        (BrokerState::Unfenced, Standing::ShuttingDown) => {
            at.set_state(&mut batch, id, BrokerState::ShuttingDown);
            at.leave_all(cx, &mut batch, id, Leaving::ShuttingDown);
        }
        (BrokerState::Unfenced | BrokerState::ShuttingDown, Standing::ShutDownNow | Standing::Fenced) => {
            at.leave_all(cx, &mut batch, id, Leaving::Fenced);
            at.set_state(&mut batch, id, BrokerState::Fenced);
        }
        (BrokerState::Fenced | BrokerState::Unfenced, _) => {}
        (BrokerState::ShuttingDown | BrokerState::Controlling, _) => {}
    }
    at.touch(cx, id, standing);
    at.commit(cx, batch, None);
    cx.reply(Node::Broker(id), Msg::HeartbeatAnswer(epoch, standing));
}

/// A broker was not heard of for a session timeout.
pub fn on_session_end(mut at: ControllerSide<'_>, cx: &mut Context<'_>, id: BrokerId) {
    at.controller.timers.cancel(Timer::Session(id));
    let Some(known) = at.controller.cluster.broker(id).copied() else {
        return;
    };
    let also = at.ending_with(cx, id);
    if !also.is_empty() {
        return at.fence_at_once(cx, id, &also);
    }
    let mut batch = Batch::new();
    match known.state {
        BrokerState::Unfenced | BrokerState::ShuttingDown | BrokerState::Controlling => at.fence(cx, &mut batch, id),
        // A second, useless record: from 4.0 on contacts of brokers that left politely run out, too.
        BrokerState::Fenced => batch
            .log
            .push(LogRecord::BrokerChange(id, known.epoch, BrokerState::Fenced)),
    }
    at.commit(cx, batch, None);
}

/// A leader proposes an ISR (KIP-497, KIP-841, KIP-903). Kafka: `ReplicationControlManager.alterPartition`.
pub fn on_alter_partition(mut at: ControllerSide<'_>, cx: &mut Context<'_>, from: BrokerId, alter: &AlterPartition) {
    let result = at.alter(cx, from, alter);
    let altered = Altered {
        partition: alter.partition,
        leader_epoch: alter.leader_epoch,
        result,
    };
    cx.reply(Node::Broker(from), Msg::Altered(Box::new(altered)));
}

/// A broker reports on which disk a replica is. Kafka: `ReplicationControlManager.handleAssignReplicasToDirs`.
///
/// A partition without a leader does not get one here: whether the replica may lead is judged by its old disk. The next
/// broker that is unfenced brings the election.
pub fn on_assign(
    mut at: ControllerSide<'_>,
    cx: &mut Context<'_>,
    id: BrokerId,
    epoch: BrokerEpoch,
    partition: Partition,
    directory: Directory,
) {
    let cluster = &at.controller.cluster;
    let known = cluster
        .broker(id)
        .is_some_and(|known| known.epoch == epoch && known.directory == directory);
    let Some(state) = cluster
        .partition(partition)
        .filter(|_| known && !cluster.is_placed(partition, id))
    else {
        return;
    };
    let next = PartitionChange::default().merged(state);
    let mut batch = Batch::new();
    batch.log.push(LogRecord::Directories(partition, id));
    at.put(&mut batch, Record::Partition(partition, next));
    at.put(&mut batch, Record::Placed(partition, id));
    at.commit(cx, batch, None);
}

/// The periodic preferred election. Kafka: `ReplicationControlManager.maybeBalancePartitionLeaders`.
pub fn on_balance(mut at: ControllerSide<'_>, cx: &mut Context<'_>) {
    at.controller.timers.cancel(Timer::Balance);
    let all: Vec<_> = at
        .controller
        .cluster
        .partitions()
        .map(|(partition, _)| partition)
        .collect();
    let mut batch = Batch::new();
    for partition in all {
        at.change(
            cx,
            &mut batch,
            partition,
            Aim {
                election: Some(Election::Preferred),
                ..Aim::default()
            },
        );
    }
    at.commit(cx, batch, None);
}

/// Why a broker leaves the ISRs that it is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Fenced,
    ShuttingDown,
    Unclean,
}

/// What a change of a partition aims at; what is absent stays, or is found by the usual rules.
#[derive(Default)]
pub(super) struct Aim {
    pub(super) isr: Option<Brokers>,
    /// This broker may not lead, whatever its registration says.
    pub(super) gone: Option<BrokerId>,
    /// It lost its eligibility as well.
    pub(super) unclean_shutdown: Brokers,
    pub(super) election: Option<Election>,
    pub(super) recovery: Option<Recovery>,
    /// The replicas, if an operator moves them.
    pub(super) assignment: Option<Assignment>,
    /// How the leader of a cancelled reassignment came about, when nobody in sync is left.
    pub(super) choice: Choice,
}

impl ControllerSide<'_> {
    fn session_is_valid(&self, config: &Config, id: BrokerId, known: Option<Registration>) -> bool {
        let Some(known) = known else { return false };
        let counts = config.controller_rules().fenced_sessions().is_on() || known.state != BrokerState::Fenced;
        counts && self.controller.timers.is_armed(Timer::Session(id))
    }

    /// A message on a living connection comes from a living process; one that outlived its connection proves nothing.
    fn heard(&mut self, cx: &Context<'_>, id: BrokerId) {
        match cx.arrival() {
            Arrival::InOrder => self.controller.silent.heard(id),
            Arrival::Overdue => {}
        }
    }

    /// The broker was heard of: its session begins anew.
    fn touch(&mut self, cx: &mut Context<'_>, id: BrokerId, standing: Standing) {
        let remembered = match standing {
            Standing::Unfenced | Standing::ShuttingDown => true,
            Standing::Fenced | Standing::ShutDownNow => {
                cx.config().controller_rules().fenced_sessions().is_on() && cx.config().pace == Pace::Clock
            }
            Standing::Stale => false,
        };
        if remembered {
            cx.arm(&mut self.controller.timers, Timer::Session(id), Since::Now);
        } else {
            self.controller.timers.cancel(Timer::Session(id));
        }
    }

    fn set_state(&mut self, batch: &mut Batch, id: BrokerId, state: BrokerState) {
        let Some(known) = self.controller.cluster.broker(id).copied() else {
            return;
        };
        batch.log.push(LogRecord::BrokerChange(id, known.epoch, state));
        self.put(batch, Record::Broker(id, Registration { state, ..known }));
    }

    /// The broker may serve again; partitions without a leader get one, if it helps.
    fn unfence(&mut self, cx: &mut Context<'_>, batch: &mut Batch, id: BrokerId) {
        self.set_state(batch, id, BrokerState::Unfenced);
        for partition in self.partitions_where(|state| state.leader.is_none()) {
            self.change(cx, batch, partition, Aim::default());
        }
    }

    /// Takes a broker out of the ISRs (and, after an unclean restart, out of the ELRs) that it is in.
    fn leave_all(&mut self, cx: &mut Context<'_>, batch: &mut Batch, id: BrokerId, why: Leaving) {
        let eligible_too = why == Leaving::Unclean;
        let concerned =
            self.partitions_where(|state| state.isr.contains(&id) || (eligible_too && state.elr.contains(&id)));
        for partition in concerned {
            let isr = self
                .controller
                .cluster
                .partition(partition)
                .map(|state| without(&state.isr, id));
            let unclean_shutdown = if eligible_too {
                [id].into_iter().collect()
            } else {
                Brokers::new()
            };
            self.change(
                cx,
                batch,
                partition,
                Aim {
                    isr,
                    gone: Some(id),
                    unclean_shutdown,
                    ..Aim::default()
                },
            );
        }
    }

    /// The broker leaves all ISRs and may neither lead nor enter one.
    fn fence(&mut self, cx: &mut Context<'_>, batch: &mut Batch, id: BrokerId) {
        self.leave_all(cx, batch, id, Leaving::Fenced);
        self.set_state(batch, id, BrokerState::Fenced);
    }

    /// Other brokers whose sessions end in the same event, where one event fences all of them (before KAFKA-13173).
    fn ending_with(&self, cx: &mut Context<'_>, id: BrokerId) -> Brokers {
        if cx.config().controller_rules().fence_one_at_a_time().is_on() {
            return Brokers::new();
        }
        let controller = &self.controller;
        let due = |other: &BrokerId| {
            let session = controller.timers.is_armed(Timer::Session(*other));
            *other != id && session && controller.silent.concern(*other) && controller.cluster.is_active(*other)
        };
        let others: Brokers = cx.config().broker_ids().filter(due).collect();
        match others.is_empty() || cx.choose("other sessions that are over end in the same event", 2) == 0 {
            true => Brokers::new(),
            false => others,
        }
    }

    /// Each broker is fenced on the metadata of before; the records meet only in the batch. Kafka before KAFKA-13173:
    /// `ReplicationControlManager.maybeFenceStaleBrokers`.
    fn fence_at_once(&mut self, cx: &mut Context<'_>, id: BrokerId, also: &[BrokerId]) {
        let before = self.controller.cluster.clone();
        let mut log = Vec::new();
        for expired in core::iter::once(&id).chain(also) {
            let mut alone = Batch::new();
            self.controller.cluster.clone_from(&before);
            self.controller.timers.cancel(Timer::Session(*expired));
            self.fence(cx, &mut alone, *expired);
            log.extend(alone.log);
        }
        self.controller.cluster = before;
        let mut batch = Batch::new();
        for record in log {
            match record {
                LogRecord::PartitionChange(partition, change) => {
                    let next = self
                        .controller
                        .cluster
                        .partition(partition)
                        .map(|state| change.merged(state));
                    let next = next.expect("a partition that changes exists");
                    announce_decision(cx, partition, &next, Brokers::new(), Choice::Clean);
                    batch.log.push(LogRecord::PartitionChange(partition, change));
                    self.put(&mut batch, Record::Partition(partition, next));
                }
                LogRecord::BrokerChange(broker, _, state) => self.set_state(&mut batch, broker, state),
                other => panic!("fencing a broker writes no such record: {other:?}"),
            }
        }
        self.commit(cx, batch, None);
    }

    pub(super) fn partitions_where(&self, fits: impl Fn(&PartitionState) -> bool) -> Vec<Partition> {
        let all = self.controller.cluster.partitions();
        all.filter(|(_, state)| fits(state))
            .map(|(partition, _)| partition)
            .collect()
    }

    /// Builds one change, writes it if it changes anything, and says what it was.
    pub(super) fn change(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
        partition: Partition,
        aim: Aim,
    ) -> PartitionChange {
        let Some(state) = self.controller.cluster.partition(partition).cloned() else {
            return PartitionChange::default();
        };
        let cluster = &self.controller.cluster;
        let features = cx.config().controller_rules();
        let placed = |id: BrokerId| cluster.is_placed(partition, id) || !features.directories().is_on();
        let acceptable = |id: BrokerId| Some(id) != aim.gone && cluster.is_active(id) && placed(id);
        let proposed = aim.isr.iter().flatten().copied();
        let admitted: Brokers = proposed.filter(|id| !state.isr.contains(id)).collect();
        let change = Change {
            state: &state,
            features,
            acceptable: &acceptable,
            target_isr: aim.isr.unwrap_or_else(|| state.isr.clone()),
            assignment: aim.assignment.unwrap_or_else(|| Assignment::of(&state)),
            unclean_shutdown: &aim.unclean_shutdown,
            election: aim
                .election
                .unwrap_or_else(|| default_election(cluster.unclean(cx.config(), partition))),
            min_isr: cluster.min_isr(cx.config(), features, partition),
            recovery: aim.recovery,
        };
        let (change, choice) = change.build();
        if !change.is_empty() {
            let next = change.merged(&state);
            announce_decision(cx, partition, &next, admitted, choice.max(aim.choice));
            batch.log.push(LogRecord::PartitionChange(partition, change.clone()));
            self.put(batch, Record::Partition(partition, next));
        }
        change
    }

    pub(super) fn put(&mut self, batch: &mut Batch, record: Record) {
        self.controller.cluster.apply(&record);
        batch.records.push(record);
    }

    /// The batch stands in the metadata log: brokers hear of it, each in its time. `but` gets a snapshot instead.
    pub(super) fn commit(&mut self, cx: &mut Context<'_>, batch: Batch, but: Option<BrokerId>) {
        for record in batch.log {
            cx.announce(Fact::Wrote(Box::new(record)));
        }
        if cx.config().has_quorum() {
            // What becomes of it is the metadata log's: see `kraft::quorum`.
            if !batch.records.is_empty() {
                cx.send(cx.me(), Msg::Metadata(batch.records));
            }
        } else if !batch.records.is_empty() {
            for (id, _) in self.controller.cluster.brokers() {
                if Some(*id) != but {
                    cx.send(Node::Broker(*id), Msg::Metadata(batch.records.clone()));
                }
            }
        }
        self.watch_balance(cx);
    }

    /// The periodic preferred election runs while some leader is not the preferred one.
    pub(super) fn watch_balance(&mut self, cx: &mut Context<'_>) {
        let cluster = &self.controller.cluster;
        let imbalanced = cluster
            .partitions()
            .any(|(_, state)| state.leader != state.replicas.first().copied());
        if cx.config().balance == Balance::Automatic && cx.config().pace == Pace::Clock && imbalanced {
            if !self.controller.timers.is_armed(Timer::Balance) {
                cx.arm(&mut self.controller.timers, Timer::Balance, Since::Now);
            }
        } else {
            self.controller.timers.cancel(Timer::Balance);
        }
    }

    fn alter(
        &mut self,
        cx: &mut Context<'_>,
        from: BrokerId,
        alter: &AlterPartition,
    ) -> Result<(Brokers, PartitionEpoch), Code> {
        let cluster = &self.controller.cluster;
        if cluster
            .broker(from)
            .is_none_or(|known| known.epoch != alter.broker_epoch)
        {
            return Err(Code::StaleBrokerEpoch);
        }
        let state = cluster
            .partition(alter.partition)
            .ok_or(Code::UnknownTopicOrPartition)?;
        check_epochs(cx.config().controller_rules(), state, from, alter)?;
        let isr: Brokers = alter.isr.iter().map(|(id, _)| *id).collect();
        let duplicates = (1..isr.len()).any(|at| isr[..at].contains(&isr[at]));
        let foreign = isr.iter().any(|id| !state.replicas.contains(id));
        if duplicates || foreign || !isr.contains(&from) {
            return Err(Code::InvalidRequest);
        }
        let recovering = (state.recovery, alter.recovery);
        if (alter.recovery == Recovery::Recovering && isr.len() > 1)
            || recovering == (Recovery::Recovered, Recovery::Recovering)
        {
            return Err(Code::InvalidRequest);
        }
        let rules = cx.config().controller_rules();
        for (id, epoch) in &alter.isr {
            let known = cluster.broker(*id);
            let eligible = rules.isr_eligible().admits(known.map(|known| known.state));
            let same_life = epoch.is_none() || known.map(|known| known.epoch) == *epoch;
            let another_life = !same_life && rules.isr_broker_epoch().is_on();
            if !eligible || another_life {
                return Err(Code::IneligibleReplica);
            }
        }
        let aim = Aim {
            isr: Some(isr),
            recovery: Some(alter.recovery),
            ..Aim::default()
        };
        let mut batch = Batch::new();
        let change = self.change(cx, &mut batch, alter.partition, aim);
        self.commit(cx, batch, None);
        let state = self
            .controller
            .cluster
            .partition(alter.partition)
            .ok_or(Code::UnknownTopicOrPartition)?;
        match change.leader {
            Some(leader) if leader != Some(from) => Err(Code::NewLeaderElected),
            // Differs from Kafka: the answer has no leader epoch. Where the change began a new one, Kafka's leader takes no notice of
            // the answer (`Partition.handleAlterPartitionUpdate`), as of an error: only new metadata settles it.
            Some(_) | None if state.leader_epoch != alter.leader_epoch => Err(Code::NewLeaderElected),
            Some(_) | None => Ok((state.isr.clone(), state.partition_epoch)),
        }
    }
}

fn check_epochs(rules: Rules<'_>, state: &PartitionState, from: BrokerId, alter: &AlterPartition) -> Result<(), Code> {
    let (leader_epoch, partition_epoch) = (alter.leader_epoch, alter.partition_epoch);
    if leader_epoch > state.leader_epoch || partition_epoch > state.partition_epoch {
        Err(Code::NotController)
    } else if leader_epoch < state.leader_epoch {
        Err(Code::FencedLeaderEpoch)
    } else if state.leader != Some(from) {
        Err(Code::InvalidRequest)
    } else if partition_epoch < state.partition_epoch && rules.isr_version().is_on() {
        Err(Code::InvalidUpdateVersion)
    } else {
        Ok(())
    }
}

pub(super) fn announce_decision(
    cx: &mut Context<'_>,
    partition: Partition,
    state: &PartitionState,
    admitted: Brokers,
    choice: Choice,
) {
    let mut electable = state.isr.clone();
    electable.extend(state.elr.iter().copied());
    cx.announce(Fact::Decided {
        partition,
        leader: state.leader,
        epoch: state.leader_epoch,
        electable,
        admitted,
        choice,
    });
}
