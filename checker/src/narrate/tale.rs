//! A replayed trace with all that each step did: what narration, causality and explanation read. It never runs ahead.

use std::fmt;

use models::actions::{Event, Timer};
use models::config::Config;
use models::fact::Fact;
use models::ids::Node;
use models::message::Msg;
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::trace::{Decision, Misfit, deed, perform};
use sim_core::{Action, Choice, Digest, Input, Op, Scratch};

/// One slot before and after a step that changed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Which slot.
    pub slot: Slot,
    /// Its content before.
    pub before: Value,
    /// Its content after.
    pub after: Value,
}

/// One decision, performed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its place in the trace, from 1.
    pub number: usize,
    /// What happened, by identity.
    pub action: Action<Kafka>,
    /// What each node got, in order; a delivered message stands here.
    pub inputs: Vec<(Node, Input<Kafka>)>,
    /// Choices and their answers.
    pub choices: Vec<Choice>,
    /// The operations that were performed, in order.
    pub ops: Vec<(Slot, Op<Kafka>)>,
    /// Slots that were read, written or operated on, ascending.
    pub touched: Vec<Slot>,
    /// Slots whose content is another one now, ascending.
    pub changed: Vec<Change>,
    /// Timers that were armed.
    pub armed: Vec<(Node, Timer)>,
    /// The digest of what it did, as a trace records it.
    pub digest: Digest,
}

impl Step {
    /// Facts that were announced, in order, each with its node.
    pub fn facts(&self) -> impl Iterator<Item = (Node, &Fact)> + '_ {
        self.ops.iter().filter_map(|(_, op)| {
            if let Op::Record(node, fact) = op {
                Some((*node, fact))
            } else {
                None
            }
        })
    }

    /// Messages that were sent, in order, each with its queue (some of them into a void).
    pub fn sent(&self) -> impl Iterator<Item = (Slot, &Msg)> + '_ {
        self.ops.iter().filter_map(|(slot, op)| {
            if let Op::Push(msg) = op {
                Some((*slot, msg))
            } else {
                None
            }
        })
    }

    /// The message that arrived, with its receiver and sender.
    pub fn received(&self) -> Option<(Node, Node, &Msg)> {
        self.inputs.iter().find_map(|(node, input)| match input {
            Input::Received { from, msg, .. } => Some((*node, *from, msg)),
            Input::Disconnected(_) | Input::Fired(_) | Input::Commanded(_) | Input::Local(_) => None,
        })
    }

    /// How this slot changed, if it did.
    pub fn change(&self, slot: Slot) -> Option<&Change> {
        let at = self.changed.binary_search_by_key(&slot, |change| change.slot).ok()?;
        Some(&self.changed[at])
    }

    /// Whether nothing came of it: only queues and what was promised are different.
    pub fn is_idle(&self) -> bool {
        self.changed
            .iter()
            .all(|change| matches!(change.slot, Slot::Queue(..) | Slot::Ledger))
    }

    /// Whether it came from outside: it spent a fault of the budget, or the environment did it (a restart, a heal).
    pub fn is_fault(&self) -> bool {
        let spent = self.ops.iter().any(|(_, op)| matches!(op, Op::Spend(_)));
        let merged = matches!(self.action, Action::Environment(Event::Merge(_)));
        spent || (matches!(self.action, Action::Environment(_)) && !merged)
    }
}

/// A step that does not fit the build or the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stuck {
    /// Its number, from 1.
    pub step: usize,
    /// Why it does not fit.
    pub misfit: Misfit,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} does not fit: {}", self.step, self.misfit)
    }
}

impl std::error::Error for Stuck {}

/// A trace as a story: where it began, what was decided, and what each decision did.
#[derive(Clone, Debug)]
pub struct Tale<'c> {
    config: &'c Config,
    slots: Vec<Slot>,
    initial: Vec<Value>,
    decisions: Vec<Decision<Kafka>>,
    steps: Vec<Step>,
}

impl<'c> Tale<'c> {
    /// Replays decisions from a state of this configuration, given as the contents of its slots in canonical order.
    ///
    /// # Errors
    /// At the first decision that is not possible or asks other choices.
    pub fn of(config: &'c Config, initial: &[Value], decisions: &[Decision<Kafka>]) -> Result<Self, Stuck> {
        let mut world = World::new(config);
        world.set_values(initial.to_vec());
        let mut scratch = Scratch::default();
        let mut steps = Vec::with_capacity(decisions.len());
        for (at, decision) in decisions.iter().enumerate() {
            let step = take_step(&mut world, at + 1, decision, &mut scratch);
            steps.push(step.map_err(|misfit| Stuck { step: at + 1, misfit })?);
        }
        let slots = world.slots().to_vec();
        Ok(Self {
            config,
            slots,
            initial: initial.to_vec(),
            decisions: decisions.to_vec(),
            steps,
        })
    }

    /// What never changes.
    pub fn config(&self) -> &'c Config {
        self.config
    }

    /// The contents of all slots before the first step.
    pub fn initial(&self) -> &[Value] {
        &self.initial
    }

    /// The decisions, as they were given.
    pub fn decisions(&self) -> &[Decision<Kafka>] {
        &self.decisions
    }

    /// All steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step of this number (from 1).
    pub fn step(&self, number: usize) -> Option<&Step> {
        self.steps.get(number.checked_sub(1)?)
    }

    /// The number of the last step; 0 when there is none.
    pub fn last(&self) -> usize {
        self.steps.len()
    }

    /// What stood in a slot after so many steps (0: at the beginning). `None` when the scenario has no such slot.
    pub fn value(&self, slot: Slot, after: usize) -> Option<&Value> {
        let place = self.slots.binary_search(&slot).ok()?;
        let earlier = self.steps[..after.min(self.steps.len())].iter().rev();
        let changed = earlier.filter_map(|step| step.change(slot)).next();
        Some(changed.map_or(&self.initial[place], |change| &change.after))
    }

    /// The whole world after so many steps (0: at the beginning).
    pub fn world_after(&self, after: usize) -> World<'c> {
        let value = |slot: &Slot| {
            self.value(*slot, after)
                .expect("the scenario lays out this slot")
                .clone()
        };
        let mut world = World::new(self.config);
        world.set_values(self.slots.iter().map(value).collect());
        world
    }
}

fn take_step(
    world: &mut World<'_>,
    number: usize,
    decision: &Decision<Kafka>,
    scratch: &mut Scratch<Kafka>,
) -> Result<Step, Misfit> {
    let offer = world.find(&decision.action);
    let before = world.values().to_vec();
    perform(world, decision, scratch)?;
    let mut places = scratch.touched.clone();
    places.sort_unstable();
    places.dedup();
    let slots = world.slots();
    let changed = places
        .iter()
        .filter(|place| before[**place] != world.values()[**place])
        .map(|place| Change {
            slot: slots[*place],
            before: before[*place].clone(),
            after: world.values()[*place].clone(),
        });
    Ok(Step {
        number,
        action: decision.action.clone(),
        inputs: offer.map(|offer| offer.steps.into_vec()).unwrap_or_default(),
        choices: scratch.choices.clone(),
        ops: scratch.ops.clone(),
        touched: places.iter().map(|place| slots[*place]).collect(),
        changed: changed.collect(),
        armed: scratch.armed.iter().map(|(node, timer, _)| (*node, *timer)).collect(),
        digest: deed(scratch).digest,
    })
}
