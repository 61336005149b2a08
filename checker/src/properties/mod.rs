//! The properties of the cluster world, one file each, and the registry that names them.
//!
//! State properties are looked at when one of their slots changed, step properties on every fact, before the ledger
//! hears of it. Liveness is judged once, on the world that a bounded fair suffix leaves. To add one: write the file, a
//! line in its registry and in [`ALL`], and a test in which it fails.

pub mod acks_respect_min_isr;
pub mod controller_fenced;
pub mod end_offset_monotone;
pub mod isr_active;
pub mod isr_complete;
pub mod isr_recovers;
pub mod leader_complete;
pub mod leader_in_isr;
pub mod leader_returns;
pub mod log_agreement;
pub mod metadata_agreement;
pub mod metadata_complete;
pub mod no_acked_loss;
pub mod no_committed_loss;
pub mod no_silent_skip;
pub mod one_controller_per_epoch;
pub mod one_leader_per_epoch;
pub mod quorum_superset;
pub mod reads_below_hw;
pub mod reads_stable;
pub mod reassignment_completes;
pub mod shared;
pub mod write_answered;

use models::{Kafka, World};
use sim_core::{Failure, Registered, StepProperty, register};

/// What a property says, and when: the text of `sim list properties NAME`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// Its name in words; never translated.
    pub name: &'static str,
    /// One sentence.
    pub claim: &'static str,
    /// In first-order logic with `□` (always) and `⇝` (leads to); `docs/notation.md` has its symbols.
    pub formula: &'static str,
    /// Under which it is promised.
    pub assumptions: &'static str,
    /// KIPs, tickets, and the classes of Kafka that keep it.
    pub source: &'static str,
    /// The claim in Korean.
    pub korean: &'static str,
}

/// A property of the last world: something good has come.
#[derive(Clone, Copy)]
pub struct Liveness {
    /// Its name in words.
    pub name: &'static str,
    /// What it says.
    pub claim: &'static str,
    /// Whether it has come, in a world that nothing free of cost can change any more.
    pub check: fn(&World<'_>) -> Result<(), Failure>,
}

/// All properties, in the order in which they are listed.
pub const ALL: &[About] = &[
    no_committed_loss::ABOUT,
    leader_complete::ABOUT,
    isr_complete::ABOUT,
    log_agreement::ABOUT,
    quorum_superset::ABOUT,
    reads_stable::ABOUT,
    reads_below_hw::ABOUT,
    end_offset_monotone::ABOUT,
    no_silent_skip::ABOUT,
    leader_in_isr::ABOUT,
    isr_active::ABOUT,
    one_leader_per_epoch::ABOUT,
    controller_fenced::ABOUT,
    one_controller_per_epoch::ABOUT,
    metadata_agreement::ABOUT,
    metadata_complete::ABOUT,
    acks_respect_min_isr::ABOUT,
    leader_returns::ABOUT,
    write_answered::ABOUT,
    isr_recovers::ABOUT,
    reassignment_completes::ABOUT,
    no_acked_loss::ABOUT,
];

/// Properties of states.
pub const REGISTERED: &[Registered<Kafka>] = &[
    register::<Kafka, no_committed_loss::NoCommittedLoss>(),
    register::<Kafka, leader_complete::LeaderComplete>(),
    register::<Kafka, isr_complete::IsrComplete>(),
    register::<Kafka, log_agreement::LogAgreement>(),
    register::<Kafka, reads_stable::ReadsStable>(),
    register::<Kafka, end_offset_monotone::EndOffsetMonotone>(),
    register::<Kafka, isr_active::IsrActive>(),
    register::<Kafka, one_controller_per_epoch::OneControllerPerEpoch>(),
    register::<Kafka, metadata_agreement::MetadataAgreement>(),
    register::<Kafka, metadata_complete::MetadataComplete>(),
];

/// Properties that say something only where there is a quorum of controllers.
pub const OF_A_QUORUM: [&str; 3] = [
    one_controller_per_epoch::ABOUT.name,
    metadata_agreement::ABOUT.name,
    metadata_complete::ABOUT.name,
];

/// Properties of states that nobody promises: checked only where they are named.
pub const UNPROMISED: &[Registered<Kafka>] = &[register::<Kafka, no_acked_loss::NoAckedLoss>()];

/// Properties of steps. `end-offset-monotone` has a half here and a half above.
pub const STEP: &[StepProperty<Kafka>] = &[
    quorum_superset::STEP,
    reads_below_hw::STEP,
    end_offset_monotone::STEP,
    no_silent_skip::STEP,
    leader_in_isr::STEP,
    one_leader_per_epoch::STEP,
    controller_fenced::STEP,
    acks_respect_min_isr::STEP,
];

/// Properties of what comes in the end.
pub const LIVENESS: &[Liveness] = &[
    leader_returns::LIVENESS,
    write_answered::LIVENESS,
    isr_recovers::LIVENESS,
    reassignment_completes::LIVENESS,
];

/// The property of this name.
pub fn about(name: &str) -> Option<&'static About> {
    ALL.iter().find(|about| about.name == name)
}
