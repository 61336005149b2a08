//! The teaching view of a world: per partition the decision in force, per broker its log, its LEO and its HW.

use std::fmt;

use models::cluster::PartitionState;
use models::ids::{BrokerId, Brokers, LeaderEpoch, Listed, Offset, Partition};
use models::log::{Batch, Log};
use models::replication::Role;
use models::slots::{Slot, Value};
use models::{World, authority};

use super::names::{joined, or_none};

/// How a replica is marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// It takes appends.
    Leader,
    /// It copies.
    Follower,
    /// Its process is down, or it is not loaded.
    Offline,
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaLog {
    /// On which broker.
    pub broker: BrokerId,
    /// What it takes itself for.
    pub mark: Mark,
    /// Its log.
    pub batches: Vec<Batch>,
    /// LEO.
    pub end: Offset,
    /// HW, as far as it knows.
    pub high_watermark: Offset,
    /// What stands out.
    pub note: Option<String>,
}

/// One partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionLogs {
    /// Kafka's name.
    pub name: String,
    /// The leader epoch that the controller has decided.
    pub epoch: LeaderEpoch,
    /// Its leader.
    pub leader: Option<BrokerId>,
    /// Its ISR.
    pub isr: Brokers,
    /// Its ELR.
    pub elr: Brokers,
    /// `min.insync.replicas`.
    pub min_isr: u8,
    /// By broker.
    pub replicas: Vec<ReplicaLog>,
}

/// All logs of a world; partitions that do not exist yet are left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogsView(pub Vec<PartitionLogs>);

impl LogsView {
    /// What the logs hold now.
    pub fn of(world: &World<'_>) -> Self {
        let config = world.config();
        let partitions = config.all_partitions().filter_map(|partition| {
            let cluster = authority(world);
            let state = cluster.partition(partition)?;
            let settings = cluster.topic(config.placed(partition).topic);
            let mut ids = state.replicas.clone();
            ids.sort_unstable();
            Some(PartitionLogs {
                name: config.partition_name(partition),
                epoch: state.leader_epoch,
                leader: state.leader,
                isr: state.isr.clone(),
                elr: state.elr.clone(),
                min_isr: settings.map_or(1, |settings| settings.min_isr),
                replicas: ids
                    .iter()
                    .filter_map(|id| replica(world, *id, partition, state))
                    .collect(),
            })
        });
        Self(partitions.collect())
    }
}

fn log<'w>(world: &'w World<'_>, id: BrokerId, partition: Partition) -> Option<&'w Log> {
    match world
        .has(Slot::Log(id, partition))
        .then(|| world.get(Slot::Log(id, partition)))
    {
        Some(Value::Log(log)) => Some(log),
        Some(_) | None => None,
    }
}

fn replica(world: &World<'_>, id: BrokerId, partition: Partition, state: &PartitionState) -> Option<ReplicaLog> {
    let own = log(world, id, partition)?;
    let Value::Replica(replica) = world.get(Slot::Replica(id, partition)) else {
        return None;
    };
    let mark = match replica.role {
        Role::Leader(_) => Mark::Leader,
        Role::Follower(_) => Mark::Follower,
        Role::Offline => Mark::Offline,
    };
    let leader = state
        .leader
        .filter(|leader| *leader != id)
        .and_then(|leader| log(world, leader, partition));
    let note = match (mark, leader) {
        (Mark::Offline, _) => Some("down".into()),
        (Mark::Leader | Mark::Follower, _) if replica.leader_epoch < state.leader_epoch => {
            Some(format!("knows epoch {} only", replica.leader_epoch.0))
        }
        (Mark::Leader | Mark::Follower, leader) => leader.and_then(|leader| behind(own, leader)),
    };
    let outside = !state.isr.contains(&id) && mark != Mark::Offline;
    let note = if outside {
        Some(joined(
            &[&["not in the ISR".to_string()], note.as_slice()].concat(),
            ", ",
        ))
    } else {
        note
    };
    let batches = own.batches().to_vec();
    Some(ReplicaLog {
        broker: id,
        mark,
        batches,
        end: own.end(),
        high_watermark: own.high_watermark(),
        note,
    })
}

fn behind(own: &Log, leader: &Log) -> Option<String> {
    let end = own.end().min(leader.end());
    let differs = (0..end.0)
        .map(Offset)
        .find(|offset| own.at(*offset) != leader.at(*offset));
    if let Some(offset) = differs {
        return Some(format!("another record than the leader's at offset {offset}"));
    }
    match (
        leader.end().0.checked_sub(own.end().0),
        leader.high_watermark() > own.high_watermark(),
    ) {
        (None, _) => Some("ahead of the leader".into()),
        (Some(0), true) => Some("behind by one fetch".into()),
        (Some(0), false) => None,
        (Some(1), _) => Some("behind by one record".into()),
        (Some(records), _) => Some(format!("behind by {records} records")),
    }
}

impl ReplicaLog {
    /// `|m1 e0|m2 m3 e1|`; an empty log is `|`.
    pub fn batches_text(&self) -> String {
        let text = |batch: &Batch| format!("{} {}|", joined(&batch.records, " "), batch.epoch);
        format!("|{}", self.batches.iter().map(text).collect::<String>())
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Leader => "L",
            Self::Follower => "F",
            Self::Offline => "-",
        })
    }
}

impl fmt::Display for LogsView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|partition| write!(f, "{partition}"))
    }
}

impl fmt::Display for PartitionLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, epoch, leader) = (&self.name, self.epoch.0, or_none(self.leader));
        write!(f, "{name}  epoch {epoch}  leader {leader}  isr {}", Listed(&self.isr))?;
        if !self.elr.is_empty() {
            write!(f, "  elr {}", Listed(&self.elr))?;
        }
        writeln!(f, "  min.insync.replicas {}", self.min_isr)?;
        let broker_width = self
            .replicas
            .iter()
            .map(|r| r.broker.to_string().len())
            .max()
            .unwrap_or(0);
        let log_width = self
            .replicas
            .iter()
            .map(|r| r.batches_text().len())
            .max()
            .unwrap_or(0)
            .max(17);
        for replica in &self.replicas {
            let (id, log) = (replica.broker.to_string(), replica.batches_text());
            write!(f, "  broker {id:<broker_width$} {}  {log:<log_width$}  ", replica.mark)?;
            write!(f, "LEO {}  HW {}", replica.end, replica.high_watermark)?;
            match &replica.note {
                Some(note) => writeln!(f, "   <- {note}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
