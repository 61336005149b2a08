//! With ZooKeeper: orders about replicas and topics, what they do to a settled cluster, and in which epochs.

use models::actions::Event;
use models::cluster::PartitionState;
use models::config::{Config, Control, PartitionConfig};
use models::fact::Fact;
use models::faults::{Fault, Faults};
use models::features::Features;
use models::ids::{BrokerId, Brokers, ClientId, Node, Partition, TopicIndex};
use models::log::Log;
use models::message::{Code, Command};
use models::settle::{next_harmless, settle, settled};
use models::slots::{Slot, Value};
use models::{Kafka, World, authority};
use sim_core::{Action, Op, Scratch};

const P: Partition = Partition(0);
const T: TopicIndex = TopicIndex(0);

fn ids(list: &[u8]) -> Brokers {
    list.iter().map(|id| BrokerId(*id)).collect()
}

/// So many brokers, one partition on the first ones that may move anywhere, a producer with one record.
fn config(brokers: u8, replicas: &[u8]) -> Config {
    let mut config = Config::small(Features::ZK_3_9, brokers, 1);
    config.control = Control::ZooKeeper { ensemble: 1 };
    let mut partition = PartitionConfig::new(T, 0, ids(replicas));
    partition.may_move_to(&config.broker_ids().collect::<Vec<_>>());
    config.partitions = vec![partition];
    config.topics[0].settings.min_isr = 1;
    config.faults = Faults::default().with(Fault::Kill, 1);
    config
}

fn perform(world: &mut World<'_>, action: Action<Kafka>) -> Scratch<Kafka> {
    let offer = world.find(&action).expect("it can be done");
    let mut scratch = Scratch::default();
    world.apply_default(&offer, &mut scratch);
    scratch
}

/// What the controller answers to an order, and all that follows from it.
fn order(world: &mut World<'_>, command: Command) -> Result<(), Code> {
    let scratch = perform(world, Action::Command(Node::Controller, command));
    let said = scratch.ops.iter().find_map(|(_, op)| match op {
        Op::Record(_, Fact::Ordered(result)) => Some(*result),
        _ => None,
    });
    rest(world);
    said.expect("the controller answers")
}

fn rest(world: &mut World<'_>) {
    settle(world, &mut Scratch::default());
}

fn happens(world: &mut World<'_>, event: Event) {
    perform(world, Action::Environment(event));
    rest(world);
}

/// A settled cluster with a record.
fn begun(config: &Config) -> World<'_> {
    let mut world = settled(config);
    perform(
        &mut world,
        Action::Command(Node::Client(ClientId(0)), Command::SendNext),
    );
    rest(&mut world);
    world
}

fn state(world: &World<'_>) -> PartitionState {
    authority(world).partition(P).cloned().expect("the partition exists")
}

fn log<'w>(world: &'w World<'_>, id: u8) -> &'w Log {
    match world.get(Slot::Log(BrokerId(id), P)) {
        Value::Log(log) => log,
        other => panic!("the slot of a log holds {other:?}"),
    }
}

fn controller_sees_a_move(world: &World<'_>) -> bool {
    let active = match world.get(Slot::KafkaController(BrokerId(1))) {
        Value::KafkaController(controller) => controller.active.as_ref(),
        other => panic!("the slot of a controller holds {other:?}"),
    };
    let known = active.and_then(|active| active.cluster.partition(P));
    known.is_some_and(|state| !state.adding.is_empty())
}

#[track_caller]
fn check(world: &World<'_>, replicas: &[u8], leader: u8, epoch: u16) {
    let state = state(world);
    assert!(state.adding.is_empty() && state.removing.is_empty());
    assert_eq!((&state.replicas, state.isr.len()), (&ids(replicas), replicas.len()));
    assert_eq!((state.leader, state.leader_epoch.0), (Some(BrokerId(leader)), epoch));
}

#[test]
fn replicas_move_in_the_epochs_that_were_recorded_and_those_that_go_delete_their_logs() {
    let config = config(4, &[1, 2]);
    let mut world = begun(&config);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[4, 3]))), Ok(()));
    // reassign-zk-3.9: one epoch to begin, one for the election, one for each replica that leaves the ISR.
    check(&world, &[4, 3], 4, 4);
    for id in [3, 4] {
        assert_eq!(log(&world, id).end().0, 1, "broker {id} has the record");
    }
    for id in [1, 2] {
        assert_eq!(*log(&world, id), Log::default(), "broker {id} has deleted its replica");
    }
}

#[test]
fn the_present_list_as_a_target_costs_an_epoch_and_nothing_else() {
    let config = config(3, &[1, 2]);
    let mut world = begun(&config);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[1, 2]))), Ok(()));
    check(&world, &[1, 2], 1, 1);
}

#[test]
fn a_cancellation_brings_the_old_replicas_back_and_a_second_one_finds_nothing() {
    let config = config(3, &[1, 2]);
    let mut world = begun(&config);
    let start = Command::Reassign(P, ids(&[3, 1]));
    perform(&mut world, Action::Command(Node::Controller, start));
    while !controller_sees_a_move(&world) {
        let mut offers = Vec::new();
        world.enabled(&mut offers);
        let next = next_harmless(&offers).expect("the reassignment begins");
        world.apply_default(next, &mut Scratch::default());
    }
    let moving = state(&world);
    assert_eq!((moving.adding, moving.removing), (ids(&[3]), ids(&[2])));
    assert_eq!(order(&mut world, Command::CancelReassignment(P)), Ok(()));
    // One to begin, one for the end; 3 had not come into the ISR yet.
    check(&world, &[1, 2], 1, 2);
    assert_eq!(
        order(&mut world, Command::CancelReassignment(P)),
        Err(Code::NoReassignmentInProgress)
    );
}

#[test]
fn a_topic_that_is_to_go_waits_for_a_broker_that_is_down() {
    let config = config(3, &[1, 2]);
    let mut world = begun(&config);
    happens(&mut world, Event::Kill(BrokerId(2)));
    assert_eq!(order(&mut world, Command::DeleteTopic(T)), Ok(()));
    assert!(authority(&world).partition(P).is_some(), "its nodes are still there");
    assert_eq!(
        order(&mut world, Command::DeleteTopic(T)),
        Err(Code::UnknownTopicOrPartition)
    );
    happens(&mut world, Event::Start(BrokerId(2)));
    assert!(authority(&world).partition(P).is_none());
    for id in [1, 2] {
        assert_eq!(*log(&world, id), Log::default(), "broker {id} has deleted its replica");
    }
}

#[test]
fn targets_that_kafka_refuses_are_refused() {
    let config = config(3, &[1, 2]);
    let mut world = begun(&config);
    for target in [&[][..], &[1, 1], &[1, 9]] {
        assert_eq!(
            order(&mut world, Command::Reassign(P, ids(target))),
            Err(Code::InvalidReplicaAssignment)
        );
    }
    check(&world, &[1, 2], 1, 0);
}
