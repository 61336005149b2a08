//! What needs the whole graph of a world: runs that never come to rest, and the file of `--save-graph`.

use std::path::Path;

use checker::cluster::Decided;
use checker::compact::{CompactReport, CompactVerdict, Space};
use checker::interned::{Graph, Interned, TooLarge};
use checker::search::drawing::{Drawing, Edge, Node};
use models::Kafka;
use scenarios::build::Built;
use scenarios::trace::write_whole;
use sim_core::trace::Decision;

use super::engine::Ends;
use crate::commands::Call;
use crate::commands::graph::json;
use crate::exit::Refusal;
use crate::interrupt;
use crate::output::grouped;
use crate::progress::Progress;

/// A graph that is written down has at most so many states: nobody looks at more.
const STATES_WRITTEN: usize = 1_000_000;
/// What a state takes beside its words: steps, numbers, tables; measured on several worlds, and rounded up.
const BYTES_BESIDE: u64 = 200;

/// Writes all states and steps to a file.
pub fn save(call: &mut Call<'_>, space: &Interned<'_, Kafka>, path: &str) -> Result<(), Refusal> {
    let graph = explored(call, space, STATES_WRITTEN).map_err(|TooLarge| {
        let most = grouped(STATES_WRITTEN as u64);
        let refusal = Refusal::usage(format!("--save-graph writes at most {most} states, and there are more"));
        refusal.help("give fewer faults or records; `sim graph --max-nodes N` draws the states nearest to the start")
    })?;
    let drawing = drawing(&graph);
    let to_dot = Path::new(path).extension().is_some_and(|ending| ending == "dot");
    let text = if to_dot {
        drawing.to_dot()
    } else {
        let text = serde_json::to_string(&json(&drawing)).expect("numbers and texts only");
        text + "\n"
    };
    if std::fs::read_to_string(path).is_ok_and(|there| there != text) {
        let refusal = Refusal::io(format!("{path} is there already, with another content"));
        return Err(refusal.help("choose another name"));
    }
    write_whole(Path::new(path), &text).map_err(|problem| Refusal::from(*problem))?;
    let (states, steps) = (grouped(graph.states() as u64), grouped(graph.steps() as u64));
    call.out
        .note(format_args!("{states} states and {steps} steps are in {path}"));
    Ok(())
}

/// Judges properties of how a run ends where a fair run may go in circles; the search has judged them where runs rest.
pub fn ends(
    call: &mut Call<'_>,
    built: &Built,
    space: &Interned<'_, Kafka>,
    report: &mut CompactReport<Decision<Kafka>>,
) -> Ends {
    if built.liveness.is_empty() {
        return Ends::NotJudged;
    }
    if !matches!(report.verdict, CompactVerdict::Holds) {
        return Ends::AtRest;
    }
    let bytes = BYTES_BESIDE + 4 * space.width() as u64;
    let most = call.settings.memory() / bytes;
    if report.states > most {
        return Ends::TooLarge;
    }
    let Ok(graph) = explored(call, space, most as usize) else {
        return Ends::TooLarge;
    };
    for property in &built.liveness {
        if let Some(lasso) = graph.lasso(&|world| (property.check)(world).is_err()) {
            let circle = lasso.cycle.len();
            report.verdict = CompactVerdict::Violated {
                property: property.name,
                trace: lasso.stem.into_iter().chain(lasso.cycle).collect(),
            };
            return Ends::Circle(circle);
        }
    }
    Ends::Everywhere
}

fn explored<'s, 'c>(
    call: &Call<'_>,
    space: &'s Interned<'c, Kafka>,
    most: usize,
) -> Result<Graph<'s, 'c, Kafka>, TooLarge> {
    let mut progress = Progress::new(call.settings.talk);
    Graph::explore(space, most, &mut |states| {
        progress.tick(|_| format!("{} states kept with their steps", grouped(states as u64)));
        interrupt::flow().is_continue()
    })
}

fn drawing(graph: &Graph<'_, '_, Kafka>) -> Drawing {
    let mut drawing = Drawing {
        initial: 1,
        ..Drawing::default()
    };
    for from in 0..graph.states() {
        let steps = graph.steps_of(from);
        drawing.nodes.push(Node {
            depth: graph.depth(from),
            violates: graph.violates(from),
            dead_end: steps.len() == 0,
        });
        drawing.edges.extend(steps.map(|step| {
            let actions: Vec<String> = step.decisions.into_iter().map(named).collect();
            Edge {
                from,
                to: step.to,
                action: actions.join("; "),
                violates: step.violates,
            }
        }));
    }
    drawing
}

fn named(decision: Decision<Kafka>) -> String {
    let Decision { action, choices } = decision;
    Decided { action, choices }.to_string()
}
