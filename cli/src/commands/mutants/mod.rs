//! `sim mutants`: the scoreboard. Is each bug of the catalogue found, and is the same scenario clean with its safeguard on?

mod report;

use std::ops::ControlFlow;
use std::path::Path;

use checker::explore::{SAMPLERS, SamplerKind};
use scenarios::bugs::card::{Kind, Layer};
use scenarios::bugs::trial::{Effort, Tried, Unfinished, trial};
use scenarios::bugs::{Bug, Catalogue};

use super::Call;
use crate::args::Mutants;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::grouped;
use crate::progress::Progress;
use crate::{crash, input, interrupt};

/// One entry with what became of it.
struct Row<'c> {
    bug: &'c Bug,
    tried: Tried,
}

impl Row<'_> {
    /// Whether it counts: a risk that Kafka takes does not.
    fn counts(&self) -> bool {
        !matches!(self.bug.card.kind, Kind::Accepted(_))
    }

    fn is_survivor(&self) -> bool {
        self.counts() && !self.tried.is_caught()
    }
}

/// Tries the entries that the call names.
pub fn run(call: &mut Call<'_>, args: &Mutants) -> Ended {
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    if let Some(sampler) = &args.sampler {
        input::known("sampler", "samplers", sampler, scenarios::build::names().samplers)?;
        call.settings.flag("sampler", Some(sampler.clone()));
    }
    let catalogue = catalogue(args.folder.as_deref())?;
    let bugs = wanted(&catalogue, args)?;
    let effort = effort(call, args);
    let mut progress = Progress::new(call.settings.talk);
    let mut rows = Vec::new();
    for (at, bug) in bugs.iter().enumerate() {
        crash::working_on(format!("the bug {}", bug.name));
        let mut told = |what: &'static str, so_far: u64| {
            progress.tick(|_| {
                format!(
                    "{} of {}: {}, {what}: {}",
                    at + 1,
                    bugs.len(),
                    bug.name,
                    grouped(so_far)
                )
            });
            interrupt::flow()
        };
        match trial(bug, &effort, &mut told) {
            Ok(tried) => rows.push(Row { bug, tried }),
            Err(Unfinished::Interrupted) => break,
            Err(Unfinished::Refused(problem)) => return Err((*problem).into()),
            Err(Unfinished::Trouble(trouble)) => return Err(Refusal::io(trouble.to_string())),
        }
        if interrupt::flow() != ControlFlow::Continue(()) {
            break;
        }
    }
    drop(progress);
    let surprise = rows.iter().any(|row| row.is_survivor() || !row.tried.is_clean());
    let exit = match (rows.len() < bugs.len(), surprise) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Unexpected,
        (false, false) => Exit::Expected,
    };
    report::print(call, &rows, &effort, exit);
    Ok(exit)
}

/// The catalogue in a folder, or the one that comes with sim.
pub fn catalogue(folder: Option<&str>) -> Result<Catalogue, Refusal> {
    Ok(match folder {
        Some(folder) => Catalogue::read(Path::new(folder))?,
        None => Catalogue::embedded()?,
    })
}

/// The entries that the call names.
fn wanted<'c>(catalogue: &'c Catalogue, args: &Mutants) -> Result<Vec<&'c Bug>, Refusal> {
    let known: Vec<&str> = catalogue.bugs.iter().map(|bug| bug.name.as_str()).collect();
    for name in &args.names {
        input::known("bug", "bugs", name, &known)?;
    }
    let layer = args.layer.as_deref().map(layer).transpose()?;
    let named = |bug: &&Bug| args.names.is_empty() || args.names.contains(&bug.name);
    let of_layer = |bug: &&Bug| layer.is_none_or(|layer| bug.card.layer == layer);
    let bugs: Vec<&Bug> = catalogue.bugs.iter().filter(named).filter(of_layer).collect();
    if bugs.is_empty() {
        return Err(Refusal::usage("no bug of the catalogue is meant").help("write `sim list bugs` for all of them"));
    }
    Ok(bugs)
}

fn layer(word: &str) -> Result<Layer, Refusal> {
    let found = Layer::ALL
        .into_iter()
        .find(|layer| layer.name().eq_ignore_ascii_case(word));
    found.ok_or_else(|| {
        let names: Vec<&str> = Layer::ALL.iter().map(|layer| layer.name()).collect();
        Refusal::usage(format!("there is no layer `{word}`")).help(format!("layers: {}", names.join(", ")))
    })
}

fn effort(call: &Call<'_>, args: &Mutants) -> Effort {
    let sampler = SAMPLERS.iter().find(|(name, ..)| *name == call.settings.sampler());
    Effort {
        seeds: args.seeds,
        events: args.events,
        steps: usize::try_from(args.steps).unwrap_or(usize::MAX),
        sampler: sampler.map_or(SamplerKind::Swarm, |(_, kind, _)| *kind),
        check_states: args.check_max_states,
        check_memory: call.settings.memory(),
        control_events: args.control_events,
        jobs: call.settings.jobs(),
    }
}
