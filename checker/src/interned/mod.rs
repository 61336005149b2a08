//! Any model as a [`Space`]: a state is an array of ids, one per slot, and every local step is done once.
//!
//! | file | owns |
//! |---|---|
//! | `arena` | values, operations and steps of a run, each once, by id |
//! | `plan` | what a value offers, as ids |
//! | `memory` | tables of ids |
//! | `graph` | all states and steps, kept: fair runs without end |
//! | `worker` | what one thread remembers: offers, outcomes of steps, results of operations, verdicts of properties |
//!
//! All handlers, operations and properties run on an id at most once per thread; after that a transition is a few look-ups.
//! This works because of the contract of the core: a step reads and writes its footprint only, everything else changes by
//! small operations on one slot, one slot alone decides what it offers, and a property reads at most three slots.

mod arena;
mod graph;
mod memory;
mod plan;
mod worker;

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use sim_core::trace::Decision;
use sim_core::{Action, Failure, Instance, Model, Offer, Op, Registered, StepProperty, World};

use crate::compact::{Change, Marks, Space, Successors};
use arena::Arena;
pub use graph::{Graph, Lasso, Told, TooLarge};
pub use worker::Worker;

/// Names of the kinds of actions, in the order of [`Action`].
const KINDS: [&str; 5] = ["deliver", "deliver late", "fire", "command", "environment"];

/// A model whose values may pass from one thread to another. Every model is one that keeps no thread-bound pointers.
pub trait Shareable:
    Model<
        Config: Sync,
        Node: Send,
        Slot: Send + Sync,
        Value: Send + Sync + DeserializeOwned,
        Msg: Send,
        Fact: Send,
        Command: Send,
        Event: Send,
        Timer: Send,
        Fault: Send,
        Local: Send,
        Mark: Send,
    >
{
}

impl<M> Shareable for M where
    M: Model<
            Config: Sync,
            Node: Send,
            Slot: Send + Sync,
            Value: Send + Sync + DeserializeOwned,
            Msg: Send,
            Fact: Send,
            Command: Send,
            Event: Send,
            Timer: Send,
            Fault: Send,
            Local: Send,
            Mark: Send,
        >
{
}

/// Which witnesses an operation reaches: bit `i` is the `i`-th.
pub type Witnessing<M> = fn(&<M as Model>::Config, &Op<M>) -> u32;

/// Whether the second of two deliveries brings the answer to the first.
pub type Answers<M> = fn(&Offer<M>, &Offer<M>) -> bool;

/// What must hold where a run comes to rest: in a state in which nothing happens any more by itself, and in which no fault
/// lasts. Every fair run without further faults ends in such a state, or goes in circles for ever.
pub struct AtRest<M: Model> {
    /// Whether an offer is something that happens by itself, or the end of a fault.
    pub goes_on: fn(&Offer<M>) -> bool,
    /// Names and checks.
    pub properties: Vec<(&'static str, Resting<M>)>,
}

/// Whether a world may rest like this.
pub type Resting<M> = fn(&World<'_, M>) -> Result<(), Failure>;

/// A property on certain slots.
struct Placed<M: Model> {
    instance: Instance<M>,
    places: Vec<u16>,
    /// The property's bit.
    bit: u32,
}

/// A world in which every value has an id.
pub struct Interned<'c, M: Model> {
    config: &'c M::Config,
    initial: World<'c, M>,
    names: Vec<&'static str>,
    witnesses: Vec<&'static str>,
    witnessing: Witnessing<M>,
    instances: Vec<Placed<M>>,
    /// Per slot, the instances that read it.
    readers: Vec<Vec<u32>>,
    /// Step properties with their bits.
    on_steps: Vec<(StepProperty<M>, u32)>,
    goes_on: fn(&Offer<M>) -> bool,
    /// What must hold at rest, with its bit.
    at_rest: Vec<(Resting<M>, u32)>,
    /// Whether an answer that is given at once arrives at once.
    round_trips: Option<Answers<M>>,
    arena: Mutex<Arena<M>>,
}

impl<'c, M: Shareable> Interned<'c, M> {
    /// A world from which a search starts, with what is to be judged in it.
    ///
    /// # Panics
    /// When the world has more than 65,535 slots, or there are more than 32 properties or witnesses.
    pub fn new(
        initial: World<'c, M>,
        properties: &[Registered<M>],
        on_steps: &[StepProperty<M>],
        witnesses: Vec<&'static str>,
        witnessing: Witnessing<M>,
    ) -> Self {
        let slots = initial.slots().len();
        assert!(slots <= usize::from(u16::MAX), "a world has at most 65,535 slots");
        let mut names: Vec<&'static str> = Vec::new();
        let mut bit = |name: &'static str| {
            let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            1 << at
        };
        let mut instances = Vec::new();
        for property in properties {
            let bit = bit(property.name);
            for instance in (property.instances)(initial.config()) {
                let places = instance.slots.iter().map(|slot| initial.index(*slot) as u16).collect();
                instances.push(Placed { instance, places, bit });
            }
        }
        let on_steps = on_steps
            .iter()
            .map(|property| (*property, bit(property.name)))
            .collect();
        let mut readers = vec![Vec::new(); slots];
        for (at, placed) in (0..).zip(&instances) {
            for place in &placed.places {
                readers[usize::from(*place)].push(at);
            }
        }
        Self {
            config: initial.config(),
            arena: Mutex::new(Arena::new(initial.slots())),
            initial,
            names,
            witnesses,
            witnessing,
            instances,
            readers,
            on_steps,
            goes_on: |_| true,
            at_rest: Vec::new(),
            round_trips: None,
        }
    }

    /// The same world, coarser: an answer that is given at once arrives at once. Request, answer and what the receiver makes
    /// of it are one step, as in the published specifications. What is reached this way is reached without it, too; the
    /// reverse is not so, and a verdict that holds is one for atomic round trips.
    #[must_use]
    pub fn with_round_trips(self, answers: Answers<M>) -> Self {
        Self {
            round_trips: Some(answers),
            ..self
        }
    }

    /// The same world, with what must hold where a run comes to rest.
    #[must_use]
    pub fn resting(mut self, at_rest: AtRest<M>) -> Self {
        self.goes_on = at_rest.goes_on;
        for (name, check) in at_rest.properties {
            self.at_rest.push((check, 1 << self.names.len()));
            self.names.push(name);
        }
        self
    }

    /// The properties of rest that this state violates.
    fn unrest(&self, state: &[u32]) -> u32 {
        let world = self.world(state);
        let violated = self.at_rest.iter().filter(|(check, _)| check(&world).is_err());
        violated.fold(0, |bits, (_, bit)| bits | bit)
    }

    /// The world with these values.
    fn world(&self, state: &[u32]) -> World<'c, M> {
        let arena = self.arena();
        let values = state.iter().enumerate().map(|(at, id)| arena.get(at, *id).clone());
        let values: Vec<M::Value> = values.collect();
        drop(arena);
        let mut world = self.initial.clone();
        world.set_values(values);
        world
    }

    /// The properties of these bits.
    fn named(&self, bits: u32) -> Vec<&'static str> {
        let names = self.names.iter().enumerate();
        names
            .filter(|(at, _)| bits & (1 << at) != 0)
            .map(|(_, name)| *name)
            .collect()
    }

    /// How many different values each slot had, the most first.
    pub fn values_per_slot(&self) -> Vec<(M::Slot, usize)> {
        let arena = self.arena();
        let counts = self.initial.slots().iter().zip(arena.values_per_slot());
        let mut counts: Vec<_> = counts.map(|(slot, count)| (*slot, count)).collect();
        counts.sort_by_key(|(slot, count)| (std::cmp::Reverse(*count), *slot));
        counts
    }

    /// How often a handler, an operation and a property ran.
    pub fn runs(&self) -> (u64, u64, u64) {
        self.arena().runs()
    }

    /// A worker that panicked left nothing half-done behind: values are added whole.
    fn arena(&self) -> MutexGuard<'_, Arena<M>> {
        self.arena.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Shareable> Space for Interned<'_, M> {
    type Worker = Worker<M>;
    type Action = Decision<M>;

    fn worker(&self) -> Worker<M> {
        Worker::new(
            self.initial.slots().len(),
            self.instances.len(),
            self.initial.index(M::faults()),
        )
    }

    fn width(&self) -> usize {
        self.initial.slots().len()
    }

    fn initial(&self, _worker: &mut Worker<M>) -> Vec<(Vec<u32>, u64)> {
        let mut arena = self.arena();
        let values = self.initial.values().iter().enumerate();
        let ids: Vec<u32> = values.map(|(at, value)| arena.value(at, value.clone())).collect();
        let mixes = ids.iter().enumerate().map(|(at, id)| arena.mix(at, *id));
        let fingerprint = mixes.fold(0, u64::wrapping_add);
        vec![(ids, fingerprint)]
    }

    fn successors(&self, worker: &mut Worker<M>, state: &[u32], fingerprint: u64, out: &mut Successors) {
        worker.successors(self, state, fingerprint, out);
    }

    fn judge(&self, worker: &mut Worker<M>, state: &[u32], changed: Option<&[Change]>) -> Marks {
        worker.judge(self, state, changed)
    }

    fn decisions(&self, initial: usize, path: &[u16]) -> Vec<Decision<M>> {
        let mut worker = self.worker();
        let start = self.initial(&mut worker).swap_remove(initial).0;
        worker.follow(self, &start, path)
    }

    fn save(&self) -> Vec<u8> {
        self.arena().save()
    }

    fn restore(&self, bytes: &[u8]) -> Result<(), String> {
        self.arena().restore(bytes)
    }

    fn properties(&self) -> &[&'static str] {
        &self.names
    }

    fn witnesses(&self) -> &[&'static str] {
        &self.witnesses
    }

    fn kinds(&self) -> &[&'static str] {
        &KINDS
    }
}

/// The place of an action's kind in [`KINDS`].
fn kind<M: Model>(action: &Action<M>) -> u8 {
    match action {
        Action::Deliver(_) => 0,
        Action::DeliverOverdue(_) => 1,
        Action::Fire(..) => 2,
        Action::Command(..) => 3,
        Action::Environment(_) => 4,
    }
}
