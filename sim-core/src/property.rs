//! What must hold: of a state (a conjunction over small tuples of slots) and of a step (the ledger before a fact).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::footprint::View;
use crate::model::Model;

/// Why a property does not hold, and about what.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Failure {
    /// The object concerned, in words that stay the same when a trace is shrunk: `m1`, `t-0`.
    pub about: String,
    /// One sentence.
    pub reason: String,
}

impl Failure {
    /// A failure about an object.
    pub fn new(about: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// A property of states: one file each.
pub trait Property<M: Model> {
    /// At most three slots, read-only.
    type View: View<M>;
    /// Its name in words.
    const NAME: &'static str;
    /// What it says, in one sentence.
    const CLAIM: &'static str;
    /// One instance per key.
    fn keys(config: &M::Config) -> Vec<<Self::View as View<M>>::Key>;
    /// Whether it holds of these slots.
    ///
    /// # Errors
    /// Says what is wrong when it does not.
    fn check(config: &M::Config, at: <Self::View as View<M>>::At<'_>) -> Result<(), Failure>;
}

type Check<M> = dyn Fn(&<M as Model>::Config, &[&<M as Model>::Value]) -> Result<(), Failure> + Send + Sync;

/// One instance of a property: its slots, and the check on their values.
pub struct Instance<M: Model> {
    /// The property's name.
    pub name: &'static str,
    /// At most three.
    pub slots: Vec<M::Slot>,
    /// The check, on the values under these names.
    pub check: Box<Check<M>>,
}

/// A row of the registry.
pub struct Registered<M: Model> {
    /// Its name in words.
    pub name: &'static str,
    /// What it says.
    pub claim: &'static str,
    /// All its instances in this configuration.
    pub instances: fn(&M::Config) -> Vec<Instance<M>>,
}

impl<M: Model> Clone for Registered<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model> Copy for Registered<M> {}

/// Makes the row of a property.
pub const fn register<M: Model, P: Property<M> + 'static>() -> Registered<M> {
    Registered {
        name: P::NAME,
        claim: P::CLAIM,
        instances: instances::<M, P>,
    }
}

fn instances<M: Model, P: Property<M> + 'static>(config: &M::Config) -> Vec<Instance<M>> {
    let instance = |key| {
        let mut slots = Vec::new();
        P::View::slots(key, &mut slots);
        let check =
            Box::new(move |config: &M::Config, values: &[&M::Value]| P::check(config, P::View::bind(key, values)));
        Instance {
            name: P::NAME,
            slots,
            check,
        }
    };
    P::keys(config).into_iter().map(instance).collect()
}

/// Whether a fact may be announced, given the ledger before it.
pub type StepCheck<M> =
    fn(&<M as Model>::Config, &<M as Model>::Value, <M as Model>::Node, &<M as Model>::Fact) -> Result<(), Failure>;

/// A property of steps: the ledger as it was before the fact.
pub struct StepProperty<M: Model> {
    /// Its name in words.
    pub name: &'static str,
    /// What it says.
    pub claim: &'static str,
    /// Whether this fact may be announced now.
    pub check: StepCheck<M>,
}

impl<M: Model> Clone for StepProperty<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model> Copy for StepProperty<M> {}
