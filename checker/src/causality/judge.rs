//! Who says whether a property still fails: the registered properties, looked at after every step and at rest.

use models::{Kafka, World};
use sim_core::trace::perform;
use sim_core::{Registered, Scratch, StepProperty};

use super::Finding;
use crate::narrate::Tale;
use crate::properties::{LIVENESS, Liveness, REGISTERED, STEP, UNPROMISED};
use crate::watch::Watch;

/// Properties that a rerun is judged by: as a rule the one that a trace violates, so that no other comes before it.
#[derive(Clone)]
pub struct Judge {
    states: Vec<Registered<Kafka>>,
    steps: Vec<StepProperty<Kafka>>,
    ends: Vec<Liveness>,
}

impl Judge {
    /// Judges by these properties: of states, of steps, of what comes in the end.
    pub fn new(states: &[Registered<Kafka>], steps: &[StepProperty<Kafka>], ends: &[Liveness]) -> Self {
        Self {
            states: states.to_vec(),
            steps: steps.to_vec(),
            ends: ends.to_vec(),
        }
    }

    /// Judges by the property of this name alone. `None` when there is none of this name.
    pub fn named(name: &str) -> Option<Self> {
        let states = REGISTERED.iter().chain(UNPROMISED);
        let judge = Self {
            states: states.filter(|row| row.name == name).copied().collect(),
            steps: STEP.iter().filter(|row| row.name == name).copied().collect(),
            ends: LIVENESS.iter().filter(|row| row.name == name).copied().collect(),
        };
        let known = !judge.states.is_empty() || !judge.steps.is_empty() || !judge.ends.is_empty();
        known.then_some(judge)
    }

    /// The properties placed on the slots of a world, and a scratch that watches the steps.
    pub(super) fn seated(&self, world: &World<'_>) -> (Court<'_>, Scratch<Kafka>) {
        let watch = Watch::new(world, &self.states, &self.steps);
        (
            Court {
                watch,
                ends: &self.ends,
            },
            Scratch::watching(self.steps.clone()),
        )
    }
}

/// Properties placed on the slots of one world.
pub(super) struct Court<'j> {
    watch: Watch,
    ends: &'j [Liveness],
}

impl Court<'_> {
    /// What the last action broke.
    pub(super) fn after(&self, world: &World<'_>, scratch: &Scratch<Kafka>) -> Option<Finding> {
        self.watch.after(world, scratch).as_ref().map(Finding::from)
    }

    /// What does not hold of a world that nothing free of cost can change any more.
    pub(super) fn at_rest(&self, world: &World<'_>) -> Option<Finding> {
        self.ends.iter().find_map(|property| {
            let failure = (property.check)(world).err()?;
            Some(Finding {
                property: property.name.into(),
                about: failure.about,
            })
        })
    }
}

/// The first step of a tale that broke something, and what; properties of the end are not asked.
pub fn first_failure(tale: &Tale<'_>, judge: &Judge) -> Option<(usize, Finding)> {
    let mut world = tale.world_after(0);
    let (court, mut scratch) = judge.seated(&world);
    tale.decisions().iter().enumerate().find_map(|(at, decision)| {
        perform(&mut world, decision, &mut scratch).expect("a tale consists of decisions that fit");
        Some((at + 1, court.after(&world, &scratch)?))
    })
}
