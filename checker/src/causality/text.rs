//! Paragraphs with a label and a step beside them, on a page 100 wide.

use std::fmt::Write;

use models::ids::BrokerId;

use crate::narrate::joined;

const WIDTH: usize = 100;
/// Where the words of a paragraph begin.
const INDENT: usize = 21;

/// ` promised   step 4   broker 1 had seen ...`, wrapped under itself. Step 0 is the beginning.
pub(super) fn paragraph(label: &str, step: Option<usize>, words: &str) -> String {
    let step = step.map_or_else(String::new, |step| {
        if step == 0 {
            "start".into()
        } else {
            format!("step {step}")
        }
    });
    let mut text = format!(" {label:<10} {step:<8} ");
    let mut used = text.chars().count();
    for (at, word) in words.split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && used + 1 + length > WIDTH {
            let _ = write!(text, "\n{:INDENT$}", "");
            used = INDENT;
        } else if at > 0 {
            text.push(' ');
            used += 1;
        }
        text += word;
        used += length;
    }
    text.trim_end().to_string() + "\n"
}

/// `broker 1`, `brokers 1 and 2`, `brokers 1, 2 and 3`.
pub(super) fn brokers(ids: &[BrokerId]) -> String {
    match ids {
        [] => "nobody".into(),
        [one] => format!("broker {one}"),
        [first @ .., last] => format!("brokers {} and {last}", joined(first, ", ")),
    }
}
