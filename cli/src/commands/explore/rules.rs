//! Which sets of rules are explored: the scenario's own, or those of the tour.

use models::features::Truncation;
use scenarios::scenario::diagnostic::{Diagnostic, Kind};
use scenarios::scenario::schema::{Expectation, Scenario, Start};

use super::Call;
use crate::args::{Expect, Explore};
use crate::exit::Refusal;
use crate::expected::Expected;
use crate::{input, overrides};

/// The scenario that is played where none is named.
pub const TOUR: &str = "tour";

/// One scenario under one set of rules.
pub struct RuleSet {
    /// What the table calls it.
    pub label: String,
    /// What its traces are called.
    pub file: String,
    /// The scenario, with all that flags changed.
    pub scenario: Scenario,
    /// What is claimed of it.
    pub expected: Expected,
    /// Why a loss is expected, behind the label.
    pub why: &'static str,
    /// How many sets there are.
    pub of: u32,
}

/// A stop of the tour: label, preset, what else is set, and why it loses data.
type Stop = (&'static str, &'static str, &'static [&'static str], &'static str);

/// The stops of the tour.
const STOPS: [Stop; 3] = [
    ("hw-truncation", "hw-truncation", &[], "has the rules before KIP-101"),
    ("kraft-4.3", "kraft-4.3", &[], ""),
    ("unclean-enabled", "kraft-4.3", &["unclean.leader.election.enable=true"], "allows it"),
];

/// The sets of rules that a call asks for.
pub fn of(call: &mut Call<'_>, args: &Explore) -> Result<Vec<RuleSet>, Refusal> {
    let given = args.scenario.as_deref().unwrap_or(TOUR);
    if given == TOUR && call.settings.preset().is_none() {
        return STOPS.iter().map(|stop| stop_of_the_tour(call, args, stop)).collect();
    }
    let scenario = read(call, args, given, &[])?;
    let (expected, why) = match given {
        TOUR => expected_on_tour(&scenario, args.expect),
        _ => (Expected::of(&scenario, args.expect), "claims it"),
    };
    let own = call.settings.preset().is_none();
    let file = match (given, own) {
        (TOUR, _) => scenario.preset.clone(),
        (_, true) => scenario.name.clone(),
        (_, false) => format!("{}-{}", scenario.name, scenario.preset),
    };
    let label = scenario.preset.clone();
    Ok(vec![RuleSet { label, file, scenario, expected, why, of: 1 }])
}

fn stop_of_the_tour(call: &mut Call<'_>, args: &Explore, stop: &Stop) -> Result<RuleSet, Refusal> {
    let (label, preset, set, why) = *stop;
    let mut scenario = read(call, args, TOUR, set)?;
    preset.clone_into(&mut scenario.preset);
    let loses = !why.is_empty();
    scenario.expect = if loses { Expectation::Violates(LOSS.to_owned()) } else { Expectation::Holds };
    let expected = Expected::of(&scenario, args.expect);
    let (label, file) = (label.to_owned(), label.to_owned());
    Ok(RuleSet { label, file, scenario, expected, why, of: STOPS.len() as u32 })
}

/// What the tour's losses violate.
const LOSS: &str = "no-committed-loss";

/// Rules that cut logs back to the high watermark lose data, and no others do.
pub fn expected_on_tour(scenario: &Scenario, flag: Option<Expect>) -> (Expected, &'static str) {
    let features = models::features::preset(&scenario.preset).map(|preset| preset.features);
    let loses = features.is_some_and(|features| features.truncation == Truncation::HighWatermark);
    let claim = if loses { Expectation::Violates(LOSS.to_owned()) } else { Expectation::Holds };
    let scenario = Scenario { expect: claim, ..scenario.clone() };
    (Expected::of(&scenario, flag), "has the rules before KIP-101")
}

fn read(call: &mut Call<'_>, args: &Explore, given: &str, set: &[&str]) -> Result<Scenario, Refusal> {
    let change = |scenario: &mut Scenario| {
        set.iter().try_for_each(|word| overrides::set(scenario, word))?;
        overrides::faults(scenario, &args.faults)?;
        overrides::properties(scenario, &args.property)
    };
    let scenario = input::scenario(given, &call.settings, change, call.out)?;
    suits_a_search(&scenario, given)?;
    Ok(scenario)
}

/// Refuses what a search would leave out in silence.
pub fn suits_a_search(scenario: &Scenario, given: &str) -> Result<(), Refusal> {
    let refuse = |message: &str, path: &str, help: &str| {
        let problem = Diagnostic::error(Kind::Scenario, message.to_owned()).in_file(given).about(path);
        Err(problem.help(help.to_owned()).into())
    };
    if !scenario.script.is_empty() {
        let help = "sim run plays scripts; for a search give a budget in `faults` instead";
        return refuse("this scenario has a script, but a search picks every event itself", "script", help);
    }
    if scenario.start == Start::Cold {
        let help = "leave `start` out";
        return refuse("a search begins with a settled cluster, not with a cold one", "start", help);
    }
    if scenario.bounds.leader_epochs.is_some() {
        let help = "bound the faults instead: without faults there are no elections";
        return refuse("a bound on leader epochs is not searched by yet", "bounds.leader_epochs", help);
    }
    Ok(())
}
