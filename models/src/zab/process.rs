//! The life of a server: it starts from what is on disk, it ends, its disk is replaced.

use sim_core::Fate;

use super::member::{Log, Role};
use super::{Context, Fact, Side};
use crate::quorum::End;

/// The process starts, and looks for a leader.
pub fn on_start(at: Side<'_>) {
    assert!(!at.member.is_up(), "only a process that does not run can start");
    at.member.role = Role::looking();
}

/// The process ends. A power loss keeps what was flushed, and perhaps more.
pub fn on_end(mut at: Side<'_>, cx: &mut Context<'_>, end: End) {
    at.leave(cx, Role::Down);
    if end == End::Power {
        let lost = cx.choose("transactions lost", at.log.at_risk() as u32 + 1);
        at.log.lose(lost as usize);
        if lost > 0 {
            cx.announce(Fact::LostTail);
        }
        if at.member.is_at_risk() {
            let fate = match cx.choose("accepted epoch lost", 2) {
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
