//! Owns the KRaft quorum of a scenario: its controllers, whether they are brokers as well, and the rules of its release.

use models::features::Features;
use models::ids::{BrokerId, ControllerId};
use models::kraft::quorum::Roster;
use models::kraft::quorum::roster::MEMBERS_MAX;
use models::raft::Rules;

use super::{Refusal, byte, refuse};
use crate::scenario::schema::{Control, NodeId, Scenario};

/// The quorum, where the scenario has one. A single controller on a node of its own is none: it never fails.
pub(super) fn of(scenario: &Scenario, brokers: &[(BrokerId, Features)]) -> Result<Option<Roster>, Refusal> {
    let (nodes, path): (&[NodeId], _) = match &scenario.control {
        Control::Kraft { controllers } if controllers.len() > 1 => (controllers, "control.controllers"),
        Control::KraftCombined { nodes } => (nodes, "control.nodes"),
        Control::Kraft { .. } | Control::ZooKeeper { .. } => return Ok(None),
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
    Ok(Some(Roster::new(
        &controllers,
        &brokers,
        Rules::of_preset(&scenario.preset),
    )))
}
