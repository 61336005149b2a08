//! A consumer of one partition: its position, and what it does when that is out of range. Kafka: `FetchCollector`.

use serde::{Deserialize, Serialize};

use super::{ClientSide, Work};
use crate::Context;
use crate::actions::Timer;
use crate::config::{ClientKind, Reset};
use crate::fact::Fact;
use crate::ids::{BrokerId, Offset};
use crate::message::{Code, Visible};

/// A consumer's state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Consuming {
    /// What it reads next.
    pub position: Offset,
    /// Whether it waits for something.
    pub busy: bool,
}

impl Consuming {
    /// Whether it waits for nothing.
    pub fn is_idle(&self) -> bool {
        !self.busy
    }

    pub(super) fn begin(&mut self) -> Offset {
        self.busy = true;
        self.position
    }

    pub(super) fn abandon(&mut self) {
        self.busy = false;
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
            consuming.position = visible.records.last().map_or(offset, |(last, _)| last.plus(1));
            let (records, end) = (visible.records.clone(), visible.end);
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
                Reset::Earliest | Reset::Latest => consuming.position = Offset::ZERO,
                Reset::Fail => consuming.busy = true,
            }
        }
        Err(_) => at.client.leader = None,
    }
}
