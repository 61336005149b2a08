//! Owns the states of one level that are still to be expanded: written once, read once, in order, as bytes.
//!
//! One bit per word says whether it is zero; the others take one byte below 128, two below 16,384, and so on (LEB128).
//! Names of interned values are small, and zero is what a slot held at the start, which most slots hold most of the time.
//! What does not fit into memory goes to a file and comes back from it in the same order.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

/// Bytes that are written to a file or read from it at once.
const CHUNK: usize = 1 << 20;

/// States as bytes, first in, first out.
#[derive(Default)]
pub(super) struct Frontier {
    /// Full chunks, the oldest first.
    chunks: std::collections::VecDeque<Chunk>,
    /// What is written now.
    open: Vec<u8>,
    /// What is read now, and how far.
    head: Vec<u8>,
    read: usize,
    /// States not read yet.
    len: usize,
    file: Option<Spill>,
}

enum Chunk {
    Memory(Vec<u8>),
    /// Where it begins in the file, and how long it is.
    File(u64, usize),
}

struct Spill {
    file: File,
    end: u64,
}

impl Frontier {
    /// States that were not read yet.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a state with its fingerprint.
    pub(super) fn push(&mut self, fingerprint: u64, state: &[u32]) {
        self.open.extend_from_slice(&fingerprint.to_le_bytes());
        encode(state, &mut self.open);
        self.len += 1;
        if self.open.len() >= CHUNK {
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK + 1024));
            self.chunks.push_back(Chunk::Memory(full));
        }
    }

    /// Takes the oldest state; its words are added to `out`.
    pub(super) fn pop(&mut self, width: usize, out: &mut Vec<u32>) -> std::io::Result<u64> {
        if self.read == self.head.len() {
            self.turn()?;
        }
        let from = &self.head[self.read..];
        let fingerprint = from.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
        let fingerprint = fingerprint.expect("a state that was counted was written whole");
        self.read += 8 + decode(&from[8..], width, out);
        self.len -= 1;
        Ok(fingerprint)
    }

    /// Makes the next chunk the one that is read.
    fn turn(&mut self) -> std::io::Result<()> {
        self.read = 0;
        match self.chunks.pop_front() {
            Some(Chunk::Memory(bytes)) => self.head = bytes,
            Some(Chunk::File(at, length)) => {
                let spill = self.file.as_mut().expect("a chunk in a file has a file");
                self.head.resize(length, 0);
                spill.file.seek(SeekFrom::Start(at))?;
                spill.file.read_exact(&mut self.head)?;
            }
            None => {
                self.head.clear();
                std::mem::swap(&mut self.head, &mut self.open);
            }
        }
        Ok(())
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let full = self.chunks.iter().map(|chunk| match chunk {
            Chunk::Memory(bytes) => bytes.capacity(),
            Chunk::File(..) => 0,
        });
        (full.sum::<usize>() + self.open.capacity() + self.head.capacity()) as u64
    }

    /// Memory that the next states may take on top, in bytes.
    pub(super) fn growth(&self) -> u64 {
        (self.open.capacity() as u64).max(1 << 12)
    }

    /// Moves full chunks to a file, the youngest first, since they are read last.
    pub(super) fn spill(&mut self) -> std::io::Result<()> {
        for chunk in self.chunks.iter_mut().rev() {
            let Chunk::Memory(bytes) = chunk else { continue };
            if self.file.is_none() {
                self.file = Some(Spill {
                    file: tempfile::tempfile()?,
                    end: 0,
                });
            }
            let Some(spill) = &mut self.file else { continue };
            spill.file.seek(SeekFrom::Start(spill.end))?;
            spill.file.write_all(bytes)?;
            let (at, length) = (spill.end, bytes.len());
            spill.end += length as u64;
            *chunk = Chunk::File(at, length);
        }
        Ok(())
    }

    /// All states that were not read yet, as bytes; they stay.
    pub(super) fn save(&mut self, out: &mut dyn Write) -> std::io::Result<()> {
        out.write_all(&self.head[self.read..])?;
        let mut buffer = Vec::new();
        for chunk in &self.chunks {
            match chunk {
                Chunk::Memory(bytes) => out.write_all(bytes)?,
                Chunk::File(at, length) => {
                    let spill = self.file.as_mut().expect("a chunk in a file has a file");
                    buffer.resize(*length, 0);
                    spill.file.seek(SeekFrom::Start(*at))?;
                    spill.file.read_exact(&mut buffer)?;
                    out.write_all(&buffer)?;
                }
            }
        }
        out.write_all(&self.open)
    }

    /// The states that [`Frontier::save`] wrote.
    pub(super) fn restored(bytes: Vec<u8>, len: usize) -> Frontier {
        Frontier {
            head: bytes,
            len,
            ..Frontier::default()
        }
    }
}

/// Writes words.
pub(super) fn encode(words: &[u32], out: &mut Vec<u8>) {
    let start = out.len();
    let bitmap = words.len().div_ceil(8);
    out.resize(start + bitmap + words.len() * 5, 0);
    let (bits, bytes) = out[start..].split_at_mut(bitmap);
    let mut at = 0;
    for (eight, bits) in words.chunks(8).zip(bits) {
        // Nearly all words are below 128: each is written where the next byte goes, and stays there unless it is zero.
        if eight.iter().fold(0, |all, word| all | word) < 0x80 {
            let room = &mut bytes[at..at + eight.len()];
            let mut filled = 0;
            for (place, &word) in eight.iter().enumerate() {
                room[filled] = word as u8;
                *bits |= u8::from(word != 0) << place;
                filled += usize::from(word != 0);
            }
            at += filled;
        } else {
            for (place, &word) in eight.iter().enumerate().filter(|(_, word)| **word != 0) {
                *bits |= 1 << place;
                at += leb128(word, &mut bytes[at..]);
            }
        }
    }
    out.truncate(start + bitmap + at);
}

/// Writes one word and says how many bytes it took.
fn leb128(mut word: u32, bytes: &mut [u8]) -> usize {
    let mut at = 0;
    while word >= 0x80 {
        bytes[at] = word as u8 | 0x80;
        at += 1;
        word >>= 7;
    }
    bytes[at] = word as u8;
    at + 1
}

/// Reads `width` words and says how many bytes they took.
fn decode(bytes: &[u8], width: usize, out: &mut Vec<u32>) -> usize {
    let bitmap = width.div_ceil(8);
    let first = out.len();
    out.resize(first + width, 0);
    let mut at = bitmap;
    for (eight, bits) in bytes[..bitmap].iter().enumerate() {
        let mut bits = *bits;
        while bits != 0 {
            let word = &mut out[first + eight * 8 + bits.trailing_zeros() as usize];
            bits &= bits - 1;
            let mut shift = 0;
            loop {
                let byte = bytes[at];
                at += 1;
                *word |= u32::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states() -> Vec<[u32; 10]> {
        (0..200_000u32)
            .map(|n| [n, n % 7, u32::MAX - n, 127 + n % 3, 0, 0, 0, 0, 0, n % 2])
            .collect()
    }

    fn drained(mut frontier: Frontier) -> Vec<[u32; 10]> {
        let mut all = Vec::new();
        while frontier.len() > 0 {
            let mut words = Vec::new();
            let fingerprint = frontier.pop(10, &mut words).expect("a temporary file can be read");
            assert_eq!(fingerprint, u64::from(words[0]) << 20);
            all.push(*words.first_chunk().expect("ten words were asked for"));
        }
        all
    }

    fn filled() -> Frontier {
        let mut frontier = Frontier::default();
        for state in states() {
            frontier.push(u64::from(state[0]) << 20, &state);
        }
        frontier
    }

    #[test]
    fn states_come_out_as_they_went_in() {
        assert_eq!(drained(filled()), states());
    }

    #[test]
    fn what_went_to_a_file_comes_back_in_its_turn() {
        let mut frontier = filled();
        let before = frontier.bytes();
        let mut words = Vec::new();
        frontier.pop(10, &mut words).expect("nothing is in a file yet");
        frontier.spill().expect("a temporary file can be written");
        assert!(frontier.bytes() < before, "memory was given back");
        assert_eq!(drained(frontier), states()[1..]);
    }

    #[test]
    fn a_saved_frontier_is_the_rest_of_it() {
        let mut frontier = filled();
        let mut words = Vec::new();
        frontier.pop(10, &mut words).expect("nothing is in a file yet");
        frontier.spill().expect("a temporary file can be written");
        let mut bytes = Vec::new();
        frontier.save(&mut bytes).expect("memory takes it");
        let len = frontier.len();
        assert_eq!(drained(Frontier::restored(bytes, len)), states()[1..]);
    }
}
