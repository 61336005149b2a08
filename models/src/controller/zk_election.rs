//! Elections and changes of a partition in ZooKeeper mode: each a pure function of the state and of who is alive.
//! Kafka: `PartitionLeaderElectionAlgorithms`, `ReplicaStateMachine`.

use super::partition_change::{Choice, without};
use crate::cluster::{PartitionState, Recovery};
use crate::config::UncleanElection;
use crate::ids::{BrokerId, Brokers, LeaderEpoch, PartitionEpoch};

/// A new state of a partition, and how its leader was chosen.
pub type Outcome = (PartitionState, Choice);

/// A leader for a partition whose leader is gone. Kafka: `offlinePartitionLeaderElection`.
pub fn offline(state: &PartitionState, live: impl Fn(BrokerId) -> bool, unclean: UncleanElection) -> Option<Outcome> {
    let clean = state
        .replicas
        .iter()
        .copied()
        .find(|id| live(*id) && state.isr.contains(id));
    if let Some(leader) = clean {
        let isr = state.isr.iter().copied().filter(|id| live(*id)).collect();
        return Some((led(state, leader, isr), Choice::Clean));
    }
    match unclean {
        UncleanElection::Refused => None,
        UncleanElection::Allowed => {
            let leader = state.replicas.iter().copied().find(|id| live(*id))?;
            let next = PartitionState {
                recovery: Recovery::Recovering,
                ..led(state, leader, [leader].into_iter().collect())
            };
            Some((next, Choice::Unclean))
        }
    }
}

/// The first replica. Kafka: `preferredReplicaPartitionLeaderElection`.
pub fn preferred(state: &PartitionState, live: impl Fn(BrokerId) -> bool) -> Option<Outcome> {
    let first = state.replicas.first().copied()?;
    let may = live(first) && state.isr.contains(&first);
    may.then(|| (led(state, first, state.isr.clone()), Choice::Clean))
}

/// A leader among the replicas that a reassignment leaves. Kafka: `reassignPartitionLeaderElection`.
pub fn reassigned(state: &PartitionState, live: impl Fn(BrokerId) -> bool) -> Option<Outcome> {
    let may = |id: &BrokerId| live(*id) && state.isr.contains(id);
    let leader = state.replicas.iter().copied().find(may)?;
    Some((led(state, leader, state.isr.clone()), Choice::Clean))
}

/// The same leader and ISR in the next epoch. Kafka: `KafkaController.updateLeaderEpoch`.
pub fn next_epoch(state: &PartitionState) -> PartitionState {
    PartitionState {
        leader_epoch: state.leader_epoch.next(),
        partition_epoch: state.partition_epoch.next(),
        ..state.clone()
    }
}

/// Another leader than the one that stops. Kafka: `controlledShutdownPartitionLeaderElection`.
pub fn controlled_shutdown(
    state: &PartitionState,
    live: impl Fn(BrokerId) -> bool,
    stops: impl Fn(BrokerId) -> bool,
) -> Option<Outcome> {
    let may = |id: &BrokerId| live(*id) && state.isr.contains(id) && !stops(*id);
    let leader = state.replicas.iter().copied().find(may)?;
    let isr = state.isr.iter().copied().filter(|id| !stops(*id)).collect();
    Some((led(state, leader, isr), Choice::Clean))
}

/// The state without a replica that is offline: it leaves the ISR unless it is alone in it, and leads no longer. None if
/// it is not in the ISR. Kafka: `ZkReplicaStateMachine.doRemoveReplicasFromIsr`.
pub fn without_replica(state: &PartitionState, gone: BrokerId) -> Option<PartitionState> {
    if !state.isr.contains(&gone) {
        return None;
    }
    let isr = match &state.isr[..] {
        [_] => state.isr.clone(),
        _ => without(&state.isr, gone),
    };
    Some(PartitionState {
        leader: state.leader.filter(|leader| *leader != gone),
        isr,
        leader_epoch: state.leader_epoch.next(),
        partition_epoch: state.partition_epoch.next(),
        ..state.clone()
    })
}

/// The first state of a partition: all live replicas, the first of them leads. Kafka:
/// `ZkPartitionStateMachine.initializeLeaderAndIsrForPartitions`.
pub fn first(replicas: &[BrokerId], live: impl Fn(BrokerId) -> bool) -> Option<PartitionState> {
    let isr: Brokers = replicas.iter().copied().filter(|id| live(*id)).collect();
    let leader = *isr.first()?;
    Some(PartitionState {
        replicas: replicas.iter().copied().collect(),
        isr,
        elr: Brokers::new(),
        last_known_elr: Brokers::new(),
        leader: Some(leader),
        recovery: Recovery::Recovered,
        leader_epoch: LeaderEpoch::default(),
        partition_epoch: PartitionEpoch::default(),
        adding: Brokers::new(),
        removing: Brokers::new(),
    })
}

fn led(state: &PartitionState, leader: BrokerId, isr: Brokers) -> PartitionState {
    PartitionState {
        leader: Some(leader),
        isr,
        leader_epoch: state.leader_epoch.next(),
        partition_epoch: state.partition_epoch.next(),
        ..state.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[u8]) -> Brokers {
        list.iter().map(|id| BrokerId(*id)).collect()
    }

    fn state(leader: u8, isr: &[u8]) -> PartitionState {
        let mut state = first(&ids(&[1, 2, 3]), |_| true).expect("three replicas are alive");
        state.leader = Some(BrokerId(leader));
        state.isr = ids(isr);
        state
    }

    fn live(list: &'static [u8]) -> impl Fn(BrokerId) -> bool {
        |id: BrokerId| list.contains(&id.0)
    }

    #[test]
    fn an_election_takes_the_first_replica_in_sync_and_the_isr_keeps_its_order() {
        let (next, choice) = offline(&state(1, &[3, 1, 2]), live(&[2, 3]), UncleanElection::Refused).expect("a leader");
        assert_eq!((next.leader, &next.isr[..]), (Some(BrokerId(2)), &ids(&[3, 2])[..]));
        assert_eq!(
            (next.leader_epoch.0, next.partition_epoch.0, choice),
            (1, 1, Choice::Clean)
        );
    }

    #[test]
    fn nobody_outside_the_isr_leads_unless_that_is_allowed() {
        let (state, three) = (state(1, &[1]), live(&[3]));
        assert_eq!(offline(&state, &three, UncleanElection::Refused), None);
        let (next, choice) = offline(&state, &three, UncleanElection::Allowed).expect("a leader");
        assert_eq!((&next.isr[..], choice), (&ids(&[3])[..], Choice::Unclean));
        assert_eq!(next.recovery, Recovery::Recovering);
    }

    #[test]
    fn the_last_member_of_the_isr_stays_in_it_and_leads_no_longer() {
        let gone = without_replica(&state(1, &[1]), BrokerId(1)).expect("it is in the ISR");
        assert_eq!(
            (gone.leader, &gone.isr[..], gone.leader_epoch.0),
            (None, &ids(&[1])[..], 1)
        );
        assert_eq!(without_replica(&state(1, &[1]), BrokerId(2)), None);
        let follower = without_replica(&state(1, &[1, 2]), BrokerId(2)).expect("it is in the ISR");
        assert_eq!(
            (follower.leader, &follower.isr[..]),
            (Some(BrokerId(1)), &ids(&[1])[..])
        );
    }

    #[test]
    fn a_broker_that_stops_gives_up_what_another_can_lead() {
        let stops = |id: BrokerId| id.0 == 1;
        let (next, _) = controlled_shutdown(&state(1, &[1, 3]), |_| true, stops).expect("a leader");
        assert_eq!((next.leader, &next.isr[..]), (Some(BrokerId(3)), &ids(&[3])[..]));
        assert_eq!(controlled_shutdown(&state(1, &[1]), |_| true, stops), None);
    }

    #[test]
    fn the_preferred_replica_leads_only_from_the_isr() {
        assert!(preferred(&state(2, &[2, 1]), |_| true).is_some());
        assert_eq!(preferred(&state(2, &[2, 3]), |_| true), None);
    }
}
