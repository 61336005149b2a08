//! How nodes, partitions, records and numbers are called in a sentence: Kafka's names, the scenario's names of clients.

use models::config::Config;
use models::ids::{BrokerId, ClientId, Listed, Node, Partition, RecordId};
use models::log::Log;
use models::quorum::NodeId;
use models::slots::{Slot, Value};

use super::tale::Tale;

/// Words for what a scenario names.
#[derive(Clone, Copy)]
pub struct Names<'c> {
    config: &'c Config,
}

impl<'c> Names<'c> {
    /// The names of this scenario.
    pub fn new(config: &'c Config) -> Self {
        Self { config }
    }

    /// `c1`.
    pub fn client(self, id: ClientId) -> &'c str {
        &self.config.clients[usize::from(id.0)].name
    }

    /// `controller`, `broker 1`, `c1`.
    pub fn node(self, node: Node) -> String {
        match node {
            Node::Controller => "controller".into(),
            Node::Broker(id) => broker(id),
            Node::Client(id) => self.client(id).into(),
            Node::ZooKeeper => "ZooKeeper".into(),
            Node::Voter(id) => format!("controller {id}"),
        }
    }

    /// `controller 101`, `broker 1`: a member of the quorum.
    pub fn member(self, id: NodeId) -> String {
        self.node(self.config.roster().node(id))
    }

    /// Whether a partition has to be named, because there are several.
    pub fn several(self) -> bool {
        self.config.partitions.len() > 1
    }

    /// ` in t-0`, or nothing where there is only one partition.
    pub fn within(self, partition: Partition) -> String {
        if self.several() {
            format!(" in {}", self.config.partition_name(partition))
        } else {
            String::new()
        }
    }

    /// `broker 1`, and the partition where there are several.
    pub fn replica(self, id: BrokerId, partition: Partition) -> String {
        if self.several() {
            format!("broker {id} {}", self.config.partition_name(partition))
        } else {
            broker(id)
        }
    }

    /// The width of the longest subject of a change.
    pub fn subject_width(self) -> usize {
        let replicas = self.config.all_partitions().flat_map(|partition| {
            let hosts = self.config.placed(partition).assignment.iter();
            hosts.map(move |id| self.replica(*id, partition).len())
        });
        let clients = self.config.clients.iter().map(|client| client.name.len());
        replicas
            .chain(clients)
            .chain(["controller".len()])
            .max()
            .unwrap_or_default()
    }
}

/// `broker 1`.
pub fn broker(id: BrokerId) -> String {
    format!("broker {id}")
}

/// `m1`, `m1, m2`, `m1 .. m9`.
pub fn records(list: &[RecordId]) -> String {
    match list {
        [first, _, _, .., last] => format!("{first} .. {last}"),
        list => joined(list, ", "),
    }
}

/// Things with something between them.
pub fn joined<T: ToString>(list: &[T], between: &str) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// Small numbers in words.
pub fn count(number: usize) -> String {
    const WORDS: [&str; 10] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    WORDS
        .get(number)
        .map_or_else(|| number.to_string(), ToString::to_string)
}

/// An id, or `none`.
pub fn or_none(id: Option<BrokerId>) -> String {
    id.map_or_else(|| "none".into(), |id| id.to_string())
}

/// The log of a broker after so many steps.
pub fn log_of<'t>(tale: &'t Tale<'_>, id: BrokerId, partition: Partition, after: usize) -> Option<&'t Log> {
    match tale.value(Slot::Log(id, partition), after) {
        Some(Value::Log(log)) => Some(log),
        Some(_) | None => None,
    }
}

/// Whether a broker's process is up after so many steps.
pub fn is_up(tale: &Tale<'_>, id: BrokerId, after: usize) -> bool {
    matches!(tale.value(Slot::Life(id), after), Some(Value::Life(life)) if life.is_up())
}

/// `1,2,3`, or `none`.
pub fn listed(ids: &[BrokerId]) -> String {
    if ids.is_empty() {
        "none".into()
    } else {
        Listed(ids).to_string()
    }
}
