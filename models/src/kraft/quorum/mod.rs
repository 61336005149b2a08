//! The KRaft quorum inside a cluster: the handlers of [`crate::raft`] on each process, controllers on top of them, brokers
//! that learn from them. Kafka: `SharedServer`, `RaftManager`, `QuorumController`, `NodeToControllerChannelManager`.
//!
//! | module | owns |
//! |---|---|
//! | [`roster`] | who is in the quorum, and which processes are broker and controller at once |
//! | [`manager`] | a process's part of the metadata log: runs the handlers of the quorum's own model and translates what they order |
//! | `clock` | its timers, where there is a clock |
//! | [`controller`] | the controller: decides with what is not committed yet, answers when it is, takes it back if it never is |
//! | [`committed`] | what the quorum has committed, for those who judge |
//! | `channel` | what a broker asks whichever controller is active |

mod channel;
mod clock;
pub mod committed;
pub mod controller;
pub mod manager;
pub mod roster;

pub(crate) use channel::{on_channel, on_forward, on_refused};
pub(crate) use clock::{on_timer, span};
pub use committed::Committed;
pub use controller::{ActiveSide, QuorumController, QuorumControllerSide};
pub use manager::{ObserverSide, Part, RaftManager, VoterSide};
pub use roster::Roster;
