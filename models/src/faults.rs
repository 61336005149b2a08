//! The faults that the environment has left: a slot, so that a search is finite.

use core::fmt;

use serde::{Deserialize, Serialize};
use sim_core::Budget;

macro_rules! kinds {
    ($($variant:ident $name:literal $about:literal;)*) => {
        /// What can go wrong, in kinds that a budget counts.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Fault {
            $(#[doc = $about] $variant,)*
        }

        impl Fault {
            /// All kinds, in order.
            pub const ALL: &'static [Fault] = &[$(Fault::$variant,)*];

            /// The word for it.
            pub const fn name(self) -> &'static str {
                match self { $(Fault::$variant => $name,)* }
            }

            /// What it means.
            pub const fn about(self) -> &'static str {
                match self { $(Fault::$variant => $about,)* }
            }
        }
    };
}

kinds! {
    Kill "kill" "A broker's process ends at once; what it wrote stays in the page cache.";
    Power "power" "A host loses power; each file keeps a prefix at or beyond its last flush.";
    PowerAll "power-all" "All hosts lose power at the same moment.";
    Wipe "wipe" "The data folder of a stopped broker is emptied and formatted anew.";
    Pause "pause" "A process stands still, its connections stay.";
    Stop "stop" "An operator stops a broker politely (controlled shutdown).";
    Reset "reset" "A connection breaks; both ends learn of it separately.";
    Cut "cut" "Packets between two nodes vanish, both ways; nobody is told.";
    CutOneWay "cut-one-way" "Packets from one node to another vanish; nobody is told.";
    Late "late" "One request outlives its connection and is handled later.";
    SlowDisk "slow-disk" "A disk stalls: nothing that needs the log goes on, heartbeats do.";
    DirFail "dir-fail" "The log directory fails: a broker with only one halts.";
    FullDisk "full-disk" "The disk is full: the next append fails and the broker halts.";
    Expiry "expiry" "A timeout of a living node runs out: session, lag, request.";
    Admin "admin" "An operator gives one of the listed commands.";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How many of each kind may still happen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Faults([Budget; Fault::ALL.len()]);

impl Faults {
    /// Everything may happen without end: for scripts and clocks.
    pub fn unlimited() -> Self {
        Self([Budget::Unlimited; Fault::ALL.len()])
    }

    /// What is left of one kind.
    pub fn left(&self, fault: Fault) -> Budget {
        self.0[fault as usize]
    }

    /// Sets what is left of one kind.
    pub fn set(&mut self, fault: Fault, budget: Budget) {
        self.0[fault as usize] = budget;
    }

    /// With this many of one kind.
    #[must_use]
    pub fn with(mut self, fault: Fault, left: u8) -> Self {
        self.set(fault, Budget::Left(left));
        self
    }

    /// One happened.
    pub fn spend(&mut self, fault: Fault) {
        self.0[fault as usize].spend();
    }

    /// All kinds with what is left.
    pub fn iter(&self) -> impl Iterator<Item = (Fault, Budget)> + '_ {
        Fault::ALL.iter().map(|fault| (*fault, self.left(*fault)))
    }
}
