//! Owns what `kafka-reassign-partitions` prints: the way back, what began, how far it is, what was called off.

use std::fmt::Write;

use crate::tools::edition::{Edition, Release};
use crate::tools::ids::{BrokerId, TopicPartition};
use crate::tools::output::{ToolOutput, comma_list};
use crate::tools::view::Reassignment;

/// A partition with its replicas, the preferred leader first.
pub type Row = (TopicPartition, Vec<BrokerId>);

/// What the tool says to a second `--execute` while a reassignment runs.
const EXISTING: &str = "Cannot execute because there is an existing partition assignment.  Use --additional to override \
                        this and create a new partition assignment in addition to the existing one. The --additional \
                        flag can also be used to change the throttle by resubmitting the current reassignment.";

/// Whether `--verify` takes away the limits that `--execute` may have set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttles {
    /// Once nothing moves any more.
    Clear,
    /// `--preserve-throttles`
    Preserve,
}

/// How a partition stands that was to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The partition.
    pub partition: TopicPartition,
    /// The replicas that it was to have.
    pub wanted: Vec<BrokerId>,
    /// The replicas that it has; nothing if there is no such partition.
    pub found: Option<Vec<BrokerId>>,
    /// Whether it is being moved.
    pub moves: bool,
}

/// The JSON of an assignment. `folder` is the log directory of a replica, where the tool knows it.
fn json(rows: &[Row], folder: &dyn Fn(BrokerId) -> String) -> String {
    let mut text = String::from("{\"version\":1,\"partitions\":[");
    for (at, (partition, replicas)) in rows.iter().enumerate() {
        let folders: Vec<String> = replicas.iter().map(|id| format!("\"{}\"", folder(*id))).collect();
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}{{\"topic\":\"{}\",\"partition\":{},\"replicas\":[{}],\"log_dirs\":[{}]}}",
            partition.topic,
            partition.partition,
            comma_list(replicas),
            folders.join(",")
        );
    }
    text.push_str("]}");
    text
}

/// The folder of a replica as this release prints it in the present assignment: 4.2 and later ask the brokers.
fn folder_of(edition: Edition, real: &dyn Fn(BrokerId) -> String) -> impl Fn(BrokerId) -> String {
    let knows = edition.release() >= Release::V4_2;
    move |id| if knows { real(id) } else { "any".to_owned() }
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    rows
}

fn names(partitions: &[TopicPartition]) -> String {
    let mut sorted = partitions.to_vec();
    sorted.sort();
    comma_list(&sorted)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// `--generate`: where the partitions are, and where they would go.
pub fn generate(
    edition: Edition,
    current: Vec<Row>,
    proposed: Vec<Row>,
    folder: &dyn Fn(BrokerId) -> String,
) -> ToolOutput {
    ToolOutput::success(vec![
        "Current partition replica assignment".to_owned(),
        json(&sorted(current), &folder_of(edition, folder)),
        String::new(),
        "Proposed partition reassignment configuration".to_owned(),
        json(&sorted(proposed), &|_| "any".to_owned()),
    ])
}

/// `--execute`: the way back first, then what began. `refused` has the controller's words for partitions that did not.
pub fn execute(
    edition: Edition,
    current: Vec<Row>,
    refused: &[(TopicPartition, String)],
    folder: &dyn Fn(BrokerId) -> String,
) -> ToolOutput {
    let current = sorted(current);
    let partitions: Vec<TopicPartition> = current.iter().map(|(partition, _)| partition.clone()).collect();
    let mut lines = vec![
        "Current partition replica assignment".to_owned(),
        String::new(),
        json(&current, &folder_of(edition, folder)),
        String::new(),
        "Save this to use as the --reassignment-json-file option during rollback".to_owned(),
    ];
    if refused.is_empty() {
        lines.push(match edition.release() {
            Release::V2_5 => "Successfully started reassignment of partitions.".to_owned(),
            _ => format!(
                "Successfully started partition reassignment{} for {}",
                plural(partitions.len()),
                names(&partitions)
            ),
        });
        return ToolOutput::success(lines);
    }
    lines.push("Error reassigning partition(s):".to_owned());
    lines.extend(refused.iter().map(|(partition, why)| format!("{partition}: {why}")));
    ToolOutput::failure(lines, Vec::new())
}

/// `--execute` without `--additional` while something moves.
pub fn existing() -> ToolOutput {
    ToolOutput::failure(vec![EXISTING.to_owned()], Vec::new())
}

/// `--execute` to a broker that there is not.
pub fn unknown_broker(edition: Edition, id: BrokerId) -> ToolOutput {
    let package = match edition.release() {
        Release::V2_5 => "kafka.common",
        Release::V3_8 | Release::V3_9 => "org.apache.kafka.server.common",
        Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => "org.apache.kafka.tools",
    };
    let lines = vec![
        format!("Error: Unknown broker id {id}"),
        format!("{package}.AdminCommandFailedException: Unknown broker id {id}"),
    ];
    ToolOutput::failure(lines, Vec::new())
}

/// `--verify`. `brokers` are all brokers of the cluster; `anything_moves` says whether any reassignment runs there.
pub fn verify(
    edition: Edition,
    progress: &[Progress],
    anything_moves: bool,
    brokers: &[BrokerId],
    throttles: Throttles,
) -> ToolOutput {
    let mut lines = vec!["Status of partition reassignment:".to_owned()];
    let mut rows = progress.to_vec();
    rows.sort_by(|one, other| one.partition.cmp(&other.partition));
    lines.extend(rows.iter().map(|row| status(edition, row)));
    if !anything_moves && throttles == Throttles::Clear {
        let mut topics: Vec<&str> = rows.iter().map(|row| row.partition.topic.as_str()).collect();
        topics.dedup();
        let mut brokers = brokers.to_vec();
        brokers.sort_unstable();
        lines.extend([
            String::new(),
            format!(
                "Clearing broker-level throttles on broker{} {}",
                plural(brokers.len()),
                comma_list(&brokers)
            ),
            format!(
                "Clearing topic-level throttles on topic{} {}",
                plural(topics.len()),
                topics.join(",")
            ),
        ]);
    }
    ToolOutput::success(lines)
}

fn status(edition: Edition, row: &Progress) -> String {
    let partition = &row.partition;
    match (edition.release(), row.moves, &row.found) {
        (_, true, _) => format!("Reassignment of partition {partition} is still in progress."),
        (Release::V2_5, false, Some(found)) if *found == row.wanted => {
            format!("Reassignment of partition {partition} completed successfully")
        }
        (Release::V2_5, false, _) => format!("Reassignment of partition {partition} failed"),
        (_, false, Some(found)) if *found == row.wanted => {
            format!("Reassignment of partition {partition} is completed.")
        }
        (_, false, found) => format!(
            "There is no active reassignment of partition {partition}, but replica set is {} rather than {}.",
            comma_list(found.as_deref().unwrap_or_default()),
            comma_list(&row.wanted)
        ),
    }
}

/// `--cancel`: these were called off.
pub fn cancel(cancelled: &[TopicPartition]) -> ToolOutput {
    let first = if cancelled.is_empty() {
        "None of the specified partition reassignments are active.".to_owned()
    } else {
        format!(
            "Successfully cancelled partition reassignment{} for: {}",
            plural(cancelled.len()),
            names(cancelled)
        )
    };
    ToolOutput::success(vec![
        first,
        "None of the specified partition moves are active.".to_owned(),
    ])
}

/// `--list`
pub fn list(moving: &[(TopicPartition, Reassignment)]) -> ToolOutput {
    if moving.is_empty() {
        return ToolOutput::success(vec!["No partition reassignments found.".to_owned()]);
    }
    let mut rows = moving.to_vec();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let mut lines = vec!["Current partition reassignments:".to_owned()];
    for (partition, change) in &rows {
        let mut line = format!("{partition}: replicas: {}.", comma_list(&change.replicas));
        for (what, ids) in [("adding", &change.adding), ("removing", &change.removing)] {
            if !ids.is_empty() {
                let _ = write!(line, " {what}: {}.", comma_list(ids));
            }
        }
        lines.push(line);
    }
    ToolOutput::success(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::PartitionId;

    fn name(number: i32) -> TopicPartition {
        TopicPartition::new("move", PartitionId(number))
    }

    fn ids(list: &[i32]) -> Vec<BrokerId> {
        list.iter().copied().map(BrokerId).collect()
    }

    #[test]
    fn the_way_back_is_printed_first_and_names_folders_from_4_2_on() {
        let current = || vec![(name(1), ids(&[2, 3])), (name(0), ids(&[1, 2]))];
        let folder = |id: BrokerId| format!("n{id}/data");
        let old = execute(Edition::Kraft3_9, current(), &[], &folder);
        assert_eq!(
            old.stdout[2],
            "{\"version\":1,\"partitions\":[{\"topic\":\"move\",\"partition\":0,\"replicas\":[1,2],\"log_dirs\":[\"any\",\"any\"]},\
             {\"topic\":\"move\",\"partition\":1,\"replicas\":[2,3],\"log_dirs\":[\"any\",\"any\"]}]}"
        );
        assert_eq!(
            old.stdout[5],
            "Successfully started partition reassignments for move-0,move-1"
        );
        let new = execute(Edition::Kraft4_3, vec![(name(0), ids(&[1, 2]))], &[], &folder);
        assert!(new.stdout[2].contains("\"log_dirs\":[\"n1/data\",\"n2/data\"]"));
        assert_eq!(new.stdout[5], "Successfully started partition reassignment for move-0");
    }

    #[test]
    fn generate_prints_where_the_partitions_are_and_where_they_would_go() {
        let rows = |list: &[i32]| vec![(name(0), ids(list))];
        let printed = generate(Edition::Kraft3_8, rows(&[2, 3, 1]), rows(&[3, 1, 2]), &|_| {
            "x".to_owned()
        });
        let of = |list: &str| {
            format!(
                "{{\"version\":1,\"partitions\":[{{\"topic\":\"move\",\"partition\":0,\"replicas\":[{list}],\
                 \"log_dirs\":[\"any\",\"any\",\"any\"]}}]}}"
            )
        };
        let expected = [
            "Current partition replica assignment".to_owned(),
            of("2,3,1"),
            String::new(),
            "Proposed partition reassignment configuration".to_owned(),
            of("3,1,2"),
        ];
        assert_eq!(printed.stdout, expected);
    }

    #[test]
    fn verify_tells_done_from_running_from_other_and_clears_limits_only_when_nothing_moves() {
        let row = |number, found: &[i32], moves| Progress {
            partition: name(number),
            wanted: ids(&[4, 3]),
            found: Some(ids(found)),
            moves,
        };
        let rows = [
            row(1, &[4, 3], false),
            row(0, &[4, 3, 1, 2], true),
            row(2, &[1, 2], false),
        ];
        let midway = verify(Edition::Kraft3_9, &rows, true, &ids(&[2, 1]), Throttles::Clear);
        assert_eq!(
            midway.stdout,
            [
                "Status of partition reassignment:",
                "Reassignment of partition move-0 is still in progress.",
                "Reassignment of partition move-1 is completed.",
                "There is no active reassignment of partition move-2, but replica set is 1,2 rather than 4,3.",
            ]
        );
        let done = verify(Edition::Kraft3_9, &rows[..1], false, &ids(&[2, 1]), Throttles::Clear);
        assert_eq!(
            done.stdout[2..],
            [
                "",
                "Clearing broker-level throttles on brokers 1,2",
                "Clearing topic-level throttles on topic move"
            ]
        );
    }

    #[test]
    fn what_runs_is_listed_with_who_comes_and_who_goes() {
        let change = Reassignment {
            replicas: ids(&[4, 3, 1, 2]),
            adding: ids(&[3, 4]),
            removing: ids(&[1, 2]),
        };
        assert_eq!(
            list(&[(name(0), change)]).stdout[1],
            "move-0: replicas: 4,3,1,2. adding: 3,4. removing: 1,2."
        );
        assert_eq!(list(&[]).stdout, ["No partition reassignments found."]);
        assert_eq!(
            cancel(&[]).stdout[0],
            "None of the specified partition reassignments are active."
        );
    }
}
