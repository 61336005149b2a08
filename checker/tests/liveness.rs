//! Liveness: a lock whose users may starve, and random graphs on which another algorithm must agree.

use std::collections::BTreeSet;

use checker::search::Trace;
use checker::search::liveness::{Goal, Graph, TooLarge};
use checker::{Steps, System};
use proptest::prelude::*;

/// Two processes share a lock. Each asks, enters, and leaves; a process may also never ask.
struct Lock;

type State = [u8; 2]; // 0 idle, 1 waiting, 2 inside

impl System for Lock {
    type State = State;
    type Action = String;

    fn initial(&self) -> Vec<State> {
        vec![[0, 0]]
    }

    fn successors(&self, state: &State, steps: &mut Steps<Self>) {
        for p in 0..2 {
            let (verb, to) = match state[p] {
                0 => ("asks", 1),
                1 if state[1 - p] != 2 => ("enters", 2),
                1 => continue,
                _ => ("leaves", 0),
            };
            let mut next = *state;
            next[p] = to;
            steps.add(format!("{p} {verb}"), next);
        }
    }
}

fn lasso(goal: Goal<'_, State>, class: &dyn Fn(&str) -> Option<String>) -> Option<(String, String)> {
    let graph = Graph::explore(&Lock, 100).expect("the lock has few states");
    let text = |trace: &Trace<Lock>| trace.actions().cloned().collect::<Vec<_>>().join(", ");
    graph
        .violation(&goal, &|action| class(action))
        .map(|lasso| (text(&lasso.stem), text(&lasso.cycle)))
}

fn found(stem: &str, cycle: &str) -> Option<(String, String)> {
    Some((stem.to_owned(), cycle.to_owned()))
}

fn each_action(action: &str) -> Option<String> {
    Some(action.to_owned())
}

fn each_action_but_asking(action: &str) -> Option<String> {
    Some(action.to_owned()).filter(|action| !action.ends_with("asks"))
}

#[test]
fn without_fairness_a_run_may_stay_where_it_is() {
    let inside = |state: &State| state[0] == 2;
    assert_eq!(lasso(Goal::Eventually(&inside), &|_| None), found("", ""));
}

#[test]
fn nobody_is_obliged_to_ask() {
    let inside = |state: &State| state[0] == 2;
    assert_eq!(lasso(Goal::Eventually(&inside), &each_action_but_asking), found("", ""));
}

#[test]
fn weak_fairness_lets_a_waiting_process_starve() {
    let (waits, enters) = (|state: &State| state[0] == 1, |state: &State| state[0] == 2);
    let starved = lasso(Goal::LeadsTo(&waits, &enters), &each_action);
    // Process 0 can enter only now and then, which weak fairness does not reward.
    assert_eq!(starved, found("0 asks", "1 asks, 1 enters, 1 leaves"));
}

#[test]
fn weak_fairness_makes_somebody_enter() {
    let somebody = |state: &State| state.contains(&2);
    assert_eq!(lasso(Goal::AlwaysEventually(&somebody), &each_action), None);
}

#[test]
fn weak_fairness_makes_a_process_leave() {
    let (inside, outside) = (|state: &State| state[0] == 2, |state: &State| state[0] != 2);
    assert_eq!(lasso(Goal::LeadsTo(&inside, &outside), &each_action_but_asking), None);
}

#[test]
fn a_goal_met_once_is_met_for_eventually_but_not_for_always_eventually() {
    let start = |state: &State| *state == [0, 0];
    assert_eq!(lasso(Goal::Eventually(&start), &each_action), None);
    assert!(lasso(Goal::AlwaysEventually(&start), &each_action).is_some());
}

#[test]
fn a_graph_larger_than_allowed_is_refused() {
    assert_eq!(Graph::explore(&Lock, 3).err(), Some(TooLarge { max_states: 3 }));
}

/// A graph drawn by lot. Each edge belongs to one of three classes; only the first two are obliged to act.
#[derive(Clone, Debug)]
struct Drawn {
    edges: Vec<Vec<(u8, usize)>>, // (class, target), sorted, each once
}

impl System for Drawn {
    type State = usize;
    type Action = String;

    fn initial(&self) -> Vec<usize> {
        vec![0]
    }

    fn successors(&self, &state: &usize, steps: &mut Steps<Self>) {
        for &(class, target) in &self.edges[state] {
            steps.add(format!("{class}->{target}"), target);
        }
    }
}

fn obliged(action: &str) -> Option<u8> {
    let class = action.split("->").next()?.parse().ok()?;
    Some(class).filter(|&class| class < 2)
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let edges = prop::collection::btree_set((0..3_u8, 0..12_usize), 0..4);
    let edges = edges.prop_map(|edges| edges.into_iter().collect());
    prop::collection::vec(edges, 12).prop_map(|edges| Drawn { edges })
}

impl Drawn {
    /// States from which a fair run never leaves `within`: the greatest set from each of whose states every class can be
    /// satisfied without leaving the set.
    fn fair_within(&self, within: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut set = within.clone();
        loop {
            let before = set.clone();
            for class in 0..2 {
                let enabled = |at: usize| self.edges[at].iter().any(|&(of, to)| of == class && to != at);
                let acts = |at: usize| {
                    self.edges[at]
                        .iter()
                        .any(|&(of, to)| of == class && to != at && set.contains(&to))
                };
                let satisfied = set.iter().copied().filter(|&at| !enabled(at) || acts(at)).collect();
                set = self.can_reach(satisfied, &set);
            }
            if set == before {
                return set;
            }
        }
    }

    fn can_reach(&self, mut reached: BTreeSet<usize>, within: &BTreeSet<usize>) -> BTreeSet<usize> {
        loop {
            let reaches = |at: &usize| self.edges[*at].iter().any(|(_, to)| reached.contains(to));
            let more: BTreeSet<usize> = within.iter().copied().filter(reaches).collect();
            if more.is_subset(&reached) {
                return reached;
            }
            reached.extend(more);
        }
    }

    fn reachable(&self, within: impl Fn(usize) -> bool) -> BTreeSet<usize> {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![0]);
        while let Some(at) = waiting.pop() {
            if within(at) && reached.insert(at) {
                waiting.extend(self.edges[at].iter().map(|(_, to)| to));
            }
        }
        reached
    }

    fn is_run(&self, trace: &Trace<Drawn>) -> bool {
        let states: Vec<usize> = trace.states().copied().collect();
        let step = |(pair, action): (&[usize], &String)| {
            let names = |&(class, to): &(u8, usize)| to == pair[1] && *action == format!("{class}->{to}");
            self.edges[pair[0]].iter().any(names)
        };
        states.windows(2).zip(trace.actions()).all(step)
    }

    /// Whether every class is disabled somewhere on the cycle, or acts on it.
    fn is_fair(&self, cycle: &Trace<Drawn>) -> bool {
        (0..2).all(|class| {
            let idle = |&at: &usize| !self.edges[at].iter().any(|&(of, to)| of == class && to != at);
            cycle.states().any(idle) || cycle.actions().any(|action| obliged(action) == Some(class))
        })
    }
}

proptest! {
    #[test]
    fn a_lasso_is_found_exactly_where_a_fair_run_can_avoid_the_goal(
        drawn in drawn(),
        good in prop::collection::btree_set(0..12_usize, 0..4),
    ) {
        let graph = Graph::explore(&drawn, 12).expect("twelve states");
        let is_good = |at: &usize| good.contains(at);
        let bad = |at: usize| !good.contains(&at);

        let avoiding = drawn.fair_within(&drawn.reachable(|_| true).into_iter().filter(|&at| bad(at)).collect());
        let lasso = graph.violation(&Goal::AlwaysEventually(&is_good), &|action| obliged(action));
        prop_assert_eq!(lasso.is_some(), !avoiding.is_empty());
        if let Some(lasso) = lasso {
            prop_assert!(drawn.is_run(&lasso.stem) && drawn.is_run(&lasso.cycle) && drawn.is_fair(&lasso.cycle));
            prop_assert!(lasso.cycle.states().all(|&at| bad(at)));
            prop_assert_eq!(lasso.stem.last(), lasso.cycle.states().next().unwrap());
            prop_assert_eq!(lasso.stem.last(), lasso.cycle.last());
        }

        let never = drawn.fair_within(&drawn.reachable(bad));
        let lasso = graph.violation(&Goal::Eventually(&is_good), &|action| obliged(action));
        prop_assert_eq!(lasso.is_some(), !never.is_empty());
        prop_assert!(lasso.is_none_or(|lasso| lasso.stem.states().all(|&at| bad(at))));
    }
}
