//! What a handler can do besides changing its slots: send, announce, choose, arm a timer, stamp a moment.

use alloc::vec::Vec;

use crate::chooser::{Choice, Chooser};
use crate::model::{Arrival, Model};
use crate::offer::Op;
use crate::timers::Timers;

/// From when a timer runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Since<M: Model> {
    /// From this step.
    Now,
    /// From a moment that the node named earlier; from this step if it never did.
    Moment(M::Moment),
}

/// What a step did besides changing its slots, in order.
#[derive(Debug)]
pub struct Effects<M: Model> {
    /// Operations on other slots: sends and facts.
    pub ops: Vec<(M::Slot, Op<M>)>,
    /// Timers that now run, for drivers with a clock.
    pub armed: Vec<(M::Node, M::Timer, Since<M>)>,
    /// Moments that now have a new value: the time of this step, or the value of another moment.
    pub stamped: Vec<(M::Node, M::Moment, Since<M>)>,
    /// What was chosen.
    pub choices: Vec<Choice>,
}

impl<M: Model> Default for Effects<M> {
    fn default() -> Self {
        Self {
            ops: Vec::new(),
            armed: Vec::new(),
            stamped: Vec::new(),
            choices: Vec::new(),
        }
    }
}

impl<M: Model> Effects<M> {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.ops.clear();
        self.armed.clear();
        self.stamped.clear();
        self.choices.clear();
    }
}

/// All that a handler can do besides changing its slots. It holds no clock, no randomness, and no other node.
pub struct Context<'s, M: Model> {
    me: M::Node,
    config: &'s M::Config,
    arrival: Arrival,
    chooser: &'s mut dyn Chooser,
    effects: &'s mut Effects<M>,
}

impl<'s, M: Model> Context<'s, M> {
    /// A context for one step.
    pub fn new(
        me: M::Node,
        config: &'s M::Config,
        arrival: Arrival,
        chooser: &'s mut dyn Chooser,
        effects: &'s mut Effects<M>,
    ) -> Self {
        Self {
            me,
            config,
            arrival,
            chooser,
            effects,
        }
    }

    /// The node at which this step happens.
    pub fn me(&self) -> M::Node {
        self.me
    }

    /// What never changes.
    pub fn config(&self) -> &'s M::Config {
        self.config
    }

    /// Sends a message on the lane that the model gives it.
    pub fn send(&mut self, to: M::Node, msg: M::Msg) {
        let queue = M::queue(self.me, to, &msg);
        self.effects.ops.push((queue, Op::Push(msg)));
    }

    /// Answers the message of this step. The answer to an overdue message goes nowhere: its connection is gone.
    pub fn reply(&mut self, to: M::Node, msg: M::Msg) {
        match self.arrival {
            Arrival::InOrder => self.send(to, msg),
            Arrival::Overdue => {}
        }
    }

    /// Whether the message of this step outlived its connection: then nobody waits for an answer.
    pub fn arrival(&self) -> Arrival {
        self.arrival
    }

    /// Tells the ledger.
    pub fn announce(&mut self, fact: M::Fact) {
        self.effects.ops.push((M::ledger(), Op::Record(self.me, fact)));
    }

    /// A small change of a slot outside the footprint that only this model knows.
    pub fn mark(&mut self, slot: M::Slot, mark: M::Mark) {
        self.effects.ops.push((slot, Op::Mark(mark)));
    }

    /// An operation on a slot outside the footprint.
    pub fn order(&mut self, slot: M::Slot, op: Op<M>) {
        self.effects.ops.push((slot, op));
    }

    /// One of `of` alternatives; 0 is the harmless one. With one alternative nothing is asked.
    pub fn choose(&mut self, what: &'static str, of: u32) -> u32 {
        assert!(of > 0, "a choice needs an alternative: {what}");
        if of == 1 {
            return 0;
        }
        let taken = self.chooser.choose(what, of);
        assert!(taken < of, "the chooser took alternative {taken} of {of}: {what}");
        self.effects.choices.push(Choice { what, taken, of });
        taken
    }

    /// Arms a timer of this node, from now or from a named moment. Arming an armed timer restarts it.
    pub fn arm(&mut self, timers: &mut Timers<M::Timer>, timer: M::Timer, since: Since<M>) {
        timers.insert(timer);
        self.effects.armed.push((self.me, timer, since));
    }

    /// Names this moment; a driver with a clock keeps its value.
    pub fn stamp(&mut self, moment: M::Moment) {
        self.effects.stamped.push((self.me, moment, Since::Now));
    }

    /// Runs a handler of another model, or one of this model whose effects are not meant as they are, inside this step. It
    /// has the same chooser and the same arrival; what it chose is part of this step, and what else it did is given back.
    pub fn within<N: Model>(
        &mut self,
        me: N::Node,
        config: &N::Config,
        run: impl FnOnce(&mut Context<'_, N>),
    ) -> Effects<N> {
        let mut effects = Effects::default();
        run(&mut Context {
            me,
            config,
            arrival: self.arrival,
            chooser: &mut *self.chooser,
            effects: &mut effects,
        });
        self.effects.choices.append(&mut effects.choices);
        effects
    }

    /// Timers that a handler of this model armed inside this step run.
    pub fn adopt(&mut self, armed: Vec<(M::Node, M::Timer, Since<M>)>) {
        self.effects.armed.extend(armed);
    }

    /// Gives a moment the value that another one has.
    pub fn stamp_as(&mut self, moment: M::Moment, other: M::Moment) {
        self.effects.stamped.push((self.me, moment, Since::Moment(other)));
    }
}
