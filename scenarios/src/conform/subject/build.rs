//! The configuration of the simulated cluster: nodes and settings from the head of a recording, topics and clients from
//! the commands and acts that it will do.

use std::collections::BTreeMap;

use models::config::{
    Balance, Birth, BrokerConfig, ClientConfig, ClientKind, Config, ConsumerConfig, Control, Flush, Pace,
    PartitionConfig, ProducerConfig, ProducerTimes, Reset, Times, TopicConfig, TopicSettings, UncleanElection, Wants,
};
use models::controller::placement::{cached, shifted};
use models::faults::Faults;
use models::features::{self, Features, IsrOrder, Switch, Truncation, UncleanShutdown};
use models::ids::{BrokerId, ClientId, ControllerId, Partition, TopicIndex};
use models::kraft::quorum::Roster;
use models::kraft::quorum::roster::MEMBERS_MAX;
use models::message::Acks;
use models::raft::Rules;
use sim_core::Span;

use super::placement::nodes;
use super::{Ask, Hints, NotModelled, Placement, ProduceRequest, Request, Target};
use crate::build::PINGS;
use crate::conform::preset::{INTER_BROKER_PROTOCOL, Preset, TurnedBack};
use crate::conform::request::{self, Understood};
use crate::recording::{Act, Content, Disk, Head, Micros, Mode, NodeId, Recording, TopicPartition};

/// Everything about a simulated cluster that does not change while it runs.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// The configuration of the model.
    pub(super) config: Config,
    /// The head of the recording.
    pub(super) head: Head,
    /// What the recording says about chance.
    pub(super) hints: Hints,
    /// What readings of logs show.
    pub(super) logs: ShownLogs,
    partitions: BTreeMap<TopicPartition, Partition>,
    producers: BTreeMap<Sender, ClientId>,
    consumers: Vec<(TopicPartition, ClientId)>,
}

/// A producer of the model: a named client keeps its view of one partition; the timeouts belong to the client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sender {
    name: Option<String>,
    partition: Option<TopicPartition>,
    timeout: Micros,
}

impl Sender {
    fn of(request: &ProduceRequest) -> Self {
        let name = request.client.clone();
        Self {
            partition: name.is_some().then(|| request.partition.clone()),
            name,
            timeout: request.timeout,
        }
    }
}

impl Blueprint {
    /// The cluster of a recording before its first step: everything is down, no topic exists.
    ///
    /// # Errors
    /// When the model has no such cluster.
    pub fn of(recording: &Recording) -> Result<Self, NotModelled> {
        let head = recording.head.clone();
        let rules = rules(&head)?;
        let mut blueprint = Self {
            config: empty(&head, rules)?,
            head,
            hints: Hints::of(recording),
            logs: ShownLogs::of(recording),
            partitions: BTreeMap::new(),
            producers: BTreeMap::new(),
            consumers: Vec::new(),
        };
        blueprint.read(recording)?;
        Ok(blueprint)
    }

    /// The partition of the model, if some command of the recording creates its topic.
    pub(super) fn partition(&self, name: &TopicPartition) -> Option<Partition> {
        self.partitions.get(name).copied()
    }

    /// Its name in the recording.
    pub(super) fn name(&self, partition: Partition) -> TopicPartition {
        let placed = self.config.placed(partition);
        let number = i32::try_from(placed.number).expect("partitions are numbered from 0, and there are at most 255");
        TopicPartition::new(self.topic_name(placed.topic), number)
    }

    /// The name of a topic.
    pub(super) fn topic_name(&self, topic: TopicIndex) -> &str {
        &self.config.topics[usize::from(topic.0)].name
    }

    /// The topic of this name.
    pub(super) fn topic(&self, name: &str) -> Option<TopicIndex> {
        let at = self.config.topics.iter().position(|topic| topic.name == name)?;
        Some(topic_index(at))
    }

    /// The client that sends this record.
    pub(super) fn producer(&self, request: &ProduceRequest) -> Option<ClientId> {
        self.producers.get(&Sender::of(request)).copied()
    }

    /// The clients that read this partition, one for each time that it is read.
    pub(super) fn consumers(&self, partition: &TopicPartition) -> impl Iterator<Item = ClientId> {
        self.consumers
            .iter()
            .filter(move |(of, _)| of == partition)
            .map(|(_, client)| *client)
    }

    fn read(&mut self, recording: &Recording) -> Result<(), NotModelled> {
        for block in &recording.blocks {
            if let Content::Command(command) = &block.content
                && let Ok(Understood::Ask(Request::Tool { ask, .. })) = request::understand(command, &recording.head)
            {
                match ask {
                    Ask::CreateTopic {
                        topic,
                        placement,
                        configs,
                    } => self.add_topic(&topic, &placement, &configs)?,
                    Ask::AddPartitions { topic, count } => self.add_partitions(&topic, count)?,
                    Ask::Reassign { targets, .. } => self.add_hosts(&targets),
                    _ => {}
                }
            }
        }
        for block in &recording.blocks {
            match &block.content {
                Content::Act(Act::Produce(produce)) => {
                    if let Request::Produce(request) = request::produce(produce) {
                        self.add_producer(&request)?;
                    }
                }
                Content::Act(Act::Consume(consume)) => self.add_consumer(&consume.partition)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The first command that creates a topic counts: another one is refused by the cluster.
    fn add_topic(
        &mut self,
        name: &str,
        placement: &Placement,
        configs: &[(String, String)],
    ) -> Result<(), NotModelled> {
        let rows = match placement {
            Placement::Manual(rows) => rows.clone(),
            Placement::Automatic {
                partitions,
                replication_factor,
            } => {
                let count = partitions.map(|count| count as usize);
                let mut rows = self.hints.placement(name).unwrap_or_default();
                // What comes after them was added later.
                rows.truncate(count.unwrap_or(usize::MAX));
                match (count, replication_factor) {
                    (Some(count), Some(1)) if rows.is_empty() => self.single_copies(name, count),
                    _ => rows,
                }
            }
        };
        let known = |id: &NodeId| self.head.brokers.contains(id);
        if self.topic(name).is_some() || rows.is_empty() || !rows.iter().flatten().all(known) {
            return Ok(());
        }
        let topic = topic_index(self.config.topics.len());
        self.flush_as(configs)?;
        // A topic with a setting that is not modelled is refused when it is to be created.
        let Ok(settings) = settings(TopicSettings::STOCK, configs, &[]) else {
            return Ok(());
        };
        self.config.topics.push(TopicConfig {
            name: name.to_owned(),
            settings,
            exists: false,
        });
        for (number, row) in rows.iter().enumerate() {
            self.add_partition((topic, name), number, row, Birth::WithTopic)?;
        }
        Ok(())
    }

    /// `flush.messages`, which all topics of a cluster share in the model.
    fn flush_as(&mut self, configs: &[(String, String)]) -> Result<(), NotModelled> {
        let each = configs.iter().any(|(name, value)| name == FLUSH && value == "1");
        let flush = if each { Flush::EveryAppend } else { Flush::Never };
        if !self.config.topics.is_empty() && self.config.flush != flush {
            let why = format!("topics with and without {FLUSH}=1 are not modelled together");
            return Err(NotModelled(why));
        }
        self.config.flush = flush;
        Ok(())
    }

    fn add_partition(
        &mut self,
        (topic, name): (TopicIndex, &str),
        number: usize,
        row: &[NodeId],
        birth: Birth,
    ) -> Result<(), NotModelled> {
        let partition = u8::try_from(self.config.partitions.len()).map(Partition);
        let partition = partition.map_err(|_| NotModelled("more than 256 partitions are not modelled".to_owned()))?;
        let number = u32::try_from(number).expect("there are at most 256 partitions");
        let assignment = row.iter().filter_map(|id| broker(*id)).collect();
        let mut config = PartitionConfig::new(topic, number, assignment);
        config.birth = birth;
        self.config.partitions.push(config);
        let number = i32::try_from(number).expect("there are at most 256 partitions");
        self.partitions.insert(TopicPartition::new(name, number), partition);
        Ok(())
    }

    /// With ZooKeeper, a topic with one copy of each partition whose table is not recorded: placed so that what is known of it fits.
    fn single_copies(&self, name: &str, count: usize) -> Vec<Vec<NodeId>> {
        let known = self.hints.single_copies(name);
        if !self.config.has_zookeeper() || known.is_empty() {
            return Vec::new();
        }
        let brokers: Vec<BrokerId> = self.config.broker_ids().collect();
        let order = cached(&brokers);
        let fits = |rows: &Vec<Vec<NodeId>>| {
            let row = |number: i32| usize::try_from(number).ok().and_then(|number| rows.get(number));
            known
                .iter()
                .all(|(number, id)| row(*number).is_none_or(|row| row[..] == [*id]))
        };
        let placed = (0..order.len()).map(|start| nodes(&shifted(&order, 0, count, 1, &mut |_, _| start)));
        placed.into_iter().find(fits).unwrap_or_default()
    }

    /// With ZooKeeper new partitions go on where those of the topic began.
    fn grown(&self, topic: TopicIndex, have: usize, count: usize) -> Vec<Vec<NodeId>> {
        let first = self.config.partitions_of(topic).next();
        let Some(row) = first.map(|partition| &self.config.placed(partition).assignment) else {
            return Vec::new();
        };
        let brokers: Vec<BrokerId> = self.config.broker_ids().collect();
        let start = brokers.iter().position(|id| Some(id) >= row.first()).unwrap_or(0);
        let new = shifted(&brokers, have, count.saturating_sub(have), row.len(), &mut |_, _| start);
        let old = self
            .config
            .partitions_of(topic)
            .map(|partition| self.config.placed(partition).assignment.clone());
        nodes(&old.chain(new).collect::<Vec<_>>())
    }

    /// Partitions that a topic gets later go where the recording has them.
    fn add_partitions(&mut self, name: &str, count: u32) -> Result<(), NotModelled> {
        let Some(topic) = self.topic(name) else { return Ok(()) };
        let have = self.config.partitions_of(topic).count();
        let rows = if self.config.has_zookeeper() {
            self.grown(topic, have, count as usize)
        } else {
            self.hints.placement(name).unwrap_or_default()
        };
        let later = rows.iter().enumerate().take(count as usize).skip(have);
        for (number, row) in later {
            self.add_partition((topic, name), number, row, Birth::Added)?;
        }
        Ok(())
    }

    /// Brokers that a command moves a partition to may have a replica of it. Those that there are not are refused later.
    fn add_hosts(&mut self, targets: &[Target]) {
        for (name, row) in targets {
            let known = row.iter().filter(|id| self.head.brokers.contains(id));
            let brokers: Vec<BrokerId> = known.filter_map(|id| broker(*id)).collect();
            if let Some(partition) = self.partition(name) {
                self.config.partitions[usize::from(partition.0)].may_move_to(&brokers);
            }
        }
    }

    fn add_producer(&mut self, request: &ProduceRequest) -> Result<(), NotModelled> {
        let sender = Sender::of(request);
        let Some(partition) = self.partition(&request.partition) else {
            return Ok(());
        };
        if self.producers.contains_key(&sender) {
            return Ok(());
        }
        let kind = ClientKind::Producer(ProducerConfig {
            partition,
            acks: Acks::All,
            batches: 0,
            batch_records: 1,
            retries: 0,
        });
        let name = request
            .client
            .clone()
            .unwrap_or_else(|| format!("fresh-{}", self.config.clients.len()));
        let client = self.add_client(name, kind)?;
        let times = ProducerTimes {
            request: span(request.request_timeout),
            delivery: span(request.timeout),
        };
        self.config.times.producers.insert(client, times);
        self.producers.insert(sender, client);
        Ok(())
    }

    fn add_consumer(&mut self, name: &TopicPartition) -> Result<(), NotModelled> {
        let Some(partition) = self.partition(name) else {
            return Ok(());
        };
        let kind = ClientKind::Consumer(ConsumerConfig {
            partition,
            reset: Reset::Earliest,
            wants: Wants::Records,
        });
        let client = self.add_client(format!("reader-{}", self.config.clients.len()), kind)?;
        self.consumers.push((name.clone(), client));
        Ok(())
    }

    fn add_client(&mut self, name: String, kind: ClientKind) -> Result<ClientId, NotModelled> {
        let client = u8::try_from(self.config.clients.len()).map(ClientId);
        let client = client.map_err(|_| NotModelled("more than 256 clients are not modelled".to_owned()))?;
        self.config.clients.push(ClientConfig { name, kind });
        Ok(client)
    }
}

/// A broker of the model.
pub(super) fn broker(id: NodeId) -> Option<BrokerId> {
    u8::try_from(id.0).ok().map(BrokerId)
}

/// A controller of the model.
pub(super) fn controller(id: NodeId) -> Option<ControllerId> {
    u8::try_from(id.0).ok().map(ControllerId)
}

/// A broker in the recording.
pub(super) fn node(id: BrokerId) -> NodeId {
    NodeId(i32::from(id.0))
}

/// A length of time of the recording.
pub(super) fn span(time: Micros) -> Span {
    Span::from_us(time.0)
}

fn topic_index(at: usize) -> TopicIndex {
    TopicIndex(u8::try_from(at).expect("a topic has a partition, and there are at most 256 of them"))
}

/// These settings, changed.
///
/// # Errors
/// When a setting is not modelled.
pub(super) fn settings(
    from: TopicSettings,
    set: &[(String, String)],
    removed: &[String],
) -> Result<TopicSettings, NotModelled> {
    let defaults = removed.iter().map(|name| match name.as_str() {
        "min.insync.replicas" => (name.as_str(), "1"),
        "unclean.leader.election.enable" => (name.as_str(), "false"),
        _ => (name.as_str(), ""),
    });
    let set = set.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut settings = from;
    for (name, value) in defaults.chain(set) {
        let not_modelled = || NotModelled(format!("the topic setting {name}={value} is not modelled"));
        match name {
            "min.insync.replicas" => settings.min_isr = value.parse().map_err(|_| not_modelled())?,
            FLUSH if value == "1" => {}
            "unclean.leader.election.enable" => {
                settings.unclean = match value {
                    "true" => UncleanElection::Allowed,
                    "false" => UncleanElection::Refused,
                    _ => return Err(not_modelled()),
                };
            }
            // Logs of these experiments are far smaller, and nothing is deleted from them.
            "retention.bytes" if value.is_empty() || value.parse::<u64>().is_ok_and(|bytes| bytes >= 1 << 30) => {}
            _ => return Err(not_modelled()),
        }
    }
    Ok(settings)
}

/// The rules of the recorded release.
fn rules(head: &Head) -> Result<Features, NotModelled> {
    let none = || NotModelled(format!("Kafka {} with {} is not modelled", head.version, head.mode));
    let preset = Preset::of(head).ok_or_else(none)?;
    let mut rules = features::preset(preset.name).ok_or_else(none)?.features;
    for turned_back in &preset.turned_back {
        match turned_back {
            TurnedBack::AppendsToIsr => rules.isr_order = IsrOrder::Appended,
            TurnedBack::NoEligibleLeaderReplicas => {
                rules.elr = Switch::Off;
                rules.unclean_shutdown = UncleanShutdown::Ignored;
            }
            TurnedBack::SpeaksWithoutEpochs => older(&mut rules, Truncation::HighWatermark),
            TurnedBack::AnswersWithoutEpoch => older(&mut rules, Truncation::EndOfEpoch),
        }
    }
    Ok(rules)
}

/// The quorum of a recording.
fn quorum(head: &Head, brokers: &[BrokerId]) -> Result<Roster, NotModelled> {
    let controllers: Vec<ControllerId> = head.controllers.iter().filter_map(|id| controller(*id)).collect();
    let apart = brokers.iter().filter(|id| !controllers.contains(&ControllerId(id.0)));
    let processes = controllers.len() + apart.count();
    if controllers.len() != head.controllers.len() || processes > MEMBERS_MAX {
        return Err(NotModelled(format!(
            "a quorum of {processes} processes is not modelled"
        )));
    }
    let preset = Preset::of(head).map_or("", |preset| preset.name);
    Ok(Roster::new(&controllers, brokers, Rules::of_preset(preset)))
}

/// What brokers that speak as before 2.0 cannot say to each other: which epoch they know, which life they mean.
fn older(rules: &mut Features, truncation: Truncation) {
    rules.truncation = truncation;
    rules.truncation_epoch = Switch::Off;
    rules.fetch_epoch = Switch::Off;
    rules.control_broker_epoch = Switch::Off;
}

/// What a log shows of itself in a recording.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownLogs {
    /// Values of records; the tool of 2.5 did not show them to the first recordings.
    pub(super) values: bool,
    /// Leader epochs, which records before 0.11 do not have.
    pub(super) epochs: bool,
}

impl ShownLogs {
    fn of(recording: &Recording) -> Self {
        let batches = recording.blocks.iter().filter_map(|block| match &block.content {
            Content::Disk(Disk::Log { batches, .. }) => Some(batches),
            _ => None,
        });
        let (mut any, mut shown) = (
            false,
            Self {
                values: false,
                epochs: true,
            },
        );
        for batch in batches.flatten() {
            any = true;
            shown.values |= !batch.records.is_empty();
            shown.epochs &= batch.epoch.0 >= 0;
        }
        shown.values |= !any;
        shown
    }
}

/// The cluster without topics and clients.
fn empty(head: &Head, features: Features) -> Result<Config, NotModelled> {
    let control = match head.mode {
        Mode::Kraft if head.controllers.len() == 1 => Control::Kraft,
        Mode::Kraft | Mode::Combined => Control::Quorum,
        Mode::Zk => Control::ZooKeeper {
            ensemble: u8::try_from(head.zookeepers).unwrap_or(u8::MAX),
        },
    };
    let mut brokers: Vec<BrokerId> = head.brokers.iter().filter_map(|id| broker(*id)).collect();
    brokers.sort_unstable();
    if brokers.len() != head.brokers.len() {
        return Err(NotModelled("ids of brokers above 255 are not modelled".to_owned()));
    }
    let quorum = match control {
        Control::Quorum => Some(quorum(head, &brokers)?),
        Control::Kraft | Control::ZooKeeper { .. } => None,
    };
    Ok(Config {
        pace: Pace::Clock,
        control,
        brokers: brokers.into_iter().map(|id| BrokerConfig { id, features }).collect(),
        controller: features,
        quorum,
        topics: Vec::new(),
        partitions: Vec::new(),
        clients: Vec::new(),
        faults: Faults::unlimited(),
        admin: Vec::new(),
        times: times(head)?,
        balance: match head.setting("auto.leader.rebalance.enable") {
            Some("false") => Balance::Manual,
            _ => Balance::Automatic,
        },
        flush: Flush::Never,
        fetch_batches: u8::MAX,
        reads: features::Reads::default(),
    })
}

/// The topic setting after how many records a log is forced to disk.
const FLUSH: &str = "flush.messages";

/// The broker setting that makes logs as an older release did; topics show it by another name.
pub(super) const MESSAGE_FORMAT: &str = "log.message.format.version";

/// `zookeeper.session.timeout.ms` from 2.5 on.
const ZK_SESSION: Span = Span::from_ms(18_000);

fn times(head: &Head) -> Result<Times, NotModelled> {
    let mut times = Times::default();
    if head.mode == Mode::Zk {
        times.session = ZK_SESSION;
        times.heartbeat = Span::from_us(ZK_SESSION.as_us() / PINGS);
    }
    for (name, value) in &head.settings {
        let not_modelled = || NotModelled(format!("the broker setting {name}={value} is not modelled"));
        let ms = || value.parse().map(Span::from_ms).map_err(|_| not_modelled());
        match name.as_str() {
            "broker.session.timeout.ms" => times.session = ms()?,
            "broker.heartbeat.interval.ms" => times.heartbeat = ms()?,
            "zookeeper.session.timeout.ms" => {
                times.session = ms()?;
                times.heartbeat = Span::from_us(times.session.as_us() / PINGS);
            }
            "controlled.shutdown.retry.backoff.ms" => times.shutdown_retry = ms()?,
            "replica.lag.time.max.ms" => times.lag = ms()?,
            "replica.fetch.wait.max.ms" => times.fetch_wait = ms()?,
            "auto.leader.rebalance.enable" | INTER_BROKER_PROTOCOL | MESSAGE_FORMAT => {}
            _ => return Err(not_modelled()),
        }
    }
    Ok(times)
}
