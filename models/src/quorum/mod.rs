//! What the two models of a quorum share: names of members and slots, faults, links, what the environment does to a process.
//! It knows no protocol.

mod budget;
mod offers;

use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Action, Model, Offer, SmallVec};

pub use budget::{Fault, Faults, Kind};
pub use offers::{of_links, of_process, of_queue, on_queue};

/// A member of the quorum, or one that learns from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct NodeId(pub u8);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

/// Counts elections: at most one leader has each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Epoch(pub u8);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Epoch {
    /// The epoch of the next election.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A set of members, at most eight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct NodeSet(u8);

impl NodeSet {
    /// Nobody.
    pub const EMPTY: Self = Self(0);

    const fn bit(id: NodeId) -> u8 {
        1 << (id.0 - 1)
    }

    /// With this member.
    #[must_use]
    pub fn with(self, id: NodeId) -> Self {
        Self(self.0 | Self::bit(id))
    }

    /// Without this member.
    #[must_use]
    pub fn without(self, id: NodeId) -> Self {
        Self(self.0 & !Self::bit(id))
    }

    /// Whether this member is one of them.
    pub fn contains(self, id: NodeId) -> bool {
        self.0 & Self::bit(id) != 0
    }

    /// How many they are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is nobody.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All of them in ascending order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        (1..=8).map(NodeId).filter(move |id| self.contains(*id))
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(ids: I) -> Self {
        ids.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, id) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}", id.0)?;
        }
        Ok(())
    }
}

/// Which of the connections between two members: each is FIFO, among each other they are not ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Lane {
    /// Requests, on the connection that the sender opened.
    Ask,
    /// Answers, on the connection that the receiver opened.
    Answer,
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ask => "ask",
            Self::Answer => "answer",
        })
    }
}

/// Names of slots, in canonical order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Slot {
    /// What may still go wrong, and what may still be written.
    Faults,
    /// Links that are cut.
    Links,
    /// A member's process and its small files.
    Member(NodeId),
    /// Its log.
    Log(NodeId),
    /// The state machine on top of it.
    Controller(NodeId),
    /// One direction of a connection.
    Queue(NodeId, NodeId, Lane),
    /// What was promised.
    Ledger,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faults => f.write_str("faults"),
            Self::Links => f.write_str("links"),
            Self::Member(id) => write!(f, "{id}"),
            Self::Log(id) => write!(f, "log of {id}"),
            Self::Controller(id) => write!(f, "controller of {id}"),
            Self::Queue(from, to, lane) => write!(f, "{from} -> {to} {lane}"),
            Self::Ledger => f.write_str("ledger"),
        }
    }
}

impl Slot {
    /// A number for each slot: kind, then who, then which.
    pub const fn key(self) -> u64 {
        const fn at(kind: u64, who: u64) -> u64 {
            kind << 32 | who
        }
        match self {
            Self::Faults => at(0, 0),
            Self::Links => at(1, 0),
            Self::Member(id) => at(2, id.0 as u64),
            Self::Log(id) => at(3, id.0 as u64),
            Self::Controller(id) => at(4, id.0 as u64),
            Self::Queue(from, to, lane) => at(5, (from.0 as u64) << 16 | (to.0 as u64) << 8 | lane as u64),
            Self::Ledger => at(6, 0),
        }
    }
}

/// What the environment does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Event {
    /// A process starts.
    Start(NodeId),
    /// It ends at once; what it wrote stays in the page cache.
    Kill(NodeId),
    /// Its host loses power; each file keeps what was flushed, and perhaps more.
    Power(NodeId),
    /// The disk of a process that is down is replaced by an empty one.
    Wipe(NodeId),
    /// Something in the state machine fails; the process goes on.
    Fail(NodeId),
    /// The log is replaced by a snapshot as far as it is committed.
    Snapshot(NodeId),
    /// Nothing passes between these two.
    Cut(NodeId, NodeId),
    /// Nothing passes from the first to the second.
    CutOneWay(NodeId, NodeId),
    /// It passes again, both ways.
    Heal(NodeId, NodeId),
    /// The connection that the first opened to the second breaks.
    Reset(NodeId, NodeId),
    /// The next request from the first to the second outlives its connection.
    Late(NodeId, NodeId),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(id) => write!(f, "start {id}"),
            Self::Kill(id) => write!(f, "kill {id}"),
            Self::Power(id) => write!(f, "power off {id}"),
            Self::Wipe(id) => write!(f, "wipe {id}"),
            Self::Fail(id) => write!(f, "failure in the controller of {id}"),
            Self::Snapshot(id) => write!(f, "snapshot at {id}"),
            Self::Cut(a, b) => write!(f, "cut {a} - {b}"),
            Self::CutOneWay(from, to) => write!(f, "cut {from} -> {to}"),
            Self::Heal(a, b) => write!(f, "heal {a} - {b}"),
            Self::Reset(from, to) => write!(f, "reset {from} -> {to}"),
            Self::Late(from, to) => write!(f, "late {from} -> {to}"),
        }
    }
}

/// How a process ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum End {
    /// Killed: the page cache stays.
    Kill,
    /// Without power: of each file stays what was flushed, and perhaps more.
    Power,
}

/// Steps that an event asks of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Local {
    /// The process starts.
    Start,
    /// The process ends.
    End(End),
    /// The state machine on top of it ends with it.
    EndController,
    /// The disk is replaced.
    Wipe,
    /// A snapshot takes the place of the log's beginning.
    Snapshot,
    /// Something in the state machine fails.
    Fail,
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::End(End::Kill) => "end",
            Self::End(End::Power) => "end without power",
            Self::EndController => "end of the controller",
            Self::Wipe => "wipe",
            Self::Snapshot => "snapshot",
            Self::Fail => "fail",
        })
    }
}

/// Small changes of slots that only these models know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Mark {
    /// A direction is cut.
    Close(NodeId, NodeId),
    /// It passes again.
    Open(NodeId, NodeId),
    /// The connection that this member had opened is gone: nobody waits there for an answer.
    Gone(NodeId),
    /// The process of this member has ended: all connections with it are gone.
    Dead(NodeId),
    /// The receiver of a queue is in this epoch: what it would take no notice of goes.
    Outdated(Epoch, Waiting),
}

/// For which answers the receiver of a queue waits, beside those that tell of another epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Waiting {
    /// For votes.
    Votes,
    /// For votes that do not bind.
    PreVotes,
    /// For neither.
    Nothing,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Close(from, to) => write!(f, "close {from} -> {to}"),
            Self::Open(from, to) => write!(f, "open {from} -> {to}"),
            Self::Gone(id) => write!(f, "connection of {id} gone"),
            Self::Dead(id) => write!(f, "{id} is dead"),
            Self::Outdated(epoch, _) => write!(f, "the receiver is in epoch {epoch}"),
        }
    }
}

/// Directions in which nothing passes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Links {
    cut: SmallVec<[(NodeId, NodeId); 2]>,
}

impl Links {
    /// Whether nothing passes in this direction.
    pub fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.cut.contains(&(from, to))
    }

    /// Cuts or opens a direction.
    pub fn mark(&mut self, mark: Mark) {
        match mark {
            Mark::Close(from, to) => {
                if let Err(at) = self.cut.binary_search(&(from, to)) {
                    self.cut.insert(at, (from, to));
                }
            }
            Mark::Open(from, to) => self.cut.retain(|link| *link != (from, to)),
            Mark::Gone(_) | Mark::Dead(_) | Mark::Outdated(..) => panic!("links are not told: {mark}"),
        }
    }
}

/// A model of a quorum: the names are those of this module.
pub trait Quorum: Model<Node = NodeId, Slot = Slot, Event = Event, Fault = Fault, Local = Local, Mark = Mark> {
    /// All nodes, voters first.
    fn nodes(config: &Self::Config) -> NodeSet;
    /// Whether links that were cut can be healed.
    fn healing(config: &Self::Config) -> Healing;
    /// Whether there is a state machine on each node, in a slot of its own.
    fn controllers(config: &Self::Config) -> Layer;
}

/// Whether a part of the model is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// It is not, and has no slot.
    Absent,
    /// It is.
    Attached,
}

/// What becomes of a cut link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Healing {
    /// It may be healed at any time.
    Possible,
    /// It stays cut for ever.
    Never,
}

/// All queues: two lanes in each direction between any two nodes.
pub fn lanes(nodes: NodeSet) -> impl Iterator<Item = (NodeId, NodeId, Lane)> {
    let pairs = nodes
        .iter()
        .flat_map(move |from| nodes.without(from).iter().map(move |to| (from, to)));
    pairs.flat_map(|(from, to)| [Lane::Ask, Lane::Answer].map(|lane| (from, to, lane)))
}

/// The slot that decides whether an action is possible.
pub fn offered_by<M: Quorum>(action: &Action<M>) -> Slot {
    match action {
        Action::Deliver(queue) | Action::DeliverOverdue(queue) => *queue,
        Action::Fire(id, _) | Action::Command(id, _) => Slot::Member(*id),
        Action::Environment(event) => match event {
            Event::Start(id) | Event::Kill(id) | Event::Power(id) | Event::Wipe(id) => Slot::Member(*id),
            Event::Fail(id) => Slot::Controller(*id),
            Event::Snapshot(id) => Slot::Log(*id),
            Event::Cut(..) | Event::CutOneWay(..) | Event::Heal(..) => Slot::Links,
            Event::Reset(from, to) | Event::Late(from, to) => Slot::Queue(*from, *to, Lane::Ask),
        },
    }
}

/// An offer of the environment.
fn environment<M: Quorum>(event: Event) -> Offer<M> {
    Offer::new(Action::Environment(event))
}
