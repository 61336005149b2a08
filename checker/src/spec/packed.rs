//! Specifications for the compact search: every state as a few words, and no memory taken per successor.
//!
//! A system says once which bits each field of a state needs. The same list packs and unpacks, so the two cannot disagree.

use sim_core::{Digest, slot_mix};

use crate::compact::{Change, Marks, Space, Successors};
use crate::system::{Findings, Steps, System};

/// A system whose states fit into a fixed number of bits.
pub trait Packed: System<State: Send + Sync, Action: Send> + Sync {
    /// Passes every field that can differ between two states through `bits`, in the same order and with the same widths
    /// for all states, and sets it to what comes back.
    fn fields(&self, state: &mut Self::State, bits: &mut impl Bits);
}

/// What becomes of the fields of a state.
pub trait Bits {
    /// A field of this many bits, at most 32: takes its value and gives the value that it has from now on.
    fn field(&mut self, width: u32, value: u32) -> u32;
}

/// Writes fields into words, the lowest bits first; every field keeps its value.
struct Writer<'w> {
    words: &'w mut Vec<u32>,
    held: u64,
    filled: u32,
}

/// Reads them back; every field takes the value that was written.
struct Reader<'w> {
    words: &'w [u32],
    held: u64,
    filled: u32,
}

impl Bits for Writer<'_> {
    #[inline]
    fn field(&mut self, width: u32, value: u32) -> u32 {
        assert!(u64::from(value) >> width == 0, "{value} does not fit into {width} bits");
        self.held |= u64::from(value) << self.filled;
        self.filled += width;
        if self.filled >= u32::BITS {
            self.words.push(self.held as u32);
            self.held >>= u32::BITS;
            self.filled -= u32::BITS;
        }
        value
    }
}

impl Bits for Reader<'_> {
    #[inline]
    fn field(&mut self, width: u32, _value: u32) -> u32 {
        if self.filled < width {
            let (word, rest) = self.words.split_first().expect("fields read are fields written");
            self.words = rest;
            self.held |= u64::from(*word) << self.filled;
            self.filled += u32::BITS;
        }
        let value = self.held & ((1 << width) - 1);
        self.held >>= width;
        self.filled -= width;
        value as u32
    }
}

/// A packed system, ready for the compact search.
///
/// ```
/// # use std::ops::ControlFlow;
/// # use checker::compact::{Compact, CompactVerdict};
/// # use checker::spec::{Symmetry, packed::PackedSpace, two_phase_commit::TwoPhaseCommit};
/// let commit = TwoPhaseCommit::new(5, Symmetry::Off).expect("five is within the bounds");
/// let search = Compact { threads: 2, ..Compact::default() };
/// let report = search.run(&PackedSpace::new(&commit), &mut |_| ControlFlow::Continue(())).expect("no checkpoint");
/// assert_eq!((report.verdict, report.states), (CompactVerdict::Holds, 8_832));
/// ```
pub struct PackedSpace<'s, S: Packed> {
    system: &'s S,
    initial: Vec<S::State>,
    width: usize,
    properties: Vec<&'static str>,
    witnesses: Vec<&'static str>,
    kinds: Vec<&'static str>,
}

/// What one thread works with: memory that is used again for every state.
pub struct Scratch<S: Packed> {
    steps: Steps<S>,
    words: Vec<u32>,
    found: Findings,
}

impl<'s, S: Packed> PackedSpace<'s, S> {
    /// The states of `system`, as words.
    pub fn new(system: &'s S) -> Self {
        let initial: Vec<S::State> = system
            .initial()
            .into_iter()
            .map(|it| system.representative(it))
            .collect();
        let mut space = PackedSpace {
            system,
            initial,
            width: 0,
            properties: system.properties(),
            witnesses: system.witnesses(),
            kinds: system.kinds(),
        };
        if space.kinds.is_empty() {
            space.kinds.push("step");
        }
        space.width = space.pack(&space.initial[0]).len();
        space
    }

    /// The words of a state.
    pub fn pack(&self, state: &S::State) -> Vec<u32> {
        let mut words = Vec::new();
        self.write(&mut state.clone(), &mut words);
        words
    }

    /// The state that these words stand for.
    pub fn unpack(&self, words: &[u32]) -> S::State {
        let mut state = self.initial[0].clone();
        let (held, filled) = (0, 0);
        self.system.fields(&mut state, &mut Reader { words, held, filled });
        state
    }

    /// The state is the same after it.
    fn write(&self, state: &mut S::State, words: &mut Vec<u32>) {
        words.clear();
        let (held, filled) = (0, 0);
        let mut writer = Writer { words, held, filled };
        self.system.fields(state, &mut writer);
        if writer.filled > 0 {
            writer.words.push(writer.held as u32);
        }
    }

    /// The step's place in the list of kinds; systems that do not list them have one.
    fn kind(&self, action: &S::Action) -> u8 {
        if let [_only] = self.kinds[..] {
            return 0;
        }
        let kind = self.system.kind(action);
        let at = self.kinds.iter().position(|known| *known == kind);
        at.expect("a system with a list of kinds lists all of them") as u8
    }

    fn marks(&self, found: &Findings) -> Marks {
        let bits = |found: &[&str], names: &[&'static str]| {
            let bit = |name| {
                names
                    .iter()
                    .position(|known| known == name)
                    .expect("what is found has a name")
            };
            found.iter().fold(0, |set, name| set | 1 << bit(name))
        };
        Marks {
            violated: bits(&found.violated, &self.properties),
            reached: bits(&found.reached, &self.witnesses),
        }
    }
}

/// The part of one word in the fingerprint, which is the sum over all words.
fn mixed(at: usize, word: u32) -> u64 {
    slot_mix(at, Digest(u64::from(word)))
}

impl<S: Packed> Space for PackedSpace<'_, S> {
    type Worker = Scratch<S>;
    type Action = S::Action;

    fn worker(&self) -> Scratch<S> {
        Scratch {
            steps: Steps::default(),
            words: Vec::new(),
            found: Findings::default(),
        }
    }

    fn width(&self) -> usize {
        self.width
    }

    fn initial(&self, _worker: &mut Scratch<S>) -> Vec<(Vec<u32>, u64)> {
        let packed = |state: &S::State| {
            let words = self.pack(state);
            let mixes = words.iter().enumerate().map(|(at, word)| mixed(at, *word));
            let fingerprint = mixes.fold(0, u64::wrapping_add);
            (words, fingerprint)
        };
        self.initial.iter().map(packed).collect()
    }

    fn successors(&self, worker: &mut Scratch<S>, state: &[u32], fingerprint: u64, out: &mut Successors) {
        let Scratch { steps, words, .. } = worker;
        for step in steps.of(self.system, &self.unpack(state)).drain(..) {
            let mut next = self.system.representative(step.state);
            self.write(&mut next, words);
            let first = out.begin();
            let mut fingerprint = fingerprint;
            for (at, (old, new)) in state
                .iter()
                .zip(&*words)
                .enumerate()
                .filter(|(_, (old, new))| old != new)
            {
                fingerprint = fingerprint.wrapping_sub(mixed(at, *old)).wrapping_add(mixed(at, *new));
                out.change(Change {
                    at: at as u16,
                    word: *new,
                });
            }
            out.end(first, fingerprint, self.kind(&step.action), self.marks(&step.found));
        }
    }

    fn judge(&self, worker: &mut Scratch<S>, state: &[u32], _changed: Option<&[Change]>) -> Marks {
        worker.found.clear();
        self.system.judge(&self.unpack(state), &mut worker.found);
        self.marks(&worker.found)
    }

    /// Under symmetry, each action is one of the state that stands for all its renamings.
    fn decisions(&self, initial: usize, path: &[u16]) -> Vec<S::Action> {
        let mut state = self.initial[initial].clone();
        let mut steps = Steps::default();
        let mut follow = |ordinal: &u16| {
            let step = steps.of(self.system, &state).swap_remove(usize::from(*ordinal));
            state = self.system.representative(step.state);
            step.action
        };
        path.iter().map(&mut follow).collect()
    }

    fn properties(&self) -> &[&'static str] {
        &self.properties
    }

    fn witnesses(&self) -> &[&'static str] {
        &self.witnesses
    }

    fn kinds(&self) -> &[&'static str] {
        &self.kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_any_width_come_back_across_the_edges_of_words() {
        let fields = [
            (1, 1),
            (31, 5),
            (32, u32::MAX),
            (7, 100),
            (32, 0x8000_0001),
            (13, 8_191),
            (3, 0),
        ];
        let mut words = Vec::new();
        let mut writer = Writer {
            words: &mut words,
            held: 0,
            filled: 0,
        };
        for (width, value) in fields {
            writer.field(width, value);
        }
        let rest = writer.held as u32;
        words.push(rest);
        let mut reader = Reader {
            words: &words,
            held: 0,
            filled: 0,
        };
        for (width, value) in fields {
            assert_eq!(reader.field(width, 0), value, "{width} bits");
        }
    }
}
