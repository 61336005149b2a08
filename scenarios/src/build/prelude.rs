//! Owns the settled cluster with a clock: what the same handlers reach from a cold start. It is no part of a trace.

use models::actions::Event;
use models::ids::{Node, TopicIndex};
use models::kraft::quorum::Roster;
use models::message::Command;
use models::{Kafka, World, latency};
use sim_core::{Action, Harmless, Span, Timed};

use super::Built;
use super::stillness::Stillness;
use crate::scenario::schema::Start;

/// No cluster of the permitted size takes longer to settle.
const LIMIT: Span = Span::from_s(3_600);

impl Built {
    /// The cluster with a clock at step 1, at the time at which it has settled.
    ///
    /// Messages take their time from the seed; a played script has a fixed latency, so that the state in which it begins
    /// does not depend on the seed.
    pub fn timed(&self, seed: u64) -> Timed<'_, Kafka> {
        let mut timed = Timed::new(World::new(&self.config), seed, latency);
        if self.start == Start::Cold {
            return timed;
        }
        for (_, id) in self.config.quorum.iter().flat_map(Roster::separate) {
            order(&mut timed, &Action::Environment(Event::StartController(id)));
        }
        for id in self.config.broker_ids() {
            order(&mut timed, &Action::Environment(Event::Start(id)));
        }
        settle(&mut timed);
        for (index, topic) in self.config.topics.iter().enumerate() {
            if topic.exists {
                let create = Command::CreateTopic(TopicIndex(index as u8));
                order(&mut timed, &Action::Command(Node::Controller, create));
            }
        }
        settle(&mut timed);
        for id in self.config.client_ids() {
            order(&mut timed, &Action::Command(Node::Client(id), Command::Refresh));
        }
        settle(&mut timed);
        timed
    }
}

fn order(timed: &mut Timed<'_, Kafka>, action: &Action<Kafka>) {
    let offer = timed
        .world
        .find(action)
        .expect("a settling cluster can be started, given topics and asked");
    timed.perform(&offer, &mut Harmless);
}

fn settle(timed: &mut Timed<'_, Kafka>) {
    let mut stillness = Stillness::of(timed);
    let end = timed.now() + LIMIT;
    while !stillness.is_settled(timed) {
        assert!(
            timed.now() < end,
            "the cluster does not settle: something happens again and again"
        );
        let until = stillness.ask_again(timed);
        match timed.advance(until, &mut Harmless) {
            Some(_) => stillness.note(timed),
            None => timed.wait_until(until),
        }
    }
}
