//! Owns reading tables of `kafka-topics --describe` back, as people paste them: any dialect, columns parted by tabs
//! or spaces, prompts and times in front, commands between. Lines that cannot be read are listed, never guessed.

mod line;
mod report;

use std::collections::BTreeMap;

use crate::tools::edition::Dialect;
use crate::tools::view::{MIN_INSYNC_REPLICAS, PartitionView, TopicView};
use line::{ElrColumns, Line, PartitionLine, Problem, TopicLine, read_line};

/// What was pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The topics in the order of their first line.
    pub topics: Vec<PastedTopic>,
    /// Lines that look like neither describe output nor what stands around it.
    pub unread: Vec<UnreadLine>,
    /// Number of lines that were read as topics or partitions.
    pub understood: usize,
    /// Number of lines that are not blank.
    pub lines: usize,
    /// The dialect, where the table shows it: `kraft-3.9` and `kraft-4.3` can look alike.
    pub dialect: Option<Dialect>,
}

/// One topic of a pasted table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastedTopic {
    /// What the lines say, the partitions in their order. Without a topic line there are no settings.
    pub view: TopicView,
    /// What the topic line counts; the output of filters has none.
    pub head: Option<TopicHead>,
}

/// The numbers of a topic line, which the partition lines should bear out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicHead {
    /// Line of the paste, from 1.
    pub line: usize,
    /// The column `PartitionCount`.
    pub partition_count: usize,
    /// The column `ReplicationFactor`.
    pub replication_factor: usize,
}

/// A line that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadLine {
    /// Number of the line, from 1.
    pub line: usize,
    /// Where the trouble begins, in characters from 1.
    pub column: usize,
    /// Characters that the trouble takes, at least 1.
    pub width: usize,
    /// The whole line.
    pub text: String,
    /// What should stand there: `expected a number`.
    pub message: String,
}

/// Reads a paste.
pub fn parse(text: &str) -> Pasted {
    let mut reader = Reader::default();
    for (index, text) in text.lines().enumerate() {
        let number = index + 1;
        let read = read_line(text).and_then(|line| match line {
            Line::Skipped => Ok(0),
            Line::Topic(topic) => reader.add_topic(number, topic).map(|()| 1),
            Line::Partition(partition) => reader.add_partition(number, partition).map(|()| 1),
        });
        match read {
            Ok(understood) => reader.understood += understood,
            Err(problem) => reader.unread.push(unread_line(number, text, problem)),
        }
    }
    let dialect = reader.dialect();
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    Pasted {
        topics: reader.topics,
        unread: reader.unread,
        understood: reader.understood,
        lines,
        dialect,
    }
}

fn unread_line(number: usize, text: &str, problem: Problem) -> UnreadLine {
    UnreadLine {
        line: number,
        column: text[..problem.start].chars().count() + 1,
        width: text[problem.start..problem.end].chars().count().max(1),
        text: text.to_owned(),
        message: problem.message,
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    topics: Vec<PastedTopic>,
    unread: Vec<UnreadLine>,
    understood: usize,
    /// Place of each topic in `topics`.
    places: BTreeMap<String, usize>,
    /// Line in which each partition stood.
    partition_lines: BTreeMap<(usize, i32), usize>,
    columns: Vec<ElrColumns>,
}

impl Reader {
    fn place(&mut self, topic: &str) -> usize {
        *self.places.entry(topic.to_owned()).or_insert_with(|| {
            let view = TopicView {
                name: topic.to_owned(),
                id: None,
                partitions: Vec::new(),
                configs: Vec::new(),
            };
            self.topics.push(PastedTopic { view, head: None });
            self.topics.len() - 1
        })
    }

    fn add_topic(&mut self, number: usize, line: TopicLine<'_>) -> Result<(), Problem> {
        let place = self.place(line.name.text);
        let topic = &mut self.topics[place];
        if let Some(first) = topic.head {
            return Err(line
                .name
                .problem(format!("this topic stands in line {} already", first.line)));
        }
        topic.head = Some(TopicHead {
            line: number,
            partition_count: line.partition_count,
            replication_factor: line.replication_factor,
        });
        topic.view.id = line.id;
        topic.view.configs = line.configs;
        Ok(())
    }

    fn add_partition(&mut self, number: usize, line: PartitionLine<'_>) -> Result<(), Problem> {
        let place = self.place(line.topic.text);
        let key = (place, line.view.partition.0);
        if let Some(first) = self.partition_lines.get(&key) {
            return Err(line
                .partition
                .problem(format!("this partition stands in line {first} already")));
        }
        self.partition_lines.insert(key, number);
        self.columns.push(line.elr_columns);
        self.topics[place].view.partitions.push(line.view);
        Ok(())
    }

    /// The columns tell 2.5, ZooKeeper and KRaft apart. Eligible leader replicas are on where a partition shows one,
    /// and off where a topic has no `min.insync.replicas`.
    fn dialect(&self) -> Option<Dialect> {
        let first = self.columns.first()?;
        let mut topics = self.topics.iter();
        match first {
            _ if self.columns.iter().any(|other| other != first) => None,
            ElrColumns::Absent => Some(Dialect::Zk2_5),
            ElrColumns::NotAvailable => Some(Dialect::Zk3_9),
            ElrColumns::Listed if topics.clone().any(|topic| topic.view.partitions.iter().any(shows_elr)) => {
                Some(Dialect::Kraft4_3)
            }
            ElrColumns::Listed if topics.any(|topic| topic.head.is_some() && !names_min_isr(&topic.view)) => {
                Some(Dialect::Kraft3_9)
            }
            ElrColumns::Listed => None,
        }
    }
}

fn shows_elr(partition: &PartitionView) -> bool {
    partition.isr.is_empty() || !partition.elr.is_empty() || !partition.last_known_elr.is_empty()
}

fn names_min_isr(topic: &TopicView) -> bool {
    topic.configs.iter().any(|config| config.name == MIN_INSYNC_REPLICAS)
}
