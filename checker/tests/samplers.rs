//! What every sampler owes: it finds the loss of the old rules, a seed is one run, and what it found can be replayed.

use std::ops::ControlFlow;

use checker::explore::{OnViolation, Plan, Runner, SAMPLERS, SamplerKind, Series, series};
use checker::properties::REGISTERED;
use checker::watch::Watch;
use models::Kafka;
use models::config::Config;
use models::faults::{Fault, Faults};
use models::features::Features;
use models::settle::settled;
use sim_core::trace::perform;
use sim_core::{Registered, Scratch};

/// A world small enough for every sampler. Without a clock a session may end at any moment; with one it ends when its
/// broker is silent, which a kill sees to.
fn config(features: Features, sampler: SamplerKind) -> Config {
    let mut config = Config::small(features, 3, 1);
    config.faults = match sampler {
        SamplerKind::Timed => Faults::default().with(Fault::Kill, 2).with(Fault::Expiry, 3),
        _ => Faults::default().with(Fault::Expiry, 2),
    };
    config
}

fn losses() -> Vec<Registered<Kafka>> {
    let named = |property: &&Registered<Kafka>| property.name == "no-committed-loss";
    REGISTERED.iter().filter(named).copied().collect()
}

fn plan<'p>(config: &'p Config, properties: &'p [Registered<Kafka>], sampler: SamplerKind, jobs: usize) -> Plan<'p> {
    Plan {
        config,
        properties,
        step_properties: &[],
        sampler,
        first_seed: 0,
        runs: 0,
        steps_max: 500,
        jobs,
        on_violation: OnViolation::Stop,
        shard: (0, 1),
    }
}

/// Two series with the rules before KIP-101.
fn tried(config: &Config, sampler: SamplerKind, jobs: usize) -> Vec<Series> {
    let properties = losses();
    let plan = plan(config, &properties, sampler, jobs);
    series(&plan, 2, 100_000, &mut |_, _| ControlFlow::Continue(()))
}

#[test]
fn every_sampler_finds_the_loss_of_the_old_rules() {
    for (name, sampler, _) in SAMPLERS {
        let config = config(Features::HW_TRUNCATION, *sampler);
        let found = tried(&config, *sampler, 2).iter().any(|series| series.found.is_some());
        assert!(found, "{name} found nothing");
    }
}

#[test]
fn what_was_found_is_found_again_by_its_decisions() {
    for (name, sampler, _) in SAMPLERS {
        let config = config(Features::HW_TRUNCATION, *sampler);
        let made = tried(&config, *sampler, 2);
        let (_, found) = made.iter().find_map(|series| series.found.as_ref()).expect("see above");
        let mut world = settled(&config);
        let watch = Watch::new(&world, &losses(), &[]);
        let mut scratch = Scratch::default();
        for decision in &found.decisions {
            perform(&mut world, decision, &mut scratch).unwrap_or_else(|misfit| panic!("{name}: {misfit}"));
        }
        let violation = watch
            .after(&world, &scratch)
            .expect("the last decision breaks the property");
        assert!(violation.is_like(&found.violation), "{name}");
    }
}

#[test]
fn a_seed_is_one_run_whatever_was_run_before() {
    for (name, sampler, _) in SAMPLERS {
        let config = config(Features::KRAFT_4_3, *sampler);
        let plan = plan(&config, &[], *sampler, 1);
        let states = |runner: &mut Runner<'_>, seed| {
            let outcome = runner.run(seed, 0);
            (outcome.events, outcome.states)
        };
        let mut forwards = Runner::new(&config, &plan);
        let first: Vec<_> = (0..8).map(|seed| states(&mut forwards, seed)).collect();
        let mut backwards = Runner::new(&config, &plan);
        for seed in (0..8).rev() {
            assert_eq!(
                states(&mut backwards, seed),
                first[seed as usize],
                "{name}, seed {seed}"
            );
        }
        assert!(
            first.iter().any(|run| *run != first[0]),
            "{name}: seeds are different runs"
        );
    }
}

#[test]
fn series_are_the_same_for_every_number_of_threads() {
    for (name, sampler, _) in SAMPLERS {
        let config = config(Features::HW_TRUNCATION, *sampler);
        let events = |jobs| -> Vec<(u64, Option<u64>)> {
            let made = tried(&config, *sampler, jobs);
            made.iter()
                .map(|series| (series.events, series.found.as_ref().map(|(seed, _)| *seed)))
                .collect()
        };
        assert_eq!(events(1), events(2), "{name}");
    }
}
