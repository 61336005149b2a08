//! Owns what `kafka-metadata-quorum describe` prints: the status of the quorum, and how far each member is.

use crate::tools::edition::{Edition, Release};
use crate::tools::output::ToolOutput;

/// Kafka's id of a directory that nobody has named: members that are listed in the configuration have none.
const NO_DIRECTORY: &str = "AAAAAAAAAAAAAAAAAAAAAA";
/// A number that the leader does not know.
const UNKNOWN: i64 = -1;

/// The quorum as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// `cluster.id`.
    pub cluster_id: String,
    /// Node id of the leader, and its epoch.
    pub leader: (i32, u32),
    /// Up to where the metadata log is committed.
    pub high_watermark: i64,
    /// The leader's own end of the log.
    pub log_end: i64,
    /// Controllers in the order of the configuration, each with its end of the log and its address.
    pub voters: Vec<Member>,
    /// Processes that learn without a vote.
    pub observers: Vec<Member>,
}

/// A member of the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its node id.
    pub id: i32,
    /// Where it listens for other controllers: `localhost:30093`.
    pub address: String,
    /// Up to where the leader knows it to have the log.
    pub log_end: Option<i64>,
}

impl Quorum {
    fn lag(&self, member: &Member) -> i64 {
        self.log_end - member.log_end.unwrap_or(UNKNOWN)
    }

    /// `kafka-metadata-quorum describe --status`.
    ///
    /// Times of fetches are those of a machine: what is not known here is printed as the tool prints what it does not know.
    pub fn status(&self, edition: Edition) -> ToolOutput {
        let followers = self.voters.iter().filter(|voter| voter.id != self.leader.0);
        let lag = followers.map(|voter| self.lag(voter)).max().unwrap_or(0);
        let rows = [
            ("ClusterId", self.cluster_id.clone()),
            ("LeaderId", self.leader.0.to_string()),
            ("LeaderEpoch", self.leader.1.to_string()),
            ("HighWatermark", self.high_watermark.to_string()),
            ("MaxFollowerLag", lag.to_string()),
            ("MaxFollowerLagTimeMs", if lag == 0 { 0 } else { UNKNOWN }.to_string()),
            ("CurrentVoters", voters(edition, &self.voters)),
            ("CurrentObservers", observers(edition, &self.observers)),
        ];
        let lines = rows
            .iter()
            .map(|(name, value)| format!("{:<24}{value}", format!("{name}:")));
        ToolOutput::success(lines.collect())
    }

    /// `kafka-metadata-quorum describe --replication`.
    pub fn replication(&self) -> ToolOutput {
        let mut rows: Vec<Vec<String>> = vec![
            [
                "NodeId",
                "DirectoryId",
                "LogEndOffset",
                "Lag",
                "LastFetchTimestamp",
                "LastCaughtUpTimestamp",
                "Status",
            ]
            .map(str::to_owned)
            .to_vec(),
        ];
        let row = |member: &Member, status: &str| {
            vec![
                member.id.to_string(),
                NO_DIRECTORY.to_owned(),
                member.log_end.unwrap_or(UNKNOWN).to_string(),
                self.lag(member).to_string(),
                UNKNOWN.to_string(),
                UNKNOWN.to_string(),
                status.to_owned(),
            ]
        };
        let leads = |member: &&Member| member.id == self.leader.0;
        rows.extend(self.voters.iter().filter(leads).map(|voter| row(voter, "Leader")));
        rows.extend(
            self.voters
                .iter()
                .filter(|voter| !leads(voter))
                .map(|voter| row(voter, "Follower")),
        );
        rows.extend(self.observers.iter().map(|observer| row(observer, "Observer")));
        let widths: Vec<usize> = (0..rows[0].len())
            .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
            .collect();
        let line = |row: &Vec<String>| -> String {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}\t"));
            cells.collect()
        };
        ToolOutput::success(rows.iter().map(line).collect())
    }
}

/// Voters with their addresses; 3.8 has their ids only, 3.9 names the directory that a listed voter does not have.
fn voters(edition: Edition, members: &[Member]) -> String {
    let one = |member: &Member| match edition.release() {
        Release::V2_5 | Release::V3_8 => member.id.to_string(),
        Release::V3_9 => format!(
            r#"{{"id": {}, "directoryId": null, "endpoints": ["CONTROLLER://{}"]}}"#,
            member.id, member.address
        ),
        Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => {
            format!(
                r#"{{"id": {}, "endpoints": ["CONTROLLER://{}"]}}"#,
                member.id, member.address
            )
        }
    };
    listed(edition, members, one)
}

fn observers(edition: Edition, members: &[Member]) -> String {
    let one = |member: &Member| match edition.release() {
        Release::V2_5 | Release::V3_8 => member.id.to_string(),
        Release::V3_9 | Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => {
            format!(r#"{{"id": {}, "directoryId": "{NO_DIRECTORY}"}}"#, member.id)
        }
    };
    listed(edition, members, one)
}

fn listed(edition: Edition, members: &[Member], one: impl Fn(&Member) -> String) -> String {
    let between = if edition.release() <= Release::V3_8 { "," } else { ", " };
    let all: Vec<String> = members.iter().map(one).collect();
    format!("[{}]", all.join(between))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quorum() -> Quorum {
        let member = |id: i32, log_end| Member {
            id,
            address: format!("localhost:{}", 30092 + id),
            log_end,
        };
        Quorum {
            cluster_id: "4L6g3nShT-eMCtK--X86sw".to_owned(),
            leader: (3, 1),
            high_watermark: 36,
            log_end: 36,
            voters: vec![member(1, Some(36)), member(2, None), member(3, Some(36))],
            observers: vec![member(9, Some(30))],
        }
    }

    #[test]
    fn status_is_printed_as_recorded_from_4_3() {
        let printed = quorum().status(Edition::Kraft4_3).stdout;
        assert_eq!(printed[1], "LeaderId:               3");
        assert_eq!(printed[4], "MaxFollowerLag:         37");
        assert_eq!(printed[5], "MaxFollowerLagTimeMs:   -1");
        let one = r#"{"id": 1, "endpoints": ["CONTROLLER://localhost:30093"]}"#;
        assert!(printed[6].starts_with(&format!("CurrentVoters:          [{one}, ")));
    }

    #[test]
    fn a_voter_of_3_9_has_a_directory_that_is_null() {
        let printed = quorum().status(Edition::Kraft3_9).stdout;
        assert!(printed[6].contains(r#"{"id": 2, "directoryId": null, "endpoints": ["#));
    }

    #[test]
    fn every_column_of_the_replication_table_is_padded_and_ends_with_a_tab() {
        let printed = quorum().replication().stdout;
        assert_eq!(
            printed[0],
            "NodeId\tDirectoryId           \tLogEndOffset\tLag\tLastFetchTimestamp\tLastCaughtUpTimestamp\tStatus  \t"
        );
        assert!(printed[1].starts_with("3     \tAAAAAAAAAAAAAAAAAAAAAA\t36          \t0  \t"));
        assert!(printed[1].ends_with("\tLeader  \t"));
        assert!(printed[3].starts_with("2     \tAAAAAAAAAAAAAAAAAAAAAA\t-1          \t37 \t"));
    }
}
