//! What `sim spec` prints: counts per level, and what became of each invariant. As text and as JSON (`sim.spec/1`).

use std::fmt::{self, Display, Formatter};

use indexmap::IndexMap;
use serde::Serialize;

use super::Specification;
use crate::search::{Extent, Judged, Report, counted};
use crate::system::System;

/// The state space of a specification, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpecReport {
    schema: &'static str,
    /// Name of the specification.
    pub variant: &'static str,
    /// Its bounds, in words.
    #[serde(skip)]
    pub bounds: String,
    /// Distinct states; with symmetry, distinct up to renaming.
    pub distinct: usize,
    /// Steps taken, those that change nothing included. The reference checker's "generated" is one more, because it counts
    /// the initial state, too.
    #[serde(skip)]
    pub transitions: u64,
    /// Number of levels: the initial state is alone on the first.
    pub depth: usize,
    /// States on each level.
    pub levels: Vec<u64>,
    /// What became of each invariant, by name.
    pub invariants: IndexMap<&'static str, Invariant>,
    /// Why the count is not complete. Absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// What became of one invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invariant {
    /// Distinct states that violate it.
    pub violating_states: u64,
    /// States on the shortest run to one of them, first and last included; `None` if there is no such state.
    pub shortest_trace_states: Option<usize>,
    /// The steps of that run.
    #[serde(skip)]
    pub shortest_trace: Vec<String>,
}

impl SpecReport {
    pub(super) fn new<S: System>(spec: &Specification, report: &Report<S>) -> SpecReport {
        SpecReport {
            schema: "sim.spec/1",
            variant: spec.name(),
            bounds: spec.to_string(),
            distinct: report.states,
            transitions: report.transitions,
            depth: report.levels.len(),
            levels: report.levels.clone(),
            invariants: report
                .properties
                .iter()
                .map(|judged| (judged.name, Invariant::new(judged)))
                .collect(),
            stopped: match report.extent {
                Extent::Whole | Extent::ToViolation => None,
                Extent::Partial(unfinished) => Some(unfinished.to_string()),
            },
        }
    }
}

impl Invariant {
    fn new<S: System>(judged: &Judged<S>) -> Invariant {
        let shortest = judged.first.as_ref();
        let steps = shortest.into_iter().flat_map(|trace| trace.actions());
        Invariant {
            violating_states: judged.violating_states,
            shortest_trace_states: shortest.map(|trace| trace.len() + 1),
            shortest_trace: steps.map(ToString::to_string).collect(),
        }
    }
}

impl Display for SpecReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let distinct = counted(self.distinct as u64, "distinct state", "distinct states");
        let levels: Vec<String> = self.levels.iter().map(u64::to_string).collect();
        writeln!(f, "spec       {}: {}", self.variant, self.bounds)?;
        let transitions = counted(self.transitions, "transition", "transitions");
        let depth = counted(self.depth as u64, "level", "levels");
        writeln!(f, "counted    {distinct}, {transitions}, {depth}")?;
        if let Some(why) = &self.stopped {
            writeln!(f, "           INCOMPLETE: {why}")?;
        }
        writeln!(f, "levels     {}", levels.join(" "))?;
        for (at, (name, invariant)) in self.invariants.iter().enumerate() {
            let heading = if at == 0 { "invariants" } else { "" };
            writeln!(f, "{heading:11}{name:19}{invariant}")?;
        }
        let told = |(_, invariant): &(_, &Invariant)| !invariant.shortest_trace.is_empty();
        for (name, invariant) in self.invariants.iter().filter(told) {
            writeln!(f, "\n{name}, shortest run to a violation:")?;
            for (step, number) in invariant.shortest_trace.iter().zip(1..) {
                writeln!(f, "{number:>4}  {step}")?;
            }
        }
        Ok(())
    }
}

impl Display for Invariant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(shortest) = self.shortest_trace_states else {
            return write!(f, "holds");
        };
        let violating = counted(self.violating_states, "state", "states");
        write!(
            f,
            "violated in {violating}, shortest trace {}",
            counted(shortest as u64, "state", "states")
        )
    }
}
