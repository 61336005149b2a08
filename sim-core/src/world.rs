//! The world of a scenario, for drivers that keep values: what is enabled, and what one action does.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::chooser::{Choice, Chooser, Harmless};
use crate::context::{Effects, Since};
use crate::digest::{Digest, content, slot_mix};
use crate::model::{Input, Model};
use crate::offer::{Action, Offer, Op};
use crate::offers::Offers;
use crate::outcome;
use crate::property::{Failure, StepProperty};

/// Where each slot stands: a table with open addressing over the model's keys.
struct Directory {
    table: Vec<(u64, u32)>,
    shift: u32,
}

/// Marks an empty row.
const EMPTY: u32 = u32::MAX;

impl Directory {
    fn new(keys: impl ExactSizeIterator<Item = u64>) -> Self {
        let size = (keys.len() * 4).next_power_of_two().max(16);
        let mut directory = Self {
            table: alloc::vec![(0, EMPTY); size],
            shift: 64 - size.trailing_zeros(),
        };
        for (place, key) in keys.enumerate() {
            let mut row = directory.row(key);
            while directory.table[row].1 != EMPTY {
                assert_ne!(directory.table[row].0, key, "two slots have the same key");
                row = (row + 1) % size;
            }
            directory.table[row] = (key, place as u32);
        }
        directory
    }

    fn row(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    fn find(&self, key: u64) -> Option<usize> {
        let mut row = self.row(key);
        loop {
            match self.table[row] {
                (_, EMPTY) => return None,
                (known, place) if known == key => return Some(place as usize),
                _ => row = (row + 1) % self.table.len(),
            }
        }
    }
}

/// An array of slots, and the configuration that never changes.
pub struct World<'m, M: Model> {
    config: &'m M::Config,
    slots: Arc<[M::Slot]>,
    directory: Arc<Directory>,
    values: Vec<M::Value>,
}

impl<M: Model> Clone for World<'_, M> {
    fn clone(&self) -> Self {
        Self {
            config: self.config,
            slots: Arc::clone(&self.slots),
            directory: Arc::clone(&self.directory),
            values: self.values.clone(),
        }
    }
}

/// What the last action did, for drivers and reports; and memory that is used again.
pub struct Scratch<M: Model> {
    /// Operations that were performed, in order: those of the action, then those of its steps.
    pub ops: Vec<(M::Slot, Op<M>)>,
    /// Slots that changed or may have, by index; some twice.
    pub touched: Vec<usize>,
    /// Timers that now run.
    pub armed: Vec<(M::Node, M::Timer, Since<M>)>,
    /// Moments that have a new value.
    pub stamped: Vec<(M::Node, M::Moment, Since<M>)>,
    /// Choices and their answers.
    pub choices: Vec<Choice>,
    /// Step properties that a fact of this action broke.
    pub failures: Vec<(&'static str, Failure)>,
    /// Step properties to look at.
    pub step_properties: Vec<StepProperty<M>>,
    effects: Effects<M>,
    names: Vec<M::Slot>,
    places: Vec<usize>,
    lent: Vec<M::Value>,
}

impl<M: Model> Default for Scratch<M> {
    fn default() -> Self {
        Self {
            ops: Vec::new(),
            touched: Vec::new(),
            armed: Vec::new(),
            stamped: Vec::new(),
            choices: Vec::new(),
            failures: Vec::new(),
            step_properties: Vec::new(),
            effects: Effects::default(),
            names: Vec::new(),
            places: Vec::new(),
            lent: Vec::new(),
        }
    }
}

impl<M: Model> Scratch<M> {
    /// With these step properties watched.
    pub fn watching(step_properties: Vec<StepProperty<M>>) -> Self {
        Self {
            step_properties,
            ..Self::default()
        }
    }

    fn begin(&mut self) {
        self.ops.clear();
        self.touched.clear();
        self.armed.clear();
        self.stamped.clear();
        self.choices.clear();
        self.failures.clear();
    }
}

impl<'m, M: Model> World<'m, M> {
    /// The world as the model lays it out.
    pub fn new(config: &'m M::Config) -> Self {
        let (slots, values): (Vec<_>, Vec<_>) = M::layout(config).into_iter().unzip();
        assert!(
            slots.is_sorted_by(|a, b| a < b),
            "a layout lists its slots in ascending order, each once"
        );
        Self {
            config,
            directory: Arc::new(Directory::new(slots.iter().map(|slot| M::key(*slot)))),
            slots: slots.into(),
            values,
        }
    }

    /// What never changes.
    pub fn config(&self) -> &'m M::Config {
        self.config
    }

    /// The names of all slots, in order.
    pub fn slots(&self) -> &[M::Slot] {
        &self.slots
    }

    /// The contents of all slots, in the order of their names.
    pub fn values(&self) -> &[M::Value] {
        &self.values
    }

    /// Another state of the same world.
    pub fn set_values(&mut self, values: Vec<M::Value>) {
        assert_eq!(values.len(), self.slots.len(), "a state has a value for each slot");
        self.values = values;
    }

    /// Gives up the world for its state.
    pub fn into_values(self) -> Vec<M::Value> {
        self.values
    }

    /// Where a slot stands.
    pub fn index(&self, slot: M::Slot) -> usize {
        match self.directory.find(M::key(slot)) {
            Some(place) => place,
            None => panic!("the layout of this scenario has no slot {slot}"),
        }
    }

    /// Whether the scenario has this slot.
    pub fn has(&self, slot: M::Slot) -> bool {
        self.directory.find(M::key(slot)).is_some()
    }

    /// What stands in a slot.
    pub fn get(&self, slot: M::Slot) -> &M::Value {
        &self.values[self.index(slot)]
    }

    /// All actions that are possible now, in canonical order.
    pub fn enabled(&self, out: &mut Vec<Offer<M>>) {
        out.clear();
        let mut offers = Offers::whole(out);
        for (slot, value) in self.slots.iter().zip(&self.values) {
            M::offers(self.config, *slot, value, &mut offers);
        }
        out.retain(|offer| self.affords(offer.spends));
    }

    /// Whether the budget has one of these (or nothing is asked).
    pub fn affords(&self, fault: Option<M::Fault>) -> bool {
        fault.is_none_or(|fault| M::allows(self.get(M::faults()), fault))
    }

    /// The action of this identity, if it is possible now: asks one slot only.
    pub fn find(&self, action: &Action<M>) -> Option<Offer<M>> {
        let slot = M::offered_by(self.config, action);
        let offered =
            Offers::find(self.config, slot, self.get(slot), action).filter(|offer| self.affords(offer.spends));
        offered.or_else(|| M::scripted(self.config, action))
    }

    /// Performs exactly one action. `scratch` then says what it did.
    pub fn apply(&mut self, offer: &Offer<M>, chooser: &mut dyn Chooser, scratch: &mut Scratch<M>) {
        scratch.begin();
        if let Some(fault) = offer.spends {
            self.operate(M::faults(), Op::Spend(fault), scratch);
        }
        for (slot, op) in &offer.ops {
            self.operate(*slot, op.clone(), scratch);
        }
        for (node, input) in &offer.steps {
            self.step(*node, input, chooser, scratch);
        }
    }

    /// Performs one action with harmless choices.
    pub fn apply_default(&mut self, offer: &Offer<M>, scratch: &mut Scratch<M>) {
        self.apply(offer, &mut Harmless, scratch);
    }

    fn step(&mut self, node: M::Node, input: &Input<M>, chooser: &mut dyn Chooser, scratch: &mut Scratch<M>) {
        outcome::footprint(self.config, node, input, &mut scratch.names);
        scratch.places.clear();
        for at in 0..scratch.names.len() {
            let place = self.index(scratch.names[at]);
            scratch.places.push(place);
            scratch.touched.push(place);
            scratch.lent.push(core::mem::take(&mut self.values[place]));
        }
        outcome::run(
            self.config,
            node,
            input,
            &mut scratch.lent,
            chooser,
            &mut scratch.effects,
        );
        for (place, value) in scratch.places.iter().zip(scratch.lent.drain(..)) {
            self.values[*place] = value;
        }
        scratch.armed.append(&mut scratch.effects.armed);
        scratch.stamped.append(&mut scratch.effects.stamped);
        scratch.choices.append(&mut scratch.effects.choices);
        let mut ops = core::mem::take(&mut scratch.effects.ops);
        for (slot, op) in ops.drain(..) {
            assert!(
                !scratch.names.contains(&slot),
                "a step operated on {slot}, which is in its own footprint"
            );
            self.operate(slot, op, scratch);
        }
        scratch.effects.ops = ops;
    }

    fn operate(&mut self, slot: M::Slot, op: Op<M>, scratch: &mut Scratch<M>) {
        let place = self.index(slot);
        if let Op::Record(node, fact) = &op {
            for property in &scratch.step_properties {
                if let Err(failure) = (property.check)(self.config, &self.values[place], *node, fact) {
                    scratch.failures.push((property.name, failure));
                }
            }
        }
        M::operate(&mut self.values[place], &op);
        scratch.touched.push(place);
        scratch.ops.push((slot, op));
    }

    /// One content digest per slot.
    pub fn digests(&self) -> Vec<Digest> {
        let mut bytes = Vec::new();
        self.values.iter().map(|value| content(value, &mut bytes)).collect()
    }

    /// One number for the whole state: a sum of per-slot mixes.
    pub fn fingerprint(&self) -> u64 {
        self.digests()
            .into_iter()
            .enumerate()
            .fold(0, |sum, (at, digest)| sum.wrapping_add(slot_mix(at, digest)))
    }
}
