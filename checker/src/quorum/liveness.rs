//! What must come again and again in a quorum whose majority can talk: a leader, and none beside it. The search goes over
//! rounds: a timeout or a fault, and then all that it sets in motion, since timeouts are far longer than round trips.

use models::quorum::{Epoch, Healing, Layer, Links, NodeId, Slot};
use models::raft::member::Role;
use models::raft::settle::{goes_on, settled};
use models::raft::{Config, Raft, Timer, Value, World};
use sim_core::{Action, Model, Offer, Op, Scratch};

use super::needs::Answer;
use crate::search::liveness::{Goal, Graph};
use crate::system::{Steps, System};

/// The name of what must come.
pub const LEADER_RETURNS: &str = "leader-returns";
/// What it says.
pub const LEADER_RETURNS_CLAIM: &str =
    "where a majority can talk, there is a leader again and again, and whoever leads can talk to a majority";

/// A run that gets as far as this epoch is not followed any further, and counts as one that went well.
const EPOCH_MAX: Epoch = Epoch(3);
/// More actions than follow from one timeout.
const ROUND_MAX: usize = 10_000;

/// The quorum, round by round.
struct Rounds<'c> {
    settled: World<'c>,
}

impl<'c> Rounds<'c> {
    fn world(&self, state: &[Value]) -> World<'c> {
        let mut world = self.settled.clone();
        world.set_values(state.to_vec());
        world
    }

    /// What waits in a link that stays cut for ever arrives never: dead state is no state.
    fn forget(world: &mut World<'_>) {
        if world.config().healing == Healing::Possible {
            return;
        }
        let mut values = world.values().to_vec();
        let queues = values.iter_mut().filter(|value| Raft::suspended(value));
        queues.for_each(|queue| Raft::operate(queue, &Op::Drop));
        world.set_values(values);
    }

    /// Lets everything arrive, in canonical order.
    fn rest(world: &mut World<'_>, scratch: &mut Scratch<Raft>) {
        let mut offers: Vec<Offer<Raft>> = Vec::new();
        for _ in 0..ROUND_MAX {
            world.enabled(&mut offers);
            let Some(next) = offers.iter().find(|offer| goes_on(offer)) else {
                return Self::forget(world);
            };
            world.apply_default(next, scratch);
        }
        panic!("a round does not end: messages beget messages");
    }
}

fn member(world: &World<'_>, id: NodeId) -> models::raft::Member {
    match world.get(Slot::Member(id)) {
        Value::Member(member) => member.clone(),
        other => panic!("the slot of a member holds {other:?}"),
    }
}

fn is_far(world: &World<'_>) -> bool {
    let nodes = world.config().nodes();
    nodes.iter().any(|id| member(world, id).epoch() >= EPOCH_MAX)
}

/// Whether there is a leader, and whoever leads can talk to a majority.
fn is_led(world: &World<'_>) -> bool {
    let Value::Links(links) = world.get(Slot::Links) else {
        panic!("the slot of the links holds something else")
    };
    let nodes = world.config().nodes();
    let leads = |id: &NodeId| matches!(member(world, *id).role, Role::Leader(_));
    let mut leaders = nodes.iter().filter(leads).peekable();
    leaders.peek().is_some() && leaders.all(|id| 2 * reached(world, links, id) > nodes.len())
}

/// How many members can talk to this one, itself included.
fn reached(world: &World<'_>, links: &Links, id: NodeId) -> usize {
    let talks = |other: &NodeId| {
        *other == id || (member(world, *other).is_up() && !links.is_cut(id, *other) && !links.is_cut(*other, id))
    };
    world.config().nodes().iter().filter(talks).count()
}

impl System for Rounds<'_> {
    type State = Vec<Value>;
    type Action = Round;

    fn initial(&self) -> Vec<Vec<Value>> {
        vec![self.settled.values().to_vec()]
    }

    fn successors(&self, state: &Vec<Value>, steps: &mut Steps<Self>) {
        let world = self.world(state);
        if is_far(&world) {
            return;
        }
        let (mut offers, mut scratch) = (Vec::new(), Scratch::default());
        world.enabled(&mut offers);
        for offer in &offers {
            let mut next = world.clone();
            next.apply_default(offer, &mut scratch);
            Self::rest(&mut next, &mut scratch);
            steps.add(Round(offer.action.clone()), next.into_values());
        }
    }
}

/// What begins a round.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Round(Action<Raft>);

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Round {
    /// Whoever must act some day, if it can all the time: timers run out, faults need not happen.
    fn owed(&self) -> Option<(NodeId, Timer)> {
        match self.0 {
            Action::Fire(id, timer) => Some((id, timer)),
            Action::Deliver(_) | Action::DeliverOverdue(_) | Action::Command(..) | Action::Environment(_) => None,
        }
    }
}

/// Looks for a fair run of a metadata quorum in which from some moment on the leader is missing, or one leads in vain.
pub fn of_raft(config: &Config, max_states: u64) -> Answer {
    assert!(
        config.controllers == Layer::Absent,
        "rounds are searched without controllers"
    );
    let rounds = Rounds {
        settled: settled(config),
    };
    let max_states = usize::try_from(max_states).unwrap_or(usize::MAX);
    let Ok(graph) = Graph::explore(&rounds, max_states) else {
        return Answer {
            found: None,
            shortest_steps: None,
            distinct_states: max_states as u64,
            is_complete: false,
        };
    };
    let good = |state: &Vec<Value>| {
        let world = rounds.world(state);
        is_far(&world) || is_led(&world)
    };
    let lasso = graph.violation(&Goal::AlwaysEventually(&good), &Round::owed);
    Answer {
        found: lasso.as_ref().map(|_| LEADER_RETURNS),
        shortest_steps: lasso.map(|lasso| lasso.stem.len()),
        distinct_states: graph.states() as u64,
        is_complete: true,
    }
}
