//! Owns the comparison of what came out with what a scenario claims: an expected violation is a pass.

use crate::scenario::schema::Expectation;

/// What a play or a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'v> {
    /// Every behaviour within the bounds was looked at.
    Holds,
    /// Some were, and nothing was found.
    NoneFound,
    /// This property is violated.
    Violated(&'v str),
    /// A bound was reached before the question was answered.
    Inconclusive,
}

/// Whether it is what the scenario claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// It is.
    AsExpected,
    /// It is not.
    Unexpected,
    /// Nobody knows yet.
    Open,
}

impl Meeting {
    /// The exit code of the program.
    pub fn exit_code(self) -> u8 {
        match self {
            Meeting::AsExpected => 0,
            Meeting::Unexpected => 1,
            Meeting::Open => 3,
        }
    }
}

/// Compares.
pub fn meets(expect: &Expectation, verdict: Verdict<'_>) -> Meeting {
    match (expect, verdict) {
        (Expectation::Holds | Expectation::Any, Verdict::Holds | Verdict::NoneFound) => Meeting::AsExpected,
        (Expectation::Any, Verdict::Violated(_)) => Meeting::AsExpected,
        (Expectation::Holds, Verdict::Violated(_)) => Meeting::Unexpected,
        (Expectation::Violates(wanted), Verdict::Violated(found)) if wanted == found => Meeting::AsExpected,
        (Expectation::Violates(_), Verdict::Violated(_) | Verdict::Holds) => Meeting::Unexpected,
        (Expectation::Violates(_), Verdict::NoneFound) | (_, Verdict::Inconclusive) => Meeting::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expect: &Expectation, codes: [u8; 5]) {
        let verdicts = [
            Verdict::Holds,
            Verdict::NoneFound,
            Verdict::Violated("log-agreement"),
            Verdict::Violated("leader-in-isr"),
            Verdict::Inconclusive,
        ];
        assert_eq!(
            verdicts.map(|verdict| meets(expect, verdict).exit_code()),
            codes,
            "{expect:?}"
        );
    }

    #[test]
    fn a_found_expected_violation_is_a_pass_and_an_expected_one_ruled_out_is_not() {
        check(&Expectation::Holds, [0, 0, 1, 1, 3]);
        check(&Expectation::Violates("log-agreement".to_owned()), [1, 3, 0, 1, 3]);
        check(&Expectation::Any, [0, 0, 0, 0, 3]);
    }
}
