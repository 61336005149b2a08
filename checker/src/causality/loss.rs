//! How a promised record was lost: who promised it, what was not known yet, how its copies went, what sealed it.

use models::actions::Event;
use models::controller::partition_change::Choice;
use models::fact::Fact;
use models::ids::{BrokerId, ClientId, LeaderEpoch, Node, Offset, Partition, RecordId};
use models::message::{Acks, FetchResult, Lane, Msg};
use models::slots::Slot;
use sim_core::Action;

use super::{Causality, LostMessage};
use crate::narrate::{Step, Tale, holders, is_up, log_of, partition_state, promises};

/// A leader's high watermark passed the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// In which step.
    pub step: usize,
    /// At which leader.
    pub leader: BrokerId,
    /// The replicas that it counted, itself included.
    pub quorum: Vec<BrokerId>,
    /// Its new high watermark.
    pub high_watermark: Offset,
}

/// A follower that held the record when it was promised, and did not know that it was committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unaware {
    /// Which.
    pub broker: BrokerId,
    /// Its high watermark at that time.
    pub high_watermark: Offset,
    /// The answer that would have told it, if one was under way and was lost.
    pub lost_answer: Option<LostMessage>,
}

/// How a copy went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Vanished {
    /// The follower cut its log to its own high watermark when it began to follow.
    OwnHighWatermark {
        /// To where.
        to: Offset,
        /// Whom it began to follow.
        leader: Option<BrokerId>,
    },
    /// It cut its log where the leader's answer told it to.
    Divergence {
        /// To where.
        to: Offset,
        /// Whom it followed.
        leader: BrokerId,
    },
    /// It was not flushed when the power went.
    Power,
    /// The disk was emptied.
    Wipe,
    /// In another way.
    Otherwise,
}

/// Copies that went at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gone {
    /// In which step.
    pub step: usize,
    /// From whose logs.
    pub brokers: Vec<BrokerId>,
    /// How.
    pub how: Vanished,
    /// Who still had one.
    pub left: Vec<BrokerId>,
}

/// The moment from which no replica that could be elected cleanly had the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PassedBy {
    /// In which step.
    pub step: usize,
    /// Who could have led with it until then.
    pub until_then: Vec<BrokerId>,
    /// Who still had it, and could not lead.
    pub stranded: Vec<Stranded>,
}

/// A copy that could not lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stranded {
    /// On which broker.
    pub broker: BrokerId,
    /// Whether its process was down.
    pub down: bool,
}

/// The election after which no leader had the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// In which step.
    pub step: usize,
    /// Who was elected.
    pub leader: BrokerId,
    /// In which epoch.
    pub epoch: LeaderEpoch,
    /// Whether it was in sync as the controller knew.
    pub choice: Choice,
}

/// The story of a lost record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// Which record.
    pub record: RecordId,
    /// In which partition.
    pub partition: Partition,
    /// At which offset it was promised.
    pub offset: Offset,
    /// The step in which a leader committed it.
    pub committed: Option<Committed>,
    /// The step in which a producer got its answer, and which acks it had asked for.
    pub acked: Option<(usize, ClientId, Acks)>,
    /// Followers that held it and did not know that it was committed.
    pub unaware: Vec<Unaware>,
    /// Who held it, from the step on that is named; the first entry is the first copy.
    pub copies: Vec<(usize, Vec<BrokerId>)>,
    /// Copies that went after the promise, in order.
    pub gone: Vec<Gone>,
    /// When the last chance passed.
    pub passed_by: Option<PassedBy>,
    /// The election that sealed it.
    pub sealed: Option<Sealed>,
}

impl Loss {
    /// The step in which it was promised (committed, where no client was answered); 0 when before the first one.
    pub fn promised_in(&self) -> usize {
        self.acked
            .map(|(step, ..)| step)
            .or(self.committed.as_ref().map(|known| known.step))
            .unwrap_or(0)
    }

    /// The steps that the story names.
    pub fn named_steps(&self) -> Vec<usize> {
        let committed = self.committed.iter().map(|committed| committed.step);
        let acked = self.acked.iter().map(|(step, ..)| *step);
        let gone = self.gone.iter().map(|gone| gone.step);
        let passed = self.passed_by.iter().map(|passed| passed.step);
        let sealed = self.sealed.iter().map(|sealed| sealed.step);
        let mut steps: Vec<usize> = committed.chain(acked).chain(gone).chain(passed).chain(sealed).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }
}

/// The story of a record named as a property names it (`m1`). `None` when nobody promised such a record.
pub fn loss_of(tale: &Tale<'_>, causality: &Causality, about: &str) -> Option<Loss> {
    let record = RecordId(about.strip_prefix('m')?.parse().ok()?);
    let (partition, offset) = place(tale, record)?;
    let committed = committed(tale, partition, record);
    let acked = acked(tale, partition, record);
    let promised = acked
        .map(|(step, ..)| step)
        .or(committed.as_ref().map(|known| known.step))
        .unwrap_or(0);
    Some(Loss {
        record,
        partition,
        offset,
        unaware: unaware(tale, causality, partition, (offset, record), promised),
        copies: copies(tale, partition, (offset, record)),
        gone: gone(tale, partition, (offset, record), promised),
        passed_by: passed_by(tale, partition, (offset, record), promised),
        sealed: sealed(tale, partition, (offset, record), promised),
        committed,
        acked,
    })
}

/// Where it was promised: the ledger forgets only what gave way after a declared loss.
fn place(tale: &Tale<'_>, record: RecordId) -> Option<(Partition, Offset)> {
    tale.config().all_partitions().find_map(|partition| {
        let known = promises(tale, partition, tale.last())?;
        let acked = known
            .acked
            .iter()
            .find(|(_, promise)| promise.record == record)
            .map(|(offset, _)| *offset);
        let committed = || {
            known
                .committed
                .values()
                .find(|known| known.stored.record == record)
                .map(|known| known.stored.offset)
        };
        let answered = || acked_at(tale, partition, record).map(|(_, offset)| offset);
        Some((partition, acked.or_else(committed).or_else(answered)?))
    })
}

fn committed(tale: &Tale<'_>, partition: Partition, record: RecordId) -> Option<Committed> {
    facts(tale).find_map(|(step, node, fact)| {
        let Fact::Committed {
            partition: of,
            quorum,
            high_watermark,
            records,
            ..
        } = fact
        else {
            return None;
        };
        let Node::Broker(leader) = node else { return None };
        let fits = *of == partition && records.iter().any(|stored| stored.record == record);
        let quorum = quorum.to_vec();
        fits.then_some(Committed {
            step: step.number,
            leader,
            quorum,
            high_watermark: *high_watermark,
        })
    })
}

fn acked(tale: &Tale<'_>, partition: Partition, record: RecordId) -> Option<(usize, ClientId, Acks)> {
    facts(tale).find_map(|(step, node, fact)| {
        let Fact::Acked {
            partition: of,
            acks,
            records,
            ..
        } = fact
        else {
            return None;
        };
        let Node::Client(client) = node else { return None };
        (*of == partition && records.contains(&record)).then_some((step.number, client, *acks))
    })
}

/// Where a producer was told that the record stands (the ledger keeps only answers to acks=all).
fn acked_at(tale: &Tale<'_>, partition: Partition, record: RecordId) -> Option<(usize, Offset)> {
    facts(tale).find_map(|(step, _, fact)| {
        let Fact::Acked {
            partition: of,
            base,
            records,
            ..
        } = fact
        else {
            return None;
        };
        let at = records
            .iter()
            .position(|other| *other == record)
            .filter(|_| *of == partition)?;
        Some((step.number, base.plus(at)))
    })
}

fn facts<'t>(tale: &'t Tale<'_>) -> impl Iterator<Item = (&'t Step, Node, &'t Fact)> {
    tale.steps()
        .iter()
        .flat_map(|step| step.facts().map(move |(node, fact)| (step, node, fact)))
}

fn unaware(
    tale: &Tale<'_>,
    causality: &Causality,
    partition: Partition,
    at: (Offset, RecordId),
    promised: usize,
) -> Vec<Unaware> {
    let held = holders(tale, partition, at, promised).into_iter();
    let behind = held.filter_map(|broker| {
        let high_watermark = log_of(tale, broker, partition, promised)?.high_watermark();
        let lost_answer = causality
            .lost_messages()
            .iter()
            .find(|lost| tells(tale, lost, broker, partition, at.0));
        (high_watermark <= at.0).then_some(Unaware {
            broker,
            high_watermark,
            lost_answer: lost_answer.copied(),
        })
    });
    behind.collect()
}

/// Whether this message would have told a follower that the offset is committed.
fn tells(tale: &Tale<'_>, lost: &LostMessage, follower: BrokerId, partition: Partition, offset: Offset) -> bool {
    let Slot::Queue(_, Node::Broker(to), Lane::Fetch(of)) = lost.queue else {
        return false;
    };
    let high = |msg: &Msg| {
        let Msg::Fetched(fetched) = msg else { return false };
        matches!(&fetched.result, FetchResult::Records { high_watermark, .. } if *high_watermark > offset)
    };
    let sent = tale.step(lost.sent);
    (to, of) == (follower, partition)
        && sent.is_some_and(|step| step.sent().any(|(queue, msg)| queue == lost.queue && high(msg)))
}

fn copies(tale: &Tale<'_>, partition: Partition, at: (Offset, RecordId)) -> Vec<(usize, Vec<BrokerId>)> {
    let mut copies: Vec<(usize, Vec<BrokerId>)> = Vec::new();
    for step in 0..=tale.last() {
        let held = holders(tale, partition, at, step);
        let known = copies.last().map_or(&[][..], |(_, held)| held);
        if held != known {
            copies.push((step, held));
        }
    }
    copies
}

fn gone(tale: &Tale<'_>, partition: Partition, at: (Offset, RecordId), promised: usize) -> Vec<Gone> {
    let mut gone: Vec<Gone> = Vec::new();
    for step in &tale.steps()[promised..] {
        let left = holders(tale, partition, at, step.number);
        for broker in holders(tale, partition, at, step.number - 1) {
            if left.contains(&broker) {
                continue;
            }
            let how = vanished(tale, step, broker, partition);
            match gone
                .last_mut()
                .filter(|last| last.step == step.number && last.how == how)
            {
                Some(last) => last.brokers.push(broker),
                None => gone.push(Gone {
                    step: step.number,
                    brokers: vec![broker],
                    how,
                    left: left.clone(),
                }),
            }
        }
    }
    gone
}

fn vanished(tale: &Tale<'_>, step: &Step, broker: BrokerId, partition: Partition) -> Vanished {
    match step.action {
        Action::Environment(Event::Power(_) | Event::PowerAll) => return Vanished::Power,
        Action::Environment(Event::Wipe(_)) => return Vanished::Wipe,
        Action::Environment(_)
        | Action::Deliver(_)
        | Action::DeliverOverdue(_)
        | Action::Fire(..)
        | Action::Command(..) => {}
    }
    let cut = step.facts().find_map(|(node, fact)| {
        let Fact::Truncated { partition: of, to, .. } = fact else {
            return None;
        };
        ((node, *of) == (Node::Broker(broker), partition)).then_some(*to)
    });
    match (cut, step.received()) {
        (Some(to), Some((_, Node::Broker(leader), _))) => Vanished::Divergence { to, leader },
        (Some(to), Some(_) | None) => {
            let leader = partition_state(tale, partition, step.number).and_then(|state| state.leader);
            Vanished::OwnHighWatermark {
                to,
                leader: leader.filter(|leader| *leader != broker),
            }
        }
        (None, _) => Vanished::Otherwise,
    }
}

/// Holders that may be elected cleanly after so many steps.
fn candidates(tale: &Tale<'_>, partition: Partition, at: (Offset, RecordId), after: usize) -> Vec<BrokerId> {
    let electable = promises(tale, partition, after)
        .map(|known| known.electable.clone())
        .unwrap_or_default();
    let held = holders(tale, partition, at, after).into_iter();
    held.filter(|broker| electable.contains(broker)).collect()
}

fn passed_by(tale: &Tale<'_>, partition: Partition, at: (Offset, RecordId), promised: usize) -> Option<PassedBy> {
    if !candidates(tale, partition, at, tale.last()).is_empty() {
        return None;
    }
    let last = (promised..tale.last())
        .rev()
        .find(|after| !candidates(tale, partition, at, *after).is_empty())?;
    let stranded = holders(tale, partition, at, last + 1).into_iter();
    let stranded = stranded.map(|broker| Stranded {
        broker,
        down: !is_up(tale, broker, last + 1),
    });
    Some(PassedBy {
        step: last + 1,
        until_then: candidates(tale, partition, at, last),
        stranded: stranded.collect(),
    })
}

/// The first election after the promise from which on every leader was without the record.
fn sealed(tale: &Tale<'_>, partition: Partition, at: (Offset, RecordId), promised: usize) -> Option<Sealed> {
    let mut sealed = None;
    for step in &tale.steps()[promised..] {
        let known = partition_state(tale, partition, step.number - 1).map(|state| state.leader_epoch);
        for (_, fact) in step.facts() {
            let Fact::Decided {
                partition: of,
                leader: Some(leader),
                epoch,
                choice,
                ..
            } = fact
            else {
                continue;
            };
            if *of != partition || known == Some(*epoch) {
                continue;
            }
            let found = Sealed {
                step: step.number,
                leader: *leader,
                epoch: *epoch,
                choice: *choice,
            };
            let has_it = holders(tale, partition, at, step.number).contains(leader);
            sealed = if has_it { None } else { sealed.or(Some(found)) };
        }
    }
    sealed
}
