//! A trace in words: what each step did, what it changed, where a record is promised and where a copy of it goes.
//!
//! | module | owns |
//! |---|---|
//! | `tale` | [`Tale`]: the replayed trace, per step its operations, facts and changed slots |
//! | `sentence` | one sentence per step |
//! | `changes`, `notes` | what a step changed; remarks in the margin |
//! | `page` | both in columns: `sim replay --diff` |
//! | `logs` | [`LogsView`]: `sim describe --logs` |

mod changes;
mod logs;
mod names;
mod notes;
mod page;
mod sentence;
mod tale;

pub use changes::{Line, Subject, changes, decision, decisions, messages};
pub use logs::{LogsView, Mark, PartitionLogs, ReplicaLog};
pub use notes::{Note, notes};
pub use page::{Diff, Entry, Glyphs, Layout, Messages, entry, page, violated};
pub use sentence::{sentence, short};
pub use tale::{Change, Step, Stuck, Tale};

pub(crate) use changes::in_flight;
pub(crate) use names::{Names, is_up, joined, listed, log_of, or_none};
pub(crate) use notes::{holders, promises};
pub(crate) use sentence::partition_state;
