//! Owns what `kafka-storage format` prints.

use std::fmt;

use crate::tools::edition::{ControlPlane, Edition, Release};
use crate::tools::features::{METADATA_VERSION, bootstrap_levels, metadata_version_name};
use crate::tools::output::ToolOutput;

/// What a directory is for; displayed as `kafka-storage` names it from 3.9 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectoryKind {
    /// Holds the metadata log of a node with static controllers (`controller.quorum.voters`).
    Metadata,
    /// Holds topics only.
    Data,
    /// Holds the metadata log of one of the `--initial-controllers` (or of `--standalone`).
    DynamicVoter,
    /// Holds the metadata log of a node that is not one of them.
    DynamicObserver,
}

/// Whether a directory has a `meta.properties` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectoryState {
    /// New or wiped.
    Empty,
    /// Formatted before.
    Formatted,
}

/// One of the node's `log.dirs`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogDirectory {
    /// Its path as the settings give it.
    pub path: String,
    /// What it is for.
    pub kind: DirectoryKind,
    /// What it holds.
    pub state: DirectoryState,
}

/// What to do about directories that are formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlreadyFormatted {
    /// Refuse the command.
    Refuse,
    /// `--ignore-formatted`: format the others.
    Ignore,
}

impl LogDirectory {
    /// An empty directory of a node with static controllers.
    pub fn empty(path: impl Into<String>) -> LogDirectory {
        LogDirectory {
            path: path.into(),
            kind: DirectoryKind::Metadata,
            state: DirectoryState::Empty,
        }
    }
}

impl fmt::Display for DirectoryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DirectoryKind::Metadata => "metadata directory",
            DirectoryKind::Data => "data directory",
            DirectoryKind::DynamicVoter => "dynamic metadata voter directory",
            DirectoryKind::DynamicObserver => "dynamic metadata directory",
        })
    }
}

/// Prints what `kafka-storage format` says about these directories, given by path.
///
/// Recorded for one empty metadata directory; the rest is from Kafka's source.
pub fn format(edition: Edition, directories: &[LogDirectory], already: AlreadyFormatted) -> ToolOutput {
    let levels = match (edition.control_plane(), edition.release()) {
        (ControlPlane::Kraft, release) => bootstrap_levels(release),
        (ControlPlane::ZooKeeper, Release::V2_5) => return ToolOutput::no_such_script("kafka-storage.sh"),
        (ControlPlane::ZooKeeper, _) => return refuse(LEGACY_CLUSTER.to_owned()),
    };
    let (empty, formatted): (Vec<_>, Vec<_>) = directories
        .iter()
        .partition(|directory| directory.state == DirectoryState::Empty);
    if let (AlreadyFormatted::Refuse, Some(first)) = (already, formatted.first()) {
        return refuse(format!(
            "Log directory {} is already formatted. Use --ignore-formatted to ignore this directory and format the \
             others.",
            first.path
        ));
    }
    if empty.is_empty() {
        return ToolOutput::success(vec!["All of the log directories are already formatted.".to_owned()]);
    }
    let version = levels
        .iter()
        .find(|(name, _)| *name == METADATA_VERSION)
        .map_or(0, |(_, level)| *level);
    let mut lines = Vec::new();
    if edition.release() >= Release::V4_2 {
        lines.push(bootstrap_metadata(&levels, version));
    }
    let version = metadata_version_name(version);
    lines.extend(empty.iter().map(|directory| match edition.release() {
        Release::V2_5 | Release::V3_8 => format!("Formatting {} with {METADATA_VERSION} {version}.", directory.path),
        Release::V3_9 | Release::V4_0 | Release::V4_1 | Release::V4_2 | Release::V4_3 => {
            format!(
                "Formatting {} {} with {METADATA_VERSION} {version}.",
                directory.kind, directory.path
            )
        }
    }));
    ToolOutput::success(lines)
}

const LEGACY_CLUSTER: &str = "The kafka configuration file appears to be for a legacy cluster. Formatting is only \
                              supported for clusters in KRaft mode.";

fn refuse(message: String) -> ToolOutput {
    ToolOutput::failure(Vec::new(), vec![message])
}

fn bootstrap_metadata(levels: &[(&str, u16)], metadata_version: u16) -> String {
    let records: Vec<String> = levels
        .iter()
        .map(|(name, level)| {
            format!("ApiMessageAndVersion(FeatureLevelRecord(name='{name}', featureLevel={level}) at version 0)")
        })
        .collect();
    format!(
        "Bootstrap metadata: BootstrapMetadata(records=[{}], metadataVersionLevel={metadata_version}, source=format \
         command)",
        records.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::{AlreadyFormatted, DirectoryKind, DirectoryState, LogDirectory, format};
    use crate::tools::edition::Edition;

    fn formatted(path: &str) -> LogDirectory {
        LogDirectory {
            state: DirectoryState::Formatted,
            ..LogDirectory::empty(path)
        }
    }

    #[test]
    fn a_formatted_directory_is_refused_unless_it_is_ignored() {
        let directories = [formatted("n1/data")];
        let refused = format(Edition::Kraft3_8, &directories, AlreadyFormatted::Refuse);
        assert_eq!((refused.stdout.len(), refused.exit_code), (0, 1));
        assert!(refused.stderr[0].starts_with("Log directory n1/data is already formatted."));
        let ignored = format(Edition::Kraft3_8, &directories, AlreadyFormatted::Ignore);
        assert_eq!(ignored.stdout, ["All of the log directories are already formatted."]);
    }

    #[test]
    fn data_directories_are_named_so_from_3_9_on() {
        let data = LogDirectory {
            kind: DirectoryKind::Data,
            ..LogDirectory::empty("d2")
        };
        let lines = |edition| format(edition, &[formatted("d1"), data.clone()], AlreadyFormatted::Ignore).stdout;
        assert_eq!(
            lines(Edition::Kraft3_8),
            ["Formatting d2 with metadata.version 3.8-IV0."]
        );
        assert_eq!(
            lines(Edition::Kraft4_1),
            ["Formatting data directory d2 with metadata.version 4.1-IV1."]
        );
    }

    #[test]
    fn clusters_with_zookeeper_have_nothing_to_format() {
        let directories = [LogDirectory::empty("n1/data")];
        assert_eq!(
            format(Edition::Zk2_5, &directories, AlreadyFormatted::Refuse).exit_code,
            127
        );
        assert_eq!(
            format(Edition::Zk3_9, &directories, AlreadyFormatted::Refuse).exit_code,
            1
        );
    }
}
