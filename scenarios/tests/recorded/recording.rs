//! Reads the recordings of real clusters: commands with their output, and changes of ISRs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scenarios::tools::{BrokerId, Edition};

/// Where the recordings are.
const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/recordings");

/// One recorded command.
#[derive(Clone, Debug)]
pub struct Command {
    /// File and time, for messages.
    pub place: String,
    pub edition: Edition,
    pub tool: String,
    pub arguments: String,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    /// None when the command was ended from outside.
    pub exit_code: Option<u8>,
    /// Brokers that ran.
    pub live_brokers: BTreeSet<BrokerId>,
}

/// One change that a poll of the metadata saw.
#[derive(Clone, Debug)]
pub struct Change {
    pub place: String,
    pub edition: Edition,
    /// What follows `leader`, `epoch` and `isr`, before and after the arrow.
    pub leader: (String, String),
    pub epoch: (String, String),
    pub isr: (Vec<i32>, Vec<i32>),
}

/// A recording as far as these tests read it.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    pub commands: Vec<Command>,
    pub changes: Vec<Change>,
}

/// All recordings of releases whose tools there are, by name.
pub fn recordings() -> Vec<Recording> {
    let folder = Path::new(RECORDINGS);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("recordings")
        .map(|entry| entry.expect("entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().filter_map(|file| read(file)).collect()
}

/// The commands of this tool in all recordings.
pub fn commands(tool: &str) -> Vec<Command> {
    recordings()
        .into_iter()
        .flat_map(|recording| recording.commands)
        .filter(|command| command.tool == tool)
        .collect()
}

impl Command {
    /// The value of an option such as `--topic`.
    pub fn option(&self, name: &str) -> Option<&str> {
        let mut words = self.arguments.split(' ');
        words.find(|word| *word == name).and_then(|_| words.next())
    }

    pub fn has(&self, name: &str) -> bool {
        self.arguments.split(' ').any(|word| word == name)
    }

    /// Standard error without the warnings about refused connections.
    pub fn stderr_without_warnings(&self) -> Vec<String> {
        self.stderr
            .iter()
            .filter(|line| !line.starts_with("WARN "))
            .cloned()
            .collect()
    }
}

fn read(file: &Path) -> Option<Recording> {
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(file).expect("a recording");
    let head = text
        .lines()
        .find_map(|line| line.strip_prefix("# kafka "))
        .expect("a head");
    let edition = edition(head)?;
    let brokers = head
        .split("brokers ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .expect("brokers");
    let brokers = broker_ids(brokers);
    let mut live_brokers = BTreeSet::new();
    let mut recording = Recording::default();
    let mut in_command = false;
    for line in text.lines() {
        let block = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
        if let Some((time, what)) = block {
            in_command = false;
            let place = format!("{name} [{time}]");
            if let Some(command) = what.strip_prefix("$ ") {
                let (tool, arguments) = command.split_once(' ').unwrap_or((command, ""));
                recording.commands.push(Command {
                    place,
                    edition,
                    tool: tool.to_owned(),
                    arguments: arguments.to_owned(),
                    stdout: Vec::new(),
                    stderr: Vec::new(),
                    exit_code: Some(0),
                    live_brokers: live_brokers.clone(),
                });
                in_command = true;
            } else if let Some(done) = what.strip_prefix("== ") {
                act(done, &brokers, &mut live_brokers);
            } else if let Some(change) = what
                .strip_prefix("~ ")
                .and_then(|change| read_change(change, &place, edition))
            {
                recording.changes.push(change);
            }
        } else if line.is_empty() {
            in_command = false;
        } else if in_command {
            output_line(recording.commands.last_mut().expect("inside a command"), line);
        }
    }
    Some(recording)
}

fn output_line(command: &mut Command, line: &str) {
    if let Some(line) = line.strip_prefix("  ") {
        command.stdout.push(line.to_owned());
    } else if let Some(line) = line.strip_prefix("! ") {
        command.stderr.push(line.to_owned());
    } else if let Some(code) = line.strip_prefix("# exit ") {
        command.exit_code = code.parse().ok();
    }
}

fn act(done: &str, brokers: &BTreeSet<BrokerId>, live: &mut BTreeSet<BrokerId>) {
    let Some((verb, nodes)) = done.rsplit_once(' ') else {
        return;
    };
    let nodes: BTreeSet<BrokerId> = broker_ids(nodes).intersection(brokers).copied().collect();
    match verb {
        "start" => live.extend(nodes),
        "stop" | "kill -9" | "power" => live.retain(|id| !nodes.contains(id)),
        _ => {}
    }
}

fn broker_ids(list: &str) -> BTreeSet<BrokerId> {
    list.split(',').filter_map(|id| id.parse().ok().map(BrokerId)).collect()
}

/// None for 3.4, of which there is one recording and no tool.
fn edition(head: &str) -> Option<Edition> {
    let zookeeper = head.contains(" · zk · ");
    Some(match (&head[..3], zookeeper) {
        ("2.5", true) => Edition::Zk2_5,
        ("3.9", true) => Edition::Zk3_9,
        ("3.8", false) => Edition::Kraft3_8,
        ("3.9", false) => Edition::Kraft3_9,
        ("4.0", false) => Edition::Kraft4_0,
        ("4.1", false) => Edition::Kraft4_1,
        ("4.2", false) => Edition::Kraft4_2,
        ("4.3", false) => Edition::Kraft4_3,
        ("3.4", false) => return None,
        _ => panic!("unknown edition: {head}"),
    })
}

/// `t-0 leader 1->1 epoch 0->0 isr 1,2->1,2,3`
fn read_change(change: &str, place: &str, edition: Edition) -> Option<Change> {
    let words: Vec<&str> = change.split(' ').collect();
    let pair = |label: &str| {
        let at = words.iter().position(|word| *word == label)?;
        words
            .get(at + 1)?
            .split_once("->")
            .map(|(before, after)| (before.to_owned(), after.to_owned()))
    };
    let ids = |list: &str| list.split(',').filter_map(|id| id.parse().ok()).collect::<Vec<i32>>();
    let (before, after) = pair("isr")?;
    let place = format!("{place} {}", words[0]);
    Some(Change {
        place,
        edition,
        leader: pair("leader")?,
        epoch: pair("epoch")?,
        isr: (ids(&before), ids(&after)),
    })
}
