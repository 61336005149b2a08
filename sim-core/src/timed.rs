//! The discrete-event scheduler: a virtual clock, an agenda, latencies drawn per lane. It drives the same world as every
//! other driver and keeps all times itself: a state never holds one.

use alloc::collections::{BTreeMap, BinaryHeap, VecDeque};
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::chooser::Chooser;
use crate::context::Since;
use crate::model::Model;
use crate::offer::{Action, Offer, Op};
use crate::offers::Offers;
use crate::rng::{Latency, Purpose, Stream};
use crate::time::{Instant, Span};
use crate::world::{Scratch, World};

/// How long to wait before looking again at something that is suspended (a cut link, a process that stands still).
const SUSPENDED_RETRY: Span = Span::from_ms(20);

/// Something that is due.
#[derive(Clone, Debug)]
enum Due<M: Model> {
    Lane(usize),
    Overdue(usize),
    Timer(M::Node, M::Timer),
}

/// When something is due. Ties are broken by the order in which it was decided: no two turns are equal.
type Turn = (Instant, u64);

/// An entry of the agenda; the earliest turn is the greatest, as the heap wants it.
#[derive(Clone, Debug)]
struct Entry<M: Model> {
    turn: Turn,
    due: Due<M>,
}

impl<M: Model> PartialEq for Entry<M> {
    fn eq(&self, other: &Self) -> bool {
        self.turn == other.turn
    }
}

impl<M: Model> Eq for Entry<M> {}

impl<M: Model> PartialOrd for Entry<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M: Model> Ord for Entry<M> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.turn.cmp(&self.turn)
    }
}

/// When a timer runs out. A timer that is put off keeps its entry, which then finds that it has come too early: most timers
/// are put off again and again and never fire.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    turn: Turn,
    /// Its entry on the agenda, not later.
    entry: Turn,
}

/// A world with a clock.
pub struct Timed<'m, M: Model> {
    /// The world itself.
    pub world: World<'m, M>,
    /// What the last action did.
    pub scratch: Scratch<M>,
    now: Instant,
    sequence: u64,
    agenda: BinaryHeap<Entry<M>>,
    /// Per slot that is a queue: when each message in it arrives, in order.
    lanes: Vec<VecDeque<Instant>>,
    deadlines: BTreeMap<(M::Node, M::Timer), Deadline>,
    moments: BTreeMap<(M::Node, M::Moment), Instant>,
    latency: fn(&M::Config, M::Slot) -> Latency,
    network: Stream,
}

impl<'m, M: Model> Timed<'m, M> {
    /// A clock at zero over this world; messages take as long as `latency` says for their lane.
    pub fn new(world: World<'m, M>, seed: u64, latency: fn(&M::Config, M::Slot) -> Latency) -> Self {
        let lanes = world.slots().iter().map(|_| VecDeque::new()).collect();
        let mut timed = Self {
            world,
            scratch: Scratch::default(),
            now: Instant::ZERO,
            sequence: 0,
            agenda: BinaryHeap::new(),
            lanes,
            deadlines: BTreeMap::new(),
            moments: BTreeMap::new(),
            latency,
            network: Stream::new(seed, Purpose::Network),
        };
        timed.adopt();
        timed
    }

    /// What was armed or sent before the clock began runs from now on.
    fn adopt(&mut self) {
        let mut offers = Vec::new();
        for place in 0..self.world.slots().len() {
            let slot = self.world.slots()[place];
            offers.clear();
            let value = &self.world.values()[place];
            M::offers(self.world.config(), slot, value, &mut Offers::names(&mut offers));
            for offer in &offers {
                match offer.action {
                    Action::Fire(node, timer) => self.set_deadline(node, timer, self.now),
                    Action::Deliver(queue) => self.arrives(queue),
                    Action::DeliverOverdue(_) | Action::Command(..) | Action::Environment(_) => {}
                }
            }
        }
    }

    fn set_deadline(&mut self, node: M::Node, timer: M::Timer, since: Instant) {
        let at = (since + M::span(self.world.config(), node, timer)).max(self.now);
        self.expect_timer(node, timer, at);
    }

    fn expect_timer(&mut self, node: M::Node, timer: M::Timer, at: Instant) {
        let turn = self.turn(at);
        match self.deadlines.get_mut(&(node, timer)) {
            Some(deadline) if deadline.entry <= turn => deadline.turn = turn,
            _ => {
                self.deadlines.insert((node, timer), Deadline { turn, entry: turn });
                let due = Due::Timer(node, timer);
                self.agenda.push(Entry { turn, due });
            }
        }
    }

    /// The virtual time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// When the next thing is due, if anything is.
    pub fn next_due(&self) -> Option<Instant> {
        self.agenda.peek().map(|entry| entry.turn.0)
    }

    /// When each timer that was set runs out, in the order of nodes; some of them were disarmed since.
    pub fn deadlines(&self) -> impl Iterator<Item = (M::Node, M::Timer, Instant)> + '_ {
        let all = self.deadlines.iter();
        all.map(|((node, timer), deadline)| (*node, *timer, deadline.turn.0))
    }

    /// When this timer fires, if it is still armed then.
    pub fn deadline(&self, node: M::Node, timer: M::Timer) -> Option<Instant> {
        self.deadlines.get(&(node, timer)).map(|deadline| deadline.turn.0)
    }

    /// Lets time pass without anything happening. Does nothing if that time has passed already.
    pub fn wait_until(&mut self, at: Instant) {
        self.now = self.now.max(at);
    }

    /// Performs the next thing due up to `limit` and says what it was; `None` when nothing is due until then.
    pub fn advance(&mut self, limit: Instant, chooser: &mut dyn Chooser) -> Option<Action<M>> {
        self.advance_unless(limit, chooser, &mut |_, _| None)
    }

    /// The same for a driver that knows in which order things happened that may happen in any: before each action it is
    /// asked, at that time, for how long this action is put off.
    pub fn advance_unless(
        &mut self,
        limit: Instant,
        chooser: &mut dyn Chooser,
        put_off: &mut dyn FnMut(&Self, &Action<M>) -> Option<Span>,
    ) -> Option<Action<M>> {
        loop {
            if self.agenda.peek()?.turn.0 > limit {
                return None;
            }
            let Entry { turn, due } = self.agenda.pop()?;
            let Some(action) = self.timely(turn, &due) else {
                continue;
            };
            let at = turn.0;
            self.now = self.now.max(at);
            let Some(offer) = self.world.find(&action) else {
                self.postpone(due);
                continue;
            };
            if let Some(span) = put_off(self, &action) {
                self.expect_later(due, self.now + span);
                continue;
            }
            self.settle_account(&due);
            self.apply(&offer, chooser);
            return Some(action);
        }
    }

    /// Performs this action now.
    pub fn perform(&mut self, offer: &Offer<M>, chooser: &mut dyn Chooser) {
        if let Action::Fire(node, timer) = offer.action {
            self.deadlines.remove(&(node, timer));
        }
        self.apply(offer, chooser);
    }

    /// The action that is due, unless the entry has been overtaken by events.
    fn timely(&mut self, turn: Turn, due: &Due<M>) -> Option<Action<M>> {
        match due {
            Due::Lane(place) => {
                let arrival = self.lanes[*place].front()?;
                (*arrival == turn.0).then(|| Action::Deliver(self.world.slots()[*place]))
            }
            Due::Overdue(place) => Some(Action::DeliverOverdue(self.world.slots()[*place])),
            Due::Timer(node, timer) => {
                let deadline = self.deadlines.get_mut(&(*node, *timer))?;
                if deadline.entry != turn {
                    return None;
                }
                if deadline.turn == turn {
                    return Some(Action::Fire(*node, *timer));
                }
                // It was put off since: this entry takes its turn then.
                deadline.entry = deadline.turn;
                let turn = deadline.turn;
                self.agenda.push(Entry { turn, due: due.clone() });
                None
            }
        }
    }

    fn settle_account(&mut self, due: &Due<M>) {
        match due {
            Due::Timer(node, timer) => {
                self.deadlines.remove(&(*node, *timer));
            }
            Due::Lane(_) | Due::Overdue(_) => {}
        }
    }

    /// What is suspended is looked at again; what is no longer possible is forgotten.
    fn postpone(&mut self, due: Due<M>) {
        let slot = self.deciding_slot(&due);
        if slot.is_some_and(|slot| M::suspended(self.world.get(slot))) {
            return self.expect_later(due, self.now + SUSPENDED_RETRY);
        }
        match due {
            Due::Lane(place) => {
                self.lanes[place].pop_front();
                self.expect_next(place);
            }
            Due::Overdue(_) => {}
            Due::Timer(node, timer) => {
                if self.is_armed(node, timer) {
                    // The budget does not allow it now; something may happen that makes it free.
                    self.deadlines.remove(&(node, timer));
                    self.set_deadline(node, timer, self.now);
                } else {
                    self.deadlines.remove(&(node, timer));
                }
            }
        }
    }

    fn is_armed(&self, node: M::Node, timer: M::Timer) -> bool {
        let action = Action::Fire(node, timer);
        let slot = M::offered_by(self.world.config(), &action);
        Offers::<M>::find(self.world.config(), slot, self.world.get(slot), &action).is_some()
    }

    /// What was due is due again at another time, and in a lane everything behind it not before.
    fn expect_later(&mut self, due: Due<M>, again: Instant) {
        match &due {
            Due::Lane(place) => {
                let mut earliest = again;
                for (position, arrival) in self.lanes[*place].iter_mut().enumerate() {
                    *arrival = if position == 0 { again } else { (*arrival).max(earliest) };
                    earliest = *arrival;
                }
            }
            Due::Overdue(_) => {}
            Due::Timer(node, timer) => {
                // Its entry has just been taken from the agenda.
                self.deadlines.remove(&(*node, *timer));
                return self.expect_timer(*node, *timer, again);
            }
        }
        self.schedule(again, due);
    }

    fn deciding_slot(&self, due: &Due<M>) -> Option<M::Slot> {
        match due {
            Due::Lane(place) | Due::Overdue(place) => Some(self.world.slots()[*place]),
            Due::Timer(node, timer) => Some(M::offered_by(self.world.config(), &Action::Fire(*node, *timer))),
        }
    }

    fn turn(&mut self, at: Instant) -> Turn {
        self.sequence += 1;
        (at, self.sequence)
    }

    fn schedule(&mut self, at: Instant, due: Due<M>) {
        let turn = self.turn(at);
        self.agenda.push(Entry { turn, due });
    }

    fn apply(&mut self, offer: &Offer<M>, chooser: &mut dyn Chooser) {
        let mut scratch = core::mem::take(&mut self.scratch);
        self.world.apply(offer, chooser, &mut scratch);
        for (slot, op) in &scratch.ops {
            self.follow(*slot, op);
        }
        for (node, moment, since) in &scratch.stamped {
            let at = self.resolve(*node, *since);
            self.moments.insert((*node, *moment), at);
        }
        for (node, timer, since) in &scratch.armed {
            let start = self.resolve(*node, *since);
            self.set_deadline(*node, *timer, start);
        }
        self.scratch = scratch;
    }

    fn resolve(&self, node: M::Node, since: Since<M>) -> Instant {
        match since {
            Since::Now => self.now,
            Since::Moment(moment) => self.moments.get(&(node, moment)).copied().unwrap_or(self.now),
        }
    }

    /// Keeps the arrival times in step with the queue.
    fn follow(&mut self, slot: M::Slot, op: &Op<M>) {
        match op {
            Op::Push(_) => self.arrives(slot),
            Op::Pop | Op::Acknowledge | Op::Learn => {
                let place = self.world.index(slot);
                self.lanes[place].pop_front();
                self.expect_next(place);
            }
            Op::Break | Op::Reset => {
                let place = self.world.index(slot);
                self.lanes[place].clear();
                self.arrives(slot);
            }
            Op::Refuse | Op::Drop => {
                let place = self.world.index(slot);
                self.lanes[place].clear();
            }
            Op::Outlive => {
                let place = self.world.index(slot);
                self.lanes[place].pop_front();
                let delay = self.draw(slot) + self.draw(slot);
                self.schedule(self.now + delay, Due::Overdue(place));
            }
            Op::Repeat => {
                let place = self.world.index(slot);
                let delay = self.draw(slot) + self.draw(slot);
                self.schedule(self.now + delay, Due::Overdue(place));
            }
            // What is kept takes its turn when somebody listens.
            Op::Keep => {}
            Op::PopOverdue | Op::Open | Op::Listen | Op::Hold(_) | Op::Release(_) => {}
            Op::Spend(_) | Op::Record(..) | Op::Mark(_) => {}
        }
    }

    fn arrives(&mut self, slot: M::Slot) {
        let place = self.world.index(slot);
        let drawn = self.now + self.draw(slot);
        let lane = &mut self.lanes[place];
        let first = lane.is_empty();
        let at = lane.back().map_or(drawn, |last| drawn.max(*last));
        lane.push_back(at);
        if first {
            self.schedule(at, Due::Lane(place));
        }
    }

    fn expect_next(&mut self, place: usize) {
        if let Some(front) = self.lanes[place].front_mut() {
            *front = (*front).max(self.now);
            let at = *front;
            self.schedule(at, Due::Lane(place));
        }
    }

    fn draw(&mut self, slot: M::Slot) -> Span {
        (self.latency)(self.world.config(), slot).sample(&mut self.network)
    }
}
