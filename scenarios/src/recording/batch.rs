//! Batches of a log with their records, as a transcript writes them.

use std::fmt;

use super::ids::{LeaderEpoch, Offset};

/// One batch of a log: `[2-2 epoch 1] 2:c-new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// Epoch of the leader that wrote it.
    pub epoch: LeaderEpoch,
    /// Plain, transactional or control.
    pub kind: BatchKind,
    /// Its records; a control batch has one marker instead.
    pub records: Vec<LogRecord>,
}

/// What kind of batch it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchKind {
    /// Records outside a transaction.
    Plain,
    /// Records of a transaction (`txn`).
    Transactional,
    /// The end of a transaction (`txn control`).
    Control,
}

/// A record, or the marker of a control batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogRecord {
    /// `offset:value`, or `offset:key=value`.
    Data {
        /// Where it stands.
        offset: Offset,
        /// Its key. (A value that contains `=` and has no key reads like one with a key.)
        key: Option<String>,
        /// Its value, long ones shortened; none is a tombstone.
        value: Option<String>,
    },
    /// `COMMIT` or `ABORT`.
    Marker(String),
}

impl fmt::Display for LogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marker(marker) => f.write_str(marker),
            Self::Data { offset, key, value } => {
                write!(f, "{offset}:")?;
                if let Some(key) = key {
                    write!(f, "{key}=")?;
                }
                f.write_str(value.as_deref().unwrap_or("(null)"))
            }
        }
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            BatchKind::Plain => "",
            BatchKind::Transactional => " txn",
            BatchKind::Control => " txn control",
        };
        write!(
            f,
            "[{}-{} epoch {}{kind}]",
            self.base_offset, self.last_offset, self.epoch
        )?;
        self.records.iter().try_for_each(|record| write!(f, " {record}"))
    }
}

/// Reads the content of a log file; `(empty)` has no batches.
pub(super) fn parse(text: &str) -> Option<Vec<Batch>> {
    if text == "(empty)" {
        return Some(Vec::new());
    }
    let mut batches = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (mut batch, after) = head(rest)?;
        let end = next_head(after);
        let body = after[..end].trim();
        batch.records = records(&batch, body)?;
        batches.push(batch);
        rest = &after[end..];
    }
    Some(batches)
}

/// Where the next batch begins in `text`, or its end.
fn next_head(text: &str) -> usize {
    text.match_indices('[')
        .map(|(at, _)| at)
        .find(|at| head(&text[*at..]).is_some())
        .unwrap_or(text.len())
}

/// Reads `[0-0 epoch 0 txn]`; the second value is what follows it.
fn head(text: &str) -> Option<(Batch, &str)> {
    let (head, after) = text.strip_prefix('[')?.split_once(']')?;
    let (range, epoch) = head.split_once(" epoch ")?;
    let (base, last) = range.split_once('-')?;
    let (epoch, kind) = match epoch.split_once(' ') {
        None => (epoch, BatchKind::Plain),
        Some((epoch, "txn")) => (epoch, BatchKind::Transactional),
        Some((epoch, "txn control")) => (epoch, BatchKind::Control),
        Some(_) => return None,
    };
    let batch = Batch {
        base_offset: Offset(base.parse().ok()?),
        last_offset: Offset(last.parse().ok()?),
        epoch: LeaderEpoch(epoch.parse().ok()?),
        kind,
        records: Vec::new(),
    };
    Some((batch, after))
}

/// Reads `0:a 1:k=two words`: a record begins at a word with an offset of the batch and a colon.
fn records(batch: &Batch, text: &str) -> Option<Vec<LogRecord>> {
    if batch.kind == BatchKind::Control {
        return Some(vec![LogRecord::Marker(text.to_owned())]);
    }
    let mut found: Vec<(Offset, String)> = Vec::new();
    for word in text.split(' ').filter(|_| !text.is_empty()) {
        let record = word
            .split_once(':')
            .and_then(|(o, rest)| Some((Offset(o.parse().ok()?), rest.to_owned())));
        let fits = record.filter(|(o, _)| {
            let after = found.last().map_or(batch.base_offset <= *o, |(last, _)| last < o);
            after && *o <= batch.last_offset
        });
        match (fits, found.last_mut()) {
            (Some(record), _) => found.push(record),
            (None, Some(last)) => last.1 = format!("{} {word}", last.1),
            (None, None) => return None,
        }
    }
    Some(found.into_iter().map(|(offset, text)| record(offset, &text)).collect())
}

fn record(offset: Offset, text: &str) -> LogRecord {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !key.contains(' ') => (Some(key.to_owned()), value),
        _ => (None, text),
    };
    LogRecord::Data {
        offset,
        key,
        value: (value != "(null)").then(|| value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, batches: usize) {
        let read = parse(text).unwrap();
        assert_eq!(read.len(), batches);
        assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "), text);
    }

    #[test]
    fn batches_are_written_as_they_were_read() {
        check("[0-0 epoch 0] 0:a [1-1 epoch 3] 1:two words", 2);
        check(
            "[0-0 epoch 0 txn] 0:a1 [1-1 epoch 0] 1:plain [2-2 epoch 0 txn control] COMMIT",
            3,
        );
        check("[16-17 epoch 0] 16:k1=(null) 17:k4=w0...", 1);
        check("[6-6 epoch 0] 6:0006xxxx…(100)", 1);
        check("[0-0 epoch 0] 0:[not a batch] 7:00", 1);
    }

    #[test]
    fn an_empty_log_has_no_batches() {
        assert_eq!(parse("(empty)"), Some(vec![]));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn a_tombstone_has_a_key_and_no_value() {
        let batches = parse("[16-16 epoch 0] 16:k1=(null)").unwrap();
        let record = LogRecord::Data {
            offset: Offset(16),
            key: Some("k1".to_owned()),
            value: None,
        };
        assert_eq!(batches[0].records, [record]);
    }
}
