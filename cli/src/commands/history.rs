//! `--history`: what clients did and were told, and what of it no client should see. For `sim run` and `sim replay`.

use checker::history::{Anomaly, Event, history_of, judge};
use checker::narrate::Tale;
use serde::Serialize;

use super::Call;
use crate::output::Tone;

/// Whether the history is part of the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum History {
    /// It was not asked for.
    Hidden,
    /// It was.
    Shown,
}

impl History {
    /// As the flag says.
    pub fn of(flag: bool) -> History {
        if flag { History::Shown } else { History::Hidden }
    }
}

/// What clients saw, as an object.
#[derive(Serialize)]
pub struct JsonHistory {
    events: Vec<JsonEvent>,
    anomalies: Vec<JsonAnomaly>,
}

#[derive(Serialize)]
struct JsonEvent {
    step: usize,
    client: String,
    partition: String,
    what: String,
}

#[derive(Serialize)]
struct JsonAnomaly {
    step: usize,
    kind: &'static str,
    partition: String,
    what: String,
    allowed: Option<&'static str>,
}

/// The history up to a step, with what is wrong with it.
fn gathered(tale: &Tale<'_>, to: usize) -> (Vec<Event>, Vec<Anomaly>) {
    let mut history = history_of(tale);
    history.retain(|event| event.step <= to);
    let anomalies = judge(&history);
    (history, anomalies)
}

/// The history up to a step as an object, if it was asked for.
pub fn json(tale: &Tale<'_>, to: usize, history: History) -> Option<JsonHistory> {
    if history == History::Hidden {
        return None;
    }
    let (events, anomalies) = gathered(tale, to);
    let events = events.into_iter().map(|event| JsonEvent {
        step: event.step,
        what: event.to_string(),
        client: event.client,
        partition: event.partition,
    });
    let anomalies = anomalies.into_iter().map(|anomaly| JsonAnomaly {
        step: anomaly.step,
        kind: anomaly.kind.name(),
        partition: anomaly.partition,
        what: anomaly.what,
        allowed: anomaly.allowed,
    });
    Some(JsonHistory {
        events: events.collect(),
        anomalies: anomalies.collect(),
    })
}

/// Prints the history up to a step, if it was asked for.
pub fn print(call: &mut Call<'_>, tale: &Tale<'_>, to: usize, history: History) {
    if history == History::Hidden {
        return;
    }
    let (events, anomalies) = gathered(tale, to);
    call.out.line("\nwhat clients saw");
    for event in &events {
        call.out.line(format_args!("{:>5}  {event}", event.step));
    }
    if events.is_empty() {
        call.out.line("       nothing");
    }
    let (open, wrong): (Vec<&Anomaly>, Vec<&Anomaly>) = anomalies.iter().partition(|anomaly| anomaly.allowed.is_some());
    call.out.line("");
    for anomaly in &wrong {
        let kind = call.out.paint(Tone::Bad, anomaly.kind.name());
        call.out.line(format_args!(
            "{kind} in {}: {} (step {})",
            anomaly.partition, anomaly.what, anomaly.step
        ));
    }
    for anomaly in &open {
        let why = anomaly.allowed.unwrap_or_default();
        call.out.line(format_args!(
            "{} in {}: {} (step {}); allowed: {why}",
            anomaly.kind, anomaly.partition, anomaly.what, anomaly.step
        ));
    }
    if wrong.is_empty() {
        call.out.line("Clients saw nothing that they should not.");
    }
}
