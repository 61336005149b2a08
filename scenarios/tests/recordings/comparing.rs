//! A perfect model has no difference; a changed recording has exactly the difference that was made.

use super::replay::{self, Replay, text};
use scenarios::conform::{Difference, FileReport, Kinds, conform, not_modelled};
use scenarios::recording::{Micros, Recording};

const NINE: [&str; 9] = [
    "divergence-kraft-3.9",
    "divergence-kraft-4.3",
    "elr-kraft-4.3",
    "last-replica-kraft-3.9",
    "last-replica-kraft-4.3",
    "leader-cut-from-controller-kraft-3.9",
    "leader-cut-from-controller-kraft-4.3",
    "slow-follower-kraft-3.9",
    "slow-follower-kraft-4.3",
];

/// `changed` is what is compared, the recording itself is what the model does.
fn run(name: &str, changed: &str, only: &Kinds) -> FileReport {
    let recording = Recording::parse(changed).unwrap_or_else(|e| panic!("{}", e.render(name)));
    let mut subject = Replay::new(Recording::parse(&text(name)).unwrap());
    conform(name, &recording, only, &mut subject)
}

fn told(differences: &[Difference]) -> Vec<String> {
    let one = |d: &Difference| {
        let got = d.got.as_deref().unwrap_or("-");
        format!("{} {}: {} | {got}", d.line, d.what, d.expected)
    };
    differences.iter().map(one).collect()
}

/// The differences after one text of a recording was replaced.
#[track_caller]
fn check(name: &str, from: &str, to: &str, expected: &[&str]) {
    let original = text(name);
    assert!(original.contains(from), "{from} is in {name}");
    let report = run(name, &original.replacen(from, to, 1), &Kinds::all());
    assert_eq!(told(&report.differ), expected);
    assert_eq!(report.cells - report.equal, expected.len());
}

#[test]
fn a_perfect_model_is_equal_in_every_cell_of_the_first_nine() {
    for name in NINE {
        let report = run(name, &text(name), &Kinds::all());
        assert_eq!(told(&report.differ), Vec::<String>::new(), "{name}");
        assert!(
            report.conforms() && report.cells == report.equal && report.cells > 100,
            "{name}"
        );
    }
}

#[test]
fn in_every_recording_only_what_is_not_understood_is_different_from_a_perfect_model() {
    for name in replay::names() {
        let report = run(&name, &text(&name), &Kinds::all());
        let others: Vec<Difference> = report.differ.iter().filter(|d| d.got.is_some()).cloned().collect();
        assert_eq!(told(&others), Vec::<String>::new(), "{name}");
        assert_eq!(report.cells - report.equal, report.differ.len(), "{name}");
        assert_eq!(report.differ.is_empty(), report.not_understood.is_empty(), "{name}");
    }
}

#[test]
fn a_changed_cell_differs_in_exactly_its_line() {
    let name = "elr-kraft-4.3";
    let change = "careful-0 leader 2->-1 epoch 2->4 isr 1,2,3->";
    check(
        name,
        change,
        "careful-0 leader 2->-1 epoch 2->5 isr 1,2,3->",
        &["128 change careful-0 epoch: 5 | 4"],
    );
    check(
        name,
        "Isr: \tElr: 1,2\t",
        "Isr: \tElr: 2\t",
        &["131 table careful-0 Elr: 2 | 1,2"],
    );
    let name = "divergence-kraft-3.9";
    check(
        name,
        "'e-new' -> 0@4",
        "'e-new' -> NOT_LEADER",
        &["43 answer fork-0 produce: NOT_LEADER | 0@4"],
    );
    check(
        name,
        "offset=2, completed",
        "offset=1, completed",
        &["63 cut node 1 fork-0 offset: 1 | 2"],
    );
    let epochs = "[  38.04] @ node 1 fork-0 leader-epoch-checkpoint: 0 0; 1 2";
    check(
        name,
        epochs,
        &epochs.replace("1 2", "1 3"),
        &["68 log node 1 fork-0 leader-epoch: 1 3 | 1 2"],
    );
    check(
        name,
        "Created topic fork.",
        "Created topic for.",
        &["12 tool kafka-topics stdout: Created topic for. | Created topic fork."],
    );
    let record = r#""isr":[2],"leader":2}"#;
    check(
        name,
        record,
        r#""isr":[2],"leader":3}"#,
        &["86 metadata fork-0 leader: 3 | 2"],
    );
    check(
        name,
        "4:e-new\n\n#",
        "4:e-old\n\n#",
        &["75 answer fork-0 consume: 4:e-old | 4:e-new"],
    );
}

#[test]
fn something_more_or_less_is_one_difference() {
    let name = "divergence-kraft-3.9";
    check(
        name,
        " 4:e-new\n\n#",
        "\n\n#",
        &["75 answer fork-0 consume: (nothing) | 4:e-new"],
    );
    let first = "[1-1 epoch 0] 1:b [2-2 epoch 0] 2:c-only-here";
    let both = "[1-1 epoch 0] 1:b [1-1 epoch 0] 1:bb [2-2 epoch 0] 2:c-only-here";
    check(
        name,
        first,
        both,
        &["26 log node 1 fork-0 batch: [1-1 epoch 0] 1:bb | (nothing)"],
    );
}

#[test]
fn an_unknown_command_counts_its_cells_and_those_of_its_topic() {
    let name = "elr-kraft-4.3";
    let changed = text(name).replacen("kafka-features --bootstrap", "kafka-futures --bootstrap", 1);
    let report = run(name, &changed, &Kinds::all());
    assert_eq!((report.not_understood[0].line, report.differ.len()), (14, 8));
    assert_eq!(report.not_understood[0].why, "kafka-futures is not modelled");
    assert!(
        report
            .differ
            .iter()
            .all(|d| d.got.is_none() && (14..=21).contains(&d.line))
    );

    let alter = "kafka-configs --bootstrap-server localhost:29094 --entity-type topics --entity-name careful";
    let changed = text(name).replacen(alter, &alter.replace("kafka-configs", "kafka-settings"), 1);
    let report = run(name, &changed, &Kinds::all());
    let line = report.not_understood[0].line;
    assert!(report.differ.iter().all(|d| d.line >= line));
    assert!(report.differ.iter().any(|d| d.what == "table careful-0 Elr"));
    assert!(!report.differ.iter().any(|d| d.what.contains("plain")));
    assert_eq!(report.not_understood[0].cells, 2);
    assert_eq!(report.not_understood[0].later + 2, report.differ.len());
}

#[test]
fn only_the_kinds_asked_for_are_counted() {
    let name = "divergence-kraft-3.9";
    let report = run(name, &text(name), &"change,cut".parse().unwrap());
    assert_eq!((report.cells, report.equal), (8, 8));
}

#[test]
fn without_a_subject_every_cell_is_different() {
    let recording = Recording::parse(&text("divergence-zk-3.9")).unwrap();
    let report = not_modelled("f", &recording, &Kinds::all(), "zk-3.9 is not modelled");
    assert_eq!((report.equal, report.differ.len()), (0, report.cells));
    assert_eq!(report.not_understood[0].why, "zk-3.9 is not modelled");
}

/// A recording with these blocks, done by a model whose answers take `delay` seconds.
fn run_late(blocks: &str, delay: u64) -> (FileReport, Replay) {
    let head = "# x-kraft-3.9\n# kafka 3.9.1 · kraft · brokers 1,2 · controllers 10\n";
    let recording = Recording::parse(&format!("{head}{blocks}")).unwrap();
    let mut subject = Replay::new(recording.clone());
    subject.delay = Micros::seconds(delay);
    (conform("x", &recording, &Kinds::all(), &mut subject), subject)
}

#[test]
fn a_step_waits_for_the_answer_before_it_and_is_late_by_as_much() {
    let blocks =
        "[   1.00] > produce acks=all t-0 'a' -> 0@0\n[   2.00] == pause 2\n[   5.00] == resume 2\n[   9.00] == end\n";
    let times = |delay| {
        run_late(blocks, delay)
            .1
            .done
            .iter()
            .map(|(at, _)| at.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(times(0), ["2.00", "5.00"]);
    assert_eq!(times(3), ["4.00", "7.00"]);
}

#[test]
fn an_answer_after_the_clients_patience_is_no_answer() {
    let blocks = "[   1.00] > produce acks=all timeout=2 t-0 'a' -> 0@0\n[   2.00] == pause 2\n[   9.00] == end\n";
    let (report, subject) = run_late(blocks, 20);
    assert_eq!(told(&report.differ), ["3 answer t-0 produce: 0@0 | no answer"]);
    assert_eq!(subject.done[0].0, Micros::seconds(8));
    let blocks = "[   1.00] > produce acks=1 timeout=2 t-0 'a' -> no answer\n[   2.00] == pause 2\n[   9.00] == end\n";
    let (report, subject) = run_late(blocks, 20);
    assert!(report.conforms() && subject.done[0].0 == Micros::seconds(2));
}

#[test]
fn an_unknown_verb_spoils_everything_after_it() {
    let blocks = "[   1.00] > produce acks=all t-0 'a' -> 0@0\n[   2.00] == juggle 2\n[   3.00] > produce acks=all u-0 'b' -> 0@0\n[   9.00] == end\n";
    let (report, _) = run_late(blocks, 0);
    assert_eq!(report.not_understood[0].why, "`juggle 2` is not a verb of a transcript");
    assert_eq!(report.differ.iter().map(|d| d.line).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(report.equal, 1);
}
