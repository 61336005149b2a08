//! The state of the replication specifications as bits: 128 of them for three replicas, two records, and epochs to 2.

use super::Replication;
use super::state::{Decision, LeaderEpoch, Log, Offset, Record, State, View};
use crate::spec::packed::{Bits, Packed};
use crate::spec::replicas::Replica;

impl Packed for Replication {
    fn fields(&self, state: &mut State, bits: &mut impl Bits) {
        let bounds = &self.bounds;
        for log in &mut state.logs[..bounds.replicas] {
            log.pass(bounds.log_size, bits);
        }
        for view in &mut state.views[..bounds.replicas] {
            view.pass(bounds.replicas, bits);
        }
        state.next_record = bits.field(4, state.next_record.into()) as u8;
        state.decided = bits.field(4, state.decided.into()) as u8;
        for request in &mut state.requests[..=bounds.max_leader_epoch] {
            request.pass(bounds.replicas, bits);
        }
        state.quorum.pass(bounds.replicas, bits);
    }
}

impl Log {
    /// Places behind the end are zero, like everywhere.
    fn pass(&mut self, log_size: usize, bits: &mut impl Bits) {
        self.end.pass(bits);
        for record in &mut self.records[..log_size] {
            *record = Record(bits.field(8, record.0.into()) as u8);
        }
    }
}

impl View {
    fn pass(&mut self, replicas: usize, bits: &mut impl Bits) {
        self.high_watermark.pass(bits);
        self.leader_epoch = LeaderEpoch(bits.field(4, (self.leader_epoch.0 + 1) as u32) as i8 - 1);
        pass_leader(&mut self.leader, bits);
        self.isr.pass(replicas, bits);
    }
}

impl Decision {
    fn pass(&mut self, replicas: usize, bits: &mut impl Bits) {
        pass_leader(&mut self.leader, bits);
        self.isr.pass(replicas, bits);
    }
}

impl Offset {
    fn pass(&mut self, bits: &mut impl Bits) {
        self.0 = bits.field(3, self.0.into()) as u8;
    }
}

/// No leader is 0.
fn pass_leader(leader: &mut Option<Replica>, bits: &mut impl Bits) {
    let packed = bits.field(3, leader.map_or(0, |leader| u32::from(leader.0) + 1));
    *leader = packed.checked_sub(1).map(|leader| Replica(leader as u8));
}
