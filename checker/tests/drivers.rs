//! One world, many drivers: the same trace gives the same digest in every slot, whoever drives.

use checker::cluster::{Cluster, Decided};
use checker::{Steps, System};
use models::config::{Config, Control};
use models::faults::{Fault, Faults};
use models::features::{Features, PRESETS};
use models::settle::settled;
use models::slots::Value;
use models::{Kafka, World, latency};
use sim_core::trace::{Decision, perform};
use sim_core::{Digest, Purpose, Recorded, Scratch, Seeded, Stream, Timed, content};

/// Traces per rule set; there are fifteen that differ.
const TRACES: u64 = 700;
/// The longest trace.
const STEPS: usize = 24;

/// The presets' rules, each once.
fn rule_sets() -> Vec<Features> {
    let mut sets: Vec<Features> = PRESETS.iter().map(|preset| preset.features).collect();
    sets.sort_unstable();
    sets.dedup();
    assert_eq!(sets.len(), 15);
    sets
}

fn config(features: Features) -> Config {
    let mut config = Config::small(features, 3, 2);
    if [Features::ZK_2_5, Features::ZK_3_9].contains(&features) {
        config.control = Control::ZooKeeper { ensemble: 1 };
    }
    config.faults = Faults::default()
        .with(Fault::Kill, 1)
        .with(Fault::Late, 1)
        .with(Fault::Power, 1)
        .with(Fault::Reset, 1);
    config
}

fn world<'c>(config: &'c Config, initial: &[Value]) -> World<'c> {
    let mut world = World::new(config);
    world.set_values(initial.to_vec());
    world
}

/// The sampling driver: random actions, random answers.
fn sample(config: &Config, initial: &[Value], seed: u64) -> (Vec<Decision<Kafka>>, Vec<Vec<Digest>>) {
    let mut world = world(config, initial);
    let (mut schedule, mut choices) = (
        Stream::new(seed, Purpose::Schedule),
        Stream::new(seed, Purpose::Choices),
    );
    let (mut decisions, mut digests, mut offers) = (Vec::new(), Vec::new(), Vec::new());
    let mut scratch = Scratch::default();
    for _ in 0..STEPS {
        world.enabled(&mut offers);
        let Some(offer) = schedule.pick(&offers) else { break };
        world.apply(offer, &mut Seeded(&mut choices), &mut scratch);
        let answers = scratch.choices.iter().map(|choice| choice.taken).collect();
        decisions.push(Decision {
            action: offer.action.clone(),
            choices: answers,
        });
        digests.push(world.digests());
    }
    (decisions, digests)
}

/// The search driver: every enabled action and answer in turn; the recorded one is among them.
fn search(cluster: &Cluster<'_>, decisions: &[Decision<Kafka>], digests: &[Vec<Digest>]) {
    let mut state = cluster.initial().remove(0);
    let mut steps = Steps::default();
    let mut bytes = Vec::new();
    for (decision, expected) in decisions.iter().zip(digests) {
        let mut choices = decision.choices.clone();
        while choices.last() == Some(&0) {
            choices.pop();
        }
        let wanted = Decided {
            action: decision.action.clone(),
            choices,
        };
        let found = steps.of(cluster, &state).iter().find(|step| step.action == wanted);
        state = found.expect("a sampled action is among all actions").state.clone();
        let now: Vec<Digest> = state.iter().map(|value| content(&**value, &mut bytes)).collect();
        assert_eq!(&now, expected, "after {}", decision.action);
    }
}

#[test]
fn sampling_replay_timed_and_search_give_the_same_digests_slot_by_slot() {
    for features in rule_sets() {
        let config = config(features);
        let initial = settled(&config).into_values();
        let cluster = Cluster::new(&config, &[], &[]);
        for seed in 0..TRACES {
            let (decisions, digests) = sample(&config, &initial, seed);
            let mut replayed = world(&config, &initial);
            let mut timed = Timed::new(world(&config, &initial), seed, latency);
            let mut scratch = Scratch::default();
            for (decision, expected) in decisions.iter().zip(&digests) {
                perform(&mut replayed, decision, &mut scratch).expect("a trace fits the world it was made on");
                assert_eq!(&replayed.digests(), expected, "replay after {}", decision.action);
                let offer = timed
                    .world
                    .find(&decision.action)
                    .expect("possible under a clock as well");
                timed.perform(&offer, &mut Recorded::new(&decision.choices));
                assert_eq!(&timed.world.digests(), expected, "timed after {}", decision.action);
            }
            if seed.is_multiple_of(10) {
                search(&cluster, &decisions, &digests);
            }
        }
    }
}

#[test]
fn what_the_timed_driver_decides_replays_without_a_clock() {
    for features in rule_sets() {
        let config = config(features);
        let initial = settled(&config).into_values();
        for seed in 0..50 {
            let mut timed = Timed::new(world(&config, &initial), seed, latency);
            let mut replayed = world(&config, &initial);
            let mut choices = Stream::new(seed, Purpose::Choices);
            let mut scratch = Scratch::default();
            let send = sim_core::Action::Command(
                models::ids::Node::Client(models::ids::ClientId(0)),
                models::message::Command::SendNext,
            );
            let offer = timed.world.find(&send).expect("a producer can send");
            timed.perform(&offer, &mut Seeded(&mut choices));
            replayed.apply_default(&offer, &mut scratch);
            let limit = timed.now() + sim_core::Span::from_s(20);
            while let Some(action) = timed.advance(limit, &mut Seeded(&mut choices)) {
                let answers = timed.scratch.choices.iter().map(|choice| choice.taken).collect();
                perform(
                    &mut replayed,
                    &Decision {
                        action,
                        choices: answers,
                    },
                    &mut scratch,
                )
                .expect("it fits");
                assert_eq!(replayed.digests(), timed.world.digests());
            }
        }
    }
}
