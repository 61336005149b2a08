//! The published specification of asynchronous ISR negotiation: a fixed leader asks the controller to change the ISR, as
//! `AlterPartition` did later. Source: `AsyncIsr` of the KIP authors' `kafka-specification`, restated.

use std::fmt::{self, Display, Formatter};

use super::packed::{Bits, Packed};
use super::replicas::{MAX_REPLICAS, Replica, ReplicaSet, renamings};
use super::{BoundsError, Symmetry, in_range};
use crate::system::{Findings, Steps, System};

const LEADER: Replica = Replica(0);

/// Places in a set of messages, one bit each.
const PLACES: u32 = u128::BITS;

/// How large a negotiation model is. The model is infinite: successors beyond the bounds are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    replicas: usize,
    max_offset: u8,
    max_version: u8,
}

/// The specification, to be searched.
pub struct IsrNegotiation {
    bounds: Bounds,
    renamings: Vec<Vec<Replica>>,
}

/// An ISR and its version: what the controller holds, and what both sides send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Versioned {
    isr: ReplicaSet,
    version: u8,
}

/// A set of messages, which never shrinks: bit `version * 2^replicas + isr`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Messages(u128);

/// One state of the negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    controller: Versioned,
    leader: Versioned,
    /// What the leader asked for and has not heard of: it counts these replicas as members already.
    pending_isr: ReplicaSet,
    /// The version it asked at.
    pending_version: Option<u8>,
    offsets: [u8; MAX_REPLICAS],
    requests: Messages,
    updates: Messages,
}

/// One step of the negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The controller takes a follower out of the ISR.
    ControllerShrinks(Replica),
    /// The controller accepts a request for this ISR, made at its current version.
    ControllerAccepts(ReplicaSet),
    /// The leader asks to drop a follower.
    AsksToShrink(Replica),
    /// The leader asks to take in a follower that has reached the high watermark.
    AsksToExpand(Replica),
    /// The leader writes a record.
    Writes,
    /// A follower copies a record.
    Replicates(Replica),
    /// The leader applies an update: this ISR, this version.
    Applies(u8, ReplicaSet),
}

impl Bounds {
    /// `replicas` with the leader among them, offsets up to `max_offset`, ISR versions up to `max_version`.
    pub fn new(replicas: usize, max_offset: usize, max_version: usize) -> Result<Bounds, BoundsError> {
        in_range("replicas", replicas, 1, MAX_REPLICAS)?;
        in_range("max-offset", max_offset, 0, 100)?;
        in_range("max-version", max_version, 0, (PLACES >> replicas) as usize - 1)?;
        Ok(Bounds {
            replicas,
            max_offset: max_offset as u8,
            max_version: max_version as u8,
        })
    }

    fn followers(&self) -> impl Iterator<Item = Replica> + use<> {
        Replica::first(self.replicas).skip(1)
    }
}

impl Display for Bounds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Bounds {
            replicas,
            max_offset,
            max_version,
        } = self;
        write!(
            f,
            "replicas {replicas}, offsets 0 to {max_offset}, versions 0 to {max_version}"
        )
    }
}

impl IsrNegotiation {
    /// The specification within `bounds`. With symmetry, states that differ only in the followers' names count as one.
    pub fn new(bounds: Bounds, symmetry: Symmetry) -> IsrNegotiation {
        let fixed = match symmetry {
            Symmetry::Off => bounds.replicas,
            Symmetry::On => 1,
        };
        IsrNegotiation {
            bounds,
            renamings: renamings(bounds.replicas, fixed),
        }
    }

    fn place(&self, message: Versioned) -> u32 {
        u32::from(message.version) << self.bounds.replicas | u32::from(message.isr.0)
    }

    fn with(&self, messages: Messages, message: Versioned) -> Messages {
        Messages(messages.0 | 1 << self.place(message))
    }

    /// All messages of a set, by version and ISR.
    fn list(&self, messages: Messages) -> impl Iterator<Item = Versioned> + use<> {
        let replicas = self.bounds.replicas;
        let all = (0..PLACES).filter(move |place| messages.0 >> place & 1 == 1);
        all.map(move |place| Versioned {
            isr: ReplicaSet((place & ((1 << replicas) - 1)) as u8),
            version: (place >> replicas) as u8,
        })
    }

    /// The controller's next ISR, of which the leader is told.
    fn decide(&self, state: &State, isr: ReplicaSet) -> Option<State> {
        let controller = Versioned {
            isr,
            version: state.controller.version + 1,
        };
        let within = controller.version <= self.bounds.max_version;
        within.then(|| State {
            controller,
            updates: self.with(state.updates, controller),
            ..*state
        })
    }

    fn ask(&self, state: &State, isr: ReplicaSet) -> State {
        let version = state.leader.version;
        State {
            requests: self.with(state.requests, Versioned { isr, version }),
            pending_isr: state.pending_isr.union(isr),
            pending_version: Some(version),
            ..*state
        }
    }

    /// The state after a replica has one record more.
    fn longer(&self, state: &State, replica: Replica) -> State {
        let mut next = *state;
        next.offsets[replica.index()] += 1;
        next
    }

    fn controller_steps(&self, state: &State, steps: &mut Steps<Self>) {
        let Versioned { isr, version } = state.controller;
        for follower in self.bounds.followers().filter(|&follower| isr.contains(follower)) {
            if let Some(next) = self.decide(state, isr.without(follower)) {
                steps.add(Action::ControllerShrinks(follower), next);
            }
        }
        for request in self.list(state.requests).filter(|request| request.version == version) {
            if let Some(next) = self.decide(state, request.isr) {
                steps.add(Action::ControllerAccepts(request.isr), next);
            }
        }
    }

    fn leader_steps(&self, state: &State, steps: &mut Steps<Self>) {
        let isr = state.leader.isr;
        for follower in self.bounds.followers() {
            if isr.contains(follower) {
                steps.add(Action::AsksToShrink(follower), self.ask(state, isr.without(follower)));
            } else if state.offsets[follower.index()] >= state.high_watermark() {
                steps.add(Action::AsksToExpand(follower), self.ask(state, isr.with(follower)));
            }
        }
        if state.offsets[LEADER.index()] < self.bounds.max_offset {
            steps.add(Action::Writes, self.longer(state, LEADER));
        }
        for update in self
            .list(state.updates)
            .filter(|update| update.version > state.leader.version)
        {
            let (pending_isr, pending_version) = (ReplicaSet::default(), None);
            let next = State {
                leader: update,
                pending_isr,
                pending_version,
                ..*state
            };
            steps.add(Action::Applies(update.version, update.isr), next);
        }
    }
}

impl State {
    /// The least offset among all that may be members.
    fn high_watermark(&self) -> u8 {
        let members = self.leader.isr.union(self.pending_isr);
        members
            .iter()
            .map(|member| self.offsets[member.index()])
            .min()
            .expect("the leader is always a member")
    }
}

impl System for IsrNegotiation {
    type State = State;
    type Action = Action;

    fn initial(&self) -> Vec<State> {
        let all = Versioned {
            isr: ReplicaSet::first(self.bounds.replicas),
            version: 0,
        };
        vec![State {
            controller: all,
            leader: all,
            pending_isr: ReplicaSet::default(),
            pending_version: None,
            offsets: [0; MAX_REPLICAS],
            requests: Messages::default(),
            updates: Messages::default(),
        }]
    }

    fn successors(&self, state: &State, steps: &mut Steps<Self>) {
        self.controller_steps(state, steps);
        self.leader_steps(state, steps);
        for follower in self.bounds.followers() {
            if state.offsets[follower.index()] < state.offsets[LEADER.index()] {
                steps.add(Action::Replicates(follower), self.longer(state, follower));
            }
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        vec!["ValidHighWatermark"]
    }

    fn judge(&self, state: &State, found: &mut Findings) {
        let high_watermark = state.high_watermark();
        if state
            .controller
            .isr
            .iter()
            .any(|member| state.offsets[member.index()] < high_watermark)
        {
            found.violated("ValidHighWatermark");
        }
    }

    fn representative(&self, state: State) -> State {
        let renamed = |renaming: &Vec<Replica>| {
            let versioned = |it: Versioned| Versioned {
                isr: it.isr.renamed(renaming),
                ..it
            };
            let messages = |messages: Messages| {
                self.list(messages)
                    .map(versioned)
                    .fold(Messages::default(), |set, message| self.with(set, message))
            };
            let mut offsets = state.offsets;
            for (from, to) in renaming.iter().enumerate() {
                offsets[to.index()] = state.offsets[from];
            }
            State {
                controller: versioned(state.controller),
                leader: versioned(state.leader),
                pending_isr: state.pending_isr.renamed(renaming),
                pending_version: state.pending_version,
                offsets,
                requests: messages(state.requests),
                updates: messages(state.updates),
            }
        };
        match self.renamings.as_slice() {
            [_identity] => state,
            renamings => renamings.iter().map(renamed).min().unwrap_or(state),
        }
    }

    fn kind(&self, action: &Action) -> &'static str {
        match action {
            Action::ControllerShrinks(_) => "controller shrinks",
            Action::ControllerAccepts(_) => "controller accepts",
            Action::AsksToShrink(_) => "asks to shrink",
            Action::AsksToExpand(_) => "asks to expand",
            Action::Writes => "writes",
            Action::Replicates(_) => "replicates",
            Action::Applies(..) => "applies",
        }
    }
}

/// Versions and offsets in seven bits each, and a bit for each message that there can be.
impl Packed for IsrNegotiation {
    fn fields(&self, state: &mut State, bits: &mut impl Bits) {
        let Bounds {
            replicas, max_version, ..
        } = self.bounds;
        for versioned in [&mut state.controller, &mut state.leader] {
            versioned.isr.pass(replicas, bits);
            versioned.version = bits.field(7, versioned.version.into()) as u8;
        }
        state.pending_isr.pass(replicas, bits);
        let pending = bits.field(8, state.pending_version.map_or(0, |version| u32::from(version) + 1));
        state.pending_version = pending.checked_sub(1).map(|version| version as u8);
        for offset in &mut state.offsets[..replicas] {
            *offset = bits.field(7, (*offset).into()) as u8;
        }
        for messages in [&mut state.requests, &mut state.updates] {
            for version in 0..=u32::from(max_version) {
                let (first, many) = (version << replicas, 1 << replicas);
                let mask = (1 << many) - 1;
                let now = bits.field(many, (messages.0 >> first & mask) as u32);
                messages.0 = messages.0 & !(mask << first) | u128::from(now) << first;
            }
        }
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Action::ControllerShrinks(follower) => write!(f, "controller removes {follower} from the ISR"),
            Action::ControllerAccepts(isr) => write!(f, "controller accepts the ISR {isr}"),
            Action::AsksToShrink(follower) => write!(f, "{LEADER} asks to drop {follower} from the ISR"),
            Action::AsksToExpand(follower) => write!(f, "{LEADER} asks to take {follower} into the ISR"),
            Action::Writes => write!(f, "{LEADER} writes a record"),
            Action::Replicates(follower) => write!(f, "{follower} copies a record"),
            Action::Applies(version, isr) => write!(f, "{LEADER} applies the ISR {isr} of version {version}"),
        }
    }
}
