//! Owns the names that a scenario may use, as the loader wants them; and what of the properties a scenario checks.

use std::sync::LazyLock;

use checker::explore::SAMPLERS;
use checker::properties::Liveness;
use checker::{properties, witness};
use models::Kafka;
use models::features::{Features, PRESETS};
use models::raft::Rules;
use sim_core::{Registered, StepProperty};

use crate::build::quorum::has_quorum;
use crate::scenario::names::{Names, SwitchName};
use crate::scenario::schema::Scenario;

static PRESET_NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| PRESETS.iter().map(|preset| preset.name).collect());

static PROPERTY_NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| properties::ALL.iter().map(|about| about.name).collect());

static WITNESS_NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| witness::ALL.iter().map(|(name, _)| *name).collect());

static SWITCH_WORDS: LazyLock<Vec<(&'static str, Vec<&'static str>)>> =
    LazyLock::new(|| Features::values().into_iter().chain(Rules::values()).collect());

static SWITCH_NAMES: LazyLock<Vec<SwitchName<'static>>> = LazyLock::new(|| {
    SWITCH_WORDS
        .iter()
        .map(|(name, values)| SwitchName { name, values })
        .collect()
});

static SAMPLER_NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| SAMPLERS.iter().map(|(name, ..)| *name).collect());

/// All names that a scenario may use.
pub fn names() -> Names<'static> {
    Names {
        presets: &PRESET_NAMES,
        properties: &PROPERTY_NAMES,
        witnesses: &WITNESS_NAMES,
        switches: &SWITCH_NAMES,
        samplers: &SAMPLER_NAMES,
    }
}

/// Properties of states that a scenario checks: those that it names or all that are promised, without those that it omits.
pub fn properties(scenario: &Scenario) -> Vec<Registered<Kafka>> {
    let promised = properties::REGISTERED
        .iter()
        .filter(|property| is_checked(scenario, property.name));
    let named = |property: &&Registered<Kafka>| scenario.properties.iter().any(|wanted| wanted == property.name);
    promised
        .chain(properties::UNPROMISED.iter().filter(named))
        .copied()
        .collect()
}

/// Properties of steps that a scenario checks.
pub fn step_properties(scenario: &Scenario) -> Vec<StepProperty<Kafka>> {
    properties::STEP
        .iter()
        .filter(|property| is_checked(scenario, property.name))
        .copied()
        .collect()
}

/// Properties of the last world that a scenario checks.
pub fn liveness(scenario: &Scenario) -> Vec<Liveness> {
    properties::LIVENESS
        .iter()
        .filter(|property| is_checked(scenario, property.name))
        .copied()
        .collect()
}

fn is_checked(scenario: &Scenario, name: &str) -> bool {
    let applies = has_quorum(scenario) || !properties::OF_A_QUORUM.contains(&name);
    let all = scenario.properties.is_empty() && applies;
    let named = all || scenario.properties.iter().any(|wanted| wanted == name);
    named && scenario.omit.iter().all(|omission| omission.property != name)
}
