//! What one thread remembers, and how it makes successors from that: look-ups on ids, and the lock only for news.

use rustc_hash::FxHashMap;
use sim_core::trace::Decision;
use sim_core::{Action, Offer, Op, outcome};

use super::memory::{FOOTPRINT_MAX, Key, Run, Steps, entry, pooled};
use super::plan::{self, Plan};
use super::{Interned, Shareable};
use crate::compact::{Change, Marks, Successors};

/// What is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// The result of an operation on a value.
#[derive(Clone, Copy)]
struct Operated {
    id: u32,
    /// Step properties that the operation breaks on this value.
    violated: u32,
    /// What the fingerprint gains.
    gain: u64,
}

impl Default for Operated {
    fn default() -> Self {
        Operated {
            id: UNKNOWN,
            violated: 0,
            gain: 0,
        }
    }
}

/// What is remembered of an operation on a slot.
#[derive(Default)]
struct Operation {
    at: u16,
    /// Witnesses that it reaches.
    reached: u32,
    /// By value.
    results: Vec<Operated>,
}

/// An offer; operations and steps are in the pool of ids.
#[derive(Clone, Copy)]
struct Offered {
    kind: u8,
    spend: Option<u32>,
    /// What the offering slot holds afterwards, and what that is worth.
    after: u32,
    reached: u32,
    gain: u64,
    ops: Run,
    steps: Run,
    /// It happens by itself.
    goes_on: bool,
}

/// One outcome of a step, in the pool of ids: slots of the footprint that change, each before its new value, and operations
/// on other slots.
#[derive(Clone, Copy)]
struct Outcome {
    changes: Run,
    ops: Run,
    /// The answers to the choices.
    choices: Run,
    /// What the fingerprint gains.
    gain: u64,
}

/// The memory of one thread.
pub struct Worker<M: Shareable> {
    faults: usize,
    /// By slot, then by value: what it offers, in `offers`.
    offered: Vec<Vec<Run>>,
    offers: Vec<Offered>,
    /// The same offers with their contents.
    contents: Vec<Offer<M>>,
    /// Whether the second of two deliveries belongs to the first.
    answers: FxHashMap<(u32, u32), bool>,
    operations: Vec<Operation>,
    /// By operation on the budget, then by its value.
    affords: Vec<Vec<Option<bool>>>,
    /// By step: the slots of its footprint, in `ids`.
    footprints: Vec<Run>,
    steps: Steps,
    outcomes: Vec<Outcome>,
    /// Operations, steps, places and values of all that is remembered.
    ids: Vec<u32>,
    /// Per instance of a property: what it says of the values of its slots.
    verdicts: Vec<FxHashMap<[u32; 3], bool>>,
    /// Slots that offer something in the state at hand, or may: scratch.
    offering: Vec<(u16, Run)>,
    making: Making,
    /// The decisions of the successor with this number, when somebody asks for them.
    wanted: Option<(usize, Vec<Decision<M>>)>,
    /// The offer behind each successor, when somebody asks for them.
    noted: Option<Vec<u32>>,
}

/// The state in the making.
#[derive(Default)]
struct Making {
    words: Vec<u32>,
    /// What was changed, and what stood there before; some twice.
    changed: Vec<(u16, u32)>,
    fingerprint: u64,
    marks: Marks,
    taken: Vec<Taken>,
}

/// What led to the state in the making.
#[derive(Clone, Copy)]
enum Taken {
    Offer(u32),
    Outcome(u32),
}

/// Whether the answer to what was done is part of the same step.
#[derive(Clone, Copy)]
enum Follow {
    /// The answer to this offer.
    Answer(u32),
    /// Nothing more.
    Nothing,
}

/// A state to which the one in the making may go back.
#[derive(Clone, Copy)]
struct Mark {
    changed: usize,
    taken: usize,
    fingerprint: u64,
    marks: Marks,
}

impl Making {
    fn set(&mut self, at: u16, id: u32) {
        let word = &mut self.words[usize::from(at)];
        if *word != id {
            self.changed.push((at, *word));
            *word = id;
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            changed: self.changed.len(),
            taken: self.taken.len(),
            fingerprint: self.fingerprint,
            marks: self.marks,
        }
    }

    fn back_to(&mut self, mark: Mark) {
        for (at, before) in self.changed.drain(mark.changed..).rev() {
            self.words[usize::from(at)] = before;
        }
        self.taken.truncate(mark.taken);
        (self.fingerprint, self.marks) = (mark.fingerprint, mark.marks);
    }

    fn add_to(&self, out: &mut Successors, kind: u8) {
        let first = out.begin();
        for (at, (place, before)) in self.changed.iter().enumerate() {
            // The first entry of a slot has the value that stood there in the predecessor.
            let again = self.changed[..at].iter().any(|(earlier, _)| earlier == place);
            let word = self.words[usize::from(*place)];
            if !again && word != *before {
                out.change(Change { at: *place, word });
            }
        }
        out.end(first, self.fingerprint, kind, self.marks);
    }
}

impl<M: Shareable> Worker<M> {
    pub(super) fn new(slots: usize, instances: usize, faults: usize) -> Self {
        Self {
            faults,
            offered: vec![Vec::new(); slots],
            offers: Vec::new(),
            contents: Vec::new(),
            answers: FxHashMap::default(),
            operations: Vec::new(),
            affords: Vec::new(),
            footprints: Vec::new(),
            steps: Steps::new(),
            outcomes: Vec::new(),
            ids: Vec::new(),
            verdicts: vec![FxHashMap::default(); instances],
            offering: Vec::new(),
            making: Making::default(),
            wanted: None,
            noted: None,
        }
    }

    /// Adds all successors of a state: slots in their order, offers in theirs, choices as the odometer turns.
    pub(super) fn successors(
        &mut self,
        space: &Interned<'_, M>,
        state: &[u32],
        fingerprint: u64,
        out: &mut Successors,
    ) {
        self.making.words.clear();
        self.making.words.extend_from_slice(state);
        self.making.fingerprint = fingerprint;
        self.making.marks = Marks::default();
        let start = self.making.mark();
        let mut offering = std::mem::take(&mut self.offering);
        offering.clear();
        let runs = state
            .iter()
            .zip(&self.offered)
            .map(|(id, offered)| offered.get(*id as usize));
        for (at, run) in (0..).zip(runs) {
            let run = run.copied().unwrap_or_default();
            if run.len > 0 || run == Run::UNKNOWN {
                offering.push((at, run));
            }
        }
        let mut rests = !space.at_rest.is_empty();
        for &(at, known) in &offering {
            let offers = if known == Run::UNKNOWN {
                self.offer(space, usize::from(at), state[usize::from(at)])
            } else {
                known
            };
            for number in offers.first..offers.first + offers.len {
                rests &= !self.offers[number as usize].goes_on;
                if let Some(spend) = self.offers[number as usize].spend {
                    if !self.affords(space, spend) {
                        continue;
                    }
                    if usize::from(at) != self.faults {
                        self.operate(space, spend);
                    }
                }
                self.take(space, at, number, Follow::Answer(number), out);
                self.making.back_to(start);
            }
        }
        self.offering = offering;
        if rests {
            out.ends_badly(space.unrest(state));
        }
    }

    /// Performs an offer of a slot in all ways, and adds where they lead.
    fn take(&mut self, space: &Interned<'_, M>, at: u16, number: u32, follow: Follow, out: &mut Successors) {
        let offer = self.offers[number as usize];
        self.making.taken.push(Taken::Offer(number));
        self.making.set(at, offer.after);
        self.making.fingerprint = self.making.fingerprint.wrapping_add(offer.gain);
        self.making.marks.reached |= offer.reached;
        self.operate_all(space, offer.ops);
        self.perform(space, offer.steps, follow, out);
    }

    /// Performs these steps in all ways, one after the other, and adds where they lead.
    fn perform(&mut self, space: &Interned<'_, M>, steps: Run, follow: Follow, out: &mut Successors) {
        if steps.len == 0 {
            return self.finish(space, follow, out);
        }
        let step = self.ids[steps.first as usize];
        let rest = Run {
            first: steps.first + 1,
            len: steps.len - 1,
        };
        let places = self.footprint(space, step);
        let outcomes = self.outcomes(space, step, places);
        let mark = self.making.mark();
        for number in outcomes.first..outcomes.first + outcomes.len {
            let outcome = self.outcomes[number as usize];
            self.making.taken.push(Taken::Outcome(number));
            for change in self.ids[outcome.changes.range()].as_chunks::<2>().0 {
                self.making.set(change[0] as u16, change[1]);
            }
            self.making.fingerprint = self.making.fingerprint.wrapping_add(outcome.gain);
            self.operate_all(space, outcome.ops);
            self.perform(space, rest, follow, out);
            if outcomes.len > 1 {
                self.making.back_to(mark);
            }
        }
    }

    /// Adds the state in the making, after what belongs to the action has happened, too.
    fn finish(&mut self, space: &Interned<'_, M>, follow: Follow, out: &mut Successors) {
        match self.answer(space, follow) {
            Some((at, number)) => self.take(space, at, number, Follow::Nothing, out),
            None => self.add(out),
        }
    }

    /// The delivery that belongs to what was done: the answer to a request, where a round trip is one step.
    fn answer(&mut self, space: &Interned<'_, M>, follow: Follow) -> Option<(u16, u32)> {
        let (Follow::Answer(request), Some(answers)) = (follow, space.round_trips) else {
            return None;
        };
        for at in 0..self.making.changed.len() {
            let place = usize::from(self.making.changed[at].0);
            let offers = self.offers_of(space, place, self.making.words[place]);
            for number in offers.first..offers.first + offers.len {
                let contents = &self.contents;
                let belongs = self.answers.entry((request, number));
                let belongs =
                    *belongs.or_insert_with(|| answers(&contents[request as usize], &contents[number as usize]));
                if belongs {
                    return Some((place as u16, number));
                }
            }
        }
        None
    }

    fn add(&mut self, out: &mut Successors) {
        let Some(Taken::Offer(first)) = self.making.taken.first() else {
            panic!("a successor begins with an offer")
        };
        if let Some(noted) = &mut self.noted {
            noted.push(*first);
        }
        self.making.add_to(out, self.offers[*first as usize].kind);
        if self.wanted.as_ref().is_some_and(|(number, _)| *number + 1 == out.len()) {
            let decisions = self.decisions();
            self.wanted = Some((out.len() - 1, decisions));
        }
    }

    /// What led to the state in the making.
    fn decisions(&self) -> Vec<Decision<M>> {
        let mut decisions: Vec<Decision<M>> = Vec::new();
        for taken in &self.making.taken {
            match (taken, decisions.last_mut()) {
                (Taken::Offer(number), _) => decisions.push(Decision {
                    action: self.contents[*number as usize].action.clone(),
                    choices: Vec::new(),
                }),
                (Taken::Outcome(number), Some(last)) => {
                    let choices = self.outcomes[*number as usize].choices;
                    last.choices.extend_from_slice(&self.ids[choices.range()]);
                }
                (Taken::Outcome(_), None) => panic!("an outcome is one of an offer"),
            }
        }
        for decision in &mut decisions {
            while decision.choices.last() == Some(&0) {
                decision.choices.pop();
            }
        }
        decisions
    }

    /// The decisions that lead along the successors with these numbers.
    pub(super) fn follow(&mut self, space: &Interned<'_, M>, start: &[u32], path: &[u16]) -> Vec<Decision<M>> {
        let mut words = start.to_vec();
        let mut all = Vec::new();
        let mut out = Successors::default();
        for number in path {
            out.clear();
            self.wanted = Some((usize::from(*number), Vec::new()));
            self.successors(space, &words, 0, &mut out);
            for change in out.get(usize::from(*number)).1 {
                words[usize::from(change.at)] = change.word;
            }
            all.extend(self.wanted.take().into_iter().flat_map(|(_, decisions)| decisions));
        }
        all
    }

    /// From now on the offer behind each successor is noted.
    pub(super) fn note_offers(&mut self) {
        self.noted = Some(Vec::new());
    }

    /// The offers behind the successors since this was asked last.
    pub(super) fn noted_offers(&mut self) -> Vec<u32> {
        self.noted.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The action of an offer, if it happens by itself some day.
    pub(super) fn duty(&self, offer: u32) -> Option<&Action<M>> {
        let offered = &self.offers[offer as usize];
        offered.goes_on.then(|| &self.contents[offer as usize].action)
    }

    fn operate_all(&mut self, space: &Interned<'_, M>, ops: Run) {
        for op in ops.range() {
            self.operate(space, self.ids[op]);
        }
    }

    fn operate(&mut self, space: &Interned<'_, M>, op: u32) {
        let known = self.operations.get(op as usize).and_then(|operation| {
            let value = self.making.words[usize::from(operation.at)];
            let done = *operation.results.get(value as usize)?;
            (done.id != UNKNOWN).then_some((operation.at, operation.reached, done))
        });
        let (at, reached, done) = match known {
            Some(known) => known,
            None => self.operate_first(space, op),
        };
        self.making.marks.violated |= done.violated;
        self.making.marks.reached |= reached;
        self.making.fingerprint = self.making.fingerprint.wrapping_add(done.gain);
        self.making.set(at, done.id);
    }

    fn offers_of(&mut self, space: &Interned<'_, M>, at: usize, id: u32) -> Run {
        match self.offered[at].get(id as usize) {
            Some(known) if *known != Run::UNKNOWN => *known,
            _ => self.offer(space, at, id),
        }
    }

    fn affords(&mut self, space: &Interned<'_, M>, spend: u32) -> bool {
        let value = self.making.words[self.faults];
        let known = entry(entry(&mut self.affords, spend), value);
        *known.get_or_insert_with(|| plan::affords(&space.arena(), value, spend))
    }

    fn footprint(&mut self, space: &Interned<'_, M>, step: u32) -> Run {
        match self.footprints.get(step as usize) {
            Some(known) if *known != Run::UNKNOWN => *known,
            _ => self.footprint_first(space, step),
        }
    }

    fn outcomes(&mut self, space: &Interned<'_, M>, step: u32, places: Run) -> Run {
        let mut key: Key = [0; FOOTPRINT_MAX + 1];
        key[0] = step;
        for (word, place) in key[1..].iter_mut().zip(&self.ids[places.range()]) {
            *word = self.making.words[*place as usize];
        }
        match self.steps.get(&key, places.len as usize) {
            Some(known) => known,
            None => self.outcomes_first(space, places, &key),
        }
    }
}

/// What happens once: the arena is asked, handlers and operations run.
impl<M: Shareable> Worker<M> {
    #[cold]
    fn offer(&mut self, space: &Interned<'_, M>, at: usize, id: u32) -> Run {
        let mut offers = Vec::new();
        for plan in Plan::of(space, at, id) {
            offers.push(Offered {
                kind: plan.kind,
                spend: plan.spend,
                after: plan.own.0,
                gain: plan.own.1,
                reached: plan.own.2,
                ops: pooled(&mut self.ids, plan.ops),
                steps: pooled(&mut self.ids, plan.steps),
                goes_on: (space.goes_on)(&plan.offer),
            });
            self.contents.push(plan.offer);
        }
        let run = pooled(&mut self.offers, offers);
        *entry(&mut self.offered[at], id) = run;
        run
    }

    #[cold]
    fn operate_first(&mut self, space: &Interned<'_, M>, op: u32) -> (u16, u32, Operated) {
        let mut arena = space.arena();
        arena.op_runs += 1;
        let (at, contents) = arena.ops_of(op);
        let value = self.making.words[at];
        let (mut after, mut violated, mut reached) = (arena.get(at, value).clone(), 0, 0);
        for content in contents {
            if let Op::Record(node, fact) = content {
                for (property, bit) in &space.on_steps {
                    if (property.check)(space.config, &after, *node, fact).is_err() {
                        violated |= bit;
                    }
                }
            }
            reached |= (space.witnessing)(space.config, content);
            M::operate(&mut after, content);
        }
        let id = arena.value(at, after);
        let gain = arena.mix(at, id).wrapping_sub(arena.mix(at, value));
        let operation = entry(&mut self.operations, op);
        (operation.at, operation.reached) = (at as u16, reached);
        let done = entry(&mut operation.results, value);
        *done = Operated { id, violated, gain };
        (at as u16, reached, *done)
    }

    #[cold]
    fn footprint_first(&mut self, space: &Interned<'_, M>, step: u32) -> Run {
        let arena = space.arena();
        let (node, input) = arena.step_of(step);
        let mut slots = Vec::new();
        outcome::footprint(space.config, *node, input, &mut slots);
        assert!(
            slots.len() <= FOOTPRINT_MAX,
            "a footprint has at most {FOOTPRINT_MAX} slots"
        );
        let places = slots.iter().map(|slot| space.initial.index(*slot) as u32);
        let run = pooled(&mut self.ids, places);
        *entry(&mut self.footprints, step) = run;
        run
    }

    /// Runs the handler of a step for all answers to its choices.
    #[cold]
    fn outcomes_first(&mut self, space: &Interned<'_, M>, places: Run, key: &Key) -> Run {
        let mut arena = space.arena();
        let (node, input) = arena.step_of(key[0]).clone();
        let places: Vec<usize> = self.ids[places.range()].iter().map(|place| *place as usize).collect();
        let before = places.iter().zip(&key[1..]);
        let values: Vec<M::Value> = before.map(|(place, id)| arena.get(*place, *id).clone()).collect();
        let all = outcome::outcomes(space.config, node, &input, &values);
        arena.handler_runs += all.len() as u64;
        let mut outcomes = Vec::new();
        for outcome in all {
            let mut gain = 0_u64;
            let mut changes = Vec::new();
            for ((place, value), before) in places.iter().zip(outcome.values).zip(&key[1..]) {
                let id = arena.value(*place, value);
                if id != *before {
                    gain = gain.wrapping_add(arena.mix(*place, id));
                    gain = gain.wrapping_sub(arena.mix(*place, *before));
                    changes.extend([*place as u32, id]);
                }
            }
            let changes = pooled(&mut self.ids, changes);
            let ops = pooled(&mut self.ids, plan::ops(space, &mut arena, outcome.ops));
            let choices = pooled(&mut self.ids, outcome.choices.iter().map(|choice| choice.taken));
            outcomes.push(Outcome {
                changes,
                ops,
                choices,
                gain,
            });
        }
        let run = pooled(&mut self.outcomes, outcomes);
        self.steps.insert(*key, places.len(), run);
        run
    }
}

/// What is wrong with a state.
impl<M: Shareable> Worker<M> {
    /// Looks where these slots changed, or everywhere.
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
