//! What the command line changes in a scenario: `--preset`, `--set`, `--faults`, `--property`.

use models::faults::Fault;
use models::features::Features;
use scenarios::scenario::config_value::ConfigValue;
use scenarios::scenario::names::did_you_mean;
use scenarios::scenario::schema::{Bounds, Clock, Faults, Scenario, Start};
use scenarios::scenario::settings::{SETTINGS, Scope, node_setting, topic_setting};

use crate::exit::Refusal;

/// Fields that `--set` knows beside settings, switches and `faults.KIND`.
const FIELDS: [&str; 6] = [
    "preset",
    "clock",
    "start",
    "bounds.steps",
    "bounds.time",
    "bounds.leader_epochs",
];

/// Performs one `--set KEY=VALUE`.
pub fn set(scenario: &mut Scenario, word: &str) -> Result<(), Refusal> {
    let Some((key, value)) = word.split_once('=') else {
        return Err(Refusal::usage(format!("--set expects KEY=VALUE, got `{word}`")));
    };
    if let Some(kind) = key.strip_prefix("faults.") {
        return fault(&mut scenario.faults, kind, value, word);
    }
    if FIELDS.contains(&key) {
        return field(scenario, key, value);
    }
    let switch = key.replace('-', "_");
    if Features::TABLE.iter().any(|(name, ..)| *name == switch) {
        scenario.switches.insert(switch, config_value(value));
        return Ok(());
    }
    if topic_setting(key).is_some() {
        for topic in &mut scenario.topics {
            topic.config.insert(key.to_owned(), config_value(value));
        }
        return Ok(());
    }
    if node_setting(key).is_some() {
        scenario.settings.insert(key.to_owned(), config_value(value));
        return Ok(());
    }
    Err(unknown(key))
}

fn unknown(key: &str) -> Refusal {
    let settings = SETTINGS
        .iter()
        .filter(|setting| matches!(setting.scope, Scope::Topic | Scope::Node));
    let names = settings
        .map(|setting| setting.name)
        .chain(Features::TABLE.iter().map(|(name, ..)| *name))
        .chain(FIELDS);
    let refusal = Refusal::usage(format!("--set knows no field, setting or switch `{key}`"));
    match did_you_mean(key, names) {
        Some(name) => refusal.help(format!("did you mean `{name}`?")),
        None => refusal.help("write `sim list settings --preset NAME` or `sim list switches` for all of them"),
    }
}

fn field(scenario: &mut Scenario, key: &str, value: &str) -> Result<(), Refusal> {
    let refuse = |expected: &str| Refusal::usage(format!("--set {key} expects {expected}, got `{value}`"));
    let Bounds {
        steps,
        time,
        leader_epochs,
    } = &mut scenario.bounds;
    match key {
        "preset" => value.clone_into(&mut scenario.preset),
        "clock" => {
            scenario.clock =
                Some(one_of(value, [("on", Clock::On), ("off", Clock::Off)]).ok_or_else(|| refuse("on or off"))?)
        }
        "start" => {
            let known = [("settled", Start::Settled), ("cold", Start::Cold)];
            scenario.start = one_of(value, known).ok_or_else(|| refuse("settled or cold"))?;
        }
        "bounds.steps" => *steps = Some(value.parse().map_err(|_| refuse("a number"))?),
        "bounds.time" => *time = Some(value.parse().map_err(|_| refuse("a time such as 120s"))?),
        _ => *leader_epochs = Some(value.parse().map_err(|_| refuse("a number"))?),
    }
    Ok(())
}

fn one_of<T: Copy>(word: &str, known: [(&str, T); 2]) -> Option<T> {
    known
        .into_iter()
        .find(|(name, _)| *name == word)
        .map(|(_, value)| value)
}

fn config_value(text: &str) -> ConfigValue {
    match (text.parse(), text) {
        (Ok(number), _) => ConfigValue::Int(number),
        (_, "true") => ConfigValue::Bool(true),
        (_, "false") => ConfigValue::Bool(false),
        (_, text) => ConfigValue::Text(text.to_owned()),
    }
}

/// Replaces the whole budget by that of `--faults`: kinds that are not named do not happen.
pub fn faults(scenario: &mut Scenario, words: &[String]) -> Result<(), Refusal> {
    let mut budget = Faults::default();
    for word in words {
        let Some((kind, number)) = word.split_once('=') else {
            return Err(Refusal::usage(format!("--faults expects KIND=N, got `{word}`")));
        };
        fault(&mut budget, kind, number, word)?;
    }
    if !words.is_empty() {
        scenario.faults = budget;
    }
    Ok(())
}

fn fault(budget: &mut Faults, kind: &str, number: &str, word: &str) -> Result<(), Refusal> {
    let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    let kind = kind.replace('_', "-");
    crate::input::known("fault", "faults", &kind, &names)?;
    let known = Fault::ALL
        .iter()
        .find(|fault| fault.name() == kind)
        .expect("it was looked up by its name");
    let Some(left) = budget.number_mut(*known) else {
        let refusal = Refusal::usage("how many commands an operator gives is said by the scenario's list of them");
        return Err(refusal.help("write them into `faults: (admin: [...])` of a scenario file"));
    };
    *left = number
        .parse()
        .map_err(|_| Refusal::usage(format!("a budget is a number from 0 to 255, got `{word}`")))?;
    Ok(())
}

/// Looks at these properties only.
pub fn properties(scenario: &mut Scenario, names: &[String]) -> Result<(), Refusal> {
    for name in names {
        crate::input::known("property", "properties", name, scenarios::build::names().properties)?;
    }
    if !names.is_empty() {
        scenario.properties = names.to_vec();
    }
    Ok(())
}
