//! Files: a page cache over a durable image. A kill keeps the cache, a power loss keeps what was flushed and perhaps more.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// A small file that is replaced as a whole (written beside, then renamed), as Kafka's checkpoints are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct File<T> {
    cached: T,
    durable: T,
}

impl<T: Clone + PartialEq> File<T> {
    /// A file that is durable as it is.
    pub fn new(content: T) -> Self {
        Self {
            cached: content.clone(),
            durable: content,
        }
    }

    /// What a process reads.
    pub fn read(&self) -> &T {
        &self.cached
    }

    /// Replaces the content in the page cache.
    pub fn write(&mut self, content: T) {
        self.cached = content;
    }

    /// Makes the content durable.
    pub fn flush(&mut self) {
        self.durable = self.cached.clone();
    }

    /// Whether a power loss could change what is read.
    pub fn is_at_risk(&self) -> bool {
        self.cached != self.durable
    }

    /// Power is lost: the page cache reached the disk, or it did not.
    pub fn lose_power(&mut self, fate: Fate) {
        match fate {
            Fate::Kept => self.durable = self.cached.clone(),
            Fate::Lost => self.cached = self.durable.clone(),
        }
    }
}

/// What became of unflushed content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The system had written it back.
    Kept,
    /// It had not.
    Lost,
}

/// A file that grows at its end. A power loss keeps a prefix, at least what was flushed; the entry behind that prefix
/// may be there in part (torn), which a reader finds out by its checksum.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Journal<T> {
    entries: Vec<T>,
    durable: u32,
    torn: bool,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            durable: 0,
            torn: false,
        }
    }
}

impl<T> Journal<T> {
    /// All whole entries.
    pub fn entries(&self) -> &[T] {
        &self.entries
    }

    /// Appends one entry to the page cache.
    pub fn append(&mut self, entry: T) {
        assert!(!self.torn, "appended behind a torn entry: recovery must cut it first");
        self.entries.push(entry);
    }

    /// Keeps the first `keep` entries.
    pub fn truncate(&mut self, keep: usize) {
        self.entries.truncate(keep);
        self.durable = self.durable.min(keep as u32);
        self.torn = false;
    }

    /// Makes all entries durable.
    pub fn flush(&mut self) {
        self.durable = self.entries.len() as u32;
    }

    /// How many entries a power loss cannot take.
    pub fn durable(&self) -> usize {
        self.durable as usize
    }

    /// How many entries a power loss could take.
    pub fn at_risk(&self) -> usize {
        self.entries.len() - self.durable()
    }

    /// Power is lost: the last `lost` entries go; of the first of them a part may remain.
    pub fn lose_power(&mut self, lost: usize, torn: Tear) {
        assert!(lost <= self.at_risk(), "a power loss cannot take what was flushed");
        self.entries.truncate(self.entries.len() - lost);
        self.durable = self.entries.len() as u32;
        self.torn = lost > 0 && torn == Tear::Torn;
    }

    /// Whether a part of an entry stands behind the last whole one.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Recovery cuts the torn entry.
    pub fn cut_tear(&mut self) {
        self.torn = false;
    }
}

/// Whether a part of the first lost entry remains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tear {
    /// It ends cleanly.
    Clean,
    /// Half an entry is there.
    Torn,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_loss_keeps_what_was_flushed() {
        let mut journal = Journal::default();
        journal.append('a');
        journal.flush();
        journal.append('b');
        journal.append('c');
        assert_eq!(journal.at_risk(), 2);
        journal.lose_power(2, Tear::Torn);
        assert_eq!(journal.entries(), ['a']);
        assert!(journal.is_torn());
    }

    #[test]
    fn a_file_falls_back_to_its_durable_image() {
        let mut file = File::new(1);
        file.write(2);
        assert!(file.is_at_risk());
        file.lose_power(Fate::Lost);
        assert_eq!(*file.read(), 1);
    }
}
