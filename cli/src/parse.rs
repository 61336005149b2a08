//! Words of the command line as values. An error is the end of the sentence "--flag expects ...".

use std::time::Duration;

use scenarios::scenario::time_span::TimeSpan;

/// A number in decimal or, behind `0x`, in hexadecimal digits.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A seed: any number of 64 bits.
pub fn seed(text: &str) -> Result<u64, String> {
    number(text).ok_or_else(|| format!("a number from 0 to {} (or 0x...)", u64::MAX))
}

/// How many: at least one.
pub fn count(text: &str) -> Result<u64, String> {
    let count = number(text).filter(|count| *count > 0);
    count.ok_or_else(|| "a number from 1".to_owned())
}

/// A size, zero included.
pub fn size(text: &str) -> Result<usize, String> {
    let size = number(text).and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| "a number from 0".to_owned())
}

/// An amount of memory, in bytes.
pub fn memory(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let bytes = units.iter().find_map(|(unit, shift)| {
        let number = number(text.strip_suffix(unit)?)?;
        number.checked_mul(1 << shift)
    });
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "an amount with its unit, such as 512MiB or 8GiB".to_owned())
}

/// A number of threads.
pub fn jobs(text: &str) -> Result<usize, String> {
    let jobs = number(text).filter(|jobs| (1..=JOBS_MAX).contains(jobs));
    jobs.map(|jobs| jobs as usize)
        .ok_or_else(|| format!("a number from 1 to {JOBS_MAX}"))
}

/// More threads than this are a slip of the keyboard.
const JOBS_MAX: u64 = 1024;

/// A time of the wall clock.
pub fn time(text: &str) -> Result<Duration, String> {
    let span: Result<TimeSpan, _> = text.parse();
    let span = span.map_err(|_| "a time with its unit, such as 30s or 5min".to_owned())?;
    Ok(Duration::from_micros(span.micros()))
}

/// One of several parts, from 0.
pub fn shard(text: &str) -> Result<(u64, u64), String> {
    let parts = text
        .split_once('/')
        .and_then(|(part, of)| Some((number(part)?, number(of)?)));
    parts
        .filter(|(part, of)| part < of)
        .ok_or_else(|| "I/N with I from 0 to N - 1, such as 0/4".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_hexadecimal() {
        assert_eq!(seed("0x10"), Ok(16));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        assert!(seed("abc").is_err() && seed("-1").is_err() && seed("").is_err());
        assert!(count("0").is_err() && jobs("0").is_err());
    }

    #[test]
    fn memory_has_a_unit() {
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        for wrong in ["2", "GiB", "2GB", "0MiB", "99999999999TiB"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_shard_is_one_of_its_parts() {
        assert_eq!(shard("0/4"), Ok((0, 4)));
        assert!(shard("4/4").is_err() && shard("1").is_err() && shard("0/0").is_err());
    }
}
