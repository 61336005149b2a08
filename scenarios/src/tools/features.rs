//! Owns the features of each release: what `kafka-features describe` prints, what formatting writes first.

use crate::tools::edition::{ControlPlane, Edition, Release};
use crate::tools::output::ToolOutput;

/// The feature that stands for the format of the metadata itself.
pub const METADATA_VERSION: &str = "metadata.version";

/// The feature whose level is not a record: whether controllers can be added and removed.
const KRAFT_VERSION: &str = "kraft.version";

/// A feature that the brokers of a release support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// Lowest level that the brokers support.
    pub min_version: u16,
    /// Highest level that they support and that is declared stable.
    pub max_version: u16,
    /// Level of a new cluster with static controllers.
    pub finalized_level: u16,
}

const fn feature(name: &'static str, min_version: u16, max_version: u16, finalized_level: u16) -> Feature {
    Feature {
        name,
        min_version,
        max_version,
        finalized_level,
    }
}

const ELR_VERSION: &str = "eligible.leader.replicas.version";
const GROUP_VERSION: &str = "group.version";
const SHARE_VERSION: &str = "share.version";
const STREAMS_VERSION: &str = "streams.version";
const TRANSACTION_VERSION: &str = "transaction.version";

const V3_8: [Feature; 1] = [feature(METADATA_VERSION, 1, 20, 20)];
const V3_9: [Feature; 2] = [feature(KRAFT_VERSION, 0, 1, 0), feature(METADATA_VERSION, 1, 21, 21)];
const V4_0: [Feature; 5] = [
    feature(ELR_VERSION, 0, 1, 0),
    feature(GROUP_VERSION, 0, 1, 1),
    feature(KRAFT_VERSION, 0, 1, 0),
    feature(METADATA_VERSION, 7, 25, 25),
    feature(TRANSACTION_VERSION, 0, 2, 2),
];
const V4_1: [Feature; 6] = [
    feature(ELR_VERSION, 0, 1, 1),
    feature(GROUP_VERSION, 0, 1, 1),
    feature(KRAFT_VERSION, 0, 1, 0),
    feature(METADATA_VERSION, 7, 27, 27),
    feature(SHARE_VERSION, 0, 1, 0),
    feature(TRANSACTION_VERSION, 0, 2, 2),
];
const V4_2: [Feature; 7] = stable_groups(29);
const V4_3: [Feature; 7] = stable_groups(30);

const fn stable_groups(metadata_version: u16) -> [Feature; 7] {
    [
        feature(ELR_VERSION, 0, 1, 1),
        feature(GROUP_VERSION, 0, 1, 1),
        feature(KRAFT_VERSION, 0, 1, 0),
        feature(METADATA_VERSION, 7, metadata_version, metadata_version),
        feature(SHARE_VERSION, 0, 1, 1),
        feature(STREAMS_VERSION, 0, 1, 1),
        feature(TRANSACTION_VERSION, 0, 2, 2),
    ]
}

/// Features that a release supports, by name; 2.5 has none.
///
/// Recorded: all of 4.3, and the finalized levels of all. The ranges of 3.8 to 4.2 are from Kafka's source.
pub const fn supported_features(release: Release) -> &'static [Feature] {
    match release {
        Release::V2_5 => &[],
        Release::V3_8 => &V3_8,
        Release::V3_9 => &V3_9,
        Release::V4_0 => &V4_0,
        Release::V4_1 => &V4_1,
        Release::V4_2 => &V4_2,
        Release::V4_3 => &V4_3,
    }
}

/// Names and levels of the records with which the metadata log of a new cluster begins: `metadata.version`
/// first, then by name those that are not zero.
pub fn bootstrap_levels(release: Release) -> Vec<(&'static str, u16)> {
    let mut levels: Vec<(&'static str, u16)> = supported_features(release)
        .iter()
        .filter(|feature| feature.name != KRAFT_VERSION && feature.finalized_level > 0)
        .map(|feature| (feature.name, feature.finalized_level))
        .collect();
    levels.sort_by_key(|(name, _)| *name != METADATA_VERSION);
    levels
}

/// A level of `metadata.version` as text, for the levels that [`supported_features`] names.
pub fn metadata_version_name(level: u16) -> String {
    match level {
        1 => "3.0-IV1".to_owned(),
        7 => "3.3-IV3".to_owned(),
        20 => "3.8-IV0".to_owned(),
        21 => "3.9-IV0".to_owned(),
        25 => "4.0-IV3".to_owned(),
        27 => "4.1-IV1".to_owned(),
        29 => "4.2-IV1".to_owned(),
        30 => "4.3-IV0".to_owned(),
        other => format!("UNKNOWN {other}"),
    }
}

/// Prints what `kafka-features describe` says about a new cluster; `epoch` is the offset that the answering
/// broker's metadata has reached.
pub fn describe(edition: Edition, epoch: i64) -> ToolOutput {
    match (edition.control_plane(), edition.release()) {
        (ControlPlane::ZooKeeper, Release::V2_5) => ToolOutput::no_such_script("kafka-features.sh"),
        // Kafka: a broker with ZooKeeper reports no features at all. From its source, not recorded.
        (ControlPlane::ZooKeeper, _) => ToolOutput::default(),
        (ControlPlane::Kraft, release) => {
            let features = supported_features(release);
            ToolOutput::success(
                features
                    .iter()
                    .map(|feature| describe_line(release, feature, epoch))
                    .collect(),
            )
        }
    }
}

/// Columns are parted by tabs, from 4.3 on (KAFKA-19941) filled with spaces.
fn describe_line(release: Release, feature: &Feature, epoch: i64) -> String {
    let name = feature.name;
    let [min, max, finalized] = [feature.min_version, feature.max_version, feature.finalized_level].map(|level| {
        if name == METADATA_VERSION {
            metadata_version_name(level)
        } else {
            level.to_string()
        }
    });
    if release >= Release::V4_3 {
        format!(
            "Feature: {name:<40}  SupportedMinVersion: {min:<15}  SupportedMaxVersion: {max:<15}  \
             FinalizedVersionLevel: {finalized:<15}  Epoch: {epoch}"
        )
    } else {
        format!(
            "Feature: {name}\tSupportedMinVersion: {min}\tSupportedMaxVersion: {max}\tFinalizedVersionLevel: \
             {finalized}\tEpoch: {epoch}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{METADATA_VERSION, bootstrap_levels, describe, metadata_version_name, supported_features};
    use crate::tools::edition::Edition;

    #[test]
    fn features_are_listed_by_name_and_metadata_version_is_known_by_name() {
        for edition in Edition::ALL {
            let features = supported_features(edition.release());
            assert!(features.is_sorted_by_key(|feature| feature.name));
            let versions = features.iter().filter(|feature| feature.name == METADATA_VERSION);
            for level in versions.flat_map(|feature| [feature.min_version, feature.max_version]) {
                assert!(!metadata_version_name(level).starts_with("UNKNOWN"));
            }
        }
    }

    #[test]
    fn formatting_writes_the_metadata_version_first_and_no_zeros() {
        assert_eq!(
            bootstrap_levels(Edition::Kraft4_0.release()),
            [
                ("metadata.version", 25),
                ("group.version", 1),
                ("transaction.version", 2)
            ]
        );
    }

    #[test]
    fn releases_before_4_3_part_the_columns_by_tabs() {
        assert_eq!(
            describe(Edition::Kraft3_9, 7).stdout[1],
            "Feature: metadata.version\tSupportedMinVersion: 3.0-IV1\tSupportedMaxVersion: 3.9-IV0\t\
             FinalizedVersionLevel: 3.9-IV0\tEpoch: 7"
        );
    }
}
