//! The head of a transcript: which Kafka, in which mode, with which nodes and settings.

use std::fmt;
use std::str::FromStr;

use super::error::{Problem, RecordingError};
use super::ids::{NodeId, list};

/// A release of Kafka, `3.9.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Version {
    /// `major.minor`, which decides behaviour.
    pub const fn line(self) -> (u32, u32) {
        (self.major, self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        match numbers.map_err(|_| ())?[..] {
            [major, minor, patch] => Ok(Self { major, minor, patch }),
            _ => Err(()),
        }
    }
}

/// Where the control plane lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Brokers, and KRaft controllers apart from them.
    Kraft,
    /// Every node is broker and KRaft controller.
    Combined,
    /// Brokers and ZooKeeper.
    Zk,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kraft => "kraft",
            Self::Combined => "combined",
            Self::Zk => "zk",
        })
    }
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "kraft" => Ok(Self::Kraft),
            "combined" => Ok(Self::Combined),
            "zk" => Ok(Self::Zk),
            _ => Err(()),
        }
    }
}

/// The head of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Name of the experiment, `divergence-kraft-3.9`.
    pub name: String,
    /// Release of Kafka.
    pub version: Version,
    /// Where the control plane lives.
    pub mode: Mode,
    /// Ids of the brokers.
    pub brokers: Vec<NodeId>,
    /// Ids of the KRaft controllers; none with ZooKeeper.
    pub controllers: Vec<NodeId>,
    /// How many ZooKeeper servers there are; none with KRaft.
    pub zookeepers: u32,
    /// Settings that are not stock, in order.
    pub settings: Vec<(String, String)>,
    /// What the experiment is about; may be empty.
    pub sentence: String,
}

/// Port of the first broker; with one address for all nodes the others follow it.
const FIRST_PORT: usize = 29092;

impl Head {
    /// The broker behind an address of a command: `localhost:29093` is the second one, `node-2:29092` is broker 2.
    pub fn broker_at(&self, address: &str) -> Option<NodeId> {
        let (host, port) = address.rsplit_once(':')?;
        let node = match host.strip_prefix("node-") {
            Some(id) => id.parse().ok()?,
            None => *self.brokers.get(port.parse::<usize>().ok()?.checked_sub(FIRST_PORT)?)?,
        };
        self.brokers.contains(&node).then_some(node)
    }

    /// The address under which a tool on the brokers' machine reaches a broker: the reverse of [`Self::broker_at`].
    pub fn address_of(&self, broker: NodeId) -> String {
        let at = self.brokers.iter().position(|id| *id == broker).unwrap_or(0);
        format!("/localhost:{}", FIRST_PORT + at)
    }

    /// The value of a setting that is not stock.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads the head; the second value is how many lines it has.
pub(super) fn parse(lines: &[&str]) -> Result<(Head, usize), Box<RecordingError>> {
    let not = |number: usize| {
        let text = lines.get(number - 1).copied().unwrap_or("");
        RecordingError::line(Problem::NotARecording, number, text, "this is not a recording")
            .help("see recordings/README.md for the format")
    };
    let name = lines
        .first()
        .and_then(|l| l.strip_prefix("# "))
        .filter(|name| !name.is_empty() && !name.contains(' '));
    let name = name.ok_or_else(|| not(1).expected("expected a name, like `# divergence-kraft-3.9`"))?;
    let cluster = "expected something like `# kafka 3.9.1 · kraft · brokers 1,2,3 · controllers 10`";
    let mut head = lines
        .get(1)
        .and_then(|l| cluster_line(name, l))
        .ok_or_else(|| not(2).expected(cluster))?;
    let rest = lines[2..].iter().take_while(|l| l.starts_with("# ")).count();
    for line in &lines[2..2 + rest] {
        let text = &line[2..];
        match text.split_once('=') {
            Some((key, value)) if !text.contains(' ') => head.settings.push((key.to_owned(), value.to_owned())),
            _ if head.sentence.is_empty() => head.sentence = text.to_owned(),
            _ => head.sentence = format!("{} {text}", head.sentence),
        }
    }
    Ok((head, 2 + rest))
}

/// Reads `# kafka 3.9.1 · kraft · brokers 1,2,3 · controllers 10`.
fn cluster_line(name: &str, line: &str) -> Option<Head> {
    let mut parts = line.strip_prefix("# kafka ")?.split(" · ");
    let mut head = Head {
        name: name.to_owned(),
        version: parts.next()?.parse().ok()?,
        mode: parts.next()?.parse().ok()?,
        brokers: list(parts.next()?.strip_prefix("brokers ")?)?,
        controllers: Vec::new(),
        zookeepers: 0,
        settings: Vec::new(),
        sentence: String::new(),
    };
    for part in parts {
        match (part.strip_prefix("controllers "), part.strip_suffix(" zookeeper")) {
            (Some(ids), _) => head.controllers = list(ids)?,
            (None, Some(count)) => head.zookeepers = count.parse().ok()?,
            (None, None) => return None,
        }
    }
    let complete =
        (head.mode == Mode::Zk) == (head.zookeepers > 0) && (head.mode == Mode::Zk) == head.controllers.is_empty();
    (complete && !head.brokers.is_empty()).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_with_an_equals_sign_is_no_setting() {
        let lines = [
            "# slow-follower-kraft-3.9",
            "# kafka 3.9.1 · kraft · brokers 1,2,3 · controllers 10",
            "# replica.lag.time.max.ms=6000",
            "# the leader alone shrinks the ISR; min.insync.replicas=2",
            "[   0.00] == start 10",
        ];
        let (head, count) = parse(&lines).unwrap();
        assert_eq!(count, 4);
        assert_eq!(head.setting("replica.lag.time.max.ms"), Some("6000"));
        assert_eq!(head.sentence, "the leader alone shrinks the ISR; min.insync.replicas=2");
        assert_eq!(head.broker_at("localhost:29094"), Some(NodeId(3)));
        assert_eq!(head.broker_at("node-2:29092"), Some(NodeId(2)));
        assert_eq!(head.broker_at("node-7:29092"), None);
    }

    #[test]
    fn zookeeper_and_controllers_exclude_each_other() {
        assert!(cluster_line("x", "# kafka 3.9.1 · zk · brokers 1,2 · 1 zookeeper").is_some());
        assert!(cluster_line("x", "# kafka 3.9.1 · zk · brokers 1,2 · controllers 10").is_none());
        assert!(cluster_line("x", "# kafka 3.9.1 · kraft · brokers 1,2").is_none());
    }
}
