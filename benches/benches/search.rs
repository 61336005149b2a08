//! Distinct states per second of the plain engine, on the smallest cluster world and on a published specification; and
//! content digests per second.

use checker::Search;
use checker::cluster::Cluster;
use checker::properties::{REGISTERED, STEP};
use checker::spec::Symmetry;
use checker::spec::two_phase_commit::TwoPhaseCommit;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use models::features::Features;
use models::settle::settled;
use sim_benches::{smallest, tour};

fn search(criterion: &mut Criterion) {
    let config = smallest(Features::KRAFT_4_3);
    let states = Search::breadth_first()
        .run(&Cluster::new(&config, REGISTERED, STEP))
        .states;
    let mut group = criterion.benchmark_group("plain search");
    group.sample_size(10).throughput(Throughput::Elements(states as u64));
    group.bench_function("2 brokers, 1 record, 1 kill", |bencher| {
        bencher.iter(|| {
            Search::breadth_first()
                .run(&Cluster::new(&config, REGISTERED, STEP))
                .states
        });
    });
    let commit = TwoPhaseCommit::new(6, Symmetry::Off).expect("six is within the bounds");
    let states = Search::breadth_first().run(&commit).states;
    group.throughput(Throughput::Elements(states as u64));
    group.bench_function("two-phase commit, 6 resource managers", |bencher| {
        bencher.iter(|| Search::breadth_first().run(&commit).states);
    });
    group.finish();
}

fn digests(criterion: &mut Criterion) {
    let config = tour(Features::KRAFT_4_3);
    let world = settled(&config);
    let mut group = criterion.benchmark_group("digests");
    group.throughput(Throughput::Elements(world.slots().len() as u64));
    group.bench_function("all slots of the tour", |bencher| bencher.iter(|| world.fingerprint()));
    group.finish();
}

criterion_group!(benches, search, digests);
criterion_main!(benches);
