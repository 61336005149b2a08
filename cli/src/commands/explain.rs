//! `sim explain`: why a trace ends as it does, why a value is what it is, what a step rests on.

use std::collections::BTreeSet;

use checker::causality::{Causality, Explanation, Finding, Judge, Rival, counterfactuals, explain, table, why};
use checker::narrate::{Layout, Tale, entry, short};
use models::config::{Config, Pace, UncleanElection};
use models::features::PRESETS;
use scenarios::build::build;
use scenarios::scenario::schema::Scenario;
use serde::Serialize;

use super::Call;
use super::replay::{self, Fitting};
use crate::args::Explain;
use crate::exit::{Ended, Exit, Refusal};
use crate::output::Format;

/// Explains a trace.
pub fn run(call: &mut Call<'_>, args: &Explain) -> Ended {
    let fitting = replay::load(&args.trace)?;
    let tale = fitting.tale()?;
    let causality = Causality::of(&tale);
    let mut sections = Vec::new();
    let asked = args.why.is_some() || args.message.is_some() || args.step.is_some();
    if args.dot {
        let all: BTreeSet<usize> = (1..=tale.last()).collect();
        sections.push(("dot", causality.to_dot(&tale, &all)));
    }
    if let Some(path) = &args.why {
        let answer = why(&tale, &causality, path).map_err(|error| Refusal::usage(error.to_string()))?;
        sections.push(("why", answer.text(&tale)));
    }
    if let Some(record) = &args.message {
        sections.push(("message", of_record(&tale, record)?));
    }
    if let Some(step) = args.step {
        sections.push(("step", of_step(&tale, &causality, step)?));
    }
    if (!asked || args.counterfactuals) && !args.dot {
        let explanation = explanation(&fitting, &tale, &causality)?;
        sections.push(("story", explanation.text(&tale)));
        if args.counterfactuals {
            sections.push(("counterfactuals", otherwise(&fitting, &tale, &explanation)?));
        }
    }
    print(call, args, &sections);
    Ok(Exit::Expected)
}

fn print(call: &mut Call<'_>, args: &Explain, sections: &[(&'static str, String)]) {
    if call.out.format != Format::Human {
        let sections = sections.iter().map(|(name, text)| Section { name, text }).collect();
        call.out.json(&Json {
            schema: "sim.explain/1",
            trace: &args.trace,
            sections,
            exit: 0,
        });
        return;
    }
    for (at, (_, text)) in sections.iter().enumerate() {
        if at > 0 {
            call.out.line("");
        }
        call.out.text(text);
    }
    if !args.dot {
        call.out
            .line(format_args!("\n  see it      sim replay {} --diff", args.trace));
    }
}

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    trace: &'a str,
    sections: Vec<Section<'a>>,
    exit: u8,
}

#[derive(Serialize)]
struct Section<'a> {
    name: &'a str,
    text: &'a str,
}

fn explanation(fitting: &Fitting, tale: &Tale<'_>, causality: &Causality) -> Result<Explanation, Refusal> {
    let Some(violated) = &fitting.trace.header.violated else {
        let refusal = Refusal::usage("this trace violates nothing: say what to explain");
        return Err(refusal.help("add --why PATH, --message RECORD or --step N"));
    };
    let finding = Finding {
        property: violated.property.clone(),
        about: violated.about.clone(),
    };
    Ok(explain(tale, causality, &finding, violated.step))
}

/// The steps that a record plays a part in.
fn of_record(tale: &Tale<'_>, record: &str) -> Result<String, Refusal> {
    let only = replay::only(&[format!("message:{record}")])?;
    let steps = tale.steps().iter().filter(|step| only.shows(tale, step));
    let text: String = steps
        .map(|step| entry(tale, step).render(tale, Layout::default()))
        .collect();
    if text.is_empty() {
        return Err(Refusal::usage(format!("no step of this trace is about `{record}`")));
    }
    Ok(format!("what happened to {record}\n\n{text}"))
}

/// What a step rests on, the nearest cause last.
fn of_step(tale: &Tale<'_>, causality: &Causality, number: usize) -> Result<String, Refusal> {
    let Some(step) = tale.step(number) else {
        return Err(Refusal::usage(format!(
            "there is no step {number}: the trace has steps 1 to {}",
            tale.last()
        )));
    };
    let width = tale.last().to_string().len().max(2);
    let mut text = format!("step {number} rests on\n\n");
    for other in causality.slice(&[number]).into_iter().filter(|other| *other != number) {
        let words = tale.step(other).map_or_else(String::new, |step| short(tale, step));
        text.push_str(&format!("{other:>width$}  {words}\n"));
    }
    Ok(text + &format!("{number:>width$}  {}\n", short(tale, step)))
}

/// What would have happened otherwise, under the trace's own rules and under others.
fn otherwise(fitting: &Fitting, tale: &Tale<'_>, explanation: &Explanation) -> Result<String, Refusal> {
    let property = &explanation.finding.property;
    let judge = Judge::named(property).ok_or_else(|| Refusal::usage(format!("there is no property `{property}`")))?;
    let configs = rivals(fitting);
    let rivals: Vec<Rival<'_>> = match fitting.trace.pace() {
        Pace::Free => configs
            .iter()
            .map(|(name, config)| Rival::settled(name.as_str(), config))
            .collect(),
        // With a clock the same decisions under other rules begin in another state.
        Pace::Clock => Vec::new(),
    };
    Ok(table(
        tale,
        explanation,
        &counterfactuals(tale, explanation, &rivals, &judge),
    ))
}

/// The same scenario under every other preset, and with the other rule about unclean elections.
fn rivals(fitting: &Fitting) -> Vec<(String, Config)> {
    let own = &fitting.trace.scenario;
    let mut all = Vec::new();
    for preset in PRESETS.iter().filter(|preset| preset.name != own.preset) {
        let other = Scenario {
            preset: preset.name.to_owned(),
            ..own.clone()
        };
        if let Ok(built) = build(&other, Some(fitting.trace.pace())) {
            all.push((preset.name.to_owned(), built.config));
        }
    }
    let mut flipped = fitting.built.config.clone();
    let mut word = "";
    for topic in &mut flipped.topics {
        (topic.settings.unclean, word) = match topic.settings.unclean {
            UncleanElection::Allowed => (UncleanElection::Refused, "false"),
            UncleanElection::Refused => (UncleanElection::Allowed, "true"),
        };
    }
    all.push((format!("unclean.leader.election.enable={word}"), flipped));
    all
}
