//! Properties, sampling, exhaustive search, shrinking and explanation.
//!
//! | module | owns |
//! |---|---|
//! | [`system`] | the interface of everything searchable: [`System`], [`Steps`], [`Findings`] |
//! | [`search`] | breadth-first, depth-first, iterative deepening; verdicts; liveness |
//! | [`spec`] | published replication specifications and two-phase commit, with their exact state counts |
//! | [`cluster`] | the cluster world as a searchable system |

pub mod cluster;
pub mod search;
pub mod spec;
pub mod system;

pub use search::{Report, Search, Verdict};
pub use system::{Findings, Steps, System};
