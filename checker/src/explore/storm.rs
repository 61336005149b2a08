//! Storms: when the faults of a run come, and of which kinds. Drawn once for a run, before its first action, so that the
//! sampler that orders everything else need not weigh faults against deliveries.

use models::Kafka;
use models::config::Config;
use models::faults::Fault;
use sim_core::{Budget, Candidate, Purpose, Stream};

/// How many faults a run plans for: most real bugs need few.
const COUNTS: &[u64] = &[1, 2, 2, 3, 3, 4, 4, 5, 6];
/// Within how many steps they come: early and close together, or spread.
const HORIZONS: &[u64] = &[16, 24, 32, 48, 64, 96];
/// What a kind weighs in one run; nothing: it does not come at all.
const WEIGHTS: &[u32] = &[0, 1, 1, 4];
/// A timeout ends what another fault began: where nothing else goes on it comes this much more often.
const TIMEOUT_AT_REST: u32 = 16;

/// The faults that one run has planned.
#[derive(Clone, Debug)]
pub struct Storm {
    /// Steps from which on the next faults are due, the latest first.
    due: Vec<u64>,
    weights: Vec<u32>,
    step: u64,
}

/// Among which candidates a sampler picks, by position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Turn {
    /// The storm has picked a fault.
    Fault(usize),
    /// Among these, none of which is a fault.
    Calm(Vec<usize>),
    /// Nothing goes on by itself, and no fault is planned any more.
    Over,
}

impl Storm {
    /// Plans the faults of one run.
    pub fn new(config: &Config, seed: u64) -> Self {
        let mut stream = Stream::new(seed, Purpose::Faults);
        let left = Fault::ALL.iter().map(|fault| match config.faults.left(*fault) {
            Budget::Left(left) => u64::from(left),
            Budget::Unlimited => u64::from(u8::MAX),
        });
        let all: u64 = left.sum();
        let mut draw = |table: &[u64]| *stream.pick(table).expect("a table is not empty");
        let (count, horizon) = (draw(COUNTS).min(all), draw(HORIZONS));
        let mut due: Vec<u64> = (0..count).map(|_| stream.below(horizon)).collect();
        due.sort_unstable_by_key(|step| std::cmp::Reverse(*step));
        let mut draw = || *stream.pick(WEIGHTS).expect("a table is not empty");
        let weights = Fault::ALL.iter().map(|_| draw()).collect();
        Self { due, weights, step: 0 }
    }

    /// Whose turn it is. Asked once for each action.
    pub fn turn(&mut self, candidates: &[&Candidate<Kafka>], stream: &mut Stream) -> Turn {
        self.step += 1;
        let calm: Vec<usize> = positions(candidates, |candidate| candidate.spends.is_none());
        let is_due = self.due.last().is_some_and(|due| *due < self.step);
        if is_due || (calm.is_empty() && !self.due.is_empty()) {
            self.due.pop();
            if let Some(fault) = self.fault(candidates, calm.is_empty(), stream) {
                return Turn::Fault(fault);
            }
        }
        if calm.is_empty() { Turn::Over } else { Turn::Calm(calm) }
    }

    /// A kind by its weight, then any fault of this kind.
    fn fault(&self, candidates: &[&Candidate<Kafka>], at_rest: bool, stream: &mut Stream) -> Option<usize> {
        let weights: Vec<u32> = Fault::ALL
            .iter()
            .map(|fault| {
                let possible = candidates.iter().any(|candidate| candidate.spends == Some(*fault));
                match (possible, *fault) {
                    (false, _) => 0,
                    (true, Fault::Expiry) if at_rest => self.weights[*fault as usize].max(1) * TIMEOUT_AT_REST,
                    (true, fault) => self.weights[fault as usize],
                }
            })
            .collect();
        let kind = Fault::ALL[stream.weighted(&weights)?];
        let faults = positions(candidates, |candidate| candidate.spends == Some(kind));
        stream.pick(&faults).copied()
    }
}

fn positions(candidates: &[&Candidate<Kafka>], wanted: impl Fn(&Candidate<Kafka>) -> bool) -> Vec<usize> {
    let all = candidates.iter().enumerate();
    all.filter(|(_, candidate)| wanted(candidate))
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::faults::Faults;
    use models::features::Features;
    use sim_core::Action;

    fn storm(kills: u8, seed: u64) -> Storm {
        let mut config = Config::small(Features::KRAFT_4_3, 3, 1);
        config.faults = Faults::default().with(Fault::Kill, kills);
        Storm::new(&config, seed)
    }

    #[test]
    fn the_plans_of_the_first_seeds_are_pinned() {
        let due: Vec<Vec<u64>> = (0..4).map(|seed| storm(9, seed).due).collect();
        let pinned: [&[u64]; 4] = [&[92, 81, 64, 52, 48, 19], &[18, 15, 15], &[44, 16], &[90, 51, 49, 11]];
        assert_eq!(due, pinned);
    }

    #[test]
    fn a_storm_plans_no_more_than_the_budget_has() {
        assert!((0..100).all(|seed| storm(1, seed).due.len() == 1 && storm(0, seed).due.is_empty()));
    }

    #[test]
    fn a_run_ends_where_nothing_goes_on_and_nothing_is_planned() {
        let kill = Candidate {
            action: Action::Environment(models::actions::Event::Kill(models::ids::BrokerId(1))),
            spends: Some(Fault::Kill),
        };
        let mut storm = storm(0, 0);
        let mut stream = Stream::new(0, Purpose::Schedule);
        assert_eq!(storm.turn(&[&kill], &mut stream), Turn::Over);
    }
}
