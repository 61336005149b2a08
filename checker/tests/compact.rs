//! The search on ids against the search on values: the same states, transitions, levels, verdicts, and traces that replay.

use std::ops::ControlFlow;

use checker::cluster::{Cluster, Decided, interned};
use checker::compact::{Compact, CompactReport, CompactVerdict};
use checker::properties::{REGISTERED, STEP};
use checker::search::{OnViolation, Report};
use checker::{Search, Verdict};
use models::Kafka;
use models::config::{Config, UncleanElection};
use models::faults::{Fault, Faults};
use models::features::Features;
use sim_core::trace::{Decision, perform};
use sim_core::{Scratch, World};

type Found = CompactReport<Decision<Kafka>>;

fn fast(config: &Config, search: &Compact) -> Found {
    let space = interned(config, REGISTERED, STEP);
    search
        .run(&space, &mut |_| ControlFlow::Continue(()))
        .expect("nothing is spilled")
}

fn all() -> Compact {
    Compact {
        on_violation: OnViolation::CountAll,
        ..Compact::default()
    }
}

/// Small worlds of all kinds: rules, faults, sizes.
fn worlds() -> Vec<(&'static str, Config)> {
    let small = |features, brokers, faults: Faults| {
        let mut config = Config::small(features, brokers, 1);
        config.faults = faults;
        config
    };
    let none = Faults::default;
    let mut unclean = small(Features::KRAFT_4_3, 2, none().with(Fault::Kill, 1));
    unclean.topics[0].settings.unclean = UncleanElection::Allowed;
    vec![
        ("no fault", small(Features::KRAFT_4_3, 2, none())),
        ("late", small(Features::KRAFT_3_8, 2, none().with(Fault::Late, 1))),
        ("reset", small(Features::KRAFT_3_9, 2, none().with(Fault::Reset, 1))),
        ("power", small(Features::HW_TRUNCATION, 2, none().with(Fault::Power, 1))),
        ("kill", small(Features::HW_TRUNCATION, 2, none().with(Fault::Kill, 1))),
        ("stop", small(Features::KRAFT_4_3, 2, none().with(Fault::Stop, 1))),
        ("unclean", unclean),
        ("three", small(Features::KRAFT_4_3, 3, none().with(Fault::Late, 1))),
    ]
}

fn plain(config: &Config, bound: usize) -> Report<Cluster<'_>> {
    Search::breadth_first().count_all().max_depth(bound).run(&Cluster::new(config, REGISTERED, STEP))
}

#[test]
fn both_searches_see_the_same_states_transitions_and_violations() {
    for (name, config) in worlds() {
        let plain = plain(&config, 11);
        let fast = fast(
            &config,
            &Compact {
                max_depth: Some(11),
                ..all()
            },
        );
        assert_eq!((fast.states, fast.digest), (plain.states as u64, plain.digest), "{name}");
        assert_eq!(fast.levels, plain.levels, "{name}");
        assert_eq!(fast.transitions, plain.transitions, "{name}");
        let mut judged: Vec<_> = plain.properties.iter().map(|p| (p.name, p.violating_states, p.violating_steps)).collect();
        judged.dedup_by_key(|(name, ..)| *name);
        for counted in &fast.properties {
            let same = judged.iter().find(|(name, ..)| *name == counted.name);
            assert_eq!(same, Some(&(counted.name, counted.violating_states, counted.violating_steps)), "{name}");
        }
        let reached: Vec<_> = plain.witnesses.iter().map(|witness| (witness.name, witness.depth)).collect();
        assert_eq!(fast.witnesses, reached, "{name}");
        assert_eq!(fast.kinds, plain.kinds, "{name}");
    }
}

#[test]
fn whole_states_give_the_same_counts_as_fingerprints() {
    for (name, config) in worlds() {
        let bounded = Compact {
            max_depth: Some(12),
            ..all()
        };
        let exact = Compact {
            exact: true,
            ..bounded.clone()
        };
        let (prints, whole) = (fast(&config, &bounded), fast(&config, &exact));
        assert_eq!((prints.states, prints.digest), (whole.states, whole.digest), "{name}");
        assert_eq!(whole.expected_omissions_ppm(), 0, "{name}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_report() {
    for (name, config) in worlds() {
        for stop in [OnViolation::Stop, OnViolation::CountAll] {
            let search = |threads| Compact {
                threads,
                max_states: Some(20_000),
                on_violation: stop,
                ..Compact::default()
            };
            let mut one = fast(&config, &search(1));
            for threads in [2, 3] {
                let mut several = fast(&config, &search(threads));
                (one.memory, several.memory) = (0, 0);
                assert!(one == several, "{name}: {one:?}\n{several:?}");
            }
        }
    }
}
