//! What tools and files show of a quorum.

use std::collections::BTreeMap;

use models::ids::ControllerId;
use models::quorum::{Epoch, NodeId as Member};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use serde_json::{Value as Json, json};
use sim_core::Timed;

use super::build::{Blueprint, controller};
use super::{NodeNames, QuorumTable};
use crate::conform::preset::Preset;
use crate::recording::{Fields, NodeId};
use crate::tools::Edition;
use crate::view;

/// Where the controller listener of node 0 would be: that of a node is so much further on.
const FIRST_PORT: i32 = 30092;

/// The lines of `kafka-metadata-quorum describe`; none while nobody leads.
pub(super) fn describe(
    blueprint: &Blueprint,
    timed: &Timed<'_, Kafka>,
    table: QuorumTable,
    named: NodeNames,
) -> Option<Vec<String>> {
    let address = |id: i32| match named {
        NodeNames::Localhost => format!("localhost:{}", FIRST_PORT + id),
        NodeNames::Own => format!("node-{id}:{}", FIRST_PORT + id),
    };
    let quorum = view::quorum(&timed.world, "", address)?;
    let printed = match table {
        QuorumTable::Status => quorum.status(edition(blueprint)),
        QuorumTable::Replication => quorum.replication(),
    };
    Some(printed.stdout)
}

fn edition(blueprint: &Blueprint) -> Edition {
    match blueprint.head.version.line() {
        (..=3, 8) => Edition::Kraft3_8,
        (..=3, _) => Edition::Kraft3_9,
        (4, 0) => Edition::Kraft4_0,
        (4, 1) => Edition::Kraft4_1,
        (4, 2) => Edition::Kraft4_2,
        _ => Edition::Kraft4_3,
    }
}

/// Whether a controller is active whose log is led in that epoch.
pub(super) fn decides(world: &World<'_>) -> bool {
    let active = |id: Member| match (world.get(Slot::QuorumController(id)), world.get(Slot::RaftManager(id))) {
        (Value::QuorumController(controller), Value::RaftManager(manager)) => {
            manager.member.leads() && controller.active == Some(manager.member.epoch())
        }
        (other, _) => panic!("the slot of a controller holds {other:?}"),
    };
    world.config().roster().voters().any(|(id, _)| active(id))
}

/// For whom each controller voted in its epoch. A file of 4.0 and later keeps that when a leader is known; the model forgets it,
/// as it changes nothing any more.
#[derive(Debug, Default)]
pub(super) struct Votes(BTreeMap<Member, (Epoch, Member)>);

impl Votes {
    /// Takes note of votes.
    pub(super) fn note(&mut self, world: &World<'_>) {
        for (id, _) in world.config().roster().voters() {
            if let Value::RaftManager(manager) = world.get(Slot::RaftManager(id))
                && let Some(voted) = manager.member.state().voted
            {
                self.0.insert(id, (manager.member.epoch(), voted.id));
            }
        }
    }
}

/// The fields of a controller's quorum-state.
pub(super) fn state(blueprint: &Blueprint, world: &World<'_>, votes: &Votes, node: NodeId) -> Option<Fields> {
    let roster = blueprint.config.quorum.as_ref()?;
    let id = controller(node)?;
    let (me, _) = roster.voters().find(|(_, other)| *other == id)?;
    let Value::RaftManager(manager) = world.get(Slot::RaftManager(me)) else {
        return None;
    };
    let number = |member: Member| {
        let found = roster.voters().find(|(id, _)| *id == member);
        found.map_or(-1, |(_, ControllerId(id))| i32::from(id))
    };
    let state = manager.member.state();
    let kept = votes
        .0
        .get(&me)
        .filter(|(epoch, _)| *epoch == state.epoch)
        .map(|(_, voted)| *voted);
    let keeps = Preset::of(&blueprint.head).is_some() && blueprint.head.version.line() >= (4, 0);
    let voted = match (state.leader, state.voted) {
        (Some(leader), _) if leader == me || !keeps => None,
        (Some(_), _) => kept,
        (None, voted) => voted.map(|voted| voted.id),
    };
    let voters: Vec<Json> = roster.voters().map(|(_, id)| json!({"voterId": id.0})).collect();
    let fields = json!({
        "clusterId": "",
        "leaderId": state.leader.map_or(-1, number),
        "leaderEpoch": state.epoch.0,
        "votedId": voted.map_or(-1, number),
        "appliedOffset": 0,
        "currentVoters": voters,
        "data_version": 0,
    });
    match fields {
        Json::Object(fields) => Some(fields),
        _ => None,
    }
}
