//! Holds the specifications to the published counts, row by row. A disagreement names the row and the column.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::str::FromStr;

use checker::spec::replication::{self, Replication, Variant};
use checker::spec::two_phase_commit::TwoPhaseCommit;
use checker::spec::{Specification, Symmetry, isr_negotiation, run_spec, run_spec_watched};
use checker::{Search, Steps, System, Verdict};

/// The rows of a table: what stands between blanks, comments left out.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
}

fn number<T: FromStr>(cell: &str) -> T {
    cell.parse().unwrap_or_else(|_| panic!("`{cell}` is not a number"))
}

/// The specification that the first five or six cells of a row describe.
fn replication(row: &[&str]) -> Specification {
    let variant = Variant::ALL
        .into_iter()
        .find(|variant| variant.name() == row[0])
        .unwrap();
    let bounds = replication::Bounds::new(number(row[1]), number(row[2]), number(row[3]), number(row[4])).unwrap();
    let symmetry = if row.get(5) == Some(&"on") {
        Symmetry::On
    } else {
        Symmetry::Off
    };
    Specification::Replication(variant, bounds, symmetry)
}

const REPLICATION: &str = include_str!("tables/replication.txt");

#[test]
fn replication_has_the_published_counts_and_levels_in_every_row() {
    let mut histograms: BTreeMap<Vec<&str>, Vec<u64>> = rows(include_str!("tables/replication_levels.txt"))
        .map(|row| (row[..5].to_vec(), row[6..].iter().map(|cell| number(cell)).collect()))
        .collect();
    for row in rows(REPLICATION) {
        let report = run_spec(&replication(&row));
        let found = |name: &str| match &report.invariants[name] {
            invariant if invariant.violating_states == 0 => "0".to_owned(),
            invariant => format!(
                "{}@{}",
                invariant.violating_states,
                invariant.shortest_trace_states.unwrap()
            ),
        };
        let counted = [
            report.distinct.to_string(),
            report.depth.to_string(),
            found("WeakIsr"),
            found("StrongIsr"),
        ];
        assert_eq!(
            counted.each_ref().map(String::as_str),
            [row[6], row[7], row[9], row[10]],
            "{row:?}"
        );
        // KIP-279 and KIP-320 are published in a form that generates some successors twice.
        if ["trunc-hw", "kip-101", "kip-320-first"].contains(&row[0]) && row[5] == "off" {
            assert_eq!((report.transitions + 1).to_string(), row[8], "{row:?}");
        }
        if let Some(levels) = histograms.remove(&row[..5]) {
            assert_eq!(report.levels, levels, "{row:?}");
        }
    }
    assert!(histograms.is_empty(), "each histogram belongs to a row: {histograms:?}");
}

#[test]
fn the_other_claims_hold_or_fail_in_every_row_as_published() {
    // Rows that take a while say nothing new about these.
    for row in rows(REPLICATION).filter(|row| number::<usize>(row[6]) < 100_000) {
        let report = run_spec(&replication(&row));
        let shortest = |name: &str| report.invariants[name].shortest_trace_states;
        let (replicas, max_epoch): (usize, usize) = (number(row[1]), number(row[4]));
        assert_eq!(shortest("TypeOk"), None, "{row:?}");
        assert_eq!(shortest("LeaderInIsr"), Some(1), "false in the initial state: {row:?}");
        assert_eq!(shortest("LeaderInIsrOrNone"), None, "{row:?}");
        assert_eq!(
            shortest("IsrNonEmpty"),
            (max_epoch + 1 >= replicas).then_some(replicas + 1),
            "{row:?}"
        );
    }
}

#[test]
fn the_isr_negotiation_has_the_published_counts_in_every_row() {
    for row in rows(include_str!("tables/isr_negotiation.txt")) {
        let bounds = isr_negotiation::Bounds::new(number(row[0]), number(row[1]), number(row[2])).unwrap();
        let report = run_spec(&Specification::IsrNegotiation(bounds, Symmetry::Off));
        assert_eq!(
            (report.distinct, report.depth),
            (number(row[3]), number(row[4])),
            "{row:?}"
        );
        assert_eq!(report.invariants["ValidHighWatermark"].violating_states, 0, "{row:?}");
    }
}

/// The number of distinct representatives among all states of `plain`.
fn orbits<S: System>(plain: &S, symmetric: &S) -> usize {
    let mut orbits = BTreeSet::new();
    let mut known: BTreeSet<S::State> = plain.initial().into_iter().collect();
    let mut waiting: Vec<S::State> = known.iter().cloned().collect();
    let mut steps = Steps::default();
    while let Some(state) = waiting.pop() {
        for step in steps.of(plain, &state).drain(..) {
            if known.insert(step.state.clone()) {
                waiting.push(step.state);
            }
        }
        orbits.insert(symmetric.representative(state));
    }
    orbits.len()
}

#[test]
fn symmetry_merges_exactly_the_states_that_are_renamings_of_each_other() {
    let bounds = replication::Bounds::new(3, 1, 1, 1).unwrap();
    let [plain, symmetric] = [Symmetry::Off, Symmetry::On].map(|on| Replication::new(Variant::Kip320, bounds, on));
    assert_eq!(
        Search::breadth_first().count_all().run(&symmetric).states,
        orbits(&plain, &symmetric)
    );

    let bounds = isr_negotiation::Bounds::new(3, 2, 2).unwrap();
    let on_and_off = [Symmetry::Off, Symmetry::On];
    let [plain, symmetric] = on_and_off.map(|on| isr_negotiation::IsrNegotiation::new(bounds, on));
    assert_eq!(
        Search::breadth_first().run(&symmetric).states,
        orbits(&plain, &symmetric)
    );

    let [plain, symmetric] = on_and_off.map(|on| TwoPhaseCommit::new(4, on).unwrap());
    assert_eq!(
        Search::breadth_first().run(&symmetric).states,
        orbits(&plain, &symmetric)
    );
}

#[test]
fn a_trace_found_under_symmetry_is_a_run_of_the_plain_system() {
    let bounds = replication::Bounds::new(3, 1, 1, 1).unwrap();
    let [plain, symmetric] = [Symmetry::Off, Symmetry::On].map(|on| Replication::new(Variant::Kip279, bounds, on));
    let report = Search::breadth_first().count_all().run(&symmetric);
    let trace = report
        .properties
        .iter()
        .find(|judged| judged.name == "StrongIsr")
        .unwrap()
        .first
        .clone()
        .unwrap();
    let mut steps = Steps::default();
    let states: Vec<_> = trace.states().collect();
    for (action, pair) in trace.actions().zip(states.windows(2)) {
        let taken = steps
            .of(&plain, pair[0])
            .drain(..)
            .find(|step| step.action == *action)
            .unwrap();
        assert!(taken.state == *pair[1], "{action}");
    }
    assert_eq!(trace.len() + 1, 12);
}

#[test]
fn two_phase_commit_has_as_many_states_as_other_checkers_count() {
    for row in rows(include_str!("tables/two_phase_commit.txt")) {
        let report = Search::breadth_first().run(&TwoPhaseCommit::new(number(row[0]), Symmetry::Off).unwrap());
        assert_eq!(report.states, number::<usize>(row[1]), "{row:?}");
        assert!(matches!(report.verdict, Verdict::Holds) && !report.hollow(), "{report}");
    }
}

#[test]
fn a_report_is_json_with_keys_in_the_order_of_its_schema() {
    let report = run_spec(&replication(&["trunc-hw", "2", "1", "1", "1", "off"]));
    let json = serde_json::to_string(&report).unwrap();
    let expected = concat!(
        r#"{"schema":"sim.spec/1","variant":"trunc-hw","distinct":353,"depth":12,"#,
        r#""levels":[1,4,14,30,42,50,56,60,44,30,18,4],"invariants":{"#,
        r#""WeakIsr":{"violating_states":6,"shortest_trace_states":9},"#,
        r#""StrongIsr":{"violating_states":4,"shortest_trace_states":10},"#,
        r#""TypeOk":{"violating_states":0,"shortest_trace_states":null},"#,
        r#""LeaderInIsr":{"violating_states":41,"shortest_trace_states":1},"#,
        r#""LeaderInIsrOrNone":{"violating_states":0,"shortest_trace_states":null},"#,
        r#""IsrNonEmpty":{"violating_states":2,"shortest_trace_states":3}}}"#,
    );
    assert_eq!(json, expected);
}

#[test]
fn a_report_as_text_tells_the_shortest_run() {
    let text = run_spec(&replication(&["trunc-hw", "2", "1", "1", "1", "off"])).to_string();
    let expected = "\
spec       trunc-hw: replicas 2, log size 1, records 1, leader epochs 0 to 1, symmetry off
counted    353 distinct states, 682 transitions, 12 levels
levels     1 4 14 30 42 50 56 60 44 30 18 4
invariants WeakIsr            violated in 6 states, shortest trace 9 states
           StrongIsr          violated in 4 states, shortest trace 10 states
           TypeOk             holds
           LeaderInIsr        violated in 41 states, shortest trace 1 state
           LeaderInIsrOrNone  holds
           IsrNonEmpty        violated in 2 states, shortest trace 3 states

WeakIsr, shortest run to a violation:
   1  controller elects r1
   2  controller removes r2 from the ISR
   3  r1 becomes leader of epoch 0
   4  r1 writes a record
   5  r2 becomes follower of r1 in epoch 0
   6  r2 copies a record from r1
   7  r1 advances its high watermark
   8  r2 becomes follower of r1 in epoch 1

StrongIsr, shortest run to a violation:
   1  controller elects r1
   2  controller removes r2 from the ISR
   3  r1 becomes leader of epoch 1
   4  r1 writes a record
   5  r2 becomes follower of r1 in epoch 0
   6  r1 takes r2 into the ISR
   7  r2 copies a record from r1
   8  r1 advances its high watermark
   9  r2 becomes follower of r1 in epoch 1

IsrNonEmpty, shortest run to a violation:
   1  controller removes r1 from the ISR
   2  controller removes r2 from the ISR
";
    assert_eq!(text, expected);
}

#[test]
fn a_count_that_was_broken_off_says_so() {
    let spec = replication(&["kip-320", "3", "1", "1", "1"]);
    let report = run_spec_watched(&spec, &mut |progress| match progress.states {
        0..5_000 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    });
    assert!(report.stopped.is_some() && report.distinct < 6_787);
    assert!(
        report.to_string().contains("INCOMPLETE: interrupted, frontier "),
        "{report}"
    );
}

#[test]
fn bounds_that_do_not_fit_are_refused_with_what_would() {
    let error = replication::Bounds::new(7, 1, 1, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`--replicas 7` is out of range: the model has room for 1 to 5"
    );
    let error = isr_negotiation::Bounds::new(4, 1, 9).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`--max-version 9` is out of range: the model has room for 0 to 7"
    );
}
