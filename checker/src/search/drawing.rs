//! A state space to look at: the states nearest to the start, the steps between them, and what is special about each.

use std::fmt::Write;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::system::{Findings, Step, Steps, System};

/// A state of a drawing. Its number is its place in the list: breadth-first order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Steps from the start.
    pub depth: usize,
    /// Properties that it violates.
    pub violates: Vec<&'static str>,
    /// Nothing can happen here.
    pub dead_end: bool,
}

/// A step of a drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The state in which it happens.
    pub from: usize,
    /// Where it leads.
    pub to: usize,
    /// What was decided.
    pub action: String,
    /// Properties that the step itself violates.
    pub violates: Vec<&'static str>,
}

/// Part of a state space: all states up to some number, nearest first, and all steps between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The states.
    pub nodes: Vec<Node>,
    /// How many of them, from the first, are initial.
    pub initial: usize,
    /// The steps, by state, then in canonical order.
    pub edges: Vec<Edge>,
    /// How many states next to these were left out.
    pub cut: usize,
}

impl Drawing {
    /// The first states of a system, at most so many. A state that is left out is not followed.
    pub fn of<S: System>(system: &S, max_nodes: usize) -> Drawing {
        let mut drawing = Drawing::default();
        let mut known: IndexMap<S::State, usize, FxBuildHasher> = IndexMap::default();
        let mut left_out: IndexMap<S::State, (), FxBuildHasher> = IndexMap::default();
        for state in system.initial() {
            known.insert(state, 0);
        }
        drawing.initial = known.len();
        let mut steps = Steps::default();
        let mut at = 0;
        while let Some((state, depth)) = known.get_index(at).map(|(state, depth)| (state.clone(), *depth)) {
            let possible = steps.of(system, &state);
            let mut found = Findings::default();
            system.judge(&state, &mut found);
            drawing.nodes.push(Node {
                depth,
                violates: found.violated,
                dead_end: possible.is_empty(),
            });
            for Step { action, state, found } in possible.drain(..) {
                let to = match known.get_index_of(&state) {
                    Some(to) => to,
                    None if known.len() < max_nodes => known.insert_full(state, depth + 1).0,
                    None => {
                        left_out.insert(state, ());
                        continue;
                    }
                };
                drawing.edges.push(Edge {
                    from: at,
                    to,
                    action: action.to_string(),
                    violates: found.violated,
                });
            }
            at += 1;
        }
        drawing.cut = left_out.len();
        drawing
    }

    /// The same for Graphviz: initial states have a double frame, violating ones are red, dead ends are grey.
    pub fn to_dot(&self) -> String {
        let mut text =
            String::from("digraph states {\n  rankdir=TB;\n  node [shape=circle, fontname=\"monospace\"];\n");
        for (number, node) in self.nodes.iter().enumerate() {
            let mut look = String::new();
            if number < self.initial {
                look.push_str(", peripheries=2");
            }
            if !node.violates.is_empty() {
                let names = node.violates.join(", ");
                let _ = write!(look, ", style=filled, fillcolor=red, tooltip=\"violates {names}\"");
            } else if node.dead_end {
                look.push_str(", style=filled, fillcolor=lightgrey");
            }
            let _ = writeln!(text, "  n{number} [label=\"{number}\"{look}];");
        }
        for edge in &self.edges {
            let action = edge.action.replace('\\', "\\\\").replace('"', "\\\"");
            let color = if edge.violates.is_empty() { "" } else { ", color=red" };
            let _ = writeln!(text, "  n{} -> n{} [label=\"{action}\"{color}];", edge.from, edge.to);
        }
        text + "}\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns forward through 0 to 5, and stays there.
    struct Dial;

    impl System for Dial {
        type State = u8;
        type Action = &'static str;

        fn initial(&self) -> Vec<u8> {
            vec![0]
        }

        fn successors(&self, at: &u8, steps: &mut Steps<Self>) {
            if *at < 5 {
                steps.add("turn", at + 1);
            }
        }

        fn properties(&self) -> Vec<&'static str> {
            vec!["not-four"]
        }

        fn judge(&self, at: &u8, found: &mut Findings) {
            if *at == 4 {
                found.violated("not-four");
            }
        }
    }

    #[test]
    fn a_small_space_is_drawn_whole() {
        let drawing = Drawing::of(&Dial, 100);
        assert_eq!((drawing.nodes.len(), drawing.edges.len(), drawing.cut), (6, 5, 0));
        assert_eq!(drawing.nodes[4].violates, ["not-four"]);
        assert!(drawing.nodes[5].dead_end && drawing.nodes[5].depth == 5);
        let dot = drawing.to_dot();
        assert!(dot.contains("n0 [label=\"0\", peripheries=2];"), "{dot}");
        assert!(dot.contains("n3 -> n4 [label=\"turn\"];"), "{dot}");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let drawing = Drawing::of(&Dial, 3);
        assert_eq!((drawing.nodes.len(), drawing.edges.len(), drawing.cut), (3, 2, 1));
    }
}
