//! Running one step, the primitive under every driver: of one node, on its footprint, with all or with one answer to its choices.

use alloc::vec::Vec;

use crate::chooser::{Choice, Chooser, Odometer};
use crate::context::{Context, Effects};
use crate::footprint::Stage;
use crate::model::{Arrival, Input, Model};
use crate::offer::Op;

/// One outcome of a step: this is what a search memoises, per (input, footprint values).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome<M: Model> {
    /// New values of the footprint, in its order.
    pub values: Vec<M::Value>,
    /// Operations on other slots, in order.
    pub ops: Vec<(M::Slot, Op<M>)>,
    /// The answers that led here.
    pub choices: Vec<Choice>,
}

/// The slots that this step reads and writes.
pub fn footprint<M: Model>(config: &M::Config, node: M::Node, input: &Input<M>, slots: &mut Vec<M::Slot>) {
    slots.clear();
    M::step(config, node, input, &mut Stage::Describe(slots));
}

/// Runs one step on lent values.
pub fn run<M: Model>(
    config: &M::Config,
    node: M::Node,
    input: &Input<M>,
    values: &mut [M::Value],
    chooser: &mut dyn Chooser,
    effects: &mut Effects<M>,
) {
    let mut context = Context::new(node, config, arrival(input), chooser, effects);
    M::step(config, node, input, &mut Stage::Run(values, &mut context));
}

/// All outcomes of one step, choices by odometer.
pub fn outcomes<M: Model>(config: &M::Config, node: M::Node, input: &Input<M>, values: &[M::Value]) -> Vec<Outcome<M>> {
    let mut odometer = Odometer::default();
    let mut all = Vec::new();
    loop {
        let mut values = values.to_vec();
        let mut effects = Effects::default();
        run(config, node, input, &mut values, &mut odometer, &mut effects);
        all.push(Outcome {
            values,
            ops: effects.ops,
            choices: effects.choices,
        });
        if !odometer.advance() {
            return all;
        }
    }
}

fn arrival<M: Model>(input: &Input<M>) -> Arrival {
    match input {
        Input::Received { arrival, .. } => *arrival,
        Input::Disconnected(_) | Input::Fired(_) | Input::Commanded(_) | Input::Local(_) => Arrival::InOrder,
    }
}
