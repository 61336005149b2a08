//! What is looked for by its identity is what its slot offers.

use models::config::{Config, Pace};
use models::faults::Faults;
use models::features::Features;
use models::settle::settled;
use models::{World, latency};
use sim_core::{Harmless, Instant, Span, Timed};

/// Every action that is possible now is found, with the same steps.
fn check(world: &World<'_>) {
    let mut offers = Vec::new();
    world.enabled(&mut offers);
    for offer in &offers {
        assert_eq!(world.find(&offer.action).as_ref(), Some(offer), "{}", offer.action);
    }
}

#[test]
fn every_offer_of_a_cluster_without_a_clock_is_found() {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 2);
    config.faults = Faults::unlimited();
    check(&settled(&config));
}

#[test]
fn every_offer_of_a_cluster_with_a_clock_is_found() {
    let mut config = Config::small(Features::KRAFT_4_3, 3, 2);
    (config.pace, config.faults) = (Pace::Clock, Faults::unlimited());
    let mut timed = Timed::new(World::new(&config), 0, latency);
    for id in config.broker_ids() {
        let start = sim_core::Action::Environment(models::actions::Event::Start(id));
        let offer = timed.world.find(&start).expect("a broker that is down can be started");
        timed.perform(&offer, &mut Harmless);
    }
    while timed.advance(Instant::ZERO + Span::from_s(20), &mut Harmless).is_some() {
        check(&timed.world);
    }
}
