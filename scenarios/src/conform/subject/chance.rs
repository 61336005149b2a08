//! Chance as the recording had it: what happened later there is put off, and labelled choices are answered.
//!
//! Nothing is hurried and nothing is made to happen. An action that comes too early by the recording waits, but never
//! longer than [`PATIENCE`]: then the model has its way, and the comparison shows it.

use std::collections::BTreeMap;

use models::actions::Timer;
use models::broker::{Life, Stage};
use models::cluster::{BrokerState, LogRecord};
use models::ids::{BrokerId, ControllerEpoch, ControllerId, Node, Partition};
use models::kraft::Controller;
use models::message::{Lane, Msg, Wish};
use models::quorum::NodeId as Member;
use models::raft::member::Role as RaftRole;
use models::raft::rules::PreVote;
use models::replication::{Leading, Replica, Role};
use models::slots::{Links, Slot, Value};
use models::{Kafka, World, authority};
use sim_core::{Action, Chooser, Instant, Queue, Span, Timed};

use super::Hints;
use super::build::{Blueprint, broker, node};
use super::zookeeper;
use crate::recording::NodeId;

/// How long an action waits for another one at most; those of a leader that looks for lagging replicas wait for its
/// next look.
const PATIENCE: Span = Span::from_s(3);
/// How soon an action that waits is looked at again.
const LOOK_AGAIN: Span = Span::from_ms(20);

/// The hints of a recording at work.
#[derive(Debug)]
pub(super) struct Chance {
    /// What the recording says.
    pub(super) hints: Hints,
    /// Who is fenced, as the metadata log has it.
    fenced: BTreeMap<BrokerId, bool>,
    /// Since when an action waits. It is forgotten when the controller writes something.
    waiting: BTreeMap<Action<Kafka>, Instant>,
    /// Of the last controller, where there is ZooKeeper.
    controller_epoch: ControllerEpoch,
}

/// What is known when an action is about to happen.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a, 'm> {
    pub(super) timed: &'a Timed<'m, Kafka>,
    pub(super) blueprint: &'a Blueprint,
}

impl<'a, 'm> Moment<'a, 'm> {
    fn world(self) -> &'a World<'m> {
        &self.timed.world
    }

    /// Whether this timer fires within this time.
    fn is_due(self, node: Node, timer: Timer, within: Span) -> bool {
        self.timed
            .deadline(node, timer)
            .is_some_and(|at| at <= self.timed.now() + within)
    }
}

impl Chance {
    /// Before anything happened.
    pub(super) fn new(hints: Hints) -> Self {
        Self {
            hints,
            fenced: BTreeMap::new(),
            waiting: BTreeMap::new(),
            controller_epoch: ControllerEpoch::default(),
        }
    }

    /// The brokers that start together, in the order in which they register.
    pub(super) fn starts(&mut self, together: Vec<BrokerId>) -> Vec<BrokerId> {
        let mut left: Vec<NodeId> = together.into_iter().map(node).collect();
        let mut order = Vec::new();
        while let Some(first) = self.hints.first_to_register(&left).or_else(|| left.first().copied()) {
            left.retain(|id| *id != first);
            order.extend(broker(first));
        }
        order
    }

    /// For how long this action waits, if it does.
    pub(super) fn put_off(&mut self, at: &Moment<'_, '_>, action: &Action<Kafka>) -> Option<Span> {
        let waits = match action {
            Action::Fire(Node::Controller | Node::Voter(_), Timer::Session(id)) => self.expires_later(at, *id),
            Action::Fire(Node::Voter(id), Timer::Election(_) | Timer::FetchTimeout) => self.stands_later(at, *id),
            Action::Deliver(lane @ Slot::Queue(Node::Broker(id), Node::Controller | Node::Voter(_), Lane::Control)) => {
                self.is_unfenced_later(at, *id, *lane)
            }
            Action::Deliver(Slot::Queue(Node::Broker(follower), Node::Broker(leader), Lane::Fetch(partition))) => {
                self.joins_later(at, *follower, *leader, *partition)
            }
            Action::Deliver(Slot::Queue(Node::Broker(id), Node::ZooKeeper, Lane::Session)) => {
                self.is_elected_later(at, *id)
            }
            Action::Fire(Node::Broker(leader), Timer::Lag(partition, follower)) => {
                self.lags_later(at, *leader, *partition, *follower)
            }
            Action::Fire(Node::Broker(leader), Timer::IsrCheck) => {
                let hosted = at.blueprint.config.hosted(*leader);
                hosted
                    .into_iter()
                    .any(|partition| self.leave_later(at, *leader, partition))
            }
            _ => false,
        };
        if !waits {
            return None;
        }
        if !self.waiting.contains_key(action) {
            self.hints.count();
            self.waiting.insert(action.clone(), at.timed.now());
        }
        let next_look = match action {
            Action::Fire(Node::Voter(_), Timer::Election(_) | Timer::FetchTimeout) => Span::ZERO,
            _ => Span::from_us(at.blueprint.config.times.lag.as_us() / 2),
        };
        (at.timed.now() < self.waiting[action] + PATIENCE.max(next_look)).then_some(LOOK_AGAIN)
    }

    /// The controller wrote this: a choice that it settles is over.
    pub(super) fn written(&mut self, record: &LogRecord) {
        self.waiting.clear();
        match record {
            LogRecord::RegisterBroker(id, _) => {
                self.fenced.insert(*id, true);
            }
            LogRecord::BrokerChange(id, _, BrokerState::Fenced) => {
                if self.fenced.insert(*id, true) == Some(false) {
                    self.hints.first_to_expire(&[node(*id)]);
                }
            }
            LogRecord::BrokerChange(id, _, BrokerState::Unfenced) => {
                if self.fenced.insert(*id, false) == Some(true) {
                    self.hints.first_to_unfence(&[node(*id)]);
                }
            }
            LogRecord::BrokerChange(_, _, BrokerState::ShuttingDown | BrokerState::Controlling) => {}
            LogRecord::Topic(_) | LogRecord::RemoveTopic(_) => {}
            LogRecord::Config(..) | LogRecord::ClearElr(_) => {}
            LogRecord::Partition(..) | LogRecord::PartitionChange(..) | LogRecord::Directories(..) => {}
        }
    }

    /// Sessions that end within the time in which it is chance which one the controller finds first: heartbeats have
    /// their phases, and 4.x looks for such sessions four times in a session timeout, in the order of a hash table.
    fn expires_later(&self, at: &Moment<'_, '_>, id: BrokerId) -> bool {
        let times = &at.blueprint.config.times;
        let window = times.heartbeat + Span::from_us(times.session.as_us() / 4);
        let Some((keeper, Controller { cluster, timers, .. })) = controller(at.world()) else {
            return false;
        };
        let alive = |id: &BrokerId| {
            cluster
                .broker(*id)
                .is_some_and(|known| known.state != BrokerState::Fenced)
        };
        let soon = |id: &BrokerId| {
            let session = Timer::Session(*id);
            alive(id) && timers.is_armed(session) && at.is_due(keeper, session, window)
        };
        let among: Vec<NodeId> = at.blueprint.config.broker_ids().filter(soon).map(node).collect();
        among.contains(&node(id)) && self.hints.next_to_expire(&among).is_some_and(|first| first != node(id))
    }

    /// A controller leads the quorum.
    pub(super) fn leads(&mut self, id: NodeId) {
        self.hints.next_controller(&[id]);
        self.waiting.clear();
    }

    /// Controllers that could all be elected. With a question before the election the last one to ask is elected: those
    /// before it wait for a leader no longer, and agree.
    fn stands_later(&self, at: &Moment<'_, '_>, id: ControllerId) -> bool {
        let roster = at.blueprint.config.roster();
        let manager = |member: Member| match at.world().get(Slot::RaftManager(member)) {
            Value::RaftManager(manager) => manager,
            other => panic!("the slot of a member holds {other:?}"),
        };
        let could = |member: Member| manager(member).member.is_up() && !manager(member).timers.is_frozen();
        let standing: Vec<(Member, ControllerId)> = roster.voters().filter(|(member, _)| could(*member)).collect();
        let among: Vec<NodeId> = standing.iter().map(|(_, id)| NodeId(i32::from(id.0))).collect();
        let own = NodeId(i32::from(id.0));
        let Some(next) = self.hints.next_to_control(&among) else {
            return false;
        };
        let follows = |member: &Member| matches!(manager(*member).member.role, RaftRole::Follower(_));
        let mut others = standing
            .iter()
            .filter(|(_, other)| *other != id)
            .map(|(member, _)| member);
        match &manager(roster.voter(id)).member.role {
            _ if roster.raft.rules.pre_vote == PreVote::Off => next != own,
            RaftRole::Unattached | RaftRole::Resigned => next != own,
            RaftRole::Follower(_) => next == own && others.any(follows),
            RaftRole::Down | RaftRole::Prospective { .. } | RaftRole::Candidate { .. } | RaftRole::Leader(_) => false,
        }
    }

    /// Brokers that race for the node of the controller.
    fn is_elected_later(&self, at: &Moment<'_, '_>, id: BrokerId) -> bool {
        if !zookeeper::is_elected_next(at.world(), id) {
            return false;
        }
        let among = zookeeper::candidates(at.world(), at.blueprint);
        let next = self.hints.next_to_control(&among);
        next.is_some_and(|next| next != node(id))
    }

    /// Takes note of a new controller.
    pub(super) fn elected(&mut self, world: &World<'_>) {
        let Some(tree) = zookeeper::tree(world) else { return };
        if let Some(id) = tree.controller
            && tree.controller_epoch > self.controller_epoch
        {
            self.controller_epoch = tree.controller_epoch;
            self.hints.next_controller(&[node(id)]);
            self.waiting.clear();
        }
    }

    /// Brokers that ask to be unfenced at nearly the same time.
    fn is_unfenced_later(&self, at: &Moment<'_, '_>, id: BrokerId, lane: Slot) -> bool {
        let asks = |msg: &Msg| matches!(msg, Msg::Heartbeat(_, Wish::Serve));
        let asks = |msg: &Msg| asks(msg) || matches!(msg, Msg::Forwarded(request) if asks(request));
        if !head(at.world(), lane).is_some_and(asks) || !waits_for_unfencing(at.world(), id) {
            return false;
        }
        let all = at
            .blueprint
            .config
            .broker_ids()
            .filter(|id| waits_for_unfencing(at.world(), *id));
        let among: Vec<NodeId> = all.map(node).collect();
        self.hints
            .next_to_unfence(&among)
            .is_some_and(|first| first != node(id))
    }

    /// A fetch that may bring its follower into the ISR, while another follower came first.
    fn joins_later(&self, at: &Moment<'_, '_>, follower: BrokerId, leader: BrokerId, partition: Partition) -> bool {
        let Some(leading) = leading(at.world(), leader, partition) else {
            return false;
        };
        if leading.isr.contains(&follower) {
            return false;
        }
        let Some(next) = self.hints.next_state(&at.blueprint.name(partition)) else {
            return false;
        };
        let joining: Vec<BrokerId> = next.isr.iter().filter_map(|id| broker(*id)).collect();
        let can_join = |id: &BrokerId| !leading.isr.contains(id) && *id != leader && is_working(at.world(), *id);
        !joining.contains(&follower) && joining.iter().any(can_join)
    }

    /// Members that leave the ISR in the next state that the recording has.
    fn leaving(&self, at: &Moment<'_, '_>, leading: &Leading, partition: Partition) -> Vec<BrokerId> {
        let Some(next) = self.hints.next_state(&at.blueprint.name(partition)) else {
            return Vec::new();
        };
        leading
            .isr
            .iter()
            .copied()
            .filter(|id| !next.isr.contains(&node(*id)))
            .collect()
    }

    /// A follower lags, but another one left the ISR before it.
    fn lags_later(&self, at: &Moment<'_, '_>, leader: BrokerId, partition: Partition, follower: BrokerId) -> bool {
        let Some(leading) = leading(at.world(), leader, partition) else {
            return false;
        };
        let leaving = self.leaving(at, leading, partition);
        leading.isr.contains(&follower) && !leaving.is_empty() && !leaving.contains(&follower)
    }

    /// The leader looks for lagging replicas, but what it found in the recording will lag only soon: the moment of its
    /// periodic look is chance.
    fn leave_later(&self, at: &Moment<'_, '_>, leader: BrokerId, partition: Partition) -> bool {
        let replica = replica(at.world(), leader, partition);
        let Role::Leader(leading) = &replica.role else {
            return false;
        };
        let lags = |id: &BrokerId| leading.peer(*id).is_some_and(|peer| peer.lagging);
        let leaving = self.leaving(at, leading, partition);
        let next_look = Span::from_us(at.blueprint.config.times.lag.as_us() / 2);
        let soon = |id: &BrokerId| {
            let lag = Timer::Lag(partition, *id);
            replica.timers.is_armed(lag) && at.is_due(Node::Broker(leader), lag, next_look)
        };
        leaving.iter().any(|id| !lags(id))
            && leaving.iter().all(|id| lags(id) || soon(id))
            && leading.isr.iter().all(|id| !lags(id) || leaving.contains(id))
    }
}

/// Answers the choices of one action.
pub(super) struct Answers {
    /// The position of the broker that a client asks for metadata.
    pub(super) asked: u32,
}

impl Chooser for Answers {
    fn choose(&mut self, what: &'static str, of: u32) -> u32 {
        match what {
            "broker that is asked for metadata" if self.asked < of => self.asked,
            // In a recording a power loss costs everything that was not forced to disk.
            "unflushed batches lost" => of - 1,
            _ => 0,
        }
    }
}

/// Whom a client of this partition asks for metadata: a broker that can answer, and shows the leader that the recording
/// says it was told; else the one that knows most.
pub(super) fn broker_to_ask(at: &Moment<'_, '_>, partition: Partition, told: Option<NodeId>) -> u32 {
    let mut best: Option<((bool, u16, bool), usize)> = None;
    for (position, config) in at.blueprint.config.brokers.iter().enumerate() {
        if !is_working(at.world(), config.id) {
            continue;
        }
        let state = image(at.world(), config.id).partition(partition);
        let leader = state.and_then(|state| state.leader).map(node);
        let fits = told.is_some() && leader == told;
        let knows = state.map_or(0, |state| state.partition_epoch.0 + 1);
        let active = authority(at.world()).is_active(config.id);
        let rank = (fits, knows, active);
        if best.is_none_or(|(other, _)| rank > other) {
            best = Some((rank, position));
        }
    }
    best.map_or(0, |(_, position)| {
        u32::try_from(position).expect("there are at most 256 brokers")
    })
}

/// Whether working brokers show different leaders of this partition.
pub(super) fn leaders_differ(world: &World<'_>, blueprint: &Blueprint, partition: Partition) -> bool {
    let working = blueprint.config.broker_ids().filter(|id| is_working(world, *id));
    let mut leaders: Vec<_> = working
        .map(|id| image(world, id).partition(partition).map(|state| state.leader))
        .collect();
    leaders.sort_unstable();
    leaders.dedup();
    leaders.len() > 1
}

/// Whether this broker has a process, with metadata, that does not stand still.
pub(super) fn is_working(world: &World<'_>, id: BrokerId) -> bool {
    let life = life(world, id);
    matches!(
        life.stage,
        Stage::Loaded | Stage::Serving | Stage::Stopping | Stage::Leaving(_)
    ) && !life.timers.is_frozen()
}

/// Whether this broker's process stands still.
pub(super) fn stands_still(world: &World<'_>, id: BrokerId) -> bool {
    life(world, id).timers.is_frozen()
}

fn waits_for_unfencing(world: &World<'_>, id: BrokerId) -> bool {
    let Some((keeper, controller)) = controller(world) else {
        return false;
    };
    let known = controller.cluster.broker(id).copied();
    let cut = links(world).is_cut(Node::Broker(id), keeper);
    let life = life(world, id);
    let serves = matches!(life.stage, Stage::Loaded | Stage::Serving) && !life.timers.is_frozen();
    known.is_some_and(|known| known.state == BrokerState::Fenced && known.epoch == life.epoch) && serves && !cut
}

/// The active controller, and what it knows.
fn controller<'w>(world: &'w World<'_>) -> Option<(Node, &'w Controller)> {
    let Some(roster) = &world.config().quorum else {
        return match world.get(Slot::Controller) {
            Value::Controller(controller) => Some((Node::Controller, controller)),
            other => panic!("the slot of the controller holds {other:?}"),
        };
    };
    let active = |id: Member| match world.get(Slot::QuorumController(id)) {
        Value::QuorumController(controller) => Some((controller.active?, id, &controller.controller)),
        other => panic!("the slot of a controller holds {other:?}"),
    };
    let newest = roster
        .voters()
        .filter_map(|(id, _)| active(id))
        .max_by_key(|(epoch, id, _)| (*epoch, *id));
    newest.map(|(_, id, controller)| (roster.node(id), controller))
}

pub(super) fn life<'w>(world: &'w World<'_>, id: BrokerId) -> &'w Life {
    match world.get(Slot::Life(id)) {
        Value::Life(life) => life,
        other => panic!("the slot of a life holds {other:?}"),
    }
}

pub(super) fn image<'w>(world: &'w World<'_>, id: BrokerId) -> &'w models::cluster::Cluster {
    match world.get(Slot::Image(id)) {
        Value::Image(image) => &image.0,
        other => panic!("the slot of an image holds {other:?}"),
    }
}

fn links<'w>(world: &'w World<'_>) -> &'w Links {
    match world.get(Slot::Links) {
        Value::Links(links) => links,
        other => panic!("the slot of the links holds {other:?}"),
    }
}

fn replica<'w>(world: &'w World<'_>, id: BrokerId, partition: Partition) -> &'w Replica {
    match world.get(Slot::Replica(id, partition)) {
        Value::Replica(replica) => replica,
        other => panic!("the slot of a replica holds {other:?}"),
    }
}

fn leading<'w>(world: &'w World<'_>, id: BrokerId, partition: Partition) -> Option<&'w Leading> {
    match &replica(world, id, partition).role {
        Role::Leader(leading) => Some(leading),
        Role::Follower(_) | Role::Offline => None,
    }
}

pub(super) fn head<'w>(world: &'w World<'_>, lane: Slot) -> Option<&'w Msg> {
    let queue: &Queue<Msg> = match world.get(lane) {
        Value::Queue(queue) => queue,
        other => panic!("the slot of a queue holds {other:?}"),
    };
    queue.head().and_then(Result::ok)
}
