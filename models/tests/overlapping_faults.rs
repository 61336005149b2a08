//! Faults that overlap: a process that is killed while it stands still, a link that heals beside a paused process.

use models::actions::{Event, Timer};
use models::config::Config;
use models::faults::{Fault, Faults};
use models::features::Features;
use models::ids::{BrokerEpoch, BrokerId, Node, Partition};
use models::message::Lane;
use models::settle::{settle, settled};
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::{Action, Harmless, Model, Offer, Scratch};

const ONE: BrokerId = BrokerId(1);
const TWO: BrokerId = BrokerId(2);

fn config() -> Config {
    let mut config = Config::small(Features::KRAFT_4_3, 2, 1);
    config.faults = Faults::unlimited();
    config
}

fn find(world: &World<'_>, action: Action<Kafka>) -> Offer<Kafka> {
    world
        .find(&action)
        .unwrap_or_else(|| panic!("`{action}` is not possible"))
}

fn happens(world: &mut World<'_>, event: Event) {
    let offer = find(world, Action::Environment(event));
    world.apply(&offer, &mut Harmless, &mut Scratch::default());
}

fn rests(world: &mut World<'_>) {
    settle(world, &mut Scratch::default());
}

fn session_costs(world: &World<'_>, id: BrokerId) -> Option<Fault> {
    find(world, Action::Fire(Node::Controller, Timer::Session(id))).spends
}

fn in_isr(world: &World<'_>, id: BrokerId) -> bool {
    let Value::Controller(controller) = world.get(Slot::Controller) else {
        panic!("no controller")
    };
    let state = controller.cluster.partition(Partition(0)).expect("the topic exists");
    state.isr.contains(&id)
}

#[test]
fn a_process_killed_while_it_stands_still_comes_back() {
    let config = config();
    let mut world = settled(&config);
    happens(&mut world, Event::Pause(TWO));
    happens(&mut world, Event::Kill(TWO));
    rests(&mut world);
    assert!(!in_isr(&world, TWO));
    happens(&mut world, Event::Start(TWO));
    rests(&mut world);
    assert!(in_isr(&world, TWO));
    assert!(!world.values().iter().any(Kafka::suspended));
}

#[test]
fn a_process_killed_while_its_disk_stalls_comes_back() {
    let config = config();
    let mut world = settled(&config);
    happens(&mut world, Event::Stall(TWO));
    happens(&mut world, Event::Kill(TWO));
    rests(&mut world);
    happens(&mut world, Event::Start(TWO));
    rests(&mut world);
    assert!(in_isr(&world, TWO));
    assert!(!world.values().iter().any(Kafka::suspended));
}

#[test]
fn a_link_that_heals_does_not_wake_a_paused_process_nor_a_resumed_process_a_cut_link() {
    let config = config();
    let (broker, controller) = (Node::Broker(TWO), Node::Controller);
    let mut world = settled(&config);
    happens(&mut world, Event::Cut(controller, broker));
    happens(&mut world, Event::Pause(TWO));
    happens(&mut world, Event::Heal(controller, broker));
    assert_eq!(session_costs(&world, TWO), None, "a paused broker cannot be heard");
    assert!(Kafka::suspended(world.get(Slot::Queue(
        controller,
        broker,
        Lane::Metadata
    ))));

    happens(&mut world, Event::Cut(controller, broker));
    happens(&mut world, Event::Resume(TWO));
    assert_eq!(
        session_costs(&world, TWO),
        None,
        "a broker that is cut off cannot be heard"
    );
    assert!(Kafka::suspended(world.get(Slot::Queue(
        controller,
        broker,
        Lane::Metadata
    ))));

    happens(&mut world, Event::Heal(controller, broker));
    let heartbeat = Slot::Queue(broker, controller, Lane::Control);
    let arrives = find(&world, Action::Deliver(heartbeat));
    world.apply(&arrives, &mut Harmless, &mut Scratch::default());
    assert_eq!(session_costs(&world, TWO), Some(Fault::Expiry), "it was heard");
}

/// Broker 1 asks to serve again after a reset, dies, and its heartbeat is handled later.
#[test]
fn a_late_heartbeat_does_not_make_a_dead_broker_heard() {
    let config = config();
    let (broker, controller) = (Node::Broker(ONE), Node::Controller);
    let mut world = settled(&config);
    happens(&mut world, Event::Pause(ONE));
    happens(&mut world, Event::Resume(ONE));
    happens(&mut world, Event::Late(broker, controller, Lane::Control));
    happens(&mut world, Event::Kill(ONE));
    let late = find(
        &world,
        Action::DeliverOverdue(Slot::Queue(broker, controller, Lane::Control)),
    );
    world.apply(&late, &mut Harmless, &mut Scratch::default());
    assert_eq!(session_costs(&world, ONE), None);
}

/// The first life's registration is read, but handled after the second life is registered.
#[test]
fn a_late_registration_of_an_older_life_does_not_replace_the_newer_one() {
    let config = config();
    let (broker, controller) = (Node::Broker(TWO), Node::Controller);
    let mut world = settled(&config);
    happens(&mut world, Event::Kill(TWO));
    rests(&mut world);
    happens(&mut world, Event::Start(TWO));
    happens(&mut world, Event::Late(broker, controller, Lane::Control));
    happens(&mut world, Event::Kill(TWO));
    happens(&mut world, Event::Start(TWO));
    let lane = Slot::Queue(broker, controller, Lane::Control);
    // The end of the old connection first, then the registration.
    for _ in 0..2 {
        let arrives = find(&world, Action::Deliver(lane));
        world.apply(&arrives, &mut Harmless, &mut Scratch::default());
    }
    let late = find(&world, Action::DeliverOverdue(lane));
    world.apply(&late, &mut Harmless, &mut Scratch::default());
    let Value::Controller(after) = world.get(Slot::Controller) else {
        panic!("no controller")
    };
    assert_eq!(after.cluster.broker(TWO).map(|known| known.epoch), Some(BrokerEpoch(3)));
    rests(&mut world);
    assert!(in_isr(&world, TWO));
}
