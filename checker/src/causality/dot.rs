//! The graph as text for Graphviz: steps in order, edges in order, so that two drawings can be compared line by line.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Causality, Cause};
use crate::narrate::{Step, Tale, short};

impl Causality {
    /// A drawing of these steps (an empty set: all of them). Faults are filled; the last step has a double frame.
    pub fn to_dot(&self, tale: &Tale<'_>, only: &BTreeSet<usize>) -> String {
        let shown = |step: usize| only.is_empty() || only.contains(&step);
        let mut text =
            String::from("digraph causality {\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n");
        for step in tale.steps().iter().filter(|step| shown(step.number)) {
            let _ = writeln!(
                text,
                "  s{} [label=\"{}\"{}];",
                step.number,
                label(tale, step),
                look(tale, step)
            );
        }
        for step in tale.steps().iter().filter(|step| shown(step.number)) {
            for (later, causes) in self.effects(step.number) {
                if shown(later) {
                    let _ = writeln!(text, "  s{} -> s{later}{};", step.number, style(causes));
                }
            }
        }
        text + "}\n"
    }
}

fn label(tale: &Tale<'_>, step: &Step) -> String {
    let text = format!("{} {}", step.number, short(tale, step));
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn look(tale: &Tale<'_>, step: &Step) -> String {
    let filled = if step.is_fault() { ", style=filled" } else { "" };
    let last = if step.number == tale.last() {
        ", peripheries=2"
    } else {
        ""
    };
    format!("{filled}{last}")
}

/// Messages are bold, timers dotted, what a node merely remembers is thin.
fn style(causes: &[Cause]) -> &'static str {
    let has = |kind: fn(&Cause) -> bool| causes.iter().any(kind);
    if has(|cause| matches!(cause, Cause::Message(_) | Cause::Break(_))) {
        " [style=bold]"
    } else if has(|cause| matches!(cause, Cause::Timer(..) | Cause::Release(_))) {
        " [style=dotted]"
    } else {
        ""
    }
}
