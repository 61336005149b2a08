//! Tests of scenario files at the boundary: a text in, and what is said about it out.

mod form;
mod golden_file;
mod golden_meaning;
mod limits;
mod round_trip;
mod sample;
mod truncation;
