//! Owns the times in which a partition has no leader that works: nobody leads it in the metadata in force, or who does is down,
//! stands still, or has not begun to.

use models::World;
use models::broker::Life;
use models::ids::{BrokerId, Partition};
use models::replication::{Replica, Role};
use models::slots::{Slot, Value};
use sim_core::Span;

use crate::view::controlled;

/// A time without a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Of which partition.
    pub partition: Partition,
    /// When it begins.
    pub from: Span,
    /// When it ends; at the end of the play it may go on.
    pub to: Option<Span>,
}

/// What is noted of them while a play goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Outages {
    all: Vec<Outage>,
}

impl Outages {
    /// Looks at every partition after an action.
    pub(super) fn note(&mut self, world: &World<'_>, now: Span) {
        for (partition, state) in controlled(world).partitions() {
            let works = state.leader.is_some_and(|leader| leads(world, leader, partition));
            let open = self
                .all
                .iter_mut()
                .find(|outage| outage.partition == partition && outage.to.is_none());
            match (works, open) {
                (true, Some(outage)) => outage.to = Some(now),
                (false, None) => self.all.push(Outage {
                    partition,
                    from: now,
                    to: None,
                }),
                (true, None) | (false, Some(_)) => {}
            }
        }
    }

    /// Those that lasted, in the order in which they began.
    pub(super) fn lasting(self) -> Vec<Outage> {
        let lasts = |outage: &Outage| outage.to.is_none_or(|to| to > outage.from);
        self.all.into_iter().filter(lasts).collect()
    }
}

fn leads(world: &World<'_>, id: BrokerId, partition: Partition) -> bool {
    let life: &Life = match world.get(Slot::Life(id)) {
        Value::Life(life) => life,
        other => panic!("the slot of a life holds {other:?}"),
    };
    let replica: &Replica = match world.get(Slot::Replica(id, partition)) {
        Value::Replica(replica) => replica,
        other => panic!("the slot of a replica holds {other:?}"),
    };
    life.is_up() && !life.timers.is_frozen() && matches!(replica.role, Role::Leader(_))
}
