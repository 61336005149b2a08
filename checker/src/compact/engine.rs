//! A search: its bounds, its result.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{MutexGuard, PoisonError};

use super::checkpoint::{Checkpointing, Trouble};
use super::crew::{Crew, Failed, Phase, held};
use super::part::{Outbox, Part};
use super::report::{CompactReport, CompactVerdict, Counted, Stopped};
use super::space::Space;
use super::walk::{Found, Violation, Walk};
use crate::search::{OnViolation, Progress};

/// A breadth-first search with fingerprints: within which bounds, on how many threads.
#[derive(Clone, Debug)]
pub struct Compact {
    /// How many threads work. Results are the same for any number.
    pub threads: usize,
    /// Stop at the first round after which there are more states.
    pub max_states: Option<u64>,
    /// Leave out states that are more than this many steps from every initial state.
    pub max_depth: Option<usize>,
    /// Stop rather than use more memory than this for visited set, parents and frontier, in bytes.
    pub max_memory: Option<u64>,
    /// Whether to go on after a violation.
    pub on_violation: OnViolation,
    /// Whether to compare whole states.
    pub exact: bool,
    /// Where the search is kept on disk, if it is.
    pub checkpoint: Option<Checkpointing>,
}

impl Default for Compact {
    fn default() -> Self {
        Self {
            threads: 1,
            max_states: None,
            max_depth: None,
            max_memory: None,
            on_violation: OnViolation::Stop,
            exact: false,
            checkpoint: None,
        }
    }
}

impl Compact {
    /// Searches, and tells `watch` now and then how far it has come. When `watch` breaks, the search ends and reports what
    /// it has.
    ///
    /// # Errors
    /// When a frontier that does not fit into memory cannot be written to a temporary file, or a checkpoint cannot be
    /// written, read, or gone on from.
    pub fn run<S: Space>(
        &self,
        space: &S,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<CompactReport<S::Action>, Trouble> {
        let (properties, kinds) = (space.properties().len(), space.kinds().len());
        assert!(
            properties <= 32 && space.witnesses().len() <= 32,
            "a set of marks has 32 bits"
        );
        let threads = self.threads.max(1);
        let part = |me| Part::new(me, self, properties);
        let crew = Crew::new(space, threads, part, || Outbox::new(kinds, properties));
        let stopped = std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| crew.help());
            }
            let mut worker = space.worker();
            let mut walk = Walk::new(self, &crew);
            let searched = catch_unwind(AssertUnwindSafe(|| walk.search(&mut worker, watch)));
            crew.together(Phase::End, &mut worker);
            searched.map(|stopped| (stopped, walk.progress))
        });
        let (stopped, found) = stopped.unwrap_or_else(|panic| resume_unwind(panic));
        match held(&crew.failed).take() {
            Some(Failed::Panic(panic)) => resume_unwind(panic),
            Some(Failed::Trouble(trouble)) => Err(trouble),
            None => Ok(self.report(&crew, stopped, found)),
        }
    }

    fn report<S: Space>(&self, crew: &Crew<'_, S>, stopped: Option<Stopped>, found: Found) -> CompactReport<S::Action> {
        let parts: Vec<_> = crew.parts.iter().map(held).collect();
        let boxes: Vec<_> = crew
            .boxes
            .iter()
            .map(|sent| sent.read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let space = crew.space;
        let count = |(at, name): (usize, &&'static str)| Counted {
            name,
            violating_states: parts.iter().map(|part| part.counts.violating[at].count).sum::<u64>()
                + boxes.iter().map(|sent| sent.counts.ending[at].count).sum::<u64>(),
            violating_steps: boxes.iter().map(|sent| sent.counts.violating[at].count).sum(),
        };
        let kind = |(at, name): (usize, &&'static str)| (*name, boxes.iter().map(|sent| sent.counts.kinds[at]).sum());
        let reached = |(at, name): (usize, &&'static str)| {
            let depth = found.reached.iter().position(|reached| reached & (1 << at) != 0);
            (*name, depth)
        };
        let states = parts.iter().map(|part| part.len() as u64).sum();
        let expanded: u64 = boxes.iter().map(|sent| sent.counts.expanded).sum();
        let verdict = match (found.violation, stopped) {
            (Some(violation), _) => CompactVerdict::Violated {
                property: space.properties()[violation.property],
                trace: trace(space, &parts, violation),
            },
            (None, Some(stopped)) => CompactVerdict::Inconclusive(stopped),
            (None, None) => CompactVerdict::Holds,
        };
        CompactReport {
            verdict,
            states,
            transitions: boxes.iter().map(|sent| sent.counts.transitions).sum(),
            levels: found.levels,
            complete_to: found.complete_to,
            frontier: states - expanded,
            digest: parts.iter().fold(0, |sum, part| sum.wrapping_add(part.counts.digest)),
            properties: space.properties().iter().enumerate().map(count).collect(),
            witnesses: space.witnesses().iter().enumerate().map(reached).collect(),
            kinds: space.kinds().iter().enumerate().map(kind).collect(),
            exact: self.exact,
            memory: found.memory,
        }
    }
}

/// The decisions that lead to a violation: back along the links, then forward along the successors.
fn trace<S: Space>(space: &S, parts: &[MutexGuard<'_, Part>], violation: Violation) -> Vec<S::Action> {
    let mut path: Vec<u16> = violation.step.into_iter().collect();
    let mut at = violation.place;
    let initial = loop {
        match parts[usize::from(at.part)].links[at.at as usize].read() {
            Ok((from, ordinal)) => {
                path.push(ordinal);
                at = from;
            }
            Err(initial) => break initial,
        }
    };
    path.reverse();
    space.decisions(initial, &path)
}
