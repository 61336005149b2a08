//! The life of a process: it starts from what is on disk, it ends, its disk is replaced.

use sim_core::Fate;

use super::log::Log;
use super::member::{QuorumState, Role};
use super::{Context, Fact, Side};
use crate::features::Switch;
use crate::quorum::End;

/// The process starts from its quorum-state file and its log. Kafka: `QuorumState.initialize`.
pub fn on_start(mut at: Side<'_>, cx: &mut Context<'_>) {
    assert!(!at.member.is_up(), "only a process that does not run can start");
    let last = at.log.tip().epoch;
    if last > at.member.epoch() {
        let state = QuorumState {
            epoch: last,
            ..QuorumState::default()
        };
        at.write(cx, state);
    }
    let state = at.member.state().clone();
    at.member.role = Role::Unattached;
    match (state.leader, state.voted) {
        (Some(leader), _) if leader != at.me => at.follow(cx, leader),
        (Some(_), _) if cx.config().rules.resign_on_restart == Switch::On => at.resign(cx),
        (Some(_), _) => at.lead(cx),
        (None, Some(voted)) if voted == at.member.key(at.me) => at.stand(cx),
        (None, _) => {}
    }
}

/// The process ends. A power loss keeps what was flushed, and perhaps more.
pub fn on_end(mut at: Side<'_>, cx: &mut Context<'_>, end: End) {
    at.leave(cx, Role::Down);
    if end == End::Power {
        let lost = cx.choose("entries lost", at.log.at_risk() as u32 + 1);
        at.log.lose(lost as usize);
        if lost > 0 {
            cx.announce(Fact::LostTail);
        }
        if at.member.is_at_risk() {
            let fate = match cx.choose("quorum-state file lost", 2) {
                0 => Fate::Kept,
                _ => Fate::Lost,
            };
            at.member.lose_power(fate);
        }
    }
    at.log.close();
}

/// The disk is replaced by an empty one.
pub fn on_wipe(at: Side<'_>, cx: &mut Context<'_>) {
    assert!(!at.member.is_up(), "the disk of a process that runs is not replaced");
    at.member.wipe();
    *at.log = Log::default();
    cx.announce(Fact::LostTail);
}

/// A snapshot of what is committed takes the place of the beginning of the log.
pub fn on_snapshot_due(at: Side<'_>) {
    at.log.snapshot();
}
