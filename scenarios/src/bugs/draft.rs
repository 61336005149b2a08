//! Owns the files of a new entry, made from a trace: its scenario within the budget of a layer, the trace made small, the
//! beginning of a card, the skeleton of a story. What nobody can know from the trace is left for its author to fill in.

use std::collections::BTreeMap;

use checker::causality::{Causality, Finding, explain};
use checker::explore::Found;
use checker::narrate::Tale;
use checker::shrink::Shrinker;
use checker::watch::{Violation, Watch};
use models::config::Pace;
use models::faults::Fault;
use models::features::{NEWEST, preset};
use models::settle::settled;
use models::{Kafka, World};
use sim_core::Scratch;
use sim_core::trace::{Decision, perform};

use super::card::{Budgets, Layer};
use super::judge::with_beyond;
use crate::build::{Built, Refusal, build};
use crate::scenario::diagnostic::{Diagnostic, Kind};
use crate::scenario::load::to_ron;
use crate::scenario::names::switch_value;
use crate::scenario::schema::{Expectation, Scenario};
use crate::trace::{Run, TraceFile, what_is_spent};

/// The files of a new entry.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The text of `bug.ron`.
    pub card: String,
    /// The text of `scenario.ron`.
    pub scenario: String,
    /// The text of `story.md`.
    pub story: String,
    /// The trace, as small as it gets.
    pub regression: TraceFile,
}

/// Makes the files of an entry from a trace that shows it.
///
/// # Errors
/// When the trace violates nothing, was played by a script, or does not come to its violation within the budget.
pub fn draft(name: &str, trace: &TraceFile, budgets: &Budgets, tries_max: u64) -> Result<Draft, Refusal> {
    let Some(violated) = &trace.header.violated else {
        return Err(refuse(
            "this trace violates nothing: it shows no bug",
            "find a trace with sim explore",
        ));
    };
    if trace.pace() == Pace::Clock || !trace.scenario.script.is_empty() {
        let help = "find the bug with sim explore, in a scenario without a script";
        return Err(refuse(
            "this trace was played with a clock or a script, and a bug has to be found",
            help,
        ));
    }
    let spent = what_is_spent(trace)?;
    let layer = layer(&spent);
    let Some(budget) = budgets.get(&layer) else {
        return Err(refuse(
            &format!("there is no budget for {layer}"),
            "add one to budgets.ron",
        ));
    };
    let own = trace
        .scenario
        .faults
        .admin
        .iter()
        .filter(|command| !budget.admin.contains(command));
    let own: Vec<_> = own.cloned().collect();
    let mut beyond = beyond(&spent, |fault| budget.number(fault));
    if !own.is_empty() {
        beyond.insert(
            Fault::Admin.name().to_owned(),
            u8::try_from(own.len()).unwrap_or(u8::MAX),
        );
    }
    let mut faults = with_beyond(budget, &beyond)?;
    faults.admin.extend(own);
    let scenario = Scenario {
        name: name.to_owned(),
        faults,
        expect: Expectation::Violates(violated.property.clone()),
        ..trace.scenario.clone()
    };
    let built = build(&scenario, Some(Pace::Free))?;
    let found = again(&built, &trace.decisions(), &violated.property)?;
    let (regression, story) = told(name, &scenario, &built, (trace.header.seed, &found), tries_max)?;
    Ok(Draft {
        card: card(name, layer, &scenario, &violated.property, &beyond),
        scenario: format!("// What goes wrong here, and why: see story.md.\n{}", to_ron(&scenario)),
        story,
        regression,
    })
}

fn refuse(sentence: &str, help: &str) -> Refusal {
    Box::new(Diagnostic::error(Kind::Trace, sentence.to_owned()).help(help.to_owned()))
}

/// The layer that the faults of a trace speak for; its author may know better.
fn layer(spent: &[(Fault, u8)]) -> Layer {
    let disk = [
        Fault::Power,
        Fault::PowerAll,
        Fault::Wipe,
        Fault::SlowDisk,
        Fault::DirFail,
        Fault::FullDisk,
    ];
    if spent.iter().any(|(fault, _)| disk.contains(fault)) {
        Layer::Disk
    } else {
        Layer::Replication
    }
}

/// What a trace spends beyond a budget. Commands are listed, not counted.
fn beyond(spent: &[(Fault, u8)], budget: impl Fn(Fault) -> u8) -> BTreeMap<String, u8> {
    let more = spent.iter().filter(|(fault, _)| *fault != Fault::Admin);
    let more = more.map(|(fault, number)| (fault.name().to_owned(), number.saturating_sub(budget(*fault))));
    more.filter(|(_, number)| *number > 0).collect()
}

/// The violation, met again with the budget of the layer.
fn again(built: &Built, decisions: &[Decision<Kafka>], property: &str) -> Result<Found, Refusal> {
    let mut world = settled(&built.config);
    let watch = Watch::new(&world, &built.properties, &built.step_properties);
    let mut scratch = Scratch::watching(built.step_properties.clone());
    for (at, decision) in decisions.iter().enumerate() {
        if perform(&mut world, decision, &mut scratch).is_err() {
            break;
        }
        if let Some(violation) = watch
            .after(&world, &scratch)
            .filter(|violation| violation.property == property)
        {
            let decisions = decisions[..=at].to_vec();
            return Ok(Found { violation, decisions });
        }
    }
    let help = "search the scenario with that budget, and take a trace of it";
    Err(refuse(
        "with the budget of its layer the trace does not come to its violation",
        help,
    ))
}

/// The trace made small, and what it tells.
fn told(
    name: &str,
    scenario: &Scenario,
    built: &Built,
    (seed, found): (u64, &Found),
    tries_max: u64,
) -> Result<(TraceFile, String), Refusal> {
    let world: World<'_> = settled(&built.config);
    let watch = Watch::new(&world, &built.properties, &built.step_properties);
    let initial = world.into_values();
    let small = Shrinker::new(&built.config, initial.clone(), &watch, tries_max)
        .shrink(found)
        .found;
    let run = Run {
        scenario,
        pace: Pace::Free,
        seed,
        decisions: &small.decisions,
        violation: Some(&small.violation),
    };
    let mut trace = TraceFile::record(&run)?;
    trace.header.why = Some(format!("the bug {name}"));
    let tale = Tale::of(&built.config, &initial, &small.decisions);
    let tale = tale.map_err(|stuck| refuse(&stuck.to_string(), "this is a defect: please report it"))?;
    Ok((trace, story(name, &tale, &small.violation)))
}

/// The skeleton of a story: what the trace tells by itself.
fn story(name: &str, tale: &Tale<'_>, violation: &Violation) -> String {
    let finding = Finding {
        property: violation.property.to_owned(),
        about: violation.failure.about.clone(),
    };
    let told = explain(tale, &Causality::of(tale), &finding, tale.last()).text(tale);
    let told: Vec<&str> = told.lines().map(str::trim_end).collect();
    format!(
        "# {name}\n\nWhat the rule was, why it seemed right, and what it overlooked.\n\n## What happens\n\n```text\n{}\n```\n\n\
         ## What repaired it\n\nThe rule after the fix, and the release that brought it.\n",
        told.join("\n")
    )
}

/// The beginning of a card.
fn card(name: &str, layer: Layer, scenario: &Scenario, property: &str, beyond: &BTreeMap<String, u8>) -> String {
    let listed = |pairs: Vec<String>| format!("{{{}}}", pairs.join(", "));
    let beyond = listed(
        beyond
            .iter()
            .map(|(kind, number)| format!("{kind:?}: {number}"))
            .collect(),
    );
    let safe = safeguard(scenario)
        .into_iter()
        .map(|(key, value)| format!("{key:?}: {value:?}"));
    format!(
        "(\n    entry: 0, // its number in the catalogue of bugs\n    title: {title:?},\n    tickets: [],\n    \
         layer: {layer},\n    tier: B, // A, B or C\n    kind: Entry, // Entry, Mutation or Accepted(\"why\")\n    \
         property: {property:?},\n    safeguard: {safe},\n    affected: \"\", // releases that have it, and the fix\n    \
         beyond: {beyond},\n)\n",
        title = name.replace('-', " "),
        safe = listed(safe.collect()),
    )
}

/// The switches of a scenario as the newest release has them, where it has them otherwise.
fn safeguard(scenario: &Scenario) -> Vec<(String, String)> {
    let newest = preset(NEWEST)
        .expect("the newest preset is one of them")
        .features
        .words();
    let mut own = preset(&scenario.preset).map_or_else(|| newest.clone(), |preset| preset.features.words());
    let set: BTreeMap<&str, String> = scenario
        .switches
        .iter()
        .map(|(key, value)| (key.as_str(), switch_value(value)))
        .collect();
    own.retain(|(name, _)| !set.contains_key(name));
    let own = own.into_iter().map(|(name, value)| (name, value.to_owned())).chain(set);
    own.filter_map(|(name, value)| {
        let (_, safe) = newest.iter().find(|(known, _)| *known == name)?;
        (value != *safe).then(|| (name.to_owned(), (*safe).to_owned()))
    })
    .collect()
}
