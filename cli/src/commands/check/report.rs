//! What `sim check` prints: bounds, what was explored, the verdict with each property, and what was reached.

use checker::compact::{CompactVerdict, Counted, Stopped};
use checker::narrate::{Layout, Tale, page};
use checker::search::Traces;
use checker::witness;
use models::config::ClientKind;
use models::features::{Features, Truncation};
use models::settle::settled;
use serde::Serialize;
use sim_core::Budget;

use super::engine::Ends;
use super::{Counterexample, Searched};
use crate::args::Check;
use crate::commands::Call;
use crate::exit::Exit;
use crate::output::{Format, Tone, counted, grouped};

/// Steps of a counterexample that fit on the first screen.
const STEPS_SHOWN: usize = 12;

/// Prints the whole answer.
pub(super) fn print(call: &mut Call<'_>, args: &Check, searched: &Searched<'_>) {
    if call.out.format != Format::Human {
        return json(call, searched);
    }
    let bounds = Bounds::of(searched);
    call.out.line(format_args!("bounds     {}", bounds.text()));
    explored(call, searched);
    verdict(call, searched);
    reached(call, searched);
    judgement(call, args, searched);
    if args.coverage {
        coverage(call, searched);
    }
    if let Some(found) = &searched.found {
        counterexample(call, searched, found);
    }
}

fn explored(call: &mut Call<'_>, searched: &Searched<'_>) {
    let report = &searched.answer.report;
    let frontier = match report.verdict {
        CompactVerdict::Holds => "frontier empty".to_owned(),
        CompactVerdict::Violated { .. } if report.frontier == 0 => "frontier empty".to_owned(),
        CompactVerdict::Violated { .. } => "ended at the first violation".to_owned(),
        CompactVerdict::Inconclusive(_) => format!("frontier {}", grouped(report.frontier)),
    };
    let (states, transitions) = (
        counted(report.states, "state"),
        counted(report.transitions, "transition"),
    );
    call.out.line(format_args!(
        "explored   {states}, {transitions}, depth {}, {frontier}",
        report.depth()
    ));
    let widest = searched.answer.values.first();
    let widest = widest.map(|(slot, count)| format!("{} ({slot})", grouped(*count as u64)));
    let widest = widest.unwrap_or_else(|| "none".to_owned());
    let reductions = match &searched.answer.reductions[..] {
        [] => "none".to_owned(),
        some => some.join(", "),
    };
    call.out.line(format_args!(
        "           reductions {reductions}   most values of one slot: {widest}"
    ));
    if !report.exact {
        call.out.line(format_args!(
            "           64-bit fingerprints: {} states taken for others, on average (--exact compares whole states)",
            omissions(report.expected_omissions_ppt())
        ));
    }
}

/// A number of states, given in millionths of a millionth.
fn omissions(ppt: u64) -> String {
    match ppt {
        0 => "less than 10^-12".to_owned(),
        few if few < 1_000_000_000_000 => {
            let digits = few.ilog10();
            format!("about {} * 10^-{}", few / 10_u64.pow(digits), 12 - digits)
        }
        many => format!("about {}", grouped(many / 1_000_000_000_000)),
    }
}

fn verdict(call: &mut Call<'_>, searched: &Searched<'_>) {
    let report = &searched.answer.report;
    let (tone, text) = match &report.verdict {
        CompactVerdict::Holds if !searched.missing.is_empty() => {
            let never = match searched.missing.len() {
                1 => "1 witness".to_owned(),
                several => format!("{several} witnesses"),
            };
            (Tone::Open, format!("HOLDS (hollow: {never} never reached)"))
        }
        CompactVerdict::Holds => (Tone::Good, "HOLDS within these bounds".to_owned()),
        CompactVerdict::Violated { property, trace } => {
            let shortest = match searched.answer.ends {
                Ends::Circle(steps) => format!(", and {steps} of them again and again"),
                _ if searched.answer.traces == Traces::Shortest => ", the fewest possible".to_owned(),
                _ => String::new(),
            };
            (
                Tone::Bad,
                format!(
                    "VIOLATED: {property}, in {}{shortest}",
                    counted(trace.len() as u64, "step")
                ),
            )
        }
        CompactVerdict::Inconclusive(stopped) => {
            let deepest = report.complete_to.map_or("none".to_owned(), |depth| depth.to_string());
            let (states, frontier) = (grouped(report.states), grouped(report.frontier));
            let why = match stopped {
                Stopped::MaxStates => " (--max-states)",
                Stopped::MaxDepth => " (--max-depth)",
                Stopped::MaxMemory => " (--max-mem)",
                Stopped::Interrupted => "",
            };
            let text =
                format!("stopped at {states} states{why}, frontier {frontier}, deepest level complete {deepest}");
            (Tone::Open, format!("INCONCLUSIVE: {text}"))
        }
    };
    let text = call.out.paint(tone, &text);
    call.out.line(format_args!("verdict    {text}"));
    let width = report
        .properties
        .iter()
        .map(|property| property.name.len())
        .max()
        .unwrap_or(0)
        .max(21)
        + 3;
    for property in &report.properties {
        call.out.line(format_args!(
            "             {:width$}{}",
            property.name,
            became(property, &report.verdict)
        ));
    }
    ends(call, searched);
}

/// Where properties of how a run ends were judged.
fn ends(call: &mut Call<'_>, searched: &Searched<'_>) {
    let ends = &searched.built.liveness;
    let names: Vec<&str> = ends.iter().map(|property| property.name).collect();
    let names = names.join(", ");
    match searched.answer.ends {
        _ if ends.is_empty() => {}
        Ends::NotJudged => call.out.line(format_args!(
            "           not searched: {names} (they speak of how a run ends: --search bfs judges them)"
        )),
        Ends::TooLarge => call.out.line(format_args!(
            "           judged where runs come to rest, not in circles (too many states: --max-mem): {names}"
        )),
        Ends::Everywhere => call.out.line(format_args!(
            "           judged where runs come to rest, and in every circle of a fair run: {names}"
        )),
        Ends::AtRest | Ends::Circle(_) => {}
    }
}

/// What the verdict has to do with what was claimed, where that is not plain.
fn judgement(call: &mut Call<'_>, args: &Check, searched: &Searched<'_>) {
    if searched.exit == Exit::Unexpected {
        let claim = searched.expected.claim();
        call.out
            .line(format_args!("           NOT expected: {claim} was claimed"));
    }
    let rules = models::features::preset(&searched.scenario.preset).map(|preset| preset.features.truncation);
    let holds = matches!(searched.answer.report.verdict, CompactVerdict::Holds);
    if args.scenario.is_none() && args.faults.is_empty() && holds && rules == Some(Truncation::HighWatermark) {
        call.out.line(
            "\nThese rules do lose records, but not in so small a world; a loss is known of three brokers and two kills.\n",
        );
        let preset = &searched.scenario.preset;
        call.out
            .line(format_args!("  see a loss  sim explore tour --preset {preset}"));
    }
}

/// What became of a property, in words.
pub fn became<A>(property: &Counted, verdict: &CompactVerdict<A>) -> String {
    let (states, steps) = (
        counted(property.violating_states, "state"),
        counted(property.violating_steps, "step"),
    );
    match (property.violating_states, property.violating_steps, verdict) {
        (0, 0, CompactVerdict::Holds) => "holds".to_owned(),
        (0, 0, CompactVerdict::Violated { .. } | CompactVerdict::Inconclusive(_)) => "no violation seen".to_owned(),
        (_, 0, _) => format!("violated in {states}"),
        (0, _, _) => format!("violated by {steps}"),
        (_, _, _) => format!("violated in {states}, by {steps}"),
    }
}

/// The same in one word.
pub fn word<A>(property: &Counted, verdict: &CompactVerdict<A>) -> &'static str {
    match (property.violating_states + property.violating_steps, verdict) {
        (0, CompactVerdict::Holds) => "holds",
        (0, CompactVerdict::Violated { .. } | CompactVerdict::Inconclusive(_)) => "inconclusive",
        (_, _) => "violated",
    }
}

fn reached(call: &mut Call<'_>, searched: &Searched<'_>) {
    let never: Vec<&str> = searched.answer.report.unreached().collect();
    let all = witness::ALL.len();
    let names = witness::ALL
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !never.contains(name));
    let names: Vec<String> = names.map(|name| format!("\"{}\"", name.replace('-', " "))).collect();
    let list = if names.is_empty() {
        String::new()
    } else {
        format!(": {}", names.join(", "))
    };
    let text = format!("{} of {all} witnesses{list}", all - never.len());
    wrapped(call, "reached    ", &text);
    if !searched.missing.is_empty() {
        call.out.line(format_args!(
            "           never, though demanded: {}",
            searched.missing.join(", ")
        ));
    }
}

/// Text in lines of at most 100 columns, indented under its heading.
pub fn wrapped(call: &mut Call<'_>, heading: &str, text: &str) {
    let mut line = heading.to_owned();
    for word in text.split(' ') {
        if line.len() + word.len() > 100 {
            call.out.line(&line);
            line = " ".repeat(heading.len());
        }
        line.push_str(word);
        line.push(' ');
    }
    call.out.line(line);
}

fn coverage(call: &mut Call<'_>, searched: &Searched<'_>) {
    for (at, (kind, count)) in searched.answer.report.kinds.iter().enumerate() {
        let heading = if at == 0 { "taken" } else { "" };
        let count = if *count == 0 {
            "never".to_owned()
        } else {
            grouped(*count)
        };
        call.out.line(format_args!("{heading:<11}{kind:<24}{count}"));
    }
    let reads = searched.built.config.reads.bits();
    for (at, (name, source, _)) in Features::TABLE.iter().enumerate() {
        let heading = if at == 0 { "switches" } else { "" };
        let read = if reads & (1 << at) == 0 { "never read" } else { "read" };
        call.out.line(format_args!("{heading:<11}{name:<24}{read:<12}{source}"));
    }
    for (at, (slot, count)) in searched.answer.values.iter().enumerate() {
        let heading = if at == 0 { "values" } else { "" };
        call.out.line(format_args!(
            "{heading:<11}{:<40}{}",
            slot.to_string(),
            grouped(*count as u64)
        ));
    }
}

fn counterexample(call: &mut Call<'_>, searched: &Searched<'_>, found: &Counterexample) {
    let config = &searched.built.config;
    let initial = settled(config).into_values();
    let tale = Tale::of(config, &initial, &found.decisions).expect("a search replays its own trace");
    call.out.line("");
    let from = (tale.last() + 1).saturating_sub(STEPS_SHOWN).max(1);
    if from > 1 {
        call.out
            .line(format_args!("    ({} before)", counted(from as u64 - 1, "step")));
    }
    call.out.text(page(&tale, from, tale.last(), Layout::default()));
    call.out.line(format_args!("      {}", found.violation.failure.reason));
    call.out
        .line(format_args!("\n  see it      sim replay {} --diff", found.path));
    call.out.line(format_args!("  why         sim explain {}", found.path));
}

/// What was searched within.
#[derive(Serialize)]
struct Bounds<'s> {
    preset: &'s str,
    brokers: usize,
    partitions: usize,
    records: u64,
    faults: serde_json::Map<String, serde_json::Value>,
    max_depth: Option<usize>,
    max_states: u64,
}

impl<'s> Bounds<'s> {
    fn of(searched: &'s Searched<'_>) -> Self {
        let config = &searched.built.config;
        let records = config.clients.iter().map(|client| match &client.kind {
            ClientKind::Producer(producer) => u64::from(producer.batches) * u64::from(producer.batch_records),
            ClientKind::Consumer(_) => 0,
        });
        let faults = config.faults.iter().filter_map(|(fault, budget)| match budget {
            Budget::Left(0) => None,
            Budget::Left(left) => Some((fault.name().to_owned(), left.into())),
            Budget::Unlimited => Some((fault.name().to_owned(), serde_json::Value::Null)),
        });
        Bounds {
            preset: &searched.scenario.preset,
            brokers: config.brokers.len(),
            partitions: config.partitions.len(),
            records: records.sum(),
            faults: faults.collect(),
            max_depth: searched.answer.max_depth,
            max_states: searched.answer.max_states,
        }
    }

    fn text(&self) -> String {
        let mut parts = vec![format!("brokers {}", self.brokers)];
        if self.partitions > 1 {
            parts.push(format!("partitions {}", self.partitions));
        }
        parts.push(format!("records {}", self.records));
        parts.extend(self.faults.iter().map(|(fault, left)| format!("{fault}<={left}")));
        if self.faults.contains_key("kill") || self.faults.contains_key("power") {
            parts.push("restart after each".to_owned());
        }
        parts.extend(self.max_depth.map(|depth| format!("depth<={depth}")));
        format!("{}   rules {}", parts.join(", "), self.preset)
    }
}

#[derive(Serialize)]
struct Json<'s> {
    schema: &'static str,
    verdict: &'static str,
    hollow: bool,
    distinct_states: u64,
    transitions: u64,
    depth: usize,
    properties: Vec<JsonProperty>,
    witnesses: Vec<JsonWitness>,
    bounds: Bounds<'s>,
    expected_omissions: f64,
    property: Option<&'s str>,
    steps: Option<usize>,
    circle: Option<usize>,
    trace: Option<&'s str>,
    exit: u8,
}

#[derive(Serialize)]
struct JsonProperty {
    name: &'static str,
    verdict: &'static str,
    violating_states: u64,
    violating_steps: u64,
}

#[derive(Serialize)]
struct JsonWitness {
    name: &'static str,
    reached: bool,
    depth: Option<usize>,
}

fn json(call: &mut Call<'_>, searched: &Searched<'_>) {
    let report = &searched.answer.report;
    let found = searched.found.as_ref();
    let properties = report.properties.iter().map(|property| JsonProperty {
        name: property.name,
        verdict: word(property, &report.verdict),
        violating_states: property.violating_states,
        violating_steps: property.violating_steps,
    });
    let witnesses = report.witnesses.iter().map(|(name, depth)| JsonWitness {
        name,
        reached: depth.is_some(),
        depth: *depth,
    });
    call.out.json(&Json {
        schema: "sim.check/1",
        verdict: match report.verdict {
            CompactVerdict::Holds => "holds",
            CompactVerdict::Violated { .. } => "violated",
            CompactVerdict::Inconclusive(_) => "inconclusive",
        },
        hollow: matches!(report.verdict, CompactVerdict::Holds) && !searched.missing.is_empty(),
        distinct_states: report.states,
        transitions: report.transitions,
        depth: report.depth(),
        properties: properties.collect(),
        witnesses: witnesses.collect(),
        bounds: Bounds::of(searched),
        // Both numbers are whole and small: the quotient is the same everywhere.
        expected_omissions: report.expected_omissions_ppt() as f64 / 1e12,
        property: found.map(|found| found.violation.property),
        steps: found.map(|found| found.decisions.len()),
        circle: match searched.answer.ends {
            Ends::Circle(steps) => Some(steps),
            Ends::NotJudged | Ends::AtRest | Ends::TooLarge | Ends::Everywhere => None,
        },
        trace: found.map(|found| found.path.as_str()),
        exit: searched.exit.code(),
    });
}
