//! Series: how many events a sampler needs until it finds a violation. Each series is run after run from seeds of its own;
//! one that is given up is counted as such, never left out.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use models::settle::settled;

use super::run::{Found, Runner};
use super::{Plan, Watching};

/// The seeds of two series lie this far apart.
const SEEDS_APART: u64 = 1 << 32;

/// One series.
#[derive(Clone, Debug)]
pub struct Series {
    /// Events until the violation, its run included; or until it was given up.
    pub events: u64,
    /// Runs that were begun.
    pub runs: u64,
    /// The seed of the run with the violation, and the violation. Without one the series was given up.
    pub found: Option<(u64, Found)>,
}

/// Performs so many series of a plan, the first from its first seed. Each goes on until a run violates a property or
/// `events_max` events were performed: a violation behind them is not counted as found. The plan's own number of runs and
/// its part of the seeds mean nothing here. The series are those of their numbers, whatever the number of threads; when
/// `watching` breaks, those that were not finished are missing at the end.
pub fn series(plan: &Plan<'_>, count: u64, events_max: u64, watching: &mut Watching<'_>) -> Vec<Series> {
    let (next, done, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let finished = Mutex::new(Vec::new());
    let watching = Mutex::new(watching);
    let initial = settled(plan.config);
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            scope.spawn(|| {
                let config = plan.config.clone();
                let mut runner = Runner::starting(&config, plan, initial.values());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let watched = |events: u64| {
                        let events = done.fetch_add(events, Ordering::Relaxed);
                        let mut watching = watching.lock().expect("the watcher does not panic");
                        let flow = watching(number, events);
                        stop.fetch_or(flow.is_break(), Ordering::Relaxed);
                        flow
                    };
                    let first_seed = plan.first_seed.wrapping_add(number.wrapping_mul(SEEDS_APART));
                    if let Some(series) = one(&mut runner, first_seed, events_max, watched) {
                        let mut finished = finished.lock().expect("no thread panics while it holds the series");
                        finished.push((number, series));
                    }
                }
            });
        }
    });
    let mut finished = finished.into_inner().expect("as above");
    finished.sort_by_key(|(number, _)| *number);
    finished.into_iter().map(|(_, series)| series).collect()
}

/// One series; `None` when it was broken off.
fn one(
    runner: &mut Runner<'_>,
    first_seed: u64,
    events_max: u64,
    mut watched: impl FnMut(u64) -> ControlFlow<()>,
) -> Option<Series> {
    let mut series = Series {
        events: 0,
        runs: 0,
        found: None,
    };
    while series.events < events_max {
        let seed = first_seed.wrapping_add(series.runs);
        // Nobody asks how many states these runs pass.
        let outcome = runner.run(seed, 1);
        series.runs += 1;
        // A run without events would never end a series.
        series.events += outcome.events.max(1);
        if let Some(found) = outcome.found
            && series.events <= events_max
        {
            series.found = Some((seed, found));
            return Some(series);
        }
        if watched(outcome.events).is_break() {
            return None;
        }
    }
    series.events = events_max;
    Some(series)
}

/// The median number of events until a violation, over all series: one that was given up stands behind all that found one.
/// Of an even number of series it is the lower of the two in the middle. `None` when the one in the middle was given up:
/// all that is known is that the median lies above the bound.
pub fn median(series: &[Series]) -> Option<u64> {
    let mut found: Vec<u64> = series
        .iter()
        .filter(|series| series.found.is_some())
        .map(|series| series.events)
        .collect();
    found.sort_unstable();
    let middle = series.len().checked_sub(1)? / 2;
    found.get(middle).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Violation;
    use sim_core::Failure;

    fn of(events: u64, found: bool) -> Series {
        let violation = Violation {
            property: "no-committed-loss",
            failure: Failure {
                about: "m1".to_owned(),
                reason: String::new(),
            },
        };
        let found = found.then(|| {
            let decisions = Vec::new();
            (0, Found { violation, decisions })
        });
        Series { events, runs: 1, found }
    }

    #[test]
    fn a_series_that_was_given_up_counts_in_the_median() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[of(30, true), of(10, true), of(20, true)]), Some(20));
        assert_eq!(
            median(&[of(100, false), of(10, true), of(20, true), of(100, false)]),
            Some(20)
        );
        assert_eq!(median(&[of(100, false), of(10, true), of(100, false)]), None);
    }
}
