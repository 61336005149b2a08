//! What a model says about itself: its slots, its messages, its handlers. Knows no driver and no clock.

use alloc::vec::Vec;
use core::fmt::{self, Debug, Display};
use core::hash::Hash;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::footprint::Stage;
use crate::offer::{Action, Offer, Op};
use crate::offers::Offers;
use crate::time::Span;

/// What every piece of state can do: be compared, ordered, hashed, shown, and written as canonical bytes.
pub trait State: Clone + Eq + Ord + Hash + Debug + Serialize {}
impl<T: Clone + Eq + Ord + Hash + Debug + Serialize> State for T {}

/// A small name: of a node, a slot, a timer. It is copied, printed, and stands in traces.
pub trait Name: Copy + State + Display + DeserializeOwned {}
impl<T: Copy + State + Display + DeserializeOwned> Name for T {}

/// What a model has none of: no value of it exists. For models without commands, named moments, and the like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Never {}

impl Display for Never {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// A protocol: closed sets of names and values, and pure functions over them.
///
/// A world is an array of slots that the configuration fixes. Handlers change the slots of one node and emit effects;
/// everything else that changes a slot is a small pure operation ([`Op`]). See `docs/architecture.md` for the contract.
pub trait Model: Copy + Clone + Eq + Ord + Hash + Debug + Serialize + DeserializeOwned + 'static {
    /// Shared and immutable; never hashed.
    type Config;
    /// Who acts: a broker, a controller, a client.
    type Node: Name;
    /// Names of slots. Their order is the canonical order of the world.
    type Slot: Name;
    /// Contents of slots, a variant per kind. The default value stands in a slot while its value is lent to a handler.
    type Value: State + Default;
    /// What travels.
    type Msg: State + Display;
    /// What is announced to the ledger.
    type Fact: State + Display;
    /// What a client or an operator orders.
    type Command: State + Display + DeserializeOwned;
    /// What the environment does: stops, starts, cuts.
    type Event: Name;
    /// Names of timers.
    type Timer: Name;
    /// Names of moments from which a timer may run; drivers keep their values.
    type Moment: Name;
    /// Kinds of fault that a budget counts.
    type Fault: Name;
    /// An input that a node gives itself: one more step of the same action.
    type Local: Copy + State + Display;
    /// A small change of a slot that is none of the operations every model has.
    type Mark: Copy + State + Display;

    /// All slots with their first values, in ascending order of their names.
    fn layout(config: &Self::Config) -> Vec<(Self::Slot, Self::Value)>;
    /// A number for each slot, different for different slots: the world finds slots by it.
    fn key(slot: Self::Slot) -> u64;
    /// All actions that this slot makes possible: one slot decides alone (the budget aside).
    fn offers(config: &Self::Config, slot: Self::Slot, value: &Self::Value, out: &mut Offers<'_, Self>);
    /// The slot that decides whether this action is possible.
    fn offered_by(config: &Self::Config, action: &Action<Self>) -> Self::Slot;
    /// An action that no slot offers by itself, but that a script may order (a command out of the blue).
    fn scripted(config: &Self::Config, action: &Action<Self>) -> Option<Offer<Self>>;
    /// Dispatch only: one `match`, each arm `stage.run::<Footprint>(key, handler)`.
    fn step(config: &Self::Config, node: Self::Node, input: &Input<Self>, stage: &mut Stage<'_, Self>);
    /// Small, pure, never sees another slot.
    fn operate(value: &mut Self::Value, op: &Op<Self>);
    /// The slot of the remaining faults.
    fn faults() -> Self::Slot;
    /// Whether the budget still has one of these.
    fn allows(faults: &Self::Value, fault: Self::Fault) -> bool;
    /// The slot of what was promised.
    fn ledger() -> Self::Slot;
    /// The lane on which a message travels.
    fn queue(from: Self::Node, to: Self::Node, msg: &Self::Msg) -> Self::Slot;
    /// How long after its start this timer fires, where there is a clock.
    fn span(config: &Self::Config, node: Self::Node, timer: Self::Timer) -> Span;
    /// True while the slot holds something that it may not offer: a cut queue, timers of a process that stands still.
    fn suspended(value: &Self::Value) -> bool;
}

/// What happened at a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(bound = "")]
pub enum Input<M: Model> {
    /// A message arrived. An overdue one outlived its connection: answers to it go nowhere.
    Received {
        /// The sender.
        from: M::Node,
        /// The content.
        msg: M::Msg,
        /// Whether its connection still exists.
        arrival: Arrival,
    },
    /// The connection to which this lane belongs is gone.
    Disconnected(M::Slot),
    /// A timer ran out.
    Fired(M::Timer),
    /// A client or an operator ordered something.
    Commanded(M::Command),
    /// The environment or an earlier step of the same action asks for this.
    Local(M::Local),
}

/// Whether a message came in order on its connection, or after the connection had gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Arrival {
    /// In its turn.
    InOrder,
    /// After its connection was reset: read from the socket in time, handled late.
    Overdue,
}
