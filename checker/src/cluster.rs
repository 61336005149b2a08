//! The cluster world as a searchable system: simple, slow, right. It clones and hashes; it is the yardstick.

use std::cell::RefCell;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use models::config::Config;
use models::message::Msg;
use models::settle::{goes_on, settled};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use rustc_hash::{FxBuildHasher, FxHashSet};
use sim_core::chooser::Odometer;
use sim_core::{Action, Input, Instance, Offer, Registered, Scratch, StepProperty, content, slot_mix};

use crate::interned::{AtRest, Interned};
use crate::properties::Liveness;
use crate::system::{Findings, Steps, System};
use crate::witness::{self, Reached};

/// One decision of a search: an action and the answers to its choices.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Decided {
    /// What happens.
    pub action: Action<Kafka>,
    /// Answers, trailing zeros left out.
    pub choices: Vec<u32>,
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.action)?;
        if self.choices.is_empty() {
            Ok(())
        } else {
            write!(f, " {:?}", self.choices)
        }
    }
}

/// A state: the contents of all slots, shared where they did not change.
pub type Shared = Vec<Arc<Value>>;

/// A cluster, with the properties that are looked at.
pub struct Cluster<'c> {
    config: &'c Config,
    slots: Vec<Slot>,
    initial: Vec<Value>,
    instances: Vec<(Instance<Kafka>, Vec<usize>)>,
    step_properties: Vec<StepProperty<Kafka>>,
    names: Vec<&'static str>,
    /// Hashes of the contents that each slot had, for statistics only.
    contents: RefCell<Vec<FxHashSet<u64>>>,
}

impl<'c> Cluster<'c> {
    /// The settled cluster of this configuration.
    pub fn new(config: &'c Config, properties: &[Registered<Kafka>], step_properties: &[StepProperty<Kafka>]) -> Self {
        let world = settled(config);
        let slots = world.slots().to_vec();
        let instances = properties.iter().flat_map(|property| (property.instances)(config));
        let placed = |instance: Instance<Kafka>| {
            let places = instance.slots.iter().map(|slot| world.index(*slot)).collect();
            (instance, places)
        };
        let instances = instances.map(placed).collect();
        let names = properties
            .iter()
            .map(|p| p.name)
            .chain(step_properties.iter().map(|p| p.name))
            .collect();
        let contents = RefCell::new(vec![FxHashSet::default(); slots.len()]);
        Self {
            config,
            contents,
            slots,
            initial: world.into_values(),
            instances,
            step_properties: step_properties.to_vec(),
            names,
        }
    }

    fn world(&self, state: &Shared) -> World<'c> {
        let mut world = World::new(self.config);
        world.set_values(state.iter().map(|value| Value::clone(value)).collect());
        world
    }

    fn share(before: &Shared, world: World<'_>) -> Shared {
        let values = world.into_values().into_iter().zip(before);
        values
            .map(|(value, old)| {
                if **old == value {
                    Arc::clone(old)
                } else {
                    Arc::new(value)
                }
            })
            .collect()
    }

    fn expand(&self, state: &Shared, world: &World<'c>, offer: &Offer<Kafka>, steps: &mut Steps<Self>) {
        let mut odometer = Odometer::default();
        let mut scratch = Scratch::watching(self.step_properties.clone());
        loop {
            let mut next = world.clone();
            next.apply(offer, &mut odometer, &mut scratch);
            let mut choices: Vec<u32> = scratch.choices.iter().map(|choice| choice.taken).collect();
            while choices.last() == Some(&0) {
                choices.pop();
            }
            let mut reached = Reached::default();
            reached.note(self.config, &scratch);
            let found = steps.add(
                Decided {
                    action: offer.action.clone(),
                    choices,
                },
                Self::share(state, next),
            );
            for (name, _) in &scratch.failures {
                found.violated(name);
            }
            for name in reached.names() {
                found.reached(name);
            }
            if !odometer.advance() {
                return;
            }
        }
    }

    /// How many different contents each slot had in the states that were judged, the most first.
    pub fn values_per_slot(&self) -> Vec<(Slot, usize)> {
        let contents = self.contents.borrow();
        let mut counts: Vec<_> = self
            .slots
            .iter()
            .zip(contents.iter())
            .map(|(slot, seen)| (*slot, seen.len()))
            .collect();
        counts.sort_by_key(|(slot, count)| (std::cmp::Reverse(*count), *slot));
        counts
    }
}

/// The settled cluster of this configuration, for the search at the speed of memory.
pub fn interned<'c>(
    config: &'c Config,
    properties: &[Registered<Kafka>],
    step_properties: &[StepProperty<Kafka>],
) -> Interned<'c, Kafka> {
    let witnesses = witness::ALL.iter().map(|(name, _)| *name).collect();
    Interned::new(settled(config), properties, step_properties, witnesses, witness::of_op)
}

/// These liveness properties, for a search that judges them where runs come to rest.
pub fn at_rest(properties: &[Liveness]) -> AtRest<Kafka> {
    AtRest {
        goes_on,
        properties: properties
            .iter()
            .map(|property| (property.name, property.check))
            .collect(),
    }
}

/// Whether the second delivery brings the answer to the fetch of the first. Kafka: `FetchRequest`, `FetchResponse`.
pub fn answers_a_fetch(request: &Offer<Kafka>, answer: &Offer<Kafka>) -> bool {
    let (
        [
            (
                leader,
                Input::Received {
                    from: follower,
                    msg: Msg::Fetch(_),
                    ..
                },
            ),
        ],
        [
            (
                to,
                Input::Received {
                    from,
                    msg: Msg::Fetched(_),
                    ..
                },
            ),
        ],
    ) = (&request.steps[..], &answer.steps[..])
    else {
        return false;
    };
    matches!(answer.action, Action::Deliver(_)) && (leader, follower) == (from, to)
}

impl System for Cluster<'_> {
    type State = Shared;
    type Action = Decided;

    fn initial(&self) -> Vec<Shared> {
        vec![self.initial.iter().cloned().map(Arc::new).collect()]
    }

    fn successors(&self, state: &Shared, steps: &mut Steps<Self>) {
        let world = self.world(state);
        let mut offers = Vec::new();
        world.enabled(&mut offers);
        for offer in &offers {
            self.expand(state, &world, offer, steps);
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        self.names.clone()
    }

    fn witnesses(&self) -> Vec<&'static str> {
        witness::ALL.iter().map(|(name, _)| *name).collect()
    }

    fn kinds(&self) -> Vec<&'static str> {
        vec!["deliver", "deliver late", "fire", "command", "environment"]
    }

    fn judge(&self, state: &Shared, found: &mut Findings) {
        for (seen, value) in self.contents.borrow_mut().iter_mut().zip(state) {
            seen.insert(FxBuildHasher.hash_one(value));
        }
        for (instance, places) in &self.instances {
            let values: Vec<&Value> = places.iter().map(|place| &*state[*place]).collect();
            if (instance.check)(self.config, &values).is_err() {
                found.violated(instance.name);
            }
        }
    }

    fn fingerprint(&self, state: &Shared) -> u64 {
        let mut bytes = Vec::new();
        let values = state.iter().enumerate();
        let mixes = values.map(|(at, value)| slot_mix(at, content(&**value, &mut bytes)));
        mixes.fold(0, u64::wrapping_add)
    }

    fn kind(&self, action: &Decided) -> &'static str {
        match &action.action {
            Action::Deliver(_) => "deliver",
            Action::DeliverOverdue(_) => "deliver late",
            Action::Fire(..) => "fire",
            Action::Command(..) => "command",
            Action::Environment(_) => "environment",
        }
    }
}
