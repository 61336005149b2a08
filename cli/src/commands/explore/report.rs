//! What `sim explore` prints: the table, how thorough it was, and the commands that come next. As text and as JSON.

use std::time::Duration;

use checker::explore::Tried;
use checker::witness;
use models::faults::Fault;
use serde::Serialize;

use super::rules::CLAIMED;
use super::{Call, RuleSet, is_loss};
use crate::args::Explore;
use crate::exit::Exit;
use crate::output::{Format, Tone, grouped};
use crate::settings::Timing;

/// What became of one set of rules.
pub struct Row {
    /// The rules.
    pub set: RuleSet,
    /// What was tried.
    pub tried: Tried,
    /// What was found.
    pub lost: Option<Lost>,
    /// What the exit code says of it.
    pub exit: Exit,
}

/// A violation that was found.
pub struct Lost {
    /// The lowest seed that has one.
    pub seed: u64,
    /// The property.
    pub property: &'static str,
    /// Events up to it.
    pub steps_before: usize,
    /// Events of the kept trace.
    pub steps: usize,
    /// Whether the trace was made smaller.
    pub shrunk: bool,
    /// What was lost, in words.
    pub what: String,
    /// The kept trace.
    pub trace: String,
}

/// Prints the whole answer.
pub fn print(call: &mut Call<'_>, args: &Explore, rows: &[Row], exit: Exit, elapsed: Duration) {
    if call.out.format != Format::Human {
        return json(call, rows, exit, elapsed);
    }
    head(call, args, rows);
    table(call, rows);
    verdicts(call, rows);
    thoroughness(call, rows);
    if call.settings.timing == Timing::Shown {
        let events: u64 = rows.iter().map(|row| row.tried.events).sum();
        let speed = grouped(events * 1000 / (elapsed.as_millis() as u64).max(1));
        call.out.line(format_args!(
            "Time (differs from run to run): {} ms, {speed} events/s.",
            elapsed.as_millis()
        ));
    }
    next(call, args, rows);
}

fn head(call: &mut Call<'_>, args: &Explore, rows: &[Row]) {
    let Some(first) = rows.first() else { return };
    let scenario = &first.set.scenario;
    let about = scenario
        .about
        .as_ref()
        .map(|about| about.en.trim_end_matches('.'))
        .unwrap_or_default();
    let mut letters = about.chars();
    let about: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_lowercase)
        .chain(letters)
        .collect();
    let runs = call.settings.number("runs");
    let seeds = match args.budget {
        Some(_) => format!("{}..", args.seed),
        None => format!("{}..={}", args.seed, args.seed.wrapping_add(runs - 1)),
    };
    let part = args
        .shard
        .map(|(part, of)| format!(", part {part} of {of}"))
        .unwrap_or_default();
    let name = if about.is_empty() {
        scenario.name.clone()
    } else {
        format!("{}: {about}", scenario.name)
    };
    call.out.line(format_args!("{name}      seeds {seeds}{part}"));
    call.out.line("");
}

/// Cells of the table; all columns but the last are padded.
fn table(call: &mut Call<'_>, rows: &[Row]) {
    let lost = rows
        .iter()
        .filter_map(|row| row.lost.as_ref())
        .all(|lost| is_loss(lost.property));
    let what = if lost { "what was lost" } else { "what does not hold" };
    let head = ["rules", "verdict", "first seed", "events (shrunk)", what].map(str::to_owned);
    let mut table = vec![(head, Tone::Strong)];
    table.extend(rows.iter().map(|row| {
        let label = row.set.label.clone();
        match &row.lost {
            None => {
                let events = format!("{:>9} run", grouped(row.tried.events));
                (
                    [label, "none found".into(), format!("{:>8}", "-"), events, "-".into()],
                    Tone::Good,
                )
            }
            Some(lost) => {
                let verdict = if is_loss(lost.property) { "LOST" } else { "VIOLATED" };
                let before = grouped(lost.steps_before as u64);
                let events = if lost.shrunk {
                    format!("{before:>8} -> {}", lost.steps)
                } else {
                    format!("{before:>8}")
                };
                let what = if is_loss(lost.property) {
                    lost.what.clone()
                } else {
                    format!("{}: {}", lost.property, lost.what)
                };
                (
                    [label, verdict.into(), format!("{:>8}", lost.seed), events, what],
                    Tone::Bad,
                )
            }
        }
    }));
    let gaps = [3, 2, 3, 3, 0];
    let widths: Vec<usize> = (0..head_width(&table)).map(|at| width(&table, at) + gaps[at]).collect();
    for (at, (cells, tone)) in table.iter().enumerate() {
        let mut line = String::from("  ");
        for (column, cell) in cells.iter().enumerate() {
            let padded = format!("{cell:<width$}", width = widths[column]);
            let verdict = column == 1 && at > 0;
            line.push_str(&if verdict {
                call.out.paint(*tone, &padded)
            } else {
                padded
            });
        }
        call.out.line(line);
    }
}

type Cells = ([String; 5], Tone);

fn head_width(table: &[Cells]) -> usize {
    table.first().map_or(0, |(cells, _)| cells.len())
}

fn width(table: &[Cells], column: usize) -> usize {
    table
        .iter()
        .map(|(cells, _)| cells[column].chars().count())
        .max()
        .unwrap_or(0)
}

/// Whether what was found is what was expected, in words.
fn verdicts(call: &mut Call<'_>, rows: &[Row]) {
    call.out.line("");
    let found: Vec<&Row> = rows.iter().filter(|row| row.lost.is_some()).collect();
    let (expected, others): (Vec<&Row>, Vec<&Row>) = found.iter().partition(|row| row.exit == Exit::Expected);
    let reasons: Vec<String> = expected
        .iter()
        .map(|row| format!("{} {}", subject(row), row.set.why))
        .collect();
    match expected.len() {
        0 => {}
        1 if found.len() == 1 => call.out.line(format_args!("This was expected: {}.", reasons[0])),
        2 if others.is_empty() => call
            .out
            .line(format_args!("Both losses were expected: {}.", reasons.join(", "))),
        _ => call.out.line(format_args!("Expected: {}.", reasons.join(", "))),
    }
    for row in others {
        let property = row.lost.as_ref().map_or("", |lost| lost.property);
        call.out
            .line(format_args!("NOT expected: {} violates {property}.", subject(row)));
    }
    for row in rows.iter().filter(|row| row.exit == Exit::Unsettled) {
        call.out.line(format_args!(
            "A violation was expected of {}, and none was found: not settled.",
            subject(row)
        ));
    }
    if found.is_empty() && rows.iter().all(|row| row.exit == Exit::Expected) {
        let runs: u64 = rows.iter().map(|row| row.tried.runs).sum();
        call.out.line(format_args!(
            "No violation found in {} runs. That is no proof: other runs exist.",
            grouped(runs)
        ));
    }
    for row in rows.iter().filter(|row| row.tried.failing > 1) {
        let (failing, runs) = (grouped(row.tried.failing), grouped(row.tried.runs));
        call.out.line(format_args!(
            "{}: {failing} of {runs} seeds have a violation.",
            row.set.label
        ));
    }
}

/// The scenario where it is one of the user's, else the rules.
fn subject(row: &Row) -> &str {
    if row.set.why == CLAIMED {
        "the scenario"
    } else {
        &row.set.label
    }
}

fn thoroughness(call: &mut Call<'_>, rows: &[Row]) {
    let has = |fault: &Fault, fired: bool| {
        let listed = |row: &Row| {
            row.tried
                .thoroughness
                .faults
                .iter()
                .any(|(kind, did)| kind == fault && (*did || !fired))
        };
        rows.iter().any(listed)
    };
    let fired = Fault::ALL.iter().filter(|fault| has(fault, true)).count();
    let budget = Fault::ALL.iter().filter(|fault| has(fault, false)).count();
    let reads = rows.iter().fold(0, |bits, row| bits | row.tried.thoroughness.reads);
    let switches = rows.first().map_or(0, |row| row.tried.thoroughness.switches.0);
    let reached = rows.iter().fold(0, |bits, row| bits | row.tried.thoroughness.reached.0);
    let longest = rows.iter().max_by_key(|row| row.tried.runs);
    let new = longest.map_or(0, |row| row.tried.thoroughness.new_states);
    call.out.line(format_args!(
        "How thorough: {fired} of {budget} fault kinds fired, {} of {switches} switches read, {} of {} witnesses, \
         {} new states per 1,000 runs at the end.",
        reads.count_ones(),
        reached.count_ones(),
        witness::ALL.len(),
        grouped(new),
    ));
    let never: Vec<&str> = witness::ALL
        .iter()
        .enumerate()
        .filter(|(at, _)| reached & (1 << at) == 0)
        .map(|(_, (name, _))| *name)
        .collect();
    call.out.note(format_args!(
        "witnesses never reached: {}",
        if never.is_empty() { "-".into() } else { never.join(", ") }
    ));
}

/// The commands that come next; each of them exists and ends with 0.
fn next(call: &mut Call<'_>, args: &Explore, rows: &[Row]) {
    let Some((row, lost)) = rows.iter().find_map(|row| Some((row, row.lost.as_ref()?))) else {
        return;
    };
    call.out.line("");
    call.out
        .line(format_args!("  see it      sim replay {} --diff", lost.trace));
    call.out.line(format_args!("  why         sim explain {}", lost.trace));
    if !lost.shrunk {
        call.out.line(format_args!("  smaller     sim shrink {}", lost.trace));
    }
    if args.scenario.is_none() && row.exit == Exit::Expected && args.faults.is_empty() {
        call.out.line(format_args!(
            "  for sure    sim check --preset {}",
            row.set.scenario.preset
        ));
    }
}

#[derive(Serialize)]
struct Json<'r> {
    schema: &'static str,
    scenario: &'r str,
    results: Vec<Result<'r>>,
    runs: u64,
    events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    timing: Option<JsonTiming>,
    exit: u8,
}

#[derive(Serialize)]
struct JsonTiming {
    milliseconds: u64,
}

#[derive(Serialize)]
struct Result<'r> {
    rule_set: &'r str,
    verdict: &'static str,
    expected: bool,
    seed: Option<u64>,
    property: Option<&'r str>,
    steps: Option<usize>,
    steps_before: Option<usize>,
    trace: Option<&'r str>,
    token: Option<&'r str>,
}

fn json(call: &mut Call<'_>, rows: &[Row], exit: Exit, elapsed: Duration) {
    let results = rows.iter().map(|row| {
        let lost = row.lost.as_ref();
        Result {
            rule_set: &row.set.label,
            verdict: if lost.is_some() { "violated" } else { "none-found" },
            expected: row.exit == Exit::Expected,
            seed: lost.map(|lost| lost.seed),
            property: lost.map(|lost| lost.property),
            steps: lost.map(|lost| lost.steps),
            steps_before: lost.map(|lost| lost.steps_before),
            trace: lost.map(|lost| lost.trace.as_str()),
            token: None,
        }
    });
    let timing = (call.settings.timing == Timing::Shown).then(|| JsonTiming {
        milliseconds: elapsed.as_millis() as u64,
    });
    call.out.json(&Json {
        schema: "sim.explore/1",
        scenario: rows.first().map_or("", |row| &row.set.scenario.name),
        results: results.collect(),
        runs: rows.iter().map(|row| row.tried.runs).sum(),
        events: rows.iter().map(|row| row.tried.events).sum(),
        timing,
        exit: exit.code(),
    });
}
