//! Samples a small cluster: preset, sampler, seeds, kills, late messages and records from the command line.

use checker::explore::{OnViolation, Plan, SAMPLERS, explore};
use models::config::Config;
use models::faults::{Fault, Faults};
use models::features::preset;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, sampler, runs, kills, late, records, property] = &args[..] else {
        panic!("usage: sample PRESET SAMPLER RUNS KILLS LATE RECORDS PROPERTY|all")
    };
    let features = preset(name).expect("a known preset").features;
    let mut config = Config::small(features, 3, records.parse().expect("a number of records"));
    let kills = kills.parse().expect("a number of kills");
    config.faults = Faults::default()
        .with(Fault::Kill, kills)
        .with(Fault::Late, late.parse().expect("a number"));
    for (at, fault) in Fault::ALL.iter().enumerate() {
        if std::env::var("FAULTS").is_ok_and(|faults| faults.split(',').any(|name| name == fault.name())) {
            config.faults.set(Fault::ALL[at], sim_core::Budget::Left(2));
        }
    }
    let sampler = SAMPLERS
        .iter()
        .find(|(known, ..)| known == sampler)
        .expect("a known sampler")
        .1;
    let wanted = |name: &str| property == "all" || property == name;
    let properties: Vec<_> = checker::properties::REGISTERED
        .iter()
        .filter(|p| wanted(p.name))
        .copied()
        .collect();
    let step_properties: Vec<_> = checker::properties::STEP
        .iter()
        .filter(|p| wanted(p.name))
        .copied()
        .collect();
    let plan = Plan {
        config: &config,
        properties: &properties,
        step_properties: &step_properties,
        sampler,
        first_seed: 0,
        runs: runs.parse().expect("a number of runs"),
        steps_max: 2_000,
        jobs: 2,
        on_violation: OnViolation::KeepGoing,
        shard: (0, 1),
    };
    let start = std::time::Instant::now();
    let tried = explore(&plan, &mut |_, _| std::ops::ControlFlow::Continue(()));
    println!(
        "{} runs, {} events, {} failing, {:?}",
        tried.runs,
        tried.events,
        tried.failing,
        start.elapsed()
    );
    let mut to = tried.events_to.clone();
    to.sort_unstable();
    println!("median events of failing runs: {:?}", to.get(to.len() / 2));
    println!("{:?}", tried.thoroughness);
    if let Some((seed, found)) = tried.first {
        println!("seed {seed}: {} {}", found.violation.property, found.violation.failure);
        let world = models::settle::settled(&config);
        let watch = checker::watch::Watch::new(&world, plan.properties, plan.step_properties);
        let shrunk = checker::shrink::Shrinker::new(&config, world.into_values(), &watch, 100_000).shrink(&found);
        println!("{:?} {} tries {:?}", shrunk.passes, shrunk.tries, shrunk.minimal);
        for decision in &shrunk.found.decisions {
            println!("  {} {:?}", decision.action, decision.choices);
        }
        println!("{}", shrunk.found.violation.failure);
    }
}
