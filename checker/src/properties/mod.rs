//! Properties of the cluster world.

use models::Kafka;
use sim_core::{Registered, StepProperty};

/// Properties of states.
pub const REGISTERED: &[Registered<Kafka>] = &[];
/// Properties of steps.
pub const STEP: &[StepProperty<Kafka>] = &[];
