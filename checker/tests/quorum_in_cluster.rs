//! Properties of a cluster with a quorum of controllers: each fails where it must, and without the rule that it rests on.

use checker::properties::REGISTERED;
use models::actions::Event;
use models::actions::Timer;
use models::config::{Config, Control};
use models::faults::{Fault, Faults};
use models::features::{Features, Switch};
use models::ids::{BrokerId, ControllerId, Node};
use models::kraft::quorum::{Committed, RaftManager, Roster};
use models::message::Lane;
use models::quorum::{Epoch, NodeId, NodeSet};
use models::raft::Rules;
use models::raft::log::Content;
use models::raft::rules::PreVote;
use models::settle::settled;
use models::slots::{Slot, Value};
use models::{Kafka, World};
use sim_core::{Action, Failure, Recorded, Scratch};

/// Three nodes that are broker and controller at once.
fn combined(rules: Rules) -> Config {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 1);
    let controllers = [1, 2, 3].map(ControllerId);
    let brokers: Vec<BrokerId> = config.broker_ids().collect();
    config.control = Control::Quorum;
    config.quorum = Some(Roster::new(&controllers, &brokers, rules));
    config.faults = Faults::default()
        .with(Fault::Kill, 1)
        .with(Fault::Power, 1)
        .with(Fault::Expiry, 4);
    config
}

fn judge(world: &World<'_>, name: &str) -> Result<(), Failure> {
    let property = REGISTERED.iter().find(|property| property.name == name);
    let instances = (property.expect("it is registered").instances)(world.config());
    assert!(!instances.is_empty(), "{name} looks at something");
    instances.iter().try_for_each(|instance| {
        let values: Vec<&Value> = instance.slots.iter().map(|slot| world.get(*slot)).collect();
        (instance.check)(world.config(), &values)
    })
}

/// The world with one slot bent by hand.
fn bent<'c>(world: &World<'c>, slot: Slot, change: impl FnOnce(&mut Value)) -> World<'c> {
    let mut world = world.clone();
    let at = world.index(slot);
    let mut values = world.values().to_vec();
    change(&mut values[at]);
    world.set_values(values);
    world
}

fn with_committed<'c>(world: &World<'c>, change: impl FnOnce(&mut Committed)) -> World<'c> {
    bent(world, Slot::Committed, |value| match value {
        Value::Committed(committed) => change(committed),
        other => panic!("the slot holds {other:?}"),
    })
}

fn with_manager<'c>(world: &World<'c>, id: u8, change: impl FnOnce(&mut RaftManager)) -> World<'c> {
    bent(world, Slot::RaftManager(NodeId(id)), |value| match value {
        Value::RaftManager(manager) => change(manager),
        other => panic!("the slot holds {other:?}"),
    })
}

const NAMES: [&str; 3] = ["one-controller-per-epoch", "metadata-agreement", "metadata-complete"];

#[test]
fn a_settled_quorum_keeps_all_of_them() {
    let config = combined(Rules::LISTED_VOTERS);
    let world = settled(&config);
    for name in NAMES {
        assert_eq!(judge(&world, name), Ok(()), "{name}");
    }
}

#[test]
fn two_leaders_of_an_epoch_are_noticed() {
    let config = combined(Rules::LISTED_VOTERS);
    let world = settled(&config);
    let twice = with_committed(&world, |committed| {
        let both = NodeSet::EMPTY.with(NodeId(1)).with(NodeId(2));
        committed.ledger.elected.insert(Epoch(7), both);
    });
    assert!(judge(&twice, "one-controller-per-epoch").is_err());
    assert_eq!(judge(&twice, "metadata-agreement"), Ok(()));
}

#[test]
fn a_process_that_takes_something_else_for_committed_is_noticed() {
    let config = combined(Rules::LISTED_VOTERS);
    let world = settled(&config);
    let other = with_committed(&world, |committed| {
        let last = committed.ledger.committed.last_mut().expect("something is committed");
        last.entry.content = Content::LeaderChange(NodeId(3));
    });
    assert!(judge(&other, "metadata-agreement").is_err());
}

#[test]
fn a_leader_that_lacks_what_was_committed_before_it_is_noticed() {
    let config = combined(Rules::LISTED_VOTERS);
    let world = settled(&config);
    let later = with_manager(&world, 1, |manager| {
        let mut state = manager.member.state().clone();
        state.epoch = Epoch(9);
        manager.member.write(state, true);
    });
    assert_eq!(judge(&later, "metadata-complete"), Ok(()));
    let shorter = with_manager(&later, 1, |manager| manager.log.truncate(models::ids::Offset(1)));
    assert!(judge(&shorter, "metadata-complete").is_err());
}

/// A run that is told step by step.
struct Script<'c> {
    world: World<'c>,
    scratch: Scratch<Kafka>,
}

impl Script<'_> {
    fn does(&mut self, action: &Action<Kafka>, choices: &[u32]) {
        let offer = self
            .world
            .find(action)
            .unwrap_or_else(|| panic!("{action} is not possible"));
        self.world.apply(&offer, &mut Recorded::new(choices), &mut self.scratch);
    }

    /// All that one controller has for another on this lane arrives.
    fn arrives(&mut self, from: u8, to: u8, lane: Lane) {
        let node = |id| Node::Voter(ControllerId(id));
        let action = Action::Deliver(Slot::Queue(node(from), node(to), lane));
        while self.world.find(&action).is_some() {
            self.does(&action, &[]);
        }
    }
}

/// Controller 1 led and is gone; 2 asks 3, which votes, loses power and its vote, and votes again for 1.
fn votes_twice(config: &Config) -> World<'_> {
    let mut run = Script {
        world: settled(config),
        scratch: Scratch::default(),
    };
    let stands = |id: u8| Action::Fire(Node::Voter(ControllerId(id)), Timer::Election(0));
    run.does(&Action::Environment(Event::Kill(BrokerId(1))), &[]);
    run.does(&stands(2), &[]);
    run.arrives(2, 3, Lane::Ask);
    run.arrives(3, 2, Lane::Answer);
    // The broker on that node has a log, of which nothing is lost; the vote is, if it is not on the disk.
    let lost: &[u32] = if config.roster().raft.rules.vote_durable == Switch::On {
        &[]
    } else {
        &[1]
    };
    run.does(&Action::Environment(Event::Power(BrokerId(3))), lost);
    run.does(&Action::Environment(Event::Start(BrokerId(1))), &[]);
    run.does(&Action::Environment(Event::Start(BrokerId(3))), &[]);
    run.does(&stands(1), &[]);
    run.arrives(1, 3, Lane::Ask);
    run.arrives(3, 1, Lane::Answer);
    run.world
}

#[test]
fn without_votes_on_disk_two_controllers_lead_one_epoch() {
    let rules = Rules {
        pre_vote: PreVote::Off,
        ..Rules::LISTED_VOTERS
    };
    let config = combined(rules);
    assert_eq!(judge(&votes_twice(&config), "one-controller-per-epoch"), Ok(()));
    let config = combined(Rules {
        vote_durable: Switch::Off,
        ..rules
    });
    let failure = judge(&votes_twice(&config), "one-controller-per-epoch");
    assert_eq!(failure.expect_err("two were elected").about, "epoch 2");
}
