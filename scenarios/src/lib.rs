//! Scenario files and traces, recordings of real clusters, Kafka's tool output; and the clusters that these make.
//!
//! | module | owns |
//! |---|---|
//! | `arbitrary` | proptest strategies for scenarios (feature `proptest`) |
//! | [`bugs`] | the catalogue of real bugs: cards, budgets, and what it takes to find each |
//! | [`build`] | the cluster that a scenario makes |
//! | [`builtin`] | scenarios that ship with the program |
//! | [`scenario`] | the scenario file: schema, loader, judgement, the words for what is wrong with one |
//! | [`expect`] | what came out, beside what a scenario claims |
//! | [`lab`] | lessons: scenarios, steps in two languages, the tables that they must show |
//! | [`player`] | one play of a scenario under the virtual clock |
//! | [`recording`] | transcripts of real clusters, read |
//! | [`conform`] | what a transcript did, done on the model, compared cell by cell |
//! | [`testing`] | seeds and traces as ordinary tests: `sim_test!`, `replay_all!` |
//! | [`tools`] | what Kafka's command-line tools print |
//! | [`view`] | a state of the cluster as tables show it |
//! | [`trace`] | the trace file: written, read, repeated |

extern crate alloc;

#[cfg(any(test, feature = "proptest"))]
pub mod arbitrary;
pub mod bugs;
pub mod build;
pub mod builtin;
pub mod conform;
pub mod expect;
pub mod lab;
pub mod player;
pub mod recording;
pub mod scenario;
pub mod testing;
pub mod tools;
pub mod trace;
pub mod view;
