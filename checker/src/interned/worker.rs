//! What one thread remembers, and how it makes successors from that: look-ups on ids, and the lock only for news.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sim_core::{Op, outcome};

use super::plan::{self, Plan};
use super::{Interned, Shareable};
use crate::compact::{Change, Marks, Successors};

/// Most slots in a footprint.
const FOOTPRINT_MAX: usize = 7;
/// What is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// A step on the values of its footprint.
type StepKey = [u32; FOOTPRINT_MAX + 1];

/// The result of an operation on a value.
#[derive(Clone, Copy)]
struct Operated {
    id: u32,
    /// Step properties that the operation breaks on this value.
    violated: u32,
}

/// One outcome of a step: new values of the footprint, and operations on other slots.
struct Outcome {
    values: [u32; FOOTPRINT_MAX],
    ops: Box<[(u16, u32)]>,
}

/// All outcomes of a step.
type Outcomes = Arc<[Outcome]>;

/// What is remembered of one slot.
#[derive(Default)]
struct OfSlot {
    mixes: Vec<Option<u64>>,
    plans: Vec<Option<Arc<[Plan]>>>,
    /// By operation, then by value.
    ops: Vec<Vec<Operated>>,
    /// Witnesses that an operation reaches.
    reached: Vec<u32>,
}

/// The memory of one thread.
pub struct Worker<M> {
    slots: Vec<OfSlot>,
    faults: usize,
    /// By operation on the budget, then by its value.
    affords: Vec<Vec<Option<bool>>>,
    /// Footprints, by step.
    footprints: Vec<Option<Arc<[u16]>>>,
    outcomes: FxHashMap<StepKey, Outcomes>,
    /// Per instance of a property: what it says of the values of its slots.
    verdicts: Vec<FxHashMap<[u32; 3], bool>>,
    /// The state in the making, and what it changed.
    state: Vec<u32>,
    changed: Vec<(u16, u32)>,
    marks: Marks,
    model: std::marker::PhantomData<fn() -> M>,
}

/// The entry of a list that grows as ids are given out.
fn entry<T: Default>(list: &mut Vec<T>, at: u32) -> &mut T {
    let at = at as usize;
    if at >= list.len() {
        list.resize_with(at + 1, T::default);
    }
    &mut list[at]
}

impl<M: Shareable> Worker<M> {
    pub(super) fn new(slots: usize, instances: usize, faults: usize) -> Self {
        Self {
            slots: (0..slots).map(|_| OfSlot::default()).collect(),
            faults,
            affords: Vec::new(),
            footprints: Vec::new(),
            outcomes: FxHashMap::default(),
            verdicts: vec![FxHashMap::default(); instances],
            state: Vec::new(),
            changed: Vec::new(),
            marks: Marks::default(),
            model: std::marker::PhantomData,
        }
    }

    /// What this value of this slot adds to a fingerprint.
    pub(super) fn mix(&mut self, space: &Interned<'_, M>, at: usize, id: u32) -> u64 {
        *entry(&mut self.slots[at].mixes, id).get_or_insert_with(|| space.arena().mix(at, id))
    }

    /// Adds all successors of a state: slots in their order, offers in theirs, choices as the odometer turns.
    pub(super) fn successors(
        &mut self,
        space: &Interned<'_, M>,
        state: &[u32],
        fingerprint: u64,
        out: &mut Successors,
    ) {
        self.state.clear();
        self.state.extend_from_slice(state);
        self.changed.clear();
        for (at, &id) in state.iter().enumerate() {
            let plans = self.plans(space, at, id);
            for plan in &*plans {
                if plan.spend.is_some_and(|spend| !self.affords(space, spend)) {
                    continue;
                }
                self.marks = Marks::default();
                if let Some(spend) = plan.spend {
                    self.operate(space, self.faults as u16, spend);
                }
                for &(at, op) in &plan.ops {
                    self.operate(space, at, op);
                }
                self.steps(space, plan.kind, &plan.steps, fingerprint, out);
                self.undo(0, Marks::default());
            }
        }
    }

    /// Performs these steps in all ways, one after the other, and adds where they lead.
    fn steps(&mut self, space: &Interned<'_, M>, kind: u8, steps: &[u32], fingerprint: u64, out: &mut Successors) {
        let Some((&step, rest)) = steps.split_first() else {
            return self.add(space, kind, fingerprint, out);
        };
        let places = self.footprint(space, step);
        let outcomes = self.outcomes(space, step, &places);
        let (mark, marks) = (self.changed.len(), self.marks);
        for outcome in &*outcomes {
            for (&at, &id) in places.iter().zip(&outcome.values) {
                self.set(at, id);
            }
            for &(at, op) in &outcome.ops {
                self.operate(space, at, op);
            }
            self.steps(space, kind, rest, fingerprint, out);
            self.undo(mark, marks);
        }
    }

    /// Adds the state in the making.
    fn add(&mut self, space: &Interned<'_, M>, kind: u8, fingerprint: u64, out: &mut Successors) {
        let mut sum = fingerprint;
        let first = out.begin();
        for at in 0..self.changed.len() {
            let (place, before) = self.changed[at];
            // The first entry of a slot has the value that it had in the predecessor.
            if self.changed[..at].iter().any(|(earlier, _)| *earlier == place) {
                continue;
            }
            let word = self.state[usize::from(place)];
            if word != before {
                let (old, new) = (
                    self.mix(space, usize::from(place), before),
                    self.mix(space, usize::from(place), word),
                );
                sum = sum.wrapping_sub(old).wrapping_add(new);
                out.change(Change { at: place, word });
            }
        }
        out.end(first, sum, kind, self.marks);
    }

    fn set(&mut self, at: u16, id: u32) {
        let word = &mut self.state[usize::from(at)];
        if *word != id {
            self.changed.push((at, *word));
            *word = id;
        }
    }

    fn undo(&mut self, mark: usize, marks: Marks) {
        for (at, before) in self.changed.drain(mark..).rev() {
            self.state[usize::from(at)] = before;
        }
        self.marks = marks;
    }

    fn operate(&mut self, space: &Interned<'_, M>, at: u16, op: u32) {
        let place = usize::from(at);
        let value = self.state[place];
        let known = self.slots[place]
            .ops
            .get(op as usize)
            .and_then(|row| row.get(value as usize));
        let done = match known {
            Some(done) if done.id != UNKNOWN => *done,
            _ => self.operate_first(space, place, op, value),
        };
        self.marks.violated |= done.violated;
        self.marks.reached |= self.slots[place].reached[op as usize];
        self.set(at, done.id);
    }

    fn plans(&mut self, space: &Interned<'_, M>, at: usize, id: u32) -> Arc<[Plan]> {
        let plans = entry(&mut self.slots[at].plans, id);
        let made = plans.get_or_insert_with(|| Plan::of(space, &mut space.arena(), at, id).into());
        Arc::clone(made)
    }

    fn affords(&mut self, space: &Interned<'_, M>, spend: u32) -> bool {
        let value = self.state[self.faults];
        let faults = self.faults;
        let known = entry(entry(&mut self.affords, spend), value);
        *known.get_or_insert_with(|| plan::affords(&space.arena(), faults, value, spend))
    }

    fn footprint(&mut self, space: &Interned<'_, M>, step: u32) -> Arc<[u16]> {
        let known = entry(&mut self.footprints, step);
        let places = known.get_or_insert_with(|| {
            let arena = space.arena();
            let (node, input) = arena.step_of(step);
            let mut slots = Vec::new();
            outcome::footprint(space.config, *node, input, &mut slots);
            assert!(
                slots.len() <= FOOTPRINT_MAX,
                "a footprint has at most {FOOTPRINT_MAX} slots"
            );
            slots.iter().map(|slot| space.initial.index(*slot) as u16).collect()
        });
        Arc::clone(places)
    }

    fn outcomes(&mut self, space: &Interned<'_, M>, step: u32, places: &[u16]) -> Outcomes {
        let mut key = [0; FOOTPRINT_MAX + 1];
        key[0] = step;
        for (word, place) in key[1..].iter_mut().zip(places) {
            *word = self.state[usize::from(*place)];
        }
        let run = || run(space, step, places, &key);
        Arc::clone(self.outcomes.entry(key).or_insert_with(run))
    }

    fn operate_first(&mut self, space: &Interned<'_, M>, at: usize, op: u32, value: u32) -> Operated {
        let mut arena = space.arena();
        arena.op_runs += 1;
        let content = arena.op_of(at, op);
        let (mut after, mut violated) = (arena.get(at, value).clone(), 0);
        if let Op::Record(node, fact) = content {
            for (property, bit) in &space.on_steps {
                if (property.check)(space.config, &after, *node, fact).is_err() {
                    violated |= bit;
                }
            }
        }
        let reached = (space.witnessing)(space.config, content);
        M::operate(&mut after, content);
        let id = arena.value(at, after);
        let slot = &mut self.slots[at];
        *entry(&mut slot.reached, op) = reached;
        let row = entry(&mut slot.ops, op);
        if row.len() <= value as usize {
            row.resize(
                value as usize + 1,
                Operated {
                    id: UNKNOWN,
                    violated: 0,
                },
            );
        }
        row[value as usize] = Operated { id, violated };
        row[value as usize]
    }

    /// What is wrong with a state: where only these slots changed, or anywhere.
    pub(super) fn judge(&mut self, space: &Interned<'_, M>, state: &[u32], changed: Option<&[Change]>) -> Marks {
        let mut violated = 0;
        match changed {
            Some(changed) => {
                let readers = changed.iter().flat_map(|change| &space.readers[usize::from(change.at)]);
                readers.for_each(|at| violated |= self.verdict(space, state, *at));
            }
            None => (0..space.instances.len() as u32).for_each(|at| violated |= self.verdict(space, state, at)),
        }
        Marks { violated, reached: 0 }
    }

    /// The bit of this instance of a property, if it is violated.
    fn verdict(&mut self, space: &Interned<'_, M>, state: &[u32], at: u32) -> u32 {
        let placed = &space.instances[at as usize];
        let mut key = [0; 3];
        for (word, place) in key.iter_mut().zip(&placed.places) {
            *word = state[usize::from(*place)];
        }
        let holds = *self.verdicts[at as usize].entry(key).or_insert_with(|| {
            let mut arena = space.arena();
            arena.property_runs += 1;
            let values = placed.places.iter().zip(key);
            let values: Vec<&M::Value> = values.map(|(place, id)| arena.get(usize::from(*place), id)).collect();
            (placed.instance.check)(space.config, &values).is_ok()
        });
        if holds { 0 } else { placed.bit }
    }
}

/// Runs the handler of a step for all answers to its choices.
fn run<M: Shareable>(space: &Interned<'_, M>, step: u32, places: &[u16], key: &StepKey) -> Outcomes {
    let mut arena = space.arena();
    let (node, input) = arena.step_of(step).clone();
    let values = places.iter().zip(&key[1..]);
    let values: Vec<M::Value> = values
        .map(|(place, id)| arena.get(usize::from(*place), *id).clone())
        .collect();
    let all = outcome::outcomes(space.config, node, &input, &values);
    arena.handler_runs += all.len() as u64;
    let intern = |outcome: outcome::Outcome<M>| {
        let mut ids = [0; FOOTPRINT_MAX];
        for ((id, place), value) in ids.iter_mut().zip(places).zip(outcome.values) {
            *id = arena.value(usize::from(*place), value);
        }
        Outcome {
            values: ids,
            ops: plan::ops(space, &mut arena, outcome.ops),
        }
    };
    all.into_iter().map(intern).collect()
}
