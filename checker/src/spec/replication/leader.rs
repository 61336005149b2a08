//! What a replica does that presumes to be leader: take office, write, change the ISR, advance the high watermark.

use super::Variant;
use super::state::{LeaderEpoch, Offset, Record, State, View};
use crate::spec::replicas::{Replica, ReplicaSet};

impl super::Replication {
    pub(super) fn become_leader(&self, state: &State, replica: Replica, epoch: LeaderEpoch) -> Option<State> {
        let request = state.request(epoch).filter(|request| request.leader == Some(replica))?;
        let view = state.view(replica);
        let known = View {
            leader_epoch: epoch,
            leader: Some(replica),
            isr: request.isr,
            ..*view
        };
        (epoch > view.leader_epoch).then(|| {
            let mut next = *state;
            *next.view_mut(replica) = known;
            next
        })
    }

    /// Whoever presumes to be leader writes; a zombie does, too.
    pub(super) fn write(&self, state: &State, leader: Replica) -> Option<State> {
        let room = usize::from(state.log(leader).end().0) < self.bounds.log_size;
        let possible = state.leads(leader) && usize::from(state.next_record) < self.bounds.records && room;
        possible.then(|| {
            let mut next = *state;
            next.log_mut(leader)
                .append(Record::new(state.next_record, state.view(leader).leader_epoch));
            next.next_record += 1;
            next
        })
    }

    pub(super) fn shrink_isr(&self, state: &State, leader: Replica, follower: Replica) -> Option<State> {
        let isr = state.view(leader).isr;
        let end = state.log(leader).end();
        let lags = match self.variant {
            Variant::TruncHw | Variant::Kip101 | Variant::Kip279 => !caught_up(state, leader, follower, end),
            Variant::Kip320First => !caught_up_by_record_epoch(state, leader, follower, end),
            Variant::Kip320 => !state.follows(leader, follower) || state.log(follower).end() < end,
        };
        (isr.contains(follower) && lags)
            .then(|| change_isr(state, leader, isr.without(follower)))
            .flatten()
    }

    pub(super) fn expand_isr(&self, state: &State, leader: Replica, follower: Replica) -> Option<State> {
        let View {
            isr, high_watermark, ..
        } = *state.view(leader);
        let joins = match self.variant {
            Variant::TruncHw | Variant::Kip101 | Variant::Kip279 => caught_up(state, leader, follower, high_watermark),
            Variant::Kip320First => {
                caught_up_by_record_epoch(state, leader, follower, high_watermark)
                    && has_reached_own_epoch(state, leader)
            }
            Variant::Kip320 => {
                let reaches = state.log(follower).end() >= high_watermark;
                state.follows(leader, follower) && reaches && has_reached_own_epoch(state, leader)
            }
        };
        (!isr.contains(follower) && joins)
            .then(|| change_isr(state, leader, isr.with(follower)))
            .flatten()
    }

    /// The leader goes by the ISR that it knows; that need not be the quorum's.
    pub(super) fn advance_high_watermark(&self, state: &State, leader: Replica) -> Option<State> {
        let View {
            isr, high_watermark, ..
        } = *state.view(leader);
        let next_offset = Offset(high_watermark.0 + 1);
        let holds = |member: Replica| match self.variant {
            Variant::TruncHw | Variant::Kip101 | Variant::Kip279 => {
                state.view(member).leader == Some(leader) && state.log(member).has(high_watermark)
            }
            Variant::Kip320First => caught_up_by_record_epoch(state, leader, member, next_offset),
            Variant::Kip320 => state.follows(leader, member) && state.log(member).has(high_watermark),
        };
        let own = match self.variant {
            Variant::TruncHw | Variant::Kip101 | Variant::Kip279 => {
                usize::from(high_watermark.0) < self.bounds.log_size
            }
            Variant::Kip320First | Variant::Kip320 => state.log(leader).has(high_watermark),
        };
        (state.leads(leader) && own && isr.iter().all(holds)).then(|| {
            let mut next = *state;
            next.view_mut(leader).high_watermark = next_offset;
            next
        })
    }
}

/// One atomic step of the true leader and the quorum, without a new epoch and without a request to anybody.
fn change_isr(state: &State, leader: Replica, isr: ReplicaSet) -> Option<State> {
    state.truly_leads(leader).then(|| {
        let mut next = *state;
        next.quorum.isr = isr;
        next.view_mut(leader).isr = isr;
        next
    })
}

/// Whether leader and follower both have all offsets below `end`. Epochs are not compared.
fn caught_up(state: &State, leader: Replica, follower: Replica, end: Offset) -> bool {
    let both_reach = state.log(leader).end() >= end && state.log(follower).end() >= end;
    state.view(follower).leader == Some(leader) && both_reach
}

/// The same, and the records just below `end` are of one epoch: the fence of the first try.
pub(super) fn caught_up_by_record_epoch(state: &State, leader: Replica, follower: Replica, end: Offset) -> bool {
    let epoch_below = |replica: Replica| {
        let record = end
            .0
            .checked_sub(1)
            .and_then(|last| state.log(replica).at(Offset(last)));
        record.map(Record::leader_epoch)
    };
    state.leads(leader) && caught_up(state, leader, follower, end) && epoch_below(leader) == epoch_below(follower)
}

/// Whether the leader's high watermark has reached the first record of its own epoch, or the end of its log. Before that
/// the high watermark may be lower than what was acknowledged.
fn has_reached_own_epoch(state: &State, leader: Replica) -> bool {
    let View {
        high_watermark,
        leader_epoch,
        ..
    } = *state.view(leader);
    let log = state.log(leader);
    let at_own_epoch = log
        .at(high_watermark)
        .is_some_and(|record| record.leader_epoch() == leader_epoch);
    high_watermark == log.end() || at_own_epoch
}

impl State {
    /// Whether the follower is in the leader's own epoch: the fence of KIP-320.
    pub(super) fn follows(&self, leader: Replica, follower: Replica) -> bool {
        let view = self.view(follower);
        self.leads(leader) && view.leader == Some(leader) && view.leader_epoch == self.view(leader).leader_epoch
    }
}
