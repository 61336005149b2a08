//! The two models of a quorum, searched: what must hold of them, within which bounds it does, and which rule it needs.
//!
//! | module | owns |
//! |---|---|
//! | [`raft`], [`zab`] | properties and witnesses of the metadata quorum, of the ZooKeeper ensemble |
//! | [`needs`] | each rule with the world in which something breaks without it |
//! | [`liveness`] | what must come again and again |
//! | [`subject`] | one search, and its counterexample in words |
//! | [`sampling`] | random runs |

pub mod liveness;
pub mod needs;
pub mod raft;
pub mod sampling;
pub mod subject;
pub mod zab;

pub use sampling::{Draw, Sampled};
pub use subject::{Searched, Step, Subject};

/// How fine the steps of a search are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grain {
    /// Every message arrives by itself.
    Fine,
    /// An answer that is given at once arrives at once: request, answer and what becomes of it are one step.
    RoundTrips,
}
