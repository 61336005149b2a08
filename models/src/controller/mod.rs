//! Decisions of a controller as pure functions over partition state: the same under every way to store and announce them.

pub mod partition_change;
pub mod placement;
pub mod reassignment;
pub mod zk_election;
