//! Properties, sampling, exhaustive search, shrinking and explanation.
//!
//! | module | owns |
//! |---|---|
//! | [`system`] | the interface of everything searchable: [`System`], [`Steps`], [`Findings`] |
//! | [`sampling`] | random walks through any system, and their shrinking |
//! | [`search`] | breadth-first, depth-first, iterative deepening; verdicts; liveness |
//! | [`compact`] | the same at the speed of memory: words instead of values, threads, fingerprints |
//! | [`interned`] | any model as words: every value has an id, every local step is done once |
//! | [`spec`] | published replication specifications and two-phase commit, with their exact state counts |
//! | [`cluster`] | the cluster world as a searchable system |
//! | [`properties`] | what must hold of a cluster, one file each |
//! | [`quorum`] | the two models of a quorum: their properties, searches, and the rules that they need |
//! | [`watch`], [`witness`] | which properties are looked at when; what a run should have reached |
//! | [`explore`] | sampling: one file for each sampler |
//! | [`shrink`] | smaller traces with the same violation |
//! | [`narrate`] | a trace in words, step by step |
//! | [`history`] | what clients saw, judged by that alone |
//! | [`causality`] | what happened before what, and why a record was lost |

pub mod causality;
pub mod cluster;
pub mod compact;
pub mod explore;
pub mod history;
pub mod interned;
pub mod narrate;
pub mod properties;
pub mod quorum;
pub mod sampling;
pub mod search;
pub mod shrink;
pub mod spec;
pub mod system;
pub mod watch;
pub mod witness;

pub use sampling::{Sampled, Sampling, Violating};
pub use search::{Report, Search, Verdict};
pub use system::{Findings, Steps, System};
