//! `sim describe`: the state of the cluster at a place, as Kafka's own tools print it.

use models::World;
use models::config::Pace;
use models::ids::BrokerId;
use models::slots::Value;
use scenarios::build::{Built, build};
use scenarios::builtin;
use scenarios::player::{Entry, Options, Until, play};
use scenarios::scenario::diagnostic::{Diagnostic, Kind};
use scenarios::scenario::schema::Scenario;
use scenarios::scenario::time_span::TimeSpan;
use scenarios::tools::describe::{Filter, describe};
use scenarios::tools::edition::Dialect;
use scenarios::view::{Seen, View, dialect, quorum_text};
use serde::Serialize;
use sim_core::Span;

use super::Call;
use super::replay;
use crate::args::Describe;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::Format;
use crate::{input, place};
use checker::narrate::LogsView;

/// A stored table is at most this large, in bytes.
const TABLE_BYTES_MAX: u64 = 1 << 20;

/// A state of a cluster.
struct State {
    built: Built,
    values: Vec<Value>,
}

/// Shows a state.
pub fn run(call: &mut Call<'_>, args: &Describe) -> Ended {
    let state = state(call, args, args.at.as_deref())?;
    let shown = text(args, &state)?;
    let changes = match &args.against {
        Some(other) => Some(changes(&against(call, args, other)?, &shown)),
        None => None,
    };
    if call.out.format != Format::Human {
        call.out.json(&Json {
            schema: "sim.describe/1",
            input: &args.input,
            text: &shown,
            changes,
            exit: 0,
        });
        return Ok(Exit::Expected);
    }
    call.out.text(&shown);
    if let (Some(changes), Some(other)) = (changes, &args.against) {
        call.out.line(format_args!("\nagainst {other}"));
        if changes.is_empty() {
            call.out.line("  nothing is different");
        }
        changes
            .iter()
            .for_each(|change| call.out.line(format_args!("  {change}")));
    }
    Ok(Exit::Expected)
}

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    input: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<String>>,
    exit: u8,
}

/// The table of another place, or a stored one.
fn against(call: &mut Call<'_>, args: &Describe, other: &str) -> Result<String, Refusal> {
    if std::path::Path::new(other).is_file() {
        let stored = input::text(other, Kind::Layout, TABLE_BYTES_MAX)?;
        return match stored.contains("Topic: ") || args.logs {
            true => Ok(stored),
            false => Err(no_table(other)),
        };
    }
    let state = state(call, args, Some(other))?;
    text(args, &state)
}

fn no_table(file: &str) -> Refusal {
    let problem = Diagnostic::error(Kind::Layout, "this does not look like describe output").in_file(file);
    let help = "store a table first: `sim describe TRACE --at PLACE > FILE`, or name a place instead of a file";
    problem.help(help).into()
}

/// The state at a place of a trace or of a scenario.
fn state(call: &mut Call<'_>, args: &Describe, at: Option<&str>) -> Result<State, Refusal> {
    if is_trace(&args.input) {
        let fitting = replay::load(&args.input)?;
        let step = at.map_or(Ok(fitting.trace.steps.len()), |at| {
            place::of(&fitting.trace, "--at", at)
        })?;
        let values = fitting.tale()?.world_after(step).into_values();
        return Ok(State {
            built: fitting.built,
            values,
        });
    }
    let scenario = input::scenario(&args.input, &call.settings, |_| Ok(()), call.out)?;
    if scenario.script.is_empty() && at.is_none() {
        let built = build(&scenario, Some(Pace::Free)).map_err(|problem| input::placed(*problem, &args.input))?;
        let values = built.initial().into_values();
        return Ok(State { built, values });
    }
    played(&scenario, args, at)
}

/// Whether the input is a trace: by its name, or by the field that only traces have.
pub fn is_trace(given: &str) -> bool {
    if given == "-" || given.ends_with(".trace.ron") {
        return true;
    }
    let embedded = builtin::find(given).is_some() && !std::path::Path::new(given).exists();
    !embedded && std::fs::read_to_string(given).is_ok_and(|text| text.contains("\n    rules_revision:"))
}

/// The state at a place of a play.
fn played(scenario: &Scenario, args: &Describe, at: Option<&str>) -> Result<State, Refusal> {
    let label = at.and_then(|at| at.strip_prefix("label:"));
    let until = match at {
        None | Some("end") => Until::Quiet,
        Some(_) if label.is_some() => Until::Quiet,
        Some(word) => match (word.parse::<usize>(), word.parse::<TimeSpan>()) {
            (Ok(step), _) => Until::Step(step),
            (_, Ok(time)) => Until::Time(Span::from_us(time.micros())),
            (Err(_), Err(_)) => {
                let expected = "a step, a time such as 12.5s, label:NAME or end";
                return Err(Refusal::usage(format!("a place is {expected}, got `{word}`")));
            }
        },
    };
    let options = Options { seed: args.seed, until };
    let played = play(scenario, &options, None).map_err(|problem| input::placed(*problem, &args.input))?;
    let Some(label) = label else {
        return Ok(State {
            values: played.values,
            built: played.built,
        });
    };
    let named = played.entries.iter().find_map(|entry| match entry {
        Entry::Label { name, values, .. } if name == label => Some(values.clone()),
        Entry::Label { .. } | Entry::Line { .. } => None,
    });
    match named {
        Some(values) => Ok(State {
            values,
            built: played.built,
        }),
        None => {
            let labels: Vec<&str> = played.labels.keys().map(String::as_str).collect();
            let refusal = Refusal::usage(format!("the script has no label `{label}`"));
            Err(refusal.help(format!("labels: {}", labels.join(", "))))
        }
    }
}

fn text(args: &Describe, state: &State) -> Result<String, Refusal> {
    let mut world = World::new(&state.built.config);
    world.set_values(state.values.clone());
    if args.logs {
        return Ok(LogsView::of(&world).to_string());
    }
    if args.quorum {
        return match state.built.config.has_quorum() {
            true => Ok(quorum_text(&state.built, &world)),
            false => Err(Refusal::usage(
                "--quorum shows a quorum of controllers, and there is none".to_owned(),
            )),
        };
    }
    let seen = seen(args, &state.built)?;
    let dialect = match &args.kafka {
        None => dialect(&state.built),
        Some(name) => {
            let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
            let known = Dialect::ALL.into_iter().find(|dialect| dialect.name() == name);
            known.ok_or_else(|| Refusal::usage(format!("--kafka expects one of {}, got `{name}`", names.join(", "))))?
        }
    };
    let view = View::new(&state.built, &world, seen);
    let mut topics = view.topics(dialect);
    if let Some(name) = &args.topic {
        if !topics.iter().any(|topic| topic.name == *name) {
            return Err(Refusal::usage(format!("there is no topic `{name}` at this place")));
        }
        topics.retain(|topic| topic.name == *name);
    }
    Ok(describe(&topics, filter(args), &view.live_brokers(), dialect).stdout_text())
}

fn filter(args: &Describe) -> Filter {
    if args.under_replicated_partitions {
        Filter::UnderReplicated
    } else if args.unavailable_partitions {
        Filter::Unavailable
    } else if args.under_min_isr_partitions {
        Filter::UnderMinIsr
    } else if args.at_min_isr_partitions {
        Filter::AtMinIsr
    } else {
        Filter::None
    }
}

fn seen(args: &Describe, built: &Built) -> Result<Seen, Refusal> {
    let Some(word) = &args.view else {
        return Ok(Seen::ByController);
    };
    let ids: Vec<String> = built.config.broker_ids().map(|id| format!("broker:{id}")).collect();
    let id = word
        .strip_prefix("broker:")
        .and_then(|id| id.parse().ok())
        .map(BrokerId);
    let known = id.filter(|id| built.config.broker_ids().any(|other| other == *id));
    let refuse = || Refusal::usage(format!("--view expects one of {}, got `{word}`", ids.join(", ")));
    known.map(Seen::ByBroker).ok_or_else(refuse)
}

/// Cells of `now` that are different from those of `before`, in words: `t-0 Leader: 1 -> 3`.
fn changes(before: &str, now: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in now.lines() {
        let cells = cells(line);
        let key = key(&cells);
        match before.lines().map(self::cells).find(|other| self::key(other) == key) {
            None => found.push(format!("{key} is new")),
            Some(other) => found.extend(cells.iter().filter_map(|(name, value)| {
                let was = other
                    .iter()
                    .find(|(known, _)| known == name)
                    .map_or("(nothing)", |(_, value)| value);
                (was != *value).then(|| format!("{key} {name}: {was} -> {value}"))
            })),
        }
    }
    let gone = before
        .lines()
        .map(cells)
        .filter(|old| !now.lines().any(|line| key(&cells(line)) == key(old)));
    found.extend(gone.map(|old| format!("{} is gone", key(&old))));
    found
}

/// The cells of a line of a table, by name; of any other line its words.
fn cells(line: &str) -> Vec<(&str, &str)> {
    let cells = line.split('\t').filter(|cell| !cell.is_empty());
    cells
        .map(|cell| {
            cell.split_once(':')
                .map_or((cell, ""), |(name, value)| (name, value.trim()))
        })
        .collect()
}

/// What a line is about: `t`, `t-0`, or its first word.
fn key(cells: &[(&str, &str)]) -> String {
    let cell = |wanted: &str| cells.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    match (cell("Topic"), cell("Partition")) {
        (Some(topic), Some(partition)) => format!("{topic}-{partition}"),
        (Some(topic), None) => topic.to_owned(),
        (None, _) => cells
            .first()
            .map(|(name, _)| name.trim().to_owned())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_cells_are_named_by_topic_and_partition() {
        let before = "Topic: t\tPartitionCount: 1\n\tTopic: t\tPartition: 0\tLeader: 1\tIsr: 1,2\n";
        let now = "Topic: t\tPartitionCount: 1\n\tTopic: t\tPartition: 0\tLeader: 2\tIsr: 2\n";
        assert_eq!(changes(before, now), ["t-0 Leader: 1 -> 2", "t-0 Isr: 1,2 -> 2"]);
        assert_eq!(changes(now, now), [""; 0]);
    }
}
