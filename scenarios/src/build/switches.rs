//! Owns the switches of each node: preset, then what the scenario says otherwise.

use models::features::{Features, NotASwitch, preset};
use models::ids::BrokerId;

use super::quorum::is_of_quorum;
use super::{Refusal, byte, refuse};
use crate::scenario::names::switch_value;
use crate::scenario::schema::Scenario;

/// The controller's switches, and those of each broker in order of ids.
pub(super) fn of_nodes(scenario: &Scenario) -> Result<(Features, Vec<(BrokerId, Features)>), Refusal> {
    let controller = switched(scenario, &scenario.preset, "preset")?;
    let mut brokers = Vec::new();
    for node in &scenario.brokers {
        let id = BrokerId(byte("brokers", "broker", u64::from(node.0))?);
        let features = match scenario.broker_presets.get(node) {
            Some(other) => switched(scenario, other, "broker_presets")?,
            None => controller,
        };
        brokers.push((id, features));
    }
    brokers.sort_by_key(|(id, _)| *id);
    Ok((controller, brokers))
}

fn switched(scenario: &Scenario, name: &str, path: &str) -> Result<Features, Refusal> {
    let known = preset(name).ok_or_else(|| refuse(path, format!("there is no preset `{name}`")))?;
    let mut features = known.features;
    for (switch, value) in scenario.switches.iter().filter(|(switch, _)| !is_of_quorum(switch)) {
        let value = switch_value(value);
        features.set(switch, &value).map_err(|why| match why {
            NotASwitch::UnknownName => refuse("switches", format!("there is no switch `{switch}`")),
            NotASwitch::UnknownValue => refuse("switches", format!("the switch `{switch}` cannot be `{value}`")),
        })?;
    }
    Ok(features)
}
