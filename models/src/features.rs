//! Safeguards as switches: one field per rule that history changed, with its KIP or ticket and what it enforces.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::config::Control;

use crate::cluster::BrokerState;

/// How a follower finds the place where it has to cut its log (KIP-101, KIP-279, KIP-595).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Truncation {
    /// To its own high watermark, on every change of leader (before KIP-101).
    HighWatermark,
    /// It asks the leader where its own last epoch ended; the leader does not say to which epoch the answer belongs (0.11,
    /// KIP-101).
    EndOfEpoch,
    /// It asks, and both sides name the epoch, so that it can ask again (2.0, KIP-279).
    EpochAndEnd,
    /// The leader finds the divergence in the fetch itself (2.7, KIP-595 fields).
    DivergingFetch,
}

/// When a follower looks for the place where it has to cut its log (KAFKA-7164).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum TruncateOn {
    /// When it gets another leader; a new epoch of the same leader goes unnoticed (up to 2.0.0).
    LeaderChange,
    /// In every new leader epoch (2.0.1).
    EveryEpoch,
}

/// Which replicas hold the high watermark back while a change of the ISR is on its way (KIP-497).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum MaximalIsr {
    /// Those of the ISR that the leader has confirmed, without whom it wants to remove.
    Off,
    /// Also the one that it wants to add; whom it wants to remove counts no longer.
    ExpandOnly,
    /// Still those that it wants to remove; whom it wants to add does not count yet.
    ShrinkOnly,
    /// Both.
    On,
}

/// Whom a proposed ISR may name (KIP-841).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum IsrEligible {
    /// Anybody who has caught up.
    Off,
    /// Nobody who is fenced.
    Unfenced,
    /// Nobody who is in controlled shutdown.
    NotStopping,
    /// Neither.
    On,
}

/// Which fetch a proposal speaks of (KAFKA-15221).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum FollowerState {
    /// The follower's life is read when the proposal is written, a moment after somebody was found to have caught up: it
    /// may be another life by then.
    Split,
    /// What caught up and who did are one value.
    Atomic,
}

/// What a leader still knows of its followers' logs when it learns of a newer epoch in which it leads, too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum FollowerEnds {
    /// Everything, also when it has missed an epoch in which somebody else led (all releases: `isNewLeader` is false).
    Kept,
    /// Nothing when it has missed an epoch: they may have cut their logs in between. No release does this.
    ForgottenAfterGap,
}

/// In which order a leader lists the ISR that it proposes (KAFKA-19301).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum IsrOrder {
    /// Insertion order up to four members, a hash order above (up to 4.1).
    Appended,
    /// The order of a hash table of numbers, ascending for small ids (4.2, KAFKA-19301).
    Hashed,
}

/// What a registration of a new life does to the ISR and the ELR (KIP-966).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum UncleanShutdown {
    /// Nothing: fencing the old life did it.
    Ignored,
    /// A broker whose last stop was not clean leaves ISR and ELR before it registers (4.0, KIP-966).
    LeavesElr,
}

/// When the controller takes a reassignment for done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ReassignmentCompletion {
    /// As soon as all replicas that come are in the ISR, whoever stays (up to 3.7).
    AnyTarget,
    /// When the whole target is in the ISR (3.8, KAFKA-15665).
    AllTargets,
    /// When all that come are in the ISR, and the whole target where more go than come (4.3, KAFKA-19975).
    EnoughTargets,
}

/// Who decides about the ISR where there is ZooKeeper (KIP-497).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum IsrAuthority {
    /// The leader writes it into ZooKeeper itself, on condition of the version that it knows (before 2.7).
    ZkCas,
    /// The controller, which the leader asks (2.7, KIP-497).
    AlterPartition,
}

/// What a leader does when ZooKeeper has another version of its partition's state than it knows (KAFKA-2729).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum IsrCasFailure {
    /// It tries again with the version that it knows.
    RetrySame,
    /// It reads the state again, and takes it over while it still leads there.
    Refresh,
}

/// How a controller finds that a broker died and came back (KIP-380).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum BounceDetection {
    /// It compares ids: a broker that is back before the controller looked was never away.
    ById,
    /// It compares the transactions that created the nodes, too (2.2, KIP-380).
    ByEpoch,
}

/// On what a controller's writes into ZooKeeper depend (KAFKA-6082).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ZkWriteFencing {
    /// On the version of the node alone; what was begun goes on in a new session.
    None,
    /// On the controller epoch as well; a controller whose session has ended resigns first (2.1, KAFKA-6082).
    ControllerEpoch,
}

/// Whether a rule is in force.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Switch {
    /// As before the fix.
    Off,
    /// As after it.
    On,
}

impl Switch {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

impl MaximalIsr {
    /// Whether a member that is to be added counts before the controller has answered.
    pub fn counts_joining(self) -> bool {
        matches!(self, Self::On | Self::ExpandOnly)
    }

    /// Whether a member that is to leave counts until the controller has answered.
    pub fn counts_leaving(self) -> bool {
        matches!(self, Self::On | Self::ShrinkOnly)
    }
}

impl IsrEligible {
    /// Whether a broker of this standing may be named.
    pub fn admits(self, state: Option<BrokerState>) -> bool {
        match (self, state) {
            (Self::Off, _) => true,
            (Self::Unfenced, Some(state)) => state != BrokerState::Fenced,
            (Self::NotStopping, Some(state)) => state != BrokerState::ShuttingDown,
            (Self::On, Some(state)) => matches!(state, BrokerState::Unfenced | BrokerState::Controlling),
            (Self::Unfenced | Self::NotStopping | Self::On, None) => false,
        }
    }
}

/// The words for the values of a switch.
pub(crate) trait SwitchValue: Copy + Sized + 'static {
    /// Each value with its word; the first is the one before the fix.
    const WORDS: &'static [(&'static str, Self)];
}

impl SwitchValue for Switch {
    const WORDS: &'static [(&'static str, Self)] = &[("off", Self::Off), ("on", Self::On)];
}

impl SwitchValue for Truncation {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("high-watermark", Self::HighWatermark),
        ("end-of-epoch", Self::EndOfEpoch),
        ("epoch-and-end", Self::EpochAndEnd),
        ("diverging-fetch", Self::DivergingFetch),
    ];
}

impl SwitchValue for TruncateOn {
    const WORDS: &'static [(&'static str, Self)] =
        &[("leader-change", Self::LeaderChange), ("every-epoch", Self::EveryEpoch)];
}

impl SwitchValue for MaximalIsr {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("expand-only", Self::ExpandOnly),
        ("shrink-only", Self::ShrinkOnly),
        ("on", Self::On),
    ];
}

impl SwitchValue for IsrEligible {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("unfenced", Self::Unfenced),
        ("not-stopping", Self::NotStopping),
        ("on", Self::On),
    ];
}

impl SwitchValue for FollowerState {
    const WORDS: &'static [(&'static str, Self)] = &[("split", Self::Split), ("atomic", Self::Atomic)];
}

impl SwitchValue for FollowerEnds {
    const WORDS: &'static [(&'static str, Self)] =
        &[("kept", Self::Kept), ("forgotten-after-gap", Self::ForgottenAfterGap)];
}

impl SwitchValue for IsrOrder {
    const WORDS: &'static [(&'static str, Self)] = &[("appended", Self::Appended), ("hashed", Self::Hashed)];
}

impl SwitchValue for UncleanShutdown {
    const WORDS: &'static [(&'static str, Self)] = &[("ignored", Self::Ignored), ("leaves-elr", Self::LeavesElr)];
}

impl SwitchValue for ReassignmentCompletion {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("any-target", Self::AnyTarget),
        ("all-targets", Self::AllTargets),
        ("enough-targets", Self::EnoughTargets),
    ];
}

impl SwitchValue for IsrAuthority {
    const WORDS: &'static [(&'static str, Self)] =
        &[("zk-cas", Self::ZkCas), ("alter-partition", Self::AlterPartition)];
}

impl SwitchValue for IsrCasFailure {
    const WORDS: &'static [(&'static str, Self)] = &[("retry-same", Self::RetrySame), ("refresh", Self::Refresh)];
}

impl SwitchValue for BounceDetection {
    const WORDS: &'static [(&'static str, Self)] = &[("by-id", Self::ById), ("by-epoch", Self::ByEpoch)];
}

impl SwitchValue for ZkWriteFencing {
    const WORDS: &'static [(&'static str, Self)] = &[("none", Self::None), ("controller-epoch", Self::ControllerEpoch)];
}

/// The words for the values of a switch of a table.
pub(crate) fn words_of<F, T: SwitchValue>(_: fn(&mut F) -> &mut T) -> Vec<&'static str> {
    T::WORDS.iter().map(|(word, _)| *word).collect()
}

/// Why a switch cannot be set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotASwitch {
    /// There is none of this name.
    UnknownName,
    /// It does not have this value.
    UnknownValue,
}

/// Sets a switch by the word for its value.
pub(crate) fn put<T: SwitchValue>(field: &mut T, value: &str) -> Result<(), NotASwitch> {
    let known = T::WORDS.iter().find(|(word, _)| *word == value);
    *field = known.ok_or(NotASwitch::UnknownValue)?.1;
    Ok(())
}

/// The word for the value of a switch.
pub(crate) fn word<T: SwitchValue + PartialEq>(value: T) -> &'static str {
    let known = T::WORDS.iter().find(|(_, known)| *known == value);
    known.expect("every value of a switch has a word").0
}

/// Which switches were read: a bit each, in the order of [`Features::TABLE`]. For statistics; no rule depends on it.
#[derive(Debug, Default)]
pub struct Reads(AtomicU64);

impl Reads {
    fn note(&self, switch: usize) {
        let bit = 1 << switch;
        if self.0.load(Ordering::Relaxed) & bit == 0 {
            self.0.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// The bits.
    pub fn bits(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The bits since the last call; from now on it counts anew.
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Clone for Reads {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.bits()))
    }
}

/// The switches of one node, as handlers read them.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'c> {
    features: &'c Features,
    reads: &'c Reads,
}

impl<'c> Rules<'c> {
    /// Rules whose reading is noted.
    pub fn new(features: &'c Features, reads: &'c Reads) -> Self {
        Self { features, reads }
    }
}

/// Declares a table of switches: a struct with a field for each, and the words for their values.
macro_rules! switch_table {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[doc = $doc:literal])* $field:ident: $kind:ty, $source:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $kind,)*
        }

        impl $name {
            /// Name, source and meaning of each switch, in order.
            pub const TABLE: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($field), $source, concat!($($doc),*)),)*];

            /// Each switch with the words for its values, the one before the fix first; in the order of [`Self::TABLE`].
            pub fn values() -> Vec<(&'static str, Vec<&'static str>)> {
                alloc::vec![$((
                    stringify!($field),
                    $crate::features::words_of(|table: &mut $name| &mut table.$field),
                ),)*]
            }

            /// Each switch with the word for its value here, in the order of [`Self::TABLE`].
            pub fn words(&self) -> Vec<(&'static str, &'static str)> {
                alloc::vec![$((stringify!($field), $crate::features::word(self.$field)),)*]
            }

            /// Sets one switch by its name and the word for its value.
            ///
            /// # Errors
            /// When there is no such switch, or it has no such value.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), $crate::features::NotASwitch> {
                match name {
                    $(stringify!($field) => $crate::features::put(&mut self.$field, value),)*
                    _ => Err($crate::features::NotASwitch::UnknownName),
                }
            }
        }
    };
}
pub(crate) use switch_table;

macro_rules! features {
    ($($(#[doc = $doc:literal])* $field:ident: $kind:ty, $source:literal;)*) => {
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy)]
        enum Position { $($field,)* }

        impl Rules<'_> {
            $($(#[doc = $doc])* pub fn $field(&self) -> $kind {
                self.reads.note(Position::$field as usize);
                self.features.$field
            })*
        }

        switch_table! {
            /// All switches of one node. A preset is a named value of this type.
            pub struct Features { $($(#[doc = $doc])* $field: $kind, $source;)* }
        }
    };
}

features! {
    /// How a follower finds the place where it has to cut its log.
    truncation: Truncation, "KIP-101, KIP-279, KIP-595";
    /// When a follower looks for that place.
    truncate_on: TruncateOn, "KAFKA-7164";
    /// A follower that asks where an epoch ended names the leader epoch that it knows; another epoch is refused.
    truncation_epoch: Switch, "KIP-320";
    /// A leader notes its epoch and where it begins when it is elected, not when it first appends.
    epoch_on_election: Switch, "KAFKA-7415";
    /// A truncation to the very end of the log removes an epoch that begins there.
    epoch_trim_at_end: Switch, "KAFKA-10706";
    /// A fetch that the leader finds to diverge does not count as progress.
    diverging_fetch: Switch, "KAFKA-13141";
    /// A fetch carries the leader epoch that the follower knows; another epoch is refused.
    fetch_epoch: Switch, "KIP-320";
    /// A follower enters the ISR only when it has reached the start of the leader's own epoch.
    isr_epoch_start: Switch, "KAFKA-7128";
    /// A follower enters the ISR only when it has reached the leader's high watermark.
    isr_high_watermark: Switch, "KIP-966 description, 6.5";
    /// The controller refuses a proposal that rests on another partition epoch than the one in force.
    isr_version: Switch, "KIP-497";
    /// The leader counts a replica that it has proposed for the ISR as a member before the controller has confirmed it,
    /// and one that it wants to remove until it has.
    maximal_isr: MaximalIsr, "KIP-497";
    /// Fenced and stopping replicas neither ask for the ISR nor are let in.
    isr_eligible: IsrEligible, "KIP-841";
    /// Proposed members of the ISR are known by their life: another life is refused.
    isr_broker_epoch: Switch, "KIP-903";
    /// Which fetch a proposal speaks of.
    follower_state: FollowerState, "KAFKA-15221";
    /// The high watermark is looked at again when the controller has answered a proposal.
    hw_recheck: Switch, "KAFKA-13091";
    /// What a leader that missed its own deposition still knows of its followers' logs.
    follower_ends: FollowerEnds, "no release";
    /// The high watermark stands still while the ISR is smaller than min.insync.replicas.
    hw_min_isr: Switch, "KAFKA-15583";
    /// min.insync.replicas counts at most the replication factor.
    effective_min_isr: Switch, "KIP-966";
    /// Replicas that left the ISR below min.insync.replicas stay eligible as leaders.
    elr: Switch, "KIP-966";
    /// They are so no longer when the ISR has min.insync.replicas again.
    elr_cleared: Switch, "KIP-966";
    /// What an unclean restart costs.
    unclean_shutdown: UncleanShutdown, "KIP-966";
    /// The last known leader may be elected only when it is acceptable.
    last_known_acceptable: Switch, "KAFKA-19522";
    /// A plain ISR shrink leaves the leader epoch alone.
    shrink_keeps_epoch: Switch, "KAFKA-15021";
    /// The controller fences one broker at a time: each change sees the one before.
    fence_one_at_a_time: Switch, "KAFKA-13173";
    /// A consumer compares epochs when the leader changes: it notices that what it has read was cut off.
    consumer_epoch: Switch, "KIP-320";
    /// A new leader gives out no end offset before its high watermark has reached the start of its epoch.
    end_offset_gate: Switch, "KIP-207";
    /// Contacts of fenced brokers are remembered too: a broker that stopped politely cannot register again at once.
    fenced_sessions: Switch, "4.0";
    /// In which order a leader lists the ISR that it proposes.
    isr_order: IsrOrder, "KAFKA-19301";
    /// A replica leads only from the disk on which the controller knows it: one that was wiped has to report first.
    directories: Switch, "KIP-858";
    /// When a reassignment is done, and the replicas that go are dropped.
    reassignment_completion: ReassignmentCompletion, "KAFKA-15665, KAFKA-19975";
    /// Who decides about the ISR where there is ZooKeeper.
    isr_authority: IsrAuthority, "KIP-497";
    /// What a leader does when ZooKeeper has another version of its partition's state than it knows.
    isr_cas_failure: IsrCasFailure, "KAFKA-2729";
    /// A broker refuses requests of a ZooKeeper-mode controller that has been replaced.
    control_controller_epoch: Switch, "0.8";
    /// Requests of a ZooKeeper-mode controller name the life of the broker that they are for; another one refuses them.
    control_broker_epoch: Switch, "KIP-380";
    /// How a ZooKeeper-mode controller finds that a broker died and came back.
    bounce_detection: BounceDetection, "KIP-380";
    /// An order to stop a replica names its leader epoch; an older one is refused.
    stop_replica_epoch: Switch, "KIP-570";
    /// On what a controller's writes into ZooKeeper depend.
    zk_write_fencing: ZkWriteFencing, "KAFKA-6082";
}

impl Features {
    /// Rules of the newest release.
    pub const KRAFT_4_3: Self = Self {
        truncation: Truncation::DivergingFetch,
        truncate_on: TruncateOn::EveryEpoch,
        truncation_epoch: Switch::On,
        epoch_on_election: Switch::On,
        epoch_trim_at_end: Switch::On,
        diverging_fetch: Switch::On,
        fetch_epoch: Switch::On,
        isr_epoch_start: Switch::On,
        isr_high_watermark: Switch::On,
        isr_version: Switch::On,
        maximal_isr: MaximalIsr::On,
        isr_eligible: IsrEligible::On,
        isr_broker_epoch: Switch::On,
        follower_state: FollowerState::Atomic,
        hw_recheck: Switch::On,
        follower_ends: FollowerEnds::Kept,
        hw_min_isr: Switch::On,
        effective_min_isr: Switch::On,
        elr: Switch::On,
        elr_cleared: Switch::On,
        unclean_shutdown: UncleanShutdown::LeavesElr,
        last_known_acceptable: Switch::On,
        shrink_keeps_epoch: Switch::On,
        fence_one_at_a_time: Switch::On,
        consumer_epoch: Switch::On,
        end_offset_gate: Switch::On,
        fenced_sessions: Switch::On,
        isr_order: IsrOrder::Hashed,
        directories: Switch::On,
        reassignment_completion: ReassignmentCompletion::EnoughTargets,
        isr_authority: IsrAuthority::AlterPartition,
        isr_cas_failure: IsrCasFailure::Refresh,
        control_controller_epoch: Switch::On,
        control_broker_epoch: Switch::On,
        bounce_detection: BounceDetection::ByEpoch,
        stop_replica_epoch: Switch::On,
        zk_write_fencing: ZkWriteFencing::ControllerEpoch,
    };

    /// Rules of 4.2, as far as the model has them.
    pub const KRAFT_4_2: Self = Self {
        reassignment_completion: ReassignmentCompletion::AllTargets,
        ..Self::KRAFT_4_3
    };

    /// Rules of 4.1: the ISR keeps the order in which members came.
    pub const KRAFT_4_1: Self = Self {
        isr_order: IsrOrder::Appended,
        ..Self::KRAFT_4_2
    };

    /// Rules of 4.0: eligible leader replicas are there, but off unless somebody turns the feature on.
    pub const KRAFT_4_0: Self = Self {
        elr: Switch::Off,
        last_known_acceptable: Switch::Off,
        ..Self::KRAFT_4_1
    };

    /// Rules of 3.9: no eligible leader replicas with stable settings.
    pub const KRAFT_3_9: Self = Self {
        unclean_shutdown: UncleanShutdown::Ignored,
        fenced_sessions: Switch::Off,
        ..Self::KRAFT_4_0
    };

    /// Rules of 3.8. What it does otherwise than 3.9 concerns the quorum.
    pub const KRAFT_3_8: Self = Self::KRAFT_3_9;

    /// Rules of 3.7: a reassignment ends when those that come are in sync.
    pub const KRAFT_3_7: Self = Self {
        reassignment_completion: ReassignmentCompletion::AnyTarget,
        ..Self::KRAFT_3_8
    };

    /// Rules of 3.6: the high watermark does not ask for min.insync.replicas, directories have no part in elections.
    pub const KRAFT_3_6: Self = Self {
        hw_min_isr: Switch::Off,
        effective_min_isr: Switch::Off,
        follower_state: FollowerState::Split,
        directories: Switch::Off,
        ..Self::KRAFT_3_7
    };

    /// Rules of 3.5: every shrink of an ISR is a new leader epoch.
    pub const KRAFT_3_5: Self = Self {
        shrink_keeps_epoch: Switch::Off,
        ..Self::KRAFT_3_6
    };

    /// Rules of 3.3 and 3.4: members of an ISR are not known by their life.
    pub const KRAFT_3_3: Self = Self {
        isr_broker_epoch: Switch::Off,
        ..Self::KRAFT_3_5
    };

    /// The data plane that KIP-320 made (2.1), on the control plane of 3.9.
    pub const KIP_320: Self = Self {
        truncation: Truncation::EpochAndEnd,
        epoch_trim_at_end: Switch::Off,
        end_offset_gate: Switch::Off,
        hw_min_isr: Switch::Off,
        effective_min_isr: Switch::Off,
        ..Self::KRAFT_3_9
    };

    /// The data plane that KIP-279 made (2.0), on the control plane of 3.9.
    pub const KIP_279: Self = Self {
        truncate_on: TruncateOn::LeaderChange,
        truncation_epoch: Switch::Off,
        epoch_on_election: Switch::Off,
        fetch_epoch: Switch::Off,
        isr_epoch_start: Switch::Off,
        consumer_epoch: Switch::Off,
        ..Self::KIP_320
    };

    /// The data plane that KIP-101 made (0.11), on the control plane of 3.9.
    pub const KIP_101: Self = Self {
        truncation: Truncation::EndOfEpoch,
        ..Self::KIP_279
    };

    /// Rules of 3.9 with ZooKeeper: a life of a broker is known to the controller alone (KIP-903 is KRaft's).
    pub const ZK_3_9: Self = Self {
        isr_broker_epoch: Switch::Off,
        directories: Switch::Off,
        ..Self::KRAFT_3_9
    };

    /// Rules of 2.5 with ZooKeeper. `maximal_isr` stays on: the leader of that time wrote its ISR in one step, and
    /// nothing moved meanwhile.
    pub const ZK_2_5: Self = Self {
        truncation: Truncation::EpochAndEnd,
        epoch_trim_at_end: Switch::Off,
        isr_eligible: IsrEligible::Off,
        hw_min_isr: Switch::Off,
        effective_min_isr: Switch::Off,
        isr_authority: IsrAuthority::ZkCas,
        stop_replica_epoch: Switch::Off,
        ..Self::ZK_3_9
    };

    /// The data plane before KIP-101, on the control plane of 3.9: rules about ISR changes that exist only because a
    /// controller answers them asynchronously stay on, as the leader of that time wrote its ISR in one step.
    pub const HW_TRUNCATION: Self = Self {
        truncation: Truncation::HighWatermark,
        fetch_epoch: Switch::Off,
        isr_epoch_start: Switch::Off,
        consumer_epoch: Switch::Off,
        end_offset_gate: Switch::Off,
        hw_min_isr: Switch::Off,
        effective_min_isr: Switch::Off,
        ..Self::KRAFT_3_9
    };
}

/// Switches that only ZooKeeper's control plane reads.
const WITH_ZOOKEEPER: &[&str] = &[
    "isr_authority",
    "isr_cas_failure",
    "control_controller_epoch",
    "control_broker_epoch",
    "bounce_detection",
    "stop_replica_epoch",
    "zk_write_fencing",
];

/// Switches that only KRaft's control plane reads.
const WITH_KRAFT: &[&str] = &[
    "elr",
    "elr_cleared",
    "unclean_shutdown",
    "last_known_acceptable",
    "shrink_keeps_epoch",
    "fence_one_at_a_time",
    "fenced_sessions",
    "directories",
];

/// How many switches a cluster under this control plane can read.
pub fn readable(control: Control) -> usize {
    let other = match control {
        Control::Kraft | Control::Quorum => WITH_ZOOKEEPER,
        Control::ZooKeeper { .. } => WITH_KRAFT,
    };
    let all = Features::TABLE.iter();
    all.filter(|(name, ..)| !other.contains(name)).count()
}

/// A named vector of switches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    /// Its switches.
    pub features: Features,
}

/// All presets, the oldest rules first.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "hw-truncation",
        about: "rules before KIP-101",
        features: Features::HW_TRUNCATION,
    },
    Preset {
        name: "kip-101",
        about: "rules of KIP-101, before KIP-279",
        features: Features::KIP_101,
    },
    Preset {
        name: "kip-279",
        about: "rules of KIP-279, before KIP-320",
        features: Features::KIP_279,
    },
    Preset {
        name: "kip-320",
        about: "rules of KIP-320",
        features: Features::KIP_320,
    },
    Preset {
        name: "kraft-3.3",
        about: "Kafka 3.3 with KRaft",
        features: Features::KRAFT_3_3,
    },
    Preset {
        name: "kraft-3.5",
        about: "Kafka 3.5 with KRaft",
        features: Features::KRAFT_3_5,
    },
    Preset {
        name: "kraft-3.6",
        about: "Kafka 3.6 with KRaft",
        features: Features::KRAFT_3_6,
    },
    Preset {
        name: "kraft-3.7",
        about: "Kafka 3.7 with KRaft",
        features: Features::KRAFT_3_7,
    },
    Preset {
        name: "zk-2.5",
        about: "Kafka 2.5 with ZooKeeper",
        features: Features::ZK_2_5,
    },
    Preset {
        name: "zk-3.9",
        about: "Kafka 3.9 with ZooKeeper",
        features: Features::ZK_3_9,
    },
    Preset {
        name: "kraft-3.8",
        about: "Kafka 3.8 with KRaft",
        features: Features::KRAFT_3_8,
    },
    Preset {
        name: "kraft-3.9",
        about: "Kafka 3.9 with KRaft",
        features: Features::KRAFT_3_9,
    },
    Preset {
        name: "kraft-4.0",
        about: "Kafka 4.0 with KRaft",
        features: Features::KRAFT_4_0,
    },
    Preset {
        name: "kraft-4.1",
        about: "Kafka 4.1 with KRaft",
        features: Features::KRAFT_4_1,
    },
    Preset {
        name: "kraft-4.2",
        about: "Kafka 4.2 with KRaft",
        features: Features::KRAFT_4_2,
    },
    Preset {
        name: "kraft-4.3",
        about: "Kafka 4.3, the newest",
        features: Features::KRAFT_4_3,
    },
];

/// The name of the newest preset.
pub const NEWEST: &str = "kraft-4.3";

/// The preset of this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_can_be_set_to_each_of_its_values_by_name() {
        for (name, values) in Features::values() {
            for value in values {
                let mut features = Features::KRAFT_4_3;
                assert_eq!(features.set(name, value), Ok(()), "{name} = {value}");
                assert!(features.words().contains(&(name, value)), "{name} = {value}");
            }
        }
    }

    #[test]
    fn unknown_switches_and_values_are_refused_and_change_nothing() {
        let mut features = Features::KRAFT_4_3;
        assert_eq!(features.set("elrs", "off"), Err(NotASwitch::UnknownName));
        assert_eq!(features.set("elr", "hashed"), Err(NotASwitch::UnknownValue));
        assert_eq!(features, Features::KRAFT_4_3);
    }
}
