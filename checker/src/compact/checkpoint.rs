//! A search on disk: written beside and renamed, so that a search that is killed goes on from the last whole checkpoint.
//!
//! The file is a magic line, then postcard: what is searched (a digest), what the walk knows, the system's own memory, and
//! per partition its counts and its lists as raw little-endian numbers. It is for the build that wrote it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::frontier::Frontier;
use super::part::{Link, Outbox, Part, StateCounts, StepCounts};
use super::table::Seen;

/// What a checkpoint begins with.
const MAGIC: &[u8] = b"sim.checkpoint/1\n";
/// No list of one partition is longer: what claims to be is damaged.
const BYTES_MAX: u64 = 1 << 42;

/// Where and when a search keeps itself.
#[derive(Clone, Debug)]
pub struct Checkpointing {
    /// The file.
    pub path: PathBuf,
    /// How much time passes between two checkpoints, at least. One more is written when the search is broken off.
    pub every: Duration,
    /// What is searched and how: a checkpoint of another subject is refused.
    pub subject: u64,
    /// Whether to go on from what the file holds.
    pub resume: bool,
}

/// Why a search cannot run, or not go on.
#[derive(Debug)]
pub enum Trouble {
    /// A temporary file or a checkpoint cannot be written or read.
    Io(PathBuf, io::Error),
    /// The file is no checkpoint, or a damaged one.
    Damaged(PathBuf, String),
    /// It is a checkpoint of another search.
    OtherSubject(PathBuf),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Damaged(path, why) => write!(
                f,
                "{}: this is no whole checkpoint of this build: {why}",
                path.display()
            ),
            Self::OtherSubject(path) => {
                write!(f, "{}: this is the checkpoint of another search", path.display())
            }
        }
    }
}

impl std::error::Error for Trouble {}

/// What the walk knows, beside the partitions.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept<W> {
    pub(super) subject: u64,
    pub(super) walk: W,
    /// The system's own memory: what the words of its states mean.
    pub(super) space: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct PartKept {
    counts: StateCounts,
    steps: StepCounts,
    first: u32,
    now: (u64, u64),
    next: (u64, u64),
    seen: u64,
    links: u64,
}

/// Writes a checkpoint. What was there stays until the new one is whole.
pub(super) fn write<W: Serialize>(
    path: &Path,
    kept: &Kept<W>,
    parts: &mut [(&mut Part, &Outbox)],
) -> Result<(), Trouble> {
    let beside = path.with_extension("tmp");
    let written = (|| {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&beside)?);
        out.write_all(MAGIC)?;
        record(&mut out, kept)?;
        for (part, sent) in parts {
            write_part(&mut out, part, sent)?;
        }
        let file = out.into_inner()?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|error| Trouble::Io(path.to_owned(), error))
}

fn write_part(out: &mut dyn Write, part: &mut Part, sent: &Outbox) -> io::Result<()> {
    let (mut now, mut next) = (Vec::new(), Vec::new());
    part.now.save(&mut now)?;
    part.next.save(&mut next)?;
    let seen = part.seen.list();
    let kept = PartKept {
        counts: part.counts.clone(),
        steps: sent.counts.clone(),
        first: part.first,
        now: (now.len() as u64, part.now.len() as u64),
        next: (next.len() as u64, part.next.len() as u64),
        seen: seen.len() as u64,
        links: part.links.len() as u64,
    };
    record(out, &kept)?;
    out.write_all(&now)?;
    out.write_all(&next)?;
    out.write_all(&seen)?;
    for link in &part.links {
        out.write_all(&link.0.to_le_bytes())?;
    }
    Ok(())
}

fn record<T: Serialize>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    let bytes = postcard::to_allocvec(value).map_err(io::Error::other)?;
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(&bytes)
}

/// Reads a checkpoint: what the walk knew goes to the caller, partitions and boxes are filled.
pub(super) fn read<W: DeserializeOwned>(
    from: &Checkpointing,
    parts: &mut [(&mut Part, &mut Outbox)],
) -> Result<Kept<W>, Trouble> {
    let path = &from.path;
    let damaged = |why: &dyn fmt::Display| Trouble::Damaged(path.clone(), why.to_string());
    let file = File::open(path).map_err(|error| Trouble::Io(path.clone(), error))?;
    let mut input = Reader {
        left: file.metadata().map_err(|error| Trouble::Io(path.clone(), error))?.len(),
        input: BufReader::with_capacity(1 << 20, file),
    };
    let magic = input.bytes(MAGIC.len() as u64).map_err(|error| damaged(&error))?;
    if magic != MAGIC {
        return Err(damaged(&"it begins with other bytes"));
    }
    let kept: Kept<W> = input.record().map_err(|error| damaged(&error))?;
    if kept.subject != from.subject {
        return Err(Trouble::OtherSubject(path.clone()));
    }
    for (part, sent) in parts {
        read_part(&mut input, part, sent).map_err(|error| damaged(&error))?;
    }
    Ok(kept)
}

fn read_part(input: &mut Reader, part: &mut Part, sent: &mut Outbox) -> io::Result<()> {
    let kept: PartKept = input.record()?;
    part.now = Frontier::restored(input.bytes(kept.now.0)?, kept.now.1 as usize);
    part.next = Frontier::restored(input.bytes(kept.next.0)?, kept.next.1 as usize);
    part.seen = Seen::restored(part.seen.is_exact(), &input.bytes(kept.seen)?)?;
    let links = input.bytes(kept.links.saturating_mul(8))?;
    part.links = links
        .as_chunks::<8>()
        .0
        .iter()
        .map(|bytes| Link(u64::from_le_bytes(*bytes)))
        .collect();
    part.first = kept.first;
    part.counts = kept.counts;
    sent.counts = kept.steps;
    Ok(())
}

/// Reads no more than the file has: a length that was damaged asks for no memory.
struct Reader {
    left: u64,
    input: BufReader<File>,
}

impl Reader {
    fn bytes(&mut self, len: u64) -> io::Result<Vec<u8>> {
        if len > self.left || len > BYTES_MAX {
            return Err(io::Error::other("it ends too early"));
        }
        self.left -= len;
        let mut bytes = vec![0; len as usize];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn record<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let len = self.bytes(8)?;
        let len = len.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        postcard::from_bytes(&self.bytes(len)?).map_err(io::Error::other)
    }
}
