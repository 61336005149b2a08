//! The tree and its sessions: who is registered, who is the controller, who watches what; the loss of the majority.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sim_core::{Arrival, Since, SmallVec, Timers};

use super::messages::{Answer, Request, Watch};
use super::writes::multi;
use crate::Context;
use crate::actions::{Silence, Timer};
use crate::cluster::{BrokerState, Cluster, PartitionState, Record, Registration};
use crate::config::{Config, Pace, TopicSettings};
use crate::fact::Fact;
use crate::ids::{BrokerEpoch, BrokerId, ControllerEpoch, Directory, Node, Partition, TopicIndex};
use crate::kraft::Silences;
use crate::message::Msg;
use crate::slots::{Slot, Value};

/// The ensemble as one tree: every request is one transaction, and reads are never stale.
///
/// Differs from Kafka: ZooKeeper serves reads from any server, which may lag; here a reader sees what was written last.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct ZooKeeper {
    /// `/brokers/ids`, `/brokers/topics`, the partitions' states and `/config/topics`. A partition epoch is the data
    /// version of its state node, a broker epoch stands for the transaction that created the broker's node.
    pub cluster: Cluster,
    /// `/controller`: an ephemeral node.
    pub controller: Option<BrokerId>,
    /// `/controller_epoch`; its data version is the same number.
    pub controller_epoch: ControllerEpoch,
    /// Which controller wrote each partition's state; the leader's own writes repeat it.
    pub written_by: SmallVec<[ControllerEpoch; 2]>,
    /// `/isr_change_notification`.
    pub isr_changes: SmallVec<[Partition; 1]>,
    /// `/admin/delete_topics`.
    pub doomed: SmallVec<[TopicIndex; 1]>,
    /// Servers that are down.
    pub servers_down: u8,
    /// Brokers whose pings do not arrive; without a clock their sessions may end at no cost.
    pub silent: Silences,
    /// Sessions, and notifications that are due.
    pub timers: Timers<Timer>,
    sessions: SmallVec<[(BrokerId, Session); 3]>,
    /// The last session of each broker that has ended: it does not come back.
    ended: SmallVec<[(BrokerId, BrokerEpoch); 3]>,
    /// Without a clock: processes that wait for the end of an earlier session of theirs.
    waiting: SmallVec<[(BrokerId, BrokerEpoch); 1]>,
}

/// A session of a broker.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
struct Session {
    /// Its number: that of the registration made in it.
    epoch: BrokerEpoch,
    /// What it looks at, ascending.
    watches: SmallVec<[Watch; 2]>,
}

/// Where Kafka keeps what, as far as it is modelled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Path {
    /// `/controller`
    Controller,
    /// `/controller_epoch`
    ControllerEpoch,
    /// `/brokers/ids/B`
    Broker(BrokerId),
    /// `/brokers/topics/T`
    Topic(TopicIndex),
    /// `/config/topics/T`
    Config(TopicIndex),
    /// `/brokers/topics/T/partitions/P/state`
    State(Partition),
}

/// The content of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Znode {
    /// The broker that is the controller.
    Controller(BrokerId),
    /// Of `/controller_epoch`.
    ControllerEpoch(ControllerEpoch),
    /// A broker that has a session, with the transaction that created its node.
    Broker(BrokerEpoch),
    /// The assignment of a topic: replicas of each partition are in its states.
    Topic,
    /// Settings.
    Config(TopicSettings),
    /// A partition's state, and the controller that wrote it.
    State(PartitionState, ControllerEpoch),
}

sim_core::footprint! { crate::Kafka, Slot, Value;
    /// ZooKeeper at work.
    pub struct ZooKeeperSide() {
        tree: write ZooKeeper(),
    }
}

impl ZooKeeper {
    /// An empty tree.
    pub fn new(config: &Config) -> Self {
        Self {
            cluster: Cluster::empty(config),
            written_by: config.partitions.iter().map(|_| ControllerEpoch::default()).collect(),
            ..Self::default()
        }
    }

    /// The content of a node, if it is there.
    pub fn get(&self, path: Path) -> Option<Znode> {
        match path {
            Path::Controller => self.controller.map(Znode::Controller),
            Path::ControllerEpoch => {
                let epoch = self.controller_epoch;
                (epoch != ControllerEpoch::default()).then_some(Znode::ControllerEpoch(epoch))
            }
            Path::Broker(id) => self.cluster.broker(id).map(|known| Znode::Broker(known.epoch)),
            Path::Topic(topic) => self.cluster.topic(topic).map(|_| Znode::Topic),
            Path::Config(topic) => self.cluster.topic(topic).copied().map(Znode::Config),
            Path::State(partition) => {
                let state = self.cluster.partition(partition)?;
                Some(Znode::State(state.clone(), self.written_by[usize::from(partition.0)]))
            }
        }
    }

    /// Whether this session lives.
    pub fn is_session(&self, id: BrokerId, epoch: BrokerEpoch) -> bool {
        self.session(id).is_some_and(|session| session.epoch == epoch)
    }

    /// Pings of this broker do not arrive. A process that has ended waits for no session any more.
    pub fn hears_no_more(&mut self, id: BrokerId, why: Silence) {
        self.silent.begin(id, why);
        if why == Silence::Missed {
            self.waiting.retain(|(other, _)| *other != id);
        }
    }

    fn session(&self, id: BrokerId) -> Option<&Session> {
        let found = self.sessions.iter().find(|(other, _)| *other == id);
        found.map(|(_, session)| session)
    }

    fn has_ended(&self, id: BrokerId, epoch: BrokerEpoch) -> bool {
        self.ended.iter().any(|(other, last)| *other == id && epoch <= *last)
    }

    fn note_end(&mut self, id: BrokerId, epoch: BrokerEpoch) {
        self.ended.retain(|(other, _)| *other != id);
        self.ended.push((id, epoch));
        self.ended.sort_unstable();
    }

    fn watch(&mut self, id: BrokerId, watch: Watch) {
        let found = self.sessions.iter_mut().find(|(other, _)| *other == id);
        if let Some((_, session)) = found
            && let Err(at) = session.watches.binary_search(&watch)
        {
            session.watches.insert(at, watch);
        }
    }
}

/// A request of a broker's session.
pub fn on_request(
    mut at: ZooKeeperSide<'_>,
    cx: &mut Context<'_>,
    from: BrokerId,
    epoch: BrokerEpoch,
    request: &Request,
) {
    // A process that asks for a session does not keep alive the one of its predecessor.
    if cx.arrival() == Arrival::InOrder && at.tree.is_session(from, epoch) {
        at.tree.silent.heard(from);
    }
    if *request == Request::Connect {
        return at.connect(cx, from, epoch);
    }
    if !at.tree.is_session(from, epoch) {
        return reply(cx, from, Answer::Expired(epoch));
    }
    if cx.config().pace == Pace::Clock {
        cx.arm(&mut at.tree.timers, Timer::Session(from), Since::Now);
    }
    match request {
        Request::Connect | Request::Ping => {}
        Request::Close => at.end_session(cx, from),
        Request::Elect => at.elect(cx, from),
        Request::ReadBrokers => {
            at.tree.watch(from, Watch::Brokers);
            let brokers = at.tree.cluster.brokers().iter().map(|(id, known)| (*id, known.epoch));
            reply(cx, from, Answer::Brokers(brokers.collect()));
        }
        Request::ReadIsrChanges => {
            at.tree.watch(from, Watch::IsrChanges);
            let changed = core::mem::take(&mut at.tree.isr_changes);
            let states = changed
                .iter()
                .filter_map(|partition| Some((*partition, at.tree.cluster.partition(*partition)?.clone())));
            let states: Vec<_> = states.collect();
            reply(cx, from, Answer::IsrChanges(states));
        }
        Request::Multi { author, check, writes } => {
            let result = multi(&mut at, cx, *author, *check, writes);
            reply(cx, from, result);
        }
    }
}

/// A session was not heard of for its timeout.
pub fn on_session_end(mut at: ZooKeeperSide<'_>, cx: &mut Context<'_>, id: BrokerId) {
    let epoch = at.tree.session(id).map(|session| session.epoch);
    at.end_session(cx, id);
    if let Some(epoch) = epoch {
        answer(cx, id, Answer::Expired(epoch));
    }
}

/// Leaders have changed ISRs: the notification is written, and who watches is told.
pub fn on_isr_notice(mut at: ZooKeeperSide<'_>, cx: &mut Context<'_>) {
    at.tree.timers.cancel(Timer::IsrNotice);
    at.fire(cx, Watch::IsrChanges);
}

/// A server of the ensemble ends or begins. Without a majority nothing is answered and no session ends.
pub fn on_server(at: ZooKeeperSide<'_>, _cx: &mut Context<'_>, down: u8) {
    at.tree.servers_down = down;
}

/// There is a majority again: all sessions begin anew.
pub fn on_majority_back(at: ZooKeeperSide<'_>, cx: &mut Context<'_>) {
    let ids: SmallVec<[BrokerId; 4]> = at.tree.sessions.iter().map(|(id, _)| *id).collect();
    for id in ids {
        cx.arm(&mut at.tree.timers, Timer::Session(id), Since::Now);
    }
}

/// The answer to a request; that to a late one goes nowhere.
fn reply(cx: &mut Context<'_>, to: BrokerId, answer: Answer) {
    cx.reply(Node::Broker(to), Msg::ZkAnswer(Box::new(answer)));
}

/// What is sent without being asked for.
pub(super) fn answer(cx: &mut Context<'_>, to: BrokerId, answer: Answer) {
    cx.send(Node::Broker(to), Msg::ZkAnswer(Box::new(answer)));
}

impl ZooKeeperSide<'_> {
    /// A session begins, and the broker is registered in it. Kafka: `KafkaZkClient.registerBroker`.
    fn connect(&mut self, cx: &mut Context<'_>, id: BrokerId, epoch: BrokerEpoch) {
        if self.tree.is_session(id, epoch) {
            return answer(cx, id, Answer::Connected(epoch));
        }
        if self.tree.has_ended(id, epoch) {
            return answer(cx, id, Answer::Expired(epoch));
        }
        if self.tree.session(id).is_some() {
            // Without a clock nobody has to start the broker until it works: it waits.
            match cx.config().pace {
                Pace::Clock => answer(cx, id, Answer::NodeExists),
                Pace::Free => {
                    self.tree.waiting.retain(|(other, _)| *other != id);
                    self.tree.waiting.push((id, epoch));
                    self.tree.waiting.sort_unstable();
                }
            }
            return;
        }
        let session = Session {
            epoch,
            watches: SmallVec::new(),
        };
        self.tree.silent.heard(id);
        self.tree.sessions.push((id, session));
        self.tree.sessions.sort_unstable();
        let registration = Registration {
            epoch,
            state: BrokerState::Unfenced,
            directory: Directory::default(),
        };
        self.tree.cluster.apply(&Record::Broker(id, registration));
        cx.arm(&mut self.tree.timers, Timer::Session(id), Since::Now);
        answer(cx, id, Answer::Connected(epoch));
        self.fire(cx, Watch::Brokers);
    }

    /// Kafka: `KafkaZkClient.registerControllerAndIncrementControllerEpoch`.
    fn elect(&mut self, cx: &mut Context<'_>, id: BrokerId) {
        match self.tree.controller {
            Some(other) if other != id => {
                self.tree.watch(id, Watch::Controller);
                return reply(cx, id, Answer::NotElected);
            }
            // It was elected before; the answer was lost.
            Some(_) => {}
            None => {
                self.tree.controller = Some(id);
                self.tree.controller_epoch = self.tree.controller_epoch.next();
            }
        }
        for watch in [Watch::Brokers, Watch::IsrChanges] {
            self.tree.watch(id, watch);
        }
        self.tree.isr_changes.clear();
        self.tree.timers.cancel(Timer::IsrNotice);
        let elected = Answer::Elected(
            self.tree.controller_epoch,
            Box::new(self.tree.cluster.clone()),
            self.tree.doomed.to_vec(),
        );
        reply(cx, id, elected);
    }

    fn end_session(&mut self, cx: &mut Context<'_>, id: BrokerId) {
        self.tree.timers.cancel(Timer::Session(id));
        if let Some(at) = self.tree.sessions.iter().position(|(other, _)| *other == id) {
            let (_, session) = self.tree.sessions.remove(at);
            self.tree.note_end(id, session.epoch);
        }
        self.tree.cluster.unregister(id);
        self.fire(cx, Watch::Brokers);
        if self.tree.controller == Some(id) {
            self.tree.controller = None;
            self.fire(cx, Watch::Controller);
        }
        if let Some(at) = self.tree.waiting.iter().position(|(other, _)| *other == id) {
            let (_, epoch) = self.tree.waiting.remove(at);
            self.connect(cx, id, epoch);
        }
    }

    /// Watches fire once.
    fn fire(&mut self, cx: &mut Context<'_>, watch: Watch) {
        for (id, session) in &mut self.tree.sessions {
            if let Ok(at) = session.watches.binary_search(&watch) {
                session.watches.remove(at);
                answer(cx, *id, Answer::Fired(watch));
            }
        }
    }

    /// Everybody hears of new settings.
    pub(super) fn announce_config(&self, cx: &mut Context<'_>, topic: TopicIndex, settings: TopicSettings) {
        for (id, _) in &self.tree.sessions {
            answer(cx, *id, Answer::Config(topic, settings));
        }
    }

    /// A partition's state is written: what the cluster decided.
    pub(super) fn decided(
        &mut self,
        cx: &mut Context<'_>,
        partition: Partition,
        state: PartitionState,
        choice: crate::controller::partition_change::Choice,
    ) {
        cx.announce(Fact::Decided {
            partition,
            leader: state.leader,
            epoch: state.leader_epoch,
            electable: state.isr.clone(),
            admitted: crate::ids::Brokers::new(),
            choice,
        });
        self.tree.cluster.apply(&Record::Partition(partition, state));
    }
}
