//! Runs without end on the graph of ids: found where somebody is never told, and nowhere else.

use checker::cluster::interned;
use checker::interned::{AtRest, Graph};
use models::config::Config;
use models::faults::{Fault, Faults};
use models::features::Features;
use models::ids::{BrokerId, Node};
use models::message::Lane;
use models::settle::{goes_on, settled};
use models::slots::Slot;
use models::{Kafka, World};
use sim_core::trace::perform;
use sim_core::{Action, Offer, Scratch};

fn small(fault: Fault) -> Config {
    let mut config = Config::small(Features::KRAFT_4_3, 2, 1);
    config.faults = Faults::default().with(fault, 1);
    config
}

/// Everything goes on but what this broker hears from the controller.
fn deaf(offer: &Offer<Kafka>) -> bool {
    let metadata = Slot::Queue(Node::Controller, Node::Broker(BrokerId(2)), Lane::Metadata);
    goes_on(offer) && offer.action != Action::Deliver(metadata)
}

fn is_busy(world: &World<'_>, goes_on: fn(&Offer<Kafka>) -> bool) -> bool {
    let mut offers = Vec::new();
    world.enabled(&mut offers);
    offers.iter().any(goes_on)
}

/// Steps of the stem and of the circle of a fair run that is busy for ever, on ids.
fn on_ids(config: &Config, goes_on: fn(&Offer<Kafka>) -> bool) -> Option<(usize, usize)> {
    let properties = Vec::new();
    let space = interned(config, &[], &[]).resting(AtRest { goes_on, properties });
    let graph = Graph::explore(&space, 1_000_000, &mut |_| true).expect("a small world");
    let lasso = graph.lasso(&|world| is_busy(world, goes_on))?;
    let mut world = settled(config);
    let mut scratch = Scratch::default();
    for decision in &lasso.stem {
        perform(&mut world, decision, &mut scratch).expect("the stem replays");
    }
    let entry = world.clone().into_values();
    for decision in lasso.cycle.iter().chain(&lasso.cycle) {
        assert!(is_busy(&world, goes_on), "it never rests");
        perform(&mut world, decision, &mut scratch).expect("the circle replays");
    }
    assert_eq!(world.into_values(), entry, "twice round is back where it began");
    Some((lasso.stem.len(), lasso.cycle.len()))
}

#[test]
fn every_fair_run_comes_to_rest() {
    for fault in [Fault::Kill, Fault::Pause, Fault::Late, Fault::Reset] {
        assert_eq!(on_ids(&small(fault), goes_on), None, "{fault:?}");
    }
}

#[test]
fn who_never_hears_that_he_leads_is_asked_for_ever() {
    let config = small(Fault::Kill);
    let (stem, circle) = on_ids(&config, deaf).expect("broker 1 asks broker 2 again and again");
    assert!(circle >= 2, "asked and refused: {circle} steps");
    assert!(stem > 0, "the first leader has to end before");
}

#[test]
fn a_graph_with_too_many_states_is_not_kept() {
    let config = small(Fault::Kill);
    let space = interned(&config, &[], &[]);
    assert!(Graph::explore(&space, 100, &mut |_| true).is_err());
}
