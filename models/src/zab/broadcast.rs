//! Transactions from the leader to all: proposal, acknowledgement, commit. ZooKeeper: `Leader.propose`, `Leader.processAck`.

use alloc::vec::Vec;

use super::member::{Phase, Role, Stage, Txn, Zxid};
use super::message::Msg;
use super::{Context, Fact, Side};
use crate::quorum::{Epoch, NodeId, NodeSet};

impl Side<'_> {
    /// Up to where this server acknowledges.
    fn acknowledged(&self, cx: &Context<'_>) -> u8 {
        match cx.config().rules.log_before_ack.is_on() {
            true => self.log.flushed(),
            false => self.log.end(),
        }
    }

    /// What a quorum has acknowledged is committed; before it serves, that is the whole history.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>) {
        let own = self.acknowledged(cx);
        let Role::Leading(leading) = &self.member.role else {
            return;
        };
        let (Some(epoch), true) = (leading.epoch, leading.stage != Stage::Proposed) else {
            return;
        };
        if leading.stage == Stage::Accepted {
            let having: NodeSet = leading.acks.keys().copied().collect();
            if !self.is_quorum(cx, having.with(self.me)) {
                return;
            }
            cx.announce(Fact::Established(epoch, self.log.txns().to_vec()));
            if let Role::Leading(leading) = &mut self.member.role {
                leading.stage = Stage::Established;
            }
        }
        let Role::Leading(leading) = &self.member.role else {
            return;
        };
        let mut ends: Vec<u8> = leading.acks.values().copied().chain([own]).collect();
        ends.resize(cx.config().nodes().len(), 0);
        ends.sort_unstable_by(|a, b| b.cmp(a));
        let reached = match cx.config().rules.quorum_of_acks.is_on() {
            true => ends[ends.len() / 2],
            false => own,
        };
        if reached > self.log.committed() {
            let told: Vec<NodeId> = leading.acks.keys().copied().collect();
            self.commit(cx, reached);
            told.into_iter().for_each(|id| cx.send(id, Msg::Commit(epoch, reached)));
        }
    }

    /// Takes more for committed, and says so.
    fn commit(&mut self, cx: &mut Context<'_>, end: u8) {
        let from = self.log.committed();
        let committed = self.log.commit(end).to_vec();
        if !committed.is_empty() {
            cx.announce(Fact::Committed(self.member.current(), from, committed));
        }
    }
}

/// A client of the leader writes.
pub fn on_write(mut at: Side<'_>, cx: &mut Context<'_>, number: u8) {
    let Role::Leading(leading) = &at.member.role else {
        return;
    };
    let (Some(epoch), Stage::Established) = (leading.epoch, leading.stage) else {
        return;
    };
    let last = at.log.zxid();
    let counter = if last.epoch == epoch { last.counter + 1 } else { 1 };
    let zxid = Zxid { epoch, counter };
    let (position, txn) = (at.log.end(), Txn { zxid, number });
    leading
        .synced
        .iter()
        .for_each(|id| cx.send(id, Msg::Proposal(position, txn)));
    at.log.append(txn);
    at.advance(cx);
}

/// A server has the leader's history.
pub fn on_synced(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, end: u8) {
    let committed = at.log.committed();
    let Role::Leading(leading) = &mut at.member.role else {
        return;
    };
    if leading.epoch != Some(epoch) || !leading.synced.contains(from) {
        return;
    }
    leading.acks.insert(from, end);
    if committed > 0 {
        cx.send(from, Msg::Commit(epoch, committed));
    }
    at.advance(cx);
}

/// A transaction of the leader. ZooKeeper: `Follower.processPacket`, `SyncRequestProcessor`.
pub fn on_proposal(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, position: u8, txn: Txn) {
    let follows = matches!(at.member.role, Role::Following { leader, phase: Phase::Broadcast | Phase::Logging } if leader == from);
    if !follows || txn.zxid.epoch != at.member.current() {
        return;
    }
    let gap = position != at.log.end() && cx.config().rules.sync_before_broadcast.is_on();
    if gap {
        return at.leave(cx, Role::looking());
    }
    at.log.append(txn);
    if cx.config().rules.log_before_ack.is_on() {
        at.log.flush();
    }
    at.logged(cx);
    cx.send(from, Msg::Ack(at.member.current(), at.log.end()));
}

/// A server has acknowledged.
pub fn on_ack(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, end: u8) {
    let Role::Leading(leading) = &mut at.member.role else {
        return;
    };
    if leading.epoch == Some(epoch)
        && let Some(acked) = leading.acks.get_mut(&from)
    {
        *acked = end.max(*acked);
        at.advance(cx);
    }
}

/// The leader says what is committed.
pub fn on_commit(mut at: Side<'_>, cx: &mut Context<'_>, from: NodeId, epoch: Epoch, end: u8) {
    let follows = matches!(at.member.role, Role::Following { leader, phase: Phase::Broadcast } if leader == from);
    if follows && epoch == at.member.current() {
        at.commit(cx, end);
    }
}

/// What stands in the page cache is on the disk. Who is down takes no notice.
pub fn on_flush(mut at: Side<'_>, cx: &mut Context<'_>) {
    at.log.flush();
    at.advance(cx);
    at.logged(cx);
}
