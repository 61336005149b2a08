//! Does what a recording did on a [`Subject`], and compares cell by cell. Knows nothing of how the subject works.
//!
//! 1. [`Recording::parse`](crate::recording::Recording::parse) reads the file, [`Preset::of`] says which preset does it.
//! 2. [`Hints::of`] takes the choices from it that may differ; the subject is built with them and answers its labelled
//!    choices from them. Nothing else of the recording reaches the subject but its steps, at their times.
//! 3. [`conform`] does the steps and returns the [`FileReport`]; a [`Report`] prints them all.

mod align;
mod cells;
mod changes;
mod hints;
mod history;
mod output_rows;
mod plain;
mod preset;
mod recorded;
mod report;
mod request;
mod run;
pub mod says;
mod state_rows;
mod subject;
mod tally;

pub use cells::{Kind, Kinds, Thing};
pub use hints::{Hints, ToolLuck};
pub use preset::{Preset, TurnedBack};
pub use report::{Difference, FileReport, NotUnderstood, Report};
pub use run::{cells, conform, not_modelled};
pub use subject::{
    Ask, Blueprint, Change, Election, ElectionRefusal, Filter, NotModelled, Output, Placement, ProduceRequest, Refusal,
    Reply, Request, Segment, SimulatedCluster, Subject, Target, Ticket, ToolReply, Until,
};
