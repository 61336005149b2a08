//! Sampled steps per second, of each sampler, on the tour's cluster with all properties; and shrinking.

use std::ops::ControlFlow;

use checker::explore::{OnViolation, Plan, SAMPLERS, SamplerKind, explore};
use checker::properties::{REGISTERED, STEP};
use checker::shrink::Shrinker;
use checker::watch::Watch;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use models::config::Config;
use models::features::Features;
use models::settle::settled;
use sim_benches::tour;

fn plan(config: &Config, sampler: SamplerKind, runs: u64, on_violation: OnViolation) -> Plan<'_> {
    Plan {
        config,
        properties: REGISTERED,
        step_properties: STEP,
        sampler,
        first_seed: 0,
        runs,
        steps_max: 2_000,
        jobs: 1,
        on_violation,
        shard: (0, 1),
    }
}

fn sampling(criterion: &mut Criterion) {
    let config = tour(Features::KRAFT_4_3);
    let mut group = criterion.benchmark_group("sampling");
    group.sample_size(10);
    for (name, sampler, _) in SAMPLERS {
        let plan = plan(&config, *sampler, 50, OnViolation::KeepGoing);
        let events = explore(&plan, &mut |_, _| ControlFlow::Continue(())).events;
        group.throughput(Throughput::Elements(events));
        group.bench_function(*name, |bencher| {
            bencher.iter(|| explore(&plan, &mut |_, _| ControlFlow::Continue(())).events);
        });
    }
    group.finish();
}

fn shrinking(criterion: &mut Criterion) {
    let config = tour(Features::HW_TRUNCATION);
    let tried = explore(
        &plan(&config, SamplerKind::Swarm, 2_000, OnViolation::Stop),
        &mut |_, _| ControlFlow::Continue(()),
    );
    let (_, found) = tried.first.expect("the oldest rule loses a record within these seeds");
    let world = settled(&config);
    let watch = Watch::new(&world, REGISTERED, STEP);
    let initial = world.into_values();
    criterion.bench_function("shrink one trace", |bencher| {
        bencher.iter(|| {
            Shrinker::new(&config, initial.clone(), &watch, 100_000)
                .shrink(&found)
                .tries
        });
    });
}

criterion_group!(benches, sampling, shrinking);
criterion_main!(benches);
