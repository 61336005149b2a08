//! `sim mutants --samplers`: how many events each sampler needs for each bug. No search, no control run.

use scenarios::bugs::Bug;
use scenarios::bugs::trial::{Effort, Explored, Unfinished, explored};
use serde::Serialize;

use super::{Call, KnownSampler, report};
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, grouped};
use crate::progress::Progress;
use crate::{crash, interrupt};

/// What each sampler came to, bug by bug.
pub fn run(call: &mut Call<'_>, bugs: &[&Bug], samplers: &[KnownSampler], effort: &Effort) -> Ended {
    let mut progress = Progress::new(call.settings.talk);
    let mut rows: Vec<(&Bug, Vec<Explored>)> = Vec::new();
    for bug in bugs {
        crash::working_on(format!("the bug {}", bug.name));
        let mut cells = Vec::new();
        for (name, kind, _) in samplers {
            let effort = Effort {
                sampler: *kind,
                ..*effort
            };
            let mut told = |_: &'static str, events: u64| {
                progress.tick(|_| format!("{} with {name}: {} events", bug.name, grouped(events)));
                interrupt::flow()
            };
            match explored(bug, *kind, &effort, &mut told) {
                Ok(explored) => cells.push(explored),
                Err(Unfinished::Interrupted) => return Ok(Exit::Interrupted),
                Err(Unfinished::Refused(problem)) => return Err((*problem).into()),
                Err(Unfinished::Trouble(trouble)) => return Err(Refusal::io(trouble.to_string())),
            }
        }
        rows.push((bug, cells));
    }
    drop(progress);
    match call.out.format {
        Format::Human => human(call, &rows, samplers, effort),
        Format::Json | Format::Jsonl => json(call, &rows),
    }
    Ok(Exit::Expected)
}

fn human(call: &mut Call<'_>, rows: &[(&Bug, Vec<Explored>)], samplers: &[KnownSampler], effort: &Effort) {
    let mut table = vec![vec!["entry".to_owned(), "bug".to_owned()]];
    table[0].extend(samplers.iter().map(|(name, ..)| (*name).to_owned()));
    table.extend(rows.iter().map(|(bug, cells)| {
        let cells = cells
            .iter()
            .map(|cell| format!("{}/{} {}", cell.found, cell.seeds, report::events(cell)));
        [bug.card.entry.to_string(), bug.name.clone()]
            .into_iter()
            .chain(cells)
            .collect()
    }));
    call.out.columns(&table);
    call.out.line(format_args!(
        "\nSeries that found it, and the median of their events; a series is given up after {} events, and counts.",
        grouped(effort.events)
    ));
}

#[derive(Serialize)]
struct Json<'r> {
    schema: &'static str,
    bugs: Vec<JsonBug<'r>>,
    exit: u8,
}

#[derive(Serialize)]
struct JsonBug<'r> {
    id: &'r str,
    entry: u32,
    samplers: Vec<JsonSampler>,
}

#[derive(Serialize)]
struct JsonSampler {
    sampler: &'static str,
    found: u64,
    seeds: u64,
    median_events: Option<u64>,
    events_max: u64,
}

fn json(call: &mut Call<'_>, rows: &[(&Bug, Vec<Explored>)]) {
    let bugs = rows.iter().map(|(bug, cells)| JsonBug {
        id: &bug.name,
        entry: bug.card.entry,
        samplers: cells
            .iter()
            .map(|cell| JsonSampler {
                sampler: cell.sampler,
                found: cell.found,
                seeds: cell.seeds,
                median_events: cell.median_events,
                events_max: cell.events,
            })
            .collect(),
    });
    call.out.json(&Json {
        schema: "sim.samplers/1",
        bugs: bugs.collect(),
        exit: 0,
    });
}
