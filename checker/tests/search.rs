//! Toy systems, one for each thing a search can say; and random graphs, on which all orders must say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use checker::search::{Extent, NO_DEADLOCK, Progress, Traces, Unfinished, Why};
use checker::{Findings, Report, Search, Steps, System, Verdict};
use proptest::prelude::*;

/// A graph drawn by hand: states are numbers, each step is named after the state it leads to.
#[derive(Clone, Debug, Default)]
struct Toy {
    edges: BTreeMap<u8, Vec<u8>>,
    bad: BTreeSet<u8>,
    ugly: BTreeSet<u8>,
    bad_steps: BTreeSet<(u8, u8)>,
    sought: BTreeSet<u8>,
    last: BTreeSet<u8>,
}

impl Toy {
    fn new(edges: &[(u8, &[u8])]) -> Toy {
        Toy {
            edges: edges.iter().map(|(from, to)| (*from, to.to_vec())).collect(),
            ..Toy::default()
        }
    }

    fn bad(self, bad: impl IntoIterator<Item = u8>) -> Toy {
        Toy {
            bad: bad.into_iter().collect(),
            ..self
        }
    }

    fn bad_step(self, from: u8, to: u8) -> Toy {
        Toy {
            bad_steps: [(from, to)].into(),
            ..self
        }
    }

    fn sought(self, sought: u8) -> Toy {
        Toy {
            sought: [sought].into(),
            ..self
        }
    }
}

impl System for Toy {
    type State = u8;
    type Action = u8;

    fn initial(&self) -> Vec<u8> {
        vec![0]
    }

    fn successors(&self, state: &u8, steps: &mut Steps<Self>) {
        for &to in self.edges.get(state).into_iter().flatten() {
            let found = steps.add(to, to);
            if self.bad_steps.contains(&(*state, to)) {
                found.violated("good");
            }
            if to < *state {
                found.reached("went down");
            }
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        vec!["good", "pretty"]
    }

    fn witnesses(&self) -> Vec<&'static str> {
        if self.sought.is_empty() {
            Vec::from(["went down"])
        } else {
            Vec::from(["went down", "sought"])
        }
    }

    fn judge(&self, state: &u8, found: &mut Findings) {
        if self.ugly.contains(state) {
            found.violated("pretty");
        }
        if self.bad.contains(state) {
            found.violated("good");
        }
        if self.sought.contains(state) {
            found.reached("sought");
        }
    }

    fn is_final(&self, state: &u8) -> bool {
        self.last.contains(state)
    }

    fn kinds(&self) -> Vec<&'static str> {
        vec!["up", "stay"]
    }

    fn kind(&self, action: &u8) -> &'static str {
        if *action == 0 { "restart" } else { "up" }
    }
}

/// Two ways to 4: a short one that the canonical order tries last, and a long one.
fn two_ways() -> Toy {
    Toy::new(&[(0, &[1, 3]), (1, &[2]), (2, &[5]), (3, &[4]), (5, &[4]), (4, &[0])])
}

fn all_orders() -> [Search; 3] {
    [Search::breadth_first(), Search::depth_first(), Search::iterative()]
}

fn trace(report: &Report<Toy>) -> Option<(&'static str, Vec<u8>)> {
    match &report.verdict {
        Verdict::Violated { property, trace } => Some((*property, trace.actions().copied().collect())),
        Verdict::Holds | Verdict::Inconclusive(_) => None,
    }
}

#[test]
fn a_system_without_violations_holds_and_is_counted() {
    for search in all_orders() {
        let report = search.run(&two_ways());
        assert!(matches!(report.verdict, Verdict::Holds) && !report.hollow());
        assert_eq!(
            (report.states, report.transitions, report.extent),
            (6, 7, Extent::Whole)
        );
        assert_eq!(report.kinds, [("up", 6), ("stay", 0), ("restart", 1)]);
    }
    assert_eq!(Search::breadth_first().run(&two_ways()).levels, [1, 2, 2, 1]);
    assert_eq!(Search::iterative().run(&two_ways()).levels, [1, 2, 2, 1]);
}

#[test]
fn breadth_first_and_iterative_find_the_shortest_trace() {
    for search in [Search::breadth_first(), Search::iterative()] {
        let report = search.run(&two_ways().bad([4]));
        assert_eq!(
            (trace(&report), report.traces),
            (Some(("good", vec![3, 4])), Traces::Shortest)
        );
        assert_eq!(report.extent, Extent::ToViolation);
    }
}

#[test]
fn depth_first_follows_the_canonical_order_down() {
    let report = Search::depth_first().run(&two_ways().bad([4]));
    assert_eq!(
        (trace(&report), report.traces),
        (Some(("good", vec![1, 2, 5, 4])), Traces::AsFound)
    );
}

#[test]
fn steps_are_tried_in_the_order_of_their_actions_however_they_are_added() {
    let backwards = Toy::new(&[(0, &[3, 1]), (1, &[4]), (3, &[4])]).bad([4]);
    for search in all_orders() {
        assert_eq!(trace(&search.run(&backwards)), Some(("good", vec![1, 4])));
    }
}

#[test]
fn an_initial_state_can_be_a_violation() {
    for search in all_orders() {
        assert_eq!(trace(&search.run(&two_ways().bad([0]))), Some(("good", vec![])));
    }
}

#[test]
fn a_step_can_be_a_violation_even_if_it_leads_to_a_known_state() {
    for search in all_orders() {
        assert_eq!(
            trace(&search.run(&two_ways().bad_step(4, 0))).unwrap().1.last(),
            Some(&0)
        );
    }
    let report = Search::breadth_first().run(&two_ways().bad_step(4, 0));
    assert_eq!(trace(&report), Some(("good", vec![3, 4, 0])));
}

#[test]
fn of_two_properties_violated_at_once_the_first_listed_is_reported() {
    let both = Toy {
        ugly: [4].into(),
        ..two_ways().bad([4])
    };
    for search in all_orders() {
        assert_eq!(trace(&search.run(&both)).unwrap().0, "good");
    }
}

#[test]
fn count_all_counts_each_property_and_searches_behind_violations() {
    let toy = Toy {
        ugly: [2, 5].into(),
        ..two_ways().bad([1]).bad_step(5, 4)
    };
    for search in all_orders() {
        let report = search.count_all().run(&toy);
        let counts: Vec<_> = report
            .properties
            .iter()
            .map(|p| (p.name, p.violating_states, p.violating_steps))
            .collect();
        assert_eq!(counts, [("good", 1, 1), ("pretty", 2, 0)]);
        assert_eq!((report.states, report.extent), (6, Extent::Whole));
        let lengths: Vec<_> = report
            .properties
            .iter()
            .map(|p| p.first.as_ref().unwrap().len())
            .collect();
        assert_eq!(lengths, [1, 2]);
        assert_eq!(trace(&report), Some(("good", vec![1])));
    }
}

#[test]
fn too_many_states_are_inconclusive() {
    let stopped = |search: Search| search.max_states(4).run(&two_ways()).extent;
    let partial = |frontier, complete_to| {
        Extent::Partial(Unfinished {
            why: Why::MaxStates,
            frontier,
            complete_to,
        })
    };
    assert_eq!(stopped(Search::breadth_first()), partial(2, Some(1)));
    assert_eq!(stopped(Search::depth_first()), partial(2, Some(0)));
    assert_eq!(stopped(Search::iterative()), partial(2, Some(1)));
    assert_eq!(
        Search::breadth_first().max_states(0).run(&two_ways()).extent,
        partial(0, None)
    );
}

#[test]
fn a_bound_on_states_that_is_just_enough_is_no_bound() {
    for search in all_orders() {
        assert!(matches!(search.max_states(6).run(&two_ways()).verdict, Verdict::Holds));
    }
}

#[test]
fn a_bound_on_depth_that_hides_states_is_inconclusive() {
    for search in all_orders() {
        let report = search.max_depth(1).run(&two_ways());
        let Verdict::Inconclusive(unfinished) = report.verdict else {
            panic!("{report}")
        };
        assert_eq!(
            unfinished,
            Unfinished {
                why: Why::MaxDepth,
                frontier: 2,
                complete_to: Some(1)
            }
        );
        assert_eq!((report.states, report.transitions), (3, 2));
    }
}

#[test]
fn a_bound_on_depth_that_hides_nothing_is_no_bound() {
    for search in all_orders() {
        let report = search.max_depth(3).run(&two_ways());
        assert!(matches!(report.verdict, Verdict::Holds), "{report}");
        assert_eq!((report.states, report.transitions), (6, 7));
    }
}

#[test]
fn a_bounded_depth_first_search_reaches_all_that_is_near() {
    // 4 is met first on the long way, at the bound; its successor is seen only because the short way is followed, too.
    let toy = Toy::new(&[(0, &[1, 3]), (1, &[2]), (2, &[4]), (3, &[4]), (4, &[6])]).bad([6]);
    assert_eq!(
        trace(&Search::depth_first().max_depth(3).run(&toy)),
        Some(("good", vec![3, 4, 6]))
    );
}

#[test]
fn a_broken_off_search_says_how_far_it_came() {
    for search in all_orders() {
        let mut seen = Vec::new();
        let report = search.run_watched(&two_ways(), &mut |progress| {
            seen.push(progress);
            ControlFlow::Break(())
        });
        assert_eq!(
            seen,
            [Progress {
                states: 1,
                transitions: 0,
                frontier: 1,
                depth: 0,
                memory: 0,
            }]
        );
        let (why, frontier, complete_to) = (Why::Interrupted, 1, Some(0));
        assert_eq!(
            report.extent,
            Extent::Partial(Unfinished {
                why,
                frontier,
                complete_to
            }),
            "{:?}",
            search.order
        );
    }
}

#[test]
fn a_witness_that_is_never_reached_makes_the_result_hollow() {
    for search in all_orders() {
        let report = search.run(&two_ways().sought(9));
        assert!(report.hollow());
        assert_eq!(report.unreached().collect::<Vec<_>>(), ["sought"]);
        assert!(!search.run(&two_ways().sought(5)).hollow());
    }
    let report = Search::iterative().run(&two_ways().sought(5));
    assert_eq!(
        report.witnesses.iter().map(|w| w.depth).collect::<Vec<_>>(),
        [Some(3), Some(3)]
    );
}

#[test]
fn a_deadlock_is_a_violation_only_where_it_is_looked_for() {
    let toy = Toy::new(&[(0, &[1, 2]), (1, &[0])]);
    for search in all_orders() {
        assert!(matches!(search.run(&toy).verdict, Verdict::Holds));
        assert_eq!(
            trace(&search.report_deadlocks().run(&toy)),
            Some((NO_DEADLOCK, vec![2]))
        );
        let done = Toy {
            last: [2].into(),
            ..toy.clone()
        };
        assert!(matches!(search.report_deadlocks().run(&done).verdict, Verdict::Holds));
    }
}

/// A walk on a line, on which left and right are interchangeable.
struct Line;

impl System for Line {
    type State = i8;
    type Action = &'static str;

    fn initial(&self) -> Vec<i8> {
        vec![-2]
    }

    fn successors(&self, at: &i8, steps: &mut Steps<Self>) {
        if at.abs() < 4 {
            steps.add("left", at - 1);
            steps.add("right", at + 1);
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        vec!["not-in-the-middle", "no-way-out"]
    }

    fn judge(&self, at: &i8, found: &mut Findings) {
        if *at == 0 {
            found.violated("not-in-the-middle");
        }
        if at.abs() == 4 {
            found.violated("no-way-out");
        }
    }

    fn representative(&self, at: i8) -> i8 {
        at.abs()
    }
}

#[test]
fn under_symmetry_a_trace_is_still_a_run_from_an_initial_state() {
    for search in all_orders() {
        let report = search.count_all().run(&Line);
        let runs: Vec<Vec<i8>> = report
            .properties
            .iter()
            .map(|p| p.first.as_ref().unwrap().states().copied().collect())
            .collect();
        assert_eq!((report.states, runs), (5, vec![vec![-2, -1, 0], vec![-2, -3, -4]]));
    }
}

#[test]
fn a_report_reads_like_this() {
    let holds = Search::breadth_first().run(&two_ways().sought(9)).to_string();
    let expected = "\
explored   6 states, 7 transitions, depth 3, frontier empty
verdict    HOLDS (hollow: 1 witness never reached)
             good                    holds
             pretty                  holds
reached    1 of 2 witnesses; never: sought
";
    assert_eq!(holds, expected);

    let violated = Search::breadth_first().run(&two_ways().bad([4])).to_string();
    let expected = "\
explored   5 states, 4 transitions, depth 2, ended at the first violation
verdict    VIOLATED: good, in 2 steps, the fewest possible
             good                    violated in 1 state
             pretty                  no violation seen
reached    0 of 1 witness; never: went down
1  3
2  4
";
    assert_eq!(violated, expected);

    let bounded = Search::breadth_first().max_depth(1).run(&two_ways()).to_string();
    let expected = "\
explored   3 states, 2 transitions, depth 1, frontier 2
verdict    INCONCLUSIVE: no deeper allowed, frontier 2, deepest level complete 1
             good                    no violation seen
             pretty                  no violation seen
reached    0 of 1 witness; never: went down
";
    assert_eq!(bounded, expected);
}

fn toys() -> impl Strategy<Value = Toy> {
    let edges = prop::collection::vec(prop::collection::btree_set(0..30_u8, 0..4), 30);
    let set = || prop::collection::btree_set(0..30_u8, 0..3);
    let bad_steps = prop::collection::btree_set((0..30_u8, 0..30_u8), 0..20);
    (edges, set(), set(), bad_steps, set()).prop_map(|(edges, bad, ugly, bad_steps, sought)| {
        let edges = (0..)
            .zip(edges.into_iter().map(|to| to.into_iter().collect()))
            .collect();
        Toy {
            edges,
            bad,
            ugly,
            bad_steps,
            sought,
            last: BTreeSet::new(),
        }
    })
}

/// How many states are 0, 1, 2, ... steps from the start, by the obvious means.
fn levels(toy: &Toy) -> Vec<u64> {
    let (mut known, mut level, mut levels) = (BTreeSet::from([0]), BTreeSet::from([0]), Vec::new());
    while !level.is_empty() {
        levels.push(level.len() as u64);
        let next: BTreeSet<u8> = level
            .iter()
            .flat_map(|at| toy.edges.get(at).into_iter().flatten().copied())
            .collect();
        level = next.difference(&known).copied().collect();
        known.extend(&level);
    }
    levels
}

/// What must not depend on the order.
fn essence(report: &Report<Toy>) -> impl PartialEq + std::fmt::Debug + use<> {
    let properties: Vec<_> = report
        .properties
        .iter()
        .map(|p| (p.violating_states, p.violating_steps))
        .collect();
    let witnesses: Vec<bool> = report.witnesses.iter().map(|witness| witness.depth.is_some()).collect();
    (
        report.states,
        report.digest,
        report.transitions,
        report.extent,
        properties,
        witnesses,
        report.kinds.clone(),
    )
}

fn same_run(toy: &Toy, report: &Report<Toy>) -> bool {
    let Verdict::Violated { trace, .. } = &report.verdict else {
        return true;
    };
    let states: Vec<u8> = trace.states().copied().collect();
    states[0] == 0 && states.windows(2).all(|pair| toy.edges[&pair[0]].contains(&pair[1]))
}

proptest! {
    #[test]
    fn all_orders_count_the_same(toy in toys(), max_depth in prop::option::of(0..8_usize)) {
        let with = |search: Search| Search { max_depth, ..search.count_all() }.run(&toy);
        let [breadth, depth, iterative] = all_orders().map(with);
        prop_assert_eq!(essence(&breadth), essence(&depth));
        prop_assert_eq!(essence(&breadth), essence(&iterative));
        let cut = max_depth.map_or(usize::MAX, |depth| depth + 1);
        let expected: Vec<u64> = levels(&toy).into_iter().take(cut).collect();
        prop_assert_eq!(&breadth.levels, &expected);
        prop_assert_eq!(&iterative.levels, &expected);
        let lengths = |report: &Report<Toy>| report.properties.iter().map(|p| p.first.as_ref().map(|t| t.len())).collect::<Vec<_>>();
        prop_assert_eq!(lengths(&breadth), lengths(&iterative));
    }

    #[test]
    fn all_orders_give_the_same_verdict(toy in toys(), max_depth in prop::option::of(0..8_usize)) {
        let with = |search: Search| Search { max_depth, ..search }.run(&toy);
        let reports = all_orders().map(with);
        let kind = |report: &Report<Toy>| match report.verdict {
            Verdict::Holds => "holds",
            Verdict::Violated { .. } => "violated",
            Verdict::Inconclusive(_) => "inconclusive",
        };
        prop_assert_eq!(kind(&reports[0]), kind(&reports[1]));
        prop_assert_eq!(kind(&reports[0]), kind(&reports[2]));
        prop_assert_eq!(trace(&reports[0]).map(|t| t.1.len()), trace(&reports[2]).map(|t| t.1.len()));
        prop_assert!(reports.iter().all(|report| same_run(&toy, report)));
    }

    #[test]
    fn no_search_keeps_more_states_than_it_may(toy in toys(), max_states in 0..20_usize) {
        for search in all_orders() {
            let report = search.count_all().max_states(max_states).run(&toy);
            prop_assert!(report.states <= max_states);
            prop_assert_eq!(report.extent == Extent::Whole, levels(&toy).iter().sum::<u64>() <= max_states as u64);
        }
    }
}
