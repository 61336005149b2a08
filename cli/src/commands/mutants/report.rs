//! What `sim mutants` prints: a row for each bug, risks apart, who survived, and the commands that come next.

use models::faults::Fault;
use scenarios::bugs::FOLDER;
use scenarios::bugs::card::Kind;
use scenarios::bugs::trial::{Checked, Controlled, Effort, Explored};
use serde::Serialize;

use super::{Call, Row};
use crate::exit::Exit;
use crate::output::{Format, Tone, grouped};

/// Prints the whole answer.
pub fn print(call: &mut Call<'_>, rows: &[Row<'_>], effort: &Effort, exit: Exit) {
    if call.out.format != Format::Human {
        return json(call, rows, exit);
    }
    let (counted, accepted): (Vec<&Row<'_>>, Vec<&Row<'_>>) = rows.iter().partition(|row| row.counts());
    table(call, &counted);
    if !accepted.is_empty() {
        call.out.line("\nRisks that Kafka takes; finding them is no reproach:");
        table(call, &accepted);
        for row in &accepted {
            if let Kind::Accepted(why) = &row.bug.card.kind {
                call.out.line(format_args!("  {}: {why}", row.bug.name));
            }
        }
    }
    call.out.line("");
    call.out.line(format_args!(
        "Sampled: runs of at most {} steps; a series is given up after {} events, unless the card says otherwise.",
        grouped(effort.steps as u64),
        grouped(effort.events)
    ));
    call.out.line(format_args!(
        "Searched: every interleaving of a part of the faults, up to {} states. Control: {} events with all faults.",
        grouped(effort.check_states),
        grouped(effort.control_events)
    ));
    conclusion(call, &counted);
    for row in rows {
        if let Some(control) = row.tried.control.as_ref().filter(|control| !control.is_clean()) {
            unclean(call, row, control);
        }
    }
    next(call, rows);
}

fn table(call: &mut Call<'_>, rows: &[&Row<'_>]) {
    let head = [
        "entry",
        "bug",
        "property",
        "explore: series",
        "median events",
        "check: steps",
        "states",
        "control",
    ];
    let mut table: Vec<Vec<String>> = vec![head.iter().map(|&word| word.to_owned()).collect()];
    table.extend(rows.iter().map(|row| {
        let (card, tried) = (&row.bug.card, &row.tried);
        vec![
            card.entry.to_string(),
            row.bug.name.clone(),
            card.property.clone(),
            format!("{} of {}", tried.explore.found, tried.explore.seeds),
            events(&tried.explore),
            steps(&tried.check),
            grouped(tried.check.distinct_states),
            tried.control.as_ref().map_or_else(|| "-".to_owned(), control),
        ]
    }));
    call.out.columns(&table);
}

fn events(explored: &Explored) -> String {
    match explored.median_events {
        Some(events) => grouped(events),
        None => format!("> {}", grouped(explored.events)),
    }
}

fn steps(checked: &Checked) -> String {
    match (checked.shortest_steps, checked.exhausted) {
        (Some(steps), _) => steps.to_string(),
        (None, true) => "none".to_owned(),
        (None, false) => format!("> {}", checked.complete_to.unwrap_or(0)),
    }
}

fn control(control: &Controlled) -> String {
    let verdict = if control.is_clean() { "clean" } else { "NOT CLEAN" };
    let faults: Vec<String> = control
        .search
        .faults
        .iter()
        .map(|(fault, number)| format!("{fault}={number}"))
        .collect();
    let faults = if faults.is_empty() {
        "no faults".to_owned()
    } else {
        faults.join(" ")
    };
    let depth = match (control.search.exhausted, control.search.complete_to) {
        (true, _) => "all states".to_owned(),
        (false, depth) => format!("to step {}", depth.unwrap_or(0)),
    };
    format!("{verdict} ({faults}, {depth})")
}

fn conclusion(call: &mut Call<'_>, counted: &[&Row<'_>]) {
    let survivors: Vec<&&Row<'_>> = counted.iter().filter(|row| row.is_survivor()).collect();
    let caught = format!("caught {} of {}", counted.len() - survivors.len(), counted.len());
    let tone = if survivors.is_empty() { Tone::Good } else { Tone::Bad };
    let names: Vec<String> = survivors
        .iter()
        .map(|row| format!("{} {}", row.bug.card.entry, row.bug.name))
        .collect();
    let painted = call.out.paint(tone, &caught);
    match names.len() {
        0 => call.out.line(painted),
        1 => call
            .out
            .line(format_args!("{painted}; survivor: {} (found by neither)", names[0])),
        _ => call.out.line(format_args!(
            "{painted}; survivors: {} (found by neither)",
            names.join(", ")
        )),
    }
}

/// What a control run violates, and how to see it again.
fn unclean(call: &mut Call<'_>, row: &Row<'_>, control: &Controlled) {
    let name = &row.bug.name;
    let safe: Vec<String> = row
        .bug
        .card
        .safeguard
        .iter()
        .map(|(key, value)| format!(" --set {key}={value}"))
        .collect();
    let safe = safe.concat();
    if let Some((property, seed)) = control.violated {
        call.out.line(format_args!(
            "{name} with its safeguard on violates {property} (seed {seed})."
        ));
        call.out.line(format_args!(
            "  see it      sim explore {name}{safe} --seed {seed} --runs 1 --expect violates"
        ));
    } else {
        let faults: Vec<String> = control
            .search
            .faults
            .iter()
            .filter(|(fault, _)| *fault != Fault::Admin)
            .map(|(fault, number)| format!("{fault}={number}"))
            .collect();
        let steps = control.search.shortest_steps.unwrap_or(0);
        call.out.line(format_args!(
            "{name} with its safeguard on violates a property in {steps} steps."
        ));
        call.out.line(format_args!(
            "  see it      sim check {name}{safe} --faults {} --expect violates",
            faults.join(",")
        ));
    }
}

/// The commands that come next: what is told of a bug that was found, and of one that was not.
fn next(call: &mut Call<'_>, rows: &[Row<'_>]) {
    let found = rows.iter().find_map(|row| Some((row, row.tried.explore.first_seed?)));
    call.out.line("");
    if let Some((row, seed)) = found {
        let (name, property) = (&row.bug.name, &row.bug.card.property);
        call.out.line(format_args!(
            "  see it      sim explore {name} --property {property} --seed {seed} --runs 1 --expect violates"
        ));
    }
    for row in rows.iter().filter(|row| row.is_survivor()) {
        call.out
            .line(format_args!("  its story   {FOLDER}/{}/story.md", row.bug.name));
    }
}

#[derive(Serialize)]
struct Json<'r> {
    schema: &'static str,
    mutants: Vec<JsonRow<'r>>,
    accepted: Vec<JsonRow<'r>>,
    caught: usize,
    total: usize,
    exit: u8,
}

#[derive(Serialize)]
struct JsonRow<'r> {
    id: &'r str,
    entry: u32,
    title: &'r str,
    property: &'r str,
    explore: JsonExplore,
    check: JsonCheck,
    control: Option<JsonControl>,
    layer: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'r str>,
    tickets: &'r [String],
    affected: &'r str,
    beyond: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct JsonExplore {
    found: u64,
    seeds: u64,
    median_events: Option<u64>,
    events_max: u64,
    sampler: &'static str,
}

#[derive(Serialize)]
struct JsonCheck {
    found: bool,
    shortest_steps: Option<usize>,
    distinct_states: u64,
    exhausted: bool,
    complete_to: Option<usize>,
    faults: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct JsonControl {
    clean: bool,
    bounds: JsonBounds,
    #[serde(skip_serializing_if = "Option::is_none")]
    violated: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonBounds {
    events: u64,
    faults: serde_json::Map<String, serde_json::Value>,
    distinct_states: u64,
    exhausted: bool,
    complete_to: Option<usize>,
}

fn json(call: &mut Call<'_>, rows: &[Row<'_>], exit: Exit) {
    let (counted, accepted): (Vec<&Row<'_>>, Vec<&Row<'_>>) = rows.iter().partition(|row| row.counts());
    let caught = counted.iter().filter(|row| row.tried.is_caught()).count();
    call.out.json(&Json {
        schema: "sim.mutants/1",
        caught,
        total: counted.len(),
        mutants: counted.into_iter().map(json_row).collect(),
        accepted: accepted.into_iter().map(json_row).collect(),
        exit: exit.code(),
    });
}

fn json_row<'r>(row: &'r Row<'_>) -> JsonRow<'r> {
    let (card, tried) = (&row.bug.card, &row.tried);
    let (explore, check) = (&tried.explore, &tried.check);
    JsonRow {
        id: &row.bug.name,
        entry: card.entry,
        title: &card.title,
        property: &card.property,
        explore: JsonExplore {
            found: explore.found,
            seeds: explore.seeds,
            median_events: explore.median_events,
            events_max: explore.events,
            sampler: explore.sampler,
        },
        check: JsonCheck {
            found: check.found,
            shortest_steps: check.shortest_steps,
            distinct_states: check.distinct_states,
            exhausted: check.exhausted,
            complete_to: check.complete_to,
            faults: numbers(&check.faults),
        },
        control: tried.control.as_ref().map(json_control),
        layer: card.layer.name(),
        kind: card.kind.name(),
        why: match &card.kind {
            Kind::Accepted(why) => Some(why),
            Kind::Entry | Kind::Mutation => None,
        },
        tickets: &card.tickets,
        affected: &card.affected,
        beyond: card
            .beyond
            .iter()
            .map(|(kind, number)| (kind.clone(), (*number).into()))
            .collect(),
    }
}

fn json_control(control: &Controlled) -> JsonControl {
    JsonControl {
        clean: control.is_clean(),
        bounds: JsonBounds {
            events: control.events,
            faults: numbers(&control.search.faults),
            distinct_states: control.search.distinct_states,
            exhausted: control.search.exhausted,
            complete_to: control.search.complete_to,
        },
        violated: control.violated.map(|(property, _)| property),
    }
}

fn numbers(faults: &[(Fault, u8)]) -> serde_json::Map<String, serde_json::Value> {
    faults
        .iter()
        .map(|(fault, number)| (fault.name().to_owned(), (*number).into()))
        .collect()
}
