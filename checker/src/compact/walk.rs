//! The walk of a search, level by level: rounds, counts, bounds, checkpoints. It is the first thread of the crew.

use std::ops::ControlFlow;
use std::sync::{MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::checkpoint::{self, Checkpointing, Kept, Trouble};
use super::crew::{Crew, Failed, Phase, held};
use super::engine::Compact;
use super::part::{Part, Place, Violating};
use super::report::Stopped;
use super::space::Space;
use crate::search::{OnViolation, Progress};

/// What was found first: in a state, or on a step from it.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Violation {
    pub(super) property: usize,
    pub(super) place: Place,
    pub(super) step: Option<u16>,
}

/// What the walk knows beyond partitions and boxes.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) levels: Vec<u64>,
    /// Per level, witnesses in its states and on the steps to them.
    pub(super) reached: Vec<u32>,
    pub(super) complete_to: Option<usize>,
    pub(super) violation: Option<Violation>,
    /// How many levels were begun.
    pub(super) turns: usize,
    pub(super) memory: u64,
}

pub(super) struct Walk<'w, 's, S: Space> {
    bounds: &'w Compact,
    crew: &'w Crew<'s, S>,
    pub(super) progress: Found,
    /// When the last checkpoint was written. It decides when the next one is, and nothing else.
    saved: Instant,
}

impl<'w, 's, S: Space> Walk<'w, 's, S> {
    pub(super) fn new(bounds: &'w Compact, crew: &'w Crew<'s, S>) -> Self {
        Walk {
            bounds,
            crew,
            progress: Found::default(),
            saved: Instant::now(),
        }
    }

    /// The whole search. Says what ended it, if not that everything was seen.
    pub(super) fn search(
        &mut self,
        worker: &mut S::Worker,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Option<Stopped> {
        match &self.bounds.checkpoint {
            Some(from) if from.resume => self.resume(from, worker),
            Some(_) | None => self.begin(worker),
        }
        self.saved = Instant::now();
        while !self.is_over() && !self.has_failed() {
            if !self.parts().any(|part| part.now.len() > 0) {
                self.progress.complete_to = self.progress.levels.len().checked_sub(1);
                if !self.parts().any(|part| part.next.len() > 0) {
                    return None;
                }
                if self.bounds.max_depth == Some(self.progress.turns) {
                    return Some(Stopped::MaxDepth);
                }
                self.parts().for_each(|mut part| part.turn());
                self.progress.turns += 1;
            }
            if let Some(stopped) = self.level(worker, watch) {
                self.save();
                return Some(stopped);
            }
        }
        None
    }

    fn begin(&mut self, worker: &mut S::Worker) {
        let space = self.crew.space;
        for (number, (words, fingerprint)) in space.initial(worker).into_iter().enumerate() {
            let mut part = held(&self.crew.parts[Part::of(fingerprint)]);
            part.begin(space, worker, number, &words, fingerprint);
        }
        self.count(0);
    }

    /// Goes on where a checkpoint was written.
    fn resume(&mut self, from: &Checkpointing, worker: &mut S::Worker) {
        let crew = self.crew;
        let mut parts: Vec<_> = crew.parts.iter().map(held).collect();
        let boxes = crew.boxes.iter();
        let mut boxes: Vec<_> = boxes
            .map(|sent| sent.write().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let mut all: Vec<_> = parts
            .iter_mut()
            .map(|part| &mut **part)
            .zip(boxes.iter_mut().map(|sent| &mut **sent))
            .collect();
        // The initial states have the first ids in every run.
        self.crew.space.initial(worker);
        let read = checkpoint::read::<Found>(from, &mut all).and_then(|kept| {
            let restored = self.crew.space.restore(&kept.space);
            restored.map_err(|why| Trouble::Damaged(from.path.clone(), why))?;
            Ok(kept.walk)
        });
        match read {
            Ok(walk) => self.progress = walk,
            Err(trouble) => *held(&self.crew.failed) = Some(Failed::Trouble(trouble)),
        }
    }

    /// Writes a checkpoint, if the search is to be kept.
    fn save(&mut self) {
        let Some(to) = &self.bounds.checkpoint else { return };
        let crew = self.crew;
        let mut parts: Vec<_> = crew.parts.iter().map(held).collect();
        let boxes = crew.boxes.iter();
        let boxes: Vec<_> = boxes
            .map(|sent| sent.read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let mut all: Vec<_> = parts
            .iter_mut()
            .map(|part| &mut **part)
            .zip(boxes.iter().map(|sent| &**sent))
            .collect();
        let kept = Kept {
            subject: to.subject,
            walk: self.progress.clone(),
            space: self.crew.space.save(),
        };
        if let Err(trouble) = checkpoint::write(&to.path, &kept, &mut all) {
            *held(&self.crew.failed) = Some(Failed::Trouble(trouble));
        }
        self.saved = Instant::now();
    }

    /// Expands the rest of one level.
    fn level(&mut self, worker: &mut S::Worker, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Option<Stopped> {
        while self.parts().any(|part| part.now.len() > 0) {
            self.crew.together(Phase::Expand, worker);
            self.crew.together(Phase::Receive, worker);
            if self.has_failed() {
                return None;
            }
            self.count(self.progress.turns);
            if self.is_over() {
                return None;
            }
            if let Some(stopped) = self.over_a_bound() {
                return Some(stopped);
            }
            if watch(self.told()).is_break() {
                return Some(Stopped::Interrupted);
            }
            if self
                .bounds
                .checkpoint
                .as_ref()
                .is_some_and(|to| self.saved.elapsed() >= to.every)
            {
                self.save();
            }
        }
        None
    }

    fn parts(&self) -> impl Iterator<Item = MutexGuard<'_, Part>> {
        self.crew.parts.iter().map(held)
    }

    fn has_failed(&self) -> bool {
        held(&self.crew.failed).is_some()
    }

    /// Whether a violation ends the search.
    fn is_over(&self) -> bool {
        self.progress.violation.is_some() && self.bounds.on_violation == OnViolation::Stop
    }

    /// Takes over what the last round found: states that are `depth` steps from the start.
    fn count(&mut self, depth: usize) {
        if self.progress.violation.is_none() {
            self.progress.violation = self.first_violation();
        }
        let found: u64 = self.parts().map(|part| part.next.len() as u64).sum();
        if found > 0 {
            self.progress.levels.resize(depth + 1, 0);
            self.progress.levels[depth] = found;
        }
        let memory = self.memory();
        self.progress.memory = self.progress.memory.max(memory);
        self.note_reached(depth);
    }

    fn memory(&self) -> u64 {
        let boxes = self.crew.boxes.iter().map(|sent| {
            let sent = sent.read().unwrap_or_else(PoisonError::into_inner);
            sent.bytes()
        });
        self.parts().map(|part| part.memory()).sum::<u64>() + boxes.sum::<u64>()
    }

    /// The violation that comes first: of states that were expanded, then of states that were reached, then of steps; each
    /// by partition, then by property.
    fn first_violation(&self) -> Option<Violation> {
        let in_states = self.parts().find_map(|part| {
            let first = |(property, violating): (usize, &Violating<u32>)| {
                violating.first.map(|at| Violation {
                    property,
                    place: Place { part: part.me, at },
                    step: None,
                })
            };
            part.counts.violating.iter().enumerate().find_map(first)
        });
        let at_ends = || {
            (0..).zip(&self.crew.boxes).find_map(|(part, sent)| {
                let sent = sent.read().unwrap_or_else(PoisonError::into_inner);
                let first = |(property, violating): (usize, &Violating<u32>)| {
                    violating.first.map(|at| Violation {
                        property,
                        place: Place { part, at },
                        step: None,
                    })
                };
                sent.counts.ending.iter().enumerate().find_map(first)
            })
        };
        let on_steps = || {
            (0..).zip(&self.crew.boxes).find_map(|(part, sent)| {
                let sent = sent.read().unwrap_or_else(PoisonError::into_inner);
                let first = |(property, violating): (usize, &Violating<(u32, u16)>)| {
                    violating.first.map(|(at, ordinal)| Violation {
                        property,
                        place: Place { part, at },
                        step: Some(ordinal),
                    })
                };
                sent.counts.violating.iter().enumerate().find_map(first)
            })
        };
        at_ends().or(in_states).or_else(on_steps)
    }

    fn note_reached(&mut self, depth: usize) {
        let mut reached = 0;
        for mut part in self.crew.parts.iter().map(held) {
            reached |= std::mem::take(&mut part.counts.reached);
        }
        for sent in &self.crew.boxes {
            let mut sent = sent.write().unwrap_or_else(PoisonError::into_inner);
            reached |= std::mem::take(&mut sent.counts.reached);
        }
        if self.progress.reached.len() <= depth {
            self.progress.reached.resize(depth + 1, 0);
        }
        self.progress.reached[depth] |= reached;
    }

    fn over_a_bound(&mut self) -> Option<Stopped> {
        let states: u64 = self.parts().map(|part| part.len() as u64).sum();
        if self.bounds.max_states.is_some_and(|max| states >= max) {
            return Some(Stopped::MaxStates);
        }
        let max = self.bounds.max_memory?;
        let need = |walk: &Self| walk.memory() + walk.parts().map(|part| part.growth()).sum::<u64>();
        if need(self) > max {
            for mut part in self.parts() {
                if let Err(error) = part.now.spill().and_then(|()| part.next.spill()) {
                    held(&self.crew.failed).get_or_insert(Failed::from(error));
                    return None;
                }
            }
        }
        (need(self) > max).then_some(Stopped::MaxMemory)
    }

    fn told(&self) -> Progress {
        let states = self.parts().map(|part| part.len()).sum();
        let boxes = self.crew.boxes.iter().map(|sent| {
            let sent = sent.read().unwrap_or_else(PoisonError::into_inner);
            (sent.counts.transitions, sent.counts.expanded)
        });
        let (transitions, expanded) = boxes.fold((0, 0), |(t, e), (transitions, done)| (t + transitions, e + done));
        Progress {
            states,
            transitions,
            frontier: states - expanded as usize,
            depth: self.progress.turns.saturating_sub(1),
            memory: self.memory(),
        }
    }
}
