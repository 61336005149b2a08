//! What a follower does: become one, truncate, replicate. Where it truncates to is what the variants are about.

use super::Variant;
use super::leader::caught_up_by_record_epoch;
use super::state::{LeaderEpoch, Log, Offset, Record, State, View};
use crate::spec::replicas::Replica;

impl super::Replication {
    pub(super) fn become_follower(
        &self,
        state: &State,
        follower: Replica,
        leader: Replica,
        epoch: LeaderEpoch,
    ) -> Option<State> {
        let request = state.request(epoch).filter(|request| request.leader == Some(leader))?;
        if epoch <= state.view(follower).leader_epoch {
            return None;
        }
        let end = state.log(follower).end();
        let truncate_to = match self.variant {
            // The leader's log is read whatever its epoch; it need not even know yet that it leads.
            Variant::TruncHw | Variant::Kip101 | Variant::Kip279 => self.truncation_offset(state, leader, follower),
            Variant::Kip320First => end,
            Variant::Kip320 if state.leads(leader) && state.view(leader).leader_epoch == epoch => {
                self.truncation_offset(state, leader, follower)
            }
            Variant::Kip320 => return None,
        };
        let high_watermark = match self.variant {
            Variant::Kip320First => state.view(follower).high_watermark,
            Variant::TruncHw | Variant::Kip101 | Variant::Kip279 | Variant::Kip320 => {
                state.view(follower).high_watermark.min(truncate_to)
            }
        };
        (truncate_to <= end).then(|| {
            let mut next = *state;
            next.log_mut(follower).truncate(truncate_to);
            *next.view_mut(follower) = View {
                high_watermark,
                leader_epoch: epoch,
                leader: Some(leader),
                isr: request.isr,
            };
            next
        })
    }

    /// Truncation as a step of its own, which only the first try at KIP-320 has.
    pub(super) fn truncate(&self, state: &State, follower: Replica, leader: Replica) -> Option<State> {
        if !state.leads(leader) || state.view(follower).leader != Some(leader) {
            return None;
        }
        let (theirs, own) = (state.log(leader), state.log(follower));
        let last = own.end().0.checked_sub(1).map(Offset);
        let epoch = |log: &Log| last.and_then(|last| log.at(last)).map(Record::leader_epoch);
        let diverges = epoch(theirs).is_some() && epoch(theirs) != epoch(own);
        (own.end() > theirs.end() || diverges).then(|| {
            let truncate_to = self.truncation_offset(state, leader, follower);
            let mut next = *state;
            next.log_mut(follower).truncate(truncate_to);
            let view = next.view_mut(follower);
            view.high_watermark = view.high_watermark.min(truncate_to);
            next
        })
    }

    /// The follower copies one record, and the leader's high watermark as far as its own log goes. That may lower it.
    pub(super) fn replicate(&self, state: &State, follower: Replica, leader: Replica) -> Option<State> {
        let end = state.log(follower).end();
        let accepted = match self.variant {
            Variant::TruncHw | Variant::Kip101 | Variant::Kip279 => {
                state.leads(leader) && state.view(follower).leader == Some(leader)
            }
            Variant::Kip320First => caught_up_by_record_epoch(state, leader, follower, end),
            Variant::Kip320 => state.follows(leader, follower),
        };
        let record = state.log(leader).at(end).filter(|_| accepted)?;
        let mut next = *state;
        next.log_mut(follower).append(record);
        next.view_mut(follower).high_watermark = state.view(leader).high_watermark.min(next.log(follower).end());
        Some(next)
    }

    fn truncation_offset(&self, state: &State, leader: Replica, follower: Replica) -> Offset {
        let high_watermark = state.view(follower).high_watermark;
        let (theirs, own) = (state.log(leader), state.log(follower));
        match self.variant {
            Variant::TruncHw => high_watermark,
            Variant::Kip101 => by_last_epoch(theirs, own, high_watermark),
            Variant::Kip279 | Variant::Kip320First | Variant::Kip320 => after_last_common_record(theirs, own),
        }
    }
}

/// KIP-101: where the leader's log leaves the epoch of the follower's last record. This may lie beyond the follower's end.
fn by_last_epoch(theirs: &Log, own: &Log, high_watermark: Offset) -> Offset {
    let Some(last) = own.last() else { return Offset(0) };
    match theirs.last() {
        None => high_watermark,
        Some(same) if same.leader_epoch() == last.leader_epoch() => theirs.end(),
        Some(_) => {
            let later = theirs
                .records()
                .iter()
                .position(|record| record.leader_epoch() > last.leader_epoch());
            later.map_or(high_watermark, |offset| Offset(offset as u8))
        }
    }
}

/// KIP-279: just behind the last offset at which both logs have the same record.
fn after_last_common_record(theirs: &Log, own: &Log) -> Offset {
    let common = theirs
        .records()
        .iter()
        .zip(own.records())
        .rposition(|(theirs, own)| theirs == own);
    common.map_or(Offset(0), |offset| Offset(offset as u8 + 1))
}
