//! One replica's log: batches with leader epochs, the epoch cache, the high watermark, and what of it is on disk.

use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{File, Journal, SmallVec};

use crate::ids::{LeaderEpoch, Offset, RecordId};
use crate::message::Records;

/// Records appended at once, with the epoch of the leader that appended them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// Offset of the first record.
    pub base: Offset,
    /// `partitionLeaderEpoch`.
    pub epoch: LeaderEpoch,
    /// In order.
    pub records: Records,
}

impl Batch {
    /// The offset behind the last record.
    pub fn end(&self) -> Offset {
        self.base.plus(self.records.len())
    }

    /// Each record with its offset.
    pub fn offsets(&self) -> impl Iterator<Item = (Offset, RecordId)> + '_ {
        self.records
            .iter()
            .enumerate()
            .map(|(at, record)| (self.base.plus(at), *record))
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (offset, record) in self.offsets() {
            write!(f, "{record}@{offset} ")?;
        }
        write!(f, "{}]", self.epoch)
    }
}

/// A partition's log on one broker. Kafka: `UnifiedLog`, `LeaderEpochFileCache`.
///
/// Differs from Kafka: one segment, so that the recovery point is the flushed end; offsets have no gaps.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Log {
    journal: Journal<Batch>,
    /// Where each epoch began, both strictly increasing; flushed at once.
    epochs: SmallVec<[(LeaderEpoch, Offset); 2]>,
    /// In memory; the file has an older one.
    high_watermark: Offset,
    /// `replication-offset-checkpoint`, the entry of this partition.
    checkpoint: File<Offset>,
}

impl Log {
    /// The batches, in order.
    pub fn batches(&self) -> &[Batch] {
        self.journal.entries()
    }

    /// The offset behind the last record (LEO).
    pub fn end(&self) -> Offset {
        self.batches().last().map_or(Offset::ZERO, Batch::end)
    }

    /// The first retained offset.
    pub fn start(&self) -> Offset {
        Offset::ZERO
    }

    /// Records below are committed, as far as this replica knows.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// The high watermark on disk.
    pub fn checkpoint(&self) -> Offset {
        *self.checkpoint.read()
    }

    /// The entries of `leader-epoch-checkpoint`.
    pub fn epochs(&self) -> &[(LeaderEpoch, Offset)] {
        &self.epochs
    }

    /// The latest epoch that this log knows.
    pub fn last_epoch(&self) -> Option<LeaderEpoch> {
        self.epochs.last().map(|(epoch, _)| *epoch)
    }

    /// The batch that holds this offset.
    pub fn batch_at(&self, offset: Offset) -> Option<&Batch> {
        let at = self.batches().partition_point(|batch| batch.end() <= offset);
        self.batches().get(at).filter(|batch| batch.base <= offset)
    }

    /// The record at this offset and the epoch of its batch.
    pub fn at(&self, offset: Offset) -> Option<(RecordId, LeaderEpoch)> {
        let batch = self.batch_at(offset)?;
        Some((batch.records[(offset.0 - batch.base.0) as usize], batch.epoch))
    }

    /// At most `most` batches from the one that holds `from` on.
    pub fn read(&self, from: Offset, most: u8) -> SmallVec<[Batch; 1]> {
        let at = self.batches().partition_point(|batch| batch.end() <= from);
        self.batches()[at..].iter().take(usize::from(most)).cloned().collect()
    }

    /// Each record with its offset and epoch between two offsets.
    pub fn records(&self, from: Offset, to: Offset) -> impl Iterator<Item = (Offset, RecordId, LeaderEpoch)> + '_ {
        let at = self.batches().partition_point(|batch| batch.end() <= from);
        let batches = self.batches()[at..].iter();
        let records = batches.flat_map(|batch| batch.offsets().map(|(offset, record)| (offset, record, batch.epoch)));
        records
            .skip_while(move |(offset, ..)| *offset < from)
            .take_while(move |(offset, ..)| *offset < to)
    }

    /// A leader appends: offsets and epoch are given here.
    pub fn append_as_leader(&mut self, epoch: LeaderEpoch, records: Records) -> Offset {
        let base = self.end();
        self.append(Batch { base, epoch, records });
        base
    }

    /// Appends a batch as it is.
    pub fn append(&mut self, batch: Batch) {
        assert_eq!(batch.base, self.end(), "a log has no gaps");
        self.assign_epoch(batch.epoch, batch.base);
        self.journal.append(batch);
    }

    /// Kafka: `LeaderEpochFileCache.assign`.
    pub fn assign_epoch(&mut self, epoch: LeaderEpoch, start: Offset) {
        if self
            .epochs
            .last()
            .is_some_and(|(last, begun)| *last == epoch && start >= *begun)
        {
            return;
        }
        self.epochs.retain(|(other, begun)| *other < epoch && *begun < start);
        self.epochs.push((epoch, start));
    }

    /// Where an epoch ended, as this log knows it: the largest epoch that is not larger, and its end. `None` when the
    /// log cannot say. Kafka: `LeaderEpochFileCache.endOffsetFor`.
    pub fn end_of_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        let (latest, _) = *self.epochs.last()?;
        if epoch > latest {
            return None;
        }
        if epoch == latest {
            return Some((epoch, self.end()));
        }
        let next = self.epochs.iter().position(|(other, _)| *other > epoch)?;
        let (_, end) = self.epochs[next];
        match next.checked_sub(1) {
            Some(at) => Some((self.epochs[at].0, end)),
            None => Some((epoch, end)),
        }
    }

    /// Where an epoch ended by the start of the next larger one; `None` for one that is older or newer than all (KIP-101,
    /// before KIP-279).
    pub fn end_by_next_epoch(&self, epoch: LeaderEpoch) -> Option<Offset> {
        let ((first, _), (latest, _)) = (*self.epochs.first()?, *self.epochs.last()?);
        if epoch == latest {
            return Some(self.end());
        }
        let next = self.epochs.iter().find(|(other, _)| *other > epoch)?;
        (epoch >= first).then_some(next.1)
    }

    /// Cuts the log to this end; a batch that reaches beyond it goes as a whole. Kafka: `UnifiedLog.truncateTo`.
    pub fn truncate(&mut self, to: Offset) {
        if to < self.end() {
            self.journal
                .truncate(self.batches().partition_point(|batch| batch.end() <= to));
        }
        if self.epochs.last().is_some_and(|(_, begun)| *begun >= to) {
            self.epochs.retain(|(_, begun)| *begun < to);
        }
        self.high_watermark = self.high_watermark.min(self.end());
    }

    /// Sets the high watermark, clamped into the log; it may go down. Kafka: `UnifiedLog.updateHighWatermark`.
    pub fn set_high_watermark(&mut self, to: Offset) {
        self.high_watermark = to.clamp(self.start(), self.end());
    }

    /// Writes the high watermark to its file.
    pub fn write_checkpoint(&mut self) {
        self.checkpoint.write(self.high_watermark);
        self.checkpoint.flush();
    }

    /// Whether the file is behind.
    pub fn checkpoint_is_due(&self) -> bool {
        self.checkpoint() != self.high_watermark
    }

    /// Makes all batches durable.
    pub fn flush(&mut self) {
        self.journal.flush();
    }

    /// What is on disk beyond the log itself, for the handler that loses power.
    pub fn journal_mut(&mut self) -> &mut Journal<Batch> {
        &mut self.journal
    }

    /// What is on disk beyond the log itself.
    pub fn journal(&self) -> &Journal<Batch> {
        &self.journal
    }

    /// A new process loads the log. Kafka: `LogLoader.load`: the torn end is cut, the epoch cache follows (an epoch without
    /// records goes), the high watermark comes from its file.
    pub fn load(&mut self) {
        self.journal.cut_tear();
        let end = self.end();
        self.epochs.retain(|(_, begun)| *begun < end);
        self.set_high_watermark(self.checkpoint());
    }

    /// The process is gone: what was in memory only is no more.
    pub fn forget_memory(&mut self) {
        self.high_watermark = self.checkpoint().min(self.end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(batches: &[(u16, &[u32])]) -> Log {
        let mut log = Log::default();
        for (epoch, records) in batches {
            log.append_as_leader(
                LeaderEpoch(*epoch),
                records.iter().map(|record| RecordId(*record)).collect(),
            );
        }
        log
    }

    #[test]
    fn end_of_epoch_answers_as_the_table_of_kip_101_says() {
        let log = log(&[(1, &[1, 2]), (3, &[3])]);
        assert_eq!(log.end_of_epoch(LeaderEpoch(0)), Some((LeaderEpoch(0), Offset(0))));
        assert_eq!(log.end_of_epoch(LeaderEpoch(1)), Some((LeaderEpoch(1), Offset(2))));
        assert_eq!(log.end_of_epoch(LeaderEpoch(2)), Some((LeaderEpoch(1), Offset(2))));
        assert_eq!(log.end_of_epoch(LeaderEpoch(3)), Some((LeaderEpoch(3), Offset(3))));
        assert_eq!(log.end_of_epoch(LeaderEpoch(4)), None);
    }

    #[test]
    fn truncation_takes_whole_batches_and_their_epochs_along() {
        let mut log = log(&[(0, &[1, 2]), (1, &[3])]);
        log.set_high_watermark(Offset(3));
        log.truncate(Offset(1));
        assert_eq!(log.end(), Offset(0));
        assert_eq!(log.epochs(), [(LeaderEpoch(0), Offset(0))]);
        assert_eq!(log.high_watermark(), Offset(0));
    }

    #[test]
    fn a_leader_epoch_without_records_is_replaced_by_the_next() {
        let mut log = log(&[(0, &[1])]);
        log.assign_epoch(LeaderEpoch(1), Offset(1));
        log.assign_epoch(LeaderEpoch(2), Offset(1));
        assert_eq!(log.epochs(), [(LeaderEpoch(0), Offset(0)), (LeaderEpoch(2), Offset(1))]);
    }

    #[test]
    fn a_new_process_forgets_an_epoch_without_records_also_in_an_empty_log() {
        let (mut empty, mut other) = (log(&[]), log(&[(0, &[1])]));
        empty.assign_epoch(LeaderEpoch(2), Offset(0));
        other.assign_epoch(LeaderEpoch(2), Offset(1));
        empty.load();
        other.load();
        assert_eq!(empty.epochs(), []);
        assert_eq!(other.epochs(), [(LeaderEpoch(0), Offset(0))]);
    }
}
