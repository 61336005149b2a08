//! Actions, what they do, and the small operations that change a slot from outside. An action is what a trace records.

use core::fmt;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::model::{Input, Model};
use crate::queue::Hold;

/// One decision, by identity.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Action<M: Model> {
    /// The head of this queue arrives.
    Deliver(M::Slot),
    /// The message of this queue that outlived its connection arrives.
    DeliverOverdue(M::Slot),
    /// An armed timer runs out.
    Fire(M::Node, M::Timer),
    /// A client or an operator orders something.
    Command(M::Node, M::Command),
    /// The environment does something.
    Environment(M::Event),
}

impl<M: Model> fmt::Display for Action<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deliver(queue) => write!(f, "deliver {queue}"),
            Self::DeliverOverdue(queue) => write!(f, "deliver late {queue}"),
            Self::Fire(node, timer) => write!(f, "{node}: {timer}"),
            Self::Command(node, command) => write!(f, "{node}: {command}"),
            Self::Environment(event) => write!(f, "{event}"),
        }
    }
}

/// An action with all that it does, computed from the value of the offering slot alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer<M: Model> {
    /// Its identity.
    pub action: Action<M>,
    /// Enabled only while the budget has one; the world spends it.
    pub spends: Option<M::Fault>,
    /// Done before the steps, on slots outside their footprints.
    pub ops: SmallVec<[(M::Slot, Op<M>); 1]>,
    /// One after the other, atomic. Usually one; a stop has one for the broker and one per partition.
    pub steps: SmallVec<[(M::Node, Input<M>); 1]>,
}

impl<M: Model> Offer<M> {
    /// An action that does nothing yet.
    pub fn new(action: Action<M>) -> Self {
        Self {
            action,
            spends: None,
            ops: SmallVec::new(),
            steps: SmallVec::new(),
        }
    }

    /// Spends one fault of this kind.
    #[must_use]
    pub fn spending(mut self, fault: M::Fault) -> Self {
        self.spends = Some(fault);
        self
    }

    /// Adds an operation.
    #[must_use]
    pub fn op(mut self, slot: M::Slot, op: Op<M>) -> Self {
        self.ops.push((slot, op));
        self
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, node: M::Node, input: Input<M>) -> Self {
        self.steps.push((node, input));
        self
    }
}

/// A small pure change of one slot. Slots outside a footprint change by nothing else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(bound = "")]
pub enum Op<M: Model> {
    /// A message enters a queue (where nobody listens it vanishes, or bounces).
    Push(M::Msg),
    /// The head of a queue was taken.
    Pop,
    /// The overdue message of a queue was taken.
    PopOverdue,
    /// The sender has learnt that the old connection is gone and opens a new one.
    Open,
    /// The mark of a broken connection was taken.
    Acknowledge,
    /// The sender has been told that nobody listens.
    Learn,
    /// The receiver is gone: content lost, later pushes vanish.
    Refuse,
    /// The receiver is back.
    Listen,
    /// The sender is gone: content lost, the receiver gets `Disconnected` next.
    Break,
    /// As `Break`, where the receiver need not learn of it.
    Drop,
    /// The connection is gone: content lost, a receiver that is up gets `Disconnected`, the sender does not know yet.
    Reset,
    /// The head was read from the socket in time; it will be handled after its connection has gone.
    Outlive,
    /// Nothing passes, nobody is told.
    Hold(Hold),
    /// This cause is gone; what was held arrives, if it was the last one.
    Release(Hold),
    /// One fault of this kind less.
    Spend(M::Fault),
    /// The ledger hears of a fact.
    Record(M::Node, M::Fact),
    /// Something only this model knows.
    Mark(M::Mark),
    /// The receiver is gone; the sender keeps what was not taken and tries again.
    Keep,
    /// The head was read from the socket in time; it will be sent again, and handled once more.
    Repeat,
}

impl<M: Model> fmt::Display for Op<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push(msg) => write!(f, "push {msg}"),
            Self::Pop => f.write_str("pop"),
            Self::PopOverdue => f.write_str("pop late"),
            Self::Open => f.write_str("open"),
            Self::Acknowledge => f.write_str("acknowledge"),
            Self::Learn => f.write_str("learn"),
            Self::Refuse => f.write_str("refuse"),
            Self::Listen => f.write_str("listen"),
            Self::Break => f.write_str("break"),
            Self::Drop => f.write_str("drop"),
            Self::Reset => f.write_str("reset"),
            Self::Outlive => f.write_str("outlive"),
            Self::Hold(cause) => write!(f, "hold ({cause})"),
            Self::Release(cause) => write!(f, "release ({cause})"),
            Self::Spend(fault) => write!(f, "spend {fault}"),
            Self::Record(node, fact) => write!(f, "{node} {fact}"),
            Self::Mark(mark) => write!(f, "{mark}"),
            Self::Keep => f.write_str("keep"),
            Self::Repeat => f.write_str("repeat"),
        }
    }
}
