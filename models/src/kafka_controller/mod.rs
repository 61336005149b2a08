//! The controller of a cluster with ZooKeeper: it runs on one of the brokers, and handles one event after the other.
//! Kafka: `KafkaController`, `ControllerEventManager`.

mod brokers;
mod channel;
mod moves;
mod partitions;
mod plan;
mod requests;

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sim_core::{SmallVec, Timers};

use crate::Context;
use crate::actions::Timer;
use crate::cluster::Cluster;
use crate::fact::Fact;
use crate::features::ZkWriteFencing;
use crate::ids::{BrokerEpoch, BrokerId, ControllerEpoch, Node, Partition, TopicIndex};
use crate::message::{AlterPartition, Altered, Code, Command, Msg};
use crate::slots::{Slot, Value};
use crate::zookeeper::{Answer, Request, Watch};

pub use plan::{Plan, Planned, Stop, Then};
pub use requests::{Fate, LeaderAndIsr, Occasion, Sender, StopReplica, UpdateMetadata};

/// What a broker knows about itself and about controllers, as far as their requests are judged by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Allegiance {
    /// The registration that ZooKeeper has confirmed last.
    pub epoch: BrokerEpoch,
    /// The largest epoch of a controller that it has heard (`ReplicaManager.controllerEpoch`).
    pub controller_epoch: ControllerEpoch,
}

/// The controller on one broker: of the cluster, if the broker has `/controller`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct KafkaController {
    /// What it does.
    pub active: Option<Active>,
    /// The periodic preferred election.
    pub timers: Timers<Timer>,
}

/// A controller that was elected, and has not heard yet that it was replaced.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Active {
    /// Its epoch.
    pub epoch: ControllerEpoch,
    /// What it has read and written so far (`ControllerContext`); brokers are unfenced or shutting down.
    pub cluster: Cluster,
    /// Topics that shall go.
    pub doomed: SmallVec<[TopicIndex; 1]>,
    /// What it waits for.
    pub doing: Option<Doing>,
    /// What it does then, in order.
    pub events: SmallVec<[Event; 1]>,
    /// Whether its session has ended while it waited; only where writes are not fenced.
    pub session: Session,
}

/// Whether a controller's session lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Session {
    /// It does.
    #[default]
    Alive,
    /// It has ended; what was begun goes on in the next one, then the controller resigns.
    Replaced,
}

/// What a controller asked ZooKeeper for, and what it does with the answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Doing {
    /// It reads who is registered.
    ReadingBrokers,
    /// It reads which ISRs leaders have changed.
    ReadingIsrChanges,
    /// It writes.
    Writing(Box<Plan>),
}

/// What a controller has to do. Kafka: `ControllerEvent`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Event {
    /// Brokers have come or gone.
    BrokerChange,
    /// Leaders have changed ISRs.
    IsrChange,
    /// A write found another version: what is offline is looked at once more.
    Recheck,
    /// A leader proposes an ISR.
    Alter(BrokerId, AlterPartition),
    /// A broker wants to stop.
    Shutdown(BrokerId, BrokerEpoch),
    /// An operator's order.
    Order(Command),
    /// The periodic preferred election.
    Balance,
    /// A partition moves: it may go on, or end.
    Move(Partition, Resume),
    /// A topic shall go: it may be possible now.
    Delete(TopicIndex),
}

/// When a reassignment goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Resume {
    /// In any case: a controller, or a broker, is new.
    Always,
    /// If the ISR has all of the target now.
    WhenDone,
}

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// The controller on a broker.
    pub struct KafkaControllerSide(me: BrokerId) {
        allegiance: read Allegiance(me),
        controller: write KafkaController(me),
    }

    /// The controller on a broker whose process ends.
    pub struct ControllerEndSide(me: BrokerId) {
        allegiance: write Allegiance(me),
        controller: write KafkaController(me),
    }
}

/// The process ends.
pub fn on_end(at: ControllerEndSide<'_>, _cx: &mut Context<'_>) {
    *at.allegiance = Allegiance::default();
    *at.controller = KafkaController::default();
}

/// The broker's session has begun, or a new one has to.
pub fn on_session(mut at: KafkaControllerSide<'_>, cx: &mut Context<'_>) {
    if let Some(active) = &at.controller.active
        && active.session == Session::Replaced
    {
        return at.ask_again(cx);
    }
    at.controller.active = None;
    at.request(cx, Request::Elect);
}

/// The session of this registration has ended.
pub fn on_expired(mut at: KafkaControllerSide<'_>, cx: &mut Context<'_>, epoch: BrokerEpoch) {
    if epoch == at.allegiance.epoch {
        at.session_ended(cx);
    }
}

/// ZooKeeper answers, or a watch fires.
pub fn on_answer(mut at: KafkaControllerSide<'_>, cx: &mut Context<'_>, answer: &Answer) {
    match answer {
        Answer::Elected(epoch, tree, doomed) => at.fail_over(cx, *epoch, tree, doomed),
        Answer::Fired(Watch::Controller) => at.request(cx, Request::Elect),
        Answer::Fired(Watch::Brokers) => at.event(cx, Event::BrokerChange),
        Answer::Fired(Watch::IsrChanges) => at.event(cx, Event::IsrChange),
        Answer::Brokers(brokers) => at.on_brokers(cx, brokers),
        Answer::IsrChanges(changes) => at.on_isr_changes(cx, changes),
        Answer::Done(changed) => at.on_written(cx, changed),
        Answer::ControllerMoved => {
            at.resign(cx);
            at.request(cx, Request::Elect);
        }
        Answer::Connected(_) | Answer::NodeExists | Answer::Expired(_) | Answer::NotElected | Answer::Config(..) => {}
    }
}

/// A leader proposes an ISR (KIP-497).
pub fn on_alter_partition(
    mut at: KafkaControllerSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    alter: &AlterPartition,
) {
    if at.controller.active.is_none() {
        return reject(cx, from, alter, Code::NotController);
    }
    at.event(cx, Event::Alter(from, alter.clone()));
}

/// A broker wants to stop.
pub fn on_controlled_shutdown(
    mut at: KafkaControllerSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    epoch: BrokerEpoch,
) {
    if at.controller.active.is_none() {
        return cx.reply(
            Node::Broker(from),
            Msg::ControlledShutdownAnswer(Err(Code::NotController)),
        );
    }
    at.event(cx, Event::Shutdown(from, epoch));
}

/// An operator's order reaches every broker; the controller carries it out.
pub fn on_command(mut at: KafkaControllerSide<'_>, cx: &mut Context<'_>, command: &Command) {
    if at.controller.active.is_some() {
        let result = at.judge(cx, command);
        cx.announce(Fact::Ordered(result));
        if result.is_ok() {
            at.event(cx, Event::Order(command.clone()));
        }
    }
}

/// The periodic preferred election.
pub fn on_balance(mut at: KafkaControllerSide<'_>, cx: &mut Context<'_>) {
    at.controller.timers.cancel(Timer::Balance);
    at.event(cx, Event::Balance);
}

/// The connection to ZooKeeper was gone: what waited for an answer is asked again, and what watches may have told is read.
pub fn on_reconnected(mut at: KafkaControllerSide<'_>, cx: &mut Context<'_>) {
    match &mut at.controller.active {
        None => at.request(cx, Request::Elect),
        Some(active) => {
            active.events.extend([Event::BrokerChange, Event::IsrChange]);
            at.ask_again(cx);
            at.go_on(cx);
        }
    }
}

fn reject(cx: &mut Context<'_>, from: BrokerId, alter: &AlterPartition, code: Code) {
    let altered = Altered {
        partition: alter.partition,
        leader_epoch: alter.leader_epoch,
        result: Err(code),
    };
    cx.send(Node::Broker(from), Msg::Altered(alloc::boxed::Box::new(altered)));
}

impl KafkaControllerSide<'_> {
    /// Asks ZooKeeper, in the session of the broker's registration.
    fn request(&self, cx: &mut Context<'_>, request: Request) {
        let request = alloc::boxed::Box::new(request);
        cx.send(Node::ZooKeeper, Msg::Zk(self.allegiance.epoch, request));
    }

    /// The event waits for its turn.
    fn event(&mut self, cx: &mut Context<'_>, event: Event) {
        if let Some(active) = &mut self.controller.active {
            active.events.push(event);
            self.go_on(cx);
        }
    }

    /// The next events, until one has to wait for ZooKeeper.
    fn go_on(&mut self, cx: &mut Context<'_>) {
        while let Some(active) = &mut self.controller.active
            && active.doing.is_none()
        {
            if active.session == Session::Replaced {
                self.resign(cx);
                return self.request(cx, Request::Elect);
            }
            if active.events.is_empty() {
                return self.watch_balance(cx);
            }
            let event = active.events.remove(0);
            self.handle(cx, event);
        }
    }

    fn handle(&mut self, cx: &mut Context<'_>, event: Event) {
        match event {
            Event::BrokerChange => self.wait_for(cx, Doing::ReadingBrokers),
            Event::IsrChange => self.wait_for(cx, Doing::ReadingIsrChanges),
            Event::Recheck => self.recheck(cx),
            Event::Alter(from, alter) => self.alter(cx, from, &alter),
            Event::Shutdown(id, epoch) => self.shut_down(cx, id, epoch),
            Event::Order(command) => self.order(cx, &command),
            Event::Balance => self.balance(cx),
            Event::Move(partition, resume) => self.go_on_moving(cx, partition, resume),
            Event::Delete(topic) => self.delete_topic(cx, topic),
        }
    }

    fn wait_for(&mut self, cx: &mut Context<'_>, doing: Doing) {
        if let Some(active) = &mut self.controller.active {
            active.doing = Some(doing);
        }
        self.ask_again(cx);
    }

    /// Sends what the controller waits for: the first time, or in a new session.
    fn ask_again(&mut self, cx: &mut Context<'_>) {
        let fenced = cx.config().rules(self.me).zk_write_fencing() == ZkWriteFencing::ControllerEpoch;
        let Some(active) = &self.controller.active else { return };
        let request = match &active.doing {
            None => return,
            Some(Doing::ReadingBrokers) => Request::ReadBrokers,
            Some(Doing::ReadingIsrChanges) => Request::ReadIsrChanges,
            Some(Doing::Writing(plan)) => Request::Multi {
                author: active.epoch,
                check: fenced.then_some(active.epoch),
                writes: plan.writes(),
            },
        };
        self.request(cx, request);
    }

    /// The session has ended. A controller resigns before it does anything else, where its writes are fenced; before that
    /// fix, what it had begun went on in the new session (KAFKA-6082).
    fn session_ended(&mut self, cx: &mut Context<'_>) {
        let fencing = cx.config().rules(self.me).zk_write_fencing();
        match (&mut self.controller.active, fencing) {
            (Some(active), ZkWriteFencing::None) if active.doing.is_some() => active.session = Session::Replaced,
            (Some(_), _) => self.resign(cx),
            (None, _) => {}
        }
    }

    /// Kafka: `KafkaController.onControllerResignation`.
    fn resign(&mut self, cx: &mut Context<'_>) {
        if let Some(active) = self.controller.active.take() {
            let known: Vec<BrokerId> = active.cluster.brokers().iter().map(|(id, _)| *id).collect();
            for id in known {
                cx.send(Node::Broker(id), Msg::CloseChannel);
            }
        }
        self.controller.timers.cancel(Timer::Balance);
    }
}
