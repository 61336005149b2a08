//! Owns the names and numbers that tables show: brokers, partitions, offsets, epochs, topic ids.

use std::fmt;
use std::str::FromStr;

/// Number of a broker, as `node.id` or `broker.id` sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerId(pub i32);

/// Number of a partition within its topic, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId(pub i32);

/// Place of a record in a log, or the place after the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

/// Number of a leader's term over a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub i32);

/// A topic's id; Kafka prints it as 22 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub u128);

/// One partition of one topic; displayed as Kafka does: `orders-0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// Name of the topic.
    pub topic: String,
    /// Number of the partition.
    pub partition: PartitionId,
}

impl TopicPartition {
    /// The partition with this number of the topic with this name.
    pub fn new(topic: impl Into<String>, partition: PartitionId) -> TopicPartition {
        TopicPartition {
            topic: topic.into(),
            partition,
        }
    }
}

impl From<BrokerId> for i32 {
    fn from(id: BrokerId) -> i32 {
        id.0
    }
}

macro_rules! display_as_number {
    ($($id:ty),*) => { $(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )* };
}

display_as_number!(BrokerId, PartitionId, Offset, LeaderEpoch);

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Characters of a printed id: 21 with six bits each, the last with the two that are left.
const TOPIC_ID_CHARS: usize = 22;

impl TopicId {
    /// The id that Kafka never prints, because no topic has it.
    pub const ZERO: TopicId = TopicId(0);

    /// Id of the topic created as number `index`, from 0: the first is `AAAAAAAAAAAAAAAAAAAAAQ`.
    ///
    /// Differs from Kafka: its ids are random. These are equal in every run.
    pub const fn from_index(index: u32) -> TopicId {
        TopicId(index as u128 + 1)
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in 0..TOPIC_ID_CHARS {
            let sextet = match 122_usize.checked_sub(6 * place) {
                Some(shift) => self.0 >> shift,
                None => self.0 << 4,
            };
            let index = usize::try_from(sextet & 63).expect("six bits fit into any index");
            write!(f, "{}", char::from(BASE64_URL[index]))?;
        }
        Ok(())
    }
}

impl FromStr for TopicId {
    type Err = NotATopicId;

    fn from_str(text: &str) -> Result<TopicId, NotATopicId> {
        if text.len() != TOPIC_ID_CHARS {
            return Err(NotATopicId);
        }
        let mut id = 0_u128;
        for (place, byte) in text.bytes().enumerate() {
            let sextet = BASE64_URL.iter().position(|known| *known == byte).ok_or(NotATopicId)?;
            if place + 1 < TOPIC_ID_CHARS {
                id = (id << 6) | sextet as u128;
            } else if sextet % 16 == 0 {
                id = (id << 2) | (sextet as u128 >> 4);
            } else {
                return Err(NotATopicId);
            }
        }
        Ok(TopicId(id))
    }
}

/// The text is not 22 characters of base64url for 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATopicId;

impl fmt::Display for NotATopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a topic id has 22 characters of base64url")
    }
}

impl std::error::Error for NotATopicId {}

#[cfg(test)]
mod tests {
    use super::TopicId;

    #[test]
    fn topic_ids_count_up_in_base64url() {
        assert_eq!(TopicId::from_index(0).to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(TopicId::from_index(3).to_string(), "AAAAAAAAAAAAAAAAAAAABA");
        assert_eq!(TopicId(u128::MAX).to_string(), "_____________________w");
    }

    #[test]
    fn topic_ids_of_real_clusters_are_read_and_printed_again() {
        for id in [
            "0096_GK8S7SaqekSt480yg",
            "iZUHE5WgTl6Pu4ynkqzf9g",
            "d2hbC-MmTfi_n3O1dRcSYQ",
        ] {
            assert_eq!(id.parse::<TopicId>().map(|id| id.to_string()).as_deref(), Ok(id));
        }
        assert!("AAAAAAAAAAAAAAAAAAAAAB".parse::<TopicId>().is_err());
        assert!("too-short".parse::<TopicId>().is_err());
    }
}
