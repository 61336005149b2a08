//! What a recording with ZooKeeper shows besides: nodes of the tree, who becomes controller, what brokers are told.

use std::collections::{BTreeMap, BTreeSet};

use models::broker::Stage;
use models::cluster::{Cluster, PartitionState};
use models::ids::{BrokerId, LeaderEpoch, Node, Partition, PartitionEpoch};
use models::message::{Lane, Msg};
use models::slots::{Slot, Value};
use models::zookeeper::{Path, Request, Znode, ZooKeeper};
use models::{Kafka, World};
use serde_json::{Value as Json, json};
use sim_core::Timed;

use super::build::{Blueprint, broker, node};
use super::chance::{head, image, life};
use super::past::shown;
use super::{Change, NotModelled};
use crate::recording::NodeId;

/// The tree, where there is one.
pub(super) fn tree<'w>(world: &'w World<'_>) -> Option<&'w ZooKeeper> {
    match world.has(Slot::ZooKeeper).then(|| world.get(Slot::ZooKeeper))? {
        Value::ZooKeeper(tree) => Some(tree),
        other => panic!("the slot of ZooKeeper holds {other:?}"),
    }
}

/// Brokers that may become the controller next: each has a session, and works.
pub(super) fn candidates(world: &World<'_>, blueprint: &Blueprint) -> Vec<NodeId> {
    let Some(tree) = tree(world) else { return Vec::new() };
    let may = |id: &BrokerId| {
        let life = life(world, *id);
        tree.is_session(*id, life.epoch) && life.stage != Stage::Down && !life.timers.is_frozen()
    };
    blueprint.config.broker_ids().filter(may).map(node).collect()
}

/// Whether this broker is about to become the controller.
pub(super) fn is_elected_next(world: &World<'_>, id: BrokerId) -> bool {
    let lane = Slot::Queue(Node::Broker(id), Node::ZooKeeper, Lane::Session);
    let asks = matches!(head(world, lane), Some(Msg::Zk(_, request)) if **request == Request::Elect);
    asks && tree(world).is_some_and(|tree| tree.controller.is_none())
}

/// Version and content of a node.
pub(super) fn znode(world: &World<'_>, blueprint: &Blueprint, path: &str) -> Result<Option<(u32, Json)>, NotModelled> {
    let none = || NotModelled(format!("the znode {path} is not modelled"));
    let tree = tree(world).ok_or_else(none)?;
    let old = blueprint.head.version.line() < (3, 4);
    Ok(match tree.get(parsed(blueprint, path).ok_or_else(none)?) {
        None => None,
        Some(Znode::Controller(id)) if old => Some((0, json!({"version": 1, "brokerid": id.0, "timestamp": ""}))),
        Some(Znode::Controller(id)) => {
            let fields = json!({"version": 2, "brokerid": id.0, "timestamp": "", "kraftControllerEpoch": -1});
            Some((0, fields))
        }
        Some(Znode::ControllerEpoch(epoch)) => Some((u32::from(epoch.0), json!(epoch.0))),
        Some(Znode::State(state, author)) => {
            let isr: Vec<u8> = state.isr.iter().map(|id| id.0).collect();
            let mut fields = json!({
                "controller_epoch": author.0,
                "leader": state.leader.map_or(-1, |leader| i32::from(leader.0)),
                "version": 1,
                "leader_epoch": state.leader_epoch.0,
                "isr": isr,
            });
            if state.recovery == models::cluster::Recovery::Recovering && !old {
                fields["leader_recovery_state"] = json!(1);
            }
            Some((u32::from(state.partition_epoch.0), fields))
        }
        Some(Znode::Broker(_)) => {
            let id = path
                .rsplit('/')
                .next()
                .and_then(|id| id.parse().ok())
                .map_or(NodeId::NONE, NodeId);
            Some((1, registration(blueprint, id)))
        }
        Some(Znode::Topic | Znode::Config(_)) => return Err(none()),
    })
}

/// What a broker of 3.9 writes into its node.
fn registration(blueprint: &Blueprint, id: NodeId) -> Json {
    let address = blueprint.head.address_of(id);
    let address = address.trim_start_matches('/');
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "0"));
    json!({
        "features": {},
        "listener_security_protocol_map": {"PLAINTEXT": "PLAINTEXT"},
        "endpoints": [format!("PLAINTEXT://{address}")],
        "jmx_port": -1,
        "port": port.parse::<u32>().unwrap_or(0),
        "host": host,
        "version": 5,
        "timestamp": "",
    })
}

/// `/brokers/topics/t/partitions/0/state`, `/controller`, `/controller_epoch`.
fn parsed(blueprint: &Blueprint, path: &str) -> Option<Path> {
    match path {
        "/controller" => return Some(Path::Controller),
        "/controller_epoch" => return Some(Path::ControllerEpoch),
        _ => {}
    }
    if let Some(id) = path.strip_prefix("/brokers/ids/") {
        return id.parse().ok().and_then(|id| broker(NodeId(id))).map(Path::Broker);
    }
    let rest = path.strip_prefix("/brokers/topics/")?.strip_suffix("/state")?;
    let (topic, number) = rest.split_once("/partitions/")?;
    let name = crate::recording::TopicPartition::new(topic, number.parse().ok()?);
    blueprint.partition(&name).map(Path::State)
}

/// What brokers were told about partitions: the first broker that shows a value counts.
#[derive(Debug, Default)]
pub(super) struct Told {
    last: BTreeMap<Partition, (LeaderEpoch, PartitionEpoch)>,
    shown: BTreeSet<(Partition, PartitionEpoch, Option<BrokerId>)>,
}

impl Told {
    /// New values after the last action.
    pub(super) fn note(&mut self, blueprint: &Blueprint, timed: &Timed<'_, Kafka>) -> Vec<Change> {
        let mut changes = Vec::new();
        for place in &timed.scratch.touched {
            let Slot::Image(id) = timed.world.slots()[*place] else {
                continue;
            };
            let image = image(&timed.world, id);
            for (partition, state) in image.partitions() {
                if let Some(state) = self.is_new(partition, &masked(image, state)) {
                    changes.push(Change {
                        partition: blueprint.name(partition),
                        state: shown(&state),
                    });
                }
            }
        }
        changes
    }

    fn is_new(&mut self, partition: Partition, state: &PartitionState) -> Option<PartitionState> {
        let version = state.partition_epoch;
        let last = self.last.get(&partition).copied();
        if last.is_some_and(|(_, known)| known > version) || !self.shown.insert((partition, version, state.leader)) {
            return None;
        }
        self.last.insert(partition, (state.leader_epoch, version));
        Some(state.clone())
    }
}

/// A leader that a broker takes for dead is not shown. Kafka: `ZkMetadataCache.getPartitionMetadata`.
fn masked(image: &Cluster, state: &PartitionState) -> PartitionState {
    PartitionState {
        leader: state.leader.filter(|id| image.is_active(*id)),
        ..state.clone()
    }
}

/// Whether this is a server of the ensemble in the network of a recording.
pub(super) fn is_server(blueprint: &Blueprint, id: NodeId) -> bool {
    let servers = i32::try_from(blueprint.head.zookeepers).unwrap_or(0);
    broker(id).is_some() && (21..21 + servers).contains(&id.0)
}
