//! The controller on top of the log: it applies what it writes at once, and what others wrote when it is committed.
//! Kafka: `QuorumController`, `QuorumMetaListener`.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::log::{Content, Entry};
use super::message::Notice;
use super::{Context, ControllerSide, Fact, Side, WriteSide};
use crate::features::Switch;
use crate::ids::Offset;
use crate::quorum::Epoch;

/// What a controller knows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Controller {
    /// The epoch in which it is active, if it is.
    pub active: Option<Epoch>,
    /// Metadata in memory, by number, in the order in which it was applied.
    pub memory: Vec<u8>,
    /// How much of that is committed.
    pub committed: u8,
    /// Up to where it has been told what is committed.
    pub told: Offset,
}

impl Controller {
    /// It is active no longer: what is not committed is taken back, if it knows what was.
    fn renounce(&mut self, cx: &mut Context<'_>) {
        if self.active.take().is_some() {
            if cx.config().rules.snapshot_on_promotion == Switch::On {
                self.memory.truncate(usize::from(self.committed));
            }
            cx.announce(Fact::Renounced);
        }
    }

    /// Applies what is committed; who is active has done so before.
    fn apply(&mut self, from: Offset, entries: &[Entry]) {
        let known = self.told.0.saturating_sub(from.0) as usize;
        for entry in entries.iter().skip(known) {
            if let Content::Metadata(number) = entry.content {
                if self.active.is_none() || usize::from(self.committed) >= self.memory.len() {
                    self.memory.push(number);
                }
                self.committed += 1;
            }
        }
        self.told = self.told.max(from.plus(entries.len()));
    }
}

/// The log tells something.
pub fn on_notice(at: ControllerSide<'_>, cx: &mut Context<'_>, notice: &Notice) {
    match notice {
        Notice::Committed(from, entries) => at.controller.apply(*from, entries),
        Notice::Leads(epoch) => {
            at.controller.active = Some(*epoch);
            cx.announce(Fact::Active(*epoch));
        }
        Notice::Lost => at.controller.renounce(cx),
    }
}

/// Writes one piece of metadata: applied at once, committed later. Kafka: `ControllerWriteEvent`.
pub fn on_write(at: WriteSide<'_>, cx: &mut Context<'_>, number: u8) {
    let current = at.controller.active == Some(at.member.epoch()) && at.member.leads();
    if !current {
        // Kafka: NotLeaderException; the controller renounces.
        return at.controller.renounce(cx);
    }
    at.controller.memory.push(number);
    let mut raft = Side {
        me: at.me,
        member: at.member,
        log: at.log,
    };
    raft.append(cx, Content::Metadata(number));
}

/// Something fails in an active controller: it renounces, and should take its leadership along.
pub fn on_fail(at: WriteSide<'_>, cx: &mut Context<'_>) {
    let epoch = at.controller.active;
    at.controller.renounce(cx);
    let mut raft = Side {
        me: at.me,
        member: at.member,
        log: at.log,
    };
    let coupled = cx.config().rules.controller_resign_coupled == Switch::On;
    if coupled && raft.member.leads() && epoch == Some(raft.member.epoch()) {
        raft.resign(cx);
    }
}

/// The process ends.
pub fn on_end(at: ControllerSide<'_>) {
    *at.controller = Controller::default();
}
