//! Tables of ids: lists that grow as ids are given out, and what steps did on the values of their footprints.

use rustc_hash::FxHashMap;

/// Most slots in a footprint.
pub(super) const FOOTPRINT_MAX: usize = 7;

/// Some entries of a pool, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) len: u32,
}

impl Run {
    /// What is not known yet.
    pub(super) const UNKNOWN: Run = Run {
        first: u32::MAX,
        len: 0,
    };

    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.first as usize..(self.first + self.len) as usize
    }
}

impl Default for Run {
    fn default() -> Self {
        Run::UNKNOWN
    }
}

/// Adds entries to a pool.
pub(super) fn pooled<T>(pool: &mut Vec<T>, entries: impl IntoIterator<Item = T>) -> Run {
    let first = pool.len();
    pool.extend(entries);
    let fits = u32::try_from(pool.len()).expect("a pool has at most 4 billion entries");
    Run {
        first: first as u32,
        len: fits - first as u32,
    }
}

/// The entry of a list that grows as ids are given out.
pub(super) fn entry<T: Default>(list: &mut Vec<T>, at: u32) -> &mut T {
    let at = at as usize;
    if at >= list.len() {
        list.resize_with(at + 1, T::default);
    }
    &mut list[at]
}

/// A step and the values of its footprint; unused places are 0, since a step has always the same footprint.
pub(super) type Key = [u32; FOOTPRINT_MAX + 1];

/// Most slots of a footprint for which there is a place in the table itself.
const SHORT: usize = 3;

/// One row: a step with a short footprint, and its outcomes.
#[derive(Clone, Copy)]
struct Row {
    key: [u32; SHORT + 1],
    outcomes: Run,
}

/// What is known of steps. Nearly all footprints are short: those stand in a table with open addressing, key and answer side
/// by side, so that a look-up reads one line of memory.
pub(super) struct Steps {
    rows: Vec<Row>,
    len: usize,
    long: FxHashMap<Key, Run>,
}

impl Steps {
    pub(super) fn new() -> Steps {
        Steps {
            rows: Self::empty(1 << 10),
            len: 0,
            long: FxHashMap::default(),
        }
    }

    fn empty(rows: usize) -> Vec<Row> {
        let row = Row {
            key: [0; SHORT + 1],
            outcomes: Run::UNKNOWN,
        };
        vec![row; rows]
    }

    /// The place of a key, or the free place where it would stand.
    fn place(rows: &[Row], key: [u32; SHORT + 1]) -> usize {
        let [a, b, c, d] = key.map(u64::from);
        let first = (a << 32 | b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = (first.rotate_left(29) ^ (c << 32 | d)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mask = rows.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        while rows[at].outcomes != Run::UNKNOWN && rows[at].key != key {
            at = (at + 1) & mask;
        }
        at
    }

    fn short(key: &Key, len: usize) -> Option<[u32; SHORT + 1]> {
        (len <= SHORT).then(|| [key[0], key[1], key[2], key[3]])
    }

    /// The outcomes of a step on a footprint of `len` slots, if they are known.
    pub(super) fn get(&self, key: &Key, len: usize) -> Option<Run> {
        match Self::short(key, len) {
            Some(key) => {
                let outcomes = self.rows[Self::place(&self.rows, key)].outcomes;
                (outcomes != Run::UNKNOWN).then_some(outcomes)
            }
            None => self.long.get(key).copied(),
        }
    }

    /// Remembers outcomes that were not known.
    pub(super) fn insert(&mut self, key: Key, len: usize, outcomes: Run) {
        let Some(key) = Self::short(&key, len) else {
            self.long.insert(key, outcomes);
            return;
        };
        if self.len * 2 >= self.rows.len() {
            let mut rows = Self::empty(self.rows.len() * 2);
            for row in self.rows.iter().filter(|row| row.outcomes != Run::UNKNOWN) {
                let at = Self::place(&rows, row.key);
                rows[at] = *row;
            }
            self.rows = rows;
        }
        let at = Self::place(&self.rows, key);
        self.rows[at] = Row { key, outcomes };
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_found_again_and_only_those() {
        let mut steps = Steps::new();
        let key = |n: u32| {
            let mut key = [0; FOOTPRINT_MAX + 1];
            (key[0], key[1], key[2]) = (n % 10, n / 10, n % 3);
            key
        };
        let len = |n: u32| if n.is_multiple_of(7) { FOOTPRINT_MAX } else { 2 };
        for n in 0..5_000 {
            assert_eq!(steps.get(&key(n), len(n)), None);
            steps.insert(key(n), len(n), Run { first: n, len: 1 });
        }
        for n in 0..5_000 {
            assert_eq!(steps.get(&key(n), len(n)), Some(Run { first: n, len: 1 }));
        }
    }
}
