//! One lane of a connection: FIFO, as TCP; cut, refused, broken, opened again. Two generations: what is current, and
//! the mark that the one before is gone.

use core::fmt;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The connection is gone: the receiver sees this before anything that was sent on the next one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken;

/// Why packets do not pass. Several causes may overlap: a queue passes again when the last one is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Hold {
    /// The link is cut. It outlasts the processes at its ends.
    Cut,
    /// The receiver's process stands still.
    Pause,
    /// The receiver waits for its disk.
    Stall,
    /// Nobody listens, and the sender tries again until somebody does.
    Down,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "cut",
            Self::Pause => "pause",
            Self::Stall => "stall",
            Self::Down => "down",
        })
    }
}

/// A set of causes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
struct Holds(u8);

impl Holds {
    const fn bit(cause: Hold) -> u8 {
        1 << cause as u8
    }

    const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn contains(self, cause: Hold) -> bool {
        self.0 & Self::bit(cause) != 0
    }

    fn add(&mut self, cause: Hold) {
        self.0 |= Self::bit(cause);
    }

    fn remove(&mut self, cause: Hold) {
        self.0 &= !Self::bit(cause);
    }
}

/// A queue of messages from one node to another.
///
/// A push is accepted only where somebody listens and the sender knows of no dead connection that it still takes for
/// alive; otherwise the message vanishes, as bytes do that are written into a half-closed socket.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Queue<Msg> {
    messages: SmallVec<[Msg; 1]>,
    /// Read from the socket before its connection went; handled whenever the receiver gets to it.
    overdue: SmallVec<[Msg; 1]>,
    /// The receiver has to be told that the old connection is gone.
    broken: bool,
    /// The sender has not seen yet that the connection is gone.
    stale: bool,
    /// Nobody listens at the other end.
    down: bool,
    /// The sender asked there, was refused, and will be told.
    bounced: bool,
    /// Why nothing passes; nobody is told.
    holds: Holds,
}

impl<Msg> Default for Queue<Msg> {
    fn default() -> Self {
        Self {
            messages: SmallVec::new(),
            overdue: SmallVec::new(),
            broken: false,
            stale: false,
            down: false,
            bounced: false,
            holds: Holds::default(),
        }
    }
}

impl<Msg> Queue<Msg> {
    /// A queue whose receiver is not up yet.
    pub fn unattended() -> Self {
        Self {
            down: true,
            ..Self::default()
        }
    }

    /// A queue whose receiver is not up yet, and whose sender keeps what it has until it is.
    pub fn patient() -> Self {
        let mut queue = Self::default();
        queue.hold(Hold::Down);
        queue
    }

    /// What the receiver gets next, if it gets something.
    pub fn head(&self) -> Option<Result<&Msg, Broken>> {
        match (self.is_held(), self.broken) {
            (true, _) => None,
            (false, true) => Some(Err(Broken)),
            (false, false) => self.messages.first().map(Ok),
        }
    }

    /// The message that outlived its connection, if it can arrive now.
    pub fn overdue(&self) -> Option<&Msg> {
        if self.is_held() { None } else { self.overdue.first() }
    }

    /// How many messages are in flight.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether nothing is in flight, marks and overdue messages included.
    pub fn is_idle(&self) -> bool {
        self.messages.is_empty() && self.overdue.is_empty() && !self.broken && !self.bounced
    }

    /// Whether nothing is in flight on the current connection.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Messages in flight, the oldest first.
    pub fn messages(&self) -> &[Msg] {
        &self.messages
    }

    /// Whether somebody listens.
    pub fn is_attended(&self) -> bool {
        !self.down
    }

    /// Whether nothing passes, for whatever cause.
    pub fn is_held(&self) -> bool {
        !self.holds.is_empty()
    }

    /// Sends. Whoever tries again until somebody listens is told then that this attempt failed.
    pub fn push(&mut self, msg: Msg) {
        if !self.stale && !self.down {
            self.messages.push(msg);
        } else if self.down && self.holds.contains(Hold::Down) {
            self.bounced = true;
        }
    }

    /// Sends what waits for an answer: where nobody listens the connection is refused, and the sender will be told. On a
    /// connection of which it does not know yet that it is gone, it will be told of that.
    pub fn ask(&mut self, msg: Msg) {
        if self.down && !self.stale {
            self.bounced = true;
        } else {
            self.push(msg);
        }
    }

    /// Whether the sender can be told now that it was refused.
    pub fn is_bounced(&self) -> bool {
        self.bounced && !self.is_held()
    }

    /// The sender has been told.
    pub fn learn(&mut self) {
        assert!(self.bounced, "learnt of a refusal that did not happen");
        self.bounced = false;
    }

    /// Takes the head.
    pub fn pop(&mut self) {
        assert!(
            !self.messages.is_empty() && !self.broken,
            "popped a queue that has no head"
        );
        self.messages.remove(0);
    }

    /// Takes the overdue message.
    pub fn pop_overdue(&mut self) {
        assert!(!self.overdue.is_empty(), "popped an overdue message that is not there");
        self.overdue.remove(0);
    }

    /// Takes the mark of the broken connection.
    pub fn acknowledge(&mut self) {
        assert!(self.broken, "acknowledged a connection that is not broken");
        self.broken = false;
    }

    /// The sender opens a new connection.
    pub fn open(&mut self) {
        self.stale = false;
    }

    /// Messages in flight that do not fit go: their receiver would take no notice.
    pub fn forget(&mut self, mut fits: impl FnMut(&Msg) -> bool) {
        self.messages.retain(|msg| fits(msg));
    }

    /// The receiver is gone, and with it what held it up; a cut link stays cut.
    pub fn refuse(&mut self) {
        self.holds.remove(Hold::Pause);
        self.holds.remove(Hold::Stall);
        self.messages.clear();
        self.overdue.clear();
        self.broken = false;
        self.bounced = false;
        self.down = true;
    }

    /// The receiver is gone; the sender keeps what was not taken and tries again until somebody listens.
    pub fn keep(&mut self) {
        self.holds.remove(Hold::Pause);
        self.holds.remove(Hold::Stall);
        self.overdue.clear();
        self.broken = false;
        self.holds.add(Hold::Down);
    }

    /// The receiver is back.
    pub fn listen(&mut self) {
        self.down = false;
        self.holds.remove(Hold::Down);
    }

    /// The sender is gone; the receiver will be told (if there is one).
    pub fn break_off(&mut self) {
        self.messages.clear();
        self.bounced = false;
        self.broken = !self.down;
        self.stale = false;
    }

    /// The sender is gone; the receiver need not be told.
    pub fn drop_content(&mut self) {
        self.messages.clear();
        self.bounced = false;
        self.stale = false;
    }

    /// The connection is gone and the sender does not know; the receiver will be told (if there is one).
    pub fn reset(&mut self) {
        self.messages.clear();
        self.bounced = false;
        self.broken = !self.down;
        self.stale = true;
    }

    /// The head was read in time and will be handled after its connection has gone.
    pub fn outlive(&mut self) {
        assert!(
            !self.messages.is_empty(),
            "an empty queue has nothing that could outlive it"
        );
        let head = self.messages.remove(0);
        self.overdue.push(head);
    }

    /// The head was read in time and its answer lost with the connection: it is sent again, and handled twice.
    pub fn repeat(&mut self)
    where
        Msg: Clone,
    {
        let head = self
            .messages
            .first()
            .expect("an empty queue has nothing that could be repeated");
        self.overdue.push(head.clone());
    }

    /// Nothing passes from now on, for this cause.
    pub fn hold(&mut self, cause: Hold) {
        self.holds.add(cause);
    }

    /// This cause is gone: everything passes again, if it was the last one.
    pub fn release(&mut self, cause: Hold) {
        self.holds.remove(cause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receiver_sees_the_break_before_anything_sent_afterwards() {
        let mut queue = Queue::default();
        queue.push(1);
        queue.break_off();
        queue.push(2);
        assert_eq!(queue.head(), Some(Err(Broken)));
        queue.acknowledge();
        assert_eq!(queue.head(), Some(Ok(&2)));
    }

    #[test]
    fn messages_into_a_dead_connection_vanish_until_the_sender_opens_a_new_one() {
        let mut queue = Queue::default();
        queue.reset();
        queue.push(1);
        queue.acknowledge();
        assert_eq!(queue.head(), None);
        queue.open();
        queue.push(2);
        assert_eq!(queue.head(), Some(Ok(&2)));
    }

    #[test]
    fn a_sender_that_asks_where_nobody_listens_is_told() {
        let mut queue = Queue::unattended();
        queue.ask(1);
        assert!(queue.is_bounced());
        queue.listen();
        assert_eq!(queue.head(), None);
        queue.learn();
        queue.ask(2);
        assert!(!queue.is_bounced());
        assert_eq!(queue.head(), Some(Ok(&2)));
    }

    #[test]
    fn a_sender_that_does_not_know_of_the_end_of_its_connection_is_told_of_that_alone() {
        let mut queue = Queue::default();
        queue.refuse();
        queue.reset();
        queue.ask(1);
        assert!(!queue.is_bounced());
        queue.listen();
        queue.ask(2);
        assert_eq!(queue.head(), None);
    }

    #[test]
    fn an_overdue_message_survives_the_reset_but_not_its_receiver() {
        let mut queue = Queue::default();
        queue.push(1);
        queue.outlive();
        queue.reset();
        assert_eq!(queue.overdue(), Some(&1));
        queue.refuse();
        assert_eq!(queue.overdue(), None);
    }

    #[test]
    fn a_patient_sender_keeps_what_the_receiver_has_not_taken_and_what_it_had_read_goes_with_it() {
        let mut queue = Queue::patient();
        queue.push(1);
        assert_eq!(queue.head(), None);
        queue.listen();
        queue.repeat();
        queue.push(2);
        assert_eq!((queue.head(), queue.overdue()), (Some(Ok(&1)), Some(&1)));
        queue.keep();
        assert_eq!(queue.head(), None);
        queue.listen();
        assert_eq!((queue.messages(), queue.overdue()), (&[1, 2][..], None));
    }

    #[test]
    fn a_held_queue_keeps_its_content() {
        let mut queue = Queue::default();
        queue.push(1);
        queue.hold(Hold::Cut);
        assert_eq!(queue.head(), None);
        queue.release(Hold::Cut);
        assert_eq!(queue.head(), Some(Ok(&1)));
    }

    #[test]
    fn a_queue_passes_again_when_the_last_of_its_causes_is_gone() {
        let mut queue = Queue::default();
        queue.push(1);
        queue.hold(Hold::Cut);
        queue.hold(Hold::Pause);
        queue.release(Hold::Pause);
        assert_eq!(queue.head(), None);
        queue.release(Hold::Cut);
        assert_eq!(queue.head(), Some(Ok(&1)));
    }

    #[test]
    fn the_next_process_is_not_held_up_by_what_held_up_the_last_one_but_by_a_cut_link() {
        let mut queue = Queue::<u8>::default();
        queue.hold(Hold::Pause);
        queue.hold(Hold::Stall);
        queue.refuse();
        queue.listen();
        assert!(!queue.is_held());
        queue.hold(Hold::Cut);
        queue.refuse();
        queue.listen();
        assert!(queue.is_held());
    }
}
