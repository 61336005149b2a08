//! `sim compare`: one experiment under several rules, where they go apart, and what each comes to.

use models::config::Pace;
use scenarios::compare::{Account, Plane, Row, Side, Unserved, differences, follow, played};
use scenarios::player::{Options, Until};
use scenarios::scenario::schema::Scenario;
use scenarios::trace::TraceFile;
use serde::Serialize;
use sim_core::Span;

use super::{Call, describe, replay};
use crate::args::{Compare, ControlPlane};
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, counted};
use crate::{crash, input, overrides};

/// What is done under each set of rules.
enum Experiment {
    /// The decisions of a trace.
    Trace(Box<TraceFile>),
    /// The script of a scenario.
    Script(Box<Scenario>),
}

impl Experiment {
    fn scenario(&self) -> &Scenario {
        match self {
            Experiment::Trace(trace) => &trace.scenario,
            Experiment::Script(scenario) => scenario,
        }
    }
}

/// Compares.
pub fn run(call: &mut Call<'_>, args: &Compare) -> Ended {
    let experiment = if describe::is_trace(&args.input) {
        Experiment::Trace(Box::new(replay::load(&args.input)?.trace))
    } else {
        let scenario = input::scenario(&args.input, &call.settings, |_| Ok(()), call.out)?;
        Experiment::Script(Box::new(scenario))
    };
    if let (Experiment::Trace(_), false) = (&experiment, args.control.is_empty()) {
        return Err(Refusal::usage("the decisions of a trace belong to one control plane")
            .help("compare a scenario: its script is played"));
    }
    let mut sides = Vec::new();
    for (name, scenario) in variants(call, args, experiment.scenario())? {
        crash::working_on(format!("{} with {name}", scenario.name));
        let side = match &experiment {
            Experiment::Trace(trace) => follow(&name, &scenario, trace.pace(), &trace.decisions()),
            Experiment::Script(_) => {
                let until = Until::Quiet;
                played(&name, &scenario, &Options { seed: args.seed, until })
            }
        };
        sides.push(side.map_err(|problem| Refusal::from(*problem))?);
    }
    let differ = differences(&sides);
    match call.out.format {
        Format::Human => human(call, args, &experiment, &sides, &differ),
        Format::Json | Format::Jsonl => json(call, args, &experiment, &sides, &differ),
    }
    Ok(Exit::Expected)
}

/// The scenario under each set of rules, with the name of the rules.
fn variants(call: &mut Call<'_>, args: &Compare, scenario: &Scenario) -> Result<Vec<(String, Scenario)>, Refusal> {
    let mut variants = Vec::new();
    for preset in &args.presets {
        input::known("preset", "presets", preset, scenarios::build::names().presets)?;
        let change = |scenario: &mut Scenario| {
            preset.clone_into(&mut scenario.preset);
            Ok(())
        };
        let scenario = input::changed(scenario.clone(), &args.input, &call.settings, change, call.out)?;
        variants.push((preset.clone(), scenario));
    }
    if let Some(vary) = &args.vary {
        let Some((key, values)) = vary.split_once('=') else {
            return Err(Refusal::usage(format!("--vary expects KEY=VALUE,VALUE, got `{vary}`")));
        };
        for value in values.split(',') {
            let word = format!("{key}={value}");
            let change = |scenario: &mut Scenario| overrides::set(scenario, &word);
            let scenario = input::changed(scenario.clone(), &args.input, &call.settings, change, call.out)?;
            variants.push((word, scenario));
        }
    }
    for control in &args.control {
        let (name, plane) = match control {
            ControlPlane::Zk => ("zk", Plane::ZooKeeper),
            ControlPlane::Kraft => ("kraft", Plane::Kraft),
            ControlPlane::KraftQuorum => ("kraft-quorum", Plane::KraftQuorum),
            ControlPlane::KraftCombined => ("kraft-combined", Plane::KraftCombined),
        };
        let change = |scenario: &mut Scenario| {
            plane.apply(scenario);
            Ok(())
        };
        let scenario = input::changed(scenario.clone(), &args.input, &call.settings, change, call.out)?;
        variants.push((name.to_owned(), scenario));
    }
    if variants.len() < 2 {
        return Err(
            Refusal::usage("one set of rules is nothing to compare").help("name two or more, separated by commas")
        );
    }
    Ok(variants)
}

fn human(call: &mut Call<'_>, args: &Compare, experiment: &Experiment, sides: &[Side], differ: &[Vec<Option<&Row>>]) {
    let what = match experiment {
        Experiment::Trace(trace) => {
            let steps = counted(trace.steps.len() as u64, "step");
            format!("{steps} of a trace of {}", trace.scenario.name)
        }
        Experiment::Script(scenario) => format!("{}, seed {}", scenario.name, args.seed),
    };
    call.out
        .line(format_args!("{what}, under {} sets of rules", sides.len()));
    for cells in differ.iter().take(args.rows) {
        let step = cells.iter().flatten().map(|row| row.step).min().unwrap_or(0);
        call.out.line(format_args!("\nstep {step}"));
        for (side, cell) in sides.iter().zip(cells) {
            let text = cell.map_or("nothing more", |row| row.text.as_str());
            let mut lines = text.lines();
            let width = sides.iter().map(|side| side.name.len()).max().unwrap_or(0);
            let first = lines.next().unwrap_or_default();
            call.out.line(format_args!("  {:<width$}  {first}", side.name));
            for line in lines {
                call.out.line(format_args!("  {:<width$}  {line}", ""));
            }
        }
    }
    if differ.is_empty() {
        call.out.line("\nNothing goes apart.");
    } else if differ.len() > args.rows {
        let more = counted((differ.len() - args.rows) as u64, "more row");
        call.out.line(format_args!("\n{more} that differ: --rows shows them."));
    }
    if !args.control.is_empty() {
        accounts(call, sides);
    }
    call.out.line("");
    let rows: Vec<Vec<String>> = sides
        .iter()
        .map(|side| vec![side.name.clone(), verdict(side)])
        .collect();
    call.out.columns(&rows);
}

/// What each control plane took, and how long nobody led.
fn accounts(call: &mut Call<'_>, sides: &[Side]) {
    call.out.line("");
    let head = ["control", "steps", "messages", "time"].map(str::to_owned).to_vec();
    let taken = sides.iter().filter_map(|side| Some((side, side.account.as_ref()?)));
    let rows = taken.clone().map(|(side, account)| {
        let (steps, messages) = (account.steps.to_string(), account.messages.to_string());
        vec![side.name.clone(), steps, messages, seconds(account.time)]
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    call.out.columns(&rows);
    call.out.line("\nwithout a leader that works");
    let mut windows: Vec<Vec<String>> = Vec::new();
    for (side, account) in taken {
        for outage in &account.outages {
            let (lasts, to) = match outage.to {
                Some(to) => (seconds(Span::from_us(to.as_us() - outage.from.as_us())), seconds(to)),
                None => ("to the end".to_owned(), seconds(account.time)),
            };
            let when = format!("{} to {to}", seconds(outage.from));
            windows.push(vec![side.name.clone(), outage.partition.clone(), lasts, when]);
        }
        if account.outages.is_empty() {
            windows.push(vec![side.name.clone(), "never".to_owned()]);
        }
    }
    call.out.columns(&windows);
}

fn seconds(time: Span) -> String {
    let ms = time.as_us() / 1_000;
    format!("{}.{:03}s", ms / 1_000, ms % 1_000)
}

/// What a side comes to, in words.
fn verdict(side: &Side) -> String {
    let mut text = match &side.violation {
        Some((step, violation)) => format!(
            "step {step} violates {}: {}",
            violation.property, violation.failure.reason
        ),
        None if side.settled => "nothing is violated".to_owned(),
        None => "nothing is violated, but the cluster did not settle".to_owned(),
    };
    if !side.impossible.is_empty() {
        let steps: Vec<String> = side.impossible.iter().map(ToString::to_string).collect();
        text.push_str(&format!(" (not possible: {})", steps.join(", ")));
    }
    text
}

#[derive(Serialize)]
struct Json<'c> {
    schema: &'static str,
    input: &'c str,
    kind: &'static str,
    rules: Vec<&'c str>,
    first_difference: Option<usize>,
    differences: Vec<JsonRow<'c>>,
    verdicts: Vec<JsonVerdict<'c>>,
    exit: u8,
}

#[derive(Serialize)]
struct JsonRow<'c> {
    step: usize,
    cells: Vec<Option<&'c str>>,
}

#[derive(Serialize)]
struct JsonVerdict<'c> {
    rules: &'c str,
    verdict: &'static str,
    property: Option<&'static str>,
    step: Option<usize>,
    reason: Option<&'c str>,
    impossible: &'c [usize],
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<JsonAccount<'c>>,
}

/// With `--control`.
#[derive(Serialize)]
struct JsonAccount<'c> {
    steps: usize,
    messages: usize,
    time_us: u64,
    outages: Vec<JsonOutage<'c>>,
}

#[derive(Serialize)]
struct JsonOutage<'c> {
    partition: &'c str,
    from_us: u64,
    to_us: Option<u64>,
}

impl<'c> JsonAccount<'c> {
    fn of(account: &'c Account) -> Self {
        let outage = |outage: &'c Unserved| JsonOutage {
            partition: &outage.partition,
            from_us: outage.from.as_us(),
            to_us: outage.to.map(Span::as_us),
        };
        Self {
            steps: account.steps,
            messages: account.messages,
            time_us: account.time.as_us(),
            outages: account.outages.iter().map(outage).collect(),
        }
    }
}

fn json(call: &mut Call<'_>, args: &Compare, experiment: &Experiment, sides: &[Side], differ: &[Vec<Option<&Row>>]) {
    let rows = differ.iter().map(|cells| JsonRow {
        step: cells.iter().flatten().map(|row| row.step).min().unwrap_or(0),
        cells: cells.iter().map(|cell| cell.map(|row| row.text.as_str())).collect(),
    });
    let rows: Vec<JsonRow<'_>> = rows.collect();
    let verdicts = sides.iter().map(|side| JsonVerdict {
        rules: &side.name,
        verdict: if side.violation.is_some() {
            "violated"
        } else {
            "none-found"
        },
        property: side.violation.as_ref().map(|(_, violation)| violation.property),
        step: side.violation.as_ref().map(|(step, _)| *step),
        reason: side
            .violation
            .as_ref()
            .map(|(_, violation)| violation.failure.reason.as_str()),
        impossible: &side.impossible,
        account: side
            .account
            .as_ref()
            .filter(|_| !args.control.is_empty())
            .map(JsonAccount::of),
    });
    call.out.json(&Json {
        schema: "sim.compare/1",
        input: &args.input,
        kind: match experiment {
            Experiment::Trace(trace) if trace.pace() == Pace::Free => "trace",
            Experiment::Trace(_) => "trace with a clock",
            Experiment::Script(_) => "script",
        },
        rules: sides.iter().map(|side| side.name.as_str()).collect(),
        first_difference: rows.first().map(|row| row.step),
        differences: rows,
        verdicts: verdicts.collect(),
        exit: 0,
    });
}
