//! KRaft control plane: for now a single controller node that is always the active one. The quorum comes beside it.

mod controller;
mod operator;
pub mod quorum;
mod silences;

pub use controller::{
    Controller, ControllerSide, on_alter_partition, on_assign, on_balance, on_heartbeat, on_register, on_session_end,
};
pub use operator::on_command;
pub use silences::Silences;
