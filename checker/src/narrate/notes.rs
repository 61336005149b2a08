//! Remarks in the margin: where a record is committed, promised, and where a copy of it goes.

use models::actions::Event;
use models::fact::{Fact, Stored};
use models::ids::{BrokerId, Node, Offset, Partition, RecordId};
use models::ledger::Promises;
use models::message::Acks;
use models::slots::{Slot, Value};
use sim_core::Action;

use super::changes::Subject;
use super::names::{count, is_up, log_of, records};
use super::tale::{Step, Tale};

/// A remark, and the changed thing beside which it belongs (or the sentence itself).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Beside which change.
    pub at: Option<Subject>,
    /// The remark.
    pub text: String,
}

/// All remarks on a step.
pub fn notes(tale: &Tale<'_>, step: &Step) -> Vec<Note> {
    step.facts()
        .filter_map(|(node, fact)| note(tale, step, node, fact))
        .collect()
}

fn note(tale: &Tale<'_>, step: &Step, node: Node, fact: &Fact) -> Option<Note> {
    let beside = |partition: Partition, text: String| {
        let Node::Broker(id) = node else { return None };
        Some(Note {
            at: Some(Subject::Replica(id, partition)),
            text,
        })
    };
    match fact {
        Fact::Committed {
            partition,
            records: stored,
            ..
        } if !stored.is_empty() => beside(
            *partition,
            format!("{} {} committed here", list(stored), be(stored.len())),
        ),
        Fact::Acked {
            partition,
            acks,
            base,
            records: list,
            ..
        } => {
            let known = promises(tale, *partition, step.number - 1);
            let committed = known.is_some_and(|known| known.committed.contains_key(base));
            let text = match acks {
                Acks::All if committed => "and promised here".into(),
                Acks::All => format!("{} {} promised here", records(list), be(list.len())),
                Acks::Leader => format!("{}: acknowledged by the leader alone", records(list)),
                Acks::None => return None,
            };
            Some(Note { at: None, text })
        }
        Fact::Truncated {
            partition,
            records: stored,
            ..
        } => beside(*partition, truncated(tale, step, *partition, stored)?),
        Fact::Lost { partition, records, .. } => beside(*partition, lost(tale, step, *partition, records)?),
        Fact::Led { partition, .. } => {
            let missing = missing(tale, step, node, *partition);
            let text = format!(
                "{} {} promised, and not in this log",
                records(&missing),
                be(missing.len())
            );
            (!missing.is_empty()).then_some(Note { at: None, text })
        }
        Fact::Wrote(_) | Fact::Decided { .. } | Fact::Registered(..) | Fact::Committed { .. } => None,
        Fact::Promised { .. } | Fact::GaveUp { .. } | Fact::Delivered { .. } => None,
        Fact::Skipped { known, found, .. } => Some(Note {
            at: None,
            text: format!("it had read {known} where {found} stands now"),
        }),
        Fact::EndTold { end, before, .. } if end < before => Some(Note {
            at: None,
            text: format!("it had been told {before}"),
        }),
        Fact::EndTold { .. } => None,
        Fact::Dropped(partition) => beside(*partition, "the replica is deleted here".into()),
        Fact::IsrProposed { .. } | Fact::Ordered(_) | Fact::Ended | Fact::Deleted(_) => None,
        Fact::WrittenBy { .. } => None,
    }
}

fn be(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

fn list(stored: &[Stored]) -> String {
    records(&stored.iter().map(|stored| stored.record).collect::<Vec<_>>())
}

/// What was promised about a partition after so many steps.
pub(crate) fn promises<'t>(tale: &'t Tale<'_>, partition: Partition, after: usize) -> Option<&'t Promises> {
    match tale.value(Slot::Ledger, after) {
        Some(Value::Ledger(ledger)) => Some(ledger.promises(partition)),
        Some(_) | None => None,
    }
}

/// Brokers whose log has this record at this offset after so many steps.
pub(crate) fn holders(tale: &Tale<'_>, partition: Partition, at: (Offset, RecordId), after: usize) -> Vec<BrokerId> {
    let (offset, record) = at;
    let holds = |id: &BrokerId| {
        let log = log_of(tale, *id, partition, after);
        log.and_then(|log| log.at(offset))
            .is_some_and(|(stored, _)| stored == record)
    };
    tale.config()
        .placed(partition)
        .assignment
        .iter()
        .copied()
        .filter(holds)
        .collect()
}

fn truncated(tale: &Tale<'_>, step: &Step, partition: Partition, gone: &[Stored]) -> Option<String> {
    let before = step.number - 1;
    let known = promises(tale, partition, before)?;
    let is_promised = |stored: &&Stored| {
        known
            .committed_at(stored.offset)
            .is_some_and(|committed| committed.record == stored.record)
    };
    let Some(first) = gone.iter().find(is_promised) else {
        return Some(format!("{} goes, it was never committed", list(gone)));
    };
    let live = holders(tale, partition, (first.offset, first.record), before);
    let live = live.into_iter().filter(|id| is_up(tale, *id, before)).count();
    // A follower that cuts when it applies metadata was not told where by its leader.
    let unasked = step.received().is_some_and(|(_, from, _)| from == Node::Controller);
    let why = if unasked { ", though nobody asked" } else { "" };
    Some(match live {
        0 | 1 => format!("the last live copy of {} goes{why}", first.record),
        live => format!("one of {} copies goes{why}", count(live)),
    })
}

fn lost(tale: &Tale<'_>, step: &Step, partition: Partition, gone: &[Stored]) -> Option<String> {
    let before = step.number - 1;
    let known = promises(tale, partition, before)?;
    let was_committed = |stored: &&Stored| {
        known
            .committed_at(stored.offset)
            .is_some_and(|committed| committed.record == stored.record)
    };
    let stored = gone.iter().find(was_committed)?;
    let all = holders(tale, partition, (stored.offset, stored.record), before);
    let wiped = matches!(step.action, Action::Environment(Event::Wipe(_)));
    let how = if wiped { "is wiped" } else { "goes with the power" };
    Some(match all.len() {
        1 => format!("the last copy of {} {how}", stored.record),
        many => format!("one of {} copies {how}", count(many)),
    })
}

/// Promised records that a new leader does not have.
fn missing(tale: &Tale<'_>, step: &Step, node: Node, partition: Partition) -> Vec<RecordId> {
    let Node::Broker(id) = node else { return Vec::new() };
    let Some(known) = promises(tale, partition, step.number) else {
        return Vec::new();
    };
    let Some(log) = log_of(tale, id, partition, step.number) else {
        return Vec::new();
    };
    let missing = known
        .acked
        .iter()
        .filter(|(offset, promise)| log.at(**offset).is_none_or(|(record, _)| record != promise.record));
    missing.map(|(_, promise)| promise.record).collect()
}
