//! What brokers ask of ZooKeeper, and what they get.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::cluster::{Cluster, PartitionState};
use crate::config::TopicSettings;
use crate::controller::partition_change::Choice;
use crate::controller::reassignment::Assignment;
use crate::ids::{BrokerEpoch, BrokerId, ControllerEpoch, Partition, PartitionEpoch, TopicIndex};

/// What a session asks for.
///
/// Differs from Kafka: what Kafka does in several calls where nothing can come in between that matters is one request:
/// the session and the broker's node; the election and the first reading of the tree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Request {
    /// A new session, and the broker's node in it (`/brokers/ids/B`).
    Connect,
    /// The session lives on.
    Ping,
    /// The session ends, and its nodes go.
    Close,
    /// `/controller` and the next `/controller_epoch`, or else a watch on `/controller`.
    Elect,
    /// The children of `/brokers/ids`, and a watch on them.
    ReadBrokers,
    /// The partitions under `/isr_change_notification` with their states, and a watch; the notifications go.
    ReadIsrChanges,
    /// Several writes in one transaction.
    Multi {
        /// The epoch of the controller that writes.
        author: ControllerEpoch,
        /// Nothing is written unless `/controller_epoch` has this value.
        check: Option<ControllerEpoch>,
        /// In order; each is done or not on its own.
        writes: Vec<Write>,
    },
}

/// One write of a controller.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Write {
    /// `/brokers/topics/T` and `/config/topics/T`.
    Topic(TopicIndex, TopicSettings),
    /// `/brokers/topics/T`: where the replicas of one of its partitions lie, and shall lie.
    Assignment(Partition, Assignment),
    /// `/admin/delete_topics/T`: the topic shall go.
    Delete(TopicIndex),
    /// All nodes of a topic go.
    NoTopic(TopicIndex),
    /// `/config/topics/T`, and the notification of it.
    Config(TopicIndex, TopicSettings),
    /// `/brokers/topics/T/partitions/P/state`.
    State(Stored),
}

/// The new content of a state node; its partition epoch is the version that it gets, and the one before it is expected.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// Which.
    pub partition: Partition,
    /// As it should be.
    pub state: PartitionState,
    /// How its leader was chosen.
    pub choice: Choice,
}

/// What became of the write of a state: the version that it has now, or what is there instead and who wrote that.
pub type Changed = Result<PartitionEpoch, Option<Box<(PartitionState, ControllerEpoch)>>>;

/// What a watch looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Watch {
    /// Whether `/controller` is there.
    Controller,
    /// The children of `/brokers/ids`.
    Brokers,
    /// The children of `/isr_change_notification`.
    IsrChanges,
}

/// What ZooKeeper sends to a session.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The session has begun, and the broker is registered.
    Connected(BrokerEpoch),
    /// The node of an earlier session of this broker is still there (`NODEEXISTS`).
    NodeExists,
    /// This session has ended (`SESSIONEXPIRED`).
    Expired(BrokerEpoch),
    /// The broker is controller in this epoch; the whole tree, and the topics that shall go.
    Elected(ControllerEpoch, Box<Cluster>, Vec<TopicIndex>),
    /// Another one is the controller. A watch looks at it.
    NotElected,
    /// A watch has fired; it looks no more.
    Fired(Watch),
    /// Brokers with the transactions that created their nodes.
    Brokers(Vec<(BrokerId, BrokerEpoch)>),
    /// Partitions whose ISR their leaders have changed, and the brokers of the moment.
    IsrChanges(Vec<(Partition, PartitionState)>),
    /// What became of each write.
    Done(Vec<Changed>),
    /// The controller epoch is another one: nothing was written (`BADVERSION` of the check).
    ControllerMoved,
    /// The settings of a topic have changed.
    ///
    /// Differs from Kafka: the watch on `/config/changes` and the reading that follows are one.
    Config(TopicIndex, TopicSettings),
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("create /brokers/ids"),
            Self::Ping => f.write_str("ping"),
            Self::Close => f.write_str("close session"),
            Self::Elect => f.write_str("create /controller"),
            Self::ReadBrokers => f.write_str("get children /brokers/ids"),
            Self::ReadIsrChanges => f.write_str("get children /isr_change_notification"),
            Self::Multi { author, check, writes } => {
                write!(f, "multi by {author}")?;
                if check.is_some() {
                    f.write_str(" checked")?;
                }
                writes.iter().try_for_each(|write| write!(f, " [{write}]"))
            }
        }
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(topic, _) => write!(f, "create {topic}"),
            Self::Assignment(partition, assignment) => write!(f, "{partition} {assignment}"),
            Self::Delete(topic) => write!(f, "create /admin/delete_topics {topic}"),
            Self::NoTopic(topic) => write!(f, "delete {topic}"),
            Self::Config(topic, _) => write!(f, "config of {topic}"),
            Self::State(stored) => {
                write!(
                    f,
                    "{} {} {}",
                    stored.partition, stored.state, stored.state.partition_epoch
                )
            }
        }
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Controller => "/controller",
            Self::Brokers => "/brokers/ids",
            Self::IsrChanges => "/isr_change_notification",
        })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected(epoch) => write!(f, "registered {epoch}"),
            Self::NodeExists => f.write_str("NODEEXISTS"),
            Self::Expired(epoch) => write!(f, "SESSIONEXPIRED {epoch}"),
            Self::Elected(epoch, ..) => write!(f, "controller in {epoch}"),
            Self::NotElected => f.write_str("there is a controller"),
            Self::Fired(watch) => write!(f, "watch {watch}"),
            Self::Brokers(brokers) => {
                f.write_str("/brokers/ids")?;
                brokers.iter().try_for_each(|(id, epoch)| write!(f, " {id} {epoch}"))
            }
            Self::IsrChanges(changes) => {
                f.write_str("/isr_change_notification")?;
                let mut changes = changes.iter();
                changes.try_for_each(|(partition, state)| write!(f, " [{partition} {state}]"))
            }
            Self::Done(changed) => {
                f.write_str("done")?;
                changed.iter().try_for_each(|changed| match changed {
                    Ok(version) => write!(f, " {version}"),
                    Err(_) => f.write_str(" BADVERSION"),
                })
            }
            Self::ControllerMoved => f.write_str("BADVERSION /controller_epoch"),
            Self::Config(topic, settings) => write!(f, "config of {topic} min.insync.replicas={}", settings.min_isr),
        }
    }
}
