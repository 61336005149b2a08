//! Scenario files and traces, recordings of real clusters, Kafka's tool output; and the clusters that these make.
//!
//! | module | owns |
//! |---|---|
//! | [`build`] | the cluster that a scenario makes |
//! | [`scenario`] | the scenario file: schema, loader, judgement, the words for what is wrong with one |
//! | [`recording`] | transcripts of real clusters, read |
//! | [`conform`] | what a transcript did, done on the model, compared cell by cell |
//! | [`tools`] | what Kafka's command-line tools print |
//! | [`trace`] | the trace file: written, read, repeated |

extern crate alloc;

pub mod build;
pub mod conform;
pub mod recording;
pub mod scenario;
pub mod tools;
pub mod trace;
