//! Owns one hash partition: what it has seen, from where, what it has still to expand; and what it sends to the others.

use std::hint::black_box;
use std::io;

use serde::{Deserialize, Serialize};

use super::PARTS;
use super::engine::Compact;
use super::frontier::{Frontier, encode};
use super::space::{Change, Marks, Space, Successors};
use super::table::{Seen, Table};
use crate::search::OnViolation;

/// States that a partition expands in one round. Small enough for the boxes to stay in the cache, large enough for the
/// rounds to be rare; results do not depend on it beyond where a search that was cut short ends.
const ROUND: usize = 512;
/// New states that a partition takes in one round, about: for estimates of memory only.
const ARRIVALS: usize = 16 * ROUND;
/// Fingerprints that are looked up at once.
const BATCH: usize = 32;

/// The state at this place of the list of a partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) part: u8,
    pub(super) at: u32,
}

/// From which state a state was reached first, and by which of its successors. Initial states have their number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link(pub(super) u64);

impl Link {
    const INITIAL: u64 = 1 << 63;

    fn initial(number: usize) -> Link {
        Link(Link::INITIAL | number as u64)
    }

    fn to(from: Place, ordinal: u16) -> Link {
        Link(u64::from(from.at) << 24 | u64::from(from.part) << 16 | u64::from(ordinal))
    }

    /// Either the number of an initial state, or a place and a successor of it.
    pub(super) fn read(self) -> Result<(Place, u16), usize> {
        if self.0 & Link::INITIAL != 0 {
            return Err((self.0 & !Link::INITIAL) as usize);
        }
        let place = Place {
            part: (self.0 >> 16) as u8,
            at: (self.0 >> 24) as u32,
        };
        Ok((place, self.0 as u16))
    }
}

/// A successor on its way to the partition that owns it.
struct Sent {
    fingerprint: u64,
    changes: u32,
    many: u16,
    /// Which state of the round it comes from.
    source: u16,
    /// Which successor of it.
    ordinal: u16,
}

/// What a partition found in one round, for the others to read.
pub(super) struct Outbox {
    /// The states of the round.
    words: Vec<u32>,
    /// Where the first of them stands in the list of the partition.
    first: u32,
    successors: Successors,
    to: [Vec<Sent>; PARTS],
    pub(super) counts: StepCounts,
}

/// What violates a property: how many, and the first of them.
#[derive(Clone, Copy, Default, Debug, Serialize, Deserialize)]
pub(super) struct Violating<T> {
    pub(super) count: u64,
    pub(super) first: Option<T>,
}

/// What is counted on steps, over all rounds.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub(super) struct StepCounts {
    pub(super) transitions: u64,
    pub(super) kinds: Vec<u64>,
    /// Per property: steps that violate it, by state and successor.
    pub(super) violating: Vec<Violating<(u32, u16)>>,
    /// Per property: states that violate it, as their successors show.
    pub(super) ending: Vec<Violating<u32>>,
    /// Witnesses of this level.
    pub(super) reached: u32,
    /// States that were expanded.
    pub(super) expanded: u64,
}

impl Outbox {
    pub(super) fn new(kinds: usize, properties: usize) -> Outbox {
        Outbox {
            words: Vec::new(),
            first: 0,
            successors: Successors::default(),
            to: std::array::from_fn(|_| Vec::new()),
            counts: StepCounts {
                kinds: vec![0; kinds],
                violating: vec![Violating::default(); properties],
                ending: vec![Violating::default(); properties],
                ..StepCounts::default()
            },
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        let sent = self
            .to
            .iter()
            .map(|list| list.capacity() * size_of::<Sent>())
            .sum::<usize>();
        (sent + self.words.capacity() * 4 + self.successors.changes.capacity() * size_of::<Change>()) as u64
    }
}

/// What is counted on states.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub(super) struct StateCounts {
    /// Per property: states that violate it.
    pub(super) violating: Vec<Violating<u32>>,
    /// Witnesses of this level.
    pub(super) reached: u32,
    /// Sum of all fingerprints.
    pub(super) digest: u64,
}

/// One of [`PARTS`] partitions.
pub(super) struct Part {
    pub(super) me: u8,
    pub(super) seen: Seen,
    pub(super) links: Vec<Link>,
    /// States of this level, and of the next.
    pub(super) now: Frontier,
    pub(super) next: Frontier,
    /// Where the next state of `now` stands in the list.
    pub(super) first: u32,
    pub(super) counts: StateCounts,
    /// Whether states behind a violation are searched: then a state is judged whole.
    judge_all: bool,
    /// Scratch: the state that arrives, its bytes.
    state: Vec<u32>,
    bytes: Vec<u8>,
}

impl Part {
    pub(super) fn new(me: u8, search: &Compact, properties: usize) -> Part {
        Part {
            me,
            judge_all: search.on_violation == OnViolation::CountAll,
            seen: if search.exact {
                Seen::States(indexmap::IndexSet::default(), 0)
            } else {
                Seen::Fingerprints(Table::new())
            },
            links: Vec::new(),
            now: Frontier::default(),
            next: Frontier::default(),
            first: 0,
            counts: StateCounts {
                violating: vec![Violating::default(); properties],
                ..StateCounts::default()
            },
            state: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// The partition that owns a fingerprint.
    pub(super) fn of(fingerprint: u64) -> usize {
        (fingerprint >> (64 - PARTS.trailing_zeros())) as usize
    }

    /// How many states it has.
    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    /// Memory in bytes.
    pub(super) fn memory(&self) -> u64 {
        self.seen.bytes() + self.links.capacity() as u64 * 8 + self.now.bytes() + self.next.bytes()
    }

    /// Memory that the next round may take on top, in bytes.
    pub(super) fn growth(&self) -> u64 {
        let spare = self.links.capacity() - self.links.len();
        let links = if spare < ARRIVALS {
            link_growth(self.links.len()) as u64 * 8
        } else {
            0
        };
        self.seen.growth(ARRIVALS) + links + self.next.growth()
    }

    /// Adds an initial state.
    pub(super) fn begin<S: Space>(
        &mut self,
        space: &S,
        worker: &mut S::Worker,
        number: usize,
        words: &[u32],
        fingerprint: u64,
    ) {
        self.state.clear();
        self.state.extend_from_slice(words);
        if self.is_new(fingerprint) {
            let marks = space.judge(worker, words, None);
            self.keep(Link::initial(number), fingerprint, marks);
        }
    }

    /// Expands the next states of this level into the boxes.
    pub(super) fn expand<S: Space>(&mut self, space: &S, worker: &mut S::Worker, out: &mut Outbox) -> io::Result<()> {
        let width = space.width();
        out.words.clear();
        out.successors.clear();
        out.to.iter_mut().for_each(Vec::clear);
        out.first = self.first;
        for source in 0..self.now.len().min(ROUND) {
            let start = out.words.len();
            let fingerprint = self.now.pop(width, &mut out.words)?;
            out.successors.list.clear();
            out.successors.violated = 0;
            space.successors(worker, &out.words[start..], fingerprint, &mut out.successors);
            self.first += 1;
            out.counts.expanded += 1;
            Self::post(out, source as u16);
        }
        Ok(())
    }

    /// Puts the successors of one state into the boxes of their owners.
    fn post(out: &mut Outbox, source: u16) {
        let Outbox {
            first,
            successors,
            to,
            counts,
            ..
        } = out;
        assert!(
            successors.list.len() <= usize::from(u16::MAX),
            "a state has more than 65,535 successors"
        );
        if successors.violated != 0 {
            tally(&mut counts.ending, successors.violated, *first + u32::from(source));
        }
        counts.transitions += successors.list.len() as u64;
        for (ordinal, successor) in (0..).zip(&successors.list) {
            counts.kinds[usize::from(successor.kind)] += 1;
            counts.reached |= successor.marks.reached;
            if successor.marks.violated != 0 {
                let here = (*first + u32::from(source), ordinal);
                tally(&mut counts.violating, successor.marks.violated, here);
            }
            to[Part::of(successor.fingerprint)].push(Sent {
                fingerprint: successor.fingerprint,
                changes: successor.changes,
                many: successor.many,
                source,
                ordinal,
            });
        }
    }

    /// Takes what one partition has sent.
    pub(super) fn receive<S: Space>(&mut self, space: &S, worker: &mut S::Worker, from: u8, out: &Outbox) {
        let width = space.width();
        for batch in out.to[usize::from(self.me)].chunks(BATCH) {
            if let Seen::Fingerprints(table) = &self.seen {
                let touched = batch.iter().map(|sent| table.touch(sent.fingerprint));
                black_box(touched.fold(0, u64::wrapping_add));
            }
            for sent in batch {
                let changes = &out.successors.changes[sent.changes as usize..][..usize::from(sent.many)];
                let known = match &mut self.seen {
                    Seen::Fingerprints(table) => !table.insert(sent.fingerprint),
                    Seen::States(..) => false,
                };
                if known {
                    continue;
                }
                let words = &out.words[usize::from(sent.source) * width..][..width];
                self.state.clear();
                self.state.extend_from_slice(words);
                for change in changes {
                    self.state[usize::from(change.at)] = change.word;
                }
                if matches!(self.seen, Seen::States(..)) && !self.is_new(sent.fingerprint) {
                    continue;
                }
                let changed = if self.judge_all { None } else { Some(changes) };
                let marks = space.judge(worker, &self.state, changed);
                let source = Place {
                    part: from,
                    at: out.first + u32::from(sent.source),
                };
                self.keep(Link::to(source, sent.ordinal), sent.fingerprint, marks);
            }
        }
    }

    /// Whether the state in `self.state` was not seen yet. It is from now on.
    fn is_new(&mut self, fingerprint: u64) -> bool {
        match &mut self.seen {
            Seen::Fingerprints(table) => table.insert(fingerprint),
            Seen::States(states, bytes) => {
                self.bytes.clear();
                encode(&self.state, &mut self.bytes);
                if states.contains(self.bytes.as_slice()) {
                    return false;
                }
                *bytes += self.bytes.len() as u64;
                states.insert(self.bytes.as_slice().into())
            }
        }
    }

    fn keep(&mut self, link: Link, fingerprint: u64, marks: Marks) {
        let here = self.links.len();
        assert!(here < u32::MAX as usize, "a partition is full: 4 billion states");
        self.counts.reached |= marks.reached;
        self.counts.digest = self.counts.digest.wrapping_add(fingerprint);
        if marks.violated != 0 {
            tally(&mut self.counts.violating, marks.violated, here as u32);
        }
        if here == self.links.capacity() {
            // Doubling would leave half of the memory unused when it matters most.
            self.links.reserve_exact(link_growth(here));
        }
        self.links.push(link);
        self.next.push(fingerprint, &self.state);
    }

    /// Begins the next level.
    pub(super) fn turn(&mut self) {
        self.first = (self.len() - self.next.len()) as u32;
        self.now = std::mem::take(&mut self.next);
    }
}

/// By how much a list of parents grows.
fn link_growth(len: usize) -> usize {
    len / 4 + 1024
}

fn tally<T: Copy>(list: &mut [Violating<T>], violated: u32, here: T) {
    for (at, violating) in list.iter_mut().enumerate() {
        if violated & (1 << at) != 0 {
            violating.count += 1;
            violating.first.get_or_insert(here);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_what_they_are_given() {
        let place = Place {
            part: 15,
            at: u32::MAX - 1,
        };
        assert_eq!(Link::to(place, u16::MAX).read(), Ok((place, u16::MAX)));
        assert_eq!(Link::initial(3).read(), Err(3));
    }
}
