//! Two oracles, one verdict: a record that the state of the cluster says is lost is soon seen to be lost by clients, and
//! clients of a sound cluster see nothing.

use checker::explore::{OnViolation, Plan, Runner, SamplerKind, series};
use checker::history::{Anomaly, Kind, What, history_of, judge};
use checker::narrate::Tale;
use checker::properties::REGISTERED;
use models::actions::Event;
use models::config::{ClientConfig, ClientKind, Config, ConsumerConfig, Reset};
use models::faults::{Fault, Faults};
use models::features::Features;
use models::ids::{Node, Partition};
use models::message::Command;
use models::settle::{next_harmless, settled};
use models::{Kafka, World};
use sim_core::trace::{Decision, perform};
use sim_core::{Action, Offer, Registered, Scratch};

/// Within so many steps what is lost is seen to be lost.
const SUFFIX_MAX: usize = 500;
/// After so many polls the consumer has seen what there is.
const POLLS: usize = 12;

/// Three brokers, a producer with records to spare, and a consumer.
fn config(features: Features) -> Config {
    let mut config = Config::small(features, 3, 12);
    config.clients.push(ClientConfig {
        name: "reader".to_owned(),
        kind: ClientKind::Consumer(ConsumerConfig {
            partition: Partition(0),
            reset: Reset::Earliest,
            wants: models::config::Wants::Records,
        }),
    });
    config.faults = Faults::default().with(Fault::Kill, 1).with(Fault::Expiry, 3);
    config
}

fn losses() -> Vec<Registered<Kafka>> {
    let named = |property: &&Registered<Kafka>| property.name == "no-committed-loss";
    REGISTERED.iter().filter(named).copied().collect()
}

fn plan<'p>(config: &'p Config, properties: &'p [Registered<Kafka>]) -> Plan<'p> {
    Plan {
        config,
        properties,
        step_properties: &[],
        sampler: SamplerKind::Pct,
        first_seed: 0,
        runs: 0,
        steps_max: 60,
        jobs: 2,
        on_violation: OnViolation::Stop,
        shard: (0, 1),
    }
}

/// What comes next when all faults are over: what happens by itself, then who is down comes back, then a write, then a read.
fn next<'o>(offers: &'o [Offer<Kafka>], polls: &mut usize) -> Option<&'o Offer<Kafka>> {
    let find = |wanted: &dyn Fn(&Action<Kafka>) -> bool| {
        offers
            .iter()
            .find(|offer| offer.spends.is_none() && wanted(&offer.action))
    };
    let back = |action: &Action<Kafka>| matches!(action, Action::Environment(Event::Start(_)));
    let write = |action: &Action<Kafka>| matches!(action, Action::Command(Node::Client(_), Command::SendNext));
    let read = |action: &Action<Kafka>| matches!(action, Action::Command(Node::Client(_), Command::Poll));
    let found = next_harmless(offers).or_else(|| find(&back)).or_else(|| find(&write));
    if found.is_some() || *polls == 0 {
        return found;
    }
    *polls -= 1;
    find(&read)
}

/// The decisions with a suffix in which nothing goes wrong any more.
fn with_suffix(config: &Config, decisions: &[Decision<Kafka>]) -> Vec<Decision<Kafka>> {
    let mut world: World<'_> = settled(config);
    let mut scratch = Scratch::default();
    for decision in decisions {
        perform(&mut world, decision, &mut scratch).expect("they are those of a run");
    }
    let (mut all, mut offers, mut polls) = (decisions.to_vec(), Vec::new(), POLLS);
    for _ in 0..SUFFIX_MAX {
        world.enabled(&mut offers);
        let Some(offer) = next(&offers, &mut polls) else { break };
        let action = offer.action.clone();
        world.apply_default(offer, &mut scratch);
        let choices = Vec::new();
        all.push(Decision { action, choices });
    }
    all
}

/// What clients see that they should not, and how many records they read on the way.
fn reproaches(config: &Config, decisions: &[Decision<Kafka>]) -> (Vec<Anomaly>, usize) {
    let initial = settled(config).into_values();
    let tale = Tale::of(config, &initial, &with_suffix(config, decisions)).expect("they fit");
    let history = history_of(&tale);
    let read = history.iter().map(|event| match &event.what {
        What::Polled { records, .. } => records.len(),
        What::Sent { .. } | What::Ok { .. } | What::Failed { .. } | What::Unknown { .. } => 0,
        What::Reset | What::Deleted => 0,
    });
    let read = read.sum();
    let mut anomalies = judge(&history);
    anomalies.retain(|anomaly| anomaly.allowed.is_none());
    (anomalies, read)
}

#[test]
fn a_committed_record_that_is_lost_is_soon_seen_to_be_lost_by_clients() {
    let config = config(Features::HW_TRUNCATION);
    let properties = losses();
    let made = series(&plan(&config, &properties), 8, 200_000, &mut |_, _| {
        std::ops::ControlFlow::Continue(())
    });
    let found: Vec<_> = made.iter().filter_map(|series| series.found.as_ref()).collect();
    assert!(found.len() >= 4, "only {} losses were found", found.len());
    for (seed, found) in found {
        let (seen, _) = reproaches(&config, &found.decisions);
        let kinds: Vec<Kind> = seen.iter().map(|anomaly| anomaly.kind).collect();
        let loss = kinds.contains(&Kind::Lost) || kinds.contains(&Kind::InconsistentOffset);
        assert!(loss, "seed {seed}: clients see only {seen:?}");
    }
}

#[test]
fn clients_of_the_newest_rules_see_nothing() {
    let config = config(Features::KRAFT_4_3);
    let plan = plan(&config, &[]);
    let mut runner = Runner::new(&config, &plan);
    let mut all = 0;
    for seed in 0..60 {
        let decisions = runner.decisions(seed);
        let (seen, read) = reproaches(&config, &decisions);
        assert!(seen.is_empty(), "seed {seed}: {seen:?}");
        all += read;
    }
    assert!(all > 60, "who reads nothing sees nothing: {all} records");
}
