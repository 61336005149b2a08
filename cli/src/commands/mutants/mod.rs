//! `sim mutants`: the scoreboard. Is each bug of the catalogue found, and is the same scenario clean with its safeguard on?

mod report;
mod samplers;

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

/// Who samples where nobody says otherwise: the one that finds the deep bugs of the catalogue with the fewest events.
const SAMPLER: SamplerKind = SamplerKind::Pct;

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

/// A sampler with its name and meaning.
type KnownSampler = (&'static str, SamplerKind, &'static str);

/// Tries the entries that the call names.
pub fn run(call: &mut Call<'_>, args: &Mutants) -> Ended {
    call.settings.flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    if let Some(sampler) = &args.sampler {
        input::known("sampler", "samplers", sampler, scenarios::build::names().samplers)?;
    }
    let catalogue = catalogue(args.folder.as_deref())?;
    let bugs = wanted(&catalogue, &args.names, args.layer.as_deref())?;
    let named = SAMPLERS
        .iter()
        .find(|(name, ..)| args.sampler.as_deref() == Some(*name));
    let effort = Effort {
        seeds: args.seeds,
        events: args.events,
        steps: usize::try_from(args.steps).unwrap_or(usize::MAX),
        sampler: named.map_or(SAMPLER, |(_, kind, _)| *kind),
        check_states: args.check_max_states,
        control_events: args.control_events,
        ..effort(call)
    };
    if !args.samplers.is_empty() {
        return samplers::run(call, &bugs, &compared(&args.samplers)?, &effort);
    }
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

/// The entries of these names and of this layer; all where nothing is said.
pub fn wanted<'c>(catalogue: &'c Catalogue, names: &[String], word: Option<&str>) -> Result<Vec<&'c Bug>, Refusal> {
    let known: Vec<&str> = catalogue.bugs.iter().map(|bug| bug.name.as_str()).collect();
    for name in names {
        input::known("bug", "bugs", name, &known)?;
    }
    let layer = word.map(layer).transpose()?;
    let named = |bug: &&Bug| names.is_empty() || names.contains(&bug.name);
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

/// The samplers that a comparison names; `all` is all.
fn compared(words: &[String]) -> Result<Vec<KnownSampler>, Refusal> {
    if words.iter().any(|word| word == "all") {
        return Ok(SAMPLERS.to_vec());
    }
    for word in words {
        input::known("sampler", "samplers", word, scenarios::build::names().samplers)?;
    }
    let named = |sampler: &&KnownSampler| words.iter().any(|word| word == sampler.0);
    Ok(SAMPLERS.iter().filter(named).copied().collect())
}

/// How much a trial takes where flags say nothing.
pub fn effort(call: &Call<'_>) -> Effort {
    Effort {
        seeds: 100,
        events: 200_000,
        steps: 1_000,
        sampler: SAMPLER,
        check_states: 3_000_000,
        check_memory: call.settings.memory(),
        control_events: 1_000_000,
        jobs: call.settings.jobs(),
    }
}
