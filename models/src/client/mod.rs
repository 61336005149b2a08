//! Clients: a producer that sends one batch after the other, a consumer that reads on. Kafka: `Sender`, `Fetcher`.

mod consumer;
mod producer;

use serde::{Deserialize, Serialize};
use sim_core::Timers;

use crate::Context;
use crate::actions::Timer;
use crate::config::{ClientKind, Config, Pace};
use crate::ids::{BrokerId, Brokers, ClientId, LeaderEpoch, Node, Partition};
use crate::message::{Code, Command, Msg};
use crate::slots::{Slot, Value};

pub use consumer::{Consuming, on_end, on_poll, on_read_answer, on_validated};
pub use producer::{Sending, on_delivery_timeout, on_produced, on_request_timeout, on_retry, on_send, on_send_next};

/// A client.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Client {
    /// Whom it takes for the leader, and in which epoch.
    pub leader: Option<(BrokerId, LeaderEpoch)>,
    /// Whom it asked last.
    pub waits_for: Option<BrokerId>,
    /// Without a clock: who could not be reached while it looked for the leader. Others are asked first.
    pub unreachable: Brokers,
    /// What it does.
    pub work: Work,
    /// Request, delivery and retry timers.
    pub timers: Timers<Timer>,
}

/// What a client does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Work {
    /// It sends.
    Producer {
        /// Batches that it still sends by itself.
        left: u16,
        /// The batch in hand.
        sending: Option<Sending>,
    },
    /// It reads.
    Consumer(Consuming),
}

impl Default for Work {
    fn default() -> Self {
        Self::Producer { left: 0, sending: None }
    }
}

impl Client {
    /// A client that has done nothing yet.
    pub fn new(config: &Config, id: ClientId) -> Self {
        let work = match &config.clients[usize::from(id.0)].kind {
            ClientKind::Producer(producer) => Work::Producer {
                left: producer.batches,
                sending: None,
            },
            ClientKind::Consumer(_) => Work::Consumer(Consuming::default()),
        };
        Self {
            work,
            ..Self::default()
        }
    }

    /// Whether it has nothing in hand.
    pub fn is_idle(&self) -> bool {
        match &self.work {
            Work::Producer { sending, .. } => sending.is_none(),
            Work::Consumer(consuming) => consuming.is_idle(),
        }
    }

    /// Commands that it gives itself while a workload is explored.
    pub fn next_command(&self) -> Option<Command> {
        match &self.work {
            Work::Producer { left: 0, .. } | Work::Producer { sending: Some(_), .. } => None,
            Work::Producer { .. } => Some(Command::SendNext),
            Work::Consumer(consuming) => consuming.is_idle().then_some(Command::Poll),
        }
    }
}

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// A client at work.
    pub struct ClientSide(me: ClientId) {
        client: write Client(me),
    }
}

/// Asks who leads, without sending anything.
pub fn on_refresh(mut at: ClientSide<'_>, cx: &mut Context<'_>) {
    if at.client.is_idle() && at.client.waits_for.is_none() {
        let partition = cx.config().target(at.me);
        at.ask(cx, partition);
    }
}

/// A broker says who leads.
pub fn on_leader(
    mut at: ClientSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    partition: Partition,
    leader: Option<(BrokerId, LeaderEpoch)>,
) {
    if at.client.waits_for != Some(from) {
        return;
    }
    at.client.waits_for = None;
    at.client.unreachable.clear();
    at.client.timers.cancel(Timer::ClientRetry);
    if let Some(leader) = leader {
        // The largest leader epoch seen counts; an older answer is ignored.
        if at.client.leader.is_none_or(|(_, known)| known <= leader.1) {
            at.client.leader = Some(leader);
        }
    } else {
        at.client.leader = None;
    }
    at.go_on(cx, partition);
}

/// The connection to a broker is gone: whoever was asked is not waited for, and the leader is looked for among the others.
pub fn on_connection_lost(mut at: ClientSide<'_>, cx: &mut Context<'_>, from: BrokerId) {
    if at.client.waits_for != Some(from) {
        if at.client.leader.is_some_and(|(leader, _)| leader == from) {
            at.client.leader = None;
        }
        return;
    }
    at.client.waits_for = None;
    match (at.client.leader.take(), cx.config().pace) {
        (Some(_), _) => at.failed(cx, None),
        (None, Pace::Free) => at.ask_another(cx, from),
        // Another one is asked after the backoff.
        (None, Pace::Clock) => {}
    }
}

/// Nobody listens at the broker that was asked. With a clock the attempt to send does not count.
///
/// Kafka: `NetworkClient`. A batch whose leader cannot be reached stays in the accumulator; only `delivery.timeout.ms` ends it.
pub fn on_refused(mut at: ClientSide<'_>, cx: &mut Context<'_>, by: BrokerId) {
    let sent = at.client.waits_for == Some(by) && at.client.leader.is_some();
    if !sent || cx.config().pace == Pace::Free {
        return on_connection_lost(at, cx, by);
    }
    at.client.waits_for = None;
    at.client.leader = None;
    at.client.timers.cancel(Timer::Request);
    at.later(cx);
}

impl ClientSide<'_> {
    /// Sends what is in hand to the leader, or asks who that is.
    fn go_on(&mut self, cx: &mut Context<'_>, partition: Partition) {
        match self.client.leader {
            Some((leader, epoch)) => self.request(cx, partition, leader, epoch),
            None if cx.config().pace == Pace::Clock => self.later(cx),
            // Without a clock every new attempt counts, so that they come to an end.
            None => self.failed(cx, Some(Code::LeaderNotAvailable)),
        }
    }

    fn request(&mut self, cx: &mut Context<'_>, partition: Partition, leader: BrokerId, epoch: LeaderEpoch) {
        match &mut self.client.work {
            Work::Producer { sending: Some(_), .. } => self.send_batch(cx, leader),
            Work::Producer { sending: None, .. } => {}
            Work::Consumer(consuming) => {
                self.client.waits_for = Some(leader);
                let msg = consuming.request(cx.config(), self.me, partition, epoch);
                cx.send(Node::Broker(leader), msg);
                if cx.config().pace == Pace::Clock {
                    cx.arm(&mut self.client.timers, Timer::Request, sim_core::Since::Now);
                }
            }
        }
    }

    /// Asks some broker who leads. A fresh client takes whichever it finds first.
    fn ask(&mut self, cx: &mut Context<'_>, partition: Partition) {
        let unreachable = &self.client.unreachable;
        let brokers: Brokers = cx
            .config()
            .broker_ids()
            .filter(|id| !unreachable.contains(id))
            .collect();
        let chosen = cx.choose("broker that is asked for metadata", brokers.len() as u32);
        let broker = brokers[chosen as usize];
        self.client.waits_for = Some(broker);
        cx.send(Node::Broker(broker), Msg::Who(partition));
        if cx.config().pace == Pace::Clock {
            // Who has not answered by then is not waited for; another one is asked.
            cx.arm(&mut self.client.timers, Timer::ClientRetry, sim_core::Since::Now);
        }
    }

    /// Nobody answers there: another broker is asked, or it all begins anew when none is left. The search for a leader is
    /// one attempt to send, however many it asks.
    fn ask_another(&mut self, cx: &mut Context<'_>, unreachable: BrokerId) {
        if let Err(at) = self.client.unreachable.binary_search(&unreachable) {
            self.client.unreachable.insert(at, unreachable);
        }
        if self.client.unreachable.len() < cx.config().brokers.len() {
            let partition = self.partition(cx.config());
            return self.ask(cx, partition);
        }
        self.client.unreachable.clear();
        self.failed(cx, None);
    }

    /// The partition of what is in hand, or else of its workload.
    fn partition(&self, config: &Config) -> Partition {
        match &self.client.work {
            Work::Producer {
                sending: Some(sending), ..
            } => sending.partition,
            Work::Producer { sending: None, .. } | Work::Consumer(_) => config.target(self.me),
        }
    }

    /// Something went wrong: the batch in hand is tried again or given up, a read is repeated by the next poll.
    fn failed(&mut self, cx: &mut Context<'_>, code: Option<Code>) {
        match &mut self.client.work {
            Work::Producer { .. } => self.batch_failed(cx, code),
            Work::Consumer(consuming) => {
                consuming.abandon();
                self.client.timers.cancel(Timer::Request);
            }
        }
    }

    /// Tries again after the backoff.
    fn later(&mut self, cx: &mut Context<'_>) {
        match &mut self.client.work {
            Work::Producer { sending: Some(_), .. } => {
                cx.arm(&mut self.client.timers, Timer::ClientRetry, sim_core::Since::Now);
            }
            Work::Producer { sending: None, .. } => {}
            Work::Consumer(consuming) => consuming.abandon(),
        }
    }
}
