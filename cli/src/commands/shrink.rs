//! `sim shrink`: a trace made smaller without losing its violation, and what each pass achieved.

use checker::explore::Found;
use checker::shrink::{Minimal, Shrinker, Shrunk};
use checker::watch::Watch;
use scenarios::trace::{Replay, Run, TraceFile};
use serde::Serialize;

use super::Call;
use super::replay::{self, Fitting};
use crate::args::Shrink;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::{Format, counted, grouped};
use crate::traces;

/// Makes a trace smaller.
pub fn run(call: &mut Call<'_>, args: &Shrink) -> Ended {
    call.settings
        .flag("max-tries", args.max_tries.map(|tries| tries.to_string()));
    let fitting = replay::load(&args.trace)?;
    let found = found(&fitting)?;
    let world = fitting.built.initial();
    let watch = Watch::new(&world, &fitting.built.properties, &fitting.built.step_properties);
    let tries = call.settings.number("max-tries");
    let shrunk = Shrinker::new(&fitting.built.config, fitting.initial.clone(), &watch, tries).shrink(&found);
    let exit = if shrunk.minimal == Minimal::Proved {
        Exit::Expected
    } else {
        Exit::Unsettled
    };
    let path = keep(call, args, &fitting, &shrunk)?;
    match call.out.format {
        Format::Human => human(call, &fitting, &shrunk, &path),
        Format::Json | Format::Jsonl => json(call, &fitting, &shrunk, &path, exit),
    }
    Ok(exit)
}

/// The violation of a trace, as a replay meets it.
fn found(fitting: &Fitting) -> Result<Found, Refusal> {
    let replayed = Replay::new(&fitting.trace, &fitting.built).finish();
    let replayed = replayed.map_err(|divergence| Refusal::from(divergence.diagnostic()))?;
    let Some((step, violation)) = replayed.violation else {
        return Err(Refusal::usage(
            "this trace violates nothing: there is nothing to keep while it shrinks",
        ));
    };
    let mut decisions = fitting.trace.decisions();
    decisions.truncate(step);
    Ok(Found { violation, decisions })
}

fn keep(call: &mut Call<'_>, args: &Shrink, fitting: &Fitting, shrunk: &Shrunk) -> Result<String, Refusal> {
    let run = Run {
        scenario: &fitting.trace.scenario,
        pace: fitting.trace.pace(),
        seed: fitting.trace.header.seed,
        decisions: &shrunk.found.decisions,
        violation: Some(&shrunk.found.violation),
    };
    let mut trace = TraceFile::record(&run).map_err(|problem| Refusal::from(*problem))?;
    trace.header.parent = fitting.trace.header.parent.clone();
    trace.header.why = fitting.trace.header.why.clone();
    let smaller = trace.steps.len() < fitting.trace.steps.len();
    match &args.out {
        Some(path) => {
            traces::save_as(&trace, path)?;
            Ok(path.clone())
        }
        None if !smaller => Ok(args.trace.clone()),
        None => {
            let folder = match args.trace.rsplit_once(['/', '\\']) {
                Some((folder, _)) if !folder.is_empty() => folder.to_owned(),
                Some(_) | None => ".".to_owned(),
            };
            let name = if args.trace == "-" {
                "standard-input"
            } else {
                &fitting.name
            };
            traces::keep(&trace, &folder, &format!("{name}.min"), call.out)
        }
    }
}

fn human(call: &mut Call<'_>, fitting: &Fitting, shrunk: &Shrunk, path: &str) {
    let violation = &shrunk.found.violation;
    let (property, about) = (violation.property, &violation.failure.about);
    let steps = counted(fitting.trace.steps.len() as u64, "step");
    call.out.line(format_args!(
        "{}   violates {property} of {about}   {steps}",
        fitting.name
    ));
    call.out.line("");
    let width = shrunk.passes.iter().map(|pass| pass.what.len()).max().unwrap_or(0) + 3;
    call.out.line(format_args!(
        "  {:width$}{:>6}{:>8}",
        "pass: leave out", "before", "after"
    ));
    for pass in &shrunk.passes {
        let (before, after) = (grouped(pass.before as u64), grouped(pass.after as u64));
        call.out
            .line(format_args!("  {:width$}{before:>6}{after:>8}", pass.what));
    }
    call.out.line("");
    match shrunk.minimal {
        Minimal::Proved => call
            .out
            .line("Every remaining event is necessary: removing any one of them loses the violation."),
        Minimal::Unknown => call
            .out
            .line("The tries ran out: some remaining events may not be necessary."),
    }
    let left = counted(shrunk.found.decisions.len() as u64, "step");
    call.out.line(format_args!(
        "{left} left, {} replayed.",
        counted(shrunk.tries, "candidate")
    ));
    call.out.line(format_args!("\n  see it      sim replay {path} --diff"));
    call.out.line(format_args!("  why         sim explain {path}"));
}

#[derive(Serialize)]
struct Json<'s> {
    schema: &'static str,
    property: &'s str,
    about: &'s str,
    steps_before: usize,
    steps: usize,
    minimal: bool,
    passes: Vec<JsonPass>,
    tries: u64,
    trace: &'s str,
    exit: u8,
}

#[derive(Serialize)]
struct JsonPass {
    what: &'static str,
    before: usize,
    after: usize,
}

fn json(call: &mut Call<'_>, fitting: &Fitting, shrunk: &Shrunk, path: &str, exit: Exit) {
    let violation = &shrunk.found.violation;
    let pass = |pass: &checker::shrink::Pass| JsonPass {
        what: pass.what,
        before: pass.before,
        after: pass.after,
    };
    call.out.json(&Json {
        schema: "sim.shrink/1",
        property: violation.property,
        about: &violation.failure.about,
        steps_before: fitting.trace.steps.len(),
        steps: shrunk.found.decisions.len(),
        minimal: shrunk.minimal == Minimal::Proved,
        passes: shrunk.passes.iter().map(pass).collect(),
        tries: shrunk.tries,
        trace: path,
        exit: exit.code(),
    });
}
