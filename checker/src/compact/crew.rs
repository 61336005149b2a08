//! The threads of a search, and what they share: partitions and boxes, each in the hands of one thread at a time.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError, RwLock};

use super::PARTS;
use super::checkpoint::Trouble;
use super::part::{Outbox, Part};
use super::space::Space;

/// What the threads do next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Expand,
    Receive,
    End,
}

impl Phase {
    fn of(number: u8) -> Phase {
        [Phase::Expand, Phase::Receive, Phase::End][usize::from(number)]
    }
}

/// All that the threads share.
pub(super) struct Crew<'s, S: Space> {
    pub(super) space: &'s S,
    pub(super) parts: Vec<Mutex<Part>>,
    pub(super) boxes: Vec<RwLock<Outbox>>,
    phase: AtomicU8,
    claimed: AtomicUsize,
    gate: Barrier,
    pub(super) failed: Mutex<Option<Failed>>,
}

/// Why a thread could not go on.
pub(super) enum Failed {
    Panic(Box<dyn Any + Send>),
    Trouble(Trouble),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Trouble(Trouble::Io(std::env::temp_dir(), error))
    }
}

/// Nobody reads what a thread that panicked left behind: the search ends.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'s, S: Space> Crew<'s, S> {
    /// A crew of this many threads, this one included.
    pub(super) fn new(space: &'s S, threads: usize, part: impl Fn(u8) -> Part, sent: impl Fn() -> Outbox) -> Self {
        Crew {
            space,
            parts: (0..PARTS).map(|me| Mutex::new(part(me as u8))).collect(),
            boxes: (0..PARTS).map(|_| RwLock::new(sent())).collect(),
            phase: AtomicU8::new(0),
            claimed: AtomicUsize::new(0),
            gate: Barrier::new(threads),
            failed: Mutex::new(None),
        }
    }

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
    pub(super) fn together(&self, phase: Phase, worker: &mut S::Worker) {
        self.claimed.store(0, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.gate.wait();
        if phase != Phase::End {
            self.work(phase, worker);
            self.gate.wait();
        }
    }

    /// What all threads but the first do.
    pub(super) fn help(&self) {
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
