//! The numbers a transcript is made of: nodes, offsets, epochs, partitions, moments.

use std::fmt;
use std::str::FromStr;

/// A moment since the start of the experiment, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

impl Micros {
    /// A whole number of seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds * 1_000_000)
    }

    /// This moment and `other` together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What passed since `earlier`, nothing if it is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

/// Seconds with two decimals, as a transcript writes them: `12.08`.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 1_000_000, self.0 % 1_000_000 / 10_000)
    }
}

/// `12.08`, digits on both sides of the point, at most six after it.
impl FromStr for Micros {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (whole, part) = text.split_once('.').ok_or(())?;
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return Err(());
        }
        let whole: u64 = whole.parse().map_err(|_| ())?;
        let fraction: u64 = format!("{part:0<6}").parse().map_err(|_| ())?;
        whole
            .checked_mul(1_000_000)
            .and_then(|w| w.checked_add(fraction))
            .map(Self)
            .ok_or(())
    }
}

/// A broker or a KRaft controller by its id; ZooKeeper servers are nodes 21, 22, ... of the network. -1 is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub i32);

impl NodeId {
    /// Nobody: the leader of a partition without leader.
    pub const NONE: Self = Self(-1);
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NodeId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().map(Self).map_err(|_| ())
    }
}

/// A place in the log of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The epoch of a partition's leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub i32);

impl fmt::Display for LeaderEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One partition of a topic, written `topic-0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// Name of the topic.
    pub topic: String,
    /// Number of the partition.
    pub partition: i32,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self {
            topic: topic.into(),
            partition,
        }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// The number stands behind the last `-`, so names may contain one.
impl FromStr for TopicPartition {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (topic, number) = text.rsplit_once('-').ok_or(())?;
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if topic.is_empty() || topic.contains(char::is_whitespace) || !plain {
            return Err(());
        }
        Ok(Self::new(topic, number.parse().map_err(|_| ())?))
    }
}

/// A process of the cluster that can be started and ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Process {
    /// A broker, a controller, or both in one.
    Node(NodeId),
    /// The n-th ZooKeeper server, written `zk2`.
    ZooKeeper(u32),
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(id) => id.fmt(f),
            Self::ZooKeeper(n) => write!(f, "zk{n}"),
        }
    }
}

impl FromStr for Process {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.strip_prefix("zk") {
            Some(n) => n.parse().map(Self::ZooKeeper).map_err(|_| ()),
            None => text.parse().map(Self::Node),
        }
    }
}

/// Reads `1,2,3`; an empty text is an empty list.
pub(crate) fn list<T: FromStr>(text: &str) -> Option<Vec<T>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|part| part.parse().ok()).collect()
}

/// Writes `1,2,3`.
pub(crate) fn joined<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_without_rounding() {
        assert_eq!("12.08".parse(), Ok(Micros(12_080_000)));
        assert_eq!(Micros(12_080_000).to_string(), "12.08");
        assert_eq!("12".parse::<Micros>(), Err(()));
        assert_eq!("-1.00".parse::<Micros>(), Err(()));
        assert_eq!("99999999999999.00".parse::<Micros>(), Err(()));
    }

    #[test]
    fn a_topic_may_contain_dashes() {
        let partition: TopicPartition = "0204-multi-topic-2".parse().unwrap();
        assert_eq!(partition, TopicPartition::new("0204-multi-topic", 2));
        assert_eq!(partition.to_string(), "0204-multi-topic-2");
    }

    #[test]
    fn lists_of_nodes_may_be_empty() {
        assert_eq!(list::<NodeId>(""), Some(vec![]));
        assert_eq!(
            list("1,zk2"),
            Some(vec![Process::Node(NodeId(1)), Process::ZooKeeper(2)])
        );
        assert_eq!(list::<NodeId>("1,,2"), None);
    }
}
