//! The catalogue of bugs is held to what it says: every card fits, every regression shows its bug and nothing more than
//! that, and a trial finds what is there and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use checker::explore::SamplerKind;
use checker::watch::{Violation, Watch};
use models::Kafka;
use models::settle::settled;
use scenarios::bugs::card::Kind;
use scenarios::bugs::trial::{Effort, trial};
use scenarios::bugs::{Bug, Catalogue, control};
use scenarios::build::{Built, build};
use scenarios::testing::replay_folder;
use sim_core::trace::Decision;
use sim_core::{Recorded, Scratch};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bugs")
}

fn catalogue() -> Catalogue {
    Catalogue::read(&folder()).unwrap_or_else(|problems| panic!("{}", problems[0]))
}

fn find(name: &str) -> Bug {
    catalogue().find(name).expect("the catalogue has it").clone()
}

#[test]
fn every_card_fits_its_scenario_and_its_budget() {
    let (on_disk, embedded) = (catalogue(), Catalogue::embedded().expect("it is the same catalogue"));
    let names = |catalogue: &Catalogue| -> Vec<String> { catalogue.bugs.iter().map(|bug| bug.name.clone()).collect() };
    assert_eq!(names(&on_disk), names(&embedded));
    assert!(!on_disk.bugs.is_empty());
}

#[test]
fn every_bug_has_a_regression_and_a_story() {
    for bug in catalogue().bugs {
        let folder = folder().join(&bug.name);
        let replayed = replay_folder(&folder);
        assert!(replayed.is_sound(), "{replayed}");
        let story = fs::read_to_string(folder.join("story.md")).unwrap_or_default();
        assert!(story.starts_with("# "), "{} has no story.md", bug.name);
    }
}

/// What these decisions come to, those that do not fit left out.
fn outcome(built: &Built, decisions: &[Decision<Kafka>]) -> Option<Violation> {
    let mut world = settled(&built.config);
    let watch = Watch::new(&world, &built.properties, &built.step_properties);
    let mut scratch = Scratch::watching(built.step_properties.clone());
    decisions.iter().find_map(|decision| {
        let offer = world.find(&decision.action)?;
        world.apply(&offer, &mut Recorded::new(&decision.choices), &mut scratch);
        watch.after(&world, &scratch)
    })
}

/// Spot checks: the first, the middle and the last decision. That none at all can be left out was proved when the trace
/// was made small.
#[test]
fn decisions_of_a_regression_are_necessary() {
    for bug in catalogue().bugs {
        let trace = bug.regression.as_ref().expect("every bug has one");
        let built = trace.built().expect("it was read");
        let all = trace.decisions();
        for left_out in [0, all.len() / 2, all.len() - 1] {
            let mut decisions = all.clone();
            decisions.remove(left_out);
            let violation = outcome(&built, &decisions).filter(|violation| violation.property == bug.card.property);
            assert!(
                violation.is_none(),
                "{}: step {} is not necessary",
                bug.name,
                left_out + 1
            );
        }
    }
}

#[test]
fn the_decisions_of_a_regression_do_no_harm_with_the_safeguard_on() {
    for bug in catalogue().bugs.iter().filter(|bug| !bug.card.safeguard.is_empty()) {
        let trace = bug.regression.as_ref().expect("every bug has one");
        let built = build(&control(bug), Some(trace.pace())).expect("the control run can be played");
        assert_eq!(outcome(&built, &trace.decisions()), None, "{}", bug.name);
    }
}

fn effort(jobs: usize) -> Effort {
    Effort {
        seeds: 3,
        events: 40_000,
        steps: 1_000,
        sampler: SamplerKind::Swarm,
        check_states: 2_000,
        check_memory: 1 << 30,
        control_events: 10_000,
        jobs,
    }
}

#[test]
fn a_trial_is_the_same_for_every_number_of_threads() {
    let bug = find("kip-497");
    let tried = |jobs| trial(&bug, &effort(jobs), &mut |_, _| std::ops::ControlFlow::Continue(())).expect("it ends");
    let one = tried(1);
    assert_eq!(one, tried(2));
    assert!(one.explore.found > 0 && one.is_clean());
    assert_eq!(one.check.shortest_steps, Some(5));
}

#[test]
fn a_scenario_without_the_bug_is_not_found() {
    let mut bug = find("kip-497");
    bug.scenario = control(&bug);
    let tried = trial(&bug, &effort(2), &mut |_, _| std::ops::ControlFlow::Continue(())).expect("it ends");
    assert!(!tried.is_caught() && tried.is_clean());
}

#[test]
fn a_control_run_without_the_safeguard_is_not_clean() {
    let mut bug = find("kip-497");
    bug.card.safeguard.clear();
    let tried = trial(&bug, &effort(2), &mut |_, _| std::ops::ControlFlow::Continue(())).expect("it ends");
    assert!(tried.is_caught() && !tried.is_clean());
    bug.card.kind = Kind::Accepted("to see that it counts for nothing".to_owned());
    let tried = trial(&bug, &effort(2), &mut |_, _| std::ops::ControlFlow::Continue(())).expect("it ends");
    assert!(tried.control.is_none());
}

#[test]
fn a_trial_that_is_broken_off_has_no_result() {
    let tried = trial(&find("kip-497"), &effort(1), &mut |_, _| {
        std::ops::ControlFlow::Break(())
    });
    assert!(tried.is_err());
}
