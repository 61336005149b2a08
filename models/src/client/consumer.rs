//! A consumer of one partition: its position, and what it does when that is out of range. Kafka: `FetchCollector`.

use serde::{Deserialize, Serialize};

use super::{ClientSide, Work};
use crate::Context;
use crate::actions::Timer;
use crate::config::{ClientKind, Config, Reset, Wants};
use crate::fact::Fact;
use crate::ids::{BrokerId, ClientId, LeaderEpoch, Offset, Partition, RecordId};
use crate::message::{Code, EpochEnd, Msg, Visible};

/// A consumer's state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Consuming {
    /// What it reads next.
    pub position: Offset,
    /// Whether it waits for something.
    pub busy: bool,
    /// The record before its position, if it has read that, with its leader epoch.
    pub last: Option<(RecordId, LeaderEpoch)>,
    /// The leader epoch in which its position was last found to be right (KIP-320).
    pub validated: LeaderEpoch,
    /// The largest end offset that it was told when it asked for that alone.
    pub end: Offset,
}

impl Consuming {
    /// Whether it waits for nothing.
    pub fn is_idle(&self) -> bool {
        !self.busy
    }

    /// What it asks next: for the end alone, whether its position is still right, or for records.
    pub(super) fn request(&mut self, config: &Config, me: ClientId, partition: Partition, current: LeaderEpoch) -> Msg {
        self.busy = true;
        let ClientKind::Consumer(consumer) = &config.clients[usize::from(me.0)].kind else {
            panic!("a client's work is of its kind")
        };
        match (consumer.wants, self.last) {
            (Wants::EndOffset, _) => Msg::AskEnd { partition, current },
            (Wants::Records, Some((_, epoch)))
                if self.validated < current && config.client_rules().consumer_epoch().is_on() =>
            {
                Msg::Validate {
                    partition,
                    current,
                    epoch,
                }
            }
            (Wants::Records, _) => Msg::Read {
                partition,
                epoch: Some(current),
                from: self.position,
            },
        }
    }

    pub(super) fn abandon(&mut self) {
        self.busy = false;
    }

    /// Differs from Kafka: with `latest`, too, it reads from the beginning.
    fn start_over(&mut self) {
        self.position = Offset::ZERO;
        self.last = None;
    }
}

/// Asks for what comes next.
pub fn on_poll(mut at: ClientSide<'_>, cx: &mut Context<'_>) {
    let partition = cx.config().target(at.me);
    let Work::Consumer(consuming) = &mut at.client.work else {
        return;
    };
    if !consuming.is_idle() {
        return;
    }
    consuming.busy = true;
    match at.client.leader {
        Some((leader, epoch)) => at.request(cx, partition, leader, epoch),
        None => at.ask(cx, partition),
    }
}

/// A broker answers a read.
pub fn on_read_answer(
    at: ClientSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    offset: Offset,
    result: &Result<Visible, Code>,
) {
    let partition = cx.config().target(at.me);
    let Work::Consumer(consuming) = &mut at.client.work else {
        return;
    };
    if at.client.waits_for != Some(from) || consuming.position != offset {
        return;
    }
    at.client.waits_for = None;
    at.client.timers.cancel(Timer::Request);
    consuming.abandon();
    match result {
        Ok(visible) => {
            let (records, end) = (visible.records.clone(), visible.end);
            if let (Some((known, _)), Some(found)) = (consuming.last, visible.before)
                && known != found
                && !records.is_empty()
            {
                cx.announce(Fact::Skipped {
                    partition,
                    at: offset,
                    known,
                    found,
                });
            }
            if let (Some((last, record)), Some(epoch)) = (records.last(), visible.last_epoch) {
                consuming.position = last.plus(1);
                consuming.last = Some((*record, epoch));
            }
            cx.announce(Fact::Delivered {
                partition,
                from,
                records,
                end,
            });
        }
        Err(Code::OffsetOutOfRange) => {
            // Differs from Kafka: the end is found by reading from the beginning, not by a request of its own.
            let ClientKind::Consumer(consumer) = &cx.config().clients[usize::from(at.me.0)].kind else {
                return;
            };
            match consumer.reset {
                Reset::Earliest | Reset::Latest => consuming.start_over(),
                Reset::Fail => consuming.busy = true,
            }
        }
        Err(_) => at.client.leader = None,
    }
}

/// The leader says where the epoch of the last record read ended. Kafka: `OffsetFetcher.validateOffsetsAsync`,
/// `SubscriptionState.maybeCompleteValidation`.
///
/// Differs from Kafka: without a reset policy a consumer stops there with an error, too, but cannot be asked why.
pub fn on_validated(
    at: ClientSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    asked: LeaderEpoch,
    result: Result<EpochEnd, Code>,
) {
    let Some((_, current)) = at.client.leader else { return };
    let ClientKind::Consumer(consumer) = &cx.config().clients[usize::from(at.me.0)].kind else {
        return;
    };
    let Work::Consumer(consuming) = &mut at.client.work else {
        return;
    };
    let answers = consuming.last.is_some_and(|(_, epoch)| epoch == asked);
    if at.client.waits_for != Some(from) || !answers {
        return;
    }
    at.client.waits_for = None;
    at.client.timers.cancel(Timer::Request);
    consuming.abandon();
    let end = match result {
        Ok(EpochEnd::Named(_, end) | EpochEnd::Unnamed(end)) => Some(end),
        Ok(EpochEnd::Unknown) => None,
        Err(_) => {
            at.client.leader = None;
            return;
        }
    };
    consuming.validated = current;
    match (end, consumer.reset) {
        (Some(end), _) if end >= consuming.position => {}
        (_, Reset::Fail) => consuming.busy = true,
        (Some(end), Reset::Earliest | Reset::Latest) => {
            consuming.position = end;
            consuming.last = None;
        }
        (None, Reset::Earliest | Reset::Latest) => consuming.start_over(),
    }
}

/// A broker says where its log ends for clients, or that it does not know yet. Kafka: `KafkaConsumer.endOffsets`.
pub fn on_end(at: ClientSide<'_>, cx: &mut Context<'_>, from: BrokerId, result: Result<Offset, Code>) {
    let partition = cx.config().target(at.me);
    let Work::Consumer(consuming) = &mut at.client.work else {
        return;
    };
    if at.client.waits_for != Some(from) {
        return;
    }
    at.client.waits_for = None;
    at.client.timers.cancel(Timer::Request);
    consuming.abandon();
    match result {
        Ok(end) => {
            cx.announce(Fact::EndTold {
                partition,
                end,
                before: consuming.end,
            });
            consuming.end = consuming.end.max(end);
        }
        // It asks the same leader again.
        Err(Code::OffsetNotAvailable) => {}
        Err(_) => at.client.leader = None,
    }
}
