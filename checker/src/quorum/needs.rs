//! Which rule is needed for what: without it a small world breaks a property, with all rules it does not.

use std::ops::{ControlFlow, Range};

use models::features::Switch;
use models::quorum::{Faults, Healing, Kind, Layer};
use models::raft::{Config, Rules};
use models::zab;

use super::{Draw, Grain, Sampled, Subject, liveness};
use crate::compact::{Compact, CompactReport, CompactVerdict, Trouble};

/// A rule, what breaks without it, and the world in which that shows.
#[derive(Clone, Copy)]
pub struct Need {
    /// The entry of the catalogue of bugs that it belongs to; 0 for a rule that never had a bug of its own.
    pub entry: u8,
    /// Which protocol.
    pub model: &'static str,
    /// The switch.
    pub switch: &'static str,
    /// Its value without the rule.
    pub off: &'static str,
    /// What breaks then.
    pub property: &'static str,
    /// The ticket or KIP.
    pub source: &'static str,
    world: World,
}

/// Where it shows.
#[derive(Clone, Copy)]
enum World {
    /// A search of a metadata quorum.
    Raft(fn(Rules) -> Config, Grain),
    /// A search of a ZooKeeper ensemble.
    Zab(fn(zab::Rules) -> zab::Config, Grain),
    /// The search for a fair run in which no leader comes.
    RaftForEver(fn(Rules) -> Config),
}

/// What a search says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The property that is violated, if one is.
    pub found: Option<&'static str>,
    /// The fewest steps to that; for a run that never comes to a leader, the steps before it goes in circles.
    pub shortest_steps: Option<usize>,
    /// Distinct states.
    pub distinct_states: u64,
    /// Whether every state within the bounds was seen, or a violation found.
    pub is_complete: bool,
}

impl Need {
    /// Searches without the rule for what it keeps from happening.
    ///
    /// # Errors
    /// When the search cannot keep what does not fit into memory.
    pub fn without(&self, threads: usize, max_states: u64) -> Result<Answer, Trouble> {
        self.search(self.off, threads, max_states)
    }

    /// Searches the same world with all rules for whatever may break.
    ///
    /// # Errors
    /// When the search cannot keep what does not fit into memory.
    pub fn with(&self, threads: usize, max_states: u64) -> Result<Answer, Trouble> {
        self.search("", threads, max_states)
    }

    /// Random runs without the rule; nothing where what breaks takes for ever or shows at rest.
    pub fn sample(&self, draw: Draw, seeds: Range<u64>) -> Option<Sampled> {
        let (subject, _) = self.subject(self.off)?;
        (self.property != "leader-active").then(|| subject.sample(Some(self.property), draw, seeds))
    }

    /// The world of a search with this value of the switch, or with all rules.
    fn subject(&self, value: &str) -> Option<(Subject, Grain)> {
        match self.world {
            World::Raft(world, grain) => Some((Subject::Raft(world(self.rules(base(self.switch), value))), grain)),
            World::Zab(world, grain) => {
                let mut rules = zab::Rules::ALL_ON;
                if !value.is_empty() {
                    rules.set(self.switch, value).expect(KNOWN);
                }
                Some((Subject::Zab(world(rules)), grain))
            }
            World::RaftForEver(_) => None,
        }
    }

    /// These rules with this value of the switch, or as they are.
    fn rules(&self, mut rules: Rules, value: &str) -> Rules {
        if !value.is_empty() {
            rules.set(self.switch, value).expect(KNOWN);
        }
        rules
    }

    fn search(&self, value: &str, threads: usize, max_states: u64) -> Result<Answer, Trouble> {
        if let World::RaftForEver(world) = self.world {
            return Ok(liveness::of_raft(&world(self.rules(Rules::NEWEST, value)), max_states));
        }
        let (subject, grain) = self.subject(value).expect("only a run for ever has none");
        let only = (!value.is_empty()).then_some(self.property);
        let bounds = Compact {
            threads,
            max_states: Some(max_states),
            ..Compact::default()
        };
        let searched = subject.search(only, grain, &bounds, &mut |_| ControlFlow::Continue(()))?;
        Ok(answer(&searched.report))
    }
}

/// Why a switch of the table can be set.
const KNOWN: &str = "the table names switches and values that there are";

/// What stays the same with and without the rule: without the question before an election there are fewer messages.
fn base(switch: &str) -> Rules {
    match switch {
        "pre_vote" => Rules::NEWEST,
        _ => Rules::WITHOUT_PRE_VOTE,
    }
}

fn answer<A>(report: &CompactReport<A>) -> Answer {
    let (found, shortest_steps) = match &report.verdict {
        CompactVerdict::Violated { property, trace } => (Some(*property), Some(trace.len())),
        CompactVerdict::Holds | CompactVerdict::Inconclusive(_) => (None, None),
    };
    Answer {
        found,
        shortest_steps,
        distinct_states: report.states,
        is_complete: !matches!(report.verdict, CompactVerdict::Inconclusive(_)),
    }
}

/// All of them.
pub const ALL: &[Need] = &[
    raft(22, "resign_on_restart", "off", "log-matching", "KAFKA-10527", |rules| {
        Config::new(3, rules, Faults::entries(2).with(Kind::Power, 1))
    }),
    raft(
        22,
        "flush_before_ack",
        "off",
        "leader-completeness",
        "KAFKA-10533",
        |rules| {
            Config::new(
                3,
                rules,
                Faults::entries(1).with(Kind::Election, 1).with(Kind::Power, 1),
            )
        },
    ),
    raft(22, "vote_durable", "off", "election-safety", "KIP-595", |rules| {
        Config::new(
            3,
            rules,
            Faults::entries(0).with(Kind::Election, 2).with(Kind::Power, 1),
        )
    }),
    raft(0, "vote_up_to_date", "off", "leader-completeness", "KIP-595", |rules| {
        Config::new(3, rules, Faults::entries(1).with(Kind::Election, 1))
    }),
    raft(0, "fetch_divergence", "off", "committed-stable", "KIP-595", |rules| {
        Config {
            commit_news: Layer::Attached,
            ..Config::new(3, rules, Faults::entries(1).with(Kind::Election, 1))
        }
    }),
    coarse(
        0,
        "commit_own_epoch",
        "off",
        "leader-completeness",
        "KIP-595",
        |rules| Config {
            fetch_max: 1,
            ..Config::new(3, rules, Faults::entries(1).with(Kind::Election, 3))
        },
    ),
    raft(40, "pre_vote", "off", "leader-undisturbed", "KIP-996", |rules| Config {
        followers: Layer::Attached,
        ..Config::new(
            3,
            rules,
            Faults::entries(1).with(Kind::Election, 1).with(Kind::CutOneWay, 1),
        )
    }),
    for_ever(40, "pre_vote", "naive", "KIP-996", |rules| Config {
        healing: Healing::Never,
        ..Config::new(3, rules, endless().with(Kind::Kill, 1))
    }),
    for_ever(40, "check_quorum", "off", "KAFKA-15489", |rules| Config {
        healing: Healing::Never,
        ..Config::new(3, rules, endless().without_end(Kind::Expiry).with(Kind::Cut, 2))
    }),
    raft(41, "voter_identity", "id", "leader-completeness", "KIP-853", |rules| {
        let faults = Faults::entries(1)
            .with(Kind::Election, 1)
            .with(Kind::Kill, 1)
            .with(Kind::Wipe, 1);
        Config::new(3, rules, faults)
    }),
    coarse(41, "reconfig_gate", "none", "leader-completeness", "KIP-853", |rules| {
        Config::new(
            4,
            rules,
            Faults::entries(0).with(Kind::Election, 2).with(Kind::Reconfigure, 2),
        )
    }),
    raft(
        41,
        "max_pending_reconfig",
        "many",
        "leader-completeness",
        "KIP-853",
        |rules| {
            Config::new(
                3,
                rules,
                Faults::entries(0).with(Kind::Election, 1).with(Kind::Reconfigure, 2),
            )
        },
    ),
    raft(
        42,
        "controller_resign_coupled",
        "off",
        "leader-active",
        "KAFKA-13104",
        |rules| Config {
            controllers: Layer::Attached,
            commit_news: Layer::Attached,
            ..Config::new(3, rules, Faults::entries(0).with(Kind::Fail, 1))
        },
    ),
    raft(
        42,
        "snapshot_on_promotion",
        "off",
        "metadata-agreement",
        "KAFKA-13100",
        |rules| Config {
            controllers: Layer::Attached,
            commit_news: Layer::Attached,
            ..Config::new(3, rules, Faults::entries(1).with(Kind::Election, 1))
        },
    ),
    // Two nets under the same rope: each of the next two rules catches what the other one lets through.
    ensemble(
        "election_by_zxid",
        "leader-completeness",
        "FastLeaderElection",
        |rules| {
            let history_checked = Switch::Off;
            let rules = zab::Rules {
                history_checked,
                ..rules
            };
            three(rules, Faults::entries(1).with(Kind::Election, 1).with(Kind::Kill, 1))
        },
    ),
    ensemble(
        "history_checked",
        "leader-completeness",
        "Leader.waitForEpochAck",
        |rules| {
            let election_by_zxid = Switch::Off;
            let rules = zab::Rules {
                election_by_zxid,
                ..rules
            };
            three(rules, Faults::entries(1).with(Kind::Election, 1).with(Kind::Kill, 1))
        },
    ),
    ensemble("accepted_epoch_durable", "one-leader-per-epoch", "Zab 3.3", |rules| {
        let faults = Faults::entries(0).with(Kind::Election, 2);
        three(rules, faults.with(Kind::Kill, 1).with(Kind::Power, 1))
    }),
    ensemble("sync_before_broadcast", "linear-history", "Zab 3.4", |rules| {
        three(rules, Faults::entries(2).with(Kind::Election, 1).with(Kind::Kill, 1))
    }),
    ensemble(
        "epoch_after_history",
        "leader-completeness",
        "ZOOKEEPER-4643",
        |rules| {
            let faults = Faults::entries(1).with(Kind::Election, 2);
            three(rules, faults.with(Kind::Kill, 1).with(Kind::Power, 1))
        },
    ),
    ensemble("log_before_ack", "leader-completeness", "Zab 3.5", |rules| {
        let faults = Faults::entries(1).with(Kind::Election, 1);
        three(rules, faults.with(Kind::Kill, 1).with(Kind::Power, 1))
    }),
    ensemble("quorum_of_acks", "leader-completeness", "Zab 3.5", |rules| {
        three(rules, Faults::entries(1).with(Kind::Election, 1).with(Kind::Kill, 1))
    }),
];

/// A rule of a ZooKeeper ensemble.
const fn ensemble(
    switch: &'static str,
    property: &'static str,
    source: &'static str,
    world: fn(zab::Rules) -> zab::Config,
) -> Need {
    Need {
        entry: 0,
        model: "zab",
        switch,
        off: "off",
        property,
        source,
        world: World::Zab(world, Grain::Fine),
    }
}

/// Three servers under these rules.
fn three(rules: zab::Rules, faults: Faults) -> zab::Config {
    zab::Config {
        servers: 3,
        rules,
        faults,
    }
}

/// As many elections as it takes.
fn endless() -> Faults {
    Faults::entries(0).without_end(Kind::Election)
}

const fn raft(
    entry: u8,
    switch: &'static str,
    off: &'static str,
    property: &'static str,
    source: &'static str,
    world: fn(Rules) -> Config,
) -> Need {
    Need {
        entry,
        model: "raft",
        switch,
        off,
        property,
        source,
        world: World::Raft(world, Grain::Fine),
    }
}

const fn coarse(
    entry: u8,
    switch: &'static str,
    off: &'static str,
    property: &'static str,
    source: &'static str,
    world: fn(Rules) -> Config,
) -> Need {
    Need {
        world: World::Raft(world, Grain::RoundTrips),
        ..raft(entry, switch, off, property, source, world)
    }
}

const fn for_ever(
    entry: u8,
    switch: &'static str,
    off: &'static str,
    source: &'static str,
    world: fn(Rules) -> Config,
) -> Need {
    Need {
        world: World::RaftForEver(world),
        ..raft(entry, switch, off, liveness::LEADER_RETURNS, source, world)
    }
}
