//! What `sim replay` prints: head, steps, and the violation. As text, as one object, or as one object a step.

use checker::narrate::{Layout, Tale, entry};
use scenarios::trace::Violated;
use serde::Serialize;

use super::Fitting;
use super::only::Only;
use crate::commands::Call;
use crate::commands::history::{self, History, JsonHistory};
use crate::output::{Format, Tone, counted};

/// Which steps are shown, and how.
pub struct Shown<'s> {
    /// The first one.
    pub from: usize,
    /// The last one.
    pub to: usize,
    /// What they are about.
    pub only: &'s Only,
    /// How they look.
    pub layout: Layout,
    /// Whether what clients saw is shown, too.
    pub history: History,
}

/// Prints the trace as far as it is shown.
pub fn print(call: &mut Call<'_>, fitting: &Fitting, tale: &Tale<'_>, shown: &Shown<'_>) {
    match call.out.format {
        Format::Human => {
            head(call, fitting);
            steps(call, tale, shown);
            let violated = fitting
                .trace
                .header
                .violated
                .as_ref()
                .filter(|violated| violated.step <= shown.to);
            if let Some(violated) = violated {
                violation(call, &violated.reason, &violated.property);
            }
            history::print(call, tale, shown.to, shown.history);
        }
        Format::Json => call.out.json(&whole(fitting, tale, shown)),
        Format::Jsonl => {
            for step in picked(tale, shown) {
                call.out.json(&step);
            }
        }
    }
}

/// `NAME   preset P   13 steps   violates no-committed-loss`
pub fn head(call: &mut Call<'_>, fitting: &Fitting) {
    let violates = match &fitting.trace.header.violated {
        Some(violated) => format!("violates {}", violated.property),
        None => "violates nothing".to_owned(),
    };
    let steps = counted(fitting.trace.steps.len() as u64, "step");
    call.out.line(format_args!(
        "{}   preset {}   {steps}   {violates}",
        fitting.name, fitting.trace.header.preset
    ));
    call.out.line("");
}

/// The shown steps.
pub fn steps(call: &mut Call<'_>, tale: &Tale<'_>, shown: &Shown<'_>) {
    for step in tale
        .steps()
        .iter()
        .filter(|step| (shown.from..=shown.to).contains(&step.number))
    {
        if shown.only.shows(tale, step) {
            call.out.text(entry(tale, step).render(tale, shown.layout));
        }
    }
}

/// What does not hold, and its name.
pub fn violation(call: &mut Call<'_>, reason: &str, property: &str) {
    call.out.line(format_args!("      check: {reason}"));
    let text = call.out.paint(Tone::Bad, &format!("VIOLATED {property}"));
    call.out.line(format_args!("      {text}"));
}

#[derive(Serialize)]
struct Whole<'f> {
    schema: &'static str,
    trace: &'f str,
    scenario: &'f str,
    preset: &'f str,
    steps: Vec<JsonStep>,
    violated: Option<&'f Violated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<JsonHistory>,
    exit: u8,
}

#[derive(Serialize)]
struct JsonStep {
    step: usize,
    action: String,
    sentence: String,
    decision: Option<String>,
    changes: Vec<String>,
    messages: Vec<String>,
    notes: Vec<String>,
    digest: String,
}

fn whole<'f>(fitting: &'f Fitting, tale: &Tale<'_>, shown: &Shown<'_>) -> Whole<'f> {
    let header = &fitting.trace.header;
    Whole {
        schema: "sim.replay/1",
        trace: &fitting.name,
        scenario: &fitting.trace.scenario.name,
        preset: &header.preset,
        steps: picked(tale, shown),
        violated: header.violated.as_ref().filter(|violated| violated.step <= shown.to),
        history: history::json(tale, shown.to, shown.history),
        exit: 0,
    }
}

fn picked(tale: &Tale<'_>, shown: &Shown<'_>) -> Vec<JsonStep> {
    let within = |number: usize| (shown.from..=shown.to).contains(&number);
    let steps = tale
        .steps()
        .iter()
        .filter(|step| within(step.number) && shown.only.shows(tale, step));
    let object = |step: &checker::narrate::Step| {
        let told = entry(tale, step);
        JsonStep {
            step: step.number,
            action: step.action.to_string(),
            sentence: told.sentence,
            decision: told.decision,
            changes: told
                .changes
                .iter()
                .map(|line| format!("{}   {}", line.what, line.detail).trim_end().to_owned())
                .collect(),
            messages: told.messages,
            notes: told.notes.into_iter().map(|note| note.text).collect(),
            digest: step.digest.to_string(),
        }
    };
    steps.map(object).collect()
}
