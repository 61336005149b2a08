//! A subject that does nothing but replay its recording: what a perfect model would answer.

use std::path::PathBuf;

use scenarios::conform::{
    Ask, Change, ElectionRefusal, Hints, NotModelled, Output, Refusal, Reply, Request, Segment, Subject, Ticket,
    ToolReply, Until,
};
use scenarios::recording::{
    Act, Answer, Block, Command, Content, Disk, EpochEntry, Exit, Fields, LeaderEpoch, MetadataRecord, Micros, NodeId,
    Observed, Offset, PartitionState, Process, RecordKey, Recording, TopicPartition, Verb,
};

/// The folder of the recordings.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recordings")
}

/// The text of a recording by its name.
pub fn text(name: &str) -> String {
    let path = folder().join(format!("{name}.txt"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The names of all recordings, sorted.
pub fn names() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("the folder of recordings is part of the repository");
    let name = |path: PathBuf| path.file_name()?.to_str()?.strip_suffix(".txt").map(str::to_owned);
    let mut names: Vec<String> = entries.filter_map(|e| name(e.ok()?.path())).collect();
    names.sort();
    names
}

/// Answers from a recording.
pub struct Replay {
    recording: Recording,
    hints: Hints,
    now: Micros,
    /// Answers, and when they are there.
    replies: Vec<(Micros, Option<Reply>)>,
    /// How long an answer takes.
    pub delay: Micros,
    /// What was done to the cluster, and when.
    pub done: Vec<(Micros, Verb)>,
}

impl Replay {
    pub fn new(recording: Recording) -> Self {
        let (hints, now) = (Hints::of(&recording), Micros::default());
        Self {
            recording,
            hints,
            now,
            replies: Vec::new(),
            delay: now,
            done: Vec::new(),
        }
    }

    /// The first thing of this kind that is read now or later.
    fn read<T>(&self, pick: impl Fn(&Disk) -> Option<T>) -> Result<T, NotModelled> {
        let later = self.recording.blocks.iter().filter(|b| b.at >= self.now);
        let found = later
            .filter_map(|b| {
                if let Content::Disk(disk) = &b.content {
                    pick(disk)
                } else {
                    None
                }
            })
            .next();
        found.ok_or_else(|| NotModelled("not in the recording".to_owned()))
    }

    /// The answer behind the words, so that the words are made again.
    fn tool(command: &Command, ask: &Ask) -> Option<ToolReply> {
        let says = |text: &str| command.stdout.iter().any(|line| line.contains(text));
        let not_sent = command
            .stdout
            .iter()
            .find_map(|l| l.split_once("waiting to send the call. Call: "));
        Some(match ask {
            _ if command.exit == Exit::Timeout => return None,
            _ if says("already exists.") => ToolReply::Refused(Refusal::TopicExists),
            _ if says("does not exist as expected") => ToolReply::Refused(Refusal::UnknownTopic),
            _ if says("registered") || says("larger than available brokers") => {
                ToolReply::Refused(Refusal::TooFewBrokers {
                    replication_factor: 4,
                    registered: 3,
                })
            }
            _ if not_sent.is_some() => ToolReply::NotSent {
                call: not_sent.unwrap().1.to_owned(),
            },
            Ask::CreateTopic { .. } | Ask::AlterTopicConfig { .. } if command.stderr.is_empty() => ToolReply::Done,
            Ask::ElectLeaders { .. } => Self::elected(command),
            Ask::DescribeTopics { .. } | Ask::ListTopics if command.stderr.is_empty() => {
                ToolReply::Lines(command.stdout.clone())
            }
            _ => {
                let (stdout, stderr, exit) = (command.stdout.clone(), command.stderr.clone(), command.exit);
                ToolReply::Text(Output { stdout, stderr, exit })
            }
        })
    }

    /// Which partitions the words name.
    fn elected(command: &Command) -> ToolReply {
        let list = |start: &str| -> Vec<TopicPartition> {
            let line = command.stdout.iter().find(|l| l.starts_with(start));
            let rest = line.map(|l| l.split_once(" for partitions ").unwrap().1);
            rest.into_iter()
                .flat_map(|r| r.split(", "))
                .map(|p| p.parse().unwrap())
                .collect()
        };
        let refused = command
            .stdout
            .iter()
            .filter_map(|l| l.split_once(" for partition: "))
            .map(|(_, rest)| {
                (
                    rest.split_once(':').unwrap().0.parse().unwrap(),
                    ElectionRefusal::PreferredLeaderNotAvailable,
                )
            });
        ToolReply::Elected {
            elected: list("Successfully completed"),
            already: list("Valid replica"),
            refused: refused.collect(),
        }
    }

    /// Every state of every partition: as the metadata log has it, or else as brokers showed it.
    fn states(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        let last = |changes: &[Change], partition: &TopicPartition| {
            changes
                .iter()
                .rev()
                .find(|c| c.partition == *partition)
                .map(|c| c.state.clone())
        };
        for record in self.metadata().unwrap_or_default() {
            let RecordKey::Partition(partition) = record.key() else {
                continue;
            };
            let epoch = LeaderEpoch(record.number("leaderEpoch").unwrap_or(0));
            let none = PartitionState {
                leader: NodeId::NONE,
                epoch,
                isr: Vec::new(),
            };
            let mut state = last(&changes, &partition).unwrap_or(none);
            state.isr = record.nodes("isr").unwrap_or(state.isr);
            if let Some(leader) = record.number("leader") {
                state.leader = NodeId(leader);
                state.epoch.0 += i32::from(record.kind == "PARTITION_CHANGE_RECORD");
            }
            changes.push(Change { partition, state });
        }
        if !changes.is_empty() {
            return changes;
        }
        for block in &self.recording.blocks {
            let Content::Observed(Observed::Change { partition, old, new }) = &block.content else {
                continue;
            };
            let partition = partition.clone();
            if last(&changes, &partition).is_none() {
                changes.push(Change {
                    partition: partition.clone(),
                    state: old.clone(),
                });
            }
            changes.push(Change {
                partition,
                state: new.clone(),
            });
        }
        changes
    }
}

impl Subject for Replay {
    fn now(&self) -> Micros {
        self.now
    }

    fn advance_to(&mut self, at: Micros) {
        self.now = self.now.max(at);
    }

    fn run_until(&mut self, until: &Until, limit: Micros) {
        if let Until::Answered(ticket) = until {
            self.advance_to(self.replies[ticket.0].0.min(limit));
        }
    }

    fn act(&mut self, verb: &Verb) -> Result<(), NotModelled> {
        self.done.push((self.now, verb.clone()));
        Ok(())
    }

    fn format(&mut self, _node: NodeId, _cluster_id: &str) -> Result<(), NotModelled> {
        Ok(())
    }

    fn submit(&mut self, line: usize, request: &Request) -> Result<Ticket, NotModelled> {
        let block: &Block = self
            .recording
            .blocks
            .iter()
            .find(|b| b.line == line)
            .expect("the line of a block");
        let reply = match (&block.content, request) {
            (Content::Command(command), Request::Tool { ask, .. }) => Self::tool(command, ask).map(Reply::Tool),
            (Content::Act(Act::Produce(produce)), Request::Produce(_)) => Some(produce.answer.clone())
                .filter(|a| *a != Answer::NoAnswer)
                .map(Reply::Produced),
            (Content::Act(Act::Consume(consume)), Request::Consume { .. }) => {
                Some(Reply::Consumed(consume.got.clone()))
            }
            other => panic!("line {line} is something else: {other:?}"),
        };
        self.hints.tool_luck(line);
        self.replies.push((self.now.plus(self.delay), reply));
        Ok(Ticket(self.replies.len() - 1))
    }

    fn answer(&self, ticket: Ticket) -> Option<Reply> {
        let (ready, reply) = &self.replies[ticket.0];
        reply.clone().filter(|_| *ready <= self.now)
    }

    fn changes(&self) -> Result<Vec<Change>, NotModelled> {
        Ok(self.states())
    }

    fn ended(&self, process: Process) -> usize {
        let ended = Content::Observed(Observed::Ended(process));
        self.recording.blocks.iter().filter(|b| b.content == ended).count()
    }

    fn segments(&self, node: NodeId, partition: &TopicPartition) -> Result<Vec<Segment>, NotModelled> {
        let blocks = self.recording.blocks.iter().filter(|b| b.at >= self.now);
        let segment = |block: &Block| match &block.content {
            Content::Disk(Disk::Log {
                node: n,
                partition: p,
                base_offset,
                batches,
            }) if (*n, p) == (node, partition) => Some(Segment {
                base_offset: *base_offset,
                batches: batches.clone(),
            }),
            _ => None,
        };
        Ok(blocks
            .map(segment)
            .skip_while(Option::is_none)
            .map_while(|s| s)
            .collect())
    }

    fn leader_epochs(&self, node: NodeId, partition: &TopicPartition) -> Result<Vec<EpochEntry>, NotModelled> {
        self.read(|disk| match disk {
            Disk::LeaderEpochs {
                node: n,
                partition: p,
                entries,
            } if (*n, p) == (node, partition) => Some(entries.clone()),
            _ => None,
        })
    }

    fn truncations(&self, node: NodeId) -> Result<Vec<(TopicPartition, Offset)>, NotModelled> {
        let mut found = Vec::new();
        for block in self.recording.blocks.iter().filter(|b| b.at <= self.now) {
            let Content::LogLine { node: n, text } = &block.content else {
                continue;
            };
            let fetcher = text.split_once("Truncating partition ").and_then(|(_, rest)| {
                Some((
                    rest.split_once(' ')?.0,
                    rest.split_once("offset=")?.1.split_once(',')?.0,
                ))
            });
            let log = text.split_once("[Log partition=").and_then(|(_, rest)| {
                Some((
                    rest.split_once(',')?.0,
                    rest.split_once("to offset ")?.1.split_once(' ')?.0,
                ))
            });
            if let Some((partition, offset)) = fetcher.or(log).filter(|_| *n == node) {
                found.push((partition.parse().unwrap(), Offset(offset.parse().unwrap())));
            }
        }
        Ok(found)
    }

    fn metadata(&self) -> Result<Vec<MetadataRecord>, NotModelled> {
        let record = |block: &Block| match &block.content {
            Content::Disk(Disk::Metadata(record)) => Some(record.clone()),
            _ => None,
        };
        Ok(self.recording.blocks.iter().filter_map(record).collect())
    }

    fn quorum_state(&self, node: NodeId) -> Result<Fields, NotModelled> {
        self.read(|disk| match disk {
            Disk::QuorumState { node: n, fields } if *n == node => Some(fields.clone()),
            _ => None,
        })
    }

    fn znode(&self, path: &str) -> Result<Option<(u32, serde_json::Value)>, NotModelled> {
        self.read(|disk| match disk {
            Disk::Znode { path: p, content } if p == path => Some(content.clone()),
            _ => None,
        })
    }

    fn files(&self, node: NodeId, partition: &TopicPartition) -> Result<Vec<(String, u64)>, NotModelled> {
        self.read(|disk| match disk {
            Disk::Files {
                node: n,
                partition: p,
                files,
                ..
            } if (*n, p) == (node, partition) => Some(files.clone()),
            _ => None,
        })
    }

    fn assignment(&self, member: &str) -> Result<Vec<TopicPartition>, NotModelled> {
        self.read(|disk| match disk {
            Disk::Assignment { member: m, partitions } if m == member => Some(partitions.clone()),
            _ => None,
        })
    }

    fn placement(&mut self, topic: &str) -> Result<Vec<Vec<NodeId>>, NotModelled> {
        self.read(|disk| match disk {
            Disk::Placement { topic: t, replicas } if t == topic => Some(replicas.clone()),
            _ => None,
        })
    }

    fn choices(&self) -> usize {
        self.hints.used()
    }
}
