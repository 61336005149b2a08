//! Armed timers, as names in the slot of the handler that set them. Their times are the driver's.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The armed timers of one slot, in ascending order. Frozen ones belong to a process that stands still.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Timers<T> {
    armed: SmallVec<[T; 4]>,
    frozen: bool,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            armed: SmallVec::new(),
            frozen: false,
        }
    }
}

impl<T: Copy + Ord> Timers<T> {
    pub(crate) fn insert(&mut self, timer: T) {
        if let Err(position) = self.armed.binary_search(&timer) {
            self.armed.insert(position, timer);
        }
    }

    /// Disarms a timer; nothing happens if it is not armed.
    pub fn cancel(&mut self, timer: T) {
        if let Ok(position) = self.armed.binary_search(&timer) {
            self.armed.remove(position);
        }
    }

    /// Disarms all that fit.
    pub fn cancel_where(&mut self, mut fits: impl FnMut(T) -> bool) {
        self.armed.retain(|timer| !fits(*timer));
    }

    /// Whether this timer is armed.
    pub fn is_armed(&self, timer: T) -> bool {
        self.armed.binary_search(&timer).is_ok()
    }

    /// Timers that may fire now, in ascending order: none while frozen.
    pub fn ready(&self) -> &[T] {
        if self.frozen { &[] } else { &self.armed }
    }

    /// The process stands still: nothing fires.
    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    /// The process runs again.
    pub fn thaw(&mut self) {
        self.frozen = false;
    }

    /// Whether there is something that may not fire now.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }
}
