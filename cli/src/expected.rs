//! What a scenario or the user claims, and what the exit code says of an outcome.

use scenarios::expect::{Meeting, Verdict, meets};
use scenarios::scenario::schema::{Expectation, Scenario};

use crate::args::Expect;
use crate::exit::Exit;

/// The verdict that is claimed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// What a scenario claims, or the user in its place.
    Claim(Expectation),
    /// Some property is violated, whichever.
    SomeViolation,
}

impl Expected {
    /// What the user claims, or else the scenario.
    pub fn of(scenario: &Scenario, flag: Option<Expect>) -> Expected {
        match (flag, &scenario.expect) {
            (Some(Expect::Holds), _) => Expected::Claim(Expectation::Holds),
            (Some(Expect::Any), _) => Expected::Claim(Expectation::Any),
            (Some(Expect::Violates), Expectation::Holds | Expectation::Any) => Expected::SomeViolation,
            (Some(Expect::Violates) | None, claim) => Expected::Claim(claim.clone()),
        }
    }

    /// The claim in words: `no violation`.
    pub fn claim(&self) -> String {
        match self {
            Expected::Claim(Expectation::Holds) => "no violation".to_owned(),
            Expected::Claim(Expectation::Violates(property)) => format!("a violation of {property}"),
            Expected::Claim(Expectation::Any) => "any outcome".to_owned(),
            Expected::SomeViolation => "a violation".to_owned(),
        }
    }

    /// What the exit code says of an outcome.
    pub fn judge(&self, verdict: Verdict<'_>) -> Exit {
        let meeting = match (self, verdict) {
            (Expected::Claim(claim), verdict) => meets(claim, verdict),
            // Whatever is violated is what was claimed.
            (Expected::SomeViolation, Verdict::Violated(found)) => {
                meets(&Expectation::Violates(found.to_owned()), verdict)
            }
            (Expected::SomeViolation, verdict) => meets(&Expectation::Violates(String::new()), verdict),
        };
        match meeting {
            Meeting::AsExpected => Exit::Expected,
            Meeting::Unexpected => Exit::Unexpected,
            Meeting::Open => Exit::Unsettled,
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
    fn a_flag_takes_the_place_of_the_scenarios_claim() {
        let scenario = |expect: Expectation| {
            let mut tour = scenarios::builtin::find("tour").unwrap().scenario();
            tour.expect = expect;
            tour
        };
        let loss = || Expectation::Violates("no-committed-loss".to_owned());
        let other = Verdict::Violated("leader-in-isr");
        for (claim, flag, verdict, exit) in [
            (Expectation::Holds, None, Verdict::NoneFound, Exit::Expected),
            (Expectation::Holds, None, other, Exit::Unexpected),
            (Expectation::Holds, None, Verdict::Inconclusive, Exit::Unsettled),
            (Expectation::Holds, Some(Expect::Violates), other, Exit::Expected),
            (
                Expectation::Holds,
                Some(Expect::Violates),
                Verdict::NoneFound,
                Exit::Unsettled,
            ),
            (
                Expectation::Holds,
                Some(Expect::Violates),
                Verdict::Holds,
                Exit::Unexpected,
            ),
            (loss(), None, Verdict::Violated("no-committed-loss"), Exit::Expected),
            (loss(), None, other, Exit::Unexpected),
            (loss(), Some(Expect::Violates), other, Exit::Unexpected),
            (
                loss(),
                Some(Expect::Holds),
                Verdict::Violated("no-committed-loss"),
                Exit::Unexpected,
            ),
            (loss(), Some(Expect::Any), other, Exit::Expected),
        ] {
            let expected = Expected::of(&scenario(claim), flag);
            assert_eq!(expected.judge(verdict), exit, "{expected:?} {verdict:?}");
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
