//! How much may still happen: faults by kind, and the entries that are still to be written.

use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::Budget;

macro_rules! kinds {
    ($($variant:ident $name:literal $about:literal;)*) => {
        /// What a budget counts.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Kind {
            $(#[doc = $about] $variant,)*
        }

        impl Kind {
            /// All kinds, in order.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// The word for it.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            /// What it means.
            pub const fn about(self) -> &'static str {
                match self { $(Kind::$variant => $about,)* }
            }

            /// The kind of this name.
            pub fn named(name: &str) -> Option<Kind> {
                Kind::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }
    };
}

kinds! {
    Election "election" "A member waits no longer and stands for election.";
    Expiry "expiry" "A leader has not heard from a majority for too long.";
    Kill "kill" "A process ends at once; what it wrote stays in the page cache.";
    Power "power" "A host loses power; each file keeps what was flushed, and perhaps more.";
    Wipe "wipe" "The disk of a stopped member is replaced by an empty one.";
    Cut "cut" "Packets between two members vanish, both ways; nobody is told.";
    CutOneWay "cut-one-way" "Packets from one member to another vanish; nobody is told.";
    Reset "reset" "A connection breaks; both ends learn of it.";
    Late "late" "One request outlives its connection and is handled later.";
    Snapshot "snapshot" "A member replaces the committed beginning of its log by a snapshot.";
    Reconfigure "reconfig" "An operator adds or removes a voter.";
    Fail "fail" "Something in an active controller fails; its process goes on.";
}

/// What is spent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Fault {
    /// A fault of this kind.
    Of(Kind),
    /// The entry of this number: the first is 1, each is written once, in order.
    Write(u8),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(kind) => f.pad(kind.name()),
            Self::Write(number) => write!(f, "entry {number}"),
        }
    }
}

/// What may still happen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Faults {
    left: [Budget; Kind::ALL.len()],
    /// The number of the next entry.
    next: u8,
    /// The number of the last one.
    last: u8,
}

impl Faults {
    /// No fault, and so many entries.
    pub fn entries(last: u8) -> Self {
        Self {
            left: [Budget::Left(0); Kind::ALL.len()],
            next: 1,
            last,
        }
    }

    /// With so many faults of one kind.
    #[must_use]
    pub fn with(mut self, kind: Kind, left: u8) -> Self {
        self.left[kind as usize] = Budget::Left(left);
        self
    }

    /// With faults of one kind without end, where something else ends the run.
    #[must_use]
    pub fn without_end(mut self, kind: Kind) -> Self {
        self.left[kind as usize] = Budget::Unlimited;
        self
    }

    /// What is left of one kind.
    pub fn left(&self, kind: Kind) -> Budget {
        self.left[kind as usize]
    }

    /// How many entries there are in all.
    pub fn all_entries(&self) -> u8 {
        self.last
    }

    /// Whether this may happen.
    pub fn allows(&self, fault: Fault) -> bool {
        match fault {
            Fault::Of(kind) => self.left(kind).allows(),
            Fault::Write(number) => number == self.next && number <= self.last,
        }
    }

    /// It happened.
    pub fn spend(&mut self, fault: Fault) {
        assert!(self.allows(fault), "spent what the budget does not have: {fault}");
        match fault {
            Fault::Of(kind) => self.left[kind as usize].spend(),
            Fault::Write(_) => self.next += 1,
        }
    }

    /// All kinds with what is left.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, Budget)> + '_ {
        Kind::ALL.iter().map(|kind| (*kind, self.left(*kind)))
    }
}
