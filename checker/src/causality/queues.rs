//! Which step sent what arrives: every queue is followed with its senders beside its messages.

use std::collections::{BTreeMap, VecDeque};

use models::Kafka;
use models::message::Msg;
use models::slots::{Slot, Value};
use sim_core::{Model, Op};

use super::{Cause, LostMessage};
use crate::narrate::{Step, Tale, in_flight};

/// One queue: what it holds, and who sent it (nobody in this tale, for what was there at the beginning).
struct Followed {
    value: Value,
    senders: VecDeque<Option<usize>>,
    overdue: VecDeque<Option<usize>>,
    broken_by: Option<usize>,
    bounced_by: Option<usize>,
    released_by: Option<usize>,
}

/// All queues of a tale.
pub(super) struct Queues {
    queues: BTreeMap<Slot, Followed>,
    lost: Vec<LostMessage>,
}

impl Queues {
    /// The queues as they were at the beginning.
    pub(super) fn of(tale: &Tale<'_>) -> Self {
        let world = tale.world_after(0);
        let slots = world.slots().iter().filter(|slot| matches!(slot, Slot::Queue(..)));
        let followed = slots.map(|slot| {
            let value = world.get(*slot).clone();
            let overdue = if let Value::Queue(queue) = &value {
                usize::from(queue.overdue().is_some())
            } else {
                0
            };
            let senders = VecDeque::from(vec![None; in_flight(&value)]);
            let overdue = VecDeque::from(vec![None; overdue]);
            (
                *slot,
                Followed {
                    value,
                    senders,
                    overdue,
                    broken_by: None,
                    bounced_by: None,
                    released_by: None,
                },
            )
        });
        Self {
            queues: followed.collect(),
            lost: Vec::new(),
        }
    }

    /// Performs the operations of a step; the earlier steps that its deliveries rest on.
    pub(super) fn follow(&mut self, step: &Step) -> Vec<(usize, Cause)> {
        let mut causes = Vec::new();
        for (slot, op) in &step.ops {
            let Some(queue) = self.queues.get_mut(slot) else {
                continue;
            };
            let gone = queue.perform(*slot, op, step.number, &mut causes);
            let lost = gone.into_iter().flatten();
            self.lost.extend(lost.map(|sent| LostMessage {
                sent,
                lost: step.number,
                queue: *slot,
            }));
        }
        causes
    }

    /// What never arrived.
    pub(super) fn into_lost(self) -> Vec<LostMessage> {
        self.lost
    }
}

impl Followed {
    /// One operation; returns the senders of what it lost.
    fn perform(
        &mut self,
        slot: Slot,
        op: &Op<Kafka>,
        now: usize,
        causes: &mut Vec<(usize, Cause)>,
    ) -> VecDeque<Option<usize>> {
        let before = in_flight(&self.value);
        Kafka::operate(&mut self.value, op);
        let mut lost = VecDeque::new();
        match op {
            Op::Push(_) if in_flight(&self.value) > before => self.senders.push_back(Some(now)),
            Op::Push(Msg::CloseChannel) => lost.append(&mut self.senders),
            Op::Push(_) => self.bounced_by = Some(now),
            Op::Learn => causes.extend(self.bounced_by.map(|asked| (asked, Cause::Message(slot)))),
            Op::Pop => {
                let sender = self.senders.pop_front().flatten();
                causes.extend(sender.map(|sender| (sender, Cause::Message(slot))));
                let released = self.released_by.filter(|released| sender < Some(*released));
                causes.extend(released.map(|released| (released, Cause::Release(slot))));
            }
            Op::PopOverdue => {
                let sender = self.overdue.pop_front().flatten();
                causes.extend(sender.map(|sender| (sender, Cause::Message(slot))));
                causes.extend(self.broken_by.map(|broken| (broken, Cause::Break(slot))));
            }
            Op::Acknowledge => causes.extend(self.broken_by.map(|broken| (broken, Cause::Break(slot)))),
            Op::Outlive => self.overdue.extend(self.senders.pop_front()),
            Op::Repeat => self.overdue.extend(self.senders.front().copied()),
            Op::Keep => lost.append(&mut self.overdue),
            Op::Refuse => {
                lost.append(&mut self.senders);
                lost.append(&mut self.overdue);
            }
            Op::Break | Op::Drop | Op::Reset => {
                lost.append(&mut self.senders);
                self.broken_by = Some(now);
            }
            Op::Release(_) => self.released_by = Some(now),
            Op::Listen | Op::Open | Op::Hold(_) | Op::Spend(_) | Op::Record(..) | Op::Mark(_) => {}
        }
        lost
    }
}
