//! Places in a trace: a step, a label of the script, its end, its violation.

use scenarios::trace::TraceFile;

use crate::exit::Refusal;

/// The step that a place names: 0 is before the first one.
pub fn of(trace: &TraceFile, flag: &str, word: &str) -> Result<usize, Refusal> {
    let last = trace.steps.len();
    let refuse = |message: String| Err(Refusal::usage(message));
    if let Some(label) = word.strip_prefix("label:") {
        return match trace.header.labels.get(label) {
            Some(step) => Ok(*step),
            None => {
                let names: Vec<&str> = trace.header.labels.keys().map(String::as_str).collect();
                let refusal = Refusal::usage(format!("this trace has no label `{label}`"));
                let known = if names.is_empty() {
                    "it has none at all".to_owned()
                } else {
                    format!("labels: {}", names.join(", "))
                };
                Err(refusal.help(known))
            }
        };
    }
    match (word, &trace.header.violated) {
        ("end", _) => Ok(last),
        ("violation", Some(violated)) => Ok(violated.step),
        ("violation", None) => refuse("this trace violates nothing".to_owned()),
        (word, _) => match word.parse::<usize>() {
            Ok(step) if step <= last => Ok(step),
            Ok(_) => refuse(format!("{flag} {word} lies behind the end: the trace has {last} steps")),
            Err(_) if word.ends_with('s') && word.starts_with(|first: char| first.is_ascii_digit()) => {
                let refusal = Refusal::usage(format!("{flag} {word}: a trace does not record times"));
                Err(refusal.help("name a step, a label, end or violation"))
            }
            Err(_) => refuse(format!(
                "{flag} expects a step, label:NAME, end or violation, got `{word}`"
            )),
        },
    }
}
