//! Owns the scenario file: schema, loader, judgement, and the words for what is wrong with one.
//!
//! ```
//! use scenarios::scenario::load::load;
//! use scenarios::scenario::names::Names;
//!
//! let names = Names {
//!     presets: &["kraft-3.9", "kraft-4.3"],
//!     properties: &["no-committed-loss"],
//!     witnesses: &[],
//!     switches: &[],
//!     samplers: &[],
//! };
//! let text = r#"(
//!     name: "one-broker-stops",
//!     control: Kraft(controllers: [101]),
//!     brokers: [1, 2, 3],
//!     topics: [(name: "t", assignment: [[1, 2, 3]], config: {"min.insync.replicas": 2})],
//!     script: [Stop(broker: 4, how: Kill)],
//! )"#;
//! let problems = load("lab.ron", text.as_bytes(), &names).expect_err("there is no broker 4");
//! assert_eq!(
//!     problems[0].to_string(),
//!     "\
//! error[scenario]: script[0] stops broker 4, but the cluster has brokers 1, 2, 3
//!  --> lab.ron:6:27
//!   |
//! 6 |     script: [Stop(broker: 4, how: Kill)],
//!   |                           ^
//!   = note: brokers are declared at lab.ron:4:14
//! "
//! );
//! ```

pub mod config_value;
pub mod diagnostic;
pub mod event;
pub(crate) mod explain;
pub mod gaps;
mod layout;
pub mod load;
pub mod messages;
pub mod names;
pub(crate) mod outline;
pub mod path;
pub mod render;
pub mod schema;
pub mod settings;
pub mod source;
pub(crate) mod syntax;
pub mod text;
pub mod time_span;
pub mod validate;

pub use syntax::{PROBLEMS_MAX, ron_options};
