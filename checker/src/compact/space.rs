//! What the compact search asks of a system.

/// One word of a state that a step changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// Which word.
    pub at: u16,
    /// Its new value.
    pub word: u32,
}

/// What was found in a state or on a step, as sets: bit `i` is the `i`-th property or witness.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Marks {
    /// Violated properties.
    pub violated: u32,
    /// Witnesses reached.
    pub reached: u32,
}

impl Marks {
    /// Both.
    #[must_use]
    pub fn and(self, other: Marks) -> Marks {
        Marks {
            violated: self.violated | other.violated,
            reached: self.reached | other.reached,
        }
    }
}

/// A system whose states are arrays of [`width`](Space::width) words with a 64-bit fingerprint.
///
/// Words may be names that one run gives out as it goes (an interned value has one); fingerprints must be the same in every
/// run. Successors come in a canonical order that does not depend on the values of words.
pub trait Space: Sync {
    /// Caches of one thread. No result depends on what is in them.
    type Worker: Send;
    /// One decision, for traces.
    type Action;

    /// Empty caches.
    fn worker(&self) -> Self::Worker;

    /// Words in a state.
    fn width(&self) -> usize;

    /// The states in which a run may start, with their fingerprints.
    fn initial(&self, worker: &mut Self::Worker) -> Vec<(Vec<u32>, u64)>;

    /// Adds all successors of a state, in canonical order.
    fn successors(&self, worker: &mut Self::Worker, state: &[u32], fingerprint: u64, out: &mut Successors);

    /// What is wrong with a state, and what it reaches. `changed` lists the words in which it differs from a state in which
    /// nothing was wrong; without it, anything may be.
    fn judge(&self, worker: &mut Self::Worker, state: &[u32], changed: Option<&[Change]>) -> Marks;

    /// The decisions that lead from initial state number `initial` along the successors with these numbers.
    fn decisions(&self, initial: usize, path: &[u16]) -> Vec<Self::Action>;

    /// What the words of states mean, as bytes for a checkpoint. Nothing, if they mean the same in every run.
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Makes the words of states mean what they meant when [`Space::save`] was called.
    ///
    /// # Errors
    /// When these bytes are not what it wrote.
    fn restore(&self, _bytes: &[u8]) -> Result<(), String> {
        Ok(())
    }

    /// Names of properties, at most 32.
    fn properties(&self) -> &[&'static str];

    /// Names of witnesses, at most 32.
    fn witnesses(&self) -> &[&'static str];

    /// Names of the kinds of steps.
    fn kinds(&self) -> &[&'static str];
}

/// A successor: what changed, and what is known of the step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Successor {
    pub(super) fingerprint: u64,
    /// Its first change, in the list of changes.
    pub(super) changes: u32,
    pub(super) many: u16,
    pub(super) kind: u8,
    pub(super) marks: Marks,
}

/// The successors of one state, in order.
#[derive(Default, Debug)]
pub struct Successors {
    pub(super) list: Vec<Successor>,
    pub(super) changes: Vec<Change>,
    /// Properties that the state itself violates, as far as only its successors show it.
    pub(super) violated: u32,
}

impl Successors {
    /// Begins a successor. [`change`](Successors::change) says what is new in it, [`end`](Successors::end) ends it.
    pub fn begin(&mut self) -> u32 {
        self.changes.len() as u32
    }

    /// The successor differs from its predecessor in this word. Each word at most once.
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Ends the successor that began at `first`: its fingerprint, the kind of the step, and what the step itself violates
    /// or reaches.
    pub fn end(&mut self, first: u32, fingerprint: u64, kind: u8, marks: Marks) {
        self.list.push(Successor {
            fingerprint,
            changes: first,
            many: (self.changes.len() - first as usize) as u16,
            kind,
            marks,
        });
    }

    /// The state violates these properties, since nothing more happens in it by itself.
    pub fn ends_badly(&mut self, violated: u32) {
        self.violated |= violated;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Fingerprint and changes of one of them.
    pub fn get(&self, at: usize) -> (u64, &[Change]) {
        let successor = &self.list[at];
        let first = successor.changes as usize;
        (
            successor.fingerprint,
            &self.changes[first..first + usize::from(successor.many)],
        )
    }

    /// What one of them, as a step, violates and reaches.
    pub fn marks(&self, at: usize) -> Marks {
        self.list[at].marks
    }

    /// Properties that the state itself violates, as far as only its successors show it.
    pub fn violated(&self) -> u32 {
        self.violated
    }

    /// Forgets them, keeping the memory.
    pub fn clear(&mut self) {
        self.list.clear();
        self.changes.clear();
        self.violated = 0;
    }
}
