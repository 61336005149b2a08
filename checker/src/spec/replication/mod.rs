//! The published single-partition specifications of Kafka's replication (2018 to 2020), as one model with five variants
//! of truncation and fencing. Source: the `kafka-specification` models of the KIP authors, restated.

mod controller;
mod follower;
mod invariants;
mod leader;
mod packed;
mod state;

use std::fmt::{self, Display, Formatter};

use super::replicas::{MAX_REPLICAS, Replica, renamings};
use super::{BoundsError, Symmetry, in_range};
use crate::system::{Findings, Steps, System};
pub use state::{LeaderEpoch, MAX_LEADER_EPOCH, MAX_LOG_SIZE, MAX_RECORDS, State};

/// How followers truncate and whom a leader trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// Followers truncate to their own high watermark: Kafka before KIP-101.
    TruncHw,
    /// Followers truncate where the leader's log leaves the epoch of their last record.
    Kip101,
    /// Followers truncate behind the last record that both logs share.
    Kip279,
    /// The first try at KIP-320: fencing by the epoch of the last record, truncation as a step of its own.
    Kip320First,
    /// KIP-320: leaders and followers must agree on the leader epoch.
    Kip320,
}

/// How large a replication model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    replicas: usize,
    log_size: usize,
    records: usize,
    max_leader_epoch: usize,
}

/// A specification to be searched.
#[derive(Clone)]
pub struct Replication {
    variant: Variant,
    bounds: Bounds,
    /// Every action there is, in canonical order; each state makes some of them possible.
    actions: Vec<Action>,
    /// Renamings of replicas; only the identity without symmetry.
    renamings: Vec<Vec<Replica>>,
}

/// One step of a specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The controller takes a replica out of the ISR, and out of office if it leads.
    ControllerRemoves(Replica),
    /// The controller makes a member of the ISR leader.
    ControllerElects(Replica),
    /// A replica applies the request of this epoch, which names it leader.
    BecomesLeader(Replica, LeaderEpoch),
    /// Whoever presumes to be leader appends the next record.
    Writes(Replica),
    /// A leader drops a follower from the ISR.
    ShrinksIsr(Replica, Replica),
    /// A leader takes a follower into the ISR.
    ExpandsIsr(Replica, Replica),
    /// A leader counts one more record as committed.
    AdvancesHighWatermark(Replica),
    /// The first replica applies the request of this epoch, which names the second as leader.
    BecomesFollower(Replica, Replica, LeaderEpoch),
    /// The first replica cuts its log back to what it shares with the second, its leader.
    Truncates(Replica, Replica),
    /// The first replica copies one record from the second, its leader.
    Replicates(Replica, Replica),
}

impl Variant {
    /// All variants, oldest rule first.
    pub const ALL: [Variant; 5] = [
        Variant::TruncHw,
        Variant::Kip101,
        Variant::Kip279,
        Variant::Kip320First,
        Variant::Kip320,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Variant::TruncHw => "trunc-hw",
            Variant::Kip101 => "kip-101",
            Variant::Kip279 => "kip-279",
            Variant::Kip320First => "kip-320-first",
            Variant::Kip320 => "kip-320",
        }
    }
}

impl Bounds {
    /// `replicas` share one partition; a log holds up to `log_size` records, `records` can be written in all; leader
    /// epochs go from 0 to `max_leader_epoch`, so the controller decides one time more than that.
    pub fn new(
        replicas: usize,
        log_size: usize,
        records: usize,
        max_leader_epoch: usize,
    ) -> Result<Bounds, BoundsError> {
        in_range("replicas", replicas, 1, MAX_REPLICAS)?;
        in_range("log-size", log_size, 1, MAX_LOG_SIZE)?;
        in_range("records", records, 0, MAX_RECORDS)?;
        in_range("max-leader-epoch", max_leader_epoch, 0, MAX_LEADER_EPOCH)?;
        Ok(Bounds {
            replicas,
            log_size,
            records,
            max_leader_epoch,
        })
    }

    fn all(&self) -> impl Iterator<Item = Replica> + Clone + use<> {
        Replica::first(self.replicas)
    }
}

impl Display for Bounds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Bounds {
            replicas,
            log_size,
            records,
            max_leader_epoch,
        } = self;
        write!(
            f,
            "replicas {replicas}, log size {log_size}, records {records}, leader epochs 0 to {max_leader_epoch}"
        )
    }
}

impl Replication {
    /// The specification of `variant` within `bounds`. With symmetry, states that differ only in the replicas' names count
    /// as one.
    pub fn new(variant: Variant, bounds: Bounds, symmetry: Symmetry) -> Replication {
        let fixed = match symmetry {
            Symmetry::Off => bounds.replicas,
            Symmetry::On => 0,
        };
        let actions = Action::all(variant, &bounds);
        Replication {
            variant,
            bounds,
            actions,
            renamings: renamings(bounds.replicas, fixed),
        }
    }

    /// The state after `action`, if it is possible.
    fn take(&self, state: &State, action: Action) -> Option<State> {
        match action {
            Action::ControllerRemoves(replica) => self.controller_removes(state, replica),
            Action::ControllerElects(replica) => self.controller_elects(state, replica),
            Action::BecomesLeader(replica, epoch) => self.become_leader(state, replica, epoch),
            Action::Writes(leader) => self.write(state, leader),
            Action::ShrinksIsr(leader, follower) => self.shrink_isr(state, leader, follower),
            Action::ExpandsIsr(leader, follower) => self.expand_isr(state, leader, follower),
            Action::AdvancesHighWatermark(leader) => self.advance_high_watermark(state, leader),
            Action::BecomesFollower(follower, leader, epoch) => self.become_follower(state, follower, leader, epoch),
            Action::Truncates(follower, leader) => self.truncate(state, follower, leader),
            Action::Replicates(follower, leader) => self.replicate(state, follower, leader),
        }
    }
}

impl Action {
    /// Every action that may be possible in some state, in canonical order.
    fn all(variant: Variant, bounds: &Bounds) -> Vec<Action> {
        let epochs = || (0..=bounds.max_leader_epoch as i8).map(LeaderEpoch);
        let mut all = Vec::new();
        for one in bounds.all() {
            all.extend([
                Action::ControllerRemoves(one),
                Action::ControllerElects(one),
                Action::Writes(one),
            ]);
            all.push(Action::AdvancesHighWatermark(one));
            all.extend(epochs().map(|epoch| Action::BecomesLeader(one, epoch)));
            for other in bounds.all().filter(|&other| other != one) {
                all.extend([Action::ShrinksIsr(one, other), Action::ExpandsIsr(one, other)]);
                all.push(Action::Replicates(one, other));
                all.extend(epochs().map(|epoch| Action::BecomesFollower(one, other, epoch)));
                if variant == Variant::Kip320First {
                    all.push(Action::Truncates(one, other));
                }
            }
        }
        all.sort();
        all
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Action::ControllerRemoves(replica) => write!(f, "controller removes {replica} from the ISR"),
            Action::ControllerElects(replica) => write!(f, "controller elects {replica}"),
            Action::BecomesLeader(replica, epoch) => write!(f, "{replica} becomes leader of epoch {}", epoch.0),
            Action::Writes(leader) => write!(f, "{leader} writes a record"),
            Action::ShrinksIsr(leader, follower) => write!(f, "{leader} drops {follower} from the ISR"),
            Action::ExpandsIsr(leader, follower) => write!(f, "{leader} takes {follower} into the ISR"),
            Action::AdvancesHighWatermark(leader) => write!(f, "{leader} advances its high watermark"),
            Action::BecomesFollower(follower, leader, epoch) => {
                write!(f, "{follower} becomes follower of {leader} in epoch {}", epoch.0)
            }
            Action::Truncates(follower, leader) => write!(f, "{follower} truncates to what it shares with {leader}"),
            Action::Replicates(follower, leader) => write!(f, "{follower} copies a record from {leader}"),
        }
    }
}

impl System for Replication {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds.replicas)]
    }

    fn successors(&self, state: &State, steps: &mut Steps<Self>) {
        for &action in &self.actions {
            if let Some(next) = self.take(state, action) {
                steps.add(action, next);
            }
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        vec![
            "WeakIsr",
            "StrongIsr",
            "TypeOk",
            "LeaderInIsr",
            "LeaderInIsrOrNone",
            "IsrNonEmpty",
        ]
    }

    fn judge(&self, state: &State, found: &mut Findings) {
        let mut claim = |holds: bool, name| {
            if !holds {
                found.violated(name);
            }
        };
        claim(self.bounds.weak_isr(state), "WeakIsr");
        claim(self.bounds.strong_isr(state), "StrongIsr");
        claim(self.bounds.type_ok(state), "TypeOk");
        claim(self.bounds.leader_in_isr(state), "LeaderInIsr");
        claim(self.bounds.leader_in_isr_or_none(state), "LeaderInIsrOrNone");
        claim(self.bounds.isr_non_empty(state), "IsrNonEmpty");
    }

    fn representative(&self, state: State) -> State {
        match self.renamings.as_slice() {
            [_identity] => state,
            renamings => renamings
                .iter()
                .map(|renaming| state.renamed(renaming))
                .min()
                .unwrap_or(state),
        }
    }

    fn kind(&self, action: &Action) -> &'static str {
        match action {
            Action::ControllerRemoves(_) => "controller removes",
            Action::ControllerElects(_) => "controller elects",
            Action::BecomesLeader(..) => "becomes leader",
            Action::Writes(_) => "writes",
            Action::ShrinksIsr(..) => "shrinks the ISR",
            Action::ExpandsIsr(..) => "expands the ISR",
            Action::AdvancesHighWatermark(_) => "advances the high watermark",
            Action::BecomesFollower(..) => "becomes follower",
            Action::Truncates(..) => "truncates",
            Action::Replicates(..) => "replicates",
        }
    }
}
