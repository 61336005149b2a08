//! The ZooKeeper ensemble as a model of its own: election, discovery, synchronisation, broadcast (Zab). ZooKeeper:
//! `FastLeaderElection`, `Leader`, `Learner`, `SyncRequestProcessor`.
//!
//! | module | owns |
//! |---|---|
//! | [`rules`] | switches |
//! | [`message`] | what servers say |
//! | [`member`] | what a server has on disk and in memory |
//! | `election`, `broadcast`, `process` | handlers |
//! | [`ledger`] | facts and what is kept of them |
//! | [`settle`] | the ensemble from which a run begins |
//!
//! No clock drives it: which timers may run out follows from what a server is, and a budget counts how often they do.

mod broadcast;
mod election;
pub mod ledger;
pub mod member;
pub mod message;
mod process;
pub mod rules;
pub mod settle;
mod step;

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Action, Input, Model, Never, Offer, Offers, Op, Queue, Span, footprint};

pub use ledger::{Fact, Ledger};
pub use member::{Log, Member};
pub use rules::Rules;

use crate::quorum::{
    Event, Fault, Faults, Healing, Kind, Layer, Links, Local, Mark, NodeId, NodeSet, Quorum, Slot, lanes, of_links,
    of_process, of_queue, offered_by, on_queue,
};
use member::{Role, Stage};
use message::Msg;

/// The ensemble as a model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Zab;

/// What a handler of this model can do.
pub type Context<'s> = sim_core::Context<'s, Zab>;
/// Names the slots of a step or runs it.
pub type Stages<'s> = sim_core::Stage<'s, Zab>;
/// An ensemble.
pub type World<'m> = sim_core::World<'m, Zab>;

/// What never changes.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many servers there are; their ids are 1, 2, 3, ...
    pub servers: u8,
    /// The rules of all.
    pub rules: Rules,
    /// What may go wrong, and how many transactions are written.
    pub faults: Faults,
}

impl Config {
    /// All servers.
    pub fn nodes(&self) -> NodeSet {
        (1..=self.servers).map(NodeId).collect()
    }
}

/// What a client orders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Write this.
    Write(u8),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(number) => write!(f, "write t{number}"),
        }
    }
}

/// Names of timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Timer {
    /// It has waited long enough for a leader, or for its followers: it proposes itself.
    Election,
    /// The page cache goes to the disk.
    Flush,
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Election => "looks for a leader",
            Self::Flush => "flush",
        })
    }
}

/// Contents of slots: a variant per kind, named as the slot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Value {
    /// Stands in a slot while its content is lent to a handler.
    #[default]
    Lent,
    Faults(Faults),
    Links(Links),
    Member(Member),
    Log(Log),
    Queue(Queue<Msg>),
    Ledger(Ledger),
}

footprint! { Zab, Slot, Value;
    /// A server and its log.
    pub struct Side(me: NodeId) { member: write Member(me), log: write Log(me) }
}

impl Quorum for Zab {
    fn nodes(config: &Config) -> NodeSet {
        config.nodes()
    }

    fn healing(_config: &Config) -> Healing {
        Healing::Possible
    }

    fn controllers(_config: &Config) -> Layer {
        Layer::Absent
    }
}

impl Model for Zab {
    type Config = Config;
    type Node = NodeId;
    type Slot = Slot;
    type Value = Value;
    type Msg = Msg;
    type Fact = Fact;
    type Command = Command;
    type Event = Event;
    type Timer = Timer;
    type Moment = Never;
    type Fault = Fault;
    type Local = Local;
    type Mark = Mark;

    fn layout(config: &Config) -> Vec<(Slot, Value)> {
        let mut slots = alloc::vec![
            (Slot::Faults, Value::Faults(config.faults.clone())),
            (Slot::Links, Value::Links(Links::default())),
            (Slot::Ledger, Value::Ledger(Ledger::default())),
        ];
        for id in config.nodes().iter() {
            slots.push((Slot::Member(id), Value::Member(Member::default())));
            slots.push((Slot::Log(id), Value::Log(Log::default())));
        }
        let between = lanes(config.nodes());
        slots.extend(between.map(|(from, to, lane)| (Slot::Queue(from, to, lane), Value::Queue(Queue::unattended()))));
        slots.sort_by_key(|(slot, _)| *slot);
        slots
    }

    fn key(slot: Slot) -> u64 {
        slot.key()
    }

    fn offers(config: &Config, slot: Slot, value: &Value, out: &mut Offers<'_, Self>) {
        match (slot, value) {
            (Slot::Links, Value::Links(links)) => of_links(config, links, out),
            (Slot::Member(id), Value::Member(member)) => of_member(config, id, member, out),
            (Slot::Log(id), Value::Log(log)) => {
                if log.at_risk() > 0 {
                    out.push(Offer::new(Action::Fire(id, Timer::Flush)).step(id, Input::Fired(Timer::Flush)));
                }
            }
            (Slot::Queue(from, to, lane), Value::Queue(queue)) => of_queue((from, to, lane), queue, out),
            (Slot::Faults, Value::Faults(_)) | (Slot::Ledger, Value::Ledger(_)) => {}
            (slot, value) => panic!("{slot} holds a content of another kind: {value:?}"),
        }
    }

    fn offered_by(_config: &Config, action: &Action<Self>) -> Slot {
        match action {
            Action::Fire(id, Timer::Flush) => Slot::Log(*id),
            action => offered_by(action),
        }
    }

    fn scripted(_config: &Config, _action: &Action<Self>) -> Option<Offer<Self>> {
        None
    }

    fn step(_config: &Config, node: NodeId, input: &Input<Self>, stage: &mut Stages<'_>) {
        step::step(node, input, stage);
    }

    fn operate(value: &mut Value, op: &Op<Self>) {
        match (value, op) {
            // A connection that was closed brings nothing more.
            (Value::Queue(queue), Op::Mark(Mark::Outdated(..))) => queue.forget(|_| false),
            (Value::Queue(queue), op) => on_queue(queue, op),
            (Value::Faults(faults), Op::Spend(fault)) => faults.spend(*fault),
            (Value::Ledger(ledger), Op::Record(node, fact)) => ledger.record(*node, fact),
            (Value::Links(links), Op::Mark(mark)) => links.mark(*mark),
            (Value::Member(member), Op::Mark(mark)) => member.mark(*mark),
            (value, op) => panic!("no such operation on {value:?}: {op}"),
        }
    }

    fn faults() -> Slot {
        Slot::Faults
    }

    fn allows(faults: &Value, fault: Fault) -> bool {
        match faults {
            Value::Faults(faults) => faults.allows(fault),
            other => panic!("the slot of the faults holds {other:?}"),
        }
    }

    fn ledger() -> Slot {
        Slot::Ledger
    }

    fn queue(from: NodeId, to: NodeId, msg: &Msg) -> Slot {
        Slot::Queue(from, to, msg.lane())
    }

    fn span(_config: &Config, _node: NodeId, _timer: Timer) -> Span {
        panic!("no clock drives this model: its timers follow from what a server is")
    }

    fn suspended(value: &Value) -> bool {
        matches!(value, Value::Queue(queue) if queue.is_held())
    }
}

fn of_member(config: &Config, id: NodeId, member: &Member, out: &mut Offers<'_, Zab>) {
    let proposes = Offer::new(Action::Fire(id, Timer::Election)).step(id, Input::Fired(Timer::Election));
    match &member.role {
        Role::Down => {}
        Role::Looking { .. } | Role::Following { .. } => {
            out.push(proposes.spending(Fault::Of(Kind::Election)));
        }
        Role::Leading(leading) => {
            out.push(proposes.spending(Fault::Of(Kind::Election)));
            if leading.stage == Stage::Established {
                for number in 1..=config.faults.all_entries() {
                    let command = Command::Write(number);
                    let offer = Offer::new(Action::Command(id, command)).step(id, Input::Commanded(command));
                    out.push(offer.spending(Fault::Write(number)));
                }
            }
        }
    }
    of_process(config, id, member.is_up(), out);
}
