//! Tables of ids: lists that grow as ids are given out, and what steps did on the values of their footprints.

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

/// What is known of steps: open addressing, the hash beside the entry, the key elsewhere.
pub(super) struct Steps {
    rows: Vec<(u32, u32)>,
    entries: Vec<(Key, Run)>,
}

impl Steps {
    pub(super) fn new() -> Steps {
        Steps {
            rows: vec![(0, u32::MAX); 1 << 10],
            entries: Vec::new(),
        }
    }

    fn hash(key: &Key) -> u32 {
        let mut hash = 0_u64;
        for pair in key.as_chunks::<2>().0 {
            let words = u64::from(pair[0]) << 32 | u64::from(pair[1]);
            hash = (hash.rotate_left(23) ^ words).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        (hash >> 32) as u32
    }

    /// The outcomes of a step, if they are known.
    pub(super) fn get(&self, key: &Key) -> Option<Run> {
        let hash = Self::hash(key);
        let mask = self.rows.len() - 1;
        let mut row = hash as usize & mask;
        loop {
            match self.rows[row] {
                (_, u32::MAX) => return None,
                (known, at) if known == hash && self.entries[at as usize].0 == *key => {
                    return Some(self.entries[at as usize].1);
                }
                _ => row = (row + 1) & mask,
            }
        }
    }

    /// Remembers outcomes that were not known.
    pub(super) fn insert(&mut self, key: Key, outcomes: Run) {
        if self.entries.len() * 2 >= self.rows.len() {
            let rows = vec![(0, u32::MAX); self.rows.len() * 2];
            for (hash, at) in std::mem::replace(&mut self.rows, rows) {
                if at != u32::MAX {
                    self.place(hash, at);
                }
            }
        }
        let at = self.entries.len() as u32;
        self.entries.push((key, outcomes));
        self.place(Self::hash(&key), at);
    }

    fn place(&mut self, hash: u32, at: u32) {
        let mask = self.rows.len() - 1;
        let mut row = hash as usize & mask;
        while self.rows[row].1 != u32::MAX {
            row = (row + 1) & mask;
        }
        self.rows[row] = (hash, at);
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
        for n in 0..5_000 {
            assert_eq!(steps.get(&key(n)), None);
            steps.insert(key(n), Run { first: n, len: 1 });
        }
        for n in 0..5_000 {
            assert_eq!(steps.get(&key(n)), Some(Run { first: n, len: 1 }));
        }
    }
}
