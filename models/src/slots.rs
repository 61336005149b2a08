//! The slots of a cluster world: closed sets of names and contents, and how a scenario lays them out.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Queue, SmallVec};

use crate::broker::Life;
use crate::client::Client;
use crate::cluster::Cluster;
use crate::config::{Config, Control};
use crate::faults::Faults;
use crate::features::IsrAuthority;
use crate::ids::{BrokerId, ClientId, Node, Partition};
use crate::kafka_controller::{Allegiance, KafkaController};
use crate::kraft::Controller;
use crate::kraft::quorum::{Committed, QuorumController, RaftManager};
use crate::ledger::Ledger;
use crate::log::Log;
use crate::message::{Lane, Msg};
use crate::quorum::NodeId;
use crate::replication::Replica;
use crate::zookeeper::ZooKeeper;

/// Names of slots, in canonical order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Slot {
    /// What may still go wrong.
    Faults,
    /// Links that are cut.
    Links,
    /// What the controller knows and has committed.
    Controller,
    /// ZooKeeper's tree and sessions, where there is ZooKeeper.
    ZooKeeper,
    /// A broker's process, its disk and its side files.
    Life(BrokerId),
    /// The metadata that a broker has applied.
    Image(BrokerId),
    /// Whose orders a broker takes, where the controller is a broker.
    Allegiance(BrokerId),
    /// The controller on this broker.
    KafkaController(BrokerId),
    /// The role of a broker in a partition.
    Replica(BrokerId, Partition),
    /// Its log of that partition.
    Log(BrokerId, Partition),
    /// A client.
    Client(ClientId),
    /// One direction of a connection.
    Queue(Node, Node, Lane),
    /// What was promised.
    Ledger,
    /// A process's part of the KRaft quorum: its quorum-state file and its copy of the metadata log.
    RaftManager(NodeId),
    /// The controller on top of it, on a node that is one.
    QuorumController(NodeId),
    /// What the quorum has committed: no handler reads it.
    Committed,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faults => f.write_str("faults"),
            Self::Links => f.write_str("links"),
            Self::Controller => f.write_str("controller"),
            Self::ZooKeeper => f.write_str("zookeeper"),
            Self::Allegiance(broker) => write!(f, "allegiance of broker {broker}"),
            Self::KafkaController(broker) => write!(f, "controller on broker {broker}"),
            Self::Life(broker) => write!(f, "life of broker {broker}"),
            Self::Image(broker) => write!(f, "image of broker {broker}"),
            Self::Replica(broker, partition) => write!(f, "replica of broker {broker} {partition}"),
            Self::Log(broker, partition) => write!(f, "log of broker {broker} {partition}"),
            Self::Client(client) => write!(f, "client {client}"),
            Self::Queue(from, to, lane) => write!(f, "{from} -> {to} {lane}"),
            Self::Ledger => f.write_str("ledger"),
            Self::RaftManager(id) => write!(f, "metadata log of {id}"),
            Self::QuorumController(id) => write!(f, "controller on {id}"),
            Self::Committed => f.write_str("committed metadata"),
        }
    }
}

impl Slot {
    /// A number for each slot: kind, then who, then which.
    pub const fn key(self) -> u64 {
        const fn at(kind: u64, who: u64, which: u64) -> u64 {
            kind << 56 | who << 24 | which
        }
        const fn node(node: Node) -> u64 {
            match node {
                Node::Controller => 0,
                Node::Broker(id) => 0x100 | id.0 as u64,
                Node::Client(id) => 0x200 | id.0 as u64,
                Node::ZooKeeper => 1,
                Node::Voter(id) => 0x300 | id.0 as u64,
            }
        }
        match self {
            Self::Faults => at(0, 0, 0),
            Self::Links => at(1, 0, 0),
            Self::Controller => at(2, 0, 0),
            Self::Life(broker) => at(3, broker.0 as u64, 0),
            Self::Image(broker) => at(4, broker.0 as u64, 0),
            Self::Replica(broker, partition) => at(5, broker.0 as u64, partition.0 as u64),
            Self::Log(broker, partition) => at(6, broker.0 as u64, partition.0 as u64),
            Self::Client(client) => at(7, client.0 as u64, 0),
            Self::Ledger => at(8, 0, 0),
            Self::ZooKeeper => at(10, 0, 0),
            Self::Allegiance(broker) => at(11, broker.0 as u64, 0),
            Self::KafkaController(broker) => at(12, broker.0 as u64, 0),
            Self::RaftManager(id) => at(13, id.0 as u64, 0),
            Self::QuorumController(id) => at(14, id.0 as u64, 0),
            Self::Committed => at(15, 0, 0),
            Self::Queue(from, to, lane) => {
                let lane = match lane {
                    Lane::Control => 0,
                    Lane::Metadata => 1,
                    Lane::Client => 2,
                    Lane::Session => 3,
                    Lane::Channel => 4,
                    Lane::Ask => 5,
                    Lane::Answer => 6,
                    Lane::Alter(partition) => 0x100 | partition.0 as u64,
                    Lane::Fetch(partition) => 0x200 | partition.0 as u64,
                };
                at(9, node(from) << 12 | node(to), lane)
            }
        }
    }

    /// The kind of a slot, for statistics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Links => "links",
            Self::Controller => "controller",
            Self::Life(_) => "life",
            Self::Image(_) => "image",
            Self::Replica(..) => "replica",
            Self::Log(..) => "log",
            Self::Client(_) => "client",
            Self::Queue(..) => "queue",
            Self::Ledger => "ledger",
            Self::ZooKeeper => "zookeeper",
            Self::Allegiance(_) => "allegiance",
            Self::KafkaController(_) => "controller on a broker",
            Self::RaftManager(_) => "metadata log",
            Self::QuorumController(_) => "controller of the quorum",
            Self::Committed => "committed metadata",
        }
    }
}

/// The metadata that a broker has applied.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Image(pub Cluster);

/// Pairs of nodes between which nothing passes, in the first direction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Links {
    cut: SmallVec<[(Node, Node); 2]>,
}

impl Links {
    /// Whether nothing passes in this direction.
    pub fn is_cut(&self, from: Node, to: Node) -> bool {
        self.cut.contains(&(from, to))
    }

    /// All directions that are cut, in order.
    pub fn cut(&self) -> &[(Node, Node)] {
        &self.cut
    }

    /// Cuts one direction.
    pub fn close(&mut self, from: Node, to: Node) {
        if let Err(at) = self.cut.binary_search(&(from, to)) {
            self.cut.insert(at, (from, to));
        }
    }

    /// Heals one direction.
    pub fn open(&mut self, from: Node, to: Node) {
        self.cut.retain(|link| *link != (from, to));
    }
}

/// Contents of slots: a variant per kind, named as the slot.
///
/// A value is moved at each step that borrows it: what is large and rare stands in a box.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Value {
    /// Stands in a slot while its content is lent to a handler.
    #[default]
    Lent,
    Faults(Faults),
    Links(Links),
    Controller(Controller),
    Life(Life),
    Image(Image),
    Replica(Replica),
    Log(Log),
    Client(Client),
    Queue(Queue<Msg>),
    Ledger(Ledger),
    ZooKeeper(Box<ZooKeeper>),
    Allegiance(Allegiance),
    KafkaController(Box<KafkaController>),
    RaftManager(Box<RaftManager>),
    QuorumController(Box<QuorumController>),
    Committed(Box<Committed>),
}

/// All slots of a scenario with their first contents: nobody is up, nothing is promised.
pub fn layout(config: &Config) -> Vec<(Slot, Value)> {
    let mut slots = alloc::vec![
        (Slot::Faults, Value::Faults(config.faults.clone())),
        (Slot::Links, Value::Links(Links::default())),
        (Slot::Ledger, Value::Ledger(Ledger::new(config))),
    ];
    match config.control {
        Control::Kraft => slots.push((Slot::Controller, Value::Controller(Controller::new(config)))),
        Control::ZooKeeper { .. } => slots.push((Slot::ZooKeeper, Value::ZooKeeper(Box::new(ZooKeeper::new(config))))),
        Control::Quorum => of_quorum(config, &mut slots),
    }
    for broker in config.broker_ids() {
        slots.push((Slot::Life(broker), Value::Life(Life::default())));
        slots.push((Slot::Image(broker), Value::Image(Image(Cluster::empty(config)))));
        if config.has_zookeeper() {
            slots.push((Slot::Allegiance(broker), Value::Allegiance(Allegiance::default())));
            let controller = Value::KafkaController(Box::default());
            slots.push((Slot::KafkaController(broker), controller));
        }
        for partition in config.hosted(broker) {
            slots.push((Slot::Replica(broker, partition), Value::Replica(Replica::default())));
            slots.push((Slot::Log(broker, partition), Value::Log(Log::default())));
        }
    }
    for client in config.client_ids() {
        slots.push((Slot::Client(client), Value::Client(Client::new(config, client))));
    }
    for (from, to, lane) in lanes(config) {
        let queue = if lane == Lane::Channel || (to == Node::Controller && config.has_quorum()) {
            Queue::patient()
        } else if matches!(to, Node::Broker(_) | Node::Voter(_)) {
            Queue::unattended()
        } else {
            Queue::default()
        };
        slots.push((Slot::Queue(from, to, lane), Value::Queue(queue)));
    }
    slots.sort_by_key(|(slot, _)| *slot);
    slots
}

/// What a quorum has: on each process its part of the metadata log, and the controllers.
fn of_quorum(config: &Config, slots: &mut Vec<(Slot, Value)>) {
    slots.push((Slot::Committed, Value::Committed(Box::new(Committed::new(config)))));
    for id in config.roster().members() {
        slots.push((Slot::RaftManager(id), Value::RaftManager(Box::default())));
    }
    for (id, _) in config.roster().voters() {
        let controller = Box::new(QuorumController::new(config));
        slots.push((Slot::QuorumController(id), Value::QuorumController(controller)));
    }
}

/// All lanes of a scenario, each direction apart.
pub fn lanes(config: &Config) -> Vec<(Node, Node, Lane)> {
    let mut lanes = Vec::new();
    let both = |lanes: &mut Vec<_>, a, b, lane| {
        lanes.push((a, b, lane));
        lanes.push((b, a, lane));
    };
    for broker in config.broker_ids() {
        let me = Node::Broker(broker);
        match config.control {
            Control::Kraft => {
                both(&mut lanes, me, Node::Controller, Lane::Control);
                lanes.push((Node::Controller, me, Lane::Metadata));
            }
            Control::ZooKeeper { .. } => {
                both(&mut lanes, me, Node::ZooKeeper, Lane::Session);
                lanes.extend(of_controller(config, broker));
            }
            Control::Quorum => to_controllers(config, broker, &mut lanes),
        }
        for partition in config.hosted(broker) {
            match config.control {
                Control::Kraft => both(&mut lanes, me, Node::Controller, Lane::Alter(partition)),
                Control::ZooKeeper { .. } => alter_lanes(config, broker, partition, &mut lanes),
                Control::Quorum => {
                    lanes.push((me, Node::Controller, Lane::Alter(partition)));
                    for (_, voter) in config.roster().voters() {
                        both(&mut lanes, me, Node::Voter(voter), Lane::Alter(partition));
                    }
                }
            }
            for peer in config.broker_ids().filter(|peer| *peer > broker) {
                if config.placed(partition).hosts.contains(&peer) {
                    both(&mut lanes, me, Node::Broker(peer), Lane::Fetch(partition));
                }
            }
        }
        for client in config.client_ids() {
            both(&mut lanes, Node::Client(client), me, Lane::Client);
        }
    }
    if let Some(roster) = &config.quorum {
        for (id, controller) in roster.voters() {
            lanes.push((Node::Voter(controller), Node::Voter(controller), Lane::Metadata));
            for peer in roster.members().filter(|peer| *peer > id) {
                for lane in [Lane::Ask, Lane::Answer] {
                    both(&mut lanes, Node::Voter(controller), roster.node(peer), lane);
                }
            }
        }
    }
    lanes
}

/// Where what a broker sends to whichever controller is active waits until its process knows of one.
pub fn outbound(config: &Config, broker: BrokerId) -> Vec<Slot> {
    let lanes = core::iter::once(Lane::Control).chain(config.hosted(broker).map(Lane::Alter));
    lanes
        .map(|lane| Slot::Queue(Node::Broker(broker), Node::Controller, lane))
        .collect()
}

/// What a broker sends to whichever controller is active waits at itself until it knows of one, and goes on from there;
/// metadata comes from its own process.
fn to_controllers(config: &Config, broker: BrokerId, lanes: &mut Vec<(Node, Node, Lane)>) {
    let (me, roster) = (Node::Broker(broker), config.roster());
    lanes.push((me, Node::Controller, Lane::Control));
    for voter in roster.voters().map(|(_, id)| Node::Voter(id)) {
        lanes.push((me, voter, Lane::Control));
        lanes.push((voter, me, Lane::Control));
    }
    let own = roster.node(roster.host(broker));
    lanes.push((own, me, Lane::Metadata));
    if own == me {
        lanes.push((me, me, Lane::Control));
    }
}

/// Lanes from a broker, as the controller, to every broker, itself included; and back from brokers that want to stop.
fn of_controller(config: &Config, broker: BrokerId) -> impl Iterator<Item = (Node, Node, Lane)> + '_ {
    let me = Node::Broker(broker);
    let to_all = config.broker_ids().map(move |id| (me, Node::Broker(id)));
    to_all.flat_map(|(from, to)| [(from, to, Lane::Channel), (from, to, Lane::Control)])
}

/// Lanes on which a leader asks for an ISR: ZooKeeper, or a controller on any broker.
///
/// Differs from Kafka: the requests of one broker and the answers of the other share a lane.
fn alter_lanes(config: &Config, leader: BrokerId, partition: Partition, lanes: &mut Vec<(Node, Node, Lane)>) {
    let (me, lane) = (Node::Broker(leader), Lane::Alter(partition));
    let mut add = |from, to| {
        if !lanes.contains(&(from, to, lane)) {
            lanes.push((from, to, lane));
        }
    };
    match config.rules(leader).isr_authority() {
        IsrAuthority::ZkCas => {
            add(me, Node::ZooKeeper);
            add(Node::ZooKeeper, me);
        }
        IsrAuthority::AlterPartition => {
            for other in config.broker_ids().map(Node::Broker) {
                add(me, other);
                add(other, me);
            }
        }
    }
}
