//! Does the steps of a recording at their times, and compares what they bring.
//!
//! The script of an experiment is one thread: a step begins when the one before it is over. So every step, a reading of
//! disks included, first waits for the answer of the last request. If the model is later than the recording, the steps
//! that follow are later by as much; it is never hurried.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Kind, Kinds, Row, Thing};
use super::changes;
use super::output_rows::output_rows;
use super::preset::Preset;
use super::recorded::{act_rows, all_rows, block_rows, change_row, command_rows, ended_row, process_row, seen};
use super::report::{Difference, FileReport};
use super::request::{self, Understood};
use super::says;
use super::state_rows::{
    assignment_rows, consume_rows, epoch_rows, file_rows, log_rows, metadata_row, placement_rows, produce_row,
    quorum_row, truncation_row, znode_row,
};
use super::subject::{NotModelled, Output, Reply, Request, Subject, Ticket, Until};
use super::tally::{Tally, Touched};
use crate::recording::{
    Act, Answer, Block, Command, Consume, Content, Disk, Exit, Head, Micros, NodeId, PartitionState, Process, Produce,
    Recording, TopicPartition, Verb,
};

/// How long a tool may run before it is ended.
const TOOL_PATIENCE: Micros = Micros::seconds(90);
/// How long after `timeout` a producer's answer is awaited, and how long a consumer reads.
const CLIENT_PATIENCE: Micros = Micros::seconds(5);
/// How long the end of a stopped process is awaited.
const STOP_PATIENCE: Micros = Micros::seconds(60);
/// How much later than recorded a node may be up before the next step begins all the same.
const START_PATIENCE: Micros = Micros::seconds(1);
/// A node that is not up by then is kept from it (another life of it still has a session): it is not waited for.
const START_LONGEST: Micros = Micros::seconds(3);

/// Does what `recording` did on `subject`, which stands at its beginning, and compares cells of these kinds.
pub fn conform<S: Subject>(file: &str, recording: &Recording, only: &Kinds, subject: &mut S) -> FileReport {
    let tally = Tally::new(only.clone());
    let mut run = Run {
        recording,
        subject,
        tally,
        late: Micros::default(),
        pending: None,
    };
    let blocks = &recording.blocks;
    let mut i = 0;
    while i < blocks.len() {
        let group = group_len(&blocks[i..]);
        run.step(&blocks[i..i + group]);
        i += group;
    }
    run.compare_changes();
    let choices = run.subject.choices();
    report(file, &recording.head, run.tally, choices)
}

/// The report on a recording that no subject can be built for: every cell is different.
pub fn not_modelled(file: &str, recording: &Recording, only: &Kinds, why: &str) -> FileReport {
    let mut tally = Tally::new(only.clone());
    tally.refuse(2, why, all_rows(recording), &Touched::Nothing);
    report(file, &recording.head, tally, 0)
}

/// How many cells of each kind a recording has.
pub fn cells(recording: &Recording) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for row in all_rows(recording) {
        *counts.entry(row.kind).or_default() += row.cells.len();
    }
    counts
}

fn report(file: &str, head: &Head, tally: Tally, choices: usize) -> FileReport {
    let Tally {
        cells,
        equal,
        mut differ,
        mut not_understood,
        ..
    } = tally;
    differ.sort_by_key(|d: &Difference| d.line);
    not_understood.sort_by_key(|n| n.line);
    let preset = Preset::of(head);
    FileReport {
        file: file.to_owned(),
        note: preset.as_ref().and_then(|p| p.note(head)),
        preset: preset.map_or("no preset", |p| p.name).to_owned(),
        cells,
        equal,
        differ,
        not_understood,
        choices,
    }
}

/// How many blocks from the first on are read together: segments of one log, metadata records, log lines of one node.
fn group_len(blocks: &[Block]) -> usize {
    let same = |other: &Block| match (&blocks[0].content, &other.content) {
        (
            Content::Disk(Disk::Log { node, partition, .. }),
            Content::Disk(Disk::Log {
                node: n, partition: p, ..
            }),
        ) => (node, partition) == (n, p),
        (Content::Disk(Disk::Metadata(_)), Content::Disk(Disk::Metadata(_))) => true,
        (Content::LogLine { node, .. }, Content::LogLine { node: n, .. }) => node == n,
        _ => false,
    };
    1 + blocks[1..].iter().take_while(|b| same(b)).count()
}

/// What the script waits for before its next step.
struct Pending<'a> {
    line: usize,
    begun: Micros,
    what: Awaited<'a>,
}

/// A request and its ticket, or processes.
enum Awaited<'a> {
    Command {
        command: &'a Command,
        request: Request,
        ticket: Ticket,
    },
    Produce {
        produce: &'a Produce,
        ticket: Ticket,
    },
    Consume {
        consume: &'a Consume,
        ticket: Ticket,
    },
    Up(Vec<Process>),
    Ended(Vec<Process>),
}

/// A recording under way.
struct Run<'a, S> {
    recording: &'a Recording,
    subject: &'a mut S,
    tally: Tally,
    /// How much later than recorded the steps are.
    late: Micros,
    pending: Option<Pending<'a>>,
}

impl<'a, S: Subject> Run<'a, S> {
    /// One step of the script: a block, or several that are read together.
    fn step(&mut self, group: &'a [Block]) {
        let block = &group[0];
        match &block.content {
            Content::Remark(_) | Content::Observed(_) => return,
            Content::Unparsed { text, why } => return self.unparsed(block, text, why),
            Content::Verb(_) | Content::Command(_) | Content::Act(_) | Content::Disk(_) | Content::LogLine { .. } => {}
        }
        self.settle(block.at);
        match &block.content {
            Content::Verb(verb) => self.verb(block, verb),
            Content::Command(command) => self.command(block, command),
            Content::Act(act) => self.act(block, act),
            Content::Disk(disk) => self.reading(group, disk),
            Content::LogLine { node, .. } => self.truncations(group, *node),
            Content::Remark(_) | Content::Observed(_) | Content::Unparsed { .. } => {}
        }
    }

    /// Runs to the time of the next step, and on until the last one is over.
    fn settle(&mut self, at: Micros) {
        let due = at.plus(self.late);
        self.subject.advance_to(due);
        if let Some(Pending { line, begun, what }) = self.pending.take() {
            match what {
                Awaited::Up(processes) => {
                    let limit = due.plus(START_PATIENCE).min(begun.plus(START_LONGEST));
                    self.subject.run_until(&Until::Up(processes), limit);
                }
                Awaited::Ended(processes) => {
                    self.subject
                        .run_until(&Until::Ended(processes), begun.plus(STOP_PATIENCE));
                }
                Awaited::Command {
                    command,
                    request,
                    ticket,
                } => {
                    let patience = if command.exit == Exit::Timeout {
                        due
                    } else {
                        begun.plus(TOOL_PATIENCE)
                    };
                    let reply = self.reply(ticket, patience);
                    self.compare_command(line, command, &request, reply);
                }
                Awaited::Produce { produce, ticket } => {
                    let none = produce.answer == Answer::NoAnswer;
                    let patience = if none {
                        due
                    } else {
                        begun.plus(produce.timeout).plus(CLIENT_PATIENCE)
                    };
                    let reply = self.reply(ticket, patience);
                    let expected = produce_row(line, &produce.partition, &produce.answer);
                    let got = self.answer_rows(&produce.partition, reply);
                    self.tally.compare(vec![expected], got);
                }
                Awaited::Consume { consume, ticket } => {
                    let reply = self.reply(ticket, begun.plus(CLIENT_PATIENCE).plus(CLIENT_PATIENCE));
                    // A consumer that finds no leader reads nothing.
                    let reply = reply.or_else(|| Some(Reply::Consumed(Vec::new())));
                    let got = self.answer_rows(&consume.partition, reply);
                    self.tally
                        .compare(consume_rows(line, &consume.partition, &consume.got), got);
                }
            }
        }
        self.late = self.subject.now().since(at);
    }

    /// The answer, awaited until `limit`.
    fn reply(&mut self, ticket: Ticket, limit: Micros) -> Option<Reply> {
        if self.subject.answer(ticket).is_none() {
            self.subject.run_until(&Until::Answered(ticket), limit);
        }
        self.subject.answer(ticket)
    }

    /// What a client got, as rows.
    fn answer_rows(&self, partition: &TopicPartition, reply: Option<Reply>) -> Vec<Row> {
        match reply {
            Some(Reply::Produced(answer)) => vec![produce_row(0, partition, &answer)],
            Some(Reply::Consumed(got)) => consume_rows(0, partition, &got),
            Some(Reply::Tool(_)) => unreachable!("a client is not answered like a tool"),
            None => vec![produce_row(0, partition, &Answer::NoAnswer)],
        }
    }

    fn compare_command(&mut self, line: usize, command: &Command, request: &Request, reply: Option<Reply>) {
        let head = &self.recording.head;
        let output = match (request, reply) {
            (Request::Tool { ask, .. }, Some(Reply::Tool(reply))) => says::output(head.version, head.mode, ask, &reply),
            (Request::Tool { .. }, None) => Output::timeout(),
            (Request::Tool { .. } | Request::Produce(_) | Request::Consume { .. }, _) => {
                unreachable!("a tool is not answered like a client")
            }
        };
        self.compare_output(line, command, &output);
    }

    fn compare_output(&mut self, line: usize, command: &Command, output: &Output) {
        let about = request::named(command);
        self.tally
            .compare(command_rows(line, command), output_rows(0, command, output, &about));
    }

    fn verb(&mut self, block: &Block, verb: &Verb) {
        if *verb == Verb::End {
            return;
        }
        if let Err(NotModelled(why)) = self.subject.act(verb) {
            return self.tally.refuse(block.line, why, Vec::new(), &touched_by(verb));
        }
        let what = match verb {
            Verb::Start(processes) => Awaited::Up(processes.clone()),
            Verb::Stop(processes) | Verb::Kill(processes) | Verb::Power(processes) => Awaited::Ended(processes.clone()),
            Verb::Pause(_) | Verb::Resume(_) | Verb::Wipe(_) | Verb::Cut { .. } | Verb::Heal { .. } | Verb::End => {
                return;
            }
        };
        self.wait_for(block, what);
    }

    fn command(&mut self, block: &Block, command: &'a Command) {
        let refused = match request::understand(command, &self.recording.head) {
            Ok(Understood::Fixed(output)) => return self.compare_output(block.line, command, &output),
            Ok(Understood::Format {
                node,
                cluster_id,
                output,
            }) => match self.subject.format(node, &cluster_id) {
                Ok(()) => return self.compare_output(block.line, command, &output),
                Err(NotModelled(why)) => why,
            },
            Ok(Understood::Ask(request)) => match self.subject.submit(block.line, &request) {
                Ok(ticket) => {
                    return self.wait_for(
                        block,
                        Awaited::Command {
                            command,
                            request,
                            ticket,
                        },
                    );
                }
                Err(NotModelled(why)) => why,
            },
            Err(why) => why,
        };
        self.tally.refuse(
            block.line,
            refused,
            command_rows(block.line, command),
            &request::touched(command),
        );
    }

    fn act(&mut self, block: &Block, act: &'a Act) {
        let request = match act {
            Act::Produce(produce) => request::produce(produce),
            Act::Consume(Consume {
                partition, isolation, ..
            }) => Request::Consume {
                partition: partition.clone(),
                isolation: *isolation,
            },
            Act::Other { words, .. } => {
                let why = format!("`{}` is not modelled", words.join(" "));
                return self.tally.refuse(
                    block.line,
                    why,
                    act_rows(block.line, act),
                    &request::touched_by_act(act),
                );
            }
        };
        match (act, self.subject.submit(block.line, &request)) {
            (_, Err(NotModelled(why))) => {
                self.tally.refuse(
                    block.line,
                    why,
                    act_rows(block.line, act),
                    &request::touched_by_act(act),
                );
            }
            (Act::Produce(produce), Ok(ticket)) => self.wait_for(block, Awaited::Produce { produce, ticket }),
            (Act::Consume(consume), Ok(ticket)) => self.wait_for(block, Awaited::Consume { consume, ticket }),
            (Act::Other { .. }, Ok(_)) => {}
        }
    }

    fn wait_for(&mut self, block: &Block, what: Awaited<'a>) {
        self.pending = Some(Pending {
            line: block.line,
            begun: self.subject.now(),
            what,
        });
    }

    /// Compares what was read from disks, from ZooKeeper or from members.
    fn reading(&mut self, group: &[Block], disk: &Disk) {
        let got = match disk {
            Disk::Checkpoint { .. } | Disk::Committed(_) => return,
            Disk::Metadata(_) => self
                .subject
                .metadata()
                .map(|records| records.iter().map(|r| metadata_row(0, r)).collect()),
            Disk::Log { node, partition, .. } => self.subject.segments(*node, partition).map(|segments| {
                let rows = segments
                    .iter()
                    .map(|s| log_rows(0, *node, partition, s.base_offset, &s.batches));
                rows.flatten().collect()
            }),
            Disk::LeaderEpochs { node, partition, .. } => self
                .subject
                .leader_epochs(*node, partition)
                .map(|e| epoch_rows(0, *node, partition, &e)),
            Disk::Files { node, partition, .. } => self
                .subject
                .files(*node, partition)
                .map(|files| file_rows(0, *node, partition, &files)),
            Disk::QuorumState { node, .. } => self
                .subject
                .quorum_state(*node)
                .map(|fields| vec![quorum_row(0, *node, &fields)]),
            Disk::Znode { path, .. } => self
                .subject
                .znode(path)
                .map(|content| vec![znode_row(0, path, content.as_ref())]),
            Disk::Assignment { member, .. } => self
                .subject
                .assignment(member)
                .map(|partitions| assignment_rows(0, member, &partitions)),
            Disk::Placement { topic, .. } => self
                .subject
                .placement(topic)
                .map(|replicas| placement_rows(0, topic, &replicas)),
        };
        self.compare_reading(group, got);
    }

    /// Compares the truncations that log lines show with the last ones of the model: those before the recorder's mark
    /// are not shown.
    fn truncations(&mut self, group: &[Block], node: NodeId) {
        let expected = group.iter().flat_map(block_rows).collect::<Vec<Row>>();
        let got = self.subject.truncations(node).map(|all| {
            let rows: Vec<Row> = all
                .iter()
                .map(|(partition, offset)| truncation_row(0, node, partition, *offset))
                .collect();
            let wanted: BTreeSet<&str> = expected.iter().map(|row| row.name.as_str()).collect();
            let last = wanted.into_iter().flat_map(|name| {
                let count = expected.iter().filter(|row| row.name == name).count();
                let of_name: Vec<Row> = rows.iter().filter(|row| row.name == name).cloned().collect();
                of_name[of_name.len().saturating_sub(count)..].to_vec()
            });
            last.collect()
        });
        if !expected.is_empty() {
            self.compare_reading(group, got);
        }
    }

    fn compare_reading(&mut self, group: &[Block], got: Result<Vec<Row>, NotModelled>) {
        let expected = group.iter().flat_map(block_rows).collect();
        match got {
            Ok(got) => self.tally.compare(expected, got),
            Err(NotModelled(why)) => self.tally.refuse(group[0].line, why, expected, &Touched::Nothing),
        }
    }

    fn unparsed(&mut self, block: &Block, text: &str, why: &str) {
        let acts = text.starts_with("==") || text.starts_with('$') || text.starts_with('>');
        let touched = if acts { Touched::Everything } else { Touched::Nothing };
        self.tally.refuse(block.line, why, block_rows(block), &touched);
    }

    /// Compares changes of partitions and ends of processes, after the last step.
    fn compare_changes(&mut self) {
        let mut expected = Vec::new();
        let mut got = Vec::new();
        let mut ends: BTreeMap<Process, usize> = BTreeMap::new();
        for row in self.recording.blocks.iter().flat_map(ended_row) {
            expected.push(row.1);
            *ends.entry(row.0).or_default() += 1;
        }
        for (process, times) in ends {
            let row = process_row(0, process);
            got.extend(vec![row; self.subject.ended(process).min(times)]);
        }
        self.tally.compare(expected, got);
        // Without a single change nobody watched.
        let rows: Vec<Row> = self.recording.blocks.iter().filter_map(change_row).collect();
        let Some(line) = rows.iter().map(|r| r.line).min() else {
            return;
        };
        match self.subject.changes() {
            Ok(model) => {
                let mut states: BTreeMap<TopicPartition, Vec<PartitionState>> = BTreeMap::new();
                for change in model {
                    states.entry(change.partition).or_default().push(change.state);
                }
                for seen in seen(self.recording, &states) {
                    let model = states.get(seen.partition).map_or(&[][..], Vec::as_slice);
                    changes::compare(&mut self.tally, &seen, model);
                }
            }
            Err(NotModelled(why)) => self.tally.refuse(line, why, rows, &Touched::Nothing),
        }
    }
}

/// What a verb that is not modelled may change.
fn touched_by(verb: &Verb) -> Touched {
    let node = |process: &Process| match process {
        Process::Node(id) => Some(Thing::Node(*id)),
        Process::ZooKeeper(_) => None,
    };
    let things: Option<Vec<Thing>> = match verb {
        Verb::Start(p) | Verb::Stop(p) | Verb::Kill(p) | Verb::Power(p) | Verb::Pause(p) | Verb::Resume(p) => {
            p.iter().map(node).collect()
        }
        Verb::Wipe(nodes) => Some(nodes.iter().map(|id| Thing::Node(*id)).collect()),
        Verb::Cut { from, to, .. } | Verb::Heal { from, to } => Some(vec![Thing::Node(*from), Thing::Node(*to)]),
        Verb::End => Some(Vec::new()),
    };
    things.map_or(Touched::Everything, Touched::Things)
}
