//! From a history to its anomalies: a pure function that knows no cluster.

use std::collections::{BTreeMap, BTreeSet};

use models::ids::{Offset, RecordId};
use models::message::Acks;

use super::{Anomaly, Event, Kind, What};

/// A record that is stored twice is what retries without idempotence do (KIP-98).
const RETRIED: &str = "it was sent more than once, and without idempotence each attempt may be stored";
/// Nobody promised more.
const WEAK_ACKS: &str = "with acks=1 or 0 nobody promised that it is kept";
/// Another topic of the same name.
const DELETED: &str = "the topic was deleted: offsets of the next one of its name begin anew";
/// It may still come.
const NOT_READ_YET: &str = "nobody has read so far yet";

/// Everything in a history that no client should see, in the order of the steps at which it became visible.
pub fn judge(history: &[Event]) -> Vec<Anomaly> {
    let partitions: BTreeSet<&str> = history.iter().map(|event| event.partition.as_str()).collect();
    let mut found: Vec<Anomaly> = Vec::new();
    for partition in partitions {
        let events: Vec<&Event> = history.iter().filter(|event| event.partition == partition).collect();
        let known = Known::of(&events);
        let mut here = known.offsets(partition);
        here.extend(known.missing(partition, &events));
        here.extend(polls(partition, &events, &known));
        if events.iter().any(|event| event.what == What::Deleted) {
            here.iter_mut().for_each(|anomaly| anomaly.allowed = Some(DELETED));
        }
        found.append(&mut here);
    }
    found.sort_by_key(|anomaly| (anomaly.step, anomaly.kind));
    found
}

/// What clients know together about one partition.
#[derive(Default)]
struct Known {
    /// Records by offset, each with the step at which a client first learned of it there.
    at: BTreeMap<Offset, Vec<(RecordId, usize)>>,
    /// Offsets by record.
    of: BTreeMap<RecordId, Vec<(Offset, usize)>>,
    /// How often each record was sent.
    attempts: BTreeMap<RecordId, u32>,
    acks: BTreeMap<RecordId, Acks>,
    /// Records that consumers got.
    read: BTreeSet<RecordId>,
    /// The largest offset that a consumer got, and when.
    furthest: Option<(Offset, usize)>,
}

impl Known {
    fn of(events: &[&Event]) -> Known {
        let mut known = Known::default();
        for event in events {
            match &event.what {
                What::Sent { records, acks } => {
                    for record in records {
                        *known.attempts.entry(*record).or_default() += 1;
                        known.acks.insert(*record, *acks);
                    }
                }
                What::Ok { records, base } => {
                    for (record, ahead) in records.iter().zip(0..) {
                        known.learn(base.plus(ahead), *record, event.step);
                    }
                }
                What::Polled { records, .. } => {
                    for (offset, record) in records {
                        known.learn(*offset, *record, event.step);
                        known.read.insert(*record);
                        if known.furthest.is_none_or(|(furthest, _)| furthest < *offset) {
                            known.furthest = Some((*offset, event.step));
                        }
                    }
                }
                What::Failed { .. } | What::Unknown { .. } | What::Reset | What::Deleted => {}
            }
        }
        known
    }

    fn learn(&mut self, offset: Offset, record: RecordId, step: usize) {
        let there = self.at.entry(offset).or_default();
        if there.iter().all(|(other, _)| *other != record) {
            there.push((record, step));
        }
        let of = self.of.entry(record).or_default();
        if of.iter().all(|(other, _)| *other != offset) {
            of.push((offset, step));
        }
    }

    /// Two records at one offset, one record at two offsets.
    fn offsets(&self, partition: &str) -> Vec<Anomaly> {
        let mut found = Vec::new();
        for (offset, records) in &self.at {
            for (record, step) in &records[1..] {
                found.push(Anomaly {
                    kind: Kind::InconsistentOffset,
                    partition: partition.to_owned(),
                    step: *step,
                    what: format!("offset {offset} holds {}, and then {record}", records[0].0),
                    allowed: None,
                });
            }
        }
        for (record, offsets) in &self.of {
            for (offset, step) in &offsets[1..] {
                let attempts = self.attempts.get(record).copied().unwrap_or(0);
                found.push(Anomaly {
                    kind: Kind::Duplicate,
                    partition: partition.to_owned(),
                    step: *step,
                    what: format!("{record} stands at offset {}, and at {offset}", offsets[0].0),
                    allowed: (attempts > 1).then_some(RETRIED),
                });
            }
        }
        found
    }

    /// Acknowledged writes that no consumer got.
    fn missing(&self, partition: &str, events: &[&Event]) -> Vec<Anomaly> {
        let mut found = Vec::new();
        let answers = events.iter().filter_map(|event| match &event.what {
            What::Ok { records, base } => Some((event.step, records, *base)),
            What::Sent { .. } | What::Failed { .. } | What::Unknown { .. } => None,
            What::Polled { .. } | What::Reset | What::Deleted => None,
        });
        for (acked, records, base) in answers {
            for (record, ahead) in records
                .iter()
                .zip(0..)
                .filter(|(record, _)| !self.read.contains(record))
            {
                let offset = base.plus(ahead);
                let promised = self.acks.get(record) == Some(&Acks::All);
                // Whoever got this offset or a later one has been there.
                let passed = self.furthest.filter(|(furthest, _)| *furthest >= offset);
                let (kind, step, what) = match passed {
                    Some((furthest, read)) => {
                        let what = format!(
                            "{record} was acknowledged at offset {offset}, and offset {furthest} was read without it"
                        );
                        (Kind::Lost, acked.max(read), what)
                    }
                    None => (
                        Kind::Unseen,
                        acked,
                        format!("{record} was acknowledged at offset {offset}"),
                    ),
                };
                let allowed = match (kind, promised) {
                    (Kind::Unseen, _) => Some(NOT_READ_YET),
                    (_, false) => Some(WEAK_ACKS),
                    (_, true) => None,
                };
                found.push(Anomaly {
                    kind,
                    partition: partition.to_owned(),
                    step,
                    what,
                    allowed,
                });
            }
        }
        found
    }
}

/// Consumers that went past a record, or back.
fn polls(partition: &str, events: &[&Event], known: &Known) -> Vec<Anomaly> {
    let mut found = Vec::new();
    let mut next: BTreeMap<&str, Offset> = BTreeMap::new();
    for event in events {
        let (client, step) = (event.client.as_str(), event.step);
        let records = match &event.what {
            What::Polled { records, .. } => records,
            What::Reset => {
                next.remove(client);
                continue;
            }
            What::Sent { .. } | What::Ok { .. } | What::Failed { .. } => continue,
            What::Unknown { .. } | What::Deleted => continue,
        };
        for (offset, record) in records {
            let expected = next.get(client).copied().unwrap_or(*offset);
            let anomaly = |kind, what| Anomaly {
                kind,
                partition: partition.to_owned(),
                step,
                what,
                allowed: None,
            };
            if *offset < expected {
                let what = format!("{client} reads {record} at offset {offset} after it had come to {expected}");
                found.push(anomaly(Kind::NonmonotonicPoll, what));
            }
            let skipped = known.at.range(expected..*offset.max(&expected)).next();
            if let Some((at, there)) = skipped {
                let what = format!("{client} goes from {expected} to {offset}, past {} at {at}", there[0].0);
                found.push(anomaly(Kind::PollSkip, what));
            }
            next.insert(client, offset.plus(1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCER: &str = "c1";
    const CONSUMER: &str = "c2";

    fn check(whats: Vec<(&'static str, What)>, expected: &[(Kind, usize, bool)]) {
        let history: Vec<Event> = whats
            .into_iter()
            .zip(1..)
            .map(|((client, what), step)| Event {
                step,
                client: client.to_owned(),
                partition: "t-0".to_owned(),
                what,
            })
            .collect();
        let found: Vec<(Kind, usize, bool)> = judge(&history)
            .iter()
            .map(|anomaly| (anomaly.kind, anomaly.step, anomaly.allowed.is_some()))
            .collect();
        assert_eq!(found, expected);
    }

    fn sent(record: u32, acks: Acks) -> (&'static str, What) {
        let records = vec![RecordId(record)];
        (PRODUCER, What::Sent { records, acks })
    }

    fn acked(record: u32, base: usize) -> (&'static str, What) {
        let (records, base) = (vec![RecordId(record)], at(base));
        (PRODUCER, What::Ok { records, base })
    }

    fn polled(from: usize, records: &[(usize, u32)]) -> (&'static str, What) {
        let records = records
            .iter()
            .map(|(offset, record)| (at(*offset), RecordId(*record)))
            .collect();
        (
            CONSUMER,
            What::Polled {
                from: at(from),
                records,
            },
        )
    }

    fn at(offset: usize) -> Offset {
        Offset::ZERO.plus(offset)
    }

    #[test]
    fn a_history_in_which_everything_was_read_is_clean() {
        let history = vec![
            sent(1, Acks::All),
            acked(1, 0),
            polled(0, &[(0, 1)]),
            sent(2, Acks::All),
            acked(2, 1),
            polled(1, &[(1, 2)]),
        ];
        check(history, &[]);
    }

    #[test]
    fn an_acknowledged_write_that_was_read_past_is_lost() {
        let history = vec![
            sent(1, Acks::All),
            acked(1, 0),
            sent(2, Acks::All),
            acked(2, 1),
            polled(0, &[(1, 2)]),
        ];
        check(history, &[(Kind::Lost, 5, false)]);
        let weak = vec![
            sent(1, Acks::Leader),
            acked(1, 0),
            sent(2, Acks::Leader),
            acked(2, 1),
            polled(0, &[(1, 2)]),
        ];
        check(weak, &[(Kind::Lost, 5, true)]);
    }

    #[test]
    fn a_write_behind_the_last_read_is_unseen_and_no_reproach() {
        check(vec![sent(1, Acks::All), acked(1, 0)], &[(Kind::Unseen, 2, true)]);
    }

    #[test]
    fn another_record_in_its_place_is_an_inconsistent_offset() {
        let history = vec![
            sent(1, Acks::All),
            acked(1, 0),
            sent(2, Acks::All),
            acked(2, 0),
            polled(0, &[(0, 2)]),
        ];
        check(history, &[(Kind::InconsistentOffset, 4, false), (Kind::Lost, 5, false)]);
    }

    #[test]
    fn offsets_of_a_topic_that_was_deleted_begin_anew() {
        let history = vec![
            sent(1, Acks::All),
            acked(1, 0),
            ("operator", What::Deleted),
            sent(2, Acks::All),
            acked(2, 0),
            polled(0, &[(0, 2)]),
        ];
        check(history, &[(Kind::InconsistentOffset, 5, true), (Kind::Lost, 6, true)]);
    }

    #[test]
    fn a_retry_may_store_a_record_twice_and_a_single_attempt_may_not() {
        let read = polled(0, &[(0, 1), (1, 1)]);
        check(
            vec![sent(1, Acks::All), sent(1, Acks::All), read.clone()],
            &[(Kind::Duplicate, 3, true)],
        );
        check(vec![sent(1, Acks::All), read], &[(Kind::Duplicate, 2, false)]);
    }

    #[test]
    fn a_consumer_that_skips_a_known_record_or_goes_back_is_seen() {
        let all = polled(0, &[(0, 1), (1, 2), (2, 3)]);
        let other = |from, records: &[(usize, u32)]| ("c3", polled(from, records).1);
        check(
            vec![all.clone(), other(0, &[(0, 1), (2, 3)])],
            &[(Kind::PollSkip, 2, false)],
        );
        check(
            vec![all.clone(), polled(0, &[(0, 1)])],
            &[(Kind::NonmonotonicPoll, 2, false)],
        );
        check(vec![all, (CONSUMER, What::Reset), polled(0, &[(0, 1)])], &[]);
    }
}
