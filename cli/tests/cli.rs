//! The tests of the `sim` command, as one program: what users rely on, run as users run it.

mod check;
mod documented_commands;
mod errors;
mod exit_codes;
mod folder;
mod look;
mod quorum;
mod same_bytes;
mod tidy;
