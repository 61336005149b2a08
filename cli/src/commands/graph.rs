//! `sim graph`: a state space as a drawing or as data, the states nearest to the start first.

use checker::cluster::Cluster;
use checker::search::drawing::Drawing;
use models::config::Pace;
use scenarios::build::build;
use serde::Serialize;

use super::{Call, check};
use crate::args::{Graph, To};
use crate::exit::{Ended, Exit};
use crate::input;
use crate::output::{Format, counted};

#[derive(Serialize)]
struct Json<'d> {
    schema: &'static str,
    what: &'static str,
    initial: usize,
    nodes: Vec<JsonNode<'d>>,
    edges: Vec<JsonEdge<'d>>,
    cut: usize,
}

#[derive(Serialize)]
struct JsonNode<'d> {
    id: usize,
    depth: usize,
    violates: &'d [&'static str],
    dead_end: bool,
}

#[derive(Serialize)]
struct JsonEdge<'d> {
    from: usize,
    to: usize,
    action: &'d str,
    violates: &'d [&'static str],
}

/// Draws the states of one scenario, or of the smallest world of the tour.
pub fn run(call: &mut Call<'_>, args: &Graph) -> Ended {
    let (scenario, given) = check::world(call, args.scenario.as_deref(), &args.faults, &args.property)?;
    let built = build(&scenario, Some(Pace::Free)).map_err(|problem| input::placed(*problem, given))?;
    let cluster = Cluster::new(&built.config, &built.properties, &built.step_properties);
    let drawing = Drawing::of(&cluster, args.max_nodes.max(1));
    if drawing.cut > 0 {
        call.out.hint(format_args!(
            "{} next to these {} left out: --max-nodes {}",
            counted(drawing.cut as u64, "state"),
            if drawing.cut == 1 { "was" } else { "were" },
            args.max_nodes
        ));
    }
    match (args.to, call.out.format) {
        (To::Dot, Format::Human) => call.out.text(drawing.to_dot()),
        (To::Dot | To::Json, _) => call.out.json(&json(&drawing)),
    }
    Ok(Exit::Expected)
}

/// A drawing as an object, ready to be written.
pub fn json(drawing: &Drawing) -> impl Serialize + '_ {
    let nodes = drawing.nodes.iter().enumerate().map(|(id, node)| JsonNode {
        id,
        depth: node.depth,
        violates: &node.violates,
        dead_end: node.dead_end,
    });
    let edges = drawing.edges.iter().map(|edge| JsonEdge {
        from: edge.from,
        to: edge.to,
        action: &edge.action,
        violates: &edge.violates,
    });
    Json {
        schema: "sim.graph/1",
        what: "states",
        initial: drawing.initial,
        nodes: nodes.collect(),
        edges: edges.collect(),
        cut: drawing.cut,
    }
}
