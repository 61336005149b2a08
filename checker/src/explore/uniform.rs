//! Uniform sampling: the yardstick of every other sampler.

use models::Kafka;
use sim_core::{Candidate, Sampler, Stream};

/// All enabled actions are equally likely.
pub struct Uniform;

impl Sampler<Kafka> for Uniform {
    fn pick(&mut self, candidates: &[&Candidate<Kafka>], stream: &mut Stream) -> Option<usize> {
        Some(stream.below(candidates.len() as u64) as usize)
    }
}
