//! Digests of contents: 64 bits over canonical bytes, the same in every process, on every machine, for ever.
//!
//! Canonical bytes are what postcard writes: the fields in their order, maps sorted because they are `BTreeMap`s. The
//! hash below is our own and has no version: to change it is to change every recorded digest.
//!
//! With `mix` the finaliser of SplitMix64 (a bijection of 64 bits in which each input bit flips about half of the
//! output), the digest of the little-endian words `w1 .. wn`, the last one padded with zeros, of `len` bytes is
//! `mix(.. mix(mix(CONTENT ^ len) ^ w1) .. ^ wn)`. As `mix` is a bijection, two texts of one length that differ within
//! one word never collide.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where the digest of a content starts: the first 64 bits of the fraction of pi.
const CONTENT: u64 = 0x243f_6a88_85a3_08d3;
/// Where the key of a slot starts: the next 64 bits of pi, so that a slot's number is no content.
const SLOT: u64 = 0x1319_8a2e_0370_7344;

/// What a value is, in 64 bits. Written, also in files, as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub u64);

impl Digest {
    /// The digest of these bytes as they are.
    pub fn of_bytes(bytes: &[u8]) -> Digest {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut state = mix(CONTENT ^ bytes.len() as u64);
        for word in words {
            state = mix(state ^ u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            state = mix(state ^ u64::from_le_bytes(last));
        }
        Digest(state)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Digest, ParseDigestError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let value = (text.len() == 16 && text.bytes().all(is_digit)).then(|| u64::from_str_radix(text, 16).ok());
        value
            .flatten()
            .map(Digest)
            .ok_or_else(|| ParseDigestError(text.to_string()))
    }
}

impl TryFrom<String> for Digest {
    type Error = ParseDigestError;

    fn try_from(text: String) -> Result<Digest, ParseDigestError> {
        text.parse()
    }
}

/// The text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseDigestError(pub String);

impl fmt::Display for ParseDigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no digest: write 16 digits, 0-9 and a-f", self.0)
    }
}

impl Error for ParseDigestError {}

/// The digest of a value over its canonical bytes. `bytes` is scratch space: what is in it is lost, and afterwards it
/// holds the canonical bytes.
///
/// ```
/// use sim_core::digest::content;
/// let mut bytes = Vec::new();
/// assert_eq!(content(&(1_u8, "isr"), &mut bytes).to_string(), "4593893c03590de0");
/// assert_eq!(bytes, b"\x01\x03isr");
/// ```
pub fn content<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> Digest {
    bytes.clear();
    *bytes = postcard::to_extend(value, core::mem::take(bytes))
        .expect("memory is no device that fails, and the length of every sequence in a state is known");
    Digest::of_bytes(bytes)
}

/// What the slot at index `slot` adds to the fingerprint of a state when it holds `content`: a fingerprint is the
/// wrapping sum of these, so that a change of one slot is one subtraction and one addition.
pub fn slot_mix(slot: usize, content: Digest) -> u64 {
    mix(mix(SLOT ^ slot as u64) ^ content.0)
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014; constants: Stafford's mix 13).
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::{BTreeMap, BTreeSet};
    use alloc::vec;

    #[derive(Serialize)]
    enum Role {
        Offline,
        Leader { leader_epoch: u32, ends: BTreeMap<u8, u64> },
    }

    #[test]
    fn digests_are_pinned() {
        let mut bytes = Vec::new();
        let role = Role::Leader {
            leader_epoch: 300,
            ends: BTreeMap::from([(2, 7), (1, 5)]),
        };
        assert_eq!(Digest::of_bytes(b"").to_string(), "2cb0f69f4abea221");
        assert_eq!(Digest::of_bytes(b"skcc-college-0").to_string(), "a5e10e7fc98c4263");
        assert_eq!(content(&role, &mut bytes).to_string(), "7b839ca644551484");
        assert_eq!(bytes, [1, 0xac, 0x02, 2, 1, 5, 2, 7]);
        assert_eq!(content(&Role::Offline, &mut bytes), Digest::of_bytes(&[0]));
        assert_eq!(slot_mix(0, Digest(0)), 0xb11e_4b8d_a6a2_b579);
        assert_eq!(slot_mix(40, Digest::of_bytes(b"")), 0xed90_8c85_e86e_8201);
    }

    #[test]
    fn scratch_space_has_no_influence() {
        let mut used = vec![7; 1_000];
        assert_eq!(content(&"m1", &mut used), content(&"m1", &mut Vec::new()));
    }

    #[test]
    fn text_of_a_digest_is_read_back_and_nothing_else_is() {
        for value in [0, 1, 0x9c41, u64::MAX] {
            assert_eq!(Digest(value).to_string().parse(), Ok(Digest(value)));
        }
        for text in ["", "9c41", "+00000000000000f", "00000000000000FF", "00000000000000000"] {
            assert_eq!(text.parse::<Digest>(), Err(ParseDigestError(text.into())));
        }
    }

    #[test]
    fn zeros_and_lengths_are_told_apart() {
        let zeros = [0; 64];
        let digests: BTreeSet<Digest> = (0..=64).map(|length| Digest::of_bytes(&zeros[..length])).collect();
        assert_eq!(digests.len(), 65);
    }

    #[test]
    fn neighbouring_contents_and_slots_do_not_cancel_out() {
        // All states of four slots with eight small values each: no two share the sum.
        let mut sums = BTreeSet::new();
        for state in 0..8_u64.pow(4) {
            let part = |slot: usize| slot_mix(slot, Digest::of_bytes(&[(state >> (3 * slot)) as u8 & 7]));
            sums.insert((0..4).map(part).fold(0, u64::wrapping_add));
        }
        assert_eq!(sums.len(), 4096);
    }

    #[test]
    fn each_input_bit_flips_about_half_of_the_output() {
        for length in [1, 7, 8, 9, 24] {
            let text: Vec<u8> = (0..length).map(|i| (i * 37) as u8).collect();
            let before = Digest::of_bytes(&text);
            let mut flipped_total = 0;
            for bit in 0..length * 8 {
                let mut changed = text.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let flipped = (Digest::of_bytes(&changed).0 ^ before.0).count_ones();
                assert!(
                    (12..=52).contains(&flipped),
                    "bit {bit} of {length} bytes flips {flipped}"
                );
                flipped_total += flipped as usize;
            }
            let mean_tenths = flipped_total * 10 / (length * 8);
            assert!(
                (280..=360).contains(&mean_tenths),
                "{length} bytes: {mean_tenths} tenths of a bit"
            );
        }
    }
}
