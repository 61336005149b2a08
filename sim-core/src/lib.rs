//! A world of slots, and drivers of it: the part of the simulator that knows nothing about Kafka.
//!
//! A protocol is a [`Model`]: closed sets of names and values, and pure handlers `(local state, input) -> (local state,
//! effects)`. A handler has no clock, no randomness, no I/O and no globals, and it cannot tell who drives it: the timed
//! scheduler ([`Timed`]), a sampler, an exhaustive search, or a replayed trace. `examples/ping_pong.rs` is a complete model.
//!
//! `no_std` with `alloc`: clocks, threads, files and hash maps are unreachable from here.

#![no_std]
extern crate alloc;

pub mod budget;
pub mod chooser;
pub mod context;
pub mod digest;
pub mod disk;
pub mod footprint;
pub mod model;
pub mod offer;
pub mod offers;
pub mod outcome;
pub mod property;
pub mod queue;
pub mod rng;
pub mod sampler;
pub mod time;
pub mod timed;
pub mod timers;
pub mod trace;
pub mod world;

pub use budget::Budget;
pub use chooser::{Choice, Chooser, Harmless, Recorded, Seeded};
pub use context::{Context, Effects, Since};
pub use digest::{Digest, content, slot_mix};
pub use disk::{Fate, File, Journal, Tear};
pub use footprint::{Footprint, Stage, View};
pub use model::{Arrival, Input, Model, Name, Never, State};
pub use offer::{Action, Offer, Op};
pub use offers::{Candidate, Offers};
pub use property::{Failure, Instance, Property, Registered, StepProperty, register};
pub use queue::{Broken, Hold, Queue};
pub use rng::{Latency, Purpose, Ratio, Stream};
pub use sampler::{Enabled, Sampler};
pub use time::{Instant, Span};
pub use timed::Timed;
pub use timers::Timers;
pub use world::{Scratch, World};

/// For [`footprint!`] and [`view!`], whose users need not know of `alloc`.
#[doc(hidden)]
pub use alloc::vec::Vec as Names;
/// Re-exported for models: short lists without an allocation.
pub use smallvec::SmallVec;
