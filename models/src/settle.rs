//! The settled cluster: what the same handlers reach from a cold start with default choices. It is no part of a trace.

use alloc::vec::Vec;

use sim_core::{Action, Input, Offer, Scratch};

use crate::actions::Event;
use crate::config::Config;
use crate::ids::{Node, TopicIndex};
use crate::kraft::quorum::Roster;
use crate::message::Command;
use crate::{Kafka, World};

/// More actions than any scenario of the permitted size needs to settle.
const STEPS_MAX: usize = 2_000_000;

/// A cluster whose brokers serve, whose first topics exist, and whose clients know the leaders. Without a clock.
pub fn settled(config: &Config) -> World<'_> {
    let mut world = World::new(config);
    let mut scratch = Scratch::default();
    for (_, id) in config.quorum.iter().flat_map(Roster::separate) {
        perform(
            &mut world,
            &Action::Environment(Event::StartController(id)),
            &mut scratch,
        );
    }
    for id in config.broker_ids() {
        perform(&mut world, &Action::Environment(Event::Start(id)), &mut scratch);
        // Controllers that are brokers need each other.
        if !config.has_quorum() {
            settle(&mut world, &mut scratch);
        }
    }
    settle(&mut world, &mut scratch);
    for (index, topic) in config.topics.iter().enumerate() {
        if topic.exists {
            let create = Command::CreateTopic(TopicIndex(index as u8));
            perform(&mut world, &Action::Command(Node::Controller, create), &mut scratch);
            settle(&mut world, &mut scratch);
        }
    }
    for id in config.client_ids() {
        perform(
            &mut world,
            &Action::Command(Node::Client(id), Command::Refresh),
            &mut scratch,
        );
        settle(&mut world, &mut scratch);
    }
    world
}

/// Performs one action that is possible or scripted, with harmless choices.
fn perform(world: &mut World<'_>, action: &Action<Kafka>, scratch: &mut Scratch<Kafka>) {
    let offer = world
        .find(action)
        .expect("a settling cluster can be started, given topics and asked");
    world.apply_default(&offer, scratch);
}

/// Lets everything arrive and every harmless timer fire until nothing is left to do: deliveries first, in canonical order.
pub fn settle(world: &mut World<'_>, scratch: &mut Scratch<Kafka>) {
    let mut offers = Vec::new();
    for _ in 0..STEPS_MAX {
        world.enabled(&mut offers);
        let Some(next) = next_harmless(&offers) else { return };
        world.apply_default(next, scratch);
    }
    panic!("the cluster does not settle: something happens again and again");
}

/// The next thing that happens by itself: a delivery, or else a timer that costs nothing.
pub fn next_harmless(offers: &[Offer<Kafka>]) -> Option<&Offer<Kafka>> {
    let free = |offer: &&Offer<Kafka>| offer.spends.is_none() && !offer.steps.iter().any(|(_, i)| commanded(i));
    let delivery = |offer: &&Offer<Kafka>| matches!(offer.action, Action::Deliver(_) | Action::DeliverOverdue(_));
    let timer = |offer: &&Offer<Kafka>| matches!(offer.action, Action::Fire(..));
    offers
        .iter()
        .filter(free)
        .find(delivery)
        .or_else(|| offers.iter().filter(free).find(timer))
}

/// Whether an offer is something that happens by itself, or ends a fault that lasts: a run rests where there is none.
pub fn goes_on(offer: &Offer<Kafka>) -> bool {
    let by_itself = matches!(
        offer.action,
        Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Fire(..)
    );
    let ends_a_fault = matches!(
        offer.action,
        Action::Environment(Event::Resume(_) | Event::Unstall(_) | Event::Heal(..))
    );
    offer.spends.is_none() && (by_itself || ends_a_fault)
}

fn commanded(input: &Input<Kafka>) -> bool {
    matches!(input, Input::Commanded(_))
}
