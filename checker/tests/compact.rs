//! The search on ids against the search on values: the same states, transitions, levels, verdicts, and traces that replay.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use checker::cluster::{Cluster, answers_a_fetch, interned};
use checker::compact::{Checkpointing, Compact, CompactReport, CompactVerdict, Space, Stopped, Successors, Trouble};
use checker::interned::{AtRest, Interned};
use checker::properties::{REGISTERED, STEP};
use checker::search::{OnViolation, Report};
use checker::watch::Watch;
use checker::{Search, Verdict};
use models::config::{Config, UncleanElection};
use models::faults::{Fault, Faults};
use models::features::Features;
use models::settle::{goes_on, settled};
use models::{Kafka, World};
use sim_core::trace::{Decision, perform};
use sim_core::{Failure, Purpose, Scratch, Stream};

type Found = CompactReport<Decision<Kafka>>;

fn fast(config: &Config, search: &Compact) -> Found {
    let space = interned(config, REGISTERED, STEP);
    search
        .run(&space, &mut |_| ControlFlow::Continue(()))
        .expect("the temporary folder can be written")
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
        (
            "power of all",
            small(Features::KRAFT_3_9, 2, none().with(Fault::PowerAll, 1)),
        ),
    ]
}

fn plain(config: &Config, bound: usize) -> Report<Cluster<'_>> {
    Search::breadth_first()
        .count_all()
        .max_depth(bound)
        .run(&Cluster::new(config, REGISTERED, STEP))
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
        assert_eq!(
            (fast.states, fast.digest),
            (plain.states as u64, plain.digest),
            "{name}"
        );
        assert_eq!(fast.levels, plain.levels, "{name}");
        assert_eq!(fast.transitions, plain.transitions, "{name}");
        let mut judged: Vec<_> = plain
            .properties
            .iter()
            .map(|p| (p.name, p.violating_states, p.violating_steps))
            .collect();
        judged.dedup_by_key(|(name, ..)| *name);
        for counted in &fast.properties {
            let same = judged.iter().find(|(name, ..)| *name == counted.name);
            assert_eq!(
                same,
                Some(&(counted.name, counted.violating_states, counted.violating_steps)),
                "{name}"
            );
        }
        let reached: Vec<_> = plain
            .witnesses
            .iter()
            .map(|witness| (witness.name, witness.depth))
            .collect();
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
        assert_eq!(whole.expected_omissions_ppt(), 0, "{name}");
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

#[test]
fn a_violation_comes_with_a_trace_that_is_as_short_as_the_plain_one_and_replays() {
    let mut config = Config::small(Features::HW_TRUNCATION, 3, 1);
    config.faults = Faults::default().with(Fault::Kill, 1).with(Fault::Late, 1);
    let plain = Search::breadth_first().run(&Cluster::new(&config, REGISTERED, STEP));
    let Verdict::Violated { trace: shortest, .. } = plain.verdict else {
        panic!("the old rules lose a record")
    };
    let CompactVerdict::Violated { property, trace } = fast(&config, &Compact::default()).verdict else {
        panic!("the old rules lose a record")
    };
    assert_eq!(trace.len(), shortest.len());
    let mut world = settled(&config);
    let watch = Watch::new(&world, REGISTERED, STEP);
    let mut scratch = Scratch::watching(STEP.to_vec());
    let mut last = None;
    for decision in &trace {
        assert!(last.is_none(), "the violation is in the last step");
        perform(&mut world, decision, &mut scratch).expect("each step is possible");
        last = watch.after(&world, &scratch);
    }
    assert_eq!(last.map(|violation| violation.property), Some(property));
}

/// The same search, kept in a file.
fn kept(path: &std::path::Path, resume: bool, exact: bool) -> Compact {
    Compact {
        exact,
        checkpoint: Some(Checkpointing {
            path: path.to_owned(),
            every: Duration::ZERO,
            subject: 7,
            resume,
        }),
        ..all()
    }
}

#[test]
fn a_search_that_was_cut_short_anywhere_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let (file, copy) = (folder.path().join("check"), folder.path().join("copy"));
    for (name, config) in worlds().into_iter().skip(1).take(4) {
        for exact in [false, true] {
            let whole = fast(&config, &Compact { exact, ..all() });
            for cut in [1, 4, 9] {
                let mut rounds = 0;
                let space = interned(&config, REGISTERED, STEP);
                // The process goes on after the copy was taken; what it does later is as if it had been killed.
                let search = kept(&file, false, exact);
                let ended = search.run(&space, &mut |_| {
                    rounds += 1;
                    if rounds == cut + 1 {
                        std::fs::copy(&file, &copy).expect("a checkpoint was written in the last round");
                        return ControlFlow::Break(());
                    }
                    ControlFlow::Continue(())
                });
                let ended = ended.expect("the folder can be written").verdict;
                assert_eq!(ended, CompactVerdict::Inconclusive(Stopped::Interrupted), "{name}");
                for from in [&copy, &file] {
                    let mut resumed = fast(&config, &kept(from, true, exact));
                    resumed.memory = whole.memory;
                    assert!(
                        resumed == whole,
                        "{name} cut after {cut} rounds\n{resumed:?}\n{whole:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_damaged_or_foreign_checkpoint_is_refused() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let file = folder.path().join("check");
    let config = Config::small(Features::KRAFT_4_3, 2, 1);
    let run = |search: &Compact| {
        search
            .run(&interned(&config, REGISTERED, STEP), &mut |_| ControlFlow::Continue(()))
            .map(|report| report.states)
    };
    assert!(
        matches!(run(&kept(&file, true, false)), Err(Trouble::Io(..))),
        "there is none"
    );
    run(&kept(&file, false, false)).expect("it is written");
    let mut foreign = kept(&file, true, false);
    foreign.checkpoint.as_mut().expect("it has one").subject = 8;
    assert!(matches!(run(&foreign), Err(Trouble::OtherSubject(_))));
    let whole = std::fs::read(&file).expect("it was written");
    for damaged in [
        &whole[..whole.len() - 1],
        &whole[..40],
        &b"sim"[..],
        &b"something else altogether, and long"[..],
    ] {
        std::fs::write(&file, damaged).expect("the folder can be written");
        assert!(matches!(run(&kept(&file, true, false)), Err(Trouble::Damaged(..))));
    }
}

#[test]
fn a_search_ends_rather_than_use_more_memory_than_it_may() {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 1);
    config.faults = Faults::default().with(Fault::Kill, 1);
    let bounded = |memory| Compact {
        max_memory: Some(memory),
        ..Compact::default()
    };
    let report = fast(&config, &bounded(8 << 20));
    assert_eq!(report.verdict, CompactVerdict::Inconclusive(Stopped::MaxMemory));
    assert!(report.memory <= 8 << 20, "{}", report.memory);
    assert!(report.frontier > 0 && report.complete_to < Some(report.depth()));
}

#[test]
fn ids_and_values_agree_along_random_walks() {
    for (name, config) in worlds() {
        let fine = || interned(&config, REGISTERED, STEP);
        for space in [fine(), fine().with_round_trips(answers_a_fetch)] {
            let mut worker = space.worker();
            for seed in 0..60 {
                let mut picks = Stream::new(seed, Purpose::Schedule);
                let (mut words, mut fingerprint) = space.initial(&mut worker).remove(0);
                let (mut path, mut out) = (Vec::new(), Successors::default());
                for _ in 0..40 {
                    out.clear();
                    space.successors(&mut worker, &words, fingerprint, &mut out);
                    if out.is_empty() {
                        break;
                    }
                    let number = picks.below(out.len() as u64) as usize;
                    let (next, changes) = out.get(number);
                    fingerprint = next;
                    changes
                        .iter()
                        .for_each(|change| words[usize::from(change.at)] = change.word);
                    path.push(number as u16);
                }
                let mut world = settled(&config);
                let mut scratch = Scratch::default();
                for decision in space.decisions(0, &path) {
                    perform(&mut world, &decision, &mut scratch).expect("what is possible on ids is possible");
                }
                assert_eq!(world.fingerprint(), fingerprint, "{name}, seed {seed}");
            }
        }
    }
}

#[test]
fn atomic_round_trips_reach_less_and_find_nothing_else() {
    let mut config = Config::small(Features::KRAFT_4_3, 2, 1);
    config.faults = Faults::default().with(Fault::Reset, 1).with(Fault::Kill, 1);
    let found = |space: Interned<'_, Kafka>| {
        let run = all().run(&space, &mut |_| ControlFlow::Continue(()));
        run.expect("the temporary folder can be written")
    };
    let fine = found(interned(&config, REGISTERED, STEP));
    let coarse = found(interned(&config, REGISTERED, STEP).with_round_trips(answers_a_fetch));
    assert!(coarse.states < fine.states, "{} of {}", coarse.states, fine.states);
    assert_eq!(
        (&coarse.verdict, &fine.verdict),
        (&CompactVerdict::Holds, &CompactVerdict::Holds)
    );
    assert_eq!(
        coarse.unreached().collect::<Vec<_>>(),
        fine.unreached().collect::<Vec<_>>()
    );
}

#[test]
fn what_must_hold_at_rest_is_judged_in_every_state_of_rest_and_in_no_other() {
    let (_, config) = worlds().swap_remove(1);
    let never = |_: &World<'_>| Err(Failure::new("rest", "somebody has to be wrong"));
    let space = interned(&config, REGISTERED, STEP).resting(AtRest {
        goes_on,
        properties: vec![("never-rests", never)],
    });
    let report = all()
        .run(&space, &mut |_| ControlFlow::Continue(()))
        .expect("the temporary folder can be written");
    let counted = report.properties.iter().find(|counted| counted.name == "never-rests");
    let (mut resting, mut seen) = (0, BTreeSet::new());
    let mut waiting = vec![settled(&config)];
    while let Some(world) = waiting.pop() {
        if !seen.insert(world.fingerprint()) {
            continue;
        }
        let mut offers = Vec::new();
        world.enabled(&mut offers);
        resting += u64::from(!offers.iter().any(goes_on));
        for offer in &offers {
            // No handler asks a choice in this world.
            let mut next = world.clone();
            next.apply_default(offer, &mut Scratch::default());
            waiting.push(next);
        }
    }
    assert_eq!(report.states, seen.len() as u64);
    assert!(resting > 0 && resting < report.states);
    assert_eq!(counted.map(|counted| counted.violating_states), Some(resting));
    let CompactVerdict::Violated { trace, .. } = &report.verdict else {
        panic!("every run rests somewhere")
    };
    let mut world = settled(&config);
    for decision in trace {
        perform(&mut world, decision, &mut Scratch::default()).expect("each step is possible");
    }
    let mut offers = Vec::new();
    world.enabled(&mut offers);
    assert!(!offers.iter().any(goes_on), "the trace ends at rest");
}
