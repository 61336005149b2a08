//! A broker with ZooKeeper: its session, controlled shutdown, what a controller tells it to tell clients. Kafka:
//! `KafkaServer`, `ZkMetadataCache`.

use alloc::boxed::Box;

use sim_core::Since;

use super::{Life, LifeSide, Stage};
use crate::Context;
use crate::actions::Timer;
use crate::cluster::{BrokerState, Record, Registration};
use crate::config::Pace;
use crate::features::Rules;
use crate::ids::{BrokerEpoch, BrokerId, Directory, Node};
use crate::kafka_controller::{Allegiance, Occasion, Sender, UpdateMetadata};
use crate::message::{Code, Msg};
use crate::slots::{Image, Slot, Value};
use crate::zookeeper::{Answer, Request};

/// How often a broker asks to be let go (`controlled.shutdown.max.retries`).
const ATTEMPTS: u8 = 3;

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// A broker's process, its metadata, and whose orders it takes.
    pub struct ZkBrokerSide(me: BrokerId) {
        life: write Life(me),
        image: write Image(me),
        allegiance: write Allegiance(me),
    }
}

impl Allegiance {
    /// Whether an order of this sender is carried out. Kafka: `KafkaApis.isBrokerEpochStale`,
    /// `ReplicaManager.controllerEpoch`.
    pub fn accepts(&mut self, rules: Rules<'_>, sender: &Sender) -> bool {
        let stale_life = sender.broker_epoch.is_some_and(|epoch| epoch < self.epoch);
        let stale_controller = sender.epoch < self.controller_epoch && rules.control_controller_epoch().is_on();
        if (stale_life && rules.control_broker_epoch().is_on()) || stale_controller {
            return false;
        }
        self.controller_epoch = self.controller_epoch.max(sender.epoch);
        true
    }
}

/// ZooKeeper answers about the session, or tells of settings.
pub fn on_zk_answer(at: ZkBrokerSide<'_>, cx: &mut Context<'_>, answer: &Answer) {
    match answer {
        Answer::Connected(epoch) if *epoch == at.life.epoch && at.life.is_up() => at.registered(cx, *epoch),
        Answer::NodeExists if matches!(at.life.stage, Stage::Registering(_)) => {
            // Kafka: KafkaServer.startup fails, and the process ends.
            cx.arm(&mut at.life.timers, Timer::Halt, Since::Now);
        }
        Answer::Expired(epoch) if *epoch == at.life.epoch && at.life.is_up() => {
            at.life.epoch = at.life.epoch.next();
            if at.life.stage == Stage::Serving {
                at.life.stage = Stage::Loaded;
            }
            connect(at.life, cx);
        }
        Answer::Config(topic, settings) if at.life.is_up() => at.image.0.apply(&Record::Topic(*topic, *settings)),
        Answer::Connected(_) | Answer::NodeExists | Answer::Expired(_) | Answer::Config(..) => {}
        Answer::Elected(..) | Answer::NotElected | Answer::Fired(_) | Answer::Brokers(_) => {}
        Answer::IsrChanges(_) | Answer::Done(_) | Answer::ControllerMoved => {}
    }
}

/// A controller says who is alive, and who leads. Kafka: `ZkMetadataCache.updateMetadata`.
pub fn on_update_metadata(at: ZkBrokerSide<'_>, cx: &mut Context<'_>, request: &UpdateMetadata) {
    if !at.life.is_up() || !at.allegiance.accepts(cx.config().rules(at.me), &request.sender) {
        return;
    }
    let cluster = &mut at.image.0;
    for id in cx.config().broker_ids().filter(|id| !request.brokers.contains(id)) {
        cluster.unregister(id);
    }
    for id in &request.brokers {
        let state = if *id == request.sender.controller {
            BrokerState::Controlling
        } else {
            BrokerState::Unfenced
        };
        // Nobody tells a broker the lives of the others.
        let epoch = if *id == at.me {
            at.allegiance.epoch
        } else {
            BrokerEpoch::default()
        };
        let directory = Directory::default();
        cluster.apply(&Record::Broker(
            *id,
            Registration {
                epoch,
                state,
                directory,
            },
        ));
    }
    for topic in &request.deleted {
        cluster.delete(cx.config(), *topic);
    }
    for (partition, state, settings) in &request.partitions {
        let topic = cx.config().placed(*partition).topic;
        if cluster.topic(topic).is_none() {
            cluster.apply(&Record::Topic(topic, *settings));
        }
        cluster.apply(&Record::Partition(*partition, state.clone()));
    }
    let begins = request.occasion == Occasion::Beginning && cx.config().pace == Pace::Free;
    if begins && matches!(at.life.stage, Stage::Leaving(_)) {
        at.ask_to_leave(cx);
    }
}

/// An operator asks it to stop. Kafka: `KafkaServer.controlledShutdown`.
pub fn on_zk_stop(at: ZkBrokerSide<'_>, cx: &mut Context<'_>) {
    match at.life.stage {
        Stage::Serving | Stage::Loaded => {
            at.life.stage = Stage::Leaving(ATTEMPTS);
            at.ask_to_leave(cx);
        }
        Stage::Down | Stage::Registering(_) | Stage::Stopping | Stage::Leaving(_) => {}
    }
}

/// It asks again to be let go.
pub fn on_leave_due(at: ZkBrokerSide<'_>, cx: &mut Context<'_>) {
    at.life.timers.cancel(Timer::Leave);
    at.ask_to_leave(cx);
}

/// The connection to the controller is gone while it waited to be let go.
pub fn on_controller_lost(at: ZkBrokerSide<'_>, cx: &mut Context<'_>) {
    at.ask_to_leave(cx);
}

/// The controller says what the broker still leads. Without a clock it is asked once.
pub fn on_let_go(at: LifeSide<'_>, cx: &mut Context<'_>, answer: Result<u8, Code>) {
    let Stage::Leaving(attempts) = at.life.stage else {
        return;
    };
    let again = attempts > 0 && cx.config().pace == Pace::Clock;
    match answer {
        Ok(0) => halt(at.life, cx),
        Ok(_) | Err(_) if again => cx.arm(&mut at.life.timers, Timer::Leave, Since::Now),
        Ok(_) => halt(at.life, cx),
        // A controller that is none: the next one is asked.
        Err(_) if cx.config().pace == Pace::Free => {}
        Err(_) => halt(at.life, cx),
    }
}

fn halt(life: &mut Life, cx: &mut Context<'_>) {
    life.timers.cancel(Timer::Leave);
    cx.arm(&mut life.timers, Timer::Halt, Since::Now);
}

/// The connection to ZooKeeper is gone: what waited for an answer is asked again.
pub fn on_zk_lost(at: LifeSide<'_>, cx: &mut Context<'_>) {
    match at.life.stage {
        Stage::Registering(_) | Stage::Loaded => connect(at.life, cx),
        Stage::Serving | Stage::Stopping | Stage::Leaving(_) => ping(at.life, cx),
        Stage::Down => {}
    }
}

/// A session and the broker's node.
pub(super) fn connect(life: &mut Life, cx: &mut Context<'_>) {
    cx.send(Node::ZooKeeper, Msg::Zk(life.epoch, Box::new(Request::Connect)));
}

/// The session lives on.
pub(super) fn ping(life: &mut Life, cx: &mut Context<'_>) {
    cx.send(Node::ZooKeeper, Msg::Zk(life.epoch, Box::new(Request::Ping)));
    if cx.config().pace == Pace::Clock {
        cx.arm(&mut life.timers, Timer::Heartbeat, Since::Now);
    }
}

/// The session ends with the process, its nodes at once.
pub(super) fn close(epoch: BrokerEpoch, cx: &mut Context<'_>) {
    cx.send(Node::ZooKeeper, Msg::Zk(epoch, Box::new(Request::Close)));
}

impl ZkBrokerSide<'_> {
    fn registered(self, cx: &mut Context<'_>, epoch: BrokerEpoch) {
        self.allegiance.epoch = epoch;
        self.life.timers.cancel(Timer::Retry);
        if matches!(self.life.stage, Stage::Registering(_) | Stage::Loaded) {
            self.life.stage = Stage::Serving;
        }
        let state = self
            .image
            .0
            .broker(self.me)
            .map_or(BrokerState::Unfenced, |known| known.state);
        let directory = Directory::default();
        let own = Registration {
            epoch,
            state,
            directory,
        };
        self.image.0.apply(&Record::Broker(self.me, own));
        if cx.config().pace == Pace::Clock {
            cx.arm(&mut self.life.timers, Timer::Heartbeat, Since::Now);
        }
    }

    /// Kafka: `ControlledShutdownRequest` to the controller that the broker knows.
    fn ask_to_leave(self, cx: &mut Context<'_>) {
        let Stage::Leaving(attempts) = &mut self.life.stage else {
            return;
        };
        let controller = self.image.0.controller();
        if let Some(controller) = controller {
            cx.send(Node::Broker(controller), Msg::ControlledShutdown(self.life.epoch));
        }
        match cx.config().pace {
            Pace::Free => {}
            Pace::Clock if *attempts == 0 => halt(self.life, cx),
            Pace::Clock => {
                *attempts -= 1;
                cx.arm(&mut self.life.timers, Timer::Leave, Since::Now);
            }
        }
    }
}
