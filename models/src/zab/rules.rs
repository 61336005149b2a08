//! The rules of a ZooKeeper ensemble as switches. Zab has no KIPs: the source of each is the protocol or a ticket.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::features::{Switch, switch_table};

switch_table! {
    /// The rules of all servers of an ensemble.
    pub struct Rules {
        /// A server follows only who has at least its own history: newer epoch, then greater zxid, then greater id.
        election_by_zxid: Switch, "FastLeaderElection";
        /// A leader gives up when a server that acknowledges its epoch has more than it has itself.
        history_checked: Switch, "Leader.waitForEpochAck";
        /// The accepted epoch is on disk before it is acknowledged.
        accepted_epoch_durable: Switch, "Zab 3.3";
        /// A server has the leader's history before it gets proposals.
        sync_before_broadcast: Switch, "Zab 3.4";
        /// A server has the leader's history on disk before it writes down that it is in its epoch.
        epoch_after_history: Switch, "ZOOKEEPER-4643";
        /// A transaction is on disk before it is acknowledged.
        log_before_ack: Switch, "Zab 3.5";
        /// A transaction is committed once a quorum has acknowledged it.
        quorum_of_acks: Switch, "Zab 3.5";
    }
}

impl Rules {
    /// All of them.
    pub const ALL_ON: Rules = Rules {
        election_by_zxid: Switch::On,
        history_checked: Switch::On,
        accepted_epoch_durable: Switch::On,
        sync_before_broadcast: Switch::On,
        epoch_after_history: Switch::On,
        log_before_ack: Switch::On,
        quorum_of_acks: Switch::On,
    };
}
