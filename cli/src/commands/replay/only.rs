//! Which steps of a trace are shown: those about a broker, a partition, a record.

use checker::narrate::{Step, Tale, entry};
use models::actions::Event;
use models::config::Config;
use models::ids::{BrokerId, Node, Partition};
use models::message::Lane;
use models::slots::Slot;
use sim_core::Action;

use crate::exit::Refusal;

/// What the shown steps are about; without anything all of them are shown.
pub struct Only(Vec<About>);

enum About {
    Broker(u8),
    Partition(String),
    Record(String),
}

impl Only {
    /// Reads `broker:2`, `partition:t-0`, `message:m1`.
    pub fn parse(words: &[String]) -> Result<Only, Refusal> {
        let about = |word: &String| {
            let known = word.split_once(':').and_then(|(kind, name)| match kind {
                "broker" => name.parse().ok().map(About::Broker),
                "partition" => Some(About::Partition(name.to_owned())),
                "message" => Some(About::Record(name.to_owned())),
                _ => None,
            });
            let expected = "broker:2, partition:t-0 or message:m1";
            known.ok_or_else(|| Refusal::usage(format!("--only expects {expected}, got `{word}`")))
        };
        words.iter().map(about).collect::<Result<_, _>>().map(Only)
    }

    /// Whether a step is shown.
    pub fn shows(&self, tale: &Tale<'_>, step: &Step) -> bool {
        self.0.is_empty() || self.0.iter().any(|about| about.is_in(tale, step))
    }
}

impl About {
    fn is_in(&self, tale: &Tale<'_>, step: &Step) -> bool {
        match self {
            About::Broker(id) => {
                let node = Node::Broker(BrokerId(*id));
                acts(&step.action) == Some(node)
                    || step.inputs.iter().any(|(at, _)| *at == node)
                    || slots(step).any(|slot| owner(tale.config(), slot) == Some(node))
            }
            About::Partition(name) => {
                let config = tale.config();
                let partition = config
                    .all_partitions()
                    .find(|partition| config.partition_name(*partition) == *name);
                partition.is_some_and(|partition| slots(step).any(|slot| concerns(slot, partition)))
            }
            About::Record(name) => mentions(tale, step, name),
        }
    }
}

/// Slots that a step changed, or that it put something into.
fn slots(step: &Step) -> impl Iterator<Item = Slot> + '_ {
    step.changed
        .iter()
        .map(|change| change.slot)
        .chain(step.ops.iter().map(|(slot, _)| *slot))
}

fn acts(action: &Action<models::Kafka>) -> Option<Node> {
    match action {
        Action::Deliver(slot) | Action::DeliverOverdue(slot) => match slot {
            Slot::Queue(_, to, _) => Some(*to),
            _ => None,
        },
        Action::Fire(node, _) | Action::Command(node, _) => Some(*node),
        Action::Environment(Event::PowerAll) => None,
        Action::Environment(_) => None,
    }
}

/// Whose state a slot is.
fn owner(config: &Config, slot: Slot) -> Option<Node> {
    match slot {
        Slot::Controller => Some(Node::Controller),
        Slot::ZooKeeper => Some(Node::ZooKeeper),
        Slot::Allegiance(id) | Slot::KafkaController(id) => Some(Node::Broker(id)),
        Slot::Life(id) | Slot::Image(id) | Slot::Replica(id, _) | Slot::Log(id, _) => Some(Node::Broker(id)),
        Slot::Client(id) => Some(Node::Client(id)),
        Slot::RaftManager(id) | Slot::QuorumController(id) => Some(config.roster().node(id)),
        Slot::Queue(..) | Slot::Faults | Slot::Links | Slot::Ledger | Slot::Committed => None,
    }
}

fn concerns(slot: Slot, partition: Partition) -> bool {
    match slot {
        Slot::Replica(_, at) | Slot::Log(_, at) => at == partition,
        Slot::Queue(_, _, Lane::Fetch(at) | Lane::Alter(at)) => at == partition,
        Slot::Queue(_, _, Lane::Control | Lane::Metadata | Lane::Client | Lane::Session | Lane::Channel) => false,
        Slot::Queue(_, _, Lane::Ask | Lane::Answer) => false,
        Slot::ZooKeeper | Slot::Allegiance(_) | Slot::KafkaController(_) => false,
        Slot::RaftManager(_) | Slot::QuorumController(_) | Slot::Committed => false,
        Slot::Controller | Slot::Life(_) | Slot::Image(_) | Slot::Client(_) => false,
        Slot::Faults | Slot::Links | Slot::Ledger => false,
    }
}

/// Whether a step, told in full, mentions a record.
fn mentions(tale: &Tale<'_>, step: &Step, record: &str) -> bool {
    let told = entry(tale, step);
    let changes = told.changes.iter().map(|line| format!("{} {}", line.what, line.detail));
    let notes = told.notes.iter().map(|note| note.text.clone());
    let texts = std::iter::once(told.sentence.clone())
        .chain(changes)
        .chain(notes)
        .chain(told.messages.iter().cloned());
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let has = |text: &str| text.split(|letter: char| !is_name(letter)).any(|word| word == record);
    texts.into_iter().any(|text| has(&text))
}
