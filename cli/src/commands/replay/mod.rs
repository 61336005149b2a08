//! `sim replay`: a trace again, step by step, with what each step changed; and onward from any of them.

mod only;
mod onward;
mod report;

use checker::narrate::{Diff, Glyphs, Layout, Messages, Tale};
use checker::properties::LIVENESS;
use models::World;
use models::config::Pace;
use models::slots::Value;
use scenarios::build::Built;
use scenarios::scenario::diagnostic::{Diagnostic, Kind};
use scenarios::trace::{Replay as Replaying, Replayed, TraceFile, Violated};

use super::Call;
use super::history::History;
use crate::args::{OnOff, Onward, Replay};
use crate::exit::{Ended, Exit, Refusal};
use crate::{crash, place, traces};

pub use only::Only;

/// Reads what shown steps are about.
pub fn only(words: &[String]) -> Result<Only, Refusal> {
    Only::parse(words)
}

/// A trace that fits this build, with all that is told about it.
pub struct Fitting {
    /// The file.
    pub trace: TraceFile,
    /// What it is called.
    pub name: String,
    /// Its cluster.
    pub built: Built,
    /// The state before the first step.
    pub initial: Vec<Value>,
}

/// Replays a trace.
pub fn run(call: &mut Call<'_>, args: &Replay) -> Ended {
    let mut trace = traces::read(&args.trace)?;
    let only = Only::parse(&args.only)?;
    let (from, to) = range(&trace, args)?;
    if args.verify == OnOff::Off {
        trace.steps.iter_mut().for_each(|step| step.digest = None);
    }
    if args.onward.is_some() {
        cut(&mut trace, to);
    }
    let fitting = fit(trace, &args.trace)?;
    let tale = fitting.tale()?;
    let layout = Layout {
        diff: if args.diff { Diff::Shown } else { Diff::Hidden },
        messages: if args.messages {
            Messages::Shown
        } else {
            Messages::Hidden
        },
        glyphs: Glyphs::Ascii,
    };
    let shown = report::Shown {
        from,
        to,
        only: &only,
        layout,
        history: History::of(args.history),
    };
    match args.onward {
        None => report::print(call, &fitting, &tale, &shown),
        Some(Onward::Quiet) => return onward::quiet(call, &fitting, &tale, &shown),
        Some(Onward::Explore) => return onward::explore(call, &fitting, &tale, &shown),
    }
    Ok(Exit::Expected)
}

/// Whoever goes on from a step needs nothing that comes after it: a later step may no longer fit.
fn cut(trace: &mut TraceFile, to: usize) {
    trace.steps.truncate(to);
    trace.header.labels.retain(|_, step| *step <= to);
    trace.header.violated = trace.header.violated.take().filter(|violated| violated.step <= to);
}

fn range(trace: &TraceFile, args: &Replay) -> Result<(usize, usize), Refusal> {
    let place = |flag: &str, word: &Option<String>| word.as_ref().map(|word| place::of(trace, flag, word)).transpose();
    let at = place("--at", &args.at)?;
    let from = place("--from", &args.from)?.unwrap_or(1);
    let to = at.or(place("--to", &args.to)?).unwrap_or(trace.steps.len());
    if from > to && from > 1 {
        return Err(Refusal::usage(format!("--from {from} lies behind --to {to}")));
    }
    Ok((from, to))
}

/// Reads a trace and replays it once; a step that no longer fits is an error of kind replay.
pub fn load(given: &str) -> Result<Fitting, Refusal> {
    fit(traces::read(given)?, given)
}

fn fit(trace: TraceFile, given: &str) -> Result<Fitting, Refusal> {
    let name = traces::stem(given).to_owned();
    crash::working_on(format!(
        "{} of the trace {given}, rules {}",
        trace.scenario.name, trace.header.preset
    ));
    let built = trace.built().map_err(|problem| Refusal::from(*problem))?;
    let replayed = Replaying::new(&trace, &built).finish().map_err(|divergence| {
        let mut problem = divergence.diagnostic();
        let before = divergence.step - 1;
        if trace.pace() == Pace::Free {
            let command = format!("sim replay {given} --at {before} --continue explore");
            problem.details.push(format!("try       {command}"));
        }
        Refusal::from(problem)
    })?;
    if let Some(recorded) = &trace.header.violated
        && !replayed.confirms(recorded)
        && !confirmed_at_end(&built, recorded, &replayed)
    {
        return Err(not_confirmed(recorded, &replayed).into());
    }
    let initial = built.initial().into_values();
    Ok(Fitting {
        trace,
        name,
        built,
        initial,
    })
}

/// Whether a property of how a run ends is violated at the end, as recorded.
fn confirmed_at_end(built: &Built, recorded: &Violated, replayed: &Replayed) -> bool {
    let mut world = World::new(&built.config);
    world.set_values(replayed.values.clone());
    let ends = LIVENESS.iter().filter(|property| property.name == recorded.property);
    let mut failures = ends.filter_map(|property| (property.check)(&world).err());
    failures.any(|failure| failure.about == recorded.about)
}

fn not_confirmed(recorded: &Violated, replayed: &Replayed) -> Diagnostic {
    let Violated {
        property, about, step, ..
    } = recorded;
    let problem = format!("step {step} no longer violates {property} on this build");
    let now = match &replayed.violation {
        Some((step, violation)) => format!(
            "step {step} violates {} of {}",
            violation.property, violation.failure.about
        ),
        None => "nothing is violated".to_owned(),
    };
    Diagnostic::error(Kind::Replay, problem)
        .detail(format!("recorded  {property} of {about}"))
        .detail(format!("now       {now}"))
}

impl Fitting {
    /// The trace as a story.
    pub fn tale(&self) -> Result<Tale<'_>, Refusal> {
        let tale = Tale::of(&self.built.config, &self.initial, &self.trace.decisions());
        tale.map_err(|stuck| Diagnostic::error(Kind::Replay, stuck.to_string()).into())
    }
}
