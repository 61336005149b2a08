//! Changes of a partition as a recording has them, beside every state of the model: which stands for which.
//!
//! The recording is poorer than the truth in three ways. The poll misses states that do not last. A state equal to one
//! of the two written last is not written again, nor one with an older epoch. And brokers lag: after a new state one of
//! them may still show an older one of the same epoch. All three are allowed, nothing else is.

use std::collections::BTreeSet;

use super::cells::{Kind, Row, Thing};
use super::tally::{NOTHING, Tally};
use crate::recording::{PartitionState, TopicPartition};

/// What a recording says about the states of one partition.
pub(crate) struct Seen<'a> {
    /// Which partition.
    pub(crate) partition: &'a TopicPartition,
    /// Line and state of each change, in order.
    pub(crate) changes: Vec<(usize, PartitionState)>,
    /// The state before the first change.
    pub(crate) initial: PartitionState,
    /// States that the metadata log shows: the poll may have missed them.
    pub(crate) logged: BTreeSet<PartitionState>,
    /// How many writes the version of its znode shows: the poll may have missed these first ones.
    pub(crate) writes: usize,
    /// The line for what only the model has when no change is recorded.
    pub(crate) last_line: usize,
}

/// A step through both lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The recorded change is this state of the model.
    Same,
    /// The model's state is not written.
    Unwritten,
    /// The model's state should have been written.
    Extra,
    /// The recorded change is an older state, shown by a broker that lags.
    Lagging,
    /// The model has nothing for the recorded change.
    Missing,
}

/// Compares the recorded changes of a partition with every state that the model told its brokers.
pub(crate) fn compare(tally: &mut Tally, seen: &Seen<'_>, model: &[PartitionState]) {
    let about = [Thing::Topic(seen.partition.topic.clone())];
    let row = |line: usize| Row::new(line, Kind::Change, seen.partition.to_string(), &about);
    let start = model
        .iter()
        .position(|state| *state == seen.initial)
        .map_or(1, |at| at + 1);
    let model_from = start.min(model.len());
    let mut line = seen.changes.first().map_or(seen.last_line, |(line, _)| *line);
    let (mut i, mut j) = (0, model_from);
    for step in steps(seen, model, model_from) {
        match step {
            Step::Same | Step::Lagging | Step::Missing => {
                let (at, expected) = &seen.changes[i];
                line = *at;
                let got = match step {
                    Step::Same => Some(&model[j]),
                    Step::Lagging => Some(expected),
                    Step::Unwritten | Step::Extra | Step::Missing => None,
                };
                let row = row(line);
                let value = |of: fn(&PartitionState) -> String| got.map_or_else(|| NOTHING.to_owned(), of);
                tally.cell(
                    &row,
                    "leader",
                    &expected.leader.to_string(),
                    &value(|s| s.leader.to_string()),
                );
                tally.cell(
                    &row,
                    "epoch",
                    &expected.epoch.to_string(),
                    &value(|s| s.epoch.to_string()),
                );
                tally.cell(&row, "isr", &expected.isr_text(), &value(PartitionState::isr_text));
                (i, j) = (i + 1, j + usize::from(step == Step::Same));
            }
            Step::Extra => {
                tally.extra(line, &row(line), "", &model[j].to_string());
                j += 1;
            }
            Step::Unwritten => j += 1,
        }
    }
}

/// The way through both lists with the fewest differences; of equals the first in the order of [`ways`].
fn steps(seen: &Seen<'_>, model: &[PartitionState], from: usize) -> Vec<Step> {
    let (rows, columns) = (seen.changes.len(), model.len());
    let mut cost = vec![vec![0_usize; columns + 1]; rows + 1];
    for i in (0..=rows).rev() {
        for j in (from..=columns).rev() {
            let costs = ways(seen, model, i, j)
                .into_iter()
                .map(|(_, price, a, b)| price + cost[a][b]);
            cost[i][j] = costs.min().unwrap_or(0);
        }
    }
    let (mut steps, mut i, mut j) = (Vec::new(), 0, from);
    while i < rows || j < columns {
        let ways = ways(seen, model, i, j);
        let best = ways
            .into_iter()
            .find(|(_, price, a, b)| price + cost[*a][*b] == cost[i][j]);
        let (step, _, a, b) = best.expect("the least cost is the cost of one of the ways");
        steps.push(step);
        (i, j) = (a, b);
    }
    steps
}

/// The possible steps before change `i` and state `j`: step, differences, and where it leads.
fn ways(seen: &Seen<'_>, model: &[PartitionState], i: usize, j: usize) -> Vec<(Step, usize, usize, usize)> {
    let mut ways = Vec::new();
    let change = seen.changes.get(i).map(|(_, state)| state);
    if let (Some(change), Some(state)) = (change, model.get(j)) {
        ways.push((Step::Same, differences(change, state), i + 1, j + 1));
    }
    if let Some(state) = model.get(j) {
        let step = if unwritten(seen, state, i, j) {
            (Step::Unwritten, 0)
        } else {
            (Step::Extra, 1)
        };
        ways.push((step.0, step.1, i, j + 1));
    }
    if let Some(change) = change {
        let lags = written(seen, i).next().is_some_and(|last| last.epoch == change.epoch);
        if lags && model[..j].contains(change) {
            ways.push((Step::Lagging, 0, i + 1, j));
        }
        ways.push((Step::Missing, 3, i + 1, j));
    }
    ways
}

fn differences(a: &PartitionState, b: &PartitionState) -> usize {
    [a.leader != b.leader, a.epoch != b.epoch, a.isr != b.isr]
        .into_iter()
        .map(usize::from)
        .sum()
}

/// What was written before change `i`, the last one first.
fn written<'a>(seen: &'a Seen<'_>, i: usize) -> impl Iterator<Item = &'a PartitionState> {
    seen.changes[..i]
        .iter()
        .rev()
        .map(|(_, state)| state)
        .chain([&seen.initial])
}

/// Whether state `j` of the model need not be among the changes, as seen before change `i`.
fn unwritten(seen: &Seen<'_>, state: &PartitionState, i: usize, j: usize) -> bool {
    let written_lately = written(seen, i).take(2).any(|w| w == state);
    let older = written(seen, i).next().is_some_and(|last| state.epoch < last.epoch);
    written_lately || older || seen.logged.contains(state) || j <= seen.writes
}

#[cfg(test)]
mod tests {
    use super::super::cells::Kinds;
    use super::*;
    use crate::recording::{LeaderEpoch, NodeId};

    /// `1 0 1,2,3`: leader, epoch, ISR.
    fn state(text: &str) -> PartitionState {
        let words: Vec<&str> = text.split(' ').collect();
        let isr = words[2]
            .split(',')
            .filter(|id| !id.is_empty())
            .map(|id| id.parse().unwrap())
            .collect();
        PartitionState {
            leader: NodeId(words[0].parse().unwrap()),
            epoch: LeaderEpoch(words[1].parse().unwrap()),
            isr,
        }
    }

    /// Differences between changes (the first is the initial state) and the model, with these states in the log.
    #[track_caller]
    fn check(changes: &[&str], logged: &[&str], model: &[&str], expected: &[&str]) {
        let partition = TopicPartition::new("t", 0);
        let states: Vec<PartitionState> = changes.iter().map(|c| state(c)).collect();
        let seen = Seen {
            partition: &partition,
            initial: states[0].clone(),
            changes: states
                .into_iter()
                .skip(1)
                .enumerate()
                .map(|(i, s)| (i + 1, s))
                .collect(),
            logged: logged.iter().map(|l| state(l)).collect(),
            writes: 0,
            last_line: 99,
        };
        let mut tally = Tally::new(Kinds::all());
        compare(&mut tally, &seen, &model.iter().map(|m| state(m)).collect::<Vec<_>>());
        let told = tally
            .differ
            .iter()
            .map(|d| format!("{} {} {} {}", d.line, d.what, d.expected, d.got.clone().unwrap()));
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn equal_changes_are_equal() {
        check(&["1 0 1,2", "2 1 2"], &[], &["1 0 1,2", "2 1 2"], &[]);
        check(
            &["1 0 1,2", "2 1 2"],
            &[],
            &["1 0 1,2", "2 2 2"],
            &["1 change t-0 epoch 1 2"],
        );
        check(
            &["1 0 1,2", "2 1 2"],
            &[],
            &["1 0 1,2", "2 1 2,1"],
            &["1 change t-0 isr 2 2,1"],
        );
    }

    #[test]
    fn a_state_may_be_missed_only_if_the_log_shows_it() {
        let model = ["1 0 1", "-1 1 ", "2 2 2"];
        check(&["1 0 1", "2 2 2"], &["-1 1 "], &model, &[]);
        check(
            &["1 0 1", "2 2 2"],
            &[],
            &model,
            &["1 change t-0 (nothing) leader -1 epoch 1 isr "],
        );
    }

    #[test]
    fn a_member_that_leaves_and_returns_may_show_its_leaving_only() {
        check(&["1 0 1,2", "1 0 1"], &[], &["1 0 1,2", "1 0 1", "1 0 1,2"], &[]);
        check(
            &["1 0 1,2", "1 0 1"],
            &[],
            &["1 0 1,2", "1 0 1", "1 0 1,3"],
            &["1 change t-0 (nothing) leader 1 epoch 0 isr 1,3"],
        );
    }

    #[test]
    fn a_broker_that_lags_may_show_an_older_state_of_the_epoch() {
        // slow-follower-kraft-3.9: 1,2 is written after 1,2,3, which came later.
        let model = ["1 0 1,2,3", "1 0 1,2", "1 0 1", "1 0 1,2", "1 0 1,2,3"];
        check(
            &["1 0 1,2,3", "1 0 1,2", "1 0 1", "1 0 1,2,3", "1 0 1,2"],
            &[],
            &model,
            &[],
        );
        let three = [
            "1 change t-0 leader 1 (nothing)",
            "1 change t-0 epoch 0 (nothing)",
            "1 change t-0 isr 1,2 (nothing)",
        ];
        check(&["2 1 2", "1 0 1,2"], &[], &["1 0 1,2", "2 1 2"], &three);
    }

    #[test]
    fn what_was_before_the_first_look_does_not_count() {
        check(&["2 1 2", "2 1 2,1"], &[], &["1 0 1,2", "2 1 2", "2 1 2,1"], &[]);
    }
}
