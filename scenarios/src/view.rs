//! Owns the way from a state of the cluster to the tables of Kafka's tools: as the controller has it, or as one broker
//! believes it to be.

use std::collections::BTreeSet;

use models::cluster::{BrokerState, Cluster, PartitionState};
use models::config::{TopicSettings, UncleanElection};
use models::features::Switch;
use models::ids::{BrokerId, Brokers, Partition, TopicIndex};
use models::log::Log;
use models::quorum::NodeId as Member;
use models::raft::member::Role as Raft;
use models::replication::{Replica, Role};
use models::slots::{Slot, Value};
use models::{World, authority};

use crate::build::{Built, MIN_ISR, UNCLEAN};
use crate::tools;
use crate::tools::describe::{Filter, describe};
use crate::tools::edition::{Dialect, Edition};
use crate::tools::logs::{LogRecord, PartitionLogs, ReplicaLog, Role as ToolRole};
use crate::tools::output::ToolOutput;
use crate::tools::quorum::Quorum;
use crate::tools::view::{ConfigEntry, PartitionView, Reassignment, TopicView};
use crate::tools::{LeaderEpoch, Offset, PartitionId, TopicId, TopicPartition};

/// Whose metadata is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Seen {
    /// What the controller has committed.
    ByController,
    /// What a broker has applied; it may be behind.
    ByBroker(BrokerId),
}

/// The id of every simulated cluster.
const CLUSTER_ID: &str = "AAAAAAAAAAAAAAAAAAAAAQ";
/// Where the controller listener of node 0 would be: that of a node is so much further on.
const CONTROLLER_PORT: i32 = 30092;

/// What `kafka-metadata-quorum describe` prints, its status and then its replication table. While nobody leads the tool of a real
/// cluster waits; here a line says so.
pub fn quorum_text(built: &Built, world: &World<'_>) -> String {
    let address = |id: i32| format!("localhost:{}", CONTROLLER_PORT + id);
    match quorum(world, CLUSTER_ID, address) {
        Some(quorum) => {
            let status = quorum.status(edition(built)).stdout_text();
            format!("{status}\n{}", quorum.replication().stdout_text())
        }
        None => "no controller leads a quorum\n".to_owned(),
    }
}

/// The quorum of controllers as its leader sees it; none where nobody leads, or where there is none. `address` says where the
/// controller of this id listens.
pub fn quorum(world: &World<'_>, cluster_id: &str, address: impl Fn(i32) -> String) -> Option<Quorum> {
    let roster = world.config().quorum.as_ref()?;
    let manager = |id: Member| match world.get(Slot::RaftManager(id)) {
        Value::RaftManager(manager) => manager,
        other => panic!("the slot of a member holds {other:?}"),
    };
    let leaders = roster.voters().filter(|(id, _)| manager(*id).member.leads());
    let (leader, controller) = leaders.max_by_key(|(id, _)| manager(*id).member.epoch())?;
    let Raft::Leader(leading) = &manager(leader).member.role else {
        return None;
    };
    let offset = |offset: models::ids::Offset| i64::from(offset.0);
    let log = &manager(leader).log;
    let end_of = |id: Member| match id == leader {
        true => Some(offset(log.end())),
        false => leading
            .ends
            .get(&id)
            .or(leading.parked.get(&id).map(|parked| &parked.offset))
            .map(|end| offset(*end)),
    };
    let row = |id: Member, node: u8| {
        let node = i32::from(node);
        let (address, log_end) = (address(node), end_of(id));
        tools::quorum::Member {
            id: node,
            address,
            log_end,
        }
    };
    let observers = roster.members().filter(|id| !roster.is_voter(*id));
    Some(Quorum {
        cluster_id: cluster_id.to_owned(),
        leader: (i32::from(controller.0), u32::from(manager(leader).member.epoch().0)),
        high_watermark: offset(log.high_watermark()),
        log_end: offset(log.end()),
        voters: roster.voters().map(|(id, controller)| row(id, controller.0)).collect(),
        observers: observers.filter_map(|id| Some(row(id, roster.broker(id)?.0))).collect(),
    })
}

/// A state of a cluster, to be shown.
#[derive(Clone, Copy)]
pub struct View<'v, 'm> {
    built: &'v Built,
    world: &'v World<'m>,
    seen: Seen,
}

impl<'v, 'm> View<'v, 'm> {
    /// This state as somebody sees it. A broker that does not run believes nothing.
    pub fn new(built: &'v Built, world: &'v World<'m>, seen: Seen) -> Self {
        Self { built, world, seen }
    }

    /// The metadata.
    pub fn cluster(&self) -> &'v Cluster {
        match self.seen {
            Seen::ByController => controlled(self.world),
            Seen::ByBroker(id) => match self.world.get(Slot::Image(id)) {
                Value::Image(image) => &image.0,
                other => panic!("the slot of an image holds {other:?}"),
            },
        }
    }

    /// Brokers that the metadata shows as members of the cluster.
    pub fn live_brokers(&self) -> BTreeSet<tools::BrokerId> {
        let brokers = self.cluster().brokers().iter();
        let live = brokers.filter(|(_, registration)| registration.state != BrokerState::Fenced);
        live.map(|(id, _)| broker(*id)).collect()
    }

    /// All topics that exist, in the order of the scenario.
    pub fn topics(&self, dialect: Dialect) -> Vec<TopicView> {
        let topics = 0..self.built.config.topics.len();
        let existing = topics.filter_map(|at| {
            let topic = TopicIndex(at as u8);
            self.topic(topic, self.cluster().topic(topic)?, dialect)
        });
        existing.collect()
    }

    fn topic(&self, topic: TopicIndex, settings: &TopicSettings, dialect: Dialect) -> Option<TopicView> {
        let config = &self.built.config;
        let at = usize::from(topic.0);
        let partitions: Vec<PartitionView> = config
            .partitions_of(topic)
            .filter_map(|partition| Some(self.partition(partition, self.cluster().partition(partition)?)))
            .collect();
        (!partitions.is_empty()).then(|| TopicView {
            name: config.topics[at].name.clone(),
            id: Some(TopicId::from_index(u32::from(topic.0))),
            partitions,
            configs: self.configs(at, settings, dialect),
        })
    }

    /// Settings that the scenario names, as they are now. Where eligible leader replicas are on, the cluster has a
    /// `min.insync.replicas` of its own, and each topic shows it.
    fn configs(&self, topic: usize, now: &TopicSettings, dialect: Dialect) -> Vec<ConfigEntry> {
        let mut named = self.built.topic_settings[topic].clone();
        let first = &self.built.config.topics[topic].settings;
        if now.min_isr != first.min_isr || dialect == Dialect::Kraft4_3 {
            named
                .entry(MIN_ISR.to_owned())
                .or_insert_with(|| now.min_isr.to_string());
        }
        if now.min_isr != first.min_isr {
            named.insert(MIN_ISR.to_owned(), now.min_isr.to_string());
        }
        if now.unclean != first.unclean {
            let allowed = now.unclean == UncleanElection::Allowed;
            named.insert(UNCLEAN.to_owned(), allowed.to_string());
        }
        named
            .into_iter()
            .map(|(name, value)| ConfigEntry::new(name, value))
            .collect()
    }

    fn partition(&self, partition: Partition, state: &PartitionState) -> PartitionView {
        let number = self.built.config.placed(partition).number;
        PartitionView {
            partition: PartitionId(number as i32),
            leader: state.leader.filter(|leader| self.is_alive(*leader)).map(broker),
            replicas: brokers(&state.replicas),
            isr: brokers(&state.isr),
            reassignment: moving(state),
            elr: brokers(&state.elr),
            last_known_elr: brokers(&state.last_known_elr),
        }
    }

    fn is_alive(&self, id: BrokerId) -> bool {
        let known = self.cluster().broker(id);
        known.is_some_and(|registration| registration.state != BrokerState::Fenced)
    }

    /// Every partition that exists, with its state.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicPartition, &'v PartitionState)> {
        let built = self.built;
        self.cluster()
            .partitions()
            .map(move |(partition, state)| (name(built, partition), state))
    }

    /// `kafka-topics --describe`.
    pub fn describe(&self, filter: Filter, dialect: Dialect) -> ToolOutput {
        describe(&self.topics(dialect), filter, &self.live_brokers(), dialect)
    }

    /// Every log of every partition that exists.
    pub fn logs(&self) -> Vec<PartitionLogs> {
        let partitions = self.cluster().partitions();
        partitions
            .map(|(partition, state)| self.partition_logs(partition, state))
            .collect()
    }

    fn partition_logs(&self, partition: Partition, state: &PartitionState) -> PartitionLogs {
        let config = &self.built.config;
        let settings = self.cluster().topic(config.placed(partition).topic);
        let mut hosts: Vec<BrokerId> = state.replicas.to_vec();
        hosts.sort_unstable();
        PartitionLogs {
            partition: name(self.built, partition),
            leader_epoch: LeaderEpoch(i32::from(state.leader_epoch.0)),
            leader: state.leader.map(broker),
            isr: brokers(&state.isr),
            min_insync_replicas: settings.map_or(1, |settings| usize::from(settings.min_isr)),
            replicas: hosts.into_iter().map(|id| self.replica_log(id, partition)).collect(),
        }
    }

    fn replica_log(&self, id: BrokerId, partition: Partition) -> ReplicaLog {
        let log = log(self.world, id, partition);
        let records = log.records(log.start(), log.end());
        ReplicaLog {
            broker: broker(id),
            role: match &replica(self.world, id, partition).role {
                Role::Offline => ToolRole::Stopped,
                Role::Leader(_) => ToolRole::Leader,
                Role::Follower(_) => ToolRole::Follower,
            },
            records: records
                .map(|(offset, record, epoch)| LogRecord {
                    offset: Offset(i64::from(offset.0)),
                    value: self.built.record(record),
                    leader_epoch: LeaderEpoch(i32::from(epoch.0)),
                })
                .collect(),
            log_end_offset: Offset(i64::from(log.end().0)),
            high_watermark: Offset(i64::from(log.high_watermark().0)),
        }
    }
}

/// The release whose tools a cluster's tables come from: the preset's own, or that of its control plane.
pub fn edition(built: &Built) -> Edition {
    match (built.preset.as_str(), built.config.controller.elr) {
        ("zk-2.5", _) => Edition::Zk2_5,
        ("zk-3.9", _) => Edition::Zk3_9,
        ("kraft-3.8", _) => Edition::Kraft3_8,
        ("kraft-3.9", _) | (_, Switch::Off) => Edition::Kraft3_9,
        (_, Switch::On) => Edition::Kraft4_3,
    }
}

/// The shape of the tables of this cluster.
pub fn dialect(built: &Built) -> Dialect {
    edition(built).dialect()
}

/// What the controller of a world has committed.
pub fn controlled<'w>(world: &'w World<'_>) -> &'w Cluster {
    authority(world)
}

/// The log of a replica.
pub fn log<'w>(world: &'w World<'_>, id: BrokerId, partition: Partition) -> &'w Log {
    match world.get(Slot::Log(id, partition)) {
        Value::Log(log) => log,
        other => panic!("the slot of a log holds {other:?}"),
    }
}

fn replica<'w>(world: &'w World<'_>, id: BrokerId, partition: Partition) -> &'w Replica {
    match world.get(Slot::Replica(id, partition)) {
        Value::Replica(replica) => replica,
        other => panic!("the slot of a replica holds {other:?}"),
    }
}

/// Kafka's name of a partition.
pub fn name(built: &Built, partition: Partition) -> TopicPartition {
    let topic = built.config.topic_of(partition).name.clone();
    TopicPartition::new(topic, PartitionId(built.config.placed(partition).number as i32))
}

/// A reassignment that runs, as the controller lists it.
pub(crate) fn moving(state: &PartitionState) -> Option<Reassignment> {
    let runs = !state.adding.is_empty() || !state.removing.is_empty();
    runs.then(|| Reassignment {
        replicas: brokers(&state.replicas),
        adding: brokers(&state.adding),
        removing: brokers(&state.removing),
    })
}

fn broker(id: BrokerId) -> tools::BrokerId {
    tools::BrokerId(i32::from(id.0))
}

pub(crate) fn brokers(ids: &Brokers) -> Vec<tools::BrokerId> {
    ids.iter().copied().map(broker).collect()
}
