//! Whose heartbeats do not reach the controller, and why: without a clock such a session may end at no cost.

use serde::{Deserialize, Serialize};
use sim_core::SmallVec;

use crate::actions::Silence;
use crate::ids::BrokerId;

/// Brokers that the controller cannot hear, or has not heard since it could.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Silences(SmallVec<[(BrokerId, Silence); 2]>);

impl Silences {
    /// Whether anything keeps this broker from being heard.
    pub fn concern(&self, id: BrokerId) -> bool {
        self.0.iter().any(|(other, _)| *other == id)
    }

    /// A cause begins. A process that has ended stands still no longer.
    pub fn begin(&mut self, id: BrokerId, why: Silence) {
        if why == Silence::Missed {
            self.remove(id, Silence::Pause);
        }
        if let Err(at) = self.0.binary_search(&(id, why)) {
            self.0.insert(at, (id, why));
        }
    }

    /// A cause ends; heartbeats are missed until the next one arrives.
    pub fn end(&mut self, id: BrokerId, why: Silence) {
        if self.remove(id, why) {
            self.begin(id, Silence::Missed);
        }
    }

    /// The broker was heard on a connection that lives. What keeps the next heartbeat away stays.
    pub fn heard(&mut self, id: BrokerId) {
        self.remove(id, Silence::Missed);
    }

    fn remove(&mut self, id: BrokerId, why: Silence) -> bool {
        let found = self.0.binary_search(&(id, why));
        found.map(|at| self.0.remove(at)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: BrokerId = BrokerId(1);

    #[test]
    fn a_heartbeat_that_was_under_way_does_not_end_a_pause_or_a_cut() {
        for why in [Silence::Cut, Silence::Pause] {
            let mut silences = Silences::default();
            silences.begin(ID, why);
            silences.heard(ID);
            assert!(silences.concern(ID));
        }
    }

    #[test]
    fn a_broker_is_heard_again_when_all_causes_have_ended_and_a_heartbeat_has_come() {
        let mut silences = Silences::default();
        silences.begin(ID, Silence::Cut);
        silences.begin(ID, Silence::Pause);
        silences.end(ID, Silence::Pause);
        silences.heard(ID);
        assert!(silences.concern(ID));
        silences.end(ID, Silence::Cut);
        assert!(silences.concern(ID));
        silences.heard(ID);
        assert!(!silences.concern(ID));
    }

    #[test]
    fn a_pause_ends_with_its_process_and_a_cut_does_not() {
        let mut silences = Silences::default();
        silences.begin(ID, Silence::Pause);
        silences.begin(ID, Silence::Missed);
        silences.heard(ID);
        assert!(!silences.concern(ID));
        silences.begin(ID, Silence::Cut);
        silences.begin(ID, Silence::Missed);
        silences.heard(ID);
        assert!(silences.concern(ID));
    }
}
