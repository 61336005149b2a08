//! Owns the judgement of a card that could be read: whether it fits its folder, its scenario, and the budget of its layer.

use std::collections::BTreeMap;

use checker::explore::SAMPLERS;
use models::faults::Fault;
use models::features::{Features, preset};

use super::Bug;
use super::card::{Budgets, Kind as BugKind};
use super::read::FileText;
use crate::build::{names, properties, step_properties};
use crate::builtin;
use crate::scenario::config_value::ConfigValue;
use crate::scenario::diagnostic::{Diagnostic, Kind, Severity};
use crate::scenario::load::check;
use crate::scenario::names::{Listing, did_you_mean, switch_value, unknown_name};
use crate::scenario::ron_options;
use crate::scenario::schema::{Faults, Scenario, Start};
use crate::scenario::settings::topic_setting;

/// Everything that is wrong with an entry, with its place in the one file or the other.
pub fn judge(bug: &Bug, budgets: &Budgets, card: &FileText, scenario: &FileText) -> Vec<Diagnostic> {
    let on_card = [
        property(bug).or_else(|| of_trace(bug)),
        safeguard(bug),
        sampler(bug),
        part(bug),
    ];
    let on_card = on_card.into_iter().flatten().map(|problem| card.placed(problem));
    let in_scenario = [name(bug), search(bug)];
    let in_scenario = in_scenario
        .into_iter()
        .flatten()
        .map(|problem| scenario.placed(problem));
    let budget = match budget(bug, budgets) {
        Err(Mismatch::OnCard(problem)) => Some(card.placed(*problem)),
        Err(Mismatch::InScenario(problem)) => Some(scenario.placed(*problem)),
        Ok(()) => None,
    };
    on_card.chain(in_scenario).chain(budget).collect()
}

fn wrong(path: impl Into<String>, sentence: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Kind::Scenario, sentence.into()).about(path.into())
}

/// Two entries that nobody can tell apart.
pub fn same_title(card: &FileText, bug: &Bug, other: &Bug) -> Diagnostic {
    let sentence = format!("{} and {} have the same title", other.name, bug.name);
    card.placed(wrong("title", sentence).help("say what is different about this one"))
}

/// The scenario is called as its folder is, and nothing else is.
fn name(bug: &Bug) -> Option<Diagnostic> {
    let Bug { name, scenario, .. } = bug;
    if scenario.name != *name {
        let problem = wrong(
            "name",
            format!(
                "this scenario lies in the folder {name}, but is called {}",
                scenario.name
            ),
        );
        return Some(problem.help(format!("call it {name:?}")));
    }
    let taken = builtin::ALL.iter().find(|other| other.name() == name)?;
    Some(wrong("name", format!("{} is called {name}, too", taken.file())).help("give the folder another name"))
}

/// A search must be able to play it: the scheduler picks every event.
fn search(bug: &Bug) -> Option<Diagnostic> {
    if !bug.scenario.script.is_empty() {
        let problem = wrong(
            "script",
            "a bug has to be found, but this scenario has a script that may walk to it",
        );
        return Some(problem.help("leave the script out; the budget of faults says what may happen"));
    }
    (bug.scenario.start == Start::Cold).then(|| {
        let problem = wrong("start", "a search begins with a settled cluster, not with a cold one");
        problem.help("leave `start` out")
    })
}

fn property(bug: &Bug) -> Option<Diagnostic> {
    let property = &bug.card.property;
    if let Some(unknown) = unknown_name("property", Listing::Command("properties"), property, names().properties) {
        return Some(wrong("property", unknown.message.to_string()).help(unknown.help));
    }
    let checked = properties(&bug.scenario).iter().any(|known| known.name == property)
        || step_properties(&bug.scenario)
            .iter()
            .any(|known| known.name == property)
        || crate::build::liveness(&bug.scenario)
            .iter()
            .any(|known| known.name == property);
    (!checked).then(|| {
        let problem = wrong("property", format!("the scenario does not check `{property}`"));
        problem.help("name it in the scenario's `properties`, too")
    })
}

fn sampler(bug: &Bug) -> Option<Diagnostic> {
    let named = bug.card.explore.sampler.as_ref()?;
    let samplers: Vec<&str> = SAMPLERS.iter().map(|(name, ..)| *name).collect();
    let unknown = unknown_name("sampler", Listing::Command("samplers"), named, &samplers)?;
    Some(wrong("explore.sampler", unknown.message.to_string()).help(unknown.help))
}

/// The exhaustive search gets a part of the budget, not more.
fn part(bug: &Bug) -> Option<Diagnostic> {
    bug.card.check.iter().find_map(|(word, number)| {
        let path = format!("check.{word}");
        let Some(fault) = fault(word) else {
            return Some(unknown_fault(path, word));
        };
        let all = bug.scenario.faults.number(fault);
        (*number > all).then(|| {
            let sentence = format!("the exhaustive search gets {number} of {fault}, but the scenario has {all}");
            wrong(path, sentence).help("it gets a part of the budget")
        })
    })
}

/// The trace is one of this scenario, and shows what the card says.
fn of_trace(bug: &Bug) -> Option<Diagnostic> {
    let trace = bug.regression.as_ref()?;
    let recorded = trace
        .header
        .violated
        .as_ref()
        .map(|violated| violated.property.as_str());
    let property = &bug.card.property;
    if recorded != Some(property) {
        let shown = recorded.unwrap_or("nothing");
        return Some(wrong(
            "property",
            format!("the regression trace violates {shown}, not {property}"),
        ));
    }
    let (then, now) = (&trace.scenario, &bug.scenario);
    let same = (&then.name, &then.preset, &then.switches) == (&now.name, &now.preset, &now.switches);
    (!same).then(|| {
        let sentence = "the regression trace was recorded with other rules than those of the scenario";
        let help = format!("record it anew: sim explore {}, and keep the trace", bug.name);
        wrong("entry", sentence).help(help)
    })
}

/// The kind of fault with this word; `power_all` is `power-all`.
pub fn fault(word: &str) -> Option<Fault> {
    let word = word.replace('_', "-");
    Fault::ALL.iter().copied().find(|fault| fault.name() == word)
}

fn unknown_fault(path: String, word: &str) -> Diagnostic {
    let known: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    let unknown = unknown_name("fault", Listing::Command("faults"), word, &known);
    let unknown = unknown.expect("a fault that was not found has no known name");
    wrong(path, unknown.message.to_string()).help(unknown.help)
}

/// In which file a scenario and its budget part ways.
enum Mismatch {
    OnCard(Box<Diagnostic>),
    InScenario(Box<Diagnostic>),
}

/// The faults of the scenario are those of its layer and what the card adds.
fn budget(bug: &Bug, budgets: &Budgets) -> Result<(), Mismatch> {
    let layer = bug.card.layer;
    let Some(published) = budgets.get(&layer) else {
        let problem = wrong("layer", format!("budgets.ron has no budget for {layer}"));
        let problem = problem.help("add one there: it is the same for all bugs of the layer");
        return Err(Mismatch::OnCard(Box::new(problem)));
    };
    let wanted = with_beyond(published, &bug.card.beyond).map_err(Mismatch::OnCard)?;
    let faults = &bug.scenario.faults;
    let commands = usize::from(bug.card.beyond.get(Fault::Admin.name()).copied().unwrap_or(0));
    let (shared, own) = faults.admin.split_at(published.admin.len().min(faults.admin.len()));
    let same_commands = shared == published.admin && own.len() == commands;
    let numbers = Fault::ALL.iter().filter(|fault| **fault != Fault::Admin);
    let mut differ = numbers.filter(|fault| faults.number(**fault) != wanted.number(**fault));
    let sentence = match (differ.next(), same_commands) {
        (None, true) => return Ok(()),
        (Some(fault), _) => format!(
            "the scenario has {} of {fault}, but the budget of {layer} and the card come to {}",
            faults.number(*fault),
            wanted.number(*fault)
        ),
        (None, false) if commands == 0 => format!("the operator commands are not those of {layer}"),
        (None, false) => format!("the operator commands are not those of {layer}, then {commands} more"),
    };
    let text = ron_options().to_string(&wanted);
    let text = text.expect("a budget holds numbers and commands only");
    let text = text.replace(',', ", ").replace(':', ": ");
    let problem = wrong("faults", sentence);
    let help = format!("write `faults: {text}`, or say on the card what it needs beyond the budget");
    Err(Mismatch::InScenario(Box::new(problem.help(help))))
}

/// A budget with what a card adds; commands are added by the scenario itself.
pub fn with_beyond(budget: &Faults, beyond: &BTreeMap<String, u8>) -> Result<Faults, Box<Diagnostic>> {
    let mut wanted = budget.clone();
    for (word, more) in beyond {
        let path = format!("beyond.{word}");
        let Some(fault) = fault(word) else {
            return Err(Box::new(unknown_fault(path, word)));
        };
        if *more == 0 {
            let problem = wrong(path, "nothing more is nothing beyond the budget");
            return Err(Box::new(problem.help("leave it out")));
        }
        if let Some(number) = wanted.number_mut(fault) {
            *number = number.saturating_add(*more);
        }
    }
    Ok(wanted)
}

/// The safeguard is a change that makes a scenario which can be played.
fn safeguard(bug: &Bug) -> Option<Diagnostic> {
    let guarded = &bug.card.safeguard;
    if guarded.is_empty() {
        if matches!(bug.card.kind, BugKind::Accepted(_)) {
            return None;
        }
        let problem = wrong("safeguard", "without a safeguard there is no control run");
        return Some(problem.help("write `safeguard: {\"switch\": \"on\"}`"));
    }
    if let Some(problem) = guarded
        .iter()
        .find_map(|(key, value)| no_change(&bug.scenario, key, value))
    {
        return Some(problem);
    }
    let problems = check(&control(bug), &names());
    let first = problems
        .into_iter()
        .find(|problem| problem.severity == Severity::Error)?;
    let mut problem = wrong(
        "safeguard",
        format!("the control run cannot be played: {}", first.message),
    );
    problem.help = first.help;
    Some(problem)
}

/// Why a safeguard changes nothing, if it does not.
fn no_change(scenario: &Scenario, key: &str, value: &ConfigValue) -> Option<Diagnostic> {
    let path = format!("safeguard[{key:?}]");
    let same = if is_switch(key) {
        switch_of(scenario, key).is_some_and(|now| now == switch_value(value))
    } else if topic_setting(key).is_some() {
        let now = |topic: &crate::scenario::schema::Topic| topic.config.get(key) == Some(value);
        scenario.topics.iter().all(now)
    } else {
        let known = Features::TABLE.iter().map(|(name, ..)| *name);
        let problem = wrong(path, format!("there is no switch and no topic setting `{key}`"));
        return Some(match did_you_mean(key, known) {
            Some(name) => problem.help(format!("did you mean `{name}`?")),
            None => problem.help("write `sim list switches` for all switches"),
        });
    };
    same.then(|| {
        let problem = wrong(
            path,
            format!("`{key}` is {value} in the scenario, too: the control run is the same run"),
        );
        problem.help("the scenario has the safeguard off, the card says its value in the control run")
    })
}

fn is_switch(key: &str) -> bool {
    Features::TABLE.iter().any(|(name, ..)| *name == key)
}

/// The value of a switch in a scenario.
fn switch_of(scenario: &Scenario, key: &str) -> Option<String> {
    if let Some(value) = scenario.switches.get(key) {
        return Some(switch_value(value));
    }
    let words = preset(&scenario.preset)?.features.words();
    let (_, word) = words.into_iter().find(|(name, _)| *name == key)?;
    Some(word.to_owned())
}

/// The scenario of the control run: the same with the safeguard on.
pub fn control(bug: &Bug) -> Scenario {
    let mut scenario = bug.scenario.clone();
    for (key, value) in &bug.card.safeguard {
        if is_switch(key) {
            scenario.switches.insert(key.clone(), value.clone());
            continue;
        }
        for topic in &mut scenario.topics {
            topic.config.insert(key.clone(), value.clone());
        }
    }
    scenario
}
