//! A KRaft quorum inside a cluster: who decides, what counts, what is taken back.

use models::actions::Event;
use models::config::{Config, Control, Pace};
use models::faults::Fault;
use models::features::Features;
use models::ids::{BrokerId, ControllerId, Partition};
use models::kraft::quorum::{QuorumController, RaftManager, Roster};
use models::quorum::NodeId;
use models::raft::Rules;
use models::settle::{settle, settled};
use models::slots::{Slot, Value};
use models::{World, authority};
use sim_core::{Action, Scratch};

/// Three brokers, and these controllers.
fn with_quorum(controllers: &[u8]) -> Config {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 1);
    let controllers: Vec<ControllerId> = controllers.iter().copied().map(ControllerId).collect();
    let brokers: Vec<BrokerId> = config.broker_ids().collect();
    config.control = Control::Quorum;
    config.quorum = Some(Roster::new(&controllers, &brokers, Rules::NEWEST));
    assert_eq!(config.pace, Pace::Free);
    config
}

fn manager<'w>(world: &'w World<'_>, id: u8) -> &'w RaftManager {
    match world.get(Slot::RaftManager(NodeId(id))) {
        Value::RaftManager(manager) => manager,
        other => panic!("the slot holds {other:?}"),
    }
}

fn controller<'w>(world: &'w World<'_>, id: u8) -> &'w QuorumController {
    match world.get(Slot::QuorumController(NodeId(id))) {
        Value::QuorumController(controller) => controller,
        other => panic!("the slot holds {other:?}"),
    }
}

fn happens(world: &mut World<'_>, scratch: &mut Scratch<models::Kafka>, event: Event) {
    let offer = world.find(&Action::Environment(event)).expect("possible here");
    world.apply_default(&offer, scratch);
}

fn image<'w>(world: &'w World<'_>, id: u8) -> &'w models::cluster::Cluster {
    match world.get(Slot::Image(BrokerId(id))) {
        Value::Image(image) => &image.0,
        other => panic!("the slot holds {other:?}"),
    }
}

#[test]
fn a_quorum_settles_with_one_active_controller_and_all_brokers_know_what_is_committed() {
    for controllers in [&[101][..], &[101, 102, 103], &[1], &[1, 2, 3], &[1, 2, 103]] {
        let config = with_quorum(controllers);
        let world = settled(&config);
        let voters = 1..=controllers.len() as u8;
        let active = voters.filter(|id| controller(&world, *id).active.is_some());
        assert_eq!(active.count(), 1, "{controllers:?}");
        let leader = authority(&world).partition(Partition(0)).and_then(|state| state.leader);
        assert_eq!(leader, Some(BrokerId(1)), "{controllers:?}");
        for id in 1..=3 {
            assert_eq!(image(&world, id), authority(&world), "{controllers:?} broker {id}");
        }
    }
}

#[test]
fn another_controller_takes_over_and_fences_a_broker_that_died_with_the_first_one() {
    let mut config = with_quorum(&[1, 2, 3]);
    config.faults.set(Fault::Kill, sim_core::Budget::Left(1));
    let mut world = settled(&config);
    assert_eq!(controller(&world, 1).active, Some(models::quorum::Epoch(1)));
    let mut scratch = Scratch::default();
    happens(&mut world, &mut scratch, Event::Kill(BrokerId(1)));
    settle(&mut world, &mut scratch);
    let active: Vec<u8> = (1..=3).filter(|id| controller(&world, *id).active.is_some()).collect();
    assert_eq!(active.len(), 1);
    assert!(manager(&world, active[0]).member.leads());
    let state = authority(&world).partition(Partition(0)).expect("the partition exists");
    assert_eq!(state.leader, Some(BrokerId(2)));
    assert_eq!(image(&world, 2), authority(&world));
    assert_eq!(image(&world, 3), authority(&world));
    happens(&mut world, &mut scratch, Event::Start(BrokerId(1)));
    settle(&mut world, &mut scratch);
    assert_eq!(image(&world, 1), authority(&world));
    let state = authority(&world).partition(Partition(0)).expect("the partition exists");
    assert_eq!(state.isr.len(), 3);
}

#[test]
fn without_a_majority_of_controllers_nothing_changes_and_the_data_plane_goes_on() {
    let mut config = with_quorum(&[101, 102, 103]);
    config.faults.set(Fault::Kill, sim_core::Budget::Left(3));
    let mut world = settled(&config);
    let mut scratch = Scratch::default();
    for id in [102, 103] {
        happens(&mut world, &mut scratch, Event::KillController(ControllerId(id)));
    }
    let before = authority(&world).clone();
    happens(&mut world, &mut scratch, Event::Kill(BrokerId(3)));
    settle(&mut world, &mut scratch);
    assert_eq!(authority(&world), &before);
    let uncommitted = &controller(&world, 1).controller.cluster;
    assert_ne!(
        uncommitted, &before,
        "the active controller has decided, and nothing of that counts"
    );
    happens(&mut world, &mut scratch, Event::StartController(ControllerId(102)));
    settle(&mut world, &mut scratch);
    assert_ne!(authority(&world), &before);
    assert_eq!(
        authority(&world).broker(BrokerId(3)).map(|known| known.is_active()),
        Some(false)
    );
}
