//! The command line: one struct per verb; what stands here is what `--help` prints. Meaning is given to it elsewhere.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::output::{Format, When};
use crate::parse;

/// A deterministic simulator and model checker of Kafka's replication.
#[derive(Parser, Debug)]
#[command(
    name = "sim",
    version,
    term_width = 80,
    disable_help_subcommand = false,
    max_term_width = 80,
    after_help = "Without a command, `sim` prints the map of all commands."
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Flags of every command.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Flags of every command")]
pub struct Global {
    /// How the answer is written.
    #[arg(long, global = true, value_enum, value_name = "FORM")]
    pub format: Option<Format>,
    /// Colour on terminals; `NO_COLOR` switches it off, too.
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub color: Option<When>,
    /// No box drawing, arrows or block elements.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Language of prose: what labs, scenarios and properties say.
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Lang>,
    /// Rules to run instead of the scenario's own.
    #[arg(long, global = true, value_name = "NAME")]
    pub preset: Option<String>,
    /// Sets a topic setting, a broker setting, a switch or a field such as `faults.kill`; may be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Says less on stderr.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Says more on stderr; twice for even more.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Adds wall-clock figures, which differ from run to run.
    #[arg(long, global = true)]
    pub timing: bool,
    /// Ignores sim.ron and the variables `SIM_*`.
    #[arg(long, global = true)]
    pub no_config: bool,
}

/// Languages of prose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Korean.
    Ko,
    /// What LC_ALL, LC_MESSAGES or LANG say.
    Auto,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Play one scenario once and show what happened.
    Run(Run),
    /// Search many seeds for a violation, and shrink the first one found.
    Explore(Explore),
    /// Search every interleaving within bounds.
    Check(Check),
    /// Run a trace again, stop anywhere, print the differences between steps.
    Replay(Replay),
    /// Make a trace smaller without losing its violation.
    Shrink(Shrink),
    /// Tell the causal story of a trace, an element of state, or a message.
    Explain(Explain),
    /// Show the state of the cluster at a step, as Kafka's own tools print it.
    Describe(Describe),
    /// Do what a recording did, on the model, and compare cell by cell.
    Conform(Conform),
    /// What exists: scenarios, presets, switches, properties, faults, settings.
    List(List),
    /// Check files, and name all that is wrong with them.
    Validate(Validate),
    /// Prove the determinism of this build on this machine.
    Selfcheck(Selfcheck),
    /// Count the states of a published specification.
    Spec(Spec),
    /// The scoreboard: is each bug of the catalogue found, and is its repaired twin clean?
    Mutants(Mutants),
    /// The bugs of the catalogue under each preset: which release has which.
    Matrix(Matrix),
    /// The same decisions, or the same script, under two or more sets of rules.
    Compare(Compare),
    /// Make the folder of a new bug.
    New(New),
    /// Draw a state space.
    Graph(Graph),
    /// Lessons: list them, show one, check every table.
    Lab(Lab),
}

/// `sim run`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  $ sim run tour --show describe
  $ sim run tour --until 10s
  $ sim run tour --history

The seed decides latencies and every choice that the script leaves open.")]
pub struct Run {
    /// File of a scenario, or the name of one that comes with sim.
    pub scenario: String,
    /// The seed.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::seed, default_value = "0")]
    pub seed: u64,
    /// Where to stop: a virtual time (12.5s), a number of steps, or quiet: when nothing changes any more.
    #[arg(long, value_name = "TIME|STEP|quiet")]
    pub until: Option<String>,
    /// Print each step as it happens, not only what changed for a partition.
    #[arg(long)]
    pub watch: bool,
    /// Write the trace to this file.
    #[arg(long, value_name = "FILE")]
    pub save: Option<String>,
    /// Print what clients did and were told, and what of it no client should see.
    #[arg(long)]
    pub history: bool,
    /// Tables to print at the end: describe, logs, quorum; separated by commas.
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    pub show: Vec<Table>,
    /// Compare the tables with those stored in this file; a difference is exit code 1.
    #[arg(long, value_name = "FILE", requires = "show")]
    pub expect_file: Option<String>,
}

/// A table to print at the end of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Table {
    /// As `kafka-topics --describe`.
    Describe,
    /// The logs of all replicas, side by side.
    Logs,
    /// As `kafka-metadata-quorum describe`, where there is a quorum.
    Quorum,
}

/// `sim explore`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Without a scenario it plays the tour: three sets of rules on the same small cluster, one of them sound, two
that lose data.

Examples:
  $ sim explore --seed 7
  $ sim explore tour --preset kraft-4.3 --runs 200
  $ sim explore tour --preset hw-truncation --expect violates

Exit code 0 means that the outcome is the expected one. Nothing found is called `none found`, never `holds`.")]
pub struct Explore {
    /// File of a scenario, or the name of one that comes with sim.
    pub scenario: Option<String>,
    /// The first seed.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::seed, default_value = "0")]
    pub seed: u64,
    /// How many seeds (1000 if nothing else is set).
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count)]
    pub runs: Option<u64>,
    /// Stop after this time instead: how many seeds get tried then depends on the machine.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = parse::time, conflicts_with = "runs")]
    pub budget: Option<std::time::Duration>,
    /// How many faults of which kind may happen, instead of the scenario's own: kill=2,power=1.
    #[arg(long, value_name = "KIND=N,..", value_delimiter = ',')]
    pub faults: Vec<String>,
    /// Threads; speed only (all cores if nothing else is set).
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::jobs)]
    pub jobs: Option<usize>,
    /// Look at this property only; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub property: Vec<String>,
    /// Go on after a violation, and count all seeds that have one.
    #[arg(long)]
    pub keep_going: bool,
    /// Folder for traces (out if nothing else is set).
    #[arg(long, value_name = "DIR")]
    pub out: Option<String>,
    /// Who picks the next action: `sim list samplers` (swarm if nothing else is set).
    #[arg(long, value_name = "NAME")]
    pub sampler: Option<String>,
    /// Try only the I-th of N parts of the seeds, I from 0.
    #[arg(long, value_name = "I/N", value_parser = parse::shard)]
    pub shard: Option<(u64, u64)>,
    /// What is expected, instead of what the scenario says.
    #[arg(long, value_enum)]
    pub expect: Option<Expect>,
    /// Keep the trace as it was found.
    #[arg(long)]
    pub no_shrink: bool,
}

/// What the user expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Expect {
    /// No property is violated.
    Holds,
    /// Some property is violated.
    Violates,
    /// Whatever comes.
    Any,
}

/// `sim check`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Without a scenario it searches the smallest world of the tour: two brokers, one record, one kill with restart.
Breadth-first, states are known by 64-bit fingerprints, and the answer says how many were taken for others on
average; --exact compares whole states. The other orders keep whole states and use one thread.

Examples:
  $ sim check --preset hw-truncation
  $ sim check --preset kraft-4.3 --max-depth 6

A search that ends early is INCONCLUSIVE, exit code 3. A green result in which a witness that the scenario
demands never came about is called hollow, and exits 3, too.")]
pub struct Check {
    /// File of a scenario, or the name of one that comes with sim.
    pub scenario: Option<String>,
    /// In which order: bfs finds shortest traces, dfs deep states early, iterative shortest traces with less memory.
    #[arg(long, value_enum)]
    pub search: Option<Order>,
    /// Leave out what is more than this many steps from the start.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::size)]
    pub max_depth: Option<usize>,
    /// Stop when there are this many states; the round that passes it is finished.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::size)]
    pub max_states: Option<usize>,
    /// Look at this property only; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub property: Vec<String>,
    /// Go on after a violation, and count the states that violate each property.
    #[arg(long)]
    pub keep_going: bool,
    /// Print how often each kind of action was taken, which switches were read, and the values of each slot.
    #[arg(long)]
    pub coverage: bool,
    /// How many faults of which kind may happen, instead of the scenario's own: kill=2,power=1.
    #[arg(long, value_name = "KIND=N,..", value_delimiter = ',')]
    pub faults: Vec<String>,
    /// Stop rather than use more memory than this, such as 512MiB or 8GiB; what waits goes to a temporary file before.
    #[arg(long, value_name = "SIZE", value_parser = parse::memory)]
    pub max_mem: Option<u64>,
    /// Compare whole states instead of their 64-bit fingerprints.
    #[arg(long)]
    pub exact: bool,
    /// Ways to see fewer states; separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "HOW,..")]
    pub reduce: Vec<Reduce>,
    /// Keep the search in this folder, once a minute and when it is broken off.
    #[arg(long, value_name = "DIR")]
    pub checkpoint: Option<String>,
    /// Go on from what is kept there.
    #[arg(long, requires = "checkpoint")]
    pub resume: bool,
    /// Write all states and steps to this file: for Graphviz if its name ends with .dot, else as `sim graph --to json`.
    #[arg(long, value_name = "FILE")]
    pub save_graph: Option<String>,
    /// How many threads; speed only.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::jobs)]
    pub jobs: Option<usize>,
    /// Folder for traces (out if nothing else is set).
    #[arg(long, value_name = "DIR")]
    pub out: Option<String>,
    /// What is expected, instead of what the scenario says.
    #[arg(long, value_enum)]
    pub expect: Option<Expect>,
}

/// A way to see fewer states.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Reduce {
    /// No reduction.
    None,
    /// An answer to a fetch that is given at once arrives at once, as in the published specifications: holds then means,
    /// with such round trips.
    Coarse,
}

/// In which order a search goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Order {
    /// Level by level.
    Bfs,
    /// Newest state first.
    Dfs,
    /// Depth-first up to 0, 1, 2, ... steps.
    Iterative,
}

/// `sim replay`
#[derive(Args, Debug)]
#[command(after_long_help = "\
A place is a step (42), a virtual time where there is a clock (12.5s), end, violation, or a label of the
script (label:after-stop).

Examples:
  $ sim replay out/hw-truncation-294.trace.ron --diff
  $ sim replay out/hw-truncation-294.trace.ron --from 3 --to 5 --messages
  $ sim replay out/hw-truncation-294.trace.ron --history --continue quiet

A trace that no longer fits this build ends with exit code 5 and names the first step that differs.")]
pub struct Replay {
    /// A trace file, or - for standard input.
    pub trace: String,
    /// Stop at this place.
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["from", "to"])]
    pub at: Option<String>,
    /// Show steps from this place.
    #[arg(long, value_name = "PLACE")]
    pub from: Option<String>,
    /// Show steps up to this place.
    #[arg(long, value_name = "PLACE")]
    pub to: Option<String>,
    /// Print what each step changed.
    #[arg(long)]
    pub diff: bool,
    /// Only steps about these: broker:2, partition:t-0, message:m1; separated by commas.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Print the messages that each step sends.
    #[arg(long)]
    pub messages: bool,
    /// Print what clients did and were told, and what of it no client should see.
    #[arg(long)]
    pub history: bool,
    /// Whether recorded digests are compared.
    #[arg(long, value_name = "on|off", value_enum, default_value = "on", num_args = 0..=1, default_missing_value = "on")]
    pub verify: OnOff,
    /// Go on past the end: quiet lets everything arrive, explore searches onward for a violation.
    #[arg(long = "continue", value_enum, value_name = "HOW")]
    pub onward: Option<Onward>,
}

/// A switch of the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum OnOff {
    /// Yes.
    On,
    /// No.
    Off,
}

/// How a replay goes on past its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Onward {
    /// Search for a violation from here.
    Explore,
    /// Let everything arrive, without further faults.
    Quiet,
}

/// `sim shrink`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Every candidate must violate the same property about the same kind of object, so that a different bug cannot
slip in.

Examples:
  $ sim shrink out/hw-truncation-294.trace.ron --out out/smaller.trace.ron")]
pub struct Shrink {
    /// A trace file, or - for standard input.
    pub trace: String,
    /// Where the smaller trace goes; without it beside the trace, with `.min` in its name.
    #[arg(long, value_name = "FILE")]
    pub out: Option<String>,
    /// How many candidates are replayed at most.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count)]
    pub max_tries: Option<u64>,
}

/// `sim explain`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  $ sim explain out/hw-truncation-294.trace.ron
  $ sim explain out/hw-truncation-294.trace.ron --counterfactuals
  $ sim explain out/hw-truncation-294.trace.ron --why controller.t-0.leader")]
pub struct Explain {
    /// A trace file, or - for standard input.
    pub trace: String,
    /// Which events made this value what it is: broker2.t-0.isr, controller.t-0.leader, broker1.life, p1.leader.
    #[arg(long, value_name = "PATH")]
    pub why: Option<String>,
    /// Only what happened to this record: m1.
    #[arg(long, value_name = "RECORD")]
    pub message: Option<String>,
    /// What this step rests on.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::size)]
    pub step: Option<usize>,
    /// What would have happened had one thing gone otherwise.
    #[arg(long)]
    pub counterfactuals: bool,
    /// The graph of causes, for Graphviz.
    #[arg(long, conflicts_with_all = ["why", "message", "step", "counterfactuals"])]
    pub dot: bool,
}

/// `sim describe`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  $ sim describe tour
  $ sim describe out/hw-truncation-294.trace.ron --at 4 --logs")]
pub struct Describe {
    /// A scenario (file or name) or a trace file.
    pub input: String,
    /// At which place; at its end if nothing is said.
    #[arg(long, value_name = "PLACE")]
    pub at: Option<String>,
    /// Only this topic.
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
    /// Only partitions with fewer replicas in sync than assigned.
    #[arg(long, group = "filter")]
    pub under_replicated_partitions: bool,
    /// Only partitions without a leader.
    #[arg(long, group = "filter")]
    pub unavailable_partitions: bool,
    /// Only partitions whose ISR is below min.insync.replicas.
    #[arg(long, group = "filter")]
    pub under_min_isr_partitions: bool,
    /// Only partitions whose ISR is at min.insync.replicas.
    #[arg(long, group = "filter")]
    pub at_min_isr_partitions: bool,
    /// The logs of all replicas instead, side by side.
    #[arg(long, conflicts_with = "filter")]
    pub logs: bool,
    /// The quorum of controllers instead, as `kafka-metadata-quorum describe` prints it.
    #[arg(long, conflicts_with_all = ["filter", "logs"])]
    pub quorum: bool,
    /// As this broker believes it, which may be stale: broker:2.
    #[arg(long, value_name = "broker:N")]
    pub view: Option<String>,
    /// Table dialect of this release instead of the preset's own.
    #[arg(long, value_name = "DIALECT")]
    pub kafka: Option<String>,
    /// Mark what is different at this place, or in this file.
    #[arg(long, value_name = "PLACE|FILE")]
    pub against: Option<String>,
    /// The seed, where a scenario is played.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::seed, default_value = "0")]
    pub seed: u64,
}

/// `sim conform`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  $ sim conform scenarios/recordings/elr-kraft-4.3.txt --only change

Exit code 1 says that a cell differs or that a line was not understood.")]
pub struct Conform {
    /// Recordings of real clusters.
    #[arg(required = true)]
    pub files: Vec<String>,
    /// Compare only cells of these kinds: table, tool, answer, change, log, metadata, znode, quorum, group, cut.
    #[arg(long, value_name = "KIND,..")]
    pub only: Option<String>,
    /// Show the model's trace around the first difference of each file.
    #[arg(long)]
    pub explain: bool,
    /// Threads; speed only.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::jobs)]
    pub jobs: Option<usize>,
}

/// `sim list`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  $ sim list presets
  $ sim list properties no-committed-loss
  $ sim list settings
  $ sim list settings --preset kraft-3.9")]
pub struct List {
    /// Of what; without it, what there is to list.
    #[arg(value_enum)]
    pub what: Option<Lists>,
    /// Only this one, with all that is known of it.
    pub name: Option<String>,
}

/// What can be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Lists {
    /// Scenarios that come with sim.
    Scenarios,
    /// Named vectors of switches.
    Presets,
    /// Safeguards that can be switched off.
    Switches,
    /// What must hold.
    Properties,
    /// What should have come about somewhere.
    Witnesses,
    /// What can go wrong, and the events of a script.
    Faults,
    /// Who picks the next action.
    Samplers,
    /// Settings of sim with their sources; with --preset those of Kafka.
    Settings,
    /// Published specifications.
    Specs,
    /// The catalogue of real bugs.
    Bugs,
}

/// `sim graph`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Without a scenario it draws the smallest world of the tour: two brokers, one record, one kill with restart.
Initial states have a double frame, violating ones are red, dead ends are grey; what was left out is counted
on stderr.

Examples:
  $ sim graph --max-nodes 20
  $ sim graph tour --preset hw-truncation --max-nodes 50 --to json")]
pub struct Graph {
    /// File of a scenario, or the name of one that comes with sim.
    pub scenario: Option<String>,
    /// What is drawn.
    #[arg(long, value_enum, default_value = "states")]
    pub what: What,
    /// As what: text for Graphviz, or an object.
    #[arg(long, value_enum, default_value = "dot")]
    pub to: To,
    /// Draw at most this many states, the nearest to the start.
    #[arg(long, value_name = "N", default_value = "2000", value_parser = parse::size)]
    pub max_nodes: usize,
    /// Look at this property only; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub property: Vec<String>,
    /// How many faults of which kind may happen, instead of the scenario's own: kill=2,power=1.
    #[arg(long, value_name = "KIND=N,..", value_delimiter = ',')]
    pub faults: Vec<String>,
}

/// `sim lab`
#[derive(Args, Debug)]
#[command(after_long_help = "\
A lab is a story, some steps, and the tables that a cluster shows; `show` prints it with every answer. `check`
plays it and compares each cell with the one that is expected: exit code 1 names those that differ.

Examples:
  $ sim lab list --lang ko
  $ sim lab show 7
  $ sim lab check --all")]
pub struct Lab {
    /// What to do.
    #[command(subcommand)]
    pub verb: LabVerb,
}

/// What `sim lab` does.
#[derive(Subcommand, Debug)]
pub enum LabVerb {
    /// All labs.
    List,
    /// One lab with its tables and answers; `--lang ko` in Korean.
    Show {
        /// Its number.
        number: u16,
    },
    /// Play labs and compare every cell of their tables.
    #[command(group(clap::ArgGroup::new("which").required(true).args(["number", "all"])))]
    Check {
        /// The number of one lab.
        number: Option<u16>,
        /// All of them.
        #[arg(long)]
        all: bool,
    },
}

/// What `sim graph` draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum What {
    /// States and the steps between them.
    States,
}

/// As what `sim graph` draws it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum To {
    /// Text for Graphviz.
    Dot,
    /// An object of the schema sim.graph/1.
    Json,
}

/// `sim validate`
#[derive(Args, Debug)]
#[command(after_long_help = "\
The kind of a file is found out: scenario, trace or recording.

Examples:
  $ sim validate scenarios/recordings/elr-kraft-4.3.txt")]
pub struct Validate {
    /// The files.
    #[arg(required = true)]
    pub files: Vec<String>,
}

/// `sim selfcheck`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Every seed runs twice, with 1 and with N threads, and once in reverse order. The fingerprint is the same on
every machine for the same version.

Examples:
  $ sim selfcheck --seeds 5")]
pub struct Selfcheck {
    /// How many seeds of each set of rules.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "20")]
    pub seeds: u64,
    /// Threads of the parallel pass.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::jobs)]
    pub jobs: Option<usize>,
    /// Break a rule of the simulator on purpose, to see how a defect is reported.
    #[arg(long, hide_short_help = true)]
    pub break_a_rule: bool,
}

/// `sim spec`
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  $ sim spec kip-320
  $ sim spec trunc-hw --replicas 2 --log-size 2 --records 2 --max-leader-epoch 1
  $ sim spec isr-negotiation --replicas 3 --max-offset 2 --max-version 2
  $ sim spec raft --entries 1 --faults election=1,power=1 --off flush_before_ack
  $ sim spec zab --voters 3 --entries 2 --faults election=1,power=1

Of a published specification exit code 0 says that the whole space was counted, whatever the invariants say. raft and zab
are searched as `sim check` does: 0 holds, 1 violated, 3 inconclusive.")]
pub struct Spec {
    /// trunc-hw, kip-101, kip-279, kip-320-first, kip-320, isr-negotiation; raft or zab.
    pub variant: String,
    /// Replicas of the partition (2 if nothing is said; 3 for isr-negotiation).
    #[arg(long, value_name = "R", allow_negative_numbers = true, value_parser = parse::size)]
    pub replicas: Option<usize>,
    /// Records that a log has room for (2 if nothing is said).
    #[arg(long, value_name = "L", allow_negative_numbers = true, value_parser = parse::size)]
    pub log_size: Option<usize>,
    /// Records that can be written in all (2 if nothing is said).
    #[arg(long, value_name = "M", allow_negative_numbers = true, value_parser = parse::size)]
    pub records: Option<usize>,
    /// The highest leader epoch (1 if nothing is said).
    #[arg(long, value_name = "E", allow_negative_numbers = true, value_parser = parse::size)]
    pub max_leader_epoch: Option<usize>,
    /// The highest offset, of isr-negotiation (2 if nothing is said).
    #[arg(long, value_name = "B", allow_negative_numbers = true, value_parser = parse::size)]
    pub max_offset: Option<usize>,
    /// The highest version of the ISR, of isr-negotiation (2 if nothing is said).
    #[arg(long, value_name = "V", allow_negative_numbers = true, value_parser = parse::size)]
    pub max_version: Option<usize>,
    /// Whether states that differ only in the names of replicas count as one.
    #[arg(long, value_enum, value_name = "on|off", default_value = "off")]
    pub symmetry: OnOff,
    /// Members of a quorum with a vote (3 if nothing is said).
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::size)]
    pub voters: Option<usize>,
    /// Members of raft without a vote.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::size)]
    pub observers: Option<usize>,
    /// Entries that are written to a quorum (1 if nothing is said).
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::size)]
    pub entries: Option<usize>,
    /// What may happen to a quorum how often: election=2,power=1.
    #[arg(long, value_name = "KIND=N,..", value_delimiter = ',')]
    pub faults: Vec<String>,
    /// A rule of a quorum that is not in force, or NAME=VALUE; may be repeated.
    #[arg(long, value_name = "SWITCH", value_delimiter = ',')]
    pub off: Vec<String>,
    /// With a controller on each member of raft.
    #[arg(long)]
    pub controllers: bool,
    /// Look at this property of a quorum only.
    #[arg(long, value_name = "NAME")]
    pub property: Option<String>,
    /// Ways to see fewer states of a quorum.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "HOW,..")]
    pub reduce: Vec<Reduce>,
    /// How many threads search a quorum; speed only.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::jobs)]
    pub jobs: Option<usize>,
    /// Stop when there are this many states of a quorum.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::size)]
    pub max_states: Option<usize>,
}

/// `sim mutants`
#[derive(Args, Debug)]
#[command(after_long_help = "\
For each bug: is it found by sampling, and by a search of every interleaving; and is the same scenario clean
with the safeguard on? A series is run after run from seeds of its own until a run violates the property, or
the events are spent; the median counts series that were given up as more than all others.

Examples:
  $ sim mutants kip-101 --seeds 2 --check-max-states 9999 --control-events 9999
  $ sim mutants kip-101 kip-497 --samplers swarm,pct --seeds 3 --events 20000

Exit code 1 says that a bug was found by neither, or that a control run is not clean. Risks that Kafka takes
are listed apart and count for nothing.")]
pub struct Mutants {
    /// Names of bugs: `sim list bugs`; without them all.
    pub names: Vec<String>,
    /// Only bugs of this layer.
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<String>,
    /// Series for each bug.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "100")]
    pub seeds: u64,
    /// A series is given up after so many events.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "200000")]
    pub events: u64,
    /// The longest a run may get.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "1000")]
    pub steps: u64,
    /// Who picks the next action: `sim list samplers` (pct if nothing is said); the card of a bug may name another one.
    #[arg(long, value_name = "NAME")]
    pub sampler: Option<String>,
    /// Compare samplers instead: all, or their names, separated by commas. Nothing is searched, cards name no sampler.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', conflicts_with = "sampler")]
    pub samplers: Vec<String>,
    /// Each search ends when it has this many states; the round that passes it is finished.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "3000000")]
    pub check_max_states: u64,
    /// So many events are sampled with the safeguard on.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "1000000")]
    pub control_events: u64,
    /// The folder of a catalogue, instead of the one that comes with sim.
    #[arg(long, value_name = "DIR")]
    pub folder: Option<String>,
    /// How many threads; speed only.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::jobs)]
    pub jobs: Option<usize>,
}

/// `sim new`
#[derive(Args, Debug)]
#[command(after_long_help = "\
The folder gets the scenario of the trace, the trace as small as it gets, the beginning of a card, and the
skeleton of the story: see docs/adding-a-bug.md.

Examples:
  $ sim new bug cut-to-high-watermark --from out/hw-truncation-294.trace.ron --folder bugs")]
pub struct New {
    /// What is made.
    #[arg(value_enum)]
    pub what: Thing,
    /// Its name: small letters, digits and `-`.
    pub name: String,
    /// The trace that shows it.
    #[arg(long, value_name = "TRACE")]
    pub from: String,
    /// The folder of the catalogue.
    #[arg(long, value_name = "DIR", default_value = "scenarios/bugs")]
    pub folder: String,
    /// How many candidates are replayed at most to make the trace smaller.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count)]
    pub max_tries: Option<u64>,
}

/// What `sim new` makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Thing {
    /// The folder of a bug in the catalogue.
    Bug,
}

/// `sim matrix`
#[derive(Args, Debug)]
#[command(after_long_help = "\
The scenario of each bug runs under every preset, without its own switches: `x` where the bug is found, beside
the releases that history names.

Examples:
  $ sim matrix kip-497 --seeds 2 --events 5000 --check-max-states 2000")]
pub struct Matrix {
    /// Names of bugs: `sim list bugs`; without them all.
    pub names: Vec<String>,
    /// Only bugs of this layer.
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<String>,
    /// Series for each cell.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "10")]
    pub seeds: u64,
    /// A series is given up after so many events.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "100000")]
    pub events: u64,
    /// A search ends when it has this many states; it is made only where sampling finds nothing.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::count, default_value = "1000000")]
    pub check_max_states: u64,
    /// The folder of a catalogue, instead of the one that comes with sim.
    #[arg(long, value_name = "DIR")]
    pub folder: Option<String>,
    /// How many threads; speed only.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::jobs)]
    pub jobs: Option<usize>,
}

/// A control plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ControlPlane {
    /// ZooKeeper, three servers, and the controller on one of the brokers.
    Zk,
    /// KRaft controllers on nodes of their own: the scenario's, or one.
    Kraft,
    /// Three KRaft controllers on nodes of their own.
    KraftQuorum,
    /// Every broker is a KRaft controller, too.
    KraftCombined,
}

/// `sim compare`
#[derive(Args, Debug)]
#[command(
    override_usage = "sim compare [OPTIONS] <--presets|--vary|--control> <VALUES> <INPUT>",
    group = clap::ArgGroup::new("rules").required(true),
    after_long_help = "\
Of a trace the same decisions are taken under each set of rules, as far as they are possible there. A scenario
is played with its script and the same seed. Shown are the steps that go apart, then the verdicts.

Examples:
  $ sim compare out/hw-truncation-294.trace.ron --presets hw-truncation,kraft-4.3
  $ sim compare 08-preferred-leaders --vary min.insync.replicas=1,2
  $ sim compare 23-separate --control zk,kraft,kraft-combined"
)]
pub struct Compare {
    /// A scenario (file or name) or a trace file.
    pub input: String,
    /// The presets, separated by commas.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', group = "rules")]
    pub presets: Vec<String>,
    /// One setting, switch or field with several values, as `--set` has it with one.
    #[arg(long, value_name = "KEY=VALUE,..", group = "rules")]
    pub vary: Option<String>,
    /// The control planes, separated by commas. A trace belongs to one of them.
    #[arg(long, value_name = "PLANE,..", value_enum, value_delimiter = ',', group = "rules")]
    pub control: Vec<ControlPlane>,
    /// The seed, where a scenario is played.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse::seed, default_value = "0")]
    pub seed: u64,
    /// How many rows that go apart are shown.
    #[arg(long, value_name = "N", value_parser = parse::size, default_value = "8")]
    pub rows: usize,
}
