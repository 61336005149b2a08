//! Owns the teaching view `sim describe --logs`: every replica's log of a partition, one under the other.

use crate::tools::ids::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use crate::tools::output::{ToolOutput, comma_list};

/// A partition and the logs of its replicas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionLogs {
    /// The partition.
    pub partition: TopicPartition,
    /// Epoch of the leader that the controller chose last.
    pub leader_epoch: LeaderEpoch,
    /// That leader.
    pub leader: Option<BrokerId>,
    /// The stored ISR.
    pub isr: Vec<BrokerId>,
    /// The setting of this name.
    pub min_insync_replicas: usize,
    /// The logs, in the order in which they are shown.
    pub replicas: Vec<ReplicaLog>,
}

/// The log of one replica as its broker holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaLog {
    /// The broker.
    pub broker: BrokerId,
    /// What the broker believes to be.
    pub role: Role,
    /// Its records by offset.
    pub records: Vec<LogRecord>,
    /// Offset of the next record.
    pub log_end_offset: Offset,
    /// What the broker holds for committed: everything below.
    pub high_watermark: Offset,
}

/// What a replica is, in its broker's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// `L`
    Leader,
    /// `F`
    Follower,
    /// `-`: its process does not run.
    Stopped,
}

/// One record of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogRecord {
    /// Its offset.
    pub offset: Offset,
    /// Its value as a short text.
    pub value: String,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
}

/// Records shown of one log: the last ones.
const RECORDS_MAX: usize = 8;

/// Least width of the column of records.
const RECORDS_WIDTH_MIN: usize = 17;

/// Prints partitions in the given order.
pub fn logs(partitions: &[PartitionLogs]) -> ToolOutput {
    ToolOutput::success(partitions.iter().flat_map(partition_lines).collect())
}

fn partition_lines(partition: &PartitionLogs) -> Vec<String> {
    let replicas = &partition.replicas;
    let records: Vec<String> = replicas
        .iter()
        .map(|replica| records_column(&replica.records))
        .collect();
    let widths = Widths {
        broker: width(replicas.iter().map(|replica| replica.broker)),
        records: width(&records).max(RECORDS_WIDTH_MIN),
        log_end_offset: width(replicas.iter().map(|replica| replica.log_end_offset)),
        high_watermark: width(replicas.iter().map(|replica| replica.high_watermark)),
    };
    let rows = replicas.iter().zip(&records).map(|(replica, records)| {
        let row = replica_row(replica, records, &widths);
        match note(partition, replica) {
            Some(note) => format!("{row}   <- {note}"),
            None => row.trim_end().to_owned(),
        }
    });
    [head_line(partition)].into_iter().chain(rows).collect()
}

fn head_line(partition: &PartitionLogs) -> String {
    let leader = partition
        .leader
        .map_or_else(|| "none".to_owned(), |leader| leader.to_string());
    let isr = if partition.isr.is_empty() {
        "none".to_owned()
    } else {
        comma_list(&partition.isr)
    };
    format!(
        "{}  epoch {}  leader {leader}  isr {isr}  min.insync.replicas {}",
        partition.partition, partition.leader_epoch, partition.min_insync_replicas
    )
}

/// Characters that the columns of one partition take.
struct Widths {
    broker: usize,
    records: usize,
    log_end_offset: usize,
    high_watermark: usize,
}

fn width<T: ToString>(cells: impl IntoIterator<Item = T>) -> usize {
    cells
        .into_iter()
        .map(|cell| cell.to_string().chars().count())
        .max()
        .unwrap_or(0)
}

fn replica_row(replica: &ReplicaLog, records: &str, widths: &Widths) -> String {
    let role = match replica.role {
        Role::Leader => "L",
        Role::Follower => "F",
        Role::Stopped => "-",
    };
    format!(
        "  broker {:<broker$} {role}  {records:<space$}  LEO {:<leo$}  HW {:<hw$}",
        replica.broker.0,
        replica.log_end_offset.0,
        replica.high_watermark.0,
        broker = widths.broker,
        space = widths.records,
        leo = widths.log_end_offset,
        hw = widths.high_watermark,
    )
}

/// `|m1 e0|m2 e1|`; older records than the last eight are counted: `|+3|m4 e1|...`.
fn records_column(records: &[LogRecord]) -> String {
    let hidden = records.len().saturating_sub(RECORDS_MAX);
    let count = (hidden > 0).then(|| format!("+{hidden}"));
    let shown = records[hidden..]
        .iter()
        .map(|record| format!("{} e{}", record.value, record.leader_epoch));
    let cells: Vec<String> = count.into_iter().chain(shown).collect();
    if cells.is_empty() {
        "empty".to_owned()
    } else {
        format!("|{}|", cells.join("|"))
    }
}

/// What is worth saying about a replica: how it differs from the leader.
fn note(partition: &PartitionLogs, replica: &ReplicaLog) -> Option<String> {
    if Some(replica.broker) == partition.leader {
        return None;
    }
    match replica.role {
        Role::Leader => return Some("believes to lead".to_owned()),
        Role::Stopped => return Some("stopped".to_owned()),
        Role::Follower => {}
    }
    let leader = partition
        .replicas
        .iter()
        .find(|other| Some(other.broker) == partition.leader)?;
    if let Some(offset) = first_difference(&leader.records, &replica.records) {
        return Some(format!("differs from the leader at offset {offset}"));
    }
    let lacking = leader.log_end_offset.0 - replica.log_end_offset.0;
    match lacking {
        1 => Some("lacks 1 record".to_owned()),
        2.. => Some(format!("lacks {lacking} records")),
        ..0 => Some("ends after the leader".to_owned()),
        0 if replica.high_watermark < leader.high_watermark => Some("behind by one fetch".to_owned()),
        0 => None,
    }
}

/// The first offset that both logs hold, with different records.
fn first_difference(leader: &[LogRecord], follower: &[LogRecord]) -> Option<Offset> {
    let differs = |own: &&LogRecord| leader.iter().any(|other| other.offset == own.offset && other != *own);
    follower.iter().find(differs).map(|record| record.offset)
}

#[cfg(test)]
mod tests {
    use super::{LogRecord, PartitionLogs, ReplicaLog, Role, logs};
    use crate::tools::ids::{BrokerId, LeaderEpoch, Offset, PartitionId, TopicPartition};

    fn replica(id: i32, role: Role, values: &[(&str, i32)], high_watermark: i64) -> ReplicaLog {
        let records = values.iter().zip(0..).map(|((value, epoch), offset)| LogRecord {
            offset: Offset(offset),
            value: (*value).to_owned(),
            leader_epoch: LeaderEpoch(*epoch),
        });
        ReplicaLog {
            broker: BrokerId(id),
            role,
            records: records.collect(),
            log_end_offset: Offset(values.len() as i64),
            high_watermark: Offset(high_watermark),
        }
    }

    fn check(leader: Option<i32>, isr: &[i32], replicas: Vec<ReplicaLog>, expected: &str) {
        let partition = PartitionLogs {
            partition: TopicPartition::new("t", PartitionId(0)),
            leader_epoch: LeaderEpoch(0),
            leader: leader.map(BrokerId),
            isr: isr.iter().copied().map(BrokerId).collect(),
            min_insync_replicas: 2,
            replicas,
        };
        assert_eq!(logs(&[partition]).stdout_text(), expected);
    }

    #[test]
    fn a_follower_learns_the_high_watermark_one_fetch_later() {
        check(
            Some(1),
            &[1, 2],
            vec![
                replica(1, Role::Leader, &[("m1", 0)], 1),
                replica(2, Role::Follower, &[("m1", 0)], 0),
            ],
            "\
t-0  epoch 0  leader 1  isr 1,2  min.insync.replicas 2
  broker 1 L  |m1 e0|            LEO 1  HW 1
  broker 2 F  |m1 e0|            LEO 1  HW 0   <- behind by one fetch
",
        );
    }

    #[test]
    fn logs_that_part_are_marked_where_they_do() {
        check(
            Some(2),
            &[2],
            vec![
                replica(1, Role::Leader, &[("m1", 0), ("m2", 0)], 1),
                replica(2, Role::Leader, &[("m1", 0), ("m3", 1)], 1),
                replica(3, Role::Follower, &[("m1", 0), ("m2", 0)], 1),
                replica(10, Role::Stopped, &[], 0),
            ],
            "\
t-0  epoch 0  leader 2  isr 2  min.insync.replicas 2
  broker 1  L  |m1 e0|m2 e0|      LEO 2  HW 1   <- believes to lead
  broker 2  L  |m1 e0|m3 e1|      LEO 2  HW 1
  broker 3  F  |m1 e0|m2 e0|      LEO 2  HW 1   <- differs from the leader at offset 1
  broker 10 -  empty              LEO 0  HW 0   <- stopped
",
        );
    }

    #[test]
    fn long_logs_show_their_end_and_count_the_rest() {
        let values: Vec<(&str, i32)> = ["a"; 11].into_iter().map(|value| (value, 3)).collect();
        check(
            None,
            &[],
            vec![
                replica(1, Role::Follower, &values, 9),
                replica(2, Role::Follower, &values[..1], 1),
            ],
            "\
t-0  epoch 0  leader none  isr none  min.insync.replicas 2
  broker 1 F  |+3|a e3|a e3|a e3|a e3|a e3|a e3|a e3|a e3|  LEO 11  HW 9
  broker 2 F  |a e3|                                        LEO 1   HW 1
",
        );
    }
}
