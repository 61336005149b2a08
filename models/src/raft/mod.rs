//! The KRaft metadata quorum as a model of its own: voters and observers, elections, the replicated log, and the controller
//! on top. Kafka: KIP-595, KIP-630, KIP-853, KIP-996; `KafkaRaftClient`, `QuorumState`, `QuorumController`.
//!
//! | module | owns |
//! |---|---|
//! | [`rules`] | switches |
//! | [`message`] | what members say |
//! | [`log`], [`member`] | what a member has on disk and in memory |
//! | `election`, `replication`, `reconfig`, `process` | handlers |
//! | [`controller`] | the state machine on top |
//! | [`ledger`] | facts and what is kept of them |
//! | [`settle`] | the quorum from which a run begins |
//!
//! No clock drives it: which timers may run out follows from what a member is, and a budget counts how often they do.

pub mod controller;
pub(crate) mod election;
pub mod ledger;
pub mod log;
pub mod member;
pub mod message;
pub(crate) mod process;
mod reconfig;
pub(crate) mod replication;
pub mod rules;
pub mod settle;
mod step;

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Action, Budget, Input, Model, Never, Offer, Offers, Op, Queue, Span, footprint};

pub use controller::Controller;
pub use ledger::{Fact, Ledger};
pub use log::Log;
pub use member::Member;
pub use rules::Rules;

use crate::ids::Directory;
use crate::quorum::{
    Event, Fault, Faults, Healing, Kind, Lane, Layer, Links, Local, Mark, NodeId, NodeSet, Quorum, Slot, lanes,
    of_links, of_process, of_queue, offered_by, on_queue,
};
use member::{Contact, Following, Role};
use message::{Msg, VoterKey};

/// The quorum as a model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Raft;

/// What a handler of this model can do.
pub type Context<'s> = sim_core::Context<'s, Raft>;
/// Names the slots of a step or runs it.
pub type Stage<'s> = sim_core::Stage<'s, Raft>;
/// A quorum.
pub type World<'m> = sim_core::World<'m, Raft>;

/// What never changes.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many voters there are first; their ids are 1, 2, 3, ...
    pub voters: u8,
    /// How many learn without a vote; their ids come next.
    pub observers: u8,
    /// The rules of all.
    pub rules: Rules,
    /// What may go wrong, and how many entries are written.
    pub faults: Faults,
    /// Most entries in an answer to a fetch.
    pub fetch_max: usize,
    /// Whether a leader answers a fetch that waits only to tell that more is committed (KIP-1166). Without it a follower
    /// hears of that with the next entries, and takes part in the same elections.
    pub commit_news: Layer,
    /// Whether the ledger knows who follows whom, to judge whether a leader was disturbed.
    pub followers: Layer,
    /// Whether there is a controller on each node.
    pub controllers: Layer,
    /// Whether cut links can be healed.
    pub healing: Healing,
}

impl Config {
    /// A quorum under these rules: no observers, no controllers, whole answers, links that heal.
    pub fn new(voters: u8, rules: Rules, faults: Faults) -> Self {
        Self {
            voters,
            observers: 0,
            rules,
            faults,
            fetch_max: usize::MAX,
            commit_news: Layer::Absent,
            followers: Layer::Absent,
            controllers: Layer::Absent,
            healing: Healing::Possible,
        }
    }

    /// Whether a leader that a majority follows must stay: as long as one member alone may have waited too long. A second
    /// timeout may be that of a follower that the majority needs; a resignation and a change of the voters are orders.
    pub fn leader_must_stay(&self) -> bool {
        let others = [Kind::Expiry, Kind::Fail, Kind::Reconfigure, Kind::Kill, Kind::Power];
        self.followers == Layer::Attached
            && self.faults.left(Kind::Election) == Budget::Left(1)
            && others.iter().all(|kind| self.faults.left(*kind) == Budget::Left(0))
    }

    /// All nodes, voters first.
    pub fn nodes(&self) -> NodeSet {
        (1..=self.voters + self.observers).map(NodeId).collect()
    }

    /// The first set of voters.
    pub fn first_voters(&self) -> impl Iterator<Item = VoterKey> {
        (1..=self.voters).map(|id| VoterKey {
            id: NodeId(id),
            directory: Directory(0),
        })
    }
}

/// What a client or an operator orders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Write this piece of metadata.
    Write(u8),
    /// Make this observer a voter.
    AddVoter(NodeId),
    /// Make this voter an observer.
    RemoveVoter(NodeId),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(number) => write!(f, "write m{number}"),
            Self::AddVoter(id) => write!(f, "add voter {}", id.0),
            Self::RemoveVoter(id) => write!(f, "remove voter {}", id.0),
        }
    }
}

/// Names of timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Timer {
    /// It has waited long enough for a leader, or to hear from one.
    Election,
    /// A leader has not heard from a majority for too long.
    CheckQuorum,
    /// The page cache goes to the disk.
    Flush,
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Election => "election timeout",
            Self::CheckQuorum => "check-quorum timeout",
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
    Controller(Controller),
    Queue(Queue<Msg>),
    Ledger(Ledger),
}

footprint! { Raft, Slot, Value;
    /// A member and its log.
    pub struct Side(me: NodeId) { member: write Member(me), log: write Log(me) }
    /// The controller on top.
    pub struct ControllerSide(me: NodeId) { controller: write Controller(me) }
    /// A controller that writes.
    pub struct WriteSide(me: NodeId) { controller: write Controller(me), member: write Member(me), log: write Log(me) }
}

impl Quorum for Raft {
    fn nodes(config: &Config) -> NodeSet {
        config.nodes()
    }

    fn healing(config: &Config) -> Healing {
        config.healing
    }

    fn controllers(config: &Config) -> Layer {
        config.controllers
    }
}

impl Model for Raft {
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
            if config.controllers == Layer::Attached {
                slots.push((Slot::Controller(id), Value::Controller(Controller::default())));
                slots.push((Slot::Queue(id, id, Lane::Ask), Value::Queue(Queue::default())));
            }
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
            (Slot::Log(id), Value::Log(log)) => of_log(id, log, out),
            (Slot::Controller(id), Value::Controller(controller)) => of_controller(config, id, controller, out),
            (Slot::Queue(from, to, lane), Value::Queue(queue)) => of_queue((from, to, lane), queue, out),
            (Slot::Faults, Value::Faults(_)) | (Slot::Ledger, Value::Ledger(_)) => {}
            (slot, value) => panic!("{slot} holds a content of another kind: {value:?}"),
        }
    }

    fn offered_by(config: &Config, action: &Action<Self>) -> Slot {
        match action {
            Action::Fire(id, Timer::Flush) => Slot::Log(*id),
            Action::Command(id, Command::Write(_)) if config.controllers == Layer::Attached => Slot::Controller(*id),
            action => offered_by(action),
        }
    }

    fn scripted(_config: &Config, _action: &Action<Self>) -> Option<Offer<Self>> {
        None
    }

    fn step(config: &Config, node: NodeId, input: &Input<Self>, stage: &mut Stage<'_>) {
        step::step(config, node, input, stage);
    }

    fn operate(value: &mut Value, op: &Op<Self>) {
        match (value, op) {
            (Value::Queue(queue), Op::Mark(Mark::Outdated(epoch, waiting))) => {
                queue.forget(|msg| msg.matters(*epoch, *waiting));
            }
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
        panic!("no clock drives this model: its timers follow from what a member is")
    }

    fn suspended(value: &Value) -> bool {
        matches!(value, Value::Queue(queue) if queue.is_held())
    }
}

fn of_member(config: &Config, id: NodeId, member: &Member, out: &mut Offers<'_, Raft>) {
    let fired = |timer| Offer::new(Action::Fire(id, timer)).step(id, Input::Fired(timer));
    let ordered = |command| Offer::new(Action::Command(id, command)).step(id, Input::Commanded(command));
    match &member.role {
        Role::Down => {}
        Role::Leader(_) => {
            if config.rules.check_quorum.is_on() {
                out.push(fired(Timer::CheckQuorum).spending(Fault::Of(Kind::Expiry)));
            }
            if config.controllers == Layer::Absent {
                for number in 1..=config.faults.all_entries() {
                    out.push(ordered(Command::Write(number)).spending(Fault::Write(number)));
                }
            }
            for other in config.nodes().iter() {
                // Who was a voter first is not added again: an operator who does so does nothing that is not here.
                let command = if other.0 <= config.voters {
                    Command::RemoveVoter(other)
                } else {
                    Command::AddVoter(other)
                };
                out.push(ordered(command).spending(Fault::Of(Kind::Reconfigure)));
            }
        }
        // The leader itself said that it ends: that is no timeout.
        Role::Follower(Following {
            contact: Contact::Ended,
            ..
        }) => out.push(fired(Timer::Election)),
        Role::Unattached | Role::Prospective { .. } | Role::Candidate { .. } | Role::Follower(_) | Role::Resigned => {
            out.push(fired(Timer::Election).spending(Fault::Of(Kind::Election)));
        }
    }
    of_process(config, id, member.is_up(), out);
}

fn of_log(id: NodeId, log: &Log, out: &mut Offers<'_, Raft>) {
    if log.at_risk() > 0 {
        out.push(Offer::new(Action::Fire(id, Timer::Flush)).step(id, Input::Fired(Timer::Flush)));
    }
    if log.high_watermark() > log.start() {
        let snapshot = Offer::new(Action::Environment(Event::Snapshot(id))).step(id, Input::Local(Local::Snapshot));
        out.push(snapshot.spending(Fault::Of(Kind::Snapshot)));
    }
}

fn of_controller(config: &Config, id: NodeId, controller: &Controller, out: &mut Offers<'_, Raft>) {
    if controller.active.is_none() {
        return;
    }
    for number in 1..=config.faults.all_entries() {
        let command = Command::Write(number);
        let offer = Offer::new(Action::Command(id, command)).step(id, Input::Commanded(command));
        out.push(offer.spending(Fault::Write(number)));
    }
    let fail = Offer::new(Action::Environment(Event::Fail(id))).step(id, Input::Local(Local::Fail));
    out.push(fail.spending(Fault::Of(Kind::Fail)));
}
