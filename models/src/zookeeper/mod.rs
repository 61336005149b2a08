//! ZooKeeper as one abstract tree: sessions, ephemeral nodes, versions, conditional and multi writes, one-shot watches.

mod messages;
mod tree;
mod writes;

pub use messages::{Answer, Changed, Request, Stored, Watch, Write};
pub use tree::{
    Path, Znode, ZooKeeper, ZooKeeperSide, on_isr_notice, on_majority_back, on_request, on_server, on_session_end,
};
pub use writes::on_isr_write;
