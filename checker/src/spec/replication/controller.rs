//! What the controller does, the same in all variants: it removes any replica from the ISR at any time and elects any
//! member of it. It never asks whether somebody is alive.

use super::state::{Decision, State};
use crate::spec::replicas::{Replica, ReplicaSet};

impl super::Replication {
    /// A decision gets the next leader epoch and is sent to all as a request, to be applied by each at any time, or never.
    fn decide(&self, state: &State, decision: Decision) -> Option<State> {
        let epoch = usize::from(state.decided);
        if epoch > self.bounds.max_leader_epoch {
            return None;
        }
        let mut next = State {
            quorum: decision,
            decided: state.decided + 1,
            ..*state
        };
        next.requests[epoch] = decision;
        Some(next)
    }

    pub(super) fn controller_removes(&self, state: &State, replica: Replica) -> Option<State> {
        let Decision { leader, isr } = state.quorum;
        let decision = match leader == Some(replica) {
            true if isr == ReplicaSet::only(replica) => Decision { leader: None, isr },
            true => Decision {
                leader: None,
                isr: isr.without(replica),
            },
            // Without a leader this may empty the ISR; then nobody can be elected any more.
            false if isr.contains(replica) => Decision {
                leader,
                isr: isr.without(replica),
            },
            false => return None,
        };
        self.decide(state, decision)
    }

    pub(super) fn controller_elects(&self, state: &State, replica: Replica) -> Option<State> {
        let Decision { leader, isr } = state.quorum;
        let eligible = isr.contains(replica) && leader != Some(replica);
        eligible
            .then(|| {
                self.decide(
                    state,
                    Decision {
                        leader: Some(replica),
                        isr,
                    },
                )
            })
            .flatten()
    }
}
