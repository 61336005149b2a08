//! Owns the KRaft quorum of a scenario: its controllers, whether they are brokers as well, and the rules of its release.

use models::features::Features;
use models::ids::{BrokerId, ControllerId};
use models::kraft::quorum::Roster;
use models::kraft::quorum::roster::MEMBERS_MAX;
use models::raft::Rules;

use super::{Refusal, byte, refuse};
use crate::scenario::names::switch_value;
use crate::scenario::schema::{Control, NodeId, Scenario};

/// Whether several controllers decide, or one that is a broker.
pub(super) fn has_quorum(scenario: &Scenario) -> bool {
    match &scenario.control {
        Control::Kraft { controllers } => controllers.len() > 1,
        Control::KraftCombined { .. } => true,
        Control::ZooKeeper { .. } => false,
    }
}

/// The quorum, where the scenario has one. A single controller on a node of its own is none: it never fails.
pub(super) fn of(scenario: &Scenario, brokers: &[(BrokerId, Features)]) -> Result<Option<Roster>, Refusal> {
    let (nodes, path): (&[NodeId], _) = match &scenario.control {
        Control::Kraft { controllers } if controllers.len() > 1 => (controllers, "control.controllers"),
        Control::KraftCombined { nodes } => (nodes, "control.nodes"),
        Control::Kraft { .. } | Control::ZooKeeper { .. } => return nothing_to_switch(scenario).map(|()| None),
    };
    let mut controllers = Vec::new();
    for node in nodes {
        controllers.push(ControllerId(byte(path, "controller", u64::from(node.0))?));
    }
    let brokers: Vec<BrokerId> = brokers.iter().map(|(id, _)| *id).collect();
    let apart = brokers.iter().filter(|id| !controllers.contains(&ControllerId(id.0)));
    let processes = controllers.len() + apart.count();
    if processes > MEMBERS_MAX {
        let sentence = format!("controllers and brokers in {processes} processes are more than can be simulated");
        let help = format!("use at most {MEMBERS_MAX} processes, or one controller: `Kraft(controllers: [101])`");
        return Err(Box::new(refuse(path, sentence).help(help)));
    }
    Ok(Some(Roster::new(&controllers, &brokers, rules(scenario)?)))
}

/// Whether a switch is one of the quorum, and of no node by itself.
pub(super) fn is_of_quorum(switch: &str) -> bool {
    Rules::values().iter().any(|(name, _)| *name == switch)
}

/// The rules of the release, then what the scenario says otherwise.
fn rules(scenario: &Scenario) -> Result<Rules, Refusal> {
    let mut rules = Rules::of_preset(&scenario.preset);
    for (switch, value) in scenario.switches.iter().filter(|(switch, _)| is_of_quorum(switch)) {
        let value = switch_value(value);
        let set = rules.set(switch, &value);
        set.map_err(|_| refuse("switches", format!("the switch `{switch}` cannot be `{value}`")))?;
    }
    Ok(rules)
}

fn nothing_to_switch(scenario: &Scenario) -> Result<(), Refusal> {
    match scenario.switches.keys().find(|switch| is_of_quorum(switch)) {
        None => Ok(()),
        Some(switch) => {
            let sentence = format!("the switch `{switch}` is one of a quorum of controllers, and there is none");
            Err(Box::new(
                refuse("switches", sentence).help("use `KraftCombined(nodes: [...])` or several controllers"),
            ))
        }
    }
}
