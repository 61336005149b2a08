//! The simulated cluster as a [`Subject`]: the model under virtual time. Commands of tools are in `orders`.

use std::collections::{BTreeMap, BTreeSet};

use models::actions::Event;
use models::broker::Stage;
use models::ids::{BrokerId, ControllerId, Node, Partition};
use models::log::Log;
use models::message::Command;
use models::slots::{Slot, Value};
use models::{Kafka, World, latency};
use sim_core::{Action, Instant, Op, Span, Timed};

use super::build::{Blueprint, broker, controller, span};
use super::chance::{Answers, Chance, Moment, broker_to_ask, leaders_differ, life};
use super::clients::{Asking, Clients};
use super::past::Past;
use super::quorum::{self, Votes};
use super::tables::Configs;
use super::zookeeper;
use super::{Change, NotModelled, Reply, Request, Segment, Subject, Ticket, Until};
use crate::recording::{
    EpochEntry, Fields, LeaderEpoch, MetadataRecord, Micros, NodeId, Offset, Process, Reach, TopicPartition, Verb,
};

/// How soon a consumer asks again after an error.
const POLL_AGAIN: Span = Span::from_ms(100);

/// A cluster of the model that does what a recording did.
pub struct SimulatedCluster<'b> {
    pub(super) blueprint: &'b Blueprint,
    pub(super) timed: Timed<'b, Kafka>,
    pub(super) chance: Chance,
    pub(super) clients: Clients,
    pub(super) past: Past,
    /// What was given to each topic, by name.
    pub(super) configs: BTreeMap<String, Configs>,
    /// By ticket.
    pub(super) replies: Vec<Option<Reply>>,
    /// What tools and consumers do, and when.
    pub(super) agenda: Vec<(Instant, Work)>,
    /// How many consumers of a partition were used.
    consumers: BTreeMap<TopicPartition, usize>,
    /// The id of the cluster: the first that a node was formatted with.
    cluster_id: Option<String>,
    /// Nodes that were formatted with another one: they run, the others refuse them, and they join nothing.
    strangers: BTreeSet<NodeId>,
    /// With a quorum: who voted for whom.
    votes: Votes,
    /// How often each server of the ensemble ended.
    servers_ended: BTreeMap<u32, usize>,
}

/// Something that happens at its time.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// A tool has begun to run and sends its request.
    Order(super::orders::Order),
    /// A tool ends with this answer.
    Answer(Ticket, Reply),
    /// A consumer asks for what comes next.
    Poll(models::ids::ClientId),
}

/// An event of a broker, and the same of a controller.
type Events = (fn(BrokerId) -> Event, fn(ControllerId) -> Event);

/// A process in the model.
#[derive(Clone, Copy, Debug)]
enum Ran {
    /// A broker, which may be a controller as well.
    Broker(BrokerId),
    /// A controller.
    Controller(ControllerId),
}

impl<'b> SimulatedCluster<'b> {
    /// The cluster before the first step of its recording.
    pub fn new(blueprint: &'b Blueprint) -> Self {
        Self {
            blueprint,
            timed: Timed::new(World::new(&blueprint.config), 0, latency),
            chance: Chance::new(blueprint.hints.clone()),
            clients: Clients::default(),
            past: Past::new(blueprint),
            configs: BTreeMap::new(),
            replies: Vec::new(),
            agenda: Vec::new(),
            consumers: BTreeMap::new(),
            cluster_id: None,
            strangers: BTreeSet::new(),
            votes: Votes::default(),
            servers_ended: BTreeMap::new(),
        }
    }

    /// Performs what happens until `limit`, or until the condition holds.
    fn run(&mut self, limit: Instant, until: Option<&Until>) {
        while !until.is_some_and(|until| self.holds(until)) {
            let work = self
                .agenda
                .iter()
                .enumerate()
                .min_by_key(|(position, (at, _))| (*at, *position));
            let work = work
                .map(|(position, (at, _))| (position, *at))
                .filter(|(_, at)| *at <= limit);
            let stop = work.map_or(limit, |(_, at)| at);
            if self.advance(stop) {
                continue;
            }
            self.timed.wait_until(stop);
            let Some((position, _)) = work else { return };
            let (_, work) = self.agenda.remove(position);
            self.work(work);
        }
    }

    /// Performs the next thing due until `limit`, if there is one.
    pub(super) fn advance(&mut self, limit: Instant) -> bool {
        let mut answers = self.answers();
        let (chance, blueprint) = (&mut self.chance, self.blueprint);
        let mut put_off =
            |timed: &Timed<'b, Kafka>, action: &Action<Kafka>| chance.put_off(&Moment { timed, blueprint }, action);
        let happened = self.timed.advance_unless(limit, &mut answers, &mut put_off).is_some();
        if happened {
            self.observe();
        }
        happened
    }

    fn answers(&self) -> Answers {
        let at = Moment {
            timed: &self.timed,
            blueprint: self.blueprint,
        };
        let asked = self
            .clients
            .asking
            .map_or(0, |asking| broker_to_ask(&at, asking.partition, asking.told));
        Answers { asked }
    }

    /// Performs this action now, if it is possible.
    pub(super) fn perform(&mut self, action: &Action<Kafka>) -> bool {
        let Some(offer) = self.timed.world.find(action) else {
            return false;
        };
        let mut answers = self.answers();
        self.timed.perform(&offer, &mut answers);
        self.observe();
        true
    }

    /// Takes note of what the last action did.
    fn observe(&mut self) {
        for (_, op) in &self.timed.scratch.ops {
            let Op::Record(node, fact) = op else { continue };
            if let Node::Client(client) = node {
                if let Some((ticket, reply)) = self.clients.note(*client, fact) {
                    self.replies[ticket.0] = Some(reply);
                }
            } else {
                self.past.note(self.blueprint, &mut self.chance, *node, fact);
            }
        }
        if self.blueprint.config.has_quorum() {
            self.past.committed(self.blueprint, &mut self.chance, &self.timed.world);
            self.votes.note(&self.timed.world);
        }
        if self.blueprint.config.has_zookeeper() {
            self.past.told(self.blueprint, &mut self.chance, &self.timed);
            self.chance.elected(&self.timed.world);
        }
        self.read_on();
    }

    /// Consumers that have nothing in hand ask again.
    fn read_on(&mut self) {
        let at = self.timed.now() + POLL_AGAIN;
        let idle = |client: &models::ids::ClientId| match self.timed.world.get(Slot::Client(*client)) {
            Value::Client(client) => client.is_idle(),
            other => panic!("the slot of a client holds {other:?}"),
        };
        let queued = |client: &models::ids::ClientId| {
            self.agenda
                .iter()
                .any(|(_, work)| matches!(work, Work::Poll(other) if other == client))
        };
        let again: Vec<_> = self
            .clients
            .readers()
            .filter(|client| idle(client) && !queued(client))
            .collect();
        self.agenda
            .extend(again.into_iter().map(|client| (at, Work::Poll(client))));
    }

    fn work(&mut self, work: Work) {
        match work {
            Work::Order(order) => self.order(order),
            Work::Answer(ticket, reply) => self.replies[ticket.0] = Some(reply),
            Work::Poll(client) => {
                self.perform(&Action::Command(Node::Client(client), Command::Poll));
            }
        }
    }

    fn holds(&self, until: &Until) -> bool {
        let stage = |process: &Process| match process {
            Process::Node(id) => broker(*id)
                .filter(|_| self.is_broker(*id))
                .map(|id| life(&self.timed.world, id).stage),
            Process::ZooKeeper(_) => None,
        };
        match until {
            Until::Answered(ticket) => self.replies[ticket.0].is_some(),
            Until::Up(processes) => processes
                .iter()
                .filter_map(stage)
                .all(|stage| matches!(stage, Stage::Serving | Stage::Down)),
            Until::Ended(processes) => processes.iter().filter_map(stage).all(|stage| stage == Stage::Down),
        }
    }

    pub(super) fn is_broker(&self, id: NodeId) -> bool {
        self.blueprint.head.brokers.contains(&id)
    }

    /// What these processes are in the model.
    fn ran(&self, verb: &Verb, processes: &[Process]) -> Result<Vec<Ran>, NotModelled> {
        let has_quorum = self.blueprint.config.has_quorum();
        let one = |process: &Process| match process {
            Process::Node(id) if self.is_broker(*id) => broker(*id).map(Ran::Broker),
            Process::Node(id) if has_quorum && self.is_controller(*id) => controller(*id).map(Ran::Controller),
            Process::Node(_) | Process::ZooKeeper(_) => None,
        };
        let all: Option<Vec<Ran>> = processes.iter().map(one).collect();
        all.ok_or_else(|| NotModelled(format!("{verb:?} of a process that is no broker is not modelled")))
    }

    /// Something happens to each of these processes.
    fn each(
        &mut self,
        verb: &Verb,
        processes: &[Process],
        (of_broker, of_controller): Events,
    ) -> Result<(), NotModelled> {
        for ran in self.ran(verb, processes)? {
            self.environment(match ran {
                Ran::Broker(id) => of_broker(id),
                Ran::Controller(id) => of_controller(id),
            })?;
        }
        Ok(())
    }

    /// Those of these processes that belong to the cluster. The others run beside it, and end so often.
    fn members(&mut self, processes: &[Process], ends: usize) -> Vec<Process> {
        let mut members = Vec::new();
        for process in processes {
            match process {
                Process::Node(id) if self.strangers.contains(id) => {
                    if let Some(id) = broker(*id) {
                        *self.past.ends.entry(id).or_default() += ends;
                    }
                }
                Process::Node(_) | Process::ZooKeeper(_) => members.push(*process),
            }
        }
        members
    }

    fn is_controller(&self, id: NodeId) -> bool {
        self.blueprint.head.controllers.contains(&id)
    }

    fn environment(&mut self, event: Event) -> Result<(), NotModelled> {
        if self.perform(&Action::Environment(event)) {
            if let Event::KillController(id) | Event::StopController(id) = event {
                *self.past.controller_ends.entry(NodeId(i32::from(id.0))).or_default() += 1;
            }
            Ok(())
        } else {
            Err(NotModelled(format!("`{event}` is not possible in the model now")))
        }
    }

    fn start(&mut self, processes: &[Process]) -> Result<(), NotModelled> {
        let servers = processes
            .iter()
            .filter(|process| matches!(process, Process::ZooKeeper(_)));
        // The ensemble is there from the beginning; a server that starts later was down.
        for _ in servers {
            if let Some(down) = zookeeper::tree(&self.timed.world)
                .map(|tree| tree.servers_down)
                .filter(|down| *down > 0)
            {
                self.environment(Event::StartServer(down - 1))?;
            }
        }
        let has_quorum = self.blueprint.config.has_quorum();
        let has_begun = |process: &Process| match process {
            // The one controller of the model is there from the beginning: before the brokers it has nothing to do.
            Process::Node(id) => !self.is_broker(*id) && self.is_controller(*id) && !has_quorum,
            Process::ZooKeeper(_) => true,
        };
        let others: Vec<Process> = processes
            .iter()
            .filter(|process| !has_begun(process))
            .copied()
            .collect();
        let mut together = Vec::new();
        for ran in self.ran(&Verb::Start(others.clone()), &others)? {
            match ran {
                Ran::Broker(id) => together.push(id),
                Ran::Controller(id) => self.environment(Event::StartController(id))?,
            }
        }
        for id in self.chance.starts(together) {
            self.environment(Event::Start(id))?;
        }
        Ok(())
    }

    fn kill(&mut self, verb: &Verb, processes: &[Process]) -> Result<(), NotModelled> {
        let mut nodes = Vec::new();
        for process in processes {
            match process {
                Process::Node(_) => nodes.push(*process),
                Process::ZooKeeper(number) => {
                    let down = zookeeper::tree(&self.timed.world).map_or(0, |tree| tree.servers_down);
                    self.environment(Event::KillServer(down + 1))?;
                    *self.servers_ended.entry(*number).or_default() += 1;
                }
            }
        }
        self.each(verb, &nodes, (Event::Kill, Event::KillController))
    }

    fn end_of_link(&self, id: NodeId) -> Result<Node, NotModelled> {
        if self.is_controller(id) && !self.is_broker(id) {
            let voter = controller(id).filter(|_| self.blueprint.config.has_quorum());
            return Ok(voter.map_or(Node::Controller, Node::Voter));
        }
        if zookeeper::is_server(self.blueprint, id) {
            return Ok(Node::ZooKeeper);
        }
        let broker = broker(id).filter(|_| self.is_broker(id)).map(Node::Broker);
        broker.ok_or_else(|| NotModelled(format!("links of node {id} are not modelled")))
    }

    pub(super) fn log(&self, node: NodeId, partition: &TopicPartition) -> Option<&Log> {
        let partition: Partition = self.blueprint.partition(partition)?;
        let slot = Slot::Log(broker(node)?, partition);
        match self.timed.world.has(slot).then(|| self.timed.world.get(slot))? {
            Value::Log(log) => Some(log),
            other => panic!("the slot of a log holds {other:?}"),
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.replies.push(None);
        Ticket(self.replies.len() - 1)
    }

    fn send(&mut self, line: usize, request: &super::ProduceRequest) -> Result<Ticket, NotModelled> {
        let none = || NotModelled(format!("there is no topic {} in the model", request.partition.topic));
        let partition = self.blueprint.partition(&request.partition).ok_or_else(none)?;
        let client = self.blueprint.producer(request).ok_or_else(none)?;
        let ticket = self.ticket();
        let command = self.clients.produce(ticket, partition, request)?;
        let differ = leaders_differ(&self.timed.world, self.blueprint, partition);
        let told = if differ {
            self.chance.hints.leader_told(line)
        } else {
            None
        };
        self.clients.asking = Some(Asking { partition, told });
        self.perform(&Action::Command(Node::Client(client), command));
        Ok(ticket)
    }

    fn read(&mut self, name: &TopicPartition) -> Result<Ticket, NotModelled> {
        let none = || NotModelled(format!("there is no topic {} in the model", name.topic));
        let partition = self.blueprint.partition(name).ok_or_else(none)?;
        let used = self.consumers.entry(name.clone()).or_default();
        let client = self.blueprint.consumers(name).nth(*used).ok_or_else(none)?;
        *used += 1;
        let ticket = self.ticket();
        self.clients.asking = Some(Asking { partition, told: None });
        self.clients.consume(ticket, client);
        self.perform(&Action::Command(Node::Client(client), Command::Poll));
        Ok(ticket)
    }
}

impl Subject for SimulatedCluster<'_> {
    fn now(&self) -> Micros {
        Micros(self.timed.now().as_us())
    }

    fn advance_to(&mut self, at: Micros) {
        self.run(Instant::ZERO + span(at), None);
    }

    fn run_until(&mut self, until: &Until, limit: Micros) {
        self.run(Instant::ZERO + span(limit), Some(until));
    }

    fn act(&mut self, verb: &Verb) -> Result<(), NotModelled> {
        match verb {
            Verb::Start(processes) => {
                let members = self.members(processes, 0);
                self.start(&members)
            }
            Verb::Stop(processes) => {
                let members = self.members(processes, 1);
                self.each(verb, &members, (Event::Stop, Event::StopController))
            }
            Verb::Kill(processes) => {
                let members = self.members(processes, 1);
                self.kill(verb, &members)
            }
            Verb::Power(processes) => self.each(verb, processes, (Event::Power, Event::KillController)),
            Verb::Pause(processes) => self.each(verb, processes, (Event::Pause, Event::PauseController)),
            Verb::Resume(processes) => self.each(verb, processes, (Event::Resume, Event::ResumeController)),
            Verb::Wipe(nodes) => {
                let brokers: Option<Vec<BrokerId>> = nodes
                    .iter()
                    .map(|id| broker(*id).filter(|_| self.is_broker(*id)))
                    .collect();
                let none = || NotModelled("a controller with an empty disk is not modelled".to_owned());
                let brokers = brokers.ok_or_else(none)?;
                brokers.into_iter().try_for_each(|id| self.environment(Event::Wipe(id)))
            }
            Verb::Cut { from, to, reach } => {
                let (from, to) = (self.end_of_link(*from)?, self.end_of_link(*to)?);
                self.environment(match reach {
                    Reach::BothWays => Event::Cut(from, to),
                    Reach::OneWay => Event::CutOneWay(from, to),
                })
            }
            Verb::Heal { from, to } => {
                let (from, to) = (self.end_of_link(*from)?, self.end_of_link(*to)?);
                self.environment(Event::Heal(from.min(to), from.max(to)))?;
                if let (Node::Controller, Node::Broker(id)) | (Node::Broker(id), Node::Controller) = (from, to) {
                    // Kafka: one fetch brings all that was missed, and MetadataLoader applies it at once.
                    self.perform(&Action::Environment(Event::Merge(id)));
                }
                Ok(())
            }
            Verb::End => Ok(()),
        }
    }

    fn format(&mut self, node: NodeId, cluster_id: &str) -> Result<(), NotModelled> {
        let first = self.cluster_id.get_or_insert_with(|| cluster_id.to_owned());
        if first == cluster_id {
            self.strangers.remove(&node);
        } else {
            self.strangers.insert(node);
        }
        Ok(())
    }

    fn submit(&mut self, line: usize, request: &Request) -> Result<Ticket, NotModelled> {
        match request {
            Request::Tool { bootstrap, ask } => {
                let ticket = self.ticket();
                self.begin(line, ticket, *bootstrap, ask)?;
                Ok(ticket)
            }
            Request::Produce(request) => self.send(line, request),
            Request::Consume { partition, .. } => self.read(partition),
        }
    }

    fn answer(&self, ticket: Ticket) -> Option<Reply> {
        self.replies[ticket.0].clone()
    }

    fn changes(&self) -> Result<Vec<Change>, NotModelled> {
        Ok(self.past.changes.clone())
    }

    fn ended(&self, process: Process) -> usize {
        match process {
            Process::Node(id) if self.is_broker(id) => {
                broker(id).and_then(|id| self.past.ends.get(&id).copied()).unwrap_or(0)
            }
            // It ends at once.
            Process::Node(id) => self.past.controller_ends.get(&id).copied().unwrap_or(0),
            Process::ZooKeeper(number) => self.servers_ended.get(&number).copied().unwrap_or(0),
        }
    }

    fn segments(&self, node: NodeId, partition: &TopicPartition) -> Result<Vec<Segment>, NotModelled> {
        let Some(log) = self.log(node, partition) else {
            return Ok(Vec::new());
        };
        let shown = self.blueprint.logs;
        let batches = log.batches().iter().map(|batch| {
            let mut batch = self.clients.batch(batch);
            batch.records.retain(|_| shown.values);
            if !shown.epochs {
                batch.epoch = LeaderEpoch(-1);
            }
            batch
        });
        let batches = batches.collect();
        Ok(vec![Segment {
            base_offset: Offset(0),
            batches,
        }])
    }

    fn leader_epochs(&self, node: NodeId, partition: &TopicPartition) -> Result<Vec<EpochEntry>, NotModelled> {
        let Some(log) = self.log(node, partition) else {
            return Ok(Vec::new());
        };
        let entry = |(epoch, start): &(models::ids::LeaderEpoch, models::ids::Offset)| EpochEntry {
            epoch: LeaderEpoch(i32::from(epoch.0)),
            start_offset: Offset(i64::from(start.0)),
        };
        Ok(log.epochs().iter().map(entry).collect())
    }

    fn truncations(&self, node: NodeId) -> Result<Vec<(TopicPartition, Offset)>, NotModelled> {
        let all = self
            .past
            .truncations
            .iter()
            .filter(|(id, ..)| broker(node) == Some(*id));
        Ok(all.map(|(_, partition, to)| (partition.clone(), *to)).collect())
    }

    fn metadata(&self) -> Result<Vec<MetadataRecord>, NotModelled> {
        Ok(self.past.metadata.clone())
    }

    fn placement(&mut self, topic: &str) -> Result<Vec<Vec<NodeId>>, NotModelled> {
        self.placed(topic)
    }

    fn znode(&self, path: &str) -> Result<Option<(u32, serde_json::Value)>, NotModelled> {
        zookeeper::znode(&self.timed.world, self.blueprint, path)
    }

    fn quorum_state(&self, node: NodeId) -> Result<Fields, NotModelled> {
        let state = quorum::state(self.blueprint, &self.timed.world, &self.votes, node);
        state.ok_or_else(|| NotModelled(format!("the quorum-state of node {node} is not modelled")))
    }

    fn choices(&self) -> usize {
        self.chance.hints.used()
    }
}
