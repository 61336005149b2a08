//! Owns every value, operation and step of a run, each once, by id; shared by all threads behind one lock, which they
//! need only for what they have not seen before.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use serde::de::DeserializeOwned;
use sim_core::{Input, Model, Op, content, slot_mix};

type Set<T> = IndexSet<T, FxBuildHasher>;

/// Everything that has an id.
pub(super) struct Arena<M: Model> {
    slots: Vec<OfSlot<M>>,
    ops: Set<(u16, Vec<Op<M>>)>,
    steps: Set<(M::Node, Input<M>)>,
    bytes: Vec<u8>,
    pub(super) handler_runs: u64,
    pub(super) op_runs: u64,
    pub(super) property_runs: u64,
}

/// What one slot has held.
struct OfSlot<M: Model> {
    values: Set<M::Value>,
    /// What each value adds to a fingerprint.
    mixes: Vec<u64>,
}

impl<M: Model> Arena<M> {
    pub(super) fn new(slots: &[M::Slot]) -> Self {
        let empty = |_| OfSlot {
            values: Set::default(),
            mixes: Vec::new(),
        };
        Self {
            slots: slots.iter().map(empty).collect(),
            ops: Set::default(),
            steps: Set::default(),
            bytes: Vec::new(),
            handler_runs: 0,
            op_runs: 0,
            property_runs: 0,
        }
    }

    /// The id of a value of this slot.
    pub(super) fn value(&mut self, at: usize, value: M::Value) -> u32 {
        let slot = &mut self.slots[at];
        if let Some(id) = slot.values.get_index_of(&value) {
            return id as u32;
        }
        slot.mixes.push(slot_mix(at, content(&value, &mut self.bytes)));
        slot.values.insert_full(value).0 as u32
    }

    /// The value with this id.
    pub(super) fn get(&self, at: usize, id: u32) -> &M::Value {
        &self.slots[at].values[id as usize]
    }

    /// What this value adds to a fingerprint.
    pub(super) fn mix(&self, at: usize, id: u32) -> u64 {
        self.slots[at].mixes[id as usize]
    }

    /// The id of some operations on one slot, one after the other.
    pub(super) fn ops(&mut self, at: usize, ops: Vec<Op<M>>) -> u32 {
        self.ops.insert_full((at as u16, ops)).0 as u32
    }

    /// The operations with this id, and their slot.
    pub(super) fn ops_of(&self, id: u32) -> (usize, &[Op<M>]) {
        let (at, ops) = &self.ops[id as usize];
        (usize::from(*at), ops)
    }

    /// The id of a step.
    pub(super) fn step(&mut self, node: M::Node, input: Input<M>) -> u32 {
        self.steps.insert_full((node, input)).0 as u32
    }

    /// The step with this id.
    pub(super) fn step_of(&self, id: u32) -> &(M::Node, Input<M>) {
        &self.steps[id as usize]
    }

    /// All values, so that ids mean the same in another process.
    pub(super) fn save(&self) -> Vec<u8> {
        let values: Vec<Vec<&M::Value>> = self.slots.iter().map(|slot| slot.values.iter().collect()).collect();
        postcard::to_allocvec(&values).expect("memory is no device that fails")
    }

    /// Gives ids to the values that [`Arena::save`] wrote, as they had them.
    pub(super) fn restore(&mut self, bytes: &[u8]) -> Result<(), String>
    where
        M::Value: DeserializeOwned,
    {
        let values: Vec<Vec<M::Value>> = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
        if values.len() != self.slots.len() {
            return Err(format!(
                "it has {} slots, this world {}",
                values.len(),
                self.slots.len()
            ));
        }
        for (at, values) in values.into_iter().enumerate() {
            for (id, value) in values.into_iter().enumerate() {
                if self.value(at, value) as usize != id {
                    return Err("its values are in another order".to_owned());
                }
            }
        }
        Ok(())
    }

    pub(super) fn values_per_slot(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().map(|slot| slot.values.len())
    }

    pub(super) fn runs(&self) -> (u64, u64, u64) {
        (self.handler_runs, self.op_runs, self.property_runs)
    }
}
