//! The state of the replication specifications: logs, the replicas' views, requests ever issued, and the quorum's truth.
//! Small arrays, unused places always zero, so that equal states are equal bytes.

use crate::spec::replicas::{MAX_REPLICAS, Replica, ReplicaSet};

/// The longest log that fits.
pub const MAX_LOG_SIZE: usize = 6;
/// The most records that can be told apart.
pub const MAX_RECORDS: usize = 15;
/// The highest leader epoch that fits.
pub const MAX_LEADER_EPOCH: usize = 7;

/// A leader epoch; −1 before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub(super) i8);

/// A position in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Offset(pub(super) u8);

/// A record is its identity and the epoch of the leader that wrote it, in one byte: four bits each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Record(pub(super) u8);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Log {
    pub(super) end: Offset,
    pub(super) records: [Record; MAX_LOG_SIZE],
}

/// What a replica believes: its high watermark, and the latest request that it applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct View {
    pub(super) high_watermark: Offset,
    pub(super) leader_epoch: LeaderEpoch,
    pub(super) leader: Option<Replica>,
    pub(super) isr: ReplicaSet,
}

/// A controller decision, without its epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Decision {
    pub(super) leader: Option<Replica>,
    pub(super) isr: ReplicaSet,
}

/// One state of the replication specifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    pub(super) logs: [Log; MAX_REPLICAS],
    pub(super) views: [View; MAX_REPLICAS],
    pub(super) next_record: u8,
    /// How many decisions were made, which is the next leader epoch.
    pub(super) decided: u8,
    /// The requests ever issued: that of epoch `e` at place `e`. Each decision has an epoch of its own, so this is a set.
    pub(super) requests: [Decision; MAX_LEADER_EPOCH + 1],
    /// The quorum's leader and ISR. Its epoch is that of the latest request; its ISR may have changed since.
    pub(super) quorum: Decision,
}

impl Record {
    pub(super) fn new(id: u8, leader_epoch: LeaderEpoch) -> Record {
        assert!(
            usize::from(id) < MAX_RECORDS && leader_epoch.0 >= 0,
            "records are written by leaders, within the bounds"
        );
        Record(id << 4 | leader_epoch.0 as u8)
    }

    pub(super) fn id(self) -> u8 {
        self.0 >> 4
    }

    pub(super) fn leader_epoch(self) -> LeaderEpoch {
        LeaderEpoch((self.0 & 0xf) as i8)
    }
}

impl Log {
    pub(super) fn end(&self) -> Offset {
        self.end
    }

    pub(super) fn has(&self, offset: Offset) -> bool {
        offset < self.end
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records[..usize::from(self.end.0)]
    }

    pub(super) fn at(&self, offset: Offset) -> Option<Record> {
        self.records().get(usize::from(offset.0)).copied()
    }

    pub(super) fn last(&self) -> Option<Record> {
        self.records().last().copied()
    }

    pub(super) fn append(&mut self, record: Record) {
        self.records[usize::from(self.end.0)] = record;
        self.end.0 += 1;
    }

    /// Keeps the records below `to`.
    pub(super) fn truncate(&mut self, to: Offset) {
        assert!(to <= self.end, "truncation never lengthens a log");
        self.records[usize::from(to.0)..].fill(Record::default());
        self.end = to;
    }
}

impl State {
    pub(super) fn initial(replicas: usize) -> State {
        let isr = ReplicaSet::default();
        let view = View {
            high_watermark: Offset(0),
            leader_epoch: LeaderEpoch(-1),
            leader: None,
            isr,
        };
        State {
            logs: Default::default(),
            views: [view; MAX_REPLICAS],
            next_record: 0,
            decided: 0,
            requests: Default::default(),
            quorum: Decision {
                leader: None,
                isr: ReplicaSet::first(replicas),
            },
        }
    }

    pub(super) fn log(&self, replica: Replica) -> &Log {
        &self.logs[replica.index()]
    }

    pub(super) fn log_mut(&mut self, replica: Replica) -> &mut Log {
        &mut self.logs[replica.index()]
    }

    pub(super) fn view(&self, replica: Replica) -> &View {
        &self.views[replica.index()]
    }

    pub(super) fn view_mut(&mut self, replica: Replica) -> &mut View {
        &mut self.views[replica.index()]
    }

    /// The leader epoch of the quorum's truth.
    pub(super) fn quorum_epoch(&self) -> LeaderEpoch {
        LeaderEpoch(self.decided as i8 - 1)
    }

    /// The request of this epoch, if it was issued.
    pub(super) fn request(&self, epoch: LeaderEpoch) -> Option<Decision> {
        (epoch <= self.quorum_epoch()).then(|| self.requests[epoch.0 as usize])
    }

    /// Whether a replica presumes to be leader: it stays so until it applies a request that says otherwise.
    pub(super) fn leads(&self, replica: Replica) -> bool {
        self.view(replica).leader == Some(replica)
    }

    /// Whether the replica is leader in the eyes of the quorum, too.
    pub(super) fn truly_leads(&self, replica: Replica) -> bool {
        self.quorum.leader == Some(replica)
            && self.leads(replica)
            && self.view(replica).leader_epoch == self.quorum_epoch()
    }

    /// The same state with every replica called by its new name.
    pub(super) fn renamed(&self, renaming: &[Replica]) -> State {
        let decision = |decision: Decision| Decision {
            leader: decision.leader.map(|leader| leader.renamed(renaming)),
            isr: decision.isr.renamed(renaming),
        };
        let mut renamed = State {
            requests: self.requests.map(decision),
            quorum: decision(self.quorum),
            ..*self
        };
        for (from, to) in renaming.iter().enumerate() {
            renamed.logs[to.index()] = self.logs[from];
            let view = self.views[from];
            let Decision { leader, isr } = decision(Decision {
                leader: view.leader,
                isr: view.isr,
            });
            renamed.views[to.index()] = View { leader, isr, ..view };
        }
        renamed
    }
}
