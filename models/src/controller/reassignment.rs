//! Moving the replicas of a partition: what a target begins, when it is done, what a cancellation brings back.
//! Kafka: `PartitionReassignmentReplicas`, `PartitionReassignmentRevert`; KIP-455.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::cluster::PartitionState;
use crate::features::ReassignmentCompletion;
use crate::ids::{BrokerId, Brokers, Listed};

use super::partition_change::Choice;

/// The replicas of a partition, and which of them come and go.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// All of them: while a reassignment runs the target first, then those that go.
    pub replicas: Brokers,
    /// Who comes.
    pub adding: Brokers,
    /// Who goes.
    pub removing: Brokers,
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replicas {}", Listed(&self.replicas))?;
        if !self.adding.is_empty() {
            write!(f, " adding {}", Listed(&self.adding))?;
        }
        if !self.removing.is_empty() {
            write!(f, " removing {}", Listed(&self.removing))?;
        }
        Ok(())
    }
}

/// What a cancellation brings back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revert {
    /// The replicas without those that were to come.
    pub replicas: Brokers,
    /// The ISR without them; the first replica when nobody is left.
    pub isr: Brokers,
    /// Unclean if that first replica was not in sync.
    pub choice: Choice,
}

impl Assignment {
    /// As it is.
    pub fn of(state: &PartitionState) -> Self {
        Self {
            replicas: state.replicas.clone(),
            adding: state.adding.clone(),
            removing: state.removing.clone(),
        }
    }

    /// The state of a partition with these replicas, and otherwise as it is.
    pub fn given(&self, state: &PartitionState) -> PartitionState {
        PartitionState {
            replicas: self.replicas.clone(),
            adding: self.adding.clone(),
            removing: self.removing.clone(),
            ..state.clone()
        }
    }

    /// A list of replicas, none of which comes or goes.
    pub fn settled(replicas: Brokers) -> Self {
        Self {
            replicas,
            adding: Brokers::new(),
            removing: Brokers::new(),
        }
    }

    /// Whether a reassignment runs.
    pub fn is_moving(&self) -> bool {
        !self.adding.is_empty() || !self.removing.is_empty()
    }

    /// What the partition has in the end.
    pub fn target(&self) -> Brokers {
        difference(&self.replicas, &self.removing)
    }

    /// What the partition had before the reassignment, in the order of the present list.
    pub fn origin(&self) -> Brokers {
        difference(&self.replicas, &self.adding)
    }

    /// A new target as a controller with ZooKeeper takes it: who is not yet there comes, who was there before and is not in it
    /// goes, each list in the order of the whole one. Kafka: `ReplicaAssignment.reassignTo`.
    pub fn reassign_to(&self, target: &[BrokerId]) -> Self {
        let origin = self.origin();
        let replicas: Brokers = target.iter().copied().chain(difference(&origin, target)).collect();
        Self {
            adding: difference(&replicas, &origin),
            removing: difference(&replicas, target),
            replicas,
        }
    }

    /// Whether the ISR has all of the target: with ZooKeeper a reassignment is done then.
    pub fn is_done(&self, isr: &[BrokerId]) -> bool {
        self.target().iter().all(|id| isr.contains(id))
    }

    /// A new target: the lists begin anew from all present replicas. A list that would be empty keeps its old content, as
    /// Kafka sets only those that are not.
    pub fn towards(&self, target: &[BrokerId]) -> Self {
        let mut removing = difference(&self.replicas, target);
        let mut adding = difference(target, &self.replicas);
        removing.sort_unstable();
        adding.sort_unstable();
        let kept = |new: Brokers, old: &Brokers| if new.is_empty() { old.clone() } else { new };
        Self {
            replicas: target.iter().chain(&removing).copied().collect(),
            adding: kept(adding, &self.adding),
            removing: kept(removing, &self.removing),
        }
    }

    /// Replicas and ISR after the reassignment, if it is complete with this ISR.
    pub fn completed(&self, rule: ReassignmentCompletion, isr: &[BrokerId]) -> Option<(Brokers, Brokers)> {
        let (replicas, isr) = (self.target(), difference(isr, &self.removing));
        let all_of = |wanted: &[BrokerId]| wanted.iter().all(|id| isr.contains(id));
        let is_complete = match rule {
            ReassignmentCompletion::AnyTarget => all_of(&self.adding),
            ReassignmentCompletion::AllTargets => all_of(&replicas),
            ReassignmentCompletion::EnoughTargets => {
                all_of(&self.adding) && (self.adding.len() >= self.removing.len() || all_of(&replicas))
            }
        };
        let possible = self.is_moving() && !replicas.is_empty() && !isr.is_empty();
        (possible && is_complete).then_some((replicas, isr))
    }

    /// What a cancellation brings back; nothing if that would leave no replica.
    pub fn reverted(&self, isr: &[BrokerId]) -> Option<Revert> {
        let replicas = difference(&self.replicas, &self.adding);
        let kept = difference(isr, &self.adding);
        let first = *replicas.first()?;
        let choice = if kept.is_empty() {
            Choice::Unclean
        } else {
            Choice::Clean
        };
        let isr = if kept.is_empty() {
            [first].into_iter().collect()
        } else {
            kept
        };
        Some(Revert { replicas, isr, choice })
    }
}

/// The first list without the members of the second, in its order.
pub fn difference(list: &[BrokerId], without: &[BrokerId]) -> Brokers {
    list.iter().copied().filter(|id| !without.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReassignmentCompletion::{AllTargets, AnyTarget, EnoughTargets};

    fn ids(list: &[u8]) -> Brokers {
        list.iter().map(|id| BrokerId(*id)).collect()
    }

    fn moving(replicas: &[u8], adding: &[u8], removing: &[u8]) -> Assignment {
        Assignment {
            replicas: ids(replicas),
            adding: ids(adding),
            removing: ids(removing),
        }
    }

    #[test]
    fn a_target_comes_first_and_both_lists_are_ascending_as_recorded() {
        let begun = moving(&[1, 2], &[], &[]).towards(&ids(&[4, 3]));
        assert_eq!(begun, moving(&[4, 3, 1, 2], &[3, 4], &[1, 2]));
        assert_eq!(begun.target(), ids(&[4, 3]));
    }

    #[test]
    fn with_zookeeper_the_lists_keep_their_order_and_a_new_target_counts_from_the_origin_as_recorded() {
        let begun = moving(&[1, 2], &[], &[]).reassign_to(&ids(&[4, 3]));
        assert_eq!(begun, moving(&[4, 3, 1, 2], &[4, 3], &[1, 2]));
        assert_eq!(begun.reassign_to(&ids(&[5, 1])), moving(&[5, 1, 2], &[5], &[2]));
        assert_eq!(
            begun.reassign_to(&begun.origin()),
            moving(&[1, 2], &[], &[]),
            "called off"
        );
        assert!(begun.is_done(&ids(&[1, 3, 4])) && !begun.is_done(&ids(&[1, 2, 3])));
    }

    #[test]
    fn another_order_alone_moves_nothing() {
        let begun = moving(&[2, 3, 1], &[], &[]).towards(&ids(&[3, 2, 1]));
        assert_eq!(begun, moving(&[3, 2, 1], &[], &[]));
        assert!(!begun.is_moving());
    }

    #[test]
    fn each_rule_asks_for_other_members_of_the_isr() {
        #[track_caller]
        fn check(at: &Assignment, isr: &[u8], done: [bool; 3]) {
            let rules = [AnyTarget, AllTargets, EnoughTargets];
            assert_eq!(
                rules.map(|rule| at.completed(rule, &ids(isr)).is_some()),
                done,
                "{isr:?}"
            );
        }
        // 1,2,3 to 1,4: replica 1 is kept. KAFKA-15665.
        let smaller = moving(&[1, 4, 2, 3], &[4], &[2, 3]);
        check(&smaller, &[2, 3, 4], [true, false, false]);
        check(&smaller, &[1, 2, 3], [false, false, false]);
        check(&smaller, &[1, 4], [true, true, true]);
        // 1,2,3 to 2,3,4 with 2 out of sync. KAFKA-19975.
        let as_large = moving(&[2, 3, 4, 1], &[4], &[1]);
        check(&as_large, &[1, 3, 4], [true, false, true]);
        check(&moving(&[1, 2], &[], &[]), &[1, 2], [false, false, false]);
        check(&moving(&[1, 2], &[], &[2]), &[2], [false, false, false]);
    }

    #[test]
    fn a_cancellation_takes_out_who_was_to_come_and_may_be_unclean() {
        let begun = moving(&[4, 3, 1, 2], &[3, 4], &[1, 2]);
        let revert = begun.reverted(&ids(&[1, 2, 3])).expect("1 and 2 are left");
        assert_eq!(
            (revert.replicas, revert.isr, revert.choice),
            (ids(&[1, 2]), ids(&[1, 2]), Choice::Clean)
        );
        let revert = begun.reverted(&ids(&[3])).expect("1 and 2 are left");
        assert_eq!((revert.isr, revert.choice), (ids(&[1]), Choice::Unclean));
        assert_eq!(moving(&[3, 4], &[3, 4], &[]).reverted(&ids(&[3])), None);
    }
}
