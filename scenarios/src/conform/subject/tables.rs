//! What `kafka-topics --describe` is told: the topics as one broker's metadata shows them.

use std::collections::{BTreeMap, BTreeSet};

use models::cluster::{Cluster, PartitionState};
use models::ids::TopicIndex;

use super::build::{Blueprint, MESSAGE_FORMAT};
use super::{Filter, Refusal, ToolReply};
use crate::recording::{Mode, Version};
use crate::tools::describe;
use crate::tools::view::{ConfigEntry, MIN_INSYNC_REPLICAS, PartitionView, TopicView};
use crate::tools::{BrokerId, Dialect, Edition, PartitionId};
use crate::view::moving;

/// Settings that were given to a topic, by name.
pub(super) type Configs = BTreeMap<String, String>;

/// The answer to a describe of one topic or all, from the image of the broker that is asked; of what moves the controller
/// tells.
pub(super) fn describe(
    blueprint: &Blueprint,
    (image, moves): (&Cluster, &Cluster),
    configs: &BTreeMap<String, Configs>,
    topic: Option<&str>,
    filter: Filter,
) -> ToolReply {
    let dialect = dialect(blueprint.head.mode, blueprint.head.version);
    let all = (0..blueprint.config.topics.len())
        .map(|at| TopicIndex(u8::try_from(at).expect("a topic has a partition, and there are at most 256 of them")));
    let wanted = all.filter(|index| topic.is_none_or(|name| name == blueprint.topic_name(*index)));
    let views: Vec<TopicView> = wanted
        .filter_map(|index| topic_view(blueprint, (image, moves), configs, index, dialect))
        .collect();
    if views.is_empty() && topic.is_some() {
        return ToolReply::Refused(Refusal::UnknownTopic);
    }
    let live: BTreeSet<BrokerId> = image
        .brokers()
        .iter()
        .filter(|(_, known)| known.is_active())
        .map(|(id, _)| shown(*id))
        .collect();
    let filter = match filter {
        Filter::All => describe::Filter::None,
        Filter::UnderReplicated => describe::Filter::UnderReplicated,
        Filter::Unavailable => describe::Filter::Unavailable,
        Filter::UnderMinIsr => describe::Filter::UnderMinIsr,
        Filter::AtMinIsr => describe::Filter::AtMinIsr,
    };
    ToolReply::Lines(describe::describe(&views, filter, &live, dialect).stdout)
}

/// Names of the topics in this image, sorted.
pub(super) fn list(blueprint: &Blueprint, image: &Cluster) -> ToolReply {
    let names = blueprint.config.topics.iter().filter(|topic| {
        let index = blueprint.topic(&topic.name);
        index.is_some_and(|index| image.topic(index).is_some())
    });
    let names: Vec<String> = names.map(|topic| topic.name.clone()).collect();
    ToolReply::Lines(crate::tools::topics::list(&names).stdout)
}

/// The edition of a release.
pub(super) fn edition(mode: Mode, version: Version) -> Edition {
    match (mode, version.line()) {
        (Mode::Zk, (..=2, _)) => Edition::Zk2_5,
        (Mode::Zk, _) => Edition::Zk3_9,
        (_, (..=2, _) | (3, ..=8)) => Edition::Kraft3_8,
        (_, (3, _)) => Edition::Kraft3_9,
        (_, (4, 0)) => Edition::Kraft4_0,
        (_, (4, 1)) => Edition::Kraft4_1,
        (_, (4, 2)) => Edition::Kraft4_2,
        (_, (4.., _)) => Edition::Kraft4_3,
    }
}

/// The shape of the tables of a release: without columns for eligible leader replicas up to 3.6, as in 2.5. (Topic ids, in
/// which these two differ, are not compared.)
fn dialect(mode: Mode, version: Version) -> Dialect {
    match (mode, version.line()) {
        (Mode::Kraft | Mode::Combined, (3, ..=6)) => Dialect::Zk2_5,
        (Mode::Kraft | Mode::Combined | Mode::Zk, _) => edition(mode, version).dialect(),
    }
}

fn topic_view(
    blueprint: &Blueprint,
    (image, moves): (&Cluster, &Cluster),
    configs: &BTreeMap<String, Configs>,
    topic: TopicIndex,
    dialect: Dialect,
) -> Option<TopicView> {
    image.topic(topic)?;
    let name = blueprint.topic_name(topic).to_owned();
    let mut given = configs.get(&name).cloned().unwrap_or_default();
    if dialect == Dialect::Kraft4_3 {
        given
            .entry(MIN_INSYNC_REPLICAS.to_owned())
            .or_insert_with(|| "1".to_owned());
    }
    if let Some(format) = blueprint.head.setting(MESSAGE_FORMAT) {
        given.insert("message.format.version".to_owned(), format!("{format}-IV0"));
    }
    let partitions = blueprint.config.partitions_of(topic).filter_map(|partition| {
        let number = PartitionId(blueprint.name(partition).partition);
        let mut view = partition_view(image, number, image.partition(partition)?);
        view.reassignment = moves.partition(partition).and_then(moving);
        Some(view)
    });
    Some(TopicView {
        partitions: partitions.collect(),
        configs: given
            .into_iter()
            .map(|(name, value)| ConfigEntry::new(name, value))
            .collect(),
        name,
        // Random in Kafka, and compared nowhere.
        id: None,
    })
}

/// A leader that this broker takes for dead is not shown. Kafka: `KRaftMetadataCache.getPartitionMetadata`.
fn partition_view(image: &Cluster, partition: PartitionId, state: &PartitionState) -> PartitionView {
    let list = |ids: &[models::ids::BrokerId]| ids.iter().map(|id| shown(*id)).collect();
    let alive = |id: &models::ids::BrokerId| image.broker(*id).is_some_and(|known| known.state != FENCED);
    PartitionView {
        partition,
        leader: state.leader.filter(alive).map(shown),
        replicas: list(&state.replicas),
        isr: list(&state.isr),
        reassignment: None,
        elr: list(&state.elr),
        last_known_elr: list(&state.last_known_elr),
    }
}

const FENCED: models::cluster::BrokerState = models::cluster::BrokerState::Fenced;

pub(super) fn shown(id: models::ids::BrokerId) -> BrokerId {
    BrokerId(i32::from(id.0))
}
