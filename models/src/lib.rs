//! Kafka's replication as pure handlers: brokers and their logs, a KRaft controller, producers and consumers.
//!
//! [`Kafka`] implements [`sim_core::Model`]. A [`config::Config`] fixes brokers, partitions, clients, timeouts and the fault
//! budget; [`features::Features`] has one switch per rule that history changed. No handler knows which driver runs it.

#![no_std]
extern crate alloc;

pub mod actions;
pub mod broker;
pub mod client;
pub mod cluster;
pub mod config;
pub mod controller;
pub mod fact;
pub mod faults;
pub mod features;
pub mod ids;
pub mod kafka_controller;
pub mod kraft;
pub mod ledger;
pub mod log;
pub mod message;
mod offers;
pub mod quorum;
pub mod raft;
pub mod replication;
pub mod settle;
pub mod slots;
mod step;
pub mod zab;
pub mod zookeeper;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sim_core::{Action, Input, Latency, Model, Offer, Offers, Op, Queue, Span};

use actions::{Event, Local, Mark, Moment, Timer};
use config::{Config, ProducerTimes};
use fact::Fact;
use faults::Fault;
use ids::Node;
use message::{Command, Lane, Msg};
use slots::{Slot, Value};

/// The cluster as a model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Kafka;

/// What a handler of this model can do.
pub type Context<'s> = sim_core::Context<'s, Kafka>;
/// Names the slots of a step or runs it.
pub type Stage<'s> = sim_core::Stage<'s, Kafka>;
/// A cluster.
pub type World<'m> = sim_core::World<'m, Kafka>;

impl Model for Kafka {
    type Config = Config;
    type Node = Node;
    type Slot = Slot;
    type Value = Value;
    type Msg = Msg;
    type Fact = Fact;
    type Command = Command;
    type Event = Event;
    type Timer = Timer;
    type Moment = Moment;
    type Fault = Fault;
    type Local = Local;
    type Mark = Mark;

    fn layout(config: &Config) -> Vec<(Slot, Value)> {
        slots::layout(config)
    }

    fn key(slot: Slot) -> u64 {
        slot.key()
    }

    fn offers(config: &Config, slot: Slot, value: &Value, out: &mut Offers<'_, Self>) {
        offers::offers(config, slot, value, out);
    }

    fn offered_by(config: &Config, action: &Action<Self>) -> Slot {
        offers::offered_by(config, action)
    }

    fn scripted(config: &Config, action: &Action<Self>) -> Option<Offer<Self>> {
        offers::scripted(config, action)
    }

    fn step(config: &Config, node: Node, input: &Input<Self>, stage: &mut Stage<'_>) {
        step::step(config, node, input, stage);
    }

    fn operate(value: &mut Value, op: &Op<Self>) {
        match (value, op) {
            (Value::Queue(queue), op) => on_queue(queue, op),
            (Value::Faults(faults), Op::Spend(fault)) => faults.spend(*fault),
            (Value::Ledger(ledger), Op::Record(node, fact)) => ledger.record(*node, fact),
            (Value::Controller(controller), Op::Mark(Mark::Silence(id, why))) => controller.silent.begin(*id, *why),
            (Value::Controller(controller), Op::Mark(Mark::Unsilence(id, why))) => controller.silent.end(*id, *why),
            (Value::Life(life), Op::Mark(Mark::Freeze)) => life.timers.freeze(),
            (Value::Life(life), Op::Mark(Mark::Thaw)) => life.timers.thaw(),
            (Value::Replica(replica), Op::Mark(Mark::Freeze)) => replica.timers.freeze(),
            (Value::Replica(replica), Op::Mark(Mark::Thaw)) => replica.timers.thaw(),
            (Value::ZooKeeper(tree), Op::Mark(Mark::Silence(id, why))) => tree.hears_no_more(*id, *why),
            (Value::ZooKeeper(tree), Op::Mark(Mark::Unsilence(id, why))) => tree.silent.end(*id, *why),
            (Value::ZooKeeper(tree), Op::Mark(Mark::Freeze)) => tree.timers.freeze(),
            (Value::ZooKeeper(tree), Op::Mark(Mark::Thaw)) => tree.timers.thaw(),
            (Value::KafkaController(controller), Op::Mark(Mark::Freeze)) => controller.timers.freeze(),
            (Value::KafkaController(controller), Op::Mark(Mark::Thaw)) => controller.timers.thaw(),
            (Value::RaftManager(manager), Op::Mark(mark)) => manager.mark(*mark),
            (Value::QuorumController(controller), Op::Mark(mark)) => controller.mark(*mark),
            (Value::Links(links), Op::Mark(Mark::Close(from, to))) => links.close(*from, *to),
            (Value::Links(links), Op::Mark(Mark::Heal(from, to))) => links.open(*from, *to),
            (value, op) => panic!("no such operation on {value:?}: {op}"),
        }
    }

    fn faults() -> Slot {
        Slot::Faults
    }

    fn allows(faults: &Value, fault: Fault) -> bool {
        match faults {
            Value::Faults(faults) => faults.left(fault).allows(),
            other => panic!("the slot of the faults holds {other:?}"),
        }
    }

    fn ledger() -> Slot {
        Slot::Ledger
    }

    fn queue(from: Node, to: Node, msg: &Msg) -> Slot {
        Slot::Queue(from, to, lane(msg))
    }

    fn span(config: &Config, node: Node, timer: Timer) -> Span {
        let times = &config.times;
        let own = |node| match node {
            Node::Client(client) => times.of_producer(client),
            Node::Controller | Node::Broker(_) | Node::ZooKeeper | Node::Voter(_) => ProducerTimes {
                request: times.request,
                delivery: times.delivery,
            },
        };
        match timer {
            Timer::Session(_) => times.session,
            Timer::Balance => times.balance,
            Timer::Retry => times.boot,
            Timer::IsrNotice => times.isr_notice,
            Timer::Leave => times.shutdown_retry,
            Timer::Halt => HALT,
            Timer::Heartbeat => times.heartbeat,
            Timer::Lag(..) => times.lag,
            Timer::FetchWait(..) => times.fetch_wait,
            Timer::FetchBackoff(_) => times.fetch_backoff,
            Timer::Checkpoint(_) => times.checkpoint,
            Timer::ProduceWait(_, client) => times.of_producer(client).request,
            // The client hears of the broker's timeout before its own runs out.
            Timer::Request => own(node).request + Span::from_ms(200),
            Timer::ClientRetry => times.retry,
            Timer::Delivery => own(node).delivery,
            // Kafka: ReplicaManager.startup, `isr-expiration`.
            Timer::IsrCheck => Span::from_us(times.lag.as_us() / 2),
            Timer::Propose(_) | Timer::LookAgain(_) => Span::from_us(1),
            Timer::Election(_) | Timer::FetchTimeout | Timer::CheckQuorum | Timer::QuorumWait | Timer::Channel => {
                kraft::quorum::span(node, timer).expect("a timer of the quorum runs for some time")
            }
        }
    }

    fn suspended(value: &Value) -> bool {
        match value {
            Value::Queue(queue) => queue.is_held(),
            Value::Life(life) => life.timers.is_frozen(),
            Value::Replica(replica) => replica.timers.is_frozen(),
            Value::ZooKeeper(tree) => tree.timers.is_frozen(),
            Value::KafkaController(controller) => controller.timers.is_frozen(),
            Value::RaftManager(manager) => manager.timers.is_frozen(),
            Value::QuorumController(controller) => controller.controller.timers.is_frozen(),
            Value::Allegiance(_) | Value::Committed(_) => false,
            Value::Lent | Value::Faults(_) | Value::Links(_) | Value::Controller(_) | Value::Image(_) => false,
            Value::Log(_) | Value::Client(_) | Value::Ledger(_) => false,
        }
    }
}

/// From the moment at which nothing keeps a process any longer to its end.
const HALT: Span = Span::from_ms(10);

/// The metadata that is in force: the controller's, that in ZooKeeper, or what a quorum has committed.
pub fn authority<'w>(world: &'w World<'_>) -> &'w cluster::Cluster {
    let slot = authority_slot(world.config());
    authority_of(world.get(slot)).unwrap_or_else(|| panic!("{slot} holds a content of another kind"))
}

/// The slot that holds the metadata in force.
pub fn authority_slot(config: &Config) -> Slot {
    match config.control {
        config::Control::Kraft => Slot::Controller,
        config::Control::ZooKeeper { .. } => Slot::ZooKeeper,
        config::Control::Quorum => Slot::Committed,
    }
}

/// The metadata in force, if this is the slot that holds it.
pub fn authority_of(value: &Value) -> Option<&cluster::Cluster> {
    match value {
        Value::Controller(controller) => Some(&controller.cluster),
        Value::ZooKeeper(tree) => Some(&tree.cluster),
        Value::Committed(committed) => Some(&committed.cluster),
        _ => None,
    }
}

/// How long a message takes, where there is a clock.
pub fn latency(config: &Config, lane: Slot) -> Latency {
    match lane {
        // What a process tells itself does not travel.
        Slot::Queue(from, to, _) if config.has_quorum() && stays(config, from, to) => Latency::fixed(1),
        _ => config.times.latency,
    }
}

/// With a quorum: whether a message does not leave its process.
fn stays(config: &Config, from: Node, to: Node) -> bool {
    from == to || to == Node::Controller || config.roster().process(from).contains(&to)
}

fn lane(msg: &Msg) -> Lane {
    match msg {
        Msg::Register { .. } | Msg::DuplicateRegistration => Lane::Control,
        Msg::Heartbeat(..) | Msg::HeartbeatAnswer(..) => Lane::Control,
        Msg::Snapshot(_) | Msg::Metadata(_) => Lane::Metadata,
        Msg::AssignDirectory { partition, .. } => Lane::Alter(*partition),
        Msg::AlterPartition(alter) => Lane::Alter(alter.partition),
        Msg::Altered(altered) => Lane::Alter(altered.partition),
        Msg::Fetch(fetch) => Lane::Fetch(fetch.partition),
        Msg::Fetched(fetched) => Lane::Fetch(fetched.partition),
        Msg::Produce { .. } | Msg::Produced { .. } | Msg::Read { .. } | Msg::ReadAnswer { .. } => Lane::Client,
        Msg::Who(_) | Msg::Leader { .. } => Lane::Client,
        Msg::AskEpochEnd { partition, .. } | Msg::EpochEnded { partition, .. } => Lane::Fetch(*partition),
        Msg::Validate { .. } | Msg::Validated { .. } | Msg::AskEnd { .. } | Msg::End { .. } => Lane::Client,
        Msg::Zk(..) | Msg::ZkAnswer(_) => Lane::Session,
        Msg::LeaderAndIsr(_) | Msg::UpdateMetadata(_) | Msg::StopReplica(_) | Msg::CloseChannel => Lane::Channel,
        Msg::ControlledShutdown(_) | Msg::ControlledShutdownAnswer(_) => Lane::Control,
        Msg::Raft(msg) => match (&**msg, msg.lane()) {
            (raft::message::Msg::Notice(_), _) => Lane::Metadata,
            (_, quorum::Lane::Ask) => Lane::Ask,
            (_, quorum::Lane::Answer) => Lane::Answer,
        },
        Msg::Forwarded(msg) => lane(msg),
        Msg::NotController(about) => about.map_or(Lane::Control, Lane::Alter),
        Msg::NewController => Lane::Control,
    }
}

fn on_queue(queue: &mut Queue<Msg>, op: &Op<Kafka>) {
    match op {
        // Who asks a broker that is down is refused. Brokers do not ask: they wait for new metadata.
        Op::Push(msg) if lane(msg) == Lane::Client => queue.ask(msg.clone()),
        // A controller that is down refuses, and the broker is told.
        Op::Push(msg @ Msg::Forwarded(_)) => queue.ask(msg.clone()),
        Op::Mark(Mark::Outdated(epoch, waiting)) => {
            queue.forget(|msg| !matches!(msg, Msg::Raft(msg) if !msg.matters(*epoch, *waiting)));
        }
        // What the controller still had for a broker that it gives up.
        Op::Push(Msg::CloseChannel) => queue.drop_content(),
        Op::Push(msg) => queue.push(msg.clone()),
        Op::Pop => queue.pop(),
        Op::PopOverdue => queue.pop_overdue(),
        Op::Open => queue.open(),
        Op::Acknowledge => queue.acknowledge(),
        Op::Learn => queue.learn(),
        Op::Refuse => queue.refuse(),
        Op::Listen => queue.listen(),
        Op::Break => queue.break_off(),
        Op::Drop => queue.drop_content(),
        Op::Reset => queue.reset(),
        Op::Outlive => queue.outlive(),
        Op::Keep => queue.keep(),
        Op::Repeat => queue.repeat(),
        Op::Hold(cause) => queue.hold(*cause),
        Op::Release(cause) => queue.release(*cause),
        Op::Spend(_) | Op::Record(..) | Op::Mark(_) => panic!("no such operation on a queue: {op}"),
    }
}
