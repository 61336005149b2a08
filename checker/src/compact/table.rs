//! Owns the set of states that were seen: fingerprints in a table with open addressing, or, where nothing may be left to
//! chance, whole states.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

/// Marks an empty row. A state with this fingerprint is taken for its neighbour.
const EMPTY: u64 = 0;
/// Rows of a new table.
const FIRST_ROWS: usize = 1 << 10;

/// Fingerprints of one partition. Rows stand in the order of their fingerprints, so that growing walks both tables once
/// from end to end, and the size need not be a power of two.
pub(super) struct Table {
    rows: Vec<u64>,
    len: usize,
}

impl Table {
    pub(super) fn new() -> Table {
        Table {
            rows: vec![EMPTY; FIRST_ROWS],
            len: 0,
        }
    }

    /// Where a fingerprint would stand. The top bits name the partition and are the same in all rows.
    fn home(fingerprint: u64, rows: usize) -> usize {
        let spread = fingerprint << super::PARTS.trailing_zeros();
        ((u128::from(spread) * rows as u128) >> 64) as usize
    }

    /// Reads the row in which a fingerprint would stand. A loop over many of these asks memory for all of them at once;
    /// probing afterwards finds them in the cache.
    pub(super) fn touch(&self, fingerprint: u64) -> u64 {
        self.rows[Self::home(fingerprint, self.rows.len())]
    }

    /// Whether it was not there yet.
    pub(super) fn insert(&mut self, fingerprint: u64) -> bool {
        let fingerprint = if fingerprint == EMPTY { 1 } else { fingerprint };
        let rows = self.rows.len();
        let mut row = Self::home(fingerprint, rows);
        loop {
            match self.rows[row] {
                EMPTY => break,
                known if known == fingerprint => return false,
                _ => row = if row + 1 == rows { 0 } else { row + 1 },
            }
        }
        self.rows[row] = fingerprint;
        self.len += 1;
        if self.len * 5 > rows * 4 {
            self.grow();
        }
        true
    }

    /// Rows that the next growth makes.
    fn next_rows(&self) -> usize {
        self.rows.len() / 2 * 3
    }

    fn grow(&mut self) {
        let rows = self.next_rows();
        let old = std::mem::replace(&mut self.rows, vec![EMPTY; rows]);
        for fingerprint in old.into_iter().filter(|fingerprint| *fingerprint != EMPTY) {
            let mut row = Self::home(fingerprint, rows);
            while self.rows[row] != EMPTY {
                row = if row + 1 == rows { 0 } else { row + 1 };
            }
            self.rows[row] = fingerprint;
        }
    }

    fn bytes(&self) -> u64 {
        self.rows.len() as u64 * 8
    }

    /// What the growth to come takes on top, if it is near.
    fn growth(&self, more: usize) -> u64 {
        if (self.len + more) * 5 > self.rows.len() * 4 {
            self.next_rows() as u64 * 8
        } else {
            0
        }
    }
}

/// What was seen.
pub(super) enum Seen {
    /// 64 bits of each state.
    Fingerprints(Table),
    /// All words of each state, as bytes.
    States(IndexSet<Box<[u8]>, FxBuildHasher>, u64),
}

impl Seen {
    /// Memory in bytes.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Seen::Fingerprints(table) => table.bytes(),
            // Per entry: the state, its allocation, pointer and hash, and an index in a table at most half full.
            Seen::States(states, bytes) => bytes + states.len() as u64 * (16 + 24 + 16),
        }
    }

    /// Memory that adding this many states may need at once on top.
    pub(super) fn growth(&self, more: usize) -> u64 {
        match self {
            Seen::Fingerprints(table) => table.growth(more),
            Seen::States(states, _) if states.len() + more > states.capacity() => states.len() as u64 * 80,
            Seen::States(..) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_finds_what_was_inserted_and_nothing_else_while_it_grows() {
        let mut table = Table::new();
        let fingerprint = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 4 | 0x3000_0000_0000_0000;
        for n in 0..50_000 {
            assert!(table.insert(fingerprint(n)), "{n} is new");
        }
        for n in 0..50_000 {
            assert!(!table.insert(fingerprint(n)), "{n} is known");
        }
        assert_eq!(table.len, 50_000);
        assert!(
            table.len * 5 <= table.rows.len() * 4,
            "never more than four fifths full"
        );
    }

    #[test]
    fn rows_wrap_around_at_the_end() {
        let mut table = Table::new();
        for n in 0..600 {
            assert!(table.insert(u64::MAX - n));
        }
        for n in 0..600 {
            assert!(!table.insert(u64::MAX - n));
        }
    }

    #[test]
    fn the_mark_of_an_empty_row_is_no_fingerprint() {
        let mut table = Table::new();
        assert!(table.insert(0));
        assert!(!table.insert(0));
    }
}
