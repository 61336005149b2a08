//! A follower at work: fetches, appends, the leader's high watermark, truncation. Kafka: `AbstractFetcherThread`.

use alloc::boxed::Box;

use sim_core::Since;

use super::{FetchState, PartitionSide, Role};
use crate::Context;
use crate::actions::Timer;
use crate::config::Flush;
use crate::fact::{Fact, Stored};
use crate::features::Truncation;
use crate::ids::{BrokerId, LeaderEpoch, Node, Offset};
use crate::log::Log;
use crate::message::{Fetch, FetchResult, Fetched, Msg};

/// The leader answers. Kafka: `AbstractFetcherThread.processFetchRequest`.
///
/// An answer counts if the partition is still copied from that broker and the log still ends where the fetch began; a
/// fetch in flight survives changes of leadership.
pub fn on_fetched(mut at: PartitionSide<'_>, cx: &mut Context<'_>, from: BrokerId, fetched: &Fetched) {
    let Role::Follower(following) = &mut at.replica.role else {
        return;
    };
    if following.leader != Some(from)
        || following.fetch != FetchState::InFlight(fetched.from)
        || at.log.end() != fetched.from
    {
        return;
    }
    match &fetched.result {
        FetchResult::Records {
            batches,
            high_watermark,
        } => {
            for batch in batches {
                at.log.append(batch.clone());
            }
            if cx.config().flush == Flush::EveryAppend && !batches.is_empty() {
                at.log.flush();
            }
            at.log.set_high_watermark(*high_watermark);
            at.save_high_watermark(cx);
            at.fetch(cx);
        }
        FetchResult::Diverging { epoch, end } => {
            let to = truncation_point(at.log, *epoch, *end);
            at.truncate(cx, to);
            at.fetch(cx);
        }
        FetchResult::OutOfRange { end, .. } => {
            at.truncate(cx, *end);
            at.fetch(cx);
        }
        FetchResult::Fenced(epoch) if *epoch == at.replica.leader_epoch => following.fetch = FetchState::Failed,
        // The answer to an older fetch: one in the new epoch is on its way. Kafka: AbstractFetcherThread.onPartitionFenced.
        FetchResult::Fenced(_) => {}
        FetchResult::Error(_) => at.back_off(cx),
    }
}

/// The follower tries again after an error.
pub fn on_fetch_backoff(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    at.replica.timers.cancel(Timer::FetchBackoff(at.partition));
    if let Role::Follower(following) = &at.replica.role
        && following.fetch == FetchState::BackingOff
    {
        at.fetch(cx);
    }
}

/// The connection on which an answer was expected is gone.
pub fn on_fetch_answer_lost(mut at: PartitionSide<'_>, cx: &mut Context<'_>, from: BrokerId) {
    if let Role::Follower(following) = &at.replica.role
        && following.leader == Some(from)
        && matches!(following.fetch, FetchState::InFlight(_))
    {
        at.back_off(cx);
    }
}

/// Where to cut, given where the leader's largest epoch that is not larger than ours ended (KIP-279). An epoch older than
/// all of ours ended here where ours begin. Kafka: `AbstractFetcherThread.getOffsetTruncationState`.
fn truncation_point(log: &Log, epoch: LeaderEpoch, end: Offset) -> Offset {
    let to = match log.end_of_epoch(epoch) {
        Some((own, own_end)) if own == epoch => end.min(own_end),
        Some((_, own_end)) => own_end,
        None => end,
    };
    to.min(log.end())
}

impl PartitionSide<'_> {
    /// Begins to copy from a new leader, or in a new epoch.
    pub(super) fn start_fetching(&mut self, cx: &mut Context<'_>) {
        match cx.config().rules(self.me).truncation() {
            // Kafka before KIP-101: ReplicaManager.makeFollowers truncates to the high watermark.
            Truncation::HighWatermark => self.truncate(cx, self.log.high_watermark()),
            Truncation::DivergingFetch if self.log.epochs().is_empty() => self.truncate(cx, self.log.high_watermark()),
            Truncation::DivergingFetch => {}
        }
        self.fetch(cx);
    }

    fn fetch(&mut self, cx: &mut Context<'_>) {
        let features = cx.config().rules(self.me);
        let own = self.cluster().broker(self.me).map(|registration| registration.epoch);
        let from = self.log.end();
        let fetch = Fetch {
            partition: self.partition,
            epoch: features.fetch_epoch().is_on().then_some(self.replica.leader_epoch),
            broker_epoch: own.filter(|_| features.isr_broker_epoch().is_on()),
            from,
            last_epoch: self
                .log
                .last_epoch()
                .filter(|_| features.truncation() == Truncation::DivergingFetch),
        };
        let Role::Follower(following) = &mut self.replica.role else {
            return;
        };
        let Some(leader) = following.leader else { return };
        following.fetch = FetchState::InFlight(from);
        cx.send(Node::Broker(leader), Msg::Fetch(Box::new(fetch)));
    }

    fn back_off(&mut self, cx: &mut Context<'_>) {
        if let Role::Follower(following) = &mut self.replica.role {
            following.fetch = FetchState::BackingOff;
            cx.arm(
                &mut self.replica.timers,
                Timer::FetchBackoff(self.partition),
                Since::Now,
            );
        }
    }

    fn truncate(&mut self, cx: &mut Context<'_>, to: Offset) {
        if to >= self.log.end() {
            // Kafka: UnifiedLog.truncateTo cuts the epoch cache in any case: its last epoch may have no records.
            return self.log.truncate(to);
        }
        let gone = self.log.records(to, self.log.end());
        let gone = gone
            .map(|(offset, record, epoch)| Stored { offset, record, epoch })
            .collect();
        self.log.truncate(to);
        cx.announce(Fact::Truncated {
            partition: self.partition,
            to,
            records: gone,
        });
        self.save_high_watermark(cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RecordId;

    fn log(batches: &[(u16, u32)]) -> Log {
        let mut log = Log::default();
        for (epoch, record) in batches {
            log.append_as_leader(LeaderEpoch(*epoch), [RecordId(*record)].into_iter().collect());
        }
        log
    }

    #[test]
    fn truncation_point_follows_kip_279() {
        let log = log(&[(1, 1), (1, 2), (3, 3)]);
        let to = |epoch, end| truncation_point(&log, LeaderEpoch(epoch), Offset(end));
        assert_eq!(
            to(1, 1),
            Offset(1),
            "the epoch is known, and ended earlier at the leader"
        );
        assert_eq!(to(1, 5), Offset(2), "the epoch is known, and ended earlier here");
        assert_eq!(to(2, 5), Offset(2), "the epoch is unknown: the largest smaller one");
        assert_eq!(to(3, 9), Offset(3), "not beyond the log");
    }

    #[test]
    fn a_log_whose_epochs_are_all_newer_than_the_leaders_answer_is_cut_where_they_begin() {
        let log = log(&[(1, 1)]);
        assert_eq!(truncation_point(&log, LeaderEpoch(0), Offset(1)), Offset(0));
    }
}
