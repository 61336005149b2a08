//! What a value offers, as ids: made once per value of a slot.

use sim_core::{Model, Offer, Op};

use super::arena::Arena;
use super::{Interned, Shareable, kind};

/// An offer as ids.
pub(super) struct Plan {
    pub(super) kind: u8,
    /// The operation on the budget; only possible where the budget has one.
    pub(super) spend: Option<u32>,
    pub(super) ops: Box<[(u16, u32)]>,
    pub(super) steps: Box<[u32]>,
}

impl Plan {
    /// All that this value of this slot offers.
    pub(super) fn of<M: Shareable>(space: &Interned<'_, M>, arena: &mut Arena<M>, at: usize, id: u32) -> Box<[Plan]> {
        let mut offers: Vec<Offer<M>> = Vec::new();
        M::offers(space.config, space.initial.slots()[at], arena.get(at, id), &mut offers);
        offers.into_iter().map(|offer| Plan::new(space, arena, offer)).collect()
    }

    fn new<M: Shareable>(space: &Interned<'_, M>, arena: &mut Arena<M>, offer: Offer<M>) -> Plan {
        let faults = space.initial.index(M::faults());
        let kind = kind(&offer.action);
        let spend = offer.spends.map(|fault| arena.op(faults, Op::Spend(fault)));
        let ops = ops(space, arena, offer.ops);
        let steps = offer
            .steps
            .into_iter()
            .map(|(node, input)| arena.step(node, input))
            .collect();
        Plan {
            kind,
            spend,
            ops,
            steps,
        }
    }
}

/// Operations as ids.
pub(super) fn ops<M: Shareable>(
    space: &Interned<'_, M>,
    arena: &mut Arena<M>,
    ops: impl IntoIterator<Item = (M::Slot, Op<M>)>,
) -> Box<[(u16, u32)]> {
    let id = |(slot, op): (M::Slot, Op<M>)| {
        let at = space.initial.index(slot);
        (at as u16, arena.op(at, op))
    };
    ops.into_iter().map(id).collect()
}

/// Whether a budget affords what this operation spends.
pub(super) fn affords<M: Model>(arena: &Arena<M>, faults: usize, value: u32, spend: u32) -> bool {
    match arena.op_of(faults, spend) {
        Op::Spend(fault) => M::allows(arena.get(faults, value), *fault),
        other => panic!("the budget is asked to {other}"),
    }
}
