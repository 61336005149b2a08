//! What is claimed of the replication specifications. Two of the published claims are false from the start, in every
//! variant; ours beside them say what was meant.

use super::Bounds;
use super::state::{Decision, LeaderEpoch, Log, Offset, State, View};
use crate::spec::replicas::{Replica, ReplicaSet};

impl Bounds {
    /// Every member of the ISR that a leader knows holds everything below the leader's high watermark.
    pub(super) fn weak_isr(&self, state: &State) -> bool {
        self.committed_is_held(state, |leader| state.view(leader).isr)
    }

    /// Every member of the quorum's ISR holds everything below any leader's high watermark: no clean election can lose
    /// what was acknowledged.
    pub(super) fn strong_isr(&self, state: &State) -> bool {
        self.committed_is_held(state, |_| state.quorum.isr)
    }

    fn committed_is_held(&self, state: &State, isr_for: impl Fn(Replica) -> ReplicaSet) -> bool {
        self.all().filter(|&leader| state.leads(leader)).all(|leader| {
            let committed = usize::from(state.view(leader).high_watermark.0);
            let below = |replica: Replica| state.log(replica).records().get(..committed);
            let own = below(leader);
            committed == 0
                || isr_for(leader)
                    .iter()
                    .all(|member| own.is_some() && below(member) == own)
        })
    }

    /// Every component is within its range.
    pub(super) fn type_ok(&self, state: &State) -> bool {
        let epoch = |epoch: LeaderEpoch| (-1..=self.max_leader_epoch as i8).contains(&epoch.0);
        let offset = |offset: Offset| usize::from(offset.0) <= self.log_size;
        let decision = |Decision { leader, isr }: Decision| {
            leader.is_none_or(|leader| leader.index() < self.replicas)
                && isr.is_subset(ReplicaSet::first(self.replicas))
        };
        let view = |view: &View| {
            let known = Decision {
                leader: view.leader,
                isr: view.isr,
            };
            offset(view.high_watermark) && epoch(view.leader_epoch) && decision(known)
        };
        let log = |log: &Log| {
            let record =
                |record: &super::state::Record| record.id() < state.next_record && epoch(record.leader_epoch());
            offset(log.end()) && log.records().iter().all(record)
        };
        self.all()
            .all(|replica| log(state.log(replica)) && view(state.view(replica)))
            && usize::from(state.next_record) <= self.records
            && usize::from(state.decided) <= self.max_leader_epoch + 1
            && state.requests[..usize::from(state.decided)]
                .iter()
                .copied()
                .all(decision)
            && decision(state.quorum)
    }

    /// As published: false while there is no leader, so in the initial state already.
    pub(super) fn leader_in_isr(&self, state: &State) -> bool {
        state
            .quorum
            .leader
            .is_some_and(|leader| state.quorum.isr.contains(leader))
    }

    /// What is meant by it.
    pub(super) fn leader_in_isr_or_none(&self, state: &State) -> bool {
        state.quorum.leader.is_none() || self.leader_in_isr(state)
    }

    /// False as soon as there are enough decisions to remove everybody: a gap of the model, not of Kafka.
    pub(super) fn isr_non_empty(&self, state: &State) -> bool {
        !state.quorum.isr.is_empty()
    }
}
