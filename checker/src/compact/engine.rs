//! Rounds over all partitions: expand, exchange, count, and stop where the bounds say so.

use std::any::Any;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use super::PARTS;
use super::checkpoint::{self, Checkpointing, Kept, Trouble};
use super::part::{Outbox, Part, Place};
use super::report::{CompactReport, CompactVerdict, Counted, Stopped};
use super::space::Space;
use crate::search::{OnViolation, Progress};
use serde::{Deserialize, Serialize};

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

/// What the threads do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Expand,
    Receive,
    End,
}

impl Phase {
    fn of(number: u8) -> Phase {
        [Phase::Expand, Phase::Receive, Phase::End][usize::from(number)]
    }
}

/// All that the threads share: partitions and boxes, each in the hands of one thread at a time.
struct Shared<'s, S: Space> {
    space: &'s S,
    parts: Vec<Mutex<Part>>,
    boxes: Vec<RwLock<Outbox>>,
    phase: AtomicU8,
    claimed: AtomicUsize,
    gate: Barrier,
    failed: Mutex<Option<Failed>>,
}

enum Failed {
    Panic(Box<dyn Any + Send>),
    Trouble(Trouble),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Trouble(Trouble::Io(std::env::temp_dir(), error))
    }
}

/// Nobody reads what a thread that panicked left behind: the search ends.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Space> Shared<'_, S> {
    /// Runs one phase on this thread, as long as there are partitions left.
    fn work(&self, phase: Phase, worker: &mut S::Worker) {
        let run = || -> io::Result<()> {
            loop {
                let at = self.claimed.fetch_add(1, Ordering::Relaxed);
                if at >= PARTS {
                    return Ok(());
                }
                self.one(phase, at, worker)?;
            }
        };
        let failed = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => Failed::from(error),
            Err(panic) => Failed::Panic(panic),
        };
        held(&self.failed).get_or_insert(failed);
    }

    fn one(&self, phase: Phase, at: usize, worker: &mut S::Worker) -> io::Result<()> {
        let mut part = held(&self.parts[at]);
        match phase {
            Phase::Expand => {
                let mut out = self.boxes[at].write().unwrap_or_else(PoisonError::into_inner);
                part.expand(self.space, worker, &mut out)
            }
            Phase::Receive => {
                for (from, sent) in (0..).zip(&self.boxes) {
                    let sent = sent.read().unwrap_or_else(PoisonError::into_inner);
                    part.receive(self.space, worker, from, &sent);
                }
                Ok(())
            }
            Phase::End => Ok(()),
        }
    }

    /// Runs one phase on all threads; this one is the first of them.
    fn together(&self, phase: Phase, worker: &mut S::Worker) {
        self.claimed.store(0, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.gate.wait();
        if phase != Phase::End {
            self.work(phase, worker);
            self.gate.wait();
        }
    }

    /// What all threads but the first do.
    fn help(&self) {
        let mut worker = self.space.worker();
        loop {
            self.gate.wait();
            match Phase::of(self.phase.load(Ordering::Relaxed)) {
                Phase::End => return,
                phase => self.work(phase, &mut worker),
            }
            self.gate.wait();
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
        let part = |me| Mutex::new(Part::new(me as u8, self, properties));
        let shared = Shared {
            space,
            parts: (0..PARTS).map(part).collect(),
            boxes: (0..PARTS)
                .map(|_| RwLock::new(Outbox::new(kinds, properties)))
                .collect(),
            phase: AtomicU8::new(0),
            claimed: AtomicUsize::new(0),
            gate: Barrier::new(self.threads.max(1)),
            failed: Mutex::new(None),
        };
        let stopped = std::thread::scope(|scope| {
            for _ in 1..self.threads.max(1) {
                scope.spawn(|| shared.help());
            }
            let mut worker = space.worker();
            let mut walk = Walk::new(self, &shared);
            let searched = catch_unwind(AssertUnwindSafe(|| walk.search(&mut worker, watch)));
            shared.together(Phase::End, &mut worker);
            searched.map(|stopped| (stopped, walk.progress))
        });
        let (stopped, found) = stopped.unwrap_or_else(|panic| resume_unwind(panic));
        match held(&shared.failed).take() {
            Some(Failed::Panic(panic)) => resume_unwind(panic),
            Some(Failed::Trouble(trouble)) => Err(trouble),
            None => Ok(self.report(&shared, stopped, found)),
        }
    }

    fn report<S: Space>(
        &self,
        shared: &Shared<'_, S>,
        stopped: Option<Stopped>,
        found: Found,
    ) -> CompactReport<S::Action> {
        let parts: Vec<_> = shared.parts.iter().map(held).collect();
        let boxes: Vec<_> = shared
            .boxes
            .iter()
            .map(|sent| sent.read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let space = shared.space;
        let count = |(at, name): (usize, &&'static str)| Counted {
            name,
            violating_states: parts.iter().map(|part| part.counts.violating[at].0).sum(),
            violating_steps: boxes.iter().map(|sent| sent.counts.violating[at].0).sum(),
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

/// What was found first: in a state, or on a step from it.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Violation {
    property: usize,
    place: Place,
    step: Option<u16>,
}

/// What the walk knows beyond partitions and boxes.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Found {
    levels: Vec<u64>,
    /// Per level, witnesses in its states and on the steps to them.
    reached: Vec<u32>,
    complete_to: Option<usize>,
    violation: Option<Violation>,
    /// How many levels were begun.
    turns: usize,
    memory: u64,
}

struct Walk<'w, 's, S: Space> {
    bounds: &'w Compact,
    shared: &'w Shared<'s, S>,
    progress: Found,
    /// When the last checkpoint was written. It decides when the next one is, and nothing else.
    saved: Instant,
}

impl<'w, 's, S: Space> Walk<'w, 's, S> {
    fn new(bounds: &'w Compact, shared: &'w Shared<'s, S>) -> Self {
        Walk {
            bounds,
            shared,
            progress: Found::default(),
            saved: Instant::now(),
        }
    }

    /// The whole search. Says what ended it, if not that everything was seen.
    fn search(
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
        let space = self.shared.space;
        for (number, (words, fingerprint)) in space.initial(worker).into_iter().enumerate() {
            let mut part = held(&self.shared.parts[Part::of(fingerprint)]);
            part.begin(space, worker, number, &words, fingerprint);
        }
        self.count(0);
    }

    /// Goes on where a checkpoint was written.
    fn resume(&mut self, from: &Checkpointing, worker: &mut S::Worker) {
        let shared = self.shared;
        let mut parts: Vec<_> = shared.parts.iter().map(held).collect();
        let boxes = shared.boxes.iter();
        let mut boxes: Vec<_> = boxes
            .map(|sent| sent.write().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let mut all: Vec<_> = parts
            .iter_mut()
            .map(|part| &mut **part)
            .zip(boxes.iter_mut().map(|sent| &mut **sent))
            .collect();
        // The initial states have the first ids in every run.
        self.shared.space.initial(worker);
        let read = checkpoint::read::<Found>(from, &mut all).and_then(|kept| {
            let restored = self.shared.space.restore(&kept.space);
            restored.map_err(|why| Trouble::Damaged(from.path.clone(), why))?;
            Ok(kept.walk)
        });
        match read {
            Ok(walk) => self.progress = walk,
            Err(trouble) => *held(&self.shared.failed) = Some(Failed::Trouble(trouble)),
        }
    }

    /// Writes a checkpoint, if the search is to be kept.
    fn save(&mut self) {
        let Some(to) = &self.bounds.checkpoint else { return };
        let shared = self.shared;
        let mut parts: Vec<_> = shared.parts.iter().map(held).collect();
        let boxes = shared.boxes.iter();
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
            space: self.shared.space.save(),
        };
        if let Err(trouble) = checkpoint::write(&to.path, &kept, &mut all) {
            *held(&self.shared.failed) = Some(Failed::Trouble(trouble));
        }
        self.saved = Instant::now();
    }

    /// Expands the rest of one level.
    fn level(&mut self, worker: &mut S::Worker, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Option<Stopped> {
        while self.parts().any(|part| part.now.len() > 0) {
            self.shared.together(Phase::Expand, worker);
            self.shared.together(Phase::Receive, worker);
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
        self.shared.parts.iter().map(held)
    }

    fn has_failed(&self) -> bool {
        held(&self.shared.failed).is_some()
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
        let boxes = self.shared.boxes.iter().map(|sent| {
            let sent = sent.read().unwrap_or_else(PoisonError::into_inner);
            sent.bytes()
        });
        self.parts().map(|part| part.memory()).sum::<u64>() + boxes.sum::<u64>()
    }

    /// The violation that comes first: by partition, states before steps, then by property.
    fn first_violation(&self) -> Option<Violation> {
        let in_states = self.parts().find_map(|part| {
            let first = |(property, (_, first)): (usize, &(u64, Option<u32>))| {
                first.map(|at| Violation {
                    property,
                    place: Place { part: part.me, at },
                    step: None,
                })
            };
            part.counts.violating.iter().enumerate().find_map(first)
        });
        let on_steps = || {
            (0..).zip(&self.shared.boxes).find_map(|(part, sent)| {
                let sent = sent.read().unwrap_or_else(PoisonError::into_inner);
                let first = |(property, (_, first)): (usize, &(u64, Option<(u32, u16)>))| {
                    first.map(|(at, ordinal)| Violation {
                        property,
                        place: Place { part, at },
                        step: Some(ordinal),
                    })
                };
                sent.counts.violating.iter().enumerate().find_map(first)
            })
        };
        in_states.or_else(on_steps)
    }

    fn note_reached(&mut self, depth: usize) {
        let mut reached = 0;
        for mut part in self.shared.parts.iter().map(held) {
            reached |= std::mem::take(&mut part.counts.reached);
        }
        for sent in &self.shared.boxes {
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
                    held(&self.shared.failed).get_or_insert(Failed::from(error));
                    return None;
                }
            }
        }
        (need(self) > max).then_some(Stopped::MaxMemory)
    }

    fn told(&self) -> Progress {
        let states = self.parts().map(|part| part.len()).sum();
        let boxes = self.shared.boxes.iter().map(|sent| {
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
