//! Which sets of rules are explored: the scenario's own, or those of the tour.

use models::features::Truncation;
use scenarios::builtin;
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

/// The sets of rules that a call asks for.
pub fn of(call: &mut Call<'_>, args: &Explore) -> Result<Vec<RuleSet>, Refusal> {
    let given = args.scenario.as_deref().unwrap_or(TOUR);
    let own = call.settings.preset().is_none();
    if given == TOUR && own {
        let tour = builtin::tour();
        let of = tour.len() as u32;
        return tour
            .into_iter()
            .map(|stop| stop_of_the_tour(call, args, stop, of))
            .collect();
    }
    let mut scenario = input::scenario(given, &call.settings, changes(args), call.out)?;
    suits_a_search(&scenario, given)?;
    let (expected, why) = match given {
        TOUR => expected_on_tour(&mut scenario, args.expect),
        _ => (Expected::of(&scenario, args.expect), CLAIMED),
    };
    let file = match (given, own) {
        (TOUR, _) => scenario.preset.clone(),
        (_, true) => scenario.name.clone(),
        (_, false) => format!("{}-{}", scenario.name, scenario.preset),
    };
    Ok(vec![RuleSet {
        label: scenario.preset.clone(),
        file,
        scenario,
        expected,
        why,
        of: 1,
    }])
}

/// Why a violation of a user's scenario is expected.
pub const CLAIMED: &str = "claims it";

fn stop_of_the_tour(call: &mut Call<'_>, args: &Explore, stop: builtin::RuleSet, of: u32) -> Result<RuleSet, Refusal> {
    let scenario = input::changed(stop.scenario, TOUR, &call.settings, changes(args), call.out)?;
    let expected = Expected::of(&scenario, args.expect);
    let (label, file) = (stop.name.to_owned(), stop.name.to_owned());
    Ok(RuleSet {
        label,
        file,
        scenario,
        expected,
        why: stop.why,
        of,
    })
}

/// What the flags of this command change in a scenario.
fn changes(args: &Explore) -> impl FnOnce(&mut Scenario) -> Result<(), Refusal> + '_ {
    |scenario| {
        overrides::faults(scenario, &args.faults)?;
        overrides::properties(scenario, &args.property)
    }
}

/// What the tour's losses violate.
const LOSS: &str = "no-committed-loss";

/// Rules that cut logs back to the high watermark lose data, and no others do: the tour claims that of them.
pub fn expected_on_tour(scenario: &mut Scenario, flag: Option<Expect>) -> (Expected, &'static str) {
    let features = models::features::preset(&scenario.preset).map(|preset| preset.features);
    let loses = features.is_some_and(|features| features.truncation == Truncation::HighWatermark);
    scenario.expect = if loses {
        Expectation::Violates(LOSS.to_owned())
    } else {
        Expectation::Holds
    };
    (Expected::of(scenario, flag), "has the rules before KIP-101")
}

/// Refuses what a search would leave out in silence.
pub fn suits_a_search(scenario: &Scenario, given: &str) -> Result<(), Refusal> {
    let refuse = |message: &str, path: &str, help: &str| {
        let problem = Diagnostic::error(Kind::Scenario, message.to_owned()).about(path);
        Err(input::placed(problem.help(help.to_owned()), given))
    };
    if !scenario.script.is_empty() {
        let help = "sim run plays scripts; for a search give a budget in `faults` instead";
        return refuse(
            "this scenario has a script, but a search picks every event itself",
            "script",
            help,
        );
    }
    if scenario.start == Start::Cold {
        let help = "leave `start` out";
        return refuse(
            "a search begins with a settled cluster, not with a cold one",
            "start",
            help,
        );
    }
    if scenario.bounds.leader_epochs.is_some() {
        let help = "bound the faults instead: without faults there are no elections";
        return refuse(
            "a bound on leader epochs is not searched by yet",
            "bounds.leader_epochs",
            help,
        );
    }
    Ok(())
}
