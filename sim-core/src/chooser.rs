//! Who answers a labelled choice: nobody (zeros), a record, a random stream, or the odometer that tries them all.

use alloc::vec::Vec;

use serde::Serialize;

use crate::rng::Stream;

/// One answered choice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Choice {
    /// Its label.
    pub what: &'static str,
    /// The alternative that was taken; 0 is the harmless one.
    pub taken: u32,
    /// How many there were.
    pub of: u32,
}

/// Answers choices.
pub trait Chooser {
    /// An alternative below `of`.
    fn choose(&mut self, what: &'static str, of: u32) -> u32;
}

/// Always the harmless alternative.
#[derive(Clone, Copy, Default, Debug)]
pub struct Harmless;

impl Chooser for Harmless {
    fn choose(&mut self, _what: &'static str, _of: u32) -> u32 {
        0
    }
}

/// Answers from a list; when the list is short or does not fit, with zero, and says so.
#[derive(Clone, Debug)]
pub struct Recorded<'r> {
    answers: &'r [u32],
    next: usize,
    misfits: u32,
}

impl<'r> Recorded<'r> {
    /// Answers in this order.
    pub fn new(answers: &'r [u32]) -> Self {
        Self {
            answers,
            next: 0,
            misfits: 0,
        }
    }

    /// Whether every choice had its answer and every answer its choice.
    pub fn fits(&self) -> bool {
        self.misfits == 0 && self.next == self.answers.len()
    }
}

impl Chooser for Recorded<'_> {
    fn choose(&mut self, _what: &'static str, of: u32) -> u32 {
        let answer = self.answers.get(self.next).copied();
        self.next += 1;
        match answer {
            Some(answer) if answer < of => answer,
            _ => {
                self.misfits += 1;
                0
            }
        }
    }
}

/// Draws: half of the answers are the harmless one, the rest is uniform.
#[derive(Debug)]
pub struct Seeded<'r>(pub &'r mut Stream);

impl Chooser for Seeded<'_> {
    fn choose(&mut self, _what: &'static str, of: u32) -> u32 {
        if self.0.below(2) == 0 {
            0
        } else {
            self.0.below(u64::from(of)) as u32
        }
    }
}

/// Runs through all combinations of answers, the last choice turning fastest.
#[derive(Clone, Default, Debug)]
pub struct Odometer {
    digits: Vec<(u32, u32)>,
    next: usize,
}

impl Odometer {
    /// Back to the first choice of the next combination; false when all were tried.
    pub fn advance(&mut self) -> bool {
        self.digits.truncate(self.next);
        self.next = 0;
        while let Some((taken, of)) = self.digits.pop() {
            if taken + 1 < of {
                self.digits.push((taken + 1, of));
                return true;
            }
        }
        false
    }
}

impl Chooser for Odometer {
    fn choose(&mut self, what: &'static str, of: u32) -> u32 {
        let position = self.next;
        self.next += 1;
        match self.digits.get(position) {
            Some(&(taken, known)) => {
                assert_eq!(known, of, "a handler asked another question the second time: {what}");
                taken
            }
            None => {
                self.digits.push((0, of));
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odometer_tries_every_combination_once() {
        let mut odometer = Odometer::default();
        let mut seen = Vec::new();
        loop {
            let first = odometer.choose("first", 2);
            let second = if first == 0 { odometer.choose("second", 3) } else { 9 };
            seen.push((first, second));
            if !odometer.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 9)]);
    }

    #[test]
    fn recorded_says_when_it_does_not_fit() {
        let mut recorded = Recorded::new(&[1]);
        assert_eq!(recorded.choose("a", 2), 1);
        assert!(recorded.fits());
        assert_eq!(recorded.choose("b", 2), 0);
        assert!(!recorded.fits());
    }
}
