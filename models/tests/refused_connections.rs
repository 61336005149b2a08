//! Without a clock: a client whose request meets nobody notices, asks others, and comes to an end.

use models::actions::Event;
use models::client::{Client, Work};
use models::config::{ClientKind, Config};
use models::faults::Faults;
use models::features::Features;
use models::ids::{BrokerId, ClientId, Node};
use models::message::Command;
use models::settle::{settle, settled};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::{Action, Harmless, Scratch};

const CLIENT: ClientId = ClientId(0);

fn config() -> Config {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 2);
    config.faults = Faults::unlimited();
    let ClientKind::Producer(producer) = &mut config.clients[0].kind else {
        panic!("the client of a small configuration is a producer")
    };
    producer.retries = 2;
    config
}

fn performs(world: &mut World<'_>, action: Action<Kafka>) {
    let offer = world
        .find(&action)
        .unwrap_or_else(|| panic!("`{action}` is not possible"));
    world.apply(&offer, &mut Harmless, &mut Scratch::default());
}

fn happens(world: &mut World<'_>, event: Event) {
    performs(world, Action::Environment(event));
}

fn sends(world: &mut World<'_>) {
    performs(world, Action::Command(Node::Client(CLIENT), Command::SendNext));
}

fn rests(world: &mut World<'_>) {
    settle(world, &mut Scratch::default());
}

fn client<'w>(world: &'w World<'_>) -> &'w Client {
    match world.get(Slot::Client(CLIENT)) {
        Value::Client(client) => client,
        other => panic!("no client: {other:?}"),
    }
}

fn acknowledged(world: &World<'_>) -> usize {
    let Value::Ledger(ledger) = world.get(Slot::Ledger) else {
        panic!("no ledger")
    };
    let partitions = world.config().all_partitions();
    partitions.map(|partition| ledger.promises(partition).acked.len()).sum()
}

#[test]
fn an_idle_client_forgets_a_leader_that_died_and_asks_who_is_alive() {
    let config = config();
    let mut world = settled(&config);
    happens(&mut world, Event::Kill(BrokerId(1)));
    rests(&mut world);
    assert_eq!(client(&world).leader, None);
    // The harmless choice asks broker 1 first, which is down.
    sends(&mut world);
    rests(&mut world);
    assert_eq!(client(&world).leader.map(|(leader, _)| leader), Some(BrokerId(2)));
    assert_eq!(acknowledged(&world), 1);
    assert!(client(&world).unreachable.is_empty());
}

#[test]
fn a_write_to_a_leader_that_dies_before_it_arrives_is_answered_by_the_next_one() {
    let config = config();
    let mut world = settled(&config);
    sends(&mut world);
    happens(&mut world, Event::Kill(BrokerId(1)));
    rests(&mut world);
    assert_eq!(acknowledged(&world), 1);
}

#[test]
fn a_client_that_reaches_nobody_gives_up() {
    let config = config();
    let mut world = settled(&config);
    happens(&mut world, Event::PowerAll);
    sends(&mut world);
    rests(&mut world);
    assert!(matches!(client(&world).work, Work::Producer { sending: None, left: 1 }));
    assert_eq!((client(&world).waits_for, acknowledged(&world)), (None, 0));
}

/// Nobody who is up may lead: the search for a leader ends all the same.
#[test]
fn a_client_that_hears_of_no_leader_gives_up() {
    let config = config();
    let mut world = settled(&config);
    for id in [3, 2, 1] {
        happens(&mut world, Event::Kill(BrokerId(id)));
        rests(&mut world);
    }
    happens(&mut world, Event::Wipe(BrokerId(3)));
    happens(&mut world, Event::Start(BrokerId(3)));
    rests(&mut world);
    sends(&mut world);
    rests(&mut world);
    assert!(client(&world).is_idle());
    assert_eq!(acknowledged(&world), 0);
}

#[test]
fn a_broker_that_comes_back_is_asked_like_any_other() {
    let config = config();
    let mut world = settled(&config);
    happens(&mut world, Event::PowerAll);
    sends(&mut world);
    for id in config.broker_ids() {
        happens(&mut world, Event::Start(id));
    }
    rests(&mut world);
    assert_eq!(acknowledged(&world), 1);
}
