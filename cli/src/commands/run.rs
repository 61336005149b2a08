//! `sim run`: one scenario, once, with a clock; what happened, and the tables at the end.

use checker::narrate::Tale;
use scenarios::expect::Verdict;
use scenarios::player::{Ended as PlayEnded, Entry, Options, Played, Show, Table as Shown, Until, play};
use scenarios::scenario::diagnostic::{Diagnostic, Kind};
use scenarios::scenario::time_span::TimeSpan;
use serde::Serialize;
use sim_core::Span;

use super::Call;
use super::history::{self, History, JsonHistory};
use crate::args::{Run, Table};
use crate::exit::{Ended, Exit, Refusal};
use crate::expected::Expected;
use crate::output::Format;
use crate::{crash, input, traces};

/// A stored table is at most this large, in bytes.
const TABLE_BYTES_MAX: u64 = 1 << 20;

/// Plays a scenario.
pub fn run(call: &mut Call<'_>, args: &Run) -> Ended {
    let scenario = input::scenario(&args.scenario, &call.settings, |_| Ok(()), call.out)?;
    let until = until(args.until.as_deref())?;
    let stored = args
        .expect_file
        .as_deref()
        .map(|file| input::text(file, Kind::Io, TABLE_BYTES_MAX))
        .transpose()?;
    crash::working_on(format!(
        "{}, rules {}, seed {}",
        scenario.name, scenario.preset, args.seed
    ));
    let options = Options { seed: args.seed, until };
    let played = match (args.watch, call.out.format) {
        (true, Format::Human) => {
            let out = &mut *call.out;
            let mut print = |step: &scenarios::player::Watched| {
                out.line(format_args!(
                    "{:>5}  {:>8}  {}",
                    step.step,
                    seconds(step.time),
                    step.what
                ));
            };
            play(&scenario, &options, Some(&mut print))
        }
        _ => play(&scenario, &options, None),
    };
    let played = played.map_err(|problem| input::placed(*problem, &args.scenario))?;
    let show = Show(args.show.iter().map(|table| shown(*table)).collect());
    let mut exit = judge(&played, until);
    if let Some(file) = &args.save {
        let trace = played.trace().map_err(|problem| Refusal::from(*problem))?;
        traces::save_as(&trace, file)?;
    }
    let history = tale(&played, args)?;
    print(call, args, &played, &show, history.as_ref());
    if let Some(file) = &args.save {
        call.out.hint(format_args!("  see it      sim replay {file} --diff"));
    }
    if let (Some(stored), Some(file)) = (stored, &args.expect_file)
        && !same(call, &played.tables(&played.values, &show), &stored, file)
    {
        exit = Exit::Unexpected;
    }
    Ok(exit)
}

fn until(word: Option<&str>) -> Result<Until, Refusal> {
    let refuse = |word: &str| {
        Refusal::usage(format!(
            "--until expects a time such as 12.5s, a step, or quiet, got `{word}`"
        ))
    };
    match word {
        None | Some("quiet") => Ok(Until::Quiet),
        Some(word) => match (word.parse::<usize>(), word.parse::<TimeSpan>()) {
            (Ok(step), _) => Ok(Until::Step(step)),
            (_, Ok(time)) => Ok(Until::Time(Span::from_us(time.micros()))),
            (Err(_), Err(_)) => Err(refuse(word)),
        },
    }
}

fn shown(table: Table) -> Shown {
    match table {
        Table::Describe => Shown::Describe,
        Table::Logs => Shown::Logs,
        Table::Quorum => Shown::Quorum,
    }
}

/// A play that the user cut short says nothing about what would have come.
fn judge(played: &Played, until: Until) -> Exit {
    let expected = Expected::of(&played.scenario, None);
    let verdict = match (&played.violation, played.ended) {
        (Some(violation), _) => Verdict::Violated(violation.property),
        (None, PlayEnded::Restless) => Verdict::Inconclusive,
        (None, _) => Verdict::NoneFound,
    };
    match expected.judge(verdict) {
        Exit::Unsettled if until != Until::Quiet => Exit::Expected,
        exit => exit,
    }
}

/// The play as a tale, where its history is asked for.
fn tale<'p>(played: &'p Played, args: &Run) -> Result<Option<Tale<'p>>, Refusal> {
    if !args.history {
        return Ok(None);
    }
    let initial = played.built.initial().into_values();
    let tale = Tale::of(&played.built.config, &initial, &played.decisions);
    let told = tale.map_err(|stuck| Refusal::from(Diagnostic::error(Kind::Internal, stuck.to_string())));
    told.map(Some)
}

fn print(call: &mut Call<'_>, args: &Run, played: &Played, show: &Show, tale: Option<&Tale<'_>>) {
    let wanted = History::of(args.history);
    match call.out.format {
        Format::Human => {
            if args.watch {
                call.out.text(played.tables(&played.values, show));
                call.out.text(played.verdict());
            } else {
                call.out.text(played.text(show));
            }
            if let Some(tale) = tale {
                history::print(call, tale, tale.last(), wanted);
            }
        }
        Format::Json => {
            let exit = judge(played, Until::Quiet).code();
            call.out.json(&Json {
                schema: "sim.run/1",
                scenario: &played.scenario.name,
                preset: &played.scenario.preset,
                seed: played.seed,
                events: played.entries.iter().map(event).collect(),
                steps: played.decisions.len(),
                time_us: played.time.as_us(),
                tables: played.tables(&played.values, show),
                property: played.violation.as_ref().map(|violation| violation.property),
                reason: played
                    .violation
                    .as_ref()
                    .map(|violation| violation.failure.reason.as_str()),
                history: tale.and_then(|tale| history::json(tale, tale.last(), wanted)),
                exit,
            });
        }
        Format::Jsonl => played.entries.iter().for_each(|entry| call.out.json(&event(entry))),
    }
}

/// Whether the tables are those that were stored; the first line that differs is shown.
fn same(call: &mut Call<'_>, tables: &str, stored: &str, file: &str) -> bool {
    if tables == stored {
        return true;
    }
    let (mut now, mut then) = (tables.lines(), stored.lines());
    let mut number = 0;
    loop {
        number += 1;
        let (now, then) = (now.next(), then.next());
        if now != then || now.is_none() {
            let shown = |line: Option<&str>| line.unwrap_or("(nothing)").to_owned();
            call.out.line(format_args!("{file}:{number} differs"));
            call.out.line(format_args!("  expected  {}", shown(then)));
            call.out.line(format_args!("  got       {}", shown(now)));
            return false;
        }
    }
}

#[derive(Serialize)]
struct Json<'p> {
    schema: &'static str,
    scenario: &'p str,
    preset: &'p str,
    seed: u64,
    events: Vec<Event<'p>>,
    steps: usize,
    time_us: u64,
    tables: String,
    property: Option<&'p str>,
    reason: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<JsonHistory>,
    exit: u8,
}

#[derive(Serialize)]
struct Event<'p> {
    step: usize,
    time_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'p str>,
}

fn event(entry: &Entry) -> Event<'_> {
    match entry {
        Entry::Line { step, time, text } => Event {
            step: *step,
            time_us: time.as_us(),
            text: Some(text),
            label: None,
        },
        Entry::Label { step, time, name, .. } => Event {
            step: *step,
            time_us: time.as_us(),
            text: None,
            label: Some(name),
        },
    }
}

/// `4.004s`, cut off to milliseconds.
fn seconds(time: Span) -> String {
    let millis = time.as_us() / 1_000;
    format!("{}.{:03}s", millis / 1_000, millis % 1_000)
}
