//! A producer with one request in flight: batches, retries, metadata refresh, timeouts. Kafka: `Sender`.

use serde::{Deserialize, Serialize};
use sim_core::Since;

use super::{ClientSide, Work};
use crate::Context;
use crate::actions::Timer;
use crate::config::{ClientKind, Pace};
use crate::fact::Fact;
use crate::ids::{BrokerId, ClientId, Node, Offset, Partition, RecordId};
use crate::message::{Acks, Code, Knowledge, Msg, Records};

/// The batch in hand.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Sending {
    /// Where to.
    pub partition: Partition,
    /// What.
    pub records: Records,
    /// Which answer it waits for.
    pub acks: Acks,
    /// How often it may be sent again.
    pub retries: u8,
}

/// Sends the next batch of the workload.
pub fn on_send_next(at: ClientSide<'_>, cx: &mut Context<'_>) {
    let ClientKind::Producer(producer) = &cx.config().clients[usize::from(at.me.0)].kind else {
        return;
    };
    let Work::Producer { left, sending: None } = &mut at.client.work else {
        return;
    };
    if *left == 0 {
        return;
    }
    let batch = u32::from(producer.batches - *left);
    *left -= 1;
    let first = first_record(cx, at.me) + batch * u32::from(producer.batch_records);
    let records = (0..u32::from(producer.batch_records))
        .map(|at| RecordId(first + at))
        .collect();
    let sending = Sending {
        partition: producer.partition,
        records,
        acks: producer.acks,
        retries: producer.retries,
    };
    take(at, cx, sending);
}

/// Sends what it is told to. A fresh client knows nothing about the cluster.
pub fn on_send(at: ClientSide<'_>, cx: &mut Context<'_>, sending: Sending, knowledge: Knowledge) {
    if knowledge == Knowledge::Fresh {
        at.client.leader = None;
    }
    if at.client.is_idle() {
        take(at, cx, sending);
    }
}

/// The leader answers.
pub fn on_produced(
    mut at: ClientSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    first: RecordId,
    result: Result<Offset, Code>,
) {
    let Work::Producer {
        sending: Some(sending), ..
    } = &at.client.work
    else {
        return;
    };
    if at.client.waits_for != Some(from) || sending.records[0] != first {
        return;
    }
    at.client.waits_for = None;
    match result {
        Ok(base) => {
            cx.announce(Fact::Acked {
                partition: sending.partition,
                acks: sending.acks,
                base,
                records: sending.records.clone(),
            });
            at.finish();
        }
        Err(code) => {
            if matches!(
                code,
                Code::NotLeaderOrFollower | Code::LeaderNotAvailable | Code::UnknownTopicOrPartition
            ) {
                at.client.leader = None;
            }
            at.batch_failed(cx, Some(code));
        }
    }
}

/// No answer came in time: the connection is given up.
pub fn on_request_timeout(mut at: ClientSide<'_>, cx: &mut Context<'_>) {
    at.client.timers.cancel(Timer::Request);
    at.client.waits_for = None;
    at.client.leader = None;
    at.failed(cx, Some(Code::RequestTimedOut));
}

/// The backoff is over. Whoever was asked for the leader and has not answered by now does not answer at all.
pub fn on_retry(mut at: ClientSide<'_>, cx: &mut Context<'_>) {
    at.client.timers.cancel(Timer::ClientRetry);
    if at.client.leader.is_none() {
        at.client.waits_for = None;
    }
    if at.client.waits_for.is_some() {
        return;
    }
    if at.client.is_idle() {
        return;
    }
    let partition = at.partition(cx.config());
    match at.client.leader {
        Some((leader, _)) => at.send_batch(cx, leader),
        None => at.ask(cx, partition),
    }
}

/// The batch is too old: it is given up, sent or not.
pub fn on_delivery_timeout(mut at: ClientSide<'_>, cx: &mut Context<'_>) {
    at.client.timers.cancel(Timer::Delivery);
    at.give_up(cx, None);
}

fn take(mut at: ClientSide<'_>, cx: &mut Context<'_>, sending: Sending) {
    let partition = sending.partition;
    if let Work::Producer { sending: hand, .. } = &mut at.client.work {
        *hand = Some(sending);
    }
    if cx.config().pace == Pace::Clock {
        cx.arm(&mut at.client.timers, Timer::Delivery, Since::Now);
    }
    match at.client.leader {
        Some((leader, _)) => at.send_batch(cx, leader),
        None => at.ask(cx, partition),
    }
}

/// Records of different producers have different ids.
fn first_record(cx: &Context<'_>, me: ClientId) -> u32 {
    let earlier = &cx.config().clients[..usize::from(me.0)];
    let sent = earlier.iter().map(|client| match &client.kind {
        ClientKind::Producer(producer) => u32::from(producer.batches) * u32::from(producer.batch_records),
        ClientKind::Consumer(_) => 0,
    });
    1 + sent.sum::<u32>()
}

impl ClientSide<'_> {
    pub(super) fn send_batch(&mut self, cx: &mut Context<'_>, leader: BrokerId) {
        let Work::Producer {
            sending: Some(sending), ..
        } = &self.client.work
        else {
            return;
        };
        let (partition, records, acks) = (sending.partition, sending.records.clone(), sending.acks);
        let first = records[0];
        cx.send(
            Node::Broker(leader),
            Msg::Produce {
                partition,
                records,
                acks,
            },
        );
        if acks == Acks::None {
            cx.announce(Fact::GaveUp { first, code: None });
            return self.finish();
        }
        self.client.waits_for = Some(leader);
        cx.arm(&mut self.client.timers, Timer::Request, Since::Now);
    }

    pub(super) fn batch_failed(&mut self, cx: &mut Context<'_>, code: Option<Code>) {
        self.client.timers.cancel(Timer::Request);
        let Work::Producer {
            sending: Some(sending), ..
        } = &mut self.client.work
        else {
            return;
        };
        if sending.retries == 0 {
            return self.give_up(cx, code);
        }
        sending.retries -= 1;
        self.later(cx);
    }

    fn give_up(&mut self, cx: &mut Context<'_>, code: Option<Code>) {
        if let Work::Producer {
            sending: Some(sending), ..
        } = &self.client.work
        {
            cx.announce(Fact::GaveUp {
                first: sending.records[0],
                code,
            });
        }
        self.client.waits_for = None;
        self.finish();
    }

    fn finish(&mut self) {
        self.client.timers.cancel_where(|_| true);
        if let Work::Producer { sending, .. } = &mut self.client.work {
            *sending = None;
        }
    }
}
