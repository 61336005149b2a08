//! Orders about replicas, partitions and topics: what they do to a settled cluster, and that no record is lost by them.

use checker::properties::{LIVENESS, REGISTERED};
use models::actions::Event;
use models::config::{Birth, Config, PartitionConfig};
use models::faults::{Fault, Faults};
use models::features::{Features, ReassignmentCompletion};
use models::ids::{BrokerId, Brokers, ClientId, Node, Partition, TopicIndex};
use models::log::Log;
use models::message::{Code, Command};
use models::settle::{settle, settled};
use models::slots::{Slot, Value};
use models::{World, cluster::PartitionState, fact::Fact};
use sim_core::{Action, Chooser, Op, Scratch};

const P: Partition = Partition(0);

fn ids(list: &[u8]) -> Brokers {
    list.iter().map(|id| BrokerId(*id)).collect()
}

/// So many brokers, one partition on the first ones that may move anywhere, a producer with one record.
fn config(features: Features, brokers: u8, replicas: &[u8]) -> Config {
    let mut config = Config::small(features, brokers, 1);
    let mut partition = PartitionConfig::new(TopicIndex(0), 0, ids(replicas));
    partition.may_move_to(&config.broker_ids().collect::<Vec<_>>());
    config.partitions = vec![partition];
    config.topics[0].settings.min_isr = 1;
    config
}

fn perform(world: &mut World<'_>, action: Action<models::Kafka>) -> Scratch<models::Kafka> {
    let offer = world.find(&action).expect("it can be ordered");
    let mut scratch = Scratch::default();
    world.apply_default(&offer, &mut scratch);
    scratch
}

/// What the controller answers to an order; nothing else happens yet.
fn order(world: &mut World<'_>, command: Command) -> Result<(), Code> {
    let scratch = perform(world, Action::Command(Node::Controller, command));
    let said = scratch.ops.iter().find_map(|(_, op)| match op {
        Op::Record(_, Fact::Ordered(result)) => Some(*result),
        _ => None,
    });
    said.expect("the controller answers")
}

fn rest(world: &mut World<'_>) {
    settle(world, &mut Scratch::default());
}

fn write(world: &mut World<'_>) {
    perform(world, Action::Command(Node::Client(ClientId(0)), Command::SendNext));
    rest(world);
}

fn state(world: &World<'_>, partition: Partition) -> Option<PartitionState> {
    match world.get(Slot::Controller) {
        Value::Controller(controller) => controller.cluster.partition(partition).cloned(),
        other => panic!("the slot of the controller holds {other:?}"),
    }
}

fn log<'w>(world: &'w World<'_>, id: u8, partition: Partition) -> &'w Log {
    match world.get(Slot::Log(BrokerId(id), partition)) {
        Value::Log(log) => log,
        other => panic!("the slot of a log holds {other:?}"),
    }
}

#[track_caller]
fn check(world: &World<'_>, replicas: &[u8], isr: &[u8], leader: u8, epoch: u16) {
    let state = state(world, P).expect("the partition exists");
    assert_eq!((state.replicas, state.isr), (ids(replicas), ids(isr)));
    assert_eq!((state.leader, state.leader_epoch.0), (Some(BrokerId(leader)), epoch));
}

#[test]
fn replicas_move_with_their_records_and_those_that_go_delete_them() {
    let config = config(Features::KRAFT_3_9, 4, &[1, 2]);
    let mut world = settled(&config);
    write(&mut world);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[4, 3]))), Ok(()));
    let begun = state(&world, P).expect("it exists");
    assert_eq!(
        (begun.replicas, begun.adding, begun.removing),
        (ids(&[4, 3, 1, 2]), ids(&[3, 4]), ids(&[1, 2]))
    );
    rest(&mut world);
    let ended = state(&world, P).expect("it exists");
    assert!(ended.adding.is_empty() && ended.removing.is_empty());
    assert_eq!((ended.replicas, ended.leader_epoch.0), (ids(&[4, 3]), 1));
    for id in [3, 4] {
        assert_eq!(log(&world, id, P).end().0, 1, "broker {id} has the record");
    }
    for id in [1, 2] {
        assert_eq!(
            *log(&world, id, P),
            Log::default(),
            "broker {id} has deleted its replica"
        );
    }
}

#[test]
fn another_order_moves_no_leader_and_costs_no_epoch() {
    let config = config(Features::KRAFT_3_9, 3, &[2, 3, 1]);
    let mut world = settled(&config);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[3, 2, 1]))), Ok(()));
    check(&world, &[3, 2, 1], &[2, 3, 1], 2, 0);
}

#[test]
fn a_copy_that_is_taken_away_costs_a_leader_epoch_though_the_leader_stays() {
    let config = config(Features::KRAFT_3_9, 3, &[1, 2, 3]);
    let mut world = settled(&config);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[1, 2]))), Ok(()));
    check(&world, &[1, 2], &[1, 2], 1, 1);
}

#[test]
fn a_cancellation_brings_the_old_replicas_back_and_a_second_one_finds_nothing() {
    let config = config(Features::KRAFT_3_9, 4, &[1, 2]);
    let mut world = settled(&config);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[4, 3]))), Ok(()));
    assert_eq!(order(&mut world, Command::CancelReassignment(P)), Ok(()));
    check(&world, &[1, 2], &[1, 2], 1, 1);
    assert_eq!(
        order(&mut world, Command::CancelReassignment(P)),
        Err(Code::NoReassignmentInProgress)
    );
    rest(&mut world);
    check(&world, &[1, 2], &[1, 2], 1, 1);
}

#[test]
fn targets_that_kafka_refuses_are_refused() {
    let config = config(Features::KRAFT_3_9, 3, &[1, 2]);
    let mut world = settled(&config);
    for target in [&[][..], &[1, 1], &[1, 9]] {
        assert_eq!(
            order(&mut world, Command::Reassign(P, ids(target))),
            Err(Code::InvalidReplicaAssignment)
        );
    }
    assert_eq!(
        order(&mut world, Command::Reassign(Partition(7), ids(&[1]))),
        Err(Code::UnknownTopicOrPartition)
    );
}

#[test]
fn a_topic_gets_more_partitions_and_never_fewer() {
    let mut config = config(Features::KRAFT_4_3, 2, &[1, 2]);
    let mut added = PartitionConfig::new(TopicIndex(0), 1, ids(&[2, 1]));
    added.birth = Birth::Added;
    config.partitions.push(added);
    let mut world = settled(&config);
    assert_eq!(state(&world, Partition(1)), None);
    let add = |count| Command::AddPartitions(TopicIndex(0), count);
    assert_eq!(order(&mut world, add(1)), Err(Code::InvalidPartitions));
    assert_eq!(order(&mut world, add(3)), Err(Code::InvalidPartitions));
    assert_eq!(order(&mut world, add(2)), Ok(()));
    let state = state(&world, Partition(1)).expect("it exists now");
    assert_eq!((state.leader, state.isr), (Some(BrokerId(2)), ids(&[2, 1])));
}

#[test]
fn a_deleted_topic_takes_its_logs_along_and_a_broker_that_was_down_deletes_them_later() {
    let mut config = config(Features::KRAFT_4_3, 2, &[1, 2]);
    config.faults = Faults::default().with(Fault::Kill, 1);
    let mut world = settled(&config);
    write(&mut world);
    perform(&mut world, Action::Environment(Event::Kill(BrokerId(2))));
    rest(&mut world);
    assert_eq!(order(&mut world, Command::DeleteTopic(TopicIndex(0))), Ok(()));
    rest(&mut world);
    assert_eq!(state(&world, P), None);
    assert_eq!(*log(&world, 1, P), Log::default());
    assert_ne!(*log(&world, 2, P), Log::default(), "broker 2 is down");
    perform(&mut world, Action::Environment(Event::Start(BrokerId(2))));
    rest(&mut world);
    assert_eq!(*log(&world, 2, P), Log::default(), "broker 2 finds a stray log");
    assert_eq!(
        order(&mut world, Command::DeleteTopic(TopicIndex(0))),
        Err(Code::UnknownTopicOrPartition)
    );
}

/// `reassignment-completes` in this world at rest.
fn completes(world: &World<'_>) -> Result<(), String> {
    let property = LIVENESS
        .iter()
        .find(|property| property.name == "reassignment-completes")
        .expect("it is registered");
    (property.check)(world).map_err(|failure| failure.reason)
}

#[test]
fn reassignment_completes_fails_while_something_moves_that_could_have_ended() {
    let config = config(Features::KRAFT_3_9, 3, &[1, 2]);
    let mut world = settled(&config);
    assert_eq!(completes(&world), Ok(()));
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[1, 3]))), Ok(()));
    let reason = "p0 still moves to brokers 1,3, all of which are up; in sync are 1,2";
    assert_eq!(completes(&world), Err(reason.to_owned()));
    rest(&mut world);
    assert_eq!(completes(&world), Ok(()));
}

/// A reassignment to 4,3 is replaced by one to 1,3: nothing new comes, so Kafka keeps the old list of those that come,
/// with broker 4 on it, which now goes as well.
fn replaced(rule: ReassignmentCompletion) -> Result<(), String> {
    let mut features = Features::KRAFT_3_9;
    features.reassignment_completion = rule;
    let config = config(features, 4, &[1, 2]);
    let mut world = settled(&config);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[4, 3]))), Ok(()));
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[1, 3]))), Ok(()));
    rest(&mut world);
    completes(&world)
}

#[test]
fn a_replaced_reassignment_waits_for_ever_where_who_comes_counts_and_ends_where_the_target_counts() {
    assert_eq!(replaced(ReassignmentCompletion::AllTargets), Ok(()));
    for rule in [ReassignmentCompletion::AnyTarget, ReassignmentCompletion::EnoughTargets] {
        let stuck = replaced(rule).expect_err("it waits for broker 4, which goes");
        assert!(stuck.starts_with("p0 still moves to brokers 1,3"), "{stuck}");
    }
}

/// Answers that cost a log its last unflushed batch, and nothing else.
struct LosesOne;

impl Chooser for LosesOne {
    fn choose(&mut self, what: &'static str, _of: u32) -> u32 {
        u32::from(what == "unflushed batches lost")
    }
}

/// Replica 1 of 1,2,3 is down when the partition moves to 1,4; then one disk, that of broker 4, loses a record of which
/// min.insync.replicas promised two copies. What `no-committed-loss` says of all replicas.
fn one_disk_after_a_move(rule: ReassignmentCompletion) -> Result<(), String> {
    let mut features = Features::KRAFT_3_9;
    features.reassignment_completion = rule;
    let mut config = config(features, 4, &[1, 2, 3]);
    config.topics[0].settings.min_isr = 2;
    config.faults = Faults::default().with(Fault::Kill, 1).with(Fault::Power, 1);
    let mut world = settled(&config);
    perform(&mut world, Action::Environment(Event::Kill(BrokerId(1))));
    rest(&mut world);
    write(&mut world);
    assert_eq!(order(&mut world, Command::Reassign(P, ids(&[1, 4]))), Ok(()));
    rest(&mut world);
    let power = world
        .find(&Action::Environment(Event::Power(BrokerId(4))))
        .expect("it is up");
    world.apply(&power, &mut LosesOne, &mut Scratch::default());
    rest(&mut world);
    for id in [4, 1] {
        perform(&mut world, Action::Environment(Event::Start(BrokerId(id))));
        rest(&mut world);
    }
    let property = REGISTERED
        .iter()
        .find(|property| property.name == "no-committed-loss")
        .expect("it is registered");
    (property.instances)(&config).iter().try_for_each(|instance| {
        let values: Vec<&Value> = instance.slots.iter().map(|slot| world.get(*slot)).collect();
        (instance.check)(&config, &values).map_err(|failure| failure.reason)
    })
}

#[test]
fn a_target_out_of_sync_costs_a_record_under_any_target_and_not_under_the_rules_after_it() {
    let lost = one_disk_after_a_move(ReassignmentCompletion::AnyTarget);
    assert_eq!(
        lost,
        Err("m1 was acknowledged at offset 0, but leader 4 ends at offset 0".to_owned())
    );
    for rule in [
        ReassignmentCompletion::AllTargets,
        ReassignmentCompletion::EnoughTargets,
    ] {
        assert_eq!(one_disk_after_a_move(rule), Ok(()), "{rule:?}");
    }
}
