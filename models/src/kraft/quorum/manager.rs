//! A process's part of the metadata log: the handlers of the quorum's own model run here, and what they order is translated.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};
use sim_core::{Arrival, Effects, Hold, Op, Timers};

use super::Committed;
use crate::actions::{End, Mark, Timer};
use crate::cluster::Cluster;
use crate::config::Pace;
use crate::ids::{BrokerEpoch, BrokerId, Node};
use crate::message::{Lane, Msg};
use crate::quorum::{self, Epoch, NodeId, NodeSet};
use crate::raft::log::{Content, Entry, Log};
use crate::raft::member::{Member, Role};
use crate::raft::message::{Msg as RaftMsg, Notice};
use crate::raft::{self, Raft, election, process, replication};
use crate::slots::{Slot, Value};
use crate::{Context, slots};

/// Without a clock: how often a member that has lost its leader may wait for another one at no cost.
const PATIENCE: u8 = 3;

/// A process's part of the quorum. Kafka: `KafkaRaftManager`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct RaftManager {
    /// The process and its quorum-state file.
    pub member: Member,
    /// Its copy of the metadata log.
    pub log: Log,
    /// With a clock: what may run out.
    pub timers: Timers<Timer>,
    /// Which life of the process this is, or was.
    lives: BrokerEpoch,
    /// Whether the broker of this process has had its first metadata.
    first: FirstMetadata,
    /// The epoch whose leader the broker of this process was told of last.
    told: Epoch,
    /// Without a clock: the epoch in which the controller that was asked was not the active one.
    pub(super) refused: Epoch,
    /// With a clock: who has fetched since a leader began to look for a majority.
    pub(super) heard: NodeSet,
    /// Without a clock: how often it may still wait at no cost.
    patience: u8,
}

/// Whether a broker has had its first metadata in this life. Kafka: `BrokerMetadataPublisher.firstPublish`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
enum FirstMetadata {
    /// Its registration is not committed yet, as far as it knows.
    #[default]
    Awaited,
    /// It has; news follow.
    Published,
}

impl RaftManager {
    /// The leader of its epoch, as it knows it.
    pub fn leader(&self) -> Option<NodeId> {
        self.member.state().leader.filter(|_| self.member.is_up())
    }

    /// Without a clock: whether it may wait for a leader at no cost.
    pub fn is_patient(&self) -> bool {
        self.patience > 0
    }

    /// It has waited once more.
    pub(super) fn wait_once(&mut self) {
        self.patience = self.patience.saturating_sub(1);
    }

    /// Something that only this model knows.
    pub fn mark(&mut self, mark: Mark) {
        let lost = |id| self.member.state().leader == Some(id) && !self.member.leads();
        match mark {
            Mark::Freeze => self.timers.freeze(),
            Mark::Thaw => self.timers.thaw(),
            Mark::Gone(id) => self.member.mark(quorum::Mark::Gone(id)),
            Mark::Dead(id) => {
                if lost(id) {
                    self.patience = PATIENCE;
                }
                self.member.mark(quorum::Mark::Dead(id));
            }
            Mark::Apart(id) if lost(id) => self.patience = PATIENCE,
            Mark::Apart(_) => {}
            Mark::Silence(..) | Mark::Unsilence(..) | Mark::Close(..) | Mark::Heal(..) => panic!("not told: {mark}"),
            Mark::Outdated(..) | Mark::Heard(_) => panic!("not told: {mark}"),
        }
    }
}

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// A controller's part of the metadata log.
    pub struct VoterSide(me: NodeId) {
        manager: write RaftManager(me),
        committed: write Committed(),
    }

    /// That of a broker that is no controller.
    pub struct ObserverSide(me: NodeId) {
        manager: write RaftManager(me),
    }
}

/// A process's part of the metadata log, whoever it is.
pub struct Part<'a> {
    /// Which member.
    pub me: NodeId,
    /// Its part.
    pub manager: &'a mut RaftManager,
    /// What is committed: only a controller can be the first to know.
    pub committed: Option<&'a mut Committed>,
}

impl<'a> From<VoterSide<'a>> for Part<'a> {
    fn from(at: VoterSide<'a>) -> Self {
        Self {
            me: at.me,
            manager: at.manager,
            committed: Some(at.committed),
        }
    }
}

impl<'a> From<ObserverSide<'a>> for Part<'a> {
    fn from(at: ObserverSide<'a>) -> Self {
        Self {
            me: at.me,
            manager: at.manager,
            committed: None,
        }
    }
}

/// The process begins.
pub fn on_start(mut at: Part<'_>, cx: &mut Context<'_>) {
    at.manager.lives = at.manager.lives.next();
    at.manager.patience = PATIENCE;
    at.run(cx, process::on_start);
    at.run(cx, replication::on_seek);
}

/// The process ends. Who stops politely says that it leads no longer. Kafka: `KafkaRaftClient.shutdown`.
pub fn on_end(mut at: Part<'_>, cx: &mut Context<'_>, end: End) {
    if !at.manager.member.is_up() {
        return;
    }
    if end == End::Clean && at.manager.member.leads() {
        at.run(cx, |mut side, inner| side.resign(inner));
    }
    let how = match end {
        End::Kill | End::Clean => quorum::End::Kill,
        End::Power => quorum::End::Power,
    };
    at.run(cx, |side, inner| process::on_end(side, inner, how));
    at.manager.first = FirstMetadata::Awaited;
    at.manager.heard = NodeSet::EMPTY;
    at.manager.patience = 0;
    at.manager.timers = Timers::default();
}

/// The data folder is emptied.
pub fn on_wipe(mut at: Part<'_>, cx: &mut Context<'_>) {
    at.run(cx, process::on_wipe);
}

/// Another member says something.
pub fn on_message(mut at: Part<'_>, cx: &mut Context<'_>, from: NodeId, msg: &RaftMsg) {
    let brings = matches!(msg, RaftMsg::Fetched(..) | RaftMsg::Snapshot(..));
    let asks = matches!(msg, RaftMsg::Fetch(fetch) if fetch.epoch == at.manager.member.epoch());
    at.run(cx, |side, inner| received(side, inner, from, msg));
    if brings && at.manager.leader() == Some(from) && matches!(at.manager.member.role, Role::Follower(_)) {
        at.manager.patience = 0;
        at.contacted(cx);
    }
    if asks && at.manager.member.leads() && cx.arrival() == Arrival::InOrder {
        at.heard_of(cx, from);
    }
}

fn received(side: raft::Side<'_>, cx: &mut raft::Context<'_>, from: NodeId, msg: &RaftMsg) {
    match msg {
        RaftMsg::Vote(vote) => election::on_vote(side, cx, from, vote),
        RaftMsg::Voted {
            ballot,
            epoch,
            leader,
            granted,
        } => election::on_voted(side, cx, from, (*ballot, *epoch, *leader), *granted),
        RaftMsg::Begin(epoch) => election::on_begin(side, cx, from, *epoch),
        RaftMsg::End(epoch, successor) => election::on_end_epoch(side, from, *epoch, *successor),
        RaftMsg::Current(epoch, leader) => election::on_current(side, cx, *epoch, *leader),
        RaftMsg::Fetch(fetch) => replication::on_fetch(side, cx, from, fetch),
        RaftMsg::Fetched(epoch, fetched) => replication::on_fetched(side, cx, from, *epoch, fetched),
        RaftMsg::FetchSnapshot(epoch, tip) => replication::on_fetch_snapshot(side, cx, from, *epoch, *tip),
        RaftMsg::Snapshot(epoch, entries) => replication::on_snapshot(side, cx, from, *epoch, entries),
        RaftMsg::Notice(notice) => panic!("a notice stays on its node: {notice:?}"),
    }
}

/// The connection that this member had opened to another is gone.
pub fn on_connection_lost(mut at: Part<'_>, cx: &mut Context<'_>, peer: NodeId) {
    at.run(cx, |side, inner| election::on_connection_lost(side, inner, peer));
}

/// What is compared before and after a handler.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) epoch: Epoch,
    pub(super) leader: Option<NodeId>,
    pub(super) voted: bool,
    pub(super) kind: Kind,
}

/// What a member is, in short.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Down,
    Waiting,
    Asking,
    Standing,
    Leading,
    Following,
    /// Its leader said that it resigns, and that this member may stand at once.
    Successor,
}

impl Standing {
    pub(super) fn of(manager: &RaftManager) -> Self {
        use crate::raft::member::{Contact, Following};
        let kind = match &manager.member.role {
            Role::Down => Kind::Down,
            Role::Unattached | Role::Resigned => Kind::Waiting,
            Role::Prospective { .. } => Kind::Asking,
            Role::Candidate { .. } => Kind::Standing,
            Role::Leader(_) => Kind::Leading,
            Role::Follower(Following {
                contact: Contact::Ended,
                ..
            }) => Kind::Successor,
            Role::Follower(_) => Kind::Following,
        };
        Self {
            epoch: manager.member.epoch(),
            leader: manager.leader(),
            voted: manager.member.state().voted.is_some(),
            kind,
        }
    }
}

impl Part<'_> {
    /// Runs a handler of the quorum's own model here, and flushes what it appended in the same breath, as Kafka does.
    pub(super) fn run(&mut self, cx: &mut Context<'_>, handler: impl FnOnce(raft::Side<'_>, &mut raft::Context<'_>)) {
        let before = Standing::of(self.manager);
        self.embedded(cx, handler);
        if self.manager.member.is_up() && self.manager.log.at_risk() > 0 {
            self.embedded(cx, replication::on_flush);
        }
        if self.manager.member.leads() {
            self.manager.patience = 0;
        }
        let after = Standing::of(self.manager);
        if let Some(broker) = cx.config().roster().broker(self.me) {
            self.turn_channel(cx, broker, (before, after));
        }
        if cx.config().pace == Pace::Clock {
            self.keep_time(cx, before, after);
        }
    }

    fn embedded(&mut self, cx: &mut Context<'_>, handler: impl FnOnce(raft::Side<'_>, &mut raft::Context<'_>)) {
        let side = raft::Side {
            me: self.me,
            member: &mut self.manager.member,
            log: &mut self.manager.log,
        };
        let config = &cx.config().roster().raft;
        let effects = cx.within::<Raft>(self.me, config, |inner| handler(side, inner));
        self.translate(cx, effects);
    }

    fn translate(&mut self, cx: &mut Context<'_>, effects: Effects<Raft>) {
        let roster = cx.config().roster();
        for (slot, op) in effects.ops {
            match (slot, op) {
                (_, Op::Push(RaftMsg::Notice(notice))) => self.notice(cx, notice),
                (quorum::Slot::Queue(_, to, _), Op::Push(msg)) => cx.send(roster.node(to), Msg::Raft(Box::new(msg))),
                // A driver with a clock keeps the times of messages, and nothing depends on what nobody takes notice of.
                (quorum::Slot::Queue(from, to, _), Op::Mark(quorum::Mark::Outdated(epoch, waiting))) => {
                    if cx.config().pace == Pace::Free && (roster.is_voter(from) || roster.is_voter(to)) {
                        let answers = Slot::Queue(roster.node(from), roster.node(to), Lane::Answer);
                        cx.mark(answers, Mark::Outdated(epoch, waiting));
                    }
                }
                (quorum::Slot::Ledger, Op::Record(member, fact)) => {
                    if let Some(committed) = self.committed.as_deref_mut() {
                        committed.record(cx, member, &fact);
                    }
                }
                (slot, op) => panic!("the quorum orders nothing else: {op} on {slot}"),
            }
        }
    }

    /// What the log tells the controller and the broker of its process.
    fn notice(&mut self, cx: &mut Context<'_>, notice: Notice) {
        let roster = cx.config().roster();
        if let (Notice::Committed(from, entries), Some(broker)) = (&notice, roster.broker(self.me)) {
            self.tell_broker(cx, broker, from.0 as usize, entries);
        }
        if roster.is_voter(self.me) {
            cx.send(roster.node(self.me), Msg::Raft(Box::new(RaftMsg::Notice(notice))));
        }
    }

    /// A broker gets all metadata when it finds its registration there, then what is new. Kafka: `MetadataLoader`.
    fn tell_broker(&mut self, cx: &mut Context<'_>, broker: BrokerId, from: usize, entries: &[Entry]) {
        let decided = |entry: &Entry| match &entry.content {
            Content::Decision(decision) => decision.records.clone(),
            Content::LeaderChange(_) | Content::Metadata(_) | Content::Voters(_) => alloc::vec::Vec::new(),
        };
        match self.manager.first {
            FirstMetadata::Published => {
                let news = entries.iter().map(decided).filter(|records| !records.is_empty());
                news.for_each(|records| cx.send(Node::Broker(broker), Msg::Metadata(records)));
            }
            FirstMetadata::Awaited => {
                let mut cluster = Cluster::empty(cx.config());
                let all = self.manager.log.entries().iter().take(from + entries.len());
                all.flat_map(decided).for_each(|record| cluster.apply(&record));
                let own = cluster.broker(broker).map(|known| known.epoch);
                if own == Some(self.manager.lives) {
                    self.manager.first = FirstMetadata::Published;
                    cx.send(Node::Broker(broker), Msg::Snapshot(Box::new(cluster)));
                }
            }
        }
    }

    /// Requests of the broker go to the controller that its process takes for the active one, or wait until it knows one.
    fn turn_channel(&mut self, cx: &mut Context<'_>, broker: BrokerId, (before, after): (Standing, Standing)) {
        let outbound = slots::outbound(cx.config(), broker);
        let mut all = |op: Op<crate::Kafka>| outbound.iter().for_each(|slot| cx.order(*slot, op.clone()));
        match (before.leader, after.leader) {
            (None, Some(_)) => all(Op::Release(Hold::Down)),
            (Some(_), None) => all(Op::Hold(Hold::Down)),
            (Some(_), Some(_)) | (None, None) => {}
        }
        let waits = self.manager.refused > Epoch(0);
        if waits && (after.kind == Kind::Down || (after.leader.is_some() && after.epoch > self.manager.refused)) {
            self.manager.refused = Epoch(0);
            all(Op::Release(Hold::Stall));
        }
        if after.kind == Kind::Down {
            self.manager.told = Epoch(0);
        } else if after.leader.is_some() && after.epoch > self.manager.told {
            // Differs from Kafka: a request that the controller before did not answer is sent to the next one at once. There
            // it waits until its connection breaks or it times out.
            if self.manager.told > Epoch(0) {
                cx.send(Node::Broker(broker), Msg::NewController);
            }
            self.manager.told = after.epoch;
        }
    }
}
