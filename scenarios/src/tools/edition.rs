//! Owns which Kafka a tool belongs to: its release, who controls the cluster, and the shape of its tables.

use crate::tools::java_hash::IsrSet;

/// Feature releases whose tools were recorded, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 2.5.1
    V2_5,
    /// 3.8.1
    V3_8,
    /// 3.9.1
    V3_9,
    /// 4.0.0
    V4_0,
    /// 4.1.1
    V4_1,
    /// 4.2.0
    V4_2,
    /// 4.3.0
    V4_3,
}

/// Who keeps the metadata of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControlPlane {
    /// A ZooKeeper ensemble and one elected broker.
    ZooKeeper,
    /// A Raft quorum of controllers.
    Kraft,
}

/// A release together with its control plane: the combinations that were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// 2.5 with ZooKeeper.
    Zk2_5,
    /// 3.9 with ZooKeeper.
    Zk3_9,
    /// 3.8 with KRaft.
    Kraft3_8,
    /// 3.9 with KRaft.
    Kraft3_9,
    /// 4.0, which knows KRaft only.
    Kraft4_0,
    /// 4.1, the first with eligible leader replicas on by default.
    Kraft4_1,
    /// 4.2, the first that lists a changed ISR in another order (KAFKA-19301).
    Kraft4_2,
    /// 4.3.
    Kraft4_3,
}

/// Shape of the tables of `kafka-topics --describe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// No topic ids, no columns for eligible leader replicas, none for a reassignment.
    Zk2_5,
    /// `Elr: N/A`: the brokers cannot answer.
    Zk3_9,
    /// `Elr: ` is always empty.
    Kraft3_9,
    /// `Elr: 1,2` where there is one; `Configs:` names min.insync.replicas of every topic.
    Kraft4_3,
}

impl Edition {
    /// All editions, ZooKeeper first.
    pub const ALL: [Edition; 8] = [
        Edition::Zk2_5,
        Edition::Zk3_9,
        Edition::Kraft3_8,
        Edition::Kraft3_9,
        Edition::Kraft4_0,
        Edition::Kraft4_1,
        Edition::Kraft4_2,
        Edition::Kraft4_3,
    ];

    /// The release of this edition.
    pub const fn release(self) -> Release {
        match self {
            Edition::Zk2_5 => Release::V2_5,
            Edition::Kraft3_8 => Release::V3_8,
            Edition::Zk3_9 | Edition::Kraft3_9 => Release::V3_9,
            Edition::Kraft4_0 => Release::V4_0,
            Edition::Kraft4_1 => Release::V4_1,
            Edition::Kraft4_2 => Release::V4_2,
            Edition::Kraft4_3 => Release::V4_3,
        }
    }

    /// Who keeps the metadata in this edition.
    pub const fn control_plane(self) -> ControlPlane {
        match self {
            Edition::Zk2_5 | Edition::Zk3_9 => ControlPlane::ZooKeeper,
            Edition::Kraft3_8
            | Edition::Kraft3_9
            | Edition::Kraft4_0
            | Edition::Kraft4_1
            | Edition::Kraft4_2
            | Edition::Kraft4_3 => ControlPlane::Kraft,
        }
    }

    /// What a leader of this edition keeps its ISR in.
    pub const fn isr_set(self) -> IsrSet {
        match self {
            Edition::Zk2_5
            | Edition::Zk3_9
            | Edition::Kraft3_8
            | Edition::Kraft3_9
            | Edition::Kraft4_0
            | Edition::Kraft4_1 => IsrSet::Immutable,
            Edition::Kraft4_2 | Edition::Kraft4_3 => IsrSet::Mutable,
        }
    }

    /// The shape of this edition's tables.
    pub const fn dialect(self) -> Dialect {
        match self {
            Edition::Zk2_5 => Dialect::Zk2_5,
            Edition::Zk3_9 => Dialect::Zk3_9,
            Edition::Kraft3_8 | Edition::Kraft3_9 | Edition::Kraft4_0 => Dialect::Kraft3_9,
            Edition::Kraft4_1 | Edition::Kraft4_2 | Edition::Kraft4_3 => Dialect::Kraft4_3,
        }
    }
}

impl Dialect {
    /// All dialects, in the order of `sim describe --kafka`.
    pub const ALL: [Dialect; 4] = [Dialect::Zk2_5, Dialect::Zk3_9, Dialect::Kraft3_9, Dialect::Kraft4_3];

    /// The name that `--kafka` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Zk2_5 => "zk-2.5",
            Dialect::Zk3_9 => "zk-3.9",
            Dialect::Kraft3_9 => "kraft-3.9",
            Dialect::Kraft4_3 => "kraft-4.3",
        }
    }
}
