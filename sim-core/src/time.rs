//! Virtual time: `Instant` and `Span`, in integer microseconds. It knows no clock of the machine.

use alloc::string::{String, ToString};
use core::error::Error;
use core::fmt;
use core::ops::{Add, AddAssign, Mul};
use core::str::FromStr;

use serde::{Deserialize, Serialize};

const US_PER_MS: u64 = 1_000;
const US_PER_S: u64 = 1_000_000;
const US_PER_MIN: u64 = 60 * US_PER_S;
const US_PER_H: u64 = 60 * US_PER_MIN;

/// The units a duration may be written in, largest first, with their length in microseconds.
const UNITS: [(&str, u64); 5] = [
    ("h", US_PER_H),
    ("min", US_PER_MIN),
    ("s", US_PER_S),
    ("ms", US_PER_MS),
    ("us", 1),
];

/// A moment of virtual time: microseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant(u64);

impl Instant {
    /// The moment the run begins.
    pub const ZERO: Instant = Instant(0);

    /// The moment `us` microseconds after the run began.
    pub const fn from_us(us: u64) -> Instant {
        Instant(us)
    }

    /// Microseconds since the run began.
    pub const fn as_us(self) -> u64 {
        self.0
    }

    /// The moment `span` later, or `None` beyond the end of representable time.
    pub const fn checked_add(self, span: Span) -> Option<Instant> {
        match self.0.checked_add(span.0) {
            Some(us) => Some(Instant(us)),
            None => None,
        }
    }

    /// How long ago `earlier` was, or `None` if it lies in the future.
    pub const fn checked_since(self, earlier: Instant) -> Option<Span> {
        match self.0.checked_sub(earlier.0) {
            Some(us) => Some(Span(us)),
            None => None,
        }
    }

    /// How long ago `earlier` was, or nothing at all if it lies in the future.
    pub const fn saturating_since(self, earlier: Instant) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Instant {
    type Output = Instant;

    fn add(self, span: Span) -> Instant {
        self.checked_add(span)
            .expect("a run is shorter than 500,000 years of virtual time")
    }
}

impl AddAssign<Span> for Instant {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

/// Seconds with three decimals, cut off and not rounded: `12.345s`. A precision up to 6 asks for other decimals.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(3).min(6);
        let scale = 10_u64.pow(6 - u32::try_from(decimals).expect("at most six"));
        let (seconds, fraction) = (self.0 / US_PER_S, self.0 % US_PER_S / scale);
        let text = match decimals {
            0 => alloc::format!("{seconds}s"),
            _ => alloc::format!("{seconds}.{fraction:0decimals$}s"),
        };
        match f.width() {
            Some(width) => write!(f, "{text:>width$}"),
            None => f.write_str(&text),
        }
    }
}

/// Reads the same notation as a [`Span`]: the time since the run began.
impl FromStr for Instant {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Instant, ParseTimeError> {
        text.parse().map(|Span(us)| Instant(us))
    }
}

/// A length of virtual time in microseconds.
///
/// ```
/// use sim_core::time::Span;
/// let session: Span = "18s".parse()?;
/// assert_eq!(session, Span::from_s(18));
/// assert_eq!("1.5s".parse::<Span>()?.to_string(), "1500ms");
/// # Ok::<(), sim_core::time::ParseTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(u64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// `us` microseconds.
    pub const fn from_us(us: u64) -> Span {
        Span(us)
    }

    /// `ms` milliseconds. 2^64 microseconds or more cannot be told and panic; at compile time in a constant.
    pub const fn from_ms(ms: u64) -> Span {
        Span(ms.checked_mul(US_PER_MS).expect("shorter than 500,000 years"))
    }

    /// `s` seconds, with the same limit as [`Span::from_ms`].
    pub const fn from_s(s: u64) -> Span {
        Span(s.checked_mul(US_PER_S).expect("shorter than 500,000 years"))
    }

    /// This length in microseconds.
    pub const fn as_us(self) -> u64 {
        self.0
    }

    /// Both lengths one after the other, or `None` if that cannot be told in 64 bits.
    pub const fn checked_add(self, other: Span) -> Option<Span> {
        match self.0.checked_add(other.0) {
            Some(us) => Some(Span(us)),
            None => None,
        }
    }

    /// What is left of this length after `other`; nothing if `other` is longer.
    pub const fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Add for Span {
    type Output = Span;

    fn add(self, other: Span) -> Span {
        self.checked_add(other)
            .expect("a length is shorter than 500,000 years of virtual time")
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl Mul<u64> for Span {
    type Output = Span;

    fn mul(self, times: u64) -> Span {
        Span(
            self.0
                .checked_mul(times)
                .expect("a length is shorter than 500,000 years of virtual time"),
        )
    }
}

/// Exact, in the largest unit that needs no fraction: `2h`, `5min`, `18s`, `12345ms`, `750us`. Parsing gives it back.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let (unit, us) = UNITS
            .iter()
            .find(|(_, us)| self.0.is_multiple_of(*us))
            .expect("one microsecond divides all");
        f.pad(&alloc::format!("{}{unit}", self.0 / us))
    }
}

/// Reads a number, with a fraction if need be, and a unit: `18s`, `300ms`, `1.5h`.
impl FromStr for Span {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Span, ParseTimeError> {
        let split = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return Err(ParseTimeError::NoNumber(text.to_string()));
        }
        if unit.is_empty() {
            return Err(ParseTimeError::NoUnit(text.to_string()));
        }
        let Some((_, us_per_unit)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(ParseTimeError::UnknownUnit(unit.to_string()));
        };
        let us = whole
            .parse::<u64>()
            .ok()
            .and_then(|whole| whole.checked_mul(*us_per_unit));
        let us = us.ok_or_else(|| ParseTimeError::TooLong(text.to_string()))?;
        let rest = fraction_us(fraction, *us_per_unit).ok_or_else(|| ParseTimeError::TooFine(text.to_string()))?;
        us.checked_add(rest)
            .map(Span)
            .ok_or_else(|| ParseTimeError::TooLong(text.to_string()))
    }
}

/// Why a text is no duration. Each variant carries the text that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseTimeError {
    /// The text does not start with a decimal number.
    NoNumber(String),
    /// A number alone: nobody knows whether these are seconds.
    NoUnit(String),
    /// The unit is none of `us`, `ms`, `s`, `min`, `h`.
    UnknownUnit(String),
    /// The fraction is no whole number of microseconds.
    TooFine(String),
    /// 2^64 microseconds or more.
    TooLong(String),
}

impl fmt::Display for ParseTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const EXAMPLE: &str = "write a number and a unit, like `18s` or `300ms`";
        match self {
            ParseTimeError::NoNumber(text) => write!(f, "`{text}` is no duration: {EXAMPLE}"),
            ParseTimeError::NoUnit(text) => write!(f, "`{text}` has no unit: write `{text}s` or `{text}ms`"),
            ParseTimeError::UnknownUnit(unit) => {
                write!(f, "`{unit}` is no unit of time: use `us`, `ms`, `s`, `min` or `h`")
            }
            ParseTimeError::TooFine(text) => write!(f, "`{text}` is no whole number of microseconds"),
            ParseTimeError::TooLong(text) => write!(f, "`{text}` is longer than virtual time can be"),
        }
    }
}

impl Error for ParseTimeError {}

/// The decimal digits behind a point, in microseconds; `None` if that is no whole number of them.
fn fraction_us(digits: &str, us_per_unit: u64) -> Option<u64> {
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    // An hour, the longest unit, is 2^10 * 3^2 * 5^8 microseconds: with more than ten digits it is never a whole number.
    let scale = 10_u128.pow(u32::try_from(digits.len()).ok().filter(|length| *length <= 10)?);
    let product = digits.parse::<u128>().ok()? * u128::from(us_per_unit);
    product
        .is_multiple_of(scale)
        .then(|| u64::try_from(product / scale).expect("less than one unit"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[track_caller]
    fn span(text: &str) -> Result<u64, ParseTimeError> {
        text.parse().map(Span::as_us)
    }

    #[test]
    fn durations_are_read_in_five_units() {
        assert_eq!(span("750us"), Ok(750));
        assert_eq!(span("300ms"), Ok(300_000));
        assert_eq!(span("18s"), Ok(18_000_000));
        assert_eq!(span("5min"), Ok(300_000_000));
        assert_eq!(span("2h"), Ok(7_200_000_000));
    }

    #[test]
    fn fractions_are_exact_or_refused() {
        assert_eq!(span("12.5s"), Ok(12_500_000));
        assert_eq!(span("0.000001s"), Ok(1));
        assert_eq!(span("1.50h"), Ok(5_400_000_000));
        assert_eq!(
            span("0.00000000125h"),
            Err(ParseTimeError::TooFine("0.00000000125h".into()))
        );
        assert_eq!(span("0.5us"), Err(ParseTimeError::TooFine("0.5us".into())));
        assert_eq!(
            span("0.0000000000000000000000001s"),
            Err(ParseTimeError::TooFine("0.0000000000000000000000001s".into()))
        );
    }

    #[test]
    fn wrong_durations_say_what_is_wrong() {
        for text in ["", "s", ".5s", "5.s", "1.2.3s", "-1s", " 1s"] {
            assert_eq!(span(text), Err(ParseTimeError::NoNumber(text.into())), "{text:?}");
        }
        assert_eq!(
            format!("{}", span("30").unwrap_err()),
            "`30` has no unit: write `30s` or `30ms`"
        );
        assert_eq!(
            format!("{}", span("3 s").unwrap_err()),
            "` s` is no unit of time: use `us`, `ms`, `s`, `min` or `h`"
        );
        assert_eq!(
            span("18446744073709551616us"),
            Err(ParseTimeError::TooLong("18446744073709551616us".into()))
        );
        assert_eq!(
            span("99999999999999h"),
            Err(ParseTimeError::TooLong("99999999999999h".into()))
        );
    }

    #[test]
    fn printed_spans_are_read_back_unchanged() {
        for us in [
            0,
            1,
            999,
            1_000,
            12_345_000,
            60_000_000,
            90_000_000,
            3_600_000_000,
            u64::MAX,
        ] {
            let span = Span::from_us(us);
            assert_eq!(format!("{span}").parse(), Ok(span), "{span}");
        }
        assert_eq!(
            format!("{} {} {}", Span::from_s(90), Span::from_s(7_200), Span::ZERO),
            "90s 2h 0s"
        );
    }

    #[test]
    fn instants_print_as_seconds_with_three_decimals() {
        let at = Instant::from_us(12_345_678);
        assert_eq!(
            format!("{at}|{at:.6}|{at:.0}|{at:10}"),
            "12.345s|12.345678s|12s|   12.345s"
        );
        assert_eq!(format!("{}", Instant::from_us(4_000)), "0.004s");
        assert_eq!("12.345678s".parse(), Ok(at));
    }

    #[test]
    fn arithmetic_stops_at_both_ends_of_time() {
        let (early, late) = (Instant::from_us(10), Instant::from_us(25));
        assert_eq!(late.checked_since(early), Some(Span::from_us(15)));
        assert_eq!(early.checked_since(late), None);
        assert_eq!(early.saturating_since(late), Span::ZERO);
        assert_eq!(early + Span::from_us(15), late);
        assert_eq!(Instant::from_us(u64::MAX).checked_add(Span::from_us(1)), None);
        assert_eq!(Span::from_us(u64::MAX).checked_add(Span::from_us(1)), None);
        assert_eq!(Span::from_ms(3) * 4 + Span::from_us(1), Span::from_us(12_001));
        assert_eq!(Span::from_ms(3).saturating_sub(Span::from_s(1)), Span::ZERO);
    }
}
