//! Where a follower cuts its log, era by era: by its high watermark, by a question of its own, or by the fetch itself.
//! Kafka: `AbstractFetcherThread.maybeTruncate`, `ReplicaManager.lastOffsetForLeaderEpoch`.

use sim_core::Since;

use super::{FetchState, PartitionSide, Role};
use crate::Context;
use crate::actions::Timer;
use crate::fact::{Fact, Stored};
use crate::features::{TruncateOn, Truncation};
use crate::ids::{BrokerId, ClientId, LeaderEpoch, Node, Offset};
use crate::log::Log;
use crate::message::{Code, EpochEnd, Msg};

/// Whether the log has been cut where it has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// It has.
    Done,
    /// An older epoch has to be asked for as well (KIP-279).
    AskAgain,
}

/// A follower asks where its last epoch ended (`OffsetsForLeaderEpoch`).
pub fn on_ask_epoch_end(
    at: PartitionSide<'_>,
    cx: &mut Context<'_>,
    follower: BrokerId,
    current: Option<LeaderEpoch>,
    asked: LeaderEpoch,
) {
    let (partition, result) = (at.partition, at.end_as_leader(cx, current, asked));
    cx.reply(
        Node::Broker(follower),
        Msg::EpochEnded {
            partition,
            current,
            asked,
            result,
        },
    );
}

/// A consumer asks where the epoch of the last record that it read ended (KIP-320).
pub fn on_validate(
    at: PartitionSide<'_>,
    cx: &mut Context<'_>,
    client: ClientId,
    current: LeaderEpoch,
    asked: LeaderEpoch,
) {
    let (partition, result) = (at.partition, at.end_as_leader(cx, Some(current), asked));
    cx.reply(
        Node::Client(client),
        Msg::Validated {
            partition,
            asked,
            result,
        },
    );
}

/// The leader says where that epoch ended. An answer to a question of an older leader epoch counts for nothing: one in the
/// new epoch is on its way. Kafka: `AbstractFetcherThread.truncateToEpochEndOffsets`, `onPartitionFenced`.
pub fn on_epoch_ended(
    mut at: PartitionSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    current: Option<LeaderEpoch>,
    asked: LeaderEpoch,
    result: Result<EpochEnd, Code>,
) {
    let Role::Follower(following) = &mut at.replica.role else {
        return;
    };
    if following.leader != Some(from) || following.fetch != FetchState::Asking(asked) {
        return;
    }
    let outdated = current.is_some_and(|current| current != at.replica.leader_epoch);
    if outdated && cx.config().rules(at.me).truncate_on() == TruncateOn::EveryEpoch {
        return;
    }
    match result {
        Ok(ended) => match at.cut_by(cx, ended) {
            Cut::Done => at.fetch(cx),
            Cut::AskAgain => at.ask_epoch_end(cx),
        },
        Err(Code::FencedLeaderEpoch) if !outdated => following.fetch = FetchState::Failed,
        Err(_) => at.back_off_to_ask(cx),
    }
}

/// Where an epoch ended here, as a leader of these rules says it.
fn end_of(log: &Log, rules: Truncation, asked: LeaderEpoch) -> EpochEnd {
    match rules {
        Truncation::HighWatermark | Truncation::EndOfEpoch => match log.end_by_next_epoch(asked) {
            Some(end) => EpochEnd::Unnamed(end),
            None => EpochEnd::Unknown,
        },
        Truncation::EpochAndEnd | Truncation::DivergingFetch => match log.end_of_epoch(asked) {
            Some((epoch, end)) => EpochEnd::Named(epoch, end),
            None => EpochEnd::Unknown,
        },
    }
}

/// Where to cut, given where the leader's largest epoch that is not larger than ours ended (KIP-279), and whether that
/// settles it. An epoch older than all of ours ended here where ours begin.
/// Kafka: `AbstractFetcherThread.getOffsetTruncationState`.
pub(super) fn truncation_point(log: &Log, epoch: LeaderEpoch, end: Offset) -> (Offset, Cut) {
    let (to, cut) = match log.end_of_epoch(epoch) {
        Some((own, own_end)) if own == epoch => (end.min(own_end), Cut::Done),
        Some((_, own_end)) => (own_end, Cut::AskAgain),
        None => (end, Cut::Done),
    };
    (to.min(log.end()), cut)
}

impl PartitionSide<'_> {
    /// Whether the sender knows the leader epoch in force, where it names one (KIP-320).
    pub(super) fn check_epoch(&self, named: Option<LeaderEpoch>) -> Result<(), Code> {
        let local = self.replica.leader_epoch;
        match named {
            Some(epoch) if epoch < local => Err(Code::FencedLeaderEpoch),
            Some(epoch) if epoch > local => Err(Code::UnknownLeaderEpoch),
            Some(_) | None => Ok(()),
        }
    }

    fn end_as_leader(
        &self,
        cx: &Context<'_>,
        current: Option<LeaderEpoch>,
        asked: LeaderEpoch,
    ) -> Result<EpochEnd, Code> {
        self.check_epoch(current)?;
        match self.replica.role {
            Role::Leader(_) => Ok(end_of(self.log, cx.config().rules(self.me).truncation(), asked)),
            Role::Follower(_) | Role::Offline => Err(Code::NotLeaderOrFollower),
        }
    }

    /// Begins to copy from a new leader, or in a new epoch.
    pub(super) fn start_fetching(&mut self, cx: &mut Context<'_>) {
        match cx.config().rules(self.me).truncation() {
            // Kafka before KIP-101: ReplicaManager.makeFollowers truncates to the high watermark.
            Truncation::HighWatermark => self.truncate(cx, self.log.high_watermark()),
            _ if self.log.epochs().is_empty() => self.truncate(cx, self.log.high_watermark()),
            Truncation::EndOfEpoch | Truncation::EpochAndEnd => return self.ask_epoch_end(cx),
            Truncation::DivergingFetch => {}
        }
        self.fetch(cx);
    }

    /// Asks where the last epoch ended, if there is one.
    pub(super) fn ask_epoch_end(&mut self, cx: &mut Context<'_>) {
        let current = self.replica.leader_epoch;
        let named = cx.config().rules(self.me).truncation_epoch().is_on();
        let Some(epoch) = self.log.last_epoch() else {
            return self.fetch(cx);
        };
        let partition = self.partition;
        let Role::Follower(following) = &mut self.replica.role else {
            return;
        };
        let Some(leader) = following.leader else { return };
        following.fetch = FetchState::Asking(epoch);
        cx.send(
            Node::Broker(leader),
            Msg::AskEpochEnd {
                partition,
                current: named.then_some(current),
                epoch,
            },
        );
    }

    fn back_off_to_ask(&mut self, cx: &mut Context<'_>) {
        if let Role::Follower(following) = &mut self.replica.role {
            following.fetch = FetchState::BackingOffToAsk;
            let timer = Timer::FetchBackoff(self.partition);
            cx.arm(&mut self.replica.timers, timer, Since::Now);
        }
    }

    /// An answer was expected that does not come any more.
    pub(super) fn answer_lost(&mut self, cx: &mut Context<'_>) {
        let Role::Follower(following) = &self.replica.role else {
            return;
        };
        match following.fetch {
            FetchState::InFlight(_) => self.back_off(cx),
            FetchState::Asking(_) => self.back_off_to_ask(cx),
            FetchState::Idle | FetchState::BackingOff | FetchState::BackingOffToAsk | FetchState::Failed => {}
        }
    }

    fn cut_by(&mut self, cx: &mut Context<'_>, ended: EpochEnd) -> Cut {
        let (to, cut) = match ended {
            EpochEnd::Unknown => (self.log.high_watermark(), Cut::Done),
            EpochEnd::Unnamed(end) => (end, Cut::Done),
            EpochEnd::Named(epoch, end) => truncation_point(self.log, epoch, end),
        };
        self.truncate(cx, to);
        cut
    }

    /// Cuts the log to this end, if it is longer.
    pub(super) fn truncate(&mut self, cx: &mut Context<'_>, to: Offset) {
        if to >= self.log.end() {
            // Kafka: UnifiedLog.truncateTo cuts the epoch cache in any case: its last epoch may have no records.
            if cx.config().rules(self.me).epoch_trim_at_end().is_on() {
                self.log.truncate(to);
            }
            return;
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
            (Offset(1), Cut::Done),
            "the epoch is known, and ended earlier at the leader"
        );
        assert_eq!(
            to(1, 5),
            (Offset(2), Cut::Done),
            "the epoch is known, and ended earlier here"
        );
        assert_eq!(
            to(2, 5),
            (Offset(2), Cut::AskAgain),
            "the epoch is unknown: the largest smaller one"
        );
        assert_eq!(to(3, 9), (Offset(3), Cut::Done), "not beyond the log");
    }

    #[test]
    fn a_log_whose_epochs_are_all_newer_than_the_leaders_answer_is_cut_where_they_begin() {
        let log = log(&[(1, 1)]);
        let cut = truncation_point(&log, LeaderEpoch(0), Offset(1));
        assert_eq!(cut, (Offset(0), Cut::Done));
    }

    #[test]
    fn kip_101_answers_with_the_start_of_the_next_epoch_and_does_not_say_whose_end_that_is() {
        let log = log(&[(1, 1), (3, 2)]);
        let end = |asked| end_of(&log, Truncation::EndOfEpoch, LeaderEpoch(asked));
        assert_eq!(end(0), EpochEnd::Unknown, "older than all");
        assert_eq!(end(1), EpochEnd::Unnamed(Offset(1)));
        assert_eq!(end(2), EpochEnd::Unnamed(Offset(1)), "an epoch that it never had");
        assert_eq!(end(3), EpochEnd::Unnamed(Offset(2)));
        assert_eq!(end(4), EpochEnd::Unknown, "newer than all");
    }
}
