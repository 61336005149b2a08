//! Owns lessons: a lab is a folder with scenarios, a file of steps in English and Korean, and the tables that it must show.
//!
//! What a learner is shown is what the model does: [`check`] plays a lab and compares every table with the one that lies
//! beside it, and every answer that a table gives with the table.

mod cells;
mod check;
mod schema;
mod shelf;
mod views;

pub use cells::{Cell, CellDifference, Style, cells, differences};
pub use check::{LabReport, check};
pub use schema::{Choosable, Claim, Found, Lab, Level, Playing, Question, See, Step, Words};
pub use shelf::{ALL, OnShelf, find};
pub use views::{Plays, Unplayable};
