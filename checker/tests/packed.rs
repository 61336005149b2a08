//! The specifications on the compact search against the same on the plain one: every count is the same.

use std::fmt::Debug;
use std::ops::ControlFlow;

use checker::compact::{Compact, CompactReport, CompactVerdict};
use checker::search::OnViolation;
use checker::spec::packed::{Bits, Packed, PackedSpace};
use checker::spec::replication::{Bounds, Replication, Variant};
use checker::spec::two_phase_commit::TwoPhaseCommit;
use checker::spec::{Symmetry, isr_negotiation};
use checker::{Findings, Search, Steps, System};

fn compact<S: Packed>(system: &S, search: &Compact) -> CompactReport<S::Action> {
    let mut go_on = |_| ControlFlow::Continue(());
    let report = search.run(&PackedSpace::new(system), &mut go_on);
    report.expect("nothing is written to disk")
}

fn all(threads: usize) -> Compact {
    Compact {
        threads,
        on_violation: OnViolation::CountAll,
        ..Compact::default()
    }
}

/// Counts `system` on both engines and compares.
fn check<S: Packed<Action: Debug + Eq>>(name: &str, system: &S) {
    let plain = Search::breadth_first().count_all().run(system);
    let packed = compact(system, &all(1));
    assert_eq!(packed.states, plain.states as u64, "{name}: states");
    assert_eq!(packed.levels, plain.levels, "{name}: levels");
    assert_eq!(packed.transitions, plain.transitions, "{name}: transitions");
    let of_plain: Vec<_> = plain
        .properties
        .iter()
        .map(|it| (it.name, it.violating_states))
        .collect();
    let of_packed: Vec<_> = packed
        .properties
        .iter()
        .map(|it| (it.name, it.violating_states))
        .collect();
    assert_eq!(of_packed, of_plain, "{name}: violating states");
    let of_plain: Vec<_> = plain.witnesses.iter().map(|it| (it.name, it.depth)).collect();
    assert_eq!(packed.witnesses, of_plain, "{name}: witnesses");
    assert_eq!(compact(system, &all(2)), packed, "{name}: two threads");
    let exact = Compact { exact: true, ..all(1) };
    assert_eq!(compact(system, &exact).digest, packed.digest, "{name}: whole states");
}

fn replication(variant: Variant, [replicas, log_size, records, epochs]: [usize; 4], symmetry: Symmetry) -> Replication {
    let bounds = Bounds::new(replicas, log_size, records, epochs).expect("within the bounds");
    Replication::new(variant, bounds, symmetry)
}

#[test]
fn replication_has_the_same_counts_on_both_engines() {
    for variant in Variant::ALL {
        for row in [[2, 1, 1, 1], [2, 2, 2, 2], [3, 1, 1, 1]] {
            let name = format!("{} {row:?}", variant.name());
            check(&name, &replication(variant, row, Symmetry::Off));
        }
        let name = format!("{}, symmetry on", variant.name());
        check(&name, &replication(variant, [3, 1, 1, 1], Symmetry::On));
    }
}

#[test]
fn the_isr_negotiation_has_the_same_counts_on_both_engines() {
    for (replicas, max_offset, max_version) in [(2, 2, 3), (3, 1, 2), (5, 1, 1)] {
        let bounds = isr_negotiation::Bounds::new(replicas, max_offset, max_version).expect("within the bounds");
        for symmetry in [Symmetry::Off, Symmetry::On] {
            let name = format!("{bounds}, {symmetry:?}");
            check(&name, &isr_negotiation::IsrNegotiation::new(bounds, symmetry));
        }
    }
}

#[test]
fn two_phase_commit_has_as_many_states_as_other_checkers_count() {
    for (managers, states) in [(3, 288), (5, 8_832)] {
        let system = TwoPhaseCommit::new(managers, Symmetry::Off).expect("within the bounds");
        check(&format!("{managers} resource managers"), &system);
        assert_eq!(compact(&system, &all(2)).states, states);
    }
    let seven = TwoPhaseCommit::new(7, Symmetry::Off).expect("seven is within the bounds");
    assert_eq!(compact(&seven, &all(2)).states, 296_448);
}

#[test]
fn every_reachable_state_comes_back_from_its_words() {
    fn round_trip<S: Packed<State: Debug>>(system: &S) {
        let space = PackedSpace::new(system);
        let mut known = system.initial();
        let mut steps = Steps::default();
        let mut at = 0;
        while at < known.len() && known.len() < 2_000 {
            let from = known[at].clone();
            known.extend(steps.of(system, &from).drain(..).map(|step| step.state));
            at += 1;
        }
        for state in known {
            assert_eq!(space.unpack(&space.pack(&state)), state);
        }
    }
    round_trip(&replication(Variant::Kip279, [5, 6, 15, 7], Symmetry::Off));
    round_trip(&TwoPhaseCommit::new(12, Symmetry::Off).expect("twelve is within the bounds"));
    let bounds = isr_negotiation::Bounds::new(5, 100, 3).expect("within the bounds");
    round_trip(&isr_negotiation::IsrNegotiation::new(bounds, Symmetry::Off));
}

/// Two processes increment a shared counter, each by a separate read and write.
struct Counter;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Counted {
    shared: u8,
    read: [u8; 2],
    /// How many steps each has taken.
    taken: [u8; 2],
}

impl System for Counter {
    type State = Counted;
    type Action = String;

    fn initial(&self) -> Vec<Counted> {
        let (shared, read, taken) = (0, [0; 2], [0; 2]);
        vec![Counted { shared, read, taken }]
    }

    fn successors(&self, state: &Counted, steps: &mut Steps<Self>) {
        for process in (0..2).filter(|&process| state.taken[process] < 2) {
            let mut next = *state;
            match state.taken[process] {
                0 => next.read[process] = state.shared,
                _ => next.shared = state.read[process] + 1,
            }
            next.taken[process] += 1;
            steps.add(format!("process {process}"), next);
        }
    }

    fn properties(&self) -> Vec<&'static str> {
        vec!["no-lost-update"]
    }

    fn judge(&self, state: &Counted, found: &mut Findings) {
        if state.taken == [2, 2] && state.shared != 2 {
            found.violated("no-lost-update");
        }
    }
}

impl Packed for Counter {
    fn fields(&self, state: &mut Counted, bits: &mut impl Bits) {
        let Counted { shared, read, taken } = state;
        for field in [shared].into_iter().chain(read).chain(taken) {
            *field = bits.field(2, (*field).into()) as u8;
        }
    }
}

#[test]
fn a_violation_comes_with_the_decisions_of_a_shortest_run() {
    check("counter", &Counter);
    let report = compact(&Counter, &Compact::default());
    let CompactVerdict::Violated { property, trace } = report.verdict else {
        panic!("{:?}", report.verdict)
    };
    let mut state = Counter.initial()[0];
    for action in &trace {
        let mut steps = Steps::default();
        let taken = steps.of(&Counter, &state).drain(..).find(|step| step.action == *action);
        state = taken.expect("the decision is possible here").state;
    }
    assert_eq!((property, trace.len()), ("no-lost-update", 4));
    assert_eq!((state.taken, state.shared), ([2, 2], 1));
}
