//! From looking for a leader to having one: election, discovery of the epoch, and its history.
//!
//! Differs from ZooKeeper: `FastLeaderElection` exchanges votes until a quorum has the same; here a server follows at once
//! who has at least its own history, and a server that a quorum follows leads. The rule by which votes are compared is the same.
//! Who has more than a server that proposes itself proposes itself to that one.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::member::{Leading, Phase, Role, Stage, Tip, Txn};
use super::message::Msg;
use super::{Context, Fact, Side};
use crate::quorum::{Epoch, Lane, Mark, NodeId, NodeSet, Slot, Waiting};

impl Side<'_> {
    /// How much this server has.
    pub(super) fn tip(&self) -> Tip {
        Tip {
            epoch: self.member.current(),
            zxid: self.log.zxid(),
        }
    }

    /// Whether these are more than half of the servers.
    pub(super) fn is_quorum(&self, cx: &Context<'_>, who: NodeSet) -> bool {
        2 * who.len() > cx.config().nodes().len()
    }

    /// Whoever this server led or followed: those connections are closed, and it does so no longer.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>, next: Role) {
        let followers = |infos: BTreeMap<NodeId, Epoch>| infos.into_keys().collect::<Vec<_>>();
        let ends = next == Role::Down;
        let told = match core::mem::replace(&mut self.member.role, next) {
            Role::Down => Vec::new(),
            Role::Looking { infos } => followers(infos),
            Role::Leading(leading) => followers(leading.infos),
            Role::Following { leader, .. } => {
                if !ends {
                    cx.mark(
                        Slot::Queue(leader, self.me, Lane::Answer),
                        Mark::Outdated(Epoch(0), Waiting::Nothing),
                    );
                }
                alloc::vec![leader]
            }
        };
        if !ends {
            told.into_iter().for_each(|id| cx.send(id, Msg::Bye));
        }
    }

    /// Proposes itself to all.
    fn propose(&mut self, cx: &mut Context<'_>) {
        self.leave(cx, Role::looking());
        let tip = self.tip();
        for id in cx.config().nodes().without(self.me).iter() {
            cx.send(id, Msg::Vote(tip));
        }
        self.lead_if_followed(cx);
    }

    /// Follows a server.
    fn follow(&mut self, cx: &mut Context<'_>, leader: NodeId) {
        let phase = Phase::Discovery;
        self.leave(cx, Role::Following { leader, phase });
        cx.send(leader, Msg::Info(self.member.accepted()));
    }

    /// A server that a quorum follows leads a new epoch.
    fn lead_if_followed(&mut self, cx: &mut Context<'_>) {
        let Role::Looking { infos } = &self.member.role else {
            return;
        };
        let followers: NodeSet = infos.keys().copied().collect();
        if !self.is_quorum(cx, followers.with(self.me)) {
            return;
        }
        let newest = infos.values().copied().max().unwrap_or_default();
        let epoch = newest.max(self.member.accepted()).next();
        let leading = Leading {
            epoch: Some(epoch),
            infos: infos.clone(),
            accepted: NodeSet::EMPTY.with(self.me),
            ..Leading::default()
        };
        self.member.role = Role::Leading(leading);
        self.member
            .accept(epoch, cx.config().rules.accepted_epoch_durable.is_on());
        for id in followers.iter() {
            cx.send(id, Msg::NewEpoch(epoch));
        }
        self.accept_if_quorum(cx);
    }

    /// An epoch that a quorum has accepted begins: its leader hands out its history. ZooKeeper: `waitForEpochAck`.
    fn accept_if_quorum(&mut self, cx: &mut Context<'_>) {
        let Role::Leading(leading) = &self.member.role else {
            return;
        };
        let (accepted, stage, epoch) = (leading.accepted, leading.stage, leading.epoch);
        if stage == Stage::Proposed && self.is_quorum(cx, accepted) {
            let epoch = epoch.expect("a quorum accepts an epoch that was named");
            self.log.flush();
            self.member.enter(epoch);
            cx.announce(Fact::Accepted(epoch));
            if let Role::Leading(leading) = &mut self.member.role {
                leading.stage = Stage::Accepted;
            }
        }
        self.synchronize(cx);
    }

    /// Sends the history to who has accepted the epoch and has not got it yet.
    fn synchronize(&mut self, cx: &mut Context<'_>) {
        let history = match cx.config().rules.sync_before_broadcast.is_on() {
            true => self.log.txns().to_vec(),
            false => Vec::new(),
        };
        let Role::Leading(leading) = &mut self.member.role else {
            return;
        };
        let (Some(epoch), true) = (leading.epoch, leading.stage != Stage::Proposed) else {
            return;
        };
        let waiting = leading
            .infos
            .keys()
            .copied()
            .filter(|id| leading.accepted.contains(*id));
        let waiting: NodeSet = waiting.filter(|id| !leading.synced.contains(*id)).collect();
        for id in waiting.iter() {
            leading.synced = leading.synced.with(id);
            cx.send(id, Msg::Sync(epoch, history.clone()));
        }
        self.advance(cx);
    }
}

/// A server has waited long enough: for a leader, for its followers, or for somebody to follow it.
pub fn on_election(mut at: Side<'_>, cx: &mut Context<'_>) {
    if at.member.is_up() {
        at.propose(cx);
    }
}

/// Somebody looks for a leader, and proposes itself.
pub fn on_vote(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, tip: Tip) {
    match &at.member.role {
        Role::Down => {}
        Role::Leading(_) => cx.send(from, Msg::Lead(at.me)),
        Role::Following { leader, .. } if *leader != from => cx.send(from, Msg::Lead(*leader)),
        Role::Following { .. } => {}
        Role::Looking { .. } => {
            let by_zxid = cx.config().rules.election_by_zxid.is_on();
            if !by_zxid || (tip, from) > (at.tip(), at.me) {
                at.follow(cx, from);
            } else {
                cx.send(from, Msg::Vote(at.tip()));
            }
        }
    }
}

/// A server that looks for a leader is told who leads.
pub fn on_lead(mut at: Side<'_>, cx: &mut Context<'_>, leader: NodeId) {
    if leader != at.me && matches!(at.member.role, Role::Looking { .. }) {
        at.follow(cx, leader);
    }
}

/// Somebody will follow. ZooKeeper: `LearnerHandler`, FOLLOWERINFO.
pub fn on_info(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, accepted: Epoch) {
    match &mut at.member.role {
        Role::Looking { infos } => {
            infos.insert(from, accepted);
            at.lead_if_followed(cx);
        }
        Role::Leading(leading) => {
            leading.forget(from);
            leading.infos.insert(from, accepted);
            if let Some(epoch) = leading.epoch {
                cx.send(from, Msg::NewEpoch(epoch));
            }
        }
        Role::Following { .. } | Role::Down => cx.send(from, Msg::Bye),
    }
}

/// The leader names its epoch. ZooKeeper: `Learner.registerWithLeader`.
pub fn on_new_epoch(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch) {
    let waits = Role::Following {
        leader: from,
        phase: Phase::Discovery,
    };
    if at.member.role != waits {
        return;
    }
    if epoch < at.member.accepted() {
        return at.leave(cx, Role::looking());
    }
    // Who had accepted this epoch does not count a second time: its word may stand for another leader.
    let tip = (epoch > at.member.accepted()).then(|| at.tip());
    at.member
        .accept(epoch, cx.config().rules.accepted_epoch_durable.is_on());
    let phase = Phase::Synchronization;
    at.member.role = Role::Following { leader: from, phase };
    cx.send(from, Msg::AckEpoch(epoch, tip));
}

/// A server has accepted the epoch.
pub fn on_ack_epoch(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, tip: Option<Tip>) {
    let own = at.tip();
    let Role::Leading(leading) = &mut at.member.role else {
        return;
    };
    if leading.epoch != Some(epoch) || !leading.infos.contains_key(&from) {
        return;
    }
    let ahead = tip.is_some_and(|tip| tip > own) && leading.stage == Stage::Proposed;
    if ahead && cx.config().rules.history_checked.is_on() {
        return at.leave(cx, Role::looking());
    }
    // Once a quorum has accepted the epoch, everybody else is brought to its history.
    if tip.is_some() || leading.stage != Stage::Proposed {
        leading.accepted = leading.accepted.with(from);
    }
    at.accept_if_quorum(cx);
}

/// The history of the leader. ZooKeeper: `Learner.syncWithLeader`.
pub fn on_sync(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, history: &[Txn]) {
    let waits = Role::Following {
        leader: from,
        phase: Phase::Synchronization,
    };
    if at.member.role != waits || epoch != at.member.accepted() {
        return;
    }
    if cx.config().rules.sync_before_broadcast.is_on() {
        let end = at.log.parting(history);
        if end < at.log.end() {
            cx.announce(Fact::Truncated(end, at.log.committed()));
            at.log.truncate(end);
        }
        for txn in history.iter().skip(usize::from(end)) {
            at.log.append(*txn);
        }
    }
    at.member.enter(epoch);
    if cx.config().rules.epoch_after_history.is_on() {
        at.log.flush();
    }
    at.member.role = Role::Following {
        leader: from,
        phase: Phase::Logging,
    };
    at.logged(cx);
}

impl Side<'_> {
    /// A server whose history is on disk says so.
    pub(super) fn logged(&mut self, cx: &mut Context<'_>) {
        let Role::Following { leader, phase } = &mut self.member.role else {
            return;
        };
        if *phase == Phase::Logging && self.log.at_risk() == 0 {
            *phase = Phase::Broadcast;
            cx.send(*leader, Msg::Synced(self.member.current(), self.log.end()));
        }
    }
}

/// The other end closes the connection.
pub fn on_bye(at: Side<'_>, from: NodeId) {
    match &mut at.member.role {
        Role::Leading(leading) => leading.forget(from),
        Role::Looking { infos } => {
            infos.remove(&from);
        }
        Role::Following { leader, .. } if *leader == from => at.member.role = Role::looking(),
        Role::Following { .. } | Role::Down => {}
    }
}
