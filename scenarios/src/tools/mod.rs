//! Owns what Kafka's command-line tools print, as pure functions from plain data to text, byte for byte.
//!
//! Nothing here knows the simulated cluster: callers fill the structs of [`view`], and get a
//! [`ToolOutput`] back. The ground truth are the recordings of real clusters; what rests on
//! Kafka's source alone says so where it stands.

pub mod configs;
pub mod describe;
pub mod edition;
pub mod election;
pub mod features;
pub mod ids;
pub mod java_hash;
pub mod logs;
pub mod output;
pub mod pasted;
pub mod quorum;
pub mod reassign;
pub mod storage;
pub mod topics;
pub mod view;

pub use edition::{Dialect, Edition, Release};
pub use ids::{BrokerId, LeaderEpoch, Offset, PartitionId, TopicId, TopicPartition};
pub use output::ToolOutput;
