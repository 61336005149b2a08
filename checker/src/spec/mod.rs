//! The published specifications as plain models of the engine, and the report that `sim spec` prints of them.

pub mod isr_negotiation;
pub mod packed;
mod replicas;
pub mod replication;
mod report;
pub mod two_phase_commit;

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::ops::ControlFlow;

pub use replicas::{MAX_REPLICAS, Replica, ReplicaSet};
pub use report::{Invariant, SpecReport};

use crate::search::{Progress, Search};
use isr_negotiation::IsrNegotiation;
use replication::{Replication, Variant};

/// A specification with everything that decides how many states it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Specification {
    /// One of the five replication specifications.
    Replication(Variant, replication::Bounds, Symmetry),
    /// The negotiation of the ISR between a fixed leader and the controller.
    IsrNegotiation(isr_negotiation::Bounds, Symmetry),
}

/// Whether states that differ only in interchangeable names count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symmetry {
    /// They count each.
    Off,
    /// They count once.
    On,
}

/// A bound that a specification cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundsError {
    /// The bound, as on the command line, without the dashes.
    pub bound: &'static str,
    /// What was asked for.
    pub value: usize,
    /// The least possible.
    pub min: usize,
    /// The most possible.
    pub max: usize,
}

impl Display for BoundsError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let BoundsError { bound, value, min, max } = self;
        write!(
            f,
            "`--{bound} {value}` is out of range: the model has room for {min} to {max}"
        )
    }
}

impl Error for BoundsError {}

fn in_range(bound: &'static str, value: usize, min: usize, max: usize) -> Result<(), BoundsError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(BoundsError { bound, value, min, max })
    }
}

impl Specification {
    /// The name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Specification::Replication(variant, ..) => variant.name(),
            Specification::IsrNegotiation(..) => "isr-negotiation",
        }
    }
}

/// The bounds in words.
impl Display for Specification {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let symmetry = match self {
            Specification::Replication(_, bounds, symmetry) => write!(f, "{bounds}").map(|()| symmetry),
            Specification::IsrNegotiation(bounds, symmetry) => write!(f, "{bounds}").map(|()| symmetry),
        }?;
        match symmetry {
            Symmetry::Off => write!(f, ", symmetry off"),
            Symmetry::On => write!(f, ", symmetry on"),
        }
    }
}

/// Counts all states of a specification, level by level, and those that violate each of its invariants.
///
/// ```
/// # use checker::spec::{Specification, Symmetry, run_spec, replication::{Bounds, Variant}};
/// let bounds = Bounds::new(2, 2, 2, 1).expect("small enough");
/// let report = run_spec(&Specification::Replication(Variant::Kip320, bounds, Symmetry::Off));
/// assert_eq!((report.distinct, report.depth), (957, 15));
/// assert_eq!(report.invariants["StrongIsr"].violating_states, 0);
/// ```
pub fn run_spec(spec: &Specification) -> SpecReport {
    run_spec_watched(spec, &mut |_| ControlFlow::Continue(()))
}

/// The same, telling `watch` how far it has come; when `watch` breaks, the report covers what was reached by then.
pub fn run_spec_watched(spec: &Specification, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> SpecReport {
    let search = Search::breadth_first().count_all();
    match *spec {
        Specification::Replication(variant, bounds, symmetry) => {
            let system = Replication::new(variant, bounds, symmetry);
            SpecReport::new(spec, &search.run_watched(&system, watch))
        }
        Specification::IsrNegotiation(bounds, symmetry) => {
            let system = IsrNegotiation::new(bounds, symmetry);
            SpecReport::new(spec, &search.run_watched(&system, watch))
        }
    }
}
