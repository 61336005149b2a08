//! Random streams: one per purpose, so that a new draw for one purpose moves no other, and integers only.
//!
//! ChaCha8 gives the words; how words become numbers is written here, because a library may change its mind about it
//! and recorded seeds would then mean something else. The first draws of each stream are pinned by a test.

use core::fmt;
use core::ops::RangeInclusive;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::time::Span;

/// What a draw is for. Each purpose has a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// How long a message travels.
    Network,
    /// How long a write or a flush takes.
    Disk,
    /// Which faults happen, and when.
    Faults,
    /// What clients and operators do.
    Workload,
    /// The choices inside an action.
    Choices,
    /// Which of the enabled actions comes next.
    Schedule,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Purpose; 6] = [
        Purpose::Network,
        Purpose::Disk,
        Purpose::Faults,
        Purpose::Workload,
        Purpose::Choices,
        Purpose::Schedule,
    ];

    /// The name, which is also part of the stream's key: renaming a purpose changes what its seeds mean.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Network => "network",
            Purpose::Disk => "disk",
            Purpose::Faults => "faults",
            Purpose::Workload => "workload",
            Purpose::Choices => "choices",
            Purpose::Schedule => "schedule",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The random numbers of one run for one purpose. A clone continues with the same numbers.
///
/// ```
/// use sim_core::rng::{Purpose, Stream};
/// let mut faults = Stream::new(7, Purpose::Faults);
/// assert!(faults.below(3) < 3);
/// ```
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of the run `seed` for `purpose`. Its key is the seed in little endian, then the name of the purpose,
    /// then zeros: the streams of two different pairs have nothing in common.
    pub fn new(seed: u64, purpose: Purpose) -> Stream {
        let name = purpose.name().as_bytes();
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..8 + name.len()].copy_from_slice(name);
        Stream(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 to `n - 1`, each equally likely. `n` must not be 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no number below 0");
        // Lemire 2019: the high half of word * n, where the few words that would favour some numbers are drawn again.
        let mut product = u128::from(self.word()) * u128::from(n);
        if (product as u64) < n {
            let favoured = n.wrapping_neg() % n;
            while (product as u64) < favoured {
                product = u128::from(self.word()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// A number within the bounds, both included, each equally likely. The range must not be empty.
    pub fn range(&mut self, bounds: RangeInclusive<u64>) -> u64 {
        let (low, high) = bounds.into_inner();
        assert!(low <= high, "there is no number from {low} to {high}");
        match (high - low).checked_add(1) {
            Some(n) => low + self.below(n),
            None => self.word(),
        }
    }

    /// True as often as `ratio` says. It always draws, also where the answer is certain, so that a scenario with a
    /// fault switched off makes the same draws as the one with it.
    pub fn chance(&mut self, ratio: Ratio) -> bool {
        self.below(u64::from(ratio.den)) < u64::from(ratio.num)
    }

    /// An index, each as likely as its weight among all; `None` if nothing has any weight.
    pub fn weighted(&mut self, weights: &[u32]) -> Option<usize> {
        let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        if total == 0 {
            return None;
        }
        let mut rest = self.below(total);
        weights
            .iter()
            .position(|weight| match rest.checked_sub(u64::from(*weight)) {
                Some(less) => {
                    rest = less;
                    false
                }
                None => true,
            })
    }

    /// One of the items, each equally likely; `None` if there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() {
            return None;
        }
        items.get(self.below(items.len() as u64) as usize)
    }
}

/// A probability as a fraction between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct Ratio {
    num: u32,
    den: u32,
}

impl Ratio {
    /// Never.
    pub const NEVER: Ratio = Ratio { num: 0, den: 1 };
    /// Always.
    pub const ALWAYS: Ratio = Ratio { num: 1, den: 1 };

    /// `num` times in `den`; `None` unless that lies between 0 and 1. The fraction is kept as given, not reduced.
    pub const fn new(num: u32, den: u32) -> Option<Ratio> {
        if den > 0 && num <= den {
            Some(Ratio { num, den })
        } else {
            None
        }
    }

    /// The upper part of the fraction.
    pub const fn num(self) -> u32 {
        self.num
    }

    /// The lower part of the fraction, never 0.
    pub const fn den(self) -> u32 {
        self.den
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

impl From<Ratio> for (u32, u32) {
    fn from(ratio: Ratio) -> (u32, u32) {
        (ratio.num, ratio.den)
    }
}

impl TryFrom<(u32, u32)> for Ratio {
    type Error = RatioError;

    fn try_from((num, den): (u32, u32)) -> Result<Ratio, RatioError> {
        Ratio::new(num, den).ok_or(RatioError { num, den })
    }
}

/// A fraction that is no probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatioError {
    /// The upper part as given.
    pub num: u32,
    /// The lower part as given.
    pub den: u32,
}

impl fmt::Display for RatioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{} is no probability: write two numbers, the first at most the second",
            self.num, self.den
        )
    }
}

impl core::error::Error for RatioError {}

/// How long something takes: a base, an even jitter on top, and now and then a long tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Latency {
    /// The least it takes, in microseconds.
    pub base_us: u32,
    /// The most that the jitter adds, in microseconds; each value up to it is equally likely.
    pub jitter_us: u32,
    /// How often the tail is added.
    pub tail: Ratio,
    /// The half-life of the tail, in microseconds: each further `tail_us` is half as likely as the one before.
    pub tail_us: u32,
}

impl Latency {
    /// The tail is cut off after this many half-lives.
    const HALF_LIVES_MAX: u32 = 16;

    /// Always exactly this long.
    pub const fn fixed(us: u32) -> Latency {
        Latency {
            base_us: us,
            jitter_us: 0,
            tail: Ratio::NEVER,
            tail_us: 0,
        }
    }

    /// The most that a sample can be.
    pub fn span_max(self) -> Span {
        let tail = if self.tail.num == 0 {
            0
        } else {
            u64::from(self.tail_us) * u64::from(Self::HALF_LIVES_MAX + 1)
        };
        Span::from_us(u64::from(self.base_us) + u64::from(self.jitter_us) + tail)
    }

    /// How long it takes this time. It always draws four words or more, so that a change of the numbers of one link
    /// seldom moves the draws that follow.
    pub fn sample(self, stream: &mut Stream) -> Span {
        let jitter = stream.below(u64::from(self.jitter_us) + 1);
        let has_tail = stream.chance(self.tail);
        let half_lives = u64::from(stream.word().trailing_zeros().min(Self::HALF_LIVES_MAX));
        let within = stream.below(u64::from(self.tail_us) + 1);
        let tail = if has_tail {
            half_lives * u64::from(self.tail_us) + within
        } else {
            0
        };
        Span::from_us(u64::from(self.base_us) + jitter + tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn first_draws_of_each_stream_are_pinned() {
        let pinned: [[u64; 3]; 6] = [
            [0x04c0_9ef4_4b8f_4fcc, 0x34e9_b68a_09cd_0490, 0x2f62_62cb_81f3_012f],
            [0xc354_fbc0_41ff_afe4, 0x0f0f_ce73_a974_8133, 0x906b_25f0_7766_6b78],
            [0x6ff9_25a7_9f6b_a3a2, 0xf1ce_c5e9_d655_c20e, 0x2ede_2f45_db5d_130b],
            [0x6436_fe88_5284_5c10, 0xf9b3_d8ac_8652_e25e, 0xbdd1_df56_a543_726c],
            [0x0a13_851c_29fd_aee8, 0x2348_89e6_8af4_dc39, 0x703c_5366_c766_0fad],
            [0x15fa_5ac0_cd54_a97a, 0x7e16_1841_b626_dc92, 0x35ad_32f1_8f99_8b86],
        ];
        for (purpose, words) in Purpose::ALL.into_iter().zip(pinned) {
            let mut stream = Stream::new(7, purpose);
            assert_eq!([stream.word(), stream.word(), stream.word()], words, "{purpose}");
        }
    }

    #[test]
    fn first_numbers_of_each_kind_are_pinned() {
        let mut stream = Stream::new(7, Purpose::Workload);
        let below: Vec<u64> = (0..8).map(|_| stream.below(100)).collect();
        let chance = Ratio::new(1, 3).expect("a third");
        let chances: Vec<u8> = (0..8).map(|_| u8::from(stream.chance(chance))).collect();
        let weighted: Vec<usize> = (0..8).filter_map(|_| stream.weighted(&[1, 0, 5, 2])).collect();
        let latency = Latency {
            base_us: 500,
            jitter_us: 200,
            tail: chance,
            tail_us: 1_000,
        };
        let samples: Vec<u64> = (0..8).map(|_| latency.sample(&mut stream).as_us()).collect();
        assert_eq!(below, [39, 97, 74, 97, 70, 85, 52, 7]);
        assert_eq!(chances, [0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(weighted, [2, 3, 2, 3, 3, 2, 2, 2]);
        assert_eq!(samples, [821, 3780, 1374, 1328, 684, 584, 526, 600]);
    }

    #[test]
    fn each_number_below_n_is_equally_likely() {
        let mut stream = Stream::new(1, Purpose::Choices);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (9_700..=10_300).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn words_that_favour_a_number_are_drawn_again() {
        // For 3 * 2^62 a quarter of all words is drawn again: 1,000 numbers take about 1,333 words.
        let (mut stream, mut words) = (Stream::new(2, Purpose::Choices), Stream::new(2, Purpose::Choices));
        for _ in 0..1_000 {
            assert!(stream.below(3 << 62) < 3 << 62);
        }
        let next = stream.word();
        let drawn = (0..2_000).position(|_| words.word() == next);
        assert!(drawn.is_some_and(|drawn| (1_250..1_420).contains(&drawn)), "{drawn:?}");
    }

    #[test]
    fn ranges_include_both_ends_and_may_be_everything() {
        let mut stream = Stream::new(3, Purpose::Faults);
        let drawn: Vec<u64> = (0..200).map(|_| stream.range(5..=7)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&5), Some(&7)));
        assert_eq!(stream.range(9..=9), 9);
        assert_ne!(stream.range(0..=u64::MAX), stream.range(0..=u64::MAX));
    }

    #[test]
    fn chance_comes_true_as_often_as_the_ratio_says() {
        let mut stream = Stream::new(4, Purpose::Faults);
        let mut count = |ratio| (0..30_000).filter(|_| stream.chance(ratio)).count();
        assert_eq!((count(Ratio::NEVER), count(Ratio::ALWAYS)), (0, 30_000));
        assert!((9_700..=10_300).contains(&count(Ratio::new(1, 3).expect("a third"))));
    }

    #[test]
    fn weights_of_zero_are_never_picked() {
        let mut stream = Stream::new(5, Purpose::Schedule);
        let mut counts = [0_u32; 4];
        for _ in 0..8_000 {
            counts[stream.weighted(&[0, 1, 0, 3]).expect("two have weight")] += 1;
        }
        assert!(
            counts[0] == 0 && counts[2] == 0 && (1_850..=2_150).contains(&counts[1]),
            "{counts:?}"
        );
        assert_eq!(stream.weighted(&[]), None);
        assert_eq!(stream.weighted(&[0, 0]), None);
        assert_eq!(stream.pick::<u8>(&[]), None);
        assert!(stream.pick(&["kill", "power"]).is_some());
    }

    #[test]
    fn fractions_above_one_are_no_probability() {
        assert_eq!(Ratio::new(1, 0), None);
        assert_eq!(Ratio::try_from((3, 2)), Err(RatioError { num: 3, den: 2 }));
        assert_eq!(Ratio::new(2, 2).map(Ratio::num), Some(2));
    }

    #[test]
    fn each_further_half_life_of_the_tail_is_half_as_likely() {
        let latency = Latency {
            base_us: 100,
            jitter_us: 0,
            tail: Ratio::ALWAYS,
            tail_us: 1_000,
        };
        let mut stream = Stream::new(6, Purpose::Network);
        let samples: Vec<u64> = (0..40_000).map(|_| latency.sample(&mut stream).as_us()).collect();
        let beyond = |us: u64| samples.iter().filter(|sample| **sample > us).count();
        assert!((19_600..=20_400).contains(&beyond(1_100)), "{}", beyond(1_100));
        assert!((9_700..=10_300).contains(&beyond(2_100)), "{}", beyond(2_100));
        assert!((4_700..=5_300).contains(&beyond(3_100)), "{}", beyond(3_100));
        assert!(samples.iter().all(|us| (100..=latency.span_max().as_us()).contains(us)));
        assert_eq!(Latency::fixed(40).sample(&mut stream), Latency::fixed(40).span_max());
    }
}
