//! Which properties are looked at, and when: those whose slots were touched, after each action.

use models::config::Config;
use models::{Kafka, World};
use sim_core::{Failure, Instance, Registered, Scratch, StepProperty};

use models::slots::Value;

/// A property that does not hold, and about what.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Violation {
    /// The property's name.
    pub property: &'static str,
    /// The object concerned, and why.
    pub failure: Failure,
}

impl Violation {
    /// Whether another one is the same property about the same kind of object.
    pub fn is_like(&self, other: &Violation) -> bool {
        let kind = |about: &str| about.chars().next();
        self.property == other.property && kind(&self.failure.about) == kind(&other.failure.about)
    }
}

/// The properties of a scenario, placed on its slots.
pub struct Watch {
    instances: Vec<(Instance<Kafka>, Vec<usize>)>,
    by_slot: Vec<Vec<usize>>,
    /// Properties of steps.
    pub step_properties: Vec<StepProperty<Kafka>>,
}

impl Watch {
    /// Places these properties on the slots of a world.
    pub fn new(world: &World<'_>, states: &[Registered<Kafka>], steps: &[StepProperty<Kafka>]) -> Self {
        let mut watch = Self {
            instances: Vec::new(),
            by_slot: world.slots().iter().map(|_| Vec::new()).collect(),
            step_properties: steps.to_vec(),
        };
        for instance in states.iter().flat_map(|property| (property.instances)(world.config())) {
            let places: Vec<usize> = instance.slots.iter().map(|slot| world.index(*slot)).collect();
            for place in &places {
                watch.by_slot[*place].push(watch.instances.len());
            }
            watch.instances.push((instance, places));
        }
        watch
    }

    /// The first property that the last action broke: of the step first, then of the state.
    pub fn after(&self, world: &World<'_>, scratch: &Scratch<Kafka>) -> Option<Violation> {
        if let Some((property, failure)) = scratch.failures.first() {
            return Some(Violation {
                property,
                failure: failure.clone(),
            });
        }
        let mut seen = Vec::new();
        for place in &scratch.touched {
            for at in &self.by_slot[*place] {
                if !seen.contains(at) {
                    seen.push(*at);
                }
            }
        }
        seen.sort_unstable();
        seen.into_iter().find_map(|at| self.check(world, at))
    }

    /// The first property that does not hold of this world.
    pub fn of(&self, world: &World<'_>) -> Option<Violation> {
        (0..self.instances.len()).find_map(|at| self.check(world, at))
    }

    fn check(&self, world: &World<'_>, at: usize) -> Option<Violation> {
        let (instance, places) = &self.instances[at];
        let values: Vec<&Value> = places.iter().map(|place| &world.values()[*place]).collect();
        let failure = (instance.check)(world.config(), &values).err()?;
        Some(Violation {
            property: instance.name,
            failure,
        })
    }

    /// The checks of states by themselves, for engines that keep other states: name, places, and whether it holds.
    pub fn failing<'w>(
        &'w self,
        config: &'w Config,
        values: &'w [&'w Value],
    ) -> impl Iterator<Item = &'static str> + 'w {
        self.instances.iter().filter_map(move |(instance, places)| {
            let picked: Vec<&Value> = places.iter().map(|place| values[*place]).collect();
            (instance.check)(config, &picked).is_err().then_some(instance.name)
        })
    }
}
