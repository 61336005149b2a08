//! A follower at work: fetches, appends, the leader's high watermark. Kafka: `AbstractFetcherThread`.

use alloc::boxed::Box;

use sim_core::Since;

use super::truncation::truncation_point;
use super::{FetchState, LastEpoch, PartitionSide, Role};
use crate::Context;
use crate::actions::Timer;
use crate::config::Flush;
use crate::features::{OutOfRange, TruncateOn, Truncation};
use crate::ids::{BrokerId, Node};
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
            following.last_epoch = match batches.is_empty() && !cx.config().rules(at.me).last_fetched_epoch().is_on() {
                true => LastEpoch::Forgotten,
                false => LastEpoch::Named,
            };
            if cx.config().flush == Flush::EveryAppend && !batches.is_empty() {
                at.log.flush();
            }
            at.log.set_high_watermark(*high_watermark);
            at.save_high_watermark(cx);
            at.fetch(cx);
        }
        FetchResult::Diverging { epoch, end } => {
            let (to, _) = truncation_point(at.log, *epoch, *end);
            at.truncate(cx, to);
            at.fetch(cx);
        }
        FetchResult::OutOfRange { start, end } => {
            match cx.config().rules(at.me).out_of_range() {
                OutOfRange::StartOver => at.truncate(cx, *start),
                OutOfRange::Truncate => at.truncate(cx, *end),
            }
            at.fetch(cx);
        }
        FetchResult::Fenced(epoch) if *epoch == at.replica.leader_epoch => following.fetch = FetchState::Failed,
        // The answer to an older fetch: one in the new epoch is on its way. Kafka: AbstractFetcherThread.onPartitionFenced.
        FetchResult::Fenced(_) if cx.config().rules(at.me).truncate_on() == TruncateOn::EveryEpoch => {}
        FetchResult::Fenced(_) => at.back_off(cx),
        FetchResult::Error(_) => at.back_off(cx),
    }
}

/// The follower tries again after an error.
pub fn on_fetch_backoff(mut at: PartitionSide<'_>, cx: &mut Context<'_>) {
    at.replica.timers.cancel(Timer::FetchBackoff(at.partition));
    let Role::Follower(following) = &at.replica.role else {
        return;
    };
    match following.fetch {
        FetchState::BackingOff => at.fetch(cx),
        FetchState::BackingOffToAsk => at.ask_epoch_end(cx),
        FetchState::Idle | FetchState::InFlight(_) | FetchState::Asking(_) | FetchState::Failed => {}
    }
}

/// The connection on which an answer was expected is gone.
pub fn on_fetch_answer_lost(mut at: PartitionSide<'_>, cx: &mut Context<'_>, from: BrokerId) {
    if let Role::Follower(following) = &at.replica.role
        && following.leader == Some(from)
    {
        at.answer_lost(cx);
    }
}

impl PartitionSide<'_> {
    /// Fetches from the end of the log on.
    pub(super) fn fetch(&mut self, cx: &mut Context<'_>) {
        let features = cx.config().rules(self.me);
        let own = self.cluster().broker(self.me).map(|registration| registration.epoch);
        let from = self.log.end();
        let Role::Follower(following) = &mut self.replica.role else {
            return;
        };
        let Some(leader) = following.leader else { return };
        let looks_for_divergence =
            features.truncation() == Truncation::DivergingFetch && following.last_epoch == LastEpoch::Named;
        following.fetch = FetchState::InFlight(from);
        let fetch = Fetch {
            partition: self.partition,
            epoch: features.fetch_epoch().is_on().then_some(self.replica.leader_epoch),
            broker_epoch: own.filter(|_| features.isr_broker_epoch().is_on()),
            from,
            last_epoch: self.log.last_epoch().filter(|_| looks_for_divergence),
        };
        cx.send(Node::Broker(leader), Msg::Fetch(Box::new(fetch)));
    }

    /// Fetches again after a while.
    pub(super) fn back_off(&mut self, cx: &mut Context<'_>) {
        if let Role::Follower(following) = &mut self.replica.role {
            following.fetch = FetchState::BackingOff;
            cx.arm(
                &mut self.replica.timers,
                Timer::FetchBackoff(self.partition),
                Since::Now,
            );
        }
    }
}
