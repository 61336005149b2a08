//! Changes of the set of voters, one record each. Kafka: `AddVoterHandler`, `RemoveVoterHandler` (KIP-853).

use super::log::Content;
use super::member::Role;
use super::message::VoterKey;
use super::rules::{PendingReconfig, ReconfigGate};
use super::{Command, Context, Fact, Side};
use crate::quorum::NodeId;

/// An operator asks the leader to add or remove a voter.
pub fn on_change(mut at: Side<'_>, cx: &mut Context<'_>, command: Command) {
    let Role::Leader(leading) = &at.member.role else { return };
    let rules = &cx.config().rules;
    let committed = at.log.high_watermark();
    let gate = rules.reconfig_gate == ReconfigGate::None || committed > leading.start;
    let pending = at.log.voters().is_some_and(|(at_offset, _)| at_offset >= committed);
    if !gate || (pending && rules.max_pending_reconfig == PendingReconfig::One) {
        return;
    }
    let voters = at.voters(cx);
    let changed: alloc::vec::Vec<VoterKey> = match command {
        Command::AddVoter(id) => {
            let Some(newcomer) = caught_up(&at, id) else { return };
            let others = voters.iter().copied().filter(|voter| voter.id != id);
            others.chain([newcomer]).collect()
        }
        Command::RemoveVoter(id) => voters.iter().copied().filter(|voter| voter.id != id).collect(),
        Command::Write(_) => return,
    };
    if changed.is_empty() || changed == voters {
        return;
    }
    cx.announce(Fact::Reconfigured);
    at.append(cx, Content::Voters(changed));
}

/// An observer that waits at the end of the leader's log, with its disk.
///
/// Differs from Kafka: there the leader waits until it has caught up, for a time.
fn caught_up(at: &Side<'_>, id: NodeId) -> Option<VoterKey> {
    let Role::Leader(leading) = &at.member.role else {
        return None;
    };
    let parked = leading.parked.get(&id).filter(|parked| parked.offset == at.log.end())?;
    Some(VoterKey {
        id,
        directory: parked.directory,
    })
}
