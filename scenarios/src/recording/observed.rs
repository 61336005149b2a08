//! What was seen from outside (`~`): changes of partitions, ends of processes, the controller.

use std::fmt;

use super::ids::{LeaderEpoch, NodeId, Process, TopicPartition, joined, list};

/// Leader, epoch and ISR of a partition, as a broker answers a Metadata request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionState {
    /// The leader, [`NodeId::NONE`] when there is none.
    pub leader: NodeId,
    /// The leader's epoch.
    pub epoch: LeaderEpoch,
    /// The in-sync replicas, in stored order.
    pub isr: Vec<NodeId>,
}

impl PartitionState {
    /// The ISR as a transcript writes it.
    pub fn isr_text(&self) -> String {
        joined(&self.isr)
    }
}

impl fmt::Display for PartitionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leader {} epoch {} isr {}", self.leader, self.epoch, self.isr_text())
    }
}

/// Something seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// A partition shows another leader, epoch or ISR.
    Change {
        /// Which partition.
        partition: TopicPartition,
        /// The value written last.
        old: PartitionState,
        /// The value now.
        new: PartitionState,
    },
    /// A process ended.
    Ended(Process),
    /// A process that was told to end still runs.
    StillRuns(Process),
    /// The controller, as a broker sees it.
    Controller {
        /// Who it was.
        old: NodeId,
        /// Who it is.
        new: NodeId,
        /// Which broker says so, if written.
        seen_by: Option<NodeId>,
    },
}

/// Reads what follows `~ `; an error says what was not understood.
pub(super) fn parse(text: &str) -> Result<Observed, String> {
    let found = if let Some(rest) = text.strip_prefix("process ") {
        process(rest)
    } else if let Some(rest) = text.strip_prefix("controller ") {
        controller(rest)
    } else {
        change(text)
    };
    found.ok_or_else(|| format!("`{text}` is not an observation"))
}

fn process(text: &str) -> Option<Observed> {
    let (process, what) = text.split_once(' ')?;
    let process = process.parse().ok()?;
    match what {
        "ended" => Some(Observed::Ended(process)),
        "still runs" => Some(Observed::StillRuns(process)),
        _ => None,
    }
}

fn controller(text: &str) -> Option<Observed> {
    let (change, seen_by) = match text.split_once(" as broker ") {
        Some((change, rest)) => (change, Some(rest.strip_suffix(" sees it")?.parse().ok()?)),
        None => (text, None),
    };
    let (old, new) = change.split_once("->")?;
    Some(Observed::Controller {
        old: old.parse().ok()?,
        new: new.parse().ok()?,
        seen_by,
    })
}

fn change(text: &str) -> Option<Observed> {
    let words: Vec<&str> = text.split(' ').collect();
    let [partition, "leader", leader, "epoch", epoch, "isr", isr] = words[..] else {
        return None;
    };
    let ((old_leader, leader), (old_epoch, epoch)) = (leader.split_once("->")?, epoch.split_once("->")?);
    let (old_isr, isr) = isr.split_once("->")?;
    let state = |leader: &str, epoch: &str, isr: &str| {
        let epoch = LeaderEpoch(epoch.parse().ok()?);
        Some(PartitionState {
            leader: leader.parse().ok()?,
            epoch,
            isr: list(isr)?,
        })
    };
    Some(Observed::Change {
        partition: partition.parse().ok()?,
        old: state(old_leader, old_epoch, old_isr)?,
        new: state(leader, epoch, isr)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_may_have_no_leader_and_an_empty_isr() {
        let Ok(Observed::Change { partition, old, new }) = parse("alone-0 leader 1->-1 epoch 0->1 isr 1->") else {
            panic!("a change");
        };
        assert_eq!(partition.to_string(), "alone-0");
        assert_eq!(old.to_string(), "leader 1 epoch 0 isr 1");
        assert_eq!(new.to_string(), "leader -1 epoch 1 isr ");
    }

    #[test]
    fn controllers_and_processes_are_read() {
        let seen_by = Some(NodeId(3));
        let (old, new) = (NodeId(1), NodeId(2));
        assert_eq!(
            parse("controller 1->2 as broker 3 sees it"),
            Ok(Observed::Controller { old, new, seen_by })
        );
        assert_eq!(
            parse("controller 1->2"),
            Ok(Observed::Controller {
                old,
                new,
                seen_by: None
            })
        );
        assert_eq!(parse("process zk2 ended"), Ok(Observed::Ended(Process::ZooKeeper(2))));
        assert!(parse("process 2 exploded").is_err());
        assert!(parse("t-0 leader 1 epoch 2 isr 3").is_err());
    }
}
