//! What real clusters printed is printed again: the tests of this folder read their recordings.

mod outputs;
mod recording;
mod tables;
