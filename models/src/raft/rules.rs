//! The rules of the metadata quorum as switches, each with its KIP or ticket.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::features::{Switch, SwitchValue, switch_table};

/// What a member asks before it raises the epoch (KIP-996).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum PreVote {
    /// Nothing (before 4.0).
    Off,
    /// Whether it would be elected; who follows a leader refuses. Not what Kafka does.
    Naive,
    /// The same; who follows a leader but has not fetched from it yet may agree, too (4.0).
    Kip996,
}

impl SwitchValue for PreVote {
    const WORDS: &'static [(&'static str, Self)] =
        &[("off", Self::Off), ("naive", Self::Naive), ("kip996", Self::Kip996)];
}

/// By what a voter is known (KIP-853).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum VoterIdentity {
    /// By its id: another disk under the same id is the same voter (up to 3.8).
    Id,
    /// By its id and the id of its directory (3.9).
    IdAndDir,
}

impl SwitchValue for VoterIdentity {
    const WORDS: &'static [(&'static str, Self)] = &[("id", Self::Id), ("id_and_dir", Self::IdAndDir)];
}

/// When a leader may change the set of voters (KIP-853).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ReconfigGate {
    /// At any time.
    None,
    /// Once it has committed an entry of its own epoch.
    CommittedInEpoch,
}

impl SwitchValue for ReconfigGate {
    const WORDS: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("committed_in_epoch", Self::CommittedInEpoch)];
}

/// How many changes of the set of voters may be under way (KIP-853).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum PendingReconfig {
    /// Any number.
    Many,
    /// One: the next one waits until it is committed.
    One,
}

impl SwitchValue for PendingReconfig {
    const WORDS: &'static [(&'static str, Self)] = &[("many", Self::Many), ("one", Self::One)];
}

switch_table! {
    /// The rules of all members of a quorum.
    pub struct Rules {
        /// Who led before a restart does not lead that epoch again: it resigns.
        resign_on_restart: Switch, "KAFKA-10527";
        /// A leader counts of its own log only what is flushed, and a follower fetches from the end of what is flushed.
        flush_before_ack: Switch, "KAFKA-10533";
        /// Epoch and vote are on disk before an answer leaves.
        vote_durable: Switch, "KIP-595";
        /// A vote goes only to a candidate whose log is at least as complete as the voter's.
        vote_up_to_date: Switch, "KIP-595";
        /// A leader compares the epoch of the last fetched entry, and a follower cuts what the leader does not have.
        fetch_divergence: Switch, "KIP-595";
        /// The high watermark passes entries of older epochs only together with one of the leader's own.
        commit_own_epoch: Switch, "KIP-595";
        /// A leader that a majority does not fetch from resigns.
        check_quorum: Switch, "KAFKA-15489";
        /// What a member asks before it raises the epoch.
        pre_vote: PreVote, "KIP-996";
        /// By what a voter is known.
        voter_identity: VoterIdentity, "KIP-853";
        /// When a leader may change the set of voters.
        reconfig_gate: ReconfigGate, "KIP-853";
        /// How many changes of the set of voters may be under way.
        max_pending_reconfig: PendingReconfig, "KIP-853";
        /// A controller that resigns takes its raft leadership along.
        controller_resign_coupled: Switch, "KAFKA-13104";
        /// A controller that becomes active remembers what was committed, to return there when it loses leadership.
        snapshot_on_promotion: Switch, "KAFKA-13100";
    }
}

impl Rules {
    /// All rules as in the newest release.
    pub const NEWEST: Rules = Rules {
        resign_on_restart: Switch::On,
        flush_before_ack: Switch::On,
        vote_durable: Switch::On,
        vote_up_to_date: Switch::On,
        fetch_divergence: Switch::On,
        commit_own_epoch: Switch::On,
        check_quorum: Switch::On,
        pre_vote: PreVote::Kip996,
        voter_identity: VoterIdentity::IdAndDir,
        reconfig_gate: ReconfigGate::CommittedInEpoch,
        max_pending_reconfig: PendingReconfig::One,
        controller_resign_coupled: Switch::On,
        snapshot_on_promotion: Switch::On,
    };

    /// Voters that are listed in the configuration, as clusters have them that were not made with `--standalone` or the like:
    /// known by their ids. Rules of 4.0 and later.
    pub const LISTED_VOTERS: Rules = Rules {
        voter_identity: VoterIdentity::Id,
        ..Rules::NEWEST
    };

    /// The rules of the quorum in the release of this preset; those of 3.9 where it names no release.
    pub fn of_preset(name: &str) -> Rules {
        let release = name.strip_prefix("kraft-").and_then(|release| release.split_once('.'));
        let number = |part: &str| part.parse::<u8>().unwrap_or(0);
        let release = release.map_or((3, 9), |(major, minor)| (number(major), number(minor)));
        Rules {
            check_quorum: if release >= (3, 7) { Switch::On } else { Switch::Off },
            pre_vote: if release >= (4, 0) {
                PreVote::Kip996
            } else {
                PreVote::Off
            },
            ..Rules::LISTED_VOTERS
        }
    }

    /// The newest rules without the question before an election: fewer messages, more elections.
    pub const WITHOUT_PRE_VOTE: Rules = Rules {
        pre_vote: PreVote::Off,
        ..Rules::NEWEST
    };
}
