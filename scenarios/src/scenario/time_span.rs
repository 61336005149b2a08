//! Owns lengths of virtual time as a scenario writes them: a number with a unit, read into integer microseconds.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of virtual time in integer microseconds, written with its unit: `"300ms"`, `"18s"`, `"5min"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan {
    micros: u64,
}

/// Units from the longest to the shortest, with their length in microseconds.
const UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("min", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

impl TimeSpan {
    /// A length of `micros` microseconds.
    pub const fn from_micros(micros: u64) -> TimeSpan {
        TimeSpan { micros }
    }

    /// The length in microseconds.
    pub const fn micros(self) -> u64 {
        self.micros
    }
}

/// Why a text is not a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSpanError {
    /// The text does not begin with a number.
    NoNumber,
    /// There is no unit after the number.
    NoUnit,
    /// What follows the number is none of the units.
    UnknownUnit,
    /// The fraction is finer than a microsecond.
    TooFine,
    /// More microseconds than 64 bits hold.
    TooLong,
}

impl fmt::Display for TimeSpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeSpanError::NoNumber => "it does not begin with a number",
            TimeSpanError::NoUnit => "the unit is missing",
            TimeSpanError::UnknownUnit => "this unit is not known",
            TimeSpanError::TooFine => "it is finer than a microsecond",
            TimeSpanError::TooLong => "it is too long",
        })
    }
}

impl FromStr for TimeSpan {
    type Err = TimeSpanError;

    /// Reads `"18s"`, `"1.5s"`, `"300 ms"`. The unit is never guessed, and a fraction is exact or refused.
    fn from_str(text: &str) -> Result<TimeSpan, TimeSpanError> {
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return Err(TimeSpanError::NoNumber);
        }
        let unit = unit.trim();
        if unit.is_empty() {
            return Err(TimeSpanError::NoUnit);
        }
        let (_, length) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or(TimeSpanError::UnknownUnit)?;
        let whole: u64 = whole.parse().map_err(|_| TimeSpanError::TooLong)?;
        let micros = whole.checked_mul(*length).ok_or(TimeSpanError::TooLong)?;
        let micros = micros
            .checked_add(fraction_micros(fraction, *length)?)
            .ok_or(TimeSpanError::TooLong)?;
        Ok(TimeSpan { micros })
    }
}

/// Microseconds of the decimal fraction `.digits` of a unit of `length` microseconds.
fn fraction_micros(digits: &str, length: u64) -> Result<u64, TimeSpanError> {
    let digits = digits.trim_end_matches('0');
    let power = u32::try_from(digits.len())
        .ok()
        .and_then(|n| 10_u64.checked_pow(n))
        .ok_or(TimeSpanError::TooFine)?;
    let numerator: u64 = if digits.is_empty() {
        0
    } else {
        digits.parse().map_err(|_| TimeSpanError::TooFine)?
    };
    let scaled = u128::from(numerator) * u128::from(length);
    if scaled % u128::from(power) != 0 {
        return Err(TimeSpanError::TooFine);
    }
    // A fraction is less than one unit, so the quotient is less than `length`.
    u64::try_from(scaled / u128::from(power)).map_err(|_| TimeSpanError::TooLong)
}

impl fmt::Display for TimeSpan {
    /// The shortest exact form: the longest unit that divides the length (`90s`, not `1.5min`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.micros == 0 {
            return f.write_str("0s");
        }
        let fits = UNITS.iter().find(|(_, length)| self.micros.is_multiple_of(*length));
        let (name, length) = fits.expect("one microsecond divides every length");
        write!(f, "{}{name}", self.micros / length)
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TimeSpan, D::Error> {
        deserializer.deserialize_str(TimeSpanVisitor)
    }
}

struct TimeSpanVisitor;

impl Visitor<'_> for TimeSpanVisitor {
    type Value = TimeSpan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time with its unit, such as \"300ms\", \"18s\" or \"5min\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeSpan, E> {
        text.parse()
            .map_err(|why| E::custom(format_args!("`{text}` is not a time: {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<u64, TimeSpanError>) {
        assert_eq!(text.parse::<TimeSpan>().map(TimeSpan::micros), expected, "{text}");
    }

    #[test]
    fn units_are_read_into_microseconds() {
        check("18s", Ok(18_000_000));
        check("300ms", Ok(300_000));
        check("5min", Ok(300_000_000));
        check("2h", Ok(7_200_000_000));
        check("1d", Ok(86_400_000_000));
        check("7us", Ok(7));
        check("1.5s", Ok(1_500_000));
        check("300 ms", Ok(300_000));
        check("0s", Ok(0));
    }

    #[test]
    fn what_is_not_exact_or_has_no_unit_is_refused() {
        check("", Err(TimeSpanError::NoNumber));
        check("s", Err(TimeSpanError::NoNumber));
        check("-1s", Err(TimeSpanError::NoNumber));
        check("1.", Err(TimeSpanError::NoNumber));
        check("1.2.3s", Err(TimeSpanError::NoNumber));
        check("18", Err(TimeSpanError::NoUnit));
        check("18sec", Err(TimeSpanError::UnknownUnit));
        check("0.5us", Err(TimeSpanError::TooFine));
        check("0.00000000000000000000001d", Err(TimeSpanError::TooFine));
        check("99999999999999999999s", Err(TimeSpanError::TooLong));
        check("18446744073709551615ms", Err(TimeSpanError::TooLong));
    }

    #[test]
    fn printing_uses_the_longest_unit_that_divides() {
        for text in ["0s", "1us", "1500us", "300ms", "90s", "5min", "25h", "2d"] {
            let span: TimeSpan = text.parse().expect("the sample is valid");
            assert_eq!(span.to_string(), text);
        }
        assert_eq!(TimeSpan::from_micros(u64::MAX).to_string(), "18446744073709551615us");
    }
}
