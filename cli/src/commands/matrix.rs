//! `sim matrix`: the scenarios of the catalogue under the presets: which release has which bug, beside what history says.

use models::features::PRESETS;
use scenarios::bugs::Bug;
use scenarios::bugs::trial::{Effort, Under, Unfinished, under};
use serde::Serialize;

use super::{Call, mutants};
use crate::args::Matrix;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, grouped};
use crate::progress::Progress;
use crate::{crash, interrupt};

/// One entry with what became of it under each preset.
struct Row<'c> {
    bug: &'c Bug,
    cells: Vec<Under>,
}

/// Tries the entries that the call names under every preset.
pub fn run(call: &mut Call<'_>, args: &Matrix) -> Ended {
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    let catalogue = mutants::catalogue(args.folder.as_deref())?;
    let bugs = mutants::wanted(&catalogue, &args.names, args.layer.as_deref())?;
    let effort = Effort {
        seeds: args.seeds,
        events: args.events,
        check_states: args.check_max_states,
        ..mutants::effort(call)
    };
    let mut progress = Progress::new(call.settings.talk);
    let mut rows = Vec::new();
    for bug in &bugs {
        match row(bug, &effort, &mut progress) {
            Ok(cells) => rows.push(Row { bug, cells }),
            Err(Unfinished::Interrupted) => break,
            Err(Unfinished::Refused(problem)) => return Err((*problem).into()),
            Err(Unfinished::Trouble(trouble)) => return Err(Refusal::io(trouble.to_string())),
        }
    }
    drop(progress);
    let exit = if rows.len() < bugs.len() {
        Exit::Interrupted
    } else {
        Exit::Expected
    };
    match call.out.format {
        Format::Human => human(call, &rows, &effort),
        Format::Json | Format::Jsonl => json(call, &rows, &effort, exit),
    }
    Ok(exit)
}

fn row(bug: &Bug, effort: &Effort, progress: &mut Progress) -> Result<Vec<Under>, Unfinished> {
    let mut cells = Vec::new();
    for preset in PRESETS {
        crash::working_on(format!("the bug {} under {}", bug.name, preset.name));
        let mut told = |what: &'static str, so_far: u64| {
            progress.tick(|_| format!("{} under {}, {what}: {}", bug.name, preset.name, grouped(so_far)));
            interrupt::flow()
        };
        cells.push(under(bug, preset.name, effort, &mut told)?);
    }
    Ok(cells)
}

fn human(call: &mut Call<'_>, rows: &[Row<'_>], effort: &Effort) {
    let mut table = vec![vec!["entry".to_owned(), "bug".to_owned()]];
    table[0].extend(PRESETS.iter().map(|preset| preset.name.to_owned()));
    table[0].push("history".to_owned());
    table.extend(rows.iter().map(|row| {
        let marks = row.cells.iter().map(|cell| mark(cell).to_owned());
        let named = [row.bug.card.entry.to_string(), row.bug.name.clone()];
        let history = [row.bug.card.affected.clone()];
        named.into_iter().chain(marks).chain(history).collect()
    }));
    call.out.columns(&table);
    call.out.line(format_args!(
        "\nx: found in {} series of at most {} events, or by a search of at most {} states. A dot proves nothing.",
        grouped(effort.seeds),
        grouped(effort.events),
        grouped(effort.check_states)
    ));
    call.out
        .line("x+: found with the safeguard of the bug on, too: these rules have another bug that violates the same property.");
}

/// What a cell shows.
fn mark(cell: &Under) -> &'static str {
    match (cell.is_found(), cell.despite_safeguard) {
        (false, _) => ".",
        (true, false) => "x",
        (true, true) => "x+",
    }
}

#[derive(Serialize)]
struct Json<'r> {
    schema: &'static str,
    presets: Vec<&'static str>,
    bugs: Vec<JsonRow<'r>>,
    bounds: JsonBounds,
    exit: u8,
}

#[derive(Serialize)]
struct JsonBounds {
    seeds: u64,
    events: u64,
    states: u64,
}

#[derive(Serialize)]
struct JsonRow<'r> {
    id: &'r str,
    entry: u32,
    title: &'r str,
    property: &'r str,
    affected: &'r str,
    cells: Vec<JsonCell>,
}

#[derive(Serialize)]
struct JsonCell {
    preset: &'static str,
    found: bool,
    despite_safeguard: bool,
    explore: u64,
    shortest_steps: Option<usize>,
}

fn json(call: &mut Call<'_>, rows: &[Row<'_>], effort: &Effort, exit: Exit) {
    let cell = |(preset, cell): (&models::features::Preset, &Under)| JsonCell {
        preset: preset.name,
        found: cell.is_found(),
        despite_safeguard: cell.despite_safeguard,
        explore: cell.explore.found,
        shortest_steps: cell.check.as_ref().and_then(|check| check.shortest_steps),
    };
    let bugs = rows.iter().map(|row| JsonRow {
        id: &row.bug.name,
        entry: row.bug.card.entry,
        title: &row.bug.card.title,
        property: &row.bug.card.property,
        affected: &row.bug.card.affected,
        cells: PRESETS.iter().zip(&row.cells).map(cell).collect(),
    });
    call.out.json(&Json {
        schema: "sim.matrix/1",
        presets: PRESETS.iter().map(|preset| preset.name).collect(),
        bugs: bugs.collect(),
        bounds: JsonBounds {
            seeds: effort.seeds,
            events: effort.events,
            states: effort.check_states,
        },
        exit: exit.code(),
    });
}
