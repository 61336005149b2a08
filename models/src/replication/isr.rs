//! How a leader changes the ISR: who may enter, who has to leave, and in which order the list is written.

use alloc::boxed::Box;

use sim_core::Since;

use super::{Leading, PartitionSide, Proposal, Role};
use crate::Context;
use crate::actions::Timer;
use crate::cluster::Recovery;
use crate::config::{Control, Pace};
use crate::fact::Fact;
use crate::features::{FollowerState, IsrAuthority, IsrOrder, Rules};
use crate::ids::{BrokerEpoch, BrokerId, Brokers, Node};
use crate::message::{AlterPartition, Msg};

/// Replicas that hold the high watermark back. With KIP-497 the maximal ISR; without it, who is to be added does not count
/// yet and who is to leave counts no more.
pub(super) fn counts_for_high_watermark(features: Rules<'_>, leading: &Leading) -> Brokers {
    let Some(pending) = &leading.pending else {
        return leading.isr.clone();
    };
    let rule = features.maximal_isr();
    let leaving = |id: &BrokerId| !pending.names(*id);
    let confirmed = leading.isr.iter().filter(|id| !leaving(id) || rule.counts_leaving());
    let joining = pending
        .brokers()
        .filter(|id| !leading.isr.contains(id) && rule.counts_joining());
    confirmed.copied().chain(joining).collect()
}

impl PartitionSide<'_> {
    /// Kafka: `Partition.maybeExpandIsr`, `Partition.needsExpandIsr`; KAFKA-7128.
    pub(super) fn try_expand(&mut self, cx: &mut Context<'_>, follower: BrokerId) {
        let features = cx.config().rules(self.me);
        let high_watermark = self.log.high_watermark();
        let Role::Leader(leading) = &self.replica.role else {
            return;
        };
        if leading.pending.is_some() || leading.asked || leading.isr.contains(&follower) {
            return;
        }
        let Some(end) = leading.peer(follower).and_then(|peer| peer.end) else {
            return;
        };
        let reached_epoch = end >= leading.epoch_start || !features.isr_epoch_start().is_on();
        let reached_watermark = end >= high_watermark || !features.isr_high_watermark().is_on();
        if reached_watermark && reached_epoch && self.is_eligible(features, leading, follower) {
            let isr = expanded(features.isr_order(), &leading.isr, follower);
            self.propose(cx, isr);
        }
    }

    /// Followers that have not been caught up for too long leave, if they are still behind.
    pub(super) fn try_shrink(&mut self, cx: &mut Context<'_>, followers: &[BrokerId]) {
        let order = cx.config().rules(self.me).isr_order();
        let end = self.log.end();
        let Role::Leader(leading) = &self.replica.role else {
            return;
        };
        let behind = |id: &BrokerId| leading.peer(*id).is_some_and(|peer| peer.end != Some(end));
        let leaving = followers
            .iter()
            .copied()
            .filter(|id| leading.isr.contains(id) && behind(id));
        let leaving: Brokers = leaving.collect();
        if leading.pending.is_none() && !leading.asked && !leaving.is_empty() {
            let isr = shrunk(order, &leading.isr, &leaving);
            self.propose(cx, isr);
        }
    }

    /// Replicas whose fetch waits here may enter now, though they do not fetch again at once.
    ///
    /// Differs from Kafka: without a clock there is no fetch every 500 ms that would look again.
    pub(super) fn retry_expansions(&mut self, cx: &mut Context<'_>) {
        let Role::Leader(leading) = &self.replica.role else {
            return;
        };
        if cx.config().pace == Pace::Clock {
            return;
        }
        let parked: Brokers = leading
            .peers
            .iter()
            .filter(|(_, peer)| peer.parked.is_some())
            .map(|(id, _)| *id)
            .collect();
        for id in parked {
            self.try_expand(cx, id);
        }
    }

    /// A follower was refused. A broker with ZooKeeper is not told who stops: it looks again later, as Kafka does at the next
    /// fetch; others wait for metadata.
    pub(super) fn look_again(&mut self, cx: &mut Context<'_>) {
        if cx.config().has_zookeeper() && cx.config().pace == Pace::Free {
            let later = Timer::LookAgain(self.partition);
            cx.arm(&mut self.replica.timers, later, Since::Now);
        } else {
            self.retry_expansions(cx);
        }
    }

    fn is_eligible(&self, features: Rules<'_>, leading: &Leading, follower: BrokerId) -> bool {
        let registration = self.cluster().broker(follower);
        let seen = leading.peer(follower).and_then(|peer| peer.epoch);
        let same_life = seen.is_none() || registration.map(|registration| registration.epoch) == seen;
        features
            .isr_eligible()
            .admits(registration.map(|registration| registration.state))
            && (same_life || !features.isr_broker_epoch().is_on())
    }

    fn propose(&mut self, cx: &mut Context<'_>, isr: Brokers) {
        let with_epochs = cx.config().rules(self.me).isr_broker_epoch().is_on();
        let own = self.own_epoch();
        let me = self.me;
        if let Role::Leader(leading) = &mut self.replica.role {
            let seen = |id: BrokerId| match id == me {
                true => Some(own),
                false => leading.peer(id).and_then(|peer| peer.epoch),
            };
            let members = isr.iter().map(|id| (*id, if with_epochs { seen(*id) } else { None }));
            leading.pending = Some(Proposal(members.collect()));
        }
        cx.announce(Fact::IsrProposed {
            partition: self.partition,
            isr,
        });
        match cx.config().rules(self.me).follower_state() {
            FollowerState::Atomic => self.send_proposal(cx),
            FollowerState::Split => {
                let written = Timer::Propose(self.partition);
                cx.arm(&mut self.replica.timers, written, Since::Now);
            }
        }
    }

    /// Before KAFKA-15221: the proposal is written, with the lives that are known by now.
    pub(super) fn write_proposal(&mut self, cx: &mut Context<'_>) {
        let me = self.me;
        if let Role::Leader(leading) = &mut self.replica.role
            && let Some(Proposal(mut members)) = leading.pending.take()
        {
            for (id, epoch) in members.iter_mut().filter(|(id, epoch)| *id != me && epoch.is_some()) {
                *epoch = leading.peer(*id).and_then(|peer| peer.epoch);
            }
            leading.pending = Some(Proposal(members));
        }
        self.send_proposal(cx);
    }

    /// The life in which this broker is registered, as it knows itself.
    fn own_epoch(&self) -> BrokerEpoch {
        let own = self.cluster().broker(self.me);
        own.map(|registration| registration.epoch).unwrap_or_default()
    }

    /// The connection broke: the same proposal goes out again, if it still stands.
    pub(super) fn propose_again(&mut self, cx: &mut Context<'_>) {
        if let Role::Leader(leading) = &mut self.replica.role
            && core::mem::replace(&mut leading.asked, false)
        {
            match leading.pending {
                Some(_) => self.send_proposal(cx),
                None => self.retry_expansions(cx),
            }
        }
    }

    fn send_proposal(&mut self, cx: &mut Context<'_>) {
        let own = self.own_epoch();
        let authority = self.isr_authority(cx);
        let partition = self.partition;
        let (leader_epoch, partition_epoch) = (self.replica.leader_epoch, self.replica.partition_epoch);
        let Role::Leader(leading) = &mut self.replica.role else {
            return;
        };
        let Some(Proposal(members)) = &leading.pending else {
            return;
        };
        let isr = members.clone();
        let recovery = Recovery::Recovered;
        let alter = AlterPartition {
            partition,
            broker_epoch: own,
            leader_epoch,
            partition_epoch,
            isr,
            recovery,
        };
        // Where no controller is known, the next one is asked.
        leading.asked = authority.is_some();
        if let Some(authority) = authority {
            cx.send(authority, Msg::AlterPartition(Box::new(alter)));
        }
    }

    /// Who decides about the ISR: the controller, or ZooKeeper before KIP-497.
    fn isr_authority(&self, cx: &Context<'_>) -> Option<Node> {
        let authority = match cx.config().control {
            Control::Kraft | Control::Quorum => return Some(Node::Controller),
            Control::ZooKeeper { .. } => cx.config().rules(self.me).isr_authority(),
        };
        match authority {
            IsrAuthority::ZkCas => Some(Node::ZooKeeper),
            IsrAuthority::AlterPartition => self.cluster().controller().map(Node::Broker),
        }
    }
}

/// The ISR with one more member, in the order in which a leader writes it (KAFKA-19301).
fn expanded(order: IsrOrder, isr: &[BrokerId], member: BrokerId) -> Brokers {
    let mut list: Brokers = isr.iter().copied().chain([member]).collect();
    match order {
        IsrOrder::Appended if list.len() <= 4 => {}
        IsrOrder::Appended => list.sort_by_key(|id| trie_slot(*id)),
        IsrOrder::Hashed => {
            let table = if list.len() <= 5 {
                8
            } else {
                (list.len() * 4 / 3 + 1).next_power_of_two().max(16)
            };
            list.sort_by_key(|id| (usize::from(id.0) % table, *id));
        }
    }
    list
}

/// The ISR without these members, in the order in which a leader writes it.
fn shrunk(order: IsrOrder, isr: &[BrokerId], members: &[BrokerId]) -> Brokers {
    let mut list: Brokers = isr.iter().copied().filter(|id| !members.contains(id)).collect();
    match order {
        IsrOrder::Appended => {}
        IsrOrder::Hashed => list.sort_by_key(|id| (id.0 % 16, *id)),
    }
    list
}

/// Where an id stands in an immutable hash set of five and more: five bits of the mixed hash, the lowest first.
fn trie_slot(id: BrokerId) -> (u32, u32) {
    let id = u32::from(id.0);
    let mut hash = id.wrapping_add(!(id << 9));
    hash ^= hash >> 14;
    hash = hash.wrapping_add(hash << 4);
    hash ^= hash >> 10;
    (hash & 31, (hash >> 5) & 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[u8]) -> Brokers {
        list.iter().map(|id| BrokerId(*id)).collect()
    }

    #[test]
    fn order_of_the_isr_is_as_recorded() {
        assert_eq!(
            expanded(IsrOrder::Appended, &ids(&[1, 3]), BrokerId(2)),
            ids(&[1, 3, 2])
        );
        assert_eq!(
            expanded(IsrOrder::Appended, &ids(&[1, 2, 3, 4]), BrokerId(5)),
            ids(&[5, 1, 2, 3, 4])
        );
        assert_eq!(expanded(IsrOrder::Hashed, &ids(&[3, 2]), BrokerId(1)), ids(&[1, 2, 3]));
        assert_eq!(expanded(IsrOrder::Hashed, &ids(&[7, 8]), BrokerId(9)), ids(&[8, 9, 7]));
        assert_eq!(expanded(IsrOrder::Hashed, &ids(&[1, 2]), BrokerId(9)), ids(&[1, 9, 2]));
        assert_eq!(shrunk(IsrOrder::Appended, &ids(&[3, 1, 2]), &ids(&[2])), ids(&[3, 1]));
        assert_eq!(shrunk(IsrOrder::Hashed, &ids(&[3, 1, 2]), &ids(&[2])), ids(&[1, 3]));
    }
}
