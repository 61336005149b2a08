//! Timed steps per second: three brokers, twelve partitions, steady produce and replicate, one core.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use models::actions::Event;
use models::config::Config;
use models::ids::{ClientId, Node, TopicIndex};
use models::message::Command;
use models::{Kafka, World, latency};
use sim_benches::steady;
use sim_core::{Action, Harmless, Instant, Span, Timed};

const EVENTS: u64 = 100_000;

/// A cluster that has settled under the clock.
fn started(config: &Config) -> Timed<'_, Kafka> {
    let mut timed = Timed::new(World::new(config), 7, latency);
    for id in config.broker_ids() {
        order(&mut timed, &Action::Environment(Event::Start(id)));
    }
    run_until(&mut timed, Span::from_s(30));
    order(
        &mut timed,
        &Action::Command(Node::Controller, Command::CreateTopic(TopicIndex(0))),
    );
    run_until(&mut timed, Span::from_s(30));
    timed
}

fn order(timed: &mut Timed<'_, Kafka>, action: &Action<Kafka>) {
    let offer = timed
        .world
        .find(action)
        .expect("a healthy cluster can be started and ordered");
    timed.perform(&offer, &mut Harmless);
}

fn run_until(timed: &mut Timed<'_, Kafka>, span: Span) {
    let limit = timed.now() + span;
    while timed.advance(limit, &mut Harmless).is_some() {}
    timed.wait_until(limit);
}

/// Every producer sends again as soon as it has its answer.
fn produce(timed: &mut Timed<'_, Kafka>, clients: u8, events: u64) -> Instant {
    let mut done = 0;
    for client in 0..clients {
        order(
            timed,
            &Action::Command(Node::Client(ClientId(client)), Command::SendNext),
        );
    }
    let far = timed.now() + Span::from_s(3_600);
    while done < events {
        let Some(action) = timed.advance(far, &mut Harmless) else {
            break;
        };
        done += 1;
        if let Action::Deliver(models::slots::Slot::Queue(Node::Broker(_), Node::Client(client), _)) = action {
            order(timed, &Action::Command(Node::Client(client), Command::SendNext));
            done += 1;
        }
    }
    timed.now()
}

fn timed(criterion: &mut Criterion) {
    let config = steady(u16::MAX);
    let mut group = criterion.benchmark_group("timed");
    group.throughput(Throughput::Elements(EVENTS)).sample_size(10);
    group.bench_function("3 brokers, 12 partitions, steady produce", |bencher| {
        bencher.iter_batched(
            || started(&config),
            |mut timed| produce(&mut timed, 12, EVENTS),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, timed);
criterion_main!(benches);
