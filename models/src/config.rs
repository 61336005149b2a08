//! What never changes during a run: brokers, partitions, clients, timeouts, the pace, the budget.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use sim_core::{Budget, Latency, Span};

use crate::faults::Faults;
use crate::features::{Features, Reads, Rules};
use crate::ids::{BrokerId, Brokers, ClientId, Node, Partition, TopicIndex};
use crate::kraft::quorum::Roster;
use crate::message::{Acks, Command};

/// Whether there is a clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Heartbeats and periodic tasks run; budgets may be unlimited.
    Clock,
    /// Nothing is periodic: what a clock would do in its time is an action that may come at any moment.
    Free,
}

/// Who decides about partitions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// A KRaft controller on a node of its own that never fails.
    Kraft,
    /// A KRaft quorum: [`Config::quorum`] says who is in it.
    Quorum,
    /// One of the brokers, chosen by a node in ZooKeeper.
    ZooKeeper {
        /// How many servers the ensemble has.
        ensemble: u8,
    },
}

/// One broker.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// `node.id`.
    pub id: BrokerId,
    /// Its rules: nodes of one cluster may run different ones.
    pub features: Features,
}

/// One topic.
#[derive(Clone, Debug)]
pub struct TopicConfig {
    /// Its name.
    pub name: String,
    /// Its settings at the beginning.
    pub settings: TopicSettings,
    /// Whether it exists from the beginning; if not, a command creates it.
    pub exists: bool,
}

/// Settings of a topic that replication reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct TopicSettings {
    /// `min.insync.replicas`.
    pub min_isr: u8,
    /// `unclean.leader.election.enable`.
    pub unclean: UncleanElection,
}

impl TopicSettings {
    /// What a topic has to which nothing was given: the metadata log says nothing about it.
    ///
    /// Differs from Kafka: a setting that is given its usual value counts as not given.
    pub const STOCK: Self = Self {
        min_isr: 1,
        unclean: UncleanElection::Refused,
    };
}

/// Whether a replica outside the ISR may lead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum UncleanElection {
    /// Never by itself.
    Refused,
    /// When nobody else can.
    Allowed,
}

/// One partition.
#[derive(Clone, Debug)]
pub struct PartitionConfig {
    /// Its topic.
    pub topic: TopicIndex,
    /// Its number in the topic.
    pub number: u32,
    /// Its replicas, the preferred leader first.
    pub assignment: Brokers,
    /// Brokers that may ever have a replica: these and all that an order of the scenario names.
    pub hosts: Brokers,
    /// When it comes to be.
    pub birth: Birth,
}

impl PartitionConfig {
    /// A partition that is made with its topic and stays where it is.
    pub fn new(topic: TopicIndex, number: u32, assignment: Brokers) -> Self {
        Self {
            topic,
            number,
            hosts: assignment.clone(),
            assignment,
            birth: Birth::WithTopic,
        }
    }

    /// The same; these brokers may get a replica, too.
    pub fn may_move_to(&mut self, brokers: &[BrokerId]) {
        for id in brokers {
            if !self.hosts.contains(id) {
                self.hosts.push(*id);
            }
        }
    }
}

/// When a partition comes to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Birth {
    /// With its topic.
    WithTopic,
    /// By an order, later.
    Added,
}

/// What a client does.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Its name in the scenario.
    pub name: String,
    /// Its part.
    pub kind: ClientKind,
}

/// The part of a client.
#[derive(Clone, Debug)]
pub enum ClientKind {
    /// Sends records, one batch after the other.
    Producer(ProducerConfig),
    /// Reads from the beginning.
    Consumer(ConsumerConfig),
}

/// A producer with one request in flight. Kafka: `KafkaProducer`.
#[derive(Clone, Debug)]
pub struct ProducerConfig {
    /// Where to.
    pub partition: Partition,
    /// Which answer it waits for.
    pub acks: Acks,
    /// How many batches it sends by itself (commands may order more).
    pub batches: u16,
    /// Records in a batch.
    pub batch_records: u8,
    /// How often a batch is sent again after an error.
    pub retries: u8,
}

/// A consumer. Kafka: `KafkaConsumer`.
#[derive(Clone, Debug)]
pub struct ConsumerConfig {
    /// Where from.
    pub partition: Partition,
    /// What it does when its position is out of range.
    pub reset: Reset,
    /// What it asks for.
    pub wants: Wants,
}

/// What a consumer asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Wants {
    /// Records.
    #[default]
    Records,
    /// Only where the log ends, as tools that watch lag do (`ListOffsets`).
    EndOffset,
}

/// `auto.offset.reset`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Reset {
    /// To the first retained record.
    Earliest,
    /// To the end.
    Latest,
    /// Stop with an error.
    Fail,
}

/// Timeouts and periods.
#[derive(Clone, Debug)]
pub struct Times {
    /// `broker.session.timeout.ms`.
    pub session: Span,
    /// `broker.heartbeat.interval.ms`.
    pub heartbeat: Span,
    /// `replica.lag.time.max.ms`.
    pub lag: Span,
    /// `replica.fetch.wait.max.ms`.
    pub fetch_wait: Span,
    /// `replica.fetch.backoff.ms`.
    pub fetch_backoff: Span,
    /// `replica.high.watermark.checkpoint.interval.ms`.
    pub checkpoint: Span,
    /// The producer's `request.timeout.ms`.
    pub request: Span,
    /// The producer's `delivery.timeout.ms`.
    pub delivery: Span,
    /// The producer's `retry.backoff.ms`.
    pub retry: Span,
    /// `leader.imbalance.check.interval.seconds`.
    pub balance: Span,
    /// `controlled.shutdown.retry.backoff.ms`, where there is ZooKeeper.
    pub shutdown_retry: Span,
    /// From an ISR change that a leader wrote into ZooKeeper to its notification (Kafka: 5 s, looked at every 2.5 s).
    pub isr_notice: Span,
    /// Time from the start of a process to its registration.
    pub boot: Span,
    /// A message from node to node.
    pub latency: Latency,
    /// Producers whose timeouts are not `request` and `delivery`.
    pub producers: BTreeMap<ClientId, ProducerTimes>,
}

/// The timeouts of one producer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerTimes {
    /// Its `request.timeout.ms`.
    pub request: Span,
    /// Its `delivery.timeout.ms`.
    pub delivery: Span,
}

impl Times {
    /// The timeouts of a producer.
    pub fn of_producer(&self, client: ClientId) -> ProducerTimes {
        let usual = ProducerTimes {
            request: self.request,
            delivery: self.delivery,
        };
        self.producers.get(&client).copied().unwrap_or(usual)
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            session: Span::from_ms(9_000),
            heartbeat: Span::from_ms(2_000),
            lag: Span::from_ms(30_000),
            fetch_wait: Span::from_ms(500),
            fetch_backoff: Span::from_ms(1_000),
            checkpoint: Span::from_ms(5_000),
            request: Span::from_ms(5_000),
            delivery: Span::from_ms(10_000),
            retry: Span::from_ms(100),
            balance: Span::from_s(300),
            shutdown_retry: Span::from_ms(5_000),
            isr_notice: Span::from_ms(5_000),
            boot: Span::from_ms(1_500),
            latency: Latency::fixed(500),
            producers: BTreeMap::new(),
        }
    }
}

/// Whether leaders move back to the preferred replica by themselves (`auto.leader.rebalance.enable`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Balance {
    /// Every `leader.imbalance.check.interval.seconds`.
    Automatic,
    /// Only when an operator asks.
    Manual,
}

/// When a log is flushed without being asked (`flush.messages`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flush {
    /// Left to the operating system, as Kafka's default is.
    Never,
    /// After every append (`flush.messages=1`).
    EveryAppend,
}

/// Everything that a scenario fixes.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether there is a clock.
    pub pace: Pace,
    /// Who decides about partitions.
    pub control: Control,
    /// In ascending order of ids.
    pub brokers: Vec<BrokerConfig>,
    /// The rules of the controller.
    pub controller: Features,
    /// The KRaft quorum, where there is one: [`Control::Quorum`].
    pub quorum: Option<Roster>,
    /// By index.
    pub topics: Vec<TopicConfig>,
    /// By index; of one topic side by side.
    pub partitions: Vec<PartitionConfig>,
    /// By index.
    pub clients: Vec<ClientConfig>,
    /// What may still go wrong, at the beginning.
    pub faults: Faults,
    /// What an operator may order while exploring (budget `admin`).
    pub admin: Vec<Command>,
    /// Timeouts and periods.
    pub times: Times,
    /// `auto.leader.rebalance.enable`.
    pub balance: Balance,
    /// `flush.messages`.
    pub flush: Flush,
    /// Largest number of batches in one fetch answer.
    pub fetch_batches: u8,
    /// Which switches were read so far.
    pub reads: Reads,
}

impl Config {
    /// The smallest useful cluster: one partition on brokers 1 to `brokers`, min.insync.replicas 2 (or fewer brokers), one
    /// producer with acks=all that sends so many records one by one. No clock, no faults.
    ///
    /// ```
    /// use models::config::Config;
    /// use models::features::Features;
    /// use models::settle::settled;
    ///
    /// let config = Config::small(Features::KRAFT_4_3, 3, 1);
    /// assert!(settled(&config).slots().len() > 20);
    /// ```
    pub fn small(features: Features, brokers: u8, records: u16) -> Self {
        let ids = (1..=brokers).map(BrokerId);
        let settings = TopicSettings {
            min_isr: brokers.min(2),
            unclean: UncleanElection::Refused,
        };
        let producer = ProducerConfig {
            partition: Partition(0),
            acks: Acks::All,
            batches: records,
            batch_records: 1,
            retries: 0,
        };
        Self {
            pace: Pace::Free,
            control: Control::Kraft,
            brokers: ids.clone().map(|id| BrokerConfig { id, features }).collect(),
            controller: features,
            quorum: None,
            topics: alloc::vec![TopicConfig {
                name: String::from("t"),
                settings,
                exists: true
            }],
            partitions: alloc::vec![PartitionConfig::new(TopicIndex(0), 0, ids.collect())],
            clients: alloc::vec![ClientConfig {
                name: String::from("c1"),
                kind: ClientKind::Producer(producer)
            }],
            faults: Faults::default(),
            admin: Vec::new(),
            times: Times::default(),
            balance: Balance::Manual,
            flush: Flush::Never,
            fetch_batches: 4,
            reads: Reads::default(),
        }
    }

    /// The rules that a broker runs.
    pub fn rules(&self, broker: BrokerId) -> Rules<'_> {
        let at = self.brokers.binary_search_by_key(&broker, |config| config.id);
        let features = &self.brokers[at.expect("a broker that acts is in the configuration")].features;
        Rules::new(features, &self.reads)
    }

    /// The rules that the controller runs.
    pub fn controller_rules(&self) -> Rules<'_> {
        Rules::new(&self.controller, &self.reads)
    }

    /// The rules that clients run: those of the controller.
    pub fn client_rules(&self) -> Rules<'_> {
        self.controller_rules()
    }

    /// Partitions of which this broker may hold a replica, in order.
    pub fn hosted(&self, broker: BrokerId) -> impl Iterator<Item = Partition> + '_ {
        self.all_partitions()
            .filter(move |partition| self.placed(*partition).hosts.contains(&broker))
    }

    /// All partitions, in order.
    pub fn all_partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.partitions.len()).map(|index| Partition(index as u8))
    }

    /// All brokers, in order.
    pub fn broker_ids(&self) -> impl Iterator<Item = BrokerId> + '_ {
        self.brokers.iter().map(|broker| broker.id)
    }

    /// The configuration of a partition.
    pub fn placed(&self, partition: Partition) -> &PartitionConfig {
        &self.partitions[usize::from(partition.0)]
    }

    /// The configuration of a partition's topic.
    pub fn topic_of(&self, partition: Partition) -> &TopicConfig {
        &self.topics[usize::from(self.placed(partition).topic.0)]
    }

    /// Partitions of a topic, in order.
    pub fn partitions_of(&self, topic: TopicIndex) -> impl Iterator<Item = Partition> + '_ {
        self.all_partitions()
            .filter(move |partition| self.placed(*partition).topic == topic)
    }

    /// Kafka's name of a partition: `orders-0`.
    pub fn partition_name(&self, partition: Partition) -> String {
        alloc::format!("{}-{}", self.topic_of(partition).name, self.placed(partition).number)
    }

    /// The partition that a client works on.
    pub fn target(&self, client: ClientId) -> Partition {
        match &self.clients[usize::from(client.0)].kind {
            ClientKind::Producer(producer) => producer.partition,
            ClientKind::Consumer(consumer) => consumer.partition,
        }
    }

    /// All clients, in order.
    pub fn client_ids(&self) -> impl Iterator<Item = ClientId> + use<> {
        (0..self.clients.len()).map(|index| ClientId(index as u8))
    }

    /// Whether ZooKeeper has the metadata.
    pub fn has_zookeeper(&self) -> bool {
        matches!(self.control, Control::ZooKeeper { .. })
    }

    /// Whether a quorum of controllers decides.
    pub fn has_quorum(&self) -> bool {
        self.control == Control::Quorum
    }

    /// Who is in the quorum.
    ///
    /// # Panics
    /// When there is none.
    pub fn roster(&self) -> &Roster {
        self.quorum.as_ref().expect("a cluster with a quorum says who is in it")
    }

    /// Whether most servers of the ensemble are up when so many are down.
    pub fn has_majority(&self, down: u8) -> bool {
        match self.control {
            Control::Kraft | Control::Quorum => false,
            Control::ZooKeeper { ensemble } => 2 * down < ensemble,
        }
    }

    /// The node to which a broker owes its session: the controller, or ZooKeeper. With a quorum the controller is whichever
    /// is active: what is sent there waits until the broker knows of one.
    pub fn keeper(&self) -> Node {
        match self.control {
            Control::Kraft | Control::Quorum => Node::Controller,
            Control::ZooKeeper { .. } => Node::ZooKeeper,
        }
    }

    /// All nodes: the keeper of sessions or the controllers first, then brokers and clients in order. A broker that is a
    /// controller as well is listed once.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        let keeper = (!self.has_quorum()).then(|| self.keeper());
        let controllers = self.quorum.iter().flat_map(Roster::separate);
        keeper
            .into_iter()
            .chain(controllers.map(|(_, id)| Node::Voter(id)))
            .chain(self.broker_ids().map(Node::Broker))
            .chain(self.client_ids().map(Node::Client))
    }

    /// Whether every budget has an end, as a search needs it.
    pub fn is_finite(&self) -> bool {
        self.pace == Pace::Free && self.faults.iter().all(|(_, budget)| budget != Budget::Unlimited)
    }
}
