//! The controller on top of the metadata log: it decides with all that it wrote, answers what is committed, and takes back what
//! never is when it loses its leadership. Kafka: `QuorumController`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sim_core::{Op, Since};

use super::Committed;
use super::manager::{Part, RaftManager};
use crate::actions::{Mark, Timer};
use crate::cluster::{BrokerState, Cluster};
use crate::config::{Config, Pace};
use crate::fact::Fact;
use crate::features::Switch;
use crate::ids::{BrokerId, Node, Offset, Partition};
use crate::kraft::{self, Controller, ControllerSide};
use crate::message::{Command, Msg};
use crate::quorum::{Epoch, NodeId};
use crate::raft::log::{Content, Decision, Entry};
use crate::raft::message::Notice;
use crate::slots::{Slot, Value};
use crate::{Context, Kafka};

/// A controller of a quorum.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct QuorumController {
    /// The epoch in which it is active, if it is.
    pub active: Option<Epoch>,
    /// What it knows; while it is active with what is not committed yet.
    pub controller: Controller,
    /// While it is active: what is committed of that.
    stable: Option<Box<Cluster>>,
    /// Up to where it was told what is committed.
    told: Offset,
    /// Answers that wait until something is committed.
    pending: Vec<Pending>,
    /// Requests that wait until this controller, which leads the quorum, is active.
    early: Vec<(BrokerId, Msg)>,
}

/// An answer that waits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
struct Pending {
    /// What must be committed: all before this offset.
    end: Offset,
    /// Who waits.
    to: BrokerId,
    /// For what; a registration is found in the metadata log.
    answer: Option<Msg>,
    /// What it was about, if that was a partition.
    about: Option<Partition>,
}

impl QuorumController {
    /// A controller that knows nothing.
    pub fn new(config: &Config) -> Self {
        Self {
            active: None,
            controller: Controller::new(config),
            stable: None,
            told: Offset::ZERO,
            pending: Vec::new(),
            early: Vec::new(),
        }
    }

    /// Something that only this model knows.
    pub fn mark(&mut self, mark: Mark) {
        let Controller { timers, silent, .. } = &mut self.controller;
        match mark {
            Mark::Freeze => timers.freeze(),
            Mark::Thaw => timers.thaw(),
            Mark::Silence(id, why) => silent.begin(id, why),
            Mark::Unsilence(id, why) => silent.end(id, why),
            Mark::Heard(id) => silent.heard(id),
            Mark::Close(..) | Mark::Heal(..) => panic!("not told: {mark}"),
            Mark::Gone(_) | Mark::Dead(_) | Mark::Apart(_) | Mark::Outdated(..) => panic!("not told: {mark}"),
        }
    }
}

sim_core::footprint! { Kafka, Slot, Value;
    /// A controller that is asked for something.
    pub struct ActiveSide(me: NodeId) {
        controller: write QuorumController(me),
        manager: write RaftManager(me),
        committed: write Committed(),
    }

    /// A controller that is told something by the log under it.
    pub struct QuorumControllerSide(me: NodeId) {
        controller: write QuorumController(me),
    }
}

/// A broker asks for something. Kafka: `ControllerApis`.
pub fn on_request(mut at: ActiveSide<'_>, cx: &mut Context<'_>, from: BrokerId, msg: &Msg) {
    let leads = at.manager.member.leads();
    if leads && at.controller.active.is_none() {
        // Differs from Kafka: it refuses, and the broker asks again a little later.
        return at.controller.early.push((from, msg.clone()));
    }
    if !at.is_current() {
        at.controller.renounce(cx);
        return cx.reply(Node::Broker(from), Msg::NotController(about(msg)));
    }
    at.tell_others(cx, from);
    at.decide(cx, Some((from, about(msg), answers_itself(msg))), |side, inner| {
        asked(side, inner, from, msg)
    });
}

fn asked(side: ControllerSide<'_>, cx: &mut Context<'_>, from: BrokerId, msg: &Msg) {
    match msg {
        Msg::Register {
            epoch,
            previous,
            directory,
        } => kraft::on_register(side, cx, from, *epoch, *previous, *directory),
        Msg::Heartbeat(epoch, wish) => kraft::on_heartbeat(side, cx, from, *epoch, *wish),
        Msg::AlterPartition(alter) => kraft::on_alter_partition(side, cx, from, alter),
        Msg::AssignDirectory {
            epoch,
            partition,
            directory,
        } => kraft::on_assign(side, cx, from, *epoch, *partition, *directory),
        msg => panic!("a broker does not ask a controller: {msg}"),
    }
}

/// The partition that a request is about.
fn about(msg: &Msg) -> Option<Partition> {
    match msg {
        Msg::AlterPartition(alter) => Some(alter.partition),
        Msg::AssignDirectory { partition, .. } => Some(*partition),
        _ => None,
    }
}

/// Whether what is asked for shows in the metadata log, where the broker finds it.
fn answers_itself(msg: &Msg) -> bool {
    matches!(msg, Msg::Register { .. } | Msg::AssignDirectory { .. })
}

/// A session or the time until the next balance ran out.
pub fn on_timer(mut at: ActiveSide<'_>, cx: &mut Context<'_>, timer: Timer) {
    if !at.is_current() {
        return at.controller.renounce(cx);
    }
    at.decide(cx, None, |side, inner| match timer {
        Timer::Session(id) => kraft::on_session_end(side, inner, id),
        Timer::Balance => kraft::on_balance(side, inner),
        timer => panic!("a controller has no timer `{timer}`"),
    });
}

/// An operator's order: whoever is not the active controller takes no notice.
pub fn on_command(mut at: ActiveSide<'_>, cx: &mut Context<'_>, command: &Command) {
    if at.is_current() {
        at.decide(cx, None, |side, inner| kraft::on_command(side, inner, command));
    }
}

/// The log tells something. Kafka: `QuorumMetaListener`.
pub fn on_notice(at: QuorumControllerSide<'_>, cx: &mut Context<'_>, notice: &Notice) {
    match notice {
        Notice::Committed(from, entries) => at.controller.apply(cx, *from, entries),
        Notice::Leads(epoch) => at.controller.claim(cx, *epoch),
        Notice::Lost => {
            at.controller.renounce(cx);
            for (from, msg) in core::mem::take(&mut at.controller.early) {
                cx.send(Node::Broker(from), Msg::NotController(about(&msg)));
            }
        }
    }
}

/// Requests that came a little early are handled now.
pub fn on_early(mut at: ActiveSide<'_>, cx: &mut Context<'_>) {
    if !at.is_current() {
        return;
    }
    for (from, msg) in core::mem::take(&mut at.controller.early) {
        at.decide(cx, Some((from, about(&msg), answers_itself(&msg))), |side, inner| {
            asked(side, inner, from, &msg);
        });
    }
}

/// The process ends.
pub fn on_end(at: QuorumControllerSide<'_>, cx: &mut Context<'_>) {
    let silent = core::mem::take(&mut at.controller.controller.silent);
    *at.controller = QuorumController::new(cx.config());
    at.controller.controller.silent = silent;
}

impl QuorumController {
    /// What is committed: answers that waited for it go out.
    fn apply(&mut self, cx: &mut Context<'_>, from: Offset, entries: &[Entry]) {
        let known = self.told.0.saturating_sub(from.0) as usize;
        let cluster = match &mut self.stable {
            Some(stable) => &mut **stable,
            None => &mut self.controller.cluster,
        };
        for entry in entries.iter().skip(known) {
            if let Content::Decision(decision) = &entry.content {
                decision.records.iter().for_each(|record| cluster.apply(record));
            }
        }
        self.told = self.told.max(from.plus(entries.len()));
        self.release(cx);
    }

    fn release(&mut self, cx: &mut Context<'_>) {
        let told = self.told;
        for pending in self.pending.extract_if(.., |pending| pending.end <= told) {
            if let Some(answer) = pending.answer {
                cx.send(Node::Broker(pending.to), answer);
            }
        }
    }

    /// This controller is active: it knows all that was committed before. Sessions are not in the log: all that may be in use
    /// begin anew. Kafka: `QuorumController.claim`, `ClusterControlManager.activate`.
    fn claim(&mut self, cx: &mut Context<'_>, epoch: Epoch) {
        self.active = Some(epoch);
        self.stable = Some(Box::new(self.controller.cluster.clone()));
        let brokers = self.controller.cluster.brokers().iter().copied();
        let in_use: Vec<BrokerId> = brokers
            .filter(|(_, known)| known.state != BrokerState::Fenced)
            .map(|(id, _)| id)
            .collect();
        for id in in_use {
            cx.arm(&mut self.controller.timers, Timer::Session(id), Since::Now);
        }
        let mut side = ControllerSide {
            controller: &mut self.controller,
        };
        side.watch_balance(cx);
    }

    /// It is active no longer: what is not committed is taken back, and who waits is told. Kafka: `QuorumController.renounce`.
    fn renounce(&mut self, cx: &mut Context<'_>) {
        if self.active.take().is_none() {
            return;
        }
        if let Some(stable) = self.stable.take()
            && cx.config().roster().raft.rules.snapshot_on_promotion == Switch::On
        {
            self.controller.cluster = *stable;
        }
        let silent = &mut self.controller.timers;
        silent.cancel_where(|timer| matches!(timer, Timer::Session(_) | Timer::Balance));
        for pending in core::mem::take(&mut self.pending) {
            cx.send(Node::Broker(pending.to), Msg::NotController(pending.about));
        }
    }
}

impl ActiveSide<'_> {
    /// Whether the log under this controller is led in the epoch in which it is active.
    fn is_current(&self) -> bool {
        self.controller.active == Some(self.manager.member.epoch()) && self.manager.member.leads()
    }

    /// Without a clock: a broker that was heard here is not silent for the others either.
    fn tell_others(&self, cx: &mut Context<'_>, broker: BrokerId) {
        if cx.config().pace == Pace::Free && cx.arrival() == sim_core::Arrival::InOrder {
            for (other, _) in cx.config().roster().voters().filter(|(id, _)| *id != self.me) {
                cx.mark(Slot::QuorumController(other), Mark::Heard(broker));
            }
        }
    }

    /// Decides as the one controller does, with what it wrote before; its records go into the log, and its answers wait until
    /// these, or those before them, are committed. Kafka: `ControllerWriteEvent`, `DeferredEventQueue`.
    fn decide(
        &mut self,
        cx: &mut Context<'_>,
        asked: Option<(BrokerId, Option<Partition>, bool)>,
        handler: impl FnOnce(ControllerSide<'_>, &mut Context<'_>),
    ) {
        let side = ControllerSide {
            controller: &mut self.controller.controller,
        };
        let effects = cx.within::<Kafka>(cx.me(), cx.config(), |inner| handler(side, inner));
        cx.adopt(effects.armed);
        let mut decision = Decision::default();
        let mut answers = Vec::new();
        for (slot, op) in effects.ops {
            match (slot, op) {
                (_, Op::Push(Msg::Metadata(records))) => decision.records = records,
                (Slot::Queue(_, Node::Broker(to), _), Op::Push(msg)) => answers.push((to, msg)),
                (_, Op::Record(_, fact)) => decision.facts.push(fact),
                (slot, op) => panic!("a controller orders nothing else: {op} on {slot}"),
            }
        }
        let writes = !decision.records.is_empty() || decision.facts.iter().any(|fact| matches!(fact, Fact::Wrote(_)));
        let end = match writes {
            true => self.append(cx, decision),
            false => {
                decision.facts.into_iter().for_each(|fact| cx.announce(fact));
                self.controller.pending.last().map_or(Offset::ZERO, |last| last.end)
            }
        };
        self.await_commit(cx, end, asked, answers);
    }

    fn append(&mut self, cx: &mut Context<'_>, decision: Decision) -> Offset {
        let mut part = Part {
            me: self.me,
            manager: self.manager,
            committed: Some(self.committed),
        };
        let end = part.manager.log.end().plus(1);
        let content = Content::Decision(Box::new(decision));
        part.run(cx, |mut side, inner| side.append(inner, content));
        end
    }

    fn await_commit(
        &mut self,
        cx: &mut Context<'_>,
        end: Offset,
        asked: Option<(BrokerId, Option<Partition>, bool)>,
        answers: Vec<(BrokerId, Msg)>,
    ) {
        let Some((from, about, answers_itself)) = asked else {
            return;
        };
        if answers.is_empty() && answers_itself && end > self.controller.told {
            self.controller.pending.push(Pending {
                end,
                to: from,
                answer: None,
                about,
            });
        }
        for (to, answer) in answers {
            self.controller.pending.push(Pending {
                end,
                to,
                answer: Some(answer),
                about,
            });
        }
        self.controller.release(cx);
    }
}
