//! Names and numbers of the protocol: every number with a meaning is a type of its own.

use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::SmallVec;

/// A small set or list of brokers, in an order that means something (assignment order, stored order of the ISR).
pub type Brokers = SmallVec<[BrokerId; 4]>;

macro_rules! numbers {
    ($($(#[$meta:meta])* $name:ident($inner:ty) $prefix:literal;)*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    )* };
}

numbers! {
    /// Kafka's `node.id` of a broker.
    BrokerId(u8) "";
    /// Kafka's `node.id` of a controller. A controller and a broker of the same id are one process.
    ControllerId(u8) "";
    /// A producer or consumer of the scenario, by its position in it.
    ClientId(u8) "c";
    /// A partition of the scenario, by its position in the configuration; `Config::partition_name` has Kafka's name.
    Partition(u8) "p";
    /// A topic of the scenario, by its position in the configuration.
    TopicIndex(u8) "topic ";
    /// A position in a log: the offset of a record, or the end behind the last one.
    Offset(u32) "";
    /// Counts the leadership decisions of a partition; stamped on each batch that the leader appends.
    LeaderEpoch(u16) "e";
    /// Counts the changes of a partition's metadata.
    PartitionEpoch(u16) "v";
    /// Which life of a broker this is.
    ///
    /// Differs from Kafka: there it is the metadata offset of the registration (KIP-631), here the number of starts, so
    /// that equal situations are equal states.
    BrokerEpoch(u16) "life ";
    /// Which disk a broker has: a wiped and formatted one is another (KIP-858).
    Directory(u8) "dir ";
    /// A record that a client sent, whatever log it stands in.
    RecordId(u32) "m";
    /// Counts the controllers that ZooKeeper has seen; the data version of `/controller_epoch` as well.
    ControllerEpoch(u16) "c";
}

impl Offset {
    /// The beginning of a log.
    pub const ZERO: Self = Self(0);

    /// So many records on.
    #[must_use]
    pub fn plus(self, records: usize) -> Self {
        Self(self.0 + records as u32)
    }
}

impl LeaderEpoch {
    /// The epoch of the next decision.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl PartitionEpoch {
    /// The epoch of the next change.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl BrokerEpoch {
    /// The next life.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl ControllerEpoch {
    /// The epoch of the next controller.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Who acts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Node {
    /// The active controller.
    Controller,
    /// A broker.
    Broker(BrokerId),
    /// A producer or a consumer.
    Client(ClientId),
    /// The ZooKeeper ensemble: one tree.
    ZooKeeper,
    /// A controller of a KRaft quorum.
    Voter(ControllerId),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controller => f.write_str("controller"),
            Self::Broker(id) => write!(f, "broker {id}"),
            Self::Client(id) => write!(f, "client {id}"),
            Self::ZooKeeper => f.write_str("zookeeper"),
            Self::Voter(id) => write!(f, "controller {id}"),
        }
    }
}

/// Writes ids as Kafka's tools do: `1,2,3`.
pub struct Listed<'a>(pub &'a [BrokerId]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, id) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{id}")?;
        }
        Ok(())
    }
}
