//! What a scenario or the user claims, and what the exit code says of an outcome.

use scenarios::scenario::schema::{Expectation, Scenario};

use crate::args::Expect;
use crate::exit::Exit;

/// The verdict that is claimed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// No property is violated.
    Holds,
    /// This property is violated; any, if none is named.
    Violates(Option<String>),
    /// Whatever comes is as expected.
    Any,
}

/// How a search came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome<'p> {
    /// This property is violated.
    Violated(&'p str),
    /// Everything was seen, and nothing is violated.
    Exhausted,
    /// Nothing was found in what was tried, and that was all that was asked for.
    NoneFound,
    /// The search ended before it could say.
    Unfinished,
}

impl Expected {
    /// What the user claims, or else the scenario.
    pub fn of(scenario: &Scenario, flag: Option<Expect>) -> Expected {
        match (flag, &scenario.expect) {
            (Some(Expect::Holds), _) | (None, Expectation::Holds) => Expected::Holds,
            (Some(Expect::Any), _) | (None, Expectation::Any) => Expected::Any,
            (_, Expectation::Violates(property)) => Expected::Violates(Some(property.clone())),
            (Some(Expect::Violates), Expectation::Holds | Expectation::Any) => Expected::Violates(None),
        }
    }

    /// What the exit code says of an outcome.
    pub fn judge(&self, outcome: Outcome<'_>) -> Exit {
        match (self, outcome) {
            (_, Outcome::Unfinished) => Exit::Unsettled,
            (Expected::Any, _) => Exit::Expected,
            (Expected::Holds, Outcome::Violated(_)) => Exit::Unexpected,
            (Expected::Holds, Outcome::Exhausted | Outcome::NoneFound) => Exit::Expected,
            (Expected::Violates(None), Outcome::Violated(_)) => Exit::Expected,
            (Expected::Violates(Some(claimed)), Outcome::Violated(found)) if claimed == found => Exit::Expected,
            (Expected::Violates(_), Outcome::Violated(_)) => Exit::Unexpected,
            (Expected::Violates(_), Outcome::Exhausted) => Exit::Unexpected,
            (Expected::Violates(_), Outcome::NoneFound) => Exit::Unsettled,
        }
    }
}

/// The code of several outcomes: what is unexpected counts more than what is not settled.
pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::Expected => 0,
        Exit::Unsettled => 1,
        Exit::Unexpected => 2,
        Exit::Usage | Exit::Unusable | Exit::Misfit | Exit::Defect | Exit::Interrupted => 3,
    };
    exits.into_iter().max_by_key(rank).unwrap_or(Exit::Expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_violation_is_a_pass_and_an_unexpected_one_is_not() {
        let loss = || Expected::Violates(Some("no-committed-loss".to_owned()));
        for (expected, outcome, exit) in [
            (Expected::Holds, Outcome::NoneFound, Exit::Expected),
            (
                Expected::Holds,
                Outcome::Violated("no-committed-loss"),
                Exit::Unexpected,
            ),
            (Expected::Holds, Outcome::Unfinished, Exit::Unsettled),
            (loss(), Outcome::Violated("no-committed-loss"), Exit::Expected),
            (loss(), Outcome::Violated("leader-in-isr"), Exit::Unexpected),
            (loss(), Outcome::NoneFound, Exit::Unsettled),
            (loss(), Outcome::Exhausted, Exit::Unexpected),
            (
                Expected::Violates(None),
                Outcome::Violated("leader-in-isr"),
                Exit::Expected,
            ),
            (Expected::Any, Outcome::Violated("leader-in-isr"), Exit::Expected),
        ] {
            assert_eq!(expected.judge(outcome), exit, "{expected:?} {outcome:?}");
        }
    }

    #[test]
    fn one_surprise_among_several_outcomes_decides() {
        assert_eq!(
            worst([Exit::Expected, Exit::Unexpected, Exit::Unsettled]),
            Exit::Unexpected
        );
        assert_eq!(worst([Exit::Expected, Exit::Unsettled]), Exit::Unsettled);
        assert_eq!(worst([]), Exit::Expected);
    }
}
