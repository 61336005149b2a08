//! Laws that hold of every world, whatever its model: enabled is stable, apply is deterministic, clones are equal and
//! independent, replay is exact. Tried on the toy model of the example.

extern crate alloc;

#[path = "../examples/ping_pong.rs"]
mod ping_pong;

use ping_pong::{Command, Name, PingPong, Rules, Slot};
use proptest::prelude::*;
use sim_core::outcome::outcomes;
use sim_core::trace::{Decision, Misfit, deed, perform};
use sim_core::{Action, Chooser, Digest, Enabled, Model, Offer, Recorded, Scratch, World};

const RULES: Rules = Rules { strokes: 6, gusts: 2 };

/// One step of a random walk: which of the enabled actions, and the answers to its choices.
type Pick = (prop::sample::Index, Vec<u32>);

fn picks() -> impl Strategy<Value = Vec<Pick>> {
    prop::collection::vec(
        (any::<prop::sample::Index>(), prop::collection::vec(0..2_u32, 0..2)),
        0..60,
    )
}

/// The world in which Ann has served.
fn served() -> World<'static, PingPong> {
    let mut world = World::new(&RULES);
    let play = world
        .find(&Action::Command(Name::Ann, Command::Play))
        .expect("Ann can always be told to play");
    world.apply_default(&play, &mut Scratch::default());
    world
}

fn enabled(world: &World<'_, PingPong>) -> Vec<Offer<PingPong>> {
    let mut offers = Vec::new();
    world.enabled(&mut offers);
    offers
}

/// Walks, and shows each world with the offer and the answers that are taken in it; the decisions and the last world.
fn walk(
    picks: &[Pick],
    mut look: impl FnMut(&World<'static, PingPong>, &Offer<PingPong>, &[u32]),
) -> (Vec<Decision<PingPong>>, World<'static, PingPong>) {
    let (mut world, mut scratch, mut decisions) = (served(), Scratch::default(), Vec::new());
    for (index, answers) in picks {
        let offers = enabled(&world);
        if offers.is_empty() {
            break;
        }
        let offer = index.get(&offers);
        look(&world, offer, answers);
        world.apply(offer, &mut Recorded::new(answers), &mut scratch);
        let choices = scratch.choices.iter().map(|choice| choice.taken).collect();
        decisions.push(Decision {
            action: offer.action.clone(),
            choices,
        });
    }
    (decisions, world)
}

/// What one action does to a copy of a world: digests of all slots, and of its effects.
fn effect(world: &World<'_, PingPong>, offer: &Offer<PingPong>, chooser: &mut dyn Chooser) -> (Vec<Digest>, Digest) {
    let (mut next, mut scratch) = (world.clone(), Scratch::default());
    next.apply(offer, chooser, &mut scratch);
    (next.digests(), deed(&scratch).digest)
}

proptest! {
    #[test]
    fn enabled_is_stable_and_names_each_action_once(picks in picks()) {
        walk(&picks, |world, _, _| {
            let (before, offers) = (world.digests(), enabled(world));
            assert_eq!(enabled(world), offers, "asking twice gives two answers");
            assert_eq!(world.digests(), before, "asking changes the world");
            for (at, offer) in offers.iter().enumerate() {
                assert!(offers[..at].iter().all(|other| other.action != offer.action), "{} twice", offer.action);
                assert_eq!(world.find(&offer.action).as_ref(), Some(offer));
            }
            let slots = offers.iter().map(|offer| PingPong::offered_by(&RULES, &offer.action));
            assert!(slots.is_sorted(), "offers come in the order of the slots");
        });
    }

    #[test]
    fn the_incremental_list_is_the_list(picks in picks()) {
        let (mut kept, mut scratch) = (Enabled::new(&served()), Scratch::default());
        walk(&picks, |world, offer, answers| {
            let mut listed = Vec::new();
            kept.affordable(world, &mut listed);
            let listed: Vec<_> = listed.into_iter().map(|candidate| candidate.action.clone()).collect();
            let all: Vec<_> = enabled(world).into_iter().map(|offer| offer.action).collect();
            assert_eq!(listed, all);
            let mut next = world.clone();
            next.apply(offer, &mut Recorded::new(answers), &mut scratch);
            kept.update(&next, &scratch.touched);
        });
    }

    #[test]
    fn apply_is_deterministic(picks in picks()) {
        walk(&picks, |world, offer, answers| {
            let once = effect(world, offer, &mut Recorded::new(answers));
            assert_eq!(effect(world, offer, &mut Recorded::new(answers)), once);
        });
    }

    #[test]
    fn a_clone_is_equal_and_independent(picks in picks()) {
        walk(&picks, |world, offer, answers| {
            let (clone, before) = (world.clone(), world.digests());
            assert_eq!(clone.digests(), before);
            assert_eq!(clone.values(), world.values());
            effect(world, offer, &mut Recorded::new(answers));
            assert_eq!(world.digests(), before, "what happens to a clone reaches the original");
        });
    }

    #[test]
    fn replay_is_exact(picks in picks()) {
        let mut passed = Vec::new();
        let (decisions, last) = walk(&picks, |world, _, _| passed.push(world.digests()));
        passed.push(last.digests());
        let (mut world, mut scratch) = (served(), Scratch::default());
        for (decision, before) in decisions.iter().zip(&passed) {
            prop_assert_eq!(&world.digests(), before);
            prop_assert_eq!(perform(&mut world, decision, &mut scratch), Ok(()));
        }
        prop_assert_eq!(Some(&world.digests()), passed.last());
        prop_assert_eq!(world.fingerprint(), last.fingerprint());
    }

    #[test]
    fn what_is_not_possible_does_not_fit_and_changes_nothing(picks in picks()) {
        let (_, mut world) = walk(&picks, |_, _, _| {});
        let possible = enabled(&world);
        for to in [Name::Ann, Name::Bob] {
            let action = Action::Deliver(Slot::Flight(to));
            if possible.iter().any(|offer| offer.action == action) {
                continue;
            }
            let before = world.digests();
            let decision = Decision { action, choices: Vec::new() };
            let refused = matches!(perform(&mut world, &decision, &mut Scratch::default()), Err(Misfit::NotEnabled { .. }));
            prop_assert!(refused);
            prop_assert_eq!(world.digests(), before);
        }
    }

    #[test]
    fn whatever_is_chosen_is_among_the_outcomes_of_the_step(picks in picks()) {
        walk(&picks, |world, offer, answers| {
            let Some((node, input)) = offer.steps.first() else { return };
            let values = [world.get(Slot::Player(*node)).clone()];
            let mut next = world.clone();
            next.apply(offer, &mut Recorded::new(answers), &mut Scratch::default());
            let after = next.get(Slot::Player(*node));
            let all = outcomes(&RULES, *node, input, &values);
            assert!(all.iter().any(|outcome| outcome.values[0] == *after), "{}", offer.action);
        });
    }
}

#[test]
fn the_example_plays_to_its_end() {
    ping_pong::main();
    let rally = ping_pong::rally(&Rules { strokes: 6, gusts: 0 }, 0);
    assert!(rally.contains("Won"), "{rally}");
}
