//! Traces of sampled runs: written, read, repeated, and refused where they do not fit.

use checker::explore::{OnViolation, Plan, Runner, SamplerKind};
use models::config::Pace;
use sim_core::trace::Decision;

use super::{Run, TraceFile};
use crate::build::{build, names};
use crate::scenario::load::load;
use crate::scenario::schema::Scenario;

const SAMPLE: &str = r#"(
    name: "sample",
    control: Kraft(controllers: [101]),
    brokers: [1, 2],
    topics: [(name: "t", assignment: [[1, 2]])],
    clients: [Producer(id: "p", topic: "t", records: 2)],
    faults: (kill: 1, late: 1),
)"#;

fn scenario() -> Scenario {
    load("test.ron", SAMPLE.as_bytes(), &names())
        .expect("the sample is valid")
        .scenario
}

/// A uniform run from settled until a broker registers again.
fn sampled(seed: u64) -> Vec<Decision<models::Kafka>> {
    let scenario = scenario();
    let built = build(&scenario, Some(Pace::Free)).unwrap_or_else(|_| panic!("the sample can be simulated"));
    let never: sim_core::StepProperty<models::Kafka> = sim_core::StepProperty {
        name: "nobody-registers-again",
        claim: "No broker registers a second life.",
        check: |_, _, _, fact| match fact {
            models::fact::Fact::Registered(id, _) => Err(sim_core::Failure::new(format!("broker {id}"), "it did")),
            _ => Ok(()),
        },
    };
    let plan = Plan {
        config: &built.config,
        properties: &[],
        step_properties: &[never],
        sampler: SamplerKind::Uniform,
        first_seed: seed,
        runs: 1,
        steps_max: 400,
        jobs: 1,
        on_violation: OnViolation::Stop,
        shard: (0, 1),
    };
    let outcome = Runner::new(&built.config, &plan).run(seed, 1);
    outcome
        .found
        .expect("the one kill is followed by a start in every run to the end")
        .decisions
}

fn recorded(seed: u64) -> TraceFile {
    let scenario = scenario();
    let decisions = sampled(seed);
    let run = Run {
        scenario: &scenario,
        pace: Pace::Free,
        seed,
        decisions: &decisions,
        violation: None,
    };
    TraceFile::record(&run).unwrap_or_else(|_| panic!("the sample can be simulated"))
}

#[test]
fn a_trace_is_read_as_it_was_written_and_fits() {
    for seed in 0..5 {
        let trace = recorded(seed);
        let text = trace.to_text();
        let read = TraceFile::parse("t.trace.ron", &text)
            .map_err(|why| why.to_string())
            .expect("it was just written");
        assert_eq!(read.steps, trace.steps);
        assert_eq!(read.to_text(), text);
        let replayed = read
            .replay()
            .map_err(|why| why.to_string())
            .expect("it was just recorded");
        assert!(replayed.violation.is_none());
    }
}

#[test]
fn a_flipped_action_stops_the_replay_at_its_step_and_says_so() {
    let mut trace = recorded(0);
    let last = trace.steps.len() - 1;
    trace.steps.swap(0, last);
    let divergence = trace.replay().expect_err("the last step cannot be the first");
    assert_eq!(divergence.step, 1);
    let text = divergence.to_string();
    assert!(
        text.starts_with("error[replay]: step 1 no longer fits this build\n"),
        "{text}"
    );
    assert!(text.contains("recorded by sim"), "{text}");
}

#[test]
fn another_digest_stops_the_replay_and_names_the_effects() {
    let mut trace = recorded(0);
    trace.steps[3].digest = Some(sim_core::Digest(1));
    let divergence = trace.replay().expect_err("the digest is wrong");
    assert_eq!(divergence.step, 4);
    assert!(divergence.to_string().contains("(it does"), "{divergence}");
}

#[test]
fn an_action_about_what_does_not_exist_does_not_fit() {
    let text = recorded(0).to_text();
    for (old, new) in [("Broker((1))", "Broker((9))"), ("Client((0))", "Client((7))")] {
        let edited = text.replace(old, new);
        assert_ne!(edited, text, "{old}");
        let trace = TraceFile::parse("t", &edited)
            .map_err(|why| why.to_string())
            .expect("it is still a trace");
        assert!(trace.replay().is_err(), "{old}");
    }
}

#[test]
fn unknown_header_fields_are_kept() {
    let text = recorded(0)
        .to_text()
        .replacen("    seed: 0,\n", "    seed: 0,\n    mood: Fine(1, [\"a\"]),\n", 1);
    let read = TraceFile::parse("t", &text)
        .map_err(|why| why.to_string())
        .expect("unknown fields are no error");
    assert!(read.to_text().contains("    mood: Fine(1, [\"a\"]),\n"));
}

#[test]
fn another_format_is_refused_before_anything_else_is_read() {
    let check = |text: &str, expected: &str| {
        let problem = TraceFile::parse("t.trace.ron", text).expect_err("it is no trace of this format");
        assert_eq!(problem.to_string(), expected);
    };
    check(
        "(format: 3, steps: what ever)",
        "error[trace]: a comma is missing before this\n --> t.trace.ron:1:25\n  |\n1 | (format: 3, steps: what ever)\n  |                         ^^^^\n",
    );
    check(
        "(format: 3, steps: New(1))",
        "error[trace]: written by format 3, this build reads 1\n --> t.trace.ron\n  = help: use the newer sim\n",
    );
}
