//! Exhaustive breadth-first search at the speed of memory: states are short arrays of words, the visited set keeps eight
//! bytes of each, and threads share nothing but hash partitions.
//!
//! | module | owns |
//! |---|---|
//! | [`space`] | what is asked of a system: [`Space`] |
//! | `table` | the visited set: open addressing over fingerprints, or whole states |
//! | `frontier` | states still to be expanded, as bytes |
//! | `part` | one hash partition: visited set, parents, frontier; and what it sends to the others |
//! | `engine` | bounds and result of a search: [`Compact`] |
//! | `walk` | rounds, level by level |
//! | `crew` | threads, and what they share |
//! | `checkpoint` | a search on disk |
//! | `report` | counts, verdict, traces |
//!
//! How a result is independent of the thread count: there are always [`PARTS`] partitions. A round takes a fixed number of
//! states from the frontier of each, and every partition writes the successors that belong to partition `q` into its box
//! for `q`. When all have done so, each partition reads the boxes for it, in the order of their senders. Whoever runs a
//! partition, it sees the same things in the same order.

mod checkpoint;
mod crew;
mod engine;
mod frontier;
mod part;
mod report;
pub mod space;
mod table;
mod walk;

pub use checkpoint::{Checkpointing, Trouble};
pub use engine::Compact;
pub use report::{CompactReport, CompactVerdict, Counted, Stopped};
pub use space::{Change, Marks, Space, Successors};

/// How many hash partitions there are, whatever the number of threads.
pub const PARTS: usize = 16;
